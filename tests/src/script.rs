//! The transcript language: parses a script into steps. docs/formats/transcript.md is its description.
//!
//! ```text
//! # a comment                      % sorted           a mask, for the next command
//! > SET k "a b"                    % replies 0        how many replies the next command has
//! [client b] > GET k               % closes           the server answers, then closes
//! >> "*1\r\n$4\r\nPING\r\n"        % only resp2       header: not played in RESP3
//! @ +50ms                          % written TEXT     header: the `<` lines here are the expectation
//! < OK                             % deviates TEXT    header: ours is known to answer differently
//! ```

use crate::mask::Mask;
use crate::words;

/// What is expected to come back after an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    Count(usize),
    UntilClosed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Sent as a RESP array of bulk strings.
    Command(Vec<Vec<u8>>),
    /// Sent as it is.
    Raw(Vec<u8>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// `@ +50ms`: later than now. A live server is waited for.
    By(u64),
    /// `@ 10000ms`: since the script began. Only virtual time can do that.
    At(u64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Send { client: String, input: Input, masks: Vec<Mask>, answers: Answers },
    Advance(Time),
}

/// A line of the script as it stands, with what it does; replies are printed below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub text: String,
    pub step: Option<Step>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    pub lines: Vec<Line>,
    /// The one protocol it is played in; both when `None`.
    pub only: Option<u8>,
    /// Why the expectations are written by hand, where no reference can be recorded.
    pub written: Option<String>,
    /// Why our server knowingly answers something in it differently. That it still does is tested too.
    pub deviates: Option<String>,
}

impl Script {
    /// Reads a whole script.
    ///
    /// # Errors
    /// The first line that says nothing, with its number.
    pub fn parse(text: &str) -> Result<Script, String> {
        let mut script = Script::default();
        let mut pending = Pending::default();
        let mut in_reply = false;
        for (index, line) in text.lines().enumerate() {
            let fail = |what: String| format!("line {}: {what}: {line}", index + 1);
            let continues = in_reply && (line.starts_with(' ') || matches!(line, "]" | "}"));
            in_reply = line.starts_with("< ") || continues;
            if in_reply {
                if script.written.is_none() {
                    return Err(fail("a reply in a script whose expectations are recorded".into()));
                }
                continue;
            }
            let step = match line.chars().next() {
                None | Some('#') => None,
                Some('%') => {
                    let text = line[1..].trim();
                    let known = script.header(text) || pending.take(text);
                    known.then_some(()).ok_or_else(|| fail("unknown directive".into()))?;
                    None
                }
                Some('@') => Some(Step::Advance(time(line[1..].trim()).ok_or_else(|| fail("time".into()))?)),
                _ => Some(std::mem::take(&mut pending).step(line).map_err(fail)?),
            };
            script.lines.push(Line { text: line.to_owned(), step });
        }
        Ok(script)
    }

    /// Whether it needs a clock that jumps.
    pub fn needs_virtual_time(&self) -> bool {
        self.lines.iter().any(|line| matches!(line.step, Some(Step::Advance(Time::At(_)))))
    }

    fn header(&mut self, text: &str) -> bool {
        match text.split_once(' ') {
            Some(("only", "resp2")) => self.only = Some(2),
            Some(("only", "resp3")) => self.only = Some(3),
            Some(("deviates", why)) => self.deviates = Some(why.to_owned()),
            Some(("written", why)) => self.written = Some(why.to_owned()),
            _ => return false,
        }
        true
    }
}

/// What `%` lines have said about the command to come.
#[derive(Default)]
struct Pending {
    masks: Vec<Mask>,
    answers: Option<Answers>,
}

impl Pending {
    fn take(&mut self, text: &str) -> bool {
        if text == "closes" {
            self.answers = Some(Answers::UntilClosed);
        } else if let Some(count) = text.strip_prefix("replies ").and_then(|n| n.parse().ok()) {
            self.answers = Some(Answers::Count(count));
        } else if let Some(mask) = Mask::parse(text) {
            self.masks.push(mask);
        } else {
            return false;
        }
        true
    }

    fn step(self, line: &str) -> Result<Step, String> {
        let (client, rest) = match line.strip_prefix("[client ") {
            Some(rest) => rest.split_once("] ").ok_or("no name of a client")?,
            None => ("a", line),
        };
        let input = if let Some(raw) = rest.strip_prefix(">> ") {
            Input::Raw(words::split(raw.as_bytes())?.concat())
        } else if let Some(command) = rest.strip_prefix("> ") {
            Input::Command(words::split(command.as_bytes())?)
        } else {
            return Err("neither sent nor said".into());
        };
        let answers = self.answers.unwrap_or(Answers::Count(1));
        Ok(Step::Send { client: client.to_owned(), input, masks: self.masks, answers })
    }
}

fn time(text: &str) -> Option<Time> {
    let digits = text.strip_suffix("ms")?;
    Some(match digits.strip_prefix('+') {
        Some(digits) => Time::By(digits.parse().ok()?),
        None => Time::At(digits.parse().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_parses_into_steps() {
        let script = Script::parse(
            "# head\n\n% sorted\n% replies 2\n> KEYS \"a b\"\n[client b] >> \"\\r\\n\"\n@ +5ms\n@ 10ms\n",
        )
        .expect("parses");
        let steps: Vec<Step> = script.lines.iter().filter_map(|line| line.step.clone()).collect();
        assert_eq!(
            steps,
            [
                Step::Send {
                    client: "a".into(),
                    input: Input::Command(vec![b"KEYS".to_vec(), b"a b".to_vec()]),
                    masks: vec![Mask::Sorted(None)],
                    answers: Answers::Count(2),
                },
                Step::Send {
                    client: "b".into(),
                    input: Input::Raw(b"\r\n".to_vec()),
                    masks: vec![],
                    answers: Answers::Count(1),
                },
                Step::Advance(Time::By(5)),
                Step::Advance(Time::At(10)),
            ]
        );
        assert!(script.needs_virtual_time());
    }

    #[test]
    fn written_replies_are_passed_over() {
        let text = "% written newer than the reference\n> A\n< [\n  :1,\n]\n> B\n< OK\n";
        let script = Script::parse(text).expect("parses");
        assert_eq!(script.lines.len(), 3);
        assert_eq!(script.written.as_deref(), Some("newer than the reference"));
    }

    #[test]
    fn senseless_lines_are_refused() {
        for text in ["SET k v", "% nothing", "> \"a", "@ 5", "[client b > A", "> A\n< OK"] {
            assert!(Script::parse(text).is_err(), "{text}");
        }
    }
}
