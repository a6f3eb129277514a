//! The part of two schemas that a change concerns, so that planning and proving it cost what the change costs.

use std::collections::BTreeSet;

use crate::diff::Answers;
use crate::schema::{Schema, Table, TableName};

/// Returns the tables that a change from one schema to another concerns: those that differ or are renamed, those one
/// foreign key away in either direction, those whose names or indexes could collide with theirs, and those that `also` names.
#[must_use]
pub fn concerned(
    from: &Schema,
    to: &Schema,
    answers: &Answers,
    also: impl Fn(&TableName) -> bool,
) -> BTreeSet<TableName> {
    let tables = || from.tables.values().chain(to.tables.values());
    let mut changed: BTreeSet<&TableName> = tables()
        .map(|table| &table.name)
        .filter(|name| from.table(name) != to.table(name))
        .collect();
    changed.extend(answers.renamed_tables.iter().flat_map(|(from, to)| [from, to]));
    changed.extend(answers.renamed_columns.keys().map(|(table, _)| table));
    changed.extend(answers.mapped_values.keys().map(|(table, _)| table));

    let is_changed = |table: &&Table| changed.contains(&table.name);
    let names: BTreeSet<String> = tables().filter(is_changed).flat_map(names).collect();
    let concerned = tables().filter(|table| {
        is_changed(table)
            || also(&table.name)
            || table
                .foreign_keys
                .values()
                .any(|key| changed.contains(&key.references))
            || self::names(table).any(|name| names.contains(&name))
    });
    let parents = tables()
        .filter(is_changed)
        .flat_map(|table| table.foreign_keys.values());
    concerned
        .map(|table| table.name.clone())
        .chain(parents.map(|key| key.references.clone()))
        .collect()
}

/// Returns the names that databases keep in one namespace, in the one case in which some compare them. An enum may be a type of its own, which
/// tables share.
fn names(table: &Table) -> impl Iterator<Item = String> + '_ {
    let enums = table.columns.iter().filter_map(|column| column.ty.enum_name());
    std::iter::once(table.name.name.as_str())
        .chain(table.indexes.keys().map(String::as_str))
        .chain(enums)
        .map(str::to_lowercase)
}

/// Returns the schema of those tables alone. Their foreign keys stay, whatever they refer to.
#[must_use]
pub fn restricted(schema: &Schema, tables: &BTreeSet<TableName>) -> Schema {
    tables
        .iter()
        .filter_map(|name| schema.table(name).cloned())
        .collect()
}
