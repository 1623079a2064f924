//! A primary and its replica, each within a driver of its own, through a partition and the replica's death.

use crate::{ROUGH, ask, connect, info, on_machine, plan_of};
use ::madsim::time::{Duration, sleep, timeout};
use sim::madsim::{Client, Cluster, Server, run};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Writes to a few keys until told to stop, and answers how often it did.
async fn write(cluster: Cluster, to: SocketAddr, stop: Arc<AtomicBool>) -> u64 {
    let mut client = connect(&cluster, "writer", to, ROUGH).await;
    let mut chance = cluster.seed.stream("writer");
    let mut written = 0;
    while !stop.load(Ordering::Relaxed) {
        let (key, len) = (format!("key:{}", chance.below(50)), chance.log_between(1, 2000));
        assert_eq!(ask(&mut client, &format!("SET {key} {}", "v".repeat(len as usize))).await, "+OK\r\n");
        written += 1;
        sleep(Duration::from_millis(chance.below(20))).await;
    }
    written
}

/// What is seen from outside while the servers live through it.
struct Observer {
    cluster: Cluster,
    primary: SocketAddr,
    replica: SocketAddr,
}

impl Observer {
    async fn on(&self, name: &str, server: SocketAddr) -> Client {
        connect(&self.cluster, name, server, ROUGH).await
    }

    /// Waits until INFO of a server has this value.
    async fn says(&self, name: &str, server: SocketAddr, field: &str, value: &str) {
        let mut client = self.on(name, server).await;
        let waiting = async {
            while info(&mut client, field).await.unwrap() != value {
                sleep(Duration::from_millis(100)).await;
            }
        };
        let waited = timeout(Duration::from_secs(60), waiting).await;
        assert!(waited.is_ok(), "{name}: {field} is not {value}");
    }

    /// Waits until both hold the same, and answers it.
    async fn converged(&self) -> String {
        let mut primary = self.on("final primary", self.primary).await;
        let mut replica = self.on("final replica", self.replica).await;
        for _ in 0..100 {
            let digest = ask(&mut primary, "DEBUG DIGEST").await;
            if ask(&mut replica, "DEBUG DIGEST").await == digest {
                return digest;
            }
            sleep(Duration::from_millis(100)).await;
        }
        panic!("primary and replica still differ");
    }
}

#[test]
fn a_replica_follows_through_a_partition_and_its_own_death() {
    for seed in 0..3 {
        run(seed, async |cluster| {
            let primary =
                Server::start(&cluster, plan_of(1, &["repl-timeout 4", "repl-diskless-sync-delay 0"], ROUGH));
            let follows = ["repl-timeout 4", "replicaof 10.0.0.1 6379"];
            let replica = Server::start(&cluster, plan_of(2, &follows, ROUGH));
            let stop = Arc::new(AtomicBool::new(false));
            let writer = on_machine!(cluster, 1, write(cluster.clone(), primary.address, stop.clone()));
            let observer = cluster.machine("observer", crate::ip(200));
            let seen = Arc::new(Observer {
                cluster: cluster.clone(),
                primary: primary.address,
                replica: replica.address,
            });

            let watch = seen.clone();
            let begun = async move {
                watch.says("linked", watch.replica, "master_link_status", "up").await;
                watch.says("first", watch.primary, "sync_full", "1").await;
            };
            observer.spawn(begun).await.unwrap();
            sleep(Duration::from_secs(2)).await;
            cluster.partition(primary.machine(), replica.machine());
            sleep(Duration::from_secs(10)).await;
            cluster.heal(primary.machine(), replica.machine());
            let watch = seen.clone();
            let resumed = async move { watch.says("healed", watch.primary, "sync_partial_ok", "1").await };
            observer.spawn(resumed).await.unwrap();

            replica.kill();
            sleep(Duration::from_millis(300)).await;
            replica.restart();
            let watch = seen.clone();
            let renewed = async move { watch.says("restarted", watch.primary, "sync_full", "2").await };
            observer.spawn(renewed).await.unwrap();

            stop.store(true, Ordering::Relaxed);
            let written = writer.await.unwrap();
            assert!(written > 200, "{written} writes");
            let digest = observer.spawn(async move { seen.converged().await }).await.unwrap();
            assert_ne!(digest.trim_start_matches('+').trim(), "0".repeat(40));
        });
    }
}
