//! When two replies count as the same. By default: when they are. The exceptions stand in [`rule`], one per
//! command, each with its reason.

use crate::reply::Reply;

/// What of a reply is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    Exact,
    /// Integers may lie so far apart: the two servers hear a command at different moments.
    Within(i64),
    /// Elements in any order: that of a hash table is each server's own.
    AnyOrder,
    /// The same of pairs, in a map or one after the other.
    Pairs,
    /// As many elements: each server chooses its own.
    Chosen,
    /// The same, and what was chosen is gone: the other server has to part with it too.
    Popped,
    /// Only whether there is one: each server picks its own.
    Presence,
    /// Only the type: the content is each server's own.
    Type,
    /// Rows of the command table without their subcommands, of which a server may have more or fewer, and without the
    /// notes on keys, which are each server's own words.
    Table,
    /// Nothing: docs/COMPAT.md says that we do not have it, and it changes no data.
    Absent,
    /// A scan: its cursors are each server's own, so whole iterations are compared.
    Scan,
}

/// The rule for a command as sent.
pub fn rule(command: &[Vec<u8>]) -> Rule {
    let word = |at: usize| command.get(at).map(|word| word.to_ascii_lowercase()).unwrap_or_default();
    let (name, second) = (word(0), word(1));
    match (&name[..], &second[..]) {
        (b"ttl" | b"expiretime", _) => Rule::Within(1),
        (b"pttl" | b"pexpiretime", _) => Rule::Within(1000),
        (b"hgetall", _) => Rule::Pairs,
        (b"httl" | b"hexpiretime", _) => Rule::Within(1),
        (b"hpttl" | b"hpexpiretime", _) => Rule::Within(1000),
        (b"hrandfield", _) => Rule::Chosen,
        (b"hscan", _) => Rule::Scan,
        (b"keys" | b"hkeys" | b"hvals" | b"smembers" | b"sinter" | b"sunion" | b"sdiff", _) => Rule::AnyOrder,
        (b"randomkey", _) => Rule::Presence,
        (b"zrandmember", _) => Rule::Chosen,
        (b"zscan", _) => Rule::Scan,
        (b"srandmember", _) => Rule::Chosen,
        (b"spop", _) => Rule::Popped,
        (b"scan" | b"sscan", _) => Rule::Scan,
        (b"memory", b"purge" | b"doctor" | b"malloc-stats") | (b"client", b"unpause") => Rule::Absent,
        // Redis still sees a key whose time has passed until it happens to be removed.
        (b"memory", b"usage") => Rule::Absent,
        (b"object", b"freq" | b"idletime" | b"refcount") | (b"memory", _) => Rule::Type,
        // Ids, ports, ages; sizes; times; a poem; what a server says about itself.
        (b"client", b"id" | b"info" | b"list") | (b"info" | b"time" | b"lastsave" | b"lolwut", _) => {
            Rule::Type
        }
        // What took how long, and what is made of it.
        (b"slowlog", b"get" | b"len") | (b"latency", b"doctor" | b"histogram" | b"latest") => Rule::Type,
        (b"config", b"get") | (b"command", b"" | b"count" | b"docs" | b"list") => Rule::Type,
        (b"command", b"info") if command.len() == 2 => Rule::Type,
        (b"command", b"info") => Rule::Table,
        (_, b"help") => Rule::Type,
        _ => Rule::Exact,
    }
}

/// Whether both say the same under `rule`. A scan is compared by its caller; here only its shape is.
pub fn same(rule: Rule, subject: &Reply, reference: &Reply) -> bool {
    if subject == reference || rule == Rule::Absent {
        return true;
    }
    match (rule, subject, reference) {
        (Rule::Within(_), Reply::Array(a), Reply::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).all(|(a, b)| same(rule, a, b))
        }
        (Rule::Within(slack), Reply::Integer(a), Reply::Integer(b)) => {
            // -1 and -2 are answers of their own, not times.
            *a >= 0 && *b >= 0 && (a - b).abs() <= slack
        }
        (Rule::AnyOrder, Reply::Array(a), Reply::Array(b))
        | (Rule::AnyOrder, Reply::Set(a), Reply::Set(b)) => {
            let sorted = |items: &[Reply]| {
                let mut items = items.to_vec();
                items.sort();
                items
            };
            sorted(a) == sorted(b)
        }
        (Rule::Pairs, Reply::Map(a), Reply::Map(b)) => {
            let sorted = |pairs: &[(Reply, Reply)]| {
                let mut pairs = pairs.to_vec();
                pairs.sort();
                pairs
            };
            sorted(a) == sorted(b)
        }
        (Rule::Pairs, Reply::Array(a), Reply::Array(b)) => {
            let sorted = |items: &[Reply]| {
                let mut pairs: Vec<_> = items.chunks(2).map(<[Reply]>::to_vec).collect();
                pairs.sort();
                pairs
            };
            sorted(a) == sorted(b)
        }
        (Rule::Table, Reply::Array(a), Reply::Array(b)) => {
            let head = |rows: &[Reply]| rows.iter().map(table_row).collect::<Vec<_>>();
            head(a) == head(b)
        }
        (Rule::Chosen | Rule::Popped, a, b) if a.elements().is_some() => {
            kind(a) == kind(b) && a.elements().map(<[Reply]>::len) == b.elements().map(<[Reply]>::len)
        }
        (Rule::Chosen | Rule::Popped | Rule::Presence | Rule::Type | Rule::Scan, a, b) => {
            kind(a) == kind(b) && a.error_code().is_none()
        }
        _ => false,
    }
}

fn table_row(row: &Reply) -> Reply {
    match row {
        Reply::Array(fields) if fields.len() == 10 => {
            let mut fields = fields[..9].to_vec();
            fields[8] = without_notes(&fields[8]);
            Reply::Array(fields)
        }
        other => other.clone(),
    }
}

/// Key specifications; each is a map, in RESP2 an array of names and values in turn.
fn without_notes(specifications: &Reply) -> Reply {
    let is_note = |name: &Reply| name.text() == Some(b"notes");
    let one = |specification: &Reply| match specification {
        Reply::Array(fields) => {
            let pairs = fields.chunks(2).filter(|pair| !is_note(&pair[0]));
            Reply::Array(pairs.flatten().cloned().collect())
        }
        Reply::Map(pairs) => Reply::Map(pairs.iter().filter(|(name, _)| !is_note(name)).cloned().collect()),
        other => other.clone(),
    };
    match specifications {
        Reply::Array(all) => Reply::Array(all.iter().map(one).collect()),
        Reply::Set(all) => Reply::Set(all.iter().map(one).collect()),
        other => other.clone(),
    }
}

/// What kind of thing a reply is; for errors with their first word.
pub fn kind(reply: &Reply) -> String {
    match reply {
        Reply::Simple(text) => format!("simple {}", String::from_utf8_lossy(text)),
        Reply::Error(_) | Reply::BlobError(_) => {
            format!("error {}", String::from_utf8_lossy(reply.error_code().unwrap_or_default()))
        }
        Reply::Integer(_) => "integer".into(),
        Reply::Bulk(_) => "bulk".into(),
        Reply::NullBulk | Reply::NullArray | Reply::Null => "null".into(),
        Reply::Bool(_) => "bool".into(),
        Reply::Double(_) => "double".into(),
        Reply::BigNumber(_) => "big number".into(),
        Reply::Verbatim(_) => "verbatim".into(),
        Reply::Array(_) => "array".into(),
        Reply::Set(_) => "set".into(),
        Reply::Push(_) => "push".into(),
        Reply::Map(_) => "map".into(),
        Reply::Attribute(_, reply) => format!("attribute and {}", kind(reply)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(command: &str, subject: &str, reference: &str, expected: bool) {
        let command: Vec<Vec<u8>> = command.split(' ').map(|word| word.as_bytes().to_vec()).collect();
        let parse = |text: &str| Reply::parse(text.as_bytes()).expect("well formed").expect("complete").0;
        let same = same(rule(&command), &parse(subject), &parse(reference));
        assert_eq!(same, expected, "{command:?}: {subject:?} and {reference:?}");
    }

    #[test]
    fn exceptions_are_no_wider_than_needed() {
        check("GET k", "+a\r\n", "+a\r\n", true);
        check("GET k", ":1\r\n", ":2\r\n", false);
        check("TTL k", ":99\r\n", ":100\r\n", true);
        check("TTL k", ":98\r\n", ":100\r\n", false);
        check("TTL k", ":-1\r\n", ":-2\r\n", false);
        check("PTTL k", ":-1\r\n", ":0\r\n", false);
        check("HGETALL h", "*4\r\n+a\r\n+1\r\n+b\r\n+2\r\n", "*4\r\n+b\r\n+2\r\n+a\r\n+1\r\n", true);
        check("HGETALL h", "*4\r\n+a\r\n+1\r\n+b\r\n+2\r\n", "*4\r\n+b\r\n+1\r\n+a\r\n+2\r\n", false);
        check("HTTL h FIELDS 1 a", "*1\r\n:9\r\n", "*1\r\n:10\r\n", true);
        check("HTTL h FIELDS 1 a", "*1\r\n:-1\r\n", "*1\r\n:10\r\n", false);
        check("SMEMBERS s", "~2\r\n+a\r\n+b\r\n", "~2\r\n+b\r\n+a\r\n", true);
        check("SMEMBERS s", "~1\r\n+a\r\n", "~1\r\n+b\r\n", false);
        check("SPOP s", "$1\r\na\r\n", "$1\r\nb\r\n", true);
        check("SPOP s", "$1\r\na\r\n", "_\r\n", false);
        check("SPOP s 2", "~1\r\n+a\r\n", "~1\r\n+b\r\n", true);
        check("SRANDMEMBER s 2", "*1\r\n+a\r\n", "*2\r\n+b\r\n+a\r\n", false);
        check("KEYS *", "*2\r\n+a\r\n+b\r\n", "*2\r\n+b\r\n+a\r\n", true);
        check("KEYS *", "*1\r\n+a\r\n", "*2\r\n+b\r\n+a\r\n", false);
        check("RANDOMKEY", "$1\r\na\r\n", "$1\r\nb\r\n", true);
        check("RANDOMKEY", "$-1\r\n", "$1\r\nb\r\n", false);
        check("INFO", "-ERR a\r\n", "-ERR b\r\n", false);
        check("info", "$1\r\na\r\n", "$1\r\nb\r\n", true);
        check("memory purge", "-ERR a\r\n", "+OK\r\n", true);
        let noted = |note: &str, flag: &str| {
            format!(
                "*1\r\n*10\r\n{}*1\r\n*4\r\n+notes\r\n+{note}\r\n+flags\r\n+{flag}\r\n*0\r\n",
                ":1\r\n".repeat(8)
            )
        };
        check("command info x", &noted("a", "RW"), &noted("b", "RW"), true);
        check("command info x", &noted("a", "RW"), &noted("a", "RO"), false);
        check("object freq k", ":1\r\n", ":5\r\n", true);
        check("object encoding k", "$1\r\na\r\n", "$1\r\nb\r\n", false);
    }
}
