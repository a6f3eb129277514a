//! A server that is killed while an upgrade runs on it, as by a power cut, and started again: the next upgrade comes to where an undisturbed one does.
//!
//! `AUTOGEN_FAULT_ROUNDS=100` makes it that many times on each server.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use autogen_tests::chain::{self, Dice, State, rounds};
use autogen_tests::provision::{self, Running};
use autogen_tests::servers::{SERVERS, Server, unique_name};
use schema_core::db::{self, DatabaseUrl, Scratch};
use schema_core::dialect::{self, Dialect};
use schema_core::history::{Direction, History};

const ROWS: usize = 2_000;

struct Victim {
    running: Running,
    dialect: &'static dyn Dialect,
    history: History,
}

impl Victim {
    /// Returns a new database at the first revision, with rows.
    fn filled(&self) -> Scratch {
        let url: DatabaseUrl = self.running.url.parse().unwrap();
        let mut scratch = db::scratch(&url, &unique_name()).unwrap();
        chain::fill(&mut scratch, self.dialect, &self.history, ROWS);
        scratch
    }

    fn upgraded(&self, url: &DatabaseUrl) -> State {
        let mut connection = db::open(url).unwrap();
        chain::run(
            &mut *connection,
            self.dialect,
            &self.history,
            Direction::Upgrade,
            &mut |_| {},
        )
        .unwrap_or_else(|error| panic!("{error}"));
        chain::state(&mut *connection, self.dialect)
    }
}

fn upgrader(migrations: &Path, url: &DatabaseUrl) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_upgrader"))
        .arg(migrations)
        .args([&url.server().unwrap().with_secrets(), "upgrade"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdin.take());
    child
}

fn crash(server: &Server) {
    let running = match provision::start(server) {
        Ok(running) => running,
        Err(why) => {
            assert!(std::env::var_os("CI").is_none(), "{}: {why}", server.dialect);
            println!("skipped: {}: {why}", server.dialect);
            return;
        }
    };
    let folder = tempfile::tempdir().unwrap();
    let (migrations, history) = chain::history(folder.path());
    let mut victim = Victim {
        running,
        dialect: dialect::by_name(server.dialect).unwrap(),
        history,
    };
    let expected = victim.upgraded(victim.filled().url());
    // How long it takes, on the machine as it is.
    let scratch = victim.filled();
    let began = Instant::now();
    let output = upgrader(&migrations, scratch.url()).wait_with_output().unwrap();
    let whole = u64::try_from(began.elapsed().as_micros()).unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut dice = Dice(11);
    let (mut interrupted, all) = (0, rounds(3));
    for round in 0..all {
        let scratch = victim.filled();
        let child = upgrader(&migrations, scratch.url());
        std::thread::sleep(Duration::from_micros(dice.below(whole)));
        victim.running.crash().unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(matches!(output.status.code(), Some(0 | 2)), "{said}");
        interrupted += usize::from(!output.status.success());
        victim.running.restart().unwrap();
        let state = victim.upgraded(scratch.url());
        assert_eq!(state, expected, "round {round}, on {}: {said}", server.dialect);
    }
    println!(
        "{}: {interrupted} of {all} upgrades were interrupted by the end of the server",
        server.dialect
    );
}

#[test]
fn an_upgrade_is_completed_after_the_end_of_a_postgresql_server() {
    crash(&SERVERS[0]);
}

#[test]
fn an_upgrade_is_completed_after_the_end_of_a_mariadb_server() {
    crash(&SERVERS[1]);
}
