#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! Where a printed script stops, on every database that tests find: what a run would not do there, it does not do either.

use std::time::Duration;

use autogen_tests::revisions::{Project, id, ids, plain, revision};
use autogen_tests::servers::{self, Database, Empty};
use autogen_tests::shell;
use schema_core::db::{Connection, Value};
use schema_core::dialect::Dialect;
use schema_core::history::files::{Scripts, write_revision};
use schema_core::history::{History, Revision, Squashed};
use schema_core::plan::Plan;
use schema_core::runner::{Options, Repeat, applied, downgrade_script, upgrade, upgrade_script};

/// A history of scripts that fail nowhere, however often they run: each doubles a number.
struct Doubling {
    database: &'static Database,
    project: Project,
}

impl Doubling {
    fn dialect(&self) -> &'static dyn Dialect {
        self.database.dialect()
    }

    fn write(&self, number: u32, parents: &[u32], overrules: &[u32], replaces: Vec<Squashed>) {
        let upgrade = match parents {
            [] => "CREATE TABLE tally (n INTEGER NOT NULL);\n\nINSERT INTO tally (n) VALUES (1);\n",
            [..] => "UPDATE tally SET n = n * 2;\n",
        };
        let scripts = Scripts {
            upgrade: upgrade.to_owned(),
            downgrade: "UPDATE tally SET n = n / 2;\n".to_owned(),
        };
        let revision = Revision {
            overrules: ids(overrules.iter().copied()),
            replaces,
            ..revision(number, parents, "double")
        };
        let scripts = [(self.dialect().name().to_owned(), scripts)].into();
        write_revision(&self.project.migrations(), &revision, &scripts).unwrap();
    }

    /// Returns a history with a merge, the fourth revision, that decided against the third.
    fn decided(&self) -> History {
        self.write(1, &[], &[], Vec::new());
        self.write(2, &[1], &[], Vec::new());
        self.write(3, &[1], &[], Vec::new());
        self.write(4, &[2, 3], &[3], Vec::new());
        self.project.load()
    }

    /// Returns a database at a revision.
    fn at(&self, history: &History, number: u32) -> Empty {
        let mut connection = self.database.empty();
        let options = Options::new("1.0", || Duration::ZERO, Duration::from_secs(10));
        upgrade(
            &mut *connection,
            self.dialect(),
            history,
            &[id(number)],
            &options,
            &mut |_| {},
        )
        .unwrap();
        connection
    }

    /// Asserts that scripts for those revisions stop before they change anything, and say why.
    fn stops(&self, connection: &mut dyn Connection, script: impl Fn(Repeat) -> String, why: &str) {
        let dialect = self.dialect();
        let contents = |connection: &mut dyn Connection| {
            let tally = connection.query("SELECT n FROM tally", &[]).unwrap();
            (tally, applied(connection, dialect).unwrap())
        };
        let before = contents(connection);
        for repeat in [Repeat::Stop, Repeat::PassOver] {
            let error = shell::run(connection, dialect, &script(repeat)).unwrap_err();
            assert!(error.contains(why), "{}, {repeat:?}: {error}", dialect.name());
            let _ = connection.execute("ROLLBACK", &[]);
            assert_eq!(contents(connection), before, "{}, {repeat:?}", dialect.name());
        }
    }

    fn up(&self, history: &History, from: u32, to: u32) -> impl Fn(Repeat) -> String {
        move |repeat| upgrade_script(self.dialect(), history, &[id(from)], &[id(to)], repeat, "1.0").unwrap()
    }

    fn down(&self, history: &History, from: u32, to: u32) -> impl Fn(Repeat) -> String {
        move |repeat| {
            downgrade_script(self.dialect(), history, &[id(from)], &[id(to)], repeat, "1.0").unwrap()
        }
    }
}

fn on_all(test: impl Fn(&Doubling)) {
    for database in servers::databases() {
        let project = Project::new();
        test(&Doubling { database, project });
    }
}

#[test]
fn on_a_part_of_what_a_revision_was_squashed_from() {
    on_all(|doubling| {
        doubling.write(1, &[], &[], Vec::new());
        doubling.write(2, &[1], &[], Vec::new());
        doubling.write(3, &[2], &[], Vec::new());
        let before = doubling.project.load();
        let mut connection = doubling.at(&before, 2);
        doubling.write(4, &[1], &[], plain([2, 3]));
        doubling.write(5, &[4], &[], Vec::new());
        let history = doubling.project.load();
        let why = format!("revisions squashed into `{}`", id(4));
        doubling.stops(&mut *connection, doubling.up(&history, 1, 4), &why);
        let why = format!("the database does not have `{}`", id(4));
        doubling.stops(&mut *connection, doubling.up(&history, 4, 5), &why);
        let why = format!("some of the revisions squashed into `{}`", id(4));
        doubling.stops(&mut *connection, doubling.down(&history, 4, 1), &why);
    });
}

/// A script that stops where a revision is done already stops there, too, if that is so by what it was squashed from.
#[test]
fn on_all_that_a_revision_was_squashed_from() {
    on_all(|doubling| {
        doubling.write(1, &[], &[], Vec::new());
        doubling.write(2, &[1], &[], Vec::new());
        let before = doubling.project.load();
        let mut connection = doubling.at(&before, 2);
        doubling.write(3, &[], &[], plain([1, 2]));
        let history = doubling.project.load();
        let script =
            upgrade_script(doubling.dialect(), &history, &[], &[id(3)], Repeat::Stop, "1.0").unwrap();
        let why = format!("revisions squashed into `{}`", id(3));
        doubling.stops(&mut *connection, |_| script.clone(), &why);
    });
}

/// As a run does, a script notes the squash: where it passes over it, and where it goes on from there. What was squashed may have been squashed before.
#[test]
fn what_a_revision_was_squashed_from_is_noted_as_that_revision() {
    on_all(|doubling| {
        let dialect = doubling.dialect();
        let rows = |connection: &mut dyn Connection| {
            let tally = connection.query("SELECT n FROM tally", &[]).unwrap();
            let rows = applied(connection, dialect).unwrap().into_iter();
            let rows = rows.map(|row| (row.id, row.parents, row.message, row.checksum, row.downgrade));
            (tally, rows.collect::<Vec<_>>())
        };
        for (number, parents) in [(1, &[][..]), (2, &[1]), (3, &[2]), (4, &[3])] {
            doubling.write(number, parents, &[], Vec::new());
        }
        let plain_history = doubling.project.load();
        doubling.write(5, &[1], &[], plain([2, 3]));
        let squashed_once = doubling.project.load();
        let again = Squashed::Again {
            id: id(5),
            replaces: plain([2, 3]),
        };
        doubling.write(6, &[1], &[], vec![again, Squashed::Plain(id(4))]);
        doubling.write(7, &[6], &[], Vec::new());
        let history = doubling.project.load();
        let upgrade_all = |connection: &mut dyn Connection| {
            let options = Options::new("1.0", || Duration::ZERO, Duration::from_secs(10));
            upgrade(connection, dialect, &history, &[id(7)], &options, &mut |_| {}).unwrap();
        };
        let passes_over = dialect.once("1 = 1", &Plan::default()).is_some();
        for before in [&plain_history, &squashed_once] {
            let mut by_runner = doubling.at(before, 4);
            upgrade_all(&mut *by_runner);
            for (from, repeat) in [(6, Repeat::Stop), (6, Repeat::PassOver), (1, Repeat::PassOver)] {
                if from == 1 && !passes_over {
                    continue;
                }
                let mut by_shell = doubling.at(before, 4);
                let script = doubling.up(&history, from, 7)(repeat);
                for _ in 0..if passes_over && repeat == Repeat::PassOver {
                    2
                } else {
                    1
                } {
                    shell::run(&mut *by_shell, dialect, &script).unwrap();
                    assert_eq!(
                        rows(&mut *by_shell),
                        rows(&mut *by_runner),
                        "{}, from {from}, {repeat:?}",
                        dialect.name()
                    );
                }
                upgrade_all(&mut *by_shell);
                assert_eq!(rows(&mut *by_shell), rows(&mut *by_runner));
            }
        }
    });
}

/// A database that has all that a revision was squashed from has that revision, and it can be taken back.
#[test]
fn what_a_revision_was_squashed_from_is_taken_back_as_that_revision() {
    on_all(|doubling| {
        let dialect = doubling.dialect();
        for (number, parents) in [(1, &[][..]), (2, &[1]), (3, &[2])] {
            doubling.write(number, parents, &[], Vec::new());
        }
        let plain_history = doubling.project.load();
        doubling.write(4, &[1], &[], plain([2, 3]));
        let squashed_once = doubling.project.load();
        let again = Squashed::Again {
            id: id(4),
            replaces: plain([2, 3]),
        };
        doubling.write(5, &[1], &[], vec![again]);
        let squashed_twice = doubling.project.load();
        let has = |connection: &mut dyn Connection| -> Vec<_> {
            let rows = applied(connection, dialect).unwrap();
            rows.into_iter().map(|row| row.id).collect()
        };
        for (history, squash) in [(&squashed_once, 4), (&squashed_twice, 5)] {
            for repeat in [Repeat::Stop, Repeat::PassOver] {
                let mut connection = doubling.at(&plain_history, 3);
                let script = doubling.down(history, squash, 1)(repeat);
                shell::run(&mut *connection, dialect, &script).unwrap();
                assert_eq!(has(&mut *connection), [id(1)], "{}, {repeat:?}", dialect.name());
                // Four, and once back by the script of the squash.
                let tally = connection.query("SELECT n FROM tally", &[]).unwrap();
                assert_eq!(tally, [[Value::Integer(2)]], "{}, {repeat:?}", dialect.name());
            }
        }
    });
}

/// Where no file says that a revision builds on the squash, the database does: by what that was squashed from.
#[test]
fn while_a_revision_of_the_database_alone_builds_on_what_one_was_squashed_from() {
    on_all(|doubling| {
        for (number, parents) in [(1, &[][..]), (2, &[1]), (3, &[2])] {
            doubling.write(number, parents, &[], Vec::new());
        }
        let mut connection = doubling.at(&doubling.project.load(), 3);
        let elsewhere = Doubling {
            database: doubling.database,
            project: Project::new(),
        };
        elsewhere.write(4, &[], &[], plain([1, 2]));
        let history = elsewhere.project.load();
        let script =
            downgrade_script(elsewhere.dialect(), &history, &[id(4)], &[], Repeat::Stop, "1.0").unwrap();
        let error = shell::run(&mut *connection, elsewhere.dialect(), &script).unwrap_err();
        let why = format!("builds on `{}`", id(4));
        assert!(error.contains(&why), "{}: {error}", elsewhere.dialect().name());
    });
}

#[test]
fn on_what_a_merge_decided_against_and_on_a_merge_that_did() {
    on_all(|doubling| {
        let history = doubling.decided();
        let why = format!("the database has `{}`, which `{}`", id(3), id(4));
        doubling.stops(&mut *doubling.at(&history, 3), doubling.up(&history, 1, 4), &why);
        let why = format!("the database has `{}`, which decided against `{}`", id(4), id(3));
        doubling.stops(&mut *doubling.at(&history, 4), doubling.up(&history, 1, 3), &why);
    });
}

/// What a merge decided against stays so where that merge lost against another one.
#[test]
fn on_what_a_merge_decided_against_that_lost_itself() {
    on_all(|doubling| {
        doubling.decided();
        doubling.write(5, &[1], &[], Vec::new());
        doubling.write(6, &[4, 5], &[2, 4], Vec::new());
        let history = doubling.project.load();
        for (at, merge) in [(3, 4), (2, 6)] {
            let why = format!(
                "the database has `{}`, which `{}` decided against",
                id(at),
                id(merge)
            );
            doubling.stops(&mut *doubling.at(&history, at), doubling.up(&history, 1, 6), &why);
        }
    });
}

#[test]
fn not_without_a_parent_that_a_merge_decided_against() {
    on_all(|doubling| {
        let history = doubling.decided();
        for repeat in [Repeat::Stop, Repeat::PassOver] {
            let mut connection = doubling.at(&history, 2);
            let script = doubling.up(&history, 2, 4)(repeat);
            shell::run(&mut *connection, doubling.dialect(), &script).unwrap();
            let tally = connection.query("SELECT n FROM tally", &[]).unwrap();
            assert_eq!(
                tally,
                [[Value::Integer(4)]],
                "{}, {repeat:?}",
                doubling.dialect().name()
            );
        }
    });
}

#[test]
fn without_what_a_revision_builds_on() {
    on_all(|doubling| {
        doubling.write(1, &[], &[], Vec::new());
        doubling.write(2, &[1], &[], Vec::new());
        doubling.write(3, &[2], &[], Vec::new());
        let history = doubling.project.load();
        let why = format!("the database does not have `{}`", id(2));
        doubling.stops(&mut *doubling.at(&history, 1), doubling.up(&history, 2, 3), &why);
    });
}

#[test]
fn under_what_builds_on_a_revision_that_would_be_taken_back() {
    on_all(|doubling| {
        doubling.write(1, &[], &[], Vec::new());
        doubling.write(2, &[1], &[], Vec::new());
        let before = doubling.project.load();
        doubling.write(3, &[2], &[], Vec::new());
        let history = doubling.project.load();
        let why = format!("builds on `{}`", id(2));
        // Whether the files know what builds on it, or only the database does.
        for known in [&history, &before] {
            doubling.stops(&mut *doubling.at(&history, 3), doubling.down(known, 2, 1), &why);
        }
        // Or only the files do: in the database it stands on another one, as before it was rebased.
        let mut connection = doubling.at(&history, 3);
        let rebased = format!(
            "UPDATE _autogen_revisions SET parents = '{}' WHERE id = '{}'",
            id(1),
            id(3)
        );
        connection.execute(&rebased, &[]).unwrap();
        doubling.stops(&mut *connection, doubling.down(&history, 2, 1), &why);
    });
}
