//! How a printed script lets revisions take the place of those that they were squashed from, in a database that has all of those: as the runner does
//! before it upgrades one.

use super::{NOW, guards};
use crate::dialect::Dialect;
use crate::history::{Header, History, RevisionId, Squashed};
use crate::plan::Statement;
use crate::runner::version_table::{self, Place, TABLE};
use crate::runner::{RunError, stamp};
use crate::schema::Literal;

/// Returns the statements that do so for some revisions; those that were squashed from nothing need none.
///
/// # Errors
///
/// [`RunError`] if a script is missing.
pub(super) fn adopt(
    dialect: &dyn Dialect,
    history: &History,
    revisions: &[RevisionId],
    tool_version: &str,
) -> Result<Vec<Statement>, RunError> {
    let squashes = revisions.iter().filter_map(|id| history.get(*id));
    let squashes: Vec<&Header> = squashes.filter(|header| !header.replaces.is_empty()).collect();
    let mut statements = Vec::new();
    for header in squashes {
        let row = stamp::row(history, dialect, header, NOW, tool_version)?;
        let place = Place::elsewhere(dialect);
        let condition = format!(
            "{} AND {}",
            has(dialect, &[header.id], 0),
            has_all(dialect, &header.replaces)
        );
        let note = version_table::insert_if_sql(&place, &row, &condition);
        let marker = dialect.literal(&Literal::Text(NOW.to_owned()));
        let note = Statement::execute(note.replace(&marker, dialect.now()));
        statements.push(note.because(format!(
            "`{}` takes the place of what it was squashed from, where the database has all of that",
            header.id
        )));
        let replaced: Vec<RevisionId> = header.replaces.iter().flat_map(Squashed::ids).collect();
        let replaced = guards::literals(dialect, &replaced);
        let noted = has(dialect, &[header.id], 1);
        let forget = format!("DELETE FROM {TABLE} WHERE id IN ({replaced}) AND {noted}");
        statements.push(Statement::execute(forget));
    }
    if !statements.is_empty() && !dialect.session().transactional() {
        // Where no script is one transaction, these two are.
        statements.insert(0, Statement::execute("START TRANSACTION"));
        statements.push(Statement::execute("COMMIT"));
    }
    Ok(statements)
}

/// Returns the condition that a database has all of what one was squashed from: itself or, where that was squashed before, what it was squashed from.
fn has_all(dialect: &dyn Dialect, replaces: &[Squashed]) -> String {
    let plain: Vec<RevisionId> = replaces
        .iter()
        .filter_map(|squashed| match squashed {
            Squashed::Plain(id) => Some(*id),
            Squashed::Again { .. } => None,
        })
        .collect();
    let again = replaces.iter().filter_map(|squashed| match squashed {
        Squashed::Plain(_) => None,
        Squashed::Again { id, replaces } => Some(format!(
            "({} OR {})",
            has(dialect, &[*id], 1),
            has_all(dialect, replaces)
        )),
    });
    let plain = (!plain.is_empty()).then(|| has(dialect, &plain, plain.len()));
    let all: Vec<String> = plain.into_iter().chain(again).collect();
    format!("({})", all.join(" AND "))
}

/// Returns the condition that the database has so many of the revisions. It counts in a table of its own, which MySQL does not take for the one that
/// the statement changes.
fn has(dialect: &dyn Dialect, ids: &[RevisionId], count: usize) -> String {
    let ids = guards::literals(dialect, ids);
    format!(
        "EXISTS (SELECT found.rows_found FROM (SELECT count(*) AS rows_found FROM {TABLE} WHERE id IN ({ids})) AS found WHERE found.rows_found = {count})"
    )
}
