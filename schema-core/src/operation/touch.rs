//! What an operation touches: the things it makes, changes or needs. Whoever may run two operations in either order, or
//! join two branches, asks here.

use std::fmt;

use super::Operation;
use crate::schema::{Column, ForeignKey, Index, Table, TableName, Type};

/// A part of a schema that an operation can touch.
///
/// ```
/// use schema_core::{operation::Thing, schema::TableName};
///
/// let column = Thing::Column(TableName::new("items"), "price".into());
/// assert_eq!(column.to_string(), "column 'items.price'");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    /// A table: that it exists, and its name.
    Table(TableName),
    /// What is said of a table as a whole.
    Options(TableName),
    /// A column.
    Column(TableName, String),
    /// A table's primary key.
    PrimaryKey(TableName),
    /// An index or UNIQUE constraint. Most databases have one namespace for those of all tables.
    Index(Option<String>, String),
    /// A foreign key.
    ForeignKey(TableName, String),
    /// A CHECK.
    Check(TableName, String),
    /// The type of columns that hold one of some texts.
    Enum(String),
}

impl Thing {
    /// Returns the table that the thing is part of, if it is part of one.
    ///
    /// ```
    /// # use schema_core::{operation::Thing, schema::TableName};
    /// let items = TableName::new("items");
    /// assert_eq!(Thing::Column(items.clone(), "price".into()).table(), Some(&items));
    /// assert_eq!(Thing::Enum("size".into()).table(), None);
    /// ```
    #[must_use]
    pub fn table(&self) -> Option<&TableName> {
        match self {
            Thing::Table(table)
            | Thing::Options(table)
            | Thing::Column(table, _)
            | Thing::PrimaryKey(table)
            | Thing::ForeignKey(table, _)
            | Thing::Check(table, _) => Some(table),
            Thing::Index(..) | Thing::Enum(_) => None,
        }
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Thing::Table(table) => write!(f, "table '{table}'"),
            Thing::Options(table) => write!(f, "the options of table '{table}'"),
            Thing::Column(table, column) => write!(f, "column '{table}.{column}'"),
            Thing::PrimaryKey(table) => write!(f, "the primary key of table '{table}'"),
            Thing::Index(_, name) => write!(f, "index '{name}'"),
            Thing::ForeignKey(table, name) => write!(f, "foreign key '{name}' on '{table}'"),
            Thing::Check(table, name) => write!(f, "check '{name}' on '{table}'"),
            Thing::Enum(name) => write!(f, "enum '{name}'"),
        }
    }
}

/// How an operation touches a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Use {
    /// It makes the thing, drops it, or gives it its name or takes it away.
    Makes,
    /// It changes the thing, which keeps its name.
    Alters,
    /// It needs the thing to stay what it is.
    ReliesOn,
    /// It needs the thing to have its name.
    Names,
    /// It defines the thing, as others may do alike.
    Defines(Vec<String>),
}

impl Use {
    /// Tells whether two uses of one thing cannot stand in either order.
    pub(super) fn clashes(&self, other: &Use) -> bool {
        match (self, other) {
            (Use::Makes, _) | (_, Use::Makes) => true,
            (Use::Alters, Use::Alters | Use::ReliesOn) | (Use::ReliesOn, Use::Alters) => true,
            (Use::Defines(one), Use::Defines(other)) => one != other,
            (Use::Alters | Use::ReliesOn | Use::Names | Use::Defines(_), _) => false,
        }
    }
}

/// One thing and how it is touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Touch {
    pub(super) thing: Thing,
    pub(super) using: Use,
}

/// Returns what an operation touches, by the names that things have before it.
pub(super) fn touches(operation: &Operation) -> Vec<Touch> {
    let mut found = Touches(Vec::new());
    match operation {
        Operation::CreateTable { table } | Operation::DropTable { table } => found.whole_table(table),
        Operation::RenameTable { from, to } => {
            found.add(Thing::Table(from.clone()), Use::Makes);
            found.add(Thing::Table(to.clone()), Use::Makes);
        }
        Operation::AlterTable {
            table,
            from: _,
            to: _,
        } => {
            found.names(table);
            found.add(Thing::Options(table.clone()), Use::Alters);
        }
        Operation::AddColumn {
            table,
            column,
            after: _,
            backfill: _,
        }
        | Operation::DropColumn {
            table,
            column,
            after: _,
        } => {
            found.names(table);
            found.column(table, &column.name, Use::Makes);
            found.within_column(table, column);
        }
        Operation::RenameColumn { table, from, to } => {
            found.names(table);
            found.column(table, from, Use::Makes);
            found.column(table, to, Use::Makes);
        }
        Operation::AlterColumn {
            table,
            from,
            to,
            backfill: _,
        } => {
            found.names(table);
            found.column(table, &from.name, Use::Alters);
            found.within_column(table, from);
            found.within_column(table, to);
            if from.ty != to.ty {
                found.definition(to);
            }
        }
        Operation::MapValues {
            table,
            column,
            values: _,
            back: _,
        } => {
            found.names(table);
            found.column(table, column, Use::Alters);
        }
        Operation::AlterPrimaryKey { table, from, to } => {
            found.names(table);
            found.add(Thing::PrimaryKey(table.clone()), Use::Alters);
            for column in from.iter().chain(to).flat_map(|key| &key.columns) {
                found.column(table, column, Use::ReliesOn);
            }
        }
        Operation::AddIndex { table, index } | Operation::DropIndex { table, index } => {
            found.index(table, index, &index.name);
        }
        Operation::RenameIndex { table, from, to } => {
            found.index(table, from, &from.name);
            found.index(table, from, to);
        }
        Operation::AddForeignKey { table, foreign_key }
        | Operation::DropForeignKey { table, foreign_key } => {
            found.foreign_key(table, foreign_key);
        }
        Operation::RenameForeignKey { table, from, to } => {
            found.names(table);
            found.add(Thing::ForeignKey(table.clone(), from.clone()), Use::Makes);
            found.add(Thing::ForeignKey(table.clone(), to.clone()), Use::Makes);
        }
        Operation::AddCheck { table, check } | Operation::DropCheck { table, check } => {
            found.names(table);
            found.add(Thing::Check(table.clone(), check.name.clone()), Use::Makes);
            found.words(table, &check.expression.names());
        }
        Operation::RenameCheck { table, from, to } => {
            found.names(table);
            found.add(Thing::Check(table.clone(), from.clone()), Use::Makes);
            found.add(Thing::Check(table.clone(), to.clone()), Use::Makes);
        }
    }
    found.0
}

/// Returns the tables whose definition or rows an operation changes, by the names that they have before it.
///
/// ```
/// # use schema_core::schema::{Column, Schema, Table, TableName, Type};
/// # let mut items = Table::new(TableName::new("items"));
/// # items.columns.push(Column::new("id", Type::I64));
/// # let from = Schema::from_iter([items.clone()]);
/// # items.columns.push(Column { nullable: true, ..Column::new("colour", Type::Text { length: None }) });
/// # let to = Schema::from_iter([items]);
/// # use schema_core::{diff::{Answers, diff}, operation::changed_tables};
/// let operations = diff(&from, &to, &Answers::default());
/// assert_eq!(changed_tables(&operations[0]), [TableName::new("items")]);
/// ```
#[must_use]
pub fn changed_tables(operation: &Operation) -> Vec<TableName> {
    let touched = touches(operation).into_iter();
    let changed = touched.filter(|touch| matches!(touch.using, Use::Makes | Use::Alters));
    let mut tables: Vec<TableName> = changed.filter_map(|touch| touch.thing.table().cloned()).collect();
    if let Operation::AddIndex { table, index }
    | Operation::DropIndex { table, index }
    | Operation::RenameIndex {
        table, from: index, ..
    } = operation
    {
        // A UNIQUE constraint is part of its table, an index stands beside it.
        tables.extend(index.constraint.then(|| table.clone()));
    }
    tables
}

struct Touches(Vec<Touch>);

impl Touches {
    fn add(&mut self, thing: Thing, using: Use) {
        self.0.push(Touch { thing, using });
    }

    fn names(&mut self, table: &TableName) {
        self.add(Thing::Table(table.clone()), Use::Names);
    }

    fn column(&mut self, table: &TableName, column: &str, using: Use) {
        self.add(Thing::Column(table.clone(), column.to_owned()), using);
    }

    /// Words of an expression, any of which may be a column's name.
    fn words(&mut self, table: &TableName, words: &[String]) {
        for word in words {
            self.column(table, word, Use::Names);
        }
    }

    fn whole_table(&mut self, table: &Table) {
        self.add(Thing::Table(table.name.clone()), Use::Makes);
        for index in table.indexes.values() {
            self.add(
                Thing::Index(table.name.schema.clone(), index.name.clone()),
                Use::Makes,
            );
        }
        for column in &table.columns {
            self.definition(column);
        }
    }

    fn within_column(&mut self, table: &TableName, column: &Column) {
        if let Some(generated) = &column.generated {
            self.words(table, &generated.expression.names());
        }
        self.definition(column);
    }

    fn definition(&mut self, column: &Column) {
        if let Type::Enum { name, values } = &column.ty {
            self.add(Thing::Enum(name.clone()), Use::Defines(values.clone()));
        }
    }

    fn index(&mut self, table: &TableName, index: &Index, name: &str) {
        self.names(table);
        self.add(Thing::Index(table.schema.clone(), name.to_owned()), Use::Makes);
        self.words(table, &index.names());
    }

    fn foreign_key(&mut self, table: &TableName, key: &ForeignKey) {
        self.names(table);
        self.names(&key.references);
        self.add(Thing::ForeignKey(table.clone(), key.name.clone()), Use::Makes);
        for column in &key.columns {
            self.column(table, column, Use::ReliesOn);
        }
        for column in &key.referenced_columns {
            self.column(&key.references, column, Use::ReliesOn);
        }
    }
}
