//! What INFO tells about the process: memory and processor time.
//!
//! From `/proc`, so only Linux answers; elsewhere everything is zero.

use rustix::time::{ClockId, clock_gettime};

/// Memory and processor time of this process at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Vitals {
    /// Bytes taken from the allocator.
    pub used_memory: u64,
    /// The most of these at once.
    pub used_memory_peak: u64,
    /// Bytes of memory that the process has in the machine.
    pub rss: u64,
    /// Seconds of processor time in the kernel and in our code, over all threads.
    pub cpu_sys: f64,
    pub cpu_user: f64,
    /// The same for the thread that asks.
    pub thread_cpu_sys: f64,
    pub thread_cpu_user: f64,
}

impl Vitals {
    /// Reads them now: a few small files, so ask when someone wants to know.
    pub fn read() -> Vitals {
        let (cpu_user, cpu_sys) = split(seconds(ClockId::ProcessCPUTime), "/proc/self/stat");
        let (thread_cpu_user, thread_cpu_sys) =
            split(seconds(ClockId::ThreadCPUTime), "/proc/thread-self/stat");
        Vitals {
            used_memory: super::alloc::used(),
            used_memory_peak: super::alloc::peak(),
            rss: rss(),
            cpu_sys,
            cpu_user,
            thread_cpu_sys,
            thread_cpu_user,
        }
    }
}

fn seconds(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Divides an exact processor time by the coarse ticks of its user and system parts.
fn split(total: f64, stat: &str) -> (f64, f64) {
    let text = std::fs::read_to_string(stat).unwrap_or_default();
    let (user, system) = ticks(&text).unwrap_or((1, 0));
    let share = user as f64 / (user + system).max(1) as f64;
    (total * share, total * (1.0 - share))
}

/// The user and system ticks of a `/proc/.../stat` line. Its second field is a name in parentheses that may hold
/// anything, so counting starts after the last of them.
fn ticks(stat: &str) -> Option<(u64, u64)> {
    let after = &stat[stat.rfind(')')? + 1..];
    let mut fields = after.split_ascii_whitespace().skip(11);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

fn rss() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = text.split_ascii_whitespace().nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
    pages * rustix::param::page_size() as u64
}

/// Bytes of memory in the machine.
pub fn total_system_memory() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    meminfo_total(&text).unwrap_or(0)
}

/// The total of a `/proc/meminfo`, in bytes; it is written in kibibytes.
fn meminfo_total(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stat_line_is_read_after_its_name() {
        let line = "1 (a) b) S 1 2 3 4 5 6 7 8 9 10 77 33 0 0 20 0 1 0";
        assert_eq!(ticks(line), Some((77, 33)));
        assert_eq!(ticks(""), None);
        assert_eq!(ticks("1 (a) S"), None);
    }

    #[test]
    fn the_machine_has_memory() {
        assert_eq!(meminfo_total("MemTotal:       16384 kB\nMemFree: 1 kB\n"), Some(16 << 20));
        assert_eq!(meminfo_total("MemTotal: many\n"), None);
        assert_eq!(meminfo_total(""), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_has_memory() {
        let vitals = Vitals::read();
        assert!(vitals.rss > 4096);
        assert!(vitals.cpu_sys + vitals.cpu_user > 0.0);
    }
}
