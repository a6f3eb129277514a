//! Renames, brought before what comes before them: there they meet others, and the things that they rename.

use super::super::Operation;
use super::fold::named;
use crate::schema::{Index, IndexPart, TableName};

/// Returns what the operation before a rename is when it comes after it; `None` if they stay as they are.
pub(super) fn after_rename(first: &Operation, rename: &Operation) -> Option<Operation> {
    match rename {
        Operation::RenameColumn { table, from, to } => after_column(first, table, from, to),
        Operation::RenameTable { from, to } => after_table(first, from, to),
        Operation::CreateTable { .. }
        | Operation::DropTable { .. }
        | Operation::AlterTable { .. }
        | Operation::AddColumn { .. }
        | Operation::DropColumn { .. }
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
        | Operation::RenameCheck { .. } => None,
    }
}

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
            rename_in_index(index, old, new);
        }
        Operation::AddCheck { table, check } if table == of && check.expression.mentions(old) => {
            check.expression.rename_column(old, new);
        }
        Operation::AddForeignKey { table, foreign_key } if table == of || foreign_key.references == *of => {
            if table == of {
                rename_in(&mut foreign_key.columns, old, new);
            }
            if foreign_key.references == *of {
                rename_in(&mut foreign_key.referenced_columns, old, new);
            }
        }
        Operation::CreateTable { .. }
        | Operation::DropTable { .. }
        | Operation::RenameTable { .. }
        | Operation::AlterTable { .. }
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
        | Operation::RenameCheck { .. } => return None,
    }
    Some(renamed)
}

fn after_table(first: &Operation, old: &TableName, new: &TableName) -> Option<Operation> {
    let mut renamed = first.clone();
    match &mut renamed {
        Operation::AddForeignKey { table, foreign_key } if table == old || foreign_key.references == *old => {
            for name in [table, &mut foreign_key.references] {
                if name == old {
                    name.clone_from(new);
                }
            }
        }
        Operation::AddIndex { table, index: _ } | Operation::AddCheck { table, check: _ } if table == old => {
            table.clone_from(new);
        }
        Operation::CreateTable { .. }
        | Operation::DropTable { .. }
        | Operation::RenameTable { .. }
        | Operation::AlterTable { .. }
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
        | Operation::RenameCheck { .. } => return None,
    }
    Some(renamed)
}

fn rename_in(columns: &mut [String], old: &str, new: &str) {
    for column in columns.iter_mut().filter(|column| *column == old) {
        new.clone_into(column);
    }
}

fn rename_in_index(index: &mut Index, old: &str, new: &str) {
    for key in &mut index.keys {
        match &mut key.part {
            IndexPart::Column(column) if column == old => new.clone_into(column),
            IndexPart::Column(_) => {}
            IndexPart::Expression(expression) => expression.rename_column(old, new),
        }
    }
    if let Some(predicate) = &mut index.predicate {
        predicate.rename_column(old, new);
    }
}
