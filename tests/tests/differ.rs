#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! Every case of `tests/diff`: the operations, the SQL, and the laws of the differ on a real database with rows.

use std::path::Path;

use autogen_tests::case::Case;
use autogen_tests::law::there_and_back;
use autogen_tests::rows;
use schema_core::db::Connection;
use schema_core::dialect;
use schema_core::diff::{Answers, diff};
use schema_core::operation::{apply_all, reverse_all};
use schema_core::plan::{Plan, plan};
use schema_core::script::render;

fn check(path: &Path) -> datatest_stable::Result<()> {
    let case = Case::read(path);
    let operations = diff(&case.from, &case.to, &case.answers);
    assert_eq!(
        apply_all(case.from.clone(), &operations)?,
        case.to,
        "the operations lead there"
    );
    assert_eq!(
        apply_all(case.to.clone(), &reverse_all(&operations))?,
        case.from,
        "their reverses lead back"
    );
    assert_eq!(
        diff(&case.to, &case.to, &Answers::default()),
        [],
        "there is nothing left to do"
    );

    let described: Vec<String> = operations.iter().map(|operation| operation.describe()).collect();
    let mut actual = vec![("operations".to_owned(), described.join("\n"))];
    for dialect in dialect::all() {
        let plans = plan(*dialect, &case.from, &case.to, &case.answers)?;
        for (direction, plan) in [("upgrade", &plans.upgrade), ("downgrade", &plans.downgrade)] {
            actual.push((format!("{direction} {}", dialect.name()), sql(plan)));
        }
        let outcome = there_and_back(
            *dialect,
            &case.from,
            &case.to,
            &case.answers,
            |connection| match case.rows() {
                Some(rows) => insert(connection, rows),
                None => rows::fill(connection, *dialect, &case.from),
            },
        );
        actual.push((format!("outcome {}", dialect.name()), format!("{outcome:?}")));
    }
    case.expect(&actual);
    Ok(())
}

/// Returns the statements of a plan as a script has them, without its title.
fn sql(plan: &Plan) -> String {
    let script = render(plan, "");
    let lines = script.lines().filter(|line| !matches!(*line, "--" | "-- "));
    lines.collect::<Vec<_>>().join("\n")
}

fn insert(connection: &mut dyn Connection, rows: &str) {
    for statement in rows.split(';').filter(|statement| !statement.trim().is_empty()) {
        connection.execute(statement, &[]).unwrap();
    }
}

datatest_stable::harness! {
    { test = check, root = "diff", pattern = r"\.txt$" },
}
