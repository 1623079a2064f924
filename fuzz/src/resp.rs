//! Targets for RESP: requests from clients and frames from servers.

use net::resp::{
    Argv, Decoded, Decoder, Frame, FrameError, FrameLimits, Limits, Parser, ProtocolError, Step,
};

const LIMITS: FrameLimits = FrameLimits { depth_max: 16, bulk_len_max: 1 << 16, elements_max: 1 << 12 };

/// Any bytes are requests or a protocol error, within the limits, for clients known and unknown.
pub fn resp_request(data: &[u8]) {
    for authenticated in [true, false] {
        let limits = Limits { bulk_len_max: 20_000, authenticated };
        let (requests, error) = requests(std::iter::once(data), &limits);
        for argv in &requests {
            assert!(!argv.is_empty());
            assert!(argv.iter().map(Vec::len).sum::<usize>() < data.len());
        }
        if let Some(error) = error {
            assert!(error.offset < data.len());
            assert!(error.text().starts_with(b"ERR Protocol error: "));
            assert!(!error.text().iter().any(|byte| b"\r\n".contains(byte)));
        }
    }
}

/// However the bytes are cut into reads, the requests and the kind of error at their end are the same. The
/// first two bytes choose the cuts.
pub fn resp_splits(data: &[u8]) {
    let Some((cuts, data)) = data.split_first_chunk::<2>() else { return };
    let limits = Limits { bulk_len_max: 20_000, authenticated: cuts[0] & 1 == 0 };
    let size = usize::from(cuts[1] % 32) + 1;
    let first = usize::from(cuts[0] >> 1).min(data.len());
    let pieces = std::iter::once(&data[..first]).chain(data[first..].chunks(size));
    let (whole, whole_error) = requests(std::iter::once(data), &limits);
    let (cut, cut_error) = requests(pieces, &limits);
    assert_eq!(whole, cut);
    assert_eq!(whole_error.map(|error| error.kind), cut_error.map(|error| error.kind));
}

/// Reads all requests of a connection whose bytes come in `pieces`, and the error that ends it if one does.
fn requests<'a>(
    pieces: impl Iterator<Item = &'a [u8]>,
    limits: &Limits,
) -> (Vec<Vec<Vec<u8>>>, Option<ProtocolError>) {
    let (mut parser, mut argv) = (Parser::new(), Argv::default());
    let (mut buffer, mut seen) = (Vec::new(), Vec::new());
    for piece in pieces {
        buffer.extend_from_slice(piece);
        loop {
            match parser.next(&buffer, limits, &mut argv) {
                Ok(Step::Request { consumed }) => {
                    assert!(consumed > 0 && parser.is_idle());
                    seen.push(argv.iter(&buffer).map(<[u8]>::to_vec).collect());
                    buffer.drain(..consumed);
                }
                Ok(Step::Incomplete { skipped, need }) => {
                    buffer.drain(..skipped);
                    assert!(need > buffer.len());
                    break;
                }
                Err(error) => return (seen, Some(error)),
            }
        }
    }
    (seen, None)
}

/// Any bytes are frames or a decode error, the same ones when they come byte by byte; and a frame that was
/// decoded encodes to bytes that decode to it.
pub fn resp_frame(data: &[u8]) {
    let (whole, whole_error) = frames(std::iter::once(data));
    let (cut, cut_error) = frames(data.chunks(1));
    assert_eq!(encoded(&whole), encoded(&cut));
    assert_eq!(whole_error.map(|error| error.kind), cut_error.map(|error| error.kind));
    for frame in &whole {
        check_round_trip(frame);
        assert!(!frame.print().is_empty() || frame.text() == Some(b""));
    }
}

/// Any frame survives being encoded and decoded; the bytes choose the frame.
pub fn resp_roundtrip(data: &[u8]) {
    check_round_trip(&build(&mut data.iter().copied(), 0));
}

fn check_round_trip(frame: &Frame) {
    let bytes = frame.to_bytes();
    let again = net::resp::decode(&bytes, &FrameLimits { bulk_len_max: u64::MAX, ..LIMITS });
    // Compared as bytes, because no NaN equals another.
    assert_eq!(again.map(|again| again.to_bytes()), Ok(bytes));
}

fn encoded(frames: &[Frame]) -> Vec<Vec<u8>> {
    frames.iter().map(Frame::to_bytes).collect()
}

/// Reads all frames of a connection whose bytes come in `pieces`, and the error that ends it if one does.
fn frames<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Frame>, Option<FrameError>) {
    let (mut decoder, mut buffer, mut seen) = (Decoder::new(LIMITS), Vec::new(), Vec::new());
    for piece in pieces {
        buffer.extend_from_slice(piece);
        loop {
            match decoder.next(&buffer) {
                Ok(Decoded::Frame { frame, consumed }) => {
                    seen.push(frame);
                    buffer.drain(..consumed);
                }
                Ok(Decoded::Incomplete { consumed, need }) => {
                    buffer.drain(..consumed);
                    assert!(need > buffer.len());
                    break;
                }
                Err(error) => return (seen, Some(error)),
            }
        }
    }
    (seen, None)
}

/// Makes a frame out of bytes: the first says which kind, the next ones what is in it.
fn build(bytes: &mut impl Iterator<Item = u8>, depth: usize) -> Frame {
    let kind = bytes.next().unwrap_or(0) % if depth < 4 { 17 } else { 12 };
    let mut string = |mask: u8| -> Vec<u8> {
        let len = bytes.next().unwrap_or(0) % 16;
        // Masked bytes have no line ends, for the kinds that are one line.
        bytes.by_ref().take(usize::from(len)).map(|byte| byte | mask).collect()
    };
    match kind {
        0 => Frame::Null,
        1 => Frame::Simple(string(0x20)),
        2 => Frame::Error(string(0x20)),
        3 => Frame::Integer(i64::from_le_bytes(array(bytes))),
        4 => Frame::Bulk(string(0)),
        5 => Frame::NullBulk,
        6 => Frame::NullArray,
        7 => Frame::Double(f64::from_le_bytes(array(bytes))),
        8 => Frame::Boolean(bytes.next().is_some()),
        9 => Frame::BulkError(string(0)),
        10 => Frame::Verbatim { format: *b"txt", text: string(0) },
        11 => Frame::BigNumber(u64::from_le_bytes(array(bytes)).to_string().into_bytes()),
        12 => Frame::Array(items(bytes, depth)),
        13 => Frame::Set(items(bytes, depth)),
        14 => Frame::Push(items(bytes, depth)),
        15 => Frame::Map(pairs(bytes, depth)),
        _ => {
            let pairs = pairs(bytes, depth);
            Frame::Attribute { pairs, value: Box::new(build(bytes, depth + 1)) }
        }
    }
}

fn array<const LEN: usize>(bytes: &mut impl Iterator<Item = u8>) -> [u8; LEN] {
    std::array::from_fn(|_| bytes.next().unwrap_or(0))
}

fn items(bytes: &mut impl Iterator<Item = u8>, depth: usize) -> Vec<Frame> {
    let count = bytes.next().unwrap_or(0) % 6;
    (0..count).map(|_| build(bytes, depth + 1)).collect()
}

fn pairs(bytes: &mut impl Iterator<Item = u8>, depth: usize) -> Vec<(Frame, Frame)> {
    let count = bytes.next().unwrap_or(0) % 4;
    (0..count).map(|_| (build(bytes, depth + 1), build(bytes, depth + 1))).collect()
}
