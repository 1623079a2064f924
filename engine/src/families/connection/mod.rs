//! The connection family's share of the engine: commands about one client's conversation that need nothing but its
//! session. What looks at sockets, buffers or other clients (CLIENT LIST, KILL, REPLY, RESET) is the node's.

pub mod auth;
pub mod client;
pub mod echo;
pub mod hello;
pub mod ping;
pub mod quit;
pub mod select;

use crate::error::CommandError;

/// Whether a word may be a client's name, a library's name or the like: printable ASCII without blanks, so
/// that a line of CLIENT LIST stays one line of fields. `what` begins the complaint. As in Redis, a zero byte ends
/// what is looked at; so it must end what is shown, see [`shown`].
pub fn printable(word: &[u8], what: &str) -> Result<(), CommandError> {
    match shown(word).iter().all(u8::is_ascii_graphic) {
        true => Ok(()),
        false => {
            Err(CommandError::err(format!("{what} cannot contain spaces, newlines or special characters.")))
        }
    }
}

/// The part of a name that a line of text may hold: up to the first zero byte, which [`printable`] has checked.
pub fn shown(word: &[u8]) -> &[u8] {
    word.split(|byte| *byte == 0).next().unwrap_or_default()
}
