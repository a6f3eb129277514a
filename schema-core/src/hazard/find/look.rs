//! How to look for the rows that stop a step.

use super::Step;
use crate::schema::{Check, ForeignKey, TableName};

/// When the rows can be looked for.
#[derive(Clone, Copy)]
enum When {
    /// Before the step, under the names that it changes.
    Before,
    /// Once the step has added the columns, so what looks at them has to come later.
    Later,
}

impl Step<'_> {
    /// Returns how to look for rows that are alike in the columns.
    pub(super) fn look_for_duplicates(&self, table: &TableName, columns: &[String]) -> String {
        let when = self.when(table, columns);
        let (columns, table) = (
            self.sql_columns(when, table, columns),
            self.sql_table(when, table),
        );
        when.look(&format!(
            "SELECT {columns}, count(*) FROM {table} GROUP BY {columns} HAVING count(*) > 1"
        ))
    }

    /// Returns how to look for rows that refer to nothing.
    pub(super) fn look_for_orphans(&self, table: &TableName, key: &ForeignKey) -> String {
        let [_] = key.columns.as_slice() else {
            return format!(
                "look first for rows of `{table}` whose ({}) is no ({}) of `{}`",
                key.columns.join(", "),
                key.referenced_columns.join(", "),
                key.references
            );
        };
        let when = match self.when(table, &key.columns) {
            When::Before => self.when(&key.references, &key.referenced_columns),
            When::Later => When::Later,
        };
        let columns = self.sql_columns(when, table, &key.columns);
        let referenced = self.sql_columns(when, &key.references, &key.referenced_columns);
        let (child, parent) = (self.sql_table(when, table), self.sql_table(when, &key.references));
        when.look(&format!(
            "SELECT * FROM {child} WHERE {columns} NOT IN (SELECT {referenced} FROM {parent})"
        ))
    }

    /// Returns how to look for rows that break the condition.
    pub(super) fn look_for_breaches(&self, table: &TableName, check: &Check) -> String {
        let columns = self.to.table(table).into_iter().flat_map(|table| &table.columns);
        let named: Vec<String> = columns
            .filter(|column| check.expression.mentions(&column.name))
            .map(|column| column.name.clone())
            .collect();
        let when = self.when(table, &named);
        let mut condition = check.expression.clone();
        if let When::Before = when {
            for (from, to) in self.renames_of(table) {
                condition.rename_column(to, from);
            }
        }
        when.look(&format!(
            "SELECT * FROM {} WHERE NOT ({})",
            self.sql_table(when, table),
            condition.quoted_by(self.quote)
        ))
    }

    /// Tells when rows can be looked for that hold something in the columns.
    fn when(&self, table: &TableName, columns: &[String]) -> When {
        let stands = |column: &String| self.column_before(table, column).is_some();
        match columns.iter().all(stands) {
            true => When::Before,
            false => When::Later,
        }
    }

    /// Returns a table's name as SQL has it.
    fn sql_table(&self, when: When, name: &TableName) -> String {
        let name = match when {
            When::Before => self.table_name(name),
            When::Later => name,
        };
        let parts = name.schema.iter().chain([&name.name]);
        parts.map(|part| (self.quote)(part)).collect::<Vec<_>>().join(".")
    }

    /// Returns columns as a list of SQL.
    fn sql_columns(&self, when: When, table: &TableName, columns: &[String]) -> String {
        let name = |column| match when {
            When::Before => self.column_name(table, column),
            When::Later => column,
        };
        let names = columns.iter().map(|column| (self.quote)(name(column)));
        names.collect::<Vec<_>>().join(", ")
    }
}

impl When {
    fn look(self, query: &str) -> String {
        match self {
            When::Before => format!("look first: `{query}`"),
            When::Later => format!("leave it to a later revision, and look before that: `{query}`"),
        }
    }
}
