#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! What `schema_core::testing` gives to the tests of a program, here of the example store.

use std::collections::BTreeMap;
use std::panic::{UnwindSafe, catch_unwind};

use autogen_tests::revisions::{Project, embed, revision};
use schema_core::history::files::{Scripts, write_revision};
use schema_core::migrator::Migrator;
use schema_core::operation::Operation;
use schema_core::schema::{Column, Table, TableName, Type};
use schema_core::{Migrations, Model, testing};
use store::{ItemModel, ItemsTags, StoreModel, TagModel, UserModel};

static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");

/// The history as it was before the last revision.
static BEFORE: Migrations = Migrations::new("migrations", MIGRATIONS.revisions().split_at(1).0);

/// Returns what a test that fails prints.
fn message(test: impl FnOnce() + UnwindSafe) -> String {
    let payload = catch_unwind(test).expect_err("it fails");
    payload.downcast_ref::<String>().cloned().unwrap()
}

#[test]
fn every_test_has_a_database_of_its_own() {
    let (mut one, other) = (testing::database(&MIGRATIONS), testing::database(&MIGRATIONS));
    one.execute("INSERT INTO stores (name) VALUES ('Corner Shop')", [])
        .unwrap();
    let stores = |connection: &rusqlite::Connection| -> i64 {
        connection
            .query_row("SELECT count(*) FROM stores", [], |row| row.get(0))
            .unwrap()
    };
    assert_eq!((stores(&one), stores(&other)), (1, 0));
    assert!(Migrator::new(&MIGRATIONS).check(&mut one).unwrap().is_ok());
    let mut early = testing::database(&BEFORE);
    let status = Migrator::new(&MIGRATIONS).check(&mut early).unwrap();
    assert_eq!(status.pending().count(), 1, "another history is another database");
}

#[test]
fn threads_do_not_get_in_each_others_way() {
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let connection = testing::database(&MIGRATIONS);
                    connection
                        .execute("INSERT INTO stores (name) VALUES ('a')", [])
                        .unwrap();
                }
            });
        }
    });
}

#[test]
fn a_file_can_be_opened_by_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    testing::write_database(&MIGRATIONS, &path);
    let mut connection = rusqlite::Connection::open(&path).unwrap();
    assert!(Migrator::new(&MIGRATIONS).check(&mut connection).unwrap().is_ok());
    let again = message(move || testing::write_database(&MIGRATIONS, &path));
    assert!(again.contains("exists already\nhint: "), "{again}");
}

#[test]
fn the_store_is_in_order() {
    testing::one_head(&MIGRATIONS);
    testing::up_down_up(&MIGRATIONS);
    testing::models_equal_history(&MIGRATIONS);
    testing::tables_equal_history(
        &MIGRATIONS,
        [
            StoreModel::table(),
            UserModel::table(),
            ItemModel::table(),
            TagModel::table(),
            ItemsTags::table(),
        ],
    );
}

#[test]
fn a_forgotten_migration_is_told() {
    let text = message(|| testing::models_equal_history(&BEFORE));
    let expected =
        "the models are not what the history in `migrations` leads to; a migration would have to:\n  ";
    assert!(text.starts_with(expected), "{text}");
    assert!(text.contains("items.description"), "{text}");
    assert!(
        text.ends_with(
            "\nhint: write that as a revision with `autogen migrate`, or undo the change of the models"
        ),
        "{text}"
    );
    let text = message(|| testing::tables_equal_history(&MIGRATIONS, [StoreModel::table()]));
    assert!(text.contains("users") && text.contains("tags"), "{text}");
}

/// As `autogen check`, with and without `--database`: what `[tables]` excludes is nobody's business.
#[test]
fn what_the_configuration_leaves_alone_is_left_alone() {
    testing::models_equal_history(&BEFORE.with_tables(&[], &["items"]));
    testing::models_equal_history(&BEFORE.with_tables(&["*"], &["item?"]));
    testing::tables_equal_history(
        &MIGRATIONS.with_tables(&[], &["items*", "tags"]),
        [StoreModel::table(), UserModel::table()],
    );
    // A foreign key goes to a table that no revision makes.
    static NOTHING: Migrations = Migrations::new("migrations", &[]).with_tables(&[], &["stores"]);
    let text = message(|| testing::models_equal_history(&NOTHING));
    let expected =
        "(store_id) refers to `stores`, which `exclude` of `[tables]` leaves alone\nhint: take the table out";
    assert!(text.contains(expected), "{text}");

    let mut connection = testing::database(&MIGRATIONS);
    for sql in [
        "ALTER TABLE items ADD COLUMN own INTEGER",
        "CREATE TABLE theirs (a INTEGER)",
    ] {
        connection.execute(sql, []).unwrap();
    }
    let mut drift = |include, exclude| {
        let migrations = MIGRATIONS.with_tables(include, exclude);
        let status = Migrator::new(&migrations).check(&mut connection).unwrap();
        status.drift().count()
    };
    assert_eq!(drift(&[], &[]), 1);
    assert_eq!(drift(&[], &["item?"]), 0);
    assert_eq!(drift(&["their*"], &[]), 2);
    assert_eq!(drift(&["their*"], &["*"]), 0);
    let odd = MIGRATIONS.with_tables(&[], &["[a]"]);
    let error = Migrator::new(&odd)
        .check(&mut connection)
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("`[a]` is no pattern of table names"), "{error}");
    let text = message(move || testing::models_equal_history(&odd));
    assert!(text.contains("\nhint: mend `[tables]`"), "{text}");
}

#[test]
fn two_heads_are_told() {
    let project = Project::new();
    project.create_table(1, &[], "prices");
    project.create_table(2, &[1], "tags");
    project.create_table(3, &[1], "items");
    let migrations = project.embed();
    let text = message(move || testing::one_head(&migrations));
    assert!(
        text.contains(
            "2 heads: `690000020000` (create tags), `690000030000` (create items)\nhint: join them"
        ),
        "{text}"
    );
}

#[test]
fn a_script_that_does_something_else_is_told() {
    let project = Project::new();
    project.create_table(1, &[], "prices");
    project.write(
        &revision(2, &[1], "by hand"),
        "CREATE TABLE other (a INTEGER);\n",
        "DROP TABLE other;\n",
    );
    let migrations = project.embed();
    let text = message(move || testing::up_down_up(&migrations));
    assert!(text.contains("690000020000") && text.contains("other"), "{text}");
    let project = Project::new();
    project.write(&revision(1, &[], "fails"), "nonsense;\n", "");
    let migrations = project.embed();
    let text = message(move || {
        let _ = testing::database(&migrations);
    });
    assert!(text.contains("nonsense"), "{text}");
    let text = message(|| testing::one_head(&testing_hole()));
    assert!(
        text.contains("names the parent") && text.contains("\nhint: "),
        "{text}"
    );
}

/// A history whose first revision is lost.
fn testing_hole() -> Migrations {
    Migrations::new("migrations", MIGRATIONS.revisions().split_at(1).1)
}

#[test]
fn a_url_without_a_server_is_refused_without_its_secrets() {
    for (url, expected) in [
        ("sqlite:app.db", "names no server\nhint: `testing::database`"),
        ("oracle://me:hunter2@host/db", "`oracle` is not supported"),
        (
            "mysql://me:hunter2@127.0.0.1:1/db",
            "cannot make a database for the test on `mysql://me@127.0.0.1:1/db`",
        ),
    ] {
        let text = message(move || {
            let _ = testing::database_at(&MIGRATIONS, url);
        });
        assert!(text.contains(expected) && !text.contains("hunter2"), "{text}");
    }
}

/// A history whose only table stands on what no revision makes.
const LOGINS: &str = "CREATE TABLE logins (id BIGINT NOT NULL, name citext NOT NULL, mail own.mail);\n";

#[test]
fn a_database_on_a_server_has_what_tables_stand_on() {
    let Some(database) = autogen_tests::servers::database("postgres") else {
        return;
    };
    let fresh = database.fresh();
    let mut connection = fresh.open();
    for sql in [
        "CREATE EXTENSION citext",
        "CREATE SCHEMA own",
        "CREATE DOMAIN own.mail AS citext CHECK (VALUE <> '')",
    ] {
        connection.execute(sql, &[]).unwrap();
    }
    let native = |name: &str, ty: &str| Column::new(name, Type::Native(ty.to_owned()));
    let mut logins = Table::new(TableName::new("logins"));
    logins.columns = vec![
        Column::new("id", Type::I64),
        native("name", "citext"),
        native("mail", "own.mail"),
    ];
    logins.columns[2].nullable = true;
    let project = Project::new();
    let mut revision = revision(1, &[], "create logins");
    revision.operations = vec![Operation::CreateTable { table: logins }];
    let scripts = Scripts {
        upgrade: LOGINS.to_owned(),
        downgrade: "DROP TABLE logins;\n".to_owned(),
    };
    let scripts = BTreeMap::from([("postgres".to_owned(), scripts)]);
    write_revision(&project.migrations(), &revision, &scripts).unwrap();
    let migrations = embed(&project.migrations());
    let url = fresh.url().server().unwrap().with_secrets();
    let made = testing::database_at(&migrations, &url);
    made.close().unwrap();
    testing::up_down_up_at(&migrations, &url);
}

/// The drivers of servers wait, which a thread of an asynchronous runtime may not.
#[test]
fn a_test_of_an_asynchronous_program_gets_its_database() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for dialect in ["postgres", "mysql"] {
        let Some(server) = autogen_tests::servers::database(dialect) else {
            continue;
        };
        let project = Project::new();
        let mut revision = revision(1, &[], "create prices");
        let mut prices = Table::new(TableName::new("prices"));
        prices.columns = vec![Column::new("id", Type::I64)];
        revision.operations = vec![Operation::CreateTable { table: prices }];
        let scripts = Scripts {
            upgrade: "CREATE TABLE prices (id BIGINT NOT NULL);\n".to_owned(),
            downgrade: "DROP TABLE prices;\n".to_owned(),
        };
        let scripts = BTreeMap::from([(dialect.to_owned(), scripts)]);
        write_revision(&project.migrations(), &revision, &scripts).unwrap();
        let migrations = embed(&project.migrations());
        let url = server.url().server().unwrap().with_secrets();
        runtime.block_on(async {
            let closed = testing::database_at(&migrations, &url);
            let dropped = testing::database_at(&migrations, &url);
            assert!(format!("{dropped:?}").contains("autogen_test_"));
            let there = |database: &testing::Database| {
                let url = database.url().parse().unwrap();
                std::thread::spawn(move || schema_core::db::open(&url).is_ok())
            };
            assert!(there(&closed).join().unwrap());
            let url: schema_core::db::DatabaseUrl = dropped.url().parse().unwrap();
            closed.close().unwrap();
            drop(dropped);
            let gone = std::thread::spawn(move || schema_core::db::open(&url).is_err());
            assert!(gone.join().unwrap(), "it was dropped with the value");
        });
        runtime.block_on(async { testing::up_down_up_at(&migrations, &url) });
    }
}
