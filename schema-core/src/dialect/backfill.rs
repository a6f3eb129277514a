//! The turns in which the columns of a table get their values for the rows that exist.
//!
//! A backfill reads a row as it becomes: it may name a column that gets its own value from another backfill, which then
//! has to come first. It knows no SQL but the names of columns within expressions.

#![cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]

use std::collections::BTreeMap;

use crate::lexer::{Lexicon, lex};
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
    let alone = |column: &str| fills.get(column).is_some_and(|fill| reads_its_row_alone(fill));
    let columns = after.columns.iter().map(|column| column.name.as_str());
    let mut waiting: Vec<&str> = columns.filter(|column| fills.contains_key(column)).collect();
    for computed in after.columns.iter().filter(|column| column.generated.is_some()) {
        let stands = before
            .column(&computed.name)
            .is_some_and(|column| column.generated == computed.generated);
        let reader = waiting
            .iter()
            .find(|column| reads(column, &computed.name) && alone(column));
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
        if now.is_empty() && !waiting.iter().all(|column| alone(column)) {
            // What looks like one of them may be another table's.
            turns.push(vec![first]);
            waiting.remove(0);
            continue;
        }
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

/// Tells whether a name within a backfill can be that of a column of its own table only.
pub(super) fn reads_its_row_alone(fill: &Default) -> bool {
    match fill {
        Default::Expression { sql } => !lex(&sql.0, Lexicon::STANDARD).any(|token| token.is("SELECT")),
        Default::Literal(_) => true,
    }
}

/// What becomes of one table, as far as backfills care.
pub(super) struct Filled<'a> {
    /// The table under the names that it ends up with.
    pub(super) before: &'a Table,
    pub(super) after: &'a Table,
    pub(super) fills: BTreeMap<&'a str, &'a Default>,
}

impl Filled<'_> {
    /// Tells whether a backfill of this table has to wait for another table: it reads a column there that is new, or filled.
    fn waits_for(&self, other: &Filled<'_>) -> bool {
        let is_new = |name: &str| other.before.column(name).is_none() || other.fills.contains_key(name);
        let mut columns = other.after.columns.iter().filter(|column| is_new(&column.name));
        columns.any(|column| self.reads(other, &column.name))
    }

    /// Tells whether a backfill of this table has to come before another table changes: it reads a column there that goes.
    fn hurries_before(&self, other: &Filled<'_>) -> bool {
        let goes = |name: &str| other.after.column(name).is_none();
        let mut columns = other.before.columns.iter().filter(|column| goes(&column.name));
        columns.any(|column| self.reads(other, &column.name))
    }

    fn reads(&self, other: &Filled<'_>, column: &str) -> bool {
        self.fills.values().any(|fill| match fill {
            Default::Expression { sql } => {
                sql.mentions(&other.after.name.name) && sql.names().iter().any(|name| name == column)
            }
            Default::Literal(_) => false,
        })
    }
}

/// Returns the order in which tables change, so that each backfill finds in other tables what it reads there. Where that cannot be, or nothing is
/// read, they stand as they stood.
pub(super) fn tables_in_turn(tables: &[Filled<'_>]) -> Vec<usize> {
    let follows = |at: usize, before: usize| {
        let (one, other) = (&tables[at], &tables[before]);
        let waits = one.waits_for(other) && !one.hurries_before(other);
        at != before && (waits || (other.hurries_before(one) && !other.waits_for(one)))
    };
    let mut waiting: Vec<usize> = (0..tables.len()).collect();
    let mut order = Vec::new();
    while !waiting.is_empty() {
        let free = |at: &usize| !waiting.iter().any(|before| follows(*at, *before));
        let next = waiting.iter().position(free).unwrap_or(0);
        order.push(waiting.remove(next));
    }
    order
}
