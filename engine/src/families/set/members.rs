//! A large set: a table of the members, with nothing beside them.

use super::value::{Name, SetRef};
use crate::keyspace::Forms;
use ds::packed::Item;
use ds::table::{BARE, Hash, Hasher64, Iter, NewValue, SetExpiry, Table};

/// Dropping a segment of a thousand members frees a dozen pieces of memory.
const MEMBERS_PER_DROP: usize = 64;

/// See the module.
#[derive(Clone, Debug)]
pub struct Members {
    table: Table<(), BARE>,
    /// `listpack` or `hashtable`.
    name: Name,
}

impl Members {
    pub fn new(name: Name, hasher: Hasher64) -> Members {
        Members { table: Table::new(hasher), name }
    }

    /// The members of another form, under the same name.
    pub fn of(set: SetRef<'_>, hasher: Hasher64) -> Members {
        let mut members = Members::new(set.name(), hasher);
        for item in set.iter() {
            members.insert(item.text(&mut Default::default()));
        }
        members
    }

    pub fn len(&self) -> usize {
        self.table.len()
    }

    pub fn name(&self) -> Name {
        self.name
    }

    pub fn set_name(&mut self, name: Name) {
        self.name = name;
    }

    pub fn table(&self) -> &Table<(), BARE> {
        &self.table
    }

    pub fn hash(&self, member: &[u8]) -> Hash {
        self.table.hash(member)
    }

    #[inline]
    pub fn contains(&self, member: &[u8]) -> bool {
        self.table.get(self.table.hash(member), member).is_some()
    }

    /// Adds a member, and forgets the name `listpack` if it no longer fits; true if the member is new.
    pub fn add(&mut self, member: &[u8], forms: &Forms) -> bool {
        let (len, new) = (self.len(), self.insert(member));
        if new && self.name == Name::Listpack {
            self.name = self.name.with(len, 0, Item::Text(member), forms);
        }
        new
    }

    /// Adds a member; true if it is new.
    pub fn insert(&mut self, member: &[u8]) -> bool {
        let nothing = NewValue::Inline { kind: 0, bytes: &[] };
        self.table.upsert(self.table.hash(member), member, nothing, SetExpiry::Clear, 0).is_none()
    }

    pub fn remove(&mut self, member: &[u8]) -> bool {
        self.table.remove(self.table.hash(member), member).is_some()
    }

    pub fn iter(&self) -> Iter<'_, (), BARE> {
        self.table.iter()
    }

    /// See `Table::scan`; a table's cursors survive growth and shrinking.
    pub fn scan(&self, cursor: u64, count: usize, visit: &mut dyn FnMut(Item<'_>)) -> u64 {
        self.table.scan(cursor, count.min(self.len()), &mut |entry| visit(Item::Text(entry.key())))
    }

    /// Bytes owned, the struct included.
    pub fn memory(&self) -> usize {
        size_of::<Members>() + self.table.memory()
    }

    pub fn drop_steps(&self) -> usize {
        self.table.len() / MEMBERS_PER_DROP + 1
    }

    pub fn drain_step(&mut self, steps: usize) -> bool {
        self.table.drain_step(steps * MEMBERS_PER_DROP)
    }
}
