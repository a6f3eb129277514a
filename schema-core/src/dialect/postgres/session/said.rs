//! What a statement that stands alone says of itself: what is there, or gone, once it has taken effect.
//!
//! Only as much grammar as that needs. What is not understood is said to be unknown, never guessed.

use crate::dialect::postgres::LEXICON;
use crate::lexer::{self, Token, lex};

/// What tells that a statement took effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// It need not be known: done twice, it leaves what it leaves once.
    Again,
    /// An index of that name on that table.
    Index {
        /// `None` if the server thinks of a name.
        name: Option<String>,
        /// As it is written.
        table: String,
        /// The columns of the index, if they are nothing else.
        columns: Option<Vec<String>>,
    },
    /// An index is gone, as its name is written.
    NoIndex(String),
    /// The indexes of a table are new: that of an index, or all of a table.
    Reindexed(String),
    /// A partition is a table of its own.
    Detached {
        /// The table, as it is written.
        table: String,
        /// The partition, as it is written.
        partition: String,
    },
    /// Something of the server's is there.
    Made(Kind, String),
    /// It is gone.
    Gone(Kind, String),
    /// A database has another name.
    Renamed(String, String),
    /// What a procedure of that name does.
    Called(String),
    /// Nobody knows.
    Unknown,
}

/// Statements that tidy up, read something again or set it to what they say themselves.
const AGAIN: [&str; 7] = [
    "VACUUM",
    "CLUSTER",
    "CHECKPOINT",
    "LOAD",
    "DISCARD",
    "ANALYZE",
    "REFRESH",
];

/// What the server has beside the things of one database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Database,
    Tablespace,
    Subscription,
}

impl Kind {
    /// Returns the condition that there is one of that name.
    pub(super) fn condition(self) -> &'static str {
        match self {
            Kind::Database => "EXISTS (SELECT 1 FROM pg_database WHERE datname = ?1)",
            Kind::Tablespace => "EXISTS (SELECT 1 FROM pg_tablespace WHERE spcname = ?1)",
            Kind::Subscription => "EXISTS (SELECT 1 FROM pg_subscription WHERE subname = ?1)",
        }
    }
}

/// Returns what a statement says of itself.
pub(super) fn said(sql: &str) -> Said {
    let tokens = lex(sql, LEXICON).filter(|token| !token.is_trivia()).collect();
    understood(&mut Words { tokens, at: 0 }).unwrap_or(Said::Unknown)
}

fn understood(words: &mut Words<'_>) -> Option<Said> {
    if words.take_any(&AGAIN) {
        return Some(Said::Again);
    }
    if words.take("CALL") {
        let mut name = words.name()?;
        while words.symbol(".") {
            name = words.name()?;
        }
        return Some(Said::Called(name));
    }
    if words.take("REINDEX") {
        return reindex(words);
    }
    if words.take("CREATE") {
        words.take("UNIQUE");
        if words.take("INDEX") {
            return index(words);
        }
        return Some(Said::Made(words.kind()?, words.name()?));
    }
    if words.take("DROP") {
        if words.take("INDEX") {
            words.take("CONCURRENTLY");
            words.exists();
            return Some(Said::NoIndex(words.path()?));
        }
        let kind = words.kind()?;
        words.exists();
        return Some(Said::Gone(kind, words.name()?));
    }
    words.take("ALTER").then_some(())?;
    if words.take("SYSTEM") {
        return Some(Said::Again);
    }
    if words.take("DATABASE") {
        let from = words.name()?;
        return Some(if words.take("RENAME") {
            words.take("TO");
            Said::Renamed(from, words.name()?)
        } else {
            Said::Again
        });
    }
    words.take("TABLE").then_some(())?;
    detach(words)
}

/// `CREATE INDEX CONCURRENTLY name ON table USING method (column, …)`
fn index(words: &mut Words<'_>) -> Option<Said> {
    words.take("CONCURRENTLY");
    words.exists();
    let name = if words.first_is("ON") {
        None
    } else {
        Some(words.name()?)
    };
    words.take("ON").then_some(())?;
    words.take("ONLY");
    let table = words.path()?;
    Some(Said::Index {
        name,
        table,
        columns: words.columns(),
    })
}

/// `REINDEX (VERBOSE) TABLE CONCURRENTLY name`
fn reindex(words: &mut Words<'_>) -> Option<Said> {
    words.skip_parentheses();
    let one = words.take_any(&["INDEX", "TABLE"]);
    if !one {
        return Some(Said::Again);
    }
    words.take("CONCURRENTLY");
    Some(Said::Reindexed(words.path()?))
}

/// `ALTER TABLE table DETACH PARTITION partition CONCURRENTLY`
fn detach(words: &mut Words<'_>) -> Option<Said> {
    words.exists();
    words.take("ONLY");
    let table = words.path()?;
    (words.take("DETACH") && words.take("PARTITION")).then_some(())?;
    let partition = words.path()?;
    Some(Said::Detached { table, partition })
}

/// The words of a statement, and how far they are read.
struct Words<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
}

impl Words<'_> {
    fn first(&self) -> Option<&Token<'_>> {
        self.tokens.get(self.at)
    }

    fn first_is(&self, word: &str) -> bool {
        self.first().is_some_and(|first| first.is(word))
    }

    fn take(&mut self, word: &str) -> bool {
        let comes = self.first_is(word);
        self.at += usize::from(comes);
        comes
    }

    fn take_any(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| self.take(word))
    }

    fn symbol(&mut self, mark: &str) -> bool {
        let comes = self.first().is_some_and(|first| first.is_symbol(mark));
        self.at += usize::from(comes);
        comes
    }

    fn exists(&mut self) {
        if self.take("IF") {
            self.take("NOT");
            self.take("EXISTS");
        }
    }

    fn skip_parentheses(&mut self) {
        if self.symbol("(") {
            while self.first().is_some() && !self.symbol(")") {
                self.at += 1;
            }
        }
    }

    /// Reads a name, as the server keeps it.
    fn name(&mut self) -> Option<String> {
        let first = self.first()?;
        let name = match first.kind {
            lexer::Kind::Word => first.text.to_lowercase(),
            lexer::Kind::Quoted => first.name()?,
            lexer::Kind::String
            | lexer::Kind::Number
            | lexer::Kind::Symbol
            | lexer::Kind::Comment
            | lexer::Kind::Space => return None,
        };
        self.at += 1;
        Some(name)
    }

    /// Reads a name that may stand in a schema, as it is written.
    fn path(&mut self) -> Option<String> {
        let mut path = self.written()?;
        while self.symbol(".") {
            path = format!("{path}.{}", self.written()?);
        }
        Some(path)
    }

    fn written(&mut self) -> Option<String> {
        let first = self.first().filter(|first| first.name().is_some())?;
        let text = first.text.to_owned();
        self.at += 1;
        Some(text)
    }

    fn kind(&mut self) -> Option<Kind> {
        let kinds = [
            ("DATABASE", Kind::Database),
            ("TABLESPACE", Kind::Tablespace),
            ("SUBSCRIPTION", Kind::Subscription),
        ];
        let found = kinds.into_iter().find(|(word, _)| self.take(word));
        found.map(|(_, kind)| kind)
    }

    /// Reads `USING method (a, b DESC) INCLUDE (c)`; `None` if there is more to it than names of columns.
    fn columns(&mut self) -> Option<Vec<String>> {
        if self.take("USING") {
            self.at += 1;
        }
        let mut columns = Vec::new();
        loop {
            self.symbol("(").then_some(())?;
            loop {
                columns.push(self.name()?);
                if self.symbol(")") {
                    break;
                }
                if !self.symbol(",") {
                    // What follows says how the column is sorted and compared, or that it was the name of a function.
                    while self
                        .first()
                        .is_some_and(|first| first.name().is_some() || first.is_symbol("."))
                    {
                        self.at += 1;
                    }
                    if self.symbol(")") {
                        break;
                    }
                    self.symbol(",").then_some(())?;
                }
            }
            if !self.take("INCLUDE") {
                return Some(columns);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(name: Option<&str>, table: &str, columns: Option<&[&str]>) -> Said {
        Said::Index {
            name: name.map(str::to_owned),
            table: table.to_owned(),
            columns: columns.map(|columns| columns.iter().map(|&column| column.to_owned()).collect()),
        }
    }

    #[test]
    fn tells_what_is_there_or_gone() {
        for (sql, expected) in [
            (
                "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS Ix ON \"A\".t USING btree (a DESC NULLS LAST, \"B\") INCLUDE (c)",
                index(Some("ix"), "\"A\".t", Some(&["a", "B", "c"])),
            ),
            (
                "CREATE INDEX CONCURRENTLY ON ONLY t (lower(a))",
                index(None, "t", None),
            ),
            (
                "DROP INDEX CONCURRENTLY IF EXISTS a.ix",
                Said::NoIndex("a.ix".into()),
            ),
            (
                "REINDEX (VERBOSE, TABLESPACE x) TABLE CONCURRENTLY a.t",
                Said::Reindexed("a.t".into()),
            ),
            ("REINDEX DATABASE CONCURRENTLY d", Said::Again),
            (
                "ALTER TABLE IF EXISTS a.b DETACH PARTITION a.\"C\" CONCURRENTLY",
                Said::Detached {
                    table: "a.b".into(),
                    partition: "a.\"C\"".into(),
                },
            ),
            ("CREATE DATABASE D", Said::Made(Kind::Database, "d".into())),
            (
                "DROP SUBSCRIPTION IF EXISTS s",
                Said::Gone(Kind::Subscription, "s".into()),
            ),
            (
                "ALTER DATABASE a RENAME TO b",
                Said::Renamed("a".into(), "b".into()),
            ),
            ("ALTER DATABASE a SET work_mem = '1MB'", Said::Again),
            ("CALL a.p(1)", Said::Called("p".into())),
            ("VACUUM FULL t", Said::Again),
            ("ALTER SUBSCRIPTION s SET PUBLICATION p", Said::Unknown),
            ("DO $$ BEGIN COMMIT; END $$", Said::Unknown),
        ] {
            assert_eq!(said(sql), expected, "{sql}");
        }
    }
}
