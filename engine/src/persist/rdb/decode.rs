//! A file as a stream of events, from bytes in any pieces.

use std::borrow::Cow;
use std::ops::Range;

use super::codes::{SLOTS, VERSION_READ, VERSION_VALKEY, opcode};
use super::error::{DecodeError, DecodeErrorKind};
use super::reader::Reader;
use super::shape::{self, Flavor, Scanner};
use super::writer::Attributes;
use crate::time::Millis;

const MAGIC_LEN: usize = 9;
const CHECKSUM_LEN: usize = 8;
/// The first version whose files end in a checksum.
const VERSION_CHECKSUM: u16 = 5;
/// Capacity the buffer keeps when a large record is done with, in bytes.
const BUFFER_KEPT: usize = 1 << 20;

/// What a file says, in the order it says it.
#[derive(Clone, Debug, PartialEq)]
pub enum Event<'a> {
    /// A fact about the file as a whole, such as `redis-ver`.
    Aux {
        name: Cow<'a, [u8]>,
        value: Cow<'a, [u8]>,
    },
    /// The keys that follow are in this database.
    SelectDb(u64),
    /// How many keys the database has, and how many of them expire: a hint that may be wrong.
    ResizeDb {
        keys: u64,
        expires: u64,
    },
    /// How many keys the slot has that the next keys are in, and how many of them expire: a hint too.
    SlotInfo {
        slot: u16,
        keys: u64,
        expires: u64,
    },
    /// The source of a function library.
    Function(Cow<'a, [u8]>),
    /// What the module of this id keeps outside of keys; its parts are passed over.
    ModuleAux {
        module: u64,
    },
    /// Valkey was importing slots; the import has to be begun again.
    SlotImport {
        job: Cow<'a, [u8]>,
    },
    Entry(Entry<'a>),
    /// The file is over; what was pushed behind it is in [`Decoder::rest`].
    End(Checksum),
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<'a> {
    pub attributes: Attributes,
    pub key: Cow<'a, [u8]>,
    /// The value's type, one of [`super::codes::kind`].
    pub kind: u8,
    /// The value's bytes, all of them and nothing else, laid out as `kind` says. That much is certain; that
    /// the parts make sense is for the family to find out.
    pub value: &'a [u8],
    /// True for a file of Valkey, which uses type 22 for something else than Redis.
    pub valkey: bool,
    /// Where the value begins in the file, in bytes.
    pub offset: u64,
}

impl<'a> Entry<'a> {
    /// Reads the value's parts.
    pub fn reader(&self) -> Reader<'a> {
        Reader::new(self.value, self.offset)
    }
}

/// Whether a file is what was once written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// The file has none.
    Absent,
    Right,
    Wrong,
}

/// Reads one file. Bytes go in by [`Decoder::push`]; after each push, [`Decoder::next_event`] is called until
/// it has nothing more to say. The decoder holds what was pushed and not yet read: at most the record it is
/// within and one push. After an error every further call gives the same error.
#[derive(Debug)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// Start of the current record in `buffer`.
    start: usize,
    /// Where `buffer` begins in the file.
    base: u64,
    stage: Stage,
    flavor: Flavor,
    version: u16,
    /// Checksum of the bytes before the current record.
    crc: u64,
    /// What has been said about the key that comes next.
    attributes: Attributes,
}

#[derive(Debug)]
enum Stage {
    Magic,
    /// Before the byte that begins a record.
    Record,
    /// Within a record; `scanned` bytes of it have been gone over.
    Parts {
        code: u8,
        scanner: Scanner,
        scanned: usize,
    },
    Checksum,
    Ended,
    Failed(DecodeError),
}

/// What the decoder came upon.
enum Step {
    /// A record that is there whole: its first byte, and where the others lie in the buffer.
    Record(u8, Range<usize>),
    End(Checksum),
}

impl Default for Decoder {
    fn default() -> Decoder {
        Decoder {
            buffer: Vec::new(),
            start: 0,
            base: 0,
            stage: Stage::Magic,
            flavor: Flavor::Redis,
            version: 0,
            crc: 0,
            attributes: Attributes::default(),
        }
    }
}

impl Decoder {
    /// A decoder at the start of a file.
    pub fn new() -> Decoder {
        Decoder::default()
    }

    /// The version of the format the file says it has; 0 before it has said so.
    pub fn version(&self) -> u16 {
        self.version
    }

    /// Adds the next bytes of the file.
    pub fn push(&mut self, bytes: &[u8]) {
        self.base += self.start as u64;
        self.buffer.drain(..std::mem::take(&mut self.start));
        if self.buffer.capacity() > BUFFER_KEPT && self.buffer.len() + bytes.len() < BUFFER_KEPT / 2 {
            self.buffer.shrink_to(BUFFER_KEPT / 2);
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The bytes pushed that no event has been made of; after the end, those that are not the file's.
    pub fn rest(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// Says that no more bytes will come.
    ///
    /// # Errors
    ///
    /// `Truncated` when the file is not over.
    pub fn finish(&self) -> Result<(), DecodeError> {
        match self.stage {
            Stage::Ended => Ok(()),
            Stage::Failed(error) => Err(error),
            _ => {
                let offset = self.base + self.buffer.len() as u64;
                Err(DecodeError { kind: DecodeErrorKind::Truncated, offset })
            }
        }
    }

    /// The next event; `None` when more bytes are needed, or the file is over.
    ///
    /// # Errors
    ///
    /// Bytes that are no RDB; a wrong checksum is none, [`Event::End`] tells of it.
    pub fn next_event(&mut self) -> Result<Option<Event<'_>>, DecodeError> {
        let event = match self.advance() {
            Ok(None) => return Ok(None),
            Ok(Some(Step::End(checksum))) => Ok(Event::End(checksum)),
            Ok(Some(Step::Record(code, range))) => {
                let offset = self.base + range.start as u64;
                let reader = Reader::new(&self.buffer[range], offset);
                // What has been said about a key holds for one record.
                let attributes = std::mem::take(&mut self.attributes);
                event(code, reader, offset, attributes, self.flavor == Flavor::Valkey)
            }
            Err(error) => Err(error),
        };
        match event {
            Ok(event) => Ok(Some(event)),
            Err(error) => {
                self.stage = Stage::Failed(error);
                Err(error)
            }
        }
    }

    /// Goes on to the next whole record that makes an event, or to the end of the file.
    fn advance(&mut self) -> Result<Option<Step>, DecodeError> {
        loop {
            let rest = &self.buffer[self.start..];
            let offset = self.base + self.start as u64;
            match &mut self.stage {
                Stage::Failed(error) => return Err(*error),
                Stage::Ended => return Ok(None),
                Stage::Magic => {
                    let Some(magic) = rest.first_chunk::<MAGIC_LEN>() else { return Ok(None) };
                    (self.flavor, self.version) = signature(magic)?;
                    self.consume(MAGIC_LEN, Stage::Record);
                }
                Stage::Record => match rest.first() {
                    None => return Ok(None),
                    Some(&opcode::EOF) if self.version < VERSION_CHECKSUM => {
                        self.consume(1, Stage::Ended);
                        return Ok(Some(Step::End(Checksum::Absent)));
                    }
                    Some(&opcode::EOF) => self.consume(1, Stage::Checksum),
                    Some(&code) => self.stage = self.parts(code, offset)?,
                },
                Stage::Parts { code, scanner, scanned } => {
                    let mut reader = Reader::new(&rest[*scanned..], offset + *scanned as u64);
                    let done = scanner.advance(&mut reader)?;
                    *scanned += reader.position();
                    if !done {
                        return Ok(None);
                    }
                    let (code, range) = (*code, self.start + 1..self.start + *scanned);
                    self.consume(range.len() + 1, Stage::Record);
                    if !self.attribute(code, range.clone())? {
                        return Ok(Some(Step::Record(code, range)));
                    }
                }
                Stage::Checksum => {
                    let Some(stored) = rest.first_chunk::<CHECKSUM_LEN>() else { return Ok(None) };
                    let checksum = match u64::from_le_bytes(*stored) {
                        0 => Checksum::Absent,
                        stored if stored == self.crc => Checksum::Right,
                        _ => Checksum::Wrong,
                    };
                    self.consume(CHECKSUM_LEN, Stage::Ended);
                    return Ok(Some(Step::End(checksum)));
                }
            }
        }
    }

    /// The stage within a record that begins with `code`.
    fn parts(&self, code: u8, offset: u64) -> Result<Stage, DecodeError> {
        let scanner = match (shape::of_opcode(code, self.flavor), shape::of_kind(code, self.flavor)) {
            (Some(layout), _) => Scanner::new(&[layout]),
            (None, Some(layout)) => Scanner::new(&[shape::KEY, layout]),
            (None, None) => return Err(DecodeError { kind: DecodeErrorKind::UnknownType(code), offset }),
        };
        Ok(Stage::Parts { code, scanner, scanned: 1 })
    }

    /// Passes over `len` bytes that are done with.
    fn consume(&mut self, len: usize, stage: Stage) {
        self.crc = ds::crc64::crc64(self.crc, &self.buffer[self.start..self.start + len]);
        self.start += len;
        self.stage = stage;
    }

    /// Remembers what a record says about the key that follows; false when it says something else.
    fn attribute(&mut self, code: u8, range: Range<usize>) -> Result<bool, DecodeError> {
        let mut reader = Reader::new(&self.buffer[range.clone()], self.base + range.start as u64);
        let attributes = &mut self.attributes;
        match code {
            opcode::EXPIRE_MS => attributes.expiry = Some(Millis(reader.integer()?)),
            opcode::EXPIRE_S => {
                let seconds = i32::from_le_bytes(reader.array()?);
                attributes.expiry = Some(Millis(i64::from(seconds) * 1000));
            }
            opcode::IDLE => attributes.idle_s = Some(reader.length()?),
            opcode::FREQ => attributes.freq = Some(reader.byte()?),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Who wrote the file, and in which version of the format.
fn signature(magic: &[u8; MAGIC_LEN]) -> Result<(Flavor, u16), DecodeError> {
    let error = |kind| DecodeError { kind, offset: 0 };
    let (flavor, digits, newest) = match magic {
        [b'R', b'E', b'D', b'I', b'S', digits @ ..] => (Flavor::Redis, &digits[..], VERSION_READ),
        [b'V', b'A', b'L', b'K', b'E', b'Y', digits @ ..] => (Flavor::Valkey, &digits[..], VERSION_VALKEY),
        _ => return Err(error(DecodeErrorKind::Magic)),
    };
    let version = digits
        .iter()
        .try_fold(0, |sum: u16, digit| digit.is_ascii_digit().then(|| sum * 10 + u16::from(digit - b'0')));
    match version {
        None | Some(0) => Err(error(DecodeErrorKind::Magic)),
        Some(version) if version > newest => Err(error(DecodeErrorKind::Version(version))),
        Some(version) => Ok((flavor, version)),
    }
}

/// The event that a whole record makes; `reader` has its bytes behind `code`, `offset` into the file.
fn event<'a>(
    code: u8,
    mut reader: Reader<'a>,
    offset: u64,
    attributes: Attributes,
    valkey: bool,
) -> Result<Event<'a>, DecodeError> {
    Ok(match code {
        opcode::AUX => Event::Aux { name: reader.string()?, value: reader.string()? },
        opcode::SELECT_DB => Event::SelectDb(reader.length()?),
        opcode::RESIZE_DB => Event::ResizeDb { keys: reader.length()?, expires: reader.length()? },
        opcode::SLOT_INFO => {
            let out_of_range = reader.error(DecodeErrorKind::Slot);
            let slot = reader.length()?;
            let slot = u16::try_from(slot).ok().filter(|_| slot < SLOTS).ok_or(out_of_range)?;
            Event::SlotInfo { slot, keys: reader.length()?, expires: reader.length()? }
        }
        opcode::FUNCTION => Event::Function(reader.string()?),
        opcode::MODULE_AUX => Event::ModuleAux { module: reader.length()? },
        // Type codes are below the opcodes, so this opcode can only be Valkey's.
        opcode::SLOT_IMPORT => Event::SlotImport { job: reader.string()? },
        kind => {
            let key = reader.string()?;
            let offset = offset + reader.position() as u64;
            Event::Entry(Entry { attributes, key, kind, value: reader.rest(), valkey, offset })
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::codes::kind;
    use super::super::writer::Writer;
    use super::*;

    /// One line per event of a file that comes in pieces, ending in the error if there is one.
    fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
        let (mut decoder, mut lines) = (Decoder::new(), Vec::new());
        for piece in pieces {
            decoder.push(piece);
            loop {
                match decoder.next_event() {
                    Ok(Some(event)) => lines.push(shown(&event)),
                    Ok(None) => break,
                    Err(error) => {
                        assert_eq!(decoder.next_event(), Err(error));
                        lines.push(error.to_string());
                        return lines;
                    }
                }
            }
        }
        if let Err(error) = decoder.finish() {
            lines.push(error.to_string());
        }
        lines
    }

    fn shown(event: &Event) -> String {
        let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
        match event {
            Event::Aux { name, value } => format!("aux {} {}", text(name), text(value)),
            Event::Function(code) => format!("function {}", text(code)),
            Event::Entry(entry) => {
                let Attributes { expiry, idle_s, freq } = entry.attributes;
                let mut line = text(&entry.key);
                match entry.kind {
                    kind::STRING => {
                        let mut reader = entry.reader();
                        let value = reader.string().unwrap();
                        reader.end().unwrap();
                        line += &format!(" {}", text(&value));
                    }
                    kind => line += &format!(" type {kind}, {} bytes", entry.value.len()),
                }
                line += &expiry.map_or(String::new(), |Millis(time)| format!(", expires {time}"));
                line += &idle_s.map_or(String::new(), |idle| format!(", idle {idle}"));
                line + &freq.map_or(String::new(), |freq| format!(", freq {freq}"))
            }
            other => format!("{other:?}"),
        }
    }

    /// The events of a golden file but the aux fields, which hold versions and times.
    fn golden(file: &[u8]) -> Vec<String> {
        let whole = read(std::iter::once(file));
        assert_eq!(read(file.chunks(1)), whole);
        assert_eq!(read(file.chunks(7)), whole);
        whole.into_iter().filter(|line| !line.starts_with("aux ")).collect()
    }

    macro_rules! file {
        ($name:literal) => {
            include_bytes!(concat!("../../../../tests/data/rdb/", $name))
        };
    }

    const STRINGS: [&str; 9] = [
        "12345 numkey",
        "empty ",
        "expiring v, expires 4102444800123",
        "i16 300",
        "i32 -100000",
        "i64 9999999999",
        "i8 -7",
        "lzf abcabc",
        "plain hello",
    ];

    #[track_caller]
    fn check_strings(file: &[u8], more: &[&str]) {
        let mut lines = golden(file);
        for line in &mut lines {
            if let Some(value) = line.strip_prefix("lzf ") {
                assert_eq!(value, "abc".repeat(100));
                *line = "lzf abcabc".into();
            }
        }
        let function = r"function #!lua name=lib\nredis.register_function(\'f\', function() return 1 end)";
        let mut expected = [&STRINGS[..], more].concat();
        expected.extend([function, "other db3", "SelectDb(0)", "SelectDb(3)", "End(Right)"]);
        let keys = 9 + more.len();
        let (sized, small) = (
            format!("ResizeDb {{ keys: {keys}, expires: 1 }}"),
            "ResizeDb { keys: 1, expires: 0 }".to_owned(),
        );
        expected.extend([sized.as_str(), small.as_str()]);
        lines.sort();
        expected.sort();
        assert_eq!(lines, expected);
    }

    #[test]
    fn strings_of_redis_and_valkey() {
        check_strings(file!("redis-8.0-strings.rdb"), &[]);
        check_strings(file!("valkey-9.1-strings.rdb"), &["he type 22, 25 bytes"]);
    }

    #[test]
    fn every_type_of_redis() {
        let kinds: Vec<_> = golden(file!("redis-8.0-types.rdb"))
            .iter()
            .filter_map(|line| line.split_once(" type ").map(|(key, rest)| (key.to_owned(), rest.to_owned())))
            .map(|(key, rest)| format!("{key} {}", rest.split_once(',').unwrap().0))
            .collect();
        for expected in [
            "l 18", "l2 18", "s 20", "s2 2", "is 11", "h 16", "h2 4", "z 17", "z2 5", "x 21", "he 25",
            "he2 24", "vs 7",
        ] {
            assert!(kinds.iter().any(|kind| kind == expected), "{expected} not in {kinds:?}");
        }
        assert_eq!(golden(file!("redis-8.0-types.rdb")).last().unwrap(), "End(Right)");
    }

    #[test]
    fn eviction_ranks_and_slots() {
        assert_eq!(golden(file!("redis-8.0-lfu.rdb"))[2], "a b, freq 5");
        assert_eq!(golden(file!("redis-8.0-lru.rdb"))[2], "a b, idle 0");
        let cluster = golden(file!("redis-8.0-cluster.rdb"));
        assert!(cluster.contains(&"SlotInfo { slot: 3300, keys: 1, expires: 1 }".to_owned()), "{cluster:?}");
        assert!(cluster.contains(&"b 2, expires 4102444800123".to_owned()));
    }

    /// A file of the given version, with these bytes for records and no checksum.
    fn file(magic: &str, records: &[u8]) -> Vec<u8> {
        [magic.as_bytes(), records, b"\xff\0\0\0\0\0\0\0\0"].concat()
    }

    #[track_caller]
    fn check(file: &[u8], expected: &[&str]) {
        assert_eq!(golden(file), expected);
    }

    #[test]
    fn older_and_rarer_records() {
        let records = b"\xfd\x0a\0\0\0\0\x01a\x01b\x03\x01z\x03\x01m\x031.5\x01n\xfd\x01o\xfe";
        check(
            &file("REDIS0003", records)[..9 + records.len() + 1],
            &["a b, expires 10000", "z type 3, 13 bytes", "End(Absent)"],
        );
        let id = b"\xf7\x81\x01\x02\x03\x04\x05\x06\x07\x08";
        let aux = [&id[..], b"\x02\x02\x02\x05\x05\x02hi\x04abcdefgh\x03abcd\x01\x05\0"].concat();
        check(&file("REDIS0012", &aux), &["ModuleAux { module: 72623859790382856 }", "End(Absent)"]);
        let import = b"\xf3\x03job\x02\x01\x02\x05\x09";
        check(&file("VALKEY080", import), &["SlotImport { job: [106, 111, 98] }", "End(Absent)"]);
        let slots = b"\xf4\x7f\xff\0\0";
        check(&file("REDIS0012", slots), &["SlotInfo { slot: 16383, keys: 0, expires: 0 }", "End(Absent)"]);
    }

    #[test]
    fn what_is_refused() {
        check(b"REDIX0012", &["no RDB: wrong signature at byte 0"]);
        check(b"REDIS00x2", &["no RDB: wrong signature at byte 0"]);
        check(b"REDIS0000", &["no RDB: wrong signature at byte 0"]);
        check(b"REDIS0016", &["RDB version 16 is not supported at byte 0"]);
        check(b"VALKEY081", &["RDB version 81 is not supported at byte 0"]);
        check(b"REDIS", &["the RDB ends too early at byte 5"]);
        check(b"REDIS0012", &["the RDB ends too early at byte 9"]);
        check(&file("REDIS0012", b"\x63"), &["unknown RDB record or value type 99 at byte 9"]);
        check(&file("REDIS0012", b"\xf6"), &["unknown RDB record or value type 246 at byte 9"]);
        check(&file("REDIS0012", b"\xf3"), &["unknown RDB record or value type 243 at byte 9"]);
        check(&file("REDIS0012", b"\xfe\xc0"), &["invalid length in RDB at byte 10"]);
        check(&file("REDIS0012", b"\xfe\x82"), &["invalid length in RDB at byte 10"]);
        check(&file("REDIS0012", b"\0\xc4"), &["invalid length in RDB at byte 10"]);
        check(&file("REDIS0012", b"\xf4\x80\0\0\x40\0\0\0"), &["slot out of range in RDB at byte 10"]);
        check(
            &file("REDIS0012", b"\xf7\x01\x02\x01\x06"),
            &["invalid part of a module's value in RDB at byte 13"],
        );
        check(
            &file("REDIS0012", b"\xfa\xc3\x01\x05\x20\x01a"),
            &["damaged compressed string in RDB at byte 10"],
        );
        let huge = b"\0\x81\xff\xff\xff\xff\xff\xff\xff\xff";
        check(&file("REDIS0012", huge), &["string too long in RDB at byte 10"]);
    }

    /// Lengths that were only declared take no memory.
    #[test]
    fn declarations_take_no_memory() {
        for records in [&b"\0\x01k\x80\xff\xff\xff\xff"[..], b"\x01\x01k\x81\x7f\xff\xff\xff\xff\xff\xff\xff"]
        {
            let mut decoder = Decoder::new();
            decoder.push(b"REDIS0012");
            decoder.push(records);
            assert_eq!(decoder.next_event(), Ok(None));
            assert!(decoder.buffer.capacity() < 100);
            assert!(decoder.finish().is_err());
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        let mut writer = Writer::new(true);
        let mut bytes = Vec::new();
        writer.magic();
        writer.aux("redis-ver", b"8.0.6");
        writer.function(b"#!lua name=x");
        writer.select_db(7);
        writer.resize_db(3, 1);
        bytes.extend(writer.take());
        writer.slot_info(42, 3, 1);
        let attributes = Attributes { expiry: Some(Millis(-5)), idle_s: Some(300), freq: None };
        writer.entry(&attributes, kind::STRING, b"key");
        writer.string(b"12");
        bytes.extend(writer.take());
        writer.entry(&Attributes { freq: Some(9), ..Attributes::default() }, kind::SET, b"set");
        writer.length(1);
        writer.string(&[b'x'; 100]);
        writer.end(true);
        bytes.extend(writer.take());
        let lines = read(std::iter::once(&bytes[..]));
        assert_eq!(
            lines,
            [
                "aux redis-ver 8.0.6",
                "function #!lua name=x",
                "SelectDb(7)",
                "ResizeDb { keys: 3, expires: 1 }",
                "SlotInfo { slot: 42, keys: 3, expires: 1 }",
                "key 12, expires -5, idle 300",
                "set type 2, 10 bytes, freq 9",
                "End(Right)",
            ]
        );
        let place = bytes.len() - 12;
        bytes[place] ^= 1;
        assert_ne!(read(std::iter::once(&bytes[..])).last().unwrap(), "End(Right)");
    }

    /// Redis 8.0.6 loads this file and holds these keys (checked by hand), and so does Valkey 9.1.2 once told
    /// by `rdb-version-check relaxed` to accept a version above 11.
    #[test]
    fn the_file_that_the_peers_load() {
        let mut writer = Writer::new(true);
        writer.magic();
        writer.aux("redis-ver", b"8.0.6");
        writer.aux("redis-bits", b"64");
        writer.aux("aof-base", b"0");
        writer.select_db(0);
        writer.resize_db(5, 1);
        let expiry = Some(Millis(4_102_444_800_123));
        for (key, value, attributes) in [
            ("plain", "hello", Attributes::default()),
            ("12345", "-100000", Attributes::default()),
            ("expiring", "v", Attributes { expiry, ..Attributes::default() }),
            ("lzf", &"abc".repeat(100), Attributes { idle_s: Some(7), ..Attributes::default() }),
            ("long", &"0123456789".repeat(1700), Attributes { freq: Some(5), ..Attributes::default() }),
        ] {
            writer.entry(&attributes, kind::STRING, key.as_bytes());
            writer.string(value.as_bytes());
        }
        writer.select_db(9);
        writer.resize_db(1, 0);
        writer.entry(&Attributes::default(), kind::STRING, b"empty");
        writer.string(b"");
        writer.end(true);
        assert!(writer.take() == file!("rewind-strings.rdb"));
    }

    #[test]
    fn bytes_behind_the_end_are_left() {
        let mut decoder = Decoder::new();
        decoder.push(&[&file("REDIS0012", b"")[..], b"*1\r\n"].concat());
        assert_eq!(decoder.next_event(), Ok(Some(Event::End(Checksum::Absent))));
        assert_eq!(decoder.next_event(), Ok(None));
        assert_eq!(decoder.rest(), b"*1\r\n");
    }
}
