//! The clauses of one ALTER, in the order in which they are written.

use super::collation;
use crate::plan::Statement;
use crate::schema::TableName;

/// What one ALTER does. The server looks at all of it before it does anything, so this order is for people.
#[derive(Debug, Default)]
pub(super) struct Clauses {
    pub(super) drops: Vec<String>,
    pub(super) columns: Vec<String>,
    pub(super) adds: Vec<String>,
    pub(super) options: Vec<String>,
    /// Whether the table gets the character set and the collation of its database.
    pub(super) default_collation: bool,
}

impl Clauses {
    /// Returns the statements, if there is anything to do.
    pub(super) fn into_statements(self, table: &TableName) -> Vec<Statement> {
        let Clauses {
            mut drops,
            columns,
            adds,
            options,
            default_collation,
        } = self;
        drops.extend(columns);
        drops.extend(adds);
        drops.extend(options);
        if default_collation {
            drops.push(collation::DEFAULT.to_owned());
        }
        if drops.is_empty() {
            return Vec::new();
        }
        let alter = super::alter_table(table, &drops);
        if default_collation {
            collation::put_together(&alter)
        } else {
            vec![alter]
        }
    }

    /// Puts the clauses of another ALTER behind these.
    pub(super) fn append(&mut self, other: Clauses) {
        let Clauses {
            drops,
            columns,
            adds,
            options,
            default_collation,
        } = other;
        self.drops.extend(drops);
        self.columns.extend(columns);
        self.adds.extend(adds);
        self.options.extend(options);
        self.default_collation |= default_collation;
    }
}
