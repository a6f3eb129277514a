//! The rehearsal of a plan on a scratch database, which finds out all that must be written into a script that no runner runs.

use std::collections::BTreeMap;
use std::time::Duration;

use super::prove::{compare, in_session};
use super::{FailureCause, ProofCause, ProofError, Tables, execute};
use crate::db::{Connection, Error, Value};
use crate::dialect::Dialect;
use crate::plan::{Plan, Statement, Step};
use crate::schema::Schema;
use crate::script;

/// Runs plain SQL, such as a dump without rows, on a scratch database: one statement after another, directives and all.
///
/// # Errors
///
/// [`ProofError`]: the text cannot be cut into statements, or one of them failed.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # use schema_core::{db::sqlite::SqliteConnection, dialect, runner};
/// # let sqlite = dialect::by_name("sqlite").expect("the build has it");
/// # let mut scratch = SqliteConnection::in_memory()?;
/// let dump = "CREATE TABLE items (id INTEGER PRIMARY KEY); CREATE VIEW cheap AS SELECT id FROM items;";
/// runner::load(&mut scratch, sqlite, dump)?;
/// assert_eq!(sqlite.reflect(&mut scratch)?.tables.len(), 1);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn load(scratch: &mut dyn Connection, dialect: &dyn Dialect, text: &str) -> Result<(), ProofError> {
    let statements = script::statements(text, dialect.lexicon()).map_err(ProofCause::Script)?;
    for statement in &statements {
        let Step::Execute { sql } = &statement.step else {
            continue;
        };
        scratch
            .execute(sql, &[])
            .map_err(|error| failed(statement, sql, FailureCause::Database(error)))?;
    }
    Ok(())
}

/// Runs a plan on a scratch database that has the structure of the one it is for, and returns it with that written out which the
/// runner would find out by itself: what hangs on a table that is replaced.
///
/// # Errors
///
/// [`ProofError`]: a statement failed, something that hangs on a table cannot be kept, or the tables are not as `expected`.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # use schema_core::{db::sqlite::SqliteConnection, dialect, runner};
/// # let sqlite = dialect::by_name("sqlite").expect("the build has it");
/// # let mut scratch = SqliteConnection::in_memory()?;
/// use schema_core::{diff::Answers, plan::plan, schema::Schema};
///
/// runner::load(&mut scratch, sqlite, "CREATE TABLE items (id INTEGER PRIMARY KEY);")?;
/// let from = sqlite.reflect(&mut scratch)?;
/// let to = Schema::default();
/// let plans = plan(sqlite, &from, &to, &Answers::default())?;
/// let whole = runner::rehearse(&mut scratch, sqlite, &plans.upgrade, &to)?;
/// assert_eq!(whole, plans.upgrade); // nothing hung on the table
/// assert!(sqlite.reflect(&mut scratch)?.tables.is_empty());
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn rehearse(
    scratch: &mut dyn Connection,
    dialect: &dyn Dialect,
    plan: &Plan,
    expected: &Schema,
) -> Result<Plan, ProofError> {
    let whole = in_session(scratch, dialect, &plan.mode, |scratch| {
        written_out(scratch, dialect, plan)
    })?;
    compare(scratch, dialect, expected, &Tables::default())?;
    Ok(whole)
}

fn written_out(scratch: &mut dyn Connection, dialect: &dyn Dialect, plan: &Plan) -> Result<Plan, ProofCause> {
    let session = dialect.session();
    let mut whole = Plan {
        mode: plan.mode.clone(),
        statements: Vec::new(),
    };
    let mut kept: BTreeMap<&String, Vec<String>> = BTreeMap::new();
    for statement in &plan.statements {
        match &statement.step {
            Step::KeepDependents { table } => {
                let dependents = session
                    .keep_dependents(scratch, table)
                    .map_err(|error| failed(statement, "", error.into()))?;
                kept.insert(table, dependents);
            }
            Step::RestoreDependents { table } => {
                let dependents = kept
                    .remove(table)
                    .ok_or_else(|| failed(statement, "", FailureCause::NothingKept))?;
                let mut recorder = Recorder {
                    inner: &mut *scratch,
                    ran: Vec::new(),
                };
                session
                    .restore_dependents(&mut recorder, table, &dependents)
                    .map_err(|error| failed(statement, "", error.into()))?;
                let restored = recorder.ran.into_iter().filter(|sql| !is_explanation(sql));
                whole.statements.extend(
                    restored.map(|sql| {
                        Statement::execute(sql).because(format!("what hangs on `{table}` is kept"))
                    }),
                );
            }
            Step::RedefineTable { sql } => {
                let statements = session
                    .redefine_table(scratch, sql)
                    .map_err(|error| failed(statement, sql, error.into()))?;
                let mut statements: Vec<Statement> = statements.into_iter().map(Statement::execute).collect();
                if let Some(first) = statements.first_mut() {
                    first.reason.clone_from(&statement.reason);
                }
                whole.statements.extend(statements);
            }
            Step::Execute { .. } | Step::ExpectNoRows { .. } | Step::ExplainFailure { .. } => {
                let one = Plan {
                    mode: plan.mode.clone(),
                    statements: vec![statement.clone()],
                };
                execute::run(scratch, session, &one).map_err(|failure| ProofCause::Statement {
                    line: failure.line,
                    statement: failure.statement,
                    cause: failure.cause,
                })?;
                whole.statements.push(statement.clone());
            }
        }
    }
    Ok(whole)
}

/// What was only asked for is of no use in a script.
fn is_explanation(sql: &str) -> bool {
    sql.starts_with("EXPLAIN ") || sql.starts_with("SELECT ")
}

fn failed(statement: &Statement, sql: &str, cause: FailureCause) -> ProofCause {
    let within = match &cause {
        FailureCause::Database(error) => error.offset.and_then(|offset| sql.get(..offset)),
        FailureCause::Rows { .. } | FailureCause::NothingKept => None,
    };
    ProofCause::Statement {
        line: statement.line + within.map_or(0, |before| before.matches('\n').count()),
        statement: sql.to_owned(),
        cause,
    }
}

/// A connection that remembers what it ran.
struct Recorder<'a> {
    inner: &'a mut dyn Connection,
    ran: Vec<String>,
}

impl Connection for Recorder<'_> {
    fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64, Error> {
        let changed = self.inner.execute(sql, parameters)?;
        self.ran.push(sql.to_owned());
        Ok(changed)
    }

    fn allow_schema_edits(&mut self, allowed: bool) -> Result<(), Error> {
        self.inner.allow_schema_edits(allowed)
    }

    fn limit_statements(&mut self, limit: Option<Duration>) -> Result<(), Error> {
        self.inner.limit_statements(limit)
    }

    fn for_each(
        &mut self,
        sql: &str,
        parameters: &[Value],
        row: &mut dyn FnMut(Vec<Value>) -> bool,
    ) -> Result<(), Error> {
        self.inner.for_each(sql, parameters, row)
    }
}
