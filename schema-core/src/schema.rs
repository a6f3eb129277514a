//! The IR: what a database's tables are, for every source and every database alike.
//!
//! Models, history, SQL files and live databases all become a [`Schema`], and only it is compared. The values
//! here are plain data with public fields: they know no dialect, no SQL beyond the text of an [`Expression`], and
//! no file. Columns keep their declared order but are compared without it.

mod check;
mod column;
mod expression;
mod foreign_key;
mod index;
mod name;
pub mod naming;
mod table;
mod types;

pub use check::Check;
pub use column::{Auto, Column, Default, Generated, Literal, Storage};
pub use expression::Expression;
#[cfg(feature = "mysql")]
pub(crate) use expression::is_keyword;
pub use foreign_key::{Action, Deferrable, ForeignKey};
pub use index::{Index, IndexKey, IndexPart, Nulls, Order};
pub use name::TableName;
pub use table::{PrimaryKey, Table, TableOptions};
pub(crate) use types::quoted_list;
pub use types::{ParseTypeError, Type};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// All tables of a database, by name.
///
/// # Example
///
/// ```
/// use schema_core::schema::{Schema, Table, TableName};
///
/// let mut schema = Schema::default();
/// schema.insert(Table::new(TableName::new("items")));
/// assert!(schema.tables.contains_key(&TableName::new("items")));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, std::default::Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// The tables. The key is always the table's own [`Table::name`].
    #[serde(with = "tables")]
    pub tables: BTreeMap<TableName, Table>,
}

impl Schema {
    /// Adds a table, or replaces the one of the same name.
    ///
    /// ```
    /// # use schema_core::schema::{Schema, Table, TableName};
    /// let mut schema = Schema::default();
    /// schema.insert(Table::new(TableName::new("items")));
    /// schema.insert(Table::new(TableName::new("items")));
    /// assert_eq!(schema.tables.len(), 1);
    /// ```
    pub fn insert(&mut self, table: Table) {
        self.tables.insert(table.name.clone(), table);
    }

    /// Returns the table of that name.
    ///
    /// ```
    /// # use schema_core::schema::{Schema, Table, TableName};
    /// let schema = Schema::from_iter([Table::new(TableName::new("items"))]);
    /// assert!(schema.table(&TableName::new("items")).is_some());
    /// assert!(schema.table(&"sales.items".parse().unwrap()).is_none()); // another namespace
    /// ```
    #[must_use]
    pub fn table(&self, name: &TableName) -> Option<&Table> {
        self.tables.get(name)
    }

    /// Returns the foreign keys of other tables, and of the table itself, that point at `target`.
    ///
    /// ```
    /// # use schema_core::Model;
    /// # use schema_core::schema::{Schema, TableName};
    /// #[derive(Model)]
    /// struct StoreModel {
    ///     id: i64,
    /// }
    ///
    /// #[derive(Model)]
    /// struct ItemModel {
    ///     id: i64,
    ///     #[model(references(StoreModel))]
    ///     store_id: i64,
    /// }
    ///
    /// let schema = Schema::from_iter([StoreModel::table(), ItemModel::table()]);
    /// let stores = TableName::new("stores");
    /// let (table, key) = schema.references(&stores).next().unwrap();
    /// assert_eq!((table.to_string().as_str(), key.name.as_str()), ("items", "fk_items_store_id_stores"));
    /// ```
    pub fn references<'a>(
        &'a self,
        target: &'a TableName,
    ) -> impl Iterator<Item = (&'a TableName, &'a ForeignKey)> + 'a {
        self.tables.values().flat_map(move |table| {
            table
                .foreign_keys
                .values()
                .filter(move |key| key.references == *target)
                .map(|key| (&table.name, key))
        })
    }
}

impl FromIterator<Table> for Schema {
    fn from_iter<I: IntoIterator<Item = Table>>(tables: I) -> Self {
        let mut schema = Schema::default();
        for table in tables {
            schema.insert(table);
        }
        schema
    }
}

/// On file, the tables are a list sorted by name: the name is in the table, and is not said twice.
mod tables {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{Table, TableName};

    pub(super) fn serialize<S: Serializer>(
        tables: &BTreeMap<TableName, Table>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        tables.values().collect::<Vec<_>>().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<TableName, Table>, D::Error> {
        let tables = Vec::<Table>::deserialize(deserializer)?;
        Ok(tables
            .into_iter()
            .map(|table| (table.name.clone(), table))
            .collect())
    }
}
