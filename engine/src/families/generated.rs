//! The command table. Written by `cargo regen` from spec/commands; never edited by hand.

use crate::command::*;

/// How many rows there are, subcommands included.
pub const COUNT: usize = 0;

/// The commands that the node carries out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeCommand {
}

/// Every command, sorted by name.
pub static COMMANDS: [Command; 0] = [
];
