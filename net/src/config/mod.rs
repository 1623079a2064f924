//! Configuration: the directives of `redis.conf`, from text to typed settings and back.
//!
//! ```text
//!  command line ─ argv ─▶ Invocation          CONFIG SET ─ set ─┐
//!  file text, options ─── load ──▶ Config ◀────────────────────┘──▶ CONFIG GET (get)
//!                                    │ values, one per row of `generated`
//!                                    ├─▶ Settings, the typed view that code reads
//!                                    └─▶ rewrite: old file text → new file text
//! ```
//!
//! The rows come from `spec/config` by `cargo regen`. Text comes in and goes out; nothing here opens a file,
//! looks at the environment or changes a socket: whoever holds the [`Config`] acts on the changes that [`Config::set`]
//! names, and takes them back with [`Config::undo`] when that fails.
//!
//! What must never happen: a directive that is taken in silence although what it promises is not there.

pub mod argv;
pub mod directive;
pub mod events;
mod forms;
#[rustfmt::skip]
pub mod generated;
pub mod get;
pub mod limits;
pub mod load;
pub mod quote;
pub mod rewrite;
pub mod set;
pub mod settings;
pub mod validate;
pub mod value;

use std::ops::Deref;

pub use directive::{Directive, Effect, Flags, Kind, lookup};
pub use events::KeyspaceEvents;
pub use generated::{DIRECTIVES, Id};
pub use limits::{ClientClass, OutputLimit, OutputLimits};
pub use settings::{LogLevel, Permission, Settings, ShutdownOptions, Supervised};
pub use value::{Reason, SavePoint, Value};

/// Every directive's value, and the typed view of those that code reads: `config.port`.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    values: Vec<Value>,
    settings: Settings,
}

impl Default for Config {
    /// What an empty file gives.
    fn default() -> Self {
        let values: Vec<Value> = DIRECTIVES.iter().map(default_value).collect();
        let settings = Settings::new(&values);
        Config { values, settings }
    }
}

impl Deref for Config {
    type Target = Settings;

    fn deref(&self) -> &Settings {
        &self.settings
    }
}

impl Config {
    pub fn value(&self, id: Id) -> &Value {
        &self.values[id as usize]
    }

    /// The text that CONFIG GET answers.
    pub fn text(&self, id: Id) -> Vec<u8> {
        value::text(id.directive(), self.value(id))
    }

    /// Puts a value that its reader made, and renews the view. For the host's own corrections: the working
    /// directory's full path, `maxclients` lowered to what the system allows, REPLICAOF.
    pub fn put(&mut self, id: Id, value: Value) {
        self.values[id as usize] = value;
        self.settings = Settings::new(&self.values);
    }

    /// Reads words into a directive's value, refusing what would promise too much.
    fn parse(&self, id: Id, words: &[Vec<u8>]) -> Result<Value, Reason> {
        let row = id.directive();
        let value = value::parse(row, words, self.value(id))?;
        value::allowed(row, &value, &default_value(row))?;
        Ok(value)
    }
}

/// The value an empty file gives a directive.
fn default_value(row: &Directive) -> Value {
    if !row.kind.has_value() {
        return Value::Nothing;
    }
    let default = row.default.as_bytes();
    if row.kind == Kind::Replicaof {
        return Value::Primary(None);
    }
    value::parse(row, &[default.to_vec()], &Value::Nothing).expect("a row's default is one of its values")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_answered_as_written() {
        let config = Config::default();
        for row in &DIRECTIVES {
            if row.kind.has_value() {
                assert_eq!(String::from_utf8(config.text(row.id)).unwrap(), row.default, "{}", row.name);
            }
        }
        assert_eq!(config.port, 6379);
        assert_eq!(config.bind, [b"*".to_vec(), b"-::*".to_vec()]);
        assert_eq!(config.save.len(), 3);
        assert_eq!(config.client_output_buffer_limit.of(ClientClass::Replica).soft_seconds, 60);
        assert_eq!(config.loglevel, LogLevel::Notice);
    }
}
