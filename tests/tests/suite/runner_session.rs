//! What a script leaves in its session, such as `SET`, is there again for the run that goes on with it; or that run says that it cannot be.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;

use autogen_tests::dying::{Dying, Lost};
use autogen_tests::revisions::{Project, id, ids, revision};
use autogen_tests::servers::{self, Fresh};
use schema_core::db::{self, Connection, DatabaseUrl, Value};
use schema_core::dialect::{self, Dialect};
use schema_core::history::files::{Scripts, write_revision};
use schema_core::runner::{self, HalfwayCause, Remains, RunError};

use crate::database::options;

/// How a database says it.
struct Words {
    dialect: &'static str,
    /// A value for the session, and a statement that keeps it in `late`, which is not there at first.
    setting: [&'static str; 2],
    /// How many rows `items` has, for the session, and a statement that keeps it in `late`.
    reading: [&'static str; 2],
}

const WORDS: [Words; 3] = [
    Words {
        dialect: "sqlite",
        setting: [
            "CREATE TEMP TABLE five AS SELECT 5 AS v",
            "INSERT INTO late SELECT v FROM five",
        ],
        reading: [
            "CREATE TEMP TABLE kept AS SELECT count(*) AS v FROM items",
            "INSERT INTO late SELECT v FROM kept",
        ],
    },
    Words {
        dialect: "postgres",
        setting: [
            "SET autogen_test.five = '5'",
            "INSERT INTO late SELECT current_setting('autogen_test.five')::int",
        ],
        reading: [
            "CREATE TEMP TABLE kept AS SELECT count(*)::int AS v FROM items",
            "INSERT INTO late SELECT v FROM kept",
        ],
    },
    Words {
        dialect: "mysql",
        setting: ["SET @five = 5", "INSERT INTO late SELECT @five"],
        reading: [
            "SET @kept = (SELECT count(*) FROM items)",
            "INSERT INTO late SELECT @kept",
        ],
    },
];

/// A project with one script, and a database with the table `items`.
struct Site {
    project: Project,
    dialect: &'static dyn Dialect,
    url: DatabaseUrl,
    _fresh: Option<Fresh>,
}

impl Site {
    /// Returns it, or nothing where there is no server.
    fn new(dialect: &str, statements: &[&str]) -> Option<Self> {
        let project = Project::new();
        let fresh = servers::database(dialect)?;
        let fresh = (dialect != "sqlite").then(|| fresh.fresh());
        let url = fresh.as_ref().map_or_else(
            || DatabaseUrl::Sqlite(project.path("app.db")),
            |fresh| fresh.url().clone(),
        );
        let site = Site {
            dialect: dialect::by_name(dialect).unwrap(),
            project,
            url,
            _fresh: fresh,
        };
        site.execute("CREATE TABLE items (v int)");
        site.rewrite(statements);
        Some(site)
    }

    /// Writes the script anew.
    fn rewrite(&self, statements: &[&str]) {
        let mut revision = revision(1, &[], "step");
        revision.scripts = BTreeMap::new();
        let script: String = statements.iter().map(|sql| format!("{sql};\n")).collect();
        let scripts = Scripts {
            upgrade: format!("-- autogen: no-transaction\n\n{script}"),
            downgrade: String::new(),
        };
        let scripts = BTreeMap::from([(self.dialect.name().to_owned(), scripts)]);
        let versions = self.project.migrations().join("versions");
        if versions.exists() {
            fs::remove_dir_all(versions).unwrap();
        }
        write_revision(&self.project.migrations(), &revision, &scripts).unwrap();
    }

    fn open(&self) -> Box<dyn Connection> {
        db::open(&self.url).unwrap_or_else(|error| panic!("{error}"))
    }

    fn execute(&self, sql: &str) {
        self.open()
            .execute(sql, &[])
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    fn upgrade_on(&self, connection: &mut dyn Connection) -> Result<(), RunError> {
        let history = self.project.load();
        runner::upgrade(
            connection,
            self.dialect,
            &history,
            &ids([1]),
            &options(),
            &mut |_| {},
        )
        .map(drop)
    }

    /// Upgrades in a session of its own.
    fn upgrade(&self) -> Result<(), RunError> {
        self.upgrade_on(&mut *self.open())
    }

    /// Upgrades until the table `late` is missed, and makes it.
    fn fail_late(&self) {
        let error = self.upgrade().unwrap_err();
        assert!(error.to_string().contains("late"), "{error}");
        self.execute("CREATE TABLE late (v int)");
    }

    /// Upgrades on sessions that are lost at their first call, their second, and so on, until a step of which nobody can tell has taken effect.
    fn lose_behind(&self, mut took_effect: impl FnMut(&Self) -> bool) {
        for calls in 1..500 {
            let outcome = self.upgrade_on(&mut Dying::new(self.open(), calls, Lost::After));
            if took_effect(self) {
                return;
            }
            if let Err(RunError::Halfway(halfway)) = outcome {
                match &halfway.cause {
                    HalfwayCause::Unclear { if_not, .. } => self.execute(if_not),
                    HalfwayCause::SessionLost { .. } => self.execute("DELETE FROM _autogen_revisions"),
                    HalfwayCause::Changed | HalfwayCause::Missing => panic!("{halfway}"),
                }
            }
        }
        panic!("it never took effect");
    }

    fn values(&self, table: &str) -> Vec<Vec<Value>> {
        self.open().query(&format!("SELECT v FROM {table}"), &[]).unwrap()
    }
}

fn row(value: i64) -> Vec<Value> {
    vec![Value::Integer(value)]
}

#[test]
fn what_a_script_set_is_set_again() {
    for words in WORDS {
        let [set, uses] = words.setting;
        let Some(site) = Site::new(words.dialect, &[set, uses]) else {
            continue;
        };
        site.fail_late();
        site.upgrade()
            .unwrap_or_else(|error| panic!("{}: {error}", words.dialect));
        assert_eq!(site.values("late"), [row(5)], "{}", words.dialect);
    }
}

#[test]
fn what_is_temporary_is_made_again_in_whatever_words() {
    let mut made = vec![
        (
            "sqlite",
            "CREATE TEMPORARY TABLE IF NOT EXISTS five AS SELECT 5 AS v",
        ),
        ("postgres", "CREATE GLOBAL TEMPORARY TABLE five AS SELECT 5 AS v"),
        ("postgres", "CREATE OR REPLACE TEMP VIEW five AS SELECT 5 AS v"),
        ("postgres", "SELECT 5 AS v INTO LOCAL TEMP five"),
    ];
    if servers::is_mariadb() {
        made.push(("mysql", "CREATE OR REPLACE TEMPORARY TABLE five AS SELECT 5 AS v"));
    }
    for (dialect, make) in made {
        let Some(site) = Site::new(dialect, &[make, "INSERT INTO late SELECT v FROM five"]) else {
            continue;
        };
        site.fail_late();
        site.upgrade().unwrap_or_else(|error| panic!("{make}: {error}"));
        assert_eq!(site.values("late"), [row(5)], "{make}");
    }
}

#[test]
fn it_is_set_again_for_statements_that_come_later_too() {
    for words in WORDS.into_iter().filter(|words| words.dialect != "sqlite") {
        let [set, uses] = words.setting;
        let insert = "INSERT INTO items VALUES (7)";
        let Some(site) = Site::new(words.dialect, &[set, insert, uses]) else {
            continue;
        };
        site.fail_late();
        site.upgrade()
            .unwrap_or_else(|error| panic!("{}: {error}", words.dialect));
        assert_eq!(site.values("late"), [row(5)], "{}", words.dialect);
        assert_eq!(
            site.values("items"),
            [row(7)],
            "{}: what was done is not done again",
            words.dialect
        );
    }
}

#[test]
fn what_a_script_read_is_read_again_if_nothing_changed() {
    for words in WORDS {
        let [reads, uses] = words.reading;
        let insert = "INSERT INTO items VALUES (7)";
        let Some(site) = Site::new(words.dialect, &[insert, reads, uses]) else {
            continue;
        };
        site.fail_late();
        site.upgrade()
            .unwrap_or_else(|error| panic!("{}: {error}", words.dialect));
        assert_eq!(site.values("late"), [row(1)], "{}", words.dialect);
    }
}

#[test]
fn what_it_read_before_it_changed_something_is_put_before_a_person() {
    for words in WORDS {
        let [reads, uses] = words.reading;
        let insert = "INSERT INTO items VALUES (7)";
        let Some(site) = Site::new(words.dialect, &[reads, insert, uses]) else {
            continue;
        };
        let failed = site.upgrade().unwrap_err();
        site.execute("CREATE TABLE late (v int)");
        let error = site.upgrade().unwrap_err();
        let RunError::Halfway(halfway) = &error else {
            panic!("{}: {error}", words.dialect)
        };
        let RunError::Failed(failure) = &failed else {
            panic!("{}: {failed}", words.dialect)
        };
        assert_eq!(
            failure.remains,
            Remains::SessionLost(halfway.clone()),
            "{}: it is said when it fails",
            words.dialect
        );
        let HalfwayCause::SessionLost { line, if_done, .. } = &halfway.cause else {
            panic!("{}: {error}", words.dialect)
        };
        assert_eq!(*line, 3);
        assert!(error.to_string().contains(reads), "{error}");
        assert!(error.hint().unwrap().contains(if_done), "{:?}", error.hint());
        assert_eq!(
            site.values("late"),
            [[]; 0],
            "{}: nothing is guessed",
            words.dialect
        );
        site.execute("INSERT INTO late VALUES (0)");
        site.execute(if_done);
        site.upgrade()
            .unwrap_or_else(|error| panic!("{}: {error}", words.dialect));
        assert_eq!(site.values("items"), [row(7)], "{}", words.dialect);
        let rows = runner::applied(&mut *site.open(), site.dialect).unwrap();
        assert!(rows.iter().all(|row| row.id == id(1) && row.unfinished.is_none()));
    }
}

#[test]
fn what_it_read_before_a_statement_that_was_interrupted_is_not_read_again() {
    let statements = [
        "INSERT INTO items VALUES (7)",
        "SET @kept = (SELECT count(*) FROM items)",
        "TRUNCATE items",
        "INSERT INTO items SELECT @kept",
    ];
    let Some(site) = Site::new("mysql", &statements) else {
        return;
    };
    // Nothing tells from the table's definition that it was emptied.
    let mut filled = false;
    site.lose_behind(|site| {
        let is_empty = site.values("items").is_empty();
        filled |= !is_empty;
        filled && is_empty
    });
    let error = site.upgrade().unwrap_err();
    assert!(error.to_string().contains("cannot be had again"), "{error}");
    assert_eq!(site.values("items"), [[]; 0]);
}

#[test]
fn what_was_being_released_is_prepared_again_to_be_released() {
    let statements = [
        "SET @autogen_alter = 'CREATE TABLE late (v int)'",
        "PREPARE autogen_alter FROM @autogen_alter",
        "EXECUTE autogen_alter",
        "DEALLOCATE PREPARE autogen_alter",
    ];
    let Some(site) = Site::new("mysql", &statements) else {
        return;
    };
    for calls in 1..500 {
        let outcome = site.upgrade_on(&mut Dying::new(site.open(), calls, Lost::After));
        let resumed = site.upgrade();
        resumed.unwrap_or_else(|error| panic!("lost at call {calls}: {error}"));
        site.execute("DROP TABLE late");
        if outcome.is_ok() {
            return;
        }
        site.execute("DELETE FROM _autogen_revisions");
    }
    panic!("it was lost every time");
}

#[test]
fn the_key_of_a_row_that_another_session_added_is_not_guessed() {
    for (dialect, statements) in [
        (
            "mysql",
            &[
                "INSERT INTO keyed (v) VALUES (7)",
                "SET @id = last_insert_id()",
                "INSERT INTO late SELECT @id",
            ][..],
        ),
        (
            "mysql",
            &[
                "INSERT INTO keyed (v) VALUES (7)",
                "INSERT INTO late SELECT last_insert_id()",
            ],
        ),
        (
            "sqlite",
            &[
                "INSERT INTO keyed (v) VALUES (7)",
                "INSERT INTO late SELECT last_insert_rowid()",
            ],
        ),
        (
            "postgres",
            &[
                "INSERT INTO keyed (v) VALUES (7)",
                "INSERT INTO late SELECT lastval()",
            ],
        ),
    ] {
        let Some(site) = Site::new(dialect, statements) else {
            continue;
        };
        let id = match dialect {
            "mysql" => "int AUTO_INCREMENT PRIMARY KEY",
            "postgres" => "serial PRIMARY KEY",
            _ => "integer PRIMARY KEY",
        };
        site.execute(&format!("CREATE TABLE keyed (id {id}, v int)"));
        site.fail_late();
        let error = site.upgrade().unwrap_err();
        assert!(
            error.to_string().contains("cannot be had again"),
            "{dialect}: {error}"
        );
        assert_eq!(site.values("late"), [[]; 0], "{dialect}");
        assert_eq!(site.values("keyed"), [row(7)], "{dialect}");
    }
}

#[test]
fn what_a_procedure_did_before_its_session_was_lost_is_put_before_a_person() {
    for (dialect, create) in [
        (
            "postgres",
            "CREATE PROCEDURE fill() LANGUAGE SQL AS $$ INSERT INTO items VALUES (7) $$",
        ),
        ("mysql", "CREATE PROCEDURE fill() INSERT INTO items VALUES (7)"),
    ] {
        let Some(site) = Site::new(dialect, &["CALL fill()", "INSERT INTO items VALUES (8)"]) else {
            continue;
        };
        site.execute(create);
        site.lose_behind(|site| !site.values("items").is_empty());
        let error = site.upgrade().unwrap_err();
        let RunError::Halfway(halfway) = &error else {
            panic!("{dialect}: {error}")
        };
        let HalfwayCause::Unclear { if_done, .. } = &halfway.cause else {
            panic!("{dialect}: {error}")
        };
        site.execute(if_done);
        site.upgrade()
            .unwrap_or_else(|error| panic!("{dialect}: {error}"));
        assert_eq!(site.values("items"), [row(7), row(8)], "{dialect}");
    }
}

#[test]
fn a_temporary_table_that_is_gone_already_is_not_asked_for() {
    for words in WORDS {
        let [make, name] = match words.dialect {
            "mysql" => [
                "CREATE TEMPORARY TABLE gone AS SELECT count(*) AS v FROM items",
                "gone",
            ],
            "postgres" => [
                "CREATE TEMP TABLE gone AS SELECT count(*) AS v, random() FROM items",
                "pg_temp.gone",
            ],
            _ => [
                "CREATE TEMP TABLE gone AS SELECT count(*) AS v, random() FROM items",
                "temp.gone",
            ],
        };
        let statements = [
            make.to_owned(),
            "INSERT INTO items SELECT v FROM gone".to_owned(),
            format!("DROP TABLE {name}"),
            "INSERT INTO late SELECT v FROM items".to_owned(),
        ];
        let Some(site) = Site::new(words.dialect, &statements.each_ref().map(String::as_str)) else {
            continue;
        };
        site.fail_late();
        site.upgrade()
            .unwrap_or_else(|error| panic!("{}: {error}", words.dialect));
        assert_eq!(site.values("late"), [row(0)], "{}", words.dialect);
    }
}

#[test]
fn what_code_has_set_is_not_guessed() {
    for (dialect, create, uses) in [
        (
            "postgres",
            "CREATE PROCEDURE calc() LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('app.total', '5', false); END $$",
            "INSERT INTO late SELECT current_setting('app.total', true)::int",
        ),
        (
            "mysql",
            "CREATE PROCEDURE calc() SET @total = 5",
            "INSERT INTO late SELECT @total",
        ),
    ] {
        let Some(site) = Site::new(dialect, &["CALL calc()", "INSERT INTO items VALUES (7)", uses]) else {
            continue;
        };
        site.execute(create);
        site.fail_late();
        let error = site.upgrade().unwrap_err();
        assert!(
            error.to_string().contains("cannot be had again"),
            "{dialect}: {error}"
        );
        assert!(error.to_string().contains(uses), "{dialect}: {error}");
        assert_eq!(site.values("late"), [[]; 0], "{dialect}");

        // Code that has nothing to do with it does no harm.
        let [set, uses] = WORDS
            .iter()
            .find(|words| words.dialect == dialect)
            .unwrap()
            .setting;
        let site = Site::new(dialect, &[set, "CALL calc()", uses]).unwrap();
        site.execute(create);
        site.fail_late();
        site.upgrade()
            .unwrap_or_else(|error| panic!("{dialect}: {error}"));
        assert_eq!(site.values("late"), [row(5)], "{dialect}");
    }
}

/// Returns the way out that a failed statement names for the case that it did nothing.
fn way_back(error: &RunError) -> Option<&str> {
    let RunError::Failed(failure) = error else {
        panic!("{error}")
    };
    match &failure.remains {
        Remains::Nothing => None,
        Remains::Unclear { if_not, .. } => {
            assert!(failure.hint().unwrap().contains(if_not), "{:?}", failure.hint());
            Some(if_not)
        }
        Remains::SessionLost(_) | Remains::Unknown => panic!("{error}"),
    }
}

#[test]
fn what_fails_may_be_corrected_if_it_surely_did_nothing_and_else_a_person_says_so() {
    for (dialect, create) in [
        (
            "postgres",
            "CREATE PROCEDURE fill() LANGUAGE SQL AS $$ INSERT INTO late VALUES (7) $$",
        ),
        ("mysql", "CREATE PROCEDURE fill() INSERT INTO late VALUES (7)"),
    ] {
        let insert = "INSERT INTO items VALUES (8)";
        let Some(site) = Site::new(dialect, &[insert, "CALL fil()"]) else {
            continue;
        };
        site.execute(create.replace("late", "items").as_str());
        let error = site.upgrade().unwrap_err();
        assert_eq!(way_back(&error), None, "{dialect}: there is no such procedure");
        site.rewrite(&[insert, "CALL fill("]);
        let error = site.upgrade().unwrap_err();
        assert_eq!(way_back(&error), None, "{dialect}: it is not even SQL");
        site.rewrite(&[insert, "CALL fill()"]);
        site.upgrade()
            .unwrap_or_else(|error| panic!("{dialect}: {error}"));
        assert_eq!(site.values("items"), [row(8), row(7)], "{dialect}");

        let raises = match dialect {
            "postgres" => {
                "CREATE PROCEDURE fail() LANGUAGE plpgsql AS $$ BEGIN PERFORM * FROM missing; END $$"
            }
            _ => "CREATE PROCEDURE fail() DELETE FROM missing",
        };
        let site = Site::new(dialect, &[insert, "CALL fail()"]).unwrap();
        site.execute(raises);
        let error = site.upgrade().unwrap_err();
        let way_back = way_back(&error).expect("it may have done something").to_owned();
        assert!(error.to_string().contains("is not clear"), "{dialect}: {error}");
        site.execute(&way_back);
        site.rewrite(&[insert, "INSERT INTO items VALUES (9)"]);
        site.upgrade()
            .unwrap_or_else(|error| panic!("{dialect}: {error}"));
        assert_eq!(site.values("items"), [row(8), row(9)], "{dialect}");
    }
}

#[test]
fn a_block_that_cannot_commit_is_done_once_without_asking_anybody() {
    let Some(site) = Site::new("postgres", &["DO $$ BEGIN INSERT INTO items VALUES (7); END $$"]) else {
        return;
    };
    site.lose_behind(|site| !site.values("items").is_empty());
    site.upgrade().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(site.values("items"), [row(7)]);
}
