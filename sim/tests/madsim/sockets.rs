//! What a client's end of a connection may do: end one direction, break off, read slowly or never.

use crate::{ROUGH, ask, connect, info, ip, on_machine, plan, text};
use ::madsim::time::{Duration, sleep, timeout};
use net::resp::Frame;
use sim::madsim::{Client, Server, Weather, run};
use std::io::ErrorKind;

const FINE: Weather = Weather { piece_max: 0, wait_ppm: 0, wait_max_us: 0, reset_ppm: 0 };

#[test]
fn a_client_that_has_said_everything_hears_everything() {
    for seed in 0..4 {
        run(seed, async |cluster| {
            let server = Server::start(&cluster, plan(&[], ROUGH));
            let to = server.address;
            let work = {
                let cluster = cluster.clone();
                async move {
                    let mut client = connect(&cluster, "whole", to, ROUGH).await;
                    for number in 0..200 {
                        client.queue(&["ECHO", &format!("reply {number}")]);
                    }
                    client.finish().await.unwrap();
                    for number in 0..200 {
                        let reply = Frame::Bulk(format!("reply {number}").into_bytes());
                        assert_eq!(client.receive().await.unwrap(), Some(reply));
                    }
                    assert_eq!(client.receive().await.unwrap(), None, "the server ends its side as well");

                    let mut silent = connect(&cluster, "silent", to, ROUGH).await;
                    silent.finish().await.unwrap();
                    assert_eq!(silent.receive().await.unwrap(), None);

                    let mut quitter = connect(&cluster, "quitter", to, ROUGH).await;
                    ["PING", "QUIT", "PING"].iter().for_each(|word| quitter.queue(&[word]));
                    assert_eq!(quitter.receive().await.unwrap(), Some(Frame::Simple(b"PONG".into())));
                    assert_eq!(quitter.receive().await.unwrap(), Some(Frame::Simple(b"OK".into())));
                    // What was sent after QUIT and never read makes the end a reset, as a kernel would.
                    let end = quitter.receive().await;
                    assert!(matches!(end, Ok(None)) || end.is_err(), "{end:?}");
                }
            };
            on_machine!(cluster, 1, work).await.unwrap();
        });
    }
}

#[test]
fn broken_connections_leave_nothing_behind() {
    for seed in 0..4 {
        run(seed, async |cluster| {
            let server = Server::start(&cluster, plan(&[], ROUGH));
            let to = server.address;
            let breaker = {
                let cluster = cluster.clone();
                async move {
                    let mut chance = cluster.seed.stream("breaker");
                    for number in 0..40 {
                        let reset_ppm = if number % 2 == 0 { 200_000 } else { 0 };
                        let weather = Weather { reset_ppm, ..ROUGH };
                        let mut client = connect(&cluster, &format!("b{number}"), to, weather).await;
                        (0..chance.between(0, 20)).for_each(|_| client.queue(&["GET", "steady"]));
                        // Begun and never finished: it must not run.
                        client.queue_raw(b"*3\r\n$3\r\nSET\r\n$5\r\nghost\r\n$4\r\nbo");
                        let _ = client.send().await;
                        let _ = timeout(Duration::from_micros(chance.below(30_000)), client.receive()).await;
                        if chance.chance(500_000) {
                            client.reset();
                        }
                    }
                }
            };
            let steady = {
                let cluster = cluster.clone();
                async move {
                    let mut client = connect(&cluster, "steady", to, ROUGH).await;
                    for number in 1..=100 {
                        assert_eq!(ask(&mut client, "INCR steady").await, format!(":{number}\r\n"));
                    }
                    client
                }
            };
            let breaker = on_machine!(cluster, 1, breaker);
            let steady = on_machine!(cluster, 2, steady);
            breaker.await.unwrap();
            let mut client = steady.await.unwrap();
            sleep(Duration::from_secs(2)).await;
            assert_eq!(ask(&mut client, "GET ghost").await, "$-1\r\n");
            assert_eq!(info(&mut client, "connected_clients").await.unwrap(), "1");
            assert_eq!(info(&mut client, "total_connections_received").await.unwrap(), "41");
        });
    }
}

/// Asks for 8 MB of replies and takes nothing for a while.
async fn ask_much(client: &mut Client) {
    let big = "x".repeat(80_000);
    assert_eq!(client.call(&["SET", "big", &big]).await.unwrap(), Frame::Simple(b"OK".into()));
    (0..100).for_each(|_| client.queue(&["GET", "big"]));
    client.send().await.unwrap();
}

#[test]
fn a_slow_reader_holds_up_only_itself() {
    run(1, async |cluster| {
        let server = Server::start(&cluster, plan(&[], FINE));
        let to = server.address;
        let slow = {
            let cluster = cluster.clone();
            async move {
                let mut client = connect(&cluster, "slow", to, Weather { piece_max: 20_000, ..ROUGH }).await;
                assert_eq!(ask(&mut client, "CLIENT SETNAME slow").await, "+OK\r\n");
                ask_much(&mut client).await;
                sleep(Duration::from_secs(10)).await;
                for number in 0..100 {
                    let reply = client.receive().await.unwrap();
                    assert_eq!(reply, Some(Frame::Bulk(vec![b'x'; 80_000])), "reply {number}");
                }
                assert_eq!(ask(&mut client, "PING").await, "+PONG\r\n");
            }
        };
        let other = {
            let cluster = cluster.clone();
            async move {
                let mut client = connect(&cluster, "other", to, FINE).await;
                sleep(Duration::from_secs(2)).await;
                let listed = text(&client.call(&["CLIENT", "LIST"]).await.unwrap());
                let line = listed.lines().find(|line| line.contains("name=slow")).expect("it is connected");
                let omem = line.split(' ').find_map(|field| field.strip_prefix("omem=")).expect("a field");
                let omem: u64 = omem.parse().unwrap();
                assert!((7_000_000..20_000_000).contains(&omem), "{line}");
                for number in 1..=100 {
                    let reply = timeout(Duration::from_millis(100), client.call(&["INCR", "n"])).await;
                    assert_eq!(reply.expect("promptly").unwrap(), Frame::Integer(number));
                }
            }
        };
        let slow = on_machine!(cluster, 1, slow);
        on_machine!(cluster, 2, other).await.unwrap();
        slow.await.unwrap();
    });
}

#[test]
fn a_reader_beyond_its_output_limit_is_cut_off() {
    run(2, async |cluster| {
        let server = Server::start(&cluster, plan(&["client-output-buffer-limit normal 1mb 0 0"], FINE));
        let to = server.address;
        let work = {
            let cluster = cluster.clone();
            async move {
                let mut slow = connect(&cluster, "slow", to, ROUGH).await;
                ask_much(&mut slow).await;
                sleep(Duration::from_secs(1)).await;
                let mut whole = 0;
                let end = loop {
                    match slow.receive().await {
                        Ok(Some(_)) => whole += 1,
                        Ok(None) => panic!("the replies ended at the end of one"),
                        Err(error) => break error.kind(),
                    }
                };
                assert!(whole < 100, "{whole} replies");
                assert!(matches!(end, ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset), "{end}");
                let mut other = connect(&cluster, "other", to, FINE).await;
                assert_eq!(info(&mut other, "connected_clients").await.unwrap(), "1");
            }
        };
        on_machine!(cluster, 1, work).await.unwrap();
    });
}

#[test]
fn a_partition_delays_and_loses_nothing() {
    run(3, async |cluster| {
        let server = Server::start(&cluster, plan(&[], ROUGH));
        let to = server.address;
        let machine = cluster.machine("c1", ip(101));
        let work = {
            let cluster = cluster.clone();
            async move {
                let mut client = connect(&cluster, "c1", to, ROUGH).await;
                assert_eq!(ask(&mut client, "INCR n").await, ":1\r\n");
                sleep(Duration::from_secs(1)).await;
                (0..50).for_each(|_| client.queue(&["INCR", "n"]));
                let early = timeout(Duration::from_secs(3), client.receive()).await;
                assert!(early.is_err(), "nothing comes through: {early:?}");
                for number in 2..=51 {
                    assert_eq!(client.receive().await.unwrap(), Some(Frame::Integer(number)));
                }
            }
        };
        let client = machine.spawn(work);
        sleep(Duration::from_millis(500)).await;
        cluster.partition(server.machine(), machine.id());
        sleep(Duration::from_secs(5)).await;
        cluster.heal(server.machine(), machine.id());
        client.await.unwrap();
    });
}
