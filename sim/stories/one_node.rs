//! One server and its client, through what can happen to either.

use sim::network::Weather;
use sim::story::Story;

#[test]
fn a_crash_forgets_everything_since_nothing_is_persisted() {
    let mut story = Story::new(1);
    story.ask("n1", "SET k v", "OK");
    story.ask("n1", "GET k", "v");
    story.fault("kill n1");
    story.ask("n1", "GET k", "-");
    story.heal();
    story.ask("n1", "GET k", "(nil)");
}

#[test]
fn a_paused_server_answers_when_it_goes_on() {
    let mut story = Story::new(1);
    story.ask("n1", "SET k v", "OK");
    story.fault("pause n1");
    story.ask("n1", "GET k", "-");
    story.heal();
    story.ask("n1", "GET k", "v");
}

#[test]
fn a_pipeline_is_answered_in_order_however_it_is_cut() {
    let weather = Weather { segment_max: 7, split_ppm: 900_000, read_delay_us: 300, ..Weather::default() };
    let mut story = Story::in_weather(1, weather);
    story.ask(
        "n1",
        "SET k 1 | GET k | SET k 2 GET | GET k | NONSENSE",
        &format!("OK | 1 | 1 | 2 | {}", "ERR unknown command \\'NONSENSE\\', with args beginning with: "),
    );
}

#[test]
fn a_key_expires_by_the_wall_clock_wherever_it_jumps() {
    let mut story = Story::new(1);
    story.ask("n1", "SET k v PX 60000 | GET k", "OK | v");
    story.fault("jump n1 +59s");
    story.ask("n1", "GET k", "v");
    story.fault("jump n1 +2s");
    story.ask("n1", "GET k", "(nil)");
}

#[test]
fn a_reset_connection_is_replaced_by_a_new_one() {
    let mut story = Story::new(1);
    story.ask("n1", "SET k v", "OK");
    story.fault("reset h1>n1");
    story.ask("n1", "GET k", "v");
}
