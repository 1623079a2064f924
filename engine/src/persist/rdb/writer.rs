//! Writes values and records, in the forms that Redis 8.0 chooses.

use super::codes::{VERSION, opcode, special};
use crate::time::Millis;

/// Shortest string worth compressing, in bytes.
const COMPRESSED_LEN_MIN: usize = 21;
/// What compression must save at least, in bytes.
const COMPRESSION_SAVING_MIN: usize = 4;
/// Longest string that may be a number of 32 bits, in bytes.
const NUMBER_LEN_MAX: usize = 11;

/// What a key may have beside its value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    pub expiry: Option<Millis>,
    /// Seconds since the last use, written under an LRU policy.
    pub idle_s: Option<u64>,
    /// The counter of an LFU policy.
    pub freq: Option<u8>,
}

/// Collects bytes of a file, a link or a payload. The caller takes them out between records with
/// [`Writer::take`], so that no more than a record and what was left before it is ever held.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
    /// Checksum of what was taken out.
    crc: u64,
    /// Whether long strings are compressed (`rdbcompression`).
    compress: bool,
}

impl Writer {
    /// A writer at the start of a file or payload.
    pub fn new(compress: bool) -> Writer {
        Writer { compress, ..Writer::default() }
    }

    /// Bytes written and not taken out.
    pub fn pending(&self) -> usize {
        self.bytes.len()
    }

    /// Takes out what has been written.
    pub fn take(&mut self) -> Vec<u8> {
        self.crc = ds::crc64::crc64(self.crc, &self.bytes);
        std::mem::take(&mut self.bytes)
    }

    /// The signature that begins a file.
    pub fn magic(&mut self) {
        self.raw(format!("REDIS{VERSION:04}").as_bytes());
    }

    /// A fact about the file as a whole.
    pub fn aux(&mut self, name: &str, value: &[u8]) {
        self.byte(opcode::AUX);
        self.string(name.as_bytes());
        self.string(value);
    }

    /// The database that the keys which follow are in.
    pub fn select_db(&mut self, db: u64) {
        self.byte(opcode::SELECT_DB);
        self.length(db);
    }

    /// How many keys that database has, and how many of them expire.
    pub fn resize_db(&mut self, keys: u64, expires: u64) {
        self.byte(opcode::RESIZE_DB);
        self.length(keys);
        self.length(expires);
    }

    /// How many keys the slot has that the keys which follow are in, and how many of them expire.
    pub fn slot_info(&mut self, slot: u16, keys: u64, expires: u64) {
        self.byte(opcode::SLOT_INFO);
        self.length(u64::from(slot));
        self.length(keys);
        self.length(expires);
    }

    /// The source of a function library.
    pub fn function(&mut self, code: &[u8]) {
        self.byte(opcode::FUNCTION);
        self.string(code);
    }

    /// What stands before a value, whose parts the caller writes next, laid out as `kind` says.
    pub fn entry(&mut self, attributes: &Attributes, kind: u8, key: &[u8]) {
        if let Some(Millis(expiry)) = attributes.expiry {
            self.byte(opcode::EXPIRE_MS);
            self.integer(expiry);
        }
        if let Some(idle) = attributes.idle_s {
            self.byte(opcode::IDLE);
            self.length(idle);
        }
        if let Some(freq) = attributes.freq {
            self.raw(&[opcode::FREQ, freq]);
        }
        self.byte(kind);
        self.string(key);
    }

    /// The end of a file: its mark and a checksum, zero when `checksum` is false (`rdbchecksum`).
    pub fn end(&mut self, checksum: bool) {
        self.byte(opcode::EOF);
        let crc = if checksum { ds::crc64::crc64(self.crc, &self.bytes) } else { 0 };
        self.raw(&crc.to_le_bytes());
    }

    pub fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// A number of eight bytes: a time in milliseconds.
    pub fn integer(&mut self, number: i64) {
        self.raw(&number.to_le_bytes());
    }

    /// A double of eight bytes.
    pub fn double(&mut self, number: f64) {
        self.raw(&number.to_le_bytes());
    }

    /// A length in as few bytes as it takes.
    pub fn length(&mut self, len: u64) {
        if len < 1 << 6 {
            self.byte(len as u8);
        } else if len < 1 << 14 {
            self.raw(&(len as u16 | 0x4000).to_be_bytes());
        } else if let Ok(len) = u32::try_from(len) {
            self.byte(0x80);
            self.raw(&len.to_be_bytes());
        } else {
            self.byte(0x81);
            self.raw(&len.to_be_bytes());
        }
    }

    /// A string: as a number if it is one, else compressed if that pays, else as it is.
    pub fn string(&mut self, bytes: &[u8]) {
        if let Some(number) = small_number(bytes) {
            return self.number(number);
        }
        if self.compress
            && bytes.len() >= COMPRESSED_LEN_MIN
            && let Some(compressed) = ds::lzf::compress(bytes, bytes.len() - COMPRESSION_SAVING_MIN)
        {
            self.byte(0xc0 | special::LZF);
            self.length(compressed.len() as u64);
            self.length(bytes.len() as u64);
            return self.raw(&compressed);
        }
        self.length(bytes.len() as u64);
        self.raw(bytes);
    }

    fn number(&mut self, number: i32) {
        if let Ok(number) = i8::try_from(number) {
            self.byte(0xc0 | special::INT8);
            self.raw(&number.to_le_bytes());
        } else if let Ok(number) = i16::try_from(number) {
            self.byte(0xc0 | special::INT16);
            self.raw(&number.to_le_bytes());
        } else {
            self.byte(0xc0 | special::INT32);
            self.raw(&number.to_le_bytes());
        }
    }
}

/// The number that `bytes` spell in the one way it would be spelled out again.
fn small_number(bytes: &[u8]) -> Option<i32> {
    if bytes.len() > NUMBER_LEN_MAX {
        return None;
    }
    let number: i32 = std::str::from_utf8(bytes).ok()?.parse().ok()?;
    (number.to_string().as_bytes() == bytes).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::super::reader::Reader;
    use super::*;
    use proptest::prelude::*;

    fn written(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
        let mut writer = Writer::new(true);
        write(&mut writer);
        writer.take()
    }

    #[test]
    fn lengths() {
        for (len, bytes) in [
            (0, &[0][..]),
            (63, &[63]),
            (64, &[0x40, 64]),
            (16383, &[0x7f, 0xff]),
            (16384, &[0x80, 0, 0, 0x40, 0]),
            (u64::from(u32::MAX), &[0x80, 0xff, 0xff, 0xff, 0xff]),
            (1 << 32, &[0x81, 0, 0, 0, 1, 0, 0, 0, 0]),
            (u64::MAX, &[0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        ] {
            assert_eq!(written(|writer| writer.length(len)), bytes, "{len}");
            assert_eq!(Reader::new(bytes, 0).length(), Ok(len));
        }
    }

    #[test]
    fn strings() {
        for (text, bytes) in [
            ("", &[0][..]),
            ("a", &[1, b'a']),
            ("0", &[0xc0, 0]),
            ("-128", &[0xc0, 0x80]),
            ("128", &[0xc1, 0x80, 0]),
            ("32768", &[0xc2, 0, 0x80, 0, 0]),
            ("-2147483648", &[0xc2, 0, 0, 0, 0x80]),
            ("2147483648", b"\x0a2147483648"),
            ("01", &[2, b'0', b'1']),
            ("+1", &[2, b'+', b'1']),
            ("-0", &[2, b'-', b'0']),
            ("aaaaaaaaaaaaaaaaaaaa", b"\x14aaaaaaaaaaaaaaaaaaaa"),
        ] {
            assert_eq!(written(|writer| writer.string(text.as_bytes())), bytes, "{text}");
            assert_eq!(Reader::new(bytes, 0).string().unwrap(), text.as_bytes());
        }
        let long = written(|writer| writer.string(&[b'a'; 21]));
        assert_eq!(long[0], 0xc3);
        assert!(long.len() < 12);
        let mut plain = Writer::new(false);
        plain.string(&[b'a'; 21]);
        assert_eq!(plain.pending(), 22);
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 200,
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn strings_come_back(text in proptest::collection::vec(0..4u8, 0..300), compress: bool) {
            let mut writer = Writer::new(compress);
            writer.string(&text);
            let bytes = writer.take();
            let mut reader = Reader::new(&bytes, 0);
            prop_assert_eq!(&*reader.string().unwrap(), &text[..]);
            prop_assert_eq!(reader.end(), Ok(()));
            let mut reader = Reader::new(&bytes, 0);
            reader.skip_string().unwrap();
            prop_assert_eq!(reader.end(), Ok(()));
        }
    }
}
