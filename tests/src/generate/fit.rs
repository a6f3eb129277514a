//! What takes out of a generated schema what a database has no place for, before two of them are mixed.

use schema_core::schema::{Schema, Table, TableName, Type};

/// The one enum of all keys, so that they can refer to each other.
pub(super) const KEY: &str = "key";

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

/// Leaves what every database can hold, with enums where keys are.
pub fn enums_in_keys(schema: &mut Schema) {
    everywhere(schema);
    for table in schema.tables.values_mut() {
        // One that is computed has no values of its own to map, and may have no place for those that it is computed from.
        for column in &mut table.columns {
            if matches!(column.ty, Type::Enum { .. }) {
                column.generated = None;
            }
        }
        let key = table.primary_key.iter().flat_map(|key| key.columns.clone());
        for name in key.collect::<Vec<_>>() {
            let Some(column) = table.column_mut(&name) else {
                continue;
            };
            column.ty = Type::Enum {
                name: KEY.to_owned(),
                values: ["draft", "live", "sold"].map(str::to_owned).to_vec(),
            };
            column.sql_type.clear();
            column.default = None;
        }
    }
}

/// Has every second table be called as the one before it, in another namespace.
pub fn twins(schema: &mut Schema) {
    let mut tables: Vec<Table> = std::mem::take(&mut schema.tables).into_values().collect();
    for pair in tables.chunks_exact_mut(2) {
        let other = pair[0].name.schema.is_none().then(|| "sales".to_owned());
        pair[1].name = TableName {
            schema: other,
            ..TableName::new(&pair[0].name.name)
        };
    }
    for table in tables {
        schema.insert(table);
    }
}
