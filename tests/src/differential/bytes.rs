//! Broken streams: commands encoded back to back, a few bytes changed, everything sent at once and everything
//! read until the server closes. Both servers must say the same bytes and then close.

use super::Difference;
use super::session::Pair;
use crate::live::Connection;
use crate::run::encode;
use crate::words;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Compares one stream made from the random numbers.
///
/// # Errors
/// A server cannot be reached.
pub fn compare(pair: &Pair, random: &mut ChaCha8Rng, length: usize) -> Result<Option<Difference>, String> {
    let mut stream = stream(random, length.min(20));
    if !differs(pair, &stream)? || !differs(pair, &stream)? {
        return Ok(None);
    }
    // Ever smaller pieces are cut out while the answers still differ.
    let mut size = stream.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at + size <= stream.len() {
            let smaller = [&stream[..at], &stream[at + size..]].concat();
            if differs(pair, &smaller)? {
                stream = smaller;
            } else {
                at += size;
            }
        }
        size /= 2;
    }
    let (subject, reference) = (answer(&pair.subject, &stream)?, answer(&pair.reference, &stream)?);
    let line = |bytes: &[u8]| {
        let differing =
            bytes.iter().zip(&reference).zip(&subject).position(|((_, a), b)| a != b).unwrap_or(0);
        String::from_utf8_lossy(&bytes[differing..]).chars().take(24).collect::<String>()
    };
    Ok(Some(Difference {
        class: format!("stream: {:?} for {:?}", line(&subject), line(&reference)),
        sequence: vec![vec![stream]],
        resp: 2,
        subject: words::quote(&subject),
        reference: words::quote(&reference),
    }))
}

fn differs(pair: &Pair, stream: &[u8]) -> Result<bool, String> {
    let (subject, reference) = (answer(&pair.subject, stream)?, answer(&pair.reference, stream)?);
    Ok(subject != reference && !is_stricter(&subject, &reference))
}

/// Whether the subject said the same until it refused to go on. Redis passes over whatever two bytes stand
/// after an argument; a server that calls anything but CRLF a protocol error is right to.
fn is_stricter(subject: &[u8], reference: &[u8]) -> bool {
    let Some(body) = subject.strip_suffix(b"\r\n") else { return false };
    let last = body.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    body[last..].starts_with(b"-ERR Protocol error: invalid CRLF") && reference.starts_with(&subject[..last])
}

/// Ends a stream for good: empty lines fill up whatever argument a changed length still waits for, and the
/// last line is a protocol error in any state, upon which the server closes. All of it fits one read.
fn end() -> Vec<u8> {
    [&b"\r\n".repeat(6000)[..], b"*x\r\n"].concat()
}

/// Everything the server says until it closes. One that waits for a huge argument is left after a second.
fn answer(address: &str, stream: &[u8]) -> Result<Vec<u8>, String> {
    let fail = |error: std::io::Error| format!("{address}: {error}");
    let mut control = Connection::open(address).map_err(fail)?;
    control.ask(&["FLUSHALL"])?;
    let mut connection = TcpStream::connect(address).map_err(fail)?;
    connection.set_read_timeout(Some(Duration::from_secs(1))).map_err(fail)?;
    // A server that has heard enough may close before everything is sent; what it said still counts.
    let _ = connection.write_all(&[stream, &end()].concat());
    let mut answer = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(length @ 1..) = connection.read(&mut chunk) {
        answer.extend_from_slice(&chunk[..length]);
    }
    Ok(answer)
}

fn stream(random: &mut ChaCha8Rng, length: usize) -> Vec<u8> {
    let mut draw = |limit: usize| random.next_u32() as usize % limit;
    let commands = ["PING", "ECHO world", "SET k v", "GET k", "INCR n", "MGET k n", "STRLEN k", "GET absent"];
    let mut stream = Vec::new();
    for _ in 0..length {
        let line = commands[draw(commands.len())];
        if draw(4) == 0 {
            stream.extend_from_slice(format!("{line}\r\n").as_bytes());
        } else {
            let argv: Vec<Vec<u8>> = line.split(' ').map(|word| word.as_bytes().to_vec()).collect();
            stream.extend_from_slice(&encode(&argv));
        }
    }
    for _ in 0..draw(4) {
        let at = draw(stream.len());
        // No NUL: Redis's search for a line's end stops there, see docs/COMPAT.md.
        let byte = b"*$\r\n-+:0123456789 \"'\\x\xffaA"[draw(25)];
        match draw(3) {
            0 => stream[at] = byte,
            1 => stream.insert(at, byte),
            _ => {
                stream.remove(at);
            }
        }
    }
    stream
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::rand_core::SeedableRng;

    #[test]
    fn only_a_refused_line_end_may_differ() {
        assert!(is_stricter(b"+OK\r\n-ERR Protocol error: invalid CRLF in request\r\n", b"+OK\r\n:1\r\n"));
        assert!(!is_stricter(b"+NO\r\n-ERR Protocol error: invalid CRLF in request\r\n", b"+OK\r\n:1\r\n"));
        assert!(!is_stricter(b"+OK\r\n", b"+OK\r\n:1\r\n"));
    }

    #[test]
    fn one_seed_makes_one_stream() {
        let make = |seed| stream(&mut ChaCha8Rng::seed_from_u64(seed), 10);
        assert_eq!(make(1), make(1));
        assert_ne!(make(1), make(2));
    }
}
