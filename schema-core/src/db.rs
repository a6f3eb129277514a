//! Connections: a thin, dialect-free way to run SQL on an open database.
//!
//! A driver translates values and errors and nothing more. It knows nothing of schemas, revisions or scripts.
//!
//! ```
//! # #[cfg(feature = "sqlite")] {
//! use schema_core::db::{self, Connection, DatabaseUrl, Value};
//!
//! let url: DatabaseUrl = "sqlite::memory:".parse()?;
//! let mut connection = db::open(&url)?;
//! connection.execute("CREATE TABLE stores (name TEXT)", &[])?;
//! let rows = connection.execute("INSERT INTO stores VALUES (?1), (?2)", &["Corner Shop".into(), "Kiosk".into()])?;
//! assert_eq!(rows, 2);
//! let found = connection.query("SELECT name FROM stores ORDER BY name", &[])?;
//! assert_eq!(found[0], [Value::from("Corner Shop")]);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod client;
#[cfg(feature = "mysql")]
pub mod mysql;
#[cfg(feature = "postgres")]
pub mod postgres;
mod scratch;
#[cfg(feature = "sqlite")]
pub mod sqlite;
pub mod url;
mod value;

pub use client::Client;
pub use scratch::{Scratch, scratch};
pub use url::{DatabaseUrl, ServerUrl, UrlError};
pub use value::Value;

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
///
/// # Example
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # use schema_core::db;
/// # let file = std::env::temp_dir().join(format!("autogen_docs_{}_open.db", std::process::id()));
/// let url = format!("sqlite:{}", file.display()).parse()?;
/// assert!(db::open_existing(&url).is_err());
/// db::open(&url)?; // makes the file
/// assert!(db::open_existing(&url).is_ok());
/// # std::fs::remove_file(file)?;
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
///
/// # Example
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use schema_core::db::{self, DatabaseUrl, ErrorKind};
///
/// let error = db::open_existing(&DatabaseUrl::Sqlite("no/such/file.db".into())).err().unwrap();
/// assert_eq!(error.kind, ErrorKind::Unreachable);
/// # }
/// ```
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

/// What kind of failure a database reported, as far as a caller acts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// It could not be opened or reached.
    Unreachable,
    /// The server has no database of that name.
    NoDatabase,
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
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # use schema_core::db::{Connection, Value, sqlite::SqliteConnection};
/// # let mut connection = SqliteConnection::in_memory()?;
/// # use schema_core::db::ErrorKind;
/// let error = connection.execute("DELETE FROM nowhere", &[]).unwrap_err();
/// assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Statement, "no such table: nowhere"));
/// # }
/// # Ok::<(), schema_core::db::Error>(())
/// ```
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
///
/// Functions that only run SQL take it as `&mut dyn Connection`, whichever database it is:
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # use schema_core::db::{Connection, Value, sqlite::SqliteConnection};
/// # let mut connection = SqliteConnection::in_memory()?;
/// fn count(connection: &mut dyn Connection, table: &str) -> Result<i64, schema_core::db::Error> {
///     let rows = connection.query(&format!("SELECT count(*) FROM {table}"), &[])?;
///     Ok(rows[0][0].as_integer().unwrap_or_default())
/// }
///
/// connection.execute("CREATE TABLE stores (name TEXT)", &[])?;
/// assert_eq!(count(&mut connection, "stores")?, 0);
/// # }
/// # Ok::<(), schema_core::db::Error>(())
/// ```
pub trait Connection {
    /// Runs one statement and returns the number of rows it changed.
    ///
    /// The parameters stand in it as the database writes them: `?1` (SQLite), `$1` (PostgreSQL), `?` (MySQL).
    ///
    /// # Errors
    ///
    /// Whatever the database reports. More than one statement, none, or a NUL byte in `sql` is an error too, as is another number of parameters than
    /// it takes.
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use schema_core::db::{Connection, Value, sqlite::SqliteConnection};
    /// # let mut connection = SqliteConnection::in_memory()?;
    /// connection.execute("CREATE TABLE t (a)", &[])?;
    /// assert_eq!(connection.execute("INSERT INTO t VALUES (?1), (?2)", &[1.into(), Value::Null])?, 2);
    /// assert!(connection.execute("DELETE FROM t; DROP TABLE t", &[]).is_err());
    /// # }
    /// # Ok::<(), schema_core::db::Error>(())
    /// ```
    fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64, Error>;

    /// Runs one query and hands each row to `row`, until that returns `false`. The parameters are those of [`execute`](Connection::execute).
    ///
    /// # Errors
    ///
    /// Whatever the database reports.
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use schema_core::db::{Connection, Value, sqlite::SqliteConnection};
    /// # let mut connection = SqliteConnection::in_memory()?;
    /// let mut names = Vec::new();
    /// connection.for_each("VALUES ('a'), ('b'), ('c')", &[], &mut |row| {
    ///     names.push(row[0].as_str().unwrap_or_default().to_owned());
    ///     names.len() < 2
    /// })?;
    /// assert_eq!(names, ["a", "b"]);
    /// # }
    /// # Ok::<(), schema_core::db::Error>(())
    /// ```
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
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use schema_core::db::{Connection, Value, sqlite::SqliteConnection};
    /// # let mut connection = SqliteConnection::in_memory()?;
    /// # use std::time::Duration;
    /// # use schema_core::db::ErrorKind;
    /// connection.limit_statements(Some(Duration::from_millis(5)))?;
    /// let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
    /// assert_eq!(connection.query(endless, &[]).unwrap_err().kind, ErrorKind::TimedOut);
    /// connection.limit_statements(None)?;
    /// # }
    /// # Ok::<(), schema_core::db::Error>(())
    /// ```
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
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use schema_core::db::{Connection, Value, sqlite::SqliteConnection};
    /// # let mut connection = SqliteConnection::in_memory()?;
    /// # use std::sync::{Arc, atomic::{AtomicU64, Ordering}};
    /// let seen = Arc::new(AtomicU64::new(0));
    /// let last = Arc::clone(&seen);
    /// connection.watch_rows(Box::new(move |written| {
    ///     if let Some(written) = written {
    ///         last.store(written.rows, Ordering::Relaxed); // a progress bar
    ///     }
    /// }))?;
    /// connection.execute("CREATE TABLE t (a)", &[])?;
    /// connection.expect_rows(Some(5_000));
    /// let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i FROM n";
    /// connection.execute(&format!("INSERT INTO t {numbers}"), &[])?;
    /// connection.expect_rows(None);
    /// assert!(connection.is_watched());
    /// # println!("{}", seen.load(Ordering::Relaxed));
    /// # }
    /// # Ok::<(), schema_core::db::Error>(())
    /// ```
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
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use schema_core::db::{Connection, Value, sqlite::SqliteConnection};
    /// # let mut connection = SqliteConnection::in_memory()?;
    /// connection.execute("CREATE TABLE items (name TEXT DEFAULT 'a')", &[])?;
    /// connection.allow_schema_edits(true)?;
    /// connection.execute("PRAGMA writable_schema = ON", &[])?;
    /// connection.execute("UPDATE sqlite_schema SET sql = replace(sql, '''a''', '''b''')", &[])?;
    /// connection.execute("PRAGMA writable_schema = RESET", &[])?;
    /// connection.allow_schema_edits(false)?;
    /// connection.execute("INSERT INTO items DEFAULT VALUES", &[])?;
    /// assert_eq!(connection.query("SELECT name FROM items", &[])?, [["b".into()]]);
    /// # }
    /// # Ok::<(), schema_core::db::Error>(())
    /// ```
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

    /// Runs one query and returns its rows. The parameters are those of [`execute`](Connection::execute).
    ///
    /// # Errors
    ///
    /// Whatever the database reports.
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use schema_core::db::{Connection, Value, sqlite::SqliteConnection};
    /// # let mut connection = SqliteConnection::in_memory()?;
    /// let rows = connection.query("SELECT ?1 || '!', 1 + ?2", &["hello".into(), 2.into()])?;
    /// assert_eq!(rows, [[Value::from("hello!"), Value::from(3)]]);
    /// # }
    /// # Ok::<(), schema_core::db::Error>(())
    /// ```
    fn query(&mut self, sql: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>, Error> {
        let mut rows = Vec::new();
        self.for_each(sql, parameters, &mut |row| {
            rows.push(row);
            true
        })?;
        Ok(rows)
    }
}
