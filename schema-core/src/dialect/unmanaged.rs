//! What a database holds and no model can say.

use std::collections::BTreeSet;
use std::fmt;

use crate::schema::TableName;

/// A thing of a database that is no part of a [`Schema`](crate::schema::Schema): it is told, left alone and never broken.
///
/// ```
/// use schema_core::dialect::Unmanaged;
/// use schema_core::schema::TableName;
///
/// let view = Unmanaged::new("view", "cheap_items", [TableName::new("items")]);
/// assert_eq!(view.to_string(), "view `cheap_items`");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unmanaged {
    /// What it is, as a person calls it: `view`, `trigger`, `virtual table`, `ON CONFLICT clause`.
    pub kind: String,
    /// Its name; of what has none of its own, that of the thing it belongs to.
    pub name: String,
    /// The tables that it reads, writes or stands on.
    pub depends_on: BTreeSet<TableName>,
    /// Whether it is part of one table and goes with it, as a trigger does, so that dropping the table breaks nothing.
    pub part_of: Option<TableName>,
    /// What it makes of a thing that a schema reads as any other of its kind: `no query uses it`.
    pub effect: Option<&'static str>,
}

impl Unmanaged {
    /// Returns a thing of that kind and name, which stands for itself.
    ///
    /// ```
    /// use schema_core::{dialect::Unmanaged, schema::TableName};
    ///
    /// let view = Unmanaged::new("view", "cheap_items", [TableName::new("items")]);
    /// assert_eq!(view.to_string(), "view `cheap_items`");
    /// ```
    #[must_use]
    pub fn new(
        kind: impl Into<String>,
        name: impl Into<String>,
        depends_on: impl IntoIterator<Item = TableName>,
    ) -> Self {
        Unmanaged {
            kind: kind.into(),
            name: name.into(),
            depends_on: depends_on.into_iter().collect(),
            part_of: None,
            effect: None,
        }
    }

    /// Returns it as a part of that table.
    ///
    /// ```
    /// # use schema_core::{dialect::Unmanaged, schema::TableName};
    /// let trigger = Unmanaged::new("trigger", "log_items", []).part_of(TableName::new("items"));
    /// assert!(trigger.depends_on.contains(&TableName::new("items")));
    /// ```
    #[must_use]
    pub fn part_of(mut self, table: TableName) -> Self {
        self.depends_on.insert(table.clone());
        self.part_of = Some(table);
        self
    }

    /// Returns what it is and what it does, in words.
    ///
    /// ```
    /// # use schema_core::dialect::Unmanaged;
    /// let index = Unmanaged::new("index", "ix_items_sku", []).with_effect("no query uses it");
    /// assert_eq!(index.told(), "index `ix_items_sku`: no query uses it");
    /// ```
    #[must_use]
    pub fn told(&self) -> String {
        match self.effect {
            Some(effect) => format!("{self}: {effect}"),
            None => self.to_string(),
        }
    }

    /// Returns it as what has that effect.
    ///
    /// ```
    /// # use schema_core::dialect::Unmanaged;
    /// let table = Unmanaged::new("unlogged table", "carts", []).with_effect("a crash empties it");
    /// assert_eq!(table.effect, Some("a crash empties it"));
    /// ```
    #[must_use]
    pub fn with_effect(mut self, effect: &'static str) -> Self {
        self.effect = Some(effect);
        self
    }
}

impl fmt::Display for Unmanaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind, self.name)
    }
}
