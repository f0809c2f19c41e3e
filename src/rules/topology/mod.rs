//! Rules on topology: enough voters to agree.

pub(super) mod quorum_not_majority;
pub(super) mod too_few_sentinels;
