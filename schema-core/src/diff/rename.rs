//! Renames: what makes the rest of the diff a comparison of two schemas that use the same names.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::Answers;
use crate::operation::{Operation, aside};
use crate::schema::{Schema, TableName};

/// Returns the renames that the answers ask for, and the schema after them.
///
/// An answer that fits neither side (its old name is gone, or its new one never came) is passed over: it was
/// given for another step of the history.
pub(super) fn renames<'a>(
    from: &'a Schema,
    to: &Schema,
    answers: &Answers,
) -> (Vec<Operation>, Cow<'a, Schema>) {
    if answers.renamed_tables.is_empty() && answers.renamed_columns.is_empty() {
        return (Vec::new(), Cow::Borrowed(from));
    }
    let mut operations = Vec::new();
    let mut schema = from.clone();
    let tables = wanted(
        &answers.renamed_tables,
        |name| from.tables.contains_key(name),
        |name| to.tables.contains_key(name),
    );
    let taken = from.tables.keys().cloned().collect();
    for (from, to) in sequence(tables, taken, |name, taken| {
        name.sibling(aside(&name.name, |name_aside| taken(&name.sibling(name_aside))))
    }) {
        push(Operation::RenameTable { from, to }, &mut schema, &mut operations);
    }
    for (name, columns) in by_table(answers) {
        let (Some(old), Some(new)) = (schema.table(&name), to.table(&name)) else {
            continue;
        };
        let columns = wanted(
            &columns,
            |name| old.column(name).is_some(),
            |name| new.column(name).is_some(),
        );
        let taken = old.columns.iter().map(|column| column.name.clone()).collect();
        for (from, to) in sequence(columns, taken, |name, taken| {
            aside(name, |name| taken(&name.to_owned()))
        }) {
            push(
                Operation::RenameColumn {
                    table: name.clone(),
                    from,
                    to,
                },
                &mut schema,
                &mut operations,
            );
        }
    }
    (operations, Cow::Owned(schema))
}

fn push(operation: Operation, schema: &mut Schema, operations: &mut Vec<Operation>) {
    operation
        .apply(schema)
        .expect("a rename whose old name exists and whose new name is free always fits");
    operations.push(operation);
}

fn by_table(answers: &Answers) -> BTreeMap<TableName, BTreeMap<String, String>> {
    let mut tables: BTreeMap<TableName, BTreeMap<String, String>> = BTreeMap::new();
    for ((table, from), to) in &answers.renamed_columns {
        tables
            .entry(table.clone())
            .or_default()
            .insert(from.clone(), to.clone());
    }
    tables
}

/// Returns the renames that fit both sides, each new name once.
fn wanted<N: Ord + Clone>(
    renames: &BTreeMap<N, N>,
    existed: impl Fn(&N) -> bool,
    exists: impl Fn(&N) -> bool,
) -> BTreeMap<N, N> {
    let mut targets = BTreeSet::new();
    renames
        .iter()
        .filter(|(from, to)| from != to && existed(from) && exists(to) && targets.insert((*to).clone()))
        .map(|(from, to)| (from.clone(), to.clone()))
        .collect()
}

/// Puts renames into an order in which every new name is free when its turn comes.
///
/// A name that is in the way because its owner is dropped, or because names go round in a circle, is set aside
/// under another one first.
fn sequence<N: Ord + Clone>(
    mut renames: BTreeMap<N, N>,
    mut taken: BTreeSet<N>,
    aside: impl Fn(&N, &dyn Fn(&N) -> bool) -> N,
) -> Vec<(N, N)> {
    let mut steps = Vec::new();
    while let Some(old) = renames
        .iter()
        .find(|(_, to)| !taken.contains(to))
        .or(renames.iter().next())
        .map(|(old, _)| old.clone())
    {
        let Some(new) = renames.remove(&old) else { break };
        if taken.contains(&new) {
            let set_aside = aside(&new, &|name| taken.contains(name));
            if let Some(target) = renames.remove(&new) {
                renames.insert(set_aside.clone(), target);
            }
            taken.insert(set_aside.clone());
            steps.push((new.clone(), set_aside));
        }
        taken.remove(&old);
        taken.insert(new.clone());
        steps.push((old, new));
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(renames: &[(&str, &str)], taken: &[&str]) -> Vec<String> {
        let renames = renames
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect();
        let taken = taken.iter().map(|name| (*name).to_owned()).collect();
        sequence(renames, taken, |name, taken| {
            aside(name, |name| taken(&name.to_owned()))
        })
        .into_iter()
        .map(|(from, to)| format!("{from}>{to}"))
        .collect()
    }

    #[test]
    fn a_chain_frees_each_name_before_it_is_taken() {
        assert_eq!(steps(&[("a", "b"), ("b", "c")], &["a", "b"]), ["b>c", "a>b"]);
    }

    #[test]
    fn a_swap_goes_by_a_third_name() {
        assert_eq!(
            steps(&[("a", "b"), ("b", "a")], &["a", "b"]),
            ["b>_autogen_old_b", "a>b", "_autogen_old_b>a"]
        );
    }

    #[test]
    fn a_name_that_is_dropped_makes_way() {
        assert_eq!(steps(&[("b", "a")], &["a", "b"]), ["a>_autogen_old_a", "b>a"]);
    }
}
