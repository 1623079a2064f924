//! One direction between two hosts: how long a message takes, and whether it gets there.

use super::rule::{Message, Rule, Verdict};
use crate::random::Stream;

/// The ordinary conditions of a run: what every link is like while no fault is on. Times in microseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weather {
    /// The least time a message takes.
    pub latency_us: u64,
    /// Up to so much more, drawn per message.
    pub jitter_us: u64,
    /// Messages lost, per million.
    pub loss_ppm: u32,
    /// Bytes a link carries per millisecond; 0 for no limit.
    pub bytes_per_ms: u64,
    /// The longest segment, in bytes.
    pub segment_max: usize,
    /// How often a read returns only a part of what is there, per million.
    pub split_ppm: u32,
    /// How long a process may take to notice that bytes arrived; what arrives meanwhile is read with it.
    pub read_delay_us: u64,
    /// The kernel's send buffer, in bytes.
    pub send_buffer: usize,
    /// The kernel's receive window, in bytes.
    pub window: usize,
    /// The first pause before a lost message is repeated.
    pub retry_us: u64,
    /// How long the kernel repeats itself before it breaks the connection.
    pub give_up_us: u64,
}

impl Default for Weather {
    /// A quiet local network.
    fn default() -> Weather {
        Weather {
            latency_us: 200,
            jitter_us: 0,
            loss_ppm: 0,
            bytes_per_ms: 0,
            segment_max: 64 * 1024,
            split_ppm: 0,
            read_delay_us: 0,
            send_buffer: 256 * 1024,
            window: 256 * 1024,
            retry_us: 200_000,
            give_up_us: 15_000_000,
        }
    }
}

/// What became of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrives at this world time.
    Arrives(u64),
    /// It never does.
    Lost,
}

/// One direction between two hosts, with its own stream of chance.
#[derive(Clone, Debug)]
pub struct Link {
    stream: Stream,
    /// When the link has carried all that was put on it so far.
    free_at: u64,
}

impl Link {
    pub fn new(stream: Stream) -> Link {
        Link { stream, free_at: 0 }
    }

    /// The link's chance, for choices that belong to it (where to cut a segment, how much to read).
    pub fn stream(&mut self) -> &mut Stream {
        &mut self.stream
    }

    /// Sends one message at world time `at`.
    pub fn send(&mut self, at: u64, message: Message, weather: &Weather, rules: &[(u32, Rule)]) -> Fate {
        let mut delay = weather.latency_us;
        if weather.jitter_us > 0 {
            delay += self.stream.below(weather.jitter_us + 1);
        }
        if self.stream.chance(weather.loss_ppm) {
            return Fate::Lost;
        }
        for (_, rule) in rules {
            match rule.verdict(message, &mut self.stream) {
                Verdict::Pass => {}
                Verdict::Delay(more_us) => delay += more_us,
                Verdict::Lose => return Fate::Lost,
            }
        }
        if let Some(carrying) = (message.len as u64 * 1000).checked_div(weather.bytes_per_ms) {
            self.free_at = self.free_at.max(at) + carrying;
            delay += self.free_at - at;
        }
        Fate::Arrives(at + delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::rule::Effect;
    use crate::process::HostId;
    use crate::random::Seed;

    const HELLO: Message = Message { from: HostId(0), to: HostId(1), len: 1000 };

    fn link() -> Link {
        Link::new(Seed(1).stream("link"))
    }

    #[test]
    fn bandwidth_makes_messages_queue() {
        let weather = Weather { latency_us: 10, bytes_per_ms: 1000, ..Weather::default() };
        let mut link = link();
        assert_eq!(link.send(0, HELLO, &weather, &[]), Fate::Arrives(1010));
        assert_eq!(link.send(0, HELLO, &weather, &[]), Fate::Arrives(2010));
        assert_eq!(link.send(5000, HELLO, &weather, &[]), Fate::Arrives(6010));
    }

    #[test]
    fn delays_add_up_and_a_cut_wins() {
        let weather = Weather { latency_us: 10, ..Weather::default() };
        let slow = Rule::new(HostId(0), HostId(1), Effect::Slow { by_us: 100 });
        let cut = Rule::new(HostId(0), HostId(1), Effect::Cut);
        let mut link = link();
        let rules = [(1, slow.clone()), (2, slow.clone())];
        assert_eq!(link.send(0, HELLO, &weather, &rules), Fate::Arrives(210));
        assert_eq!(link.send(0, HELLO, &weather, &[(1, slow), (2, cut)]), Fate::Lost);
    }
}
