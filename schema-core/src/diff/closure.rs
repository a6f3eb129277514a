//! The closure rule: a foreign key that stands is dropped and added again around a change of what it rests on.

use std::collections::BTreeSet;

use crate::operation::Operation;
use crate::schema::{Column, ForeignKey, IndexPart, Schema, Table, TableName};

/// What a foreign key can rest on, and that changes.
#[derive(Default)]
struct Changed<'a> {
    /// Columns whose type or values change.
    columns: BTreeSet<(&'a TableName, &'a str)>,
    /// Tables whose primary key, or a unique index with these columns, goes or changes.
    keys: BTreeSet<(&'a TableName, Vec<&'a str>)>,
}

/// Adds a drop and an add for every foreign key that stands on both sides, under the one name or another, but rests on what
/// changes.
pub(super) fn carry_foreign_keys(from: &Schema, to: &Schema, operations: &mut Vec<Operation>) {
    let changed = changed(operations);
    if changed.columns.is_empty() && changed.keys.is_empty() {
        return;
    }
    let mut carried = Vec::new();
    for table in to.tables.values() {
        let Some(before) = from.table(&table.name) else {
            continue;
        };
        for key in table
            .foreign_keys
            .values()
            .filter(|key| changed.is_under(table, key))
        {
            let renamed = operations
                .iter()
                .find_map(|operation| old_name(operation, &table.name, &key.name));
            let standing = before.foreign_keys.get(renamed.unwrap_or(&key.name));
            if let Some(standing) = standing.filter(|standing| renamed.is_some() || *standing == key) {
                carried.push((table.name.clone(), standing.clone(), key.clone()));
            }
        }
    }
    for (table, standing, key) in carried {
        operations.retain(|operation| old_name(operation, &table, &key.name).is_none());
        operations.push(Operation::DropForeignKey {
            table: table.clone(),
            foreign_key: standing,
        });
        operations.push(Operation::AddForeignKey {
            table,
            foreign_key: key,
        });
    }
}

impl Changed<'_> {
    /// Tells whether a foreign key of the table rests on something that changes.
    fn is_under(&self, table: &Table, key: &ForeignKey) -> bool {
        let mut own = key.columns.iter().map(|column| (&table.name, column.as_str()));
        let mut referenced = key
            .referenced_columns
            .iter()
            .map(|column| (&key.references, column.as_str()));
        let target = sorted(key.referenced_columns.iter().map(String::as_str));
        own.any(|end| self.columns.contains(&end))
            || referenced.any(|end| self.columns.contains(&end))
            || self.keys.contains(&(&key.references, target))
    }
}

/// Returns what the foreign key that is now called `name` was called, if the operation gave it that name.
fn old_name<'a>(operation: &'a Operation, table: &TableName, name: &str) -> Option<&'a String> {
    let Operation::RenameForeignKey { table: of, from, to } = operation else {
        return None;
    };
    (of == table && to == name).then_some(from)
}

fn changed(operations: &[Operation]) -> Changed<'_> {
    let mut changed = Changed::default();
    for operation in operations {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "only these four change what a foreign key rests on"
        )]
        match operation {
            Operation::AlterColumn { table, from, to, .. } if type_differs(from, to) => {
                changed.columns.insert((table, &to.name));
            }
            Operation::MapValues { table, column, .. } => {
                changed.columns.insert((table, column));
            }
            Operation::AlterPrimaryKey {
                table,
                from: Some(key),
                to,
            } if to.as_ref().is_none_or(|to| to.columns != key.columns) => {
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
    from.ty != to.ty
        || from.sql_type != to.sql_type
        || from.collation != to.collation
        || from.collations != to.collations
}

fn sorted<'a>(columns: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut columns: Vec<&str> = columns.collect();
    columns.sort_unstable();
    columns
}
