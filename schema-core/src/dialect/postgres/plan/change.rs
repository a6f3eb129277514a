//! What becomes of each table between two schemas that use the same names.

use std::collections::{BTreeMap, BTreeSet};

use super::enums::Enums;
use crate::dialect::backfill::{Filled, Refused, in_turns, tables_in_turn};
use crate::dialect::postgres::types;
use crate::operation::Operation;
use crate::schema::{Check, Column, Default, ForeignKey, Index, Schema, Table, TableName};

/// All that changes.
pub(super) struct Change<'a> {
    pub(super) before: &'a Schema,
    pub(super) after: &'a Schema,
    /// The standing tables that change.
    pub(super) tables: Vec<TableChange<'a>>,
    /// New tables, parents first.
    pub(super) created: Vec<&'a TableName>,
    /// Tables that go, children first.
    pub(super) dropped: Vec<&'a TableName>,
    /// Foreign keys that go, but for those that go with their table.
    pub(super) dropped_keys: Vec<(&'a TableName, &'a str)>,
    /// Foreign keys that come.
    pub(super) added_keys: Vec<(&'a TableName, &'a ForeignKey)>,
    /// Foreign keys that get other names: the table, the old name and the new one.
    pub(super) renamed_keys: Vec<(&'a TableName, &'a str, &'a str)>,
    pub(super) enums: Enums<'a>,
}

/// What becomes of one standing table.
pub(super) struct TableChange<'a> {
    pub(super) before: &'a Table,
    pub(super) after: &'a Table,
    /// The values for rows that have none, by column.
    pub(super) fills: BTreeMap<&'a str, &'a Default>,
    /// The new values by the old ones, by column.
    pub(super) mapped: BTreeMap<&'a str, &'a BTreeMap<String, String>>,
    /// The new names of indexes by the old ones.
    index_names: BTreeMap<&'a str, &'a str>,
    /// The new names of checks by the old ones.
    check_names: BTreeMap<&'a str, &'a str>,
}

/// Something said of names within tables.
type ByTable<'a, T> = BTreeMap<&'a TableName, BTreeMap<&'a str, T>>;

impl<'a> Change<'a> {
    /// Gathers what the operations say beyond the difference of the schemas: values, order and new names.
    pub(super) fn collect(before: &'a Schema, after: &'a Schema, operations: &'a [Operation]) -> Self {
        let mut fills: ByTable<'a, &Default> = BTreeMap::new();
        let mut mapped: ByTable<'a, &BTreeMap<String, String>> = BTreeMap::new();
        let (mut index_names, mut check_names) = (ByTable::new(), ByTable::new());
        let (mut created, mut dropped) = (Vec::new(), Vec::new());
        let (mut dropped_keys, mut added_keys) = (Vec::new(), Vec::new());
        let mut renamed_keys = Vec::new();
        for operation in operations {
            match operation {
                Operation::CreateTable { table } => created.push(&table.name),
                Operation::DropTable { table } => dropped.push(&table.name),
                Operation::AddColumn {
                    table,
                    column: Column { name, .. },
                    backfill: Some(fill),
                    ..
                }
                | Operation::AlterColumn {
                    table,
                    to: Column { name, .. },
                    backfill: Some(fill),
                    ..
                } => {
                    fills.entry(table).or_default().insert(name, fill);
                }
                Operation::MapValues {
                    table,
                    column,
                    values,
                    back: _,
                } => {
                    mapped.entry(table).or_default().insert(column, values);
                }
                Operation::AddForeignKey { table, foreign_key } => added_keys.push((table, foreign_key)),
                Operation::DropForeignKey { table, foreign_key } => dropped_keys.push((table, foreign_key)),
                Operation::RenameIndex { table, from, to } => {
                    let names = index_names.entry(table).or_insert_with(BTreeMap::new);
                    names.insert(from.name.as_str(), to.as_str());
                }
                Operation::RenameCheck { table, from, to } => {
                    let names = check_names.entry(table).or_insert_with(BTreeMap::new);
                    names.insert(from.as_str(), to.as_str());
                }
                Operation::RenameForeignKey { table, from, to } => {
                    renamed_keys.push((table, from.as_str(), to.as_str()));
                }
                Operation::AddColumn { backfill: None, .. }
                | Operation::AlterColumn { backfill: None, .. }
                | Operation::AlterTable { .. }
                | Operation::DropColumn { .. }
                | Operation::RenameTable { .. }
                | Operation::RenameColumn { .. }
                | Operation::AlterPrimaryKey { .. }
                | Operation::AddIndex { .. }
                | Operation::DropIndex { .. }
                | Operation::AddCheck { .. }
                | Operation::DropCheck { .. } => {}
            }
        }
        let standing = before
            .tables
            .values()
            .filter_map(|old| Some((old, after.table(&old.name)?)));
        let standing: Vec<_> = standing
            .filter(|(old, new)| old != new || mapped.contains_key(&old.name))
            .filter(|(old, _)| !dropped.contains(&&old.name))
            .collect();
        let tables: Vec<TableChange<'a>> = standing
            .into_iter()
            .map(|(before, after)| TableChange {
                before,
                after,
                fills: fills.remove(&after.name).unwrap_or_default(),
                mapped: mapped.remove(&after.name).unwrap_or_default(),
                index_names: index_names.remove(&after.name).unwrap_or_default(),
                check_names: check_names.remove(&after.name).unwrap_or_default(),
            })
            .collect();
        let enums = Enums::compare(before, after, &tables);
        let mut change = Change {
            before,
            after,
            tables,
            dropped_keys: needed_drops(&dropped, dropped_keys),
            created,
            dropped,
            added_keys,
            renamed_keys,
            enums,
        };
        change.remake_hanging_keys();
        change
    }

    /// Returns the standing tables that change, those first in which the backfills of others read.
    pub(super) fn in_turn(&self) -> impl Iterator<Item = &TableChange<'a>> {
        let filled = self.tables.iter().map(|table| Filled {
            before: table.before,
            after: table.after,
            fills: table.filled(),
        });
        let order = tables_in_turn(&filled.collect::<Vec<_>>()).into_iter();
        order.filter_map(|at| self.tables.get(at))
    }

    /// Drops and adds again the foreign keys that stay but hang on a column that does not stay as it is, on either side.
    fn remake_hanging_keys(&mut self) {
        let unsteady: BTreeMap<&TableName, BTreeSet<&str>> = self
            .tables
            .iter()
            .map(|table| (&table.after.name, table.unsteady(&self.enums)))
            .collect();
        let is_unsteady = |table: &TableName, columns: &[String]| {
            let unsteady = unsteady.get(table);
            unsteady.is_some_and(|unsteady| columns.iter().any(|column| unsteady.contains(column.as_str())))
        };
        for table in self.before.tables.values() {
            for key in table.foreign_keys.values() {
                let (name, old) = (&table.name, key.name.as_str());
                let hangs =
                    is_unsteady(name, &key.columns) || is_unsteady(&key.references, &key.referenced_columns);
                if !hangs || self.dropped_keys.contains(&(name, old)) {
                    continue;
                }
                self.dropped_keys.push((name, old));
                if self.dropped.contains(&name) {
                    continue;
                }
                let is_own = |(table, from, _): &(&TableName, &str, &str)| *table == name && *from == old;
                let renamed = self.renamed_keys.iter().position(is_own);
                let new = renamed.map_or(old, |at| self.renamed_keys.remove(at).2);
                let new = self
                    .after
                    .table(name)
                    .and_then(|table| table.foreign_keys.get(new));
                self.added_keys.extend(new.map(|key| (name, key)));
            }
        }
    }
}

/// A foreign key goes with its table, unless the table that it refers to goes first: then they refer to each other in a circle.
fn needed_drops<'a>(
    dropped: &[&TableName],
    keys: Vec<(&'a TableName, &'a ForeignKey)>,
) -> Vec<(&'a TableName, &'a str)> {
    let turn = |table: &TableName| dropped.iter().position(|name| *name == table);
    let needed = keys.into_iter().filter(|(table, key)| match turn(table) {
        None => true,
        Some(own) => turn(&key.references).is_some_and(|target| target < own),
    });
    needed.map(|(table, key)| (table, key.name.as_str())).collect()
}

impl<'a> TableChange<'a> {
    /// Returns the columns that stand on both sides.
    pub(super) fn standing(&self) -> impl Iterator<Item = (&'a Column, &'a Column)> {
        let (before, after) = (self.before, self.after);
        before
            .columns
            .iter()
            .filter_map(move |old| Some((old, after.column(&old.name)?)))
    }

    /// Returns the new columns.
    pub(super) fn added(&self) -> impl Iterator<Item = &'a Column> {
        let before = self.before;
        let new = self.after.columns.iter();
        new.filter(move |column| before.column(&column.name).is_none())
    }

    /// Returns the columns that go, those first that are computed from others.
    pub(super) fn gone(&self) -> Vec<&'a Column> {
        let old = self.before.columns.iter();
        let mut gone: Vec<&Column> = old
            .filter(|column| self.after.column(&column.name).is_none())
            .collect();
        gone.sort_by_key(|column| column.generated.is_none());
        gone
    }

    /// Returns the values that rows get: those of new columns, and those in place of NULL where a column may no longer hold it.
    pub(super) fn filled(&self) -> BTreeMap<&'a str, &'a Default> {
        let mut filled = self.fills.clone();
        for (old, new) in self.standing() {
            let tightens = old.nullable && !new.nullable && new.generated.is_none();
            match &new.default {
                Some(default) if tightens => drop(filled.entry(&new.name).or_insert(default)),
                Some(_) | None if tightens => {}
                Some(_) | None => drop(filled.remove(new.name.as_str())),
            }
        }
        filled
    }

    /// Returns the columns whose rows are filled, those first that others read.
    pub(super) fn filled_in_turns(&self) -> Result<Vec<Vec<&'a str>>, Refused> {
        in_turns(self.before, self.after, &self.filled())
    }

    /// Returns the standing columns whose values get another type or order.
    pub(super) fn retyped(&self, enums: &Enums<'_>) -> BTreeSet<&'a str> {
        let changed = self
            .standing()
            .filter(|(old, new)| enums.changes_type(&old.ty, &new.ty) || old.collation != new.collation);
        changed.map(|(_, new)| new.name.as_str()).collect()
    }

    /// Returns the standing columns that are dropped and added again: those that are computed in another way, or from columns of another type.
    pub(super) fn remade(&self, enums: &Enums<'_>) -> BTreeSet<&'a str> {
        let retyped = self.retyped(enums);
        let remade = self.standing().filter(|(old, new)| {
            new.generated.as_ref().is_some_and(|generated| {
                old.generated.as_ref() != Some(generated)
                    || retyped.contains(new.name.as_str())
                    || retyped.iter().any(|column| generated.expression.mentions(column))
            })
        });
        remade.map(|(_, new)| new.name.as_str()).collect()
    }

    /// Returns the standing columns that no foreign key outlives: those that are made anew, and those that change to or from an enum, which
    /// compares with nothing else.
    fn unsteady(&self, enums: &Enums<'_>) -> BTreeSet<&'a str> {
        let is_enum = |column: &Column| types::enumeration(&column.ty).is_some();
        let changed = self
            .standing()
            .filter(|(old, new)| enums.changes_type(&old.ty, &new.ty) && (is_enum(old) || is_enum(new)));
        let mut unsteady = self.remade(enums);
        unsteady.extend(changed.map(|(_, new)| new.name.as_str()));
        unsteady
    }

    /// Returns what an index is afterwards, if it stays: the same but for its name.
    pub(super) fn kept_index(&self, old: &Index) -> Option<&'a Index> {
        let name = self
            .index_names
            .get(old.name.as_str())
            .copied()
            .unwrap_or(&old.name);
        let new = self.after.indexes.get(name)?;
        let renamed = Index {
            name: new.name.clone(),
            ..old.clone()
        };
        (renamed == *new).then_some(new)
    }

    /// Returns what a check is afterwards, if it stays: the same but for its name.
    pub(super) fn kept_check(&self, old: &Check) -> Option<&'a Check> {
        let name = self
            .check_names
            .get(old.name.as_str())
            .copied()
            .unwrap_or(&old.name);
        let new = self.after.checks.get(name)?;
        (old.expression == new.expression).then_some(new)
    }

    /// Tells whether an index has to be made anew although it stays: its expressions were understood with other types, or it would go
    /// with a column.
    pub(super) fn touches_index(&self, index: &Index, enums: &Enums<'_>) -> bool {
        let plain = index.predicate.is_none() && index.columns().is_some();
        let (retyped, remade) = (self.retyped(enums), self.remade(enums));
        let uses = |column: &&str| index.mentions(column);
        remade.iter().any(uses) || (!plain && retyped.iter().any(uses))
    }

    /// Tells whether a check has to be made anew although it stays.
    pub(super) fn touches_check(&self, check: &Check, enums: &Enums<'_>) -> bool {
        let (retyped, remade) = (self.retyped(enums), self.remade(enums));
        retyped
            .iter()
            .chain(&remade)
            .any(|column| check.expression.mentions(column))
    }
}
