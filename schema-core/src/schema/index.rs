//! Indexes, and the uniqueness that they or their constraints give.

use serde::{Deserialize, Serialize};

use super::Expression;
use super::foreign_key::is_default;

/// An index of a table. A UNIQUE constraint is one that has `unique` and `constraint`.
///
/// A UNIQUE constraint, and an index of the latest rows that are not done:
///
/// ```
/// use schema_core::schema::{Expression, Index, IndexKey, Order};
///
/// let sku = Index {
///     unique: true,
///     constraint: true,
///     ..Index::new("uq_items_sku", vec![IndexKey::column("sku")])
/// };
/// let open = Index {
///     predicate: Some(Expression::new("done_at IS NULL")),
///     ..Index::new("ix_jobs_open", vec![IndexKey { order: Order::Descending, ..IndexKey::column("id") }])
/// };
/// assert!(open.mentions("done_at") && !sku.mentions("done_at"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// The name, unique in its table (and, in most databases, in the schema).
    pub name: String,
    /// What is indexed, in order.
    pub keys: Vec<IndexKey>,
    /// Whether two rows may not have the same keys.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unique: bool,
    /// Whether it is a UNIQUE constraint of the table rather than an index beside it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub constraint: bool,
    /// The condition of a partial index: only rows that meet it are indexed.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub predicate: Option<Expression>,
    /// How the database keeps it (`gin`, `hash`), if not in the usual way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub using: Option<String>,
    /// Columns that it holds besides its keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// Whether uniqueness takes two NULLs for the same.
    #[serde(default, skip_serializing_if = "is_default")]
    pub nulls_not_distinct: bool,
}

impl Index {
    /// Returns an index that orders rows by those keys and promises nothing.
    ///
    /// ```
    /// # use schema_core::schema::{Index, IndexKey};
    /// let index = Index::new("ix_items_store_id", vec![IndexKey::column("store_id")]);
    /// assert!(!index.unique && index.predicate.is_none());
    /// ```
    #[must_use]
    pub fn new(name: impl Into<String>, keys: Vec<IndexKey>) -> Self {
        Index {
            name: name.into(),
            keys,
            unique: false,
            constraint: false,
            predicate: None,
            using: None,
            include: Vec::new(),
            nulls_not_distinct: false,
        }
    }

    /// Returns the columns it is made of, or `None` if a key is an expression.
    ///
    /// ```
    /// # use schema_core::schema::{Expression, Index, IndexKey, IndexPart};
    /// let mut index = Index::new("ix_users", vec![IndexKey::column("tenant")]);
    /// assert_eq!(index.columns(), Some(vec!["tenant"]));
    /// index.keys.push(IndexKey::new(IndexPart::Expression(Expression::new("lower(email)"))));
    /// assert_eq!(index.columns(), None);
    /// ```
    #[must_use]
    pub fn columns(&self) -> Option<Vec<&str>> {
        self.keys
            .iter()
            .map(|key| match &key.part {
                IndexPart::Column(column) => Some(column.as_str()),
                IndexPart::Expression(_) => None,
            })
            .collect()
    }

    /// Tells whether the index uses the column: as a key, or within an expression.
    ///
    /// ```
    /// # use schema_core::schema::{Expression, Index, IndexKey, IndexPart};
    /// let lower = IndexPart::Expression(Expression::new("lower(email)"));
    /// let index = Index::new("ix_users_lower_email", vec![IndexKey::new(lower)]);
    /// assert!(index.mentions("email") && !index.mentions("lower"));
    /// ```
    #[must_use]
    pub fn mentions(&self, column: &str) -> bool {
        self.predicate.iter().any(|predicate| predicate.mentions(column))
            || self.include.iter().any(|name| name == column)
            || self.keys.iter().any(|key| match &key.part {
                IndexPart::Column(name) => name == column,
                IndexPart::Expression(expression) => expression.mentions(column),
            })
    }

    /// Returns the columns that it has as keys, and those that it includes.
    ///
    /// ```
    /// # use schema_core::schema::{Index, IndexKey};
    /// let index = Index {
    ///     include: vec!["name".into()],
    ///     ..Index::new("ix_users_tenant", vec![IndexKey::column("tenant")])
    /// };
    /// assert!(index.plain_columns().eq(["tenant", "name"]));
    /// ```
    pub fn plain_columns(&self) -> impl Iterator<Item = &String> {
        let keys = self.keys.iter().filter_map(|key| match &key.part {
            IndexPart::Column(column) => Some(column),
            IndexPart::Expression(_) => None,
        });
        keys.chain(&self.include)
    }

    /// Returns what it uses that may be the names of columns: keys, what it includes, and words of its expressions.
    ///
    /// ```
    /// # use schema_core::schema::{Expression, Index, IndexKey};
    /// let index = Index {
    ///     predicate: Some(Expression::new("done_at IS NULL")),
    ///     ..Index::new("ix_jobs_queue", vec![IndexKey::column("queue")])
    /// };
    /// assert_eq!(index.names(), ["queue", "done_at"]);
    /// ```
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let keys = self.keys.iter().flat_map(|key| match &key.part {
            IndexPart::Column(column) => vec![column.clone()],
            IndexPart::Expression(expression) => expression.names(),
        });
        let predicate = self.predicate.iter().flat_map(Expression::names);
        keys.chain(self.include.iter().cloned())
            .chain(predicate)
            .collect()
    }

    /// Follows a column of its table that is renamed.
    ///
    /// ```
    /// # use schema_core::schema::{Index, IndexKey};
    /// let mut index = Index::new("ix_items_price", vec![IndexKey::column("price")]);
    /// index.rename_column("price", "cost");
    /// assert_eq!(index.columns(), Some(vec!["cost"]));
    /// assert_eq!(index.name, "ix_items_price"); // a rename of its own
    /// ```
    pub fn rename_column(&mut self, from: &str, to: &str) {
        for key in &mut self.keys {
            match &mut key.part {
                IndexPart::Column(column) => rename_in([column], from, to),
                IndexPart::Expression(expression) => expression.rename_column(from, to),
            }
        }
        if let Some(predicate) = &mut self.predicate {
            predicate.rename_column(from, to);
        }
        rename_in(&mut self.include, from, to);
    }
}

/// Writes `to` in place of each `from`.
pub(super) fn rename_in<'a>(columns: impl IntoIterator<Item = &'a mut String>, from: &str, to: &str) {
    for column in columns.into_iter().filter(|column| *column == from) {
        to.clone_into(column);
    }
}

/// One key of an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexKey {
    /// The column or expression.
    #[serde(flatten)]
    pub part: IndexPart,
    /// Which way it is sorted.
    #[serde(default, skip_serializing_if = "is_default")]
    pub order: Order,
    /// The collation it is compared by, if it is not the column's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// Where NULLs stand in the order.
    #[serde(default, skip_serializing_if = "is_default")]
    pub nulls: Nulls,
    /// How values are compared (`jsonb_path_ops`), if not as their type says: PostgreSQL's operator class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator_class: Option<String>,
}

impl IndexKey {
    /// Returns an ascending key of a plain column.
    ///
    /// ```
    /// # use schema_core::schema::{IndexKey, Order};
    /// let newest = IndexKey { order: Order::Descending, ..IndexKey::column("created_at") };
    /// # assert_eq!(serde_json::to_string(&newest).unwrap(), r#"{"column":"created_at","order":"descending"}"#);
    /// ```
    #[must_use]
    pub fn column(name: impl Into<String>) -> Self {
        IndexKey::new(IndexPart::Column(name.into()))
    }

    /// Returns a key in ascending order.
    ///
    /// ```
    /// # use schema_core::schema::{Expression, IndexKey, IndexPart};
    /// let key = IndexKey::new(IndexPart::Expression(Expression::new("lower(email)")));
    /// # assert_eq!(serde_json::to_string(&key).unwrap(), r#"{"expression":"lower(email)"}"#);
    /// ```
    #[must_use]
    pub fn new(part: IndexPart) -> Self {
        IndexKey {
            part,
            order: Order::Ascending,
            collation: None,
            nulls: Nulls::Default,
            operator_class: None,
        }
    }
}

/// What a key of an index is computed from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndexPart {
    /// A column, by name.
    Column(String),
    /// An expression over columns.
    Expression(Expression),
}

/// Which way a key is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Smallest first.
    #[default]
    Ascending,
    /// Largest first.
    Descending,
}

/// Where NULLs stand in the order of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nulls {
    /// Where the database puts them for the order of the key.
    #[default]
    Default,
    /// Before all values.
    First,
    /// After all values.
    Last,
}
