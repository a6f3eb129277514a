//! What a person decided that two schemas alone do not tell.

use std::collections::BTreeMap;

use crate::schema::{Default, TableName};

/// Renames, values for old rows, and values in place of others.
#[derive(Debug, Clone, std::default::Default, PartialEq, Eq)]
pub struct Answers {
    /// Tables that have another name now: old to new.
    pub renamed_tables: BTreeMap<TableName, TableName>,
    /// Columns that have another name now: by the table's new name and the old column, the new column.
    pub renamed_columns: BTreeMap<(TableName, String), String>,
    /// The values for rows that exist when a column arrives or becomes NOT NULL, by table and column, both by
    /// their new names.
    pub backfills: BTreeMap<(TableName, String), Default>,
    /// The values that rows get in place of those that an enum no longer has: by table and column, both by their new
    /// names, the new value by the old one.
    pub mapped_values: BTreeMap<(TableName, String), BTreeMap<String, String>>,
}

impl Answers {
    /// Returns the new name of a column, by its table's new name and its old one, if it has another.
    #[must_use]
    pub fn renamed_column(&self, table: &TableName, column: &str) -> Option<&str> {
        if self.renamed_columns.is_empty() {
            // Nearly always; and then nothing need be allocated for the look-up.
            return None;
        }
        self.renamed_columns
            .get(&(table.clone(), column.to_owned()))
            .map(String::as_str)
    }
}
