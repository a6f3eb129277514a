//! How scripts run: the lock, the transaction, the time that they may take, and what an interruption leaves.
//!
//! The lock is an advisory one of the session (<https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS>): the server keeps
//! one for each database and frees it with the connection. It is tried again and again and never waited for in the server, since CREATE INDEX
//! CONCURRENTLY waits for every statement that runs, and would deadlock with one that waits for the lock.

mod effect;
mod home;
mod interrupted;
mod lock;
mod relations;
mod restore;
mod said;
mod settings;
mod stock;
mod triggers;

use std::path::Path;
use std::time::Duration;

use super::LEXICON;
use crate::db::{Connection, Error, ErrorKind, Value};
use crate::dialect::{Broken, Effect, Home, Limits, Mode, Progress, Restore, Session, Stock, Within};
use crate::lexer::lex;
use crate::plan::Plan;

impl Session for super::Postgres {
    fn transactional(&self) -> bool {
        true
    }

    /// A value that was added to an enum cannot be used before it is committed, and a lock that stops the world should not last for the whole run.
    fn shares_transactions(&self) -> bool {
        false
    }

    fn home(&self, connection: &mut dyn Connection, table: &str) -> Result<Home, Error> {
        home::home(connection, table)
    }

    fn broken(&self, connection: &mut dyn Connection) -> Result<Broken, Error> {
        Ok(Broken {
            triggers: triggers::broken(connection)?,
            ..Broken::default()
        })
    }

    fn bounded(
        &self,
        connection: &mut dyn Connection,
        timeout: Duration,
        read: &mut dyn FnMut(&mut dyn Connection),
    ) -> Result<(), Error> {
        let was = one(connection, "SELECT current_setting('lock_timeout')")?;
        limit_locks(connection, timeout)?;
        read(connection);
        // In a transaction that has failed, this does, too; its end takes the limit back.
        let _ = connection.query("SELECT set_config('lock_timeout', ?1, false)", &[was]);
        Ok(())
    }

    fn keeps_readers_out(&self, connection: &mut dyn Connection, table: &str) -> String {
        lock::keeps_readers_out(connection, table)
    }

    fn lock(
        &self,
        connection: &mut dyn Connection,
        limits: &Limits,
        waiting: &mut dyn FnMut(&str),
    ) -> Result<(), Error> {
        lock::take(connection, limits.lock, waiting)
    }

    fn unlock(&self, connection: &mut dyn Connection) {
        lock::give_back(connection);
    }

    /// A statement that is ended out of a transaction may leave a broken index, which [`probe`](Session::probe) clears away.
    fn enter(&self, connection: &mut dyn Connection, mode: &Mode, limits: &Limits) -> Result<(), Error> {
        remember_settings(connection)?;
        let entered = limit_locks(connection, limits.lock)
            .and_then(|()| pin_search_path(connection))
            .and_then(|()| connection.limit_statements(limits.statement));
        if entered.is_err() {
            self.leave(connection, mode);
        }
        entered
    }

    fn leave(&self, connection: &mut dyn Connection, _mode: &Mode) {
        for name in SETTINGS {
            let sql = format!("SELECT set_config('{name}', current_setting('autogen.{name}'), false)");
            let _ = connection.query(&sql, &[]);
        }
    }

    fn begin(&self, connection: &mut dyn Connection, _mode: &Mode, _limits: &Limits) -> Result<(), Error> {
        connection.execute("BEGIN", &[])?;
        lock::mark_transaction(connection)
    }

    /// What is checked at the end of a transaction fails here, where the script can still be told from the commit.
    fn check(&self, connection: &mut dyn Connection, mode: &Mode) -> Result<(), Error> {
        if !mode.no_transaction {
            connection.execute("SET CONSTRAINTS ALL IMMEDIATE", &[])?;
        }
        Ok(())
    }

    /// COMMIT succeeds in a transaction that has failed, and rolls it back; and a script may have ended the transaction by itself, as a
    /// procedure can.
    fn commit(&self, connection: &mut dyn Connection) -> Result<(), Error> {
        if !lock::marks_transaction(connection)? {
            return Err(refused("the script has ended the transaction that it ran in"));
        }
        connection.execute("COMMIT", &[]).map(drop)
    }

    fn rollback(&self, connection: &mut dyn Connection) {
        // Where there is nothing to roll back, the server just says so.
        let _ = connection.execute("ROLLBACK", &[]);
    }

    /// Plans replace no table here: whatever hangs on one stays, or the server refuses the change and names it.
    fn keep_dependents(&self, _connection: &mut dyn Connection, _table: &str) -> Result<Vec<String>, Error> {
        Ok(Vec::new())
    }

    fn restore_dependents(
        &self,
        _connection: &mut dyn Connection,
        _table: &str,
        _kept: &[String],
    ) -> Result<(), Error> {
        Ok(())
    }

    fn joins_transaction(&self, sql: &str) -> bool {
        let words: Vec<String> = lex(sql, LEXICON)
            .filter(|token| !token.is_trivia())
            .map(|token| token.text.to_ascii_uppercase())
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        !match words.as_slice() {
            ["DO", ..] => effect::is_opaque(sql),
            // Of a partitioned table, which no word says, the server reindexes each partition in a transaction of its own.
            [
                "VACUUM" | "CALL" | "CLUSTER" | "CHECKPOINT" | "LOAD" | "REINDEX",
                ..,
            ]
            | ["DISCARD", "ALL", ..]
            | ["ALTER", "SYSTEM" | "DATABASE" | "SUBSCRIPTION", ..]
            | ["CREATE" | "DROP", "DATABASE" | "TABLESPACE" | "SUBSCRIPTION", ..] => true,
            ["ALTER" | "CREATE" | "DROP", ..] => words.contains(&"CONCURRENTLY"),
            _ => false,
        }
    }

    fn effect(&self, sql: &str) -> Effect {
        effect::effect(sql)
    }

    fn may_leave(&self, sql: &str) -> bool {
        stock::may_leave(sql)
    }

    fn stock(&self, connection: &mut dyn Connection, statements: &[&str]) -> Result<Stock, Error> {
        stock::take(connection, statements)
    }

    fn put_back(
        &self,
        connection: &mut dyn Connection,
        before: &Stock,
        statements: &[&str],
        _within: Within,
    ) -> Result<(), Error> {
        stock::put_back(connection, before, statements)
    }

    fn restore(&self, plan: &Plan) -> Restore {
        restore::restore(plan)
    }

    fn forgotten(
        &self,
        connection: &mut dyn Connection,
        done: &[&str],
        left: &[&str],
    ) -> Result<Option<usize>, Error> {
        settings::forgotten(connection, done, left)
    }

    fn fingerprint(&self, connection: &mut dyn Connection, sql: &str) -> Result<String, Error> {
        interrupted::fingerprint(connection, sql)
    }

    fn probe(&self, connection: &mut dyn Connection, sql: &str, before: &str) -> Result<Progress, Error> {
        interrupted::probe(connection, sql, before)
    }

    fn backup(&self, _connection: &mut dyn Connection, _to: &Path) -> Result<(), Error> {
        Err(refused(
            "a PostgreSQL server copies no database into a file: use `pg_dump --format=custom --file=FILE DATABASE` before the upgrade",
        ))
    }
}

/// What `enter` changes. The old values wait in settings of our own.
const SETTINGS: [&str; 3] = ["lock_timeout", "statement_timeout", "search_path"];

fn remember_settings(connection: &mut dyn Connection) -> Result<(), Error> {
    for name in SETTINGS {
        let sql = format!("SELECT set_config('autogen.{name}', current_setting('{name}'), false)");
        connection.query(&sql, &[])?;
    }
    Ok(())
}

/// Where the schemas of the search path are found that are there and not temporary: `name`, and `at` which place.
pub(super) const PATH: &str =
    "FROM unnest(current_schemas(false)) WITH ORDINALITY AS path (name, at) WHERE name !~ '^pg_temp'";

/// Has statements wait for a lock of a table for so long and no longer.
fn limit_locks(connection: &mut dyn Connection, timeout: Duration) -> Result<(), Error> {
    let milliseconds = timeout.as_millis().clamp(1, i32::MAX.unsigned_abs().into());
    connection
        .execute(&format!("SET lock_timeout = {milliseconds}"), &[])
        .map(drop)
}

/// Fixes the search path to the schemas that it names now, temporary objects last, so that a script finds what it names whoever
/// else makes objects (<https://www.postgresql.org/docs/current/ddl-schemas.html#DDL-SCHEMAS-PATTERNS>).
fn pin_search_path(connection: &mut dyn Connection) -> Result<(), Error> {
    let sql = format!(
        "SELECT set_config('search_path', coalesce(string_agg(quote_ident(name), ', ' ORDER BY at) || ', ', '') || 'pg_temp', false) {PATH}"
    );
    connection.query(&sql, &[]).map(drop)
}

fn refused(message: &str) -> Error {
    Error {
        kind: ErrorKind::Statement,
        message: message.to_owned(),
        offset: None,
    }
}

/// Returns the first cell of the first row.
fn one(connection: &mut dyn Connection, sql: &str) -> Result<Value, Error> {
    let rows = connection.query(sql, &[])?;
    let cell = rows.into_iter().next().and_then(|row| row.into_iter().next());
    Ok(cell.unwrap_or(Value::Null))
}
