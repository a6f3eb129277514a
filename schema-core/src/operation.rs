//! Operations: the reversible changes of a schema, each owning all that it needs.
//!
//! An operation can be applied to a [`Schema`](crate::schema::Schema), turned round and told in words without looking at anything else.
//! It knows no dialect and no SQL; a dialect plans the statements for a list of them.

mod apply;
mod aside;
#[cfg(feature = "migrations")]
mod belong;
mod conflict;
mod describe;
mod optimize;
mod reverse;
mod touch;

pub use apply::ApplyError;
pub use aside::Asides;
pub(crate) use aside::aside;
#[cfg(feature = "migrations")]
pub(crate) use belong::left_with;
pub use conflict::{Conflict, conflicts};
pub use describe::describe_all;
pub use optimize::optimize;
pub use touch::{Thing, changed_tables};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::schema::{Check, Column, Default, ForeignKey, Index, PrimaryKey, Table, TableName, TableOptions};

/// One reversible change of a schema.
///
/// # Example
///
/// ```
/// use schema_core::operation::Operation;
/// use schema_core::schema::{Schema, Table, TableName};
///
/// let create = Operation::CreateTable { table: Table::new(TableName::new("items")) };
/// let mut schema = Schema::default();
/// create.apply(&mut schema).unwrap();
/// create.reverse().apply(&mut schema).unwrap();
/// assert_eq!(schema, Schema::default());
/// assert_eq!(create.describe(), "added table 'items'");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[allow(
    clippy::large_enum_variant,
    reason = "a step has few, and each owns all it needs"
)]
pub enum Operation {
    /// Creates a table with all but its foreign keys, which are operations of their own.
    CreateTable {
        /// The table, without foreign keys.
        table: Table,
    },
    /// Drops a table whose foreign keys are gone already.
    DropTable {
        /// The table, without foreign keys.
        table: Table,
    },
    /// Gives a table another name.
    RenameTable {
        /// The old name.
        from: TableName,
        /// The new name.
        to: TableName,
    },
    /// Changes what is said of a table as a whole.
    AlterTable {
        /// The table.
        table: TableName,
        /// What was said.
        from: TableOptions,
        /// What is said now.
        to: TableOptions,
    },
    /// Adds a column.
    AddColumn {
        /// The table.
        table: TableName,
        /// The column.
        column: Column,
        /// The column it is declared after; `None` if it is the first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
        /// The value for rows that exist already, if it is not the default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        backfill: Option<Default>,
    },
    /// Drops a column.
    DropColumn {
        /// The table.
        table: TableName,
        /// The column.
        column: Column,
        /// The column it was declared after; `None` if it was the first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
    },
    /// Gives a column another name, everywhere it is used.
    RenameColumn {
        /// The table.
        table: TableName,
        /// The old name.
        from: String,
        /// The new name.
        to: String,
    },
    /// Changes anything of a column but its name.
    AlterColumn {
        /// The table.
        table: TableName,
        /// The column as it was.
        from: Column,
        /// The column as it is now.
        to: Column,
        /// The value for rows that hold NULL, when the column no longer may.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        backfill: Option<Default>,
    },
    /// Writes other values into the rows in place of some.
    MapValues {
        /// The table.
        table: TableName,
        /// The column.
        column: String,
        /// The new values by the old ones.
        values: BTreeMap<String, String>,
        /// The old values by the new ones, as far as they can be told.
        back: BTreeMap<String, String>,
    },
    /// Adds, drops or changes the primary key.
    AlterPrimaryKey {
        /// The table.
        table: TableName,
        /// The key as it was.
        from: Option<PrimaryKey>,
        /// The key as it is now.
        to: Option<PrimaryKey>,
    },
    /// Adds an index or UNIQUE constraint.
    AddIndex {
        /// The table.
        table: TableName,
        /// The index.
        index: Index,
    },
    /// Drops an index or UNIQUE constraint.
    DropIndex {
        /// The table.
        table: TableName,
        /// The index.
        index: Index,
    },
    /// Gives an index or UNIQUE constraint another name.
    RenameIndex {
        /// The table.
        table: TableName,
        /// The index as it was.
        from: Index,
        /// The new name.
        to: String,
    },
    /// Adds a foreign key.
    AddForeignKey {
        /// The table.
        table: TableName,
        /// The key.
        foreign_key: ForeignKey,
    },
    /// Drops a foreign key.
    DropForeignKey {
        /// The table.
        table: TableName,
        /// The key.
        foreign_key: ForeignKey,
    },
    /// Gives a foreign key another name.
    RenameForeignKey {
        /// The table.
        table: TableName,
        /// The old name.
        from: String,
        /// The new name.
        to: String,
    },
    /// Adds a CHECK.
    AddCheck {
        /// The table.
        table: TableName,
        /// The check.
        check: Check,
    },
    /// Drops a CHECK.
    DropCheck {
        /// The table.
        table: TableName,
        /// The check.
        check: Check,
    },
    /// Gives a CHECK another name.
    RenameCheck {
        /// The table.
        table: TableName,
        /// The old name.
        from: String,
        /// The new name.
        to: String,
    },
}

impl Operation {
    /// Returns the table that is changed, by its name before the operation.
    ///
    /// ```
    /// # use schema_core::{operation::Operation, schema::TableName};
    /// let (items, wares) = (TableName::new("items"), TableName::new("wares"));
    /// let rename = Operation::RenameTable { from: items.clone(), to: wares };
    /// assert_eq!(rename.table(), &items);
    /// ```
    #[must_use]
    pub fn table(&self) -> &TableName {
        match self {
            Operation::CreateTable { table } | Operation::DropTable { table } => &table.name,
            Operation::RenameTable { from, .. } => from,
            Operation::AlterTable { table, .. }
            | Operation::AddColumn { table, .. }
            | Operation::DropColumn { table, .. }
            | Operation::RenameColumn { table, .. }
            | Operation::AlterColumn { table, .. }
            | Operation::MapValues { table, .. }
            | Operation::AlterPrimaryKey { table, .. }
            | Operation::AddIndex { table, .. }
            | Operation::DropIndex { table, .. }
            | Operation::RenameIndex { table, .. }
            | Operation::AddForeignKey { table, .. }
            | Operation::DropForeignKey { table, .. }
            | Operation::RenameForeignKey { table, .. }
            | Operation::AddCheck { table, .. }
            | Operation::DropCheck { table, .. }
            | Operation::RenameCheck { table, .. } => table,
        }
    }
}

impl Operation {
    /// Returns the table that is created, if one is.
    ///
    /// ```
    /// # use schema_core::{operation::Operation, schema::{Table, TableName}};
    /// let create = Operation::CreateTable { table: Table::new(TableName::new("items")) };
    /// assert_eq!(create.created(), Some(&TableName::new("items")));
    /// assert_eq!(create.reverse().created(), None);
    /// ```
    #[must_use]
    pub fn created(&self) -> Option<&TableName> {
        if let Operation::CreateTable { table } = self {
            return Some(&table.name);
        }
        None
    }

    /// Returns the table that is dropped, if one is.
    ///
    /// ```
    /// # use schema_core::{operation::Operation, schema::{Table, TableName}};
    /// let drop = Operation::DropTable { table: Table::new(TableName::new("items")) };
    /// assert_eq!(drop.dropped(), Some(&TableName::new("items")));
    /// ```
    #[must_use]
    pub fn dropped(&self) -> Option<&TableName> {
        if let Operation::DropTable { table } = self {
            return Some(&table.name);
        }
        None
    }

    /// Tells whether it is about a foreign key. Those stand apart from the tables, so that cycles need no care.
    ///
    /// ```
    /// # use schema_core::{operation::Operation, schema::TableName};
    /// let table = TableName::new("items");
    /// let rename = Operation::RenameForeignKey { table, from: "fk_1".into(), to: "fk_items_store_id_stores".into() };
    /// assert!(rename.is_of_foreign_key());
    /// ```
    #[must_use]
    pub fn is_of_foreign_key(&self) -> bool {
        matches!(
            self,
            Operation::AddForeignKey { .. }
                | Operation::DropForeignKey { .. }
                | Operation::RenameForeignKey { .. }
        )
    }
}

/// Returns the schema that the operations lead to from `schema`.
///
/// # Errors
///
/// The first operation that does not fit what it finds.
///
/// # Example
///
/// ```
/// # use schema_core::schema::{Column, Schema, Table, TableName, Type};
/// # let mut items = Table::new(TableName::new("items"));
/// # items.columns.push(Column::new("id", Type::I64));
/// # let from = Schema::from_iter([items.clone()]);
/// # items.columns.push(Column { nullable: true, ..Column::new("colour", Type::Text { length: None }) });
/// # let to = Schema::from_iter([items]);
/// # use schema_core::{diff::{Answers, diff}, operation::apply_all};
/// let operations = diff(&from, &to, &Answers::default());
/// assert_eq!(apply_all(from, &operations)?, to);
/// assert!(apply_all(to, &operations).is_err()); // the column is there already
/// # Ok::<(), schema_core::operation::ApplyError>(())
/// ```
pub fn apply_all<'a>(
    mut schema: crate::schema::Schema,
    operations: impl IntoIterator<Item = &'a Operation>,
) -> Result<crate::schema::Schema, ApplyError> {
    for operation in operations {
        operation.apply(&mut schema)?;
    }
    Ok(schema)
}

/// Returns the operations that make a schema out of nothing: the tables, then the foreign keys between them.
///
/// ```
/// # use schema_core::schema::{Column, Schema, Table, TableName, Type};
/// # let mut items = Table::new(TableName::new("items"));
/// # items.columns.push(Column::new("id", Type::I64));
/// # let from = Schema::from_iter([items.clone()]);
/// # items.columns.push(Column { nullable: true, ..Column::new("colour", Type::Text { length: None }) });
/// # let to = Schema::from_iter([items]);
/// # use schema_core::operation::{apply_all, create_all};
/// assert_eq!(apply_all(Schema::default(), &create_all(&to))?, to);
/// # Ok::<(), schema_core::operation::ApplyError>(())
/// ```
#[must_use]
pub fn create_all(schema: &crate::schema::Schema) -> Vec<Operation> {
    let tables = schema.tables.values().map(|table| {
        let mut table = table.clone();
        table.foreign_keys.clear();
        Operation::CreateTable { table }
    });
    let keys = schema.tables.values().flat_map(|table| {
        let keys = table.foreign_keys.values().cloned();
        keys.map(|foreign_key| Operation::AddForeignKey {
            table: table.name.clone(),
            foreign_key,
        })
    });
    tables.chain(keys).collect()
}

/// Returns the operations that lead back: each reversed, the last first.
///
/// ```
/// # use schema_core::schema::{Column, Schema, Table, TableName, Type};
/// # let mut items = Table::new(TableName::new("items"));
/// # items.columns.push(Column::new("id", Type::I64));
/// # let from = Schema::from_iter([items.clone()]);
/// # items.columns.push(Column { nullable: true, ..Column::new("colour", Type::Text { length: None }) });
/// # let to = Schema::from_iter([items]);
/// # use schema_core::{diff::{Answers, diff}, operation::{apply_all, reverse_all}};
/// let operations = diff(&from, &to, &Answers::default());
/// assert_eq!(apply_all(to, &reverse_all(&operations))?, from);
/// # Ok::<(), schema_core::operation::ApplyError>(())
/// ```
#[must_use]
pub fn reverse_all(operations: &[Operation]) -> Vec<Operation> {
    operations.iter().rev().map(Operation::reverse).collect()
}
