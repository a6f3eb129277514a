//! A plan that does something only if a condition holds, as statements for any shell.
//!
//! Outside stored programs MySQL has no statement that runs on a condition. But what is prepared may be one text or another: a statement or
//! none, or the message of a guard, which the server shows since it cannot understand it.

mod preparable;

use super::LEXICON;
use super::ddl::text;
use crate::db::mysql::SESSION;
use crate::lexer::{Token, lex};
use crate::plan::{Plan, Statement, Step};

/// Returns the plan as statements that do something only if the condition holds.
///
/// What does not run is not even understood: it may name what is not there any more.
pub(super) fn once(condition: &str, plan: &Plan) -> Plan {
    let mut statements: Vec<Statement> = SESSION.map(Statement::execute).into();
    statements.push(Statement::execute(format!("SET @autogen_due = ({condition})")));
    statements.extend(preparable::refuse(plan));
    for statement in &plan.statements {
        match &statement.step {
            Step::ExpectNoRows { sql, message } | Step::ExplainFailure { sql, message } => {
                let reason = format!("stop, if there are such rows: {message}");
                let look = format!("SET @autogen_found = EXISTS (\n{sql}\n)");
                statements.push(Statement::execute("SET @autogen_found = 0").because(reason));
                statements.extend(prepared("@autogen_due", &text(&look), ""));
                statements.extend(stopping(message));
            }
            Step::Execute { sql } => statements.extend(executed(sql, &statement.reason)),
            Step::RedefineTable { .. } | Step::KeepDependents { .. } | Step::RestoreDependents { .. } => {
                statements.push(statement.clone());
            }
        }
    }
    Plan {
        statements,
        ..Plan::default()
    }
}

/// Returns statements that fail with the message if the guard found a row.
pub(super) fn stopping(message: &str) -> [Statement; 4] {
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    prepared("@autogen_found", &text(&format!("stopped: {message}")), "")
}

/// Returns the statements that run one of the script. What is about prepared statements cannot itself be prepared; there, nothing is what is prepared
/// if the condition does not hold.
fn executed(sql: &str, reason: &str) -> Vec<Statement> {
    let words: Vec<Token<'_>> = lex(sql, LEXICON).filter(|token| !token.is_trivia()).collect();
    match &words[..] {
        [first, name, from, ..] if first.is("PREPARE") && from.is("FROM") => vec![
            choice("@autogen_due", &sql[from.end()..]).because(reason),
            Statement::execute(format!("PREPARE {} FROM @autogen_step", name.text)),
        ],
        [first, second, ..] if first.is("EXECUTE") && second.is("IMMEDIATE") => {
            prepared("@autogen_due", &sql[second.end()..], reason).into()
        }
        [first, second, ..]
            if first.is("EXECUTE")
                || first.is("DEALLOCATE")
                || (first.is("DROP") && second.is("PREPARE")) =>
        {
            vec![Statement::execute(sql).because(reason)]
        }
        _ => prepared("@autogen_due", &text(sql), reason).into(),
    }
}

/// Returns the statement that takes the text which `operand` says if the condition holds, and nothing otherwise.
fn choice(condition: &str, operand: &str) -> Statement {
    Statement::execute(format!(
        "SET @autogen_step = IF({condition}, {}, 'DO 0')",
        operand.trim()
    ))
}

/// Returns the statements that run what the operand says if the condition holds.
fn prepared(condition: &str, operand: &str, reason: &str) -> [Statement; 4] {
    [
        choice(condition, operand).because(reason),
        Statement::execute("PREPARE autogen_step FROM @autogen_step"),
        Statement::execute("EXECUTE autogen_step"),
        Statement::execute("DEALLOCATE PREPARE autogen_step"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statements(sql: &str) -> Vec<String> {
        let statements = executed(sql, "").into_iter();
        statements
            .map(|statement| statement.step.executed().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn what_is_prepared_is_nothing_if_it_is_not_due() {
        assert_eq!(
            statements("PREPARE a FROM @text"),
            [
                "SET @autogen_step = IF(@autogen_due, @text, 'DO 0')",
                "PREPARE a FROM @autogen_step"
            ]
        );
        assert_eq!(statements("EXECUTE a"), ["EXECUTE a"]);
        assert_eq!(statements("DROP PREPARE a"), ["DROP PREPARE a"]);
    }

    #[test]
    fn what_cannot_be_prepared_is_prepared_as_the_text_that_it_runs() {
        let [choice, ..] = &statements("EXECUTE IMMEDIATE concat('DROP TABLE ', @name)")[..] else {
            panic!("there are some");
        };
        assert_eq!(
            choice,
            "SET @autogen_step = IF(@autogen_due, concat('DROP TABLE ', @name), 'DO 0')"
        );
        let [choice, prepare, execute, deallocate] = &statements("DROP TABLE `it's`")[..] else {
            panic!("there are four");
        };
        assert_eq!(
            choice,
            "SET @autogen_step = IF(@autogen_due, 'DROP TABLE `it''s`', 'DO 0')"
        );
        assert_eq!(prepare, "PREPARE autogen_step FROM @autogen_step");
        assert_eq!(execute, "EXECUTE autogen_step");
        assert_eq!(deallocate, "DEALLOCATE PREPARE autogen_step");
    }
}
