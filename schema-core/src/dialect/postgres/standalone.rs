//! A plan for `psql`, or any other program that runs statements and stops at the first error: what the session does becomes
//! statements, too. What fails, or runs, on a condition is a block of PL/pgSQL, which every database has.

use super::ddl::literal;
use crate::plan::{Plan, Statement, Step};
use crate::schema::Literal;

/// Returns the plan with its transaction and its guards as statements.
pub(super) fn standalone(plan: &Plan) -> Plan {
    let statements = plan.statements.iter().map(|statement| match &statement.step {
        Step::ExpectNoRows { sql, message } | Step::ExplainFailure { sql, message } => {
            let stop = raise(message);
            let body = format!("IF EXISTS (\n{sql}\n) THEN {stop} END IF;");
            Statement::execute(block("", &body)).because(reason(message))
        }
        Step::Execute { .. }
        | Step::RedefineTable { .. }
        | Step::KeepDependents { .. }
        | Step::RestoreDependents { .. } => statement.clone(),
    });
    whole(plan, statements.collect())
}

/// Returns the plan as one block that does something only if the condition holds; `None` if it cannot stand in a transaction,
/// as a block does.
///
/// What does not run is not even understood: it may name what is not there any more.
pub(super) fn once(condition: &str, plan: &Plan) -> Option<Plan> {
    if plan.mode.no_transaction {
        return None;
    }
    let mut body = format!("IF {condition} THEN");
    for statement in &plan.statements {
        match &statement.step {
            Step::ExpectNoRows { sql, message } | Step::ExplainFailure { sql, message } => {
                let look = quoted(&format!("SELECT EXISTS (\n{sql}\n)"));
                let stop = raise(message);
                body.push_str(&format!(
                    "\nEXECUTE {look} INTO any_rows;\nIF any_rows THEN {stop} END IF;"
                ));
            }
            Step::Execute { sql } => body.push_str(&format!("\nEXECUTE {};", quoted(sql))),
            Step::RedefineTable { .. } | Step::KeepDependents { .. } | Step::RestoreDependents { .. } => {}
        }
    }
    body.push_str("\nEND IF;");
    Some(whole(
        plan,
        vec![Statement::execute(block("DECLARE any_rows boolean; ", &body))],
    ))
}

/// Returns the statements in a transaction, if the plan may stand in one.
fn whole(plan: &Plan, mut statements: Vec<Statement>) -> Plan {
    if !plan.mode.no_transaction {
        statements.insert(0, Statement::execute("BEGIN"));
        statements.push(Statement::execute("COMMIT"));
    }
    if let Some(first) = statements.first_mut() {
        first.reason = "run it with what stops at the first error: `psql -v ON_ERROR_STOP=1`".to_owned();
    }
    Plan {
        statements,
        ..Plan::default()
    }
}

fn reason(message: &str) -> String {
    format!("stop, if there are such rows: {message}")
}

fn raise(message: &str) -> String {
    format!("RAISE EXCEPTION USING MESSAGE = {};", quoted(message))
}

/// Returns a block, in dollar quotes that nothing in it ends.
fn block(declared: &str, body: &str) -> String {
    let mut tag = "$autogen$".to_owned();
    while body.contains(&tag) {
        tag.insert(tag.len() - 1, '_');
    }
    format!("DO {tag} {declared}BEGIN\n{body}\nEND {tag}")
}

fn quoted(text: &str) -> String {
    literal(&Literal::Text(text.to_owned()))
}
