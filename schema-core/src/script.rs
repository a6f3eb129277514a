//! Scripts: a [`Plan`](crate::plan::Plan) as an SQL file that people read and edit, and back.
//!
//! A script is plain SQL. What the runner must know beyond it stands in comments that begin with `autogen:`, the
//! directives:
//!
//! | directive | where | meaning |
//! |---|---|---|
//! | `-- autogen: no-transaction` | before the first statement | the statements may not stand in a transaction |
//! | `-- autogen: foreign-keys-off` | before the first statement | foreign keys are checked before the commit, not while the script runs |
//! | `-- autogen: irreversible REASON` | before the first statement of a downgrade | there is no way back |
//! | `-- autogen: expect-no-rows MESSAGE` | above a query | the script fails with the message, and nothing is changed, if the query finds a row |
//! | `-- autogen: explain-failure MESSAGE` | above a query | if the statement that follows fails, the query shows the rows in its way, under the message |
//! | `-- autogen: redefine-table` | above a CREATE TABLE | the standing table gets this definition; its rows stay as they are, or are copied if they cannot and `foreign-keys-off` allows it |
//! | `-- autogen: keep-dependents TABLE` | a step of its own | remembers the triggers of a table that is about to be replaced |
//! | `-- autogen: restore-dependents TABLE` | a step of its own | puts them back |
//! | `-- autogen: allow CODE REASON` | above a statement, or above a blank line at the head for all of them | [`lint`](crate::lint) does not report the hazard; the runner does not mind it |
//!
//! A comment directly above a statement is its reason; any other comment is left alone. A statement ends at its
//! semicolon, not at one in a string, a comment or a trigger's body. This module runs nothing and reads no file.
//!
//! ```
//! # #[cfg(feature = "sqlite")] {
//! use schema_core::{dialect, script};
//!
//! let text = "-- upgrade 6b03689cd779: forget sessions
//!
//! -- they are of no use any more
//! DELETE FROM sessions;
//! ";
//! let sqlite = dialect::by_name("sqlite").expect("this build has SQLite");
//! let plan = script::parse(text, sqlite.lexicon())?;
//! assert_eq!(plan.statements[0].step.executed(), Some("DELETE FROM sessions"));
//! assert_eq!(plan.statements[0].reason, "they are of no use any more");
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod allow;
mod delimiter;
mod error;
mod parse;
mod refused;
mod render;
mod split;
mod statements;

pub use allow::carry_allows;
pub(crate) use allow::carry_allows_of_part;
pub use allow::{Allow, Covers};
pub use error::{Problem, ScriptError};
pub use parse::{body, irreversible, parse, parse_with_allows};
pub use render::render;
pub(crate) use render::render_for_shell;
pub use statements::statements;

use std::borrow::Cow;
use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use self::allow::is_allow;
use crate::lexer::{Kind, Lexicon, lex, unquote};
use crate::plan::Step;

/// Returns the checksum of a script, `sha256:` and 64 hexadecimal digits.
///
/// Line ends, white space at the end of a line or of the file, a byte order mark and comments that [allow](Allow) a hazard do not count:
/// none of them changes what is executed. White space inside a string does.
///
/// ```
/// use schema_core::script::checksum;
///
/// assert_eq!(checksum("SELECT 1;\r\n\r\n"), checksum("SELECT 1;  \n"));
/// assert_ne!(checksum("SELECT 1;\n"), checksum("SELECT 2;\n"));
/// ```
#[must_use]
pub fn checksum(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digest = Sha256::digest(canonical(&normalize_lines(text)).as_bytes());
    let mut checksum = String::with_capacity(71);
    checksum.push_str("sha256:");
    for nibble in digest.iter().flat_map(|byte| [byte >> 4, byte & 0xf]) {
        checksum.push(DIGITS[usize::from(nibble)].into());
    }
    checksum
}

/// Tells whether a script allows any hazard, which only a person writes.
fn has_allows(text: &str) -> bool {
    // Nearly no script does, and need not be cut into tokens to see it.
    text.contains("autogen:") && lex(text, Lexicon::STANDARD).any(|token| is_allow(&token))
}

/// Returns the table that a step puts another one in the place of, in lower case, if it does.
pub(crate) fn replaced_table(step: &Step, lexicon: Lexicon) -> Option<String> {
    let (text, keyword) = match step {
        Step::RedefineTable { sql } => (sql, Some("TABLE")),
        Step::KeepDependents { table } => (table, None),
        Step::Execute { .. }
        | Step::ExpectNoRows { .. }
        | Step::ExplainFailure { .. }
        | Step::RestoreDependents { .. } => return None,
    };
    let mut tokens = lex(text, lexicon).filter(|token| !token.is_trivia());
    if let Some(keyword) = keyword {
        tokens.find(|token| token.is(keyword))?;
    }
    tokens.next()?.name().map(|name| name.to_lowercase())
}

/// Returns all words and quoted names of a script, in lower case: among them the tables that it is about. A text of several words may be a statement
/// that the script prepares, so its words are among them too.
///
/// ```
/// use schema_core::lexer::Lexicon;
/// use schema_core::script::names;
///
/// assert!(names("UPDATE \"Items\" SET name = 'tags';", Lexicon::STANDARD).into_iter().eq(["items", "name", "set", "update"]));
/// ```
#[must_use]
pub fn names(text: &str, lexicon: Lexicon) -> BTreeSet<String> {
    let names = names_as_written(text, lexicon).into_iter();
    names.map(|name| name.to_lowercase()).collect()
}

/// Returns the same words and names as [`names`], in their own case.
pub(crate) fn names_as_written(text: &str, lexicon: Lexicon) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for token in lex(text, lexicon) {
        if let Some(name) = token.name() {
            names.insert(name);
        } else if token.kind == Kind::String && token.text.contains(' ') {
            let inner = unquote(token.text);
            // Other quotes than `'` stay, and what they hold is no statement that could be prepared.
            if inner.len() < token.text.len() {
                names.extend(names_as_written(&inner, lexicon));
            }
        }
    }
    names
}

/// Returns the text without a byte order mark and with `\n` as the end of every line.
fn normalize_lines(text: &str) -> Cow<'_, str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Returns the text without the white space that ends a line outside strings, or the file.
///
/// Every dialect's script is read with one lexicon here, so that a checksum is a function of the text alone.
fn canonical(text: &str) -> Cow<'_, str> {
    // Most scripts have nothing to leave out but their last line end, and need not be cut into tokens to see it.
    if !text.split('\n').any(|line| line.ends_with(char::is_whitespace)) && !has_allows(text) {
        return Cow::Borrowed(text.trim_end());
    }
    let mut canonical = String::with_capacity(text.len());
    let mut allowed = false;
    for token in lex(text, Lexicon::STANDARD) {
        // The line of such a comment goes with its end.
        let text = match token.text.split_once('\n') {
            Some((_, rest)) if std::mem::take(&mut allowed) => rest,
            Some(_) | None => token.text,
        };
        match token.kind {
            Kind::Space => {
                let (lines, last) = text.rsplit_once('\n').map_or(("", text), |(lines, last)| {
                    canonical.extend(std::iter::repeat_n('\n', lines.matches('\n').count() + 1));
                    (lines, last)
                });
                debug_assert!(lines.trim().is_empty(), "white space holds white space");
                canonical.push_str(last);
            }
            Kind::Comment if is_allow(&token) => {
                canonical.truncate(canonical.trim_end_matches([' ', '\t']).len());
                allowed = true;
            }
            Kind::Comment => canonical.push_str(token.text.trim_end()),
            Kind::Word | Kind::Quoted | Kind::String | Kind::Number | Kind::Symbol => {
                canonical.push_str(token.text);
            }
        }
    }
    canonical.truncate(canonical.trim_end().len());
    Cow::Owned(canonical)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_that_change_nothing_do_not_count() {
        let script = "-- note\n\nSELECT\n    1;\n";
        for same in [
            "\u{feff}-- note\n\nSELECT\n    1;\n",
            "-- note\r\n\r\nSELECT\r\n    1;\r\n",
            "-- note  \n \t\nSELECT \n    1;  \n\n\n",
            "-- note\n\nSELECT\n    1;",
        ] {
            assert_eq!(checksum(same), checksum(script), "{same:?}");
        }
    }

    #[test]
    fn what_is_allowed_does_not_count() {
        let script = "-- note\n\nDROP TABLE a;\nDROP TABLE b;\n";
        for same in [
            "-- note\n-- autogen: allow D01 old\n\nDROP TABLE a;\nDROP TABLE b;\n",
            "-- note\n\n-- autogen: allow D01 old\nDROP TABLE a;\n  -- autogen: allow D01 old  \r\nDROP TABLE b;\n",
        ] {
            assert_eq!(checksum(same), checksum(script), "{same:?}");
        }
        let quoted = "SELECT '\n-- autogen: allow D01 old\n';";
        assert_ne!(checksum(quoted), checksum("SELECT '\n';"));
    }

    #[test]
    fn what_is_executed_counts() {
        for (a, b) in [
            ("SELECT 'a \n';", "SELECT 'a\n';"),
            ("SELECT 1;", "SELECT  1;"),
            ("-- a\nSELECT 1;", "-- b\nSELECT 1;"),
        ] {
            assert_ne!(checksum(a), checksum(b), "{a:?}");
        }
    }
}
