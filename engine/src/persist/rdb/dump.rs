//! The payload of DUMP: value type, value, version of the format, checksum.

use super::codes::{VERSION, VERSION_READ};
use super::error::{DecodeError, DecodeErrorKind};
use super::reader::Reader;

/// Bytes behind the value: two of version and eight of checksum.
const FOOTER_LEN: usize = 10;

/// Completes a payload that holds a value type and a value.
pub fn seal_dump(payload: &mut Vec<u8>) {
    payload.extend_from_slice(&VERSION.to_le_bytes());
    let crc = ds::crc64::crc64(0, payload);
    payload.extend_from_slice(&crc.to_le_bytes());
}

/// Checks a payload's version and checksum; returns the type of its value and a reader of the value. A
/// checksum of zero stands for none.
///
/// # Errors
///
/// `Truncated`, `Version` or `Checksum`; all are "DUMP payload version or checksum are wrong" to a client.
pub fn unseal_dump(payload: &[u8]) -> Result<(u8, Reader<'_>), DecodeError> {
    let end = payload.len().saturating_sub(FOOTER_LEN);
    let at = |kind, offset: usize| DecodeError { kind, offset: offset as u64 };
    let mut footer = Reader::new(&payload[end..], end as u64);
    let version = u16::from_le_bytes(footer.array()?);
    let stored = u64::from_le_bytes(footer.array()?);
    if version > VERSION_READ {
        return Err(at(DecodeErrorKind::Version(version), end));
    }
    if stored != 0 && ds::crc64::crc64(0, &payload[..end + 2]) != stored {
        return Err(at(DecodeErrorKind::Checksum, end + 2));
    }
    let [kind, value @ ..] = &payload[..end] else { return Err(at(DecodeErrorKind::Truncated, end)) };
    Ok((*kind, Reader::new(value, 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Payloads of Redis 8.0.6.
    #[test]
    fn the_same_bytes_as_redis() {
        for (value, payload) in [
            (&b"\x00\x05hello"[..], &b"\x00\x05hello\x0c\x00\xa8\x04\xeb\xb6\x9f\x1e\xbeC"[..]),
            (b"\x00\xc0\x0c", b"\x00\xc0\x0c\x0c\x00\xf7\\\xcc\x91\xa6.\"\x9c"),
        ] {
            let mut sealed = value.to_vec();
            seal_dump(&mut sealed);
            assert_eq!(sealed, payload);
        }
    }

    #[test]
    fn a_payload_comes_back_and_damage_is_seen() {
        let mut payload = b"\x00\x05hello".to_vec();
        seal_dump(&mut payload);
        let (kind, mut value) = unseal_dump(&payload).unwrap();
        assert_eq!((kind, &*value.string().unwrap()), (0, &b"hello"[..]));
        for bit in 0..payload.len() * 8 {
            let mut damaged = payload.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(unseal_dump(&damaged).is_err(), "bit {bit}");
        }
        for len in 0..payload.len() {
            assert!(unseal_dump(&payload[..len]).is_err(), "{len} bytes");
        }
    }
}
