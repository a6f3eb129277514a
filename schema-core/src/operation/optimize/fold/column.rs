//! Two operations on one column.

use std::collections::BTreeMap;

use super::{joined, named};
use crate::operation::Operation;
use crate::schema::{Column, Default};

/// Returns what two operations on a column of the same table come to.
pub(super) fn of_columns(first: &Operation, second: &Operation) -> Option<Option<Operation>> {
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
        ) if to == again => joined(from, last, |from, to| RenameColumn { table, from, to }),
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
