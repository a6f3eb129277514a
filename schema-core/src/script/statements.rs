//! SQL that is no script of ours, cut into its statements.

use std::borrow::Cow;

use super::parse::refuse_nul;
use super::split::{Piece, split};
use super::{ScriptError, normalize_lines};
use crate::lexer::Lexicon;
use crate::plan::Statement;

/// Cuts SQL of any origin into its statements: comments are comments, and a transaction of its own is allowed. That a shell stops at the first error, as
/// `.bail on` above the first statement tells that of SQLite and `\set ON_ERROR_STOP on` that of PostgreSQL, goes without saying; so does in a
/// script with the latter that nothing is done yet of what it passes over by `\if`.
///
/// # Errors
///
/// [`ScriptError`] with the line: a NUL byte, or something never closed.
///
/// # Example
///
/// ```
/// use schema_core::{lexer::Lexicon, script::statements};
///
/// let dump = "BEGIN; CREATE TABLE a (x); INSERT INTO a VALUES (';'); COMMIT;";
/// let found = statements(dump, Lexicon::STANDARD)?;
/// assert_eq!(found.len(), 4);
/// assert_eq!(found[2].step.executed(), Some("INSERT INTO a VALUES (';')"));
/// # Ok::<(), schema_core::script::ScriptError>(())
/// ```
pub fn statements(text: &str, lexicon: Lexicon) -> Result<Vec<Statement>, ScriptError> {
    let text = without_stopping(normalize_lines(text));
    refuse_nul(&text)?;
    let pieces = split(&text, lexicon)?.into_iter();
    let statements = pieces.filter_map(|piece| match piece {
        Piece::Statement { sql, line } => Some(Statement {
            line,
            ..Statement::execute(sql)
        }),
        Piece::Comment { .. } | Piece::Aside { .. } | Piece::Blank => None,
    });
    Ok(statements.collect())
}

/// What tells the shells of SQLite and of PostgreSQL to stop at an error.
const STOPPING: [&str; 2] = [".bail on", "\\set ON_ERROR_STOP on"];

/// Leaves out what tells a shell to stop at an error, or to pass over what is done, and keeps the lines.
fn without_stopping(text: Cow<'_, str>) -> Cow<'_, str> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if STOPPING.contains(&line.trim_end()) {
            let rest = &text[at + line.trim_end().len()..];
            return Cow::Owned(format!("{}{}", &text[..at], without_conditions(rest)));
        }
        if !(line.trim().is_empty() || line.starts_with("--")) {
            break;
        }
        at += line.len();
    }
    text
}

/// Leaves out the lines by which `psql` passes over what is done already: where nothing is done, they mean nothing.
fn without_conditions(text: &str) -> String {
    let is_condition =
        |line: &str| line.starts_with("\\if :") || line == "\\endif" || line.ends_with(" \\gset");
    let lines = text.split('\n');
    let kept = lines.map(|line| if is_condition(line.trim_end()) { "" } else { line });
    kept.collect::<Vec<_>>().join("\n")
}
