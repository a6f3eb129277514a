//! The order in which operations can run: a fixed list of ranks, and parents before children within one.

use std::collections::{BTreeMap, BTreeSet};

use crate::operation::Operation;
use crate::schema::{Schema, TableName};

/// Sorts operations by rank. Within a rank created tables come parents first and dropped ones children first; all
/// else stays in the order in which it was found.
pub(super) fn sort(operations: &mut [Operation], from: &Schema, to: &Schema) {
    let creates = operations.iter().any(|operation| operation.created().is_some());
    let drops = operations.iter().any(|operation| operation.dropped().is_some());
    let parents_first = if creates { depths(to) } else { BTreeMap::new() };
    let children_last = if drops { depths(from) } else { BTreeMap::new() };
    operations.sort_by_cached_key(|operation| {
        let created = operation.created().map(|table| position(&parents_first, table));
        let dropped = operation.dropped().map(|table| -position(&children_last, table));
        let depth = created.or(dropped).unwrap_or(0);
        (rank(operation), depth)
    });
}

/// Returns when an operation's turn comes.
///
/// Foreign keys go before anything they rest on changes and come when all of it is there; what is dropped goes
/// before what takes its name; a primary key changes while both its old and its new columns exist.
fn rank(operation: &Operation) -> u8 {
    match operation {
        Operation::RenameTable { .. } | Operation::RenameColumn { .. } => 0,
        Operation::DropForeignKey { .. } => 1,
        Operation::DropCheck { .. } => 2,
        Operation::DropIndex { .. } => 3,
        Operation::DropTable { .. } => 4,
        Operation::RenameIndex { .. }
        | Operation::RenameForeignKey { .. }
        | Operation::RenameCheck { .. } => 5,
        Operation::CreateTable { .. } => 6,
        Operation::AlterTable { .. } => 7,
        Operation::AddColumn { .. } => 8,
        Operation::AlterColumn { .. } | Operation::MapValues { .. } => 9,
        Operation::AlterPrimaryKey { .. } => 10,
        Operation::DropColumn { .. } => 11,
        Operation::AddIndex { .. } => 12,
        Operation::AddCheck { .. } => 13,
        Operation::AddForeignKey { .. } => 14,
    }
}

fn position(depths: &BTreeMap<&TableName, usize>, table: &TableName) -> isize {
    depths
        .get(table)
        .map_or(0, |depth| isize::try_from(*depth).unwrap_or(isize::MAX))
}

/// Returns each table's place in an order in which parents come before children; a cycle is entered at its first
/// table by name.
fn depths(schema: &Schema) -> BTreeMap<&TableName, usize> {
    let mut parents: BTreeMap<&TableName, BTreeSet<&TableName>> = BTreeMap::new();
    let mut children: BTreeMap<&TableName, Vec<&TableName>> = BTreeMap::new();
    for table in schema.tables.values() {
        let references = parents.entry(&table.name).or_default();
        for key in table.foreign_keys.values() {
            if key.references != table.name
                && schema.tables.contains_key(&key.references)
                && references.insert(&key.references)
            {
                children.entry(&key.references).or_default().push(&table.name);
            }
        }
    }
    let mut ready: BTreeSet<&TableName> = parents
        .iter()
        .filter(|(_, parents)| parents.is_empty())
        .map(|(table, _)| *table)
        .collect();
    let mut depths = BTreeMap::new();
    while let Some(table) = ready.pop_first().or_else(|| parents.keys().next().copied()) {
        parents.remove(table);
        depths.insert(table, depths.len());
        for child in children.get(table).into_iter().flatten() {
            if let Some(missing) = parents.get_mut(child) {
                missing.remove(table);
                if missing.is_empty() {
                    ready.insert(child);
                }
            }
        }
    }
    depths
}
