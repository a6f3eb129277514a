//! A plan as the text of a script.

use super::delimiter::delimited;
use crate::lexer::Lexicon;
use crate::plan::{Plan, Statement, Step};

/// Returns the script of a plan, under a head comment with the title.
///
/// [`parse`](super::parse) reads the same plan back, but for the line numbers and the blanks at the ends of a reason's lines. A
/// plan without statements is a script that says so.
///
/// # Example
///
/// ```
/// use schema_core::plan::{Plan, Statement};
/// use schema_core::script::render;
///
/// let plan = Plan { statements: vec![Statement::execute("DROP TABLE tags").because("removed table 'tags'")], ..Plan::default() };
/// assert_eq!(render(&plan, "drop tags"), "-- drop tags\n\n-- removed table 'tags'\nDROP TABLE tags;\n");
/// ```
#[must_use]
pub fn render(plan: &Plan, title: &str) -> String {
    let mut head = comment(title);
    if plan.mode.no_transaction {
        head.push_str("-- autogen: no-transaction\n");
    }
    if plan.mode.foreign_keys_off {
        head.push_str("-- autogen: foreign-keys-off\n");
    }
    let mut parts: Vec<String> = Vec::with_capacity(plan.statements.len() + 2);
    if !head.is_empty() {
        parts.push(head);
    }
    if plan.statements.is_empty() {
        parts.push("-- There is nothing to do for this dialect.\n".to_owned());
    }
    parts.extend(plan.statements.iter().map(statement));
    parts.join("\n")
}

/// Returns the script as the database's own shell takes it: where semicolons are within a statement, that one has to be told what ends it.
pub(crate) fn render_for_shell(plan: &Plan, title: &str, lexicon: Lexicon) -> String {
    let mut plan = plan.clone();
    for statement in &mut plan.statements {
        if let Step::Execute { sql } = &mut statement.step {
            *sql = delimited(sql, lexicon).unwrap_or_else(|| std::mem::take(sql));
        }
    }
    render(&plan, title)
}

fn statement(statement: &Statement) -> String {
    let Statement {
        step,
        reason,
        line: _,
    } = statement;
    let mut text = comment(reason);
    match step {
        Step::Execute { sql } => text.push_str(&terminated(sql)),
        Step::ExpectNoRows { sql, message } => text.push_str(&asking("expect-no-rows", sql, message)),
        Step::ExplainFailure { sql, message } => text.push_str(&asking("explain-failure", sql, message)),
        Step::RedefineTable { sql } => {
            text.push_str("-- autogen: redefine-table\n");
            text.push_str(&terminated(sql));
        }
        Step::KeepDependents { table } => {
            text.push_str(&format!(
                "-- autogen: keep-dependents {}\n",
                table_argument(table)
            ));
        }
        Step::RestoreDependents { table } => {
            text.push_str(&format!(
                "-- autogen: restore-dependents {}\n",
                table_argument(table)
            ));
        }
    }
    text
}

/// Returns a query under the directive that says what its rows mean.
fn asking(directive: &str, sql: &str, message: &str) -> String {
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let directive = format!("-- autogen: {directive} {message}");
    format!("{}\n{}", directive.trim_end(), terminated(sql))
}

/// Returns the text as line comments, or nothing for an empty text.
///
/// A line that would read as a directive, or begins with a backslash, gets a backslash in front.
fn comment(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let mut comment = String::new();
    for line in text.replace(['\r', '\0'], " ").split('\n') {
        let line = line.trim_end();
        let escape = if line.starts_with('\\') || line.trim_start().starts_with("autogen:") {
            "\\"
        } else {
            ""
        };
        comment.push_str(format!("-- {escape}{line}").trim_end());
        comment.push('\n');
    }
    comment
}

/// Returns the statement with its semicolon, which must not end up inside a comment.
fn terminated(sql: &str) -> String {
    let in_comment = sql.lines().last().is_some_and(|line| line.contains("--"));
    format!("{sql}{};\n", if in_comment { "\n" } else { "" })
}

/// Returns the name as it is, or as a JSON string if it could not be read back as the rest of a line.
fn table_argument(table: &str) -> String {
    let plain = !table.is_empty()
        && table.trim() == table
        && !table.starts_with('"')
        && !table.contains(char::is_control);
    if plain {
        table.to_owned()
    } else {
        serde_json::Value::from(table).to_string()
    }
}
