//! Why revisions cannot be looked at.

use std::path::PathBuf;

use crate::history::HistoryError;
use crate::script::ScriptError;

/// Why revisions cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum LintError {
    /// The history cannot be read.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// A script cannot be understood.
    #[error("cannot read the script `{}`: {error}", path.display())]
    Script {
        /// The file.
        path: PathBuf,
        /// What is wrong in it, with the line.
        error: ScriptError,
    },
}

impl LintError {
    /// Returns how to go on.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            LintError::History(error) => error.hint(),
            LintError::Script { error, .. } => error.hint(),
        }
    }
}
