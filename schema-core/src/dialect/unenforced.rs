//! Constraints that a database has and does not hold its rows to.

use crate::schema::TableName;

/// A constraint that stands in the definition of a table, and may not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unenforced {
    /// The table that has it.
    pub table: TableName,
    /// Its name.
    pub constraint: String,
    /// Why it may not hold: `rows from before it were never checked (NOT VALID)`.
    pub why: String,
}
