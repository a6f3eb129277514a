//! Names under which something waits until the name that it shall have is free.

use super::Operation;
use crate::schema::naming;

/// What such a name begins with.
const PREFIX: &str = "_autogen_old_";

/// Returns a free name under which something waits, as long as every database allows.
pub(crate) fn aside(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut candidate = format!("{PREFIX}{name}");
    while taken(&naming::shorten(candidate.clone())) {
        candidate.push('_');
    }
    naming::shorten(candidate)
}

/// The names that a list of operations sets aside, so that a person can be told of what happens without them.
///
/// Two tables that swap their names need a third name on the way, of which nobody wants to read:
///
/// ```
/// # use schema_core::{diff::{Answers, diff}, operation::{Asides, describe_all}};
/// # use schema_core::schema::{Column, Schema, Table, TableName, Type};
/// let [a, b] = ["a", "b"].map(TableName::new);
/// let table = |name: &TableName, column: &str| Table {
///     columns: vec![Column::new(column, Type::I64)],
///     ..Table::new(name.clone())
/// };
/// let from = Schema::from_iter([table(&a, "x"), table(&b, "y")]);
/// let to = Schema::from_iter([table(&a, "y"), table(&b, "x")]);
/// let answers = Answers { renamed_tables: [(a.clone(), b.clone()), (b, a)].into(), ..Answers::default() };
///
/// let operations = diff(&from, &to, &answers);
/// assert_eq!(operations.iter().filter(|operation| Asides::is_step(operation)).count(), 1);
/// assert_eq!(describe_all(&operations), ["renamed table 'a' to 'b'", "renamed table 'b' to 'a'"]);
/// ```
#[derive(Debug, Default)]
pub struct Asides(Vec<(String, String)>);

impl Asides {
    /// Finds the names that operations set aside.
    #[must_use]
    pub fn of(operations: &[Operation]) -> Self {
        let mut names: Vec<(String, String)> = operations.iter().filter_map(set_aside).collect();
        // A name that goes on another one comes before it.
        names.sort_by_key(|(aside, _)| std::cmp::Reverse(aside.len()));
        Asides(names)
    }

    /// Tells whether an operation only sets a name aside.
    #[must_use]
    pub fn is_step(operation: &Operation) -> bool {
        set_aside(operation).is_some()
    }

    /// Returns the words with the names that were meant.
    ///
    /// ```
    /// # use schema_core::{operation::{Asides, Operation}, schema::TableName};
    /// let wait = Operation::RenameTable { from: TableName::new("a"), to: TableName::new("_autogen_old_a") };
    /// let words = "renamed table '_autogen_old_a' to 'b'".to_owned();
    /// assert_eq!(Asides::of(&[wait]).resolve(words), "renamed table 'a' to 'b'");
    /// ```
    #[must_use]
    pub fn resolve(&self, words: String) -> String {
        self.0
            .iter()
            .fold(words, |words, (aside, name)| words.replace(aside, name))
    }
}

/// Returns the name that something waits under, and its own.
fn set_aside(operation: &Operation) -> Option<(String, String)> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "only tables and columns wait")]
    let (from, to) = match operation {
        Operation::RenameTable { from, to } => (&from.name, &to.name),
        Operation::RenameColumn { from, to, .. } => (from, to),
        _ => return None,
    };
    let as_it_is = to.strip_prefix(PREFIX)?.trim_end_matches('_') == from.trim_end_matches('_');
    let waits = as_it_is || *to == aside(from, |_| false);
    waits.then(|| (to.clone(), from.clone()))
}
