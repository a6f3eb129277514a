//! A fault at every call that an upgrade of SQLite makes of the file system: whatever happens, the database is as before or as after a transaction, and the
//! next upgrade comes to where an undisturbed one does.
//!
//! `AUTOGEN_FAULT_ROUNDS` in the environment makes it every call; else it is some of them.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::{Path, PathBuf};

use autogen_tests::chain::{self, State, is_long};
use schema_core::db::sqlite::{Missing, SqliteConnection};
use schema_core::db::{Connection, Value};
use schema_core::dialect::sqlite::Sqlite;
use schema_core::history::{Direction, History};
use tempfile::TempDir;

use crate::vfs::{Fault, Vfs};

/// How many calls of each kind of fault a short run tries.
const FEW: usize = 12;

struct Bench {
    folder: TempDir,
    history: History,
    vfs: &'static Vfs,
}

impl Bench {
    fn new(journal: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (_, history) = chain::history(folder.path());
        let bench = Bench {
            folder,
            history,
            vfs: Vfs::register(&format!("faulty-{journal}")),
        };
        let mut connection = open(&bench.start());
        chain::fill(&mut connection, &Sqlite, &bench.history, 120);
        connection
            .query(&format!("PRAGMA journal_mode = {journal}"), &[])
            .unwrap();
        bench
    }

    fn start(&self) -> PathBuf {
        self.folder.path().join("start.db")
    }

    /// Returns the database at the first revision, anew.
    fn fresh(&self) -> PathBuf {
        let path = self.folder.path().join("app.db");
        for end in ["-journal", "-wal", "-shm"] {
            let _ = std::fs::remove_file(self.folder.path().join(format!("app.db{end}")));
        }
        std::fs::copy(self.start(), &path).unwrap();
        path
    }

    /// Upgrades on the faulty file system.
    fn upgrade(&self, path: &Path, fault: Option<(usize, Fault)>) -> Result<(), String> {
        self.upgrade_after(path, fault, "PRAGMA synchronous = FULL")
    }

    fn upgrade_after(&self, path: &Path, fault: Option<(usize, Fault)>, setting: &str) -> Result<(), String> {
        self.vfs.arm(None);
        let inner = self.vfs.open(path);
        // So few pages that they are written before the end.
        inner.execute_batch("PRAGMA cache_size = 5").unwrap();
        inner.execute_batch(setting).unwrap();
        let mut connection = SqliteConnection::new(inner).unwrap();
        self.vfs.arm(fault);
        run(&mut connection, &self.history)
    }
}

fn run(connection: &mut dyn Connection, history: &History) -> Result<(), String> {
    chain::run(connection, &Sqlite, history, Direction::Upgrade, &mut |_| {})
        .map(drop)
        .map_err(|error| error.to_string())
}

fn open(path: &Path) -> SqliteConnection {
    let mut connection = SqliteConnection::open(path, Missing::Create).unwrap();
    connection.execute("PRAGMA synchronous = OFF", &[]).unwrap();
    connection
}

fn state(path: &Path) -> State {
    let mut connection = open(path);
    assert!(is_whole(&mut connection));
    chain::state(&mut connection, &Sqlite)
}

fn is_whole(connection: &mut dyn Connection) -> bool {
    let found = connection.query("PRAGMA integrity_check", &[]);
    found.is_ok_and(|found| found == [[Value::from("ok")]])
}

fn everywhere(journal: &str) {
    let bench = Bench::new(journal);
    let path = bench.fresh();
    bench.upgrade(&path, None).unwrap();
    let calls = bench.vfs.calls();
    let expected = state(&path);
    let stride = |fault| match fault {
        _ if is_long() => 1,
        // After a single failure everything works again, so that anything that ignores it does harm.
        Fault::Once => calls / FEW / 4,
        Fault::Crash | Fault::ForGood | Fault::Full => calls / FEW,
    };
    let (mut count, mut failed) = (0, 0);
    for fault in [Fault::Crash, Fault::Once, Fault::ForGood, Fault::Full] {
        for at in (1..=calls).step_by(stride(fault)) {
            let path = bench.fresh();
            let outcome = bench.upgrade(&path, Some((at, fault)));
            let what = || format!("{fault:?} at call {at} of {calls}, {journal}: {outcome:?}");
            if outcome.is_ok() {
                assert_eq!(state(&path), expected, "{}", what());
            }
            run(&mut open(&path), &bench.history).unwrap_or_else(|error| panic!("{}: {error}", what()));
            assert_eq!(state(&path), expected, "{}", what());
            count += 1;
            failed += usize::from(outcome.is_err());
        }
    }
    assert!(failed * 2 > count, "the faults are felt");
    println!("{journal}: {count} faults at {calls} calls");
}

/// A database that does not sync does not survive this: so the disk of these tests does lose what it may lose.
#[test]
fn the_disk_of_these_tests_loses_what_was_not_synced() {
    let bench = Bench::new("truncate");
    let path = bench.fresh();
    bench.upgrade(&path, None).unwrap();
    let calls = bench.vfs.calls();
    let mut broken = 0;
    for at in (1..=calls).step_by(calls / 40) {
        let path = bench.fresh();
        let _ = bench.upgrade_after(&path, Some((at, Fault::Crash)), "PRAGMA synchronous = OFF");
        broken += usize::from(
            !SqliteConnection::open(&path, Missing::Refuse).is_ok_and(|mut it| is_whole(&mut it)),
        );
    }
    assert!(broken > 0);
}

#[test]
fn a_fault_at_any_call_with_a_rollback_journal() {
    everywhere("delete");
}

#[test]
fn a_fault_at_any_call_with_a_write_ahead_log() {
    everywhere("wal");
}
