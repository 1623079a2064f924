//! The fast path of the request parser: a whole array of small arguments, its numbers read by hand.

use super::argv::Span;
use super::limits::Limits;

/// Reads one whole array of up to 99 arguments of up to 9999 bytes each and returns its length in bytes.
/// `None` says nothing about the bytes: the machine must look.
#[inline]
pub(super) fn whole_array(buffer: &[u8], limits: &Limits, spans: &mut Vec<Span>) -> Option<usize> {
    let (count, mut at) = match buffer {
        [b'*', d0 @ b'1'..=b'9', b'\r', b'\n', ..] => (usize::from(d0 - b'0'), 4),
        [b'*', d0 @ b'1'..=b'9', d1 @ b'0'..=b'9', b'\r', b'\n', ..] if limits.authenticated => {
            (usize::from(d0 - b'0') * 10 + usize::from(d1 - b'0'), 5)
        }
        _ => return None,
    };
    spans.reserve(count);
    for _ in 0..count {
        let rest = buffer.get(at..)?;
        let (len, header) = small_bulk_len(rest)?;
        let end = header + len;
        // Nothing the limits refuse may pass; lengths this small are refused only by an unusual setting.
        if rest.get(end..end + 2)? != b"\r\n" || len as u64 > limits.bulk_len_max {
            return None;
        }
        spans.push(Span::new(at + header, len));
        at += end + 2;
    }
    Some(at)
}

/// Reads `$len\r\n` with a length of one to four digits: the length, and how long the line is.
#[inline]
fn small_bulk_len(line: &[u8]) -> Option<(usize, usize)> {
    let digit = |byte: u8| usize::from(byte - b'0');
    match *line {
        [b'$', d0 @ b'0'..=b'9', b'\r', b'\n', ..] => Some((digit(d0), 4)),
        [b'$', d0 @ b'1'..=b'9', d1 @ b'0'..=b'9', b'\r', b'\n', ..] => Some((digit(d0) * 10 + digit(d1), 5)),
        [b'$', d0 @ b'1'..=b'9', d1 @ b'0'..=b'9', d2 @ b'0'..=b'9', b'\r', b'\n', ..] => {
            Some((digit(d0) * 100 + digit(d1) * 10 + digit(d2), 6))
        }
        [b'$', d0 @ b'1'..=b'9', d1 @ b'0'..=b'9', d2 @ b'0'..=b'9', d3 @ b'0'..=b'9', b'\r', b'\n', ..] => {
            Some((digit(d0) * 1000 + digit(d1) * 100 + digit(d2) * 10 + digit(d3), 7))
        }
        _ => None,
    }
}
