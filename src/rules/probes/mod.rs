//! Rules on probes: what kills a server that is only busy.

pub(crate) mod probe_delay_short;
pub(crate) mod probe_timeout_short;

use super::registry::Entry;

/// The rules of this group, in the order of every table that we print.
pub(crate) const RULES: &[Entry] =
    &[Entry::new::<probe_timeout_short::ProbeTimeoutShort>(), Entry::new::<probe_delay_short::ProbeDelayShort>()];
