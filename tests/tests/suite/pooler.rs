#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! A connection pooler between the command and PostgreSQL: in session mode it is as if it were not there; in transaction mode it is noticed before
//! anything is done, by one process and by many at once, and nothing stays behind.

use std::process::{Child, Command, Output, Stdio};

use autogen_tests::chain;
use autogen_tests::provision::Pooler;
use autogen_tests::servers::{self, Fresh};

const PROCESSES: usize = 8;

/// Returns a database of its own behind a pooler, if there are a server and a pooler.
fn pooled(mode: &str) -> Option<(Fresh, Pooler)> {
    let fresh = servers::database("postgres")?.fresh();
    let pooler = Pooler::start(fresh.url().server().unwrap(), mode).unwrap()?;
    Some((fresh, pooler))
}

fn upgraders(url: &str, count: usize) -> Vec<Output> {
    let folder = tempfile::tempdir().unwrap();
    let (migrations, _) = chain::history(folder.path());
    let start = |_| -> Child {
        Command::new(env!("CARGO_BIN_EXE_upgrader"))
            .arg(&migrations)
            .args([url, "upgrade"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let mut processes: Vec<Child> = (0..count).map(start).collect();
    for process in &mut processes {
        drop(process.stdin.take());
    }
    let ends = processes.into_iter();
    ends.map(|process| process.wait_with_output().unwrap()).collect()
}

/// Asserts that no lock of the tool's is left in a session of the pool, and tells how many revisions are applied.
fn look(fresh: &Fresh) -> i64 {
    let mut connection = fresh.open();
    let mut count = |sql: &str| {
        let rows = connection.query(sql, &[]);
        rows.map(|rows| rows[0][0].as_integer().unwrap())
    };
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    assert_eq!(count(locks).unwrap(), 0);
    count("SELECT count(*) FROM _autogen_revisions").unwrap_or(0)
}

#[test]
fn transaction_mode_is_noticed_before_anything_is_done() {
    let Some((fresh, pooler)) = pooled("transaction") else {
        return;
    };
    for processes in [1, PROCESSES, PROCESSES] {
        for output in upgraders(&pooler.url, processes) {
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success(), "{said}");
            assert!(said.contains("by a pooler in transaction mode"), "{said}");
        }
        assert_eq!(look(&fresh), 0);
    }
}

#[test]
fn session_mode_is_as_no_pooler_at_all() {
    let Some((fresh, pooler)) = pooled("session") else {
        return;
    };
    for output in upgraders(&pooler.url, 3) {
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    }
    assert!(look(&fresh) > 1);
}
