//! How scripts run: the lock, the transaction, the foreign keys, and what an interruption leaves.
//!
//! A table is replaced with foreign keys off, because `DROP TABLE` deletes the rows first and ON DELETE actions of other tables
//! would follow (<https://sqlite.org/foreignkeys.html#fk_schemacommands>). The pragma does nothing within a transaction, so
//! it is set before and read back. What has to be known at the end (what was set, which rows broke a foreign key
//! already) waits in TEMP tables of the same connection, where no other session sees it.

mod effect;
mod restore;
mod stock;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use super::{backup, dependents, redefine, violations};
use crate::db::{Connection, Error, ErrorKind, Value};
use crate::dialect::{Effect, Home, Limits, Mode, Progress, Restore, Session, Stock, Within};
use crate::lexer::lex;
use crate::plan::Plan;

/// Who is in the way: the file does not tell.
const WRITER: &str = "another process or connection that writes";

impl Session for super::Sqlite {
    fn transactional(&self) -> bool {
        true
    }

    fn shares_transactions(&self) -> bool {
        true
    }

    fn home(&self, connection: &mut dyn Connection, table: &str) -> Result<Home, Error> {
        let sql = "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE";
        Ok(Home {
            schema: Some("main".to_owned()),
            has_table: !connection.query(sql, &[table.into()])?.is_empty(),
            holds_all_text: true,
        })
    }

    /// A transaction that spills its pages to the disk, such as one that copies a big table, keeps readers out until it ends
    /// (<https://sqlite.org/lockingv3.html>).
    fn bounded(
        &self,
        connection: &mut dyn Connection,
        timeout: Duration,
        read: &mut dyn FnMut(&mut dyn Connection),
    ) -> Result<(), Error> {
        let before = busy_timeout(connection)?;
        set_busy_timeout(connection, milliseconds(timeout))?;
        read(connection);
        set_busy_timeout(connection, before)
    }

    fn keeps_readers_out(&self, _connection: &mut dyn Connection, _table: &str) -> String {
        WRITER.to_owned()
    }

    /// The lock is `BEGIN IMMEDIATE`, which every transaction takes for itself; here it is only looked at.
    fn lock(
        &self,
        connection: &mut dyn Connection,
        _limits: &Limits,
        waiting: &mut dyn FnMut(&str),
    ) -> Result<(), Error> {
        let before = busy_timeout(connection)?;
        set_busy_timeout(connection, 0)?;
        let looked = match connection.execute("BEGIN IMMEDIATE", &[]) {
            Ok(_) => connection.execute("ROLLBACK", &[]).map(drop),
            Err(error) if error.kind == ErrorKind::Locked => {
                waiting(WRITER);
                Ok(())
            }
            Err(error) => Err(error),
        };
        looked.and(set_busy_timeout(connection, before))
    }

    fn unlock(&self, _connection: &mut dyn Connection) {}

    fn enter(&self, connection: &mut dyn Connection, mode: &Mode, limits: &Limits) -> Result<(), Error> {
        let entered = remember_settings(connection)
            .and_then(|()| set_foreign_keys(connection, !mode.foreign_keys_off))
            .and_then(|()| set_busy_timeout(connection, milliseconds(limits.lock)))
            .and_then(|()| connection.limit_statements(limits.statement))
            .and_then(|()| match mode {
                Mode {
                    foreign_keys_off: true,
                    no_transaction: true,
                } => violations::remember(connection),
                Mode { .. } => Ok(()),
            });
        if entered.is_err() {
            self.leave(connection, mode);
        }
        entered
    }

    fn leave(&self, connection: &mut dyn Connection, _mode: &Mode) {
        let _ = connection.limit_statements(None);
        let _ = connection.execute("PRAGMA legacy_alter_table = OFF", &[]);
        let _ = restore_settings(connection);
    }

    fn begin(&self, connection: &mut dyn Connection, mode: &Mode, _limits: &Limits) -> Result<(), Error> {
        connection.execute("BEGIN IMMEDIATE", &[])?;
        if !mode.foreign_keys_off || mode.no_transaction {
            return Ok(());
        }
        let remembered = looks_first(connection).and_then(|looks_first| {
            if looks_first {
                violations::remember(connection)
            } else {
                Ok(())
            }
        });
        if remembered.is_err() {
            self.rollback(connection);
        }
        remembered
    }

    fn check(&self, connection: &mut dyn Connection, mode: &Mode) -> Result<(), Error> {
        if mode.foreign_keys_off {
            violations::refuse_new(connection)?;
        }
        if mode.no_transaction {
            return Ok(());
        }
        refuse_ended(connection)
    }

    fn remembered(&self, connection: &mut dyn Connection, mode: &Mode) -> Result<Option<String>, Error> {
        match mode {
            Mode {
                foreign_keys_off: true,
                no_transaction: true,
            } => violations::noted(connection).map(Some),
            Mode { .. } => Ok(None),
        }
    }

    fn recall(&self, connection: &mut dyn Connection, remembered: &str) -> Result<(), Error> {
        violations::recall(connection, remembered)
    }

    /// Whether all foreign keys hold is seen by reading every row that has one, and mostly they do: then what was before need not be
    /// known.
    fn looks_first(&self, connection: &mut dyn Connection, mode: &Mode) -> bool {
        let wanted = mode.foreign_keys_off && !mode.no_transaction;
        wanted
            && matches!(looks_first(connection), Ok(false))
            && connection
                .execute("UPDATE temp._autogen_session SET looks_first = 1", &[])
                .is_ok()
    }

    fn commit(&self, connection: &mut dyn Connection) -> Result<(), Error> {
        connection.execute("COMMIT", &[]).map(drop)
    }

    fn rollback(&self, connection: &mut dyn Connection) {
        // SQLite may have ended the transaction by itself (ON CONFLICT ROLLBACK, RAISE(ROLLBACK), a full disk): then there is
        // nothing to roll back, and the error of doing so says just that.
        let _ = connection.execute("ROLLBACK", &[]);
        let _ = connection.execute("PRAGMA legacy_alter_table = OFF", &[]);
        let _ = connection.execute("PRAGMA writable_schema = OFF", &[]);
        let _ = connection.allow_schema_edits(false);
        connection.expect_rows(None);
    }

    fn redefine_table(&self, connection: &mut dyn Connection, sql: &str) -> Result<Vec<String>, Error> {
        redefine::redefine(connection, sql)
    }

    fn keep_dependents(&self, connection: &mut dyn Connection, table: &str) -> Result<Vec<String>, Error> {
        dependents::keep(connection, table)
    }

    fn restore_dependents(
        &self,
        connection: &mut dyn Connection,
        table: &str,
        kept: &[String],
    ) -> Result<(), Error> {
        dependents::restore(connection, table, kept).map(drop)
    }

    /// All do but those that SQLite refuses in a transaction, and the pragmas, some of which it ignores there
    /// (<https://sqlite.org/pragma.html#pragma_foreign_keys>).
    fn joins_transaction(&self, sql: &str) -> bool {
        let first = lex(sql, super::LEXICON).find(|token| !token.is_trivia());
        let alone = ["VACUUM", "PRAGMA", "ATTACH", "DETACH"];
        !first.is_some_and(|first| alone.iter().any(|word| first.is(word)))
    }

    /// A change of the journal reads before it writes, and who reads already is refused at once, lest two wait for each other
    /// (<https://sqlite.org/c3ref/busy_handler.html>).
    fn waits_alone(&self) -> bool {
        false
    }

    fn effect(&self, sql: &str) -> Effect {
        effect::effect(sql)
    }

    fn may_leave(&self, sql: &str) -> bool {
        stock::may_leave(sql)
    }

    fn outlives_transaction(&self, sql: &str) -> bool {
        stock::attaches(sql)
    }

    fn stock(&self, connection: &mut dyn Connection, _statements: &[&str]) -> Result<Stock, Error> {
        stock::take(connection)
    }

    fn put_back(
        &self,
        connection: &mut dyn Connection,
        before: &Stock,
        _statements: &[&str],
        within: Within,
    ) -> Result<(), Error> {
        stock::put_back(connection, before, within)
    }

    fn restore(&self, plan: &Plan) -> Restore {
        restore::restore(plan)
    }

    fn fingerprint(&self, connection: &mut dyn Connection, sql: &str) -> Result<String, Error> {
        let named: BTreeSet<String> = lex(sql, super::LEXICON)
            .filter_map(|token| token.name())
            .map(|name| name.to_lowercase())
            .collect();
        let rows = connection.query(
            "SELECT name, tbl_name, sql FROM main.sqlite_schema ORDER BY type, name",
            &[],
        )?;
        let is_named = |value: &Value| {
            value
                .as_str()
                .is_some_and(|name| named.contains(&name.to_lowercase()))
        };
        let said: Vec<String> = rows
            .iter()
            .filter(|row| row.iter().take(2).any(is_named))
            .map(|row| row.iter().map(Value::to_string).collect::<Vec<_>>().join(" "))
            .collect();
        Ok(said.join("\n"))
    }

    /// What does not join a transaction leaves the same if it is done twice.
    fn probe(&self, connection: &mut dyn Connection, sql: &str, before: &str) -> Result<Progress, Error> {
        let twice = !self.joins_transaction(sql);
        Ok(if twice || self.fingerprint(connection, sql)? == before {
            Progress::Nothing
        } else {
            Progress::Whole
        })
    }

    fn copies_in_transaction(&self, connection: &mut dyn Connection) -> Result<bool, Error> {
        Ok(backup::file(connection)?.is_some())
    }

    fn backup(&self, connection: &mut dyn Connection, to: &Path) -> Result<(), Error> {
        backup::copy(connection, to)
    }
}

/// Refuses to go on if SQLite has ended the transaction, as it may after an error: what follows would be committed by itself. That
/// none can be begun is how one is seen.
fn refuse_ended(connection: &mut dyn Connection) -> Result<(), Error> {
    match connection.execute("BEGIN", &[]) {
        Err(error) if error.kind == ErrorKind::Statement => Ok(()),
        Err(error) => Err(error),
        Ok(_) => {
            connection.execute("ROLLBACK", &[])?;
            Err(Error {
                kind: ErrorKind::Statement,
                message: "the database has ended the transaction by itself".to_owned(),
                offset: None,
            })
        }
    }
}

/// Returns how long to wait for locks, as SQLite takes it.
fn milliseconds(timeout: Duration) -> i64 {
    i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX)
}

fn busy_timeout(connection: &mut dyn Connection) -> Result<i64, Error> {
    let rows = connection.query("PRAGMA busy_timeout", &[])?;
    let milliseconds = rows
        .first()
        .and_then(|row| row.first())
        .and_then(Value::as_integer);
    Ok(milliseconds.unwrap_or_default())
}

fn set_busy_timeout(connection: &mut dyn Connection, milliseconds: i64) -> Result<(), Error> {
    let milliseconds = i32::try_from(milliseconds).unwrap_or(i32::MAX);
    connection
        .execute(&format!("PRAGMA busy_timeout = {milliseconds}"), &[])
        .map(drop)
}

/// Tells whether foreign keys are enforced.
///
/// # Errors
///
/// What the database reports.
pub(super) fn foreign_keys(connection: &mut dyn Connection) -> Result<bool, Error> {
    let rows = connection.query("PRAGMA foreign_keys", &[])?;
    Ok(rows.first().and_then(|row| row.first()) == Some(&Value::Integer(1)))
}

fn set_foreign_keys(connection: &mut dyn Connection, on: bool) -> Result<(), Error> {
    connection.execute(
        if on {
            "PRAGMA foreign_keys = ON"
        } else {
            "PRAGMA foreign_keys = OFF"
        },
        &[],
    )?;
    if foreign_keys(connection)? == on {
        return Ok(());
    }
    Err(Error {
        kind: ErrorKind::Statement,
        message: format!(
            "cannot turn foreign keys {}: a transaction is open already",
            if on { "on" } else { "off" }
        ),
        offset: None,
    })
}

fn remember_settings(connection: &mut dyn Connection) -> Result<(), Error> {
    let (foreign_keys, busy_timeout) = (foreign_keys(connection)?, busy_timeout(connection)?);
    connection.execute(
        "CREATE TEMP TABLE IF NOT EXISTS _autogen_session (foreign_keys INTEGER NOT NULL, busy_timeout INTEGER NOT NULL, looks_first INTEGER NOT NULL)",
        &[],
    )?;
    violations::prepare(connection)?;
    connection.execute("DELETE FROM temp._autogen_session", &[])?;
    connection.execute(
        "INSERT INTO temp._autogen_session VALUES (?1, ?2, 0)",
        &[Value::Integer(foreign_keys.into()), busy_timeout.into()],
    )?;
    Ok(())
}

/// Tells whether what does not hold is looked at before a script begins.
fn looks_first(connection: &mut dyn Connection) -> Result<bool, Error> {
    let rows = connection.query("SELECT looks_first FROM temp._autogen_session", &[])?;
    Ok(rows.first().and_then(|row| row.first()) == Some(&Value::Integer(1)))
}

fn restore_settings(connection: &mut dyn Connection) -> Result<(), Error> {
    let rows = connection.query(
        "SELECT name FROM temp.sqlite_schema WHERE name = '_autogen_session'",
        &[],
    )?;
    if rows.is_empty() {
        return Ok(());
    }
    let rows = connection.query(
        "SELECT foreign_keys, busy_timeout FROM temp._autogen_session",
        &[],
    )?;
    if let Some([Value::Integer(on), Value::Integer(milliseconds)]) = rows.first().map(Vec::as_slice) {
        set_foreign_keys(connection, *on != 0)?;
        set_busy_timeout(connection, *milliseconds)?;
    }
    violations::forget(connection)?;
    connection.execute("DROP TABLE temp._autogen_session", &[])?;
    Ok(())
}
