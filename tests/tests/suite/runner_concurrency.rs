//! Many upgraders of one SQLite file at once: each revision is applied once, and everyone succeeds.

#![allow(clippy::unwrap_used)]

use std::sync::Barrier;
use std::time::Duration;

use autogen_tests::revisions::{Project, ids, revision};
use schema_core::db::{Connection, Error, ErrorKind, Value};
use schema_core::dialect::sqlite::Sqlite;
use schema_core::history::History;
use schema_core::runner::{self, FailureCause, Options, RunError};

use crate::database::{self, Database, options};

const THREADS: usize = 16;
const ROUNDS: usize = 6;

/// Five revisions, one of them a change of data that shows if it is applied twice, one that replaces a table.
fn project() -> Project {
    let project = Project::new();
    project.create_table(1, &[], "prices");
    project.write(
        &revision(2, &[1], "fill"),
        "ALTER TABLE prices ADD COLUMN cents INTEGER;\nINSERT INTO prices (name, cents) VALUES ('a', 1), ('b', 2);\n",
        "",
    );
    project.write(
        &revision(3, &[2], "to cents"),
        "UPDATE prices SET cents = cents * 100;\n",
        "UPDATE prices SET cents = cents / 100;\n",
    );
    project.write(
        &revision(4, &[3], "rebuild"),
        "-- autogen: foreign-keys-off\n\n-- autogen: keep-dependents prices\n\nCREATE TABLE new (id INTEGER PRIMARY KEY, name TEXT, cents INTEGER NOT NULL);\nINSERT INTO new SELECT id, name, cents FROM prices;\nDROP TABLE prices;\nALTER TABLE new RENAME TO prices;\n\n-- autogen: restore-dependents prices\n",
        "",
    );
    project.create_table(5, &[4], "tags");
    project
}

fn race(wal: bool) {
    for round in 0..ROUNDS {
        let project = project();
        let database = Database::new(project.path("app.db"));
        if wal {
            database.query("PRAGMA journal_mode = WAL");
        }
        let history = project.load();
        let start = Barrier::new(THREADS);
        let mut done = Vec::new();
        std::thread::scope(|scope| {
            let upgraders: Vec<_> = (0..THREADS)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        database.upgrade(&history)
                    })
                })
                .collect();
            for upgrader in upgraders {
                let applied = upgrader.join().unwrap();
                done.extend(applied.unwrap_or_else(|error| panic!("round {round}, WAL {wal}: {error}")));
            }
        });
        done.sort_unstable();
        assert_eq!(done, ids(1..=5), "each was applied by exactly one");
        assert_eq!(database.applied(), ids(1..=5));
        let rows = database.query("SELECT name, cents FROM prices ORDER BY name");
        assert_eq!(
            rows,
            [
                [Value::Text("a".into()), Value::Integer(100)],
                [Value::Text("b".into()), Value::Integer(200)],
            ]
        );
    }
}

#[test]
fn sixteen_upgraders_of_one_file_apply_each_revision_once() {
    race(false);
}

#[test]
fn sixteen_upgraders_of_one_file_with_a_write_ahead_log_apply_each_revision_once() {
    race(true);
}

#[test]
fn upgraders_and_downgraders_never_leave_a_half() {
    let project = project();
    let database = Database::new(project.path("app.db"));
    let history = project.load();
    database.upgrade_to(&history, &ids([2])).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (database, history) = (&database, &history);
            scope.spawn(move || {
                for _ in 0..5 {
                    let outcome = if thread % 2 == 0 {
                        database.upgrade_to(history, &ids([3]))
                    } else {
                        database.downgrade(history, &ids([2]))
                    };
                    outcome.unwrap_or_else(|error| panic!("{error}"));
                }
            });
        }
    });
    let at_three = database.applied() == ids([1, 2, 3]);
    let cents = database.query("SELECT sum(cents) FROM prices");
    assert_eq!(cents, [[Value::Integer(if at_three { 300 } else { 3 })]]);
}

/// A connection beside which someone does something at the first try of a statement, and is done with it at some later one.
///
/// `PRAGMA journal_mode = WAL` is one with which SQLite does not wait: it reads first, and who reads may not wait for someone who writes, since he waits for
/// the readers (<https://sqlite.org/c3ref/busy_handler.html>).
struct Beside<'a> {
    inner: Box<dyn Connection>,
    begin: &'a dyn Fn() -> Box<dyn Connection>,
    other: Option<Box<dyn Connection>>,
    tries: usize,
    done_at: usize,
}

impl<'a> Beside<'a> {
    fn new(database: &Database, done_at: usize, begin: &'a dyn Fn() -> Box<dyn Connection>) -> Self {
        Beside {
            inner: database.open(),
            begin,
            other: None,
            tries: 0,
            done_at,
        }
    }

    fn upgrade(&mut self, history: &History, options: &Options) -> Result<(), RunError> {
        runner::upgrade(self, &Sqlite, history, history.heads(), options, &mut |_| {}).map(drop)
    }
}

impl Connection for Beside<'_> {
    fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64, Error> {
        if sql == "PRAGMA journal_mode = WAL" {
            self.tries += 1;
            if self.tries == 1 {
                self.other = Some((self.begin)());
            }
            if self.tries == self.done_at {
                self.other = None;
            }
        }
        self.inner.execute(sql, parameters)
    }

    fn for_each(
        &mut self,
        sql: &str,
        parameters: &[Value],
        row: &mut dyn FnMut(Vec<Value>) -> bool,
    ) -> Result<(), Error> {
        self.inner.for_each(sql, parameters, row)
    }

    fn limit_statements(&mut self, limit: Option<Duration>) -> Result<(), Error> {
        self.inner.limit_statements(limit)
    }
}

fn to_wal() -> (History, Database, Project) {
    let project = Project::new();
    project.write(
        &revision(1, &[], "wal"),
        "-- autogen: no-transaction\n\nCREATE TABLE t (a);\nPRAGMA journal_mode = WAL;\nINSERT INTO t VALUES (1);\n",
        "",
    );
    let database = Database::new(project.path("app.db"));
    (project.load(), database, project)
}

/// Returns a connection that is writing.
fn writer(database: &Database) -> Box<dyn Connection> {
    let mut writer = database.open();
    writer.execute("BEGIN IMMEDIATE", &[]).unwrap();
    writer
}

#[test]
fn what_sqlite_does_not_wait_for_is_tried_again() {
    let (history, database, _project) = to_wal();
    let write = || writer(&database);
    let mut connection = Beside::new(&database, 3, &write);
    connection.upgrade(&history, &options()).unwrap();
    assert_eq!(connection.tries, 3);
    assert_eq!(database.query("PRAGMA journal_mode"), [[Value::from("wal")]]);
    assert_eq!(database.query("SELECT a FROM t"), [[Value::Integer(1)]]);
}

#[test]
fn it_is_not_tried_for_longer_than_a_lock_may_take() {
    let (history, database, _project) = to_wal();
    let write = || writer(&database);
    let mut connection = Beside::new(&database, usize::MAX, &write);
    let impatient = Options {
        lock_timeout: Duration::ZERO,
        ..options()
    };
    let error = connection.upgrade(&history, &impatient).unwrap_err();
    let RunError::Failed(failure) = &error else {
        panic!("{error}")
    };
    assert!(
        matches!(&failure.cause, FailureCause::Database(error) if error.kind == ErrorKind::Locked),
        "{error}"
    );
    assert_eq!(connection.tries, 1);
    drop(connection);
    database.upgrade(&history).unwrap();
    assert_eq!(database.query("PRAGMA journal_mode"), [[Value::from("wal")]]);
    assert_eq!(database.query("SELECT a FROM t"), [[Value::Integer(1)]]);
}

#[test]
fn it_is_not_tried_again_once_someone_else_has_done_it() {
    let (history, database, _project) = to_wal();
    let do_it_all = || {
        database.upgrade(&history).unwrap();
        database.query("PRAGMA journal_mode = DELETE");
        writer(&database)
    };
    let mut connection = Beside::new(&database, usize::MAX, &do_it_all);
    connection.upgrade(&history, &options()).unwrap();
    assert_eq!(connection.tries, 1);
    drop(connection);
    assert_eq!(database.query("PRAGMA journal_mode"), [[Value::from("delete")]]);
    assert_eq!(database.query("SELECT a FROM t"), [[Value::Integer(1)]]);
}

#[test]
fn a_backup_is_what_was_there_when_the_scripts_began() {
    let (project, folder) = (project(), tempfile::tempdir().unwrap());
    for (head, journal) in [
        ("", "WAL"),
        ("", "DELETE"),
        ("-- autogen: no-transaction\n\n", "DELETE"),
    ] {
        let project = if head.is_empty() {
            &project
        } else {
            &Project::new()
        };
        if !head.is_empty() {
            project.write(&revision(1, &[], "step"), &format!("{head}DELETE FROM t;\n"), "");
        }
        let name = format!("{journal}{}", head.len());
        let database = Database::new(folder.path().join(&name));
        database.execute("CREATE TABLE t (a)");
        let mut other = database.open();
        other
            .query(&format!("PRAGMA journal_mode = {journal}"), &[])
            .unwrap();
        other.execute("BEGIN IMMEDIATE", &[]).unwrap();
        other.execute("INSERT INTO t VALUES (7)", &[]).unwrap();
        let path = folder.path().join(format!("{name}.backup"));
        let options = Options {
            backup: Some(path.clone()),
            ..options()
        };
        let (history, mut said) = (project.load(), Vec::new());
        runner::upgrade(
            &mut *database.open(),
            &Sqlite,
            &history,
            history.heads(),
            &options,
            &mut |event| {
                if let runner::Event::Waiting { .. } = event {
                    other.execute("COMMIT", &[]).unwrap();
                }
                said.push(database::said(event).split(' ').next().unwrap().to_owned());
            },
        )
        .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(said[..4], ["context", "waiting", "backup", "upgrade"]);
        let copy = Database::new(path);
        assert_eq!(copy.query("SELECT a FROM t"), [[Value::Integer(7)]], "{name}");
        assert_eq!(copy.names(), ["t"]);
    }
}
