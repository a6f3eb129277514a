//! A walk over the tokens of a CREATE statement: each step takes one clause off the front.
//!
//! It knows the shape of clauses and not what they mean.

use super::{LEXICON, ParsedPart};
use crate::dialect::sqlite::ddl;
use crate::dialect::sqlite::keywords::is_reserved;
use crate::lexer::{Kind, Token, lex, unquote};
use crate::schema::{Action, Deferrable, Order};

/// The words behind DEFAULT that are no names.
const CONSTANTS: [&str; 6] = [
    "NULL",
    "TRUE",
    "FALSE",
    "CURRENT_TIME",
    "CURRENT_DATE",
    "CURRENT_TIMESTAMP",
];

/// The tokens that matter, and how far they have been read.
pub(super) struct Cursor<'a> {
    sql: &'a str,
    tokens: Vec<Token<'a>>,
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(sql: &'a str) -> Self {
        Cursor {
            sql,
            tokens: lex(sql, LEXICON).filter(|token| !token.is_trivia()).collect(),
            at: 0,
        }
    }

    pub(super) fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.at).copied()
    }

    pub(super) fn next(&mut self) -> Option<Token<'a>> {
        let token = self.peek()?;
        self.at += 1;
        Some(token)
    }

    pub(super) fn take(&mut self, keyword: &str) -> Option<Token<'a>> {
        let token = self.peek().filter(|token| token.is(keyword))?;
        self.at += 1;
        Some(token)
    }

    pub(super) fn symbol(&mut self, symbol: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is_symbol(symbol));
        self.at += usize::from(found);
        found
    }

    pub(super) fn name(&mut self) -> Option<String> {
        let token = self.next()?;
        name_of(&token)
    }

    /// Reads up to and with the parenthesis that opens the body, and returns the name before it; no name has one outside
    /// quotes.
    pub(super) fn skip_to_body(&mut self) -> Option<String> {
        let mut last = None;
        while !self.symbol("(") {
            last = Some(self.next()?);
        }
        name_of(&last?)
    }

    pub(super) fn at_table_constraint(&self) -> bool {
        let begins = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];
        self.peek()
            .is_some_and(|token| begins.iter().any(|keyword| token.is(keyword)))
    }

    pub(super) fn at_deferrable(&self) -> bool {
        let next = self.tokens.get(self.at + 1);
        self.peek().is_some_and(|token| {
            token.is("DEFERRABLE") || (token.is("NOT") && next.is_some_and(|next| next.is("DEFERRABLE")))
        })
    }

    /// Reads `[NOT] DEFERRABLE [INITIALLY …]`.
    pub(super) fn deferrable(&mut self) -> Option<Deferrable> {
        let never = self.take("NOT").is_some();
        self.take("DEFERRABLE")?;
        let mut deferred = false;
        if self.take("INITIALLY").is_some() {
            deferred = self.next()?.is("DEFERRED");
        }
        Some(if deferred && !never {
            Deferrable::Deferred
        } else {
            Deferrable::Never
        })
    }

    pub(super) fn action(&mut self) -> Option<Action> {
        let token = self.next()?;
        if token.is("SET") {
            return Some(if self.next()?.is("NULL") {
                Action::SetNull
            } else {
                Action::SetDefault
            });
        }
        if token.is("NO") {
            self.take("ACTION")?;
            return Some(Action::NoAction);
        }
        Some(if token.is("CASCADE") {
            Action::Cascade
        } else {
            Action::Restrict
        })
    }

    pub(super) fn order(&mut self) -> Order {
        if self.take("DESC").is_some() {
            return Order::Descending;
        }
        let _ = self.take("ASC");
        Order::Ascending
    }

    /// Reads `ON CONFLICT …`. ABORT is what happens without it.
    pub(super) fn conflict(&mut self) -> Option<String> {
        self.take("ON")?;
        self.take("CONFLICT")?;
        let what = self.next()?.text.to_ascii_uppercase();
        Some(what).filter(|what| what != "ABORT")
    }

    /// Reads a declared type: names up to the first reserved word, and perhaps numbers in parentheses.
    pub(super) fn declared_type(&mut self) -> String {
        let begin = self.at;
        while let Some(token) = self.peek() {
            let generated =
                token.is("GENERATED") && self.tokens.get(self.at + 1).is_some_and(|next| next.is("ALWAYS"));
            let belongs = match token.kind {
                Kind::Word => !is_reserved(token.text) && !generated,
                Kind::Quoted | Kind::String => true,
                Kind::Number | Kind::Symbol | Kind::Comment | Kind::Space => false,
            };
            if !belongs {
                break;
            }
            self.at += 1;
        }
        if self.at > begin && self.peek().is_some_and(|token| token.is_symbol("(")) {
            let _ = self.parenthesized();
        }
        self.text(begin, self.at)
    }

    /// Reads what a DEFAULT is: one term, signed or in parentheses.
    pub(super) fn default(&mut self) -> Option<String> {
        if self.peek()?.is_symbol("(") {
            return self.parenthesized();
        }
        let begin = self.at;
        while self.symbol("-") || self.symbol("+") {}
        let token = self.next()?;
        // SQLite takes a name here for a text, in whatever quotes it is.
        let is_name = match token.kind {
            Kind::Quoted => true,
            Kind::Word => !CONSTANTS.iter().any(|word| token.is(word)),
            Kind::String | Kind::Number | Kind::Symbol | Kind::Comment | Kind::Space => false,
        };
        if is_name && begin + 1 == self.at {
            return Some(ddl::text(&unquote(token.text)));
        }
        Some(self.text(begin, self.at))
    }

    /// Reads a text in parentheses and returns it without them.
    pub(super) fn parenthesized(&mut self) -> Option<String> {
        self.symbol("(").then_some(())?;
        let begin = self.at;
        let mut depth = 1;
        while depth > 0 {
            let token = self.next()?;
            depth += i32::from(token.is_symbol("(")) - i32::from(token.is_symbol(")"));
        }
        Some(self.text(begin, self.at - 1))
    }

    pub(super) fn names(&mut self) -> Option<Vec<String>> {
        let parts = self.parts()?;
        Some(parts.into_iter().filter_map(|part| part.column).collect())
    }

    /// Reads a list of keys in parentheses.
    pub(super) fn parts(&mut self) -> Option<Vec<ParsedPart>> {
        self.symbol("(").then_some(())?;
        let mut parts = Vec::new();
        let mut begin = self.at;
        let mut depth = 1;
        loop {
            let token = self.next()?;
            depth += i32::from(token.is_symbol("(")) - i32::from(token.is_symbol(")"));
            if depth == 0 || (depth == 1 && token.is_symbol(",")) {
                parts.push(self.part(begin, self.at - 1));
                begin = self.at;
            }
            if depth == 0 {
                return Some(parts);
            }
        }
    }

    fn part(&self, begin: usize, mut end: usize) -> ParsedPart {
        let mut order = Order::Ascending;
        if end > begin
            && (self.tokens[end - 1].is("ASC") || self.tokens[end - 1].is("DESC"))
            && end - begin > 1
        {
            if self.tokens[end - 1].is("DESC") {
                order = Order::Descending;
            }
            end -= 1;
        }
        let mut collation = None;
        if end > begin + 2 && self.tokens[end - 2].is("COLLATE") {
            collation = name_of(&self.tokens[end - 1]);
            end -= 2;
        }
        ParsedPart {
            text: self.text(begin, end),
            column: (end == begin + 1).then(|| name_of(&self.tokens[begin])).flatten(),
            order,
            collation,
        }
    }

    pub(super) fn rest(&mut self) -> String {
        let begin = self.at;
        self.at = self.tokens.len();
        self.text(begin, self.at)
    }

    /// Returns the text from one token up to another.
    fn text(&self, begin: usize, end: usize) -> String {
        if begin >= end {
            return String::new();
        }
        self.sql[self.tokens[begin].start..self.tokens[end - 1].end()].to_owned()
    }
}

/// Returns the name that a token spells: SQLite takes a string for one where only a name can stand.
pub(super) fn name_of(token: &Token<'_>) -> Option<String> {
    match token.kind {
        Kind::Word => Some(token.text.to_owned()),
        Kind::Quoted | Kind::String => Some(unquote(token.text)),
        Kind::Number | Kind::Symbol | Kind::Comment | Kind::Space => None,
    }
}
