//! An operation in words.

use std::collections::BTreeSet;

use super::{Asides, Operation};
use crate::schema::{Column, Index, IndexPart, TableName, TableOptions};

impl Operation {
    /// Returns what was done, as a log line says it after "Detected": `added column 'items.description'`.
    ///
    /// ```
    /// # use schema_core::{operation::Operation, schema::TableName};
    /// let (table, from, to) = (TableName::new("items"), "price".into(), "cost".into());
    /// let rename = Operation::RenameColumn { table, from, to };
    /// assert_eq!(rename.describe(), "renamed column 'items.price' to 'items.cost'");
    /// ```
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Operation::CreateTable { table } => format!("added table '{}'", table.name),
            Operation::DropTable { table } => format!("removed table '{}'", table.name),
            Operation::RenameTable { from, to } => format!("renamed table '{from}' to '{to}'"),
            Operation::AlterTable { table, from, to } => {
                format!("changed {} of table '{table}'", options_changed(from, to))
            }
            Operation::AddColumn { table, column, .. } => format!("added column '{table}.{}'", column.name),
            Operation::DropColumn { table, column, .. } => {
                format!("removed column '{table}.{}'", column.name)
            }
            Operation::RenameColumn { table, from, to } => {
                format!("renamed column '{table}.{from}' to '{table}.{to}'")
            }
            Operation::AlterColumn { table, from, to, .. } => {
                format!(
                    "changed {} of column '{table}.{}'",
                    column_changed(from, to),
                    to.name
                )
            }
            Operation::MapValues {
                table,
                column,
                values,
                back: _,
            } => {
                let pairs: Vec<String> = values
                    .iter()
                    .map(|(old, new)| format!("'{old}' to '{new}'"))
                    .collect();
                format!(
                    "mapped values of column '{table}.{column}' ({})",
                    pairs.join(", ")
                )
            }
            Operation::AlterPrimaryKey {
                table,
                from: Some(from),
                to: Some(to),
            } if from.columns == to.columns => {
                format!(
                    "renamed primary key '{}' of table '{table}' to '{}'",
                    from.name, to.name
                )
            }
            Operation::AlterPrimaryKey { table, .. } => format!("changed primary key of table '{table}'"),
            Operation::AddIndex { table, index } => format!("added {}", index_words(table, index)),
            Operation::DropIndex { table, index } => format!("removed {}", index_words(table, index)),
            Operation::RenameIndex { from, to, .. } => {
                format!("renamed {} '{}' to '{to}'", index_kind(from), from.name)
            }
            Operation::AddForeignKey { table, foreign_key } => format!(
                "added foreign key '{}' on '{table}' ({})",
                foreign_key.name,
                foreign_key.columns.join(", ")
            ),
            Operation::DropForeignKey { table, foreign_key } => format!(
                "removed foreign key '{}' on '{table}' ({})",
                foreign_key.name,
                foreign_key.columns.join(", ")
            ),
            Operation::RenameForeignKey { from, to, .. } => format!("renamed foreign key '{from}' to '{to}'"),
            Operation::AddCheck { table, check } => format!("added check '{}' on '{table}'", check.name),
            Operation::DropCheck { table, check } => format!("removed check '{}' on '{table}'", check.name),
            Operation::RenameCheck { from, to, .. } => format!("renamed check '{from}' to '{to}'"),
        }
    }
}

/// Returns the operations in words, one line each, without the foreign keys of tables that come or go as a whole:
/// those are operations of their own only for the order in which things must happen. For the same reason nothing is said of
/// names that are only set aside on the way.
///
/// ```
/// # use schema_core::schema::{Column, Schema, Table, TableName, Type};
/// # let mut items = Table::new(TableName::new("items"));
/// # items.columns.push(Column::new("id", Type::I64));
/// # let from = Schema::from_iter([items.clone()]);
/// # items.columns.push(Column { nullable: true, ..Column::new("colour", Type::Text { length: None }) });
/// # let to = Schema::from_iter([items]);
/// # use schema_core::operation::{create_all, describe_all};
/// assert_eq!(describe_all(&create_all(&to)), ["added table 'items'"]);
/// ```
#[must_use]
pub fn describe_all(operations: &[Operation]) -> Vec<String> {
    let whole: BTreeSet<&TableName> = operations
        .iter()
        .filter_map(|operation| operation.created().or_else(|| operation.dropped()))
        .collect();
    let is_part = |operation: &Operation| {
        matches!(
            operation,
            Operation::AddForeignKey { .. } | Operation::DropForeignKey { .. }
        ) && whole.contains(operation.table())
    };
    let asides = Asides::of(operations);
    operations
        .iter()
        .filter(|operation| !is_part(operation) && !Asides::is_step(operation))
        .map(|operation| asides.resolve(operation.describe()))
        .collect()
}

fn index_words(table: &TableName, index: &Index) -> String {
    let parts: Vec<&str> = index
        .keys
        .iter()
        .map(|key| match &key.part {
            IndexPart::Column(column) => column.as_str(),
            IndexPart::Expression(expression) => expression.0.as_str(),
        })
        .collect();
    format!(
        "{} '{}' on '{table}' ({})",
        index_kind(index),
        index.name,
        parts.join(", ")
    )
}

fn index_kind(index: &Index) -> &'static str {
    match (index.unique, index.constraint) {
        (_, true) => "unique constraint",
        (true, false) => "unique index",
        (false, false) => "index",
    }
}

/// Names the properties in which two columns differ.
fn column_changed(from: &Column, to: &Column) -> String {
    let Column {
        name: _,
        ty,
        sql_type,
        nullable,
        default,
        generated,
        auto,
        collation,
        collations,
        comment,
    } = from;
    let mut changed = Vec::new();
    if *ty != to.ty || *sql_type != to.sql_type {
        let words = if *sql_type == to.sql_type {
            [from, to].map(|column| column.ty.to_string())
        } else {
            [from, to].map(type_words)
        };
        changed.push(format!("type ({})", words.join(" to ")));
    }
    let rest = [
        (
            *nullable != to.nullable,
            if to.nullable {
                "NOT NULL to NULL"
            } else {
                "NULL to NOT NULL"
            },
        ),
        (*default != to.default, "default"),
        (*generated != to.generated, "generated value"),
        (*auto != to.auto, "auto"),
        (
            *collation != to.collation || *collations != to.collations,
            "collation",
        ),
        (*comment != to.comment, "comment"),
    ];
    changed.extend(
        rest.iter()
            .filter(|(differs, _)| *differs)
            .map(|(_, word)| (*word).to_owned()),
    );
    changed.join(", ")
}

fn type_words(column: &Column) -> String {
    if column.sql_type.is_empty() {
        return column.ty.to_string();
    }
    column
        .sql_type
        .iter()
        .map(|(dialect, ty)| format!("{dialect}: {ty}"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Names the options in which two tables differ.
fn options_changed(from: &TableOptions, to: &TableOptions) -> String {
    let TableOptions {
        comment,
        strict,
        without_rowid,
        engine,
        charset,
        collation,
    } = from;
    let changed = [
        (*comment != to.comment, "comment"),
        (*strict != to.strict, "strictness"),
        (*without_rowid != to.without_rowid, "row identifiers"),
        (*engine != to.engine, "engine"),
        (*charset != to.charset, "character set"),
        (*collation != to.collation, "collation"),
    ];
    let words: Vec<&str> = changed
        .iter()
        .filter(|(differs, _)| *differs)
        .map(|(_, word)| *word)
        .collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::schema::Type;

    #[test]
    fn types_under_the_same_native_one_are_told_by_their_own_names() {
        let mut from = Column::new("quantity", Type::I64);
        from.sql_type = BTreeMap::from([("sqlite".to_owned(), "INTEGER".to_owned())]);
        let to = Column {
            ty: Type::I32,
            ..from.clone()
        };
        assert_eq!(column_changed(&from, &to), "type (i64 to i32)");
        let plain = Column::new("quantity", Type::I64);
        assert_eq!(column_changed(&from, &plain), "type (sqlite: INTEGER to i64)");
    }
}
