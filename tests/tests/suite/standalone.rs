#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! The law of `diff`: what it prints leads in any shell from one schema to the other, keeps the rows and what no schema can
//! say, and leaves nothing to do; or it stops, and nothing has changed.

use std::cell::Cell;

use autogen_tests::dice::runner;
use autogen_tests::generate::{self, Pair, typed};
use autogen_tests::law::create;
use autogen_tests::rows;
use autogen_tests::servers::{self, Database};
use proptest::test_runner::TestCaseError;
use schema_core::db::{Connection, Error};
use schema_core::dialect::sqlite::Sqlite;
use schema_core::dialect::{self, Dialect, Unmanaged, generalize};
use schema_core::diff::{Answers, losses};
use schema_core::plan::{Side, Way, way};
use schema_core::runner::{self, load, rehearse};
use schema_core::schema::{Schema, TableName};
use schema_core::script::{render, statements};

/// Runs a script as a shell does that stops at the first error.
fn shell(connection: &mut dyn Connection, dialect: &dyn Dialect, sql: &str) -> Result<(), Error> {
    // SQLite's shell is not defensive; a server has nothing to allow.
    let _ = connection.allow_schema_edits(true);
    for statement in statements(sql, dialect.lexicon()).unwrap() {
        let schema_core::plan::Step::Execute { sql } = statement.step else {
            panic!("a shell knows statements only: {statement:?}");
        };
        if let Err(error) = connection.execute(&sql, &[]) {
            let _ = connection.execute("ROLLBACK", &[]);
            return Err(error);
        }
    }
    Ok(())
}

/// Returns the script between two schemas for a database that holds the first, and things that no schema can say.
fn script(
    database: &Database,
    connection: &mut dyn Connection,
    (before, after): (&Side, &Side),
    answers: &Answers,
) -> Option<String> {
    let dialect = database.dialect();
    let Way { operations, plan } = way(dialect, before, after, answers).unwrap();
    if operations.is_empty() {
        return Some(String::new());
    }
    let scratch = &mut *database.empty();
    let mut structure = dialect.structure(connection).unwrap();
    if structure.is_empty() {
        runner::create(scratch, dialect, &before.held).unwrap();
    }
    while !structure.is_empty() {
        let before = structure.len();
        structure.retain(|sql| scratch.execute(sql, &[]).is_err());
        assert!(structure.len() < before, "{structure:?}");
    }
    match rehearse(scratch, dialect, &plan, &after.held) {
        Ok(plan) => Some(render(&dialect.standalone(&plan), "from one to the other")),
        // What a server refuses there is refused by `diff`, and nothing is printed.
        Err(error) if dialect.name() == "sqlite" => panic!("{error}\n{}", render(&plan, "plan")),
        Err(_) => None,
    }
}

fn side(database: &Database, schema: &Schema) -> Option<Side> {
    let dialect = database.dialect();
    let held = dialect.normalize(schema).ok()?;
    Some(Side {
        neutral: schema.clone(),
        held: dialect.stored(&mut *database.empty(), held).unwrap(),
    })
}

/// Hangs a trigger on every table, and a view on every one that stays under its name: no view may be left without its table.
fn hang(connection: &mut dyn Connection, dialect: &dyn Dialect, schema: &Schema, gone: &[TableName]) {
    let mut run = |sql: String| connection.execute(&sql, &[]).map(drop).unwrap();
    let body = match dialect.name() {
        "sqlite" => "BEGIN SELECT 1; END",
        "mysql" => "FOR EACH ROW SET @seen = 1",
        _ => {
            run(
                "CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
                    .to_owned(),
            );
            "FOR EACH ROW EXECUTE FUNCTION seen()"
        }
    };
    for (at, name) in schema.tables.keys().enumerate() {
        let parts = name.schema.iter().chain([&name.name]);
        let table = parts
            .map(|part| dialect.quote(part))
            .collect::<Vec<_>>()
            .join(".");
        run(format!(
            "CREATE TRIGGER trigger_{at} AFTER DELETE ON {table} {body}"
        ));
        if !gone.contains(name) {
            run(format!(
                "CREATE VIEW view_{at} AS SELECT count(*) AS n FROM {table}"
            ));
        }
    }
}

#[test]
fn what_diff_prints_leads_there_in_any_shell() {
    for database in servers::databases() {
        let dialect = database.dialect();
        let (ran, stopped) = (Cell::new(0), Cell::new(0));
        let law = |pair: Pair| {
            let Pair { from, to, answers } = typed::pair(dialect, &pair);
            let sides = (side(database, &from), side(database, &to));
            let (Some(before), Some(after)) = sides else {
                return Err(TestCaseError::reject("unsupported"));
            };
            let connection = &mut *database.empty();
            create(connection, dialect, &from);
            rows::fill(connection, dialect, &from);
            let lost: Vec<TableName> = losses(&from, &to, &answers)
                .into_iter()
                .filter(|target| target.column.is_none())
                .map(|target| target.table)
                .collect();
            let mut gone = lost.clone();
            if dialect.name() == "mysql" {
                // A view there stays with the name, whatever becomes of the table; `diff` refuses to leave it behind.
                gone.extend(answers.renamed_tables.keys().cloned());
            }
            hang(connection, dialect, &from, &gone);
            let hanging = dialect.unmanaged(connection).unwrap();
            let stays = |thing: &&Unmanaged| !thing.part_of.iter().any(|table| lost.contains(table));
            let (old_view, new_view) = rows::shared(&before.held, &after.held, &answers);
            let kept = values(connection, dialect, &old_view);
            let whole = values(connection, dialect, &rows::whole(&before.held));

            let Some(sql) = script(database, connection, (&before, &after), &answers) else {
                stopped.set(stopped.get() + 1);
                return Ok(());
            };
            let mut expected = names(hanging.iter());
            match shell(connection, dialect, &sql) {
                Ok(()) => {
                    expected = names(hanging.iter().filter(stays));
                    ran.set(ran.get() + 1);
                    let found = dialect.reflect(connection).unwrap();
                    assert_eq!(found, after.held, "after {sql}");
                    assert_eq!(values(connection, dialect, &new_view), kept, "after {sql}");
                    let again = Side {
                        neutral: generalize(dialect, &found),
                        held: found,
                    };
                    let left = way(dialect, &again, &after, &Answers::default())
                        .unwrap()
                        .operations;
                    assert_eq!(left, [], "after {sql}");
                }
                Err(error) => {
                    stopped.set(stopped.get() + 1);
                    if dialect.session().transactional() {
                        let what = format!("{error}\n{sql}");
                        let found = dialect.reflect(connection).unwrap();
                        assert_eq!(found, before.held, "after {what}");
                        let view = rows::whole(&before.held);
                        assert_eq!(values(connection, dialect, &view), whole, "after {what}");
                    } else {
                        return Ok(());
                    }
                }
            }
            let found = dialect.unmanaged(connection).unwrap();
            assert_eq!(names(found.iter()), expected, "after {sql}");
            Ok(())
        };
        let tries = if dialect.name() == "sqlite" { 150 } else { 20 };
        runner(tries).run(&generate::pair(), law).unwrap();
        // A law that hardly ever applies would prove nothing.
        let (ran, stopped) = (ran.get(), stopped.get());
        println!("{}: {ran} ran, {stopped} stopped", dialect.name());
        assert!(ran > stopped, "{}: {ran} ran, {stopped} stopped", dialect.name());
    }
}

fn names<'a>(things: impl Iterator<Item = &'a Unmanaged>) -> Vec<String> {
    things.map(ToString::to_string).collect()
}

/// Returns the rows of each table, whatever the tables are called.
fn values(connection: &mut dyn Connection, dialect: &dyn Dialect, view: &rows::View) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = rows::read(connection, dialect, view)
        .unwrap()
        .into_values()
        .collect();
    rows.sort();
    rows
}

#[test]
fn a_schema_that_is_held_is_normalized_from_its_general_form() {
    for dialect in dialect::all() {
        let law = |schema: Schema| {
            let schema = typed::schema(*dialect, &schema);
            let schema = typed::schema(*dialect, &schema);
            let Ok(held) = dialect.normalize(&schema) else {
                return Err(TestCaseError::reject("unsupported"));
            };
            let neutral = generalize(*dialect, &held);
            assert_eq!(dialect.normalize(&neutral), Ok(held), "{}", dialect.name());
            Ok(())
        };
        runner(300).run(&generate::schema(), law).unwrap();
    }
}

#[test]
fn what_no_schema_can_say_is_told_with_what_it_depends_on() {
    let Some(database) = servers::database("sqlite") else {
        return;
    };
    let mut connection = database.empty();
    let text = "
        BEGIN;
        CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT UNIQUE ON CONFLICT REPLACE, \"With Space\" TEXT);
        CREATE TABLE log (line TEXT);
        CREATE VIEW cheap AS SELECT * FROM Items;
        CREATE TRIGGER stamp AFTER INSERT ON items BEGIN INSERT INTO log VALUES ('a;b'); END;
        CREATE TRIGGER instead INSTEAD OF INSERT ON cheap BEGIN SELECT 1; END;
        CREATE VIRTUAL TABLE found USING fts5(name, content='items');
        CREATE TABLE _autogen_own (a);
        COMMIT;";
    load(&mut *connection, &Sqlite, text).unwrap();
    let found: Vec<String> = Sqlite
        .unmanaged(&mut *connection)
        .unwrap()
        .iter()
        .map(|thing| {
            let tables: Vec<String> = thing.depends_on.iter().map(ToString::to_string).collect();
            let part = thing.part_of.as_ref().map(|table| format!(" of {table}"));
            format!("{thing}{}: {}", part.unwrap_or_default(), tables.join(", "))
        })
        .collect();
    assert_eq!(
        found,
        [
            "clause ON CONFLICT REPLACE of `items` of items: items",
            "trigger `instead`: ",
            "trigger `stamp` of items: items, log",
            "view `cheap`: items",
            "virtual table `found`: items",
        ]
    );
    let mut copy = database.empty();
    for sql in Sqlite.structure(&mut *connection).unwrap() {
        copy.execute(&sql, &[]).unwrap();
    }
    assert_eq!(
        Sqlite.unmanaged(&mut *copy).unwrap(),
        Sqlite.unmanaged(&mut *connection).unwrap()
    );
    assert_eq!(
        Sqlite.reflect(&mut *copy).unwrap(),
        Sqlite.reflect(&mut *connection).unwrap()
    );
}

#[test]
fn a_file_that_fails_to_load_is_told_with_line_and_statement() {
    let Some(database) = servers::database("sqlite") else {
        return;
    };
    let mut connection = database.empty();
    let error = load(
        &mut *connection,
        &Sqlite,
        "-- one\nCREATE TABLE a (b);\n\nCREATE TABLE a (\n  b\n);\n",
    )
    .unwrap_err();
    let text = error.to_string();
    assert!(text.contains("line 4"), "{text}");
    assert!(text.contains("CREATE TABLE a (\n  |   b"), "{text}");
}
