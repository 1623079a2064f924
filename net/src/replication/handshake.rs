//! What a replica says to a primary before the data, and what it makes of the answers. Lines in, bytes out; no
//! clock, no connection.
//!
//! ```text
//!   PING ─▶ +PONG ─▶ AUTH, REPLCONF listening-port, ip-address, capa (in one go) ─▶ their answers ─▶ PSYNC
//!                                                    +FULLRESYNC id offset ─▶ the payload follows
//!                                                    +CONTINUE [id]        ─▶ the stream follows
//!                                                    -NOMASTERLINK, -LOADING, anything else ─▶ later
//! ```

use super::offsets::ReplOffset;
use crate::resp::encode_request;

/// What a replica tells of itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Introduction {
    /// User, if not the default one, and password.
    pub auth: Option<(Option<Vec<u8>>, Vec<u8>)>,
    pub port: u16,
    pub address: Option<Vec<u8>>,
    /// The stream and the place behind which to go on.
    pub resume: Option<(String, ReplOffset)>,
}

/// The line that is awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaits {
    Pong,
    Auth,
    Port,
    Address,
    Capabilities,
    Psync,
}

#[derive(Debug)]
pub(super) struct Handshake {
    introduction: Introduction,
    awaits: Awaits,
}

/// What a line leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Another line is awaited.
    Wait,
    /// Bytes to send; then another line is awaited.
    Say(Vec<u8>),
    /// Not fatal and worth a line in the log; another line is awaited.
    Note(String),
    /// The stream goes on where we were, perhaps under another name.
    Continue { id: Option<String> },
    /// A payload follows: the state at this place of this stream.
    Full { id: String, offset: ReplOffset },
    /// No: try again later, for this reason.
    Refused(String),
}

impl Handshake {
    /// The machine, and the first bytes to send.
    pub fn begin(introduction: Introduction) -> (Handshake, Vec<u8>) {
        let mut out = Vec::new();
        encode_request(&["PING"], &mut out);
        (Handshake { introduction, awaits: Awaits::Pong }, out)
    }

    /// Takes a line, without its end.
    pub fn line(&mut self, line: &[u8]) -> Answer {
        let text = String::from_utf8_lossy(line).into_owned();
        let error = text.strip_prefix('-').map(str::to_string);
        match self.awaits {
            Awaits::Pong => self.pong(error, &text),
            Awaits::Auth => {
                self.awaits = Awaits::Port;
                error.map_or(Answer::Wait, |error| {
                    Answer::Refused(format!("Unable to AUTH to MASTER: -{error}"))
                })
            }
            Awaits::Port => {
                let next =
                    if self.introduction.address.is_some() { Awaits::Address } else { Awaits::Capabilities };
                self.tolerate(next, "listening-port", error)
            }
            Awaits::Address => self.tolerate(Awaits::Capabilities, "ip-address", error),
            Awaits::Capabilities => {
                self.awaits = Awaits::Psync;
                // An answer to REPLCONF capa is worth nothing: whoever does not know it ignores it.
                Answer::Say(self.psync())
            }
            Awaits::Psync => self.verdict(&text),
        }
    }

    fn pong(&mut self, error: Option<String>, text: &str) -> Answer {
        if let Some(error) = error {
            // A primary with a password refuses even PING, and hears the password next.
            let expected = ["NOAUTH", "NOPERM", "ERR operation not permitted"];
            if !expected.iter().any(|start| error.starts_with(start)) {
                return Answer::Refused(format!("Error reply to PING from master: '-{error}'"));
            }
        } else if !text.starts_with('+') {
            return Answer::Refused(format!("Unexpected reply to PING from master: '{text}'"));
        }
        let mut out = Vec::new();
        let introduction = &self.introduction;
        self.awaits = Awaits::Port;
        if let Some((user, password)) = &introduction.auth {
            self.awaits = Awaits::Auth;
            match user {
                Some(user) => encode_request(&[&b"AUTH"[..], user, password], &mut out),
                None => encode_request(&[&b"AUTH"[..], password], &mut out),
            }
        }
        let port = introduction.port.to_string();
        encode_request(&["REPLCONF", "listening-port", &port], &mut out);
        if let Some(address) = &introduction.address {
            encode_request(&[&b"REPLCONF"[..], b"ip-address", address], &mut out);
        }
        encode_request(&["REPLCONF", "capa", "eof", "capa", "psync2"], &mut out);
        Answer::Say(out)
    }

    fn tolerate(&mut self, next: Awaits, what: &str, error: Option<String>) -> Answer {
        self.awaits = next;
        error.map_or(Answer::Wait, |error| {
            Answer::Note(format!("(Non critical) Master does not understand REPLCONF {what}: -{error}"))
        })
    }

    fn psync(&self) -> Vec<u8> {
        let (id, number) = match &self.introduction.resume {
            Some((id, place)) => (id.as_str(), (place.0 + 1).to_string()),
            None => ("?", "-1".to_string()),
        };
        let mut out = Vec::new();
        encode_request(&["PSYNC", id, &number], &mut out);
        out
    }

    fn verdict(&self, text: &str) -> Answer {
        let mut words = text.split(' ').filter(|word| !word.is_empty());
        match words.next() {
            Some("+FULLRESYNC") => {
                let id = words.next().filter(|id| is_id(id));
                let offset = words.next().and_then(|word| word.parse().ok());
                match (id, offset, words.next()) {
                    (Some(id), Some(offset), None) => {
                        Answer::Full { id: id.to_string(), offset: ReplOffset(offset) }
                    }
                    _ => Answer::Refused(format!("Master replied with wrong +FULLRESYNC syntax: {text}")),
                }
            }
            Some("+CONTINUE") => match (self.introduction.resume.is_some(), words.next()) {
                (false, _) => Answer::Refused("Master continues a stream that was not asked for".to_string()),
                (true, None) => Answer::Continue { id: None },
                (true, Some(id)) if is_id(id) => Answer::Continue { id: Some(id.to_string()) },
                (true, Some(_)) => {
                    Answer::Refused(format!("Master replied with a malformed +CONTINUE: {text}"))
                }
            },
            _ if text.starts_with("-NOMASTERLINK") || text.starts_with("-LOADING") => Answer::Refused(
                format!("Master is currently unable to PSYNC but should be in the future: {text}"),
            ),
            _ => Answer::Refused(format!("Unexpected reply to PSYNC from master: {text}")),
        }
    }
}

fn is_id(word: &str) -> bool {
    word.len() == 40 && word.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789012345678901234567890123456789";

    /// Plays lines against a machine and prints each answer's kind and text.
    fn played(introduction: Introduction, lines: &[&str]) -> Vec<String> {
        let (mut handshake, first) = Handshake::begin(introduction);
        let mut seen = vec![requests(&first)];
        for line in lines {
            seen.push(match handshake.line(line.as_bytes()) {
                Answer::Say(bytes) => requests(&bytes),
                other => format!("{other:?}"),
            });
        }
        seen
    }

    fn requests(bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes);
        let words: Vec<&str> =
            text.split("\r\n").filter(|line| !line.is_empty() && !line.starts_with('$')).collect();
        let line = words.join(" ");
        line.split('*')
            .filter(|part| !part.is_empty())
            .map(|part| part[2..].trim())
            .collect::<Vec<_>>()
            .join(" | ")
    }

    #[test]
    fn a_first_synchronization() {
        let full = format!("+FULLRESYNC {ID} 77");
        let seen =
            played(Introduction { port: 7000, ..Introduction::default() }, &["+PONG", "+OK", "+OK", &full]);
        assert_eq!(
            seen,
            [
                "PING".to_string(),
                "REPLCONF listening-port 7000 | REPLCONF capa eof capa psync2".to_string(),
                "Wait".to_string(),
                "PSYNC ? -1".to_string(),
                format!("Full {{ id: \"{ID}\", offset: ReplOffset(77) }}"),
            ]
        );
    }

    #[test]
    fn everything_at_once_and_an_old_primary() {
        let introduction = Introduction {
            auth: Some((Some(b"me".to_vec()), b"secret".to_vec())),
            port: 1,
            address: Some(b"10.0.0.1".to_vec()),
            resume: Some((ID.to_string(), ReplOffset(9))),
        };
        let seen = played(
            introduction,
            &["-NOAUTH Authentication required.", "+OK", "-ERR what", "+OK", "-ERR what", "+CONTINUE"],
        );
        assert_eq!(
            seen[1..],
            [
                "AUTH me secret | REPLCONF listening-port 1 | REPLCONF ip-address 10.0.0.1 | REPLCONF capa eof capa psync2",
                "Wait",
                "Note(\"(Non critical) Master does not understand REPLCONF listening-port: -ERR what\")",
                "Wait",
                &format!("PSYNC {ID} 10"),
                "Continue { id: None }",
            ]
        );
    }

    #[test]
    fn what_is_refused() {
        let resume =
            || Introduction { resume: Some((ID.to_string(), ReplOffset(9))), ..Introduction::default() };
        let auth = || Introduction { auth: Some((None, b"x".to_vec())), ..Introduction::default() };
        for (introduction, lines) in [
            (Introduction::default(), vec!["-ERR go away"]),
            (Introduction::default(), vec!["$5"]),
            (auth(), vec!["-NOAUTH x", "-WRONGPASS invalid"]),
            (Introduction::default(), vec!["+PONG", "+OK", "+OK", "+CONTINUE"]),
            (resume(), vec!["+PONG", "+OK", "+OK", "+CONTINUE short"]),
            (resume(), vec!["+PONG", "+OK", "+OK", "+FULLRESYNC"]),
            (resume(), vec!["+PONG", "+OK", "+OK", "+FULLRESYNC short 5"]),
            (resume(), vec!["+PONG", "+OK", "+OK", "-NOMASTERLINK Can't SYNC"]),
            (resume(), vec!["+PONG", "+OK", "+OK", "garbage"]),
            (resume(), vec!["+PONG", "+OK", "+OK", ""]),
        ] {
            let seen = played(introduction, &lines);
            assert!(seen.last().expect("answers").starts_with("Refused"), "{lines:?}: {seen:?}");
        }
    }
}
