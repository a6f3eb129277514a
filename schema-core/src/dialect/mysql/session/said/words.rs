//! The words of a statement, read one after another.

use crate::dialect::mysql::session::words;
use crate::lexer::{Kind, Token};

/// The name of a thing, with its database if the statement says that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::dialect::mysql::session) struct Name {
    /// The database.
    pub(in crate::dialect::mysql::session) schema: Option<String>,
    /// The name in it.
    pub(in crate::dialect::mysql::session) name: String,
}

impl Name {
    /// Returns this name in the database of another one, if it says none itself.
    pub(in crate::dialect::mysql::session) fn like(&self, other: &Name) -> Self {
        Name {
            schema: self.schema.clone().or_else(|| other.schema.clone()),
            name: self.name.clone(),
        }
    }
}

#[cfg(test)]
impl Name {
    pub(super) fn plain(name: &str) -> Self {
        Name {
            schema: None,
            name: name.to_owned(),
        }
    }

    pub(super) fn within(schema: &str, name: &str) -> Self {
        Name {
            schema: Some(schema.to_owned()),
            name: name.to_owned(),
        }
    }
}

/// Returns the statement that another one runs: `SET STATEMENT … FOR it` of MariaDB, and `EXECUTE IMMEDIATE 'it'` if it is one text.
pub(in crate::dialect::mysql::session) fn inner(sql: &str) -> String {
    let tokens: Vec<Token<'_>> = words(sql).collect();
    match tokens.as_slice() {
        [set, statement, rest @ ..] if set.is("SET") && statement.is("STATEMENT") => {
            let behind = rest.iter().find(|token| token.is("FOR"));
            let behind = behind.and_then(|token| sql.get(token.end()..));
            behind.map_or_else(|| sql.to_owned(), inner)
        }
        [execute, immediate, text]
            if execute.is("EXECUTE") && immediate.is("IMMEDIATE") && text.kind == Kind::String =>
        {
            literal(text.text).map_or_else(|| sql.to_owned(), |sql| inner(&sql))
        }
        _ => sql.to_owned(),
    }
}

/// Returns what a string literal says, if no character of it is written as another one.
fn literal(text: &str) -> Option<String> {
    let quote = text.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    let text = text.strip_prefix(quote)?.strip_suffix(quote)?;
    (!text.contains('\\')).then(|| text.replace(&format!("{quote}{quote}"), &quote.to_string()))
}

/// The words of a statement, and how far they are read.
pub(super) struct Words<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
}

impl<'a> Words<'a> {
    pub(super) fn of(sql: &'a str) -> Self {
        Words {
            tokens: words(sql).collect(),
            at: 0,
        }
    }

    /// Returns what is left, cut at the commas that stand in no parentheses.
    pub(super) fn clauses(&self) -> Vec<Words<'a>> {
        let mut clauses = vec![Vec::new()];
        let mut depth = 0_usize;
        for token in self.left() {
            match token.text {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
            match clauses.last_mut() {
                Some(clause) if depth > 0 || !token.is_symbol(",") => clause.push(*token),
                Some(_) | None => clauses.push(Vec::new()),
            }
        }
        let clauses = clauses.into_iter();
        clauses.map(|tokens| Words { tokens, at: 0 }).collect()
    }

    fn left(&self) -> &[Token<'a>] {
        self.tokens.get(self.at..).unwrap_or_default()
    }

    pub(super) fn first(&self) -> Option<&Token<'a>> {
        self.left().first()
    }

    pub(super) fn first_is(&self, word: &str) -> bool {
        self.first().is_some_and(|first| first.is(word))
    }

    pub(super) fn second_is(&self, word: &str) -> bool {
        self.left().get(1).is_some_and(|second| second.is(word))
    }

    /// Tells whether a word has been read.
    pub(super) fn seen(&self, word: &str) -> bool {
        self.tokens.iter().take(self.at).any(|token| token.is(word))
    }

    pub(super) fn skip(&mut self) {
        self.at += 1;
    }

    /// Reads a word, if it comes next.
    pub(super) fn take(&mut self, word: &str) -> bool {
        let comes = self.first_is(word);
        self.at += usize::from(comes);
        comes
    }

    /// Reads one of several words, if it comes next.
    pub(super) fn take_any(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| self.take(word))
    }

    /// Reads a mark, if it comes next.
    pub(super) fn symbol(&mut self, mark: &str) -> bool {
        let comes = self.first().is_some_and(|first| first.is_symbol(mark));
        self.at += usize::from(comes);
        comes
    }

    /// Reads those words that may stand before another one, and that one, if it comes.
    pub(super) fn before(&mut self, word: &str, others: &[&str]) -> bool {
        while self.take_any(others) {}
        self.take(word)
    }

    /// Reads on behind a word.
    pub(super) fn until(&mut self, word: &str) -> Option<()> {
        let at = self.left().iter().position(|token| token.is(word))?;
        self.at += at + 1;
        Some(())
    }

    /// Reads `IF EXISTS` or `IF NOT EXISTS`, if it comes next.
    pub(super) fn exists(&mut self) {
        if self.take("IF") {
            self.take("NOT");
            self.take("EXISTS");
        }
    }

    /// Reads on behind the first word for a kind of things, and returns what those are listed under.
    pub(super) fn kind(&mut self, kinds: &[(&str, &'static str)]) -> Option<&'static str> {
        let found = self.left().iter().enumerate().find_map(|(at, token)| {
            let kind = kinds.iter().find(|(word, _)| token.is(word))?;
            Some((at, kind.1))
        });
        let (at, kind) = found?;
        self.at += at + 1;
        Some(kind)
    }

    /// Reads a name without its database.
    pub(super) fn plain(&mut self) -> Option<String> {
        let name = self.first()?.name()?;
        self.at += 1;
        Some(name)
    }

    /// Reads a name.
    pub(super) fn name(&mut self) -> Option<Name> {
        let first = self.plain()?;
        Some(if self.symbol(".") {
            Name {
                schema: Some(first),
                name: self.plain()?,
            }
        } else {
            Name {
                schema: None,
                name: first,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_within_another_is_what_counts() {
        for (sql, expected) in [
            (
                "SET STATEMENT max_statement_time = 5 FOR UPDATE t SET a = 1",
                " UPDATE t SET a = 1",
            ),
            (
                "EXECUTE IMMEDIATE 'ALTER TABLE t COMMENT ''x'''",
                "ALTER TABLE t COMMENT 'x'",
            ),
            ("EXECUTE IMMEDIATE @a", "EXECUTE IMMEDIATE @a"),
            ("EXECUTE IMMEDIATE 'a\\'b'", "EXECUTE IMMEDIATE 'a\\'b'"),
            ("UPDATE t SET a = 1", "UPDATE t SET a = 1"),
        ] {
            assert_eq!(inner(sql), expected, "{sql}");
        }
    }
}
