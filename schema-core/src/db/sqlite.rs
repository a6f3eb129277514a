//! The SQLite driver: rusqlite behind [`Connection`].
//!
//! It opens files, translates values and errors, and switches off what makes SQLite accept a mistake. It knows
//! nothing of schemas, transactions or foreign keys; those belong to the dialect's session.

mod client;
mod error;
#[cfg(test)]
mod tests;
mod watch;

use std::borrow::BorrowMut;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::types::ValueRef;
use rusqlite::{Batch, OpenFlags, Statement};

use self::error::{translate, translate_opening};
use self::watch::Watch;
use super::{Connection, Error, ErrorKind, Value, Watcher};

/// How many steps of its virtual machine SQLite does between two looks at the clock: well below a millisecond.
const STEPS_BETWEEN_LOOKS: std::ffi::c_int = 1_000;

/// Returns the version of the SQLite that this build runs, such as `3.51.3`.
///
/// ```
/// println!("SQLite {}", schema_core::db::sqlite::version());
/// # assert!(schema_core::db::sqlite::version().starts_with("3."));
/// ```
#[must_use]
pub fn version() -> &'static str {
    rusqlite::version()
}

/// Lets SQLite allocate without counting: it takes a lock for each allocation to do so, which is an eighth of the time of a long upgrade.
///
/// `sqlite3_memory_used` and its like tell nothing any more, and SQLite's limits of memory are off
/// (<https://sqlite.org/c3ref/c_config_covering_index_scan.html#sqliteconfigmemstatus>). Once SQLite is in use in this process, the call does nothing.
///
/// # Safety
///
/// No other thread uses SQLite meanwhile.
///
/// # Example
///
/// ```
/// // SAFETY: the program has just started, and has one thread.
/// unsafe { schema_core::db::sqlite::forgo_memory_statistics() };
/// ```
pub unsafe fn forgo_memory_statistics() {
    // SAFETY: the option takes one `int`. That SQLite is not configured from two threads at once is what the caller promises.
    let _ = unsafe { rusqlite::ffi::sqlite3_config(rusqlite::ffi::SQLITE_CONFIG_MEMSTATUS, 0) };
}

/// An open SQLite database. It owns the connection within, or borrows one that the program has open.
///
/// # Example
///
/// ```
/// use schema_core::db::sqlite::SqliteConnection;
/// use schema_core::db::{Connection, Value};
///
/// let mut connection = SqliteConnection::in_memory()?;
/// assert_eq!(connection.query("SELECT 1 + ?1", &[Value::Integer(2)])?, [[Value::Integer(3)]]);
/// # Ok::<(), schema_core::db::Error>(())
/// ```
#[derive(Debug)]
pub struct SqliteConnection<C = rusqlite::Connection> {
    inner: C,
    /// How long a statement may take.
    limit: Option<Duration>,
    watch: Option<Watch>,
}

/// Whether a file that does not exist is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// It is made, empty. Its folder must exist.
    Create,
    /// It is an error.
    Refuse,
}

/// How long a connection waits for a lock by itself, as rusqlite has it.
const OWN_WAIT: &str = "PRAGMA busy_timeout = 5000";

impl SqliteConnection {
    /// Opens a database that lives in memory, as long as the connection.
    ///
    /// # Errors
    ///
    /// What SQLite reports.
    ///
    /// # Example
    ///
    /// ```
    /// use schema_core::db::{Connection, sqlite::SqliteConnection};
    ///
    /// let mut connection = SqliteConnection::in_memory()?;
    /// connection.execute("CREATE TABLE items (id INTEGER PRIMARY KEY)", &[])?;
    /// # Ok::<(), schema_core::db::Error>(())
    /// ```
    pub fn in_memory() -> Result<Self, Error> {
        let inner = rusqlite::Connection::open_in_memory().map_err(|error| translate(&error))?;
        SqliteConnection::new(inner)
    }

    /// Opens a database file; `missing` says what becomes of one that does not exist. A file that may not be written is opened for reading.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unreachable`] if there is no such file or folder or it may not be read,
    /// [`ErrorKind::NotADatabase`] if it holds something else.
    ///
    /// # Example
    ///
    /// ```
    /// use schema_core::db::{ErrorKind, sqlite::{Missing, SqliteConnection}};
    ///
    /// let error = SqliteConnection::open("Cargo.toml".as_ref(), Missing::Refuse).unwrap_err();
    /// assert_eq!(error.kind, ErrorKind::NotADatabase);
    /// ```
    pub fn open(path: &Path, missing: Missing) -> Result<Self, Error> {
        refuse_what_is_no_file(path, missing)?;
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if missing == Missing::Create {
            flags |= OpenFlags::SQLITE_OPEN_CREATE;
        }
        let failed = |error: Error| Error {
            message: format!("cannot open `{}`: {}", path.display(), error.message),
            ..error
        };
        let inner = rusqlite::Connection::open_with_flags(path, flags)
            .map_err(|error| failed(translate_opening(&error)))?;
        let mut connection = SqliteConnection::new(inner).map_err(failed)?;
        // SQLite reads the file's head only now. A lock held by someone else does not make it less of a database, and is waited for by who reads more.
        connection.execute("PRAGMA busy_timeout = 0", &[])?;
        let looked = connection.query("PRAGMA schema_version", &[]);
        connection.execute(OWN_WAIT, &[])?;
        match looked {
            Err(error) if error.kind != ErrorKind::Locked => Err(failed(error)),
            Ok(_) | Err(_) => Ok(connection),
        }
    }
}

impl<C: BorrowMut<rusqlite::Connection>> SqliteConnection<C> {
    /// Takes over an open connection and sets it to refuse what SQLite lets pass by default.
    ///
    /// Double-quoted strings are off, so that a typo in a CHECK is an error
    /// (<https://sqlite.org/quirks.html#double_quoted_string_literals_are_accepted>); the schema is not trusted and defensive
    /// mode is on (<https://sqlite.org/security.html>).
    ///
    /// # Errors
    ///
    /// What SQLite reports.
    ///
    /// # Example
    ///
    /// ```
    /// use schema_core::db::{Connection, drivers::rusqlite, sqlite::SqliteConnection};
    ///
    /// let mut own = rusqlite::Connection::open_in_memory()?;
    /// SqliteConnection::new(&mut own)?.execute("CREATE TABLE items (id INTEGER)", &[])?;
    /// assert!(own.table_exists(None, "items")?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(inner: C) -> Result<Self, Error> {
        let mut connection = SqliteConnection::trusting(inner)?;
        connection.switch(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        Ok(connection)
    }

    /// Takes over an open connection as [`new`](Self::new) does, and trusts the schema as before: a program's own database may have indexes and
    /// computed columns that call the program's own functions, which those who trust nothing may not use.
    ///
    /// # Errors
    ///
    /// What SQLite reports.
    fn trusting(inner: C) -> Result<Self, Error> {
        let mut connection = SqliteConnection {
            inner,
            limit: None,
            watch: None,
        };
        connection.switch(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
        connection.switch(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
        connection.switch(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        Ok(connection)
    }

    fn switch(&mut self, switch: DbConfig, on: bool) -> Result<(), Error> {
        let connection: &mut rusqlite::Connection = self.inner.borrow_mut();
        connection
            .set_db_config(switch, on)
            .map(drop)
            .map_err(|error| translate(&error))
    }

    /// Returns the connection within.
    ///
    /// ```
    /// # use schema_core::db::sqlite::SqliteConnection;
    /// let rusqlite = SqliteConnection::in_memory()?.into_inner();
    /// assert!(rusqlite.is_autocommit());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn into_inner(self) -> C {
        self.inner
    }

    /// Starts the time of a statement.
    fn start(&mut self) -> Result<(), Error> {
        let Some(limit) = self.limit else { return Ok(()) };
        let began = Instant::now();
        self.inner
            .borrow_mut()
            .progress_handler(STEPS_BETWEEN_LOOKS, Some(move || began.elapsed() > limit))
            .map_err(|error| translate(&error))
    }

    /// Says of a statement that ran out of time how much it had.
    fn failed(&self, error: &rusqlite::Error) -> Error {
        let error = translate(error);
        match (error.kind, self.limit) {
            (ErrorKind::TimedOut, Some(limit)) => Error {
                message: format!("it took longer than {limit:?} ({})", error.message),
                ..error
            },
            (_, _) => error,
        }
    }

    /// Prepares the one statement in `sql` and binds its parameters.
    fn prepare(&self, sql: &str, parameters: &[Value]) -> Result<Statement<'_>, Error> {
        if let Some(at) = sql.find('\0') {
            // SQLite stops reading at a NUL byte and would leave out the rest without a word.
            return Err(Error {
                kind: ErrorKind::Statement,
                message: "the statement holds a NUL byte".to_owned(),
                offset: Some(at),
            });
        }
        let mut batch = Batch::new(self.inner.borrow(), sql);
        let first = batch.next().map_err(|error| translate(&error))?;
        // What follows may not even compile yet: that there is something is enough.
        if !matches!(batch.next(), Ok(None)) {
            return Err(refused("there is more than one statement where one is expected"));
        }
        let mut statement = first.ok_or_else(|| refused("there is no statement"))?;
        if statement.parameter_count() != parameters.len() {
            return Err(refused(&format!(
                "the statement takes {} parameters and is given {}",
                statement.parameter_count(),
                parameters.len()
            )));
        }
        for (at, value) in parameters.iter().enumerate() {
            let bound = match value {
                Value::Null => statement.raw_bind_parameter(at + 1, rusqlite::types::Null),
                Value::Integer(number) => statement.raw_bind_parameter(at + 1, number),
                Value::Real(number) => statement.raw_bind_parameter(at + 1, number),
                Value::Text(text) => statement.raw_bind_parameter(at + 1, text),
                Value::Bytes(bytes) => statement.raw_bind_parameter(at + 1, bytes),
            };
            bound.map_err(|error| translate(&error))?;
        }
        Ok(statement)
    }
}

impl<C: BorrowMut<rusqlite::Connection>> Connection for SqliteConnection<C> {
    fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64, Error> {
        self.start()?;
        let before = self.inner.borrow().total_changes();
        {
            let mut statement = self.prepare(sql, parameters)?;
            let mut rows = statement.raw_query();
            while rows.next().map_err(|error| self.failed(&error))?.is_some() {}
        }
        Ok(self.inner.borrow().total_changes().saturating_sub(before))
    }

    fn for_each(
        &mut self,
        sql: &str,
        parameters: &[Value],
        row: &mut dyn FnMut(Vec<Value>) -> bool,
    ) -> Result<(), Error> {
        self.start()?;
        let mut statement = self.prepare(sql, parameters)?;
        let width = statement.column_count();
        let mut rows = statement.raw_query();
        while let Some(found) = rows.next().map_err(|error| self.failed(&error))? {
            let mut values = Vec::with_capacity(width);
            for at in 0..width {
                values.push(value(found.get_ref(at).map_err(|error| translate(&error))?));
            }
            if !row(values) {
                break;
            }
        }
        Ok(())
    }

    fn limit_statements(&mut self, limit: Option<Duration>) -> Result<(), Error> {
        if self.limit.is_some() && limit.is_none() {
            self.inner
                .borrow_mut()
                .progress_handler(0, None::<fn() -> bool>)
                .map_err(|error| translate(&error))?;
        }
        self.limit = limit;
        Ok(())
    }

    fn watch_rows(&mut self, watcher: Watcher) -> Result<(), Error> {
        let watch = Watch::on(self.inner.borrow_mut(), watcher).map_err(|error| translate(&error))?;
        self.watch = Some(watch);
        Ok(())
    }

    fn is_watched(&self) -> bool {
        self.watch.is_some()
    }

    fn expect_rows(&mut self, rows: Option<u64>) {
        if let Some(watch) = &self.watch {
            watch.expect(rows);
        }
    }

    /// Defensive mode, under which SQLite ignores `PRAGMA writable_schema`, is off meanwhile.
    fn allow_schema_edits(&mut self, allowed: bool) -> Result<(), Error> {
        self.inner
            .borrow_mut()
            .set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, !allowed)
            .map(drop)
            .map_err(|error| translate(&error))
    }
}

/// Text that is not UTF-8 comes out as the bytes that it is.
fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).map_or_else(
            |_| Value::Bytes(bytes.to_owned()),
            |text| Value::Text(text.to_owned()),
        ),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_owned()),
    }
}

/// SQLite says "unable to open database file" to all of these; a person wants to know which it is.
fn refuse_what_is_no_file(path: &Path, missing: Missing) -> Result<(), Error> {
    let unreachable = |why: &str| {
        Err(Error {
            kind: ErrorKind::Unreachable,
            message: format!("cannot open `{}`: {why}", path.display()),
            offset: None,
        })
    };
    if path.is_dir() {
        return unreachable("it is a folder, not a database file");
    }
    if path.exists() {
        return Ok(());
    }
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) if !folder.exists() => {
            unreachable(&format!("its folder `{}` does not exist", folder.display()))
        }
        _ if missing == Missing::Refuse => unreachable("there is no such file"),
        _ => Ok(()),
    }
}

fn refused(message: &str) -> Error {
    Error {
        kind: ErrorKind::Statement,
        message: message.to_owned(),
        offset: None,
    }
}
