//! Rules on topology: enough voters to agree, one writer to a data set.

pub(crate) mod deployment_shares_claim;
pub(crate) mod pdb_missing;
pub(crate) mod quorum_not_majority;
pub(crate) mod too_few_sentinels;

use super::registry::Entry;

/// The rules of this group, in the order of every table that we print.
pub(crate) const RULES: &[Entry] = &[
    Entry::new::<too_few_sentinels::TooFewSentinels>(),
    Entry::new::<quorum_not_majority::QuorumNotMajority>(),
    Entry::new::<pdb_missing::PdbMissing>(),
    Entry::new::<deployment_shares_claim::DeploymentSharesClaim>(),
];
