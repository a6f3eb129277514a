//! When each foreign key goes and comes, and which checks go first.
//!
//! The server refuses to change what a foreign key rests on, to drop the target of one, and to drop and add one of the same name in one statement.
//! MySQL, not MariaDB, has each name of a check once in a database
//! (<https://dev.mysql.com/doc/refman/8.4/en/create-table-check-constraints.html>), so one that another table gets has to be free.

use std::collections::{BTreeMap, BTreeSet};

use super::alter::remade;
use super::change::{Change, Changes, Structural};
use crate::schema::{ForeignKey, Schema, Table, TableName};

/// The foreign keys that do not go and come with their tables' own statements, by table.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// Those that go before anything else.
    pub(super) early: BTreeMap<TableName, Vec<String>>,
    /// Those that come after everything else.
    pub(super) late: BTreeMap<TableName, Vec<String>>,
    /// The checks that go before anything else.
    pub(super) early_checks: BTreeMap<TableName, Vec<String>>,
}

impl Keys {
    pub(super) fn sort(changes: &Changes) -> Self {
        let mut keys = Keys::default();
        let unsteady = unsteady(changes);
        let names = coming(changes);
        for change in &changes.tables {
            for key in change.before.foreign_keys.values() {
                let goes = change.after.foreign_keys.get(&key.name) != Some(key);
                if goes && goes_early(change, key, &unsteady, &names) {
                    push(&mut keys.early, &change.after.name, &key.name);
                }
            }
            let before = changes.before.table(&change.after.name);
            for key in change.after.foreign_keys.values() {
                let stood = before.and_then(|table| table.foreign_keys.get(&key.name));
                if stood != Some(key) && (unsteady.contains(&key.references) || stood.is_some()) {
                    push(&mut keys.late, &change.after.name, &key.name);
                }
            }
        }
        keys.carry(changes);
        keys.drop_tables(changes);
        keys.create_tables(changes, &unsteady);
        keys.free_checks(changes);
        keys
    }

    /// A check that goes makes way for one of its name on another table.
    fn free_checks(&mut self, changes: &Changes) {
        let created = changes.created().filter_map(|name| changes.after.table(name));
        let mut coming: Vec<(&TableName, &String)> = created
            .flat_map(|table| table.checks.keys().map(|check| (&table.name, check)))
            .collect();
        for change in &changes.tables {
            coming.extend(new_checks(&change.before, &change.after).map(|check| (&change.after.name, check)));
        }
        for change in &changes.tables {
            let table = &change.after.name;
            for name in new_checks(&change.after, &change.before) {
                let takes_it = |(other, coming): &(&TableName, &String)| {
                    *other != table && coming.eq_ignore_ascii_case(name)
                };
                if coming.iter().any(takes_it) {
                    push(&mut self.early_checks, table, name);
                }
            }
        }
    }

    pub(super) fn is_early_check(&self, table: &TableName, check: &str) -> bool {
        self.early_checks
            .get(table)
            .is_some_and(|names| names.iter().any(|name| name == check))
    }

    pub(super) fn is_early(&self, table: &TableName, key: &str) -> bool {
        self.early
            .get(table)
            .is_some_and(|names| names.iter().any(|name| name == key))
    }

    pub(super) fn is_late(&self, table: &TableName, key: &str) -> bool {
        self.late
            .get(table)
            .is_some_and(|names| names.iter().any(|name| name == key))
    }

    /// A key that is dropped and added again as it was stands in the way of something, and so does one by a column that is dropped and added again.
    fn carry(&mut self, changes: &Changes) {
        let carried = changes.carried.iter();
        let mut carried: Vec<(&TableName, &String)> = carried.map(|(table, name)| (table, name)).collect();
        let remade: BTreeMap<&TableName, BTreeSet<String>> = changes
            .tables
            .iter()
            .map(|change| (&change.after.name, remade(change, changes)))
            .collect();
        let is_remade = |table: &TableName, columns: &[String]| {
            let remade = remade.get(table);
            remade.is_some_and(|remade| columns.iter().any(|column| remade.contains(column)))
        };
        for table in changes.before.tables.values() {
            let after = changes.after.table(&table.name);
            for key in table.foreign_keys.values() {
                let stands = after.and_then(|table| table.foreign_keys.get(&key.name)) == Some(key);
                let hangs = is_remade(&table.name, &key.columns)
                    || is_remade(&key.references, &key.referenced_columns);
                let own = (&table.name, &key.name);
                if stands && hangs && !carried.contains(&own) {
                    carried.push(own);
                }
            }
        }
        for (table, name) in carried {
            if !self.is_early(table, name) {
                push(&mut self.early, table, name);
            }
            if !self.is_late(table, name) {
                push(&mut self.late, table, name);
            }
        }
    }

    /// A table is dropped after those that refer to it; in a circle, a key has to go first.
    fn drop_tables(&mut self, changes: &Changes) {
        let mut dropped = BTreeSet::new();
        for step in &changes.structural {
            let Structural::Drop(table) = step else { continue };
            for key in table.foreign_keys.values() {
                if dropped.contains(&key.references) {
                    push(&mut self.early, &table.name, &key.name);
                }
            }
            dropped.insert(table.name.clone());
        }
    }

    /// A table is created with the keys whose targets are there by then, and will not change.
    fn create_tables(&mut self, changes: &Changes, unsteady: &BTreeSet<TableName>) {
        let mut there = BTreeSet::new();
        for name in changes.created() {
            there.insert(name);
            for key in created_keys(&changes.after, name) {
                let stands =
                    changes.before.table(&key.references).is_some() && !unsteady.contains(&key.references);
                if !stands && !there.contains(&key.references) {
                    push(&mut self.late, name, &key.name);
                }
            }
        }
    }
}

/// Returns the names of the checks that one table has and another one has not.
fn new_checks<'a>(old: &'a Table, new: &'a Table) -> impl Iterator<Item = &'a String> {
    new.checks.keys().filter(|name| !old.checks.contains_key(*name))
}

fn push(keys: &mut BTreeMap<TableName, Vec<String>>, table: &TableName, key: &str) {
    keys.entry(table.clone()).or_default().push(key.to_owned());
}

/// Returns the tables that are dropped, created or changed.
fn unsteady(changes: &Changes) -> BTreeSet<TableName> {
    let structural = changes.structural.iter().filter_map(|step| match step {
        Structural::Create(name) => Some(name),
        Structural::Drop(table) => Some(&table.name),
        Structural::Rename(..) => None,
    });
    let changed = changes.tables.iter().map(|change| &change.after.name);
    structural.chain(changed).cloned().collect()
}

/// Returns the names of all keys that come, in lower case: a database has each name once.
fn coming(changes: &Changes) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for change in &changes.tables {
        for key in change.after.foreign_keys.values() {
            if change.before.foreign_keys.get(&key.name) != Some(key) {
                names.insert(key.name.to_lowercase());
            }
        }
    }
    for name in changes.created() {
        names.extend(created_keys(&changes.after, name).map(|key| key.name.to_lowercase()));
    }
    names
}

fn created_keys<'a>(after: &'a Schema, name: &TableName) -> impl Iterator<Item = &'a ForeignKey> {
    after
        .table(name)
        .into_iter()
        .flat_map(|table| table.foreign_keys.values())
}

fn goes_early(
    change: &Change,
    key: &ForeignKey,
    unsteady: &BTreeSet<TableName>,
    coming: &BTreeSet<String>,
) -> bool {
    let changes = |column: &String| {
        change
            .after
            .column(column)
            .is_some_and(|column| change.standing(&column.name) != Some(column))
    };
    unsteady.contains(&key.references)
        || coming.contains(&key.name.to_lowercase())
        || key.columns.iter().any(changes)
}
