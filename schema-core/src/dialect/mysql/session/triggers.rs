//! Triggers that do not work: the server lets go the column that a trigger names, and says so only to whoever fires it.

use std::collections::{BTreeMap, BTreeSet};

use crate::db::{Connection, Error, Value};
use crate::dialect::mysql::LEXICON;
use crate::dialect::triggers::names_another_column;

/// Returns the names of the database's triggers that name a column which their table has not, in order.
///
/// # Errors
///
/// What the server reports, such as that somebody locks a table of theirs.
pub(super) fn broken(connection: &mut dyn Connection) -> Result<Vec<String>, Error> {
    let triggers = connection.query(
        "SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE, ACTION_STATEMENT FROM information_schema.TRIGGERS
        WHERE TRIGGER_SCHEMA = database() ORDER BY 1",
        &[],
    )?;
    if triggers.is_empty() {
        return Ok(Vec::new());
    }
    let mut columns: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let sql =
        "SELECT TABLE_NAME, COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = database()";
    for row in connection.query(sql, &[])? {
        if let [Value::Text(table), Value::Text(column)] = row.as_slice() {
            let of_table = columns.entry(table.to_lowercase()).or_default();
            of_table.insert(column.to_lowercase());
        }
    }
    let broken = |row: Vec<Value>| {
        let [Value::Text(name), Value::Text(table), Value::Text(text)] = row.as_slice() else {
            return None;
        };
        let columns = columns.get(&table.to_lowercase())?;
        names_another_column(text, LEXICON, columns).then(|| name.clone())
    };
    Ok(triggers.into_iter().filter_map(broken).collect())
}
