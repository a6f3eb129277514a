//! The indexes of a table: which there were before a statement, and which there are now.

use crate::db::{Connection, Error, Value};
use crate::dialect::postgres::ddl::quote;

/// An index, as the server has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Index {
    pub(super) oid: String,
    pub(super) name: String,
    schema: String,
    /// The file of its entries.
    pub(super) file: String,
    pub(super) valid: bool,
    /// Whether another session is building it, or may be: of others' sessions a plain user may not see everything, and one that builds an index anew
    /// tells the old one at first.
    pub(super) building: bool,
}

impl Index {
    pub(super) fn path(&self) -> String {
        format!("{}.{}", quote(&self.schema), quote(&self.name))
    }

    /// Tells whether the fingerprint from before a statement has the index.
    pub(super) fn stood(&self, before: &str) -> bool {
        let start = format!("relation {} ", self.oid);
        before.lines().any(|line| line.starts_with(&start))
    }
}

/// Returns the indexes of a table, or of the table of an index, whose name is as it is written in a statement.
pub(super) fn indexes(connection: &mut dyn Connection, relation: &str) -> Result<Vec<Index>, Error> {
    let sql = "WITH relation AS (SELECT coalesce(
            (SELECT indrelid FROM pg_index WHERE indexrelid = to_regclass(?1)), to_regclass(?1)) AS oid)
        SELECT c.oid::text, c.relname::text, n.nspname::text, c.relfilenode::text, i.indisvalid::int,
            EXISTS (SELECT 1 FROM pg_stat_progress_create_index p
                WHERE p.pid <> pg_backend_pid() AND (p.index_relid = c.oid OR (
                    (coalesce(p.index_relid, 0) = 0 OR (p.command LIKE 'REINDEX%' AND c.relname ~ '_ccnew[0-9]*$'))
                    AND EXISTS (SELECT 1 FROM pg_locks l WHERE l.pid = p.pid AND l.relation = i.indrelid
                        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())))))::int
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE i.indrelid = (SELECT oid FROM relation) ORDER BY c.oid";
    let rows = connection.query(sql, &[relation.into()])?;
    let indexes = rows.iter().filter_map(|row| match row.as_slice() {
        [
            Value::Text(oid),
            Value::Text(name),
            Value::Text(schema),
            Value::Text(file),
            Value::Integer(valid),
            Value::Integer(building),
        ] => Some(Index {
            oid: oid.clone(),
            name: name.clone(),
            schema: schema.clone(),
            file: file.clone(),
            valid: *valid != 0,
            building: *building != 0,
        }),
        _ => None,
    });
    Ok(indexes.collect())
}
