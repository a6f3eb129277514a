//! How scripts run: the lock, the transaction, the foreign keys, and what an interruption leaves.
//!
//! A table is replaced with foreign keys off, because `DROP TABLE` deletes the rows first and ON DELETE actions of other tables
//! would follow (<https://sqlite.org/foreignkeys.html#fk_schemacommands>). The pragma does nothing within a transaction, so
//! it is set before and read back. What has to be known at the end (what was set, which rows broke a foreign key
//! already) waits in TEMP tables of the same connection, where no other session sees it.

use std::collections::BTreeSet;
use std::path::Path;

use super::{backup, dependents, redefine};
use crate::db::{Connection, Error, ErrorKind, Value};
use crate::dialect::{Limits, Mode, Session};
use crate::lexer::lex;

/// How many rows an error shows.
const SHOWN: usize = 10;

/// A row whose foreign key names no row.
#[derive(Debug, PartialEq, Eq)]
struct Violation {
    table: String,
    rowid: Option<i64>,
    parent: String,
}

impl Session for super::Sqlite {
    fn transactional(&self) -> bool {
        true
    }

    fn shares_transactions(&self) -> bool {
        true
    }

    fn has_table(&self, connection: &mut dyn Connection, table: &str) -> Result<bool, Error> {
        let sql = "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE";
        Ok(!connection.query(sql, &[table.into()])?.is_empty())
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
                waiting("another process or connection that writes");
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
            .and_then(|()| {
                set_busy_timeout(
                    connection,
                    i64::try_from(limits.lock.as_millis()).unwrap_or(i64::MAX),
                )
            })
            .and_then(|()| connection.limit_statements(limits.statement))
            .and_then(|()| match mode {
                Mode {
                    foreign_keys_off: true,
                    no_transaction: true,
                } => remember_violations(connection),
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
        if mode.foreign_keys_off && !mode.no_transaction {
            if let Err(error) = remember_violations(connection) {
                self.rollback(connection);
                return Err(error);
            }
        }
        Ok(())
    }

    fn check(&self, connection: &mut dyn Connection, mode: &Mode) -> Result<(), Error> {
        if mode.foreign_keys_off {
            refuse_new_violations(connection)?;
        }
        if mode.no_transaction {
            return Ok(());
        }
        refuse_ended(connection)
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
        dependents::restore(connection, table, kept)
    }

    /// All do but those that SQLite refuses in a transaction, and the pragmas, some of which it ignores there
    /// (<https://sqlite.org/pragma.html#pragma_foreign_keys>).
    fn joins_transaction(&self, sql: &str) -> bool {
        let first = lex(sql, super::LEXICON).find(|token| !token.is_trivia());
        let alone = ["VACUUM", "PRAGMA", "ATTACH", "DETACH"];
        !first.is_some_and(|first| alone.iter().any(|word| first.is(word)))
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

fn foreign_keys(connection: &mut dyn Connection) -> Result<bool, Error> {
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
        "CREATE TEMP TABLE IF NOT EXISTS _autogen_session (foreign_keys INTEGER NOT NULL, busy_timeout INTEGER NOT NULL)",
        &[],
    )?;
    connection.execute(
        "CREATE TEMP TABLE IF NOT EXISTS _autogen_violations (tbl TEXT NOT NULL, row INTEGER, parent TEXT NOT NULL)",
        &[],
    )?;
    connection.execute("DELETE FROM temp._autogen_session", &[])?;
    connection.execute(
        "INSERT INTO temp._autogen_session VALUES (?1, ?2)",
        &[Value::Integer(foreign_keys.into()), busy_timeout.into()],
    )?;
    Ok(())
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
    connection.execute("DROP TABLE temp._autogen_violations", &[])?;
    connection.execute("DROP TABLE temp._autogen_session", &[])?;
    Ok(())
}

/// Remembers the rows that break a foreign key before a script begins: a connection that does not enforce them may have left
/// some, and they are not the script's fault.
fn remember_violations(connection: &mut dyn Connection) -> Result<(), Error> {
    let found = violations(connection)?;
    remember(connection, &found)
}

fn remember(connection: &mut dyn Connection, found: &[Violation]) -> Result<(), Error> {
    connection.execute("DELETE FROM temp._autogen_violations", &[])?;
    for violation in found {
        connection.execute(
            "INSERT INTO temp._autogen_violations VALUES (?1, ?2, ?3)",
            &[
                violation.table.as_str().into(),
                violation.rowid.into(),
                violation.parent.as_str().into(),
            ],
        )?;
    }
    Ok(())
}

fn refuse_new_violations(connection: &mut dyn Connection) -> Result<(), Error> {
    let found = violations(connection)?;
    let mut new = Vec::new();
    for violation in &found {
        if !is_remembered(connection, violation)? {
            new.push(violation);
        }
    }
    if new.is_empty() {
        // The next script of the transaction begins with these.
        return remember(connection, &found);
    }
    let shown: Vec<String> = new
        .iter()
        .take(SHOWN)
        .map(|violation| describe(violation))
        .collect();
    let more = match new.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    Err(Error {
        kind: ErrorKind::Statement,
        message: format!("foreign keys do not hold: {}{more}", shown.join(", ")),
        offset: None,
    })
}

fn describe(violation: &Violation) -> String {
    let Violation { table, rowid, parent } = violation;
    match rowid {
        Some(rowid) => format!("row {rowid} of `{table}` refers to no row of `{parent}`"),
        None => format!("a row of `{table}` refers to no row of `{parent}`"),
    }
}

/// A table that is gone may have another name by now, so its row and its parent decide.
fn is_remembered(connection: &mut dyn Connection, violation: &Violation) -> Result<bool, Error> {
    let rows = connection.query(
        "SELECT 1 FROM temp._autogen_violations WHERE row IS ?2
            AND (tbl = ?1 OR tbl NOT IN (SELECT name FROM main.sqlite_schema))
            AND (parent = ?3 COLLATE NOCASE OR parent NOT IN (SELECT name FROM main.sqlite_schema)) LIMIT 1",
        &[
            Value::Text(violation.table.clone()),
            violation.rowid.into(),
            Value::Text(violation.parent.clone()),
        ],
    )?;
    Ok(!rows.is_empty())
}

/// Returns what `foreign_key_check` finds.
///
/// A key that points at columns which are no key fails the whole check; then the tables are checked one by one, and such a
/// table counts as one violation.
fn violations(connection: &mut dyn Connection) -> Result<Vec<Violation>, Error> {
    let whole = connection.query("PRAGMA main.foreign_key_check", &[]);
    match whole {
        Ok(rows) => Ok(rows.iter().filter_map(|row| violation(row)).collect()),
        Err(error) if error.kind != ErrorKind::Statement => Err(error),
        Err(_) => {
            let mut found = Vec::new();
            let tables = connection.query("SELECT name FROM main.sqlite_schema WHERE type = 'table'", &[])?;
            for table in tables.iter().filter_map(|row| row.first()?.as_str()) {
                let sql = format!("PRAGMA main.foreign_key_check({})", super::ddl::quote(table));
                match connection.query(&sql, &[]) {
                    Ok(rows) => found.extend(rows.iter().filter_map(|row| violation(row))),
                    Err(error) if error.kind != ErrorKind::Statement => return Err(error),
                    Err(error) => found.push(Violation {
                        table: table.to_owned(),
                        rowid: None,
                        parent: error.message,
                    }),
                }
            }
            Ok(found)
        }
    }
}

fn violation(row: &[Value]) -> Option<Violation> {
    let [table, rowid, parent, _key] = row else {
        return None;
    };
    Some(Violation {
        table: table.as_str()?.to_owned(),
        rowid: rowid.as_integer(),
        parent: parent.as_str()?.to_owned(),
    })
}
