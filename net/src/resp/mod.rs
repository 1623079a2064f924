//! RESP, the wire protocol of Redis, versions 2 and 3, in both directions.
//!
//! ```text
//!  bytes from a client ─▶ request::Parser ─▶ Argv: spans of the read buffer ─▶ engine
//!  bytes from a server ─▶ frame::Decoder  ─▶ Frame ─▶ replica's handshake, simulated clients, tests
//!                          frame::encode   ◀─ Frame
//! ```
//!
//! - `request` takes requests apart, arrays of bulk strings and inline commands alike, where they lie in
//!   the read buffer: nothing is copied. It is the hottest parser of the server.
//!   `whole_array` is its fast path and `argv` its result.
//! - `inline` splits an inline command into words and resolves its quotes.
//! - `error` holds every protocol error with its exact text. After one the connection is answered and closed.
//! - `limits` says how much a client may declare before it has been let in, and after.
//! - `frame` is one value as an owned tree, with `decode`, `encode` and `print` beside it.
//!
//! Replies to clients are not made here: command handlers stream them through the engine's `Reply`.
//!
//! What must never happen: a result that depends on how the bytes were cut into reads; memory taken for a
//! length that was only declared; a byte scanned again and again while a large request trickles in; a
//! panic, whatever the bytes.

mod argv;
mod decode;
mod encode;
mod error;
mod frame;
mod frame_error;
mod inline;
mod limits;
mod number;
mod print;
mod request;
mod whole_array;

pub use argv::{Argv, Span};
pub use decode::{Decoded, Decoder, FrameLimits, decode};
pub use encode::encode_request;
pub use error::{ProtocolError, ProtocolErrorKind};
pub use frame::Frame;
pub use frame_error::{FrameError, FrameErrorKind};
pub use inline::split_words;
pub use limits::Limits;
pub use request::{Parser, Step};
