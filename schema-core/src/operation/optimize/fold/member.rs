//! Two operations on one index, foreign key or check, or on what is said of the whole table.

use super::joined;
use crate::operation::Operation;

/// Returns what two operations on a member of the same table come to.
pub(super) fn of_members(first: &Operation, second: &Operation) -> Option<Option<Operation>> {
    let made = matches!(
        first,
        Operation::AddIndex { .. }
            | Operation::DropIndex { .. }
            | Operation::AddForeignKey { .. }
            | Operation::DropForeignKey { .. }
            | Operation::AddCheck { .. }
            | Operation::DropCheck { .. }
    );
    if made && *second == first.reverse() {
        return Some(None);
    }
    if let Some(added) = added(first, second) {
        return Some(Some(added));
    }
    // What is renamed and dropped is, looked at backwards, added and renamed.
    if let Some(added) = added(&second.reverse(), &first.reverse()) {
        return Some(Some(added.reverse()));
    }
    changed(first, second)
}

/// Returns the addition of what is added and then renamed.
fn added(first: &Operation, second: &Operation) -> Option<Operation> {
    let mut added = first.clone();
    let name = match (&mut added, second) {
        (Operation::AddIndex { index, .. }, Operation::RenameIndex { from, to, .. }) if index == from => {
            (&mut index.name, to)
        }
        (Operation::AddForeignKey { foreign_key, .. }, Operation::RenameForeignKey { from, to, .. })
            if foreign_key.name == *from =>
        {
            (&mut foreign_key.name, to)
        }
        (Operation::AddCheck { check, .. }, Operation::RenameCheck { from, to, .. })
            if check.name == *from =>
        {
            (&mut check.name, to)
        }
        _pair => return None,
    };
    name.0.clone_from(name.1);
    Some(added)
}

/// Returns what two changes of one thing come to.
fn changed(first: &Operation, second: &Operation) -> Option<Option<Operation>> {
    use Operation::{AlterPrimaryKey, AlterTable, RenameCheck, RenameForeignKey, RenameIndex};
    let table = first.table().clone();
    match (first, second) {
        (
            AlterTable { from, to, .. },
            AlterTable {
                from: again,
                to: last,
                ..
            },
        ) if to == again => joined(from, last, |from, to| AlterTable { table, from, to }),
        (
            AlterPrimaryKey { from, to, .. },
            AlterPrimaryKey {
                from: again,
                to: last,
                ..
            },
        ) if to == again => joined(from, last, |from, to| AlterPrimaryKey { table, from, to }),
        (
            RenameIndex { from: index, to, .. },
            RenameIndex {
                from: again,
                to: last,
                ..
            },
        ) if *to == again.name => joined(&index.name, last, |_, to| RenameIndex {
            table,
            from: index.clone(),
            to,
        }),
        (
            RenameForeignKey { from, to, .. },
            RenameForeignKey {
                from: again,
                to: last,
                ..
            },
        ) if to == again => joined(from, last, |from, to| RenameForeignKey { table, from, to }),
        (
            RenameCheck { from, to, .. },
            RenameCheck {
                from: again,
                to: last,
                ..
            },
        ) if to == again => joined(from, last, |from, to| RenameCheck { table, from, to }),
        _pair => None,
    }
}
