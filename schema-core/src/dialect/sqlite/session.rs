//! The transaction of a script: its lock, its foreign keys and its end.
//!
//! A table is replaced with foreign keys off, because `DROP TABLE` deletes the rows first and ON DELETE actions of other tables
//! would follow (<https://sqlite.org/foreignkeys.html#fk_schemacommands>). The pragma does nothing within a transaction, so
//! it is set before and read back. What has to be known at the end (whether foreign keys were on, which rows broke
//! them already) waits in TEMP tables of the same connection, where no other session sees it.

use std::time::Duration;

use super::dependents;
use crate::db::{Connection, Error, ErrorKind, Value};
use crate::dialect::{Mode, Session};

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

    fn has_table(&self, connection: &mut dyn Connection, table: &str) -> Result<bool, Error> {
        let sql = "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE";
        Ok(!connection.query(sql, &[table.into()])?.is_empty())
    }

    fn begin(&self, connection: &mut dyn Connection, mode: &Mode, timeout: Duration) -> Result<(), Error> {
        let milliseconds = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
        connection.execute(&format!("PRAGMA busy_timeout = {milliseconds}"), &[])?;
        remember_foreign_keys(connection)?;
        let began = set_foreign_keys(connection, !mode.foreign_keys_off).and_then(|()| {
            if mode.no_transaction {
                return Ok(());
            }
            connection.execute("BEGIN IMMEDIATE", &[]).map(drop)
        });
        let began = began.and_then(|()| {
            if mode.foreign_keys_off {
                remember_violations(connection)
            } else {
                Ok(())
            }
        });
        if began.is_err() {
            self.rollback(connection, mode);
        }
        began
    }

    fn commit(&self, connection: &mut dyn Connection, mode: &Mode) -> Result<(), Error> {
        if mode.foreign_keys_off {
            refuse_new_violations(connection)?;
        }
        if !mode.no_transaction {
            connection.execute("COMMIT", &[])?;
        }
        restore_foreign_keys(connection)
    }

    fn rollback(&self, connection: &mut dyn Connection, _mode: &Mode) {
        // SQLite may have ended the transaction by itself (ON CONFLICT ROLLBACK, RAISE(ROLLBACK), a full disk): then there is
        // nothing to roll back, and the error of doing so says just that.
        let _ = connection.execute("ROLLBACK", &[]);
        let _ = connection.execute("PRAGMA legacy_alter_table = OFF", &[]);
        let _ = restore_foreign_keys(connection);
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

fn remember_foreign_keys(connection: &mut dyn Connection) -> Result<(), Error> {
    let before = foreign_keys(connection)?;
    connection.execute(
        "CREATE TEMP TABLE IF NOT EXISTS _autogen_session (foreign_keys INTEGER NOT NULL)",
        &[],
    )?;
    connection.execute("DELETE FROM temp._autogen_session", &[])?;
    connection.execute(
        "INSERT INTO temp._autogen_session VALUES (?1)",
        &[Value::Integer(before.into())],
    )?;
    Ok(())
}

fn restore_foreign_keys(connection: &mut dyn Connection) -> Result<(), Error> {
    let rows = connection.query(
        "SELECT name FROM temp.sqlite_schema WHERE name = '_autogen_session'",
        &[],
    )?;
    if rows.is_empty() {
        return Ok(());
    }
    let rows = connection.query("SELECT foreign_keys FROM temp._autogen_session", &[])?;
    if let Some(Value::Integer(before)) = rows.first().and_then(|row| row.first()) {
        set_foreign_keys(connection, *before != 0)?;
    }
    connection.execute("DROP TABLE IF EXISTS temp._autogen_violations", &[])?;
    connection.execute("DROP TABLE temp._autogen_session", &[])?;
    Ok(())
}

/// Remembers the rows that broke a foreign key before the script began: a connection that does not enforce them may have left
/// some, and they are not the script's fault.
fn remember_violations(connection: &mut dyn Connection) -> Result<(), Error> {
    connection.execute(
        "CREATE TEMP TABLE _autogen_violations (tbl TEXT NOT NULL, row INTEGER, parent TEXT NOT NULL)",
        &[],
    )?;
    for violation in violations(connection)? {
        connection.execute(
            "INSERT INTO temp._autogen_violations VALUES (?1, ?2, ?3)",
            &[
                Value::Text(violation.table),
                violation.rowid.into(),
                Value::Text(violation.parent),
            ],
        )?;
    }
    Ok(())
}

fn refuse_new_violations(connection: &mut dyn Connection) -> Result<(), Error> {
    let mut new = Vec::new();
    for violation in violations(connection)? {
        if !is_remembered(connection, &violation)? {
            new.push(violation);
        }
    }
    if new.is_empty() {
        return Ok(());
    }
    let shown: Vec<String> = new.iter().take(SHOWN).map(describe).collect();
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
