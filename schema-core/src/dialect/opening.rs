//! What stands above the first statement of a script that is printed for a shell.

use crate::plan::Statement;

/// What a printed script begins with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opening {
    /// What whoever runs the script has to know, as lines of a comment.
    pub note: String,
    /// Lines for the shell itself, which no server and no library knows.
    pub commands: String,
    /// Statements on which the rest relies: they stop a program which cannot run it, or fix what its names mean.
    pub statements: Vec<Statement>,
}
