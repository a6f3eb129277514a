//! The part of two schemas that a change concerns, so that planning and proving it cost what the change costs.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::diff::{Answers, Pair, pairs};
use crate::schema::{Schema, Table, TableName};

/// Returns the tables that a change from one schema to another concerns: those that differ or are renamed, those one
/// foreign key away in either direction, those whose names or indexes could collide with theirs, and those that `also` names.
///
/// ```
/// # use schema_core::{diff::Answers, plan::concerned};
/// # use schema_core::schema::{Column, Schema, Table, TableName, Type};
/// # let mut items = Table::new(TableName::new("items"));
/// # items.columns.push(Column::new("id", Type::I64));
/// # let from = Schema::from_iter([items.clone()]);
/// # items.columns.push(Column { nullable: true, ..Column::new("colour", Type::Text { length: None }) });
/// # let to = Schema::from_iter([items]);
/// # let (mut from, mut to) = (from, to);
/// # [&mut from, &mut to].map(|schema| schema.insert(Table::new(TableName::new("users"))));
/// let tables = concerned(&from, &to, &Answers::default(), |_| false);
/// assert_eq!(tables, [TableName::new("items")].into()); // not `users`, which stays as it is
/// ```
#[must_use]
pub fn concerned(
    from: &Schema,
    to: &Schema,
    answers: &Answers,
    also: impl Fn(&TableName) -> bool,
) -> BTreeSet<TableName> {
    let mut changed = BTreeSet::new();
    // Those that are the same on both sides stand here once.
    let mut tables: Vec<&Table> = Vec::new();
    for pair in pairs(&from.tables, &to.tables) {
        match pair {
            Pair::Both(old, new) if old == new => tables.push(new),
            Pair::Both(old, new) => {
                changed.insert(&new.name);
                tables.extend([old, new]);
            }
            Pair::Added(table) | Pair::Removed(table) => {
                changed.insert(&table.name);
                tables.push(table);
            }
        }
    }
    changed.extend(answers.renamed_tables.iter().flat_map(|(from, to)| [from, to]));
    changed.extend(answers.renamed_columns.keys().map(|(table, _)| table));
    changed.extend(answers.mapped_values.keys().map(|(table, _)| table));

    let tables = || tables.iter().copied();
    let is_changed = |table: &&Table| changed.contains(&table.name);
    let names: BTreeSet<Cow<'_, str>> = tables().filter(is_changed).flat_map(names).collect();
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
fn names(table: &Table) -> impl Iterator<Item = Cow<'_, str>> {
    let enums = table.columns.iter().filter_map(|column| column.ty.enum_name());
    std::iter::once(table.name.name.as_str())
        .chain(table.indexes.keys().map(String::as_str))
        .chain(enums)
        .map(lowercase)
}

fn lowercase(name: &str) -> Cow<'_, str> {
    let may_change = |byte: u8| byte.is_ascii_uppercase() || !byte.is_ascii();
    if name.bytes().any(may_change) {
        Cow::Owned(name.to_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// Returns the schema of those tables alone. Their foreign keys stay, whatever they refer to.
///
/// ```
/// # use schema_core::plan::restricted;
/// # use schema_core::schema::{Schema, Table, TableName};
/// let schema = Schema::from_iter(["items", "users"].map(|name| Table::new(TableName::new(name))));
/// let part = restricted(&schema, &[TableName::new("users")].into());
/// assert_eq!(part.tables.len(), 1);
/// ```
#[must_use]
pub fn restricted(schema: &Schema, tables: &BTreeSet<TableName>) -> Schema {
    tables
        .iter()
        .filter_map(|name| schema.table(name).cloned())
        .collect()
}
