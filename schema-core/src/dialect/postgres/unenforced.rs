//! Constraints of PostgreSQL that may not hold: those that were never validated, and foreign keys whose triggers someone has disabled.

use super::reflect::{Cells, OURS};
use crate::db::{Connection, Error};
use crate::dialect::Unenforced;
use crate::schema::TableName;

/// Returns them, by table and name.
///
/// # Errors
///
/// What the database reports.
pub(super) fn unenforced(connection: &mut dyn Connection) -> Result<Vec<Unenforced>, Error> {
    let sql = format!(
        "SELECT nullif(n.nspname, current_schema()), c.relname, k.conname, t.disabled
        FROM pg_constraint k
        JOIN pg_class c ON c.oid = k.conrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        CROSS JOIN LATERAL (
            SELECT EXISTS (
                SELECT FROM pg_trigger t WHERE t.tgconstraint = k.oid AND t.tgenabled NOT IN ('O', 'A')
            ) AS disabled
        ) t
        WHERE {OURS} AND k.contype IN ('c', 'f') AND (NOT k.convalidated OR t.disabled)
        ORDER BY 1, 2, 3"
    );
    let mut found = Vec::new();
    connection.for_each(&sql, &[], &mut |row| {
        let mut cells = Cells::of(row);
        let table = TableName {
            schema: cells.text_or_null(),
            name: cells.text(),
        };
        let constraint = cells.text();
        let why = if cells.boolean() {
            "its triggers are disabled"
        } else {
            "not all rows were checked (`NOT VALID`)"
        };
        found.push(Unenforced {
            table,
            constraint,
            why: why.to_owned(),
        });
        true
    })?;
    Ok(found)
}
