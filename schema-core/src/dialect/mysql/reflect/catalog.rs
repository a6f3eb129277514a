//! The queries of the catalog, and their rows.

use crate::db::{Connection, Error, Value};
use crate::dialect::mysql::session::no_database;
use crate::schema::TableName;

/// What a server does with the names of tables, by its `lower_case_table_names`
/// (<https://dev.mysql.com/doc/refman/8.4/en/identifier-case-sensitivity.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dialect::mysql) enum TableNames {
    /// It keeps them, and those that differ in case are different ones: 0, as on Linux.
    Kept,
    /// It keeps them in lower case: 1, as on Windows.
    Lowered,
    /// It keeps them, and takes those that differ in case for the same: 2, as on macOS. InnoDB notes those of foreign keys in lower case.
    Folded,
}

impl TableNames {
    /// Returns how the server calls a table that a script calls so.
    pub(in crate::dialect::mysql) fn kept(self, table: &TableName) -> TableName {
        match self {
            TableNames::Lowered => TableName {
                schema: table.schema.as_ref().map(|schema| schema.to_lowercase()),
                name: table.name.to_lowercase(),
            },
            TableNames::Kept | TableNames::Folded => table.clone(),
        }
    }
}

/// Who the server is, as far as its catalog and its words differ.
#[derive(Debug, Clone)]
pub(in crate::dialect::mysql) struct Server {
    /// Whether it is MariaDB.
    pub(in crate::dialect::mysql) is_mariadb: bool,
    /// Whether its indexes can be in descending order; MariaDB before 10.8 takes the word and forgets it
    /// (<https://mariadb.com/kb/en/create-index/>).
    pub(in crate::dialect::mysql) keeps_descending: bool,
    /// What it does with the names of tables.
    pub(in crate::dialect::mysql) names: TableNames,
    /// The engine of tables that name none.
    pub(in crate::dialect::mysql) engine: String,
    /// The collation of tables of this database that name none.
    pub(in crate::dialect::mysql) collation: String,
}

impl Server {
    pub(in crate::dialect::mysql) fn ask(connection: &mut dyn Connection) -> Result<Self, Error> {
        let rows = connection.query(
            "SELECT version(), @@default_storage_engine, @@collation_database, database(), @@lower_case_table_names",
            &[],
        )?;
        let mut row = rows.into_iter().next().unwrap_or_default().into_iter();
        let mut next = || text(row.next());
        let (version, engine, collation, database, names) = (next(), next(), next(), next(), next());
        if database.is_empty() {
            return Err(no_database());
        }
        let is_mariadb = version.to_ascii_lowercase().contains("mariadb");
        Ok(Server {
            is_mariadb,
            names: match names.as_str() {
                "1" => TableNames::Lowered,
                "2" => TableNames::Folded,
                _ => TableNames::Kept,
            },
            keeps_descending: !is_mariadb || numbers(&version) >= (10, 8),
            engine,
            collation: crate::dialect::mysql::normalize::current(&collation),
        })
    }
}

/// Returns the first two numbers of a version.
fn numbers(version: &str) -> (u32, u32) {
    let mut numbers = version
        .split(|c: char| !c.is_ascii_digit())
        .map(|digits| digits.parse().unwrap_or_default());
    (
        numbers.next().unwrap_or_default(),
        numbers.next().unwrap_or_default(),
    )
}

/// A table.
#[derive(Debug)]
pub(super) struct TableRow {
    pub(super) name: String,
    pub(super) engine: String,
    pub(super) collation: String,
    pub(super) comment: String,
}

pub(super) fn tables(connection: &mut dyn Connection, found: &mut dyn FnMut(TableRow)) -> Result<(), Error> {
    rows(
        connection,
        "SELECT TABLE_NAME, ENGINE, TABLE_COLLATION, TABLE_COMMENT FROM information_schema.TABLES
            WHERE TABLE_SCHEMA = database() AND TABLE_TYPE = 'BASE TABLE'",
        |next| {
            found(TableRow {
                name: text(next()),
                engine: text(next()),
                collation: text(next()),
                comment: text(next()),
            });
        },
    )
}

/// A column.
#[derive(Debug)]
pub(super) struct ColumnRow {
    pub(super) table: String,
    pub(super) name: String,
    pub(super) ty: String,
    pub(super) nullable: bool,
    pub(super) default: Option<String>,
    pub(super) extra: String,
    pub(super) generated: Option<String>,
    pub(super) collation: Option<String>,
    pub(super) comment: String,
}

pub(super) fn columns(
    connection: &mut dyn Connection,
    found: &mut dyn FnMut(ColumnRow),
) -> Result<(), Error> {
    rows(
        connection,
        "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, GENERATION_EXPRESSION,
            COLLATION_NAME, COLUMN_COMMENT
            FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = database()
            ORDER BY TABLE_NAME, ORDINAL_POSITION",
        |next| {
            found(ColumnRow {
                table: text(next()),
                name: text(next()),
                ty: text(next()),
                nullable: text(next()) == "YES",
                default: optional(next()),
                extra: text(next()),
                generated: optional(next()).filter(|text| !text.is_empty()),
                collation: optional(next()),
                comment: text(next()),
            });
        },
    )
}

/// One key of an index.
#[derive(Debug)]
pub(super) struct IndexKeyRow {
    pub(super) table: String,
    pub(super) index: String,
    pub(super) unique: bool,
    pub(super) column: Option<String>,
    pub(super) descending: bool,
    pub(super) length: Option<i64>,
    pub(super) kind: String,
    pub(super) expression: Option<String>,
}

pub(super) fn index_keys(
    connection: &mut dyn Connection,
    server: &Server,
    found: &mut dyn FnMut(IndexKeyRow),
) -> Result<(), Error> {
    // MySQL has them since 8.0.13; MariaDB has not.
    let expression = if server.is_mariadb { "NULL" } else { "EXPRESSION" };
    rows(
        connection,
        &format!(
            "SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, COLUMN_NAME, COLLATION, SUB_PART, INDEX_TYPE, {expression}
            FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = database()
            ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX"
        ),
        |next| {
            found(IndexKeyRow {
                table: text(next()),
                index: text(next()),
                unique: integer(next()) == Some(0),
                column: optional(next()),
                descending: text(next()) == "D",
                length: integer(next()),
                kind: text(next()),
                expression: optional(next()),
            });
        },
    )
}

/// A check.
#[derive(Debug)]
pub(super) struct CheckRow {
    pub(super) table: String,
    pub(super) name: String,
    pub(super) clause: String,
    /// Whether it is a column's own, as MariaDB has them.
    pub(super) is_columns_own: bool,
}

pub(super) fn checks(
    connection: &mut dyn Connection,
    server: &Server,
    found: &mut dyn FnMut(CheckRow),
) -> Result<(), Error> {
    let sql = if server.is_mariadb {
        "SELECT TABLE_NAME, CONSTRAINT_NAME, CHECK_CLAUSE, LEVEL
            FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = database()"
    } else {
        "SELECT t.TABLE_NAME, c.CONSTRAINT_NAME, c.CHECK_CLAUSE, 'Table'
            FROM information_schema.CHECK_CONSTRAINTS c
            JOIN information_schema.TABLE_CONSTRAINTS t
                ON t.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA AND t.CONSTRAINT_NAME = c.CONSTRAINT_NAME
            WHERE c.CONSTRAINT_SCHEMA = database() AND t.CONSTRAINT_TYPE = 'CHECK'"
    };
    rows(connection, sql, |next| {
        found(CheckRow {
            table: text(next()),
            name: text(next()),
            clause: text(next()),
            is_columns_own: text(next()) == "Column",
        });
    })
}

/// Runs a query and hands on each row as something that gives its values one by one.
pub(super) fn rows(
    connection: &mut dyn Connection,
    sql: &str,
    mut found: impl FnMut(&mut dyn FnMut() -> Option<Value>),
) -> Result<(), Error> {
    connection.for_each(sql, &[], &mut |row| {
        let mut values = row.into_iter();
        found(&mut || values.next());
        true
    })
}

/// Returns a value as text, which some servers send as bytes.
pub(super) fn optional(value: Option<Value>) -> Option<String> {
    match value? {
        Value::Text(text) => Some(text),
        Value::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Real(number) => Some(number.to_string()),
        Value::Null => None,
    }
}

pub(super) fn text(value: Option<Value>) -> String {
    optional(value).unwrap_or_default()
}

fn integer(value: Option<Value>) -> Option<i64> {
    optional(value)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_begins_with_two_numbers() {
        assert_eq!(numbers("10.5.23-MariaDB-0+deb11u1"), (10, 5));
        assert_eq!(numbers("11.8.9-MariaDB"), (11, 8));
        assert_eq!(numbers("unknown"), (0, 0));
    }
}
