//! What a key holds. Small values lie inline in the table's entry, told apart by a kind; larger ones and
//! large collections are a `Value` beside it. A family owns its type: it says how to recognise and view it.
//!
//! ```text
//!   entry ─ Inline TEXT | INTEGER | EDITED ──────────────▶ a string's bytes
//!         ─ Inline PACKED: mark, count, items (ds::packed) ▶ a small list, set, hash or sorted set, by its mark
//!         ─ Object ──────────────────────────────────────▶ Value: long text, a collection of any size
//! ```
//!
//! To add a type: a variant of `Value` and of `AnyRef`, and the traits `Kept` and `Described` for what they hold.

use crate::error::CommandError;
use crate::families::{array, hash, list, set, string, zset};
use crate::persist::rdb::Writer;
use ds::digest::Digest;
use ds::packed::Packed;
use ds::table::{Entry, ValueRef};

/// The kinds of inline bytes; together with `Value` they cover every type.
pub mod kind {
    /// A string's bytes.
    pub const TEXT: u8 = 0;
    /// A string that is an integer, little-endian two's complement in 1, 2, 4 or 8 bytes.
    pub const INTEGER: u8 = 1;
    /// A string's bytes, changed in place once: OBJECT ENCODING calls it raw whatever its length.
    pub const EDITED: u8 = 2;
    /// A small collection: a row of `ds::packed`, whose mark says of which type.
    pub const PACKED: u8 = 3;
}

/// The mark of a packed row: three bits for the type of the collection, five for its family to use.
pub mod mark {
    pub const TYPE: u8 = 7;
    pub const LIST: u8 = 0;
    pub const SET: u8 = 1;
    pub const HASH: u8 = 2;
    pub const ZSET: u8 = 3;
    pub const ARRAY: u8 = 4;
}

/// A value of more allocations than this is dropped in slices.
const DROP_STEPS_AT_ONCE: usize = 64;

/// A value too large to lie inline.
#[derive(Clone, Debug)]
pub enum Value {
    /// A string.
    Text(Vec<u8>),
    List(Box<list::List>),
    Hash(Box<hash::Hash>),
    Zset(Box<zset::Zset>),
    Array(Box<array::Array>),
    Set(Box<set::Set>),
}

/// What every value beside its entry can say of itself as a piece of memory.
pub trait Kept {
    /// Bytes on the heap beyond the value's own place in the table.
    fn heap(&self) -> usize;

    /// Allocations that dropping the value frees, roughly; a single piece of memory is one, however long.
    fn drop_steps(&self) -> usize;

    /// Drops up to `steps` allocations. True while some are left.
    fn drain_step(&mut self, steps: usize) -> bool;

    /// The row of a collection that is kept as one, and which may therefore lie inline.
    fn packed(&self) -> Option<&Packed> {
        None
    }
}

impl Value {
    fn kept(&self) -> &dyn Kept {
        match self {
            Value::Text(text) => text,
            Value::List(list) => &**list,
            Value::Hash(hash) => &**hash,
            Value::Zset(zset) => &**zset,
            Value::Array(array) => &**array,
            Value::Set(set) => &**set,
        }
    }

    fn kept_mut(&mut self) -> &mut dyn Kept {
        match self {
            Value::Text(text) => text,
            Value::List(list) => &mut **list,
            Value::Hash(hash) => &mut **hash,
            Value::Zset(zset) => &mut **zset,
            Value::Array(array) => &mut **array,
            Value::Set(set) => &mut **set,
        }
    }

    pub fn heap(&self) -> usize {
        self.kept().heap()
    }

    pub fn drop_steps(&self) -> usize {
        self.kept().drop_steps()
    }

    /// So large that dropping it at once would be felt; it goes to the graveyard instead.
    pub fn is_large(&self) -> bool {
        self.drop_steps() > DROP_STEPS_AT_ONCE
    }

    pub fn drain_step(&mut self, steps: usize) -> bool {
        self.kept_mut().drain_step(steps)
    }

    pub fn packed(&self) -> Option<&Packed> {
        self.kept().packed()
    }

    /// Drops the parts of a value that are due before a time; false when no other is left.
    pub fn drop_due(&mut self, before: i64) -> bool {
        match self {
            Value::Hash(hash) if hash.borrow().next_due().is_some_and(|time| time < before) => {
                hash.take_due(before, usize::MAX, &mut |_| {});
                !hash.borrow().is_empty()
            }
            _ => true,
        }
    }

    /// See [`next_due`].
    #[inline]
    pub fn next_due(&self) -> Option<i64> {
        match self {
            Value::Hash(hash) => hash.borrow().next_due(),
            _ => None,
        }
    }
}

impl Kept for Vec<u8> {
    fn heap(&self) -> usize {
        self.capacity()
    }

    fn drop_steps(&self) -> usize {
        1
    }

    fn drain_step(&mut self, _steps: usize) -> bool {
        *self = Vec::new();
        false
    }
}

/// What a key holds, as the table gives it.
pub type View<'a> = ValueRef<'a, Value>;

/// What to store under a key.
pub type NewValue<'a> = ds::table::NewValue<'a, Value>;

/// When the next part of a value falls due by itself: a field of a hash.
#[inline]
pub fn next_due(view: View<'_>) -> Option<i64> {
    match view {
        ValueRef::Inline { kind: kind::PACKED, bytes } => hash::next_due_of_row(bytes),
        ValueRef::Inline { .. } => None,
        ValueRef::Object(value) => value.next_due(),
    }
}

/// The same of a value that is not stored yet.
#[inline]
pub fn next_due_of_new(value: &NewValue<'_>) -> Option<i64> {
    match value {
        ds::table::NewValue::Inline { kind, bytes } => next_due(ValueRef::Inline { kind: *kind, bytes }),
        ds::table::NewValue::Object(value) => value.next_due(),
    }
}

/// What a key holds, seen as its type.
#[derive(Clone, Copy, Debug)]
pub enum AnyRef<'a> {
    Text(string::value::Stored<'a>),
    List(list::ListRef<'a>),
    Hash(hash::HashRef<'a>),
    Zset(zset::ZsetRef<'a>),
    Array(array::ArrayRef<'a>),
    Set(set::SetRef<'a>),
}

/// What every type says of its values, wherever they lie.
pub trait Described {
    /// As TYPE prints it.
    fn type_name(&self) -> &'static str;

    /// As OBJECT ENCODING prints it.
    fn encoding(&self) -> &'static str;

    /// Adds the value in the way of DEBUG DIGEST: see `keyspace::digest`.
    fn digest(&self, digest: &mut Digest);

    /// The value's type in RDB, one of `rdb::codes::kind`.
    fn rdb_kind(&self) -> u8;

    /// Writes the value as `rdb_kind` lays it out.
    fn write_rdb(&self, writer: &mut Writer);
}

impl<'a> AnyRef<'a> {
    pub fn of(view: View<'a>) -> AnyRef<'a> {
        match view {
            ValueRef::Inline { kind: kind::TEXT | kind::INTEGER | kind::EDITED, .. }
            | ValueRef::Object(Value::Text(_)) => AnyRef::Text(string::value::Stored(view)),
            ValueRef::Inline { kind: kind::PACKED, bytes } => match bytes[0] & mark::TYPE {
                mark::LIST => AnyRef::List(list::List::view(view).expect("the mark says list")),
                mark::HASH => AnyRef::Hash(hash::Hash::view(view).expect("the mark says hash")),
                mark::ZSET => AnyRef::Zset(zset::Zset::view(view).expect("the mark says zset")),
                mark::ARRAY => AnyRef::Array(array::Array::view(view).expect("the mark says array")),
                mark::SET => AnyRef::Set(set::Set::view(view).expect("the mark says set")),
                other => unreachable!("no family owns mark {other}"),
            },
            ValueRef::Inline { kind, .. } => unreachable!("no family owns inline kind {kind}"),
            ValueRef::Object(Value::List(list)) => AnyRef::List(list.borrow()),
            ValueRef::Object(Value::Hash(hash)) => AnyRef::Hash(hash.borrow()),
            ValueRef::Object(Value::Zset(zset)) => AnyRef::Zset(zset.borrow()),
            ValueRef::Object(Value::Array(array)) => AnyRef::Array(array.borrow()),
            ValueRef::Object(Value::Set(set)) => AnyRef::Set(set.borrow()),
        }
    }

    pub fn described(&self) -> &dyn Described {
        match self {
            AnyRef::Text(text) => text,
            AnyRef::List(list) => list,
            AnyRef::Hash(hash) => hash,
            AnyRef::Zset(zset) => zset,
            AnyRef::Array(array) => array,
            AnyRef::Set(set) => set,
        }
    }
}

/// The name of a value's type, as TYPE prints it.
pub fn type_name(view: &View<'_>) -> &'static str {
    AnyRef::of(*view).described().type_name()
}

/// The name of a value's encoding, as OBJECT ENCODING prints it.
pub fn encoding_name(view: &View<'_>) -> &'static str {
    AnyRef::of(*view).described().encoding()
}

/// A type that a family owns and commands ask for by name: `keys.read::<Text>(key)`.
pub trait Typed {
    type Ref<'a>;

    /// The typed view, or `None` if the key holds another type.
    fn view<'a>(value: View<'a>) -> Option<Self::Ref<'a>>;
}

/// Views an entry as `T`, or says WRONGTYPE.
pub fn typed<'a, T: Typed>(entry: &Entry<'a, Value>) -> Result<T::Ref<'a>, CommandError> {
    T::view(entry.value()).ok_or(CommandError::WrongType)
}
