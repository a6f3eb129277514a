//! The PostgreSQL driver: the postgres crate behind [`Connection`].
//!
//! It connects, with TLS as the URL asks ([`tls`]), translates values and errors, and sets the session to what does not depend on
//! who configured the server. It knows nothing of schemas, transactions or locks; those belong to the dialect's session.

mod client;
mod error;
mod parameters;
mod settings;
mod shared;
mod tls;
mod value;

use std::borrow::BorrowMut;
use std::time::Duration;

use postgres::fallible_iterator::FallibleIterator;
use postgres::{Client, NoTls, SimpleQueryMessage};

use self::error::{refused, translate};
use self::value::{Encoded, decoded, of_text};
use super::url::ServerUrl;
use super::{Connection, Error, ErrorKind, Value};

/// What a session is told first, behind `SET`: what a value means and how it is written, whoever configured the database and the role.
pub const SETTINGS: [&str; 6] = [
    "TimeZone = 'UTC'",
    "DateStyle = 'ISO'",
    "IntervalStyle = 'iso_8601'",
    "bytea_output = 'hex'",
    "extra_float_digits = 1",
    "standard_conforming_strings = on",
];

/// An open PostgreSQL database.
///
/// It owns the connection within, or borrows one that the program has open.
///
/// ```no_run
/// use schema_core::db::{Connection, postgres::PostgresConnection};
///
/// let mut connection = PostgresConnection::open(&"postgres://postgres@127.0.0.1/shop".parse()?)?;
/// let rows = connection.query("SELECT $1::text", &["hello".into()])?;
/// assert_eq!(rows[0][0].as_str(), Some("hello"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PostgresConnection<C = Client> {
    client: C,
    /// Where it is, if it was opened here.
    url: Option<ServerUrl>,
}

impl PostgresConnection {
    /// Connects to the database that the URL names.
    ///
    /// The session speaks UTC and writes values in one way, whatever the server's defaults are.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NoDatabase`] if the server has no such database, [`ErrorKind::Unreachable`] if there is no such server, it does not let us in, or
    /// its certificate is not to be trusted. The message never holds the password.
    pub fn open(url: &ServerUrl) -> Result<Self, Error> {
        let failed = |error: Error| Error {
            kind: if error.kind == ErrorKind::NoDatabase {
                ErrorKind::NoDatabase
            } else {
                ErrorKind::Unreachable
            },
            message: format!("cannot connect to `{url}`: {}", error.message),
            offset: None,
        };
        let connection = connect(url).and_then(PostgresConnection::new);
        Ok(PostgresConnection {
            url: Some(url.clone()),
            ..connection.map_err(failed)?
        })
    }
}

fn connect(url: &ServerUrl) -> Result<Client, Error> {
    let settings = settings::read(url)?;
    let mut config = settings.config;
    config.notice_callback(|_| {});
    let client = match tls::connector(settings.tls.as_ref())? {
        Some(connector) => config.connect(connector),
        None => config.connect(NoTls),
    };
    client.map_err(|error| translate(&error, ""))
}

impl<C: BorrowMut<Client>> PostgresConnection<C> {
    /// Takes over an open connection, and sets how values are written.
    ///
    /// # Errors
    ///
    /// What the server reports.
    ///
    /// # Example
    ///
    /// ```no_run
    /// use schema_core::db::{Connection, drivers::postgres, postgres::PostgresConnection};
    ///
    /// let mut own = postgres::Client::connect("host=127.0.0.1 user=postgres", postgres::NoTls)?;
    /// let version = PostgresConnection::new(&mut own)?.query("SELECT version()", &[])?;
    /// own.batch_execute("SELECT 1")?; // still the program's
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(mut client: C) -> Result<Self, Error> {
        let mut settings: Vec<String> = SETTINGS.map(|setting| format!("SET {setting}")).into();
        settings.push("SET client_min_messages = 'warning'".to_owned());
        // What the catalogue says of expressions is compared with their texts.
        settings.push("SET quote_all_identifiers = off".to_owned());
        client
            .borrow_mut()
            .batch_execute(&settings.join("; "))
            .map_err(|error| translate(&error, ""))?;
        Ok(PostgresConnection { client, url: None })
    }

    /// Returns the connection within.
    #[must_use]
    pub fn into_inner(self) -> C {
        self.client
    }

    /// Runs a query without parameters and hands out its rows as text, which the server writes better than any driver.
    fn for_each_of_text(&mut self, sql: &str, row: &mut dyn FnMut(Vec<Value>) -> bool) -> Result<(), Error> {
        // Preparing tells the types, and refuses more than one statement.
        let statement = self
            .client
            .borrow_mut()
            .prepare(sql)
            .map_err(|error| translate(&error, sql))?;
        let types: Vec<_> = statement
            .columns()
            .iter()
            .map(|column| column.type_().clone())
            .collect();
        let messages = self
            .client
            .borrow_mut()
            .simple_query(sql)
            .map_err(|error| translate(&error, sql))?;
        for message in messages {
            let SimpleQueryMessage::Row(found) = message else {
                continue;
            };
            let values = types
                .iter()
                .enumerate()
                .map(|(at, ty)| of_text(ty, found.get(at)));
            if !row(values.collect()) {
                break;
            }
        }
        Ok(())
    }
}

impl<C: BorrowMut<Client>> Connection for PostgresConnection<C> {
    fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64, Error> {
        refuse(sql, parameters)?;
        let sql = parameters::numbered(sql, parameters.len())?;
        let statement = self
            .client
            .borrow_mut()
            .prepare(&sql)
            .map_err(|error| translate(&error, &sql))?;
        let values: Vec<Encoded<'_>> = parameters.iter().map(Encoded).collect();
        let values: Vec<&(dyn postgres::types::ToSql + Sync)> = values
            .iter()
            .map(|value| value as &(dyn postgres::types::ToSql + Sync))
            .collect();
        self.client
            .borrow_mut()
            .execute(&statement, &values)
            .map_err(|error| translate(&error, &sql))
    }

    fn for_each(
        &mut self,
        sql: &str,
        parameters: &[Value],
        row: &mut dyn FnMut(Vec<Value>) -> bool,
    ) -> Result<(), Error> {
        refuse(sql, parameters)?;
        if parameters.is_empty() {
            return self.for_each_of_text(sql, row);
        }
        let sql = parameters::numbered(sql, parameters.len())?;
        let mut rows = self
            .client
            .borrow_mut()
            .query_raw(sql.as_ref(), parameters.iter().map(Encoded))
            .map_err(|error| translate(&error, &sql))?;
        while let Some(found) = rows.next().map_err(|error| translate(&error, &sql))? {
            let values = (0..found.len()).map(|at| decoded(&found, at));
            if !row(values.collect::<Result<_, _>>()?) {
                break;
            }
        }
        Ok(())
    }

    fn shares_session(&mut self) -> Result<bool, Error> {
        let Some(url) = self.url.clone() else {
            return Ok(false);
        };
        shared::shares(self.client.borrow_mut(), move || connect(&url).ok())
    }

    fn limit_statements(&mut self, limit: Option<Duration>) -> Result<(), Error> {
        // 0 is no limit at all.
        let milliseconds = limit.map_or(0, |limit| {
            limit.as_millis().clamp(1, i32::MAX.unsigned_abs().into())
        });
        self.execute(&format!("SET statement_timeout = {milliseconds}"), &[])
            .map(drop)
    }
}

/// The protocol ends a text at its first NUL byte, and takes a text without a statement.
fn refuse(sql: &str, parameters: &[Value]) -> Result<(), Error> {
    if let Some(at) = sql.find('\0') {
        return Err(Error {
            kind: ErrorKind::Statement,
            message: "the statement holds a NUL byte".to_owned(),
            offset: Some(at),
        });
    }
    let holds_nul = |value: &&Value| value.as_str().is_some_and(|text| text.contains('\0'));
    if parameters.iter().any(|value| holds_nul(&value)) {
        return Err(refused("a parameter holds a NUL byte"));
    }
    if sql.trim().is_empty() {
        return Err(refused("there is no statement"));
    }
    Ok(())
}
