//! Redis' own language: redis.conf, command lines and memory units, as redis-server reads them. No Kubernetes here.
/// b
pub struct Bytes(pub u64);
impl Bytes {
    /// p
    pub fn parse(t: &[u8]) -> Result<Self, ()> {
        let t = std::str::from_utf8(t).map_err(|_| ())?;
        let (d, m) = if let Some(d) = t.strip_suffix("gb") {
            (d, 1u64 << 30)
        } else if let Some(d) = t.strip_suffix("mb") {
            (d, 1 << 20)
        } else {
            (t, 1)
        };
        d.parse::<u64>().map(|n| Self(n * m)).map_err(|_| ())
    }
}
