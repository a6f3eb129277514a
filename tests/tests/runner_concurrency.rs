//! Many upgraders of one SQLite file at once: each revision is applied once, and everyone succeeds.

#![allow(clippy::unwrap_used)]

mod database;
mod revisions;

use std::sync::Barrier;

use database::Database;
use revisions::{Project, ids, revision};
use schema_core::db::Value;

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
