//! The closure rule: a foreign key that stands is dropped and added again around a change of what it rests on.

use std::collections::BTreeSet;

use crate::operation::Operation;
use crate::schema::{Column, IndexPart, Schema, TableName};

/// What a foreign key can rest on, and that changes.
#[derive(Default)]
struct Changed<'a> {
    /// Columns whose type changes.
    types: BTreeSet<(&'a TableName, &'a str)>,
    /// Tables whose primary key, or a unique index with these columns, goes or changes.
    keys: BTreeSet<(&'a TableName, Vec<&'a str>)>,
}

/// Adds a drop and an add for every foreign key that is the same on both sides but rests on what changes.
pub(super) fn carry_foreign_keys(from: &Schema, to: &Schema, operations: &mut Vec<Operation>) {
    let changed = changed(operations);
    if changed.types.is_empty() && changed.keys.is_empty() {
        return;
    }
    let mut carried = Vec::new();
    for table in to.tables.values() {
        let Some(standing) = from.table(&table.name) else {
            continue;
        };
        for (name, key) in &table.foreign_keys {
            let ends = key
                .columns
                .iter()
                .map(|column| (&table.name, column.as_str()))
                .chain(
                    key.referenced_columns
                        .iter()
                        .map(|column| (&key.references, column.as_str())),
                );
            let mut target: Vec<&str> = key.referenced_columns.iter().map(String::as_str).collect();
            target.sort_unstable();
            let rests = ends.clone().any(|end| changed.types.contains(&end))
                || changed.keys.contains(&(&key.references, target));
            if rests && standing.foreign_keys.get(name) == Some(key) {
                carried.push(Operation::DropForeignKey {
                    table: table.name.clone(),
                    foreign_key: key.clone(),
                });
                carried.push(Operation::AddForeignKey {
                    table: table.name.clone(),
                    foreign_key: key.clone(),
                });
            }
        }
    }
    operations.extend(carried);
}

fn changed(operations: &[Operation]) -> Changed<'_> {
    let mut changed = Changed::default();
    for operation in operations {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "only these three change what a foreign key rests on"
        )]
        match operation {
            Operation::AlterColumn { table, from, to, .. } if type_differs(from, to) => {
                changed.types.insert((table, &to.name));
            }
            Operation::AlterPrimaryKey {
                table,
                from: Some(key),
                ..
            } => {
                changed
                    .keys
                    .insert((table, sorted(key.columns.iter().map(String::as_str))));
            }
            Operation::DropIndex { table, index } if index.unique => {
                let columns = index.keys.iter().filter_map(|key| match &key.part {
                    IndexPart::Column(column) => Some(column.as_str()),
                    IndexPart::Expression(_) => None,
                });
                changed.keys.insert((table, sorted(columns)));
            }
            _ => {}
        }
    }
    changed
}

fn type_differs(from: &Column, to: &Column) -> bool {
    from.ty != to.ty || from.sql_type != to.sql_type || from.collation != to.collation
}

fn sorted<'a>(columns: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut columns: Vec<&str> = columns.collect();
    columns.sort_unstable();
    columns
}
