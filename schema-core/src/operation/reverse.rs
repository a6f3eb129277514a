//! The operation that takes an operation back.

use super::Operation;

impl Operation {
    /// Returns the operation that leads back.
    ///
    /// ```
    /// # use schema_core::{operation::Operation, schema::TableName};
    /// let (items, wares) = (TableName::new("items"), TableName::new("wares"));
    /// let rename = Operation::RenameTable { from: items.clone(), to: wares.clone() };
    /// assert_eq!(rename.reverse(), Operation::RenameTable { from: wares, to: items });
    /// ```
    #[must_use]
    pub fn reverse(&self) -> Operation {
        match self.clone() {
            Operation::CreateTable { table } => Operation::DropTable { table },
            Operation::DropTable { table } => Operation::CreateTable { table },
            Operation::RenameTable { from, to } => Operation::RenameTable { from: to, to: from },
            Operation::AlterTable { table, from, to } => Operation::AlterTable {
                table,
                from: to,
                to: from,
            },
            Operation::AddColumn {
                table,
                column,
                after,
                backfill: _,
            } => Operation::DropColumn { table, column, after },
            Operation::DropColumn { table, column, after } => Operation::AddColumn {
                table,
                column,
                after,
                backfill: None,
            },
            Operation::RenameColumn { table, from, to } => Operation::RenameColumn {
                table,
                from: to,
                to: from,
            },
            Operation::AlterColumn {
                table,
                from,
                to,
                backfill: _,
            } => Operation::AlterColumn {
                table,
                from: to,
                to: from,
                backfill: None,
            },
            Operation::MapValues {
                table,
                column,
                values,
                back,
            } => Operation::MapValues {
                table,
                column,
                values: back,
                back: values,
            },
            Operation::AlterPrimaryKey { table, from, to } => Operation::AlterPrimaryKey {
                table,
                from: to,
                to: from,
            },
            Operation::AddIndex { table, index } => Operation::DropIndex { table, index },
            Operation::DropIndex { table, index } => Operation::AddIndex { table, index },
            Operation::RenameIndex { table, mut from, to } => {
                let old = std::mem::replace(&mut from.name, to);
                Operation::RenameIndex { table, from, to: old }
            }
            Operation::AddForeignKey { table, foreign_key } => {
                Operation::DropForeignKey { table, foreign_key }
            }
            Operation::DropForeignKey { table, foreign_key } => {
                Operation::AddForeignKey { table, foreign_key }
            }
            Operation::RenameForeignKey { table, from, to } => Operation::RenameForeignKey {
                table,
                from: to,
                to: from,
            },
            Operation::AddCheck { table, check } => Operation::DropCheck { table, check },
            Operation::DropCheck { table, check } => Operation::AddCheck { table, check },
            Operation::RenameCheck { table, from, to } => Operation::RenameCheck {
                table,
                from: to,
                to: from,
            },
        }
    }
}
