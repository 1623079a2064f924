//! Messages on their way to those who listen: of PUBLISH, and of events in the keyspace.
//!
//! ```text
//!   Effect::Publish ─┐
//!   Effect::Notify ──┴▶ encoded once ─▶ the output of every listener ─▶ told ─▶ flush, output limits
//!                                  └──▶ pending, for the client whose unit is running: its reply comes first
//! ```
//!
//! A push of RESP3 and the array that RESP2 has in its place differ in their first byte alone, so that one encoding
//! does for
//! all listeners.

use super::{ConnId, Node};
use crate::client::{Clients, Role};
use engine::effect::{Class, Classes};
use engine::reply::Protocol;

#[derive(Debug, Default)]
pub(crate) struct Messages {
    frame: Vec<u8>,
    /// The client whose output buffer is out on loan to the unit that runs.
    lent: Option<ConnId>,
    /// What that client is to hear after its reply.
    pending: Vec<u8>,
    /// Who was sent something, and not flushed yet.
    told: Vec<ConnId>,
}

impl Messages {
    /// The output buffer of a client goes out on loan, until `settle`.
    pub(crate) fn lend(&mut self, conn: ConnId) {
        self.lent = Some(conn);
    }

    /// A unit of the client on loan is over: what it was told meanwhile follows its reply.
    pub(crate) fn append_pending(&mut self, out: &mut Vec<u8>) {
        if !self.pending.is_empty() {
            out.append(&mut self.pending);
        }
    }

    /// The buffer on loan is back.
    pub(crate) fn settle(&mut self) {
        debug_assert!(self.pending.is_empty(), "a unit ends with append_pending");
        self.lent = None;
    }

    /// Makes the frame for everybody: a push of these words.
    fn encode(&mut self, words: &[&[u8]]) {
        self.frame.clear();
        self.frame.push(b'>');
        let line = |out: &mut Vec<u8>, n: usize| {
            ds::int::write_u64(out, n as u64);
            out.extend_from_slice(b"\r\n");
        };
        line(&mut self.frame, words.len());
        for word in words {
            self.frame.push(b'$');
            line(&mut self.frame, word.len());
            self.frame.extend_from_slice(word);
            self.frame.extend_from_slice(b"\r\n");
        }
    }

    /// Gives the frame to one listener.
    fn deliver(&mut self, clients: &mut Clients, seat: u32) {
        let conn = ConnId(seat);
        let Some(client) = clients.get_mut(conn).filter(|client| !client.closing) else { return };
        let buffer = if self.lent == Some(conn) {
            &mut self.pending
        } else {
            self.told.push(conn);
            client.output.buffer()
        };
        let at = buffer.len();
        buffer.extend_from_slice(&self.frame);
        if client.session.protocol == Protocol::Resp2 {
            buffer[at] = b'*';
        }
    }
}

impl Node {
    /// Sends a message to all who listen to its channel.
    pub(super) fn publish(&mut self, shard: bool, channel: &[u8], message: &[u8]) {
        let Node { messages, clients, engine, .. } = self;
        let (direct, patterns) = engine.pubsub.receivers(shard, channel);
        if let Some(seats) = direct {
            let kind: &[u8] = if shard { b"smessage" } else { b"message" };
            messages.encode(&[kind, channel, message]);
            seats.iter().for_each(|seat| messages.deliver(clients, *seat));
        }
        for (pattern, seats) in patterns {
            messages.encode(&[b"pmessage", pattern, channel, message]);
            seats.iter().for_each(|seat| messages.deliver(clients, *seat));
        }
    }

    /// Tells listeners of an event in the keyspace, on the channel of the key and on that of the event.
    pub(super) fn publish_event(&mut self, event: &str, db: u32, key: &[u8]) {
        if !self.engine.pubsub.hears_channels() {
            return;
        }
        let channels = self.engine.effects.interest.notify;
        if channels.contains(Classes::KEYSPACE) {
            let channel = [format!("__keyspace@{db}__:").as_bytes(), key].concat();
            self.publish(false, &channel, event.as_bytes());
        }
        if channels.contains(Classes::KEYEVENT) {
            let channel = format!("__keyevent@{db}__:{event}");
            self.publish(false, channel.as_bytes(), key);
        }
    }

    /// Hands what was said to the host, and cuts off who reads too slowly.
    pub(super) fn flush_told(&mut self) {
        while let Some(conn) = self.messages.told.pop() {
            self.flush(conn);
            self.check_output_limit(conn);
        }
    }

    /// A client may have begun or ceased to listen.
    pub(crate) fn renew_listener(&mut self, conn: ConnId) {
        let Some(client) = self.clients.get_mut(conn) else { return };
        client.role = match (client.role, client.session.subscriptions.is_some()) {
            (Role::Normal, true) => Role::Pubsub,
            (Role::Pubsub, false) => Role::Normal,
            (role, _) => role,
        };
    }

    /// The classes of events that `notify-keyspace-events` asks for; none without a kind of channel to tell them on.
    pub(crate) fn notified_classes(&self) -> Classes {
        const CLASSES: [(u8, Class); 13] = [
            (b'g', Class::Generic),
            (b'$', Class::String),
            (b'l', Class::List),
            (b's', Class::Set),
            (b'h', Class::Hash),
            (b'z', Class::Zset),
            (b'x', Class::Expired),
            (b'e', Class::Evicted),
            (b't', Class::Stream),
            (b'm', Class::KeyMiss),
            (b'd', Class::Module),
            (b'n', Class::New),
            (b'a', Class::Array),
        ];
        let events = self.config.notify_keyspace_events;
        let mut channels = Classes::default();
        if events.has(b'K') {
            channels = channels.union(Classes::KEYSPACE);
        }
        if events.has(b'E') {
            channels = channels.union(Classes::KEYEVENT);
        }
        if channels == Classes::default() {
            return channels;
        }
        let on = CLASSES.iter().filter(|(letter, _)| events.has(*letter));
        on.fold(channels, |classes, (_, class)| classes.with(*class))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Harness;

    #[test]
    fn a_message_reaches_all_who_listen_each_in_their_protocol() {
        let mut server = Harness::with(&[]);
        let (old, new, speaker) = (server.client(), server.client(), server.client());
        server.ask(new, "HELLO 3");
        server.send(old, b"SUBSCRIBE c\r\n");
        server.send(new, b"PSUBSCRIBE c*\r\n");
        server.read(old);
        server.read(new);
        assert_eq!(server.ask(speaker, "PUBLISH c hi"), "2");
        assert_eq!(server.read(old), b"*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n");
        assert_eq!(server.read(new), b">4\r\n$8\r\npmessage\r\n$2\r\nc*\r\n$1\r\nc\r\n$2\r\nhi\r\n");
        server.hang_up(old);
        server.hang_up(new);
        assert_eq!(server.ask(speaker, "PUBLISH c hi"), "0");
        assert!(server.node.engine.pubsub.is_empty());
    }

    #[test]
    fn who_speaks_to_itself_hears_its_reply_first() {
        let mut server = Harness::with(&[]);
        let conn = server.client();
        server.ask(conn, "HELLO 3");
        server
            .send(conn, b"SUBSCRIBE c\r\nPUBLISH c a\r\nCLIENT REPLY OFF\r\nSUBSCRIBE d\r\nPUBLISH d b\r\n");
        let told =
            b">3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n:1\r\n>3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\na\r\n\
                     >3\r\n$9\r\nsubscribe\r\n$1\r\nd\r\n:2\r\n>3\r\n$7\r\nmessage\r\n$1\r\nd\r\n$1\r\nb\r\n";
        assert_eq!(server.read(conn), told);
    }

    #[test]
    fn events_are_told_as_configured() {
        let mut server = Harness::with(&[("notify-keyspace-events", "KE$x")]);
        let (listener, speaker) = (server.client(), server.client());
        server.send(listener, b"PSUBSCRIBE __key*\r\n");
        server.read(listener);
        server.check(speaker, "> SET k v PX 5 < OK\n> DEL k < 1");
        let text = String::from_utf8(server.read(listener)).unwrap();
        let told: Vec<_> = text.split("\r\n").filter(|line| line.starts_with("__")).collect();
        assert_eq!(told, ["__key*", "__keyspace@0__:k", "__key*", "__keyevent@0__:set"]);
    }

    #[test]
    fn a_listener_that_does_not_read_is_cut_off() {
        let mut server = Harness::with(&[("client-output-buffer-limit", "pubsub 1000 0 0")]);
        let (slow, speaker) = (server.client(), server.client());
        server.send(slow, b"SUBSCRIBE c\r\n");
        server.read(slow);
        server.set_deaf(slow, true);
        server.ask(speaker, &format!("PUBLISH c {}", "x".repeat(600)));
        assert!(!server.is_closed(slow));
        server.ask(speaker, &format!("PUBLISH c {}", "x".repeat(600)));
        assert!(server.is_closed(slow));
    }
}
