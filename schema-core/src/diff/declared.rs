//! What the models themselves say of renames: which of it is still to be done, and which is done or was never possible.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::values::old_column;
use super::{Answers, Past, Target};
use crate::metadata::Models;
use crate::schema::{Schema, TableName};

/// Returns the answers that the models give: the renames that their `renamed_from` asks for and that `from` has not seen, and
/// their backfills.
///
/// A rename is asked for while `from` has the old name and the new one is free there, or is given up by another rename. Of
/// several old names the latest that `from` has counts. So an attribute that has done its work changes nothing.
///
/// Only names that go round in a circle (two that swap) look the same before and after. They are renamed unless the `past`
/// has a rename of that circle, and left alone if no past is known.
///
/// ```
/// use schema_core::diff::declared;
/// use schema_core::metadata::Models;
/// use schema_core::schema::{Schema, Table, TableName};
///
/// let (old, new) = (TableName::new("item"), TableName::new("items"));
/// let mut models = Models::default();
/// models.schema.insert(Table::new(new.clone()));
/// models.renames.tables.insert(new.clone(), vec![old.clone()]);
///
/// let before = Schema::from_iter([Table::new(old.clone())]);
/// assert_eq!(declared(&models, &before, None).renamed_tables[&old], new);
/// let after = Schema::from_iter([Table::new(new)]);
/// assert!(declared(&models, &after, None).renamed_tables.is_empty());
/// ```
#[must_use]
pub fn declared(models: &Models, from: &Schema, past: Option<&Past>) -> Answers {
    let tables = &models.renames.tables;
    let renamed_tables = pending(
        tables.iter().map(|(name, former)| (name, former.as_slice())),
        |name| from.tables.contains_key(name),
        |old, new| past.is_none_or(|past| past.has_table(old, new)),
    );
    let mut of_tables: BTreeMap<&TableName, Vec<(&String, &[String])>> = BTreeMap::new();
    for ((table, column), former) in &models.renames.columns {
        of_tables.entry(table).or_default().push((column, former));
    }
    let mut renamed_columns = BTreeMap::new();
    for (table, columns) in of_tables {
        let Some(old) = standing(table, &renamed_tables).and_then(|name| from.table(name)) else {
            continue;
        };
        let columns = pending(
            columns.into_iter(),
            |name| old.column(name).is_some(),
            |from, to| past.is_none_or(|past| past.has_column(&old.name, from, to)),
        );
        renamed_columns.extend(columns.into_iter().map(|(old, new)| ((table.clone(), old), new)));
    }
    let mut answers = Answers {
        renamed_tables,
        renamed_columns,
        backfills: models.backfills.clone(),
        mapped_values: BTreeMap::new(),
    };
    answers.mapped_values = declared_values(models, from, &answers, past);
    answers
}

/// Returns the values of enums that rows exchange because `renamed_from` on a variant asks for it, given the renames that are decided.
///
/// [`declared`] knows those that the models give; ask again once others have joined them.
///
/// Values that swap their names are looked up in the `past`, as [`declared`] does it.
///
/// ```
/// # use schema_core::{diff::{Answers, declared_values}, metadata::Models, schema::{Column, Schema, Table, TableName, Type}};
/// let items = TableName::new("items");
/// let ty = Type::Enum { name: "size".into(), values: vec!["small".into()] };
/// let table = Table { columns: vec![Column::new("size", ty)], ..Table::new(items.clone()) };
/// let mut models = Models::default(); // in which `small` is `s` now, and says so by `renamed_from`
/// let place = (items, "size".to_owned());
/// models.renames.values.insert(place.clone(), [("s".into(), vec!["small".into()])].into());
///
/// let mapped = declared_values(&models, &Schema::from_iter([table]), &Answers::default(), None);
/// assert_eq!(mapped[&place]["small"], "s");
/// ```
#[must_use]
pub fn declared_values(
    models: &Models,
    from: &Schema,
    answers: &Answers,
    past: Option<&Past>,
) -> BTreeMap<(TableName, String), BTreeMap<String, String>> {
    let mut mapped = BTreeMap::new();
    for ((table, column), former) in &models.renames.values {
        let Some((old_table, old_column)) = old_column(from, table, column, answers) else {
            continue;
        };
        let Some(old) = old_column.ty.values() else {
            continue;
        };
        let place = (old_table, old_column.name.as_str());
        let former = former.iter().map(|(value, former)| (value, former.as_slice()));
        let values = pending(
            former,
            |value| old.contains(value),
            |from, to| past.is_none_or(|past| past.has_value(place, from, to)),
        );
        if !values.is_empty() {
            mapped.insert((table.clone(), column.clone()), values);
        }
    }
    mapped
}

/// A `renamed_from` that asks for nothing: its rename is done, or what it names never was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// What it stands on, by its name of now; for the value of an enum, a column of that type.
    pub target: Target,
    /// The names it gives, oldest first.
    pub former: Vec<String>,
}

impl Stale {
    /// Returns how to go on.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        "take the attribute away once every branch and every database has the rename"
    }
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let former: Vec<String> = self.former.iter().map(|name| format!("`{name}`")).collect();
        write!(
            f,
            "`renamed_from` of `{}` does nothing: no rename from {} is left to do",
            self.target,
            former.join(" or ")
        )
    }
}

/// Returns the `renamed_from` that ask for nothing, given the schema of the history and what came before.
///
/// ```
/// # use schema_core::{diff::stale, metadata::Models, schema::{Schema, Table, TableName}};
/// let wares = TableName::new("wares");
/// let mut models = Models { schema: Schema::from_iter([Table::new(wares.clone())]), ..Models::default() };
/// models.renames.tables.insert(wares, vec![TableName::new("items")]);
/// let done = models.schema.clone(); // has `wares`, and no `items` any more
/// println!("{}\nhint: {}", stale(&models, &done, None)[0], stale(&models, &done, None)[0].hint());
/// # assert_eq!(stale(&models, &done, None)[0].former, ["items"]);
/// ```
#[must_use]
pub fn stale(models: &Models, from: &Schema, past: Option<&Past>) -> Vec<Stale> {
    let answers = declared(models, from, past);
    let tables: BTreeSet<&TableName> = answers.renamed_tables.values().collect();
    let columns: BTreeSet<(&TableName, &String)> = answers
        .renamed_columns
        .iter()
        .map(|((table, _), column)| (table, column))
        .collect();
    let done_tables = models
        .renames
        .tables
        .iter()
        .filter(|(name, _)| !tables.contains(name))
        .map(|(name, former)| Stale {
            target: Target {
                table: name.clone(),
                column: None,
            },
            former: former.iter().map(ToString::to_string).collect(),
        });
    let done_columns = models
        .renames
        .columns
        .iter()
        .filter(|((table, column), _)| !columns.contains(&(table, column)))
        .map(|((table, column), former)| Stale {
            target: Target {
                table: table.clone(),
                column: Some(column.clone()),
            },
            former: former.clone(),
        });
    done_tables
        .chain(done_columns)
        .chain(stale_values(models, &answers))
        .collect()
}

/// Returns the former values that no column has to exchange. An enum may be the type of several columns, of which one is enough.
fn stale_values(models: &Models, answers: &Answers) -> Vec<Stale> {
    let is_asked_for = |value: &String, former: &[String]| {
        let mut maps = answers.mapped_values.values();
        maps.any(|map| former.iter().any(|old| map.get(old) == Some(value)))
    };
    let mut seen = BTreeSet::new();
    let mut stale = Vec::new();
    for ((table, column), values) in &models.renames.values {
        for (value, former) in values {
            if !is_asked_for(value, former) && seen.insert((value, former)) {
                stale.push(Stale {
                    target: Target {
                        table: table.clone(),
                        column: Some(column.clone()),
                    },
                    former: former.clone(),
                });
            }
        }
    }
    stale
}

/// Returns the name that a table of the models has in the schema before.
fn standing<'a>(name: &'a TableName, renamed: &'a BTreeMap<TableName, TableName>) -> Option<&'a TableName> {
    let old = renamed.iter().find(|(_, new)| *new == name).map(|(old, _)| old);
    // A table that has given its name away is another one.
    old.or_else(|| (!renamed.contains_key(name)).then_some(name))
}

/// Returns the renames, old to new, whose old name is there and whose new name is or becomes free; and those that go round in a
/// circle, unless one of it is `done`.
fn pending<'a, N: Ord + Clone + 'a>(
    renames: impl Iterator<Item = (&'a N, &'a [N])>,
    exists: impl Fn(&N) -> bool,
    done: impl Fn(&N, &N) -> bool,
) -> BTreeMap<N, N> {
    let mut open: Vec<(&N, &N)> = renames
        .filter_map(|(new, former)| Some((former.iter().rev().find(|old| *old != new && exists(old))?, new)))
        .collect();
    let mut pending: BTreeMap<N, N> = BTreeMap::new();
    loop {
        let fits = |(old, new): &(&N, &N)| {
            !pending.contains_key(*old) && (!exists(new) || pending.contains_key(*new))
        };
        let Some(at) = open.iter().position(fits) else {
            break;
        };
        let (old, new) = open.remove(at);
        pending.insert(old.clone(), new.clone());
    }
    open.retain(|(old, new)| !pending.contains_key(*old) && !done(old, new));
    for (old, new) in circles(open) {
        pending.entry(old.clone()).or_insert_with(|| new.clone());
    }
    pending
}

/// Returns the renames of which each takes a name that another one gives up.
fn circles<'a, N: Ord>(mut renames: Vec<(&'a N, &'a N)>) -> Vec<(&'a N, &'a N)> {
    loop {
        let given_up: BTreeSet<&N> = renames.iter().map(|(old, _)| *old).collect();
        let before = renames.len();
        renames.retain(|(_, new)| given_up.contains(new));
        if renames.len() == before {
            return renames;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renames(said: &[(&str, &[&str])], there: &[&str]) -> Vec<String> {
        renames_after(said, there, &[])
    }

    fn renames_after(said: &[(&str, &[&str])], there: &[&str], past: &[(&str, &str)]) -> Vec<String> {
        let said: Vec<(String, Vec<String>)> = said
            .iter()
            .map(|(new, former)| {
                let former = former.iter().map(|name| (*name).to_owned()).collect();
                ((*new).to_owned(), former)
            })
            .collect();
        let said = said.iter().map(|(new, former)| (new, former.as_slice()));
        let pending = pending(
            said,
            |name| there.contains(&name.as_str()),
            |old, new| past.contains(&(old.as_str(), new.as_str())),
        );
        pending.iter().map(|(old, new)| format!("{old}>{new}")).collect()
    }

    #[test]
    fn a_rename_is_asked_for_once() {
        assert_eq!(renames(&[("b", &["a"])], &["a"]), ["a>b"]);
        assert!(renames(&[("b", &["a"])], &["b"]).is_empty(), "done");
        assert!(
            renames(&[("b", &["a"])], &["a", "b"]).is_empty(),
            "the new name is there"
        );
        assert!(renames(&[("b", &["a"])], &["c"]).is_empty(), "never was");
    }

    #[test]
    fn of_a_chain_the_latest_name_counts() {
        assert_eq!(renames(&[("c", &["a", "b"])], &["a"]), ["a>c"]);
        assert_eq!(renames(&[("c", &["a", "b"])], &["b"]), ["b>c"]);
        assert_eq!(renames(&[("c", &["a", "b"])], &["a", "b"]), ["b>c"]);
    }

    #[test]
    fn names_move_up_once() {
        let shift: [(&str, &[&str]); 2] = [("b", &["a"]), ("c", &["b"])];
        assert_eq!(renames(&shift, &["a", "b"]), ["a>b", "b>c"]);
        assert!(renames(&shift, &["b", "c"]).is_empty());
    }

    #[test]
    fn without_a_past_no_circle_is_done_again() {
        let (a, b) = (TableName::new("a"), TableName::new("b"));
        let mut models = Models::default();
        for (name, former) in [(&a, &b), (&b, &a)] {
            let mut table = crate::schema::Table::new(name.clone());
            for (column, other) in [("x", "y"), ("y", "x")] {
                let ty = "enum e('u', 'v')".parse().expect("an enum");
                table.columns.push(crate::schema::Column::new(column, ty));
                let column = (name.clone(), column.to_owned());
                models
                    .renames
                    .columns
                    .insert(column.clone(), vec![other.to_owned()]);
                let values =
                    [("u", "v"), ("v", "u")].map(|(new, old)| (new.to_owned(), vec![old.to_owned()]));
                models.renames.values.insert(column, values.into());
            }
            models.renames.tables.insert(name.clone(), vec![former.clone()]);
            models.schema.insert(table);
        }
        let from = models.schema.clone();
        assert_eq!(declared(&models, &from, None), Answers::default());
        assert_eq!(stale(&models, &from, None).len(), 8);
        let answers = declared(&models, &from, Some(&Past::default()));
        assert_eq!(answers.renamed_tables.len(), 2);
        assert_eq!(
            (answers.renamed_columns.len(), answers.mapped_values.len()),
            (4, 4)
        );
        let mut past = Past::default();
        past.add(&answers);
        assert_eq!(declared(&models, &from, Some(&past)), Answers::default());
    }

    #[test]
    fn names_go_round_in_a_circle_once() {
        let swap: [(&str, &[&str]); 2] = [("a", &["b"]), ("b", &["a"])];
        assert_eq!(renames(&swap, &["a", "b"]), ["a>b", "b>a"]);
        assert!(renames_after(&swap, &["a", "b"], &[("a", "b"), ("b", "a")]).is_empty());
        let three: [(&str, &[&str]); 3] = [("a", &["c"]), ("b", &["a"]), ("c", &["b"])];
        assert_eq!(renames(&three, &["a", "b", "c"]), ["a>b", "b>c", "c>a"]);
        // By way of a third name, in steps of which one is enough.
        let steps: [(&str, &[&str]); 2] = [("a", &["b"]), ("b", &["a", "aside"])];
        let past = [("a", "aside"), ("b", "a"), ("aside", "b")];
        assert!(renames_after(&steps, &["a", "b"], &past).is_empty());
        // A name that stays is in the way of a chain.
        assert!(renames(&[("b", &["a"]), ("c", &["b"])], &["a", "b", "c"]).is_empty());
    }
}
