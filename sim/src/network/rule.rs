//! A network fault is a rule: it looks at a message and gives a verdict.
//!
//! The world installs a rule when a fault begins and removes it when the fault ends. Rules are asked in
//! the order in which they were installed; delays add up, and the first rule that loses a message has the
//! last word. A rule names a direction, so a partition both ways is two rules.

use crate::process::HostId;
use crate::random::Stream;

/// What a rule sees of a message: where it goes and how long it is, never what it says.
#[derive(Clone, Copy, Debug)]
pub struct Message {
    pub from: HostId,
    pub to: HostId,
    /// Payload bytes; 0 for an acknowledgement or a step of the handshake.
    pub len: usize,
}

/// What shall become of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Pass,
    /// Later by so many microseconds.
    Delay(u64),
    Lose,
}

/// What a rule does to the messages it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Lose every one.
    Cut,
    /// Lose some.
    Lossy { ppm: u32 },
    /// Delay each by the same time.
    Slow { by_us: u64 },
    /// Delay each by a time of its own.
    Jitter { up_to_us: u64 },
}

/// An effect on one direction between two hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub from: HostId,
    pub to: HostId,
    pub effect: Effect,
}

impl Rule {
    pub fn new(from: HostId, to: HostId, effect: Effect) -> Rule {
        Rule { from, to, effect }
    }

    /// The verdict on one message; `stream` is that of the link it travels on.
    pub fn verdict(&self, message: Message, stream: &mut Stream) -> Verdict {
        if (message.from, message.to) != (self.from, self.to) {
            return Verdict::Pass;
        }
        match self.effect {
            Effect::Cut => Verdict::Lose,
            Effect::Lossy { ppm } if stream.chance(ppm) => Verdict::Lose,
            Effect::Lossy { .. } => Verdict::Pass,
            Effect::Slow { by_us } => Verdict::Delay(by_us),
            Effect::Jitter { up_to_us } => Verdict::Delay(stream.between(0, up_to_us)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seed;

    #[test]
    fn a_rule_minds_its_own_direction() {
        let mut stream = Seed(1).stream("rule");
        let rule = Rule::new(HostId(0), HostId(1), Effect::Cut);
        let there = Message { from: HostId(0), to: HostId(1), len: 1 };
        let back = Message { from: HostId(1), to: HostId(0), len: 1 };
        assert_eq!(rule.verdict(there, &mut stream), Verdict::Lose);
        assert_eq!(rule.verdict(back, &mut stream), Verdict::Pass);
    }

    #[test]
    fn a_lossy_rule_loses_its_share() {
        let mut stream = Seed(1).stream("rule");
        let rule = Rule::new(HostId(0), HostId(1), Effect::Lossy { ppm: 250_000 });
        let message = Message { from: HostId(0), to: HostId(1), len: 1 };
        let lost = (0..4000).filter(|_| rule.verdict(message, &mut stream) == Verdict::Lose).count();
        assert!((850..1150).contains(&lost), "{lost}");
    }
}
