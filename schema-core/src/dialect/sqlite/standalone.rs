//! A plan for SQLite's own shell, or any other program that runs statements: what the session does becomes statements, too.
//!
//! SQLite has no statement that fails on a condition, but a CHECK of a TEMP table does, and its name is the message.

use super::ddl::{quote, text};
use super::definition::Definition;
use super::{LEXICON, RESERVED_PREFIX, redefine};
use crate::dialect::Opening;
use crate::lexer::{Token, lex};
use crate::plan::{Plan, Statement, Step};

/// Returns the plan with its transaction, its guards and its foreign keys as statements.
pub(super) fn standalone(plan: &Plan) -> Plan {
    let mode = &plan.mode;
    let mut statements = Vec::new();
    let mut run = |sql: &str| statements.push(Statement::execute(sql));
    if mode.foreign_keys_off {
        run("PRAGMA foreign_keys = OFF");
        run(&format!("DROP TABLE IF EXISTS temp.{}", violations()));
        run(&remember_violations());
    } else {
        // The shell leaves them off, and a script may count on what they do.
        run("PRAGMA foreign_keys = ON");
    }
    if !mode.no_transaction {
        run("BEGIN IMMEDIATE");
    }
    for statement in &plan.statements {
        match &statement.step {
            Step::ExpectNoRows { sql, message } | Step::ExplainFailure { sql, message } => {
                statements.extend(guard(sql, message));
            }
            Step::RedefineTable { sql } => statements.extend(redefinition(sql, &statement.reason)),
            Step::KeepDependents { table } => statements.extend(remember_dependents(table)),
            Step::RestoreDependents { table } => statements.extend(refuse_lost(table)),
            Step::Execute { .. } => statements.push(statement.clone()),
        }
    }
    if mode.foreign_keys_off {
        statements.extend(guard(&new_violations(), "foreign keys do not hold"));
        statements.push(Statement::execute(format!("DROP TABLE temp.{}", violations())));
    }
    let mut run = |sql: &str| statements.push(Statement::execute(sql));
    if !mode.no_transaction {
        run("COMMIT");
    }
    if mode.foreign_keys_off {
        run("PRAGMA foreign_keys = ON");
    }
    if let Some(first) = statements.first_mut() {
        first.reason = "run it with what stops at the first error: `sqlite3 -bail`".to_owned();
    }
    Plan {
        statements,
        ..Plan::default()
    }
}

/// Returns what a script begins with that is to stop at the first error, and to do nothing in a shell that is too old: one
/// that goes on would record what it has not done.
pub(super) fn opening(plans: &[&Plan]) -> Opening {
    let statements = || plans.iter().flat_map(|plan| &plan.statements);
    let minor = if statements().any(changes_constraints) {
        53
    } else {
        37
    };
    let look = format!("SELECT 1 WHERE CAST(substr(sqlite_version(), 3) AS INTEGER) < {minor}");
    let message = format!("this script needs SQLite 3.{minor} or newer");
    Opening {
        note: format!(
            "It needs SQLite 3.{minor} or newer, and must not go on behind an error. `.bail on` says so to the shell; leave that line out for\na program that is not the shell, if it stops by itself."
        ),
        commands: ".bail on\n".to_owned(),
        statements: guard(&look, &message).into(),
    }
}

/// Tells whether a statement changes a constraint of a standing table, as SQLite does since 3.53 (<https://sqlite.org/lang_altertable.html>).
fn changes_constraints(statement: &Statement) -> bool {
    let Step::Execute { sql } = &statement.step else {
        return false;
    };
    let words: Vec<Token<'_>> = lex(sql, LEXICON).filter(|token| !token.is_trivia()).collect();
    let is_alter = matches!(&words[..], [alter, table, ..] if alter.is("ALTER") && table.is("TABLE"));
    is_alter
        && words.windows(2).skip(2).take(4).any(|pair| {
            let constraint = pair[1].is("CONSTRAINT") || pair[1].is("CHECK");
            (constraint && (pair[0].is("ADD") || pair[0].is("DROP"))) || pair[0].is("ALTER")
        })
}

/// Returns statements that fail with the message if the query finds a row.
fn guard(sql: &str, message: &str) -> [Statement; 3] {
    let table = format!("temp.{RESERVED_PREFIX}guard");
    // A line end would end the comment that the message is, too.
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let create = format!(
        "CREATE TEMP TABLE {RESERVED_PREFIX}guard (ok CONSTRAINT {} CHECK (ok))",
        quote(&message)
    );
    [
        Statement::execute(create).because(format!("stop, if there are such rows: {message}")),
        Statement::execute(format!("INSERT INTO {table} SELECT 0 FROM (\n{sql}\n) LIMIT 1")),
        Statement::execute(format!("DROP TABLE {table}")),
    ]
}

/// Returns statements that give a table another definition, if its columns and keys are stored in the order of the text. What
/// its rows hold cannot be known beforehand, so they are written out.
fn redefinition(sql: &str, reason: &str) -> Vec<Statement> {
    let Some(definition) = Definition::read(sql) else {
        return vec![Statement::execute(sql).because(reason)];
    };
    let name = &definition.table.name.name;
    let message = format!("`{name}` is not stored in the order of this definition; upgrade it with autogen");
    let mut statements = guard(&redefine::order_differs(&definition), &message).to_vec();
    // One that the statement has itself is meant.
    if !has_conflict_clause(sql) {
        let lost = format!("SELECT 1 {}", with_conflict_clause(name));
        let message = format!("`{name}` would lose its ON CONFLICT clauses; upgrade it with autogen");
        statements.extend(guard(&lost, &message));
    }
    let mut edits = redefine::writing_out(name).to_vec();
    edits.push(redefine::storing(name, sql));
    let mut edits: Vec<Statement> = redefine::opened(&edits)
        .into_iter()
        .map(Statement::execute)
        .collect();
    if let Some(first) = edits.first_mut() {
        first.reason =
            format!("{reason}\na shell that is defensive needs `.dbconfig defensive off` for this");
    }
    statements.extend(edits);
    statements
}

/// Tells whether a CREATE TABLE says what happens on a conflict.
fn has_conflict_clause(sql: &str) -> bool {
    let words: Vec<Token<'_>> = lex(sql, LEXICON).filter(|token| !token.is_trivia()).collect();
    let mut pairs = words.windows(2);
    pairs.any(|pair| pair[0].is("ON") && pair[1].is("CONFLICT"))
}

/// Returns the end of a query that finds the table if its definition says what happens on a conflict. Between the two words, there may be any blanks.
fn with_conflict_clause(table: &str) -> String {
    format!(
        "FROM main.sqlite_schema WHERE type = 'table' AND name = {} COLLATE NOCASE
AND replace(replace(replace(replace(sql, char(9), ''), char(10), ''), char(13), ''), ' ', '') LIKE '%ONCONFLICT%'",
        text(table)
    )
}

/// Notes what hangs on a table. Statements cannot put back what they do not know, so what would be lost stops the script.
fn remember_dependents(table: &str) -> [Statement; 2] {
    let sql = format!(
        "CREATE TEMP TABLE {RESERVED_PREFIX}dependents AS
SELECT type, name FROM main.sqlite_schema
WHERE tbl_name = {} COLLATE NOCASE AND type IN ('index', 'trigger') AND sql IS NOT NULL
UNION ALL SELECT 'clause', 'ON CONFLICT' {}",
        text(table),
        with_conflict_clause(table)
    );
    let rows = format!(
        "CREATE TEMP TABLE {RESERVED_PREFIX}rows AS SELECT count(*) AS rows FROM main.{}",
        quote(table)
    );
    [
        Statement::execute(sql).because(format!("what hangs on `{table}`")),
        Statement::execute(rows).because(format!("how many rows `{table}` has")),
    ]
}

fn refuse_lost(table: &str) -> Vec<Statement> {
    let lost = format!(
        "SELECT name FROM temp.{RESERVED_PREFIX}dependents AS old
WHERE NOT EXISTS (SELECT 1 FROM main.sqlite_schema AS now WHERE now.type = old.type AND now.name = old.name)
AND NOT (old.type = 'clause' AND EXISTS (SELECT 1 {}))",
        with_conflict_clause(table)
    );
    let message = format!(
        "`{table}` would lose a trigger, an index or an ON CONFLICT clause that no revision made; upgrade it with autogen"
    );
    let mut statements = guard(&lost, &message).to_vec();
    let other_count = format!(
        "SELECT 1 FROM temp.{RESERVED_PREFIX}rows WHERE rows <> (SELECT count(*) FROM main.{})",
        quote(table)
    );
    statements.extend(guard(&other_count, &format!("`{table}` was not copied whole")));
    for kept in ["dependents", "rows"] {
        statements.push(Statement::execute(format!(
            "DROP TABLE temp.{RESERVED_PREFIX}{kept}"
        )));
    }
    statements
}

fn violations() -> String {
    format!("{RESERVED_PREFIX}violations")
}

/// What broke a foreign key before the script began is not its fault.
fn remember_violations() -> String {
    format!(
        "CREATE TEMP TABLE {} AS SELECT \"table\" AS tbl, rowid AS row, parent FROM pragma_foreign_key_check",
        violations()
    )
}

/// A table that is gone may have another name by now, so its row and its parent decide.
fn new_violations() -> String {
    format!(
        "SELECT 1 FROM pragma_foreign_key_check AS now
WHERE NOT EXISTS (
    SELECT 1 FROM temp.{} AS old
    WHERE old.row IS now.rowid
    AND (old.tbl = now.\"table\" OR old.tbl NOT IN (SELECT name FROM main.sqlite_schema))
    AND (old.parent = now.parent COLLATE NOCASE OR old.parent NOT IN (SELECT name FROM main.sqlite_schema))
)",
        violations()
    )
}
