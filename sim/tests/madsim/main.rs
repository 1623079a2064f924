//! The production driver on simulated sockets: what connections, the death of a process and a random scheduler
//! do to it. Every test runs in simulated time, and its seed decides all of it.
#![forbid(unsafe_code)]

mod lives;
mod load;
mod replication;
mod sockets;
mod twice;

use ::madsim::time::{Duration, sleep};
use net::resp::Frame;
use sim::madsim::{Client, Cluster, ServerPlan, Weather};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Small pieces, and reads that wait now and then.
const ROUGH: Weather = Weather { piece_max: 300, wait_ppm: 100_000, wait_max_us: 20_000, reset_ppm: 0 };

fn ip(number: u8) -> IpAddr {
    Ipv4Addr::new(10, 0, 0, number).into()
}

/// The server "n1" on 10.0.0.1.
fn plan(config: &[&str], weather: Weather) -> ServerPlan {
    plan_of(1, config, weather)
}

fn plan_of(number: u8, config: &[&str], weather: Weather) -> ServerPlan {
    let config = config.iter().map(ToString::to_string).collect();
    ServerPlan { name: format!("n{number}"), ip: ip(number), config, weather }
}

/// Connects as soon as somebody listens, and waits until the server has loaded its data. In weather that breaks
/// connections it does not wait: that costs connections.
async fn connect(cluster: &Cluster, name: &str, to: SocketAddr, weather: Weather) -> Client {
    loop {
        match Client::connect(cluster, name, to, weather).await {
            Ok(client) if weather.reset_ppm > 0 => return client,
            Ok(mut client) => loop {
                match info(&mut client, "loading").await.as_deref() {
                    Ok("0") => return client,
                    Ok(_) => sleep(Duration::from_millis(5)).await,
                    Err(_) => break,
                }
            },
            Err(_) => sleep(Duration::from_millis(5)).await,
        }
    }
}

/// Runs a client on a machine of its own and answers what it ended with.
macro_rules! on_machine {
    ($cluster:expr, $number:expr, $client:expr) => {
        $cluster.machine(&format!("c{}", $number), $crate::ip(100 + $number)).spawn($client)
    };
}
use on_machine;

/// A reply that must come, as it is on the wire.
async fn ask(client: &mut Client, line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let reply = client.call(&words).await.unwrap_or_else(|error| panic!("{line}: {error}"));
    String::from_utf8(reply.to_bytes()).expect("this test asks for text")
}

fn text(frame: &Frame) -> String {
    match frame {
        Frame::Bulk(bytes) | Frame::Simple(bytes) | Frame::Error(bytes) => {
            String::from_utf8_lossy(bytes).into_owned()
        }
        Frame::Verbatim { text, .. } => String::from_utf8_lossy(text).into_owned(),
        other => panic!("not a text: {other:?}"),
    }
}

/// A field of INFO.
async fn info(client: &mut Client, field: &str) -> std::io::Result<String> {
    let sections = text(&client.call(&["INFO"]).await?);
    let start = format!("{field}:");
    let line = sections.lines().find_map(|line| line.strip_prefix(&start));
    Ok(line.unwrap_or_else(|| panic!("INFO has no {field}")).to_owned())
}
