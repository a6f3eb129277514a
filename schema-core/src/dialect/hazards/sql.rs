//! Statements read as far as hazards need to understand them.
//!
//! A lexer cannot tell all that a statement does, so what is not understood is [`Command::Other`] and never a guess.

mod rows;

use super::clause::{self, Clause};
use crate::lexer::{Kind, Lexicon, Token, lex};
use crate::schema::TableName;

/// A statement, cut into tokens without blanks and comments.
#[derive(Debug)]
pub(in crate::dialect) struct Sql<'s> {
    pub(in crate::dialect) tokens: Vec<Token<'s>>,
    /// Where what is done begins: behind `WITH …` and `SET STATEMENT … FOR`.
    main: usize,
    pub(in crate::dialect) command: Command<'s>,
}

/// What a statement does.
#[derive(Debug)]
pub(in crate::dialect) enum Command<'s> {
    CreateTable {
        table: TableName,
        made: Made,
        /// Its columns and constraints, each as if it were added.
        parts: Vec<Clause<'s>>,
    },
    DropTable {
        tables: Vec<TableName>,
    },
    /// MySQL's `RENAME TABLE a TO b, …`.
    RenameTable {
        pairs: Vec<(TableName, TableName)>,
    },
    AlterTable {
        table: TableName,
        clauses: Vec<Clause<'s>>,
    },
    CreateIndex {
        name: Option<String>,
        table: TableName,
        concurrently: bool,
        if_not_exists: bool,
    },
    DropIndex {
        names: Vec<TableName>,
        concurrently: bool,
    },
    Update {
        table: TableName,
        /// The columns that get a value.
        columns: Vec<String>,
        filtered: bool,
    },
    Delete {
        table: TableName,
        filtered: bool,
    },
    Truncate {
        tables: Vec<TableName>,
    },
    Other,
}

/// What becomes of a table of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dialect) enum Made {
    /// The statement fails.
    New,
    /// It stays.
    IfAbsent,
    /// It goes with all its rows.
    Replacing,
    /// It is hidden until the session ends.
    Temporary,
}

impl<'s> Sql<'s> {
    /// Reads a statement.
    pub(in crate::dialect) fn read(sql: &'s str, lexicon: Lexicon) -> Self {
        let tokens = run_here(lex(sql, lexicon).filter(|token| !token.is_trivia()));
        Sql::of(sql, tokens, lexicon)
    }

    fn of(sql: &'s str, tokens: Vec<Token<'s>>, lexicon: Lexicon) -> Self {
        let main = rows::main(&tokens);
        let reader = Reader {
            sql,
            tokens: &tokens,
            at: main,
            folds: lexicon.dollar_quotes,
        };
        let command = reader.command().unwrap_or(Command::Other);
        Sql {
            tokens,
            main,
            command,
        }
    }

    /// Returns what the statement does on the way, in its `WITH`.
    pub(in crate::dialect) fn within(&self, sql: &'s str, lexicon: Lexicon) -> Vec<Sql<'s>> {
        let changing = ["INSERT", "UPDATE", "DELETE", "MERGE"];
        let bodies = rows::bodies(&self.tokens[..self.main]);
        bodies
            .filter(|body| changing.iter().any(|word| starts(body, word)))
            .map(|body| Sql::of(sql, body.to_vec(), lexicon))
            .collect()
    }

    /// Returns what is done, without `WITH …` and `SET STATEMENT … FOR`.
    pub(in crate::dialect) fn main(&self) -> &[Token<'s>] {
        &self.tokens[self.main..]
    }

    /// Tells whether what is done begins with those words, which may be marks, too.
    pub(in crate::dialect) fn begins(&self, words: &str) -> bool {
        starts(self.main(), words)
    }

    /// Tells whether those words stand in the statement, one after the other.
    pub(in crate::dialect) fn has(&self, words: &str) -> bool {
        contains(&self.tokens, words)
    }
}

/// Takes out the marks of comments that are run. A statement that begins with one ends with it: what follows is for
/// another server.
fn run_here<'s>(tokens: impl Iterator<Item = Token<'s>>) -> Vec<Token<'s>> {
    let mut tokens = tokens.peekable();
    let is_whole = tokens.peek().is_some_and(Token::opens_executable);
    tokens
        .take_while(|token| !(is_whole && token.is_symbol("*/")))
        .filter(|token| !token.marks_executable())
        .collect()
}

/// Tells whether tokens begin with those words.
pub(in crate::dialect) fn starts(tokens: &[Token<'_>], words: &str) -> bool {
    let mut tokens = tokens.iter();
    words.split(' ').all(|word| {
        tokens
            .next()
            .is_some_and(|token| token.is(word) || token.is_symbol(word))
    })
}

/// Tells whether those words stand among the tokens, one after the other.
pub(in crate::dialect) fn contains(tokens: &[Token<'_>], words: &str) -> bool {
    (0..tokens.len()).any(|at| starts(&tokens[at..], words))
}

/// Reads tokens from the left.
pub(super) struct Reader<'s, 't> {
    pub(super) sql: &'s str,
    pub(super) tokens: &'t [Token<'s>],
    pub(super) at: usize,
    /// Whether names without quotes are in lower case (PostgreSQL).
    pub(super) folds: bool,
}

impl<'s, 't> Reader<'s, 't> {
    /// Returns one that reads some of the tokens.
    pub(super) fn within(&self, tokens: &'t [Token<'s>]) -> Self {
        Reader {
            tokens,
            at: 0,
            ..*self
        }
    }

    pub(super) fn rest(&self) -> &'t [Token<'s>] {
        self.tokens.get(self.at..).unwrap_or_default()
    }

    /// Passes over those words, if they come next.
    pub(super) fn eat(&mut self, words: &str) -> bool {
        let found = starts(self.rest(), words);
        if found {
            self.at += words.split(' ').count();
        }
        found
    }

    /// Passes over the first of those phrases that comes next.
    pub(super) fn eat_any(&mut self, phrases: &[&str]) -> bool {
        phrases.iter().any(|words| self.eat(words))
    }

    pub(super) fn name(&mut self) -> Option<String> {
        let token = self.rest().first()?;
        let name = token.name()?;
        self.at += 1;
        Some(if self.folds && token.kind == Kind::Word {
            name.to_lowercase()
        } else {
            name
        })
    }

    pub(super) fn table(&mut self) -> Option<TableName> {
        self.eat("ONLY");
        let mut table = TableName::new(self.name()?);
        while self.eat(".") {
            let name = self.name()?;
            table = TableName {
                schema: Some(table.name),
                name,
            };
        }
        Some(table)
    }

    fn tables(&mut self) -> Vec<TableName> {
        let mut tables: Vec<TableName> = self.table().into_iter().collect();
        while self.eat(",") {
            tables.extend(self.table());
        }
        tables
    }

    fn command(mut self) -> Option<Command<'s>> {
        if self.eat("CREATE") {
            return self.create();
        }
        if self.eat("DROP") {
            return self.drop();
        }
        if self.eat("ALTER") {
            while self.eat_any(&["ONLINE", "OFFLINE", "IGNORE"]) {}
            if !self.eat_any(&["TABLE", "FOREIGN TABLE"]) {
                return None;
            }
            self.eat("IF EXISTS");
            let table = self.table()?;
            self.wait();
            let clauses = clause::read_all(&mut self);
            return Some(Command::AlterTable { table, clauses });
        }
        if self.eat_any(&["RENAME TABLE", "RENAME TABLES"]) {
            let mut pairs = Vec::new();
            self.eat("IF EXISTS");
            loop {
                let from = self.table()?;
                self.wait();
                self.eat("TO");
                pairs.push((from, self.table()?));
                if !self.eat(",") {
                    return Some(Command::RenameTable { pairs });
                }
            }
        }
        if self.eat("UPDATE") {
            return self.update();
        }
        if self.eat("DELETE") {
            return self.delete();
        }
        if self.folds && self.eat("SELECT") {
            return self.select_into();
        }
        if self.eat("TRUNCATE") {
            self.eat("TABLE");
            return Some(Command::Truncate {
                tables: self.tables(),
            });
        }
        None
    }

    /// Passes over how long MariaDB waits for the table.
    fn wait(&mut self) {
        if self.eat("WAIT") {
            self.at += 1;
        } else {
            self.eat("NOWAIT");
        }
    }

    fn create(&mut self) -> Option<Command<'s>> {
        let replacing = self.eat("OR REPLACE");
        let own = self.eat_any(&["TEMP", "TEMPORARY", "GLOBAL TEMPORARY", "LOCAL TEMPORARY"]);
        self.eat("UNLOGGED");
        if self.eat_any(&["TABLE", "MATERIALIZED VIEW"]) {
            let if_absent = self.eat("IF NOT EXISTS");
            let table = self.table()?;
            let made = match (own || is_temporary(&table), replacing, if_absent) {
                (true, _, _) => Made::Temporary,
                (false, true, _) => Made::Replacing,
                (false, false, true) => Made::IfAbsent,
                (false, false, false) => Made::New,
            };
            let parts = clause::read_parts(self);
            return Some(Command::CreateTable { table, made, parts });
        }
        self.eat_any(&["UNIQUE", "FULLTEXT", "SPATIAL"]);
        if !self.eat("INDEX") {
            return None;
        }
        let concurrently = self.eat("CONCURRENTLY");
        let if_not_exists = self.eat("IF NOT EXISTS");
        let name = if self.rest().first().is_some_and(|token| token.is("ON")) {
            None
        } else {
            self.table().map(|name| name.name)
        };
        while !self.eat("ON") {
            self.rest().first()?;
            self.at += 1;
        }
        let table = self.table()?;
        Some(Command::CreateIndex {
            name,
            table,
            concurrently,
            if_not_exists,
        })
    }

    fn drop(&mut self) -> Option<Command<'s>> {
        let own = self.eat("TEMPORARY");
        if self.eat("TABLE") {
            self.eat("IF EXISTS");
            let tables = self.tables();
            return (!own).then_some(Command::DropTable { tables });
        }
        if !self.eat("INDEX") {
            return None;
        }
        let concurrently = self.eat("CONCURRENTLY");
        self.eat("IF EXISTS");
        Some(Command::DropIndex {
            names: self.tables(),
            concurrently,
        })
    }
}

/// Tells whether a name is one of the tables that only the session has.
pub(super) fn is_temporary(table: &TableName) -> bool {
    let schema = table.schema.as_deref().unwrap_or_default();
    schema.eq_ignore_ascii_case("temp") || schema.eq_ignore_ascii_case("pg_temp")
}

/// Tells whether a word stands among the tokens and in no parentheses.
fn outside_parentheses(tokens: &[Token<'_>], word: &str) -> bool {
    let mut depth = 0_usize;
    tokens.iter().any(|token| {
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && token.is(word)
    })
}
