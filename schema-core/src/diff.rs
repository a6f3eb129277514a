//! The differ: from two schemas to the operations that lead from one to the other.
//!
//! It names no dialect, and compares wholes: a column differs when `from != to`. What two schemas alone do not
//! tell (is this column new, or an old one renamed?) comes in as [`Answers`]; [`questions`] says what is open.

mod answers;
mod closure;
mod consent;
mod declared;
mod likeness;
mod order;
mod past;
mod question;
mod rename;
mod table;
mod values;

pub use answers::Answers;
pub use consent::{MissingCause, MissingValue, Target, losses, missing_values};
pub use declared::{Stale, declared, declared_values, stale};
pub use past::Past;
pub use question::{Candidate, Question, questions};
pub(crate) use values::mapped_values;

use std::collections::BTreeMap;

use crate::operation::Operation;
use crate::schema::Schema;

/// Returns the operations that lead from one schema to another, in an order in which they can run.
///
/// Renames come first, so that the rest is the plain difference of two schemas that use the same names; then all
/// that is in the way is dropped, then tables and columns change, then keys, indexes and checks are added. Foreign
/// keys are operations of their own, the first to go and the last to come, so cycles need no care.
///
/// # Example
///
/// ```
/// use schema_core::diff::{Answers, diff};
/// use schema_core::operation::apply_all;
/// use schema_core::schema::{Column, Schema, Table, TableName, Type};
///
/// let mut items = Table::new(TableName::new("items"));
/// let from = Schema::from_iter([items.clone()]);
/// items.columns.push(Column::new("name", Type::Text { length: Some(80) }));
/// let to = Schema::from_iter([items]);
///
/// let operations = diff(&from, &to, &Answers::default());
/// assert_eq!(operations[0].describe(), "added column 'items.name'");
/// assert_eq!(apply_all(from, &operations), Ok(to));
/// ```
#[must_use]
pub fn diff(from: &Schema, to: &Schema, answers: &Answers) -> Vec<Operation> {
    with_values(from, to, answers, mapped_values(from, to, answers))
}

/// As [`diff`], with the operations that map values given: a dialect's schemas may not tell which columns are enums.
pub(crate) fn with_values(
    from: &Schema,
    to: &Schema,
    answers: &Answers,
    mapped: Vec<Operation>,
) -> Vec<Operation> {
    let (mut operations, from) = rename::renames(from, to, answers);
    let mut rest = Vec::new();
    for pair in pairs(&from.tables, &to.tables) {
        match pair {
            Pair::Added(table) => table::create(table, &mut rest),
            Pair::Removed(table) => table::drop(table, &mut rest),
            Pair::Both(from, to) if from == to => {}
            Pair::Both(from, to) => table::alter(from, to, answers, &mut rest),
        }
    }
    rest.extend(mapped);
    closure::carry_foreign_keys(&from, to, &mut rest);
    order::sort(&mut rest, &from, to);
    operations.extend(rest);
    operations
}

/// One entry of two maps, paired by key.
pub(crate) enum Pair<'a, T> {
    Added(&'a T),
    Removed(&'a T),
    Both(&'a T, &'a T),
}

/// Pairs the entries of two maps, in the order of their keys.
pub(crate) fn pairs<'a, K: Ord, T>(
    from: &'a BTreeMap<K, T>,
    to: &'a BTreeMap<K, T>,
) -> impl Iterator<Item = Pair<'a, T>> + 'a {
    let mut from = from.iter().peekable();
    let mut to = to.iter().peekable();
    std::iter::from_fn(move || {
        let order = match (from.peek(), to.peek()) {
            (None, None) => return None,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some((a, _)), Some((b, _))) => a.cmp(b),
        };
        Some(match order {
            std::cmp::Ordering::Less => Pair::Removed(from.next()?.1),
            std::cmp::Ordering::Greater => Pair::Added(to.next()?.1),
            std::cmp::Ordering::Equal => Pair::Both(from.next()?.1, to.next()?.1),
        })
    })
}
