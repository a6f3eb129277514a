//! What a printed script puts back of its session by statements, as the runner does of its own.

use crate::plan::Statement;

/// Statements around a script that leave the session as they found it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restore {
    /// What notes how the session is, and what stops if that could not be put back; before the script's transaction.
    pub before: Vec<Statement>,
    /// What makes it that again, in the script's transaction and before its version row is written.
    pub within: Vec<Statement>,
    /// What can be put back only once the transaction is over.
    pub behind: Vec<Statement>,
}

impl Restore {
    /// Returns them with a comment above the first of each part, where it has none.
    pub(crate) fn told(mut self) -> Self {
        let note = "how the session is, to be put back behind this script";
        let put_back = "the session as it was before";
        for (part, reason) in [
            (&mut self.before, note),
            (&mut self.within, put_back),
            (&mut self.behind, put_back),
        ] {
            if let Some(first) = part.first_mut().filter(|first| first.reason.is_empty()) {
                reason.clone_into(&mut first.reason);
            }
        }
        self
    }
}
