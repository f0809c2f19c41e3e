//! Rules on topology: enough voters to agree, one writer to a data set.

pub(super) mod deployment_shares_claim;
pub(super) mod quorum_not_majority;
pub(super) mod too_few_sentinels;
