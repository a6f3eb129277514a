//! Renames, brought before what comes before them: there they meet others, and the things that they rename.

use super::super::Operation;
use super::fold::named;
use crate::schema::TableName;

/// Returns what the operation before a rename is when it comes after it; `None` if they stay as they are, which is never wrong.
pub(super) fn after_rename(first: &Operation, rename: &Operation) -> Option<Operation> {
    if let Operation::RenameColumn { table, from, to } = rename {
        return after_column(first, table, from, to);
    }
    if let Operation::RenameTable { from, to } = rename {
        return after_table(first, from, to);
    }
    None
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever else it is stays where it is"
)]
fn after_column(first: &Operation, of: &TableName, old: &str, new: &str) -> Option<Operation> {
    let mut renamed = first.clone();
    match &mut renamed {
        Operation::AlterColumn { table, from, to, .. }
            if table == of && from.name == old && from.generated.is_none() && to.generated.is_none() =>
        {
            *from = named(from, new);
            *to = named(to, new);
        }
        Operation::AddIndex { table, index } if table == of && index.mentions(old) => {
            index.rename_column(old, new);
        }
        Operation::AddCheck { table, check } if table == of && check.expression.mentions(old) => {
            check.expression.rename_column(old, new);
        }
        Operation::AddForeignKey { table, foreign_key } if table == of || foreign_key.references == *of => {
            foreign_key.rename_column(table, of, old, new);
        }
        _ => return None,
    }
    Some(renamed)
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever else it is stays where it is"
)]
fn after_table(first: &Operation, old: &TableName, new: &TableName) -> Option<Operation> {
    let mut renamed = first.clone();
    match &mut renamed {
        Operation::AddForeignKey { table, foreign_key } if table == old || foreign_key.references == *old => {
            foreign_key.rename_table(old, new);
            if table == old {
                table.clone_from(new);
            }
        }
        Operation::AddIndex { table, index: _ } | Operation::AddCheck { table, check: _ } if table == old => {
            table.clone_from(new);
        }
        _ => return None,
    }
    Some(renamed)
}
