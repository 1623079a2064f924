//! Clients that work on keys of their own and know what they must be answered.

use crate::{ROUGH, connect, info, on_machine, plan};
use ::madsim::time::{Duration, sleep};
use net::resp::Frame;
use sim::madsim::{Client, Cluster, Server, Weather, run};
use sim::random;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// One client's keys, as they are if the server is right.
struct Model {
    prefix: String,
    keys: BTreeMap<u64, Vec<u8>>,
    chance: random::Stream,
}

impl Model {
    fn new(cluster: &Cluster, name: &str) -> Model {
        let chance = cluster.seed.stream(&format!("model {name}"));
        Model { prefix: name.to_owned(), keys: BTreeMap::new(), chance }
    }

    fn text(&mut self) -> Vec<u8> {
        let len = self.chance.log_between(1, 3000) as usize;
        let byte = self.chance.below(256) as u8;
        vec![byte; len]
    }

    /// A request and its reply.
    fn step(&mut self) -> (Vec<Vec<u8>>, Frame) {
        let number = self.chance.below(4);
        let key = format!("{}:{number}", self.prefix).into_bytes();
        match self.chance.below(5) {
            0 => {
                let text = self.text();
                self.keys.insert(number, text.clone());
                (vec![b"SET".into(), key, text], Frame::Simple(b"OK".into()))
            }
            1 => {
                let value = self.keys.get(&number).cloned().map_or(Frame::NullBulk, Frame::Bulk);
                (vec![b"GET".into(), key], value)
            }
            2 => {
                let text = self.text();
                let value = self.keys.entry(number).or_default();
                value.extend(&text);
                let len = Frame::Integer(value.len() as i64);
                (vec![b"APPEND".into(), key, text], len)
            }
            3 => {
                let value = self.keys.remove(&number).map_or(Frame::NullBulk, Frame::Bulk);
                (vec![b"GETDEL".into(), key], value)
            }
            _ => {
                let text = self.text();
                (vec![b"ECHO".into(), text.clone()], Frame::Bulk(text))
            }
        }
    }
}

/// Pipelines of up to 60 requests, checked reply by reply.
pub async fn pipelines(cluster: Cluster, name: String, to: SocketAddr, rounds: u32, weather: Weather) {
    let mut client = connect(&cluster, &name, to, weather).await;
    let mut model = Model::new(&cluster, &name);
    for round in 0..rounds {
        let mut expected = Vec::new();
        for _ in 0..model.chance.log_between(1, 60) {
            let (request, reply) = model.step();
            client.queue(&request);
            expected.push((request, reply));
        }
        for (request, reply) in expected {
            let got = client.receive().await.unwrap_or_else(|error| panic!("{name}, round {round}: {error}"));
            let request = request.concat().escape_ascii().to_string();
            assert_eq!(got, Some(reply), "{name}, round {round}: {request}");
        }
    }
}

/// What a client that counts has seen.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub answered: u64,
    /// Connections that ended under it.
    pub broken: u64,
    /// Lives of the server.
    pub lives: u64,
}

/// Counts with INCR until told to stop, over whatever happens to the server. Within one life of a server that
/// stores nothing, and as long as only its death breaks connections, the answers are 1, 2, 3 and so on; a life
/// that follows begins at 1.
pub async fn count(cluster: Cluster, name: String, to: SocketAddr, stop: Arc<AtomicBool>) -> Seen {
    let mut chance = cluster.seed.stream(&format!("count {name}"));
    let mut seen = Seen::default();
    let mut life = (String::new(), 0);
    let mut attempt = 0;
    while !stop.load(Ordering::Relaxed) {
        attempt += 1;
        let mut client = connect(&cluster, &format!("{name}#{attempt}"), to, ROUGH).await;
        let counted = async {
            let now = info(&mut client, "run_id").await?;
            if now != life.0 {
                life = (now, 0);
                seen.lives += 1;
            }
            while !stop.load(Ordering::Relaxed) {
                count_once(&mut client, &name, &mut life.1, &mut seen.answered, chance.between(1, 30))
                    .await?;
            }
            std::io::Result::Ok(())
        };
        if counted.await.is_err() {
            seen.broken += 1;
        }
    }
    seen
}

/// A pipeline of INCR, of which the first `answered` may be all that is answered.
async fn count_once(
    client: &mut Client,
    key: &str,
    last: &mut i64,
    answered: &mut u64,
    depth: u64,
) -> std::io::Result<()> {
    (0..depth).for_each(|_| client.queue(&["INCR", key]));
    for _ in 0..depth {
        let frame = client.receive().await?.ok_or(std::io::ErrorKind::UnexpectedEof)?;
        *last += 1;
        *answered += 1;
        assert_eq!(frame, Frame::Integer(*last), "{key}");
    }
    Ok(())
}

#[test]
fn pipelines_are_answered_in_order_whatever_the_pieces() {
    for seed in 0..4 {
        run(seed, async |cluster| {
            let weather = if cluster.seed.0 % 2 == 0 { ROUGH } else { Weather { piece_max: 7, ..ROUGH } };
            let server = Server::start(&cluster, plan(&[], weather));
            let clients: Vec<_> = (1..=3)
                .map(|number| {
                    let work = pipelines(cluster.clone(), format!("c{number}"), server.address, 12, weather);
                    on_machine!(cluster, number, work)
                })
                .collect();
            for client in clients {
                client.await.unwrap();
            }
        });
    }
}

/// Clients that count while the server is killed, or its machine loses power, and is started again.
pub async fn count_through_deaths(cluster: Cluster) -> Vec<Seen> {
    let server = Server::start(&cluster, plan(&[], ROUGH));
    let stop = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (1..=3)
        .map(|number| {
            let work = count(cluster.clone(), format!("c{number}"), server.address, stop.clone());
            on_machine!(cluster, number, work)
        })
        .collect();
    let mut chance = cluster.seed.stream("deaths");
    for _ in 0..4 {
        sleep(Duration::from_millis(chance.between(200, 900))).await;
        if chance.chance(500_000) {
            server.kill()
        } else {
            server.cut_power()
        }
        sleep(Duration::from_millis(chance.log_between(1, 200))).await;
        server.restart();
    }
    sleep(Duration::from_secs(1)).await;
    stop.store(true, Ordering::Relaxed);
    let mut all = Vec::new();
    for client in clients {
        all.push(client.await.unwrap());
    }
    all
}

#[test]
fn a_server_killed_under_load_starts_anew_and_answers_right() {
    let (mut broken, mut lives) = (0, 0);
    for seed in 0..6 {
        for seen in run(seed, count_through_deaths).value {
            assert!(seen.answered > 100, "seed {seed}: {seen:?}");
            broken += seen.broken;
            lives += seen.lives;
        }
    }
    assert!(broken >= 6 * 3 * 3 && lives >= 6 * 3 * 4, "the deaths struck: {broken} broken, {lives} lives");
}
