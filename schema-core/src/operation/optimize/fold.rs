//! Two operations as one, or as none.

mod column;
mod member;

use super::super::Operation;
use crate::schema::{Column, Schema, Table};

/// Returns what two operations, one right after the other, come to: one operation, none, or `None` if they stay two.
pub(super) fn fold(first: &Operation, second: &Operation) -> Option<Option<Operation>> {
    if let Operation::CreateTable { table } = first {
        return in_created(table, second);
    }
    if let Operation::DropTable { table } = second {
        // Looked at backwards, the table is created as it was before the drop, and then it is as it was before all.
        let folded = in_created(table, &first.reverse())?;
        return Some(folded.map(|create| create.reverse()));
    }
    if let (
        Operation::RenameTable { from, to },
        Operation::RenameTable {
            from: again,
            to: last,
        },
    ) = (first, second)
    {
        return (to == again)
            .then(|| joined(from, last, |from, to| Operation::RenameTable { from, to }))
            .flatten();
    }
    if first.table() != second.table() {
        return None;
    }
    column::of_columns(first, second).or_else(|| member::of_members(first, second))
}

/// Folds an operation into the creation of its table, which has no rows yet.
fn in_created(table: &Table, second: &Operation) -> Option<Option<Operation>> {
    if second.table() != &table.name || second.is_of_foreign_key() {
        return None;
    }
    let mut schema = Schema::from_iter([table.clone()]);
    second.apply(&mut schema).ok()?;
    let table = schema.tables.into_values().next();
    Some(table.map(|table| Operation::CreateTable { table }))
}

/// Returns one change instead of two, or none if the second led back.
fn joined<T: Clone + PartialEq>(
    from: &T,
    last: &T,
    change: impl FnOnce(T, T) -> Operation,
) -> Option<Option<Operation>> {
    Some((from != last).then(|| change(from.clone(), last.clone())))
}

pub(super) fn named(column: &Column, name: &str) -> Column {
    Column {
        name: name.to_owned(),
        ..column.clone()
    }
}
