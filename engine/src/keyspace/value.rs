//! What a key holds. Small values lie inline in the table's entry, told apart by a kind; larger ones and
//! collections are a `Value` beside it. A family owns its type: it says how to recognise and view it.

use crate::error::CommandError;
use ds::table::{Entry, ValueRef};

/// The kinds of inline bytes; together with `Value` they cover every type.
pub mod kind {
    /// A string's bytes.
    pub const TEXT: u8 = 0;
    /// A string that is an integer, little-endian two's complement in 1, 2, 4 or 8 bytes.
    pub const INTEGER: u8 = 1;
    /// A string's bytes, changed in place once: OBJECT ENCODING calls it raw whatever its length.
    pub const EDITED: u8 = 2;
}

/// A value too large to lie inline.
#[derive(Debug)]
pub enum Value {
    /// A string.
    Text(Vec<u8>),
}

impl Value {
    /// Bytes on the heap beyond the value's own place.
    pub fn heap(&self) -> usize {
        match self {
            Value::Text(bytes) => bytes.capacity(),
        }
    }

    /// Large enough that dropping it belongs in a slice of its own (`lazyfree-*`).
    pub fn is_large(&self) -> bool {
        false
    }
}

/// What a key holds, as the table gives it.
pub type View<'a> = ValueRef<'a, Value>;

/// What to store under a key.
pub type NewValue<'a> = ds::table::NewValue<'a, Value>;

/// The name of a value's type, as TYPE prints it.
pub fn type_name(view: &View<'_>) -> &'static str {
    match view {
        ValueRef::Inline { kind: kind::TEXT | kind::INTEGER | kind::EDITED, .. } => "string",
        ValueRef::Inline { kind, .. } => unreachable!("no family owns inline kind {kind}"),
        ValueRef::Object(Value::Text(_)) => "string",
    }
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
