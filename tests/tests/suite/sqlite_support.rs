//! A scratch SQLite database, and the few things that tests do with one.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use schema_core::db::sqlite::SqliteConnection;
use schema_core::db::{Connection, Error, Value};
use schema_core::dialect::sqlite::Sqlite;
use schema_core::dialect::{Dialect, Limits};
use schema_core::diff::{Answers, diff};
use schema_core::plan::{Plan, Step};
use schema_core::schema::{Schema, TableName};

/// Why a plan did not run to its end. The database is as it was.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Refusal {
    /// A guard found rows.
    Rows(String, Vec<Vec<Value>>),
    /// The database refused a statement or the commit.
    Database(String, Error),
}

/// Returns an empty database in memory.
#[must_use]
pub(crate) fn empty() -> SqliteConnection {
    SqliteConnection::in_memory().expect("there is memory")
}

/// Returns a database in memory that statements have been run on, one per line group separated by `;` at a line's end.
#[must_use]
pub(crate) fn with(sql: &str) -> SqliteConnection {
    let mut connection = empty();
    for statement in sql.split(";\n") {
        if !statement.trim().is_empty() {
            execute(&mut connection, statement);
        }
    }
    connection
}

/// Runs a statement that works.
pub(crate) fn execute(connection: &mut dyn Connection, sql: &str) {
    if let Err(error) = connection.execute(sql, &[]) {
        panic!("{error}\nin {sql}");
    }
}

/// Runs a query and writes each row as `a|b`.
pub(crate) fn query(connection: &mut dyn Connection, sql: &str) -> Vec<String> {
    let rows = connection.query(sql, &[]);
    let rows = rows.unwrap_or_else(|error| panic!("{error}\nin {sql}"));
    rows.iter()
        .map(|row| row.iter().map(Value::to_string).collect::<Vec<_>>().join("|"))
        .collect()
}

/// Runs a plan in a session, as the runner does.
///
/// # Errors
///
/// What stopped it, after all was rolled back.
pub(crate) fn run(connection: &mut dyn Connection, plan: &Plan) -> Result<(), Refusal> {
    let session = Sqlite.session();
    let failed = |sql: &str, error: Error| Refusal::Database(sql.to_owned(), error);
    let limits = Limits {
        lock: Duration::from_millis(100),
        statement: None,
    };
    session
        .enter(connection, &plan.mode, &limits)
        .map_err(|error| failed("begin", error))?;
    let attempt = |connection: &mut dyn Connection| {
        session
            .begin(connection, &plan.mode, &limits)
            .map_err(|error| failed("begin", error))?;
        let done = steps(connection, plan).and_then(|()| {
            session
                .check(connection, &plan.mode)
                .and_then(|()| session.commit(connection))
                .map_err(|error| failed("commit", error))
        });
        if done.is_err() {
            session.rollback(connection);
        }
        done
    };
    let mut done = attempt(connection);
    if matches!(&done, Err(Refusal::Database(at, _)) if at == "commit")
        && session.looks_first(connection, &plan.mode)
    {
        done = attempt(connection);
    }
    session.leave(connection, &plan.mode);
    done
}

fn steps(connection: &mut dyn Connection, plan: &Plan) -> Result<(), Refusal> {
    let session = Sqlite.session();
    let mut kept = Vec::new();
    let mut explanations = Vec::new();
    for statement in &plan.statements {
        let failed = |error: Error| Refusal::Database(format!("{:?}", statement.step), error);
        match &statement.step {
            Step::Execute { sql } => {
                if let Err(error) = connection.execute(sql, &[]) {
                    for (sql, message) in explanations {
                        let rows: Vec<Vec<Value>> = connection.query(sql, &[]).map_err(failed)?;
                        if !rows.is_empty() {
                            return Err(Refusal::Rows(String::clone(message), rows));
                        }
                    }
                    return Err(failed(error));
                }
            }
            Step::ExplainFailure { sql, message } => {
                explanations.push((sql, message));
                continue;
            }
            Step::ExpectNoRows { sql, message } => {
                let rows = connection.query(sql, &[]).map_err(failed)?;
                if !rows.is_empty() {
                    return Err(Refusal::Rows(message.clone(), rows));
                }
            }
            Step::RedefineTable { sql } => {
                session.redefine_table(connection, sql).map_err(failed)?;
            }
            Step::KeepDependents { table } => {
                kept = session.keep_dependents(connection, table).map_err(failed)?;
            }
            Step::RestoreDependents { table } => {
                session
                    .restore_dependents(connection, table, &kept)
                    .map_err(failed)?;
            }
        }
        explanations.clear();
    }
    Ok(())
}

/// Returns the schema that a database holds.
#[must_use]
pub(crate) fn reflect(connection: &mut dyn Connection) -> Schema {
    Sqlite.reflect(connection).expect("it can be read")
}

/// Plans the way from one normalized schema to another.
#[must_use]
pub(crate) fn plan(from: &Schema, to: &Schema, answers: &Answers) -> Plan {
    let operations = diff(from, to, answers);
    Sqlite
        .plan(from, &operations)
        .unwrap_or_else(|error| panic!("{error}\n{operations:#?}"))
}

/// Makes the tables of a normalized schema in an empty database.
pub(crate) fn create(connection: &mut dyn Connection, schema: &Schema) {
    let plan = plan(&Schema::default(), schema, &Answers::default());
    run(connection, &plan).unwrap_or_else(|refusal| panic!("{refusal:?}\n{plan:#?}"));
}

/// Plans the change of one table of a database, and asserts that it is a rebuild.
pub(crate) fn rebuild(connection: &mut dyn Connection, change: impl FnOnce(&mut Schema)) -> Plan {
    let from = reflect(connection);
    let mut to = from.clone();
    change(&mut to);
    let plan = plan(&from, &to, &Answers::default());
    assert!(plan.mode.foreign_keys_off, "{plan:#?}");
    assert!(
        plan.statements
            .iter()
            .any(|statement| matches!(statement.step, Step::KeepDependents { .. })),
        "{plan:#?}"
    );
    plan
}

/// Rebuilds a table by giving its column another collation, and asserts that the database is what was planned.
pub(crate) fn change_collation(connection: &mut dyn Connection, table: &str, column: &str) {
    let plan = rebuild(connection, |schema| set_collation(schema, table, column));
    let mut expected = reflect(connection);
    set_collation(&mut expected, table, column);
    run(connection, &plan).unwrap();
    assert_eq!(reflect(connection), expected);
    assert_eq!(query(connection, "PRAGMA integrity_check"), ["'ok'"]);
    assert_eq!(query(connection, "PRAGMA foreign_keys"), ["1"]);
}

/// Gives a column of a table another collation.
pub(crate) fn set_collation(schema: &mut Schema, table: &str, column: &str) {
    let table = schema.tables.get_mut(&TableName::new(table)).unwrap();
    table.column_mut(column).unwrap().collation = Some("NOCASE".to_owned());
}
