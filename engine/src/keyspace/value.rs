//! What a key holds. Small values lie inline in the table's entry, told apart by a kind; larger ones and
//! collections are a `Value` beside it. A family owns its type: it says how to recognise and view it.

use crate::error::CommandError;
use crate::families::string;
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

/// A value of more allocations than this is dropped in slices.
const DROP_STEPS_AT_ONCE: usize = 64;

/// A value too large to lie inline.
#[derive(Clone, Debug)]
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

    /// Allocations that dropping the value frees, roughly; long text is a single one.
    pub fn drop_steps(&self) -> usize {
        match self {
            Value::Text(_) => 1,
        }
    }

    /// So large that dropping it at once would be felt; it goes to the graveyard instead.
    pub fn is_large(&self) -> bool {
        self.drop_steps() > DROP_STEPS_AT_ONCE
    }

    /// Drops up to `steps` allocations. True while some are left.
    pub fn drain_step(&mut self, _steps: usize) -> bool {
        match self {
            Value::Text(bytes) => {
                *bytes = Vec::new();
                false
            }
        }
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

/// The name of a value's encoding, as OBJECT ENCODING prints it.
pub fn encoding_name(view: &View<'_>) -> &'static str {
    match view {
        ValueRef::Inline { .. } | ValueRef::Object(Value::Text(_)) => string::value::encoding(*view),
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
