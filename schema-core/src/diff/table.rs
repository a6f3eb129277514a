//! The difference of one table.

use std::collections::BTreeMap;

use super::{Answers, Pair, pairs};
use crate::operation::Operation;
use crate::schema::{Check, Column, ForeignKey, Index, Table, TableName};

/// A new table, then its foreign keys.
pub(super) fn create(table: &Table, operations: &mut Vec<Operation>) {
    operations.push(Operation::CreateTable {
        table: without_foreign_keys(table),
    });
    operations.extend(table.foreign_keys.values().map(|key| key.add(&table.name)));
}

/// The foreign keys of a table that goes, then the table.
pub(super) fn drop(table: &Table, operations: &mut Vec<Operation>) {
    operations.extend(table.foreign_keys.values().map(|key| key.drop(&table.name)));
    operations.push(Operation::DropTable {
        table: without_foreign_keys(table),
    });
}

fn without_foreign_keys(table: &Table) -> Table {
    Table {
        foreign_keys: BTreeMap::new(),
        ..table.clone()
    }
}

/// All changes of a table that stays.
pub(super) fn alter(from: &Table, to: &Table, answers: &Answers, operations: &mut Vec<Operation>) {
    // Names every field, so that a new one is a compile error here until it is compared.
    let Table {
        name,
        columns: _,
        primary_key,
        indexes,
        foreign_keys,
        checks,
        options,
    } = from;
    if *options != to.options {
        let (from, to) = (options.clone(), to.options.clone());
        operations.push(Operation::AlterTable {
            table: name.clone(),
            from,
            to,
        });
    }
    columns(from, to, answers, operations);
    if *primary_key != to.primary_key {
        let (from, to) = (primary_key.clone(), to.primary_key.clone());
        operations.push(Operation::AlterPrimaryKey {
            table: name.clone(),
            from,
            to,
        });
    }
    members(name, indexes, &to.indexes, operations);
    members(name, foreign_keys, &to.foreign_keys, operations);
    members(name, checks, &to.checks, operations);
}

fn columns(from: &Table, to: &Table, answers: &Answers, operations: &mut Vec<Operation>) {
    let table = &to.name;
    let old = by_name(from);
    let new = by_name(to);
    for (at, column) in to.columns.iter().enumerate() {
        let backfill = || {
            answers
                .backfills
                .get(&(table.clone(), column.name.clone()))
                .cloned()
        };
        match old.get(column.name.as_str()) {
            None => operations.push(Operation::AddColumn {
                table: table.clone(),
                column: column.clone(),
                after: name_before(to, at),
                backfill: backfill(),
            }),
            Some((_, from)) if *from != column => operations.push(Operation::AlterColumn {
                table: table.clone(),
                from: (*from).clone(),
                to: column.clone(),
                backfill: backfill().filter(|_| from.nullable && !column.nullable),
            }),
            Some(_) => {}
        }
    }
    for (at, column) in from.columns.iter().enumerate().rev() {
        if !new.contains_key(column.name.as_str()) {
            operations.push(Operation::DropColumn {
                table: table.clone(),
                column: column.clone(),
                after: name_before(from, at),
            });
        }
    }
}

fn by_name(table: &Table) -> BTreeMap<&str, (usize, &Column)> {
    table
        .columns
        .iter()
        .enumerate()
        .map(|(at, column)| (column.name.as_str(), (at, column)))
        .collect()
}

fn name_before(table: &Table, at: usize) -> Option<String> {
    at.checked_sub(1).map(|before| table.columns[before].name.clone())
}

/// What belongs to a table and has a name: indexes, foreign keys, checks.
trait Member: Clone + PartialEq {
    /// Tells whether two differ in nothing but their names.
    fn is_renamed(&self, other: &Self) -> bool;
    fn add(&self, table: &TableName) -> Operation;
    fn drop(&self, table: &TableName) -> Operation;
    fn rename(&self, table: &TableName, to: &Self) -> Operation;
}

/// Compares the members of one kind: by name first, and what is left by definition.
fn members<T: Member>(
    table: &TableName,
    from: &BTreeMap<String, T>,
    to: &BTreeMap<String, T>,
    operations: &mut Vec<Operation>,
) {
    let mut added = Vec::new();
    let mut removed = Vec::new();
    for pair in pairs(from, to) {
        match pair {
            Pair::Added(member) => added.push(member),
            Pair::Removed(member) => removed.push(member),
            Pair::Both(from, to) if from != to => {
                operations.push(from.drop(table));
                operations.push(to.add(table));
            }
            Pair::Both(..) => {}
        }
    }
    for old in removed {
        match added.iter().position(|new| old.is_renamed(new)) {
            Some(at) => operations.push(old.rename(table, added.remove(at))),
            None => operations.push(old.drop(table)),
        }
    }
    operations.extend(added.into_iter().map(|new| new.add(table)));
}

impl Member for Index {
    fn is_renamed(&self, other: &Self) -> bool {
        Index {
            name: other.name.clone(),
            ..self.clone()
        } == *other
    }

    fn add(&self, table: &TableName) -> Operation {
        Operation::AddIndex {
            table: table.clone(),
            index: self.clone(),
        }
    }

    fn drop(&self, table: &TableName) -> Operation {
        Operation::DropIndex {
            table: table.clone(),
            index: self.clone(),
        }
    }

    fn rename(&self, table: &TableName, to: &Self) -> Operation {
        Operation::RenameIndex {
            table: table.clone(),
            from: self.clone(),
            to: to.name.clone(),
        }
    }
}

impl Member for ForeignKey {
    fn is_renamed(&self, other: &Self) -> bool {
        ForeignKey {
            name: other.name.clone(),
            ..self.clone()
        } == *other
    }

    fn add(&self, table: &TableName) -> Operation {
        Operation::AddForeignKey {
            table: table.clone(),
            foreign_key: self.clone(),
        }
    }

    fn drop(&self, table: &TableName) -> Operation {
        Operation::DropForeignKey {
            table: table.clone(),
            foreign_key: self.clone(),
        }
    }

    fn rename(&self, table: &TableName, to: &Self) -> Operation {
        Operation::RenameForeignKey {
            table: table.clone(),
            from: self.name.clone(),
            to: to.name.clone(),
        }
    }
}

impl Member for Check {
    fn is_renamed(&self, other: &Self) -> bool {
        Check {
            name: other.name.clone(),
            ..self.clone()
        } == *other
    }

    fn add(&self, table: &TableName) -> Operation {
        Operation::AddCheck {
            table: table.clone(),
            check: self.clone(),
        }
    }

    fn drop(&self, table: &TableName) -> Operation {
        Operation::DropCheck {
            table: table.clone(),
            check: self.clone(),
        }
    }

    fn rename(&self, table: &TableName, to: &Self) -> Operation {
        Operation::RenameCheck {
            table: table.clone(),
            from: self.name.clone(),
            to: to.name.clone(),
        }
    }
}
