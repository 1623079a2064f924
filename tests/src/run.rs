//! Plays a script on a backend and renders the transcript: the script's lines with the replies below them.

use crate::reply::Reply;
use crate::script::{Answers, Input, Script, Step, Time};
use std::collections::BTreeSet;

/// Replies wider than this are laid out over several lines.
const WIDTH: usize = 108;

/// What a client hears next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Reply(Reply),
    /// The server closed the connection.
    Closed,
    /// Nothing came, and nothing will.
    Silence,
    /// Bytes that are no RESP.
    Malformed(String),
}

/// A server with any number of named clients. A client connects when it first sends, or first sends again
/// after it was closed.
pub trait Backend {
    fn send(&mut self, client: &str, bytes: &[u8]);
    fn receive(&mut self, client: &str) -> Heard;
    /// Lets time pass; `false` when this backend cannot.
    fn advance(&mut self, time: Time) -> bool;
}

/// The RESP array that clients send.
pub fn encode(argv: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", argv.len()).into_bytes();
    for word in argv {
        bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// Plays `script` in RESP2 or RESP3 and renders what happened.
pub fn play(script: &Script, backend: &mut dyn Backend, resp: u8) -> String {
    let mut player = Player { backend, resp, open: BTreeSet::new(), out: String::new() };
    for line in &script.lines {
        player.out.push_str(&line.text);
        player.out.push('\n');
        if let Some(step) = &line.step {
            player.step(step);
        }
    }
    player.finish();
    player.out
}

struct Player<'a> {
    backend: &'a mut dyn Backend,
    resp: u8,
    open: BTreeSet<String>,
    out: String,
}

impl Player<'_> {
    fn step(&mut self, step: &Step) {
        match step {
            Step::Advance(time) => {
                if !self.backend.advance(*time) {
                    self.say("(this server's clock cannot be set)");
                }
            }
            Step::Send { client, input, masks, answers } => {
                self.connect(client);
                let bytes = match input {
                    Input::Command(argv) => encode(argv),
                    Input::Raw(bytes) => bytes.clone(),
                };
                self.backend.send(client, &bytes);
                let masked = |reply| masks.iter().fold(reply, |reply, mask| mask.apply(reply));
                let mut left = match answers {
                    Answers::Count(count) => *count,
                    Answers::UntilClosed => usize::MAX,
                };
                while left > 0 {
                    left -= 1;
                    match self.backend.receive(client) {
                        Heard::Reply(reply) => {
                            // Pushes come on their own account and are no answer.
                            if matches!(reply, Reply::Push(_)) && left < usize::MAX - 1 {
                                left += 1;
                            }
                            let text = masked(reply).pretty(WIDTH);
                            self.say(&text);
                        }
                        Heard::Closed => {
                            self.open.remove(client);
                            self.say("(closed)");
                            break;
                        }
                        Heard::Silence => {
                            self.say("(no reply)");
                            break;
                        }
                        Heard::Malformed(what) => {
                            self.say(&format!("({what})"));
                            break;
                        }
                    }
                }
            }
        }
    }

    fn connect(&mut self, client: &str) {
        if self.open.insert(client.to_owned()) && self.resp == 3 {
            self.backend.send(client, &encode(&[b"HELLO".to_vec(), b"3".to_vec()]));
            match self.backend.receive(client) {
                // A server that wants a password first says so, and the script goes on in RESP2.
                Heard::Reply(_) => {}
                other => self.say(&format!("(HELLO 3 was answered by {other:?})")),
            }
        }
    }

    /// A reply too many would shift all later ones, except after the last command: so one more is sent.
    fn finish(&mut self) {
        for client in std::mem::take(&mut self.open) {
            let fence = [b"ECHO".to_vec(), b"the end".to_vec()];
            self.backend.send(&client, &encode(&fence));
            let heard = self.backend.receive(&client);
            let refused = matches!(&heard, Heard::Reply(reply) if reply.error_code() == Some(b"NOAUTH"));
            if heard != Heard::Reply(Reply::Bulk(fence[1].clone())) && !refused {
                self.say(&format!("(client {client} was left with {heard:?})"));
            }
        }
    }

    fn say(&mut self, text: &str) {
        self.out.push_str("< ");
        self.out.push_str(text);
        self.out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    /// Answers from a list, whatever is sent.
    struct Canned(VecDeque<Heard>);

    impl Backend for Canned {
        fn send(&mut self, _: &str, _: &[u8]) {}
        fn receive(&mut self, _: &str) -> Heard {
            self.0.pop_front().unwrap_or(Heard::Silence)
        }
        fn advance(&mut self, _: Time) -> bool {
            false
        }
    }

    fn check(script: &str, heard: &[Heard], transcript: &str) {
        let script = Script::parse(script).expect("parses");
        assert_eq!(play(&script, &mut Canned(heard.to_vec().into()), 2), transcript);
    }

    #[test]
    fn replies_stand_below_what_was_sent() {
        let ok = Heard::Reply(Reply::Simple(b"OK".to_vec()));
        let end = Heard::Reply(Reply::Bulk(b"the end".to_vec()));
        check("# a\n> A\n", &[ok.clone(), end.clone()], "# a\n> A\n< OK\n");
        check("% replies 2\n> A\n", &[ok.clone(), ok.clone(), end.clone()], "% replies 2\n> A\n< OK\n< OK\n");
        check("% closes\n> A\n", &[ok.clone(), Heard::Closed], "% closes\n> A\n< OK\n< (closed)\n");
        check("@ 5ms\n", &[], "@ 5ms\n< (this server's clock cannot be set)\n");
    }

    #[test]
    fn a_reply_too_many_or_too_few_shows() {
        let ok = Heard::Reply(Reply::Simple(b"OK".to_vec()));
        check("> A\n", &[], "> A\n< (no reply)\n< (client a was left with Silence)\n");
        let left = "> A\n< OK\n< (client a was left with Reply(Simple([79, 75])))\n";
        check("> A\n", &[ok.clone(), ok], left);
    }
}
