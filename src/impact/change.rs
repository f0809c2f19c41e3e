//! Something under the policy in force and under another one.

/// The same thing under two policies.
#[derive(Debug)]
pub(crate) struct Change<T> {
    /// Under the policy in force.
    pub(crate) old: T,
    /// Under the policy that is judged.
    pub(crate) new: T,
}

impl<T> Change<T> {
    /// Makes something of either.
    pub(crate) fn map<'a, U>(&'a self, make: impl Fn(&'a T) -> U) -> Change<U> {
        Change { old: make(&self.old), new: make(&self.new) }
    }
}
