//! The webhook: HTTP, TLS, the review envelope, limits and live look-ups. Decides nothing.

pub mod envelope;
