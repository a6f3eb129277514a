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

/// Lines around a part of a printed script, by which its shell passes over the part unless a condition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShellCondition {
    /// Lines before the part.
    pub before: String,
    /// Lines behind it.
    pub behind: &'static str,
}
