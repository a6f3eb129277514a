//! The MySQL and MariaDB driver: the crate `mysql` behind [`Connection`].
//!
//! It connects, translates values and errors, and sets the session up so that the server refuses what it would otherwise change
//! without a word. It knows nothing of schemas, transactions or locks; those belong to the dialect's session.

mod client;
mod error;
mod options;
mod value;
mod watchdog;

use std::borrow::BorrowMut;
use std::fmt;
use std::time::Duration;

use mysql::prelude::Queryable;
use mysql::{Conn, OptsBuilder, Params, ResultSet, Statement};

use self::error::{refused, translate, translate_opening};
use self::options::Security;
use self::watchdog::Watchdog;
use super::{Connection, Error, ErrorKind, ServerUrl, Value};

/// What a session is told first.
///
/// Strict mode makes an error of a value that does not fit, where the server would store another one; a number of 0 stays 0 in a
/// column that numbers itself; `||` joins texts, as in every other database. Instants go in and come out in UTC. `STRICT_ALL_TABLES`
/// goes for engines without transactions too (<https://mariadb.com/kb/en/sql-mode/>, <https://dev.mysql.com/doc/refman/8.4/en/sql-mode.html>).
///
/// What a server or an account may have set besides is set back where it would change what a statement does: an UPDATE without a key is refused, a
/// query shows some of its rows, a COMMIT begins the next transaction, a table has an engine that forgets foreign keys.
pub const SESSION: [&str; 5] = [
    "SET NAMES utf8mb4",
    "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,\
     NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO,PIPES_AS_CONCAT'",
    "SET SESSION time_zone = '+00:00', foreign_key_checks = 1, unique_checks = 1, autocommit = 1",
    "SET SESSION sql_safe_updates = 0, sql_select_limit = 18446744073709551615, completion_type = 0",
    "SET SESSION default_storage_engine = \
     IF(@@SESSION.default_storage_engine IN ('MyISAM', 'Aria', 'MEMORY'), 'InnoDB', @@SESSION.default_storage_engine)",
];

/// The server says that a statement cannot be prepared (`ER_UNSUPPORTED_PS`).
const CANNOT_BE_PREPARED: u16 = 1295;

/// An open connection to a MySQL or MariaDB server.
///
/// It owns the connection within, or borrows one that the program has open.
///
/// ```no_run
/// use schema_core::db::{Connection, mysql::MySqlConnection};
///
/// let mut connection = MySqlConnection::open(&"mysql://root@127.0.0.1/shop".parse()?)?;
/// let rows = connection.query("SELECT ?", &["hello".into()])?;
/// assert_eq!(rows[0][0].as_str(), Some("hello"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct MySqlConnection<C = Conn> {
    inner: C,
    /// How to connect once more, if it was opened here.
    options: Option<OptsBuilder>,
    /// How long a statement may take, where a second connection has to see to that.
    limit: Option<Duration>,
}

impl MySqlConnection {
    /// Connects to the server and database of the URL.
    ///
    /// The parameter `ssl-mode` (or `sslmode`) is `disabled`, `preferred`, `required`, `verify-ca` or `verify-identity`. Without it a
    /// connection to another machine is encrypted and the server's certificate checked, and one to this machine is plain.
    /// `ssl-ca`, `ssl-cert` and `ssl-key` are files, `socket` is a socket's path, `connect-timeout` is in seconds.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NoDatabase`] if the server has no such database, [`ErrorKind::Unreachable`] if it cannot be reached or refuses the user, or if a parameter is none
    /// of these. No error shows the password.
    pub fn open(url: &ServerUrl) -> Result<Self, Error> {
        let failed = |error: Error| Error {
            message: format!("cannot open `{url}`: {}", error.message),
            ..error
        };
        let security = Security::of(url).map_err(failed)?;
        let connect = |security| {
            let options = options::options(url, security)?;
            let connected = Conn::new(options.clone()).map_err(|error| translate_opening(&error))?;
            Ok((connected, options))
        };
        let connected = match security {
            // A server without encryption says so before it is told the password.
            Security::Preferred => connect(Security::Required).or_else(|error: Error| {
                if error.message == error::NO_ENCRYPTION {
                    connect(Security::Disabled)
                } else {
                    Err(error)
                }
            }),
            Security::Disabled
            | Security::Required
            | Security::VerifyCertificate
            | Security::VerifyIdentity => connect(security),
        };
        let (connected, options) = connected.map_err(failed)?;
        Ok(MySqlConnection {
            options: Some(options),
            ..MySqlConnection::new(connected).map_err(failed)?
        })
    }
}

impl<C: BorrowMut<Conn>> MySqlConnection<C> {
    /// Takes over an open connection and sets its session up.
    ///
    /// # Errors
    ///
    /// What the server reports.
    ///
    /// # Example
    ///
    /// ```no_run
    /// use schema_core::db::{Connection, drivers::mysql, mysql::MySqlConnection};
    ///
    /// let mut own = mysql::Conn::new("mysql://root@127.0.0.1/shop")?;
    /// let version = MySqlConnection::new(&mut own)?.query("SELECT version()", &[])?;
    /// own.reset()?; // still the program's
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(inner: C) -> Result<Self, Error> {
        let mut connection = MySqlConnection {
            inner,
            options: None,
            limit: None,
        };
        for sql in SESSION {
            connection
                .inner
                .borrow_mut()
                .query_drop(sql)
                .map_err(|error| translate(&error))?;
        }
        // Where it is off, the first TIMESTAMP of a table gets a default that nobody asked for. Old servers do not let a session turn
        // it on; there the explicit NULL of a definition has to do.
        let _ = connection
            .inner
            .borrow_mut()
            .query_drop("SET SESSION explicit_defaults_for_timestamp = 1");
        Ok(connection)
    }

    fn is_mariadb(&mut self) -> Result<bool, Error> {
        let version: Option<String> = self
            .inner
            .borrow_mut()
            .query_first("SELECT version()")
            .map_err(|error| translate(&error))?;
        Ok(version.is_some_and(|version| version.to_ascii_lowercase().contains("mariadb")))
    }

    /// Returns the connection within.
    #[must_use]
    pub fn into_inner(self) -> C {
        self.inner
    }

    /// Prepares the one statement in `sql`; `None` if it is one that runs only unprepared.
    ///
    /// The crate always asks the server to take several statements at once, but a prepared statement is one whatever was asked. The server
    /// tells that a statement cannot be prepared only after it has read the whole as one.
    fn prepare(&mut self, sql: &str, parameters: &[Value]) -> Result<Option<Statement>, Error> {
        if let Some(at) = sql.find('\0') {
            return Err(Error {
                offset: Some(at),
                ..refused("the statement holds a NUL byte")
            });
        }
        let statement = match self.inner.borrow_mut().prep(sql) {
            Ok(statement) => statement,
            Err(mysql::Error::MySqlError(error)) if error.code == CANNOT_BE_PREPARED => return Ok(None),
            Err(error) => return Err(translate(&error)),
        };
        if usize::from(statement.num_params()) != parameters.len() {
            let message = format!(
                "the statement takes {} parameters and is given {}",
                statement.num_params(),
                parameters.len()
            );
            self.close(statement);
            return Err(refused(&message));
        }
        Ok(Some(statement))
    }

    /// A statement that cannot be closed is gone with the connection.
    fn close(&mut self, statement: Statement) {
        let _ = self.inner.borrow_mut().close(statement);
    }

    /// Runs a statement for at most as long as it may take.
    fn run(
        &mut self,
        sql: &str,
        parameters: &[Value],
        row: &mut dyn FnMut(Vec<Value>) -> bool,
    ) -> Result<u64, Error> {
        let (Some(limit), Some(options)) = (self.limit, self.options.clone()) else {
            return self.run_to_end(sql, parameters, row);
        };
        let watchdog = Watchdog::watch(options, self.inner.borrow().connection_id(), limit);
        let outcome = self.run_to_end(sql, parameters, row);
        if !watchdog.call_off() {
            return outcome;
        }
        // What came too late for this statement must not meet the next one.
        let _ = self.inner.borrow_mut().query_drop("DO 0");
        outcome.map_err(|error| Error {
            kind: ErrorKind::TimedOut,
            message: format!("it took longer than {limit:?} ({})", error.message),
            ..error
        })
    }

    fn run_to_end(
        &mut self,
        sql: &str,
        parameters: &[Value],
        row: &mut dyn FnMut(Vec<Value>) -> bool,
    ) -> Result<u64, Error> {
        let Some(statement) = self.prepare(sql, parameters)? else {
            let mut result = self
                .inner
                .borrow_mut()
                .query_iter(sql)
                .map_err(|error| translate(&error))?;
            let set = result.iter();
            return consume(set, row);
        };
        let parameters = match parameters {
            [] => Params::Empty,
            parameters => Params::Positional(parameters.iter().map(value::to_server).collect()),
        };
        let outcome = match self.inner.borrow_mut().exec_iter(&statement, parameters) {
            Ok(mut result) => consume(result.iter(), row),
            Err(error) => Err(translate(&error)),
        };
        self.close(statement);
        outcome
    }
}

/// Hands on the rows of a result, if it has any, until `row` wants no more; returns how many rows were changed.
fn consume<T: mysql::prelude::Protocol>(
    set: Option<ResultSet<'_, '_, '_, '_, T>>,
    row: &mut dyn FnMut(Vec<Value>) -> bool,
) -> Result<u64, Error> {
    let Some(mut set) = set else { return Ok(0) };
    let changed = set.affected_rows();
    for found in set.by_ref() {
        let found = found.map_err(|error| translate(&error))?;
        if !row(value::from_server(found)) {
            break;
        }
    }
    Ok(changed)
}

impl<C: BorrowMut<Conn>> Connection for MySqlConnection<C> {
    fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64, Error> {
        self.run(sql, parameters, &mut |_| true)
    }

    fn for_each(
        &mut self,
        sql: &str,
        parameters: &[Value],
        row: &mut dyn FnMut(Vec<Value>) -> bool,
    ) -> Result<(), Error> {
        self.run(sql, parameters, row).map(drop)
    }

    /// MariaDB ends any statement, MySQL only one that reads: there a second connection ends the others, if this one was opened here. On a program's own
    /// connection they have no limit.
    fn limit_statements(&mut self, limit: Option<Duration>) -> Result<(), Error> {
        let is_mariadb = self.is_mariadb()?;
        self.limit = limit.filter(|_| !is_mariadb);
        let limit = limit.unwrap_or_default();
        let sql = if is_mariadb {
            format!("SET SESSION max_statement_time = {}", limit.as_secs_f64())
        } else {
            format!("SET SESSION max_execution_time = {}", limit.as_millis())
        };
        self.inner
            .borrow_mut()
            .query_drop(sql)
            .map_err(|error| translate(&error))
    }
}

impl<C> fmt::Debug for MySqlConnection<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The options within hold the password.
        f.debug_struct("MySqlConnection").finish_non_exhaustive()
    }
}
