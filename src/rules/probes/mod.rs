//! Rules on probes: what kills a server that is only busy.

pub(crate) mod probe_delay_short;
pub(crate) mod probe_timeout_short;
