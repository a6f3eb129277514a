//! `[tables]` of `autogen.toml`: which tables of a database are this project's, and which are left alone.
//!
//! By themselves, a project's tables are those of its models and those that its revisions made; all others are somebody else's,
//! are never touched, and are no findings. `include` claims more, `exclude` leaves some alone whatever else says.

use schema_core::metadata::Models;
use schema_core::runner::Claim;
use schema_core::schema::{Schema, TableName};
use serde::Deserialize;
use wildmatch::WildMatch;

use crate::error::CommandError;

/// The section `[tables]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct TablesConfig {
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

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.trim().is_empty() || text.trim() != text {
            return Err(format!(
                "`{text}` is no pattern of table names: it is empty or has blanks around it"
            ));
        }
        if let Some(mark) = text.chars().find(|mark| "[]{}()|^$\\".contains(*mark)) {
            return Err(format!(
                "`{text}` is no pattern of table names: `*` stands for any letters and `?` for one, and `{mark}` for nothing"
            ));
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

impl TablesConfig {
    /// Refuses patterns that say two things.
    ///
    /// # Errors
    ///
    /// A pattern that is in both lists.
    pub(crate) fn check(&self) -> Result<(), CommandError> {
        let both = self
            .include
            .iter()
            .find(|pattern| self.exclude.iter().any(|other| other.text == pattern.text));
        match both {
            Some(Pattern { text, .. }) => Err(CommandError::new(format!(
                "`{text}` is in `include` and in `exclude` of `[tables]`"
            ))
            .hint("take it out of one; what both lists match is excluded")),
            None => Ok(()),
        }
    }

    /// Tells what the project has to do with a table of a database.
    pub(crate) fn claim(&self, table: &TableName) -> Claim {
        if self.excludes(table) {
            Claim::Never
        } else if self.include.iter().any(|pattern| pattern.matches(table)) {
            Claim::Always
        } else {
            Claim::IfMade
        }
    }

    /// Tells whether a table is left alone.
    pub(crate) fn excludes(&self, table: &TableName) -> bool {
        self.exclude.iter().any(|pattern| pattern.matches(table))
    }

    /// Takes the tables that are left alone out of a schema, and returns their names.
    pub(crate) fn leave_alone(&self, schema: &mut Schema) -> Vec<TableName> {
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
    pub(crate) fn refuse_dangling(&self, models: &Models, history: &Schema) -> Result<(), CommandError> {
        for table in models.schema.tables.values() {
            let dangling = table
                .foreign_keys
                .values()
                .find(|key| self.excludes(&key.references) && history.table(&key.references).is_none());
            if let Some(key) = dangling {
                return Err(CommandError::new(format!(
                    "the foreign key of `{}` ({}) refers to `{}`, which `exclude` of `[tables]` leaves alone",
                    table.name,
                    key.columns.join(", "),
                    key.references
                ))
                .cause("no revision makes that table, so none could be proved that refers to it")
                .hint("take the table out of `exclude`, or make the field a plain column"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> TablesConfig {
        toml::from_str(text).unwrap()
    }

    fn table(name: &str) -> TableName {
        name.parse().unwrap()
    }

    #[test]
    fn a_table_is_excluded_included_or_whose_it_is() {
        let config = config("include = [\"app_*\", \"sales.*\"]\nexclude = [\"*_old\", \"tmp?\"]");
        assert_eq!(config.claim(&table("app_users")), Claim::Always);
        assert_eq!(config.claim(&table("sales.users")), Claim::Always);
        assert_eq!(config.claim(&table("users")), Claim::IfMade);
        assert_eq!(config.claim(&table("app_users_old")), Claim::Never);
        assert_eq!(config.claim(&table("tmp1")), Claim::Never);
        assert_eq!(config.claim(&table("tmp12")), Claim::IfMade);
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in ["", " ", "a ", "app_[ab]", "{a,b}"] {
            let error = toml::from_str::<TablesConfig>(&format!("exclude = [{text:?}]")).unwrap_err();
            assert!(
                error.message().contains("is no pattern of table names"),
                "{text}: {error}"
            );
        }
        let twice = config("include = [\"a*\"]\nexclude = [\"a*\"]");
        assert!(twice.check().is_err());
    }
}
