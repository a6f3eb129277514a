//! A plan for the server's own shell, or any other program that runs statements and stops at the first error.
//!
//! The server commits each statement that changes a schema by itself, so the script is not whole or not at all; but what could stand in
//! its way is looked for before it changes anything. There is no statement that fails on a condition outside of routines: a guard
//! prepares its message as a statement, which is an error that shows it, once the query finds a row.

use super::once::stopping;
use crate::db::mysql::SESSION;
use crate::dialect::Opening;
use crate::plan::{Plan, Statement, Step};

/// Returns the plan with its guards, and what it takes for granted of the session, as statements.
pub(super) fn standalone(plan: &Plan) -> Plan {
    let mut statements: Vec<Statement> = SESSION.map(Statement::execute).into();
    if let Some(first) = statements.first_mut() {
        first.reason =
            "run it with what stops at the first error, as `mysql` does; each statement commits by itself"
                .to_owned();
    }
    for statement in &plan.statements {
        match &statement.step {
            Step::ExpectNoRows { sql, message } | Step::ExplainFailure { sql, message } => {
                statements.extend(guard(sql, message));
            }
            Step::Execute { .. }
            | Step::RedefineTable { .. }
            | Step::KeepDependents { .. }
            | Step::RestoreDependents { .. } => statements.push(statement.clone()),
        }
    }
    Plan {
        statements,
        ..Plan::default()
    }
}

/// Returns what a script begins with.
pub(super) fn opening() -> Opening {
    Opening {
        note: "It must not go on behind an error: the shell stops there, unless it runs with `--force`."
            .to_owned(),
        ..Opening::default()
    }
}

/// Returns statements that fail with the message if the query finds a row.
pub(super) fn guard(sql: &str, message: &str) -> Vec<Statement> {
    let look = Statement::execute(format!("SET @autogen_found = EXISTS (\n{sql}\n)"));
    let mut statements = vec![look.because(format!("stop, if there are such rows: {message}"))];
    statements.extend(stopping(message));
    statements
}
