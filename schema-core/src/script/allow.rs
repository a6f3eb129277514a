//! What a script allows: hazards that a person has looked at and accepts.

use crate::hazard::Code;
use crate::lexer::{Lexicon, Token};

use super::ScriptError;
use super::parse::{directive, parse_with_allows};

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

/// Returns a script with what another one allows, and what of that it has no statement for: an allowed hazard is allowed in the same statement,
/// or at the head.
///
/// # Errors
///
/// As [`parse`](super::parse()), of either.
///
/// # Example
///
/// ```
/// use schema_core::lexer::Lexicon;
/// use schema_core::script::carry_allows;
///
/// let old = "-- two\n\n-- autogen: allow D02 nobody reads it\nDROP TABLE tags;\n";
/// let (new, left) = carry_allows(old, "-- three\n\nDROP TABLE tags;\n", Lexicon::STANDARD)?;
/// assert_eq!(new, old.replace("two", "three"));
/// assert!(left.is_empty());
/// # Ok::<(), schema_core::script::ScriptError>(())
/// ```
pub fn carry_allows(old: &str, new: &str, lexicon: Lexicon) -> Result<(String, Vec<Allow>), ScriptError> {
    carry(old, new, lexicon, Heads::Carry)
}

/// Returns a script with what another one, which became a part of it, allows in its statements, and what is left of that: what was allowed in
/// the whole of that one is not allowed in the whole of this one.
///
/// # Errors
///
/// As [`carry_allows`].
pub(crate) fn carry_allows_of_part(
    old: &str,
    new: &str,
    lexicon: Lexicon,
) -> Result<(String, Vec<Allow>), ScriptError> {
    carry(old, new, lexicon, Heads::Leave)
}

/// What becomes of what a script allows at its head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heads {
    Carry,
    Leave,
}

fn carry(old: &str, new: &str, lexicon: Lexicon, heads: Heads) -> Result<(String, Vec<Allow>), ScriptError> {
    let (from, allows) = parse_with_allows(old, lexicon)?;
    if allows.is_empty() {
        return Ok((new.to_owned(), allows));
    }
    let (to, _) = parse_with_allows(new, lexicon)?;
    let lines: Vec<&str> = new.lines().collect();
    let is_comment = |at: usize| lines.get(at).is_some_and(|line| line.starts_with("--"));
    let head = (0..lines.len()).take_while(|at| is_comment(*at)).count();
    let (mut inserted, mut left) = (vec![String::new(); lines.len() + 1], Vec::new());
    for allow in allows {
        let place = match allow.covers {
            Covers::Script => (heads == Heads::Carry).then_some(head),
            Covers::Statement(at) => {
                let same = to
                    .statements
                    .iter()
                    .find(|statement| statement.step == from.statements[at].step);
                // Above the comments of its own: a directive wants its statement right below it.
                same.map(|same| {
                    let line = same.line - 1;
                    line - (0..line).rev().take_while(|at| is_comment(*at)).count()
                })
            }
        };
        match place {
            Some(place) => {
                inserted[place].push_str(&format!("-- autogen: allow {} {}\n", allow.code, allow.reason));
            }
            None => left.push(allow),
        }
    }
    let mut text = String::with_capacity(new.len());
    for (at, inserted) in inserted.iter().enumerate() {
        text.push_str(inserted);
        if let Some(line) = lines.get(at) {
            text.push_str(line);
            text.push('\n');
        }
    }
    Ok((text, left))
}
