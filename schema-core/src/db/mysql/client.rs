//! A program's own connection to MySQL or MariaDB, and all that is set in its session, kept and put back.

use std::collections::BTreeMap;

use mysql::prelude::Queryable;
use mysql::{Conn, Params};

use super::{MySqlConnection, translate};
use crate::db::client::in_transaction;
use crate::db::{Client, Connection, Error};

/// The session variables that are set here or in the dialect's session, and those that scripts are likely to set. No server has all of them.
const VARIABLES: &str = "'autocommit', 'character_set_client', 'character_set_connection', 'character_set_results', \
    'collation_connection', 'completion_type', 'default_storage_engine', 'explicit_defaults_for_timestamp', 'foreign_key_checks', \
    'group_concat_max_len', 'innodb_lock_wait_timeout', 'lock_wait_timeout', 'max_execution_time', 'max_statement_time', \
    'sql_auto_is_null', 'sql_log_bin', 'sql_mode', 'sql_safe_updates', 'sql_select_limit', 'time_zone', 'unique_checks', 'wait_timeout'";

/// The server refuses to change what a transaction is like while it is open (`ER_CANT_CHANGE_TX_CHARACTERISTICS`).
const IN_TRANSACTION: u16 = 1568;

impl Client for Conn {
    fn dialect(&self) -> &'static str {
        "mysql"
    }

    fn lend<T>(&mut self, work: impl FnOnce(&mut dyn Connection) -> T) -> Result<T, Error> {
        refuse_transaction(self)?;
        let mut lent = Lent {
            before: variables(self).map_err(|error| translate(&error))?,
            connection: self,
        };
        let done = work(&mut MySqlConnection::new(&mut *lent.connection)?);
        lent.put_back().map_err(|error| translate(&error))?;
        Ok(done)
    }
}

/// There is no variable that tells on every server. What is asked for holds until the first statement that follows, and
/// is what it would have been anyway.
fn refuse_transaction(connection: &mut Conn) -> Result<(), Error> {
    match connection.query_drop("SET TRANSACTION READ WRITE") {
        Ok(()) => Ok(()),
        Err(mysql::Error::MySqlError(error)) if error.code == IN_TRANSACTION => Err(in_transaction()),
        Err(error) => Err(translate(&error)),
    }
}

/// A connection and how its session was.
struct Lent<'a> {
    connection: &'a mut Conn,
    before: BTreeMap<String, String>,
}

impl Lent<'_> {
    fn put_back(&mut self) -> mysql::Result<()> {
        let now = variables(self.connection)?;
        for (name, value) in &self.before {
            if now.get(name) != Some(value) {
                // The names are those above; a number is no text to the server.
                let sql = match value.as_str() {
                    number if number.parse::<f64>().is_ok() => format!("SET SESSION {name} = {number}"),
                    "" if name == "character_set_results" => format!("SET SESSION {name} = NULL"),
                    _text => format!("SET SESSION {name} = ?"),
                };
                let parameters = if sql.ends_with('?') {
                    Params::Positional(vec![value.into()])
                } else {
                    Params::Empty
                };
                self.connection.exec_drop(sql, parameters)?;
            }
        }
        Ok(())
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        // Whoever comes here by an error or a panic has something worse to tell.
        if std::thread::panicking() {
            let _ = self.connection.query_drop("ROLLBACK");
        }
        let _ = self.put_back();
    }
}

fn variables(connection: &mut Conn) -> mysql::Result<BTreeMap<String, String>> {
    let sql = format!("SHOW SESSION VARIABLES WHERE Variable_name IN ({VARIABLES})");
    let rows: Vec<(String, String)> = connection.query(sql)?;
    Ok(rows.into_iter().collect())
}
