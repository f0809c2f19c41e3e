//! TEMP
/// q
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(u64);
impl Quantity {
    /// p
    pub fn parse(t: &str) -> Result<Self, ()> {
        let (d, m) = if let Some(d) = t.strip_suffix("Gi") {
            (d, 1u64 << 30)
        } else if let Some(d) = t.strip_suffix("Mi") {
            (d, 1 << 20)
        } else {
            (t, 1)
        };
        d.parse::<u64>().map(|n| Self(n * m)).map_err(|_| ())
    }
    /// b
    pub fn bytes(self) -> Option<u64> {
        Some(self.0)
    }
}
