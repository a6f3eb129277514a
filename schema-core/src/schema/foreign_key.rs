//! Foreign keys.

use serde::{Deserialize, Serialize};

use super::TableName;
use super::index::rename_in;

/// A promise that the values of some columns exist in another table.
///
/// ```
/// use schema_core::schema::{Action, ForeignKey, TableName, naming};
///
/// let (items, stores) = (TableName::new("items"), TableName::new("stores"));
/// let name = naming::foreign_key(&items, &["store_id"], &stores);
/// let key = ForeignKey { on_delete: Action::Cascade, ..ForeignKey::new(name, ["store_id"], stores, ["id"]) };
/// assert_eq!(key.name, "fk_items_store_id_stores");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForeignKey {
    /// The constraint's name, unique in its table.
    pub name: String,
    /// The referring columns, in order.
    pub columns: Vec<String>,
    /// The table referred to.
    pub references: TableName,
    /// The columns referred to, one for each of `columns`.
    pub referenced_columns: Vec<String>,
    /// What happens to referring rows when the referred row is deleted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_delete: Action,
    /// What happens to referring rows when the referred key changes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_update: Action,
    /// When the promise is checked.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deferrable: Deferrable,
}

impl ForeignKey {
    /// Returns a foreign key that does nothing but refuse, and is checked at the end of every statement.
    ///
    /// ```
    /// # use schema_core::schema::{Action, ForeignKey, TableName};
    /// let key = ForeignKey::new("fk_items_store_id_stores", ["store_id"], TableName::new("stores"), ["id"]);
    /// assert_eq!(key.on_delete, Action::NoAction);
    /// ```
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        columns: impl IntoIterator<Item = impl Into<String>>,
        references: TableName,
        referenced_columns: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        ForeignKey {
            name: name.into(),
            columns: columns.into_iter().map(Into::into).collect(),
            references,
            referenced_columns: referenced_columns.into_iter().map(Into::into).collect(),
            on_delete: Action::NoAction,
            on_update: Action::NoAction,
            deferrable: Deferrable::Never,
        }
    }

    /// Follows a column that is renamed, of the key's own table or of the one referred to: `of` is the table of the key.
    ///
    /// ```
    /// # use schema_core::schema::{ForeignKey, TableName};
    /// # let (items, stores) = (TableName::new("items"), TableName::new("stores"));
    /// # let mut key = ForeignKey::new("fk", ["store_id"], stores.clone(), ["id"]);
    /// key.rename_column(&items, &items, "store_id", "shop_id");
    /// key.rename_column(&items, &stores, "id", "key");
    /// assert_eq!((key.columns, key.referenced_columns), (vec!["shop_id".into()], vec!["key".into()]));
    /// ```
    pub fn rename_column(&mut self, of: &TableName, table: &TableName, from: &str, to: &str) {
        if of == table {
            rename_in(&mut self.columns, from, to);
        }
        if self.references == *table {
            rename_in(&mut self.referenced_columns, from, to);
        }
    }

    /// Follows a table that is renamed, if it is the one referred to.
    ///
    /// ```
    /// # use schema_core::schema::{ForeignKey, TableName};
    /// # let (stores, shops) = (TableName::new("stores"), TableName::new("shops"));
    /// # let mut key = ForeignKey::new("fk", ["store_id"], stores.clone(), ["id"]);
    /// key.rename_table(&stores, &shops);
    /// assert_eq!(key.references, shops);
    /// ```
    pub fn rename_table(&mut self, from: &TableName, to: &TableName) {
        if self.references == *from {
            self.references.clone_from(to);
        }
    }
}

/// What a foreign key does to the rows that refer to a vanishing key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Refuse, at the end of the statement. SQL's default.
    #[default]
    NoAction,
    /// Refuse at once.
    Restrict,
    /// Do the same to the referring rows.
    Cascade,
    /// Set the referring columns to NULL.
    SetNull,
    /// Set the referring columns to their defaults.
    SetDefault,
}

impl Action {
    /// Returns the words that SQL uses for the action.
    ///
    /// ```
    /// use schema_core::schema::Action;
    ///
    /// assert_eq!(format!("ON DELETE {}", Action::SetNull.sql()), "ON DELETE SET NULL");
    /// ```
    #[must_use]
    pub fn sql(self) -> &'static str {
        match self {
            Action::NoAction => "NO ACTION",
            Action::Restrict => "RESTRICT",
            Action::Cascade => "CASCADE",
            Action::SetNull => "SET NULL",
            Action::SetDefault => "SET DEFAULT",
        }
    }
}

/// When a foreign key is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deferrable {
    /// At the end of every statement, always. SQL's default.
    #[default]
    Never,
    /// At the end of the statement, unless the transaction defers it.
    Immediate,
    /// At the end of the transaction, unless the transaction says otherwise.
    Deferred,
}

pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
