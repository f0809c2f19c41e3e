//! Kubernetes quantities (`1Gi`, `0.5`, `100m`, `1e3`), exactly as Go's `resource.Quantity` has them: every case of
//! `tests/data/quantity-go.txt`. Not Redis' memory sizes: those are `redis::Bytes`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An amount, to the nano unit; beyond 2^63-1 whole units it is not exact and compares as the largest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity {
    /// In thousand-millionths.
    nanos: i128,
}

/// Why a text is no quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a quantity; write it as `512Mi`, `1.5Gi`, `100m` or `1e9`")]
pub struct BadQuantity;

const NANO: i128 = 1_000_000_000;
/// Beyond this many digits a number is larger than any that fits.
const MOST_DIGITS: usize = 30;

impl Quantity {
    /// Reads a quantity. Fractions below a nano unit are rounded away from zero, as Go does.
    ///
    /// # Errors
    /// On an unknown suffix, blanks, separators, or two signs.
    pub fn parse(text: &str) -> Result<Self, BadQuantity> {
        let (negative, rest) = match text.as_bytes().first() {
            None => return Err(BadQuantity),
            Some(b'-') => (true, text.get(1..).unwrap_or_default()),
            Some(b'+') => (false, text.get(1..).unwrap_or_default()),
            Some(_) => (false, text),
        };
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let (whole, rest) = rest.split_at_checked(digits(rest)).ok_or(BadQuantity)?;
        let (fraction, suffix) = match rest.strip_prefix('.') {
            Some(rest) => rest.split_at_checked(digits(rest)).ok_or(BadQuantity)?,
            None => ("", rest),
        };
        let scale = scale(suffix)?;
        let magnitude = scale.apply(whole.trim_start_matches('0'), fraction);
        // Binary amounts are capped at 2^63-1 by Go.
        let cap = i128::from(i64::MAX) * NANO;
        let magnitude = if matches!(scale, Scale::Binary(_)) { magnitude.min(cap) } else { magnitude };
        Ok(Self { nanos: if negative { -magnitude } else { magnitude } })
    }

    /// An amount of whole units, such as bytes.
    #[must_use]
    pub fn of_bytes(bytes: u64) -> Self {
        Self { nanos: i128::from(bytes).saturating_mul(NANO) }
    }

    /// Whether it is more than nothing and less than one whole unit: `512m` is half a byte.
    #[must_use]
    pub fn is_below_one(self) -> bool {
        self.nanos > 0 && self.nanos < NANO
    }

    /// The amount in whole units, such as bytes, rounded up as the API server does. `None` where it is negative or beyond 2^64-1.
    #[must_use]
    pub fn bytes(self) -> Option<u64> {
        u64::try_from(self.nanos.div_euclid(NANO) + i128::from(self.nanos.rem_euclid(NANO) != 0)).ok()
    }
}

#[derive(Debug, Clone, Copy)]
enum Scale {
    /// A power of 1024.
    Binary(u32),
    /// A power of ten.
    Decimal(i32),
}

fn scale(suffix: &str) -> Result<Scale, BadQuantity> {
    Ok(match suffix {
        "Ki" => Scale::Binary(1),
        "Mi" => Scale::Binary(2),
        "Gi" => Scale::Binary(3),
        "Ti" => Scale::Binary(4),
        "Pi" => Scale::Binary(5),
        "Ei" => Scale::Binary(6),
        "n" => Scale::Decimal(-9),
        "u" => Scale::Decimal(-6),
        "m" => Scale::Decimal(-3),
        "" => Scale::Decimal(0),
        "k" => Scale::Decimal(3),
        "M" => Scale::Decimal(6),
        "G" => Scale::Decimal(9),
        "T" => Scale::Decimal(12),
        "P" => Scale::Decimal(15),
        "E" => Scale::Decimal(18),
        _ => Scale::Decimal(exponent(suffix)?),
    })
}

/// `e3`, `E-9`: the exponent of a decimal number.
fn exponent(suffix: &str) -> Result<i32, BadQuantity> {
    let number = suffix.strip_prefix(['e', 'E']).ok_or(BadQuantity)?;
    let digits = number.strip_prefix(['+', '-']).unwrap_or(number);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(BadQuantity);
    }
    let size = digits.parse::<i32>().unwrap_or(i32::MAX);
    Ok(if number.starts_with('-') { -size } else { size })
}

impl Scale {
    /// The digits at this scale, in nano units, saturating.
    fn apply(self, whole: &str, fraction: &str) -> i128 {
        match self {
            Self::Binary(power) => {
                let factor = 1i128 << (10 * power);
                if whole.len() > MOST_DIGITS {
                    return i128::MAX;
                }
                let units = whole.parse::<i128>().unwrap_or(0).saturating_mul(factor).saturating_mul(NANO);
                if fraction.is_empty() {
                    return units; // Nearly all amounts: what follows is slow.
                }
                // Beyond 27 digits a fraction of an exbibyte is below a nano byte.
                let kept: String = fraction.chars().take(27).collect();
                let parts = kept.parse::<i128>().unwrap_or(0);
                let below = 10i128.pow(u32::try_from(kept.len()).unwrap_or(0));
                units.saturating_add(fraction_nanos(parts, factor, below))
            }
            Self::Decimal(power) => {
                decimal(&format!("{whole}{fraction}"), i64::from(power) + 9 - fraction_length(fraction))
            }
        }
    }
}

fn fraction_length(fraction: &str) -> i64 {
    i64::try_from(fraction.len()).unwrap_or(i64::MAX)
}

/// `parts / below x factor` in nano units, rounded up, without overflowing on the way.
fn fraction_nanos(parts: i128, factor: i128, below: i128) -> i128 {
    // factor is at most 2^60 and parts below 10^27: multiply in two steps with remainders.
    let scaled_whole = parts / below;
    let mut rest = parts % below;
    let mut result = scaled_whole.saturating_mul(factor).saturating_mul(NANO);
    // Long multiplication by factor x 10^9, decimal digit by decimal digit of the factor.
    let multiplier = factor.saturating_mul(NANO);
    let mut quotient = 0i128;
    let mut remainder = 0i128;
    for bit in (0..128 - multiplier.leading_zeros()).rev() {
        quotient = quotient.saturating_mul(2);
        remainder *= 2;
        if multiplier >> bit & 1 == 1 {
            remainder += rest;
        }
        quotient = quotient.saturating_add(remainder / below);
        remainder %= below;
    }
    rest = remainder;
    result = result.saturating_add(quotient);
    result.saturating_add(i128::from(rest > 0))
}

/// `digits x 10^power`, rounded up, saturating.
fn decimal(digits: &str, power: i64) -> i128 {
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return 0;
    }
    let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    if length.saturating_add(power) > 38 {
        return i128::MAX;
    }
    if power >= 0 {
        let factor = 10i128.checked_pow(u32::try_from(power).unwrap_or(u32::MAX));
        return factor.and_then(|factor| digits.parse::<i128>().ok()?.checked_mul(factor)).unwrap_or(i128::MAX);
    }
    let kept = usize::try_from(length.saturating_add(power).max(0)).unwrap_or(0);
    let (whole, lost) = digits.split_at_checked(kept).unwrap_or((digits, ""));
    let whole = if whole.is_empty() { 0 } else { whole.parse::<i128>().unwrap_or(i128::MAX) };
    whole.saturating_add(i128::from(lost.bytes().any(|digit| digit != b'0')))
}

impl fmt::Display for Quantity {
    /// The canonical form for an amount of bytes: the largest binary suffix that is exact, else decimal.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SUFFIXES: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
        if self.nanos % NANO != 0 {
            let (mut number, mut suffix) = (self.nanos, "n");
            for larger in ["u", "m"] {
                if number % 1000 == 0 {
                    number /= 1000;
                    suffix = larger;
                }
            }
            return write!(formatter, "{number}{suffix}");
        }
        let mut number = self.nanos / NANO;
        let mut suffixes = SUFFIXES.iter();
        let mut suffix = suffixes.next().copied().unwrap_or_default();
        for larger in suffixes {
            if number == 0 || number % 1024 != 0 {
                break;
            }
            number /= 1024;
            suffix = larger;
        }
        write!(formatter, "{number}{suffix}")
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Self::parse(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `"1.5Gi" OK dec=1610612736.000000000 canon=1536Mi Value=1610612736 Milli=… fmt=BinarySI`, as Go printed it.
    #[test]
    fn every_case_is_as_go_has_it() {
        for line in include_str!("../../tests/data/quantity-go.txt").lines() {
            let mut fields = line.split('\t');
            let text: String = serde_json::from_str(fields.next().unwrap()).unwrap_or_else(|_| panic!("{line}"));
            let parsed = Quantity::parse(&text);
            if fields.next() != Some("OK") {
                assert_eq!(parsed, Err(BadQuantity), "{line}");
                continue;
            }
            let exact = fields.next().unwrap().strip_prefix("dec=").unwrap();
            let quantity = parsed.unwrap_or_else(|_| panic!("{line}"));
            let expected = decimal(
                exact.replace(['.', '-'], "").as_str(),
                9 - exact.split_once('.').map_or(0, |(_, part)| fraction_length(part)),
            );
            let expected = if exact.starts_with('-') { -expected } else { expected };
            assert_eq!(quantity.nanos, expected, "{line}");
            let value: i128 = fields.nth(1).unwrap().strip_prefix("Value=").unwrap().parse().unwrap();
            // Beyond 2^63-1 Go's own Value() wraps: nobody means such an amount, and ours is refused or exact.
            if expected.unsigned_abs() < u128::from(i64::MAX.unsigned_abs()) * NANO.unsigned_abs() && expected >= 0 {
                assert_eq!(quantity.bytes().map(i128::from), Some(value), "{line}");
            }
        }
    }

    #[test]
    fn amounts_compare_by_value() {
        let parse = |text| Quantity::parse(text).unwrap();
        assert_eq!(parse("1Gi"), parse("1024Mi"));
        assert!(parse("1G") < parse("1Gi"));
        assert_eq!(parse("1610612736").to_string(), "1536Mi");
        assert_eq!(parse("100m").to_string(), "100m");
        assert_eq!(parse("-1Gi").bytes(), None);
    }

    proptest! {
        #[test]
        fn never_panics(text: String) {
            let _ = Quantity::parse(&text);
        }

        #[test]
        fn never_panics_on_what_looks_like_one(text in "[-+]?[0-9]{0,40}[.]?[0-9]{0,40}([KMGTPE]i?|[numkeE][-+]?[0-9]{0,12})?") {
            if let Ok(quantity) = Quantity::parse(&text) {
                let _ = (quantity.bytes(), quantity.to_string());
            }
        }

        #[test]
        fn the_canonical_form_is_a_fixed_point(bytes: u32, suffix in "(|Ki|Mi|Gi|k|m)") {
            let quantity = Quantity::parse(&format!("{bytes}{suffix}")).unwrap();
            let canonical = quantity.to_string();
            prop_assert_eq!(Quantity::parse(&canonical), Ok(quantity));
            prop_assert_eq!(Quantity::parse(&canonical).unwrap().to_string(), canonical);
        }
    }
}
