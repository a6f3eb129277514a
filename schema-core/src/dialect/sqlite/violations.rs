//! Rows whose foreign keys name no row: those that were there before a script, and those that it would leave.
//!
//! What has to be known at the end waits in a TEMP table of the connection, where no other session sees it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ddl::quote;
use crate::db::{Connection, Error, ErrorKind, Value};

/// How many rows an error shows.
const SHOWN: usize = 10;

/// A row whose foreign key names no row.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Violation {
    table: String,
    rowid: Option<i64>,
    parent: String,
}

/// Makes room for what is to be remembered.
///
/// # Errors
///
/// What the database reports.
pub(super) fn prepare(connection: &mut dyn Connection) -> Result<(), Error> {
    connection.execute(
        "CREATE TEMP TABLE IF NOT EXISTS _autogen_violations (tbl TEXT NOT NULL, row INTEGER, parent TEXT NOT NULL)",
        &[],
    )?;
    connection
        .execute(
            "CREATE INDEX IF NOT EXISTS temp._autogen_violations_row ON _autogen_violations (row)",
            &[],
        )
        .map(drop)
}

/// Forgets it.
///
/// # Errors
///
/// What the database reports.
pub(super) fn forget(connection: &mut dyn Connection) -> Result<(), Error> {
    connection
        .execute("DROP TABLE temp._autogen_violations", &[])
        .map(drop)
}

/// Remembers the rows that break a foreign key before a script begins: a connection that does not enforce them may have left
/// some, and they are not the script's fault.
///
/// # Errors
///
/// What the database reports.
pub(super) fn remember(connection: &mut dyn Connection) -> Result<(), Error> {
    let found = violations(connection)?;
    write(connection, &found)
}

/// Returns what is remembered as a text.
///
/// # Errors
///
/// What the database reports.
pub(super) fn noted(connection: &mut dyn Connection) -> Result<String, Error> {
    let rows = connection.query("SELECT tbl, row, parent, NULL FROM temp._autogen_violations", &[])?;
    let found: Vec<Violation> = rows.iter().filter_map(|row| violation(row)).collect();
    serde_json::to_string(&found).map_err(|error| unreadable(&error))
}

/// Remembers what such a text says, and nothing else.
///
/// # Errors
///
/// What the database reports.
pub(super) fn recall(connection: &mut dyn Connection, text: &str) -> Result<(), Error> {
    let found: Vec<Violation> = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
    write(connection, &found)
}

fn unreadable(error: &serde_json::Error) -> Error {
    Error {
        kind: ErrorKind::Statement,
        message: format!("the rows that broke a foreign key before are not understood: {error}"),
        offset: None,
    }
}

fn write(connection: &mut dyn Connection, found: &[Violation]) -> Result<(), Error> {
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

/// Refuses rows that break a foreign key and did not break it before the script began, as far as that is remembered.
///
/// # Errors
///
/// The rows, or what the database reports.
pub(super) fn refuse_new(connection: &mut dyn Connection) -> Result<(), Error> {
    let found = violations(connection)?;
    let mut alike: BTreeMap<&Violation, i64> = BTreeMap::new();
    let mut new = Vec::new();
    for violation in &found {
        let alike = alike.entry(violation).or_default();
        *alike += 1;
        if *alike > remembered(connection, violation)? {
            new.push(violation);
        }
    }
    if new.is_empty() {
        // The next script of the transaction begins with these.
        return write(connection, &found);
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

/// Returns how many such violations there were: rows of a table WITHOUT ROWID all look the same, and so do two keys of one row to one
/// parent. A table that is gone may have another name by now, so its row and its parent decide.
fn remembered(connection: &mut dyn Connection, violation: &Violation) -> Result<i64, Error> {
    let rows = connection.query(
        "SELECT count(*) FROM temp._autogen_violations WHERE row IS ?2
            AND (tbl = ?1 OR tbl NOT IN (SELECT name FROM main.sqlite_schema))
            AND (parent = ?3 COLLATE NOCASE OR parent NOT IN (SELECT name FROM main.sqlite_schema))",
        &[
            Value::Text(violation.table.clone()),
            violation.rowid.into(),
            Value::Text(violation.parent.clone()),
        ],
    )?;
    let count = rows.first().and_then(|row| row.first()?.as_integer());
    Ok(count.unwrap_or_default())
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
                let sql = format!("PRAGMA main.foreign_key_check({})", quote(table));
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
