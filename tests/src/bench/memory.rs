//! Bytes per key: what `used_memory` and the resident size grow by, over keys of 16 bytes.

use super::load::{End, Load, Value, Work};
use super::{Contender, process, table};
use crate::server::Server;

/// Far enough not to come, near enough to be an ordinary expiry: the year 2100.
const FAR: u64 = 4_102_444_800_000;

/// Fills every server with each kind of value and renders the table.
///
/// # Errors
/// A server does not start, ends, or answers with an error.
pub fn run(contenders: &[Contender], counts: &[u64]) -> Result<String, String> {
    let values = [("8 digits", Value::Integer), ("32 B", Value::Bytes(32)), ("100 B", Value::Bytes(100))];
    let mut rows = Vec::new();
    for &keys in counts {
        for (name, value) in values {
            for (label, until) in [("no", None), ("yes", Some(FAR))] {
                let mut figures = Vec::new();
                for contender in contenders {
                    figures.push(measure(contender, Work::Fill { from: 0, value, until }, keys)?);
                }
                let best = figures[1..].iter().map(|(used, _)| *used).fold(f64::INFINITY, f64::min);
                for (contender, (used, resident)) in contenders.iter().zip(&figures) {
                    let ratio = if best.is_finite() { format!("{:.2}", used / best) } else { "-".into() };
                    rows.push(vec![
                        name.to_owned(),
                        keys.to_string(),
                        label.to_owned(),
                        contender.name.clone(),
                        format!("{used:.1}"),
                        ratio,
                        format!("{resident:.1}"),
                    ]);
                }
            }
        }
    }
    Ok(table(&["value", "keys", "TTL", "server", "used B/key", "× best peer", "resident B/key"], &rows))
}

fn measure(contender: &Contender, work: Work, keys: u64) -> Result<(f64, f64), String> {
    let server = contender.start()?;
    let before = (used_memory(&server)?, process::resident(server.pid())?);
    Load { port: server.port, connections: 8, pipeline: 64, work, end: End::Requests(keys) }.run()?;
    let after = (used_memory(&server)?, process::resident(server.pid())?);
    let per_key = |before: u64, after: u64| after.saturating_sub(before) as f64 / keys as f64;
    Ok((per_key(before.0, after.0), per_key(before.1, after.1)))
}

fn used_memory(server: &Server) -> Result<u64, String> {
    let info = server.connect()?.ask(&["INFO", "memory"])?;
    let text = String::from_utf8_lossy(info.text().unwrap_or_default()).into_owned();
    let field = text.lines().find_map(|line| line.strip_prefix("used_memory:")).ok_or("no used_memory")?;
    field.trim().parse().map_err(|_| "used_memory is no number".to_owned())
}
