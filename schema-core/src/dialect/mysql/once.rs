//! A plan that does something only if a condition holds, as statements for any shell.
//!
//! Outside stored programs MySQL has no statement that runs on a condition. But what is prepared may be one text or another: a statement or
//! none, or the message of a guard, which the server shows since it cannot understand it.

mod preparable;

use super::ddl::text;
use super::{LEXICON, SCRIPTS};
use crate::db::mysql::SESSION;
use crate::lexer::{Token, lex};
use crate::plan::{Plan, Statement, Step};

/// A statement that does nothing.
const NOTHING: &str = "DO 0";

/// Returns the plan as statements that do something only if the condition holds.
///
/// What does not run is not even understood: it may name what is not there any more.
pub(super) fn once(condition: &str, plan: &Plan) -> Plan {
    let mut statements: Vec<Statement> = SESSION.map(Statement::execute).into();
    statements.push(Statement::execute(format!("SET @autogen_due = ({condition})")));
    statements.extend(preparable::refuse(plan));
    let text = texts(plan);
    for statement in &plan.statements {
        match &statement.step {
            Step::ExpectNoRows { sql, message } | Step::ExplainFailure { sql, message } => {
                let reason = format!("stop, if there are such rows: {message}");
                let look = format!("SET @autogen_found = EXISTS (\n{sql}\n)");
                statements.push(Statement::execute("SET @autogen_found = 0").because(reason));
                statements.extend(prepared("@autogen_due", &text(&look), ""));
                statements.extend(stopping(message));
            }
            Step::Execute { sql } => statements.extend(executed(sql, &statement.reason, plan, text)),
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
fn executed(sql: &str, reason: &str, plan: &Plan, text: fn(&str) -> String) -> Vec<Statement> {
    let words: Vec<Token<'_>> = lex(sql, LEXICON).filter(|token| !token.is_trivia()).collect();
    match &words[..] {
        [first, name, from, ..] if first.is("PREPARE") && from.is("FROM") => vec![
            choice("@autogen_due", &sql[from.end()..], &nothing(plan, name)).because(reason),
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
        _ => prepared(&due(sql), &text(sql), reason).into(),
    }
}

/// Returns the statement that takes the text which `operand` says if the condition holds, and nothing otherwise.
fn choice(condition: &str, operand: &str, nothing: &str) -> Statement {
    Statement::execute(format!(
        "SET @autogen_step = IF({condition}, {}, '{nothing}')",
        operand.trim()
    ))
}

/// Returns the condition for a statement. One that is a comment to this server cannot be prepared; what the comment begins with tells it that.
fn due(sql: &str) -> String {
    let mut within = false;
    let mut words = lex(sql, SCRIPTS).filter(|token| !token.is_trivia()).peekable();
    let mark = words
        .peek()
        .filter(|first| first.marks_executable())
        .map(|first| first.text);
    let is_comment = words.all(|word| {
        if word.marks_executable() {
            within = !word.is_symbol("*/");
            true
        } else {
            within
        }
    });
    match mark.filter(|_| is_comment) {
        Some(mark) => format!("@autogen_due AND 0 {mark} + 1 */"),
        None => "@autogen_due".to_owned(),
    }
}

/// Returns what does nothing with as many values as a prepared statement is given.
fn nothing(plan: &Plan, name: &Token<'_>) -> String {
    let name = name.name();
    let given = plan.executed().find_map(|sql| {
        let words: Vec<Token<'_>> = lex(sql, LEXICON).filter(|token| !token.is_trivia()).collect();
        match &words[..] {
            [execute, executed, using, values @ ..]
                if execute.is("EXECUTE")
                    && using.is("USING")
                    && executed.name().map(|name| name.to_lowercase())
                        == name.as_ref().map(|name| name.to_lowercase()) =>
            {
                Some(1 + values.iter().filter(|word| word.is_symbol(",")).count())
            }
            _ => None,
        }
    });
    format!("{NOTHING}{}", ", ?".repeat(given.unwrap_or_default()))
}

/// Returns how the texts of a plan's statements are written. After another `sql_mode`, a backslash may be nothing but a backslash.
fn texts(plan: &Plan) -> fn(&str) -> String {
    let sets_mode = |sql: &str| sql.to_ascii_lowercase().contains("sql_mode");
    if plan.executed().any(sets_mode) {
        without_backslash
    } else {
        text
    }
}

/// Returns a text as an operand that has no backslash, so that it means the same in every `sql_mode`.
fn without_backslash(sql: &str) -> String {
    if !sql.contains('\\') {
        return text(sql);
    }
    let mut mark = "{backslash}".to_owned();
    while sql.contains(&mark) {
        mark.insert(mark.len() - 1, '_');
    }
    format!("REPLACE({}, '{mark}', CHAR(92))", text(&sql.replace('\\', &mark)))
}

/// Returns the statements that run what the operand says if the condition holds.
fn prepared(condition: &str, operand: &str, reason: &str) -> [Statement; 4] {
    [
        choice(condition, operand, NOTHING).because(reason),
        Statement::execute("PREPARE autogen_step FROM @autogen_step"),
        Statement::execute("EXECUTE autogen_step"),
        Statement::execute("DEALLOCATE PREPARE autogen_step"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statements(sql: &str) -> Vec<String> {
        let plan = Plan {
            statements: vec![Statement::execute("EXECUTE `A` USING @one, @two")],
            ..Plan::default()
        };
        let statements = executed(sql, "", &plan, without_backslash).into_iter();
        statements
            .map(|statement| statement.step.executed().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn what_is_prepared_is_nothing_if_it_is_not_due() {
        assert_eq!(
            statements("PREPARE a FROM @text"),
            [
                "SET @autogen_step = IF(@autogen_due, @text, 'DO 0, ?, ?')",
                "PREPARE a FROM @autogen_step"
            ]
        );
        assert_eq!(statements("EXECUTE a"), ["EXECUTE a"]);
        assert_eq!(statements("DROP PREPARE a"), ["DROP PREPARE a"]);
    }

    #[test]
    fn what_only_some_servers_run_is_left_out_by_the_others() {
        for (sql, condition) in [
            ("/*M!100100 SET @a = 1 */", "@autogen_due AND 0 /*M!100100 + 1 */"),
            (
                "/*!50003 CREATE*/ /*!50017 DEFINER = a*/ /*!50003 TRIGGER t */",
                "@autogen_due AND 0 /*!50003 + 1 */",
            ),
            ("/*!50003 CREATE */ TABLE t (id INT)", "@autogen_due"),
            ("DO 1 /* 2 */", "@autogen_due"),
        ] {
            assert_eq!(due(sql), condition, "{sql}");
        }
    }

    #[test]
    fn a_backslash_is_one_in_every_mode() {
        assert_eq!(
            without_backslash("SELECT '\\{backslash}'"),
            "REPLACE('SELECT ''{backslash_}{backslash}''', '{backslash_}', CHAR(92))"
        );
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
