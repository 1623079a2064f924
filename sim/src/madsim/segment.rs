//! What two simulated sockets say to each other over madsim's channel of bytes: data, permission to send
//! more, the end of one direction, a reset.
//!
//! ```text
//!  ┌─ kind: 1 ─┬─ number: 4, big-endian ─┬─ payload ─┐
//!  │ D         │ bytes of payload        │ data      │
//!  │ W         │ bytes the peer may send │           │
//!  │ F         │ 0                       │           │   no more data comes from here
//!  │ R         │ 0                       │           │   the connection is gone
//!  └───────────┴─────────────────────────┴───────────┘
//! ```

const HEADER: usize = 5;

/// One message between two ends of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segment<'a> {
    Data(&'a [u8]),
    Window(u32),
    Fin,
    Reset,
}

impl<'a> Segment<'a> {
    /// The bytes of the segment.
    pub fn encode(self) -> Vec<u8> {
        let (kind, number, payload): (u8, u32, &[u8]) = match self {
            Segment::Data(bytes) => (b'D', bytes.len() as u32, bytes),
            Segment::Window(count) => (b'W', count, &[]),
            Segment::Fin => (b'F', 0, &[]),
            Segment::Reset => (b'R', 0, &[]),
        };
        let mut out = Vec::with_capacity(HEADER + payload.len());
        out.push(kind);
        out.extend(number.to_be_bytes());
        out.extend(payload);
        out
    }

    /// The segment at the start of `bytes` and its length there; `None` while it is not complete. Both ends
    /// are ours, so an unknown kind is a broken invariant.
    pub fn decode(bytes: &'a [u8]) -> Option<(Segment<'a>, usize)> {
        let (header, rest) = bytes.split_first_chunk::<HEADER>()?;
        let number = u32::from_be_bytes([header[1], header[2], header[3], header[4]]);
        match header[0] {
            b'D' => {
                let payload = rest.get(..number as usize)?;
                Some((Segment::Data(payload), HEADER + payload.len()))
            }
            b'W' => Some((Segment::Window(number), HEADER)),
            b'F' => Some((Segment::Fin, HEADER)),
            b'R' => Some((Segment::Reset, HEADER)),
            other => panic!("no segment begins with {other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_come_back_whole_and_only_whole() {
        for segment in [Segment::Data(b"a\r\n"), Segment::Data(b""), Segment::Window(70_000), Segment::Fin] {
            let bytes = segment.encode();
            for cut in 0..bytes.len() {
                assert_eq!(Segment::decode(&bytes[..cut]), None, "{segment:?} cut at {cut}");
            }
            let followed = [bytes.clone(), Segment::Reset.encode()].concat();
            assert_eq!(Segment::decode(&followed), Some((segment, bytes.len())));
        }
    }
}
