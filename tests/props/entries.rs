//! Entries and handlers agree: examples answer what they say, replies have the promised shape, and a request
//! that obeys the grammar is never a syntax error.

use conformance::reply::Reply;
use engine::args::OwnedArgv;
use engine::engine::{Engine, Ran};
use engine::reply::Protocol;
use engine::session::Session;
use engine::time::Now;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use spec::arbitrary::{Generator, Knobs};
use spec::reply::{Schema, Value};
use spec::schema::{Entry, Home};
use std::collections::BTreeMap;

/// Handlers may refuse combinations that a grammar cannot rule out: command, what the error says, and why.
const NARROWER: [(&str, &str, &str); 4] = [
    ("increx", "syntax error", "ENX chooses when to set a time to live, and PERSIST sets none"),
    ("zrange", "only supported", "LIMIT belongs to ranges by score or name"),
    ("zrange", "not supported in combination", "WITHSCORES does not belong to ranges by name"),
    ("zrangestore", "only supported", "LIMIT belongs to ranges by score or name"),
];

/// A client of an engine of its own.
struct Client {
    engine: Engine,
    session: Session,
    now: Now,
}

impl Client {
    fn new(protocol: Protocol) -> Client {
        let session = Session { protocol, authenticated: true, local: true, ..Session::new(1) };
        let wall_us = Knobs::default().now_ms as i64 * 1000;
        Client { engine: Engine::new(16, 1), session, now: Now { wall_us, mono_us: 0 } }
    }

    /// The raw reply. The clock goes on by a millisecond, so that keys expire while requests come.
    fn send(&mut self, words: &[Vec<u8>]) -> Vec<u8> {
        let argv: OwnedArgv = words.iter().collect();
        let mut out = Vec::new();
        self.now.wall_us += 1000;
        self.now.mono_us += 1000;
        self.engine.effects.clear();
        let ran = self.engine.run_one(self.now, &mut self.session, argv.borrow(), &mut out);
        assert!(matches!(ran, Ran::Done), "{ran:?} was made from an entry of the engine");
        out
    }
}

fn show(words: &[Vec<u8>]) -> String {
    words.iter().map(|word| word.escape_ascii().to_string()).collect::<Vec<_>>().join(" ")
}

fn at_engine(entry: &Entry) -> bool {
    entry.implemented && entry.home == Some(Home::Engine)
}

#[test]
fn examples_answer_what_they_say() {
    let entries = spec::load();
    let present: Vec<&str> =
        entries.iter().filter(|e| e.rows().any(at_engine)).map(|e| e.full_name.as_str()).collect();
    let mut ran = 0;
    for entry in entries.iter().flat_map(Entry::rows).filter(|entry| at_engine(entry)) {
        for example in &entry.examples {
            let commands: Vec<Vec<Vec<u8>>> = example.commands.iter().map(|line| words_of(line)).collect();
            let name = |words: &Vec<Vec<u8>>| String::from_utf8_lossy(&words[0]).to_lowercase();
            if !commands.iter().all(|words| present.contains(&name(words).as_str())) {
                continue;
            }
            let mut client = Client::new(Protocol::Resp2);
            let replies: Vec<Vec<u8>> = commands.iter().map(|words| client.send(words)).collect();
            let last = replies.last().expect("an example has a command");
            let (text, _) = engine::testing::print_frame(last);
            assert_eq!(text, example.reply, "{}: {:?}", entry.full_name, example.commands);
            ran += 1;
        }
    }
    assert!(ran > 0);
}

/// Splits a line of an example at its blanks; quotes hold a word together.
fn words_of(line: &str) -> Vec<Vec<u8>> {
    conformance::words::split(line.as_bytes()).unwrap_or_else(|error| panic!("{line}: {error}"))
}

fn value(reply: Reply) -> Value {
    let all = |items: Vec<Reply>| items.into_iter().map(value).collect();
    let number = |digits: Vec<u8>| String::from_utf8_lossy(&digits).parse().expect("a checked double");
    match reply {
        Reply::Simple(text) | Reply::Bulk(text) => Value::Text(text),
        Reply::Verbatim(text) => Value::Text(text[4..].to_vec()),
        Reply::Error(text) | Reply::BlobError(text) => Value::Error(text),
        Reply::Integer(n) => Value::Int(n),
        Reply::NullBulk | Reply::NullArray | Reply::Null => Value::Nil,
        Reply::Bool(truth) => Value::Bool(truth),
        Reply::Double(digits) => Value::Double(number(digits)),
        Reply::BigNumber(digits) => Value::Big(digits),
        Reply::Array(items) | Reply::Push(items) => Value::Array(all(items)),
        Reply::Set(items) => Value::Set(all(items)),
        Reply::Map(pairs) => Value::Map(pairs.into_iter().map(|(k, v)| (value(k), value(v))).collect()),
        Reply::Attribute(_, inner) => value(*inner),
    }
}

/// Reads exactly one reply.
fn read(bytes: &[u8], words: &[Vec<u8>]) -> Reply {
    match Reply::parse(bytes) {
        Ok(Some((reply, used))) if used == bytes.len() => reply,
        other => panic!("{}: not one reply: {other:?} in {}", show(words), bytes.escape_ascii()),
    }
}

/// All but subscriptions, which answer a push for every name and leave a client of RESP2 with little to say.
fn answers_once(entry: &Entry) -> bool {
    !entry.name.ends_with("SUBSCRIBE")
}

/// The entry that a request ran, subcommands included.
fn row_of<'a>(rows: &BTreeMap<&str, &'a Entry>, words: &[Vec<u8>]) -> Option<&'a Entry> {
    let lower = |word: &[u8]| String::from_utf8_lossy(word).to_lowercase();
    let name = lower(words.first()?);
    let full = words.get(1).map(|word| format!("{name}|{}", lower(word)));
    full.and_then(|full| rows.get(full.as_str())).or_else(|| rows.get(name.as_str())).copied()
}

/// The protocol that the client speaks now: HELLO and RESET answer in the one they switch to.
fn spoken(client: &Client) -> spec::reply::Protocol {
    match client.session.protocol {
        Protocol::Resp2 => spec::reply::Protocol::Resp2,
        Protocol::Resp3 => spec::reply::Protocol::Resp3,
    }
}

fn replies_fit(protocol: Protocol) {
    let entries = spec::load();
    let rows: BTreeMap<&str, &Entry> =
        entries.iter().flat_map(Entry::rows).map(|row| (row.full_name.as_str(), row)).collect();
    let shapes: BTreeMap<&str, Schema> = rows
        .iter()
        .filter_map(|(name, row)| Some((*name, Schema::parse(row.reply.as_deref()?).expect("it parses"))))
        .collect();
    let mut generator = Generator::new(&entries, Knobs { nearly_valid: 20, hostile: 10, ..Knobs::default() });
    generator.retain(answers_once);
    let mut random = ChaCha8Rng::seed_from_u64(8);
    let mut client = Client::new(protocol);
    for _ in 0..20_000 {
        let words = generator.request(&mut random);
        let reply = value(read(&client.send(&words), &words));
        if client.session.multi.is_some() && reply == Value::Text(b"QUEUED".to_vec()) {
            continue;
        }
        let shape = row_of(&rows, &words).and_then(|row| shapes.get(row.full_name.as_str()));
        if let Some(Err(mismatch)) = shape.map(|shape| shape.check(&reply, spoken(&client))) {
            panic!("{}: {mismatch}", show(&words));
        }
        client.session.protocol = protocol;
    }
}

#[test]
fn replies_have_the_promised_shape_in_resp2() {
    replies_fit(Protocol::Resp2);
}

#[test]
fn replies_have_the_promised_shape_in_resp3() {
    replies_fit(Protocol::Resp3);
}

#[test]
fn a_request_that_obeys_the_grammar_is_no_syntax_error() {
    const REFUSALS: [&str; 3] = ["ERR syntax error", "ERR wrong number of arguments", "ERR unknown"];
    let entries = spec::load();
    let mut generator = Generator::new(&entries, Knobs::default());
    generator.retain(answers_once);
    let mut random = ChaCha8Rng::seed_from_u64(9);
    let mut client = Client::new(Protocol::Resp3);
    for _ in 0..20_000 {
        let words = generator.valid_request(&mut random);
        let bytes = client.send(&words);
        let Reply::Error(text) = read(&bytes, &words) else { continue };
        let text = String::from_utf8_lossy(&text).into_owned();
        let name = String::from_utf8_lossy(&words[0]).to_lowercase();
        let excused = NARROWER.iter().any(|(n, error, _)| *n == name && text.contains(error));
        let refused = REFUSALS.iter().any(|refusal| text.starts_with(refusal));
        assert!(!refused || excused, "{}: {text}", show(&words));
    }
}
