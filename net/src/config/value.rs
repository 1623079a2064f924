//! The value of a directive: read from words, written as text.
//!
//! Reading is strict where Redis is (`timeout 01` is an error) and lenient where it is (`save 0900 1` is not).

use std::borrow::Cow;
use std::io::Write;

use super::directive::{Directive, Effect, Kind};
use super::events::KeyspaceEvents;
use super::generated::Id;
use super::limits::OutputLimits;

/// Why a value was not taken, in the words of Redis where it has some.
pub type Reason = Cow<'static, str>;

/// The value of one directive. Which variant a directive has follows from its [`Kind`].
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Bool(bool),
    Integer(i64),
    /// Bytes.
    Memory(u64),
    /// Percent of `maxmemory`.
    Percent(u8),
    /// The place in the row's values, or, where several may be given, one bit for each place but the first.
    Choice(u32),
    Text(Vec<u8>),
    Addresses(Vec<Vec<u8>>),
    SavePoints(Vec<SavePoint>),
    OutputLimits(OutputLimits),
    Events(KeyspaceEvents),
    Scores([i64; 3]),
    Percentiles(Vec<f64>),
    Primary(Option<(Vec<u8>, u16)>),
    /// What an ignored or file-only directive has.
    Nothing,
}

/// Save the data set after so many seconds if there were so many changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SavePoint {
    pub seconds: u64,
    pub changes: u64,
}

/// The most addresses that `bind` takes.
const MAX_ADDRESSES: usize = 16;
const WRONG_NUMBER: Reason = Cow::Borrowed("wrong number of arguments");

/// Reads the words after a directive's name. `previous` is what it held, for those that change only in part.
pub fn parse(row: &Directive, words: &[Vec<u8>], previous: &Value) -> Result<Value, Reason> {
    let split;
    let words = match words {
        [only] if row.kind.takes_several_words() => {
            split = split_at_spaces(only);
            &split
        }
        _ => words,
    };
    let value = match row.kind {
        Kind::Enum { values, several: true } => choices(values, words)?,
        Kind::Bind if words.len() > MAX_ADDRESSES => return Err("Too many bind addresses specified.".into()),
        Kind::Bind => Value::Addresses(words.to_vec()),
        Kind::Save => Value::SavePoints(save_points(words)?),
        Kind::ClientOutputBufferLimit => match previous {
            Value::OutputLimits(limits) => Value::OutputLimits(limits.with(words)?),
            _ => Value::OutputLimits(OutputLimits::default().with(words)?),
        },
        Kind::OomScoreAdjValues => Value::Scores(scores(words)?),
        Kind::LatencyTrackingInfoPercentiles => Value::Percentiles(percentiles(words)?),
        Kind::Replicaof => Value::Primary(primary(words)?),
        Kind::Ignored | Kind::FileOnly => Value::Nothing,
        _ => {
            let [word] = words else { return Err(WRONG_NUMBER) };
            one_word(row, word)?
        }
    };
    let value = normal(row.id, value);
    super::validate::check(row.id, &value)?;
    Ok(value)
}

/// Refuses a value that would promise what is not there. Kept apart from reading it, so that a wrong value is
/// told what is wrong with it first.
pub fn allowed(row: &Directive, value: &Value, default: &Value) -> Result<(), Reason> {
    match row.effect {
        Effect::Refused(because) if value != default => Err(because.into()),
        _ => Ok(()),
    }
}

fn one_word(row: &Directive, word: &[u8]) -> Result<Value, Reason> {
    Ok(match row.kind {
        Kind::Bool => match word.to_ascii_lowercase().as_slice() {
            b"yes" => Value::Bool(true),
            b"no" => Value::Bool(false),
            _ => return Err("argument must be 'yes' or 'no'".into()),
        },
        Kind::Integer { min, max, octal } => Value::Integer(integer(word, min, max, octal)?),
        Kind::Memory { min, max, percent } => memory(word, min, max, percent)?,
        Kind::Enum { values, .. } => {
            let at = place(values, word).ok_or_else(|| one_of(values))?;
            Value::Choice(at as u32)
        }
        Kind::NotifyKeyspaceEvents => match KeyspaceEvents::parse(word) {
            Some(events) => Value::Events(events),
            None => return Err("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.".into()),
        },
        _ => Value::Text(word.to_vec()),
    })
}

fn integer(word: &[u8], min: i64, max: i64, octal: bool) -> Result<i64, Reason> {
    if octal {
        let value = octal_integer(word).ok_or("argument couldn't be parsed as an octal number")?;
        if !(min..=max).contains(&value) {
            return Err(format!("argument must be between {min:o} and {max:o} inclusive").into());
        }
        return Ok(value);
    }
    let value = ds::int::parse_i64(word).ok_or("argument couldn't be parsed into an integer")?;
    if !(min..=max).contains(&value) {
        return Err(format!("argument must be between {min} and {max} inclusive").into());
    }
    Ok(value)
}

fn memory(word: &[u8], min: u64, max: u64, percent: bool) -> Result<Value, Reason> {
    if percent && let Some(number) = word.strip_suffix(b"%") {
        let number = ds::int::parse_i64(number).filter(|number| *number >= 0);
        return match number {
            None => Err("argument must be a memory or percent value".into()),
            Some(0) => Ok(Value::Memory(0)),
            Some(number @ 1..=100) => Ok(Value::Percent(number as u8)),
            Some(_) => Err("percentage argument must be less or equal to 100".into()),
        };
    }
    let Some(value) = ds::memory_size::parse_memory_size(word) else {
        let wanted = if percent { "a memory or percent value" } else { "a memory value" };
        return Err(format!("argument must be {wanted}").into());
    };
    if !(min..=max).contains(&value) {
        return Err(format!("argument must be between {min} and {max} inclusive").into());
    }
    Ok(Value::Memory(value))
}

fn place(values: &[&str], word: &[u8]) -> Option<usize> {
    values.iter().position(|value| value.as_bytes().eq_ignore_ascii_case(word))
}

fn one_of(values: &[&str]) -> Reason {
    format!("argument(s) must be one of the following: {}", values.join(", ")).into()
}

fn choices(values: &[&str], words: &[Vec<u8>]) -> Result<Value, Reason> {
    if words.is_empty() {
        return Err(one_of(values));
    }
    let mut bits = 0;
    for word in words {
        let at = place(values, word).ok_or_else(|| one_of(values))?;
        // The first value is the empty set, so it adds nothing to the others.
        bits |= (1 << at) >> 1;
    }
    Ok(Value::Choice(bits))
}

fn save_points(words: &[Vec<u8>]) -> Result<Vec<SavePoint>, Reason> {
    let wrong = || Reason::Borrowed("Invalid save parameters");
    if let [only] = words
        && only.is_empty()
    {
        return Ok(Vec::new());
    }
    if !words.len().is_multiple_of(2) {
        return Err(wrong());
    }
    let point = |pair: &[Vec<u8>]| {
        let seconds = u64::try_from(lenient_integer(&pair[0])?).ok().filter(|seconds| *seconds > 0)?;
        let changes = u64::try_from(lenient_integer(&pair[1])?).ok()?;
        Some(SavePoint { seconds, changes })
    };
    words.chunks_exact(2).map(|pair| point(pair).ok_or_else(wrong)).collect()
}

fn scores(words: &[Vec<u8>]) -> Result<[i64; 3], Reason> {
    let words: &[Vec<u8>; 3] = words.try_into().map_err(|_| WRONG_NUMBER)?;
    let mut out = [0; 3];
    for (score, word) in out.iter_mut().zip(words) {
        *score = lenient_integer(word)
            .filter(|score| (-2000..=2000).contains(score))
            .ok_or("Invalid oom-score-adj-values, elements must be between -2000 and 2000.")?;
    }
    Ok(out)
}

fn percentiles(words: &[Vec<u8>]) -> Result<Vec<f64>, Reason> {
    let percentile = |word: &Vec<u8>| -> Result<f64, Reason> {
        let value = std::str::from_utf8(word).ok().and_then(|word| word.parse::<f64>().ok());
        let value = value.filter(|value| !value.is_nan());
        let value = value.ok_or("Invalid latency-tracking-info-percentiles parameters")?;
        if !(0.0..=100.0).contains(&value) {
            return Err("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]".into());
        }
        Ok(value)
    };
    words.iter().map(percentile).collect()
}

fn primary(words: &[Vec<u8>]) -> Result<Option<(Vec<u8>, u16)>, Reason> {
    let [host, port] = words else { return Err(WRONG_NUMBER) };
    if host.eq_ignore_ascii_case(b"no") && port.eq_ignore_ascii_case(b"one") {
        return Ok(None);
    }
    let port = lenient_integer(port).and_then(|port| port.try_into().ok()).ok_or("Invalid master port")?;
    Ok(Some((host.clone(), port)))
}

/// Splits at every single space, so that two in a row hold an empty word; no text is no words.
pub fn split_at_spaces(text: &[u8]) -> Vec<Vec<u8>> {
    if text.is_empty() {
        return Vec::new();
    }
    text.split(|byte| *byte == b' ').map(<[u8]>::to_vec).collect()
}

/// A number as C's `strtoll` reads it: a sign and leading zeros are welcome, and it saturates.
pub fn lenient_integer(word: &[u8]) -> Option<i64> {
    let (negative, digits) = match word {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits
        .iter()
        .fold(0i64, |value, digit| value.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    Some(if negative { -value } else { value })
}

/// An octal number as C's `strtoll` reads it: nothing at all is zero.
fn octal_integer(word: &[u8]) -> Option<i64> {
    let (negative, digits) = match word {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if !digits.iter().all(|digit| (b'0'..=b'7').contains(digit)) {
        return None;
    }
    let value = digits
        .iter()
        .fold(0i64, |value, digit| value.saturating_mul(8).saturating_add(i64::from(digit - b'0')));
    Some(if negative { -value } else { value })
}

/// Pulls values that are taken but cannot be used as they are into their useful range, as Redis does.
fn normal(id: Id, value: Value) -> Value {
    match (id, value) {
        (Id::Hz, Value::Integer(hz)) => Value::Integer(hz.clamp(1, 500)),
        (Id::ReplBacklogSize, Value::Memory(bytes)) => Value::Memory(bytes.max(16 << 10)),
        (Id::WatchdogPeriod, Value::Integer(period @ 1..)) => Value::Integer(period.max(200)),
        (_, value) => value,
    }
}

/// The text that CONFIG GET answers.
pub fn text(row: &Directive, value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    let to_memory = "a vector takes it";
    match value {
        Value::Bool(true) => out.extend(b"yes"),
        Value::Bool(false) => out.extend(b"no"),
        Value::Integer(number) => match row.kind {
            Kind::Integer { octal: true, .. } => write!(out, "{number:o}").expect(to_memory),
            _ => ds::int::write_i64(&mut out, *number),
        },
        Value::Memory(bytes) => ds::int::write_u64(&mut out, *bytes),
        Value::Percent(percent) => write!(out, "{percent}%").expect(to_memory),
        Value::Choice(choice) => return chosen(row, *choice).into_bytes(),
        Value::Text(text) => return text.clone(),
        Value::Addresses(addresses) => return addresses.join(&b' '),
        Value::SavePoints(points) => {
            for (at, point) in points.iter().enumerate() {
                let gap = if at == 0 { "" } else { " " };
                write!(out, "{gap}{} {}", point.seconds, point.changes).expect(to_memory);
            }
        }
        Value::OutputLimits(limits) => return limits.text(),
        Value::Events(events) => return events.text(),
        Value::Scores([primary, replica, child]) => {
            write!(out, "{primary} {replica} {child}").expect(to_memory);
        }
        Value::Percentiles(percentiles) => {
            let texts: Vec<String> = percentiles.iter().map(|value| percentile_text(*value)).collect();
            return texts.join(" ").into_bytes();
        }
        Value::Primary(None) | Value::Nothing => {}
        Value::Primary(Some((host, port))) => {
            out.extend(host);
            write!(out, " {port}").expect(to_memory);
        }
    }
    out
}

/// The words of a choice.
fn chosen(row: &Directive, choice: u32) -> String {
    let Kind::Enum { values, several } = row.kind else { unreachable!("only an enum has a choice") };
    if !several || choice == 0 {
        return values[choice as usize].to_owned();
    }
    let set = (1..values.len()).filter(|at| choice & (1 << (at - 1)) != 0);
    set.map(|at| values[at]).collect::<Vec<_>>().join(" ")
}

/// Six decimals at most, and none that say nothing.
pub fn percentile_text(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
