//! System calls per request, by running the server under strace. Its times mean nothing then; its counts do.

use super::load::{End, Load, Work};
use super::{Contender, table};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const REQUESTS: u64 = 20_000;
const READS: [&str; 5] = ["read", "readv", "recvfrom", "recvmsg", "recvmmsg"];
const WRITES: [&str; 5] = ["write", "writev", "sendto", "sendmsg", "sendmmsg"];
const WAITS: [&str; 4] = ["epoll_wait", "epoll_pwait", "epoll_pwait2", "io_uring_enter"];

/// Counts reads, writes and waits per request on every server; a sentence when strace cannot run here.
///
/// # Errors
/// A server does not start or answers with an error.
pub fn run(contenders: &[Contender]) -> Result<String, String> {
    let mut rows = Vec::new();
    for contender in contenders {
        for pipeline in [1, 16] {
            let Some(counts) = count(contender, pipeline)? else {
                return Ok("strace cannot run here, so system calls were not counted.\n".into());
            };
            let per_request = |names: &[&str]| {
                let sum: u64 = names.iter().filter_map(|name| counts.get(*name)).sum();
                format!("{:.3}", sum as f64 / REQUESTS as f64)
            };
            let all: u64 = counts.values().sum();
            rows.push(vec![
                contender.name.clone(),
                pipeline.to_string(),
                per_request(&READS),
                per_request(&WRITES),
                per_request(&WAITS),
                format!("{:.3}", all as f64 / REQUESTS as f64),
            ]);
        }
    }
    Ok(table(&["server", "P", "reads", "writes", "waits", "all"], &rows))
}

/// Calls made between start and end of a server that answered [`REQUESTS`] GETs; what starting and ending
/// alone takes has been subtracted.
fn count(contender: &Contender, pipeline: usize) -> Result<Option<BTreeMap<String, u64>>, String> {
    let idle = trace(contender, None)?;
    let busy = trace(contender, Some(pipeline))?;
    let (Some(idle), Some(mut busy)) = (idle, busy) else { return Ok(None) };
    for (name, count) in &mut busy {
        *count = count.saturating_sub(idle.get(name).copied().unwrap_or(0));
    }
    Ok(Some(busy))
}

fn trace(contender: &Contender, pipeline: Option<usize>) -> Result<Option<BTreeMap<String, u64>>, String> {
    let folder = std::env::temp_dir().join(format!("rewind-strace-{}", std::process::id()));
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let (launcher, counts) = (folder.join("server"), folder.join("counts"));
    write_launcher(&launcher, &counts, &contender.binary).map_err(|error| error.to_string())?;
    let traced = Contender { binary: launcher, ..contender.clone() };
    let outcome = (|| {
        let Ok(mut server) = traced.start() else { return Ok(None) };
        if let Some(pipeline) = pipeline {
            let work = Work::Get { keys: 1000 };
            let end = End::Requests(REQUESTS);
            Load { port: server.port, connections: 50, pipeline, work, end }.run()?;
        }
        let _ = server.connect()?.call(&["SHUTDOWN", "NOSAVE"]);
        if !server.wait() {
            return Err(format!("{} does not end on SHUTDOWN", contender.name));
        }
        Ok(fs::read_to_string(&counts).ok().map(|text| parse(&text)))
    })();
    let _ = fs::remove_dir_all(&folder);
    outcome
}

fn write_launcher(launcher: &Path, counts: &Path, binary: &Path) -> std::io::Result<()> {
    let script =
        format!("#!/bin/sh\nexec strace -f -c -o '{}' '{}' \"$@\"\n", counts.display(), binary.display());
    fs::write(launcher, script)?;
    fs::set_permissions(launcher, fs::Permissions::from_mode(0o755))
}

/// The rows of `strace -c`: share, seconds, µs per call, calls, perhaps errors, name.
fn parse(text: &str) -> BTreeMap<String, u64> {
    let rows = text.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let calls = fields.get(3)?.parse().ok()?;
        let name = fields.last().filter(|name| **name != "total")?;
        fields[0].parse::<f64>().ok()?;
        Some(((*name).to_owned(), calls))
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_of_strace_is_read() {
        let counts = parse(
            "% time     seconds  usecs/call     calls    errors syscall\n\
             ------ ----------- ----------- --------- --------- ----------------\n \
             60.00    0.060000           3     20000           write\n \
             40.00    0.040000           2     20100       100 read\n\
             ------ ----------- ----------- --------- --------- ----------------\n\
             100.00    0.100000                 40100       100 total\n",
        );
        assert_eq!(counts, BTreeMap::from([("write".into(), 20_000), ("read".into(), 20_100)]));
    }
}
