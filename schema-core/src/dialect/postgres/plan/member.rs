//! Indexes, keys and checks of standing tables: what goes first, what gets another name, and what comes last.

use super::change::{Change, TableChange};
use super::drop_index;
use super::enums::Enums;
use crate::dialect::postgres::ddl::{
    check, create_index, in_schema, primary_key, qualified, quote, repeated, unique,
};
use crate::operation::aside;
use crate::plan::Statement;
use crate::schema::{Index, PrimaryKey, TableName};

/// Drops what goes, or is made anew.
pub(super) fn drop(table: &TableChange<'_>, enums: &Enums<'_>, statements: &mut Vec<Statement>) {
    let name = &table.after.name;
    let mut clauses = Vec::new();
    if let Some(key) = table
        .before
        .primary_key
        .as_ref()
        .filter(|_| key_changes(table, enums))
    {
        clauses.push(format!("DROP CONSTRAINT {}", quote(&key.name)));
    }
    for check in table.before.checks.values() {
        if table.kept_check(check).is_none() || table.touches_check(check, enums) {
            clauses.push(format!("DROP CONSTRAINT {}", quote(&check.name)));
        }
    }
    for index in table.before.indexes.values() {
        if table.kept_index(index).is_some() && !table.touches_index(index, enums) {
            continue;
        }
        if index.constraint {
            clauses.push(format!("DROP CONSTRAINT {}", quote(&index.name)));
        } else {
            statements.push(drop_index(name, &index.name));
        }
    }
    statements.extend(altered(name, &clauses));
}

/// Tells whether the primary key has other columns, or one that is made anew.
fn key_changes(table: &TableChange<'_>, enums: &Enums<'_>) -> bool {
    let columns = |key: &Option<PrimaryKey>| key.as_ref().map(|key| key.columns.clone());
    let remade = table.remade(enums);
    columns(&table.before.primary_key) != columns(&table.after.primary_key)
        || table
            .after
            .primary_key
            .iter()
            .any(|key| key.columns.iter().any(|column| remade.contains(column.as_str())))
}

/// Gives other names to what stays. A name may be that of an index that is renamed too, so whoever wants a free name is first; those that want
/// each other's names meet by one that nobody has.
pub(super) fn rename(change: &Change<'_>, statements: &mut Vec<Statement>) {
    for (table, from, to) in &change.renamed_keys {
        statements.push(rename_constraint(table, from, to));
    }
    let mut pending: Vec<(TableName, String, String)> = Vec::new();
    for table in &change.tables {
        let name = &table.after.name;
        if let (Some(old), Some(new)) = (&table.before.primary_key, &table.after.primary_key) {
            if old.name != new.name && !key_changes(table, &change.enums) {
                pending.push((name.clone(), old.name.clone(), new.name.clone()));
            }
        }
        for old in table.before.indexes.values() {
            let kept = table
                .kept_index(old)
                .filter(|_| !table.touches_index(old, &change.enums));
            if let Some(new) = kept.filter(|new| new.name != old.name) {
                pending.push((name.clone(), old.name.clone(), new.name.clone()));
            }
        }
        for old in table.before.checks.values() {
            let kept = table
                .kept_check(old)
                .filter(|_| !table.touches_check(old, &change.enums));
            if let Some(new) = kept.filter(|new| new.name != old.name) {
                statements.push(rename_constraint(name, &old.name, &new.name));
            }
        }
    }
    while !pending.is_empty() {
        let is_free = |(table, _, to): &(TableName, String, String)| {
            let taken =
                |(other, from, _): &(TableName, String, String)| other.schema == table.schema && from == to;
            !pending.iter().any(taken)
        };
        match pending.iter().position(is_free) {
            Some(at) => {
                let (table, from, to) = pending.remove(at);
                statements.push(rename_index(&table, &from, &to));
            }
            None => {
                let (table, from, _) = &mut pending[0];
                let between = aside(from, |_| false);
                statements.push(rename_index(table, from, &between));
                *from = between;
            }
        }
    }
}

/// The key or constraint on an index is renamed with it.
fn rename_index(table: &TableName, from: &str, to: &str) -> Statement {
    Statement::execute(format!(
        "ALTER INDEX {} RENAME TO {}",
        in_schema(table, from),
        quote(to)
    ))
}

fn rename_constraint(table: &TableName, from: &str, to: &str) -> Statement {
    Statement::execute(format!(
        "ALTER TABLE {} RENAME CONSTRAINT {} TO {}",
        qualified(table),
        quote(from),
        quote(to)
    ))
}

/// Returns the clauses that add keys and checks.
pub(super) fn added(table: &TableChange<'_>, enums: &Enums<'_>) -> Vec<String> {
    let mut clauses = Vec::new();
    if let Some(key) = table
        .after
        .primary_key
        .as_ref()
        .filter(|_| key_changes(table, enums))
    {
        clauses.push(format!("ADD {}", primary_key(key)));
    }
    let indexes = new_indexes(table, enums).into_iter();
    let repeated = repeated(table.after);
    let once = indexes.filter(|index| index.constraint && !repeated.contains(index));
    clauses.extend(once.map(|index| format!("ADD {}", unique(index))));
    for new in table.after.checks.values() {
        let mut before = table.before.checks.values();
        let standing = before.find(|old| table.kept_check(old) == Some(new));
        if standing.is_none_or(|old| table.touches_check(old, enums)) {
            clauses.push(format!("ADD {}", check(new)));
        }
    }
    clauses
}

/// Creates the indexes that are no constraints, and the constraints that one statement would make one of.
pub(super) fn create_indexes(table: &TableChange<'_>, enums: &Enums<'_>, statements: &mut Vec<Statement>) {
    let indexes = new_indexes(table, enums);
    let repeated = repeated(table.after);
    for index in indexes.iter().filter(|index| repeated.contains(index)) {
        statements.extend(altered(&table.after.name, &[format!("ADD {}", unique(index))]));
    }
    let indexes = indexes.into_iter().filter(|index| !index.constraint);
    statements.extend(indexes.map(|index| Statement::execute(create_index(&table.after.name, index))));
}

fn new_indexes<'a>(table: &TableChange<'a>, enums: &Enums<'_>) -> Vec<&'a Index> {
    let is_new = |new: &&Index| {
        let mut before = table.before.indexes.values();
        let standing = before.find(|old| table.kept_index(old) == Some(new));
        standing.is_none_or(|old| table.touches_index(old, enums))
    };
    table.after.indexes.values().filter(is_new).collect()
}

/// Returns one ALTER TABLE of several clauses, if there are any.
pub(super) fn altered(table: &TableName, clauses: &[String]) -> Option<Statement> {
    let sql = match clauses {
        [] => return None,
        [one] => format!("ALTER TABLE {} {one}", qualified(table)),
        several => format!(
            "ALTER TABLE {}\n    {}",
            qualified(table),
            several.join(",\n    ")
        ),
    };
    Some(Statement::execute(sql))
}
