//! Why a program could not bring its database up, for its log: what failed, why, how to go on.

use std::fmt;

use super::status;
use crate::db::{self, ErrorKind};
use crate::history::HistoryError;
use crate::runner::{OddPattern, RunError};

/// Why a database could not be upgraded or checked.
///
/// Its `Display` ends with a line that says how to go on, where that is known: a program has nobody else to say it.
pub enum MigrateError {
    /// What was compiled in is no history.
    History(HistoryError),
    /// What was compiled in of `[tables]` names no tables.
    Tables(OddPattern),
    /// The connection could not be used, set up for the run or set back after it.
    Connection(db::Error),
    /// The run stopped.
    Run(RunError),
    /// This build does not know the dialect that the connection's database speaks.
    NoDialect {
        /// Its name.
        name: &'static str,
    },
}

impl From<RunError> for MigrateError {
    fn from(error: RunError) -> Self {
        MigrateError::Run(error)
    }
}

impl MigrateError {
    /// Returns how to go on.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use schema_core::{Migrations, migrator::Migrator};
    /// # use schema_core::db::drivers::rusqlite::Connection;
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// let mut connection = Connection::open_in_memory()?;
    /// connection.execute_batch("BEGIN")?;
    /// let error = Migrator::new(&MIGRATIONS).upgrade(&mut connection).unwrap_err();
    /// assert!(error.to_string().contains("a transaction is open"));
    /// println!("{error}\nhint: {}", error.hint().unwrap_or_default());
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            MigrateError::History(error) => return error.hint(),
            MigrateError::Tables(_) => {
                "mend `[tables]` of `autogen.toml`, or what `Migrations::with_tables` is given".into()
            }
            MigrateError::Connection(error) if error.kind == ErrorKind::Statement => {
                "commit or roll back first, and hand over a connection that is in working order".into()
            }
            MigrateError::Connection(_) => "hand over a connection that is in working order".into(),
            MigrateError::Run(RunError::Locked { .. }) => {
                "start again when that is done, or wait longer with `Migrator::lock_timeout`".into()
            }
            MigrateError::Run(RunError::Integrity { findings }) => return findings.first().map(status::hint),
            MigrateError::Run(error) => return error.hint(),
            MigrateError::NoDialect { name } => format!("build schema-core with the feature `{name}`"),
        })
    }
}

impl fmt::Display for MigrateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MigrateError::History(error) => error.fmt(f)?,
            MigrateError::Tables(error) => error.fmt(f)?,
            MigrateError::Connection(error) => write!(f, "cannot use the connection: {error}")?,
            MigrateError::Run(error) => error.fmt(f)?,
            MigrateError::NoDialect { name } => write!(f, "this build has no dialect `{name}`")?,
        }
        match self.hint() {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

/// The text, since that is what a `main` prints that returns it.
impl fmt::Debug for MigrateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for MigrateError {}
