//! A script cut into the pieces that mean something: statements, line comments and blank lines.
//!
//! It follows the grammar no further than it must to find the semicolon that ends a statement.

mod body;

use super::delimiter::{Region, regions};
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
    let mut cutter = Cutter {
        text,
        lexicon,
        lines: Lines { text, at: 0, line: 1 },
        pieces: Vec::new(),
    };
    for region in regions(text, lexicon)? {
        cutter.cut(&region)?;
    }
    Ok(cutter.pieces)
}

/// A script on its way into pieces.
struct Cutter<'a> {
    text: &'a str,
    lexicon: Lexicon,
    lines: Lines<'a>,
    pieces: Vec<Piece<'a>>,
}

impl<'a> Cutter<'a> {
    fn cut(&mut self, region: &Region) -> Result<(), ScriptError> {
        let (text, lexicon) = (self.text, self.lexicon);
        let (Region::Grammar { start, end } | Region::Statement { start, end }) = *region;
        let tokens: Vec<Token<'_>> = lex(&text[start..end], lexicon)
            .map(|token| Token {
                start: start + token.start,
                ..token
            })
            .collect();
        // Once for the whole script, so that no statement looks through all that follow it.
        let significant: Vec<(usize, &Token<'_>)> = tokens
            .iter()
            .enumerate()
            .filter(|(_, token)| !token.is_trivia())
            .collect();
        // Before what is never closed: the rows behind such a statement are no SQL.
        if let Some(copy) = client_copy(&significant) {
            let line = self.lines.of(copy.start);
            return Err(ScriptError {
                line,
                problem: Problem::ClientCopy,
            });
        }
        if let Some(last) = tokens.last() {
            if let Some(what) = unterminated(last, lexicon) {
                let line = self.lines.of(last.start);
                return Err(ScriptError {
                    line,
                    problem: Problem::Unterminated { what },
                });
            }
        }
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            match token.kind {
                Kind::Space => {
                    // The end of the line before is one of the line ends, unless the file begins with them.
                    let ends = token.text.matches('\n').count();
                    if ends > 1 || (ends == 1 && token.start == 0) {
                        self.pieces.push(Piece::Blank);
                    }
                    at += 1;
                }
                Kind::Comment => {
                    self.comment(token);
                    at += 1;
                }
                Kind::Symbol if token.text == ";" => at += 1,
                Kind::Word | Kind::Quoted | Kind::String | Kind::Number | Kind::Symbol => {
                    let line = self.lines.of(token.start);
                    let first = significant.partition_point(|(index, _)| *index < at);
                    let end = match region {
                        // The shell sends several of them at once; a routine is one whatever is in it.
                        Region::Statement { .. } if body::is_routine(&significant[first..]) => tokens.len(),
                        Region::Grammar { .. } | Region::Statement { .. } => {
                            body::end(&significant[first..], tokens.len(), lexicon)
                                .map_err(|problem| ScriptError { line, problem })?
                        }
                    };
                    self.statement(&tokens[at..end], line);
                    at = end;
                }
            }
        }
        Ok(())
    }

    fn comment(&mut self, token: &Token<'a>) {
        let line = self.lines.of(token.start);
        let alone = self.text[..token.start]
            .rsplit('\n')
            .next()
            .is_some_and(|before| before.trim().is_empty());
        if let Some(text) = token.text.strip_prefix("--") {
            self.pieces.push(if alone {
                Piece::Comment { text, line }
            } else {
                Piece::Aside { text, line }
            });
        }
    }

    fn statement(&mut self, tokens: &[Token<'a>], line: usize) {
        for token in tokens {
            if let (Kind::Comment, Some(text)) = (token.kind, token.text.strip_prefix("--")) {
                let line = self.lines.of(token.start);
                self.pieces.push(Piece::Aside { text, line });
            }
        }
        // Another delimiter may stand behind a semicolon.
        let last = tokens.iter().rfind(|token| !token.is_trivia());
        let semicolon = last.filter(|token| token.is_symbol(";"));
        if let (Some(first), Some(last)) = (tokens.first(), tokens.last()) {
            let end = semicolon.map_or(last.end(), |semicolon| semicolon.start);
            let sql = self.text[first.start..end].trim_end();
            self.pieces.push(Piece::Statement { sql, line });
        }
    }
}

/// Returns the first word of the first statement whose rows go through the client, as those of pg_dump do
/// (<https://www.postgresql.org/docs/current/sql-copy.html>).
fn client_copy<'a, 'b>(significant: &[(usize, &'b Token<'a>)]) -> Option<&'b Token<'a>> {
    let through_client = |pair: &[(usize, &'b Token<'a>)]| {
        let [(_, before), (_, word)] = pair else {
            return false;
        };
        (before.is("FROM") && word.is("STDIN")) || (before.is("TO") && word.is("STDOUT"))
    };
    let mut statements = significant.split(|(_, token)| token.is_symbol(";"));
    statements.find_map(|statement| {
        let (_, first) = statement.first()?;
        (first.is("COPY") && statement.windows(2).any(through_client)).then_some(*first)
    })
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
