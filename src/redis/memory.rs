//! Memory sizes as redis-server reads them: digits and one of "", b, k, kb, m, mb, g, gb in any case; k, m and g are
//! decimal, kb, mb and gb binary. Not Kubernetes' quantities: those are `inventory::quantity`.

use std::fmt;

/// Memory in bytes. `Display` writes what redis.conf reads: the largest of mb and kb that is exact, else plain bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

/// Why a size was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a memory size; write it as `768mb`, without fraction, sign or blank")]
pub struct BadSize;

/// More digits than this are refused, as redis-server's buffer does.
const MOST_DIGITS: usize = 127;

impl Bytes {
    /// Reads a size. As in redis-server, digits beyond 2^64-1 stop there, and the unit's multiplication wraps:
    /// `17179869184gb` is 0.
    ///
    /// # Errors
    /// On an unknown unit, a sign, a fraction, or over 127 digits. No digits at all read as 0.
    pub fn parse(text: &[u8]) -> Result<Self, BadSize> {
        let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (number, unit) = text.split_at_checked(digits).ok_or(BadSize)?;
        if number.len() > MOST_DIGITS {
            return Err(BadSize);
        }
        let factor: u64 = match unit.to_ascii_lowercase().as_slice() {
            b"" | b"b" => 1,
            b"k" => 1000,
            b"kb" => 1 << 10,
            b"m" => 1_000_000,
            b"mb" => 1 << 20,
            b"g" => 1_000_000_000,
            b"gb" => 1 << 30,
            _ => return Err(BadSize),
        };
        let mut sum = Some(0u64);
        for digit in number {
            sum = sum.and_then(|sum| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0')));
        }
        // Saturation holds: once beyond the top, ten times as much stays there.
        Ok(Self(sum.unwrap_or(u64::MAX).wrapping_mul(factor)))
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => formatter.write_str("0"),
            bytes if bytes % (1 << 20) == 0 => write!(formatter, "{}mb", bytes >> 20),
            bytes if bytes % (1 << 10) == 0 => write!(formatter, "{}kb", bytes >> 10),
            bytes => write!(formatter, "{bytes}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wraps_as_redis_does() {
        assert_eq!(Bytes::parse(b"17179869184gb"), Ok(Bytes(0)));
        assert_eq!(Bytes::parse(b"17179869185gb"), Ok(Bytes(1 << 30)));
        assert_eq!(Bytes::parse(b""), Ok(Bytes(0)));
        for refused in ["1.5gb", "512Mi", "1tb", "+1", "-1", "75%", " 1gb", "1 gb"] {
            assert_eq!(Bytes::parse(refused.as_bytes()), Err(BadSize), "{refused}");
        }
    }

    proptest! {
        #[test]
        fn reads_what_it_writes(bytes: u64) {
            prop_assert_eq!(Bytes::parse(Bytes(bytes).to_string().as_bytes()), Ok(Bytes(bytes)));
        }

        #[test]
        fn never_panics(text: Vec<u8>) {
            let _ = Bytes::parse(&text);
        }
    }
}
