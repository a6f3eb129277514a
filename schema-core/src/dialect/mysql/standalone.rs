//! A plan for the server's own shell, or any other program that runs statements and stops at the first error.
//!
//! The server commits each statement that changes a schema by itself, so the script is not whole or not at all; but what could stand in
//! its way is looked for before it changes anything. There is no statement that fails on a condition outside of routines: a guard
//! asks for one value where there are two, which is an error (1242), once the query finds a row.

use crate::db::mysql::SESSION;
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
                statements.push(guard(sql, message));
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

fn guard(sql: &str, message: &str) -> Statement {
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    Statement::execute(format!(
        "SET @autogen_guard = (SELECT 1 FROM (SELECT 1 UNION ALL SELECT 2) AS two WHERE EXISTS (\n{sql}\n))"
    ))
    .because(format!("stop, if there are such rows: {message}"))
}
