//! How the cases of policies came out.

/// All cases of a folder.
#[derive(Debug)]
pub struct CaseResults {
    /// By name.
    pub cases: Vec<CaseResult>,
}

/// How one case came out.
#[derive(Debug)]
pub struct CaseResult {
    /// The name of its folder.
    pub name: String,
    /// What is not as expected, a line each.
    pub wrong: Vec<String>,
    /// What its author may not have meant, though it may be right.
    pub notes: Vec<String>,
}

impl CaseResults {
    /// How many did not come out as expected.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.cases.iter().filter(|case| !case.wrong.is_empty()).count()
    }
}
