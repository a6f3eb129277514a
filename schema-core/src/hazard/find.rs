//! The hazards of each operation, given what the other operations of the step do.

mod column;
mod constraint;
mod key;
mod look;

use std::borrow::Cow;

use super::{Code, Hazard};
use crate::diff::{Answers, questions};
use crate::operation::Operation;
use crate::schema::{Schema, TableName};

/// Points from which on a column that is dropped beside one that is added is worth a word.
const ALIKE: u32 = 60;

/// How a name is written in the SQL that a hazard shows.
pub type Quote<'a> = &'a dyn Fn(&str) -> String;

/// Returns the hazards of a step that it has on any database, in the order of its operations; `quote` writes the names in the SQL that they show.
///
/// They are those of the step as it is written: a database that has fewer types than the models may
/// find nothing to convert. What is made in the same step has no rows, and no hazards.
///
/// # Example
///
/// ```
/// use schema_core::diff::{Answers, diff};
/// use schema_core::hazard::{Code, hazards};
/// use schema_core::schema::{Column, Schema, Table, TableName, Type};
///
/// let mut items = Table::new(TableName::new("items"));
/// let to = Schema::from_iter([items.clone()]);
/// items.columns.push(Column::new("name", Type::Text { length: None }));
/// let from = Schema::from_iter([items]);
///
/// let answers = Answers::default();
/// let quote = |name: &str| format!("\"{name}\"");
/// let found = hazards(&diff(&from, &to, &answers), &from, &to, &answers, &quote);
/// assert_eq!(found.iter().map(|hazard| hazard.code).collect::<Vec<_>>(), [Code::D02, Code::D15]);
/// ```
#[must_use]
pub fn hazards(
    operations: &[Operation],
    from: &Schema,
    to: &Schema,
    answers: &Answers,
    quote: Quote<'_>,
) -> Vec<Hazard> {
    let before = renamed(from, operations);
    let step = Step {
        operations,
        before: &before,
        to,
        quote,
    };
    let mut found = Vec::new();
    for operation in operations {
        step.of(operation, &mut found);
    }
    found.extend(look_like_renames(from, to, answers));
    found
}

/// Returns the schema before with the names that it has after.
pub(crate) fn renamed<'a>(from: &'a Schema, operations: &[Operation]) -> Cow<'a, Schema> {
    let mut schema = Cow::Borrowed(from);
    for operation in operations {
        if matches!(
            operation,
            Operation::RenameTable { .. } | Operation::RenameColumn { .. }
        ) {
            // What does not fit is no rename of this step.
            let _ = operation.apply(schema.to_mut());
        }
    }
    schema
}

fn look_like_renames(from: &Schema, to: &Schema, answers: &Answers) -> Vec<Hazard> {
    let asked = questions(from, to, answers, &[]).into_iter();
    let alike = asked.filter_map(|question| {
        let candidate = question.candidates.first()?;
        let dropped = &question.dropped;
        let old = dropped
            .column
            .clone()
            .unwrap_or_else(|| dropped.table.to_string());
        (candidate.likeness >= ALIKE).then(|| {
            let text = format!(
                "`{dropped}` is dropped, while `{}`, which looks like it, is added without its values",
                candidate.target
            );
            let safe = format!("`#[model(renamed_from = {old:?})]`, if both are one thing");
            let column = dropped.column.as_deref();
            Hazard::new(Code::D04, text, safe).of(&dropped.table, column.as_slice())
        })
    });
    alike.collect()
}

/// The operations that belong together, and the schemas on both sides of them.
struct Step<'a> {
    operations: &'a [Operation],
    before: &'a Schema,
    to: &'a Schema,
    quote: Quote<'a>,
}

impl Step<'_> {
    fn of(&self, operation: &Operation, found: &mut Vec<Hazard>) {
        let is_new = |table: &TableName| self.before.table(table).is_none();
        match operation {
            Operation::CreateTable { .. }
            | Operation::RenameTable { .. }
            | Operation::AlterTable { .. }
            | Operation::RenameColumn { .. }
            | Operation::MapValues { .. }
            | Operation::RenameIndex { .. }
            | Operation::RenameForeignKey { .. }
            | Operation::RenameCheck { .. } => {}
            Operation::DropTable { table } if is_new(&table.name) => {}
            Operation::AddColumn { table, .. }
            | Operation::DropColumn { table, .. }
            | Operation::AlterColumn { table, .. }
            | Operation::AlterPrimaryKey { table, .. }
            | Operation::AddIndex { table, .. }
            | Operation::DropIndex { table, .. }
            | Operation::AddForeignKey { table, .. }
            | Operation::DropForeignKey { table, .. }
            | Operation::AddCheck { table, .. }
            | Operation::DropCheck { table, .. }
                if is_new(table) => {}
            Operation::DropTable { table } => {
                let text = format!("`{}` is dropped with all its rows", self.table_name(&table.name));
                let safe =
                    "keep a copy of the rows until nobody misses them; the way back makes an empty table";
                found.push(Hazard::new(Code::D01, text, safe).of(&table.name, &[]));
            }
            Operation::AddColumn {
                table,
                column,
                backfill,
                ..
            } => found.extend(column::added(table, column, backfill.as_ref())),
            Operation::DropColumn { table, column, .. } => self.dropped(table, column, found),
            Operation::AlterColumn {
                table,
                from,
                to,
                backfill,
            } => self.altered(table, (from, to), backfill.as_ref(), found),
            Operation::AlterPrimaryKey { table, from, to } => match (from, to) {
                (from, Some(to)) => self.key(table, from.as_ref(), to, found),
                (Some(from), None) if !from.columns.iter().any(|column| self.goes(table, column)) => {
                    found.push(constraint::unguarded(table, &from.name));
                }
                (_, None) => {}
            },
            Operation::AddIndex { table, index } => found.extend(self.unique_added(table, index)),
            Operation::DropIndex { table, index } => found.extend(self.unique_dropped(table, index)),
            Operation::AddForeignKey { table, foreign_key } => {
                found.extend(self.foreign_key_added(table, foreign_key));
            }
            Operation::DropForeignKey { table, foreign_key } => {
                found.extend(self.foreign_key_dropped(table, foreign_key));
            }
            Operation::AddCheck { table, check } => found.extend(self.check_added(table, check)),
            Operation::DropCheck { table, check } => found.extend(self.check_dropped(table, check)),
        }
    }

    /// Returns the name that a table had before the step.
    fn table_name<'b>(&'b self, name: &'b TableName) -> &'b TableName {
        self.operations.iter().rev().fold(name, |name, operation| {
            let Operation::RenameTable { from, to } = operation else {
                return name;
            };
            if to == name { from } else { name }
        })
    }

    /// Returns the name that a column had before the step.
    fn column_name<'b>(&'b self, table: &TableName, name: &'b str) -> &'b str {
        self.renames_of(table)
            .fold(name, |name, (from, to)| if to == name { from } else { name })
    }

    /// Returns the renames of a table's columns, the last one first.
    fn renames_of(&self, table: &TableName) -> impl Iterator<Item = (&str, &str)> {
        self.operations.iter().rev().filter_map(move |operation| {
            let Operation::RenameColumn { table: of, from, to } = operation else {
                return None;
            };
            (of == table).then_some((from.as_str(), to.as_str()))
        })
    }

    /// Tells whether the column, or its table, is no more after the step.
    fn goes(&self, table: &TableName, column: &str) -> bool {
        self.to
            .table(table)
            .and_then(|table| table.column(column))
            .is_none()
    }
}

/// Returns the columns in an order of their own, for where theirs does not matter.
fn sorted<T: Ord + Clone>(columns: &[T]) -> Vec<T> {
    let mut columns = columns.to_vec();
    columns.sort();
    columns
}
