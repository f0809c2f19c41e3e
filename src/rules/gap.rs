//! How far a value is from what is allowed.

/// How large a part of `whole` is, for a finding's gap.
#[expect(clippy::cast_precision_loss, reason = "a gap is compared, not added up; 52 bits are enough")]
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
