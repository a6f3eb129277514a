#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! Programs that upgrade their own databases on servers, over connections of the drivers that they use themselves.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Barrier;

use autogen_tests::revisions::{Project, embed, revision, table};
use autogen_tests::servers::{self, Fresh};
use autogen_tests::{chain, servers::Database};
use schema_core::Migrations;
use schema_core::db::drivers::mysql::prelude::Queryable;
use schema_core::db::drivers::{mysql, postgres};
use schema_core::db::{self, Client};
use schema_core::diff::{Answers, diff};
use schema_core::history::files::{Scripts, write_revision};
use schema_core::migrator::Migrator;
use schema_core::plan::plan;
use schema_core::runner::{self, Tables};
use schema_core::schema::Schema;
use schema_core::script::render;
use schema_core::testing;

/// A driver as a program uses it.
trait Driver: Client + Sized {
    const DIALECT: &'static str;

    /// Statements that set a session to what hardly anybody has.
    const ODD: &'static [&'static str];

    fn connect(url: &str) -> Self;

    fn run(&mut self, sql: &str) -> Result<(), String>;

    fn number(&mut self, sql: &str) -> i64;

    /// Returns all that is set in the session, but what changes by itself.
    fn settings(&mut self) -> BTreeMap<String, String>;

    fn connect_to(fresh: &Fresh) -> Self {
        Self::connect(&fresh.url().server().unwrap().with_secrets())
    }
}

impl Driver for mysql::Conn {
    const DIALECT: &'static str = "mysql";

    const ODD: &'static [&'static str] = &[
        "SET NAMES latin1",
        "SET SESSION sql_mode = ''",
        "SET SESSION time_zone = '+02:00', foreign_key_checks = 0, unique_checks = 0",
        "SET SESSION lock_wait_timeout = 77, innodb_lock_wait_timeout = 78, autocommit = 0",
        "SET SESSION character_set_results = NULL",
        "SET SESSION sql_select_limit = 5000, sql_safe_updates = 1, completion_type = 1, default_storage_engine = MyISAM",
    ];

    fn connect(url: &str) -> Self {
        mysql::Conn::new(url).unwrap()
    }

    fn run(&mut self, sql: &str) -> Result<(), String> {
        self.query_drop(sql).map_err(|error| error.to_string())
    }

    fn number(&mut self, sql: &str) -> i64 {
        self.query_first(sql).unwrap().unwrap()
    }

    fn settings(&mut self) -> BTreeMap<String, String> {
        let rows: Vec<(String, String)> = self.query("SHOW SESSION VARIABLES").unwrap();
        let by_themselves = [
            "error_count",
            "identity",
            "insert_id",
            "last_gtid",
            "last_insert_id",
            "rand_seed1",
            "rand_seed2",
            "statement_id",
            "timestamp",
            "warning_count",
        ];
        rows.into_iter()
            .filter(|(name, _)| !by_themselves.contains(&name.as_str()))
            .filter(|(name, _)| {
                !name.contains("gtid") && !name.starts_with("innodb_") || name.ends_with("_timeout")
            })
            .collect()
    }
}

impl Driver for postgres::Client {
    const DIALECT: &'static str = "postgres";

    const ODD: &'static [&'static str] = &[
        "SET search_path = public, pg_catalog",
        "SET TimeZone = 'Asia/Kolkata'; SET DateStyle = 'German'; SET IntervalStyle = 'sql_standard'",
        "SET bytea_output = 'escape'; SET extra_float_digits = -3; SET standard_conforming_strings = off",
        "SET quote_all_identifiers = on; SET client_min_messages = 'error'; SET lock_timeout = '77s'; SET statement_timeout = '5min'",
        "SET app.tenant = 'north'",
    ];

    fn connect(url: &str) -> Self {
        postgres::Client::connect(url, postgres::NoTls).unwrap()
    }

    fn run(&mut self, sql: &str) -> Result<(), String> {
        self.batch_execute(sql).map_err(|error| error.to_string())
    }

    fn number(&mut self, sql: &str) -> i64 {
        self.query_one(sql, &[]).unwrap().get(0)
    }

    fn settings(&mut self) -> BTreeMap<String, String> {
        let rows = self.query("SELECT name, setting FROM pg_settings", &[]).unwrap();
        rows.iter()
            .map(|row| (row.get(0), row.get::<_, Option<String>>(1).unwrap_or_default()))
            .filter(|(name, _): &(String, String)| !name.starts_with("autogen."))
            .collect()
    }
}

/// Runs a test on the servers that are there.
fn on_servers(postgres: impl Fn(&Database), mysql: impl Fn(&Database)) {
    if let Some(database) = servers::database("postgres") {
        postgres(database);
    }
    if let Some(database) = servers::database("mysql") {
        mysql(database);
    }
}

/// Returns a history whose scripts show it if one of their statements is run twice.
fn chained(project: &Project) -> Migrations {
    chain::write(&project.migrations());
    embed(&project.migrations())
}

/// Writes a revision that creates a table, with the scripts that the dialect makes.
fn create_table(project: &Project, database: &Database, name: &str) {
    let to = Schema::from_iter([table(name)]);
    let operations = diff(&Schema::default(), &to, &Answers::default());
    let plans = plan(database.dialect(), &Schema::default(), &to, &Answers::default()).unwrap();
    let scripts = Scripts {
        upgrade: render(&plans.upgrade, "create"),
        downgrade: render(&plans.downgrade, "create"),
    };
    let mut revision = revision(1, &[], &format!("create {name}"));
    revision.operations = operations;
    let scripts = BTreeMap::from([(database.dialect().name().to_owned(), scripts)]);
    write_revision(&project.migrations(), &revision, &scripts).unwrap();
}

fn takes_turns<D: Driver>(database: &Database) {
    let project = Project::new();
    let migrations = chained(&project);
    let (fresh, files) = (database.fresh(), project.load());
    let mut client = D::connect_to(&fresh);
    let status = Migrator::new(&migrations).check(&mut client).unwrap();
    assert_eq!(status.pending().count(), files.revisions().len());
    let applied = Migrator::new(&migrations)
        .upgrade(&mut client)
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(applied.len(), files.revisions().len());

    let dialect = database.dialect();
    let mut command = fresh.open();
    let found = runner::check(&mut *command, dialect, &files, &Tables::default())
        .unwrap()
        .findings;
    assert_eq!(found, []);
    runner::downgrade(
        &mut *command,
        dialect,
        &files,
        &[chain::id(2)],
        &chain::options(),
        &mut |_| {},
    )
    .unwrap_or_else(|error| panic!("{error}"));
    let status = Migrator::new(&migrations).check(&mut client).unwrap();
    assert_eq!(status.pending().next(), Some(chain::id(3)), "{status}");
    Migrator::new(&migrations).upgrade(&mut client).unwrap();
    assert!(Migrator::new(&migrations).check(&mut client).unwrap().is_ok());
    assert_eq!(
        client.number("SELECT count(*) FROM notes"),
        2,
        "and each statement ran once"
    );
}

#[test]
fn program_and_command_take_turns_on_a_database() {
    on_servers(takes_turns::<postgres::Client>, takes_turns::<mysql::Conn>);
}

fn is_as_before<D: Driver>(database: &Database) {
    let project = Project::new();
    let good = chained(&project);
    let failing = project.migrations().join(format!(
        "versions/690000050000_outside/upgrade.{}.sql",
        D::DIALECT
    ));
    let text = std::fs::read_to_string(&failing).unwrap();
    std::fs::write(&failing, text + "\nnonsense;\n").unwrap();
    let failing = embed(&project.migrations());
    for odd in [&[][..], D::ODD] {
        let fresh = database.fresh();
        let mut client = D::connect_to(&fresh);
        for sql in odd {
            client.run(sql).unwrap();
        }
        let before = client.settings();
        let is_as_before = |client: &mut D, after: &str| {
            let now = client.settings();
            let changed: Vec<_> = now
                .iter()
                .filter(|(name, value)| before.get(*name) != Some(value))
                .collect();
            assert!(changed.is_empty(), "{after}: {changed:?}");
            // Nor is the lock still held: the server takes it back from nobody but its session.
            Migrator::new(&good).check(&mut D::connect_to(&fresh)).unwrap();
        };
        Migrator::new(&good).check(&mut client).unwrap();
        is_as_before(&mut client, "after a check");
        let error = Migrator::new(&failing).upgrade(&mut client).unwrap_err();
        assert!(error.to_string().contains("nonsense"), "{error}");
        is_as_before(&mut client, "after a failed upgrade");
    }
    for odd in [&[][..], D::ODD] {
        for event in 0..3 {
            let fresh = database.fresh();
            let mut client = D::connect_to(&fresh);
            for sql in odd {
                client.run(sql).unwrap();
            }
            let before = client.settings();
            let mut seen = 0;
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                Migrator::new(&good)
                    .on_event(|_| {
                        seen += 1;
                        assert!(seen <= event, "the program had enough");
                    })
                    .upgrade(&mut client)
            }));
            assert!(outcome.is_err(), "there are more events than {event}");
            let now = client.settings();
            let changed: Vec<_> = now
                .iter()
                .filter(|(name, value)| before.get(*name) != Some(value))
                .collect();
            assert!(changed.is_empty(), "after event {event}: {changed:?}");
            // Another session can go on: the lock was given back, though this one is still open.
            let mut other = D::connect_to(&fresh);
            Migrator::new(&good)
                .upgrade(&mut other)
                .unwrap_or_else(|error| panic!("{error}"));
            assert!(Migrator::new(&good).check(&mut other).unwrap().is_ok());
        }
    }
}

#[test]
fn the_connection_is_afterwards_as_it_was() {
    on_servers(is_as_before::<postgres::Client>, is_as_before::<mysql::Conn>);
}

/// A session that shows one row of each query, and gives tables an engine without foreign keys.
fn is_not_misled(database: &Database) {
    let project = Project::new();
    let migrations = chained(&project);
    let fresh = database.fresh();
    let mut client = mysql::Conn::connect_to(&fresh);
    client
        .run("SET SESSION sql_select_limit = 1, completion_type = 1, default_storage_engine = MyISAM")
        .unwrap();
    let applied = Migrator::new(&migrations).upgrade(&mut client).unwrap();
    assert!(applied.len() > 1, "{applied:?}");
    assert_eq!(Migrator::new(&migrations).upgrade(&mut client).unwrap(), []);
    assert!(Migrator::new(&migrations).check(&mut client).unwrap().is_ok());
    let others = "SELECT count(*) FROM information_schema.tables WHERE table_schema = database() AND engine <> 'InnoDB'";
    assert_eq!(client.number(others), 0);
}

#[test]
fn what_a_server_sets_for_a_session_does_not_mislead() {
    on_servers(|_| {}, is_not_misled);
}

fn keeps_transactions<D: Driver>(database: &Database) {
    let project = Project::new();
    let migrations = chained(&project);
    let fresh = database.fresh();
    let mut client = D::connect_to(&fresh);
    client.run("CREATE TABLE own (a INTEGER)").unwrap();
    for begin in ["BEGIN", "START TRANSACTION READ ONLY"] {
        client.run(begin).unwrap();
        client.number("SELECT count(*) FROM own");
        for error in [
            Migrator::new(&migrations).upgrade(&mut client).unwrap_err(),
            Migrator::new(&migrations).check(&mut client).unwrap_err(),
        ] {
            assert!(
                error
                    .to_string()
                    .contains("a transaction is open on the connection\nhint: "),
                "{error}"
            );
        }
        client.run("ROLLBACK").unwrap();
    }
    client.run("BEGIN").unwrap();
    client.run("INSERT INTO own VALUES (1)").unwrap();
    Migrator::new(&migrations).upgrade(&mut client).unwrap_err();
    client.run("ROLLBACK").unwrap();
    assert_eq!(client.number("SELECT count(*) FROM own"), 0);
}

#[test]
fn a_transaction_of_the_program_is_not_touched() {
    on_servers(
        keeps_transactions::<postgres::Client>,
        keeps_transactions::<mysql::Conn>,
    );
}

fn starts_at_once<D: Driver>(database: &Database) {
    const INSTANCES: usize = 8;
    let project = Project::new();
    let migrations = chained(&project);
    for _ in 0..2 {
        let fresh = database.fresh();
        let barrier = Barrier::new(INSTANCES);
        let url = fresh.url().server().unwrap().with_secrets();
        let start = || {
            let mut client = D::connect(&url);
            barrier.wait();
            let applied = Migrator::new(&migrations).upgrade(&mut client);
            applied.unwrap_or_else(|error| panic!("{error}")).len()
        };
        let applied: usize = std::thread::scope(|scope| {
            let instances: Vec<_> = (0..INSTANCES).map(|_| scope.spawn(start)).collect();
            instances
                .into_iter()
                .map(|instance| instance.join().unwrap())
                .sum()
        });
        assert_eq!(applied, migrations.revisions().len());
        let mut client = D::connect_to(&fresh);
        assert!(Migrator::new(&migrations).check(&mut client).unwrap().is_ok());
        assert_eq!(client.number("SELECT count(*) FROM notes"), 2);
    }
}

#[test]
fn instances_that_start_at_once_apply_each_revision_once() {
    on_servers(starts_at_once::<postgres::Client>, starts_at_once::<mysql::Conn>);
}

fn drifts<D: Driver>(database: &Database) {
    let project = Project::new();
    create_table(&project, database, "prices");
    let migrations = embed(&project.migrations());
    let url = database.url().server().unwrap().with_secrets();
    let made = testing::database_at(&migrations, &url);
    let mut client = D::connect(&made.url());
    let status = Migrator::new(&migrations).check(&mut client).unwrap();
    assert!(status.is_ok(), "{status}");
    client.run("ALTER TABLE prices ADD COLUMN own INTEGER").unwrap();
    let status = Migrator::new(&migrations).check(&mut client).unwrap();
    assert_eq!(status.drift().count(), 1, "{status}");

    let other = testing::database_at(&migrations, &url);
    assert_ne!(made.url(), other.url());
    assert!(
        Migrator::new(&migrations)
            .check(&mut D::connect(&other.url()))
            .unwrap()
            .is_ok()
    );
    let gone: db::DatabaseUrl = other.url().parse().unwrap();
    other.close().unwrap();
    assert!(db::open(&gone).is_err(), "it was dropped");

    testing::up_down_up_at(&migrations, &url);
    let wrong = project.migrations().join(format!(
        "versions/690000010000_create_prices/downgrade.{}.sql",
        D::DIALECT
    ));
    std::fs::write(&wrong, "SELECT 1;\n").unwrap();
    assert_fails(&project.migrations(), &url);
}

fn assert_fails(migrations: &Path, url: &str) {
    let migrations = embed(migrations);
    let payload = catch_unwind(|| testing::up_down_up_at(&migrations, url)).unwrap_err();
    let text = payload.downcast_ref::<String>().unwrap();
    assert!(text.contains("690000010000") && text.contains("prices"), "{text}");
}

#[test]
fn a_test_has_a_database_of_its_own_and_drift_is_told() {
    on_servers(drifts::<postgres::Client>, drifts::<mysql::Conn>);
}

#[test]
fn a_connection_without_a_database_is_told() {
    let Some(database) = servers::database("mysql") else {
        return;
    };
    let project = Project::new();
    let migrations = chained(&project);
    let server = database.url().server().unwrap();
    let url = server.with_secrets();
    let url = url.rsplit_once('/').unwrap().0;
    let mut client = <mysql::Conn as Driver>::connect(url);
    // A history without a revision has nothing to look for, and still there is nothing to look at.
    for migrations in [migrations, Migrations::new("migrations", &[])] {
        for error in [
            Migrator::new(&migrations).upgrade(&mut client).unwrap_err(),
            Migrator::new(&migrations).check(&mut client).unwrap_err(),
        ] {
            assert!(
                error.to_string().contains("has no database; name one in the URL"),
                "{error}"
            );
        }
    }
}
