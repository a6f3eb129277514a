//! Checks of MySQL that are `NOT ENFORCED`. MariaDB has no such thing, and no column that tells.

use crate::db::{Connection, Error, Value};
use crate::dialect::Unenforced;
use crate::schema::TableName;

/// Returns them, by table and name.
///
/// # Errors
///
/// What the database reports.
pub(super) fn unenforced(connection: &mut dyn Connection) -> Result<Vec<Unenforced>, Error> {
    let column = "SELECT 1 FROM information_schema.COLUMNS
        WHERE TABLE_SCHEMA = 'information_schema' AND TABLE_NAME = 'TABLE_CONSTRAINTS' AND COLUMN_NAME = 'ENFORCED'";
    if connection.query(column, &[])?.is_empty() {
        return Ok(Vec::new());
    }
    let sql = "SELECT TABLE_NAME, CONSTRAINT_NAME FROM information_schema.TABLE_CONSTRAINTS
        WHERE TABLE_SCHEMA = database() AND CONSTRAINT_TYPE = 'CHECK' AND ENFORCED = 'NO' ORDER BY 1, 2";
    let mut found = Vec::new();
    connection.for_each(sql, &[], &mut |row| {
        if let [Value::Text(table), Value::Text(constraint)] = row.as_slice() {
            found.push(Unenforced {
                table: TableName::new(table.clone()),
                constraint: constraint.clone(),
                why: "it is `NOT ENFORCED`".to_owned(),
            });
        }
        true
    })?;
    Ok(found)
}
