//! The laws of design, over generated pairs of schemas that vary every field, on real databases with rows.
//!
//! `PROPTEST_CASES=10000 cargo test --release -p autogen-tests --test laws` is the long run.

use std::cell::Cell;

use autogen_tests::generate::{self, Pair};
use autogen_tests::rows::{self, Rows};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use schema_core::db::{self, Connection, DatabaseUrl};
use schema_core::dialect::{self, Dialect};
use schema_core::diff::{Answers, diff, losses, questions};
use schema_core::operation::{apply_all, reverse_all};
use schema_core::plan::plan;
use schema_core::runner::run_script;
use schema_core::schema::Schema;
use schema_core::{script, script::render};

fn runner(cases: u32) -> TestRunner {
    let cases = std::env::var("PROPTEST_CASES").map_or(cases, |cases| cases.parse().unwrap());
    TestRunner::new(Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 4_000,
        ..Config::default()
    })
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
    runner(400).run(&generate::pair(), law).unwrap();
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
    runner(400).run(&generate::pair(), law).unwrap();
}

/// Opens an empty database that holds the schema.
fn database(dialect: &dyn Dialect, schema: &Schema) -> Box<dyn Connection> {
    let mut connection = db::open(&DatabaseUrl::SqliteMemory).unwrap();
    let plans = plan(dialect, &Schema::default(), schema, &Answers::default()).unwrap();
    let script = render(&plans.upgrade, "create");
    run_script(&mut *connection, dialect, &script).unwrap_or_else(|error| panic!("{error:?}\n{script}"));
    connection
}

#[test]
fn a_created_schema_reflects_as_it_was_normalized() {
    for dialect in dialect::all() {
        let law = |schema: Schema| {
            let Ok(expected) = dialect.normalize(&schema) else {
                return Err(TestCaseError::reject("unsupported"));
            };
            prop_assert_eq!(
                &dialect.normalize(&expected).unwrap(),
                &expected,
                "normalizing twice changes nothing"
            );
            let mut connection = database(*dialect, &schema);
            prop_assert_eq!(&dialect.reflect(&mut *connection).unwrap(), &expected);
            Ok(())
        };
        runner(300).run(&generate::schema(), law).unwrap();
    }
}

/// How often each outcome came up, so that a law that never applies is noticed.
#[derive(Default)]
struct Tally {
    upgraded: Cell<u32>,
    refused: Cell<u32>,
    taken_back: Cell<u32>,
    stayed: Cell<u32>,
}

fn count(cell: &Cell<u32>) {
    cell.set(cell.get() + 1);
}

#[test]
fn scripts_lead_there_and_back_and_rows_survive() {
    for dialect in dialect::all() {
        let tally = Tally::default();
        let law = |pair: Pair| {
            if dialect.normalize(&pair.from).is_err() || dialect.normalize(&pair.to).is_err() {
                return Err(TestCaseError::reject("unsupported"));
            }
            there_and_back(*dialect, &pair, &tally)
        };
        runner(300).run(&generate::pair(), law).unwrap();
        let Tally {
            upgraded,
            refused,
            taken_back,
            stayed,
        } = &tally;
        assert!(
            upgraded > refused,
            "most upgrades run: {} ran, {} did not",
            upgraded.get(),
            refused.get()
        );
        assert!(
            taken_back > stayed,
            "most ways back run: {} ran, {} did not",
            taken_back.get(),
            stayed.get()
        );
    }
}

/// The third law: after a script the database is what the operations say and the rows are there, or, where rows stand
/// against it, it is as before in every respect.
fn there_and_back(dialect: &dyn Dialect, pair: &Pair, tally: &Tally) -> Result<(), TestCaseError> {
    let Pair { from, to, answers } = pair;
    let (before, after) = (dialect.normalize(from).unwrap(), dialect.normalize(to).unwrap());
    let plans = plan(dialect, from, to, answers).unwrap();
    let (upgrade, downgrade) = (render(&plans.upgrade, "up"), render(&plans.downgrade, "down"));
    for (text, plan) in [(&upgrade, &plans.upgrade), (&downgrade, &plans.downgrade)] {
        let read = script::parse(text, dialect.lexicon()).unwrap();
        let steps = |plan: &schema_core::plan::Plan| {
            plan.statements.iter().map(|s| s.step.clone()).collect::<Vec<_>>()
        };
        prop_assert_eq!(steps(&read), steps(plan), "a script reads as it was written");
    }

    let mut connection = database(dialect, from);
    rows::fill(&mut *connection, dialect, from).unwrap();
    let (old_view, new_view) = rows::shared(&before, &after, answers);
    let expected = in_order(rows::read(&mut *connection, dialect, &old_view).unwrap());
    let at_first = rows::read(&mut *connection, dialect, &rows::whole(&before)).unwrap();

    if let Err(error) = run_script(&mut *connection, dialect, &upgrade) {
        count(&tally.refused);
        prop_assert_eq!(
            &dialect.reflect(&mut *connection).unwrap(),
            &before,
            "after {}\n{}",
            error,
            upgrade
        );
        let found = rows::read(&mut *connection, dialect, &rows::whole(&before)).unwrap();
        prop_assert_eq!(found, at_first, "after {}\n{}", error, upgrade);
        return Ok(());
    }
    count(&tally.upgraded);
    prop_assert_eq!(
        &dialect.reflect(&mut *connection).unwrap(),
        &after,
        "after\n{}",
        upgrade
    );
    let found = in_order(rows::read(&mut *connection, dialect, &new_view).unwrap());
    prop_assert_eq!(&found, &expected, "after\n{}", upgrade);

    match run_script(&mut *connection, dialect, &downgrade) {
        Ok(()) => {
            count(&tally.taken_back);
            prop_assert_eq!(
                &dialect.reflect(&mut *connection).unwrap(),
                &before,
                "after\n{}",
                downgrade
            );
            let found = in_order(rows::read(&mut *connection, dialect, &old_view).unwrap());
            prop_assert_eq!(&found, &expected, "after\n{}", downgrade);
        }
        Err(error) => {
            count(&tally.stayed);
            prop_assert_eq!(
                &dialect.reflect(&mut *connection).unwrap(),
                &after,
                "after {}\n{}",
                error,
                downgrade
            );
            let found = in_order(rows::read(&mut *connection, dialect, &new_view).unwrap());
            prop_assert_eq!(&found, &expected, "after {}\n{}", error, downgrade);
        }
    }
    Ok(())
}

/// The rows of each table, whatever the tables are called.
fn in_order(rows: Rows) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = rows.into_values().collect();
    rows.sort();
    rows
}
