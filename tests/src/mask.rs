//! What a script says about the parts of a reply that differ from run to run: a mask turns a reply into
//! what is left to compare. Masks hide values, never whether a reply came and of what type it is.

use crate::reply::Reply;

/// One rule, written on a `%` line above the command it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mask {
    /// `% shape`: types only, at every level.
    Shape,
    /// `% code`: an error's first word.
    Code,
    /// `% sorted` or `% sorted 1`: the order of the elements (of element 1) does not count.
    Sorted(Option<usize>),
    /// `% sorted-pairs`: the order of a map's pairs does not count, flat or not.
    SortedPairs,
    /// `% int 95..100`: any integer in that range counts as the same.
    Int(i64, i64),
    /// `% hide id version`: the values of these keys, in a map or a flat list of pairs, at every level.
    Hide(Vec<String>),
    /// `% fields name db`: of `field=value` or `field:value` text, only the field names and these values.
    Fields(Vec<String>),
    /// `% length`: a string's length in place of its bytes.
    Length,
    /// `% any`: whatever is no error. For texts that are every server's own, like HELP.
    Any,
}

impl Mask {
    /// Reads the text after `%`; `None` when it names no mask.
    pub fn parse(text: &str) -> Option<Mask> {
        let mut words = text.split_whitespace();
        let name = words.next()?;
        let rest: Vec<String> = words.map(str::to_owned).collect();
        Some(match (name, &rest[..]) {
            ("shape", []) => Mask::Shape,
            ("code", []) => Mask::Code,
            ("length", []) => Mask::Length,
            ("any", []) => Mask::Any,
            ("sorted", []) => Mask::Sorted(None),
            ("sorted", [index]) => Mask::Sorted(Some(index.parse().ok()?)),
            ("sorted-pairs", []) => Mask::SortedPairs,
            ("int", [range]) => {
                let (low, high) = range.split_once("..")?;
                Mask::Int(low.parse().ok()?, high.parse().ok()?)
            }
            ("hide", [_, ..]) => Mask::Hide(rest),
            ("fields", _) => Mask::Fields(rest),
            _ => return None,
        })
    }

    /// The reply with everything hidden that this rule hides.
    pub fn apply(&self, reply: Reply) -> Reply {
        match self {
            Mask::Shape => shape(reply),
            Mask::Code => match reply.error_code() {
                Some(code) => Reply::Error([code, b" ..."].concat()),
                None => reply,
            },
            Mask::Length => match reply.text() {
                Some(text) if reply.error_code().is_none() => hidden(&format!("{} bytes", text.len())),
                _ => reply,
            },
            Mask::Any if reply.error_code().is_none() => hidden("any"),
            Mask::Any => reply,
            Mask::Sorted(None) => sorted(reply),
            Mask::Sorted(Some(index)) => match reply {
                Reply::Array(mut items) if *index < items.len() => {
                    items[*index] = sorted(items[*index].clone());
                    Reply::Array(items)
                }
                other => other,
            },
            Mask::SortedPairs => sorted_pairs(reply),
            Mask::Int(low, high) => match reply {
                Reply::Integer(number) if (*low..=*high).contains(&number) => {
                    hidden(&format!("{low}..{high}"))
                }
                other => other,
            },
            Mask::Hide(keys) => hide(reply, keys),
            Mask::Fields(shown) => fields(reply, shown),
        }
    }
}

fn hidden(what: &str) -> Reply {
    Reply::Simple(format!("<{what}>").into_bytes())
}

fn shape(reply: Reply) -> Reply {
    let all = |items: Vec<Reply>| items.into_iter().map(shape).collect();
    match reply {
        Reply::Integer(_) => hidden("int"),
        Reply::Bulk(_) => hidden("bulk"),
        Reply::Simple(_) => hidden("simple"),
        Reply::Double(_) => hidden("double"),
        Reply::Bool(_) => hidden("bool"),
        Reply::Verbatim(_) => hidden("verbatim"),
        Reply::BigNumber(_) => hidden("big"),
        Reply::Array(items) => Reply::Array(all(items)),
        Reply::Set(items) => Reply::Set(all(items)),
        Reply::Push(items) => Reply::Push(all(items)),
        Reply::Map(pairs) => Reply::Map(pairs.into_iter().map(|(key, value)| (key, shape(value))).collect()),
        other => other,
    }
}

fn sorted(reply: Reply) -> Reply {
    match reply {
        Reply::Array(mut items) => {
            items.sort();
            Reply::Array(items)
        }
        Reply::Set(mut items) => {
            items.sort();
            Reply::Set(items)
        }
        other => other,
    }
}

fn sorted_pairs(reply: Reply) -> Reply {
    match reply {
        Reply::Array(items) if items.len().is_multiple_of(2) => {
            let mut pairs: Vec<&[Reply]> = items.chunks(2).collect();
            pairs.sort();
            Reply::Array(pairs.concat())
        }
        Reply::Map(mut pairs) => {
            pairs.sort();
            Reply::Map(pairs)
        }
        other => other,
    }
}

/// The type of a hidden value; what a list of any kind holds is hidden with it.
fn kind(reply: Reply) -> Reply {
    match reply {
        Reply::Array(_) | Reply::Set(_) | Reply::Push(_) | Reply::Map(_) => hidden("list"),
        single => shape(single),
    }
}

fn hide(reply: Reply, keys: &[String]) -> Reply {
    let named = |key: &Reply| key.text().is_some_and(|text| keys.iter().any(|k| k.as_bytes() == text));
    match reply {
        Reply::Map(pairs) => Reply::Map(
            pairs
                .into_iter()
                .map(|(key, value)| if named(&key) { (key, kind(value)) } else { (key, hide(value, keys)) })
                .collect(),
        ),
        Reply::Array(items) => {
            let hidden: Vec<bool> = (0..items.len()).map(|at| at % 2 == 1 && named(&items[at - 1])).collect();
            let masked = items
                .into_iter()
                .zip(hidden)
                .map(|(item, is)| if is { kind(item) } else { hide(item, keys) });
            Reply::Array(masked.collect())
        }
        Reply::Set(items) => Reply::Set(items.into_iter().map(|item| hide(item, keys)).collect()),
        other => other,
    }
}

/// Both texts made of fields: `a=1 b=2` lines (CLIENT LIST) and `a:1` lines (INFO).
fn fields(reply: Reply, shown: &[String]) -> Reply {
    let Some(text) = reply.text() else { return reply };
    let text = String::from_utf8_lossy(text).into_owned();
    let field = |word: &str, sign: char| match word.split_once(sign) {
        Some((name, _)) if !shown.iter().any(|s| s == name) => format!("{name}{sign}*"),
        _ => word.to_owned(),
    };
    let masked: Vec<String> = text
        .split('\n')
        .map(|line| {
            if line.contains('=') && !line.contains(':') || line.starts_with("id=") {
                line.split(' ').map(|word| field(word, '=')).collect::<Vec<_>>().join(" ")
            } else {
                field(line.trim_end_matches('\r'), ':')
            }
        })
        .collect();
    Reply::Bulk(masked.join("\n").into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(mask: &str, wire: &[u8], printed: &str) {
        let (reply, _) = Reply::parse(wire).expect("well formed").expect("complete");
        assert_eq!(Mask::parse(mask).expect(mask).apply(reply).to_string(), printed, "{mask}");
    }

    #[test]
    fn masks_hide_what_they_name_and_nothing_else() {
        check("shape", b"*2\r\n:7\r\n$-1\r\n", "[<int>, nil]");
        check("code", b"-ERR lots of text\r\n", "-ERR ...");
        check("code", b"+OK\r\n", "OK");
        check("length", b"$2\r\nab\r\n", "<2 bytes>");
        check("any", b"*1\r\n:2\r\n", "<any>");
        check("any", b"-ERR x\r\n", "-ERR x");
        check("sorted", b"*2\r\n:7\r\n:1\r\n", "[:1, :7]");
        check("sorted 1", b"*2\r\n$1\r\n0\r\n*2\r\n+b\r\n+a\r\n", "[\"0\", [a, b]]");
        check("sorted-pairs", b"*4\r\n+b\r\n:1\r\n+a\r\n:2\r\n", "[a, :2, b, :1]");
        check("int 95..100", b":97\r\n", "<95..100>");
        check("int 95..100", b":94\r\n", ":94");
        check("hide id", b"*4\r\n+id\r\n:1\r\n+a\r\n:2\r\n", "[id, <int>, a, :2]");
        check("hide id", b"%1\r\n+id\r\n:1\r\n", "{id: <int>}");
        check("hide n", b"*1\r\n~1\r\n%1\r\n+n\r\n+x\r\n", "[~[{n: <simple>}]]");
        check("fields db", b"$13\r\nid=3 db=9 x=y\r\n", "\"id=* db=9 x=*\"");
        check("fields", b"$10\r\n# A\r\nab:12\r\n", "\"# A\\nab:*\"");
    }

    #[test]
    fn unknown_masks_are_refused() {
        for text in ["", "shapes", "int 3", "int a..b", "hide", "sorted x"] {
            assert_eq!(Mask::parse(text), None, "{text}");
        }
    }
}
