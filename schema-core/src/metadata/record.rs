//! A record as it stands in the artifact: the derive's side of the border, in JSON.
//!
//! It holds what the attributes say, and none of the names and defaults that follow from it. Changing a field here
//! changes [`FORMAT`](super::FORMAT).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::MetadataError;
use crate::schema::{Action, Default, Deferrable, Expression, Generated, IndexKey};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    /// The Rust path of the module.
    pub(super) module: String,
    /// The name of the struct.
    pub(super) rust: String,
    pub(super) table: String,
    /// The namespace of the table.
    #[serde(default)]
    pub(super) schema: Option<String>,
    pub(super) columns: Vec<ColumnRecord>,
    #[serde(default)]
    pub(super) primary_key: Vec<String>,
    #[serde(default)]
    pub(super) primary_key_name: Option<String>,
    #[serde(default)]
    pub(super) indexes: Vec<IndexRecord>,
    #[serde(default)]
    pub(super) foreign_keys: Vec<ForeignKeyRecord>,
    #[serde(default)]
    pub(super) checks: Vec<CheckRecord>,
    #[serde(default)]
    pub(super) comment: Option<String>,
    #[serde(default)]
    pub(super) renamed_from: Vec<String>,
    #[serde(default)]
    pub(super) strict: bool,
    #[serde(default)]
    pub(super) without_rowid: bool,
    #[serde(default)]
    pub(super) engine: Option<String>,
    #[serde(default)]
    pub(super) charset: Option<String>,
    #[serde(default)]
    pub(super) collation: Option<String>,
    /// The notations of the columns' types, with a `?` behind those that may be NULL, and an empty one at the end.
    /// One that is empty but for the `?` is the column's `sql_type`.
    pub(super) types: Vec<String>,
    /// For every typed foreign key the namespace of its table, empty if there is none, the table and the columns, in order,
    /// and an empty one at the end.
    pub(super) names: Vec<String>,
    /// The notations of types that are `@` among the others, each with the former names of its values, and an empty one
    /// at the end.
    #[serde(default)]
    pub(super) long: Vec<String>,
    /// The former names of the values of each column's type.
    #[serde(skip)]
    pub(super) renamed: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ColumnRecord {
    pub(super) name: String,
    /// The field's name, if it is another.
    #[serde(default, rename = "field")]
    pub(super) _field: Option<String>,
    #[serde(default)]
    pub(super) length: Option<u32>,
    #[serde(default)]
    pub(super) precision: Option<u32>,
    #[serde(default)]
    pub(super) scale: Option<u32>,
    #[serde(default)]
    pub(super) sql_type: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) auto: Option<AutoRecord>,
    #[serde(default)]
    pub(super) default: Option<Default>,
    #[serde(default)]
    pub(super) backfill: Option<Default>,
    #[serde(default)]
    pub(super) generated: Option<Generated>,
    #[serde(default)]
    pub(super) collation: Option<String>,
    #[serde(default)]
    pub(super) collations: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) comment: Option<String>,
    #[serde(default)]
    pub(super) renamed_from: Vec<String>,
}

/// What an attribute says of a key's number; nothing said is decided by [`super::table`].
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AutoRecord {
    No,
    Auto,
    NeverReused,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IndexRecord {
    pub(super) keys: Vec<IndexKey>,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) unique: bool,
    #[serde(default)]
    pub(super) constraint: bool,
    #[serde(default, rename = "where")]
    pub(super) predicate: Option<Expression>,
    #[serde(default)]
    pub(super) using: Option<String>,
    #[serde(default)]
    pub(super) include: Vec<String>,
    #[serde(default)]
    pub(super) nulls_not_distinct: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ForeignKeyRecord {
    pub(super) columns: Vec<String>,
    /// The namespace, table and columns referred to; of a typed foreign key they are in [`Record::names`].
    #[serde(default)]
    pub(super) target: Option<(Option<String>, String, Vec<String>)>,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) on_delete: Action,
    #[serde(default)]
    pub(super) on_update: Action,
    #[serde(default)]
    pub(super) deferrable: Deferrable,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckRecord {
    pub(super) expression: Expression,
    #[serde(default)]
    pub(super) name: Option<String>,
    /// The column on whose field it stands.
    #[serde(default)]
    pub(super) column: Option<String>,
}

impl Record {
    /// Returns the Rust path of the struct.
    pub(super) fn source(&self) -> String {
        format!("{}::{}", self.module, self.rust)
    }

    pub(super) fn parse(text: &str) -> Result<Record, MetadataError> {
        let mut record: Record = serde_json::from_str(text).map_err(|error| MetadataError::Unreadable {
            problem: error.to_string(),
        })?;
        let (columns, types) = (record.columns.len(), record.types.len());
        let mut long = std::mem::take(&mut record.long).into_iter();
        for ty in &mut record.types {
            let mark = match ty.as_str() {
                "@" => "",
                "@?" => "?",
                _ => {
                    record.renamed.push(String::new());
                    continue;
                }
            };
            *ty = format!("{}{mark}", long.next().unwrap_or_default());
            record.renamed.push(long.next().unwrap_or_default());
        }
        if columns + 1 == types {
            return Ok(record);
        }
        let problem = format!("{columns} columns have {types} types");
        Err(MetadataError::Unreadable { problem })
    }
}
