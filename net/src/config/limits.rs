//! `client-output-buffer-limit`: how much unsent output a client of each class may have.
//!
//! A hard limit ends the client at once; a soft one, after being exceeded for so many seconds on end. Zero
//! means no limit.

use std::borrow::Cow;
use std::io::Write;

/// The classes, in the order in which they are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientClass {
    Normal,
    Replica,
    Pubsub,
}

impl ClientClass {
    pub const ALL: [ClientClass; 3] = [ClientClass::Normal, ClientClass::Replica, ClientClass::Pubsub];

    /// The class that `words` of the directive go by in a file.
    pub fn name(self) -> &'static str {
        ["normal", "replica", "pubsub"][self as usize]
    }

    fn parse(word: &[u8]) -> Option<Self> {
        match word.to_ascii_lowercase().as_slice() {
            b"normal" => Some(ClientClass::Normal),
            b"slave" | b"replica" => Some(ClientClass::Replica),
            b"pubsub" => Some(ClientClass::Pubsub),
            _ => None,
        }
    }
}

/// The limits of one class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutputLimit {
    /// Bytes; zero for none.
    pub hard: u64,
    /// Bytes; zero for none.
    pub soft: u64,
    /// Seconds for which the soft limit may be exceeded.
    pub soft_seconds: u64,
}

/// The limits of all classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutputLimits([OutputLimit; 3]);

impl OutputLimits {
    pub fn of(&self, class: ClientClass) -> OutputLimit {
        self.0[class as usize]
    }

    /// Changes the classes that `words` names, four words each; the others keep what they have.
    pub fn with(mut self, words: &[Vec<u8>]) -> Result<Self, Cow<'static, str>> {
        if !words.len().is_multiple_of(4) {
            return Err("Wrong number of arguments in buffer limit configuration.".into());
        }
        for group in words.chunks_exact(4) {
            let Some(class) = ClientClass::parse(&group[0]) else {
                return Err("Invalid client class specified in buffer limit configuration.".into());
            };
            let limit = ds::memory_size::parse_memory_size(&group[1])
                .zip(ds::memory_size::parse_memory_size(&group[2]))
                .zip(super::value::lenient_integer(&group[3]))
                .and_then(|((hard, soft), seconds)| {
                    Some(OutputLimit { hard, soft, soft_seconds: seconds.try_into().ok()? })
                });
            let Some(limit) = limit else {
                return Err(
                    "Error in hard, soft or soft_seconds setting in buffer limit configuration.".into()
                );
            };
            self.0[class as usize] = limit;
        }
        Ok(self)
    }

    /// As CONFIG GET answers them: replicas go by their old name there.
    pub fn text(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, limit) in ["normal", "slave", "pubsub"].iter().zip(&self.0) {
            let gap = if out.is_empty() { "" } else { " " };
            write!(out, "{gap}{name} {} {} {}", limit.hard, limit.soft, limit.soft_seconds)
                .expect("a vector takes it");
        }
        out
    }
}
