//! A primary and its replicas, through partitions, deaths and promotions.

use sim::story::Story;

/// `n1` with the others behind it, in step.
fn led_by_n1(nodes: usize) -> Story {
    let mut story = Story::new(nodes);
    for n in 2..=nodes {
        story.ask(&format!("n{n}"), "REPLICAOF n1 6379", "OK");
    }
    story.ask("n1", "SET first 1", "OK");
    for n in 2..=nodes {
        story.ask_until(&format!("n{n}"), "GET first", "1", 30);
    }
    story
}

#[test]
fn a_replica_gets_what_was_there_and_what_comes() {
    let mut story = Story::new(2);
    story.ask("n1", "SET before 1 | SET gone 1 PX 100000 | DEL gone", "OK | OK | 1");
    story.ask("n2", "SET mine 1 | REPLICAOF n1 6379", "OK | OK");
    story.ask_until("n2", "GET before", "1", 30);
    story.ask("n2", "GET mine", "(nil)");
    story.ask("n1", "INCR before | APPEND before 0 | SET after x EX 100", "2 | 2 | OK");
    story.ask_until("n2", "GET after", "x", 5);
    story.ask("n2", "GET before", "20");
    story.converged();
}

#[test]
fn a_replica_takes_no_writes() {
    let mut story = led_by_n1(2);
    story.ask("n2", "SET k v", "READONLY You can\\'t write against a read only replica.");
}

#[test]
fn a_short_partition_is_caught_up_in_part() {
    let mut story = led_by_n1(2);
    story.fault("reset n1>n2");
    story.fault("cut n2>n1");
    story.ask("n1", "SET k v", "OK");
    story.wait_ms(3000);
    story.ask("n2", "GET k", "(nil)");
    story.heal();
    story.converged();
    story.ask("n2", "GET k", "v");
    assert_eq!(story.info("n1", "sync_partial_ok"), "1");
    assert_eq!(story.info("n1", "sync_full"), "1");
}

#[test]
fn a_primary_that_died_comes_back_empty_and_so_do_its_replicas() {
    let mut story = led_by_n1(3);
    story.fault("kill n1");
    story.ask("n2", "GET first", "1");
    story.heal();
    story.ask_until("n2", "GET first", "(nil)", 120);
    story.converged();
}

#[test]
fn after_a_promotion_the_others_follow_without_a_full_resync() {
    let mut story = led_by_n1(3);
    story.ask("n2", "REPLICAOF NO ONE", "OK");
    story.ask("n2", "SET led-by-n2 1", "OK");
    story.ask("n3", "REPLICAOF n2 6379", "OK");
    story.ask("n1", "REPLICAOF n2 6379", "OK");
    story.ask_until("n1", "GET led-by-n2", "1", 30);
    story.ask_until("n3", "GET led-by-n2", "1", 30);
    story.converged();
    assert_eq!(story.info("n2", "sync_full"), "0");
}

#[test]
fn what_the_old_primary_wrote_after_the_promotion_is_lost() {
    let mut story = led_by_n1(2);
    story.ask("n2", "REPLICAOF NO ONE", "OK");
    story.ask("n1", "SET too-late 1", "OK");
    story.ask("n2", "SET in-time 1", "OK");
    story.ask("n1", "REPLICAOF n2 6379", "OK");
    story.ask_until("n1", "GET in-time", "1", 30);
    story.ask("n1", "GET too-late", "(nil)");
    story.converged();
}

#[test]
fn a_replica_of_a_replica_repeats_the_stream() {
    let mut story = Story::new(3);
    story.ask("n2", "REPLICAOF n1 6379", "OK");
    story.ask("n3", "REPLICAOF n2 6379", "OK");
    story.ask("n1", "SET k v | SELECT 3 | SET k w", "OK | OK | OK");
    story.ask_until("n3", "GET k", "v", 60);
    story.converged();
}

#[test]
fn an_expired_key_leaves_a_replica_only_by_its_primarys_word() {
    let mut story = led_by_n1(2);
    story.ask("n1", "SET k v PX 60000", "OK");
    story.ask_until("n2", "GET k", "v", 5);
    // The replica's clock says that the time has come; its clients no longer see the key, but it keeps it.
    story.fault("jump n2 +100s");
    story.ask("n2", "GET k | DBSIZE", "(nil) | 2");
    story.ask("n1", "GET k", "v");
    story.converged();
}

#[test]
fn wait_tells_what_a_partition_let_through() {
    let mut story = led_by_n1(3);
    story.ask("n1", "SET k v | WAIT 2 1000", "OK | 2");
    story.fault("cut n1>n3");
    story.ask("n1", "SET k w | WAIT 2 700", "OK | 1");
    story.fault("pause n2");
    story.ask("n1", "SET k x | WAIT 1 700", "OK | 0");
    story.heal();
    story.wait_ms(5000);
    story.ask("n1", "WAIT 2 1500", "2");
    story.converged();
}

#[test]
fn a_pause_holds_back_what_comes_after_it_and_nothing_is_lost() {
    let mut story = led_by_n1(2);
    story.ask("n1", "SET k 1 | CLIENT PAUSE 800 WRITE | GET k | INCR k | GET k", "OK | OK | 1 | 2 | 2");
    story.ask("n2", "CLIENT PAUSE 500 WRITE", "OK");
    story.ask("n1", "INCR k | WAIT 1 100 | WAIT 1 1500", "3 | 0 | 1");
    story.converged();
}
