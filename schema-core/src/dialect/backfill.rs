//! The turns in which the columns of a table get their values for the rows that exist.
//!
//! A backfill reads a row as it becomes: it may name a column that gets its own value from another backfill, which then
//! has to come first. It knows no SQL but the names of columns within expressions.

#![cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]

use std::collections::BTreeMap;

use crate::schema::{Default, Table};

/// A backfill that cannot be had, and why.
pub(super) struct Refused {
    pub(super) what: String,
    pub(super) why: String,
}

/// Sorts the columns that are filled into turns, each of which reads only what the ones before it have written. Within a turn they stand in the
/// order of the table.
///
/// # Errors
///
/// Backfills that wait for each other, or one that reads a column which is computed only when all rows have their values.
pub(super) fn in_turns<'a>(
    before: &Table,
    after: &'a Table,
    fills: &BTreeMap<&str, &Default>,
) -> Result<Vec<Vec<&'a str>>, Refused> {
    let refused = |column: &str, why: String| Refused {
        what: format!("the backfill of column `{}.{column}`", after.name),
        why,
    };
    let reads = |column: &str, other: &str| match fills.get(column) {
        Some(Default::Expression { sql }) => column != other && sql.mentions(other),
        Some(Default::Literal(_)) | None => false,
    };
    let columns = after.columns.iter().map(|column| column.name.as_str());
    let mut waiting: Vec<&str> = columns.filter(|column| fills.contains_key(column)).collect();
    for computed in after.columns.iter().filter(|column| column.generated.is_some()) {
        let stands = before
            .column(&computed.name)
            .is_some_and(|column| column.generated == computed.generated);
        let reader = waiting.iter().find(|column| reads(column, &computed.name));
        if let (false, Some(reader)) = (stands, reader) {
            let why = format!(
                "it reads `{}`, which is computed after it; write what that is computed from",
                computed.name
            );
            return Err(refused(reader, why));
        }
    }
    let mut turns = Vec::new();
    while let Some(first) = waiting.first().copied() {
        let (now, later): (Vec<&str>, Vec<&str>) = waiting
            .iter()
            .partition(|column| !waiting.iter().any(|other| reads(column, other)));
        if now.is_empty() {
            let other = waiting.iter().find(|other| reads(first, other));
            let other = other.copied().unwrap_or(first);
            let why = format!(
                "it reads `{other}`, whose own value waits for it; write one of them without the other"
            );
            return Err(refused(first, why));
        }
        turns.push(now);
        waiting = later;
    }
    Ok(turns)
}
