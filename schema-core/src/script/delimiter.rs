//! `DELIMITER` lines, by which a script tells the shell of MySQL what ends a statement, so that a body may hold semicolons.
//!
//! No server knows them: they are the shell's, and go with what they delimit.

use super::error::{Problem, ScriptError};
use crate::lexer::{Kind, Lexicon, lex};

/// A part of a script, and what ends a statement there.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Region {
    /// Semicolons do, and the text is cut by its grammar.
    Grammar { start: usize, end: usize },
    /// It holds one statement, or none.
    Statement { start: usize, end: usize },
}

/// Cuts a script at its `DELIMITER` lines, if it has any, and at the delimiters that they name.
pub(super) fn regions(text: &str, lexicon: Lexicon) -> Result<Vec<Region>, ScriptError> {
    if !lexicon.compound_bodies || !text.to_ascii_uppercase().contains("DELIMITER") {
        return Ok(vec![Region::Grammar {
            start: 0,
            end: text.len(),
        }]);
    }
    let mut regions = Vec::new();
    let mut delimiter = ";";
    let mut start = 0;
    let mut named_at = 0;
    while start < text.len() {
        if delimiter == ";" {
            let end = command(text, start, lexicon);
            regions.push(Region::Grammar { start, end });
            start = end;
        } else {
            let (end, next) = statement(text, start, delimiter, lexicon);
            regions.push(Region::Statement { start, end });
            start = next;
        }
        if is_command(text, start) {
            named_at = start;
            (delimiter, start) = named(text, start)?;
        }
    }
    // What is put behind such a script, as when two are squashed, would be read in another way.
    if delimiter != ";" {
        return Err(problem(text, named_at, Problem::DelimiterStays));
    }
    Ok(regions)
}

/// Returns the text of a statement for the shell: one that holds semicolons stands between lines that name another delimiter.
///
/// The text is without the last semicolon, which ends the second line.
pub(super) fn delimited(sql: &str, lexicon: Lexicon) -> Option<String> {
    if !lexicon.compound_bodies || !lex(sql, lexicon).any(|token| token.is_symbol(";")) {
        return None;
    }
    let mut delimiter = "//".to_owned();
    while sql.contains(&delimiter) {
        delimiter.push('/');
    }
    Some(format!("DELIMITER {delimiter}\n{sql}\n{delimiter}\nDELIMITER "))
}

/// Returns where the next `DELIMITER` line begins among statements that end with semicolons, or the end of the script.
fn command(text: &str, start: usize, lexicon: Lexicon) -> usize {
    let mut begins = true;
    for token in lex(&text[start..], lexicon) {
        if begins && is_command(text, start + token.start) {
            return start + token.start;
        }
        if !token.is_trivia() {
            begins = token.is_symbol(";");
        }
    }
    text.len()
}

/// Tells whether a `DELIMITER` line begins there.
fn is_command(text: &str, at: usize) -> bool {
    let word = text.get(at..at + "DELIMITER".len());
    let rest = text.get(at + "DELIMITER".len()..).unwrap_or_default();
    let before = text[..at].rsplit('\n').next().unwrap_or_default();
    word.is_some_and(|word| word.eq_ignore_ascii_case("DELIMITER"))
        && (rest.is_empty() || rest.starts_with(char::is_whitespace))
        && before.trim().is_empty()
}

/// Returns the delimiter that the line names, and where the next line begins.
fn named(text: &str, at: usize) -> Result<(&str, usize), ScriptError> {
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    let mut words = text[at..end].split_whitespace().skip(1);
    match words.next().filter(|word| !word.contains('\\')) {
        Some(word) => Ok((word, end)),
        None => Err(problem(text, at, Problem::NoDelimiter)),
    }
}

/// Returns where the statement ends that another delimiter than `;` ends, and where what follows begins: behind the delimiter, or at a line that
/// names the next one.
fn statement(text: &str, start: usize, delimiter: &str, lexicon: Lexicon) -> (usize, usize) {
    let mut at = start;
    let mut begins = true;
    while let Some(token) = lex(&text[at..], lexicon).next() {
        if text[at..].starts_with(delimiter) {
            return (at, at + delimiter.len());
        }
        if begins && is_command(text, at) {
            return (at, at);
        }
        begins &= token.is_trivia();
        let whole = match token.kind {
            Kind::Quoted | Kind::String | Kind::Comment => token.text.len(),
            // A name may go on with what is the delimiter: `END$$`.
            Kind::Word | Kind::Number | Kind::Symbol | Kind::Space => {
                token.text.find(delimiter).unwrap_or(token.text.len())
            }
        };
        at += whole;
    }
    (text.len(), text.len())
}

fn problem(text: &str, at: usize, problem: Problem) -> ScriptError {
    ScriptError {
        line: text[..at].matches('\n').count() + 1,
        problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Plan, Statement};
    use crate::script::{parse, render_for_shell};

    const MYSQL: Lexicon = Lexicon {
        compound_bodies: true,
        hash_comments: true,
        ..Lexicon::STANDARD
    };

    fn statements(text: &str) -> Vec<(String, usize)> {
        let plan = parse(text, MYSQL).unwrap_or_else(|error| panic!("{error}"));
        let statements = plan.statements.into_iter();
        statements
            .map(|statement| (statement.step.executed().unwrap().to_owned(), statement.line))
            .collect()
    }

    #[test]
    fn a_script_is_read_as_the_shell_reads_it() {
        let text = "CREATE TABLE t (delimiter INT);\n-- a body\nDelimiter $$\nDROP TRIGGER a;\nDROP TRIGGER b$$\n\nCREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW\nBEGIN\n  SET @a = '$$'; -- $$\nEND$$\nDELIMITER ;\nSELECT 1;\nSELECT\ndelimiter FROM t;\n";
        assert_eq!(
            statements(text),
            [
                ("CREATE TABLE t (delimiter INT)".to_owned(), 1),
                ("DROP TRIGGER a".to_owned(), 4),
                ("DROP TRIGGER b".to_owned(), 5),
                (
                    "CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW\nBEGIN\n  SET @a = '$$'; -- $$\nEND"
                        .to_owned(),
                    7
                ),
                ("SELECT 1".to_owned(), 12),
                ("SELECT\ndelimiter FROM t".to_owned(), 13),
            ]
        );
    }

    #[test]
    fn what_the_shell_is_given_reads_back() {
        let body = "CREATE PROCEDURE p() BEGIN SELECT 4 // 2; END";
        let plan = Plan {
            statements: vec![
                Statement::execute(body).because("why"),
                Statement::execute("SELECT ';'"),
            ],
            ..Plan::default()
        };
        let text = render_for_shell(&plan, "", MYSQL);
        assert_eq!(
            text,
            format!("-- why\nDELIMITER ///\n{body}\n///\nDELIMITER ;\n\nSELECT ';';\n")
        );
        assert_eq!(
            statements(&text),
            [(body.to_owned(), 3), ("SELECT ';'".to_owned(), 7)]
        );
    }

    #[test]
    fn a_delimiter_is_named_and_ends_with_the_script() {
        for (text, line, problem) in [
            ("SELECT 1;\nDELIMITER\nSELECT 2;", 2, Problem::NoDelimiter),
            (
                "SELECT 1;\nDELIMITER //\nSELECT 2//\n",
                2,
                Problem::DelimiterStays,
            ),
        ] {
            assert_eq!(parse(text, MYSQL), Err(ScriptError { line, problem }));
        }
    }
}
