//! What a script allows: hazards that a person has looked at and accepts.

use crate::hazard::Code;
use crate::lexer::Token;

use super::parse::directive;

/// A hazard that a script allows, by a comment `-- autogen: allow CODE REASON`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    /// Its kind.
    pub code: Code,
    /// Why it is accepted, for whoever reads the script.
    pub reason: String,
    /// The line of the comment, counted from 1.
    pub line: usize,
    /// Where it is allowed.
    pub covers: Covers,
}

/// Where a hazard is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Covers {
    /// In the whole script: the comment stands at its head, above a blank line.
    Script,
    /// In the statement of that place among the script's, which is the next one.
    Statement(usize),
}

/// Tells whether a token is a comment that allows something.
///
/// Such a comment changes nothing that is executed, and is written when others have the script already; so it does not count in a
/// [`checksum`](super::checksum).
pub(super) fn is_allow(token: &Token<'_>) -> bool {
    let comment = token.text.strip_prefix("--").filter(|_| token.is_trivia());
    // To PostgreSQL the comment ends there, and what follows is executed.
    let comment = comment.filter(|comment| !comment.trim_end().contains('\r'));
    comment
        .and_then(directive)
        .is_some_and(|(name, _)| name == "allow")
}
