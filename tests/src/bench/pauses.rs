//! How long a server keeps others waiting: while a million keys fall due at one instant, and while it grows.

use super::load::{End, Load, Value, Work};
use super::{Contender, LOAD_CORE, table};
use crate::reply::Reply;
use crate::server::Server;
use rustix::thread::{CpuSet, sched_setaffinity};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Keys that stay, for the GETs meanwhile.
const STAYING: u64 = 100_000;

/// Lets `keys` fall due at once on every server, under GETs.
///
/// # Errors
/// A server does not start or ends, or the keys are not gone within a minute.
pub fn mass_expiry(contenders: &[Contender], keys: u64) -> Result<String, String> {
    let mut rows = Vec::new();
    for contender in contenders {
        let server = contender.start()?;
        fill(&server, 0, STAYING, None)?;
        // Filling takes some seconds; the instant lies after it, and GETs run before it comes.
        let due = now_millis() + 3_000 + keys / 100;
        fill(&server, STAYING, keys, Some(due))?;
        std::thread::sleep(Duration::from_millis((due - 300).saturating_sub(now_millis())));
        let (calm, _) = gets(&server, &|| now_millis() >= due)?;
        let gone = AtomicBool::new(false);
        let millis = AtomicU64::new(0);
        let outcome = std::thread::scope(|scope| {
            let watcher = scope.spawn(|| {
                let result = watch(&server, due, &millis);
                gone.store(true, Ordering::Release);
                result
            });
            let outcome = gets(&server, &|| gone.load(Ordering::Acquire));
            watcher.join().map_err(|_| "the watcher panicked".to_owned())??;
            outcome
        })?;
        rows.push(vec![
            contender.name.clone(),
            format!("{}", millis.load(Ordering::Relaxed)),
            format!("{:.2}", calm / 1000.0),
            format!("{:.2}", outcome.0 / 1000.0),
            format!("{:.2}", outcome.1 / 1000.0),
        ]);
    }
    let head = ["server", "gone after ms", "GET p99.9 ms before", "GET p99.9 ms meanwhile", "longest ms"];
    Ok(format!("{keys} keys due at one instant, GETs on {STAYING} others:\n\n{}", table(&head, &rows)))
}

/// Sets new keys up to `keys` under load; the longest anyone waited.
///
/// # Errors
/// A server does not start, ends, or answers with an error.
pub fn growth(contenders: &[Contender], keys: u64) -> Result<String, String> {
    let mut rows = Vec::new();
    for contender in contenders {
        let server = contender.start()?;
        let work = Work::Fill { from: 0, value: Value::Bytes(32), until: None };
        let load = Load { port: server.port, connections: 50, pipeline: 4, work, end: End::Requests(keys) };
        let outcome = load.run()?;
        rows.push(vec![
            contender.name.clone(),
            format!("{:.0}", outcome.requests as f64 / outcome.elapsed.as_secs_f64()),
            format!("{:.2}", outcome.quantile_us(0.999) / 1000.0),
            format!("{:.2}", outcome.quantile_us(0.9999) / 1000.0),
            format!("{:.2}", outcome.max_us() / 1000.0),
        ]);
    }
    let head = ["server", "SET/s", "p99.9 ms", "p99.99 ms", "longest ms"];
    Ok(format!(
        "Growth from 0 to {keys} keys, 50 connections, 4 requests each under way:\n\n{}",
        table(&head, &rows)
    ))
}

fn fill(server: &Server, from: u64, count: u64, until: Option<u64>) -> Result<(), String> {
    let work = Work::Fill { from, value: Value::Bytes(32), until };
    let load = Load { port: server.port, connections: 8, pipeline: 64, work, end: End::Requests(count) };
    load.run().map(|_| ())
}

/// GETs until told; p99.9 and the longest, in microseconds.
fn gets(server: &Server, over: &dyn Fn() -> bool) -> Result<(f64, f64), String> {
    let work = Work::Get { keys: STAYING };
    let load = Load { port: server.port, connections: 50, pipeline: 1, work, end: End::When(over) };
    let outcome = load.run()?;
    Ok((outcome.quantile_us(0.999), outcome.max_us()))
}

/// Asks for the number of keys until only those that stay are left.
fn watch(server: &Server, due: u64, millis: &AtomicU64) -> Result<(), String> {
    let mut cores = CpuSet::new();
    cores.set(LOAD_CORE);
    let _ = sched_setaffinity(None, &cores);
    let mut connection = server.connect()?;
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(60) {
        let left = connection.ask(&["DBSIZE"])?;
        if matches!(left, Reply::Integer(left) if left <= STAYING.cast_signed()) {
            millis.store(now_millis().saturating_sub(due), Ordering::Relaxed);
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Err("the keys were not gone within a minute".into())
}

fn now_millis() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
