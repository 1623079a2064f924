//! A sorted set in RDB: a listpack of members and scores while its name is `listpack`, else member by member with binary
//! scores, the highest first.

use super::value::{Zset, ZsetRef, with_text};
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
    let mut zset = Zset::empty(forms);
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
    if zset.is_empty() { Err(damaged) } else { Ok(zset) }
}
