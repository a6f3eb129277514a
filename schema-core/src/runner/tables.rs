//! `[tables]` of `autogen.toml`: which tables of a database are a project's, and which are left alone.
//!
//! By themselves, a project's tables are those of its models and those that its revisions made; all others are somebody else's,
//! are never touched, and are no findings. `include` claims more, `exclude` leaves some alone whatever else says.

use std::fmt;

use serde::Deserialize;
use wildmatch::WildMatch;

use crate::schema::{Schema, TableName};

/// What a project has to do with a table of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It is the project's if one of its revisions made it.
    IfMade,
    /// It is the project's, whoever made it.
    Always,
    /// It is left alone, whoever made it.
    Never,
}

/// Which tables are a project's, as the section `[tables]` of its `autogen.toml` says.
///
/// # Example
///
/// ```
/// use schema_core::runner::{Claim, Tables};
/// use schema_core::schema::TableName;
///
/// let tables = Tables::new(["app_*"], ["*_old", "tmp?"])?;
/// assert_eq!(tables.claim(&TableName::new("app_users")), Claim::Always);
/// assert_eq!(tables.claim(&TableName::new("app_users_old")), Claim::Never);
/// assert_eq!(tables.claim(&TableName::new("users")), Claim::IfMade);
/// # Ok::<(), schema_core::runner::OddPattern>(())
/// ```
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Tables {
    /// Tables that are this project's even if no model and no revision has them.
    include: Vec<Pattern>,
    /// Tables that are left alone even if a model or a revision has them.
    exclude: Vec<Pattern>,
}

/// The names of some tables: `*` stands for any letters, `?` for one.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
struct Pattern {
    text: String,
    names: WildMatch,
}

/// A text that is no pattern of table names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OddPattern {
    text: String,
    /// A mark in it that stands for nothing.
    mark: Option<char>,
}

impl fmt::Display for OddPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OddPattern { text, mark } = self;
        write!(f, "`{text}` is no pattern of table names: ")?;
        match mark {
            None => f.write_str("it is empty or has blanks around it"),
            Some(mark) => write!(
                f,
                "`*` stands for any letters and `?` for one, and `{mark}` for nothing"
            ),
        }
    }
}

impl std::error::Error for OddPattern {}

impl TryFrom<String> for Pattern {
    type Error = OddPattern;

    fn try_from(text: String) -> Result<Self, OddPattern> {
        if text.trim().is_empty() || text.trim() != text {
            return Err(OddPattern { text, mark: None });
        }
        if let Some(mark) = text.chars().find(|mark| "[]{}()|^$\\".contains(*mark)) {
            let mark = Some(mark);
            return Err(OddPattern { text, mark });
        }
        let names = WildMatch::new(&text);
        Ok(Pattern { text, names })
    }
}

impl Pattern {
    /// Tells whether the pattern means the table, by its name alone or by that of its namespace and its own.
    fn matches(&self, table: &TableName) -> bool {
        self.names.matches(&table.name) || (table.schema.is_some() && self.names.matches(&table.to_string()))
    }
}

impl Tables {
    /// Returns what these patterns say, in which `*` stands for any letters and `?` for one.
    ///
    /// # Errors
    ///
    /// A text that is no pattern.
    ///
    /// # Example
    ///
    /// ```
    /// use schema_core::runner::Tables;
    ///
    /// assert!(Tables::new([], ["legacy_*"]).is_ok());
    /// assert!(Tables::new(["shop_[ab]"], []).is_err()); // that would be a set of letters elsewhere
    /// ```
    pub fn new<T: Into<String>>(
        include: impl IntoIterator<Item = T>,
        exclude: impl IntoIterator<Item = T>,
    ) -> Result<Self, OddPattern> {
        Ok(Tables {
            include: patterns(include)?,
            exclude: patterns(exclude)?,
        })
    }

    /// Returns a pattern that is in both lists, and so says two things. What both match is excluded.
    ///
    /// ```
    /// # use schema_core::runner::Tables;
    /// let tables = Tables::new(["shop_*", "items"], ["items"])?;
    /// assert_eq!(tables.said_twice(), Some("items"));
    /// # Ok::<(), schema_core::runner::OddPattern>(())
    /// ```
    #[must_use]
    pub fn said_twice(&self) -> Option<&str> {
        let mut include = self.include.iter();
        let both = include.find(|pattern| self.exclude.iter().any(|other| other.text == pattern.text));
        both.map(|pattern| pattern.text.as_str())
    }

    /// Tells what the project has to do with a table of a database.
    ///
    /// ```
    /// # use schema_core::{runner::{Claim, Tables}, schema::TableName};
    /// let tables = Tables::new(["shop_*"], ["legacy_*"])?;
    /// assert_eq!(tables.claim(&TableName::new("shop_orders")), Claim::Always);
    /// assert_eq!(tables.claim(&TableName::new("legacy_orders")), Claim::Never);
    /// assert_eq!(tables.claim(&TableName::new("orders")), Claim::IfMade);
    /// # Ok::<(), schema_core::runner::OddPattern>(())
    /// ```
    #[must_use]
    pub fn claim(&self, table: &TableName) -> Claim {
        if self.excludes(table) {
            Claim::Never
        } else if self.include.iter().any(|pattern| pattern.matches(table)) {
            Claim::Always
        } else {
            Claim::IfMade
        }
    }

    /// Tells whether a table is left alone.
    ///
    /// A pattern means the name alone, or the namespace with it:
    ///
    /// ```
    /// # use schema_core::{runner::Tables, schema::TableName};
    /// let tables = Tables::new([], ["audit.*"])?;
    /// let name = TableName { schema: Some("audit".into()), ..TableName::new("log") };
    /// assert!(tables.excludes(&name) && !tables.excludes(&TableName::new("log")));
    /// # Ok::<(), schema_core::runner::OddPattern>(())
    /// ```
    #[must_use]
    pub fn excludes(&self, table: &TableName) -> bool {
        self.exclude.iter().any(|pattern| pattern.matches(table))
    }

    /// Takes the tables that are left alone out of a schema, and returns their names.
    ///
    /// ```
    /// # use schema_core::{runner::Tables, schema::{Schema, Table, TableName}};
    /// let mut schema = Schema::from_iter(["items", "legacy_items"].map(|name| Table::new(TableName::new(name))));
    /// let left_alone = Tables::new([], ["legacy_*"])?.leave_alone(&mut schema);
    /// assert_eq!(left_alone, [TableName::new("legacy_items")]);
    /// assert_eq!(schema.tables.len(), 1);
    /// # Ok::<(), schema_core::runner::OddPattern>(())
    /// ```
    pub fn leave_alone(&self, schema: &mut Schema) -> Vec<TableName> {
        let excluded: Vec<TableName> = schema
            .tables
            .keys()
            .filter(|table| self.excludes(table))
            .cloned()
            .collect();
        for table in &excluded {
            schema.tables.remove(table);
        }
        excluded
    }

    /// Refuses foreign keys of models to tables that are left alone: a revision cannot count on those.
    ///
    /// # Errors
    ///
    /// The first such key, unless the history has its target.
    ///
    /// # Example
    ///
    /// ```
    /// # use schema_core::{Model, metadata, runner::Tables, schema::Schema};
    /// #[derive(Model)]
    /// struct UserModel {
    ///     id: i64,
    /// }
    ///
    /// #[derive(Model)]
    /// struct OrderModel {
    ///     id: i64,
    ///     #[model(references(UserModel), index)]
    ///     user_id: i64,
    /// }
    ///
    /// let mut models = Schema::from_iter([UserModel::table(), OrderModel::table()]);
    /// let tables = Tables::new([], ["user*"])?;
    /// tables.leave_alone(&mut models);
    /// assert!(tables.refuse_dangling(&models, &Schema::default()).is_err()); // who makes `users`?
    /// # Ok::<(), schema_core::runner::OddPattern>(())
    /// ```
    pub fn refuse_dangling(&self, models: &Schema, history: &Schema) -> Result<(), Dangling> {
        for table in models.tables.values() {
            let dangling = table
                .foreign_keys
                .values()
                .find(|key| self.excludes(&key.references) && history.table(&key.references).is_none());
            if let Some(key) = dangling {
                return Err(Dangling {
                    table: table.name.clone(),
                    columns: key.columns.clone(),
                    references: key.references.clone(),
                });
            }
        }
        Ok(())
    }
}

fn patterns<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Result<Vec<Pattern>, OddPattern> {
    texts
        .into_iter()
        .map(|text| Pattern::try_from(text.into()))
        .collect()
}

/// A foreign key of a model to a table that is left alone and that no revision makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dangling {
    /// The table of the model.
    pub table: TableName,
    /// The columns of the key.
    pub columns: Vec<String>,
    /// The table that it refers to.
    pub references: TableName,
}

impl Dangling {
    /// Returns why that is refused.
    #[must_use]
    pub fn cause(&self) -> &'static str {
        "no revision makes that table, so none could be proved that refers to it"
    }

    /// Returns how to go on.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        "take the table out of `exclude`, or make the field a plain column"
    }
}

impl fmt::Display for Dangling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the foreign key of `{}` ({}) refers to `{}`, which `exclude` of `[tables]` leaves alone",
            self.table,
            self.columns.join(", "),
            self.references
        )
    }
}

impl std::error::Error for Dangling {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_excluded_included_or_whose_it_is() {
        let tables = Tables::new(["app_*", "sales.*"], ["*_old", "tmp?"]).unwrap();
        let claim = |name: &str| tables.claim(&name.parse().unwrap());
        assert_eq!(claim("app_users"), Claim::Always);
        assert_eq!(claim("sales.users"), Claim::Always);
        assert_eq!(claim("users"), Claim::IfMade);
        assert_eq!(claim("app_users_old"), Claim::Never);
        assert_eq!(claim("tmp1"), Claim::Never);
        assert_eq!(claim("tmp12"), Claim::IfMade);
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in ["", " ", "a ", "app_[ab]", "{a,b}"] {
            let error = Tables::new([], [text]).unwrap_err().to_string();
            assert!(error.contains("is no pattern of table names"), "{text}: {error}");
        }
        assert_eq!(Tables::new(["a*"], ["a*"]).unwrap().said_twice(), Some("a*"));
    }
}
