//! MEMORY DOCTOR, MALLOC-STATS and PURGE: what can be said about memory in words, and given back.

use super::Call;
use super::info::{Usage, human};
use crate::node::Action;
use engine::error::CommandError;
use std::fmt::Write;

const MEGABYTE: u64 = 1024 * 1024;
/// Below this, ratios say nothing: the process itself outweighs its data.
const SMALL: u64 = 5 * MEGABYTE;
/// What a client's buffers may take on average before that is worth a word.
const CLIENT_BYTES: u64 = 200 * 1024;
const REPLICA_BYTES: u64 = 10 * MEGABYTE;

pub(super) fn doctor(call: &mut Call<'_>) -> Result<(), CommandError> {
    let node = &*call.node;
    let count = |replica: bool| {
        let is_one =
            |client: &&crate::client::Client| (client.role == crate::client::Role::Replica) == replica;
        node.clients.iter().filter(is_one).count() as u64
    };
    let text = report(&Usage::of(node), count(false), count(true));
    call.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

/// A line for each thing that an operator may want to do something about.
fn report(usage: &Usage, clients: u64, replicas: u64) -> String {
    if usage.used < SMALL {
        return "There is so little data here that figures about memory say nothing yet.\n".into();
    }
    let mut text = String::new();
    let mut say = |line: String| writeln!(text, "{line}").expect("a string takes it");
    if usage.peak > usage.used / 2 * 3 {
        say(format!(
            "Peak: {} were in use at some time, and {} are now. What the system still counts for this process may be \
             left from then; MEMORY PURGE gives back what it can.",
            human(usage.peak),
            human(usage.used)
        ));
    }
    if usage.fragmentation() > 1.4 && usage.fragmentation_bytes() > 10 * MEGABYTE as i64 {
        say(format!(
            "Fragmentation: the process has {:.2} bytes of the system for each byte in use.",
            usage.fragmentation()
        ));
    }
    if usage.resident > 0 && usage.resident < usage.used / 10 * 9 {
        say("Swapping: less is in the machine's memory than is in use; the rest has been swapped out.".into());
    }
    if let Some(each) = usage.normal_clients.checked_div(clients).filter(|each| *each > CLIENT_BYTES) {
        say(format!(
            "Clients: their buffers take {} each on average. Somebody reads too slowly, or sends requests in small \
             pieces; CLIENT LIST shows who.",
            human(each)
        ));
    }
    if let Some(each) = usage.replica_clients.checked_div(replicas).filter(|each| *each > REPLICA_BYTES) {
        say(format!(
            "Replicas: {} wait to be sent to each on average. A replica or its network is too slow.",
            human(each)
        ));
    }
    if text.is_empty() {
        text.push_str("Nothing about the memory of this server is out of the ordinary.\n");
    }
    text
}

pub(super) fn malloc_stats(call: &mut Call<'_>) -> Result<(), CommandError> {
    let usage = Usage::of(call.node);
    let keyspace = call.node.engine.keyspace.memory();
    let text = format!(
        "mimalloc\nallocated {}\npeak {}\nresident {}\nat start {}\nkeyspace tables {keyspace}\n",
        usage.used, usage.peak, usage.resident, usage.startup
    );
    call.reply.verbatim("txt", text.as_bytes());
    Ok(())
}

pub(super) fn purge(call: &mut Call<'_>) -> Result<(), CommandError> {
    call.node.act(Action::ReleaseMemory);
    call.reply.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::testing::Harness;

    #[test]
    fn what_is_out_of_the_ordinary() {
        let fine = || Usage {
            used: 100 * MEGABYTE,
            peak: 120 * MEGABYTE,
            startup: MEGABYTE,
            resident: 110 * MEGABYTE,
            normal_clients: MEGABYTE,
            replica_clients: 0,
        };
        let check = |usage: Usage, starts: &str| {
            let text = report(&usage, 10, 2);
            assert!(text.starts_with(starts) && text.lines().count() == 1, "{text}");
        };
        check(fine(), "Nothing about");
        check(Usage { used: MEGABYTE, ..fine() }, "There is so little");
        check(
            Usage { peak: 200 * MEGABYTE, ..fine() },
            "Peak: 200.00M were in use at some time, and 100.00M",
        );
        check(Usage { resident: 150 * MEGABYTE, ..fine() }, "Fragmentation: the process has 1.50 bytes");
        check(Usage { resident: 50 * MEGABYTE, ..fine() }, "Swapping:");
        check(Usage { normal_clients: 3 * MEGABYTE, ..fine() }, "Clients: their buffers take 307.20K each");
        check(Usage { replica_clients: 24 * MEGABYTE, ..fine() }, "Replicas: 12.00M wait");
    }

    #[test]
    fn nothing_measured_and_nothing_to_say() {
        let mut server = Harness::new(Config::default());
        let conn = server.client();
        assert!(server.ask(conn, "MEMORY DOCTOR").starts_with("\"There is so little"));
        assert!(server.ask(conn, "MEMORY MALLOC-STATS").starts_with("\"mimalloc\\nallocated "));
        server.check(conn, "> MEMORY PURGE < OK");
    }
}
