//! Connections: a thin, dialect-free way to run SQL on an open database.
//!
//! A driver translates values and errors and nothing more. It knows nothing of schemas, revisions or scripts.

mod client;
#[cfg(feature = "mysql")]
pub mod mysql;
#[cfg(feature = "postgres")]
pub mod postgres;
mod scratch;
#[cfg(feature = "sqlite")]
pub mod sqlite;
pub mod url;

pub use client::Client;
pub use scratch::{Scratch, scratch};
pub use url::{DatabaseUrl, ServerUrl, UrlError};

use std::fmt;
use std::time::Duration;

/// The drivers that this build has, for programs that want the same versions of them.
pub mod drivers {
    #[cfg(feature = "mysql")]
    pub use mysql;
    #[cfg(feature = "postgres")]
    pub use postgres;
    #[cfg(feature = "sqlite")]
    pub use rusqlite;
}

/// Opens a database; a SQLite file that does not exist is made, empty, but not its folder, and no database on a server is.
///
/// # Errors
///
/// What the driver reports: [`ErrorKind::Unreachable`] if there is nothing to open, [`ErrorKind::NotADatabase`] if the file holds
/// something else.
pub fn open(url: &DatabaseUrl) -> Result<Box<dyn Connection + Send>, Error> {
    #[cfg(feature = "sqlite")]
    if let DatabaseUrl::Sqlite(path) = url {
        return Ok(Box::new(sqlite::SqliteConnection::open(
            path,
            sqlite::Missing::Create,
        )?));
    }
    open_existing(url)
}

/// Opens a database that exists.
///
/// # Errors
///
/// As [`open`], and [`ErrorKind::Unreachable`] if there is no such file.
pub fn open_existing(url: &DatabaseUrl) -> Result<Box<dyn Connection + Send>, Error> {
    match url {
        #[cfg(feature = "sqlite")]
        DatabaseUrl::SqliteMemory => Ok(Box::new(sqlite::SqliteConnection::in_memory()?)),
        #[cfg(feature = "sqlite")]
        DatabaseUrl::Sqlite(path) => Ok(Box::new(sqlite::SqliteConnection::open(
            path,
            sqlite::Missing::Refuse,
        )?)),
        #[cfg(not(feature = "sqlite"))]
        DatabaseUrl::SqliteMemory | DatabaseUrl::Sqlite(_) => Err(without_driver(url)),
        #[cfg(feature = "mysql")]
        DatabaseUrl::MySql(server) => Ok(Box::new(mysql::MySqlConnection::open(server)?)),
        #[cfg(not(feature = "mysql"))]
        DatabaseUrl::MySql(_) => Err(without_driver(url)),
        #[cfg(feature = "postgres")]
        DatabaseUrl::Postgres(server) => Ok(Box::new(postgres::PostgresConnection::open(server)?)),
        #[cfg(not(feature = "postgres"))]
        DatabaseUrl::Postgres(_) => Err(without_driver(url)),
    }
}

#[cfg(not(all(feature = "mysql", feature = "postgres", feature = "sqlite")))]
fn without_driver(url: &DatabaseUrl) -> Error {
    Error {
        kind: ErrorKind::Unreachable,
        message: format!("this build has no driver for {}", url.dialect()),
        offset: None,
    }
}

/// A value that goes into a statement or comes out of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// A whole number (or a boolean, where the database has none of its own).
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Value {
    /// Returns the text, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Value::Text(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// Returns the number, if it is a whole one.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        if let Value::Integer(number) = self {
            Some(*number)
        } else {
            None
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Integer(number)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("NULL"),
            Value::Integer(number) => write!(f, "{number}"),
            // Hundreds of digits say no more.
            Value::Real(number) if number.abs() >= 1e16 => write!(f, "{number:e}"),
            Value::Real(number) => write!(f, "{number}"),
            Value::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
            Value::Bytes(bytes) => {
                f.write_str("X'")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
                f.write_str("'")
            }
        }
    }
}

/// What kind of failure a database reported, as far as a caller acts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// It could not be opened or reached.
    Unreachable,
    /// It is not a database of this kind, or it is damaged.
    NotADatabase,
    /// Another session holds a lock.
    Locked,
    /// The file may not be written to.
    ReadOnly,
    /// The server, or the session's transactions, only read: a standby, `--read-only`, `default_transaction_read_only`.
    ReadOnlyServer,
    /// The user may not do it.
    Denied,
    /// There is no room left.
    Full,
    /// It took longer than it may.
    TimedOut,
    /// The machine failed the database: a file that cannot be read or written, no memory. It may have ended the transaction.
    System,
    /// A statement names something that is not there, as far as the database tells that apart: a type, a function, a table.
    Unknown,
    /// A statement failed.
    Statement,
}

/// A failure, in the database's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What kind of failure it is.
    pub kind: ErrorKind,
    /// What the database said.
    pub message: String,
    /// The offset in the statement where it failed, if the database tells.
    pub offset: Option<usize>,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// What is told how many rows are written, and how many there will be; `None` once they are there.
///
/// It is called in the middle of a statement, so it cannot use the connection.
pub type Watcher = Box<dyn FnMut(Option<Written>) + Send>;

/// How far the writing of many rows has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// The rows written so far.
    pub rows: u64,
    /// All that are to be written.
    pub of: u64,
}

/// An open database.
pub trait Connection {
    /// Runs one statement and returns the number of rows it changed.
    ///
    /// # Errors
    ///
    /// Whatever the database reports. More than one statement, or a NUL byte, in `sql` is an error too.
    fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64, Error>;

    /// Runs one query and hands each row to `row`, until that returns `false`.
    ///
    /// # Errors
    ///
    /// Whatever the database reports.
    fn for_each(
        &mut self,
        sql: &str,
        parameters: &[Value],
        row: &mut dyn FnMut(Vec<Value>) -> bool,
    ) -> Result<(), Error>;

    /// Ends every later statement that takes longer, with [`ErrorKind::TimedOut`], as far as the database can; with
    /// `None`, none of them.
    ///
    /// # Errors
    ///
    /// Whatever the database reports.
    fn limit_statements(&mut self, limit: Option<Duration>) -> Result<(), Error>;

    /// Tells whether the server's session may be another client's between two transactions, as behind a pooler in transaction mode: then a lock of the
    /// session keeps nobody out, and outlives its process. A database that cannot tell says no.
    ///
    /// # Errors
    ///
    /// Whatever the database reports.
    fn shares_session(&mut self) -> Result<bool, Error> {
        Ok(false)
    }

    /// Has the watcher told how many of the [expected](Connection::expect_rows) rows are written, while a statement runs. A
    /// database that cannot tell does not.
    ///
    /// # Errors
    ///
    /// Whatever the database reports.
    fn watch_rows(&mut self, _watcher: Watcher) -> Result<(), Error> {
        Ok(())
    }

    /// Tells whether someone watches the rows that are written.
    fn is_watched(&self) -> bool {
        false
    }

    /// Says how many rows are going to be written; `None` once they are.
    fn expect_rows(&mut self, _rows: Option<u64>) {}

    /// Lets statements write to the tables in which the database keeps its own schema, or forbids it again. At first it is
    /// forbidden.
    ///
    /// # Errors
    ///
    /// A database that has no such tables refuses.
    fn allow_schema_edits(&mut self, allowed: bool) -> Result<(), Error> {
        if !allowed {
            return Ok(());
        }
        Err(Error {
            kind: ErrorKind::Statement,
            message: "this database keeps its schema to itself".to_owned(),
            offset: None,
        })
    }

    /// Runs one query and returns its rows.
    ///
    /// # Errors
    ///
    /// Whatever the database reports.
    fn query(&mut self, sql: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>, Error> {
        let mut rows = Vec::new();
        self.for_each(sql, parameters, &mut |row| {
            rows.push(row);
            true
        })?;
        Ok(rows)
    }
}
