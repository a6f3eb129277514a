//! Statements read as far as hazards need to understand them.
//!
//! A lexer cannot tell all that a statement does, so what is not understood is [`Command::Other`] and never a guess.

use super::clause::{self, Clause};
use crate::lexer::{Kind, Lexicon, Token, lex};
use crate::schema::TableName;

/// A statement, cut into tokens without blanks and comments.
#[derive(Debug)]
pub(in crate::dialect) struct Sql<'s> {
    pub(in crate::dialect) tokens: Vec<Token<'s>>,
    pub(in crate::dialect) command: Command<'s>,
}

/// What a statement does.
#[derive(Debug)]
pub(in crate::dialect) enum Command<'s> {
    CreateTable {
        table: TableName,
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

impl<'s> Sql<'s> {
    /// Reads a statement.
    pub(in crate::dialect) fn read(sql: &'s str, lexicon: Lexicon) -> Self {
        let tokens = run_here(lex(sql, lexicon).filter(|token| !token.is_trivia()));
        let command = Reader {
            sql,
            tokens: &tokens,
            at: 0,
            folds: lexicon.dollar_quotes,
        }
        .command()
        .unwrap_or(Command::Other);
        Sql { tokens, command }
    }

    /// Tells whether the statement begins with those words, which may be marks, too.
    pub(in crate::dialect) fn begins(&self, words: &str) -> bool {
        starts(&self.tokens, words)
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
            self.eat_any(&["ONLINE", "OFFLINE", "IGNORE"]);
            if !self.eat_any(&["TABLE", "FOREIGN TABLE"]) {
                return None;
            }
            self.eat("IF EXISTS");
            let table = self.table()?;
            let clauses = clause::read_all(&mut self);
            return Some(Command::AlterTable { table, clauses });
        }
        if self.eat_any(&["RENAME TABLE", "RENAME TABLES"]) {
            let mut pairs = Vec::new();
            loop {
                let from = self.table()?;
                self.eat("TO");
                pairs.push((from, self.table()?));
                if !self.eat(",") {
                    return Some(Command::RenameTable { pairs });
                }
            }
        }
        if self.eat("UPDATE") {
            self.eat_any(&["LOW_PRIORITY", "IGNORE"]);
            if self.eat("OR") {
                self.at += 1;
            }
            let table = self.table()?;
            let columns = self.assigned();
            let filtered = outside_parentheses(self.rest(), "WHERE");
            return Some(Command::Update {
                table,
                columns,
                filtered,
            });
        }
        if self.eat_any(&["DELETE FROM", "DELETE IGNORE FROM"]) {
            let table = self.table()?;
            let filtered = outside_parentheses(self.rest(), "WHERE")
                || self.rest().iter().any(|token| token.is("LIMIT"));
            return Some(Command::Delete { table, filtered });
        }
        if self.eat("TRUNCATE") {
            self.eat("TABLE");
            return Some(Command::Truncate {
                tables: self.tables(),
            });
        }
        None
    }

    fn create(&mut self) -> Option<Command<'s>> {
        self.eat("OR REPLACE");
        let own = self.eat_any(&["TEMP", "TEMPORARY", "GLOBAL TEMPORARY", "LOCAL TEMPORARY"]);
        self.eat("UNLOGGED");
        if self.eat("TABLE") {
            self.eat("IF NOT EXISTS");
            let table = self.table()?;
            return (!own).then_some(Command::CreateTable { table });
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

    /// Returns the columns that `SET a = …, (b, c) = …` names.
    fn assigned(&mut self) -> Vec<String> {
        let mut columns = Vec::new();
        while let Some(token) = self.rest().first() {
            self.at += 1;
            if token.is("SET") {
                break;
            }
        }
        let mut depth = 0_usize;
        for (at, token) in self.rest().iter().enumerate() {
            match token.text {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                "=" if depth == 0 => {
                    let before = &self.rest()[..at];
                    columns.extend(before.last().and_then(Token::name));
                }
                _ if depth == 0 && (token.is("WHERE") || token.is("FROM")) => break,
                _ => {}
            }
        }
        columns
    }
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
