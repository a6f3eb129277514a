//! Rows that a new foreign key would leave without the row they refer to.

use super::guard_of;
use crate::dialect::sqlite::ddl::{quote, quoted_list};
use crate::dialect::sqlite::definition::compares_alike;
use crate::dialect::sqlite::plan::change::{Change, Changes};
use crate::dialect::sqlite::plan::rebuild::rowid_key;
use crate::plan::Statement;
use crate::schema::{ForeignKey, Table};

/// What the rows that are looked for are looked up in, by a name that no table has.
const PARENT: &str = "_autogen_parent";

/// Returns the guard of a new foreign key, or `None` if an old one held the same rows to the same.
///
/// # Errors
///
/// Why the rows cannot be looked up yet.
pub(in crate::dialect::sqlite::plan) fn orphans(
    changes: &Changes,
    change: &Change,
    key: &ForeignKey,
) -> Result<Option<Statement>, String> {
    let held = |old: &ForeignKey| {
        old.columns == key.columns
            && old.references == key.references
            && old.referenced_columns == key.referenced_columns
    };
    if change.before.foreign_keys.values().any(held) {
        return Ok(None);
    }
    let name = &key.references;
    let no_key = || format!("what `{}` refers to is no key yet", key.name);
    let parent = changes.after.table(name).ok_or_else(no_key)?;
    if let Some(change) = changes.tables.iter().find(|change| change.after.name == *name) {
        let kept = |column: &String| {
            change.kept(column).is_some_and(|standing| {
                change
                    .after
                    .column(column)
                    .is_some_and(|column| standing.ty == column.ty && standing.collation == column.collation)
            })
        };
        if !is_key(&change.before, &key.referenced_columns) || !key.referenced_columns.iter().all(kept) {
            return Err(no_key());
        }
    }
    if !is_key(parent, &key.referenced_columns) {
        return Err(no_key());
    }
    let table = quote(&change.after.name.name);
    let mut present = Vec::new();
    let mut same = Vec::new();
    for (column, referenced) in key.columns.iter().zip(&key.referenced_columns) {
        let types = change.after.column(column).zip(parent.column(referenced));
        if !types.is_some_and(|(column, referenced)| compares_alike(&column.ty, &referenced.ty)) {
            return Err(format!("`{}` compares values of two kinds", key.name));
        }
        let (column, referenced) = (quote(column), quote(referenced));
        present.push(format!("{column} IS NOT NULL"));
        // The collation is that of the first operand, which is the referenced column's, as it is in a foreign key.
        same.push(format!("{PARENT}.{referenced} = {table}.{column}"));
    }
    let columns: Vec<&str> = key.columns.iter().map(String::as_str).collect();
    let missing = match rowid_key(parent) {
        // A rowid is never NULL: if a list holds one, nothing is known not to be in it. And no other search is as fast.
        Some(rowid) if key.referenced_columns == [rowid.name.as_str()] => format!(
            "{} NOT IN (SELECT {} FROM {})",
            quoted_list(columns.iter().copied()),
            quote(&rowid.name),
            quote(&name.name)
        ),
        Some(_) | None => format!(
            "NOT EXISTS (SELECT 1 FROM {} AS {PARENT} WHERE {})",
            quote(&name.name),
            same.join(" AND ")
        ),
    };
    let condition = format!("{} AND {missing}", present.join(" AND "));
    let message = format!(
        "`{}` refers in `{}` to rows of `{name}` that are not there",
        change.after.name, key.name
    );
    Ok(Some(guard_of(&change.after, &columns, &condition, &message)))
}

/// Tells whether the columns are a key that a foreign key can lead to.
fn is_key(table: &Table, columns: &[String]) -> bool {
    let same = |key: &[&str]| {
        key.len() == columns.len() && columns.iter().all(|column| key.contains(&column.as_str()))
    };
    let primary = table.primary_key.as_ref().is_some_and(|key| {
        let names: Vec<&str> = key.columns.iter().map(String::as_str).collect();
        same(&names)
    });
    let unique = table
        .indexes
        .values()
        .filter(|index| index.unique && index.predicate.is_none())
        .any(|index| index.columns().is_some_and(|names| same(&names)));
    primary || unique
}
