//! The string type: its three forms and when each is used.
//!
//! | form    | where              | when                                                  | OBJECT ENCODING  |
//! |---------|--------------------|-------------------------------------------------------|------------------|
//! | integer | in the entry       | the text is a canonical 64-bit integer                | int              |
//! | text    | in the entry       | it fits inline                                        | embstr up to 44 B, else raw |
//! | edited  | in the entry       | it fits inline and APPEND, SETRANGE... changed it     | raw              |
//! | object  | beside the entry   | anything longer                                       | raw              |

use crate::keyspace::value::{Described, kind};
use crate::keyspace::{NewValue, Typed, Value, View};
use crate::persist::rdb::{Writer, codes};
use ds::digest::Digest;
use ds::table::{ValueRef, fits_inline};

/// The string type, as `keys.read::<Text>` names it.
pub struct Text;

/// A string's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextRef<'a> {
    Integer(i64),
    Bytes(&'a [u8]),
}

impl Typed for Text {
    type Ref<'a> = TextRef<'a>;

    fn view<'a>(value: View<'a>) -> Option<TextRef<'a>> {
        match value {
            ValueRef::Inline { kind: kind::INTEGER, bytes } => Some(TextRef::Integer(integer_from(bytes))),
            ValueRef::Inline { kind: kind::TEXT | kind::EDITED, bytes } => Some(TextRef::Bytes(bytes)),
            ValueRef::Object(Value::Text(bytes)) => Some(TextRef::Bytes(bytes)),
            _ => None,
        }
    }
}

/// A string where it lies, which decides the name of its encoding.
#[derive(Clone, Copy, Debug)]
pub struct Stored<'a>(pub View<'a>);

impl<'a> Stored<'a> {
    fn text(&self) -> TextRef<'a> {
        Text::view(self.0).expect("a stored string is a string")
    }
}

impl Described for Stored<'_> {
    fn type_name(&self) -> &'static str {
        "string"
    }

    fn encoding(&self) -> &'static str {
        encoding(self.0)
    }

    fn digest(&self, digest: &mut Digest) {
        const STRING: u32 = 0;
        let mut scratch = Vec::new();
        digest.mix(&STRING.to_be_bytes());
        digest.mix(self.text().bytes(&mut scratch));
    }

    fn rdb_kind(&self) -> u8 {
        codes::kind::STRING
    }

    fn write_rdb(&self, writer: &mut Writer) {
        super::rdb::write(writer, &self.text());
    }
}

/// Text up to this long is what Redis calls embstr.
const EMBSTR_MAX: usize = 44;

/// The name of a string's encoding.
pub fn encoding(view: View<'_>) -> &'static str {
    match view {
        ValueRef::Inline { kind: kind::INTEGER, .. } => "int",
        ValueRef::Inline { kind: kind::TEXT, bytes } if bytes.len() <= EMBSTR_MAX => "embstr",
        _ => "raw",
    }
}

/// Scratch space for an integer's stored form.
pub type IntegerBytes = [u8; 8];

/// Chooses the form of `text` under a key of `key_len` bytes. `scratch` lends its bytes to an integer.
pub fn new_text<'a>(key_len: usize, text: &'a [u8], scratch: &'a mut IntegerBytes) -> NewValue<'a> {
    // Integers have at most 20 characters; longer text need not be tried.
    if text.len() <= 20
        && let Some(value) = ds::int::parse_i64(text)
    {
        return new_integer(value, scratch);
    }
    new_plain_text(key_len, text)
}

/// An integer's form: the fewest of 1, 2, 4 or 8 bytes that hold it.
pub fn new_integer(value: i64, scratch: &mut IntegerBytes) -> NewValue<'_> {
    *scratch = value.to_le_bytes();
    let width = match value {
        -0x80..=0x7f => 1,
        -0x8000..=0x7fff => 2,
        -0x8000_0000..=0x7fff_ffff => 4,
        _ => 8,
    };
    NewValue::Inline { kind: kind::INTEGER, bytes: &scratch[..width] }
}

/// Text that is never taken for an integer: what INCRBYFLOAT leaves behind.
pub fn new_plain_text(key_len: usize, text: &[u8]) -> NewValue<'_> {
    if fits_inline(key_len, text.len()) {
        NewValue::Inline { kind: kind::TEXT, bytes: text }
    } else {
        NewValue::Object(Value::Text(text.to_vec()))
    }
}

/// Text that was put together byte by byte, and is called raw whatever its length; taken if it is not lent.
pub fn new_edited_text(key_len: usize, text: &mut Vec<u8>) -> NewValue<'_> {
    if fits_inline(key_len, text.len()) {
        NewValue::Inline { kind: kind::EDITED, bytes: text }
    } else {
        NewValue::Object(Value::Text(std::mem::take(text)))
    }
}

fn integer_from(bytes: &[u8]) -> i64 {
    match *bytes {
        [a] => a as i8 as i64,
        [a, b] => i16::from_le_bytes([a, b]) as i64,
        [a, b, c, d] => i32::from_le_bytes([a, b, c, d]) as i64,
        _ => i64::from_le_bytes(bytes.try_into().expect("an integer takes 1, 2, 4 or 8 bytes")),
    }
}

impl TextRef<'_> {
    /// The length of the text in bytes.
    pub fn len(&self) -> usize {
        match self {
            TextRef::Integer(value) => ds::int::i64_digits(*value),
            TextRef::Bytes(bytes) => bytes.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text as bytes; `scratch` holds the digits of an integer.
    pub fn bytes<'s>(&'s self, scratch: &'s mut Vec<u8>) -> &'s [u8] {
        match self {
            TextRef::Integer(value) => {
                scratch.clear();
                ds::int::write_i64(scratch, *value);
                scratch
            }
            TextRef::Bytes(bytes) => bytes,
        }
    }

    /// The text as bytes, without a heap: `digits` lends its room to an integer.
    pub fn as_bytes<'s>(self, digits: &'s mut [u8; ds::int::MAX_DIGITS]) -> &'s [u8]
    where
        Self: 's,
    {
        match self {
            TextRef::Integer(value) => ds::int::format_i64(digits, value),
            TextRef::Bytes(bytes) => bytes,
        }
    }

    pub fn to_vec(&self) -> Vec<u8> {
        let mut scratch = Vec::new();
        self.bytes(&mut scratch).to_vec()
    }

    /// Writes the text as a bulk reply.
    pub fn reply(&self, reply: &mut crate::reply::Reply<'_>) {
        match self {
            TextRef::Integer(value) => reply.bulk_int(*value),
            TextRef::Bytes(bytes) => reply.bulk(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_take_the_fewest_bytes_and_come_back() {
        for (value, width) in
            [(0, 1), (-128, 1), (128, 2), (-32768, 2), (12345678, 4), (i32::MIN as i64 - 1, 8), (i64::MAX, 8)]
        {
            let mut scratch = [0; 8];
            let NewValue::Inline { kind: kind::INTEGER, bytes } = new_integer(value, &mut scratch) else {
                panic!("{value} is stored inline")
            };
            assert_eq!(bytes.len(), width, "{value}");
            assert_eq!(integer_from(bytes), value);
        }
    }

    #[test]
    fn text_that_only_looks_like_an_integer_stays_text() {
        for text in ["007", "-0", "+1", " 1", "1 ", "9223372036854775808", ""] {
            let mut scratch = [0; 8];
            let form = new_text(1, text.as_bytes(), &mut scratch);
            assert!(matches!(form, NewValue::Inline { kind: kind::TEXT, .. }), "{text:?}");
        }
    }
}
