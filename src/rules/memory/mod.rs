//! Rules on memory: requests, limits, maxmemory, and the configuration that sets it.

pub(crate) mod config_not_accepted;
pub(crate) mod maxmemory_above_ratio;
pub(crate) mod maxmemory_fixed_while_limit_changes;
pub(crate) mod maxmemory_missing;
pub(crate) mod maxmemory_policy_missing;
pub(crate) mod memory_limit_missing;
pub(crate) mod memory_quantity_invalid;
pub(crate) mod memory_request_below_limit;
pub(crate) mod memory_request_missing;

use super::registry::Entry;

/// The rules of this group, in the order of every table that we print.
pub(crate) const RULES: &[Entry] = &[
    Entry::new::<memory_quantity_invalid::MemoryQuantityInvalid>(),
    Entry::new::<memory_limit_missing::MemoryLimitMissing>(),
    Entry::new::<memory_request_missing::MemoryRequestMissing>(),
    Entry::new::<memory_request_below_limit::MemoryRequestBelowLimit>(),
    Entry::new::<maxmemory_missing::MaxmemoryMissing>(),
    Entry::new::<maxmemory_policy_missing::MaxmemoryPolicyMissing>(),
    Entry::new::<maxmemory_above_ratio::MaxmemoryAboveRatio>(),
    Entry::new::<maxmemory_fixed_while_limit_changes::MaxmemoryFixedWhileLimitChanges>(),
    Entry::new::<config_not_accepted::ConfigNotAccepted>(),
];
