//! A script cut into the pieces that mean something: statements, line comments and blank lines.
//!
//! It follows the grammar no further than it must to find the semicolon that ends a statement.

use super::error::{Problem, ScriptError};
use crate::lexer::{Kind, Lexicon, Token, lex};

/// A piece of a script.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// A statement without its semicolon, and the line it begins on.
    Statement { sql: &'a str, line: usize },
    /// A `--` comment that has its line for itself, without the dashes.
    Comment { text: &'a str, line: usize },
    /// A `--` comment inside a statement or behind one, without the dashes.
    Aside { text: &'a str, line: usize },
    /// A line with nothing on it.
    Blank,
}

/// Cuts the text, which holds no NUL byte and no carriage return before a line end.
pub(super) fn split(text: &str, lexicon: Lexicon) -> Result<Vec<Piece<'_>>, ScriptError> {
    let tokens: Vec<Token<'_>> = lex(text, lexicon).collect();
    let mut lines = Lines { text, at: 0, line: 1 };
    if let Some(last) = tokens.last() {
        if let Some(what) = unterminated(last, lexicon) {
            let line = lines.of(last.start);
            return Err(ScriptError {
                line,
                problem: Problem::Unterminated { what },
            });
        }
    }
    // Once for the whole script, so that no statement looks through all that follow it.
    let significant: Vec<(usize, &Token<'_>)> = tokens
        .iter()
        .enumerate()
        .filter(|(_, token)| !token.is_trivia())
        .collect();
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token.kind {
            Kind::Space => {
                // The end of the line before is one of the line ends, unless the file begins with them.
                let ends = token.text.matches('\n').count();
                if ends > 1 || (ends == 1 && at == 0) {
                    pieces.push(Piece::Blank);
                }
                at += 1;
            }
            Kind::Comment => {
                let line = lines.of(token.start);
                let alone = text[..token.start]
                    .rsplit('\n')
                    .next()
                    .is_some_and(|before| before.trim().is_empty());
                if let Some(text) = token.text.strip_prefix("--") {
                    pieces.push(if alone {
                        Piece::Comment { text, line }
                    } else {
                        Piece::Aside { text, line }
                    });
                }
                at += 1;
            }
            Kind::Symbol if token.text == ";" => at += 1,
            Kind::Word | Kind::Quoted | Kind::String | Kind::Number | Kind::Symbol => {
                let line = lines.of(token.start);
                let first = significant.partition_point(|(index, _)| *index < at);
                let end = statement_end(&significant[first..], tokens.len())
                    .map_err(|problem| ScriptError { line, problem })?;
                for token in &tokens[at..end] {
                    if let (Kind::Comment, Some(text)) = (token.kind, token.text.strip_prefix("--")) {
                        let line = lines.of(token.start);
                        pieces.push(Piece::Aside { text, line });
                    }
                }
                let stop = tokens.get(end).map_or(text.len(), |token| token.start);
                pieces.push(Piece::Statement {
                    sql: text[token.start..stop].trim_end(),
                    line,
                });
                at = end;
            }
        }
    }
    Ok(pieces)
}

/// Counts lines as the offsets go up, so that a script is read once.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
    fn of(&mut self, offset: usize) -> usize {
        self.line += self.text[self.at..offset].matches('\n').count();
        self.at = offset;
        self.line
    }
}

/// Returns what the last token is if it was never closed.
///
/// A closed token stays as it is when something follows; one that is open takes it in.
fn unterminated(last: &Token<'_>, lexicon: Lexicon) -> Option<&'static str> {
    let what = match last.kind {
        Kind::String => "string",
        Kind::Quoted => "quoted name",
        Kind::Comment if last.text.starts_with("/*") => "comment",
        Kind::Comment | Kind::Word | Kind::Number | Kind::Symbol | Kind::Space => return None,
    };
    let longer = format!("{}\u{1}", last.text);
    let open = lex(&longer, lexicon)
        .next()
        .is_some_and(|token| token.text.len() == longer.len());
    open.then_some(what)
}

/// Returns the index of the token that ends the statement these tokens begin with, each with its index: its semicolon, or the end of
/// the script.
///
/// # Errors
///
/// A body, or a comment that is run, that is never closed.
fn statement_end(significant: &[(usize, &Token<'_>)], end: usize) -> Result<usize, Problem> {
    let has_body = has_body(significant);
    let mut depth = 0_usize;
    let mut in_comment = false;
    let mut at = 0;
    while let Some((index, token)) = significant.get(at) {
        if token.marks_executable() {
            in_comment = token.opens_executable();
        }
        if token.is_symbol(";") && depth == 0 && !in_comment {
            return Ok(*index);
        }
        // `NEW.end` is a column, whatever its name.
        let qualified = at > 0 && significant[at - 1].1.is_symbol(".");
        if has_body && !qualified {
            let next = significant.get(at + 1).map(|(_, token)| *token);
            if token.is("BEGIN") || token.is("CASE") {
                depth += 1;
            } else if token.is("END") && depth > 0 {
                // MySQL closes its other blocks with END and their name; only CASE was counted.
                let of = |word| next.is_some_and(|next| next.is(word));
                if of("CASE") {
                    depth -= 1;
                    at += 1;
                } else if !["IF", "LOOP", "WHILE", "REPEAT"].into_iter().any(of) {
                    depth -= 1;
                }
            }
        }
        at += 1;
    }
    match (depth, in_comment) {
        (0, false) => Ok(end),
        (_, false) => Err(Problem::UnterminatedBody),
        (_, true) => Err(Problem::Unterminated { what: "comment" }),
    }
}

/// Tells whether a statement is one whose body may hold semicolons: `CREATE [TEMP] TRIGGER`, and the routines of
/// other databases.
fn has_body(tokens: &[(usize, &Token<'_>)]) -> bool {
    let mut words = tokens
        .iter()
        .map(|(_, token)| *token)
        .filter(|token| token.kind == Kind::Word);
    if !words.next().is_some_and(|word| word.is("CREATE")) {
        return false;
    }
    words
        .take_while(|word| {
            !["TABLE", "INDEX", "VIEW", "UNIQUE", "VIRTUAL"]
                .iter()
                .any(|other| word.is(other))
        })
        .take(8)
        .any(|word| {
            ["TRIGGER", "FUNCTION", "PROCEDURE", "EVENT"]
                .iter()
                .any(|kind| word.is(kind))
        })
}
