//! Amounts of memory as people write them: to Kubernetes (`768Mi`) and to Redis (`768mb`).

use crate::redis::Bytes;

const MIB: u64 = 1 << 20;

/// The directive's name.
pub(crate) const MAXMEMORY: &str = "maxmemory";

/// As a Kubernetes quantity: whole `Mi`, else plain bytes.
pub(crate) fn quantity(bytes: u64) -> String {
    if bytes > 0 && bytes.is_multiple_of(MIB) { format!("{}Mi", bytes / MIB) } else { bytes.to_string() }
}

/// As a quantity for people: in `Mi`, rounded up.
pub(crate) fn rounded_up(bytes: u64) -> String {
    format!("{}Mi", bytes.div_ceil(MIB))
}

/// As redis.conf reads it: the largest of `mb` and `kb` that is exact, else plain bytes.
pub(crate) fn directive(bytes: u64) -> String {
    Bytes(bytes).to_string()
}

/// What [`directive`] wrote, or a user, in bytes; nothing where redis-server would refuse it.
pub(crate) fn of_directive(text: &str) -> Option<u64> {
    Bytes::parse(text.as_bytes()).ok().map(|bytes| bytes.0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn writes_whole_mebibytes_or_bytes() {
        assert_eq!(super::quantity(1 << 30), "1024Mi");
        assert_eq!(super::quantity(1000), "1000");
        assert_eq!(super::rounded_up(1_500_000_000), "1431Mi");
        assert_eq!(super::directive(0), "0");
        assert_eq!(super::directive(3 << 20), "3mb");
        assert_eq!(super::of_directive("3mb"), Some(3 << 20));
        assert_eq!(super::of_directive("3Mi"), None);
    }
}
