//! The order in which a table is stored that has gone through the scripts of a history, found out on a database in memory.
//!
//! A column that is added stands last, wherever the models have it, and a text that takes the place of a definition must keep that order. A script that is
//! printed cannot look; but a database that has the revisions before it went through their scripts.

use std::collections::BTreeMap;

use super::definition::Definition;
use super::{LEXICON, Sqlite};
use crate::db::sqlite::SqliteConnection;
use crate::db::{Connection, Error, ErrorKind, Value};
use crate::dialect::Session;
use crate::lexer::lex;
use crate::plan::{Plan, Statement, Step};

/// Returns the plans with each redefinition in the order in which the table is stored.
///
/// # Errors
///
/// What SQLite reports: scripts of a person may not run on an empty database. Or that one reaches out of its database: whoever prints a script changes
/// nothing.
pub(super) fn in_stored_order(before: &[Plan], plans: &[Plan]) -> Result<Vec<Plan>, Error> {
    if before.iter().chain(plans).any(reaches_out) {
        return Err(Error {
            kind: ErrorKind::Statement,
            message: "a script writes to other files than its database".to_owned(),
            offset: None,
        });
    }
    let connection = &mut SqliteConnection::in_memory()?;
    // Nothing is in there that could break one, and a rebuild needs them off.
    connection.execute("PRAGMA foreign_keys = OFF", &[])?;
    for plan in before {
        gone_through(connection, plan)?;
    }
    plans.iter().map(|plan| gone_through(connection, plan)).collect()
}

/// Tells whether a script opens or writes another file.
fn reaches_out(plan: &Plan) -> bool {
    plan.statements.iter().any(|statement| {
        let Step::Execute { sql } = &statement.step else {
            return false;
        };
        let first = lex(sql, LEXICON).find(|token| !token.is_trivia());
        first.is_some_and(|first| first.is("ATTACH") || first.is("VACUUM"))
    })
}

fn gone_through(connection: &mut dyn Connection, plan: &Plan) -> Result<Plan, Error> {
    let mut plan = plan.clone();
    let mut kept = BTreeMap::new();
    for statement in &mut plan.statements {
        let Statement { step, .. } = statement;
        match step {
            Step::Execute { sql } => {
                connection.execute(sql, &[])?;
            }
            // They are about rows.
            Step::ExpectNoRows { .. } | Step::ExplainFailure { .. } => {}
            Step::RedefineTable { sql } => {
                Sqlite.redefine_table(connection, sql)?;
                if let Some(stored) = stored(connection, sql)? {
                    *sql = stored;
                }
            }
            Step::KeepDependents { table } => {
                let dependents = Sqlite.keep_dependents(connection, table)?;
                kept.insert(table.clone(), dependents);
            }
            Step::RestoreDependents { table } => {
                let dependents: Vec<String> = kept.remove(table).unwrap_or_default();
                Sqlite.restore_dependents(connection, table, &dependents)?;
            }
        }
    }
    Ok(plan)
}

/// Returns the text that defines now the table of a CREATE TABLE.
fn stored(connection: &mut dyn Connection, sql: &str) -> Result<Option<String>, Error> {
    let Some(definition) = Definition::read(sql) else {
        return Ok(None);
    };
    let mut rows = connection.query(
        "SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE",
        &[definition.table.name.name.into()],
    )?;
    Ok(match rows.pop().and_then(|mut row| row.pop()) {
        Some(Value::Text(text)) => Some(text),
        Some(Value::Null | Value::Integer(_) | Value::Real(_) | Value::Bytes(_)) | None => None,
    })
}
