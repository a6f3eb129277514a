#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! What `--sql` prints of scripts that a person wrote: bodies with semicolons, savepoints, values that depend on the session.

use std::time::Duration;

use autogen_tests::revisions::{Project, id, ids, revision};
use autogen_tests::{notation, servers, shell};
use schema_core::db::{Connection, Value};
use schema_core::dialect::Dialect;
use schema_core::diff::{Answers, diff};
use schema_core::history::History;
use schema_core::history::files::{Scripts, write_revision};
use schema_core::plan::plan;
use schema_core::runner::{Options, Repeat, applied, downgrade_script, upgrade, upgrade_script};
use schema_core::script::render;

/// A history of one revision with that script.
fn history(project: &Project, dialect: &dyn Dialect, upgrade: &str) -> History {
    let scripts = Scripts {
        upgrade: upgrade.to_owned(),
        downgrade: "-- autogen: irreversible a test\n".to_owned(),
    };
    let scripts = [(dialect.name().to_owned(), scripts)].into();
    write_revision(&project.migrations(), &revision(1, &[], "by hand"), &scripts).unwrap();
    project.load()
}

/// Upgrades to a revision as the command does.
fn run(connection: &mut dyn Connection, dialect: &dyn Dialect, history: &History, number: u32) {
    let options = Options::new("1.0", || Duration::ZERO, Duration::from_secs(10));
    upgrade(connection, dialect, history, &[id(number)], &options, &mut |_| {}).unwrap();
}

fn printed(dialect: &dyn Dialect, history: &History, repeat: Repeat) -> String {
    upgrade_script(dialect, history, &[], &ids([1]), repeat, "1.0").unwrap()
}

#[test]
fn a_body_with_semicolons_is_delimited_or_nothing_of_it_runs() {
    let Some(database) = servers::database("mysql") else {
        return;
    };
    let dialect = database.dialect();
    let project = Project::new();
    let history = history(
        &project,
        dialect,
        "CREATE TABLE items (n INT);\n\nCREATE TRIGGER positive BEFORE INSERT ON items FOR EACH ROW\nIF NEW.n < 0 THEN SET NEW.n = 0; END IF;\n\nCREATE PROCEDURE fill() WHILE (SELECT count(*) FROM items) < 2 DO INSERT INTO items VALUES (-1); END WHILE;\n\nCALL fill();\n",
    );
    let rows = |connection: &mut dyn Connection| connection.query("SELECT n FROM items", &[]);
    let expected = vec![vec![Value::Integer(0)]; 2];

    let mut by_runner = database.empty();
    run(&mut *by_runner, dialect, &history, 1);
    assert_eq!(rows(&mut *by_runner).unwrap(), expected);

    let script = printed(dialect, &history, Repeat::Stop);
    assert!(
        script.contains("DELIMITER //\nCREATE TRIGGER") && script.contains("END IF\n//\nDELIMITER ;\n"),
        "{script}"
    );
    let mut by_shell = database.empty();
    shell::run(&mut *by_shell, dialect, &script).unwrap();
    assert_eq!(rows(&mut *by_shell).unwrap(), expected);

    let script = printed(dialect, &history, Repeat::PassOver);
    shell::run(&mut *by_shell, dialect, &script).unwrap();
    assert_eq!(rows(&mut *by_shell).unwrap(), expected);
    let mut fresh = database.empty();
    match shell::run(&mut *fresh, dialect, &script) {
        Ok(()) => assert_eq!(rows(&mut *fresh).unwrap(), expected),
        Err(error) => {
            assert!(
                error.contains(
                    "stopped: this server prepares no CREATE TRIGGER; print without `--idempotent`"
                ),
                "{error}"
            );
            assert!(dialect.reflect(&mut *fresh).unwrap().tables.is_empty());
        }
    }
}

#[test]
fn a_script_has_the_settings_of_a_run() {
    let Some(database) = servers::database("postgres") else {
        return;
    };
    let dialect = database.dialect();
    for head in ["", "-- autogen: no-transaction\n\n"] {
        let project = Project::new();
        let history = history(
            &project,
            dialect,
            &format!(
                "{head}CREATE TABLE events (at timestamptz, length text);\nINSERT INTO events VALUES ('2024-01-01 12:00', (interval '1 day 2 hours')::text);\n"
            ),
        );
        let rows = |connection: &mut dyn Connection| {
            connection
                .query("SELECT extract(epoch FROM at)::text, length FROM events", &[])
                .unwrap()
        };
        let mut by_runner = database.empty();
        run(&mut *by_runner, dialect, &history, 1);
        for repeat in [Repeat::Stop, Repeat::PassOver] {
            let mut by_shell = database.empty();
            for setting in ["TimeZone = 'America/New_York'", "IntervalStyle = 'postgres'"] {
                by_shell.execute(&format!("SET {setting}"), &[]).unwrap();
            }
            shell::run(&mut *by_shell, dialect, &printed(dialect, &history, repeat)).unwrap();
            assert_eq!(rows(&mut *by_shell), rows(&mut *by_runner), "{head}{repeat:?}");
            if head.is_empty() {
                assert_eq!(
                    by_shell.query("SHOW TimeZone", &[]).unwrap(),
                    [[Value::Text("America/New_York".to_owned())]]
                );
            }
        }
    }
}

/// Blocks hold neither savepoints nor statements that run out of a transaction: there it is `psql` that passes over what is done.
#[test]
fn what_no_block_executes_is_passed_over_by_the_shell() {
    let Some(database) = servers::database("postgres") else {
        return;
    };
    let dialect = database.dialect();
    let scripts = [
        "CREATE TABLE items (n int, said text);\nSAVEPOINT a;\nDROP TABLE items;\nROLLBACK TO SAVEPOINT a;\n",
        "SELECT 1 AS n INTO numbers;\n",
        "-- autogen: no-transaction\n\nCREATE INDEX CONCURRENTLY ix_items_n ON items (n);\n\nINSERT INTO items VALUES (1, E'\\\\if''\\n');\n",
        "INSERT INTO items VALUES (2, 'two');\n",
    ];
    let project = Project::new();
    for (number, upgrade) in (1..).zip(scripts) {
        let parents: Vec<u32> = (1..number).next_back().into_iter().collect();
        let back = [
            "DROP TABLE items",
            "DROP TABLE numbers",
            "DROP INDEX CONCURRENTLY ix_items_n",
            "DELETE FROM items",
        ];
        let head = if number == 3 {
            "-- autogen: no-transaction\n\n"
        } else {
            ""
        };
        let scripts = Scripts {
            upgrade: upgrade.to_owned(),
            downgrade: format!("{head}{};\n", back[number as usize - 1]),
        };
        let scripts = [(dialect.name().to_owned(), scripts)].into();
        write_revision(
            &project.migrations(),
            &revision(number, &parents, "by hand"),
            &scripts,
        )
        .unwrap();
    }
    let history = project.load();
    let script = upgrade_script(dialect, &history, &[], &ids([4]), Repeat::PassOver, "1.0").unwrap();
    let back = downgrade_script(dialect, &history, &ids([4]), &[], Repeat::PassOver, "1.0").unwrap();
    assert_eq!(
        (script.matches("\n\\if ").count(), back.matches("\n\\if ").count()),
        (3, 1),
        "{script}{back}"
    );
    for script in [&script, &back] {
        assert_eq!(
            script.matches("It runs out of a transaction.").count(),
            1,
            "{script}"
        );
    }
    for begun in 0..=4 {
        let fresh = database.fresh();
        let mut connection = fresh.open();
        if begun > 0 {
            run(&mut *connection, dialect, &history, begun);
        }
        for _ in 0..2 {
            let Some(ran) = shell::psql(fresh.url(), &script) else {
                return;
            };
            assert_eq!(ran, Ok(()), "from {begun}");
            assert_eq!(applied(&mut *connection, dialect).unwrap().len(), 4);
            let rows = connection.query("SELECT count(*), count(DISTINCT n) FROM items", &[]);
            assert_eq!(
                rows.unwrap(),
                [[Value::Integer(2), Value::Integer(2)]],
                "from {begun}"
            );
        }
        for _ in 0..2 {
            assert_eq!(shell::psql(fresh.url(), &back), Some(Ok(())));
            assert_eq!(applied(&mut *connection, dialect).unwrap(), []);
        }
    }
}

/// Such a script is told from `empty` as any other.
#[test]
fn what_the_shell_passes_over_is_read_as_not_done() {
    let Some(database) = servers::database("postgres") else {
        return;
    };
    let dialect = database.dialect();
    let project = Project::new();
    let history = history(&project, dialect, "SELECT 1 AS n INTO items;\n");
    let mut connection = database.empty();
    shell::run(
        &mut *connection,
        dialect,
        &printed(dialect, &history, Repeat::PassOver),
    )
    .unwrap();
    assert_eq!(dialect.reflect(&mut *connection).unwrap().tables.len(), 1);
}

#[test]
fn a_comment_ends_where_the_server_says() {
    for database in servers::databases() {
        let dialect = database.dialect();
        let project = Project::new();
        let history = history(
            &project,
            dialect,
            "-- make a table\rCREATE TABLE one (id int);\nCREATE TABLE two (id int);\n",
        );
        let mut connection = database.empty();
        run(&mut *connection, dialect, &history, 1);
        let tables = dialect.reflect(&mut *connection).unwrap().tables.len();
        let mut by_shell = database.empty();
        shell::run(&mut *by_shell, dialect, &printed(dialect, &history, Repeat::Stop)).unwrap();
        assert_eq!(dialect.reflect(&mut *by_shell).unwrap().tables.len(), tables);
        // PostgreSQL alone ends a comment at a carriage return.
        assert_eq!(
            tables,
            if dialect.name() == "postgres" { 2 } else { 1 },
            "{}",
            dialect.name()
        );
        assert!(!printed(dialect, &history, Repeat::Stop).contains('\r') || dialect.name() == "postgres");
    }
}

#[test]
fn a_rule_and_a_function_in_sql_are_one_statement_each() {
    let Some(database) = servers::database("postgres") else {
        return;
    };
    let dialect = database.dialect();
    let project = Project::new();
    let history = history(
        &project,
        dialect,
        "CREATE TABLE items (n int);\nCREATE TABLE log (n int);\nCREATE RULE logged AS ON INSERT TO items DO ALSO (INSERT INTO log VALUES (NEW.n); INSERT INTO log VALUES (NEW.n + 1));\nCREATE FUNCTION total() RETURNS bigint BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN sum(n) END FROM log; END;\nINSERT INTO items VALUES (1);\n",
    );
    for by_script in [false, true] {
        let mut connection = database.empty();
        if by_script {
            shell::run(
                &mut *connection,
                dialect,
                &printed(dialect, &history, Repeat::Stop),
            )
            .unwrap();
        } else {
            run(&mut *connection, dialect, &history, 1);
        }
        assert_eq!(
            connection.query("SELECT total()::int", &[]).unwrap(),
            [[Value::Integer(3)]]
        );
    }
}

#[test]
fn a_table_is_defined_anew_in_the_order_in_which_the_history_stores_it() {
    let Some(database) = servers::database("sqlite") else {
        return;
    };
    let dialect = database.dialect();
    let project = Project::new();
    let steps = [
        "",
        "items\n    id i64 auto\n    name text(80) default 'a'\n    primary key (id)\n    unique uq_items_name (name)",
        "items\n    id i64 auto\n    note text(80) null\n    name text(80) default 'a'\n    primary key (id)\n    unique uq_items_name (name)",
        "items\n    id i64 auto\n    note text(80) null\n    name text(80) default 'b'\n    primary key (id)\n    unique uq_items_name (name)",
    ];
    for (number, pair) in (1..).zip(steps.windows(2)) {
        let (from, to) = (notation::schema(pair[0]), notation::schema(pair[1]));
        let plans = plan(dialect, &from, &to, &Answers::default()).unwrap();
        let parents: Vec<u32> = (1..number).next_back().into_iter().collect();
        let mut revision = revision(number, &parents, "a step");
        revision.operations = diff(&from, &to, &Answers::default());
        project.write(
            &revision,
            &render(&plans.upgrade, "up"),
            &render(&plans.downgrade, "down"),
        );
    }
    let history = project.load();
    let up = |from: &[u32]| {
        let from = ids(from.iter().copied());
        upgrade_script(dialect, &history, &from, &ids([3]), Repeat::Stop, "1.0").unwrap()
    };
    assert!(up(&[]).contains("writable_schema"), "{}", up(&[]));
    let mut by_runner = database.empty();
    run(&mut *by_runner, dialect, &history, 3);
    let stored = |connection: &mut dyn Connection| {
        let sql = "SELECT sql FROM sqlite_schema WHERE name = 'items'";
        connection.query(sql, &[]).unwrap()
    };
    for from in [&[][..], &[2]] {
        let mut by_shell = database.empty();
        if let [begun] = from {
            run(&mut *by_shell, dialect, &history, *begun);
        }
        by_shell.allow_schema_edits(true).unwrap();
        shell::run(&mut *by_shell, dialect, &up(from)).unwrap();
        assert_eq!(stored(&mut *by_shell), stored(&mut *by_runner));
        let back = downgrade_script(dialect, &history, &ids([3]), &ids([1]), Repeat::Stop, "1.0").unwrap();
        shell::run(&mut *by_shell, dialect, &back).unwrap();
        assert_eq!(applied(&mut *by_shell, dialect).unwrap().len(), 1);
    }
}

#[test]
fn whoever_prints_a_script_writes_to_no_file() {
    let Some(database) = servers::database("sqlite") else {
        return;
    };
    let project = Project::new();
    let other = project.path("other.db");
    let items = |ty: &str| format!("CREATE TABLE items (\n    id INTEGER NOT NULL,\n    name {ty}\n);\n");
    project.write(&revision(1, &[], "make"), &items("TEXT"), "");
    let attached = format!(
        "ATTACH '{}' AS other;\nCREATE TABLE other.a (b);\n",
        other.display()
    );
    project.write(&revision(2, &[1], "reach out"), &attached, "");
    let anew = format!("-- autogen: redefine-table\n{}", items("VARCHAR(80)"));
    project.write(&revision(3, &[2], "redefine"), &anew, "");
    let history = project.load();
    for from in [&[][..], &[2]] {
        let from = ids(from.iter().copied());
        let text = upgrade_script(
            database.dialect(),
            &history,
            &from,
            &ids([3]),
            Repeat::Stop,
            "1.0",
        )
        .unwrap();
        assert!(text.contains("VARCHAR(80)"), "{text}");
        assert!(!other.exists());
    }
}

#[test]
fn an_old_shell_does_nothing_and_none_goes_on_behind_an_error() {
    let Some(database) = servers::database("sqlite") else {
        return;
    };
    let dialect = database.dialect();
    for (sql, needed) in [
        (
            "CREATE TABLE items (n INT);\nALTER TABLE items ADD CONSTRAINT positive CHECK (n > 0);\n",
            "3.53",
        ),
        (
            "CREATE TABLE items (n INT CONSTRAINT positive CHECK (n > 0));\nALTER TABLE items ADD COLUMN m INT;\n",
            "3.37",
        ),
    ] {
        let project = Project::new();
        let history = history(&project, dialect, sql);
        let script = printed(dialect, &history, Repeat::Stop);
        let (head, rest) = script.split_once("\n.bail on\n").unwrap();
        assert!(
            head.contains(&format!("It needs SQLite {needed} or newer")),
            "{script}"
        );
        assert!(head.lines().all(|line| line.starts_with("--")), "{script}");
        assert!(rest.contains("INSERT INTO"), "{script}");
        shell::run(&mut *database.empty(), dialect, &script).unwrap();
        let mut old = database.empty();
        let script = script.replace("sqlite_version()", "'3.36.0'");
        let error = shell::run(&mut *old, dialect, &script).unwrap_err();
        assert!(
            error.contains(&format!("this script needs SQLite {needed} or newer")),
            "{error}"
        );
        assert_eq!(
            old.query("SELECT name FROM main.sqlite_schema", &[]).unwrap(),
            Vec::<Vec<Value>>::new()
        );
    }
}
