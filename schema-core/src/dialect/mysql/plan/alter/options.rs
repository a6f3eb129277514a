//! The options of one table, and the columns that follow its collation.

use super::Alter;
use crate::dialect::mysql::ddl::{native, text};
use crate::dialect::mysql::types::Class;
use crate::schema::{Column, TableOptions};

impl Alter<'_> {
    pub(super) fn options(&mut self) {
        let (before, after) = (&self.change.before.options, &self.change.after.options);
        let TableOptions {
            comment,
            strict: _,
            without_rowid: _,
            engine,
            charset: _,
            collation: _,
        } = after;
        let mut options = Vec::new();
        if before.engine != *engine {
            options.push(format!("ENGINE={}", engine.as_deref().unwrap_or("InnoDB")));
        }
        if collation(before) != collation(after) {
            match collation(after) {
                (None, None) => self.second.default_collation = true,
                (Some(charset), None) => options.push(format!("DEFAULT CHARACTER SET {charset}")),
                (None, Some(collation)) => options.push(format!("COLLATE {collation}")),
                (Some(charset), Some(collation)) => {
                    options.push(format!("DEFAULT CHARACTER SET {charset} COLLATE {collation}"));
                }
            }
        }
        if before.comment != *comment {
            options.push(format!(
                "COMMENT={}",
                text(comment.as_deref().unwrap_or_default())
            ));
        }
        self.second.options.extend(options);
    }

    /// Tells whether a column's collation is its table's, and that changes.
    pub(super) fn follows_table(&self, column: &Column) -> bool {
        column.collation.is_none()
            && Class::of(native(column)).has_collation()
            && collation(&self.change.before.options) != collation(&self.change.after.options)
    }

    /// Tells whether a column is added by the second of two ALTERs, the one that gives the table another collation: the first would give it the old one. What is
    /// computed goes with it, since it may be computed from such a column.
    pub(super) fn comes_with_collation(&self, column: &Column) -> bool {
        let changes = collation(&self.change.before.options) != collation(&self.change.after.options);
        self.in_two && changes && (column.generated.is_some() || self.follows_table(column))
    }
}

fn collation(options: &TableOptions) -> (Option<&str>, Option<&str>) {
    (options.charset.as_deref(), options.collation.as_deref())
}
