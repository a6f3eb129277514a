//! Statements that are interrupted: what is noted before one, and what is told of it after.

use std::ops::{Deref, DerefMut};

use schema_core::db::Connection;
use schema_core::dialect::{Dialect, Progress};

use crate::servers::{self, Fresh};

/// A connection to a database of its own, on which statements stand alone. The database is dropped with this value.
pub struct Interrupted {
    connection: Box<dyn Connection>,
    dialect: &'static dyn Dialect,
    fresh: Fresh,
}

impl Interrupted {
    /// Makes a database with what is there before any of the statements; `None` if there is no such server.
    ///
    /// # Panics
    ///
    /// If it cannot be made.
    #[must_use]
    pub fn new(dialect: &str, setup: &[&str]) -> Option<Self> {
        let database = servers::database(dialect)?;
        let fresh = database.fresh();
        let mut interrupted = Interrupted {
            connection: fresh.open(),
            dialect: database.dialect(),
            fresh,
        };
        for sql in setup {
            interrupted.run(sql);
        }
        Some(interrupted)
    }

    /// Returns the database, for others who are at work on it.
    #[must_use]
    pub fn fresh(&self) -> &Fresh {
        &self.fresh
    }

    /// Executes a statement.
    ///
    /// # Panics
    ///
    /// If it fails.
    pub fn run(&mut self, sql: &str) {
        self.connection
            .execute(sql, &[])
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Executes a statement that fails.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub fn fail(&mut self, sql: &str) {
        let outcome = self.connection.execute(sql, &[]);
        assert!(outcome.is_err(), "{sql}");
    }

    /// Returns what is noted before a statement.
    ///
    /// # Panics
    ///
    /// If it does not stand alone, or nothing can be looked at.
    pub fn fingerprint(&mut self, sql: &str) -> String {
        let session = self.dialect.session();
        assert!(!session.joins_transaction(sql), "{sql}");
        session
            .fingerprint(&mut *self.connection, sql)
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Returns what became of a statement, given what was noted before.
    ///
    /// # Panics
    ///
    /// If nothing can be looked at.
    pub fn probe(&mut self, sql: &str, before: &str) -> Progress {
        let session = self.dialect.session();
        session
            .probe(&mut *self.connection, sql, before)
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }
}

impl Deref for Interrupted {
    type Target = dyn Connection;

    fn deref(&self) -> &Self::Target {
        &*self.connection
    }
}

impl DerefMut for Interrupted {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut *self.connection
    }
}
