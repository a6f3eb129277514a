//! A program's own connection to PostgreSQL, and all that is set in its session, kept and put back.

use std::collections::BTreeMap;

use postgres::error::SqlState;
use postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use super::{PostgresConnection, translate};
use crate::db::client::in_transaction;
use crate::db::{self, Connection, Error};

/// A transaction has one time for all of its statements, and a statement out of one has that time. It is asked by the simple
/// protocol: in the other one a statement has several times of its own.
const IN_TRANSACTION: &str = "SELECT now() <> statement_timestamp()";

/// Whatever a session may set; times come as plain numbers, which are taken in the same units.
const SETTINGS: &str = "SELECT name, setting FROM pg_settings WHERE context IN ('user', 'superuser') AND name NOT LIKE 'autogen.%'";

impl db::Client for Client {
    fn dialect(&self) -> &'static str {
        "postgres"
    }

    fn lend<T>(&mut self, work: impl FnOnce(&mut dyn Connection) -> T) -> Result<T, Error> {
        refuse_transaction(self)?;
        let mut lent = Lent {
            before: settings(self).map_err(|error| translate(&error, SETTINGS))?,
            client: self,
        };
        let done = work(&mut PostgresConnection::new(&mut *lent.client)?);
        lent.put_back().map_err(|error| translate(&error, ""))?;
        Ok(done)
    }
}

fn refuse_transaction(client: &mut Client) -> Result<(), Error> {
    match client.simple_query(IN_TRANSACTION) {
        Ok(messages) => {
            let open = messages.iter().filter_map(row).any(|row| row.get(0) == Some("t"));
            if open { Err(in_transaction()) } else { Ok(()) }
        }
        Err(error) if error.code() == Some(&SqlState::IN_FAILED_SQL_TRANSACTION) => Err(in_transaction()),
        Err(error) => Err(translate(&error, IN_TRANSACTION)),
    }
}

/// A connection and how its session was.
struct Lent<'a> {
    client: &'a mut Client,
    before: BTreeMap<String, String>,
}

impl Lent<'_> {
    fn put_back(&mut self) -> Result<(), postgres::Error> {
        let now = settings(self.client)?;
        for (name, value) in &self.before {
            if now.get(name) != Some(value) {
                self.client
                    .execute("SELECT set_config($1, $2, false)", &[name, value])?;
            }
        }
        Ok(())
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        // Whoever comes here by an error or a panic has something worse to tell.
        if std::thread::panicking() {
            let _ = self.client.batch_execute("ROLLBACK");
        }
        let _ = self.put_back();
    }
}

fn settings(client: &mut Client) -> Result<BTreeMap<String, String>, postgres::Error> {
    let messages = client.simple_query(SETTINGS)?;
    let rows = messages
        .iter()
        .filter_map(row)
        .filter_map(|row| Some((row.get(0)?.to_owned(), row.get(1)?.to_owned())));
    Ok(rows.collect())
}

fn row(message: &SimpleQueryMessage) -> Option<&SimpleQueryRow> {
    if let SimpleQueryMessage::Row(row) = message {
        Some(row)
    } else {
        None
    }
}
