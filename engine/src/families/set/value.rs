//! The set type: its forms and when each is used.
//!
//! | form  | where                      | when                                                           |
//! |-------|----------------------------|----------------------------------------------------------------|
//! | ints  | in the entry, or an object | while the set is called `intset`: integers alone, ascending    |
//! | row   | in the entry, or an object | few members in few bytes, in the order in which they came      |
//! | table | an object                  | more: a table of the members, as of the keyspace               |
//!
//! OBJECT ENCODING's name is apart from the form, but for `intset`, whose order clients see. It is `intset` while all
//! members are integers and at most `set-max-intset-entries`; `listpack` while there are at most
//! `set-max-listpack-entries` of at most `set-max-listpack-value` bytes; then `hashtable`, which it stays.

use super::members::Members;
use crate::keyspace::value::{Described, Kept, kind, mark};
use crate::keyspace::{Collection, Forms, Typed, Value, View};
use crate::persist::rdb::Writer;
use ds::digest::Digest;
use ds::ints::{Ints, IntsRef};
use ds::packed::{Coded, Item, Packed, PackedRef};
use ds::table::{BARE, ValueRef};

/// A row of more members becomes a table: a search of it would take longer than a look into a table.
const ROW_MEMBERS_MAX: usize = 128;
/// So does a row of more bytes.
const ROW_BYTES_MAX: usize = 4096;
/// However large `set-max-intset-entries` is, Redis lets no intset have more.
const INTSET_ENTRIES_MAX: usize = 1 << 30;

/// What OBJECT ENCODING says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    Intset,
    Listpack,
    Hashtable,
}

/// In a row's mark: the name.
const NAME: u8 = 3 << 3;
const INTSET: u8 = 0;
const LISTPACK: u8 = 1 << 3;
const HASHTABLE: u8 = 2 << 3;

impl Name {
    fn of(mark: u8) -> Name {
        match mark & NAME {
            INTSET => Name::Intset,
            LISTPACK => Name::Listpack,
            _ => Name::Hashtable,
        }
    }

    /// The name of a set with one more member, of `len` before. The longest number of an intset has `longest` digits.
    pub(super) fn with(self, len: usize, longest: usize, item: Item<'_>, forms: &Forms) -> Name {
        let longest = longest.max(item.text_len());
        match (self, item) {
            (Name::Intset, Item::Int(_)) if len < intset_max(forms) => Name::Intset,
            (Name::Intset, Item::Int(_)) | (Name::Hashtable, _) => Name::Hashtable,
            _ if len < forms.set_max_listpack_entries && longest <= forms.set_max_listpack_value => {
                Name::Listpack
            }
            _ => Name::Hashtable,
        }
    }

    fn mark(self) -> u8 {
        let name = match self {
            Name::Intset => INTSET,
            Name::Listpack => LISTPACK,
            Name::Hashtable => HASHTABLE,
        };
        mark::SET | name
    }
}

/// A set outside of its entry.
#[derive(Clone, Debug)]
pub enum Set {
    Ints(Ints),
    /// Called `listpack` or `hashtable`, as its mark says.
    Row(Packed),
    Table(Box<Members>),
}

/// A set where it lies.
#[derive(Clone, Copy, Debug)]
pub enum SetRef<'a> {
    Ints(IntsRef<'a>),
    Row(PackedRef<'a>),
    Table(&'a Members),
}

impl Typed for Set {
    type Ref<'a> = SetRef<'a>;

    #[inline]
    fn view<'a>(value: View<'a>) -> Option<SetRef<'a>> {
        match value {
            ValueRef::Inline { kind: kind::PACKED, bytes } if bytes[0] & mark::TYPE == mark::SET => {
                Some(match Name::of(bytes[0]) {
                    Name::Intset => SetRef::Ints(IntsRef::new(bytes)),
                    _ => SetRef::Row(PackedRef::new(bytes)),
                })
            }
            ValueRef::Object(Value::Set(set)) => Some(set.borrow()),
            _ => None,
        }
    }
}

impl Collection for Set {
    fn empty(_forms: &Forms) -> Set {
        Set::new(Name::Intset)
    }

    fn from_packed(row: Packed) -> Set {
        match Name::of(row.mark()) {
            Name::Intset => Set::Ints(Ints::from_packed(row)),
            _ => Set::Row(row),
        }
    }

    fn into_packed(self) -> Option<Packed> {
        match self {
            Set::Ints(ints) => Some(ints.into_packed()),
            Set::Row(row) => Some(row),
            Set::Table(_) => None,
        }
    }

    fn is_empty(&self) -> bool {
        self.borrow().is_empty()
    }

    fn into_value(self) -> Value {
        Value::Set(Box::new(self))
    }

    fn of(value: &mut Value) -> Option<&mut Set> {
        match value {
            Value::Set(set) => Some(set),
            _ => None,
        }
    }
}

impl Kept for Set {
    fn heap(&self) -> usize {
        size_of::<Set>()
            + match self {
                Set::Ints(ints) => ints.packed().memory(),
                Set::Row(row) => row.memory(),
                Set::Table(members) => members.memory(),
            }
    }

    fn drop_steps(&self) -> usize {
        match self {
            Set::Ints(_) | Set::Row(_) => 1,
            Set::Table(members) => members.drop_steps(),
        }
    }

    fn drain_step(&mut self, steps: usize) -> bool {
        match self {
            Set::Ints(_) | Set::Row(_) => {
                *self = Set::new(Name::Intset);
                false
            }
            Set::Table(members) => members.drain_step(steps),
        }
    }

    fn packed(&self) -> Option<&Packed> {
        match self {
            Set::Ints(ints) => Some(ints.packed()),
            Set::Row(row) => Some(row),
            Set::Table(_) => None,
        }
    }
}

impl Set {
    /// An empty set of this name.
    pub fn new(name: Name) -> Set {
        match name {
            Name::Intset => Set::Ints(Ints::new(name.mark())),
            _ => Set::Row(Packed::new(name.mark())),
        }
    }

    pub fn borrow(&self) -> SetRef<'_> {
        match self {
            Set::Ints(ints) => SetRef::Ints(ints.view()),
            Set::Row(row) => SetRef::Row(row.view()),
            Set::Table(members) => SetRef::Table(members),
        }
    }

    pub fn len(&self) -> usize {
        self.borrow().len()
    }

    pub fn name(&self) -> Name {
        self.borrow().name()
    }

    /// Prepares for that many members, of which `first` is the first, about to be added. An empty set takes the name
    /// that Redis would create it with; it and any other is called `hashtable` if so many could not be called
    /// otherwise,
    /// whether they turn out to be new or not.
    pub fn expect(&mut self, first: &[u8], count: usize, forms: &Forms) {
        let (fits_intset, fits_listpack) =
            (count <= intset_max(forms), count <= forms.set_max_listpack_entries);
        if self.is_empty() {
            *self = Set::new(match Item::of(first) {
                Item::Int(_) if fits_intset => Name::Intset,
                _ if fits_listpack => Name::Listpack,
                _ => Name::Hashtable,
            });
            return;
        }
        match self.name() {
            Name::Intset if !fits_intset => self.loosen(Name::Hashtable, forms),
            Name::Listpack if !fits_listpack => self.set_name(Name::Hashtable),
            _ => {}
        }
    }

    /// Adds a member; true if it is new.
    #[inline]
    pub fn add(&mut self, member: &[u8], forms: &Forms) -> bool {
        match self {
            // A table takes text as it comes.
            Set::Table(members) => members.add(member, forms),
            _ => self.add_item(Item::of(member), forms),
        }
    }

    /// Adds a member; true if it is new. The name becomes what it would be in Redis.
    pub fn add_item(&mut self, item: Item<'_>, forms: &Forms) -> bool {
        let item = canonical(item);
        match (&mut *self, item) {
            (Set::Table(members), _) => {
                return members.add(item.text(&mut Default::default()), forms);
            }
            (Set::Ints(ints), Item::Int(value)) => {
                let new = ints.insert(value);
                if new && ints.view().len() > intset_max(forms) {
                    self.loosen(Name::Hashtable, forms);
                }
                return new;
            }
            (Set::Ints(ints), _) => {
                let name = Name::Intset.with(ints.view().len(), longest(ints.view()), item, forms);
                self.loosen(name, forms);
            }
            (Set::Row(_), _) => {}
        }
        let (name, len) = (self.name(), self.len());
        let new = self.insert(item, forms);
        if new && name == Name::Listpack {
            self.set_name(name.with(len, 0, item, forms));
        }
        new
    }

    /// Adds a member that the set's name allows; true if it is new. The name stays.
    pub fn insert(&mut self, item: Item<'_>, forms: &Forms) -> bool {
        match self {
            Set::Ints(ints) => {
                let Item::Int(value) = canonical(item) else { unreachable!("an intset holds integers") };
                ints.insert(value)
            }
            Set::Row(row) => {
                let (coded, view) = (Coded::from(canonical(item)), row.view());
                if view.find(view.start(), &coded, 1).is_some() {
                    return false;
                }
                row.insert(view.end(), &[coded]);
                if row.size() > ROW_BYTES_MAX || row.len() > ROW_MEMBERS_MAX {
                    *self = Set::Table(Box::new(Members::of(self.borrow(), forms.hasher)));
                }
                true
            }
            Set::Table(members) => members.insert(item.text(&mut Default::default())),
        }
    }

    /// Removes a member; false if there is none such. The name stays.
    pub fn remove(&mut self, member: &[u8]) -> bool {
        match self {
            Set::Ints(ints) => matches!(Item::of(member), Item::Int(value) if ints.remove(value)),
            Set::Row(row) => {
                let view = row.view();
                let Some(at) = view.find(view.start(), &Coded::of(member), 1) else { return false };
                row.remove(at, 1);
                true
            }
            Set::Table(members) => members.remove(member),
        }
    }

    /// Members that all are integers and not too many become an `intset`, whatever they were called.
    pub fn tighten(&mut self, forms: &Forms) {
        if self.name() == Name::Intset || self.len() > intset_max(forms) {
            return;
        }
        let mut ints = Set::new(Name::Intset);
        for item in self.borrow().iter() {
            let Item::Int(value) = canonical(item) else { return };
            ints.insert(Item::Int(value), forms);
        }
        *self = ints;
    }

    /// An intset takes another name, and with it another form.
    fn loosen(&mut self, name: Name, forms: &Forms) {
        let mut other = Set::new(name);
        for item in self.borrow().iter() {
            other.insert(item, forms);
        }
        *self = other;
    }

    fn set_name(&mut self, name: Name) {
        match self {
            Set::Ints(_) => unreachable!("an intset changes its form with its name"),
            Set::Row(row) => row.set_mark(name.mark()),
            Set::Table(members) => members.set_name(name),
        }
    }
}

fn intset_max(forms: &Forms) -> usize {
    forms.set_max_intset_entries.min(INTSET_ENTRIES_MAX)
}

/// A member of a table, where numbers are text, as it is in the other forms.
#[inline]
pub(super) fn canonical(item: Item<'_>) -> Item<'_> {
    match item {
        Item::Text(text) => Item::of(text),
        other => other,
    }
}

/// How long the longest number is as text.
fn longest(ints: IntsRef<'_>) -> usize {
    let digits = |index| ints.get(index).map_or(0, ds::int::i64_digits);
    digits(0).max(digits(ints.len().wrapping_sub(1)))
}

impl<'a> SetRef<'a> {
    #[inline]
    pub fn len(&self) -> usize {
        match self {
            SetRef::Ints(ints) => ints.len(),
            SetRef::Row(row) => row.len(),
            SetRef::Table(members) => members.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        match self {
            SetRef::Ints(ints) => ints.is_empty(),
            SetRef::Row(row) => row.is_empty(),
            SetRef::Table(members) => members.len() == 0,
        }
    }

    #[inline]
    pub fn name(&self) -> Name {
        match self {
            SetRef::Ints(_) => Name::Intset,
            SetRef::Row(row) => Name::of(row.mark()),
            SetRef::Table(members) => members.name(),
        }
    }

    #[inline]
    pub fn contains(&self, member: &[u8]) -> bool {
        match self {
            SetRef::Ints(ints) => matches!(Item::of(member), Item::Int(value) if ints.contains(value)),
            SetRef::Row(row) => row.find(row.start(), &Coded::of(member), 1).is_some(),
            SetRef::Table(members) => members.contains(member),
        }
    }

    /// The members: ascending as `intset`, in order of their coming in a row, in hash order in a table.
    #[inline]
    pub fn iter(&self) -> Iter<'a> {
        match self {
            SetRef::Ints(ints) => Iter::Ints(ints.iter()),
            SetRef::Row(row) => Iter::Row(row.iter()),
            SetRef::Table(members) => Iter::Table(members.iter()),
        }
    }

    /// Visits about `count` members from a cursor on and returns the next cursor, 0 at the end. What is no table is
    /// visited whole.
    pub fn scan(&self, cursor: u64, count: usize, visit: &mut dyn FnMut(Item<'_>)) -> u64 {
        match self {
            SetRef::Table(members) => members.scan(cursor, count, visit),
            _ => {
                self.iter().for_each(visit);
                0
            }
        }
    }
}

/// See [`SetRef::iter`].
pub enum Iter<'a> {
    Ints(ds::ints::Iter<'a>),
    Row(ds::packed::Iter<'a>),
    Table(ds::table::Iter<'a, (), BARE>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = Item<'a>;

    #[inline]
    fn next(&mut self) -> Option<Item<'a>> {
        match self {
            Iter::Ints(ints) => ints.next().map(Item::Int),
            Iter::Row(row) => row.next(),
            Iter::Table(table) => table.next().map(|entry| Item::Text(entry.key())),
        }
    }
}

impl Described for SetRef<'_> {
    fn type_name(&self) -> &'static str {
        "set"
    }

    fn encoding(&self) -> &'static str {
        match self.name() {
            Name::Intset => "intset",
            Name::Listpack => "listpack",
            Name::Hashtable => "hashtable",
        }
    }

    fn digest(&self, digest: &mut Digest) {
        const SET: u32 = 2;
        digest.mix(&SET.to_be_bytes());
        for item in self.iter() {
            digest.xor(item.text(&mut Default::default()));
        }
    }

    fn rdb_kind(&self) -> u8 {
        super::rdb::kind(self)
    }

    fn write_rdb(&self, writer: &mut Writer) {
        super::rdb::write(writer, self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use ds::table::Hasher64;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn forms() -> Forms {
        Forms::new(Hasher64::new(1, 2))
    }

    fn of(members: impl IntoIterator<Item = String>, forms: &Forms) -> Set {
        let mut set = Set::empty(forms);
        members.into_iter().for_each(|member| assert!(set.add(member.as_bytes(), forms)));
        set
    }

    fn numbers(count: usize) -> impl Iterator<Item = String> {
        (0..count).map(|n| n.to_string())
    }

    /// What Redis 8.0 says after the same SADDs, one member each.
    #[test]
    fn names_change_where_those_of_redis_do() {
        fn check(members: impl IntoIterator<Item = String>, expected: Name) {
            assert_eq!(of(members, &forms()).name(), expected);
        }
        let word = |len: usize| std::iter::once("x".repeat(len));
        check(numbers(512), Name::Intset);
        check(numbers(513), Name::Hashtable);
        check(numbers(127).chain(word(64)), Name::Listpack);
        check(numbers(128).chain(word(1)), Name::Hashtable);
        check(word(65), Name::Hashtable);
        check(word(64).chain(numbers(127)), Name::Listpack);
        check(word(64).chain(numbers(128)), Name::Hashtable);
        check(numbers(1).chain(word(65)), Name::Hashtable);
    }

    #[test]
    fn what_is_announced_decides_the_name() {
        let forms = forms();
        let check = |set: &Set, first: &str, count, expected| {
            let mut set = set.clone();
            set.expect(first.as_bytes(), count, &forms);
            assert_eq!(set.name(), expected, "{first} and {count}");
        };
        let empty = Set::empty(&forms);
        check(&empty, "1", 512, Name::Intset);
        check(&empty, "1", 513, Name::Hashtable);
        check(&empty, "x", 128, Name::Listpack);
        check(&empty, "x", 129, Name::Hashtable);
        let (ints, row) = (of(numbers(3), &forms), of(["x".into(), "1".into()], &forms));
        check(&ints, "x", 512, Name::Intset);
        check(&ints, "1", 513, Name::Hashtable);
        check(&row, "1", 128, Name::Listpack);
        check(&row, "1", 129, Name::Hashtable);
        let few = Forms { set_max_intset_entries: 2, ..forms };
        let mut set = Set::empty(&few);
        set.expect(b"1", 3, &few);
        assert_eq!(set.name(), Name::Listpack);
    }

    #[test]
    fn a_long_number_counts_as_it_is_written() {
        let few = Forms { set_max_listpack_value: 5, ..forms() };
        assert_eq!(of(["12345".into(), "x".into()], &few).name(), Name::Listpack);
        assert_eq!(of(["-12345".into(), "x".into()], &few).name(), Name::Hashtable);
        assert_eq!(of(["x".into(), "123456".into()], &few).name(), Name::Hashtable);
    }

    #[test]
    fn integers_alone_become_an_intset_again() {
        let forms = forms();
        let tightened = |members: Vec<String>| {
            let mut set = Set::new(Name::Listpack);
            members.iter().for_each(|member| assert!(set.add_item(Item::Text(member.as_bytes()), &forms)));
            set.tighten(&forms);
            assert_eq!(set.len(), members.len());
            set.name()
        };
        assert_eq!(tightened(numbers(5).collect()), Name::Intset);
        assert_eq!(tightened(numbers(512).collect()), Name::Intset);
        assert_eq!(tightened(numbers(513).collect()), Name::Hashtable);
        assert_eq!(tightened(vec!["5".into(), "x".into()]), Name::Listpack);
    }

    fn member() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => (0u32..300).prop_map(|n| n.to_string()),
            3 => (0u32..300).prop_map(|n| format!("m{n}")),
            1 => (0u32..64, any::<i64>()).prop_map(|(shift, n)| (n >> shift).to_string()),
            1 => (0usize..5).prop_map(|n| "long ".repeat(30 * n)),
        ]
    }

    proptest! {
        #[test]
        fn behaves_like_a_set(
            ints in any::<bool>(),
            steps in prop::collection::vec((0u8..10, member()), 0..600),
        ) {
            let forms = Forms { set_max_intset_entries: 40, set_max_listpack_entries: 30, ..forms() };
            let (mut set, mut model) = (Set::empty(&forms), BTreeSet::new());
            let mut random = Random::new(5);
            for (kind, text) in steps {
                if ints && text.parse::<i64>().is_err() {
                    continue;
                }
                let member = text.into_bytes();
                match kind {
                    0 => prop_assert_eq!(set.remove(&member), model.remove(&member)),
                    1 => {
                        let popped = set.pop(&mut random);
                        prop_assert_eq!(popped.is_none(), model.is_empty());
                        prop_assert!(popped.is_none_or(|popped| model.remove(&popped)));
                    }
                    2 if model.len() > 1 => {
                        let count = model.len() / 2;
                        set.pop_many(count, &mut random, &forms, |popped| assert!(model.remove(popped)));
                    }
                    _ => prop_assert_eq!(set.add(&member, &forms), model.insert(member.clone())),
                }
                prop_assert_eq!(set.borrow().contains(&member), model.contains(&member));
                prop_assert_eq!(set.len(), model.len());
            }
            let all: Vec<Vec<u8>> = set.borrow().iter().map(|item| item.to_vec()).collect();
            prop_assert_eq!(all.len(), model.len());
            prop_assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), model);
            if let Some(row) = set.packed() {
                let view = View::Inline { kind: kind::PACKED, bytes: row.view().as_bytes() };
                let seen = Set::view(view).expect("a set's mark");
                prop_assert_eq!((seen.len(), seen.name()), (set.len(), set.name()));
            }
        }
    }
}
