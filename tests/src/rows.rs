//! Rows: what fills the tables of a generated schema, and what must still be there afterwards.

use std::collections::BTreeMap;

use schema_core::db::{Connection, Error, Value};
use schema_core::dialect::Dialect;
use schema_core::diff::{Answers, losses};
use schema_core::schema::{Default, Schema, Table, TableName, Type};

/// How many rows each table is offered.
const ROWS: u8 = 3;

/// Fills every table of the schema that the database holds. A row that breaks a key or a condition is left out; one that
/// refers to another comes after it.
pub fn fill(connection: &mut dyn Connection, dialect: &dyn Dialect, schema: &Schema) {
    let mut open: Vec<String> = schema
        .tables
        .values()
        .flat_map(|table| (1..=ROWS).map(|row| insert(dialect, table, row)))
        .collect();
    loop {
        let offered = open.len();
        open.retain(|sql| connection.execute(sql, &[]).is_err());
        // What the tables refuse even now is no row of them.
        if open.is_empty() || open.len() == offered {
            return;
        }
    }
}

fn insert(dialect: &dyn Dialect, table: &Table, row: u8) -> String {
    let given = || table.columns.iter().filter(|column| column.generated.is_none());
    let columns: Vec<String> = given().map(|column| dialect.quote(&column.name)).collect();
    let values: Vec<String> = given()
        .map(|column| {
            if column.nullable && row == 2 {
                "NULL".to_owned()
            } else {
                match dialect.name() {
                    "postgres" => typed_value(&column.ty, row),
                    _ => value(&column.ty, row),
                }
            }
        })
        .collect();
    format!(
        "INSERT INTO {} ({}) VALUES ({})",
        quoted(dialect, &table.name),
        columns.join(", "),
        values.join(", ")
    )
}

/// Returns a value for a database that reads every value as its column's type asks.
fn typed_value(ty: &Type, row: u8) -> String {
    match ty {
        Type::Bytes { .. } => format!("'\\x0{row}ff'"),
        Type::Uuid => format!("'00000000-0000-0000-0000-00000000000{row}'"),
        Type::Array(_) => format!("'{{{row}}}'"),
        Type::Boolean => format!("'{}'", row % 2),
        Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::U8 | Type::U16 | Type::U32 | Type::U64 => {
            format!("'{row}'")
        }
        Type::F32
        | Type::F64
        | Type::Decimal { .. }
        | Type::Text { .. }
        | Type::Date
        | Type::Time
        | Type::DateTime
        | Type::Timestamp
        | Type::Json
        | Type::Inet
        | Type::Network
        | Type::Enum { .. }
        | Type::Native(_) => value(ty, row),
    }
}

/// Returns the name of a table in its namespace.
fn quoted(dialect: &dyn Dialect, table: &TableName) -> String {
    let namespace = table.schema.iter().map(|schema| dialect.quote(schema) + ".");
    namespace.chain([dialect.quote(&table.name)]).collect()
}

/// Returns a value that a program would store, as SQL. It reads the same in a column of text and in one of numbers
/// where that is possible at all, so that changes of type have something to convert.
fn value(ty: &Type, row: u8) -> String {
    match ty {
        Type::Boolean => (row % 2).to_string(),
        Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::U8 | Type::U16 | Type::U32 | Type::U64 => {
            row.to_string()
        }
        Type::F32 | Type::F64 => format!("{row}.5"),
        Type::Decimal { .. } => format!("{row}.25"),
        Type::Text { .. } | Type::Native(_) => format!("'{row}'"),
        Type::Bytes { .. } | Type::Uuid => format!("X'0{row}ff'"),
        Type::Date => format!("'2024-01-0{row}'"),
        Type::Time => format!("'0{row}:30:00'"),
        Type::DateTime | Type::Timestamp => format!("'2024-01-0{row} 02:30:00'"),
        Type::Enum { name: _, values } => {
            let value = &values[usize::from(row) % values.len()];
            format!("'{}'", value.replace('\'', "''"))
        }
        Type::Json | Type::Array(_) => format!("'[{row}]'"),
        Type::Inet => format!("'10.0.0.{row}'"),
        Type::Network => format!("'10.{row}.0.0/16'"),
    }
}

/// The rows of some columns of some tables, in an order of their own.
pub type Rows = BTreeMap<TableName, Vec<String>>;

/// The columns to look at, by table.
pub type View = BTreeMap<TableName, Vec<Seen>>;

/// A column to look at.
#[derive(Debug, Clone)]
pub struct Seen {
    column: String,
    /// What is read in place of some of its values.
    values: BTreeMap<String, String>,
}

impl Seen {
    fn new(column: &str) -> Self {
        let values = BTreeMap::new();
        Seen {
            column: column.to_owned(),
            values,
        }
    }
}

/// Returns every column of every table.
#[must_use]
pub fn whole(schema: &Schema) -> View {
    let columns = |table: &Table| {
        table
            .columns
            .iter()
            .map(|column| Seen::new(&column.name))
            .collect()
    };
    schema
        .tables
        .values()
        .map(|table| (table.name.clone(), columns(table)))
        .collect()
}

/// Returns what two normalized schemas share, as the names before and after: columns that are the same but for their names, of
/// tables that are still there.
#[must_use]
pub fn shared(from: &Schema, to: &Schema, answers: &Answers) -> (View, View) {
    let (mut before, mut after) = (View::new(), View::new());
    let lost = losses(from, to, answers);
    let is_lost = |table: &TableName, column: Option<&String>| {
        lost.iter()
            .any(|target| target.table == *table && target.column.as_ref() == column)
    };
    for old in from.tables.values().filter(|table| !is_lost(&table.name, None)) {
        let name = answers.renamed_tables.get(&old.name).unwrap_or(&old.name);
        let Some(new) = to.table(name) else { continue };
        let (mut old_columns, mut new_columns) = (Vec::new(), Vec::new());
        for column in &old.columns {
            let renamed = answers.renamed_columns.get(&(name.clone(), column.name.clone()));
            let target = renamed.unwrap_or(&column.name);
            let mut expected = column.clone();
            expected.name.clone_from(target);
            let mapped = answers.mapped_values.get(&(name.clone(), target.clone()));
            // What is computed is as good as what it is computed from.
            if column.generated.is_none()
                && new.column(target) == Some(&expected)
                && !is_lost(name, Some(&column.name))
            {
                old_columns.push(Seen {
                    column: column.name.clone(),
                    values: mapped.cloned().unwrap_or_default(),
                });
                new_columns.push(Seen::new(target));
            }
        }
        before.insert(old.name.clone(), old_columns);
        after.insert(name.clone(), new_columns);
    }
    (before, after)
}

/// Adds to what two schemas share the columns that come and are filled from others by name, and what those were.
pub fn add_copies(from: &Schema, to: &Schema, answers: &Answers, (before, after): (&mut View, &mut View)) {
    for (name, column) in answers.backfills.keys() {
        let old_name = answers.renamed_tables.iter().find(|(_, new)| *new == name);
        let old_name = old_name.map_or(name, |(old, _)| old);
        let (Some(old), Some(new)) = (from.table(old_name), to.table(name)) else {
            continue;
        };
        let Some(mut root) = copied(answers, name, column) else {
            continue;
        };
        while let Some(other) = copied(answers, name, &root) {
            root = other;
        }
        let (Some(old_columns), Some(new_columns)) = (before.get_mut(old_name), after.get_mut(name)) else {
            continue;
        };
        // The column of that name in the schema after, else one that goes.
        let seen = if new.column(&root).is_some() {
            let at = new_columns.iter().position(|seen| seen.column == root);
            at.map(|at| old_columns[at].clone())
        } else {
            Some(Seen::new(&root))
        };
        let Some(seen) = seen else { continue };
        let is_alike = old
            .column(&seen.column)
            .zip(new.column(column))
            .is_some_and(|(old, new)| {
                (&old.ty, &old.sql_type, old.nullable) == (&new.ty, &new.sql_type, new.nullable)
            });
        if is_alike {
            old_columns.push(seen);
            new_columns.push(Seen::new(column));
        }
    }
}

/// Returns the column that another one is filled from, if it is by nothing but its name.
fn copied(answers: &Answers, table: &TableName, column: &str) -> Option<String> {
    match answers.backfills.get(&(table.clone(), column.to_owned()))? {
        Default::Expression { sql } => {
            let name = sql.0.strip_prefix('"')?.strip_suffix('"')?;
            Some(name.replace("\"\"", "\""))
        }
        Default::Literal(_) => None,
    }
}

/// Reads the rows of a view, each as one text that tells types and values apart.
///
/// # Errors
///
/// What the database reports.
pub fn read(connection: &mut dyn Connection, dialect: &dyn Dialect, view: &View) -> Result<Rows, Error> {
    let mut rows = Rows::new();
    for (table, columns) in view {
        let names: Vec<String> = columns.iter().map(|seen| dialect.quote(&seen.column)).collect();
        let list = if names.is_empty() {
            "1".to_owned()
        } else {
            names.join(", ")
        };
        let sql = format!("SELECT {list} FROM {}", quoted(dialect, table));
        let mut found: Vec<String> = connection
            .query(&sql, &[])?
            .into_iter()
            .map(|row| {
                let values = row.iter().enumerate().map(|(at, value)| {
                    let mapped = value.as_str().and_then(|text| columns.get(at)?.values.get(text));
                    mapped.map_or_else(|| shown(value), |mapped| shown(&Value::Text(mapped.clone())))
                });
                values.collect::<Vec<_>>().join(", ")
            })
            .collect();
        found.sort();
        rows.insert(table.clone(), found);
    }
    Ok(rows)
}

/// Returns a value as SQL would write it: a number is no text, and an integer is no real.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => format!("{number:?}"),
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Bytes(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("X'{digits}'")
        }
    }
}
