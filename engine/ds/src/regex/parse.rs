//! From a pattern's bytes to nodes.
//!
//! Groups are kept on a stack of their own rather than on that of calls, and nodes name each other by number, so that
//! deep nesting costs memory and nothing else.

use super::Error;
use super::class::{self, Set};

/// The most a repetition may count to.
const REPEAT_MAX: u32 = 255;

pub(super) type Id = usize;

#[derive(Clone, Debug)]
pub(super) enum Node {
    Empty,
    Set(Set),
    Look(Look),
    Sequence(Vec<Id>),
    Either(Vec<Id>),
    /// `None`: without end.
    Repeat(Id, u32, Option<u32>),
}

/// What holds between two bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Start,
    End,
    WordStart,
    WordEnd,
    WordEdge,
    NotWordEdge,
}

#[derive(Debug, Default)]
pub(super) struct Tree {
    pub nodes: Vec<Node>,
    pub root: Id,
}

/// A group that is not closed yet.
#[derive(Default)]
struct Group {
    /// The alternatives before the last bar.
    alternatives: Vec<Id>,
    sequence: Vec<Id>,
    /// What held before the group, and holds again after it.
    outer_ignore_case: bool,
}

struct Parser<'a> {
    rest: &'a [u8],
    tree: Tree,
    open: Vec<Group>,
    current: Group,
    ignore_case: bool,
    groups: usize,
    highest_reference: usize,
}

pub(super) fn parse(pattern: &[u8], ignore_case: bool) -> Result<Tree, Error> {
    let mut parser = Parser {
        rest: pattern,
        tree: Tree::default(),
        open: Vec::new(),
        current: Group::default(),
        ignore_case,
        groups: 0,
        highest_reference: 0,
    };
    while let Some(byte) = parser.take() {
        parser.one(byte)?;
    }
    if !parser.open.is_empty() {
        return Err(Error::Parenthesis);
    }
    match parser.highest_reference {
        0 => {}
        highest if highest <= parser.groups => return Err(Error::Unsupported),
        _ => return Err(Error::BackReference),
    }
    parser.tree.root = parser.finish_group();
    Ok(parser.tree)
}

impl Parser<'_> {
    fn take(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn skip(&mut self, text: &[u8]) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn node(&mut self, node: Node) -> Id {
        self.tree.nodes.push(node);
        self.tree.nodes.len() - 1
    }

    /// One step of the grammar that begins with `byte`.
    fn one(&mut self, byte: u8) -> Result<(), Error> {
        match byte {
            b'(' => return self.open_group(),
            b')' => {
                let group = self.open.pop().ok_or(Error::Parenthesis)?;
                let inner = self.finish_group();
                self.ignore_case = self.current.outer_ignore_case;
                self.current = group;
                return self.repeated(inner);
            }
            b'|' => {
                let sequence = std::mem::take(&mut self.current.sequence);
                let sequence = self.node(Node::Sequence(sequence));
                self.current.alternatives.push(sequence);
                return Ok(());
            }
            b'*' | b'+' | b'?' | b'{' => return Err(Error::Repetition),
            _ => {}
        }
        let node = match byte {
            b'.' => Node::Set(Set::ALL),
            b'^' => Node::Look(Look::Start),
            b'$' => Node::Look(Look::End),
            b'[' => self.bracket()?,
            b'\\' => return self.escape(),
            byte => self.literal(byte),
        };
        let node = self.node(node);
        self.repeated(node)
    }

    fn literal(&self, byte: u8) -> Node {
        let set = Set::of(byte);
        Node::Set(if self.ignore_case { set.either_case() } else { set })
    }

    fn open_group(&mut self) -> Result<(), Error> {
        let outer_ignore_case = self.ignore_case;
        if self.skip(b"?#") {
            let end = self.rest.iter().position(|byte| *byte == b')').ok_or(Error::Parenthesis)?;
            self.rest = &self.rest[end + 1..];
            return Ok(());
        }
        if self.skip(b"?") {
            let mut on = true;
            loop {
                match self.take().ok_or(Error::Parenthesis)? {
                    b'i' => self.ignore_case = on,
                    // How much a group prefers to match does not change whether it does.
                    b'U' | b'r' => {}
                    b'-' => on = false,
                    b':' => break,
                    // For the rest of the group around it.
                    b')' => return Ok(()),
                    _ => return Err(Error::Pattern),
                }
            }
        } else {
            self.groups += 1;
        }
        let outer = std::mem::take(&mut self.current);
        self.open.push(outer);
        self.current.outer_ignore_case = outer_ignore_case;
        Ok(())
    }

    /// The node of the group that ends here.
    fn finish_group(&mut self) -> Id {
        let sequence = std::mem::take(&mut self.current.sequence);
        let sequence = self.node(Node::Sequence(sequence));
        let mut alternatives = std::mem::take(&mut self.current.alternatives);
        if alternatives.is_empty() {
            return sequence;
        }
        alternatives.push(sequence);
        self.node(Node::Either(alternatives))
    }

    /// Adds a node to the sequence, with the repetitions behind it.
    fn repeated(&mut self, mut node: Id) -> Result<(), Error> {
        loop {
            let (low, high) = match self.rest.first() {
                Some(b'*') => (0, None),
                Some(b'+') => (1, None),
                Some(b'?') => (0, Some(1)),
                Some(b'{') => {
                    self.rest = &self.rest[1..];
                    let (low, high) = self.bounds()?;
                    node = self.node(Node::Repeat(node, low, high));
                    self.skip(b"?");
                    continue;
                }
                _ => break,
            };
            self.rest = &self.rest[1..];
            // A question mark makes it take as little as it can, which makes no difference here.
            if !self.skip(b"?") && matches!(self.rest.first(), Some(b'*' | b'+')) {
                return Err(Error::Repetition);
            }
            node = self.node(Node::Repeat(node, low, high));
        }
        self.current.sequence.push(node);
        Ok(())
    }

    /// What stands between braces, and the closing one.
    fn bounds(&mut self) -> Result<(u32, Option<u32>), Error> {
        let low = self.number()?;
        let (low, high) = if self.skip(b",") {
            let high = self.number()?;
            if low.is_none() && high.is_none() {
                return Err(if self.rest.is_empty() { Error::Brace } else { Error::BraceContents });
            }
            (low.unwrap_or(0), high)
        } else {
            let Some(low) = low else {
                return Err(if self.rest.is_empty() { Error::Brace } else { Error::BraceContents });
            };
            (low, Some(low))
        };
        if high.is_some_and(|high| high < low) {
            return Err(Error::BraceContents);
        }
        match self.take() {
            Some(b'}') => Ok((low, high)),
            Some(_) => Err(Error::BraceContents),
            None => Err(Error::Brace),
        }
    }

    fn number(&mut self) -> Result<Option<u32>, Error> {
        let mut number = None;
        while let Some(digit @ b'0'..=b'9') = self.rest.first() {
            let value = number.unwrap_or(0) * 10 + u32::from(digit - b'0');
            if value > REPEAT_MAX {
                return Err(Error::BraceContents);
            }
            number = Some(value);
            self.rest = &self.rest[1..];
        }
        Ok(number)
    }

    fn escape(&mut self) -> Result<(), Error> {
        let letter = self.take().ok_or(Error::TrailingBackslash)?;
        let node = match letter {
            b'Q' => return self.quoted(),
            b'1'..=b'9' => {
                self.highest_reference = self.highest_reference.max(usize::from(letter - b'0'));
                Node::Empty
            }
            b'b' => Node::Look(Look::WordEdge),
            b'B' => Node::Look(Look::NotWordEdge),
            b'<' => Node::Look(Look::WordStart),
            b'>' => Node::Look(Look::WordEnd),
            b't' => self.literal(b'\t'),
            b'n' => self.literal(b'\n'),
            b'r' => self.literal(b'\r'),
            b'f' => self.literal(0x0c),
            b'a' => self.literal(0x07),
            b'e' => self.literal(0x1b),
            b'x' => self.hexadecimal()?,
            other => class::escaped(other).map_or_else(|| self.literal(other), Node::Set),
        };
        let node = self.node(node);
        self.repeated(node)
    }

    /// Everything up to `\E`, literally.
    fn quoted(&mut self) -> Result<(), Error> {
        while !self.rest.is_empty() && !self.skip(b"\\E") {
            let byte = self.take().expect("it is not empty");
            let node = self.literal(byte);
            let node = self.node(node);
            if self.skip(b"\\E") {
                return self.repeated(node);
            }
            self.current.sequence.push(node);
        }
        Ok(())
    }

    /// A byte by its number: up to two digits, or any number of them in braces.
    fn hexadecimal(&mut self) -> Result<Node, Error> {
        let braces = self.skip(b"{");
        let (mut value, mut digits) = (0u32, 0);
        while let Some(digit) = self.rest.first().and_then(|byte| char::from(*byte).to_digit(16)) {
            if !braces && digits == 2 {
                break;
            }
            value = value.saturating_mul(16).saturating_add(digit);
            digits += 1;
            self.rest = &self.rest[1..];
        }
        if braces && !self.skip(b"}") {
            return Err(Error::Brace);
        }
        // No byte is so large, so nothing matches.
        Ok(u8::try_from(value).map_or(Node::Set(Set::default()), |byte| self.literal(byte)))
    }

    /// The rest of a bracket expression. A backslash is nothing special here.
    fn bracket(&mut self) -> Result<Node, Error> {
        let negated = self.skip(b"^");
        let mut set = Set::default();
        let mut first = true;
        loop {
            let byte = self.take().ok_or(Error::Bracket)?;
            match (byte, self.rest.first()) {
                (b']', _) if !first => break,
                (b'[', Some(b':')) => {
                    let end = self.rest.windows(2).position(|two| two == b":]").ok_or(Error::Bracket)?;
                    let name = self.rest.get(1..end).ok_or(Error::ClassName)?;
                    set = set.union(class::named(name).ok_or(Error::ClassName)?);
                    self.rest = &self.rest[end + 2..];
                }
                (b'[', Some(b'.' | b'=')) => return Err(Error::CollatingElement),
                (low, Some(b'-')) if self.rest.get(1).is_some_and(|byte| *byte != b']') => {
                    let high = self.rest[1];
                    if high == b'[' && matches!(self.rest.get(2), Some(b'.' | b'=')) {
                        return Err(Error::CollatingElement);
                    }
                    if high < low {
                        return Err(Error::Range);
                    }
                    (low..=high).for_each(|byte| set.add(byte));
                    self.rest = &self.rest[2..];
                }
                (byte, _) => set.add(byte),
            }
            first = false;
        }
        let set = if self.ignore_case { set.either_case() } else { set };
        Ok(Node::Set(if negated { set.complement() } else { set }))
    }
}
