//! What happens by the clock: expiry in slices, idle clients, replication's heartbeat.

use super::Node;
use crate::client::Role;
use crate::config::ClientClass;
use engine::time::Now;
use engine::timing::Stopwatch;

/// Keys one slice of active expiry may remove at the least effort: well under a millisecond of work.
const SLICE: usize = 512;

/// When the periodic work is due next, in monotonic microseconds.
#[derive(Debug)]
pub(crate) struct Cron {
    /// The regular beat, `hz` times a second.
    beat: u64,
    /// The next slice of unfinished housekeeping, if there is any.
    slice: Option<u64>,
    /// The second for which the once-a-second work was done last.
    second: u64,
    /// DEBUG PAUSE-CRON: nothing happens by the clock.
    pub(crate) paused: bool,
}

impl Cron {
    pub(super) fn new(now: Now) -> Self {
        Cron { beat: now.mono_us, slice: None, second: now.mono_us / 1_000_000, paused: false }
    }

    pub(super) fn deadline(&self) -> u64 {
        self.slice.map_or(self.beat, |slice| slice.min(self.beat))
    }
}

/// Keys per slice at this `active-expire-effort`, 1 to 10. Expiry is complete at any effort; more effort means longer
/// slices and fewer of them.
fn slice(effort: u32) -> usize {
    SLICE * (effort as usize + 3) / 4
}

impl Node {
    pub(super) fn tick(&mut self, now: Now, watch: &mut dyn Stopwatch) {
        self.end_pause();
        self.end_waits();
        self.housekeeping(now, watch);
        if now.mono_us < self.cron.beat {
            return;
        }
        self.cron.beat = now.mono_us + 1_000_000 / self.config.hz.max(1) as u64;
        if self.cron.paused {
            return;
        }
        self.sample_rates(now);
        self.check_memory();
        self.check_clients(now);
        let second = now.mono_us / 1_000_000;
        let new_second = second != self.cron.second;
        if new_second {
            self.cron.second = second;
            self.every_second(now);
        }
        self.replication_beat(now, new_second);
        self.durability_beat(now);
    }

    /// Comes back at once: work in slices has begun.
    pub(crate) fn wake_soon(&mut self) {
        self.cron.slice = Some(self.now.mono_us);
    }

    /// One slice of expiry and of dropping what was flushed; comes back at once while there is more.
    fn housekeeping(&mut self, now: Now, watch: &mut dyn Stopwatch) {
        if self.cron.paused {
            self.cron.slice = None;
            return;
        }
        watch.lap();
        let more = self.engine.tick(now, slice(self.config.active_expire_effort));
        let elapsed = watch.lap();
        self.stats.busy_ns += elapsed;
        self.engine.latency.note("expire-cycle", now.wall_s(), elapsed);
        if !self.engine.effects.is_empty() {
            self.route_apart(now);
        }
        // Begun by what follows, or by an event since the last slice.
        self.cron.slice = None;
        let more = self.produce() || more;
        if more {
            self.wake_soon();
        }
    }

    fn sample_rates(&mut self, now: Now) {
        let (stats, commands) = (&self.stats, self.engine.units);
        let counters = [
            commands,
            stats.received_bytes,
            stats.sent_bytes,
            stats.replication_received_bytes,
            stats.replication_sent_bytes,
            stats.events,
        ];
        self.rates.sample(now.mono_us, counters);
    }

    fn every_second(&mut self, _now: Now) {
        self.engine.effects.interest = self.interest();
    }

    /// Compares what is used with `maxmemory`. Nothing is evicted: above it, commands flagged `denyoom` are refused.
    pub(crate) fn check_memory(&mut self) {
        let used = self.used_memory().max(self.engine.keyspace.memory() as u64);
        let limit = self.config.maxmemory;
        self.engine.mode.out_of_memory = limit > 0 && used > limit;
    }

    /// Closes clients that were idle for `timeout` seconds or read too slowly for too long.
    fn check_clients(&mut self, now: Now) {
        let timeout = self.config.timeout_seconds as u64 * 1_000_000;
        let mut idle = Vec::new();
        let mut slow = Vec::new();
        for client in self.clients.iter().filter(|client| !client.closing) {
            let rested = now.mono_us.saturating_sub(client.last_interaction_us);
            let may_idle = client.role != Role::Normal || client.suspended.is_some();
            if timeout > 0 && rested > timeout && !may_idle {
                idle.push(client.conn);
            } else if client.output.over_soft_since.is_some() {
                slow.push(client.conn);
            }
        }
        for conn in idle {
            self.stats.idle_disconnections += 1;
            self.log(super::LogLevel::Verbose, "Closing idle client");
            self.close_now(conn);
        }
        for conn in slow {
            self.check_output_limit(conn);
        }
    }

    /// Cuts a client off whose unsent output passes its class's hard limit, or the soft one for too long.
    pub(crate) fn check_output_limit(&mut self, conn: super::ConnId) {
        let now_us = self.now.mono_us;
        let unsent = self.feed_unsent(conn);
        let Some(client) = self.clients.get_mut(conn) else { return };
        let class = match client.role {
            Role::Normal => ClientClass::Normal,
            Role::Pubsub => ClientClass::Pubsub,
            Role::Replica => ClientClass::Replica,
            Role::Primary => return,
        };
        let limit = self.config.client_output_buffer_limit.of(class);
        let waiting = client.output.len() as u64 + unsent;
        let hard = limit.hard > 0 && waiting >= limit.hard;
        let soft = limit.soft > 0 && waiting >= limit.soft;
        if !soft {
            client.output.over_soft_since = None;
        }
        let since = soft.then(|| *client.output.over_soft_since.get_or_insert(now_us));
        let too_long = since.is_some_and(|since| now_us - since > limit.soft_seconds * 1_000_000);
        if hard || too_long {
            let who = crate::families::client_list::line(client, now_us);
            let text = format!("Client {who} closed for overcoming of output buffer limits.");
            self.stats.output_limit_disconnections += 1;
            self.log(super::LogLevel::Warning, text);
            self.close_now(conn);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Harness;

    #[test]
    fn idle_clients_leave() {
        let mut server = Harness::with(&[("timeout", "3")]);
        let (idle, busy) = (server.client(), server.client());
        for _ in 0..5 {
            server.advance(1_000);
            server.command(busy, "PING");
        }
        assert!(server.is_closed(idle) && !server.is_closed(busy));
        assert_eq!(server.node.stats.idle_disconnections, 1);
    }

    #[test]
    fn the_hard_limit_cuts_off_at_once() {
        let mut server = Harness::with(&[("client-output-buffer-limit", "normal 1000 0 0")]);
        let (conn, slow) = (server.client(), server.client());
        server.command(conn, &format!("SET k {}", "x".repeat(900)));
        server.set_deaf(slow, true);
        server.command(slow, "GET k");
        assert!(!server.is_closed(slow));
        server.command(slow, "GET k");
        assert!(server.is_closed(slow));
        assert_eq!(server.node.stats.output_limit_disconnections, 1);
        let told = "closed for overcoming of output buffer limits.";
        assert!(server.log.iter().any(|(_, text)| text.starts_with("Client id=2 ") && text.ends_with(told)));
    }

    #[test]
    fn the_soft_limit_has_patience() {
        let mut server = Harness::with(&[("client-output-buffer-limit", "normal 0 500 2")]);
        let (conn, slow, slower) = (server.client(), server.client(), server.client());
        server.command(conn, &format!("SET k {}", "x".repeat(900)));
        for client in [slow, slower] {
            server.set_deaf(client, true);
            server.command(client, "GET k");
        }
        server.advance(1_500);
        server.set_deaf(slow, false);
        server.advance(1_500);
        assert!(!server.is_closed(slow) && server.is_closed(slower));
    }

    #[test]
    fn above_maxmemory_writes_are_refused_and_reads_are_not() {
        let mut server = Harness::new(crate::config::Config::default());
        let conn = server.client();
        assert_eq!(server.ask(conn, "SET k v"), "OK");
        assert_eq!(server.ask(conn, "CONFIG SET maxmemory 100"), "OK");
        let refused = "OOM command not allowed when used memory > 'maxmemory'.";
        assert_eq!(server.ask(conn, "SET k w"), refused);
        assert_eq!(server.ask(conn, "GET k"), "\"v\"");
        assert_eq!(server.ask(conn, "DEL k"), "1");
        assert_eq!(server.ask(conn, "CONFIG SET maxmemory 0"), "OK");
        assert_eq!(server.ask(conn, "SET k w"), "OK");
    }
}
