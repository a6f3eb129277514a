#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! Many instances of a program that start at once: each revision is applied once, by one of them, and all of them start.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Barrier;

use schema_core::Migrations;
use schema_core::db::drivers::rusqlite::Connection;
use schema_core::migrator::Migrator;

static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");

const THREADS: usize = 12;
const PROCESSES: usize = 8;
const ROUNDS: usize = 3;

/// Where an instance finds its database, if it is one.
const DATABASE: &str = "AUTOGEN_TEST_INSTANCE";

/// Starts a program: upgrades, then works with its tables. Returns how many revisions were applied by it.
fn start(database: &Path) -> usize {
    let mut connection = Connection::open(database).unwrap();
    let applied = Migrator::new(&MIGRATIONS)
        .upgrade(&mut connection)
        .unwrap_or_else(|error| panic!("{error}"));
    connection
        .execute(
            "INSERT INTO users (username, password) VALUES (hex(randomblob(8)), '')",
            [],
        )
        .unwrap();
    applied.len()
}

fn assert_upgraded(database: &Path, instances: usize) {
    let mut connection = Connection::open(database).unwrap();
    let status = Migrator::new(&MIGRATIONS).check(&mut connection).unwrap();
    assert!(status.is_ok(), "{status}");
    let users: i64 = connection
        .query_row("SELECT count(*) FROM users", [], |row| row.get(0))
        .unwrap();
    assert_eq!(usize::try_from(users), Ok(instances));
}

/// What a program makes in one thread and uses in another, such as one of `tokio::task::spawn_blocking`.
#[test]
fn a_migrator_goes_where_it_may_wait() {
    fn assert_moves<T: Send + 'static>(_: &T) {}
    fn assert_shared<T: Sync>(_: &T) {}

    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("app.db");
    let (said, heard) = std::sync::mpsc::channel();
    let mut migrator =
        Migrator::new(&MIGRATIONS).on_event(move |event| said.send(format!("{event:?}")).unwrap());
    assert_moves(&migrator);
    assert_shared(&migrator);
    let thread = std::thread::spawn(move || {
        let mut connection = Connection::open(&database).unwrap();
        let applied = migrator.upgrade(&mut connection);
        let migrator = &migrator;
        // Whoever only asks can share it.
        let status = std::thread::scope(|scope| scope.spawn(move || migrator.check(&mut connection)).join());
        (applied, status.unwrap())
    });
    let (applied, status) = thread.join().unwrap();
    assert_eq!(applied.unwrap().len(), 2);
    assert!(status.unwrap().is_ok());
    assert!(heard.iter().count() > 2, "the context and two revisions");
}

/// What a run returns comes back from such a thread, an error with it, by `?` too.
const _: () = {
    const fn assert_comes_back<T: Send + Sync + 'static>() {}
    assert_comes_back::<schema_core::migrator::MigrateError>();
    assert_comes_back::<schema_core::migrator::Status>();
    assert_comes_back::<schema_core::testing::Database>();
};

#[test]
fn threads_apply_each_revision_once() {
    for _ in 0..ROUNDS {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("app.db");
        let barrier = Barrier::new(THREADS);
        let applied: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS)
                .map(|_| {
                    scope.spawn(|| {
                        barrier.wait();
                        start(&database)
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(applied, MIGRATIONS.revisions().len());
        assert_upgraded(&database, THREADS);
    }
}

#[test]
fn processes_apply_each_revision_once() {
    for _ in 0..ROUNDS {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("app.db");
        let instances: Vec<Child> = (0..PROCESSES).map(|_| spawn(&database)).collect();
        for mut instance in instances {
            assert!(instance.wait().unwrap().success());
        }
        let reports = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let applied: Vec<usize> = reports
            .filter(|path| path.extension().is_some_and(|extension| extension == "applied"))
            .map(|path| std::fs::read_to_string(path).unwrap().parse().unwrap())
            .collect();
        assert_eq!(applied.len(), PROCESSES);
        assert_eq!(applied.iter().sum::<usize>(), MIGRATIONS.revisions().len());
        assert_upgraded(&database, PROCESSES);
    }
}

/// Starts this executable again, as the program whose `main` is the test below.
fn spawn(database: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "migrator_at_once::an_instance", "--nocapture"])
        .env(DATABASE, database)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// An instance of a program. In an ordinary run of the tests there is none.
#[test]
fn an_instance() {
    if let Some(database) = std::env::var_os(DATABASE).map(PathBuf::from) {
        let applied = start(&database);
        let report = database.with_file_name(format!("{}.applied", std::process::id()));
        std::fs::write(report, applied.to_string()).unwrap();
    }
}
