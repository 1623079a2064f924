//! What the kernel says a process has used: CPU time over all its threads, and resident memory.

use std::fs;

/// CPU time of all threads in nanoseconds, by the scheduler's own account. The scheduler does not count
/// threads that have ended; a server's threads stay.
///
/// # Errors
/// The process is gone.
pub fn cpu_nanos(pid: u32) -> Result<u64, String> {
    let tasks =
        fs::read_dir(format!("/proc/{pid}/task")).map_err(|error| format!("process {pid}: {error}"))?;
    let mut total = 0;
    for task in tasks.flatten() {
        if let Ok(text) = fs::read_to_string(task.path().join("schedstat")) {
            total += text.split_whitespace().next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
        }
    }
    if total == 0 { Err(format!("no scheduler statistics of process {pid}")) } else { Ok(total) }
}

/// Resident memory in bytes.
///
/// # Errors
/// The process is gone.
pub fn resident(pid: u32) -> Result<u64, String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))
        .map_err(|error| format!("process {pid}: {error}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().map_err(|_| "VmRSS is no number")?;
    Ok(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_something() {
        assert!(resident(std::process::id()).is_ok_and(|bytes| bytes > 1 << 16));
        assert!(cpu_nanos(u32::MAX).is_err());
    }
}
