//! The process as a whole: standing still, ending, its disk, and starting again.

use crate::{ROUGH, ask, connect, on_machine, plan};
use ::madsim::time::{Duration, Instant, sleep, timeout};
use net::resp::Frame;
use sim::madsim::{Client, Cluster, Server, Weather, run};
use std::net::SocketAddr;
use std::sync::Arc;

/// Runs the test's client on a machine of its own, beside a server that the test controls.
fn with_server<F>(seed: u64, test: impl FnOnce(Cluster, Arc<Server>) -> F + Send + 'static)
where
    F: Future<Output = ()> + Send + 'static,
{
    run(seed, async move |cluster| {
        let server = Arc::new(Server::start(&cluster, plan(&[], ROUGH)));
        on_machine!(cluster, 1, test(cluster.clone(), server)).await.unwrap();
    });
}

async fn fresh(cluster: &Cluster, name: &str, to: SocketAddr) -> Client {
    connect(cluster, name, to, ROUGH).await
}

#[test]
fn a_paused_server_answers_later() {
    with_server(1, |cluster, server| async move {
        let mut client = fresh(&cluster, "c", server.address).await;
        assert_eq!(ask(&mut client, "PING").await, "+PONG\r\n");
        server.pause();
        client.queue(&["ECHO", "late"]);
        let early = timeout(Duration::from_secs(5), client.receive()).await;
        assert!(early.is_err(), "it stands still: {early:?}");
        server.resume();
        assert_eq!(client.receive().await.unwrap(), Some(Frame::Bulk(b"late".into())));
    });
}

#[test]
fn a_sleeping_server_answers_nobody() {
    with_server(2, |cluster, server| async move {
        let mut sleeper = fresh(&cluster, "sleeper", server.address).await;
        let mut other = fresh(&cluster, "other", server.address).await;
        assert_eq!(ask(&mut other, "PING").await, "+PONG\r\n");
        assert_eq!(ask(&mut sleeper, "PING").await, "+PONG\r\n");
        let asked = Instant::now();
        sleeper.queue(&["DEBUG", "SLEEP", "2"]);
        sleeper.send().await.unwrap();
        sleep(Duration::from_millis(200)).await;
        assert_eq!(ask(&mut other, "PING").await, "+PONG\r\n");
        assert!(asked.elapsed() > Duration::from_secs(2), "{:?}", asked.elapsed());
        assert_eq!(sleeper.receive().await.unwrap(), Some(Frame::Simple(b"OK".into())));
        assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    });
}

/// The end of the server, seen from a client.
async fn assert_down(cluster: &Cluster, server: &Server, client: &mut Client) {
    let end = client.receive().await;
    assert!(matches!(end, Ok(None)), "{end:?}");
    assert!(server.is_down());
    assert_eq!(server.exit_code(), Some(0));
    assert!(Client::connect(cluster, "refused", server.address, Weather::default()).await.is_err());
}

#[test]
fn shutdown_and_sigterm_end_the_process() {
    with_server(3, |cluster, server| async move {
        let mut client = fresh(&cluster, "first", server.address).await;
        client.queue(&["SHUTDOWN", "NOSAVE"]);
        assert_down(&cluster, &server, &mut client).await;
        server.restart();
        let mut client = fresh(&cluster, "second", server.address).await;
        assert_eq!(ask(&mut client, "PING").await, "+PONG\r\n");
        server.terminate();
        assert_down(&cluster, &server, &mut client).await;
        server.restart();
        let mut client = fresh(&cluster, "third", server.address).await;
        assert_eq!(ask(&mut client, "PING").await, "+PONG\r\n");
    });
}

#[test]
fn a_rewritten_configuration_outlives_the_power() {
    for seed in 4..8 {
        with_server(seed, |cluster, server| async move {
            let mut client = fresh(&cluster, "before", server.address).await;
            assert_eq!(ask(&mut client, "CONFIG SET maxclients 77").await, "+OK\r\n");
            assert_eq!(ask(&mut client, "CONFIG REWRITE").await, "+OK\r\n");
            assert_eq!(ask(&mut client, "CONFIG SET maxclients 78").await, "+OK\r\n");
            server.disk().ailments.error_ppm = 1_000_000;
            let refused = ask(&mut client, "CONFIG REWRITE").await;
            assert!(refused.starts_with("-ERR Rewriting config file: "), "{refused}");
            server.disk().ailments.error_ppm = 0;
            server.cut_power();
            server.restart();
            let mut client = fresh(&cluster, "after", server.address).await;
            let maxclients = ask(&mut client, "CONFIG GET maxclients").await;
            assert_eq!(maxclients, "*2\r\n$10\r\nmaxclients\r\n$2\r\n77\r\n");
        });
    }
}

/// A save that power cuts short leaves the snapshot before it; one that was answered stays.
#[test]
fn a_snapshot_outlives_the_power_whole_or_not_at_all() {
    let mut kept = [0, 0];
    for seed in 30..46 {
        let found = std::sync::mpsc::channel();
        with_server(seed, move |cluster, server| async move {
            let mut client = fresh(&cluster, "before", server.address).await;
            let (first, second) = ("1".repeat(5000), "2".repeat(5000));
            assert_eq!(ask(&mut client, &format!("SET k {first}")).await, "+OK\r\n");
            assert_eq!(ask(&mut client, "SAVE").await, "+OK\r\n");
            assert_eq!(ask(&mut client, &format!("SET k {second}")).await, "+OK\r\n");
            client.queue(&["BGSAVE"]);
            client.send().await.unwrap();
            sleep(Duration::from_micros(cluster.seed.stream("cut").below(40_000))).await;
            server.cut_power();
            server.restart();
            let mut client = fresh(&cluster, "after", server.address).await;
            let value = ask(&mut client, "GET k").await;
            let which = [first, second].iter().position(|text| value == format!("$5000\r\n{text}\r\n"));
            found.0.send(which.expect("one of the two values")).expect("somebody waits");
        });
        kept[found.1.recv().expect("the run has ended")] += 1;
    }
    assert!(kept[0] > 0 && kept[1] > 0, "before and after the moment of the save: {kept:?}");
}

#[test]
fn a_new_port_is_listened_on_and_old_connections_live() {
    with_server(8, |cluster, server| async move {
        let mut client = fresh(&cluster, "old", server.address).await;
        assert_eq!(ask(&mut client, "CONFIG SET port 7000").await, "+OK\r\n");
        let mut moved = server.address;
        moved.set_port(7000);
        let mut new = fresh(&cluster, "new", moved).await;
        assert_eq!(ask(&mut new, "INCR n").await, ":1\r\n");
        assert_eq!(ask(&mut client, "INCR n").await, ":2\r\n");
    });
}
