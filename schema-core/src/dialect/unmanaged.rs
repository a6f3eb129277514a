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
}

impl Unmanaged {
    /// Returns a thing of that kind and name, which stands for itself.
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
        }
    }

    /// Returns it as a part of that table.
    #[must_use]
    pub fn part_of(mut self, table: TableName) -> Self {
        self.depends_on.insert(table.clone());
        self.part_of = Some(table);
        self
    }
}

impl fmt::Display for Unmanaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind, self.name)
    }
}
