//! Tables and their primary keys.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::foreign_key::is_default;
use super::index::rename_in;
use super::{Check, Column, ForeignKey, Index, TableName};

/// A table with all that belongs to it.
///
/// Two tables are equal when they hold the same columns in any order, and the same of everything else.
///
/// ```
/// use schema_core::schema::{Column, PrimaryKey, Table, TableName, Type};
///
/// let mut items = Table::new(TableName::new("items"));
/// items.columns = vec![Column::new("id", Type::I64), Column::new("price", Type::F64)];
/// items.primary_key = Some(PrimaryKey { name: "pk_items".into(), columns: vec!["id".into()] });
///
/// let mut other = items.clone();
/// other.columns.reverse();
/// assert_eq!(items, other); // the order of columns makes no difference
/// ```
#[derive(Debug, Clone, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The name.
    pub name: TableName,
    /// The columns, in declared order.
    pub columns: Vec<Column>,
    /// The primary key, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_key: Option<PrimaryKey>,
    /// The indexes and UNIQUE constraints, each under its own name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", with = "named")]
    pub indexes: BTreeMap<String, Index>,
    /// The foreign keys, each under its own name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", with = "named")]
    pub foreign_keys: BTreeMap<String, ForeignKey>,
    /// The CHECK constraints, each under its own name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", with = "named")]
    pub checks: BTreeMap<String, Check>,
    /// What is said of the table as a whole.
    #[serde(default, skip_serializing_if = "is_default")]
    pub options: TableOptions,
}

/// What is said of a table as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableOptions {
    /// What it is for, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Whether the database holds every value to its column's type (SQLite's STRICT).
    #[serde(default, skip_serializing_if = "is_default")]
    pub strict: bool,
    /// Whether rows are kept under their primary key alone (SQLite's WITHOUT ROWID).
    #[serde(default, skip_serializing_if = "is_default")]
    pub without_rowid: bool,
    /// The storage engine (MySQL).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// The character set of columns that name none (MySQL).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charset: Option<String>,
    /// The collation of columns that name none (MySQL).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
}

/// The columns whose values name a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrimaryKey {
    /// The constraint's name, where the database keeps one.
    pub name: String,
    /// The columns, in key order.
    pub columns: Vec<String>,
}

impl Table {
    /// Returns a table with nothing in it.
    ///
    /// ```
    /// # use schema_core::schema::{Table, TableName};
    /// let items = Table::new(TableName::new("items"));
    /// assert!(items.columns.is_empty() && items.primary_key.is_none());
    /// ```
    #[must_use]
    pub fn new(name: TableName) -> Self {
        Table {
            name,
            columns: Vec::new(),
            primary_key: None,
            indexes: BTreeMap::new(),
            foreign_keys: BTreeMap::new(),
            checks: BTreeMap::new(),
            options: TableOptions::default(),
        }
    }

    /// Returns the column of that name.
    ///
    /// ```
    /// # use schema_core::schema::{Column, Table, TableName, Type};
    /// let mut items = Table::new(TableName::new("items"));
    /// items.columns.push(Column::new("price", Type::F64));
    /// assert_eq!(items.column("price").unwrap().ty, Type::F64);
    /// assert_eq!(items.column("Price"), None);
    /// ```
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Returns the column of that name, to change it.
    ///
    /// ```
    /// # use schema_core::schema::{Column, Table, TableName, Type};
    /// # let mut items = Table::new(TableName::new("items"));
    /// # items.columns.push(Column::new("price", Type::F64));
    /// if let Some(price) = items.column_mut("price") {
    ///     price.nullable = true;
    /// }
    /// assert!(items.columns[0].nullable);
    /// ```
    pub fn column_mut(&mut self, name: &str) -> Option<&mut Column> {
        self.columns.iter_mut().find(|column| column.name == name)
    }

    /// Adds an index, or replaces the one of the same name.
    ///
    /// ```
    /// # use schema_core::schema::{Index, IndexKey, Table, TableName};
    /// # let mut items = Table::new(TableName::new("items"));
    /// items.add_index(Index::new("ix_items_price", vec![IndexKey::column("price")]));
    /// assert!(items.indexes.contains_key("ix_items_price"));
    /// ```
    pub fn add_index(&mut self, index: Index) {
        self.indexes.insert(index.name.clone(), index);
    }

    /// Adds a foreign key, or replaces the one of the same name.
    ///
    /// ```
    /// # use schema_core::schema::{ForeignKey, Table, TableName};
    /// # let mut items = Table::new(TableName::new("items"));
    /// items.add_foreign_key(ForeignKey::new("fk_store", ["store_id"], TableName::new("stores"), ["id"]));
    /// assert!(items.foreign_keys.contains_key("fk_store"));
    /// ```
    pub fn add_foreign_key(&mut self, key: ForeignKey) {
        self.foreign_keys.insert(key.name.clone(), key);
    }

    /// Adds a check, or replaces the one of the same name.
    ///
    /// ```
    /// # use schema_core::schema::{Check, Expression, Table, TableName};
    /// # let mut items = Table::new(TableName::new("items"));
    /// items.add_check(Check { name: "ck_price".into(), expression: Expression::new("price >= 0") });
    /// assert!(items.checks.contains_key("ck_price"));
    /// ```
    pub fn add_check(&mut self, check: Check) {
        self.checks.insert(check.name.clone(), check);
    }

    /// Tells whether the column belongs to the primary key.
    ///
    /// ```
    /// # use schema_core::schema::{PrimaryKey, Table, TableName};
    /// # let mut items = Table::new(TableName::new("items"));
    /// items.primary_key = Some(PrimaryKey { name: "pk_items".into(), columns: vec!["id".into()] });
    /// assert!(items.is_key("id") && !items.is_key("price"));
    /// ```
    #[must_use]
    pub fn is_key(&self, column: &str) -> bool {
        self.primary_key
            .as_ref()
            .is_some_and(|key| key.columns.iter().any(|name| name == column))
    }

    /// Renames a column wherever the table itself uses it, but for its foreign keys, which may be those of others.
    pub(crate) fn rename_in_dependents(&mut self, from: &str, to: &str) {
        if let Some(key) = &mut self.primary_key {
            rename_in(&mut key.columns, from, to);
        }
        for generated in self
            .columns
            .iter_mut()
            .filter_map(|column| column.generated.as_mut())
        {
            generated.expression.rename_column(from, to);
        }
        for check in self.checks.values_mut() {
            check.expression.rename_column(from, to);
        }
        for index in self.indexes.values_mut() {
            index.rename_column(from, to);
        }
    }

    /// Returns how many generated columns must be there before this one can be: 0 for one that is not generated.
    ///
    /// ```
    /// # use schema_core::schema::{Column, Expression, Generated, Storage, Table, TableName, Type};
    /// let computed = |name: &str, text: &str| Column {
    ///     generated: Some(Generated { expression: Expression::new(text), storage: Storage::Virtual }),
    ///     ..Column::new(name, Type::F64)
    /// };
    /// let mut items = Table::new(TableName::new("items"));
    /// items.columns = vec![Column::new("net", Type::F64), computed("tax", "net * 0.2"), computed("gross", "net + tax")];
    /// let generations: Vec<usize> = items.columns.iter().map(|column| items.generation(column)).collect();
    /// assert_eq!(generations, [0, 1, 2]);
    /// ```
    #[must_use]
    pub fn generation(&self, column: &Column) -> usize {
        self.generation_within(column, self.columns.len())
    }

    /// No chain is longer than the table has columns, whatever circle its expressions make.
    fn generation_within(&self, column: &Column, longest: usize) -> usize {
        let Some(generated) = column.generated.as_ref().filter(|_| longest > 0) else {
            return 0;
        };
        let bases = self
            .columns
            .iter()
            .filter(|base| base.name != column.name && generated.expression.mentions(&base.name));
        let deepest = bases.map(|base| self.generation_within(base, longest - 1)).max();
        deepest.unwrap_or_default() + 1
    }

    /// Returns the columns sorted by name: the form in which tables are compared.
    fn columns_by_name(&self) -> Vec<&Column> {
        let mut columns: Vec<&Column> = self.columns.iter().collect();
        columns.sort_by(|a, b| a.name.cmp(&b.name));
        columns
    }
}

impl PartialEq for Table {
    fn eq(&self, other: &Self) -> bool {
        let Table {
            name,
            columns,
            primary_key,
            indexes,
            foreign_keys,
            checks,
            options,
        } = other;
        self.name == *name
            && (self.columns == *columns || self.columns_by_name() == other.columns_by_name())
            && self.primary_key == *primary_key
            && self.indexes == *indexes
            && self.foreign_keys == *foreign_keys
            && self.checks == *checks
            && self.options == *options
    }
}

/// What has a name of its own, and so need not stand in a map on file.
trait Named {
    fn name(&self) -> &str;
}

impl Named for Index {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Named for ForeignKey {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Named for Check {
    fn name(&self) -> &str {
        &self.name
    }
}

/// On file, things with names are a list sorted by them.
mod named {
    use super::{BTreeMap, Deserialize, Deserializer, Named, Serialize, Serializer};

    pub(super) fn serialize<T: Serialize, S: Serializer>(
        items: &BTreeMap<String, T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(items.values())
    }

    pub(super) fn deserialize<'de, T, D>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error>
    where
        T: Deserialize<'de> + Named,
        D: Deserializer<'de>,
    {
        let items = Vec::<T>::deserialize(deserializer)?;
        Ok(items
            .into_iter()
            .map(|item| (item.name().to_owned(), item))
            .collect())
    }
}
