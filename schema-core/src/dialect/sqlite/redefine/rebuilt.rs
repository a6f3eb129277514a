//! The rebuild of a table that was to be redefined, where its rows turn out not to be able to stay as they are.
//!
//! The script allows it by having foreign keys off, without which it would not be safe and within a transaction could not be had. It is the
//! rebuild that a script would hold.

use super::refused;
use crate::db::{Connection, Error, Value};
use crate::dialect::sqlite::{dependents, plan};
use crate::plan::Step;
use crate::schema::Table;

/// Rebuilds a table with the columns that it has, and returns the statements that did so.
///
/// # Errors
///
/// What the database reports, or the values that would be lost.
pub(super) fn rebuild(
    connection: &mut dyn Connection,
    before: &Table,
    after: &Table,
    why: &str,
) -> Result<Vec<String>, Error> {
    let mut ran = Vec::new();
    let mut kept = Vec::new();
    let mut explanations: Vec<(String, String)> = Vec::new();
    for statement in plan::rebuilt(before, after, why) {
        match statement.step {
            Step::Execute { sql } => {
                if let Err(error) = connection.execute(&sql, &[]) {
                    for (sql, message) in &explanations {
                        refuse_rows(connection, sql, message)?;
                    }
                    return Err(error);
                }
                ran.push(sql);
                explanations.clear();
            }
            Step::ExpectNoRows { sql, message } => refuse_rows(connection, &sql, &message)?,
            Step::ExplainFailure { sql, message } => explanations.push((sql, message)),
            Step::KeepDependents { table } => kept = dependents::keep(connection, &table)?,
            Step::RestoreDependents { table } => {
                ran.extend(dependents::restore(connection, &table, &kept)?);
            }
            Step::RedefineTable { sql } => {
                return Err(refused(format!("a rebuild redefines nothing: {sql}")));
            }
        }
    }
    Ok(ran)
}

fn refuse_rows(connection: &mut dyn Connection, sql: &str, message: &str) -> Result<(), Error> {
    let rows = connection.query(sql, &[])?;
    let shown: Vec<String> = rows
        .iter()
        .map(|row| row.iter().map(Value::to_string).collect::<Vec<_>>().join(", "))
        .collect();
    if shown.is_empty() {
        return Ok(());
    }
    Err(refused(format!("{message}: ({})", shown.join("), ("))))
}
