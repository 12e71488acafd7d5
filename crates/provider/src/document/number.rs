//! Numbers of JSON5, from the text that they are written in, by their digits: one that only JavaScript's rounding makes
//! whole is not whole here, which refuses it. Without floating point: no setting has a fraction, and the tables that
//! reading and printing one takes are kilobytes of the component.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

/// The sign, as JSON writes it, and what follows.
fn signed(source: &str) -> (&'static str, &str) {
    match source.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", source.strip_prefix('+').unwrap_or(source)),
    }
}

/// The digits of a hexadecimal number.
fn hexadecimal(unsigned: &str) -> Option<&str> {
    unsigned
        .strip_prefix("0x")
        .or_else(|| unsigned.strip_prefix("0X"))
}

/// The whole number that a source stands for (`3456.0`, `0xD80`, `3.456e3`), where it is one that 64 bits hold.
pub(super) fn whole(source: &str) -> Option<u64> {
    let (sign, unsigned) = signed(source);
    let magnitude = match hexadecimal(unsigned) {
        Some(digits) => u64::from_str_radix(digits, 16).ok()?,
        None => decimal(unsigned)?,
    };
    (sign.is_empty() || magnitude == 0).then_some(magnitude)
}

fn decimal(digits: &str) -> Option<u64> {
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (digits, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    let zeros = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let mut value = 0_u64;
    for digit in whole.chars().chain(fraction.chars()) {
        value = value
            .checked_mul(10)?
            .checked_add(digit.to_digit(10)?.into())?;
    }
    let mut rest = zeros.unsigned_abs();
    while rest > 0 && value > 0 {
        value = if zeros > 0 {
            value.checked_mul(10)?
        } else if value.is_multiple_of(10) {
            value / 10
        } else {
            return None;
        };
        rest -= 1;
    }
    Some(value)
}

/// The number in JSON's spelling; `null`, as JavaScript writes it, where JSON has none for it.
pub(super) fn json(source: &str) -> String {
    let (sign, digits) = signed(source);
    if let Some(digits) = hexadecimal(digits) {
        return u64::from_str_radix(digits, 16)
            .map_or_else(|_| "null".to_owned(), |value| format!("{sign}{value}"));
    }
    if digits.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return "null".to_owned();
    }
    match digits.split_once('.') {
        Some((whole, rest)) => {
            let whole = if whole.is_empty() { "0" } else { whole };
            let zero = if rest.starts_with(|c: char| c.is_ascii_digit()) {
                ""
            } else {
                "0"
            };
            format!("{sign}{whole}.{zero}{rest}")
        }
        None => format!("{sign}{digits}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_read_as_javascript_does() {
        for (source, value) in [
            ("3456", Some(3456)),
            ("+3456", Some(3456)),
            ("3456.0", Some(3456)),
            ("0xD80", Some(3456)),
            ("5.", Some(5)),
            ("5.e3", Some(5000)),
            ("3.456e3", Some(3456)),
            ("345600E-2", Some(3456)),
            ("0e999999999", Some(0)),
            ("-0", Some(0)),
            ("-0x0", Some(0)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("1e99", None),
            ("1e2147483648", None),
            ("1e-2147483648", None),
            ("-1", None),
            ("-0x1", None),
            ("1.5", None),
            (".5", None),
            ("0x10000000000000000", None),
            ("Infinity", None),
            ("-Infinity", None),
            ("NaN", None),
        ] {
            assert_eq!(whole(source), value, "{source}");
        }
    }

    #[test]
    fn every_number_has_a_spelling_in_json() {
        for (source, text) in [
            ("3456", "3456"),
            ("+3456", "3456"),
            ("-1", "-1"),
            ("1.50", "1.50"),
            (".5", "0.5"),
            ("-.5", "-0.5"),
            ("+5.", "5.0"),
            ("5.e3", "5.0e3"),
            ("1e400", "1e400"),
            ("0xD80", "3456"),
            ("-0Xa", "-10"),
            ("0x10000000000000000", "null"),
            ("Infinity", "null"),
            ("-Infinity", "null"),
            ("NaN", "null"),
        ] {
            assert_eq!(json(source), text, "{source}");
            assert!(serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok());
        }
    }
}
