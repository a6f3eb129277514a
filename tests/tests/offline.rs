#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! What `--sql` prints leads to the very database that the runner makes: every case of `tests/diff` as a history of two revisions, with
//! rows in between.

use std::path::Path;
use std::time::Duration;

use autogen_tests::case::{Case, statements};
use autogen_tests::revisions::{Project, ids, revision};
use autogen_tests::rows;
use schema_core::db::{
    Connection,
    sqlite::{Missing, SqliteConnection},
};
use schema_core::dialect::{Dialect, sqlite::Sqlite};
use schema_core::diff::{Answers, diff};
use schema_core::history::History;
use schema_core::plan::plan;
use schema_core::runner::{Options, Repeat, downgrade, downgrade_script, upgrade, upgrade_script};
use schema_core::schema::Schema;
use schema_core::script::render;

const DIALECT: &dyn Dialect = &Sqlite;

/// Writes a case as two revisions, or says that SQLite cannot hold it.
fn project(case: &Case) -> Option<Project> {
    let project = Project::new();
    let steps = [
        (Schema::default(), case.from.clone(), Answers::default()),
        (case.from.clone(), case.to.clone(), case.answers.clone()),
    ];
    for ((from, to, answers), number) in steps.into_iter().zip(1..) {
        let plans = plan(DIALECT, &from, &to, &answers).ok()?;
        let parents: Vec<u32> = (1..number).collect();
        let mut revision = revision(number, &parents, "it's a step");
        revision.operations = diff(&from, &to, &answers);
        let (up, down) = (render(&plans.upgrade, "up"), render(&plans.downgrade, "down"));
        project.write(&revision, &up, &down);
    }
    Some(project)
}

fn options() -> Options {
    Options::new("1.0", || Duration::ZERO, Duration::from_secs(10))
}

/// Runs a script as the sqlite3 library does: statement by statement, up to the first error, as the shell is told.
fn shell(path: &Path, script: &str) -> Result<(), String> {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection
        .execute_batch(&script.replacen("\n.bail on\n", "\n", 1))
        .map_err(|error| error.to_string())
}

/// Returns all that is in a database, byte by byte, but for the moments in the version table.
fn contents(path: &Path) -> Vec<String> {
    let connection = rusqlite::Connection::open(path).unwrap();
    let query = |sql: &str| -> Vec<String> {
        let mut statement = connection.prepare(sql).unwrap();
        let count = statement.column_count();
        let rows = statement.query_map([], |row| {
            let values: Vec<String> = (0..count)
                .map(|at| format!("{:?}", row.get_ref(at).unwrap()))
                .collect();
            Ok(values.join(", "))
        });
        rows.unwrap().map(Result::unwrap).collect()
    };
    let mut contents = query("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name");
    let tables = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> '_autogen_revisions' ORDER BY name")
        .unwrap()
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap()
        .collect::<Result<Vec<_>, _>>()
        .unwrap();
    for table in tables {
        contents.extend(query(&format!(
            "SELECT '{table}', * FROM \"{table}\" ORDER BY 1, 2"
        )));
    }
    contents.extend(query("SELECT id, parents, message, checksum, downgrade, statements_done, tool_version, tag, unfinished FROM _autogen_revisions ORDER BY id"));
    contents.extend(query(
        "SELECT applied_at LIKE '____-__-__T__:__:__Z' FROM _autogen_revisions",
    ));
    contents
}

fn online(path: &Path, history: &History, number: u32) -> Result<(), String> {
    let mut connection = SqliteConnection::open(path, Missing::Create).unwrap();
    let result = upgrade(
        &mut connection,
        DIALECT,
        history,
        &ids([number]),
        &options(),
        &mut |_| {},
    );
    result.map(drop).map_err(|error| error.to_string())
}

fn fill(path: &Path, case: &Case) {
    let mut connection = SqliteConnection::open(path, Missing::Create).unwrap();
    match case.rows("sqlite") {
        Some(rows) => {
            for statement in statements(rows) {
                connection.execute(statement, &[]).unwrap();
            }
        }
        None => rows::fill(&mut connection, DIALECT, &case.from),
    }
}

fn check(path: &Path) -> datatest_stable::Result<()> {
    let case = Case::read(path);
    let Some(project) = project(&case).filter(|_| case.is_for("sqlite")) else {
        return Ok(());
    };
    let history = project.load();
    let (by_runner, by_script) = (project.path("runner.db"), project.path("script.db"));
    let script = |from: &[u32], to: &[u32]| {
        let (from, to) = (ids(from.iter().copied()), ids(to.iter().copied()));
        upgrade_script(DIALECT, &history, &from, &to, Repeat::Stop, "1.0").unwrap()
    };

    online(&by_runner, &history, 1).unwrap();
    shell(&by_script, &script(&[], &[1])).unwrap();
    assert_eq!(contents(&by_script), contents(&by_runner), "from nothing");

    fill(&by_runner, &case);
    fill(&by_script, &case);
    let before = contents(&by_script);
    let (runner, by_shell) = (
        online(&by_runner, &history, 2),
        shell(&by_script, &script(&[1], &[2])),
    );
    if by_shell.is_err() {
        stopped(&runner, &by_shell);
        assert_eq!(contents(&by_script), before, "what stops changes nothing");
        return Ok(());
    }
    assert_eq!(runner, by_shell, "both or neither");
    assert_eq!(contents(&by_script), contents(&by_runner), "with rows");
    let again = shell(&by_script, &script(&[1], &[2])).unwrap_err();
    assert!(again.contains("already"), "{again}");
    assert_eq!(
        contents(&by_script),
        contents(&by_runner),
        "a second time changes nothing"
    );

    let back = downgrade_script(DIALECT, &history, &ids([2]), &ids([1]), Repeat::Stop, "1.0").unwrap();
    let mut connection = SqliteConnection::open(&by_runner, Missing::Create).unwrap();
    let runner = downgrade(
        &mut connection,
        DIALECT,
        &history,
        &ids([1]),
        &options(),
        &mut |_| {},
    );
    let runner = runner.map(drop).map_err(|error| error.to_string());
    let by_shell = shell(&by_script, &back);
    if by_shell.is_err() {
        stopped(&runner, &by_shell);
        return Ok(());
    }
    assert_eq!(runner, by_shell, "both or neither");
    assert_eq!(contents(&by_script), contents(&by_runner), "on the way back");
    Ok(())
}

/// A script stops where the runner fails, or says that statements alone cannot do what the runner can.
fn stopped(runner: &Result<(), String>, by_shell: &Result<(), String>) {
    let says_so = by_shell
        .as_ref()
        .is_err_and(|error| error.contains("upgrade it with autogen"));
    assert!(
        runner.is_err() || says_so,
        "both or neither: {runner:?}, {by_shell:?}"
    );
}

datatest_stable::harness! {
    { test = check, root = "diff", pattern = r".*\.txt$" },
}
