//! The laws of scripts, on a real database with rows: there, back, and nothing lost on the way.

use schema_core::db::{self, Connection, DatabaseUrl};
use schema_core::dialect::Dialect;
use schema_core::diff::Answers;
use schema_core::plan::{Plan, Plans, plan};
use schema_core::runner::run_script;
use schema_core::schema::Schema;
use schema_core::script::{self, render};

use crate::rows::{self, Rows};

/// What became of a pair of scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Rows stood against the upgrade.
    Refused,
    /// The upgrade ran; rows stood against the way back.
    Stayed,
    /// Both ran.
    TakenBack,
}

/// Opens an empty database that holds the schema.
///
/// # Panics
///
/// If the schema cannot be created.
#[must_use]
pub fn database(dialect: &dyn Dialect, schema: &Schema) -> Box<dyn Connection> {
    let mut connection = db::open(&DatabaseUrl::SqliteMemory).expect("memory can be had");
    let plans =
        plan(dialect, &Schema::default(), schema, &Answers::default()).expect("the schema can be held");
    let script = render(&plans.upgrade, "create");
    run_script(&mut *connection, dialect, &script).unwrap_or_else(|error| panic!("{error}\n{script}"));
    connection
}

/// Runs the scripts for a pair of schemas there and back on a database whose tables `fill` has filled.
///
/// After a script that ran, the database reflects as the operations say, and every row is there with every value of
/// the columns that both schemas have alike. After one that did not, it is as before in every respect.
///
/// # Panics
///
/// If the law is broken: it says how, and shows the script.
pub fn there_and_back(
    dialect: &dyn Dialect,
    from: &Schema,
    to: &Schema,
    answers: &Answers,
    fill: impl FnOnce(&mut dyn Connection),
) -> Outcome {
    let (before, after) = (normalized(dialect, from), normalized(dialect, to));
    let Plans { upgrade, downgrade } = plan(dialect, from, to, answers).expect("both schemas can be held");
    let (upgrade, downgrade) = (
        written(dialect, &upgrade, "up"),
        written(dialect, &downgrade, "down"),
    );

    let mut connection = database(dialect, from);
    fill(&mut *connection);
    let (old_view, new_view) = rows::shared(&before, &after, answers);
    let whole = rows::whole(&before);
    let at_first = rows::read(&mut *connection, dialect, &whole).expect("the tables are there");
    let expected = in_order(rows::read(&mut *connection, dialect, &old_view).expect("the tables are there"));

    if let Err(error) = run_script(&mut *connection, dialect, &upgrade) {
        let found = rows::read(&mut *connection, dialect, &whole).expect("the tables are there");
        assert_eq!(
            dialect.reflect(&mut *connection).as_ref(),
            Ok(&before),
            "after {error}\n{upgrade}"
        );
        assert_eq!(found, at_first, "after {error}\n{upgrade}");
        return Outcome::Refused;
    }
    assert_holds(
        &mut *connection,
        dialect,
        (&after, &new_view),
        &expected,
        &upgrade,
    );
    match run_script(&mut *connection, dialect, &downgrade) {
        Ok(()) => {
            assert_holds(
                &mut *connection,
                dialect,
                (&before, &old_view),
                &expected,
                &downgrade,
            );
            Outcome::TakenBack
        }
        Err(error) => {
            let what = format!("{error}\n{downgrade}");
            assert_holds(&mut *connection, dialect, (&after, &new_view), &expected, &what);
            Outcome::Stayed
        }
    }
}

/// Asserts that the database is the normalized schema and has the expected rows.
fn assert_holds(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    (schema, view): (&Schema, &rows::View),
    expected: &[Vec<String>],
    what: &str,
) {
    assert_eq!(dialect.reflect(connection).as_ref(), Ok(schema), "after {what}");
    let found = in_order(rows::read(connection, dialect, view).expect("the tables are there"));
    assert_eq!(found, expected, "after {what}");
}

fn normalized(dialect: &dyn Dialect, schema: &Schema) -> Schema {
    dialect.normalize(schema).expect("the schema can be held")
}

/// Returns the script, having made sure that it reads as it was written.
fn written(dialect: &dyn Dialect, plan: &Plan, title: &str) -> String {
    let text = render(plan, title);
    let read = script::parse(&text, dialect.lexicon()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let steps = |plan: &Plan| {
        plan.statements
            .iter()
            .map(|statement| statement.step.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        steps(&read),
        steps(plan),
        "a script reads as it was written\n{text}"
    );
    text
}

/// The rows of each table, whatever the tables are called.
fn in_order(rows: Rows) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = rows.into_values().collect();
    rows.sort();
    rows
}
