#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! What `--sql` prints, on every database that tests find: the same as a run, safe to run again, and stopping where it must.

use std::time::Duration;

use autogen_tests::revisions::{Project, id, ids, revision};
use autogen_tests::servers::{self, Database};
use autogen_tests::{notation, shell};
use schema_core::db::{Connection, Value};
use schema_core::dialect::Dialect;
use schema_core::diff::{Answers, diff};
use schema_core::history::files::{Scripts, write_revision};
use schema_core::history::{History, RevisionId};
use schema_core::plan::{Plan, plan};
use schema_core::runner::{Options, Repeat, applied, downgrade_script, upgrade, upgrade_script};
use schema_core::script::render;

const STEPS: [&str; 4] = [
    "",
    "items\n    id i64 auto\n    name text(80)\n    primary key (id)",
    "items\n    id i64 auto\n    name text(80)\n    price i64 null\n    primary key (id)\n    unique uq_items_name (name)\n    charset latin1",
    "items\n    id i64 auto\n    name text(120)\n    price i64 null\n    primary key (id)\n    index ix_items_price (price)",
];

/// A history of three revisions for one dialect; the second adds a row.
fn history(project: &Project, dialect: &dyn Dialect) -> History {
    for (number, pair) in (1..).zip(STEPS.windows(2)) {
        let (from, to) = (notation::schema(pair[0]), notation::schema(pair[1]));
        let plans = plan(dialect, &from, &to, &Answers::default()).unwrap();
        let parents: Vec<u32> = (1..number).next_back().into_iter().collect();
        let mut revision = revision(number, &parents, "it's a step");
        revision.operations = diff(&from, &to, &Answers::default());
        let mut upgrade = render(&plans.upgrade, "up");
        if number == 2 {
            upgrade.push_str("\nINSERT INTO items (id, name) VALUES (7, 'it''s; one');\n");
        }
        let downgrade = render(&plans.downgrade, "down");
        let scripts = Scripts { upgrade, downgrade };
        let scripts = [(dialect.name().to_owned(), scripts)].into();
        write_revision(&project.migrations(), &revision, &scripts).unwrap();
    }
    project.load()
}

fn options() -> Options {
    Options::new("1.0", || Duration::ZERO, Duration::from_secs(10))
}

/// Returns the tables, the rows and the revisions.
fn contents(connection: &mut dyn Connection, dialect: &dyn Dialect) -> String {
    let schema = dialect.reflect(connection).unwrap();
    let rows: Vec<Vec<Value>> = match schema.tables.is_empty() {
        true => Vec::new(),
        false => connection.query("SELECT * FROM items ORDER BY id", &[]).unwrap(),
    };
    let revisions: Vec<_> = applied(connection, dialect)
        .unwrap()
        .into_iter()
        .map(|row| {
            (
                row.id,
                row.parents,
                row.message,
                row.checksum,
                row.downgrade,
                row.statements_done,
            )
        })
        .collect();
    format!("{schema:?}\n{rows:?}\n{revisions:?}")
}

fn on_all(test: impl Fn(&Database, &History)) {
    for database in servers::databases() {
        let project = Project::new();
        let history = history(&project, database.dialect());
        test(database, &history);
    }
}

fn up(dialect: &dyn Dialect, history: &History, from: &[RevisionId], to: u32, repeat: Repeat) -> String {
    upgrade_script(dialect, history, from, &[id(to)], repeat, "1.0").unwrap()
}

#[test]
fn a_script_makes_what_a_run_makes_and_takes_it_back() {
    on_all(|database, history| {
        let dialect = database.dialect();
        let (mut runner, mut by_shell) = (database.empty(), database.empty());
        upgrade(&mut *runner, dialect, history, &[id(3)], &options(), &mut |_| {}).unwrap();
        shell::run(
            &mut *by_shell,
            dialect,
            &up(dialect, history, &[], 2, Repeat::Stop),
        )
        .unwrap();
        shell::run(
            &mut *by_shell,
            dialect,
            &up(dialect, history, &[id(2)], 3, Repeat::Stop),
        )
        .unwrap();
        assert_eq!(contents(&mut *by_shell, dialect), contents(&mut *runner, dialect));
        let moment = applied(&mut *by_shell, dialect).unwrap().remove(0).applied_at;
        assert!(
            moment.starts_with("20") && moment.ends_with('Z') && moment.len() == 20,
            "{moment}"
        );
        let back = downgrade_script(dialect, history, &ids([3]), &[], Repeat::Stop, "1.0").unwrap();
        shell::run(&mut *by_shell, dialect, &back).unwrap();
        assert_eq!(applied(&mut *by_shell, dialect).unwrap(), []);
        assert!(dialect.reflect(&mut *by_shell).unwrap().tables.is_empty());
    });
}

#[test]
fn a_script_stops_on_a_database_that_is_not_where_it_begins() {
    on_all(|database, history| {
        let dialect = database.dialect();
        let mut connection = database.empty();
        shell::run(
            &mut *connection,
            dialect,
            &up(dialect, history, &[], 1, Repeat::Stop),
        )
        .unwrap();
        let before = contents(&mut *connection, dialect);
        for script in [
            up(dialect, history, &[], 3, Repeat::Stop),
            up(dialect, history, &[id(2)], 3, Repeat::Stop),
            downgrade_script(dialect, history, &ids([3]), &ids([2]), Repeat::Stop, "1.0").unwrap(),
        ] {
            shell::run(&mut *connection, dialect, &script).unwrap_err();
            let _ = connection.execute("ROLLBACK", &[]);
            assert_eq!(contents(&mut *connection, dialect), before, "{}", dialect.name());
        }
    });
}

#[test]
fn a_script_stops_on_a_database_that_is_within_a_revision() {
    on_all(|database, history| {
        let dialect = database.dialect();
        let mut connection = database.empty();
        let first_two = up(dialect, history, &[], 2, Repeat::Stop);
        shell::run(&mut *connection, dialect, &first_two).unwrap();
        let note = r#"{"script":"upgrade","checksum":"sha256:0","done":1,"steps":"sha256:1"}"#;
        let sql = format!(
            "UPDATE _autogen_revisions SET unfinished = '{note}' WHERE id = '{}'",
            id(2)
        );
        connection.execute(&sql, &[]).unwrap();
        let before = contents(&mut *connection, dialect);
        for repeat in [Repeat::Stop, Repeat::PassOver] {
            for script in [
                up(dialect, history, &[], 2, Repeat::PassOver),
                up(dialect, history, &[], 3, Repeat::PassOver),
                up(dialect, history, &[id(2)], 3, repeat),
                downgrade_script(dialect, history, &ids([2]), &ids([1]), repeat, "1.0").unwrap(),
            ] {
                let error = shell::run(&mut *connection, dialect, &script).unwrap_err();
                assert!(error.contains("a revision is unfinished"), "{error}");
                let _ = connection.execute("ROLLBACK", &[]);
                assert_eq!(contents(&mut *connection, dialect), before, "{}", dialect.name());
            }
        }
    });
}

#[test]
fn an_idempotent_script_passes_over_what_is_done_or_says_that_it_cannot() {
    on_all(|database, history| {
        let dialect = database.dialect();
        let mut runner = database.empty();
        upgrade(&mut *runner, dialect, history, &[id(3)], &options(), &mut |_| {}).unwrap();
        let expected = contents(&mut *runner, dialect);
        let script = up(dialect, history, &[], 3, Repeat::PassOver);
        for begun in 0..=3 {
            let mut connection = database.empty();
            if begun > 0 {
                shell::run(
                    &mut *connection,
                    dialect,
                    &up(dialect, history, &[], begun, Repeat::Stop),
                )
                .unwrap();
            }
            let passes_over = dialect.once("1 = 1", &Plan::default()).is_some();
            assert_eq!(
                script.contains("stops, having changed nothing"),
                !passes_over,
                "{script}"
            );
            let by_itself = script.contains("commits each change of a table by itself");
            assert_eq!(by_itself, dialect.name() == "mysql", "{script}");
            for nth in 0..2 {
                let before = contents(&mut *connection, dialect);
                let ran = shell::run(&mut *connection, dialect, &script);
                if passes_over || begun + nth == 0 {
                    assert_eq!(ran, Ok(()), "{}, from {begun}", dialect.name());
                    assert_eq!(contents(&mut *connection, dialect), expected, "from {begun}");
                    continue;
                }
                assert!(script.contains("stops, having changed nothing"), "{script}");
                assert!(ran.is_err_and(|error| error.contains("already")));
                connection.execute("ROLLBACK", &[]).unwrap();
                assert_eq!(contents(&mut *connection, dialect), before);
            }
            if applied(&mut *connection, dialect).unwrap().len() < 3 {
                continue;
            }
            let back =
                downgrade_script(dialect, history, &ids([3]), &ids([1]), Repeat::PassOver, "1.0").unwrap();
            shell::run(&mut *connection, dialect, &back).unwrap();
            if passes_over {
                shell::run(&mut *connection, dialect, &back).unwrap();
            }
            assert_eq!(applied(&mut *connection, dialect).unwrap().len(), 1);
        }
    });
}

/// A trigger belongs to no model, so no script knows how to put it back.
#[test]
fn a_script_does_not_lose_a_trigger() {
    let Some(database) = servers::database("sqlite") else {
        return;
    };
    let dialect = database.dialect();
    let project = Project::new();
    history(&project, dialect);
    let (from, to) = (
        notation::schema(STEPS[3]),
        notation::schema("items\n    id i64\n    name i64\n    primary key (id)"),
    );
    let plans = plan(dialect, &from, &to, &Answers::default()).unwrap();
    let mut last = revision(4, &[3], "rebuild");
    last.operations = diff(&from, &to, &Answers::default());
    project.write(
        &last,
        &render(&plans.upgrade, "up"),
        &render(&plans.downgrade, "down"),
    );
    let history = project.load();
    let mut connection = database.empty();
    shell::run(
        &mut *connection,
        dialect,
        &up(dialect, &history, &[], 3, Repeat::Stop),
    )
    .unwrap();
    connection.execute("DELETE FROM items", &[]).unwrap();
    connection
        .execute(
            "CREATE TRIGGER kept AFTER INSERT ON items BEGIN SELECT 1; END",
            &[],
        )
        .unwrap();
    let script = up(dialect, &history, &ids([3]), 4, Repeat::Stop);
    let error = shell::run(&mut *connection, dialect, &script).unwrap_err();
    assert!(error.contains("would lose a trigger"), "{error}");
    connection.execute("ROLLBACK", &[]).unwrap();
    connection.execute("DROP TRIGGER kept", &[]).unwrap();
    shell::run(&mut *connection, dialect, &script).unwrap();
}

/// As with a trigger: whether the table is made anew or defined anew, its ON CONFLICT clauses are in no script.
#[test]
fn a_script_does_not_lose_what_happens_on_a_conflict() {
    let Some(database) = servers::database("sqlite") else {
        return;
    };
    let dialect = database.dialect();
    let items = |name: &str| {
        notation::schema(&format!(
            "items\n    id i64\n    {name}\n    primary key (id)\n    unique uq_name (name)"
        ))
    };
    let from = items("name text null");
    for (to, clause, lost) in [
        (items("name i64 null"), " ON CONFLICT IGNORE", true),
        (items("name i64 null"), " ON\n\tCONFLICT REPLACE", true),
        (items("name text null default 'x'"), " on conflict fail", true),
        (items("name i64 null"), "", false),
        (items("name text null default 'x'"), "", false),
    ] {
        let mut connection = database.empty();
        let create = format!(
            "CREATE TABLE items (id BIGINT NOT NULL, name TEXT, CONSTRAINT pk_items PRIMARY KEY (id), CONSTRAINT uq_name UNIQUE (name){clause})"
        );
        connection.execute(&create, &[]).unwrap();
        connection.allow_schema_edits(true).unwrap();
        let plans = plan(dialect, &from, &to, &Answers::default()).unwrap();
        let script = render(&dialect.standalone(&plans.upgrade), "up");
        let ran = shell::run(&mut *connection, dialect, &script);
        match ran {
            Ok(()) => assert!(!lost, "{script}"),
            Err(error) => assert!(lost && error.contains("ON CONFLICT clause"), "{error}"),
        }
    }
}

#[test]
fn what_is_prepared_with_values_is_passed_over_as_well() {
    let Some(database) = servers::databases()
        .iter()
        .find(|one| one.dialect().name() == "mysql")
    else {
        return;
    };
    let dialect = database.dialect();
    let project = Project::new();
    let upgrade = "CREATE TABLE items (id INT PRIMARY KEY, name TEXT);\nSET @id = 1, @name = 'a';\nPREPARE Add_item FROM 'INSERT INTO items VALUES (?, ?)';\nEXECUTE add_item USING @id, @name;\nDEALLOCATE PREPARE add_item;\n";
    let scripts = Scripts {
        upgrade: upgrade.to_owned(),
        downgrade: "DROP TABLE items;\n".to_owned(),
    };
    let scripts = [(dialect.name().to_owned(), scripts)].into();
    write_revision(&project.migrations(), &revision(1, &[], "by hand"), &scripts).unwrap();
    let script = up(dialect, &project.load(), &[], 1, Repeat::PassOver);
    let mut connection = database.empty();
    for _ in 0..2 {
        shell::run(&mut *connection, dialect, &script).unwrap();
    }
    let rows = connection.query("SELECT count(*) FROM items", &[]).unwrap();
    assert_eq!(rows, [[Value::Integer(1)]]);
}

#[test]
fn the_shell_of_postgres_is_told_to_stop_at_an_error() {
    on_all(|database, history| {
        let dialect = database.dialect();
        let script = up(dialect, history, &[], 3, Repeat::Stop);
        let (head, _) = script.split_once("\n\n").unwrap();
        assert_eq!(
            head.ends_with("\n\\set ON_ERROR_STOP on"),
            dialect.name() == "postgres",
            "{head}"
        );
        assert!(head.contains("must not go on behind an error"), "{head}");
    });
}
