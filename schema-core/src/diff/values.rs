//! Values of enums that rows exchange for others.

use std::collections::BTreeMap;

use super::Answers;
use crate::operation::Operation;
use crate::schema::{Column, Schema, TableName};

/// Returns the operations that map values, as the answers ask for and the two neutral schemas allow.
///
/// A value is mapped if the column was an enum that had it. The way back maps a new value to the first of the old ones that
/// became it, unless rows had the new value before: those two can no longer be told apart.
pub(crate) fn mapped_values(from: &Schema, to: &Schema, answers: &Answers) -> Vec<Operation> {
    let maps = answers.mapped_values.iter().filter_map(|((table, column), map)| {
        let (_, old) = old_column(from, table, column, answers)?;
        let old = old.ty.values()?;
        let new = to.table(table)?.column(column)?.ty.values();
        let values: BTreeMap<String, String> = map
            .iter()
            .filter(|(from, to)| from != to && old.contains(from) && new.is_none_or(|new| new.contains(to)))
            .map(|(from, to)| (from.clone(), to.clone()))
            .collect();
        let mut back = BTreeMap::new();
        for (from, to) in &values {
            if !old.contains(to) || values.contains_key(to) {
                back.entry(to.clone()).or_insert_with(|| from.clone());
            }
        }
        (!values.is_empty()).then(|| Operation::MapValues {
            table: table.clone(),
            column: column.clone(),
            values,
            back,
        })
    });
    maps.collect()
}

/// Returns what a column was before, and in which table, given its new name.
pub(super) fn old_column<'a>(
    from: &'a Schema,
    table: &TableName,
    column: &str,
    answers: &Answers,
) -> Option<(&'a TableName, &'a Column)> {
    let renamed = answers.renamed_tables.iter().find(|(_, new)| *new == table);
    let old_table = from.table(renamed.map_or(table, |(old, _)| old))?;
    let mut columns = answers.renamed_columns.iter();
    let renamed = columns.find(|((of, _), new)| of == table && *new == column);
    let old_column = old_table.column(renamed.map_or(column, |((_, old), _)| old))?;
    Some((&old_table.name, old_column))
}
