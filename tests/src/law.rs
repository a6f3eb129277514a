//! The laws of scripts, on a real database with rows: there, back, and nothing lost on the way.

use schema_core::db::Connection;
use schema_core::dialect::Dialect;
use schema_core::diff::Answers;
use schema_core::plan::{Plan, Plans, plan};
use schema_core::runner::run_script;
use schema_core::schema::Schema;
use schema_core::script::{self, render};

use crate::rows::{self, Rows, View};

/// What became of a walk along some schemas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Rows stood against an upgrade.
    Refused,
    /// The upgrades ran; rows stood against a way back.
    Stayed,
    /// All ran.
    TakenBack,
}

/// A walk along some schemas, and back.
#[derive(Debug)]
pub struct Walk {
    /// What became of it.
    pub outcome: Outcome,
    /// What stood against it, in the runner's words.
    pub error: Option<String>,
    /// All rows at the farthest point.
    pub upgraded: Rows,
    /// All rows at the end.
    pub downgraded: Rows,
}

/// Makes an empty database hold the schema.
///
/// # Panics
///
/// If the schema cannot be created.
pub fn create(connection: &mut dyn Connection, dialect: &dyn Dialect, schema: &Schema) {
    let plans =
        plan(dialect, &Schema::default(), schema, &Answers::default()).expect("the schema can be held");
    let script = render(&plans.upgrade, "create");
    run_script(connection, dialect, &script).unwrap_or_else(|error| panic!("{error}\n{script}"));
}

/// Runs the scripts for a pair of schemas there and back. See [`along`].
///
/// # Panics
///
/// If the law is broken: it says how, and shows the script.
pub fn there_and_back(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    from: &Schema,
    to: &Schema,
    answers: &Answers,
    fill: impl FnOnce(&mut dyn Connection),
) -> Walk {
    along(connection, dialect, from, &[(to.clone(), answers.clone())], fill)
}

/// Runs the scripts along some schemas, as far as rows let them, and back to the first one.
///
/// The database is empty, is made to hold the first schema, and its tables are filled by `fill`. After a script that ran,
/// the database reflects as the operations say, nothing is left to do, and every row is there with every value of the
/// columns that both schemas have alike. After one that did not, it is as before in every respect, if the engine can take
/// its changes back; where it cannot, the walk ends there.
///
/// # Panics
///
/// If the law is broken: it says how, and shows the script.
pub fn along(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    first: &Schema,
    others: &[(Schema, Answers)],
    fill: impl FnOnce(&mut dyn Connection),
) -> Walk {
    let mut steps = Vec::new();
    let mut from = first;
    for (to, answers) in others {
        steps.push(Step::between(connection, dialect, from, to, answers));
        from = to;
    }
    create(connection, dialect, first);
    fill(connection);

    let mut walk = Walk {
        outcome: Outcome::TakenBack,
        error: None,
        upgraded: Rows::new(),
        downgraded: Rows::new(),
    };
    let mut reached = 0;
    for step in &steps {
        if let Err(error) = step.upgrade().run(connection, dialect) {
            (walk.outcome, walk.error) = (Outcome::Refused, Some(error));
            if !dialect.session().transactional() {
                return walk;
            }
            break;
        }
        reached += 1;
    }
    let at = |reached: usize| reached.checked_sub(1).map(|last| &steps[last].after);
    let mut schema = normalized(dialect, first);
    walk.upgraded = all_rows(connection, dialect, at(reached).unwrap_or(&schema));
    for step in steps[..reached].iter().rev() {
        if let Err(error) = step.downgrade().run(connection, dialect) {
            if walk.outcome == Outcome::TakenBack {
                (walk.outcome, walk.error) = (Outcome::Stayed, Some(error));
            }
            if !dialect.session().transactional() {
                return walk;
            }
            schema.clone_from(&step.after);
            break;
        }
    }
    walk.downgraded = all_rows(connection, dialect, &schema);
    walk
}

/// One pair of schemas, as the dialect holds them, and the scripts between them.
struct Step {
    before: Schema,
    after: Schema,
    stored_before: Schema,
    stored_after: Schema,
    /// What both have.
    shared: (View, View),
    /// The same, and what is filled from it.
    carried: (View, View),
    upgrade: String,
    downgrade: String,
}

impl Step {
    fn between(
        connection: &mut dyn Connection,
        dialect: &dyn Dialect,
        from: &Schema,
        to: &Schema,
        answers: &Answers,
    ) -> Self {
        let (before, after) = (normalized(dialect, from), normalized(dialect, to));
        let mut stored = |schema: &Schema| {
            let stored = dialect.stored(connection, schema.clone());
            stored.unwrap_or_else(|error| panic!("{error}"))
        };
        let Plans { upgrade, downgrade } =
            plan(dialect, from, to, answers).expect("both schemas can be held");
        let again = plan(dialect, to, to, &Answers::default()).expect("the schema can be held");
        assert_eq!(again, Plans::default(), "the second diff is empty");
        let shared = rows::shared(&before, &after, answers);
        let (mut old, mut new) = shared.clone();
        rows::add_copies(&before, &after, answers, (&mut old, &mut new));
        Step {
            stored_before: stored(&before),
            stored_after: stored(&after),
            before,
            after,
            shared,
            carried: (old, new),
            upgrade: written(dialect, &upgrade, "up"),
            downgrade: written(dialect, &downgrade, "down"),
        }
    }

    fn upgrade(&self) -> Way<'_> {
        Way {
            script: &self.upgrade,
            from: (&self.before, &self.stored_before, &self.carried.0),
            to: (&self.after, &self.stored_after, &self.carried.1),
        }
    }

    fn downgrade(&self) -> Way<'_> {
        Way {
            script: &self.downgrade,
            from: (&self.after, &self.stored_after, &self.shared.1),
            to: (&self.before, &self.stored_before, &self.shared.0),
        }
    }
}

/// A step in one direction.
struct Way<'a> {
    script: &'a str,
    from: Side<'a>,
    to: Side<'a>,
}

/// One side of a step: the normalized schema, the same as the engine keeps it, and what both sides share.
type Side<'a> = (&'a Schema, &'a Schema, &'a View);

impl Way<'_> {
    /// Runs the script and asserts the law, whether it ran or not.
    fn run(&self, connection: &mut dyn Connection, dialect: &dyn Dialect) -> Result<(), String> {
        let Way {
            script,
            from: (before, stored_before, old_view),
            to: (_, stored_after, new_view),
        } = self;
        let whole = all_rows(connection, dialect, before);
        let expected = in_order(read(connection, dialect, old_view));
        let result = run_script(connection, dialect, script);
        match &result {
            Ok(()) => {
                assert_reflects(connection, dialect, stored_after, script);
                let found = in_order(read(connection, dialect, new_view));
                assert_eq!(found, expected, "after {script}");
            }
            Err(_) if !dialect.session().transactional() => {}
            Err(error) => {
                let what = format!("{error}\n{script}");
                assert_reflects(connection, dialect, stored_before, &what);
                let found = all_rows(connection, dialect, before);
                assert_eq!(found, whole, "after {what}");
            }
        }
        result.map_err(|error| cause(&error.to_string()))
    }
}

/// Returns what stood in the way, without the statement that found it, which the script has.
fn cause(error: &str) -> String {
    let lines = error.lines().filter(|line| !line.starts_with("  | "));
    let text = lines.collect::<Vec<_>>().join("\n");
    text.split_once(": ")
        .map_or(text.clone(), |(_, cause)| cause.to_owned())
}

fn assert_reflects(connection: &mut dyn Connection, dialect: &dyn Dialect, schema: &Schema, what: &str) {
    assert_eq!(dialect.reflect(connection).as_ref(), Ok(schema), "after {what}");
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

fn read(connection: &mut dyn Connection, dialect: &dyn Dialect, view: &View) -> Rows {
    rows::read(connection, dialect, view).expect("the tables are there")
}

fn all_rows(connection: &mut dyn Connection, dialect: &dyn Dialect, schema: &Schema) -> Rows {
    read(connection, dialect, &rows::whole(schema))
}

/// The rows of each table, whatever the tables are called.
fn in_order(rows: Rows) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = rows.into_values().collect();
    rows.sort();
    rows
}
