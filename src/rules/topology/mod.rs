//! Rules on topology: enough voters to agree, one writer to a data set.

pub(crate) mod deployment_shares_claim;
pub(crate) mod quorum_not_majority;
pub(crate) mod too_few_sentinels;
