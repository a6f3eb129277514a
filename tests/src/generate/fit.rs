//! What takes out of a generated schema what a database has no place for, before two of them are mixed.

use schema_core::schema::{Schema, TableName};

/// Leaves a schema as it is: history and files can hold anything.
pub fn anything(_: &mut Schema) {}

/// Leaves what every database can hold.
pub fn everywhere(schema: &mut Schema) {
    for mut table in std::mem::take(&mut schema.tables).into_values() {
        table.name = TableName::new(table.name.name);
        for index in table.indexes.values_mut() {
            index.nulls_not_distinct = false;
        }
        for key in table.foreign_keys.values_mut() {
            key.references.schema = None;
        }
        schema.insert(table);
    }
}
