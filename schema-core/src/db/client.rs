//! A connection of the program's own, lent for a while.

use super::{Connection, Error};

/// A connection that the program has opened by itself, with a driver that this build has.
///
/// It is implemented for the connections of the [drivers](super::drivers). A type that holds one implements it by handing on.
///
/// A guard that a pool hands out, with the connection within:
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use schema_core::db::{Client, Connection, Error, drivers::rusqlite};
///
/// struct Pooled(rusqlite::Connection);
///
/// impl Client for Pooled {
///     fn dialect(&self) -> &'static str {
///         self.0.dialect()
///     }
///
///     fn lend<T>(&mut self, work: impl FnOnce(&mut dyn Connection) -> T) -> Result<T, Error> {
///         self.0.lend(work)
///     }
/// }
/// # }
/// ```
pub trait Client {
    /// Returns the name of the dialect that its database speaks.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use schema_core::db::{Client, drivers::rusqlite};
    /// let connection = rusqlite::Connection::open_in_memory()?;
    /// assert_eq!(connection.dialect(), "sqlite");
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn dialect(&self) -> &'static str;

    /// Hands the connection to `work`, set up as one that [`open`](super::open) returns, and sets everything back afterwards,
    /// also if `work` fails or panics.
    ///
    /// # Errors
    ///
    /// A transaction is open, which `work` would end or be part of; or what the database reports when it is set up or set back.
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use schema_core::{db::{Client, drivers::rusqlite}, dialect};
    /// let mut connection = rusqlite::Connection::open_in_memory()?;
    /// connection.execute("CREATE TABLE items (id INTEGER PRIMARY KEY)", [])?;
    /// let sqlite = dialect::by_name(connection.dialect()).expect("this build has SQLite");
    /// let schema = connection.lend(|connection| sqlite.reflect(connection))??;
    /// assert_eq!(schema.tables.len(), 1);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn lend<T>(&mut self, work: impl FnOnce(&mut dyn Connection) -> T) -> Result<T, Error>;
}

/// Returns the error of a connection in the middle of a transaction.
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
pub(super) fn in_transaction() -> Error {
    Error {
        kind: super::ErrorKind::Statement,
        message: "a transaction is open on the connection".to_owned(),
        offset: None,
    }
}
