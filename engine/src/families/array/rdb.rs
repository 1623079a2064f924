//! An array in RDB, as Redis 8.8 lays it out:
//!
//! ```text
//! len count · len flag · [len last insert index, if the flag is 1] · count × (len index · len tag · value)
//!
//! tag 0  string            tag 2  double, eight bytes
//! tag 1  integer, eight    tag 3  string of up to seven bytes
//! ```
//!
//! Doubles are read but not written: we keep decimals in base ten, and a string says them exactly.

use super::value::{Array, ArrayRef};
use crate::keyspace::{Collection, Forms};
use crate::persist::rdb::{DecodeError, DecodeErrorKind, Reader, Writer, codes::array_tag};
use ds::sparse::{Element, MAX_INDEX, Scratch};

/// Redis keeps integers of 62 bits as such; others are strings to it.
const INTEGERS: std::ops::Range<i64> = -(1 << 61)..1 << 61;

/// Strings of more bytes have the tag of strings proper.
const SHORT_MAX: usize = 7;

pub(crate) fn write(writer: &mut Writer, array: &ArrayRef<'_>) {
    writer.length(array.count());
    writer.length(u64::from(array.last_insert().is_some()));
    if let Some(last) = array.last_insert() {
        writer.length(last);
    }
    for (index, element) in array.iter(0, MAX_INDEX) {
        writer.length(index);
        match element {
            Element::Integer(value) if INTEGERS.contains(&value) => {
                writer.length(array_tag::INTEGER);
                writer.integer(value);
            }
            element => {
                let mut scratch = Scratch::default();
                let text = element.text(&mut scratch);
                let short = text.len() <= SHORT_MAX;
                writer.length(if short { array_tag::SHORT } else { array_tag::STRING });
                writer.string(text);
            }
        }
    }
}

/// Reads an array.
///
/// # Errors
/// Bytes that are no array: no element at all, an index twice or out of range, an unknown tag.
pub(crate) fn read(mut reader: Reader<'_>, forms: &Forms) -> Result<Array, DecodeError> {
    let damaged = reader.error(DecodeErrorKind::Value);
    let mut array = Array::empty(forms);
    let count = reader.length()?;
    let last = match reader.length()? {
        0 => None,
        1 => Some(reader.length()?).filter(|last| *last <= MAX_INDEX),
        _ => return Err(damaged),
    };
    for _ in 0..count {
        let damaged = reader.error(DecodeErrorKind::Value);
        let index = reader.length()?;
        let new = match reader.length()? {
            _ if index > MAX_INDEX => return Err(damaged),
            array_tag::STRING | array_tag::SHORT => array.set(index, &reader.string()?, forms),
            array_tag::INTEGER => array.set(index, reader.integer()?.to_string().as_bytes(), forms),
            array_tag::DOUBLE => array.set(index, &double_text(reader.double()?), forms),
            _ => return Err(damaged),
        };
        if !new {
            return Err(damaged);
        }
    }
    reader.end()?;
    if array.is_empty() {
        return Err(damaged);
    }
    array.set_last_insert(last, forms);
    Ok(array)
}

/// The text that a double stood for when it was stored: one with a point.
fn double_text(value: f64) -> Vec<u8> {
    let mut text = Vec::new();
    ds::double::write_f64(&mut text, value);
    if text.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-') {
        text.extend_from_slice(b".0");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use ds::table::Hasher64;

    fn forms() -> Forms {
        Forms::new(Hasher64::new(1, 2))
    }

    fn texts(array: &Array) -> Vec<(u64, String)> {
        let text = |e: Element<'_>| String::from_utf8(e.text(&mut Scratch::default()).to_vec()).unwrap();
        array.borrow().iter(0, MAX_INDEX).map(|(index, element)| (index, text(element))).collect()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let forms = forms();
        for elements in [1, 9, 400u64] {
            for last in [None, Some(0), Some(MAX_INDEX)] {
                let mut array = Array::empty(&forms);
                for i in 0..elements {
                    let text = ["7", "3.14159265", "abc", "a longer text", "", "9223372036854775807", "007"];
                    array.set(i * i * 1000, text[i as usize % text.len()].as_bytes(), &forms);
                }
                array.set_last_insert(last, &forms);
                let mut writer = Writer::new(true);
                write(&mut writer, &array.borrow());
                let bytes = writer.take();
                let again = read(Reader::new(&bytes, 0), &forms).unwrap();
                assert_eq!(texts(&again), texts(&array));
                assert_eq!(again.borrow().last_insert(), last);
                for end in 0..bytes.len() {
                    assert!(read(Reader::new(&bytes[..end], 0), &forms).is_err(), "{end} of {}", bytes.len());
                }
            }
        }
    }

    /// As Redis would write 1, 1.0, 0.1, "x" and a longer string, appended up to index 4.
    #[test]
    fn every_tag() {
        let mut bytes = vec![5, 1, 4, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0];
        for (index, value) in [(1u8, 1.0f64), (2, 0.1)] {
            bytes.extend([index, 2]);
            bytes.extend(value.to_le_bytes());
        }
        bytes.extend(b"\x03\x03\x01x\x04\x00\x09long text");
        let array = read(Reader::new(&bytes, 0), &forms()).unwrap();
        let found: Vec<_> = texts(&array).into_iter().map(|(_, text)| text).collect();
        assert_eq!(found, ["1", "1.0", "0.1", "x", "long text"]);
        assert_eq!(array.borrow().next_insert(), Some(5));
    }

    #[test]
    fn damaged_values_are_refused() {
        fn check(bytes: &[u8]) {
            assert!(read(Reader::new(bytes, 0), &forms()).is_err(), "{bytes:?}");
        }
        check(b"\x00\x00");
        check(b"\x01\x02\x00\x00\x03\x01x");
        check(b"\x02\x00\x00\x03\x01x\x00\x03\x01y");
        check(b"\x01\x00\x00\x04\x01x");
        check(b"\x01\x00\x81\xff\xff\xff\xff\xff\xff\xff\xff\x03\x01x");
        check(b"\x01\x00\x00\x03\x01xx");
    }
}
