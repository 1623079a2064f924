//! Everything that judges the server from outside.
//!
//! ```text
//!  transcripts/*.rew ─▶ script ─▶ run ─▶ Backend ─▶ transcript text ─▶ compared with a .snap
//!                                          ├─ live   a TCP server: ours, or real Redis when recording
//!                                          └─ node   our Node in process, on virtual time
//! ```
//!
//! - `words`, `script`: the transcript language and its parser; docs/formats/transcript.md describes it.
//! - `reply`: a strict RESP reader and its printed form. It shares nothing with the decoder in `net`,
//!   because a judge that reads with the eyes of the judged would forgive every symmetrical mistake.
//! - `mask`: what a script says about the parts of a reply that differ from run to run.
//! - `run`, `live`: plays a script on a backend. `record` renders the recorded expectations.
//! - `server`: starts and ends a server process for the tools below.
//! - `differential`, `upstream`, `bench`: the tools behind the binaries of the same names.
//!
//! What must never happen here: a judgement that depends on timing, and a check that cannot fail.
#![forbid(unsafe_code)]

pub mod bench;
pub mod differential;
pub mod live;
pub mod mask;
pub mod node;
pub mod record;
pub mod reply;
pub mod run;
pub mod script;
pub mod server;
pub mod upstream;
pub mod words;
