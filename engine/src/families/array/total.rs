//! What AROP makes of numbers: sums and extremes that are exact as long as they can be.
//!
//! Integers and plain decimals are counted in units of 10^-15 in 128 bits. What does not fit, such as "1e300", goes on
//! in the extended format that Redis computes in. Results are shown with 17 significant digits, so which of the two
//! it was does not show.

use ds::long_double::LongDouble;
use ds::sparse::{Element, MAX_SCALE, Scratch};
use std::cmp::Ordering;

const UNIT: i128 = 10i128.pow(MAX_SCALE as u32);

/// A number among the elements, or made of them.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    /// In units.
    Exact(i128),
    Long(LongDouble),
    /// What infinities of both signs sum up to.
    Undefined,
}

impl Number {
    pub fn of(element: Element<'_>) -> Option<Number> {
        if let Some(units) = element.scaled() {
            return Some(Number::Exact(units));
        }
        LongDouble::parse(element.text(&mut Scratch::default())).map(Number::Long)
    }

    fn long(self) -> Option<LongDouble> {
        match self {
            Number::Exact(units) => {
                let (whole, fraction) = ((units / UNIT).unsigned_abs(), (units % UNIT).unsigned_abs());
                let sign = if units < 0 { "-" } else { "" };
                let width = usize::from(MAX_SCALE);
                LongDouble::parse(format!("{sign}{whole}.{fraction:0width$}").as_bytes())
            }
            Number::Long(number) => Some(number),
            Number::Undefined => None,
        }
    }

    pub fn plus(self, other: Number) -> Number {
        if let (Number::Exact(one), Number::Exact(other)) = (self, other)
            && let Some(sum) = one.checked_add(other)
        {
            return Number::Exact(sum);
        }
        let (Some(one), Some(other)) = (self.long(), other.long()) else { return Number::Undefined };
        match (one.is_infinite(), other.is_infinite()) {
            (true, true) if one != other => Number::Undefined,
            (true, _) => Number::Long(one),
            (_, true) => Number::Long(other),
            _ => Number::Long(one.checked_add(other).unwrap_or_else(|| one.to_infinity())),
        }
    }

    /// The smaller of the two, the first if they are equal.
    pub fn min(self, other: Number) -> Number {
        if self.compare(other) == Ordering::Greater { other } else { self }
    }

    pub fn max(self, other: Number) -> Number {
        if self.compare(other) == Ordering::Less { other } else { self }
    }

    fn compare(self, other: Number) -> Ordering {
        if let (Number::Exact(one), Number::Exact(other)) = (self, other) {
            return one.cmp(&other);
        }
        match (self.long(), other.long()) {
            (Some(one), Some(other)) => one.compare(other),
            _ => Ordering::Equal,
        }
    }

    /// The number without what is behind its point, if it has 64 bits.
    pub fn truncated(self) -> Option<i64> {
        match self {
            Number::Exact(units) => i64::try_from(units / UNIT).ok(),
            Number::Long(number) => number.truncated(),
            Number::Undefined => None,
        }
    }

    pub fn write(self, out: &mut Vec<u8>) {
        match self.long() {
            Some(number) => number.write_significant(out),
            None => out.extend_from_slice(b"nan"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(texts: &[&str], op: fn(Number, Number) -> Number) -> String {
        let numbers = texts.iter().filter_map(|text| Number::of(Element::Text(text.as_bytes())));
        let mut out = Vec::new();
        numbers.reduce(op).expect("there is a number").write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn sums() {
        fn check(texts: &[&str], expected: &str) {
            assert_eq!(total(texts, Number::plus), expected, "{texts:?}");
        }
        check(&["10.0", "20.5", "30"], "60.5");
        check(&["0.1"; 10], "1");
        check(&["0.1", "0.2"], "0.3");
        check(&["-5", "5.0"], "0");
        check(&["1e3", "1.5"], "1001.5");
        check(&["0x10", "word", "1"], "17");
        check(&["9223372036854775807"; 3], "2.7670116110564327e+19");
        check(&["1e300", "1"], "1e+300");
        check(&["inf", "1"], "inf");
        check(&["1", "-inf"], "-inf");
        check(&["inf", "-inf", "1"], "nan");
        check(&["1e4932", "1e4932"], "inf");
    }

    #[test]
    fn extremes() {
        assert_eq!(total(&["30", "10.50", "20"], Number::min), "10.5");
        assert_eq!(total(&["30", "1e2", "-inf"], Number::max), "100");
        assert_eq!(total(&["30", "1e2", "-inf"], Number::min), "-inf");
    }

    #[test]
    fn truncation() {
        fn check(text: &str, expected: Option<i64>) {
            let number = Number::of(Element::Text(text.as_bytes())).expect("it is a number");
            assert_eq!(number.truncated(), expected, "{text}");
        }
        check("7.9", Some(7));
        check("-7.9", Some(-7));
        check("1e3", Some(1000));
        check("1e30", None);
        check("inf", None);
        check("-9223372036854775808.0", Some(i64::MIN));
    }
}
