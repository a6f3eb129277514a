#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! Renames never lose anything: each column of the old schema is followed through the operations, by what it is and
//! not by what it is called.

use std::collections::{BTreeMap, BTreeSet};

use autogen_tests::dice::runner;
use autogen_tests::generate::{self, Pair, fit, typed};
use autogen_tests::law::{Outcome, there_and_back};
use autogen_tests::rows;
use autogen_tests::servers::{self, Database};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use schema_core::db::Connection;
use schema_core::diff::{Answers, Target, diff, losses, questions};
use schema_core::operation::{Operation, apply_all, reverse_all};
use schema_core::schema::{Schema, TableName};

/// A column, or with `None` the table itself.
type Thing = (TableName, Option<String>);

/// Returns where everything of a schema is after the operations; what was dropped is nowhere.
fn followed(schema: &Schema, operations: &[Operation]) -> BTreeMap<Thing, Option<Thing>> {
    let mut places: BTreeMap<Thing, Option<Thing>> = BTreeMap::new();
    for table in schema.tables.values() {
        let columns = table.columns.iter().map(|column| Some(column.name.clone()));
        for thing in std::iter::once(None)
            .chain(columns)
            .map(|column| (table.name.clone(), column))
        {
            places.insert(thing.clone(), Some(thing));
        }
    }
    for operation in operations {
        for place in places.values_mut() {
            let Some((table, column)) = place.clone() else {
                continue;
            };
            #[expect(
                clippy::wildcard_enum_match_arm,
                reason = "only these five change what is where"
            )]
            match operation {
                Operation::RenameTable { from, to } if table == *from => *place = Some((to.clone(), column)),
                Operation::RenameColumn { table: of, from, to }
                    if table == *of && column.as_ref() == Some(from) =>
                {
                    *place = Some((table, Some(to.clone())));
                }
                Operation::DropTable { table: gone } if table == gone.name => *place = None,
                Operation::DropColumn {
                    table: of,
                    column: gone,
                    ..
                } if table == *of && column.as_ref() == Some(&gone.name) => *place = None,
                _ => {}
            }
        }
    }
    places
}

/// Returns what a thing of the old schema is called by the answers.
fn answered((table, column): &Thing, answers: &Answers) -> Thing {
    let table = answers.renamed_tables.get(table).unwrap_or(table).clone();
    let column = column.as_ref().map(|column| {
        let renamed = answers.renamed_columns.get(&(table.clone(), column.clone()));
        renamed.unwrap_or(column).clone()
    });
    (table, column)
}

/// Asserts that exactly the losses are dropped, and that all else is where the answers say.
fn check(from: &Schema, to: &Schema, answers: &Answers) -> Result<(), TestCaseError> {
    let lost: BTreeSet<Target> = losses(from, to, answers).into_iter().collect();
    for (thing, place) in followed(from, &diff(from, to, answers)) {
        let expected = answered(&thing, answers);
        let whole = Target {
            table: thing.0.clone(),
            column: None,
        };
        let part = Target {
            table: expected.0.clone(),
            column: thing.1.clone(),
        };
        // What is lost is called by its old table's name if that goes, else by the new one's.
        let is_lost = lost.contains(&whole) || (thing.1.is_some() && lost.contains(&part));
        prop_assert_eq!(place, (!is_lost).then_some(expected), "{:?} of {:?}", thing, lost);
    }
    Ok(())
}

#[test]
fn what_is_not_a_loss_is_never_dropped() {
    let law = |Pair { from, to, answers }: Pair| {
        check(&from, &to, &answers)?;
        check(&from, &to, &Answers::default())
    };
    runner(400).run(&generate::pair_with(fit::anything), law).unwrap();
}

#[test]
fn an_answered_rename_is_no_loss_whatever_is_chosen() {
    // Whoever takes the first candidate of every question loses only what has none.
    let law = |Pair { from, to, .. }: Pair| {
        let mut answers = Answers::default();
        while let Some(question) = questions(&from, &to, &answers, &[]).into_iter().next() {
            let new = question.candidates[0].target.clone();
            match (question.dropped.column, new.column) {
                (Some(old), Some(new_column)) => {
                    answers.renamed_columns.insert((new.table, old), new_column);
                }
                (None, None) => {
                    answers.renamed_tables.insert(question.dropped.table, new.table);
                }
                mixed => panic!("a table is no column: {mixed:?}"),
            }
            check(&from, &to, &answers)?;
        }
        let operations = diff(&from, &to, &answers);
        prop_assert_eq!(&apply_all(from.clone(), &operations).unwrap(), &to);
        prop_assert_eq!(&apply_all(to.clone(), &reverse_all(&operations)).unwrap(), &from);
        Ok(())
    };
    runner(300).run(&generate::pair_with(fit::anything), law).unwrap();
}

#[test]
fn no_two_questions_begin_alike_and_points_are_of_a_hundred() {
    let law = |Pair { from, to, .. }: Pair| {
        let asked = questions(&from, &to, &Answers::default(), &[]);
        prop_assert_eq!(&asked, &questions(&from, &to, &Answers::default(), &[]));
        let mut groups: BTreeMap<Option<TableName>, Vec<_>> = BTreeMap::new();
        for question in asked {
            let table = question
                .dropped
                .column
                .is_some()
                .then_some(question.dropped.table);
            prop_assert!(
                question
                    .candidates
                    .iter()
                    .all(|candidate| candidate.likeness <= 100)
            );
            groups.entry(table).or_default().push(question.candidates);
        }
        for questions in groups.values() {
            let firsts: BTreeSet<&Target> =
                questions.iter().map(|candidates| &candidates[0].target).collect();
            // With fewer new names than questions, some have to share one.
            prop_assert_eq!(firsts.len(), questions.len().min(questions[0].len()));
        }
        Ok(())
    };
    runner(300).run(&generate::pair_with(fit::anything), law).unwrap();
}

/// Returns schemas and another order of the names in each: swaps, chains and circles.
fn shuffled(fit: fn(&mut Schema)) -> impl Strategy<Value = Pair> {
    (generate::schema_with(fit), any::<u8>(), any::<u8>()).prop_map(|(from, by, columns_by)| {
        let mut to = from.clone();
        let mut answers = Answers::default();
        let rename = |operation: Operation, to: &mut Schema| operation.apply(to).expect("the name is free");
        let tables: Vec<TableName> = from.tables.keys().cloned().collect();
        let parked = |table: &TableName| table.sibling(format!("parked {}", table.name));
        for table in &tables {
            let (from, to_name) = (table.clone(), parked(table));
            rename(Operation::RenameTable { from, to: to_name }, &mut to);
        }
        for (at, table) in tables.iter().enumerate() {
            let new = tables[(at + usize::from(by)) % tables.len()].clone();
            let from = parked(table);
            rename(
                Operation::RenameTable {
                    from,
                    to: new.clone(),
                },
                &mut to,
            );
            answers.renamed_tables.insert(table.clone(), new);
        }
        for table in &tables {
            let new_table = answers.renamed_tables[table].clone();
            let columns: Vec<String> = from.tables[table]
                .columns
                .iter()
                .map(|column| column.name.clone())
                .collect();
            let moved = |from: String, to: String| Operation::RenameColumn {
                table: new_table.clone(),
                from,
                to,
            };
            for column in &columns {
                rename(moved(column.clone(), format!("parked {column}")), &mut to);
            }
            for (at, column) in columns.iter().enumerate() {
                let new = columns[(at + usize::from(columns_by)) % columns.len()].clone();
                rename(moved(format!("parked {column}"), new.clone()), &mut to);
                answers
                    .renamed_columns
                    .insert((new_table.clone(), column.clone()), new);
            }
        }
        Pair { from, to, answers }
    })
}

#[test]
fn names_that_go_round_in_circles_lose_nothing() {
    let law = |Pair { from, to, answers }: Pair| {
        check(&from, &to, &answers)?;
        prop_assert_eq!(losses(&from, &to, &answers), []);
        let operations = diff(&from, &to, &answers);
        prop_assert_eq!(&apply_all(from.clone(), &operations).unwrap(), &to);
        prop_assert_eq!(&apply_all(to.clone(), &reverse_all(&operations)).unwrap(), &from);
        let renames = operations.iter().all(|operation| {
            matches!(
                operation,
                Operation::RenameTable { .. } | Operation::RenameColumn { .. }
            )
        });
        prop_assert!(renames, "indexes, checks and keys follow: {:?}", operations);
        Ok(())
    };
    runner(300).run(&shuffled(fit::anything), law).unwrap();
}

/// Holds names that go round in circles to their rows.
fn circles_keep_rows(database: &Database, pairs: impl Strategy<Value = Pair>, tries: u32) {
    let dialect = database.dialect();
    let law = |pair: Pair| {
        let Pair { from, to, answers } = typed::pair(dialect, &pair);
        if dialect.normalize(&from).is_err() || dialect.normalize(&to).is_err() {
            return Err(TestCaseError::reject("unsupported"));
        }
        let fill = |connection: &mut dyn Connection| rows::fill(connection, dialect, &from);
        let connection = &mut *database.empty();
        let walk = there_and_back(connection, dialect, &from, &to, &answers, fill);
        prop_assert_eq!(walk.outcome, Outcome::TakenBack, "{:?}", walk.error);
        Ok(())
    };
    runner(tries).run(&pairs, law).unwrap();
}

#[test]
fn names_that_go_round_in_circles_keep_their_rows() {
    for database in servers::databases() {
        let tries = if database.dialect().name() == "sqlite" {
            100
        } else {
            20
        };
        circles_keep_rows(database, shuffled(fit::everywhere), tries);
    }
}

#[test]
fn names_that_go_round_across_namespaces_keep_their_rows() {
    if let Some(database) = servers::database("postgres") {
        circles_keep_rows(database, shuffled(fit::twins), 10);
    }
}

#[test]
fn names_and_values_that_go_round_keep_their_rows() {
    for database in servers::databases() {
        let turned = (shuffled(fit::enums_in_keys), any::<u8>()).prop_map(|(pair, by)| pair.turned(by));
        let tries = if database.dialect().name() == "sqlite" {
            100
        } else {
            20
        };
        circles_keep_rows(database, turned, tries);
    }
}
