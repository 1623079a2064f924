//! The command table: what a row says, and how a request finds its row.
//!
//! The rows are written by `cargo regen` from the entries in `spec/commands` (see `families/generated.rs`);
//! nothing here knows any single command. The gate resolves a request to its row, checks it, and the
//! engine calls its handler or hands it to the node. Names are matched in any case; a lookup costs one hash and, as a
//! rule, one comparison of two words,
//! since it stands in front of every command.

mod docs;
mod flags;
mod help;
mod keys;

pub use docs::{Argument, Doc};
pub use flags::{ACL_CATEGORIES, AclCategories, COMMAND_FLAGS, Flags};
pub use help::help;
pub use keys::{BeginSearch, FindKeys, KeyFinder, KeyFlags, KeySpec, KeysError, for_each_key, keys_of};

use crate::args::Args;
use crate::ctx::Ctx;
use crate::error::CommandError;
use crate::families::generated::COMMANDS;
pub use crate::families::generated::{COUNT, NodeCommand};

/// A handler of the engine: reads its arguments, changes the keyspace through `Ctx`, streams the reply.
pub type EngineFn = fn(&mut Ctx<'_>, &mut Args<'_>) -> Result<(), CommandError>;

/// One row of the command table: a command, a container, or a subcommand.
pub struct Command {
    /// Lower case: `get`, or `list` for the subcommand `CLIENT LIST`.
    pub name: &'static str,
    /// Lower case with its container: `get`, `client|list`.
    pub full_name: &'static str,
    /// Number of words with the name; negative means at least that many.
    pub arity: i32,
    pub flags: Flags,
    pub acl: AclCategories,
    /// The group COMMAND DOCS names: `string`, `generic`, `sorted-set`, ...
    pub group: &'static str,
    /// The version of Redis (or Valkey) that brought it.
    pub since: &'static str,
    pub key_specs: &'static [KeySpec],
    /// How keys are found where the key specs alone would not tell the whole truth.
    pub key_finder: KeyFinder,
    /// The oldest form of key extraction, as COMMAND INFO prints it: first, last and step, 0 for no keys.
    pub first_key: i32,
    pub last_key: i32,
    pub step: i32,
    pub propagates: Propagation,
    /// Its work does not grow with the data it meets, so that it need not be timed by itself.
    pub brief: bool,
    pub home: Home,
    pub handler: Handler,
    pub subcommands: &'static [Command],
    pub doc: &'static Doc,
    pub id: CommandId,
}

/// What a successful change becomes on its way to the AOF and to replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagation {
    /// The request as received.
    AsIs,
    /// A canonical form that the handler states, since the outcome hangs on clock, chance or condition.
    Rewritten,
    /// Nothing: the command never changes the keyspace by itself.
    Never,
}

/// Who carries a command out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// The engine: keyspace and session alone.
    Engine,
    /// The node around it: connections, configuration, durability, replication.
    Node,
}

#[derive(Clone, Copy)]
pub enum Handler {
    Engine(EngineFn),
    Node(NodeCommand),
    /// Only its subcommands can be run.
    Container,
}

/// The dense index of a row, subcommands included: for statistics kept in arrays of `COUNT` length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CommandId(pub u16);

impl Command {
    /// Whether a request of `argc` words, name included, has the right length.
    pub fn arity_fits(&self, argc: usize) -> bool {
        let wanted = self.arity.unsigned_abs() as usize;
        if self.arity < 0 { argc >= wanted } else { argc == wanted }
    }

    pub fn is_container(&self) -> bool {
        matches!(self.handler, Handler::Container)
    }

    /// Whether a transaction takes it in its queue rather than have it run at once.
    pub fn is_queued(&self) -> bool {
        !matches!(self.full_name, "exec" | "discard" | "multi" | "watch" | "quit" | "reset")
    }

    /// Whether it begins or ends to listen to channels.
    pub fn is_subscription(&self) -> bool {
        self.full_name.ends_with("subscribe")
    }

    pub fn is_subcommand(&self) -> bool {
        self.full_name.len() != self.name.len()
    }
}

impl CommandId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Command({})", self.full_name)
    }
}

/// Every top-level row, sorted by name.
pub fn all() -> &'static [Command] {
    &COMMANDS
}

/// The subcommand of that name, in any case.
pub fn subcommand(container: &'static Command, name: &[u8]) -> Option<&'static Command> {
    container.subcommands.iter().find(|row| row.name.as_bytes().eq_ignore_ascii_case(name))
}

/// The row of a full name, such as `get` or `client|list`, in any case.
pub fn lookup_full(name: &[u8]) -> Option<&'static Command> {
    match name.iter().position(|&byte| byte == b'|') {
        None => lookup(name),
        Some(bar) => subcommand(lookup(&name[..bar])?, &name[bar + 1..]),
    }
}

/// The top-level row of that name, in any case.
#[inline]
pub fn lookup(name: &[u8]) -> Option<&'static Command> {
    let probe = Probe::of(name);
    let mut at = probe.home();
    loop {
        let slot = &INDEX[at];
        if slot.probe.len == 0 {
            return None;
        }
        if slot.probe.same(&probe) {
            let command = &COMMANDS[slot.row as usize];
            // Two words cover sixteen bytes; only a longer name has a middle left to compare.
            if name.len() <= 16 || command.name.as_bytes().eq_ignore_ascii_case(name) {
                return Some(command);
            }
        }
        at = (at + 1) % SLOTS;
    }
}

/// A quarter full at most, so that a probe rarely meets a stranger.
const SLOTS: usize = (COMMANDS.len() * 4 + 4).next_power_of_two();

static INDEX: [Slot; SLOTS] = build_index();

#[derive(Clone, Copy)]
struct Slot {
    probe: Probe,
    row: u16,
}

/// A name boiled down to what hashing and comparing need: its first and last eight bytes in lower case
/// (they overlap in short names, and are padded with zeros below eight) and its length.
#[derive(Clone, Copy)]
struct Probe {
    head: u64,
    tail: u64,
    len: u64,
}

impl Probe {
    #[inline]
    const fn of(name: &[u8]) -> Probe {
        let len = name.len();
        if len < 8 {
            let word = lower(load_short(name));
            return Probe { head: word, tail: word, len: len as u64 };
        }
        Probe { head: lower(load(name, 0)), tail: lower(load(name, len - 8)), len: len as u64 }
    }

    #[inline]
    const fn home(&self) -> usize {
        let mixed = (self.head ^ self.tail.rotate_left(29) ^ self.len).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        // The top bits of a product are those that every bit of its factors has a say in.
        (mixed >> (64 - SLOTS.trailing_zeros())) as usize
    }

    #[inline]
    const fn same(&self, other: &Probe) -> bool {
        self.head == other.head && self.tail == other.tail && self.len == other.len
    }
}

/// Eight bytes from `at` on; the caller knows they are there.
#[inline]
const fn load(name: &[u8], at: usize) -> u64 {
    (load_half(name, at) as u64) | (load_half(name, at + 4) as u64) << 32
}

#[inline]
const fn load_half(name: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([name[at], name[at + 1], name[at + 2], name[at + 3]])
}

/// A name below eight bytes as one word. Overlapping loads read the same bytes at the same place, so
/// OR-ing them together changes nothing.
#[inline]
const fn load_short(name: &[u8]) -> u64 {
    match name.len() {
        0 => 0,
        len @ 1..=3 => {
            (name[0] as u64)
                | (name[len / 2] as u64) << (8 * (len / 2))
                | (name[len - 1] as u64) << (8 * (len - 1))
        }
        len => (load_half(name, 0) as u64) | (load_half(name, len - 4) as u64) << (8 * (len - 4)),
    }
}

/// Lower case for eight ASCII letters at once; every other byte stays as it is.
#[inline]
const fn lower(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let low_bits = word & (0x7f * ONES);
    let from_a = low_bits + (0x80 - b'A' as u64) * ONES;
    let past_z = low_bits + (0x80 - (b'Z' + 1) as u64) * ONES;
    let upper = (from_a ^ past_z) & !word & (0x80 * ONES);
    word | (upper >> 2)
}

const fn build_index() -> [Slot; SLOTS] {
    let empty = Slot { probe: Probe { head: 0, tail: 0, len: 0 }, row: 0 };
    let mut index = [empty; SLOTS];
    let mut row = 0;
    while row < COMMANDS.len() {
        let probe = Probe::of(COMMANDS[row].name.as_bytes());
        let mut at = probe.home();
        while index[at].probe.len != 0 {
            at = (at + 1) % SLOTS;
        }
        index[at] = Slot { probe, row: row as u16 };
        row += 1;
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows_of(commands: &'static [Command]) -> Vec<&'static Command> {
        commands.iter().flat_map(|c| std::iter::once(c).chain(rows_of(c.subcommands))).collect()
    }

    #[test]
    fn every_command_is_found_in_any_case() {
        for command in all() {
            for name in [command.name.to_owned(), command.name.to_uppercase()] {
                assert_eq!(lookup(name.as_bytes()).map(|c| c.name), Some(command.name));
            }
            for wrong in [format!("{}x", command.name), command.name[1..].to_owned()] {
                assert!(lookup(wrong.as_bytes()).is_none_or(|c| c.name == wrong));
            }
        }
        for nobody in ["", "g", "nobody", "a-name-that-is-longer-than-any-command", "GET\0", "\u{c7}et"] {
            assert!(lookup(nobody.as_bytes()).is_none(), "{nobody}");
        }
    }

    #[test]
    fn no_lookup_walks_far() {
        for command in all() {
            let mut at = Probe::of(command.name.as_bytes()).home();
            let mut steps = 1;
            while COMMANDS[INDEX[at].row as usize].name != command.name {
                (at, steps) = ((at + 1) % SLOTS, steps + 1);
            }
            assert!(steps <= 4, "{} takes {steps} steps", command.name);
        }
    }

    #[test]
    fn case_folding_touches_letters_alone() {
        for byte in 0..=255u8 {
            let word = u64::from_le_bytes([byte; 8]);
            assert_eq!(lower(word), u64::from_le_bytes([byte.to_ascii_lowercase(); 8]), "{byte:#x}");
        }
        for len in 0..8 {
            let name: Vec<u8> = (1..=len).collect();
            let mut padded = [0; 8];
            padded[..name.len()].copy_from_slice(&name);
            assert_eq!(load_short(&name), u64::from_le_bytes(padded));
        }
    }

    #[test]
    fn ids_are_dense_and_rows_agree_with_themselves() {
        let rows = rows_of(all());
        assert_eq!(rows.len(), COUNT);
        for (index, row) in rows.iter().enumerate() {
            assert_eq!(row.id.0 as usize, index, "{}", row.full_name);
            assert!(!row.is_container() || !row.subcommands.is_empty(), "{}", row.full_name);
            let expected = match row.handler {
                Handler::Node(_) => Home::Node,
                Handler::Engine(_) | Handler::Container => Home::Engine,
            };
            assert_eq!(row.home, expected, "{}", row.full_name);
            let (propagates, writes) =
                (row.propagates != Propagation::Never, row.flags.contains(Flags::WRITE));
            let notes_down = row.key_specs.iter().any(|spec| spec.flags.contains(KeyFlags::RW));
            assert!(propagates == writes || (propagates && notes_down), "{}", row.name);
            let movable = row.key_specs.iter().any(|spec| !spec.is_plain());
            assert_eq!(movable, row.flags.contains(Flags::MOVABLEKEYS), "{}", row.full_name);
            assert_eq!(
                row.acl.contains(AclCategories::FAST),
                row.flags.contains(Flags::FAST),
                "{}",
                row.full_name
            );
        }
    }
}
