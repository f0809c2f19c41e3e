//! Amounts of memory as people write them: to Kubernetes (`768Mi`) and to Redis (`768mb`).

const MIB: u64 = 1 << 20;

/// As a Kubernetes quantity: whole `Mi`, else plain bytes.
pub(crate) fn quantity(bytes: u64) -> String {
    if bytes > 0 && bytes.is_multiple_of(MIB) { format!("{}Mi", bytes / MIB) } else { bytes.to_string() }
}

/// As redis.conf reads it: whole `mb`, else plain bytes.
pub(crate) fn directive(bytes: u64) -> String {
    if bytes > 0 && bytes.is_multiple_of(MIB) { format!("{}mb", bytes / MIB) } else { bytes.to_string() }
}

#[cfg(test)]
mod tests {
    #[test]
    fn writes_whole_mebibytes_or_bytes() {
        assert_eq!(super::quantity(1 << 30), "1024Mi");
        assert_eq!(super::quantity(1000), "1000");
        assert_eq!(super::directive(0), "0");
        assert_eq!(super::directive(3 << 20), "3mb");
    }
}
