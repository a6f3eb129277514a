//! The steps of a script, run one after another.

use std::collections::BTreeMap;

use super::FailureCause;
use crate::db::{Connection, Error, ErrorKind, Value};
use crate::dialect::Session;
use crate::plan::{Plan, Statement, Step};

/// How many of the rows that should not be there an error shows.
const SHOWN_ROWS: usize = 10;

/// A step that failed.
#[derive(Debug)]
pub(super) struct StepFailure {
    /// The line of the script.
    pub(super) line: usize,
    /// The statement, or the directive.
    pub(super) statement: String,
    /// Why.
    pub(super) cause: FailureCause,
}

/// Runs all steps.
pub(super) fn run(
    connection: &mut dyn Connection,
    session: &dyn Session,
    plan: &Plan,
) -> Result<(), StepFailure> {
    let mut kept = BTreeMap::new();
    let mut before: &[Statement] = &[];
    for (at, statement) in plan.statements.iter().enumerate() {
        step(connection, session, before, statement, &mut kept)?;
        before = &plan.statements[..=at];
    }
    Ok(())
}

/// Runs one step, after those before it. What it keeps of a table that is being replaced goes to `kept`, from where a later one
/// takes it.
pub(super) fn step(
    connection: &mut dyn Connection,
    session: &dyn Session,
    before: &[Statement],
    statement: &Statement,
    kept: &mut BTreeMap<String, Vec<String>>,
) -> Result<(), StepFailure> {
    try_step(connection, session, &statement.step, kept)
        .map_err(|cause| explained(connection, before, &cause).unwrap_or_else(|| failure(statement, cause)))
}

/// Returns the statement or the directive of a step.
pub(super) fn text(step: &Step) -> String {
    match step {
        Step::Execute { sql }
        | Step::ExpectNoRows { sql, message: _ }
        | Step::ExplainFailure { sql, message: _ }
        | Step::RedefineTable { sql } => sql.clone(),
        Step::KeepDependents { table } => format!("-- autogen: keep-dependents {table}"),
        Step::RestoreDependents { table } => format!("-- autogen: restore-dependents {table}"),
    }
}

fn try_step(
    connection: &mut dyn Connection,
    session: &dyn Session,
    step: &Step,
    kept: &mut BTreeMap<String, Vec<String>>,
) -> Result<(), FailureCause> {
    match step {
        Step::Execute { sql } => connection.execute(sql, &[]).map(drop)?,
        Step::ExpectNoRows { sql, message } => expect_no_rows(connection, sql, message)?,
        Step::ExplainFailure { sql: _, message: _ } => {}
        Step::RedefineTable { sql } => session.redefine_table(connection, sql).map(drop)?,
        Step::KeepDependents { table } => {
            let dependents = session.keep_dependents(connection, table)?;
            kept.insert(table.clone(), dependents);
        }
        Step::RestoreDependents { table } => {
            let dependents = kept.remove(table).ok_or(FailureCause::NothingKept)?;
            session.restore_dependents(connection, table, &dependents)?;
        }
    }
    Ok(())
}

fn expect_no_rows(connection: &mut dyn Connection, sql: &str, message: &str) -> Result<(), FailureCause> {
    let mut rows: Vec<Vec<Value>> = Vec::new();
    let mut more = false;
    connection.for_each(sql, &[], &mut |row| {
        more = rows.len() == SHOWN_ROWS;
        if !more {
            rows.push(row);
        }
        !more
    })?;
    if rows.is_empty() {
        return Ok(());
    }
    Err(FailureCause::Rows {
        message: message.to_owned(),
        rows,
        more,
    })
}

/// Returns the failure of a statement as the rows in its way, if a step directly above it finds them. Errors of any other kind may
/// have ended the transaction.
fn explained(
    connection: &mut dyn Connection,
    before: &[Statement],
    cause: &FailureCause,
) -> Option<StepFailure> {
    let FailureCause::Database(error) = cause else {
        return None;
    };
    if error.kind != ErrorKind::Statement {
        return None;
    }
    for statement in before.iter().rev() {
        let Step::ExplainFailure { sql, message } = &statement.step else {
            break;
        };
        if let Err(rows @ FailureCause::Rows { .. }) = expect_no_rows(connection, sql, message) {
            return Some(failure(statement, rows));
        }
    }
    None
}

impl From<Error> for FailureCause {
    fn from(error: Error) -> Self {
        FailureCause::Database(error)
    }
}

fn failure(statement: &Statement, cause: FailureCause) -> StepFailure {
    let text = text(&statement.step);
    let within = match &cause {
        FailureCause::Database(error) => error.offset.and_then(|offset| text.get(..offset)),
        FailureCause::Rows { .. } | FailureCause::NothingKept => None,
    };
    let line = statement.line + within.map_or(0, |before| before.matches('\n').count());
    StepFailure {
        line,
        statement: text,
        cause,
    }
}
