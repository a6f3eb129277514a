//! The rows that a team's databases hold, and that no upgrade loses a value of one.

use std::collections::BTreeSet;

use schema_core::db::Value;
use schema_core::schema::{Column, Type};

use super::developer::Developer;

/// What stands in the rows of a database, but for keys and what a row has of itself.
pub(super) struct Values {
    values: BTreeSet<String>,
    applied: BTreeSet<String>,
}

/// The least value that [`row`] writes.
const FIRST: u32 = 1000;

impl Values {
    /// Returns what a developer's database holds.
    pub(super) fn of(developer: &Developer) -> Self {
        Values {
            values: values(developer),
            applied: developer.applied().into_iter().collect(),
        }
    }

    /// Returns what the database of a developer has lost since, unless a revision that it got since drops something.
    pub(super) fn lost(&self, developer: &Developer) -> Vec<String> {
        let files = developer.files();
        let applied = developer.applied();
        let new: Vec<&String> = applied.iter().filter(|id| !self.applied.contains(*id)).collect();
        let drops = files.iter().any(|(name, contents)| {
            let text = String::from_utf8_lossy(contents);
            name.ends_with("revision.json")
                && new.iter().any(|id| name.contains(id.as_str()))
                && (text.contains("\"drop_table\"") || text.contains("\"drop_column\""))
        });
        if drops {
            return Vec::new();
        }
        let after = values(developer);
        self.values.difference(&after).cloned().collect()
    }
}

/// Returns the statement that writes a row of values that no other row has; `None` if there is no such table.
pub(super) fn row(developer: &Developer, table: &str, number: u32) -> Option<String> {
    let columns = columns(developer, table)?;
    let filled: Vec<&Column> = columns
        .iter()
        .filter(|column| matches!(column.ty, Type::Text { .. }))
        .collect();
    let dialect = developer.dialect;
    if filled.is_empty() {
        return Some(match dialect.name() {
            "mysql" => format!("INSERT INTO {table} () VALUES ()"),
            _ => format!("INSERT INTO {table} DEFAULT VALUES"),
        });
    }
    let names: Vec<String> = filled.iter().map(|column| dialect.quote(&column.name)).collect();
    let value = format!("'{}'", FIRST + number);
    let values = vec![value.as_str(); filled.len()];
    Some(format!(
        "INSERT INTO {table} ({}) VALUES ({})",
        names.join(", "),
        values.join(", ")
    ))
}

fn columns(developer: &Developer, table: &str) -> Option<Vec<Column>> {
    let schema = developer
        .dialect
        .reflect(&mut *developer.database.open())
        .unwrap();
    let found = schema
        .tables
        .into_values()
        .find(|found| found.name.name == table)?;
    Some(found.columns)
}

fn values(developer: &Developer) -> BTreeSet<String> {
    let mut connection = developer.database.open();
    let dialect = developer.dialect;
    let schema = dialect.reflect(&mut *connection).unwrap();
    let mut values = BTreeSet::new();
    for table in schema.tables.values() {
        let rows = connection.query(&format!("SELECT * FROM {}", dialect.quote(&table.name.name)), &[]);
        for value in rows.unwrap().into_iter().flatten() {
            let text = match value {
                Value::Text(text) => text,
                Value::Integer(number) => number.to_string(),
                Value::Null | Value::Real(_) | Value::Bytes(_) => continue,
            };
            if text.parse().is_ok_and(|number: u32| number >= FIRST) {
                values.insert(text);
            }
        }
    }
    values
}
