//! Two operations as one, or as none.

use std::collections::BTreeMap;

use super::super::Operation;
use crate::schema::{Column, Default, Schema, Table};

/// Returns what two operations, one right after the other, come to: one operation, none, or `None` if they stay two.
pub(super) fn fold(first: &Operation, second: &Operation) -> Option<Option<Operation>> {
    if let Operation::CreateTable { table } = first {
        return in_created(table, second);
    }
    if let Operation::DropTable { table } = second {
        return before_dropped(first, table).map(Some);
    }
    if let Operation::RenameTable { from, to } = first {
        let Operation::RenameTable {
            from: again,
            to: last,
        } = second
        else {
            return None;
        };
        return (again == to).then(|| {
            (from != last).then(|| Operation::RenameTable {
                from: from.clone(),
                to: last.clone(),
            })
        });
    }
    if first.table() != second.table() {
        return None;
    }
    of_columns(first, second)
        .or_else(|| of_indexes(first, second))
        .or_else(|| of_constraints(first, second))
}

/// Folds an operation into the creation of its table, which has no rows yet.
fn in_created(table: &Table, second: &Operation) -> Option<Option<Operation>> {
    if second.table() != &table.name || touches_foreign_keys(second) {
        return None;
    }
    match second {
        Operation::DropTable { .. } => return Some(None),
        Operation::MapValues { .. } => return Some(Some(Operation::CreateTable { table: table.clone() })),
        Operation::CreateTable { .. }
        | Operation::RenameTable { .. }
        | Operation::AlterTable { .. }
        | Operation::AddColumn { .. }
        | Operation::DropColumn { .. }
        | Operation::RenameColumn { .. }
        | Operation::AlterColumn { .. }
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
    let table = alone(table, second)?;
    Some(Some(Operation::CreateTable { table }))
}

/// Leaves out what was done to a table that is dropped: what is dropped is the table before it.
fn before_dropped(first: &Operation, table: &Table) -> Option<Operation> {
    let is_of = match first {
        Operation::RenameTable { from: _, to } => *to == table.name,
        Operation::CreateTable { .. } | Operation::DropTable { .. } => false,
        Operation::AlterTable { .. }
        | Operation::AddColumn { .. }
        | Operation::DropColumn { .. }
        | Operation::RenameColumn { .. }
        | Operation::AlterColumn { .. }
        | Operation::MapValues { .. }
        | Operation::AlterPrimaryKey { .. }
        | Operation::AddIndex { .. }
        | Operation::DropIndex { .. }
        | Operation::RenameIndex { .. }
        | Operation::AddForeignKey { .. }
        | Operation::DropForeignKey { .. }
        | Operation::RenameForeignKey { .. }
        | Operation::AddCheck { .. }
        | Operation::DropCheck { .. }
        | Operation::RenameCheck { .. } => *first.table() == table.name && !touches_foreign_keys(first),
    };
    if !is_of {
        return None;
    }
    let table = alone(table, &first.reverse())?;
    Some(Operation::DropTable { table })
}

/// Returns the table as it is after an operation that looks at nothing else.
fn alone(table: &Table, operation: &Operation) -> Option<Table> {
    let mut schema = Schema::from_iter([table.clone()]);
    operation.apply(&mut schema).ok()?;
    schema.tables.into_values().next()
}

/// Foreign keys stand apart from the creation of tables, so that cycles need no care.
fn touches_foreign_keys(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::AddForeignKey { .. }
            | Operation::DropForeignKey { .. }
            | Operation::RenameForeignKey { .. }
    )
}

fn of_columns(first: &Operation, second: &Operation) -> Option<Option<Operation>> {
    use Operation::{AddColumn, AlterColumn, DropColumn, MapValues, RenameColumn};
    let table = first.table().clone();
    match (first, second) {
        (
            AddColumn {
                column,
                after,
                backfill,
                ..
            },
            RenameColumn { from, to, .. },
        ) if column.name == *from => Some(Some(AddColumn {
            table,
            column: named(column, to),
            after: after.clone(),
            backfill: backfill.clone(),
        })),
        (
            AddColumn {
                column,
                after,
                backfill,
                ..
            },
            AlterColumn {
                from,
                to,
                backfill: later,
                ..
            },
        ) if column == from => {
            let backfill = value_of_rows(column, backfill.as_ref(), to, later.as_ref())?;
            Some(Some(AddColumn {
                table,
                column: to.clone(),
                after: after.clone(),
                backfill,
            }))
        }
        (AddColumn { column, .. }, DropColumn { column: dropped, .. }) if column == dropped => Some(None),
        (
            RenameColumn { from, to, .. },
            RenameColumn {
                from: again,
                to: last,
                ..
            },
        ) if to == again => Some((from != last).then(|| RenameColumn {
            table,
            from: from.clone(),
            to: last.clone(),
        })),
        (RenameColumn { from, to, .. }, DropColumn { column, after, .. })
            if *to == column.name && column.generated.is_none() =>
        {
            Some(Some(DropColumn {
                table,
                column: named(column, from),
                after: after.clone(),
            }))
        }
        (
            AlterColumn {
                from, to, backfill, ..
            },
            AlterColumn {
                from: again,
                to: last,
                backfill: later,
                ..
            },
        ) if to == again => {
            // NULLs that were filled stay filled when the column may hold NULL again.
            if from.nullable && !to.nullable && last.nullable {
                return None;
            }
            if from == last && backfill.is_none() && later.is_none() {
                return Some(None);
            }
            Some(Some(AlterColumn {
                table,
                from: from.clone(),
                to: last.clone(),
                backfill: backfill.clone().or_else(|| later.clone()),
            }))
        }
        (AlterColumn { from, to, .. }, DropColumn { column, after, .. }) if to == column => {
            Some(Some(DropColumn {
                table,
                column: from.clone(),
                after: after.clone(),
            }))
        }
        (MapValues { column: mapped, .. }, DropColumn { column, .. }) if *mapped == column.name => {
            Some(Some(second.clone()))
        }
        (
            MapValues {
                column, values, back, ..
            },
            MapValues {
                column: again,
                values: later,
                back: earlier,
                ..
            },
        ) if column == again => Some(Some(MapValues {
            table,
            column: column.clone(),
            values: composed(values, later),
            back: composed(earlier, back),
        })),
        _pair => None,
    }
}

fn of_indexes(first: &Operation, second: &Operation) -> Option<Option<Operation>> {
    use Operation::{AddIndex, AlterPrimaryKey, AlterTable, DropIndex, RenameIndex};
    let table = first.table().clone();
    match (first, second) {
        (
            AlterTable { from, to, .. },
            AlterTable {
                from: again,
                to: last,
                ..
            },
        ) if to == again => Some((from != last).then(|| AlterTable {
            table,
            from: from.clone(),
            to: last.clone(),
        })),
        (
            AlterPrimaryKey { from, to, .. },
            AlterPrimaryKey {
                from: again,
                to: last,
                ..
            },
        ) if to == again => Some((from != last).then(|| AlterPrimaryKey {
            table,
            from: from.clone(),
            to: last.clone(),
        })),
        (AddIndex { index, .. }, RenameIndex { from, to, .. }) if index == from => {
            let mut index = index.clone();
            index.name.clone_from(to);
            Some(Some(AddIndex { table, index }))
        }
        (AddIndex { index, .. }, DropIndex { index: dropped, .. }) if index == dropped => Some(None),
        (DropIndex { index, .. }, AddIndex { index: again, .. }) if index == again => Some(None),
        (
            RenameIndex { from, to, .. },
            RenameIndex {
                from: again,
                to: last,
                ..
            },
        ) if *to == again.name => Some((from.name != *last).then(|| RenameIndex {
            table,
            from: from.clone(),
            to: last.clone(),
        })),
        (RenameIndex { from, to, .. }, DropIndex { index, .. }) if *to == index.name => {
            Some(Some(DropIndex {
                table,
                index: from.clone(),
            }))
        }
        _pair => None,
    }
}

fn of_constraints(first: &Operation, second: &Operation) -> Option<Option<Operation>> {
    use Operation::{AddCheck, AddForeignKey, DropCheck, DropForeignKey, RenameCheck, RenameForeignKey};
    let table = first.table().clone();
    match (first, second) {
        (AddForeignKey { foreign_key, .. }, RenameForeignKey { from, to, .. })
            if foreign_key.name == *from =>
        {
            let mut foreign_key = foreign_key.clone();
            foreign_key.name.clone_from(to);
            Some(Some(AddForeignKey { table, foreign_key }))
        }
        (
            AddForeignKey { foreign_key, .. },
            DropForeignKey {
                foreign_key: other, ..
            },
        )
        | (
            DropForeignKey { foreign_key, .. },
            AddForeignKey {
                foreign_key: other, ..
            },
        ) if foreign_key == other => Some(None),
        (
            RenameForeignKey { from, to, .. },
            RenameForeignKey {
                from: again,
                to: last,
                ..
            },
        ) if to == again => Some((from != last).then(|| RenameForeignKey {
            table,
            from: from.clone(),
            to: last.clone(),
        })),
        (RenameForeignKey { from, to, .. }, DropForeignKey { foreign_key, .. })
            if *to == foreign_key.name =>
        {
            let mut foreign_key = foreign_key.clone();
            foreign_key.name.clone_from(from);
            Some(Some(DropForeignKey { table, foreign_key }))
        }
        (AddCheck { check, .. }, RenameCheck { from, to, .. }) if check.name == *from => {
            let mut check = check.clone();
            check.name.clone_from(to);
            Some(Some(AddCheck { table, check }))
        }
        (AddCheck { check, .. }, DropCheck { check: other, .. })
        | (DropCheck { check, .. }, AddCheck { check: other, .. })
            if check == other =>
        {
            Some(None)
        }
        (
            RenameCheck { from, to, .. },
            RenameCheck {
                from: again,
                to: last,
                ..
            },
        ) if to == again => Some((from != last).then(|| RenameCheck {
            table,
            from: from.clone(),
            to: last.clone(),
        })),
        (RenameCheck { from, to, .. }, DropCheck { check, .. }) if *to == check.name => {
            let mut check = check.clone();
            check.name.clone_from(from);
            Some(Some(DropCheck { table, check }))
        }
        _pair => None,
    }
}

pub(super) fn named(column: &Column, name: &str) -> Column {
    Column {
        name: name.to_owned(),
        ..column.clone()
    }
}

/// Returns what rows get in a column that is added and then changed, as the backfill of the changed column; `None` if
/// that is no one value.
fn value_of_rows(
    added: &Column,
    backfill: Option<&Default>,
    to: &Column,
    later: Option<&Default>,
) -> Option<Option<Default>> {
    if added.generated.is_some() && to.generated.is_none() {
        return None;
    }
    let first = backfill.or(added.default.as_ref());
    match first {
        // A value of the old type would have been converted.
        Some(_) if added.ty != to.ty || added.auto != to.auto => None,
        Some(value) => Some((to.default.as_ref() != Some(value)).then(|| value.clone())),
        None => Some(later.cloned()),
    }
}

/// Returns the map that follows one with another.
fn composed(first: &BTreeMap<String, String>, then: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut composed = then.clone();
    for (from, to) in first {
        let last = then.get(to).unwrap_or(to);
        if from == last {
            composed.remove(from);
        } else {
            composed.insert(from.clone(), last.clone());
        }
    }
    composed
}
