//! What a rule may know besides the workload: at which door it is checked, whether data may be running, what we wrote
//! ourselves, how maxmemory is derived.

use super::finding::Applicability;
use super::info::Door;
use super::maxmemory::derivation::Derivation;
use super::maxmemory::size;
use crate::workload::{Container, Workload};

/// What a rule may know besides the workload.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// Where the workload is checked.
    pub door: Door,
    /// Whether a data set may be running.
    pub lifecycle: Lifecycle,
    /// How the policy derives maxmemory.
    pub derivation: Derivation,
    /// The values that are ours by the mark.
    pub owned: OwnedValues,
    /// The workload before an update.
    pub old: Option<&'a Workload>,
    /// Whether the governing Service is the object under review, being created: then it can still be made headless.
    pub service_is_new: bool,
}

impl<'a> Context<'a> {
    /// A workload of which no value is ours and nothing was there before.
    #[must_use]
    pub fn new(door: Door, lifecycle: Lifecycle, derivation: Derivation) -> Self {
        Self { door, lifecycle, derivation, owned: OwnedValues::default(), old: None, service_is_new: false }
    }

    /// The same with the values that are ours.
    #[must_use]
    pub fn owned(mut self, owned: OwnedValues) -> Self {
        self.owned = owned;
        self
    }

    /// The same with the workload before an update.
    #[must_use]
    pub fn old(mut self, old: Option<&'a Workload>) -> Self {
        self.old = old;
        self
    }

    /// The same with a governing Service that may still be made headless.
    #[must_use]
    pub fn service_is_new(mut self, service_is_new: bool) -> Self {
        self.service_is_new = service_is_new;
        self
    }

    /// How far a fix may be trusted that is Safe on CREATE or where the value is ours, and Unsafe on a running data set.
    #[must_use]
    pub fn safe_on_create(&self, container: &str, path: &str) -> Applicability {
        let is_safe = self.lifecycle == Lifecycle::Creating || self.owned.contains(container, path);
        if is_safe { Applicability::Safe } else { Applicability::Unsafe }
    }

    /// The maxmemory of a server for a limit: derived from it, but where ours stands and the limit is the same it never
    /// gets lower.
    #[must_use]
    pub fn maxmemory_for(&self, workload: &Workload, server: &Container, limit_bytes: u64) -> Option<u64> {
        let derived = self.derivation.maxmemory_for(workload, server, limit_bytes)?;
        Some(self.not_below_ours(&server.name, limit_bytes, derived))
    }

    fn not_below_ours(&self, container: &str, limit_bytes: u64, derived: u64) -> u64 {
        match self.owned.maxmemory(container) {
            Some((set, limit)) if limit == limit_bytes && !self.derivation.override_ => derived.max(set),
            _ => derived,
        }
    }
}

/// Whether a data set may be running behind the workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    /// It is being created, and nothing of it exists.
    Creating,
    /// It exists, or may.
    MayHoldData,
}

/// The values of one workload that the mark names as ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnedValues(Vec<OwnedValue>);

impl OwnedValues {
    /// Whether the value at this path of a container is ours.
    #[must_use]
    pub fn contains(&self, container: &str, path: &str) -> bool {
        self.0.iter().any(|value| value.container == container && value.path == path)
    }

    /// The maxmemory of a container that is ours: what we set, and the limit that it was derived from, both in bytes.
    #[must_use]
    pub fn maxmemory(&self, container: &str) -> Option<(u64, u64)> {
        self.0.iter().find(|value| value.container == container && value.path == size::MAXMEMORY)?.maxmemory
    }
}

impl FromIterator<OwnedValue> for OwnedValues {
    fn from_iter<Values: IntoIterator<Item = OwnedValue>>(values: Values) -> Self {
        Self(values.into_iter().collect())
    }
}

/// A value that the mark names as ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedValue {
    /// The container.
    pub container: String,
    /// The path in it, such as `resources.requests.memory`, or a directive, such as `maxmemory`.
    pub path: String,
    /// For a maxmemory: what we set, and the limit that it was derived from, both in bytes.
    pub maxmemory: Option<(u64, u64)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;
    const GIB: u64 = 1 << 30;

    #[test]
    fn ours_is_not_lowered_while_the_limit_stands() {
        let maxmemory = OwnedValue {
            container: "redis".to_owned(),
            path: "maxmemory".to_owned(),
            maxmemory: Some((800 * MIB, GIB)),
        };
        let owned = std::iter::once(maxmemory).collect();
        let context = Context::new(Door::Admission, Lifecycle::MayHoldData, Derivation::default()).owned(owned);
        assert_eq!(context.not_below_ours("redis", GIB, 768 * MIB), 800 * MIB);
        assert_eq!(context.not_below_ours("redis", GIB / 2, 384 * MIB), 384 * MIB);
        assert_eq!(context.not_below_ours("other", GIB, 768 * MIB), 768 * MIB);
        assert_eq!(context.safe_on_create("redis", "maxmemory"), Applicability::Safe);
        assert_eq!(context.safe_on_create("redis", "resources.limits.memory"), Applicability::Unsafe);
    }
}
