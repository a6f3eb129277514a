//! The clauses of one ALTER, in the order in which they are written.

use crate::plan::Statement;
use crate::schema::TableName;

/// What one ALTER does. The server looks at all of it before it does anything, so this order is for people.
#[derive(Debug, Default)]
pub(super) struct Clauses {
    pub(super) drops: Vec<String>,
    pub(super) columns: Vec<String>,
    pub(super) adds: Vec<String>,
    pub(super) options: Vec<String>,
}

impl Clauses {
    /// Returns the statement, if there is anything to do.
    pub(super) fn into_statement(self, table: &TableName) -> Option<Statement> {
        let Clauses {
            mut drops,
            columns,
            adds,
            options,
        } = self;
        drops.extend(columns);
        drops.extend(adds);
        drops.extend(options);
        (!drops.is_empty()).then(|| super::alter_table(table, &drops))
    }

    /// Puts the clauses of another ALTER behind these.
    pub(super) fn append(&mut self, other: Clauses) {
        let Clauses {
            drops,
            columns,
            adds,
            options,
        } = other;
        self.drops.extend(drops);
        self.columns.extend(columns);
        self.adds.extend(adds);
        self.options.extend(options);
    }
}
