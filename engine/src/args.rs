//! `Argv` is a request as the parser left it: slices of the read buffer. `Args` walks over it with typed
//! steps that carry Redis's error texts, so that a handler reads like the command's documentation.

use crate::error::CommandError;
use crate::time::{Millis, Now};

/// Where one argument lies in the buffer it was read into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub start: u32,
    pub len: u32,
}

impl Span {
    pub fn new(start: usize, len: usize) -> Self {
        // A query buffer is limited to far less than 4 GB, see `client-query-buffer-limit`.
        Span { start: start as u32, len: len as u32 }
    }
}

/// One request: the command's name and its arguments, borrowed.
#[derive(Clone, Copy)]
pub struct Argv<'a> {
    buffer: &'a [u8],
    spans: &'a [Span],
}

impl<'a> Argv<'a> {
    pub fn new(buffer: &'a [u8], spans: &'a [Span]) -> Self {
        Argv { buffer, spans }
    }

    pub fn len(&self) -> usize {
        self.spans.len()
    }

    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    pub fn get(&self, index: usize) -> Option<&'a [u8]> {
        self.spans.get(index).map(|s| &self.buffer[s.start as usize..][..s.len as usize])
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + Clone + use<'a> {
        let buffer = self.buffer;
        self.spans.iter().map(move |s| &buffer[s.start as usize..][..s.len as usize])
    }
}

impl std::ops::Index<usize> for Argv<'_> {
    type Output = [u8];

    fn index(&self, index: usize) -> &[u8] {
        self.get(index).expect("argument index is below argc")
    }
}

impl std::fmt::Debug for Argv<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words = self.iter().map(|w| w.escape_ascii().to_string());
        f.debug_list().entries(words).finish()
    }
}

/// An argv that owns its bytes: for requests that wait (a transaction's queue) and for tests.
#[derive(Clone, Debug, Default)]
pub struct OwnedArgv {
    buffer: Vec<u8>,
    spans: Vec<Span>,
}

impl OwnedArgv {
    pub fn push(&mut self, word: &[u8]) {
        self.spans.push(Span::new(self.buffer.len(), word.len()));
        self.buffer.extend_from_slice(word);
    }

    pub fn borrow(&self) -> Argv<'_> {
        Argv::new(&self.buffer, &self.spans)
    }

    /// Bytes owned beside the value itself.
    pub fn memory(&self) -> usize {
        self.buffer.capacity() + self.spans.capacity() * size_of::<Span>()
    }
}

impl<W: AsRef<[u8]>> FromIterator<W> for OwnedArgv {
    fn from_iter<I: IntoIterator<Item = W>>(words: I) -> Self {
        let mut argv = OwnedArgv::default();
        words.into_iter().for_each(|w| argv.push(w.as_ref()));
        argv.buffer.shrink_to_fit();
        argv.spans.shrink_to_fit();
        argv
    }
}

/// A cursor over the arguments after the command's name (and its subcommand's).
pub struct Args<'a> {
    argv: Argv<'a>,
    at: usize,
}

impl<'a> Args<'a> {
    /// A cursor that stands on argument `first` (1 for a command, 2 for a subcommand).
    pub fn new(argv: Argv<'a>, first: usize) -> Self {
        Args { argv, at: first }
    }

    /// The whole request, name included.
    pub fn argv(&self) -> Argv<'a> {
        self.argv
    }

    /// The index of the next argument within the request.
    pub fn position(&self) -> usize {
        self.at
    }

    /// How many arguments are left.
    pub fn remaining(&self) -> usize {
        self.argv.len().saturating_sub(self.at)
    }

    /// The next argument, if there is one.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Option<&'a [u8]> {
        let word = self.argv.get(self.at)?;
        self.at += 1;
        Some(word)
    }

    pub fn peek(&self) -> Option<&'a [u8]> {
        self.argv.get(self.at)
    }

    /// The arguments that are left, without stepping over them.
    pub fn rest(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + Clone + use<'a> {
        Argv { spans: &self.argv.spans[self.at.min(self.argv.len())..], ..self.argv }.iter()
    }

    /// The next argument where the arity check has promised one; a missing option value is a syntax error.
    pub fn bytes(&mut self) -> Result<&'a [u8], CommandError> {
        self.next().ok_or(CommandError::Syntax)
    }

    /// The next argument, a key.
    pub fn key(&mut self) -> Result<&'a [u8], CommandError> {
        self.bytes()
    }

    /// A signed 64-bit integer in Redis's strict form (no plus sign, no leading zeros).
    pub fn int(&mut self) -> Result<i64, CommandError> {
        parse_int(self.bytes()?)
    }

    /// What Redis says of a subcommand whose arguments it tells apart by their number, and there are too many.
    pub fn surplus(&self) -> CommandError {
        let container = String::from_utf8_lossy(&self.argv[0]).to_uppercase();
        let after = format!("'. Try {container} HELP.");
        let subcommand = crate::error::shortened(self.argv.get(1).unwrap_or_default(), 128);
        CommandError::quoting("unknown subcommand or wrong number of arguments for '", subcommand, &after)
    }

    /// A timeout in whole milliseconds; zero is for ever.
    pub fn timeout_ms(&mut self, now: Now) -> Result<u64, CommandError> {
        timeout_ms(self.bytes()?, now)
    }

    /// A timeout in seconds with fractions, for a client that waits for a key: milliseconds, `None` for ever.
    pub fn timeout_seconds(&mut self, now: Now) -> Result<Option<u64>, CommandError> {
        timeout_seconds(self.bytes()?, now)
    }

    /// A finite or infinite double; NaN is refused.
    pub fn float(&mut self) -> Result<f64, CommandError> {
        ds::double::parse_f64(self.bytes()?).filter(|d| !d.is_nan()).ok_or(CommandError::NotFloat)
    }

    /// An integer that must lie in `low..=high`, else `error`.
    pub fn int_in(&mut self, low: i64, high: i64, error: CommandError) -> Result<i64, CommandError> {
        let value = self.int()?;
        if (low..=high).contains(&value) { Ok(value) } else { Err(error) }
    }

    /// Steps over the next argument if it is `token`, in any case.
    pub fn take(&mut self, token: &str) -> bool {
        let found = self.peek().is_some_and(|w| w.eq_ignore_ascii_case(token.as_bytes()));
        self.at += found as usize;
        found
    }

    /// Refuses anything that is left.
    pub fn end(&self) -> Result<(), CommandError> {
        if self.remaining() == 0 { Ok(()) } else { Err(CommandError::Syntax) }
    }
}

pub fn parse_int(word: &[u8]) -> Result<i64, CommandError> {
    ds::int::parse_i64(word).ok_or(CommandError::NotInteger)
}

/// A timeout in whole milliseconds, which must not reach beyond the end of time.
pub fn timeout_ms(word: &[u8], now: Now) -> Result<u64, CommandError> {
    let timeout = ds::int::parse_i64(word)
        .ok_or_else(|| CommandError::err("timeout is not an integer or out of range"))?;
    let timeout_ms = u64::try_from(timeout).map_err(|_| CommandError::err("timeout is negative"))?;
    match timeout.checked_add(now.wall_ms().0) {
        Some(_) => Ok(timeout_ms),
        None => Err(CommandError::err("timeout is out of range")),
    }
}

/// A timeout in seconds, rounded up to whole milliseconds; zero is for ever.
pub fn timeout_seconds(word: &[u8], now: Now) -> Result<Option<u64>, CommandError> {
    let not_float = || CommandError::err("timeout is not a float or out of range");
    let seconds = ds::double::parse_f64(word).filter(|s| !s.is_nan()).ok_or_else(not_float)?;
    let ms = (seconds * 1000.0).ceil();
    if ms > i64::MAX as f64 {
        return Err(CommandError::err("timeout is out of range"));
    }
    if ms < 0.0 {
        return Err(CommandError::err("timeout is negative"));
    }
    match (ms as i64).checked_add(now.wall_ms().0) {
        None => Err(CommandError::err("timeout is out of range")),
        Some(_) => Ok((ms > 0.0).then_some(ms as u64)),
    }
}

/// The unit and origin of an expiry argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpiryUnit {
    /// EX: seconds from now.
    Seconds,
    /// PX: milliseconds from now.
    Milliseconds,
    /// EXAT: seconds since the epoch.
    AtSeconds,
    /// PXAT: milliseconds since the epoch.
    AtMilliseconds,
}

impl ExpiryUnit {
    pub fn from_token(word: &[u8]) -> Option<Self> {
        let is = |t: &str| word.eq_ignore_ascii_case(t.as_bytes());
        Some(match () {
            () if is("ex") => ExpiryUnit::Seconds,
            () if is("px") => ExpiryUnit::Milliseconds,
            () if is("exat") => ExpiryUnit::AtSeconds,
            () if is("pxat") => ExpiryUnit::AtMilliseconds,
            () => return None,
        })
    }

    /// Turns an argument in this unit into an absolute time. `None` when it does not fit 64 bits.
    pub fn absolute(self, value: i64, now: Millis) -> Option<Millis> {
        let ms = match self {
            ExpiryUnit::Seconds | ExpiryUnit::AtSeconds => value.checked_mul(1000)?,
            ExpiryUnit::Milliseconds | ExpiryUnit::AtMilliseconds => value,
        };
        match self {
            ExpiryUnit::Seconds | ExpiryUnit::Milliseconds => ms.checked_add(now.0).map(Millis),
            ExpiryUnit::AtSeconds | ExpiryUnit::AtMilliseconds => Some(Millis(ms)),
        }
    }
}

/// Parses the value of an expiry option that must be positive, as SET, GETEX and their kin demand.
pub fn positive_expiry(
    unit: ExpiryUnit,
    word: &[u8],
    now: Millis,
    command: &'static str,
) -> Result<Millis, CommandError> {
    let value = parse_int(word)?;
    if value <= 0 {
        return Err(CommandError::InvalidExpire(command));
    }
    unit.absolute(value, now).ok_or(CommandError::InvalidExpire(command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_walks_and_refuses_leftovers() {
        let argv: OwnedArgv = ["SET", "k", "10", "nx"].into_iter().collect();
        let mut args = Args::new(argv.borrow(), 1);
        assert_eq!(args.key().unwrap(), b"k");
        assert_eq!(args.int().unwrap(), 10);
        assert!(!args.take("XX"));
        assert!(args.end().is_err());
        assert!(args.take("NX"));
        assert!(args.end().is_ok());
        assert!(matches!(args.bytes(), Err(CommandError::Syntax)));
    }

    #[test]
    fn expiry_overflow_is_noticed() {
        let now = Millis(1_000);
        assert_eq!(ExpiryUnit::Seconds.absolute(1, now), Some(Millis(2_000)));
        assert_eq!(ExpiryUnit::Seconds.absolute(i64::MAX / 1000 + 1, now), None);
        assert_eq!(ExpiryUnit::Milliseconds.absolute(i64::MAX, now), None);
        assert_eq!(ExpiryUnit::AtMilliseconds.absolute(i64::MAX, now), Some(Millis(i64::MAX)));
    }
}
