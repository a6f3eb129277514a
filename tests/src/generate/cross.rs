//! What one step of a person crosses: names that two columns exchange, values that go round in a circle, columns that are filled
//! from others.

use std::collections::{BTreeMap, BTreeSet};

use schema_core::diff::Answers;
use schema_core::operation::Operation;
use schema_core::schema::{Auto, Column, Default, Schema, Table, TableName, Type};

use super::member::quoted;
use super::mend;

/// What new columns are called: the first is filled from an old column, the second from the first.
const COPIES: [&str; 2] = ["copied", "again"];

/// Returns what a table was called before, if it was there.
fn origin<'a>(from: &'a Schema, table: &TableName, answers: &Answers) -> Option<&'a Table> {
    let renamed = answers.renamed_tables.iter().find(|(_, new)| *new == table);
    match renamed {
        Some((old, _)) => from.table(old),
        None => from
            .table(table)
            .filter(|_| !answers.renamed_tables.contains_key(table)),
    }
}

/// Returns what a column of that table was before, if it was there.
fn origin_of<'a>(old: &'a Table, table: &TableName, column: &str, answers: &Answers) -> Option<&'a Column> {
    let renamed = answers
        .renamed_columns
        .iter()
        .find(|((of, _), new)| of == table && *new == column);
    match renamed {
        Some(((_, old_name), _)) => old.column(old_name),
        None => old.column(column).filter(|_| {
            !answers
                .renamed_columns
                .contains_key(&(table.clone(), column.to_owned()))
        }),
    }
}

/// Returns one of the tables that were there before, and what it was.
fn kept<'a>(from: &'a Schema, to: &Schema, die: u8, answers: &Answers) -> Option<(&'a Table, TableName)> {
    let mut kept: Vec<(&Table, TableName)> = to
        .tables
        .keys()
        .filter_map(|name| Some((origin(from, name, answers)?, name.clone())))
        .collect();
    (!kept.is_empty()).then(|| kept.swap_remove(usize::from(die) % kept.len()))
}

/// Lets two columns exchange their names, one of them of a key if there is any. What is made of columns follows them, or stays with
/// the names.
pub(super) fn swap(
    from: &Schema,
    to: &mut Schema,
    [table, one, other, stays]: [u8; 4],
    answers: &mut Answers,
) {
    let Some((old, name)) = kept(from, to, table, answers) else {
        return;
    };
    let before = to.clone();
    let is_kept = |column: &&Column| {
        origin_of(old, &name, &column.name, answers).is_some_and(|old| old.name == column.name)
    };
    let mut columns: Vec<String> = before.tables[&name]
        .columns
        .iter()
        .filter(is_kept)
        .map(|column| column.name.clone())
        .collect();
    if columns.len() < 2 {
        return;
    }
    let keys = keys(&before, &name);
    let first = columns.iter().position(|column| keys.contains(column));
    let one = columns.remove(first.unwrap_or(usize::from(one) % columns.len()));
    let other = columns.remove(usize::from(other) % columns.len());
    let parked = format!("parked {one}");
    for (from, to_name) in [(&one, &parked), (&other, &one), (&parked, &other)] {
        let operation = Operation::RenameColumn {
            table: name.clone(),
            from: from.clone(),
            to: to_name.clone(),
        };
        operation.apply(to).expect("the name is free");
    }
    if stays % 2 == 0 {
        for (name_of, table) in &mut to.tables {
            let before = &before.tables[name_of];
            table.foreign_keys.clone_from(&before.foreign_keys);
            if *name_of == name {
                table.primary_key.clone_from(&before.primary_key);
                table.indexes.clone_from(&before.indexes);
                table.checks.clone_from(&before.checks);
            }
        }
        mend::mend(to);
    }
    answers
        .renamed_columns
        .insert((name.clone(), one.clone()), other.clone());
    answers.renamed_columns.insert((name, other), one);
}

/// The columns that keys of the table, or foreign keys to it, are made of.
fn keys(schema: &Schema, name: &TableName) -> BTreeSet<String> {
    let table = &schema.tables[name];
    let primary = table.primary_key.iter().flat_map(|key| &key.columns);
    let own = table.foreign_keys.values().flat_map(|key| &key.columns);
    let referenced = schema
        .tables
        .values()
        .flat_map(|table| table.foreign_keys.values())
        .filter(|key| key.references == *name)
        .flat_map(|key| &key.referenced_columns);
    primary.chain(own).chain(referenced).cloned().collect()
}

/// Maps the values of every enum that keeps them to each other, in one circle, so that keys and what refers to them agree.
pub(super) fn turn_values(from: &Schema, to: &Schema, by: u8, answers: &mut Answers) {
    for table in to.tables.values() {
        let Some(old) = origin(from, &table.name, answers) else {
            continue;
        };
        for column in &table.columns {
            let before = origin_of(old, &table.name, &column.name, answers);
            let types = (before.map(|column| &column.ty), &column.ty);
            let (Some(Type::Enum { values: old, .. }), Type::Enum { values: new, .. }) = types else {
                continue;
            };
            let (old, new): (BTreeSet<_>, BTreeSet<_>) = (old.iter().collect(), new.iter().collect());
            if old != new || new.len() < 2 || column.generated.is_some() {
                continue;
            }
            let turned = new.iter().cycle().skip(1 + usize::from(by) % (new.len() - 1));
            let map: BTreeMap<String, String> = new
                .iter()
                .zip(turned)
                .map(|(value, turned)| ((*value).clone(), (*turned).clone()))
                .collect();
            answers
                .mapped_values
                .insert((table.name.clone(), column.name.clone()), map);
        }
    }
}

/// Adds a column that is filled from one that is there, or goes, and another one that is filled from the first.
pub(super) fn copy(from: &Schema, to: &mut Schema, [table, source, place]: [u8; 3], answers: &mut Answers) {
    let Some((old, name)) = kept(from, to, table, answers) else {
        return;
    };
    let new = to.tables.get_mut(&name).expect("it was kept");
    let goes = old.columns.iter().filter(|column| {
        let key = (name.clone(), column.name.clone());
        new.column(&column.name).is_none() && !answers.renamed_columns.contains_key(&key)
    });
    let stays = new
        .columns
        .iter()
        .filter(|column| origin_of(old, &name, &column.name, answers).is_some());
    // An enum is a type of its own on PostgreSQL, which no other column can be filled from.
    let sources: Vec<Column> = goes
        .chain(stays)
        .filter(|column| column.generated.is_none() && !matches!(column.ty, Type::Enum { .. }))
        .cloned()
        .collect();
    let is_taken = |copy: &str| old.column(copy).is_some() || new.column(copy).is_some();
    if sources.is_empty() || COPIES.iter().any(|copy| is_taken(copy)) {
        return;
    }
    let mut column = sources[usize::from(source) % sources.len()].clone();
    let mut filled_from = column.name.clone();
    column.default = None;
    column.auto = Auto::No;
    for copy in COPIES {
        copy.clone_into(&mut column.name);
        let at = usize::from(place) % (new.columns.len() + 1);
        new.columns.insert(at, column.clone());
        let value = Default::expression(quoted(&filled_from));
        answers.backfills.insert((name.clone(), copy.to_owned()), value);
        copy.clone_into(&mut filled_from);
    }
}
