//! Dialects: all that differs from database to database, behind one trait.
//!
//! A dialect brings a schema into the nearest form its database can hold ([`Dialect::normalize`]), reads a live
//! database into that same form ([`Dialect::reflect`]), and turns operations into statements ([`Dialect::plan`]).
//! Between normalized schemas comparison is `==`, so nothing above this module knows a database's name.

#[cfg(feature = "sqlite")]
pub mod sqlite;

use std::time::Duration;

use crate::db::{Connection, Error};
use crate::lexer::Lexicon;
use crate::operation::Operation;
use crate::plan::Plan;
use crate::schema::{Literal, Schema};

/// One database's rules.
pub trait Dialect: Send + Sync {
    /// Returns the name used in script names and configuration: `sqlite`.
    fn name(&self) -> &'static str;

    /// Returns how the database's SQL is cut into tokens.
    fn lexicon(&self) -> Lexicon;

    /// Returns a name as the database's SQL writes it, whatever is in it.
    fn quote(&self, name: &str) -> String;

    /// Returns a constant as the database's SQL writes it.
    fn literal(&self, literal: &Literal) -> String;

    /// Returns the nearest schema that the database can hold.
    ///
    /// # Errors
    ///
    /// What the schema asks for and the database cannot do.
    fn normalize(&self, schema: &Schema) -> Result<Schema, Unsupported>;

    /// Returns the statements that take a database from the normalized schema `from` through the operations.
    ///
    /// # Errors
    ///
    /// An operation that the database cannot do.
    fn plan(&self, from: &Schema, operations: &[Operation]) -> Result<Plan, Unsupported>;

    /// Reads the tables of a live database, in the form that [`normalize`](Dialect::normalize) gives.
    ///
    /// Tables that the tool or the database keeps for itself are left out.
    ///
    /// # Errors
    ///
    /// What the database reports.
    fn reflect(&self, connection: &mut dyn Connection) -> Result<Schema, Error>;

    /// Returns what runs scripts on such a database.
    fn session(&self) -> &dyn Session;
}

/// How a dialect opens, guards and closes the transaction in which a script runs.
pub trait Session {
    /// Tells whether a script and its version row commit together.
    fn transactional(&self) -> bool;

    /// Tells whether the database has a table of that name, the tool's own ones included.
    ///
    /// # Errors
    ///
    /// What the database reports.
    fn has_table(&self, connection: &mut dyn Connection, table: &str) -> Result<bool, Error>;

    /// Waits for the lock of this database, for at most `timeout`, and opens the transaction of one script.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Locked`](crate::db::ErrorKind::Locked) once the time is over, or what the database reports.
    fn begin(&self, connection: &mut dyn Connection, mode: &Mode, timeout: Duration) -> Result<(), Error>;

    /// Checks what the script left behind and commits it.
    ///
    /// # Errors
    ///
    /// What the check found or the database reports; nothing is committed then.
    fn commit(&self, connection: &mut dyn Connection, mode: &Mode) -> Result<(), Error>;

    /// Takes everything back that was not committed. It never fails: a connection that cannot roll back is closed.
    fn rollback(&self, connection: &mut dyn Connection, mode: &Mode);

    /// Returns what hangs on a table and belongs to no model, as statements that put it back or prove that it still works.
    ///
    /// It is asked before a script replaces the table.
    ///
    /// # Errors
    ///
    /// What the database reports, or what of the table could not be carried over at all.
    fn keep_dependents(&self, connection: &mut dyn Connection, table: &str) -> Result<Vec<String>, Error>;

    /// Puts back those of the kept things that are gone, now that the script has replaced the table.
    ///
    /// # Errors
    ///
    /// What no longer fits the table, by name.
    fn restore_dependents(
        &self,
        connection: &mut dyn Connection,
        table: &str,
        kept: &[String],
    ) -> Result<(), Error>;
}

/// How a script wants to be run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mode {
    /// The script replaces tables, so foreign keys are not enforced while it runs but checked before it commits.
    pub foreign_keys_off: bool,
    /// Its statements may not stand in a transaction.
    pub no_transaction: bool,
}

/// What a database cannot do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{dialect} cannot hold {what}: {why}")]
pub struct Unsupported {
    /// The dialect's name.
    pub dialect: &'static str,
    /// What was asked for, with the name of the table or column.
    pub what: String,
    /// Why it cannot be had.
    pub why: String,
}

/// Returns the dialect of that name, if this build has it.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static dyn Dialect> {
    all().iter().copied().find(|dialect| dialect.name() == name)
}

/// Returns the dialects that this build has.
#[must_use]
pub fn all() -> &'static [&'static dyn Dialect] {
    &[
        #[cfg(feature = "sqlite")]
        &sqlite::Sqlite,
    ]
}
