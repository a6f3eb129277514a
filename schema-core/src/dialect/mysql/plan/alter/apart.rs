//! When the columns of a table are renamed by an ALTER of their own, and what goes before it.

use std::collections::BTreeSet;

use super::{Alter, Fate};
use crate::dialect::mysql::ddl::quote;
use crate::schema::{Column, ForeignKey};

impl Alter<'_> {
    /// Tells whether renames and the rest do not go together in one ALTER.
    pub(super) fn parts(&self) -> bool {
        self.takes_a_name() || self.holds_keys()
    }

    /// Tells whether a column is added under a name that another column had: MariaDB puts the other's indexes on it if it comes first in the table.
    fn takes_a_name(&self) -> bool {
        let freed = self.renamed.iter().map(|name| self.change.old_name(name));
        let freed: BTreeSet<String> = freed.map(str::to_lowercase).collect();
        self.change.after.columns.iter().any(|column| {
            let standing = self.change.standing(&column.name);
            let is_added = standing.is_none_or(|standing| self.fate(standing, column) == Fate::Remade);
            is_added && freed.contains(&column.name.to_lowercase())
        })
    }

    /// Tells whether a foreign key stands on or refers to a column that is renamed: MariaDB refuses that when the rest makes it copy the table
    /// (`ER_ALTER_OPERATION_NOT_SUPPORTED_REASON`).
    fn holds_keys(&self) -> bool {
        let name = &self.change.after.name;
        let is_renamed = |columns: &[String]| columns.iter().any(|column| self.renamed.contains(column));
        self.changes.before.tables.values().any(|table| {
            let holds = |key: &ForeignKey| {
                !self.keys.is_early(&table.name, &key.name)
                    && ((table.name == *name && is_renamed(&key.columns))
                        || (key.references == *name && is_renamed(&key.referenced_columns)))
            };
            table.foreign_keys.values().any(holds)
        })
    }

    /// Drops a column with the last statement, unless its name is needed before, or it cannot stand through renames.
    pub(super) fn drop_column(&mut self, column: &Column) {
        let name = &column.name;
        let old = self.change.old_name(name);
        let mut columns = self.change.after.columns.iter();
        let is_taken = columns.any(|column| column.name.eq_ignore_ascii_case(old));
        let goes_first = if self.apart {
            self.follows(column) || (is_taken && old == name)
        } else {
            is_taken
        };
        self.gone.insert(name.clone());
        if goes_first {
            self.gone_first.insert(name.clone());
            self.leaving().push(drop_clause(old));
        } else if is_taken {
            self.renames.columns.push(rename_clause(old, name));
            self.second.columns.push(drop_clause(name));
        } else {
            self.second.columns.push(drop_clause(old));
        }
    }

    /// Returns the clauses among which columns go whose names are needed.
    pub(super) fn leaving(&mut self) -> &mut Vec<String> {
        if self.apart {
            &mut self.leading.columns
        } else {
            &mut self.first.columns
        }
    }
}

/// Returns the clause that drops a column.
pub(super) fn drop_clause(column: &str) -> String {
    format!("DROP COLUMN {}", quote(column))
}

/// Returns the clause that renames a column.
pub(super) fn rename_clause(old: &str, new: &str) -> String {
    format!("RENAME COLUMN {} TO {}", quote(old), quote(new))
}
