//! What can be wrong between models: foreign keys that lead nowhere, and names that two tables claim.
//!
//! Typed foreign keys were checked by the compiler; a key by names, or one to a column that is not unique, was not.

use std::collections::BTreeMap;

use super::near::nearest;
use super::{MetadataError, Models};
use crate::schema::{ForeignKey, Table};

/// Adds all that is wrong to the errors.
pub(super) fn check(models: &Models, errors: &mut Vec<MetadataError>) {
    // A table that could not be read would make every foreign key to it an error of its own.
    let complete = errors.is_empty();
    let mut former = BTreeMap::new();
    for (name, old) in models
        .renames
        .tables
        .iter()
        .flat_map(|(name, former)| former.iter().map(move |old| (name, old)))
    {
        if former.insert(old, name).is_some_and(|other| other != name) {
            errors.push(MetadataError::DuplicateName {
                what: "former name",
                name: old.to_string(),
                model: models.sources[name].clone(),
            });
        }
    }
    for table in models.schema.tables.values() {
        if complete {
            let broken = table
                .foreign_keys
                .values()
                .filter_map(|key| target(models, table, key).err());
            errors.extend(broken);
        }
    }
}

/// Checks that a foreign key refers to columns that exist and are unique together.
fn target(models: &Models, table: &Table, key: &ForeignKey) -> Result<(), MetadataError> {
    let from = || {
        key.columns
            .iter()
            .map(|column| format!("{}.{column}", table.name))
            .collect::<Vec<_>>()
    };
    let Some(target) = models.schema.table(&key.references) else {
        let tables = models.schema.tables.keys().map(|name| name.name.as_str());
        return Err(MetadataError::UnknownTable {
            from: from(),
            table: key.references.clone(),
            near: nearest(&key.references.name, tables).map(str::to_owned),
        });
    };
    for column in &key.referenced_columns {
        if target.column(column).is_none() {
            let columns = target.columns.iter().map(|column| column.name.as_str());
            return Err(MetadataError::UnknownColumn {
                from: from(),
                table: target.name.clone(),
                column: column.clone(),
                near: nearest(column, columns).map(str::to_owned),
            });
        }
    }
    if is_unique(target, &key.referenced_columns) {
        Ok(())
    } else {
        Err(MetadataError::NotUnique {
            from: from(),
            table: target.name.clone(),
            columns: key.referenced_columns.clone(),
        })
    }
}

/// Tells whether no two rows have the same values in the columns: they are a key, in any order.
fn is_unique(table: &Table, columns: &[String]) -> bool {
    let wanted = sorted(columns.iter().map(String::as_str));
    let key = table.primary_key.as_ref();
    key.is_some_and(|key| sorted(key.columns.iter().map(String::as_str)) == wanted)
        || table.indexes.values().any(|index| {
            let whole = index.unique && index.predicate.is_none();
            whole && index.columns().is_some_and(|columns| sorted(columns) == wanted)
        })
}

fn sorted<'a>(columns: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut columns: Vec<&str> = columns.into_iter().collect();
    columns.sort_unstable();
    columns
}
