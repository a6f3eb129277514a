//! What a person must say before a diff may be written: may it go, and what do old rows get.

use std::fmt;

use super::Answers;
use crate::operation::Operation;
use crate::schema::{Column, Schema, Table, TableName};

/// A table or a column, by name: what `--rename` and `--allow-drop` take.
///
/// ```
/// use schema_core::{diff::Target, schema::TableName};
///
/// let items = TableName::new("items");
/// assert_eq!(Target { table: items.clone(), column: Some("price".into()) }.to_string(), "items.price");
/// assert_eq!(Target { table: items, column: None }.to_string(), "items");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The table.
    pub table: TableName,
    /// The column; `None` for the table as a whole.
    pub column: Option<String>,
}

impl Target {
    /// Tells whether a text names it: as it is displayed, or without the quotes that names with dots have there.
    ///
    /// ```
    /// # use schema_core::{diff::Target, schema::TableName};
    /// let column = Target { table: TableName::new("old.items"), column: Some("price".into()) };
    /// assert!(column.is_called("\"old.items\".price") && column.is_called("old.items.price"));
    /// assert!(!column.is_called("items.price"));
    /// ```
    #[must_use]
    pub fn is_called(&self, text: &str) -> bool {
        let TableName { schema, name } = &self.table;
        let parts = [schema.as_deref(), Some(name), self.column.as_deref()];
        let bare: Vec<&str> = parts.into_iter().flatten().collect();
        text == bare.join(".") || text == self.to_string()
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.table)?;
        self.column.iter().try_for_each(|column| write!(f, ".{column}"))
    }
}

/// Returns the tables and columns that are gone: what needs consent, for it may hold data.
///
/// A column of a renamed table is named by the table's new name.
///
/// ```
/// # use schema_core::schema::{Column, Schema, Table, TableName, Type};
/// # let mut items = Table::new(TableName::new("items"));
/// # items.columns.push(Column::new("id", Type::I64));
/// # let from = Schema::from_iter([items.clone()]);
/// # items.columns.push(Column { nullable: true, ..Column::new("colour", Type::Text { length: None }) });
/// # let to = Schema::from_iter([items]);
/// # use schema_core::diff::{Answers, losses};
/// let lost = losses(&to, &from, &Answers::default());
/// assert_eq!(lost[0].to_string(), "items.colour"); // what `--allow-drop` takes
/// ```
#[must_use]
pub fn losses(from: &Schema, to: &Schema, answers: &Answers) -> Vec<Target> {
    let mut lost = Vec::new();
    for (name, old) in &from.tables {
        let name = answers.renamed_tables.get(name).unwrap_or(name);
        let Some(new) = to.table(name).filter(|_| new_name_is_free(old, name, answers)) else {
            lost.push(Target {
                table: old.name.clone(),
                column: None,
            });
            continue;
        };
        if answers.renamed_columns.is_empty() && same_columns(old, new) {
            continue;
        }
        for column in &old.columns {
            let renamed = answers.renamed_column(name, &column.name);
            let target = renamed.unwrap_or(column.name.as_str());
            let taken = renamed.is_none() && is_target(answers, name, &column.name);
            if new.column(target).is_none() || taken {
                lost.push(Target {
                    table: name.clone(),
                    column: Some(column.name.clone()),
                });
            }
        }
    }
    lost
}

/// Tells whether two tables have columns of the same names in the same order, as nearly all have: then no column has to be looked for.
fn same_columns(old: &Table, new: &Table) -> bool {
    let (old, new) = (old.columns.iter(), new.columns.iter());
    old.map(|column| &column.name).eq(new.map(|column| &column.name))
}

/// Tells whether a table keeps its place: a table whose name another one takes is gone.
fn new_name_is_free(old: &Table, name: &TableName, answers: &Answers) -> bool {
    old.name != *name
        || !answers
            .renamed_tables
            .iter()
            .any(|(from, to)| to == name && from != name)
}

/// Tells whether another column of the table is renamed to `column`.
fn is_target(answers: &Answers, table: &TableName, column: &str) -> bool {
    answers
        .renamed_columns
        .iter()
        .any(|((of, from), to)| of == table && to == column && from != column)
}

/// A column that old rows have no value for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingValue {
    /// The column.
    pub column: Target,
    /// How it comes to need a value.
    pub cause: MissingCause,
}

/// How a column comes to need a value for old rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingCause {
    /// It is new.
    Added,
    /// It could hold NULL until now.
    NoLongerNull,
}

impl MissingValue {
    /// Returns how to go on.
    ///
    /// ```
    /// # use schema_core::{diff::missing_values, operation::Operation};
    /// # use schema_core::schema::{Column, TableName, Type};
    /// # let column = Column::new("colour", Type::Text { length: None });
    /// # let add = Operation::AddColumn { table: TableName::new("items"), column, after: None, backfill: None };
    /// for missing in missing_values(&[add]) {
    ///     println!("{missing}\nhint: {}", missing.hint());
    /// #     assert!(missing.hint().starts_with("write `#[model(default = …)]`"));
    /// }
    /// ```
    #[must_use]
    pub fn hint(&self) -> &'static str {
        "write `#[model(default = …)]` or, for the old rows alone, `#[model(backfill = …)]`; or make it `Option<…>` \
         now and tighten it in a later revision"
    }
}

impl fmt::Display for MissingValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cause {
            MissingCause::Added => write!(
                f,
                "cannot add `{}`: it is NOT NULL without a default, and existing rows have no value for it",
                self.column
            ),
            MissingCause::NoLongerNull => write!(
                f,
                "cannot make `{}` NOT NULL: it has no default, and existing rows may hold NULL",
                self.column
            ),
        }
    }
}

/// Returns the columns of standing tables that are NOT NULL and have no value for rows that exist.
///
/// ```
/// # use schema_core::{diff::missing_values, operation::Operation};
/// # use schema_core::schema::{Column, Default, Literal, TableName, Type};
/// let column = Column::new("colour", Type::Text { length: None });
/// let add = |backfill| Operation::AddColumn {
///     table: TableName::new("items"),
///     column: column.clone(),
///     after: None,
///     backfill,
/// };
/// assert!(missing_values(&[add(None)])[0].to_string().starts_with("cannot add `items.colour`"));
/// let grey = Default::Literal(Literal::Text("grey".into()));
/// assert!(missing_values(&[add(Some(grey))]).is_empty());
/// ```
#[must_use]
pub fn missing_values(operations: &[Operation]) -> Vec<MissingValue> {
    let missing = |table: &TableName, column: &Column, cause| MissingValue {
        column: Target {
            table: table.clone(),
            column: Some(column.name.clone()),
        },
        cause,
    };
    let needs = |column: &Column| {
        !column.nullable
            && column.default.is_none()
            && column.generated.is_none()
            && column.auto == crate::schema::Auto::No
    };
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "no other operation asks old rows for a value"
    )]
    let found = operations.iter().filter_map(|operation| match operation {
        Operation::AddColumn {
            table,
            column,
            backfill: None,
            ..
        } if needs(column) => Some(missing(table, column, MissingCause::Added)),
        Operation::AlterColumn {
            table,
            from,
            to,
            backfill: None,
        } if from.nullable && needs(to) => Some(missing(table, to, MissingCause::NoLongerNull)),
        _ => None,
    });
    found.collect()
}
