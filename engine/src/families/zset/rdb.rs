//! A sorted set in RDB: a listpack of members and scores while its name is `listpack`, else member by member with
//! binary scores, the highest first.

use super::row::with_text;
use super::value::{Zset, ZsetRef};
use crate::keyspace::{Collection, Forms};
use crate::persist::rdb::{DecodeError, DecodeErrorKind, Reader, Writer, codes::kind};
use ds::double;
use ds::listpack::Listpack;
use ds::ordered::Change;

pub(crate) fn kind(zset: &ZsetRef<'_>) -> u8 {
    if zset.is_small() { kind::ZSET_LISTPACK } else { kind::ZSET_2 }
}

pub(crate) fn write(writer: &mut Writer, zset: &ZsetRef<'_>) {
    if zset.is_small() {
        let mut pack = Listpack::new();
        for (member, score) in zset.iter() {
            with_text(&member, |member| pack.push_back(member));
            pack.push_back(double::format_f64(&mut [0; double::MAX_TEXT], score));
        }
        return writer.string(pack.as_bytes());
    }
    writer.length(zset.len() as u64);
    for (member, score) in zset.range(0..zset.len(), true) {
        with_text(&member, |member| writer.string(member));
        writer.double(score);
    }
}

/// Reads a sorted set of one of the kinds that [`write`] writes, or of the one before, whose scores are text.
///
/// # Errors
/// Bytes that are no such set: a member twice, a score that is no number, no member at all.
pub(crate) fn read(code: u8, mut reader: Reader<'_>, forms: &Forms) -> Result<Zset, DecodeError> {
    let damaged = reader.error(DecodeErrorKind::Value);
    let mut zset = if code == kind::ZSET_LISTPACK { Zset::empty(forms) } else { Zset::result() };
    let mut add = |member: &[u8], score: f64| {
        let new = !score.is_nan() && zset.insert(member, score, forms) == Change::Inserted;
        if new { Ok(()) } else { Err(damaged) }
    };
    if code == kind::ZSET_LISTPACK {
        let pack = Listpack::from_bytes(reader.string()?.into_owned()).map_err(|_| damaged)?;
        let mut items = pack.iter();
        while let Some(member) = items.next() {
            let score = items.next().ok_or(damaged)?.to_vec();
            add(&member.to_vec(), double::parse_f64(&score).ok_or(damaged)?)?;
        }
    } else {
        for _ in 0..reader.length()? {
            let member = reader.string()?;
            let score = if code == kind::ZSET { reader.text_double()? } else { reader.double()? };
            add(&member, score)?;
        }
    }
    reader.end()?;
    zset.settle(forms);
    if zset.is_empty() { Err(damaged) } else { Ok(zset) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyspace::value::Described;
    use ds::table::Hasher64;

    fn forms(entries: usize) -> Forms {
        Forms { zset_max_listpack_entries: entries, ..Forms::new(Hasher64::new(1, 2)) }
    }

    fn written(zset: &Zset) -> (u8, Vec<u8>) {
        let mut writer = Writer::default();
        zset.borrow().write_rdb(&mut writer);
        (zset.borrow().rdb_kind(), writer.take())
    }

    fn elements(zset: &Zset) -> Vec<(Vec<u8>, f64)> {
        zset.borrow().iter().map(|(member, score)| (member.to_vec(), score)).collect()
    }

    #[test]
    fn sets_come_back_in_either_kind() {
        for (entries, code) in [(128, kind::ZSET_LISTPACK), (3, kind::ZSET_2)] {
            let forms = forms(entries);
            let mut zset = Zset::empty(&forms);
            for (member, score) in [("a", 1.0), ("b", -0.5), ("12", 1e300), ("c", f64::INFINITY), ("d", 3e-7)]
            {
                zset.insert(member.as_bytes(), score, &forms);
            }
            let (written_code, bytes) = written(&zset);
            assert_eq!(written_code, code);
            let back = read(code, Reader::new(&bytes, 0), &forms).expect("what was written");
            assert_eq!(elements(&back), elements(&zset));
            assert_eq!(back.borrow().encoding(), zset.borrow().encoding());
            let other =
                read(code, Reader::new(&bytes, 0), &self::forms(131 - entries)).expect("what was written");
            assert_ne!(other.borrow().encoding(), zset.borrow().encoding(), "thresholds are this server's");
        }
    }

    #[test]
    fn the_oldest_kind_has_scores_as_text() {
        let bytes = b"\x03\x01a\x032.5\x01b\xfe\x01c\xff";
        let zset = read(kind::ZSET, Reader::new(bytes, 0), &forms(128)).expect("a set");
        let expected = [("c", f64::NEG_INFINITY), ("a", 2.5), ("b", f64::INFINITY)];
        assert_eq!(elements(&zset), expected.map(|(member, score)| (member.as_bytes().to_vec(), score)));
    }

    fn pack(items: &[&str]) -> Vec<u8> {
        let mut pack = Listpack::new();
        items.iter().for_each(|item| pack.push_back(item.as_bytes()));
        let mut writer = Writer::default();
        writer.string(pack.as_bytes());
        writer.take()
    }

    /// Valkey 3921: no score that is not a number comes in, by whatever kind.
    #[test]
    fn damaged_sets_are_refused() {
        let refused = |code: u8, bytes: &[u8]| {
            assert!(
                read(code, Reader::new(bytes, 0), &forms(128)).is_err(),
                "{code}: {}",
                bytes.escape_ascii()
            );
        };
        refused(kind::ZSET_LISTPACK, &pack(&["a", "nan"]));
        refused(kind::ZSET_LISTPACK, &pack(&["a", "x"]));
        refused(kind::ZSET_LISTPACK, &pack(&["a", "1", "a", "2"]));
        refused(kind::ZSET_LISTPACK, &pack(&["a", "1", "b"]));
        refused(kind::ZSET_LISTPACK, &pack(&[]));
        refused(kind::ZSET_LISTPACK, b"\x03abc");
        let binary = |score: f64| [b"\x01\x01a".as_slice(), &score.to_le_bytes()].concat();
        assert!(read(kind::ZSET_2, Reader::new(&binary(1.0), 0), &forms(128)).is_ok());
        refused(kind::ZSET_2, &binary(f64::NAN));
        refused(kind::ZSET_2, &binary(-f64::NAN));
        refused(kind::ZSET_2, b"\x00");
        refused(kind::ZSET_2, b"\x01\x01a\x00");
        refused(kind::ZSET, b"\x01\x01a\xfd");
        refused(kind::ZSET, b"\x02\x01a\x011\x01a\x011");
    }
}
