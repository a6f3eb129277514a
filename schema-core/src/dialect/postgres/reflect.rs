//! The tables of a live database.
//!
//! A handful of catalog queries, however many tables there are. What belongs to an extension, to the server or to the tool is left
//! out, and so is what no model can say: partitions, exclusion constraints, and an index that a broken CREATE INDEX CONCURRENTLY left.
//! Expressions come as the server writes them; [`stored`](super::stored) brings a model's into the same words.

mod column;
mod constraint;
mod index;

use std::collections::BTreeMap;

use crate::db::{Connection, Error, Value};
use crate::schema::{Schema, Table, TableName, Type};

/// The condition of a schema that is not the server's own, for a namespace `n`.
pub(super) const OURS: &str = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

/// The tables while they are read: by the number that the catalogs know them by.
pub(super) struct Reflected {
    tables: BTreeMap<i64, Table>,
    /// The columns' names and collations, by table and number; of tables that are left out too.
    columns: BTreeMap<(i64, i64), Attribute>,
    /// The version, as 150004.
    version: i64,
}

/// What keys need to know of a column.
struct Attribute {
    name: String,
    collation: i64,
}

/// Returns the tables.
///
/// # Errors
///
/// What the database reports.
pub(super) fn reflect(connection: &mut dyn Connection) -> Result<Schema, Error> {
    let rows = connection.query("SELECT current_setting('server_version_num')::bigint", &[])?;
    let mut reflected = Reflected {
        tables: tables(connection)?,
        columns: BTreeMap::new(),
        version: rows
            .first()
            .and_then(|row| row.first()?.as_integer())
            .unwrap_or(0),
    };
    let enums = enums(connection)?;
    column::read(connection, &mut reflected, &enums)?;
    index::read(connection, &mut reflected)?;
    constraint::read(connection, &mut reflected)?;
    Ok(reflected.tables.into_values().collect())
}

fn tables(connection: &mut dyn Connection) -> Result<BTreeMap<i64, Table>, Error> {
    let sql = format!(
        "SELECT c.oid, nullif(n.nspname, current_schema()), c.relname, d.description
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = 0
        WHERE c.relkind = 'r' AND NOT c.relispartition AND c.relpersistence <> 't' AND c.oid >= 16384
            AND {OURS} AND left(c.relname, 9) <> '_autogen_'
            AND NOT EXISTS (
                SELECT FROM pg_depend e
                WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e'
            )"
    );
    let mut tables = BTreeMap::new();
    connection.for_each(&sql, &[], &mut |row| {
        let mut cells = Cells::of(row);
        let oid = cells.integer();
        let schema = cells.text_or_null();
        let mut table = Table::new(TableName {
            schema,
            name: cells.text(),
        });
        table.options.comment = cells.text_or_null();
        tables.insert(oid, table);
        true
    })?;
    Ok(tables)
}

/// Returns the enums, by the number of their type.
fn enums(connection: &mut dyn Connection) -> Result<BTreeMap<i64, Type>, Error> {
    let sql = "SELECT t.oid, nullif(n.nspname, current_schema()), t.typname, e.enumlabel
        FROM pg_enum e
        JOIN pg_type t ON t.oid = e.enumtypid
        JOIN pg_namespace n ON n.oid = t.typnamespace
        ORDER BY t.oid, e.enumsortorder";
    let mut enums: BTreeMap<i64, Type> = BTreeMap::new();
    connection.for_each(sql, &[], &mut |row| {
        let mut cells = Cells::of(row);
        let oid = cells.integer();
        let schema = cells.text_or_null();
        let name = TableName {
            schema,
            name: cells.text(),
        };
        let ty = enums.entry(oid).or_insert_with(|| Type::Enum {
            name: name.to_string(),
            values: Vec::new(),
        });
        if let Type::Enum { name: _, values } = ty {
            values.push(cells.text());
        }
        true
    })?;
    Ok(enums)
}

/// The cells of a row, taken one after the other.
pub(super) struct Cells(std::vec::IntoIter<Value>);

impl Cells {
    pub(super) fn of(row: Vec<Value>) -> Self {
        Cells(row.into_iter())
    }

    /// Returns a text, which is empty if there is none.
    pub(super) fn text(&mut self) -> String {
        self.text_or_null().unwrap_or_default()
    }

    pub(super) fn text_or_null(&mut self) -> Option<String> {
        match self.0.next() {
            Some(Value::Text(text)) => Some(text),
            Some(Value::Null | Value::Integer(_) | Value::Real(_) | Value::Bytes(_)) | None => None,
        }
    }

    /// Returns a number, which is 0 if there is none.
    pub(super) fn integer(&mut self) -> i64 {
        self.0.next().and_then(|value| value.as_integer()).unwrap_or(0)
    }

    pub(super) fn boolean(&mut self) -> bool {
        self.integer() != 0
    }

    /// Returns numbers that a vector or array holds: `1 2 3`, or `{1,2,3}`.
    pub(super) fn integers(&mut self) -> Vec<i64> {
        let text = self.text();
        text.split(|c: char| !(c.is_ascii_digit() || c == '-'))
            .filter_map(|number| number.parse().ok())
            .collect()
    }
}
