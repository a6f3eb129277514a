//! What a person decided that two schemas alone do not tell.

use std::collections::BTreeMap;

use crate::operation::Operation;
use crate::schema::{Default, TableName};

/// Renames, values for old rows, and values in place of others.
///
/// ```
/// use schema_core::diff::{Answers, diff};
/// use schema_core::schema::{Column, Schema, Table, TableName, Type};
///
/// let items = TableName::new("items");
/// let with = |column: &str| Schema::from_iter([Table {
///     columns: vec![Column::new(column, Type::F64)],
///     ..Table::new(items.clone())
/// }]);
/// let mut answers = Answers::default();
/// answers.renamed_columns.insert((items.clone(), "price".into()), "cost".into());
///
/// let operations = diff(&with("price"), &with("cost"), &answers);
/// assert_eq!(operations.len(), 1);
/// assert_eq!(operations[0].describe(), "renamed column 'items.price' to 'items.cost'");
/// ```
#[derive(Debug, Clone, std::default::Default, PartialEq, Eq)]
pub struct Answers {
    /// Tables that have another name now: old to new.
    pub renamed_tables: BTreeMap<TableName, TableName>,
    /// Columns that have another name now: by the table's new name and the old column, the new column.
    pub renamed_columns: BTreeMap<(TableName, String), String>,
    /// The values for rows that exist when a column arrives or becomes NOT NULL, by table and column, both by
    /// their new names.
    pub backfills: BTreeMap<(TableName, String), Default>,
    /// The values that rows get in place of those that an enum no longer has: by table and column, both by their new
    /// names, the new value by the old one.
    pub mapped_values: BTreeMap<(TableName, String), BTreeMap<String, String>>,
}

impl Answers {
    /// Returns what a list of operations knows: what was renamed, from the first name to the last, and what rows got.
    ///
    /// With that, the diff of the schemas before and after leads the same way, if nothing was dropped and made again.
    ///
    /// ```
    /// # use schema_core::{diff::Answers, operation::Operation, schema::TableName};
    /// let [a, b, c] = ["a", "b", "c"].map(TableName::new);
    /// let answers = Answers::of(&[
    ///     Operation::RenameTable { from: a.clone(), to: b.clone() },
    ///     Operation::RenameTable { from: b, to: c.clone() },
    /// ]);
    /// assert_eq!(answers.renamed_tables, [(a, c)].into());
    /// ```
    #[must_use]
    pub fn of(operations: &[Operation]) -> Answers {
        let mut answers = Answers::default();
        for operation in operations {
            answers.learn(operation);
        }
        answers
    }

    fn learn(&mut self, operation: &Operation) {
        match operation {
            Operation::RenameTable { from, to } => {
                rename(&mut self.renamed_tables, from, to);
                let moved = |table: &mut TableName| {
                    if table == from {
                        table.clone_from(to);
                    }
                };
                rekey(&mut self.renamed_columns, |(table, _)| moved(table));
                rekey(&mut self.backfills, |(table, _)| moved(table));
                rekey(&mut self.mapped_values, |(table, _)| moved(table));
            }
            Operation::RenameColumn { table, from, to } => {
                let was = (self.renamed_columns.iter())
                    .find(|((of, _), name)| of == table && *name == from)
                    .map_or_else(|| from.clone(), |((_, first), _)| first.clone());
                if was == *to {
                    self.renamed_columns.remove(&(table.clone(), was));
                } else {
                    self.renamed_columns.insert((table.clone(), was), to.clone());
                }
                let moved = |of: &TableName, column: &mut String| {
                    if of == table && column == from {
                        column.clone_from(to);
                    }
                };
                rekey(&mut self.backfills, |(of, column)| moved(of, column));
                rekey(&mut self.mapped_values, |(of, column)| moved(of, column));
            }
            Operation::AddColumn {
                table,
                column,
                backfill,
                ..
            }
            | Operation::AlterColumn {
                table,
                to: column,
                backfill,
                ..
            } => {
                if let Some(value) = backfill {
                    self.backfills
                        .insert((table.clone(), column.name.clone()), value.clone());
                }
            }
            Operation::MapValues {
                table,
                column,
                values,
                ..
            } => {
                let mapped = self
                    .mapped_values
                    .entry((table.clone(), column.clone()))
                    .or_default();
                for now in mapped.values_mut() {
                    if let Some(then) = values.get(now) {
                        now.clone_from(then);
                    }
                }
                for (old, new) in values {
                    mapped.entry(old.clone()).or_insert_with(|| new.clone());
                }
            }
            Operation::DropTable { table } => self.renamed_tables.retain(|_, to| *to != table.name),
            Operation::DropColumn { table, column, .. } => {
                self.renamed_columns
                    .retain(|(of, _), to| of != table || *to != column.name);
            }
            Operation::CreateTable { .. }
            | Operation::AlterTable { .. }
            | Operation::AlterPrimaryKey { .. }
            | Operation::AddIndex { .. }
            | Operation::DropIndex { .. }
            | Operation::RenameIndex { .. }
            | Operation::AddForeignKey { .. }
            | Operation::DropForeignKey { .. }
            | Operation::RenameForeignKey { .. }
            | Operation::AddCheck { .. }
            | Operation::DropCheck { .. }
            | Operation::RenameCheck { .. } => {}
        }
    }

    /// Returns the new name of a column, by its table's new name and its old one, if it has another.
    ///
    /// ```
    /// # use schema_core::{diff::Answers, schema::TableName};
    /// let items = TableName::new("items");
    /// let mut answers = Answers::default();
    /// answers.renamed_columns.insert((items.clone(), "price".into()), "cost".into());
    /// assert_eq!(answers.renamed_column(&items, "price"), Some("cost"));
    /// assert_eq!(answers.renamed_column(&items, "name"), None);
    /// ```
    #[must_use]
    pub fn renamed_column(&self, table: &TableName, column: &str) -> Option<&str> {
        if self.renamed_columns.is_empty() {
            // Nearly always; and then nothing need be allocated for the look-up.
            return None;
        }
        self.renamed_columns
            .get(&(table.clone(), column.to_owned()))
            .map(String::as_str)
    }
}

/// Notes a rename, as one with that which led to its old name.
fn rename(renamed: &mut BTreeMap<TableName, TableName>, from: &TableName, to: &TableName) {
    let first = renamed.iter().find(|(_, name)| *name == from);
    let first = first.map_or_else(|| from.clone(), |(first, _)| first.clone());
    if first == *to {
        renamed.remove(&first);
    } else {
        renamed.insert(first, to.clone());
    }
}

fn rekey<K: Ord, V>(map: &mut BTreeMap<K, V>, change: impl Fn(&mut K)) {
    *map = std::mem::take(map)
        .into_iter()
        .map(|(mut key, value)| {
            change(&mut key);
            (key, value)
        })
        .collect();
}
