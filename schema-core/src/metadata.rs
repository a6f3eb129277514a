//! Metadata: the records that the derive leaves in compiled artifacts, and the schema they add up to.

use std::collections::BTreeMap;

use crate::schema::{Default, Schema, TableName};

/// All models of a program, as one schema.
#[derive(Debug, Clone, std::default::Default, PartialEq, Eq)]
pub struct Models {
    /// Their tables.
    pub schema: Schema,
    /// The Rust path of the struct behind each table.
    pub sources: BTreeMap<TableName, String>,
    /// The values for rows that exist when a column arrives or becomes NOT NULL, by table and column.
    pub backfills: BTreeMap<(TableName, String), Default>,
}
