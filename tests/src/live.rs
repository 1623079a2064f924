//! A server over TCP: ours, or a reference to record from.

use crate::reply::Reply;
use crate::run::{Backend, Heard, encode};
use crate::script::Time;
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// After so long without a byte a reply is taken as never coming. Nothing that passes waits for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// One blocking connection.
pub struct Connection {
    stream: TcpStream,
    unread: Vec<u8>,
    used: usize,
    /// A write failed: the server had closed already, and what it said before is still to be read.
    broken: bool,
}

impl Connection {
    /// Connects to `HOST:PORT`.
    ///
    /// # Errors
    /// As the operating system reports them.
    pub fn open(address: &str) -> std::io::Result<Connection> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Connection { stream, unread: Vec::new(), used: 0, broken: false })
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.broken |= self.stream.write_all(bytes).is_err();
    }

    pub fn receive(&mut self) -> Heard {
        loop {
            match Reply::parse(&self.unread[self.used..]) {
                Ok(Some((reply, length))) => {
                    self.used += length;
                    if self.used == self.unread.len() {
                        self.unread.clear();
                        self.used = 0;
                    }
                    return Heard::Reply(reply);
                }
                Err(malformed) => return Heard::Malformed(malformed.to_string()),
                Ok(None) => {}
            }
            let mut chunk = vec![0; (self.unread.len() - self.used).clamp(1 << 14, 1 << 24)];
            match self.stream.read(&mut chunk) {
                Ok(0) => return Heard::Closed,
                Ok(length) => self.unread.extend_from_slice(&chunk[..length]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return if self.broken { Heard::Closed } else { Heard::Silence };
                }
                Err(_) => return Heard::Closed,
            }
        }
    }

    /// Sends one command and waits for its answer.
    pub fn call(&mut self, words: &[&str]) -> Heard {
        let argv: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        self.send(&encode(&argv));
        self.receive()
    }

    /// Like [`Connection::call`], for tools that cannot go on without the answer.
    ///
    /// # Errors
    /// Anything but a reply, in words.
    pub fn ask(&mut self, words: &[&str]) -> Result<Reply, String> {
        match self.call(words) {
            Heard::Reply(reply) => Ok(reply),
            other => Err(format!("{} was answered by {other:?}", words.join(" "))),
        }
    }
}

/// The clients of one script on one server.
pub struct Live {
    address: String,
    clients: BTreeMap<String, Connection>,
}

impl Live {
    pub fn new(address: &str) -> Live {
        Live { address: address.to_owned(), clients: BTreeMap::new() }
    }
}

impl Backend for Live {
    fn send(&mut self, client: &str, bytes: &[u8]) {
        let connection = self.clients.entry(client.to_owned()).or_insert_with(|| {
            Connection::open(&self.address).unwrap_or_else(|error| panic!("{}: {error}", self.address))
        });
        connection.send(bytes);
    }

    fn receive(&mut self, client: &str) -> Heard {
        let heard = self.clients.get_mut(client).map_or(Heard::Closed, Connection::receive);
        if heard == Heard::Closed {
            self.clients.remove(client);
        }
        heard
    }

    fn advance(&mut self, time: Time) -> bool {
        match time {
            Time::By(millis) => std::thread::sleep(Duration::from_millis(millis)),
            Time::At(_) => return false,
        }
        true
    }
}
