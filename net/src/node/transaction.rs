//! EXEC, from the moment that nothing stands in its way: every queued command runs, the engine's and the node's, and
//! what they all did is routed as the effects of one unit.
//!
//! Nobody waits inside a transaction for a key or a replica. Only where the host has to do something first (CONFIG
//! SET
//! of a listener, DEBUG RELOAD) does a transaction stop, and goes on with its rest once that is done.

use super::measure::Unit;
use super::{ConnId, Node};
use engine::engine::Ran;
use engine::exec::Transaction;
use engine::time::Now;
use engine::timing::Stopwatch;

/// The rest of a transaction that stopped for the host.
#[derive(Debug)]
pub struct Rest {
    queue: Box<Transaction>,
    next: usize,
}

impl Node {
    /// Runs what was queued; the head of the reply has been written.
    pub(crate) fn run_transaction(
        &mut self,
        now: Now,
        conn: ConnId,
        queue: Box<Transaction>,
        out: &mut Vec<u8>,
        watch: &mut dyn Stopwatch,
    ) {
        // EXEC itself is in nobody's time.
        self.measure_rest(watch);
        self.run_rest(now, conn, Rest { queue, next: 0 }, out, watch);
    }

    /// Goes on with a transaction whose client was suspended in it and is no longer.
    pub(crate) fn resume_transaction(&mut self, now: Now, conn: ConnId, watch: &mut dyn Stopwatch) {
        let Some(client) = self.clients.get_mut(conn) else { return };
        if client.suspended.is_some() {
            return;
        }
        let Some(rest) = client.unfinished.take() else { return };
        let mut out = client.output.take();
        self.messages.lend(conn);
        self.run_rest(now, conn, rest, &mut out, watch);
        self.route(now);
        self.messages.append_pending(&mut out);
        self.messages.settle();
        if let Some(client) = self.clients.get_mut(conn) {
            client.output.restore(out);
        }
        self.flush(conn);
    }

    fn run_rest(
        &mut self,
        now: Now,
        conn: ConnId,
        mut rest: Rest,
        out: &mut Vec<u8>,
        watch: &mut dyn Stopwatch,
    ) {
        self.in_transaction = true;
        for argv in rest.queue.iter().skip(rest.next) {
            let Some(client) = self.clients.get_mut(conn) else { break };
            if client.suspended.is_some() {
                break;
            }
            rest.next += 1;
            let start = out.len();
            let command = engine::gate::resolve(argv).expect("what was queued has a row");
            match self.engine.run_queued(now, &mut client.session, command, argv, out) {
                Ran::Done => {}
                Ran::Node(which, command) => self.run_node_command(now, conn, which, command, argv, out),
                Ran::Transaction(_) => unreachable!("EXEC is never queued"),
                Ran::Waits(_) => unreachable!("nobody waits in a transaction"),
            }
            let request = argv.iter().map(<[u8]>::len).sum();
            let unit = Unit { conn, command, argv, request, reply: out.len() - start };
            self.measure(now, &unit, rest.next == rest.queue.len(), watch);
        }
        self.measure_rest(watch);
        self.in_transaction = false;
        if rest.next < rest.queue.len()
            && let Some(client) = self.clients.get_mut(conn)
        {
            client.unfinished = Some(rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Harness;

    #[test]
    fn commands_of_the_engine_and_of_the_node_run_side_by_side() {
        let mut server = Harness::with(&[]);
        let conn = server.client();
        server.check(
            conn,
            r#"
            > MULTI                        < OK
            > SET k 1                      < QUEUED
            > CONFIG GET maxclients        < QUEUED
            > CLIENT GETNAME               < QUEUED
            > GET k                        < QUEUED
            > EXEC                         < [OK ["maxclients" "10000"] nil "1"]
            "#,
        );
    }

    #[test]
    fn another_client_spoils_a_watch_and_a_lost_one_leaves_nothing() {
        let mut server = Harness::with(&[]);
        let (a, b) = (server.client(), server.client());
        server.check(a, "> WATCH k < OK\n> MULTI < OK\n> SET k a < QUEUED");
        server.check(b, "> SET k b < OK");
        server.check(a, "> EXEC < nil\n> GET k < \"b\"");
        server.check(a, "> WATCH k < OK");
        server.hang_up(a);
        assert!(server.node.engine.watches.is_empty());
        server.check(b, "> WATCH k < OK\n> MULTI < OK\n> RESET < RESET\n> EXEC < ERR EXEC without MULTI");
        assert!(server.node.engine.watches.is_empty());
    }

    #[test]
    fn exec_is_refused_for_what_is_queued() {
        let mut server = Harness::with(&[]);
        let conn = server.client();
        server.check(conn, "> SET k v < OK\n> MULTI < OK\n> SET k w < QUEUED");
        let other = server.client();
        server.check(other, "> CONFIG SET maxmemory 100 < OK");
        let refused = "EXECABORT Transaction discarded because of: OOM command not allowed when used memory > \
                       'maxmemory'.";
        assert_eq!(server.ask(conn, "EXEC"), refused);
        server.check(conn, "> EXEC < ERR EXEC without MULTI\n> GET k < \"v\"");
    }

    #[test]
    fn nobody_waits_in_a_transaction_and_it_goes_on_after_the_host() {
        let mut server = Harness::with(&[]);
        let conn = server.client();
        server.send(conn, b"MULTI\r\nWAIT 1 0\r\nCONFIG SET maxclients 50\r\nECHO end\r\nEXEC\r\nPING\r\n");
        let replies = b"+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n:0\r\n+OK\r\n$3\r\nend\r\n+PONG\r\n";
        assert_eq!(server.read(conn), replies);
        server.check(conn, "> MULTI < OK\n> SAVE < ERR Command not allowed inside a transaction");
    }
}
