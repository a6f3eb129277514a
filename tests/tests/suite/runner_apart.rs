//! Branches that nobody has joined, in one SQLite database; and what was written anew since it was applied.

#![allow(clippy::unwrap_used)]

use autogen_tests::revisions::{Project, id, ids, revision};
use autogen_tests::shell;
use schema_core::dialect::sqlite::Sqlite;
use schema_core::history::{Direction, Squashed, Stuck};
use schema_core::operation::Operation;
use schema_core::runner::{self, Apart, ApartCause, Repeat, RunError, Unknown};
use schema_core::schema::{Check, Column, Expression, TableName, Type};

use crate::database::{Database, options};

const FRESH: &str = "CREATE TABLE items (\n    id INTEGER NOT NULL,\n    name TEXT NOT NULL,\n    CONSTRAINT pk_items PRIMARY KEY (id)\n)";

fn add(column: &str) -> Operation {
    Operation::AddColumn {
        table: TableName::new("items"),
        column: Column {
            nullable: true,
            ..Column::new(column, Type::I64)
        },
        after: None,
        backfill: None,
    }
}

fn length(length: u32) -> Operation {
    let column = |length| Column::new("name", Type::Text { length });
    Operation::AlterColumn {
        table: TableName::new("items"),
        from: column(None),
        to: column(Some(length)),
        backfill: None,
    }
}

fn check(name: &str) -> Operation {
    Operation::AddCheck {
        table: TableName::new("items"),
        check: Check {
            name: name.into(),
            expression: Expression::new("id > 0"),
        },
    }
}

/// A revision with its operations and scripts.
fn write(project: &Project, number: u32, parents: &[u32], operation: Option<Operation>, scripts: [&str; 2]) {
    let mut revision = revision(number, parents, &format!("revision {number}"));
    revision.operations.extend(operation);
    project.write(&revision, scripts[0], scripts[1]);
}

/// 1 creates `items`; 2 limits the length of a name by the text of the whole table; 3 is what the caller makes it.
fn fork(operation: Operation, scripts: [&str; 2]) -> (Project, Database) {
    let project = Project::new();
    project.create_table(1, &[], "items");
    let longer = FRESH.replace("TEXT", "VARCHAR(80)");
    let redefine = |sql: &str| format!("-- autogen: redefine-table\n{sql};\n");
    let scripts_of_2 = [redefine(&longer), redefine(FRESH)];
    write(
        &project,
        2,
        &[1],
        Some(length(80)),
        [&scripts_of_2[0], &scripts_of_2[1]],
    );
    write(&project, 3, &[1], Some(operation), scripts);
    let database = Database::new(project.path("app.db"));
    (project, database)
}

fn with_check() -> (Project, Database) {
    let add = "ALTER TABLE items ADD CONSTRAINT ck_items_id CHECK (id > 0);\n";
    let drop = "ALTER TABLE items DROP CONSTRAINT ck_items_id;\n";
    fork(check("ck_items_id"), [add, drop])
}

fn apart(outcome: Result<impl std::fmt::Debug, RunError>) -> Apart {
    match outcome {
        Err(RunError::Apart(apart)) => *apart,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_table_is_not_written_anew_over_the_change_of_a_branch_that_was_not_joined() {
    let (project, database) = with_check();
    let history = project.load();
    database.upgrade_to(&history, &ids([3])).unwrap();
    let before = database.query("SELECT sql FROM sqlite_schema WHERE name = 'items'");
    let found = apart(database.upgrade_to(&history, &ids([2])));
    assert_eq!((found.revision, found.beside), (id(2), id(3)));
    assert_eq!(
        found.cause,
        ApartCause::Replaces {
            table: "items".into()
        }
    );
    assert_eq!(
        found.to_string(),
        "cannot upgrade to `690000020000` beside `690000030000`, which is on a branch that was not joined with its own: its script writes table `items` anew as its branch knows it, and `690000030000` has changed that table"
    );
    assert_eq!(
        database.query("SELECT sql FROM sqlite_schema WHERE name = 'items'"),
        before
    );
    assert_eq!(database.applied(), ids([1, 3]));
}

#[test]
fn both_heads_at_once_are_no_other_matter_and_neither_is_a_printed_script() {
    let (project, database) = with_check();
    // By the order of their ids, the one that writes the table anew comes first, and its way back is the one that would lose something.
    let history = project.load();
    database.upgrade(&history).unwrap();
    let found = apart(database.downgrade(&history, &ids([3])));
    assert_eq!((found.direction, found.revision), (Direction::Downgrade, id(2)));
    assert!(
        found.hint().contains("take back `690000030000` as well"),
        "{}",
        found.hint()
    );
    assert_eq!(database.downgrade(&history, &ids([1])).unwrap(), ids([3, 2]));

    let printed = runner::upgrade_script(&Sqlite, &history, &ids([3]), &ids([2]), Repeat::Stop, "0");
    assert_eq!(
        apart(printed).cause,
        ApartCause::Replaces {
            table: "items".into()
        }
    );
}

#[test]
fn what_touches_the_same_thing_is_not_run_whichever_comes_first() {
    let (project, database) = fork(length(90), ["", ""]);
    let history = project.load();
    database.upgrade_to(&history, &ids([2])).unwrap();
    let found = apart(database.upgrade_to(&history, &ids([3])));
    assert!(matches!(found.cause, ApartCause::Conflict(_)), "{found}");
    assert!(
        found.to_string().contains("both touch column 'items.name'"),
        "{found}"
    );
    assert!(found.hint().contains("autogen merge"), "{}", found.hint());
    assert_eq!(database.applied(), ids([1, 2]));
    let stamped = runner::stamp(
        &mut *database.open(),
        &Sqlite,
        &history,
        history.heads(),
        Unknown::Refuse,
        &options(),
    );
    assert!(matches!(apart(stamped).cause, ApartCause::Conflict(_)));
}

/// Somebody rebased a revision that a database has, onto one that it lacks.
#[test]
fn a_table_is_not_written_anew_under_what_was_put_on_top_of_it_since() {
    let (project, database) = with_check();
    database.upgrade_to(&project.load(), &ids([3])).unwrap();
    let before = database.query("SELECT sql FROM sqlite_schema WHERE name = 'items'");
    let scripts = [Direction::Upgrade, Direction::Downgrade]
        .map(|direction| project.load().script(id(3), "sqlite", direction).unwrap());
    std::fs::remove_dir_all(project.load().folder(id(3)).unwrap()).unwrap();
    write(
        &project,
        3,
        &[2],
        Some(check("ck_items_id")),
        scripts.each_ref().map(String::as_str),
    );
    let history = project.load();
    let Err(RunError::Stuck(stuck)) = database.upgrade(&history) else {
        panic!("it ran");
    };
    assert_eq!(
        stuck,
        Stuck::Overtaken {
            revision: id(2),
            by: id(3),
            table: Some("items".into()),
            back_to: ids([1])
        }
    );
    assert_eq!(
        stuck.to_string(),
        "cannot upgrade to `690000020000`: the database has `690000030000`, which came to build on it only since, and the script of `690000020000` writes table `items` anew without what `690000030000` did to it"
    );
    let printed = runner::upgrade_script(&Sqlite, &history, &ids([1]), &ids([3]), Repeat::Stop, "0").unwrap();
    let error = shell::run(&mut *database.open(), &Sqlite, &printed).unwrap_err();
    assert!(
        error.contains("the database has a revision, but not what it builds on by now"),
        "{error}"
    );
    assert_eq!(
        database.query("SELECT sql FROM sqlite_schema WHERE name = 'items'"),
        before
    );
    // As the hint says.
    database.downgrade(&history, &ids([1])).unwrap();
    assert_eq!(database.upgrade(&history).unwrap(), ids([2, 3]));
}

/// What was squashed into a branch is there, although the database has not noted the squash.
#[test]
fn what_was_squashed_stands_beside_a_branch_as_what_it_was_squashed_into() {
    let (project, database) = fork(length(90), ["", ""]);
    write(&project, 4, &[3], None, ["", ""]);
    let history = project.load();
    for (at, has) in [(3, [1, 3].as_slice()), (4, &[1, 3, 4])] {
        database.upgrade_to(&history, &ids([at])).unwrap();
        assert_eq!(database.applied(), ids(has.iter().copied()));
        let mut squashed = revision(5, &[1], "squash");
        squashed.operations = vec![length(90)];
        squashed.replaces = ids([3, 4]).into_iter().map(Squashed::Plain).collect();
        let folder = project.write(&squashed, "", "");
        let apart = apart(database.upgrade_to(&project.load(), &ids([2])));
        assert_eq!((apart.revision, apart.beside), (id(2), id(5)), "{has:?}");
        std::fs::remove_dir_all(folder).unwrap();
    }
}

#[test]
fn branches_that_touch_different_things_need_no_ceremony() {
    let (project, database) = fork(add("price"), ["ALTER TABLE items ADD COLUMN price BIGINT;\n", ""]);
    project.create_table(4, &[1], "tags");
    let history = project.load();
    database.upgrade_to(&history, &ids([3])).unwrap();
    assert_eq!(database.upgrade_to(&history, &ids([4])).unwrap(), ids([4]));
}

#[test]
fn joined_branches_run_in_any_order() {
    let (project, database) = fork(add("price"), ["ALTER TABLE items ADD COLUMN price BIGINT;\n", ""]);
    write(&project, 4, &[2, 3], None, ["", ""]);
    let history = project.load();
    database.upgrade_to(&history, &ids([2])).unwrap();
    assert_eq!(database.upgrade(&history).unwrap(), ids([3, 4]));
}

#[test]
fn what_a_merge_decided_against_does_not_come_after_it() {
    let (project, database) = fork(length(90), ["", ""]);
    let mut merge = revision(4, &[2, 3], "merge");
    merge.overrules = ids([3]);
    project.write(&merge, "", "");
    write(&project, 5, &[3], None, ["", ""]);
    let history = project.load();
    database.upgrade_to(&history, &ids([4])).unwrap();
    for target in [3, 5] {
        let outcome = database.upgrade_to(&history, &ids([target]));
        let Err(RunError::Stuck(stuck)) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(
            stuck,
            Stuck::DecidedAgainst {
                revision: id(3),
                by: id(4)
            }
        );
        assert!(stuck.hint().contains("--onto 690000040000"), "{}", stuck.hint());
    }
    assert_eq!(database.applied(), ids([1, 2, 4]));
}

#[test]
fn what_the_files_do_not_have_is_taken_back_by_what_the_database_kept() {
    let (project, database) = with_check();
    let history = project.load();
    database.upgrade_to(&history, &ids([2])).unwrap();
    std::fs::remove_dir_all(history.folder(id(2)).unwrap()).unwrap();
    let done = database.downgrade(&project.load(), &ids([1]));
    assert_eq!(done.unwrap(), ids([2]));
}

#[test]
fn what_was_put_on_top_of_another_since_is_taken_back_as_it_was_applied() {
    let (project, database) = fork(
        add("price"),
        [
            "ALTER TABLE items ADD COLUMN price BIGINT;\n",
            "ALTER TABLE items DROP COLUMN price;\n",
        ],
    );
    let history = project.load();
    database.upgrade_to(&history, &ids([3])).unwrap();
    std::fs::remove_dir_all(history.folder(id(3)).unwrap()).unwrap();
    let onto = [
        "ALTER TABLE items ADD COLUMN price BIGINT; -- on top of 2\n",
        "DROP TABLE items;\n",
    ];
    write(&project, 3, &[2], Some(add("price")), onto);
    let history = project.load();
    assert_eq!(database.downgrade(&history, &ids([1])).unwrap(), ids([3]));
    assert_eq!(database.names(), ["_autogen_revisions", "items"]);
    let columns = database.query("SELECT name FROM pragma_table_info('items')");
    assert_eq!(columns.len(), 2, "{columns:?}");
}

#[test]
fn branches_are_proved_on_the_way_back_too() {
    let (project, _) = with_check();
    let history = project.load();
    let scratch = || schema_core::db::open(&schema_core::db::DatabaseUrl::SqliteMemory).unwrap();
    // The check after the length: taken back in that order, all is as it was.
    runner::prove_order(
        &mut *scratch(),
        &Sqlite,
        &history,
        &ids([1]),
        &ids([2]),
        &runner::Tables::default(),
    )
    .unwrap();
    let error = runner::prove_order(
        &mut *scratch(),
        &Sqlite,
        &history,
        &ids([1]),
        &ids([3, 2]),
        &runner::Tables::default(),
    )
    .unwrap_err();
    assert_eq!(error.revision, Some(id(2)));

    // Its way back alone forgets the check.
    let (project, _) = with_check();
    let forgetting = format!("-- autogen: redefine-table\n{FRESH};\n");
    write(
        &project,
        4,
        &[1],
        Some(add("price")),
        [
            "ALTER TABLE items ADD COLUMN price BIGINT;\n",
            "ALTER TABLE items DROP COLUMN price;\n",
        ],
    );
    write(
        &project,
        5,
        &[1],
        Some(check("ck_items_b")),
        [
            "ALTER TABLE items ADD CONSTRAINT ck_items_b CHECK (id > 0);\n",
            &forgetting,
        ],
    );
    let history = project.load();
    let error = runner::prove_order(
        &mut *scratch(),
        &Sqlite,
        &history,
        &ids([1]),
        &ids([3, 5]),
        &runner::Tables::default(),
    )
    .unwrap_err();
    assert_eq!(
        (error.revision, error.direction),
        (Some(id(5)), Some(Direction::Downgrade))
    );
    runner::prove_order(
        &mut *scratch(),
        &Sqlite,
        &history,
        &ids([1]),
        &ids([4, 3]),
        &runner::Tables::default(),
    )
    .unwrap();
}
