//! Scripts out of a transaction: interrupted anywhere, they go on at the very statement, and no statement takes effect twice.

#![allow(clippy::unwrap_used)]

use std::fs;

use autogen_tests::autocommit::Autocommit;
use autogen_tests::chain::is_long;
use autogen_tests::dying::{Dying, Lost};
use autogen_tests::revisions::{Project, id, ids, revision};
use schema_core::db::{Connection, Value};
use schema_core::dialect::Dialect;
use schema_core::dialect::sqlite::Sqlite;
use schema_core::history::{Direction, History, RevisionId};
use schema_core::runner::{self, Finding, HalfwayCause, RunError, Tables};

use crate::database::{Database, options, said};

/// Four revisions that show it if a statement of them is left out or done twice, with a rebuild of a filled table that has a trigger.
fn project() -> Project {
    let project = Project::new();
    project.create_table(1, &[], "prices");
    project.write(
        &revision(2, &[1], "fill"),
        "ALTER TABLE prices ADD COLUMN cents INTEGER;\nINSERT INTO prices (name, cents) VALUES ('a', 1), ('b', 2);\nUPDATE prices SET cents = cents * 100;\nCREATE INDEX ix ON prices (cents);\nCREATE TABLE log (a);\nCREATE TRIGGER tr AFTER UPDATE ON prices BEGIN INSERT INTO log VALUES (NEW.cents); END;\n",
        "DROP TABLE log;\nDROP TRIGGER tr;\nDROP INDEX ix;\nDELETE FROM prices;\nALTER TABLE prices DROP COLUMN cents;\n",
    );
    project.write(
        &revision(3, &[2], "rebuild"),
        "-- autogen: foreign-keys-off\n\n-- autogen: keep-dependents prices\n\nCREATE TABLE new (id INTEGER PRIMARY KEY, name TEXT, cents INTEGER NOT NULL);\nINSERT INTO new SELECT id, name, cents FROM prices;\nDROP TABLE prices;\nALTER TABLE new RENAME TO prices;\n\n-- autogen: restore-dependents prices\n\n-- autogen: expect-no-rows a price is gone\nSELECT 1 WHERE 2 <> (SELECT count(*) FROM prices);\n",
        "UPDATE prices SET cents = cents + 1;\n",
    );
    project.create_table(4, &[3], "tags");
    project
}

fn upgrade(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    history: &History,
    log: &mut Vec<String>,
) -> Result<(), RunError> {
    runner::upgrade(
        connection,
        dialect,
        history,
        history.heads(),
        &options(),
        &mut |event| {
            log.push(said(event));
        },
    )
    .map(drop)
}

/// Upgrades a SQLite file step by step, as if it could not take back what it changes.
fn stepwise(database: &Database, project: &Project) -> Result<(), RunError> {
    upgrade(
        &mut *database.open(),
        &Autocommit,
        &project.load(),
        &mut Vec::new(),
    )
}

/// Runs `script` on connections that are lost at their first call, their second, and so on, until one holds to the end; after each, the next upgrade must
/// come to a state that undisturbed runs come to.
fn lose_everywhere(history: &History, dialect: &dyn Dialect, script: Direction) {
    let project = Project::new();
    let start = Database::new(project.path("start.db"));
    let mut expected = Vec::new();
    if script == Direction::Downgrade {
        upgrade(&mut *start.open_unsynced(), dialect, history, &mut Vec::new()).unwrap();
        expected.push(start.state());
    }
    // A downgrade that was lost between two revisions has taken back the first of them.
    for target in [ids([3]), ids([2]), ids([1])] {
        let database = start.copy(project.path("undisturbed.db"));
        if script == Direction::Downgrade {
            downgrade(&mut *database.open_unsynced(), dialect, history, &target).unwrap();
        }
        upgrade(&mut *database.open_unsynced(), dialect, history, &mut Vec::new()).unwrap();
        expected.push(database.state());
    }
    let mut resumed = 0;
    // Every call in a long run, every third one else.
    let stride = if is_long() { 1 } else { 3 };
    for lost in [Lost::Before, Lost::After] {
        for calls in (1..).step_by(stride) {
            let database = start.copy(project.path("app.db"));
            let mut connection = Dying::new(database.open_unsynced(), calls, lost);
            let outcome = match script {
                Direction::Upgrade => upgrade(&mut connection, dialect, history, &mut Vec::new()),
                Direction::Downgrade => downgrade(&mut connection, dialect, history, &ids([1])),
            };
            let held = !connection.is_lost();
            drop(connection);
            let mut log = Vec::new();
            upgrade(&mut *database.open_unsynced(), dialect, history, &mut log)
                .unwrap_or_else(|error| panic!("{lost:?} {calls}: {error}\n{outcome:?}"));
            let state = database.state();
            assert!(
                expected.contains(&state),
                "{lost:?} {calls}: {outcome:?} {log:?}\n{state:#?}"
            );
            resumed += usize::from(log.iter().any(|line| line.starts_with("resume")));
            if held {
                outcome.unwrap();
                break;
            }
        }
    }
    let goes_on = !dialect.session().transactional();
    assert_eq!(resumed > 5, goes_on, "{resumed} runs went on in a script");
}

fn downgrade(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    history: &History,
    targets: &[RevisionId],
) -> Result<(), RunError> {
    runner::downgrade(connection, dialect, history, targets, &options(), &mut |_| {}).map(drop)
}

#[test]
fn an_upgrade_that_is_lost_anywhere_is_completed_by_the_next() {
    lose_everywhere(&project().load(), &Autocommit, Direction::Upgrade);
}

#[test]
fn a_downgrade_that_is_lost_anywhere_is_completed_by_the_next_upgrade() {
    lose_everywhere(&project().load(), &Autocommit, Direction::Downgrade);
}

#[test]
fn so_it_is_where_scripts_run_in_transactions() {
    lose_everywhere(&project().load(), &Sqlite, Direction::Upgrade);
    lose_everywhere(&project().load(), &Sqlite, Direction::Downgrade);
}

const OUTSIDE: &str = "-- autogen: no-transaction\n\nINSERT INTO prices (name) VALUES ('a');\nVACUUM;\nPRAGMA journal_mode = WAL;\nUPDATE prices SET name = name || name;\n";

fn outside() -> (Project, History) {
    let project = Project::new();
    project.create_table(1, &[], "prices");
    project.write(
        &revision(2, &[1], "outside"),
        OUTSIDE,
        "-- autogen: no-transaction\nDELETE FROM prices;\nPRAGMA journal_mode = DELETE;\n",
    );
    project.create_table(3, &[2], "tags");
    let history = project.load();
    (project, history)
}

#[test]
fn a_script_that_says_so_runs_out_of_a_transaction_on_sqlite() {
    let (project, history) = outside();
    let database = Database::new(project.path("app.db"));
    let mut log = Vec::new();
    upgrade(&mut *database.open(), &Sqlite, &history, &mut log).unwrap();
    assert_eq!(
        log,
        [
            "context sqlite true",
            "upgrade  -> 01, create prices",
            "upgraded 01 in 0ns",
            "upgrade 01 -> 02, outside",
            "upgraded 02 in 0ns",
            "upgrade 02 -> 03, create tags",
            "upgraded 03 in 0ns",
        ]
    );
    let rows = runner::applied(&mut *database.open(), &Sqlite).unwrap();
    assert_eq!((rows[1].statements_done, &rows[1].unfinished), (4, &None));
    assert_eq!(database.query("PRAGMA journal_mode"), [[Value::from("wal")]]);
    assert_eq!(database.query("SELECT name FROM prices"), [[Value::from("aa")]]);
    assert_eq!(database.downgrade(&history, &ids([1])).unwrap(), ids([3, 2]));
    assert_eq!(database.query("PRAGMA journal_mode"), [[Value::from("delete")]]);
    assert_eq!(database.applied(), ids([1]));
}

#[test]
fn such_a_script_that_is_lost_anywhere_is_completed() {
    let (project, history) = outside();
    for lost in [Lost::Before, Lost::After] {
        for calls in 1.. {
            let database = Database::new(project.path(&format!("{lost:?}{calls}.db")));
            let mut connection = Dying::new(database.open_unsynced(), calls, lost);
            let outcome = upgrade(&mut connection, &Sqlite, &history, &mut Vec::new());
            let held = !connection.is_lost();
            drop(connection);
            upgrade(&mut *database.open_unsynced(), &Sqlite, &history, &mut Vec::new())
                .unwrap_or_else(|error| panic!("{lost:?} {calls}: {error}\n{outcome:?}"));
            assert_eq!(
                database.query("SELECT name FROM prices"),
                [[Value::from("aa")]],
                "{calls}"
            );
            assert_eq!(database.applied(), ids(1..=3));
            if held {
                break;
            }
        }
    }
}

#[test]
fn many_that_run_such_a_script_at_once_do_each_statement_once() {
    for round in 0..5 {
        let (project, history) = outside();
        let database = Database::new(project.path("app.db"));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    database
                        .upgrade(&history)
                        .unwrap_or_else(|error| panic!("round {round}: {error}"));
                });
            }
        });
        assert_eq!(
            database.query("SELECT name FROM prices"),
            [[Value::from("aa")]],
            "{round}"
        );
        assert_eq!(database.applied(), ids(1..=3));
    }
}

/// A history whose second revision fails at its third statement.
fn failing() -> (Project, Database, std::path::PathBuf) {
    let project = Project::new();
    project.create_table(1, &[], "prices");
    let folder = project.write(
        &revision(2, &[1], "half"),
        FAILING,
        "DROP TABLE a;\nDROP TABLE c;\n",
    );
    let database = Database::new(project.path("app.db"));
    (project, database, folder.join("upgrade.sqlite.sql"))
}

const FAILING: &str =
    "CREATE TABLE a (b);\nINSERT INTO a VALUES (1);\nUPDATE a SET\n    nonsense = 2;\nCREATE TABLE c (d);\n";

#[test]
fn what_failed_may_be_corrected_and_what_is_done_may_not() {
    let (project, database, script) = failing();
    let run = || {
        let mut log = Vec::new();
        let outcome = upgrade(&mut *database.open(), &Autocommit, &project.load(), &mut log);
        (log, outcome)
    };
    let (_, outcome) = run();
    let error = outcome.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "cannot upgrade to `690000020000` (half): `{}`, line 3: no such column: nonsense\n  | UPDATE a SET\n  |     nonsense = 2\nof this script, the first 2 of 4 steps are done and stay, since it runs out of a transaction; done before it: `690000010000`",
            script.display()
        )
    );
    assert!(
        error.hint().unwrap().contains("it goes on at this statement"),
        "{:?}",
        error.hint()
    );
    let findings = runner::check(
        &mut *database.open(),
        &Autocommit,
        &project.load(),
        &Tables::default(),
    )
    .unwrap()
    .findings;
    assert_eq!(
        findings,
        [Finding::Unfinished {
            direction: Direction::Upgrade,
            revision: id(2),
            message: "half".into(),
            done: 2,
        }]
    );

    fs::write(&script, FAILING.replace("(1)", "(7)")).unwrap();
    let (_, outcome) = run();
    let error = outcome.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "cannot go on with the upgrade script of `690000020000` (half), 2 steps of which are done: `{}` has been edited since",
            script.display()
        )
    );
    assert_eq!(
        error.hint().unwrap(),
        "restore the script as it was, and run it again; or undo its first 2 steps by hand, and forget it with `DELETE FROM _autogen_revisions WHERE id = '690000020000'`"
    );

    fs::write(&script, FAILING.replace("nonsense", "b")).unwrap();
    let (log, outcome) = run();
    outcome.unwrap();
    assert_eq!(
        log,
        [
            "context sqlite false",
            "resume upgrade 02, half, 2 of 4, line Some(3)",
            "upgraded 02 in 0ns"
        ]
    );
    assert_eq!(database.query("SELECT b FROM a"), [[Value::Integer(2)]]);
    let findings = runner::check(
        &mut *database.open(),
        &Autocommit,
        &project.load(),
        &Tables::default(),
    )
    .unwrap()
    .findings;
    assert!(
        !findings.iter().any(|finding| finding.code() == "edited-script"),
        "{findings:?}"
    );
}

#[test]
fn both_ways_out_of_a_changed_script_lead_out() {
    let (project, database, script) = failing();
    let interrupt = |calls| {
        let mut connection = Dying::new(database.open_unsynced(), calls, Lost::Before);
        upgrade(&mut connection, &Autocommit, &project.load(), &mut Vec::new()).unwrap_err();
    };
    fs::write(&script, FAILING.replace("nonsense", "b")).unwrap();
    database.upgrade_to(&project.load(), &ids([1])).unwrap();
    // Far enough to be in the script, which then is killed and has not failed.
    let calls = (1..1_000)
        .find(|calls| {
            interrupt(*calls);
            let rows = runner::applied(&mut *database.open(), &Autocommit).unwrap();
            rows.iter()
                .any(|row| row.unfinished.as_ref().is_some_and(|note| note.done == 1))
        })
        .unwrap();
    assert!(calls > 1);
    fs::write(
        &script,
        FAILING.replace("nonsense", "b").replace("c (d)", "c (e)"),
    )
    .unwrap();
    let error = stepwise(&database, &project).unwrap_err();
    let RunError::Halfway(halfway) = &error else {
        panic!("{error}")
    };
    assert_eq!(halfway.cause, HalfwayCause::Changed);

    let before = fs::read(&database.path).unwrap();
    fs::write(&script, FAILING.replace("nonsense", "b")).unwrap();
    stepwise(&database, &project).unwrap();

    fs::write(&database.path, before).unwrap();
    fs::write(
        &script,
        FAILING.replace("nonsense", "b").replace("c (d)", "c (e)"),
    )
    .unwrap();
    database.execute("DROP TABLE a");
    database.execute("DELETE FROM _autogen_revisions WHERE id = '690000020000'");
    stepwise(&database, &project).unwrap();
    assert_eq!(database.names(), ["_autogen_revisions", "a", "c", "prices"]);
}

#[test]
fn a_statement_of_which_nobody_can_tell_is_put_before_a_person() {
    for took_effect in [true, false] {
        let (project, database, script) = failing();
        fs::write(
            &script,
            "CREATE TABLE a (b);\nCREATE TABLE /* unclear */ c (d);\nINSERT INTO c VALUES (1);\n",
        )
        .unwrap();
        let lost = if took_effect { Lost::After } else { Lost::Before };
        let reached = (1..1_000).find(|calls| {
            let _ = fs::remove_file(&database.path);
            let mut connection = Dying::new(database.open_unsynced(), *calls, lost);
            let _ = upgrade(&mut connection, &Autocommit, &project.load(), &mut Vec::new());
            drop(connection);
            let rows = runner::applied(&mut *database.open(), &Autocommit).unwrap();
            let intended = rows.iter().any(|row| {
                row.unfinished
                    .as_ref()
                    .is_some_and(|note| note.done == 1 && note.intent.is_some())
            });
            intended && database.names().contains(&"c".to_owned()) == took_effect
        });
        assert!(reached.is_some());
        let error = stepwise(&database, &project).unwrap_err();
        let RunError::Halfway(halfway) = &error else {
            panic!("{error}")
        };
        let HalfwayCause::Unclear {
            line,
            if_done,
            if_not,
            ..
        } = &halfway.cause
        else {
            panic!("{error}")
        };
        assert_eq!(*line, 2);
        assert!(
            error
                .to_string()
                .contains("it says so itself\n  | CREATE TABLE /* unclear */ c (d)"),
            "{error}"
        );
        let hint = error.hint().unwrap();
        assert!(hint.contains(if_done) && hint.contains(if_not), "{hint}");
        database.execute(if took_effect { if_done } else { if_not });
        stepwise(&database, &project).unwrap();
        assert_eq!(database.query("SELECT d FROM c"), [[Value::Integer(1)]]);
    }
}

#[test]
fn a_downgrade_first_finishes_what_an_upgrade_left() {
    let (project, database, script) = failing();
    stepwise(&database, &project).unwrap_err();
    fs::write(&script, FAILING.replace("nonsense", "b")).unwrap();
    let history = project.load();
    let ahead = runner::ahead_of_downgrade(&mut *database.open(), &Autocommit, &history, &[]).unwrap();
    let ahead: Vec<_> = ahead
        .iter()
        .map(|job| (job.direction, job.revision, job.resumes_after))
        .collect();
    assert_eq!(
        ahead,
        [
            (Direction::Upgrade, id(2), Some(2)),
            (Direction::Downgrade, id(2), None),
            (Direction::Downgrade, id(1), None)
        ]
    );
    downgrade(&mut *database.open(), &Autocommit, &history, &[]).unwrap();
    assert_eq!(database.names(), ["_autogen_revisions"]);
}

#[test]
fn half_a_revision_that_the_files_lack_is_named() {
    let (project, database, script) = failing();
    stepwise(&database, &project).unwrap_err();
    fs::remove_dir_all(script.parent().unwrap()).unwrap();
    let history = project.load();
    let error = downgrade(&mut *database.open(), &Autocommit, &history, &[]).unwrap_err();
    let RunError::Halfway(halfway) = &error else {
        panic!("{error}")
    };
    assert_eq!(halfway.cause, HalfwayCause::Missing);
    let refused = upgrade(&mut *database.open(), &Autocommit, &history, &mut Vec::new()).unwrap_err();
    for error in [error, refused] {
        let hint = error.hint().unwrap();
        assert!(hint.starts_with("check out the branch that has it"), "{hint}");
        assert!(
            !hint.contains("downgrade"),
            "nothing takes half a revision back: {hint}"
        );
    }
}

#[test]
fn a_foreign_key_that_does_not_hold_is_not_got_used_to() {
    let project = Project::new();
    project.write(
        &revision(1, &[], "orphans"),
        "CREATE TABLE t (a INTEGER PRIMARY KEY);\nCREATE TABLE u (b INTEGER REFERENCES t);\n",
        "",
    );
    project.write(
        &revision(2, &[1], "more"),
        "-- autogen: no-transaction\n-- autogen: foreign-keys-off\n\nCREATE TABLE v (a INTEGER);\nINSERT INTO u VALUES (5);\nINSERT INTO v VALUES (1);\n",
        "",
    );
    let history = project.load();
    for calls in 1.. {
        let database = Database::new(project.path(&format!("{calls}.db")));
        let mut connection = Dying::new(database.open_unsynced(), calls, Lost::After);
        let _ = upgrade(&mut connection, &Sqlite, &history, &mut Vec::new());
        let held = !connection.is_lost();
        drop(connection);
        for _ in 0..2 {
            let error =
                upgrade(&mut *database.open_unsynced(), &Sqlite, &history, &mut Vec::new()).unwrap_err();
            assert!(
                error.to_string().contains("foreign keys do not hold"),
                "{calls}: {error}"
            );
        }
        database.execute("INSERT INTO t VALUES (5)");
        upgrade(&mut *database.open_unsynced(), &Sqlite, &history, &mut Vec::new())
            .unwrap_or_else(|error| panic!("{calls}: {error}"));
        if held {
            break;
        }
    }
}
