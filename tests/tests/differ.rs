#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! Every case of `tests/diff`: the operations, the SQL, and the laws of the differ on a real database with rows.

use std::fmt::Write as _;
use std::path::Path;

use autogen_tests::case::{Case, statements};
use autogen_tests::law::{Walk, create, there_and_back};
use autogen_tests::rows::{self, Rows};
use autogen_tests::servers::{self, Database};
use schema_core::db::Connection;
use schema_core::dialect::Dialect;
use schema_core::diff::{Answers, diff, losses};
use schema_core::operation::{Operation, apply_all, reverse_all};
use schema_core::plan::{Plan, plan};
use schema_core::runner::run_script;
use schema_core::script::render;

fn check(path: &Path) -> datatest_stable::Result<()> {
    let case = Case::read(path);
    let operations = diff(&case.from, &case.to, &case.answers);
    check_operations(&case, &operations);
    let described: Vec<String> = operations.iter().map(Operation::describe).collect();
    let lost = losses(&case.from, &case.to, &case.answers);
    let lost: Vec<String> = lost.iter().map(ToString::to_string).collect();
    let mut actual = vec![
        ("operations".to_owned(), described.join("\n")),
        ("losses".to_owned(), lost.join("\n")),
    ];
    let databases = servers::databases().iter();
    for database in databases.filter(|database| case.is_for(database.dialect().name())) {
        check_database(&case, database, &mut actual);
    }
    case.expect(&actual);
    Ok(())
}

/// The laws of operations: there, back, and nothing left to do.
fn check_operations(case: &Case, operations: &[Operation]) {
    assert_eq!(
        apply_all(case.from.clone(), operations).as_ref(),
        Ok(&case.to),
        "the operations lead there"
    );
    assert_eq!(
        apply_all(case.to.clone(), &reverse_all(operations)).as_ref(),
        Ok(&case.from),
        "their reverses lead back"
    );
    assert_eq!(
        diff(&case.to, &case.to, &Answers::default()),
        [],
        "there is nothing left to do"
    );
}

/// What a dialect makes of the case, and what becomes of rows on a database of it.
fn check_database(case: &Case, database: &Database, actual: &mut Vec<(String, String)>) {
    let dialect = database.dialect();
    let mut expect = |what: &str, body: String| actual.push((format!("{what} {}", dialect.name()), body));
    let held = [&case.from, &case.to].map(|schema| dialect.normalize(schema));
    let plans = plan(dialect, &case.from, &case.to, &case.answers);
    let (plans, from) = match (plans, held) {
        (Ok(plans), [Ok(from), Ok(_)]) => (plans, from),
        (Err(unsupported), _) | (_, [Err(unsupported), _] | [_, Err(unsupported)]) => {
            return expect("outcome", unsupported.to_string());
        }
    };
    expect("upgrade", sql(&plans.upgrade));
    expect("downgrade", sql(&plans.downgrade));
    let own = case.rows(dialect.name());
    let fill = |connection: &mut dyn Connection| match own {
        Some(rows) => insert(connection, rows),
        None => {
            rows::fill(connection, dialect, &case.from);
            let found = rows::read(connection, dialect, &rows::whole(&from)).unwrap();
            let bare = found.values().any(Vec::is_empty);
            assert!(!bare, "a law about rows needs some in every table: {found:?}");
        }
    };
    let Walk {
        outcome,
        error,
        upgraded,
        downgraded,
    } = there_and_back(
        &mut *database.empty(),
        dialect,
        &case.from,
        &case.to,
        &case.answers,
        fill,
    );
    let error = error.map(|error| in_words_of_mariadb(&error)).unwrap_or_default();
    expect("outcome", format!("{outcome:?}\n{error}"));
    if own.is_some() {
        expect("upgraded", listed(&upgraded));
        expect("downgraded", listed(&downgraded));
    }
    if case.refused().next().is_some() {
        check_refusals(case, dialect, &mut *database.empty(), &plans.upgrade);
    }
}

/// Returns an error of MySQL as MariaDB has it, which the cases quote.
fn in_words_of_mariadb(error: &str) -> String {
    // MySQL writes the name of its table before that of a key.
    if let Some((before, key)) = error.split_once(" for key '") {
        let bare = key.split_once('.').map_or(key, |(_, key)| key);
        return format!("{before} for key '{bare}");
    }
    let unknown_type = error
        .strip_suffix(" NOT NULL' at line 1 (error 1064)")
        .and_then(|rest| rest.rsplit_once("near '"));
    match unknown_type {
        Some((_, name)) => format!("Unknown data type: '{name}' (error 4161)"),
        None => error.to_owned(),
    }
}

/// Returns the statements of a plan as a script has them, without its title.
fn sql(plan: &Plan) -> String {
    let script = render(plan, "");
    let lines = script.lines().filter(|line| !matches!(*line, "--" | "-- "));
    lines.collect::<Vec<_>>().join("\n")
}

fn insert(connection: &mut dyn Connection, rows: &str) {
    for statement in statements(rows) {
        connection.execute(statement, &[]).unwrap();
    }
}

/// What the schema after is there for: an upgraded database refuses each of the case's rows that break it.
fn check_refusals(case: &Case, dialect: &dyn Dialect, connection: &mut dyn Connection, plan: &Plan) {
    create(connection, dialect, &case.from);
    if let Some(rows) = case.rows(dialect.name()) {
        insert(connection, rows);
    }
    run_script(connection, dialect, &render(plan, "upgrade")).unwrap();
    for statement in case.refused() {
        let result = connection.execute(statement, &[]);
        let message = result.expect_err(statement).message.to_lowercase();
        let by_rule = [
            "constraint",
            "duplicate",
            "null",
            "check",
            "invalid input value",
            "truncated",
        ];
        assert!(
            by_rule.iter().any(|word| message.contains(word)),
            "{statement}: {message}"
        );
    }
}

fn listed(rows: &Rows) -> String {
    let mut text = String::new();
    for (table, rows) in rows {
        let _ = writeln!(text, "{table}");
        for row in rows {
            let _ = writeln!(text, "    {row}");
        }
    }
    text
}

datatest_stable::harness! {
    { test = check, root = "diff", pattern = r"\.txt$" },
}
