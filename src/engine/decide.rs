//! From a review to its verdict: whoever is exempt passes, a mutation patches, a validation denies or warns.

use super::exempt::is_exempt;
use super::mutate::mutate;
use super::review::Review;
use super::validate::validate;
use super::verdict::{Hook, Verdict};
use crate::policy::Policies;

impl Review<'_> {
    /// The verdict, by what was read. Never denies at [`Hook::Mutate`], never patches at [`Hook::Validate`].
    #[must_use]
    pub fn decide(self, policies: &Policies) -> Verdict {
        if self.passes || is_exempt(policies, &self) {
            return Verdict::default();
        }
        match self.hook {
            Hook::Mutate => mutate(policies, self),
            Hook::Validate => validate(policies, &self),
        }
    }
}
