//! A program's own SQLite connection, and all that is set on it, kept and put back.

use rusqlite::config::DbConfig;

use super::{SqliteConnection, translate};
use crate::db::client::in_transaction;
use crate::db::{Client, Connection, Error};

/// The switches that are set here or in the dialect's session.
const SWITCHES: [DbConfig; 7] = [
    DbConfig::SQLITE_DBCONFIG_DQS_DDL,
    DbConfig::SQLITE_DBCONFIG_DQS_DML,
    DbConfig::SQLITE_DBCONFIG_DEFENSIVE,
    DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA,
    DbConfig::SQLITE_DBCONFIG_LEGACY_ALTER_TABLE,
    DbConfig::SQLITE_DBCONFIG_WRITABLE_SCHEMA,
    DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY,
];

/// A busy handler of the program's own is the one thing that SQLite does not tell of: there is none afterwards.
impl Client for rusqlite::Connection {
    fn dialect(&self) -> &'static str {
        "sqlite"
    }

    fn lend<T>(&mut self, work: impl FnOnce(&mut dyn Connection) -> T) -> Result<T, Error> {
        if !self.is_autocommit() {
            return Err(in_transaction());
        }
        let mut lent = Lent::new(self).map_err(|error| translate(&error))?;
        let done = work(&mut SqliteConnection::trusting(&mut *lent.connection)?);
        lent.put_back().map_err(|error| translate(&error))?;
        Ok(done)
    }
}

/// A connection and how it was.
struct Lent<'a> {
    connection: &'a mut rusqlite::Connection,
    switches: Vec<(DbConfig, bool)>,
    busy_timeout: i64,
}

impl<'a> Lent<'a> {
    fn new(connection: &'a mut rusqlite::Connection) -> rusqlite::Result<Self> {
        let switches = SWITCHES
            .into_iter()
            .map(|switch| Ok((switch, connection.db_config(switch)?)))
            .collect::<rusqlite::Result<_>>()?;
        let busy_timeout = busy_timeout(connection)?;
        Ok(Lent {
            connection,
            switches,
            busy_timeout,
        })
    }

    fn put_back(&mut self) -> rusqlite::Result<()> {
        if !self.connection.is_autocommit() {
            // Only a panic in the middle of a run leaves one open, and foreign keys cannot be switched within it.
            self.connection.execute_batch("ROLLBACK")?;
        }
        for (switch, on) in &self.switches {
            self.connection.set_db_config(*switch, *on)?;
        }
        // Setting it would take away a busy handler, so it is not set without need.
        if busy_timeout(self.connection)? != self.busy_timeout {
            self.connection
                .pragma_update(None, "busy_timeout", self.busy_timeout)?;
        }
        Ok(())
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        // Whoever comes here by an error or a panic has something worse to tell.
        let _ = self.put_back();
    }
}

fn busy_timeout(connection: &rusqlite::Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "busy_timeout", |row| row.get(0))
}
