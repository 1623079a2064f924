//! Log lines, in the shape that operators and their tools know from Redis:
//!
//! ```text
//! 12345:M 23 Nov 2026 18:21:03.123 * Ready to accept connections tcp
//! pid   role  day and time (UTC)  level and text
//! ```
//!
//! Roles: `X` sentinel, `C` not serving yet, `S` replica, `M` primary. Levels: `.` debug, `-` verbose, `*` notice,
//! `#` warning. The log belongs to the process, as its standard output does, so it is the one global thing here.
//! A log file is opened for every line, so that a rotated one is let go at once.

use std::fmt::{self, Write as _};
use std::io::Write;
use std::path::PathBuf;
use std::sync::RwLock;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::config::LogLevel;

/// The letter after the process id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The process is starting, or is a child.
    Starting,
    Primary,
    Replica,
    Sentinel,
}

impl Role {
    fn letter(self) -> u8 {
        match self {
            Role::Starting => b'C',
            Role::Primary => b'M',
            Role::Replica => b'S',
            Role::Sentinel => b'X',
        }
    }
}

static LEVEL: AtomicU8 = AtomicU8::new(LogLevel::Notice as u8);
static ROLE: AtomicU8 = AtomicU8::new(b'C');
/// Where lines go; standard output if nowhere.
static FILE: RwLock<Option<PathBuf>> = RwLock::new(None);

pub fn set_level(level: LogLevel) {
    LEVEL.store(level as u8, Ordering::Relaxed);
}

pub fn set_role(role: Role) {
    ROLE.store(role.letter(), Ordering::Relaxed);
}

/// Sends lines to the end of a file from now on, or to standard output.
pub fn set_file(file: Option<PathBuf>) {
    *FILE.write().expect("nothing panics while holding the log") = file;
}

/// Whether a line of this level would be written.
pub fn enabled(level: LogLevel) -> bool {
    level as u8 >= LEVEL.load(Ordering::Relaxed)
}

/// Writes a line, if its level is important enough.
pub fn line(level: LogLevel, text: &str) {
    if enabled(level) {
        let role = ROLE.load(Ordering::Relaxed);
        raw(&format_line(std::process::id(), role, SystemTime::now(), level, text));
    }
}

pub fn notice(text: &str) {
    line(LogLevel::Notice, text);
}

pub fn warning(text: &str) {
    line(LogLevel::Warning, text);
}

/// Writes text as it is. What cannot be written is lost: there is nobody to tell.
pub fn raw(text: &str) {
    let file = FILE.read().expect("nothing panics while holding the log");
    let _ = match &*file {
        Some(path) => std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .and_then(|mut file| file.write_all(text.as_bytes())),
        None => {
            let mut out = std::io::stdout().lock();
            out.write_all(text.as_bytes()).and_then(|()| out.flush())
        }
    };
}

fn format_line(pid: u32, role: u8, now: SystemTime, level: LogLevel, text: &str) -> String {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = since.as_secs();
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let millis = since.subsec_millis();
    let mark = match level {
        LogLevel::Debug => '.',
        LogLevel::Verbose => '-',
        LogLevel::Notice => '*',
        LogLevel::Warning | LogLevel::Nothing => '#',
    };
    let role = char::from(role);
    format!(
        "{pid}:{role} {day:02} {month} {year} {hour:02}:{minute:02}:{second:02}.{millis:03} {mark} {text}\n"
    )
}

/// The date of a number of days after 1970-01-01, in the Gregorian calendar.
fn civil(days: u64) -> (u64, &'static str, u64) {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let leap = |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    // Whole cycles of 400 years are all alike; at most 399 single years are left to count.
    let (mut year, mut days) = (1970 + days / 146_097 * 400, days % 146_097);
    loop {
        let length = if leap(year) { 366 } else { 365 };
        if days < length {
            break;
        }
        days -= length;
        year += 1;
    }
    let february = if leap(year) { 29 } else { 28 };
    for (month, length) in MONTHS.iter().zip([31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
        if days < length {
            return (year, month, days + 1);
        }
        days -= length;
    }
    unreachable!("a year has no more days than its months")
}

/// Sends what our own and other crates report through `tracing` to this log.
pub fn install() {
    // A second installation means that a test was first; its log is as good.
    let _ = tracing::subscriber::set_global_default(Bridge);
}

struct Bridge;

fn level_of(level: &tracing::Level) -> LogLevel {
    match *level {
        tracing::Level::ERROR | tracing::Level::WARN => LogLevel::Warning,
        tracing::Level::INFO => LogLevel::Notice,
        tracing::Level::DEBUG => LogLevel::Verbose,
        tracing::Level::TRACE => LogLevel::Debug,
    }
}

impl tracing::Subscriber for Bridge {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.is_event() && enabled(level_of(metadata.level()))
    }

    fn event(&self, event: &tracing::Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        line(level_of(event.metadata().level()), &text.0);
    }

    // Spans are not enabled, so none of these is about one.
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

/// The message of an event, and its other fields after it.
struct Text(String);

impl tracing::field::Visit for Text {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn fmt::Debug) {
        // The message comes first among the fields, whatever the order in the source.
        let _ = match field.name() {
            "message" => write!(self.0, "{value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn lines_have_the_shape_that_tools_know() {
        let at = |millis| UNIX_EPOCH + Duration::from_millis(millis);
        let line = format_line(12345, b'M', at(1_795_458_063_123), LogLevel::Notice, "Ready");
        assert_eq!(line, "12345:M 23 Nov 2026 18:21:03.123 * Ready\n");
        let line = format_line(1, b'C', at(0), LogLevel::Warning, "x");
        assert_eq!(line, "1:C 01 Jan 1970 00:00:00.000 # x\n");
    }

    #[test]
    fn days_become_dates() {
        #[rustfmt::skip]
        let rows = [
            (0, (1970, "Jan", 1)), (58, (1970, "Feb", 28)), (59, (1970, "Mar", 1)), (364, (1970, "Dec", 31)), (789, (1972, "Feb", 29)),
            (11_016, (2000, "Feb", 29)), (47_540, (2100, "Feb", 28)), (47_541, (2100, "Mar", 1)), (146_097, (2370, "Jan", 1)),
        ];
        for (days, date) in rows {
            assert_eq!(civil(days), date, "{days}");
        }
    }
}
