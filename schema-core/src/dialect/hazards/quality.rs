//! What a schema had better be: rules about tables as they are, whatever has made them so.
//!
//! Whoever wants them asks for them, since a schema that breaks one works, and may have its reasons. A revision has those of the tables
//! that it leaves behind and has not found: what was so before is not said again.

mod indexes;
mod names;
mod written;

use std::collections::BTreeSet;

pub(in crate::dialect) use indexes::{redundant, refers_to_many, unindexed};
pub(in crate::dialect) use names::{differ_in_case, reserved};

use super::{Change, Definition, Located};
use crate::dialect::Dialect;
use crate::hazard::{Code, Hazard, renamed};
use crate::schema::{Auto, Column, Schema, Table};

/// Returns the problems of the schema after a step that the one before did not have. Tables that only the script makes count, as far as
/// their columns and primary keys go; `column` reads one of those.
pub(in crate::dialect) fn new_problems(
    dialect: &dyn Dialect,
    change: &Change<'_>,
    column: impl Fn(&Definition<'_>) -> Column,
    problems: impl Fn(&Schema) -> Vec<Hazard>,
) -> Vec<Located> {
    // What the database cannot hold is refused elsewhere.
    let held = |schema: &Schema| dialect.normalize(schema).unwrap_or_else(|_| schema.clone());
    let before = held(&renamed(change.from, change.operations));
    let mut after = held(change.to);
    for table in written::tables(dialect.lexicon(), change.script, column) {
        if before.table(&table.name).is_none() && after.table(&table.name).is_none() {
            after.insert(table);
        }
    }
    let old: BTreeSet<(Code, String)> = problems(&before)
        .into_iter()
        .map(|hazard| (hazard.code, hazard.text))
        .collect();
    let found = problems(&after).into_iter();
    found
        .filter(|hazard| !old.contains(&(hazard.code, hazard.text.clone())))
        .map(|hazard| Located {
            hazard,
            statement: None,
        })
        .collect()
}

/// A table whose rows nothing tells apart.
pub(in crate::dialect) fn keyless(table: &Table) -> Option<Hazard> {
    let name = &table.name;
    table.primary_key.is_none().then(|| {
        let text = format!(
            "`{name}` has no primary key, so nothing names one of its rows, for a program or a replica"
        );
        let safe = "a field `id`, or `#[model(primary_key)]` on what tells rows apart";
        Hazard::new(Code::S04, text, safe).of(name, &[])
    })
}

/// The one column of a primary key whose numbers run out. What refers to another table has the type of its key, and a number that nobody counts
/// up may be meant to be small.
pub(in crate::dialect) fn short_key(
    table: &Table,
    largest: impl Fn(&Column) -> Option<Largest>,
) -> Option<Hazard> {
    let [key] = table.primary_key.as_ref()?.columns.as_slice() else {
        return None;
    };
    let refers = table
        .foreign_keys
        .values()
        .any(|foreign| foreign.columns.contains(key));
    let column = table.column(key).filter(|_| !refers)?;
    let Largest { number, is_small } = largest(column)?;
    (column.auto != Auto::No || !is_small).then(|| {
        let name = &table.name;
        let text = format!("`{name}.{key}` numbers rows and ends at {number}");
        let safe = "`i64`, which does not end; to widen the key of a filled table writes it and all that refers to it anew";
        Hazard::new(Code::S01, text, safe).of(name, &[key])
    })
}

/// The largest number of an integer type.
pub(in crate::dialect) struct Largest {
    pub(in crate::dialect) number: u64,
    /// Whether it is one that is chosen for few values.
    pub(in crate::dialect) is_small: bool,
}
