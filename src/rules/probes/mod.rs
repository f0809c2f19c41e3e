//! Rules on probes: what kills a server that is only busy.

pub(super) mod probe_delay_short;
pub(super) mod probe_timeout_short;
