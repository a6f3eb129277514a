//! A plan for `psql`, or any other program that runs statements and stops at the first error: what the session does becomes
//! statements, too. What fails, or runs, on a condition is a block of PL/pgSQL, which every database has.

use super::LEXICON;
use super::ddl::literal;
use super::session::PATH;
use crate::db::postgres::SETTINGS;
use crate::dialect::{Mode, Opening, ShellCondition};
use crate::lexer::{Token, lex};
use crate::plan::{Plan, Statement, Step};
use crate::schema::Literal;

/// The variable of `psql` that says whether a part is to run.
const DUE: &str = "autogen_due";

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

/// Returns what a script begins with, so that it finds what it names whatever it makes.
pub(super) fn opening() -> Opening {
    Opening {
        note: "It must not go on behind an error. `\\set ON_ERROR_STOP on` says so to the shell; leave that line out for a program that is not the\nshell, if it stops by itself.".to_owned(),
        commands: "\\set ON_ERROR_STOP on\n".to_owned(),
        statements: vec![pin().because("the schemas in which names are found, for all of the script")],
    }
}

/// Returns the statement that fixes the search path to the schemas that it names now, temporary objects last.
pub(super) fn pin() -> Statement {
    let body = format!(
        "PERFORM pg_catalog.set_config('search_path', found.path || ', pg_temp', false)
FROM (SELECT string_agg(quote_ident(name), ', ' ORDER BY at) AS path
    {PATH}) AS found
WHERE found.path IS NOT NULL;"
    );
    Statement::execute(block("", &body))
}

/// Returns the plan as one block that does something only if the condition holds; `None` if it cannot stand in a transaction,
/// as a block does, or holds what a block cannot execute.
///
/// What does not run is not even understood: it may name what is not there any more.
pub(super) fn once(condition: &str, plan: &Plan) -> Option<Plan> {
    if plan.mode.no_transaction || plan.statements.iter().any(is_refused_in_blocks) || is_read_otherwise(plan)
    {
        return None;
    }
    let mut body = format!("IF {condition} THEN");
    for statement in &plan.statements {
        match &statement.step {
            Step::ExpectNoRows { sql, message } | Step::ExplainFailure { sql, message } => {
                let look = steady(&format!("SELECT EXISTS (\n{sql}\n)"));
                let stop = raise(message);
                body.push_str(&format!(
                    "\nEXECUTE {look} INTO any_rows;\nIF any_rows THEN {stop} END IF;"
                ));
            }
            Step::Execute { sql } => body.push_str(&format!("\nEXECUTE {};", steady(sql))),
            Step::RedefineTable { .. } | Step::KeepDependents { .. } | Step::RestoreDependents { .. } => {}
        }
    }
    body.push_str("\nEND IF;");
    Some(whole(
        plan,
        vec![Statement::execute(block("DECLARE any_rows boolean; ", &body))],
    ))
}

/// Returns the lines by which `psql` passes over what is between them unless the condition holds
/// (<https://www.postgresql.org/docs/current/app-psql.html#PSQL-METACOMMAND-IF>).
pub(super) fn once_in_shell(condition: &str) -> ShellCondition {
    ShellCondition {
        before: format!("SELECT {condition} AS {DUE} \\gset\n\\if :{DUE}\n"),
        behind: "\\endif\n",
    }
}

/// Tells whether PL/pgSQL executes no such statement: one about savepoints, or a SELECT that makes a table
/// (<https://www.postgresql.org/docs/current/plpgsql-statements.html#PLPGSQL-STATEMENTS-EXECUTING-DYN>).
fn is_refused_in_blocks(statement: &Statement) -> bool {
    let Step::Execute { sql } = &statement.step else {
        return false;
    };
    let tokens: Vec<Token<'_>> = lex(sql, LEXICON).filter(|token| !token.is_trivia()).collect();
    let first = |words: &[&str]| {
        tokens
            .first()
            .is_some_and(|token| words.iter().any(|word| token.is(word)))
    };
    if first(&["SAVEPOINT", "RELEASE", "ROLLBACK"]) {
        return true;
    }
    let mut depth = 0_usize;
    first(&["SELECT", "WITH"])
        && tokens.windows(2).any(|pair| {
            depth += usize::from(pair[0].is_symbol("("));
            depth = depth.saturating_sub(usize::from(pair[0].is_symbol(")")));
            depth == 0 && pair[1].is("INTO") && !pair[0].is("INSERT") && !pair[0].is("MERGE")
        })
}

/// Tells whether a plan changes how its own bytes are read: a block is read as a whole, before it does anything.
fn is_read_otherwise(plan: &Plan) -> bool {
    let sets = |sql: &str| {
        let text = sql.to_ascii_lowercase();
        let is_names = lex(sql, LEXICON)
            .filter(|token| !token.is_trivia())
            .take(3)
            .any(|token| token.is("NAMES"));
        text.contains("client_encoding") || is_names
    };
    plan.executed().any(sets) && !plan.executed().all(str::is_ascii)
}

/// Returns the statements with the settings that the runner has, and in a transaction if the plan may stand in one; then the settings end with it.
fn whole(plan: &Plan, body: Vec<Statement>) -> Plan {
    let in_transaction = !plan.mode.no_transaction;
    let around = |sql: &str| in_transaction.then(|| Statement::execute(sql));
    let mut statements: Vec<Statement> = around("BEGIN").into_iter().chain(settings(&plan.mode)).collect();
    statements.extend(body);
    statements.extend(around("COMMIT"));
    if let Some(first) = statements.first_mut() {
        first.reason = "run it with what stops at the first error: `psql -v ON_ERROR_STOP=1`".to_owned();
    }
    Plan {
        statements,
        ..Plan::default()
    }
}

/// Returns the statements that give the session what the runner's has.
pub(super) fn settings(mode: &Mode) -> [Statement; SETTINGS.len()] {
    let set = if mode.no_transaction { "SET" } else { "SET LOCAL" };
    SETTINGS.map(|setting| Statement::execute(format!("{set} {setting}")))
}

fn reason(message: &str) -> String {
    format!("stop, if there are such rows: {message}")
}

fn raise(message: &str) -> String {
    format!("RAISE EXCEPTION USING MESSAGE = {};", quoted(message))
}

/// Returns a block, in dollar quotes that nothing in it ends.
pub(super) fn block(declared: &str, body: &str) -> String {
    let tag = tag("$autogen$", body);
    format!("DO {tag} {declared}BEGIN\n{body}\nEND {tag}")
}

/// Returns a text that means the same whatever `standard_conforming_strings` is by the time that a block comes to it.
fn steady(text: &str) -> String {
    if !text.contains('\\') {
        return quoted(text);
    }
    let tag = tag("$sql$", text);
    format!("{tag}{text}{tag}")
}

/// Returns a tag for dollar quotes that nothing in a text ends.
fn tag(first: &str, text: &str) -> String {
    let mut tag = first.to_owned();
    while text.contains(&tag) {
        tag.insert(tag.len() - 1, '_');
    }
    tag
}

pub(super) fn quoted(text: &str) -> String {
    literal(&Literal::Text(text.to_owned()))
}
