//! How scripts run: the lock, the limits, and what an interruption leaves.
//!
//! Statements that change a schema commit themselves, so no script is one transaction. The lock is `GET_LOCK`: it belongs to the session, survives
//! those commits, and is gone when the session is. It is one of the *server's* locks, so the database is in its name
//! (<https://mariadb.com/kb/en/get_lock/>). It is asked for again and again with a short time to wait: with a negative one MariaDB gives NULL at
//! once and MySQL waits forever.

mod effect;
mod engines;
mod interrupted;
mod parts;
mod restore;
mod said;
mod stock;
mod tally;
mod trace;
mod triggers;
mod variables;
mod views;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use super::ddl::quote;
use crate::db::{Connection, Error, ErrorKind, Value};
use crate::dialect::{Broken, Effect, Home, Limits, Mode, Progress, Restore, Session, Stock, Within};
use crate::lexer::{Token, lex};
use crate::plan::Plan;

/// The lock's name: MySQL takes at most 64 characters, and a database's name may have as many.
/// MySQL has `md5` no more as of 9.6 (<https://dev.mysql.com/doc/refman/9.6/en/legacy-hashing-component.html>).
const LOCK: &str =
    "concat('autogen:', if(char_length(database()) > 56, left(sha2(database(), 256), 40), database()))";

impl Session for super::MySql {
    fn transactional(&self) -> bool {
        false
    }

    fn shares_transactions(&self) -> bool {
        false
    }

    fn home(&self, connection: &mut dyn Connection, table: &str) -> Result<Home, Error> {
        let sql = "SELECT database(), EXISTS (SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = database() AND TABLE_NAME = ?)";
        let row = connection.query(sql, &[table.into()])?.pop().unwrap_or_default();
        let Some(schema) = row.first().and_then(Value::as_str) else {
            return Err(no_database());
        };
        Ok(Home {
            schema: Some(schema.to_owned()),
            has_table: row.get(1) == Some(&Value::Integer(1)),
            holds_all_text: true,
        })
    }

    /// A table that was made in the database's own character set holds no more than that.
    fn widen(&self, connection: &mut dyn Connection, table: &str) {
        let sql = "SELECT 1 FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = database() AND TABLE_NAME = ? AND CHARACTER_SET_NAME <> 'utf8mb4' LIMIT 1";
        if matches!(connection.query(sql, &[table.into()]), Ok(narrow) if !narrow.is_empty()) {
            let sql = format!("ALTER TABLE {} CONVERT TO CHARACTER SET utf8mb4", quote(table));
            let _ = connection.execute(&sql, &[]);
        }
    }

    fn broken(&self, connection: &mut dyn Connection) -> Result<Broken, Error> {
        Ok(Broken {
            views: views::broken(connection)?,
            triggers: triggers::broken(connection)?,
        })
    }

    fn bounded(
        &self,
        connection: &mut dyn Connection,
        timeout: Duration,
        read: &mut dyn FnMut(&mut dyn Connection),
    ) -> Result<(), Error> {
        let rows = connection.query("SELECT @@SESSION.lock_wait_timeout", &[])?;
        let was = rows
            .first()
            .and_then(|row| row.first())
            .and_then(Value::as_integer);
        let limit = |connection: &mut dyn Connection, seconds: u64| {
            let sql = format!("SET SESSION lock_wait_timeout = {seconds}");
            connection.execute(&sql, &[]).map(drop)
        };
        limit(connection, seconds(timeout))?;
        read(connection);
        was.and_then(|was| u64::try_from(was).ok())
            .map_or(Ok(()), |was| limit(connection, was))
    }

    /// MariaDB keeps its list of who has locked what in a plugin that is not loaded.
    fn keeps_readers_out(&self, _connection: &mut dyn Connection, table: &str) -> String {
        format!("another session with a lock on `{table}`")
    }

    fn lock(
        &self,
        connection: &mut dyn Connection,
        limits: &Limits,
        waiting: &mut dyn FnMut(&str),
    ) -> Result<(), Error> {
        if get_lock(connection, 0)? {
            return Ok(());
        }
        waiting(&holder(connection)?);
        for _ in 0..limits.lock.as_secs() {
            if get_lock(connection, 1)? {
                return Ok(());
            }
        }
        Err(Error {
            kind: ErrorKind::Locked,
            message: format!("{} has the lock", holder(connection)?),
            offset: None,
        })
    }

    fn unlock(&self, connection: &mut dyn Connection) {
        let _ = connection.execute(&format!("DO release_lock({LOCK})"), &[]);
    }

    fn enter(&self, connection: &mut dyn Connection, mode: &Mode, limits: &Limits) -> Result<(), Error> {
        if mode.foreign_keys_off {
            return Err(Error {
                kind: ErrorKind::Statement,
                message: "`foreign-keys-off` cannot be had: the server never looks at foreign keys again that were off; write the script without it"
                    .to_owned(),
                offset: None,
            });
        }
        let seconds = seconds(limits.lock);
        connection.execute(
            "SET @autogen_lock_wait_timeout = @@SESSION.lock_wait_timeout,
                @autogen_innodb_lock_wait_timeout = @@SESSION.innodb_lock_wait_timeout",
            &[],
        )?;
        let entered = connection
            .execute(
                &format!("SET SESSION lock_wait_timeout = {seconds}, innodb_lock_wait_timeout = {seconds}"),
                &[],
            )
            .and_then(|_| connection.limit_statements(limits.statement));
        if entered.is_err() {
            self.leave(connection, mode);
        }
        entered
    }

    fn leave(&self, connection: &mut dyn Connection, _mode: &Mode) {
        let _ = connection.limit_statements(None);
        let _ = connection.execute(
            "SET SESSION lock_wait_timeout = coalesce(@autogen_lock_wait_timeout, @@SESSION.lock_wait_timeout),
                innodb_lock_wait_timeout =
                    coalesce(@autogen_innodb_lock_wait_timeout, @@SESSION.innodb_lock_wait_timeout)",
            &[],
        );
    }

    fn begin(&self, connection: &mut dyn Connection, _mode: &Mode, _limits: &Limits) -> Result<(), Error> {
        connection.execute("START TRANSACTION", &[]).map(drop)
    }

    /// Foreign keys are never off, so there is nothing to look at.
    fn check(&self, _connection: &mut dyn Connection, _mode: &Mode) -> Result<(), Error> {
        Ok(())
    }

    fn commit(&self, connection: &mut dyn Connection) -> Result<(), Error> {
        connection.execute("COMMIT", &[]).map(drop)
    }

    fn rollback(&self, connection: &mut dyn Connection) {
        let _ = connection.execute("ROLLBACK", &[]);
    }

    /// No script of this dialect replaces a table.
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
        joins(&said::inner(sql))
    }

    /// Rows of MyISAM, Aria and their like stay as they were changed
    /// (<https://mariadb.com/kb/en/rollback/>).
    fn rolls_back(&self, connection: &mut dyn Connection, sql: &str) -> Result<bool, Error> {
        let looks = words(sql).next().is_some_and(|first| first.is("SELECT"));
        Ok(looks || engines::lasting(connection, sql)?.is_empty())
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
        variables::forgotten(connection, done, left)
    }

    fn fingerprint(&self, connection: &mut dyn Connection, sql: &str) -> Result<String, Error> {
        let trace = interrupted::trace(connection, sql)?;
        serde_json::to_string(&trace).map_err(|error| Error {
            kind: ErrorKind::Statement,
            message: error.to_string(),
            offset: None,
        })
    }

    fn probe(&self, connection: &mut dyn Connection, sql: &str, before: &str) -> Result<Progress, Error> {
        let before = serde_json::from_str(before).ok();
        interrupted::progress(connection, sql, before.as_ref())
    }

    fn backup(&self, _connection: &mut dyn Connection, _to: &Path) -> Result<(), Error> {
        Err(Error {
            kind: ErrorKind::Statement,
            message: "a database on a server is backed up with `mariadb-dump` or `mysqldump`".to_owned(),
            offset: None,
        })
    }
}

/// Returns a time to wait as the server takes it: whole seconds, at most a year.
fn seconds(timeout: Duration) -> u64 {
    timeout.as_secs().clamp(1, 31_536_000)
}

/// Tries to take the lock, waiting for as many seconds.
fn get_lock(connection: &mut dyn Connection, seconds: u32) -> Result<bool, Error> {
    let rows = connection.query("SELECT database()", &[])?;
    if let Some([Value::Null]) = rows.first().map(Vec::as_slice) {
        return Err(no_database());
    }
    let rows = connection.query(&format!("SELECT get_lock({LOCK}, {seconds})"), &[])?;
    match rows.first().and_then(|row| row.first()) {
        Some(Value::Integer(1)) => Ok(true),
        Some(Value::Integer(0)) => Ok(false),
        Some(_) | None => Err(Error {
            kind: ErrorKind::Statement,
            message: "the server did not say whether it gave the lock".to_owned(),
            offset: None,
        }),
    }
}

/// Returns the error of a session in which no database is selected.
pub(super) fn no_database() -> Error {
    Error {
        kind: ErrorKind::Statement,
        message: "the session has no database; name one in the URL, as in `mysql://user@host/database`, or select one with `USE`".to_owned(),
        offset: None,
    }
}

/// Returns the text that a query gives; an empty one if it gives none.
fn text(connection: &mut dyn Connection, query: &str) -> Result<String, Error> {
    let rows = connection.query(query, &[])?;
    let text = rows.first().and_then(|row| row.first()).and_then(Value::as_str);
    Ok(text.unwrap_or_default().to_owned())
}

/// Returns who has the lock, in words.
fn holder(connection: &mut dyn Connection) -> Result<String, Error> {
    let rows = connection.query(
        &format!(
            "SELECT l.id, p.USER, p.HOST FROM (SELECT is_used_lock({LOCK}) AS id) l
                LEFT JOIN information_schema.PROCESSLIST p ON p.ID = l.id"
        ),
        &[],
    )?;
    Ok(match rows.first().map(Vec::as_slice) {
        Some([Value::Integer(id), Value::Text(user), Value::Text(host)]) => {
            format!("the session {id} of {user}, from {host}")
        }
        Some([Value::Integer(id), ..]) => format!("the session {id}"),
        Some([..]) | None => "another session".to_owned(),
    })
}

/// Returns the words and marks of a statement, those in comments that are run among them.
fn words(sql: &str) -> impl Iterator<Item = Token<'_>> {
    lex(sql, super::SCRIPTS).filter(|token| !token.is_trivia() && !token.marks_executable())
}

/// Returns all that a statement may name, in lower case: only a grammar would know which word is a table's name.
fn named(sql: &str) -> BTreeSet<String> {
    words(sql)
        .filter_map(|word| word.name())
        .map(|name| name.to_lowercase())
        .collect()
}

/// Tells whether a statement changes rows, or looks at them, and does not commit by itself.
fn joins(sql: &str) -> bool {
    let mut words = words(sql);
    let first = words.next();
    let is_any = |known: &[&str]| first.is_some_and(|first| known.iter().any(|word| first.is(word)));
    is_any(&["INSERT", "UPDATE", "DELETE", "REPLACE", "SELECT", "WITH"])
        // `LOAD INDEX INTO CACHE` is something else.
        || (is_any(&["LOAD"]) && words.next().is_some_and(|what| what.is("DATA") || what.is("XML")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_shares_a_transaction() {
        let joins = |sql: &str| super::super::MySql.joins_transaction(sql);
        for sql in [
            "UPDATE t SET a = 1",
            "-- why\n insert into t values (1)",
            "WITH x AS (SELECT 1) SELECT 1",
            "/*!40000 INSERT INTO t VALUES (1) */",
            "SET STATEMENT max_statement_time = 5 FOR UPDATE t SET a = 1",
            "LOAD DATA INFILE 'a' INTO TABLE t",
            "LOAD XML LOCAL INFILE 'a' INTO TABLE t",
        ] {
            assert!(joins(sql), "{sql}");
        }
        for sql in [
            "ALTER TABLE t ADD a INT",
            "TRUNCATE t",
            "CALL p()",
            "SET @a = 1",
            "SET STATEMENT max_statement_time = 5 FOR ALTER TABLE t ADD a INT",
            "LOAD INDEX INTO CACHE t",
            "/*!80000 ALTER TABLE t ADD a INT */",
            "",
        ] {
            assert!(!joins(sql), "{sql}");
        }
    }
}
