#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! The laws of design, over generated pairs of schemas that vary every field, on real databases with rows.
//!
//! `PROPTEST_CASES=10000 cargo test --release -p autogen-tests --test suite laws::` is the long run.

use std::cell::RefCell;
use std::collections::BTreeMap;

use autogen_tests::dice::runner;
use autogen_tests::generate::{self, Pair, fit, typed};
use autogen_tests::law::{Outcome, along, create, there_and_back};
use autogen_tests::rows;
use autogen_tests::servers::{self, Database};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use schema_core::db::Connection;
use schema_core::diff::{Answers, diff, losses, questions};
use schema_core::operation::{Operation, apply_all, reverse_all};
use schema_core::schema::Schema;

/// Returns pairs that no database need be able to hold.
fn anything() -> impl Strategy<Value = Pair> {
    generate::pair_with(fit::anything)
}

/// How many schemas a database is tried with: one in memory is quick.
fn tries(database: &Database) -> u32 {
    if database.dialect().name() == "sqlite" {
        300
    } else {
        30
    }
}

#[test]
fn operations_lead_there_and_back() {
    let law = |Pair { from, to, answers }: Pair| {
        let operations = diff(&from, &to, &answers);
        prop_assert_eq!(&apply_all(from.clone(), &operations).unwrap(), &to);
        prop_assert_eq!(&apply_all(to.clone(), &reverse_all(&operations)).unwrap(), &from);
        prop_assert_eq!(diff(&to, &to, &Answers::default()), []);
        Ok(())
    };
    runner(400).run(&anything(), law).unwrap();
}

#[test]
fn operations_lead_along_a_chain_and_back() {
    let law = |(first, steps): (Schema, Vec<(Schema, Answers)>)| {
        let mut schema = first.clone();
        let mut done = Vec::new();
        for (to, answers) in steps {
            let operations = diff(&schema, &to, &answers);
            schema = apply_all(schema, &operations).unwrap();
            prop_assert_eq!(&schema, &to);
            done.extend(operations);
        }
        prop_assert_eq!(&apply_all(schema, &reverse_all(&done)).unwrap(), &first);
        Ok(())
    };
    runner(100)
        .run(&generate::chain_with(fit::anything, 2..6), law)
        .unwrap();
}

#[test]
fn files_keep_every_field() {
    let law = |Pair { from, to, answers }: Pair| {
        let operations = diff(&from, &to, &answers);
        let text = serde_json::to_string(&operations).unwrap();
        let read: Vec<Operation> = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(read, operations);
        let text = serde_json::to_string(&to).unwrap();
        let read: Schema = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&read, &to);
        for (table, same) in to.tables.values().zip(read.tables.values()) {
            prop_assert_eq!(&table.columns, &same.columns, "in declared order");
        }
        Ok(())
    };
    runner(200).run(&anything(), law).unwrap();
}

#[test]
fn every_drop_is_a_loss_and_every_open_rename_a_question() {
    let law = |Pair { from, to, .. }: Pair| {
        let nothing = Answers::default();
        let lost = losses(&from, &to, &nothing);
        for question in questions(&from, &to, &nothing, &[]) {
            prop_assert!(lost.contains(&question.dropped));
        }
        prop_assert_eq!(questions(&from, &to, &nothing, &lost), []);
        let gone = apply_all(from.clone(), &diff(&from, &to, &nothing)).unwrap();
        for table in from.tables.values() {
            let kept = gone.table(&table.name);
            let named = |column: Option<String>| {
                lost.iter().any(|target| {
                    target.table == table.name && (target.column.is_none() || target.column == column)
                })
            };
            prop_assert!(kept.is_some() || named(None));
            for column in &table.columns {
                let stays = kept.is_some_and(|table| table.column(&column.name).is_some());
                prop_assert!(stays || named(Some(column.name.clone())));
            }
        }
        Ok(())
    };
    runner(400).run(&anything(), law).unwrap();
}

#[test]
fn a_created_schema_reflects_as_it_was_normalized() {
    for database in servers::databases() {
        let dialect = database.dialect();
        let law = |schema: Schema| {
            let schema = typed::schema(dialect, &schema);
            let Ok(expected) = dialect.normalize(&schema) else {
                return Err(TestCaseError::reject("unsupported"));
            };
            prop_assert_eq!(
                &dialect.normalize(&expected).unwrap(),
                &expected,
                "normalizing twice changes nothing"
            );
            let connection = &mut *database.empty();
            let expected = dialect.stored(connection, expected).unwrap();
            create(connection, dialect, &schema);
            prop_assert_eq!(&dialect.reflect(connection).unwrap(), &expected);
            Ok(())
        };
        runner(tries(database)).run(&generate::schema(), law).unwrap();
    }
}

/// Holds pairs of schemas, each as `fit` leaves it, to their rows. What stands against a script is rows: without them it runs.
fn scripts_keep_rows(database: &Database, fit: fn(&mut Schema), tries: u32) {
    let dialect = database.dialect();
    let tally = RefCell::new(BTreeMap::new());
    let law = |pair: Pair| {
        let Pair { from, to, answers } = typed::pair(dialect, &pair);
        if dialect.normalize(&from).is_err() || dialect.normalize(&to).is_err() {
            return Err(TestCaseError::reject("unsupported"));
        }
        let fill = |connection: &mut dyn Connection| rows::fill(connection, dialect, &from);
        let connection = &mut *database.empty();
        let walk = there_and_back(connection, dialect, &from, &to, &answers, fill);
        if walk.outcome != Outcome::TakenBack {
            let empty = &mut *database.empty();
            let walk = there_and_back(empty, dialect, &from, &to, &answers, |_| {});
            prop_assert_eq!(walk.outcome, Outcome::TakenBack, "without rows: {:?}", walk.error);
        }
        *tally.borrow_mut().entry(walk.outcome).or_insert(0) += 1;
        Ok(())
    };
    runner(tries).run(&generate::pair_with(fit), law).unwrap();
    // A law that hardly ever applies would prove nothing.
    let tally = tally.into_inner();
    let count = |outcome| tally.get(&outcome).copied().unwrap_or(0);
    assert!(
        count(Outcome::TakenBack) > count(Outcome::Refused) + count(Outcome::Stayed),
        "{tally:?}"
    );
}

#[test]
fn scripts_lead_there_and_back_and_rows_survive() {
    for database in servers::databases() {
        scripts_keep_rows(database, fit::everywhere, tries(database));
    }
}

#[test]
fn scripts_keep_rows_whose_keys_are_enums() {
    for database in servers::databases() {
        scripts_keep_rows(database, fit::enums_in_keys, tries(database) / 3);
    }
}

#[test]
fn scripts_keep_rows_of_tables_in_namespaces() {
    if let Some(database) = servers::database("postgres") {
        scripts_keep_rows(database, fit::twins, tries(database) / 3);
    }
}

#[test]
fn scripts_lead_along_a_chain_and_back() {
    for database in servers::databases() {
        let dialect = database.dialect();
        let tally = RefCell::new(BTreeMap::new());
        let law = |chain: (Schema, Vec<(Schema, Answers)>)| {
            let (first, steps) = typed::chain(dialect, &chain);
            let mut all = std::iter::once(&first).chain(steps.iter().map(|(schema, _)| schema));
            if all.any(|schema| dialect.normalize(schema).is_err()) {
                return Err(TestCaseError::reject("unsupported"));
            }
            let fill = |connection: &mut dyn Connection| rows::fill(connection, dialect, &first);
            let walk = along(&mut *database.empty(), dialect, &first, &steps, fill);
            if walk.outcome != Outcome::TakenBack {
                let walk = along(&mut *database.empty(), dialect, &first, &steps, |_| {});
                prop_assert_eq!(walk.outcome, Outcome::TakenBack, "without rows: {:?}", walk.error);
            }
            *tally.borrow_mut().entry(walk.outcome).or_insert(0) += 1;
            Ok(())
        };
        runner(tries(database) / 3)
            .run(&generate::chain_with(fit::everywhere, 2..5), law)
            .unwrap();
        let tally = tally.into_inner();
        println!("{}: {tally:?}", dialect.name());
        assert!(
            tally.get(&Outcome::TakenBack).is_some_and(|count| *count > 0),
            "{tally:?}"
        );
    }
}
