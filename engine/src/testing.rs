//! The transcript runner: commands, replies, effects and time as rows of text, through one `check`.
//!
//! ```text
//! > SET k v EX 10     < OK      ~ SET k v PXAT 10000   ! set k   ! expire k
//! @ 10001ms
//! > GET k             < nil     ~ DEL k                ! expired k
//! ```
//!
//! `>` sends, `<` is the reply, `~` what is propagated, `!` the keyspace events, `@` sets the time since the
//! start (which is the epoch). `#` begins a comment. What a row does not list must not happen; only the
//! classes outside `A` (keymiss, new, overwritten, type-changed) go unrecorded. Replies print as: `OK` and
//! other simple strings bare, bulks in quotes, integers bare, `nil`, `[a b]`, `{k: v}`, `(1.5)` for doubles,
//! errors bare with their code.

use crate::args::OwnedArgv;
use crate::effect::{Class, Classes, Effect, Interest};
use crate::engine::{Engine, Ran};
use crate::session::Session;
use crate::time::Now;

/// Runs a transcript against a fresh engine with 16 databases and panics at the first row that differs.
pub fn check(transcript: &str) {
    check_with(&mut Engine::new(16, 1), transcript);
}

/// Runs a transcript against the given engine.
pub fn check_with(engine: &mut Engine, transcript: &str) {
    let hidden = [Class::KeyMiss, Class::New, Class::Overwritten, Class::TypeChanged];
    let mask = hidden.iter().fold(u32::MAX, |mask, &class| mask & !(1 << class as u8));
    engine.effects.interest = Interest { notify: Classes(mask), ..Interest::ALL };
    let mut session = Session { authenticated: true, local: true, ..Session::new(1) };
    let mut now = Now::default();
    for (number, line) in transcript.lines().enumerate() {
        let row = Row::parse(line);
        if let Some(ms) = row.time_ms {
            now = Now { wall_us: ms * 1000, mono_us: ms as u64 * 1000 };
        }
        let Some(words) = row.send else { continue };
        let seen = run_row(engine, &mut session, now, &words);
        let expected = (row.reply.unwrap_or_default(), row.propagated, row.notified);
        assert_eq!(seen, expected, "row {} of the transcript: {}", number + 1, line.trim());
    }
}

type Seen = (String, Vec<String>, Vec<String>);

fn run_row(engine: &mut Engine, session: &mut Session, now: Now, words: &[Vec<u8>]) -> Seen {
    let argv: OwnedArgv = words.iter().collect();
    let mut out = Vec::new();
    engine.effects.clear();
    if let Ran::Node(_, command) = engine.run_one(now, session, argv.borrow(), &mut out) {
        panic!("{} belongs to the node and cannot run in an engine transcript", command.full_name);
    }
    engine.deliver();
    let (mut propagated, mut notified) = (Vec::new(), Vec::new());
    for effect in engine.effects.iter() {
        match effect {
            Effect::Propagate { argv, .. } => {
                let words: Vec<_> = argv.iter().map(|w| w.escape_ascii().to_string()).collect();
                propagated.push(words.join(" "));
            }
            Effect::Notify { event, key, .. } => notified.push(format!("{event} {}", key.escape_ascii())),
            _ => {}
        }
    }
    let (mut text, mut rest) = print_frame(&out);
    // Subscribing answers a frame for each name.
    while !rest.is_empty() {
        let (more, left) = print_frame(rest);
        text = format!("{text} {more}");
        rest = left;
    }
    (text, propagated, notified)
}

#[derive(Default)]
struct Row {
    send: Option<Vec<Vec<u8>>>,
    reply: Option<String>,
    propagated: Vec<String>,
    notified: Vec<String>,
    time_ms: Option<i64>,
}

impl Row {
    fn parse(line: &str) -> Row {
        let mut row = Row::default();
        for (mark, text) in fields(line) {
            match mark {
                '>' => row.send = Some(ds::split_args::split_args(text.as_bytes()).expect("balanced quotes")),
                '<' => row.reply = Some(text.to_string()),
                '~' => row.propagated.push(text.to_string()),
                '!' => row.notified.push(text.to_string()),
                '@' => {
                    let ms = text.strip_suffix("ms").expect("a time in ms");
                    row.time_ms = Some(ms.trim().parse().expect("a number of milliseconds"));
                }
                other => unreachable!("{other} is not a mark"),
            }
        }
        row
    }
}

/// Cuts a line at its marks: one of `><~!@` that stands alone between blanks, outside quotes.
fn fields(line: &str) -> Vec<(char, &str)> {
    let mut cuts = Vec::new();
    let (mut quoted, bytes, mut end) = (false, line.as_bytes(), line.len());
    for (at, &byte) in bytes.iter().enumerate() {
        let before = at == 0 || bytes[at - 1] == b' ';
        let after = bytes.get(at + 1).is_none_or(|&b| b == b' ');
        if byte == b'"' && (at == 0 || bytes[at - 1] != b'\\') {
            quoted = !quoted;
        } else if !quoted && before && byte == b'#' {
            end = at;
            break;
        } else if !quoted && before && after && b"><~!@".contains(&byte) {
            cuts.push(at);
        }
    }
    let stops = cuts.iter().skip(1).copied().chain([end]);
    cuts.iter().zip(stops).map(|(&at, stop)| (bytes[at] as char, line[at + 1..stop].trim())).collect()
}

/// Prints the first frame of `bytes` and returns what follows it.
pub fn print_frame(bytes: &[u8]) -> (String, &[u8]) {
    let line_end = bytes.windows(2).position(|w| w == b"\r\n").expect("a frame has a line");
    let (head, rest) = (&bytes[1..line_end], &bytes[line_end + 2..]);
    let text = || String::from_utf8_lossy(head).into_owned();
    let count = || text().parse::<i64>().expect("a length");
    match bytes[0] {
        b'+' | b'-' | b':' => (text(), rest),
        b',' | b'(' => (format!("({})", text()), rest),
        b'#' => (if head == b"t" { "true" } else { "false" }.to_string(), rest),
        b'_' => ("nil".to_string(), rest),
        b'$' | b'=' | b'!' if count() < 0 => ("nil".to_string(), rest),
        b'$' | b'=' | b'!' => {
            let n = count() as usize;
            (format!("\"{}\"", rest[..n].escape_ascii()), &rest[n + 2..])
        }
        b'*' if count() < 0 => ("nil".to_string(), rest),
        b'*' | b'~' | b'>' => print_items(count(), rest, "[", "]", |at| if at == 0 { "" } else { " " }),
        b'%' | b'|' => print_items(2 * count(), rest, "{", "}", |at| match at {
            0 => "",
            at if at % 2 == 0 => ", ",
            _ => ": ",
        }),
        other => panic!("{:?} begins no frame", other as char),
    }
}

fn print_items<'b>(
    n: i64,
    mut rest: &'b [u8],
    open: &str,
    close: &str,
    gap: impl Fn(i64) -> &'static str,
) -> (String, &'b [u8]) {
    let mut text = open.to_string();
    for at in 0..n {
        let (item, after) = print_frame(rest);
        text.push_str(gap(at));
        text.push_str(&item);
        rest = after;
    }
    (text + close, rest)
}
