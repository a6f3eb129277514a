//! Processes that upgrade: killed at any instant, many at once, and with someone else at work. On every database.
//!
//! `AUTOGEN_FAULT_ROUNDS=500` makes it that many kills, and a tenth as many rounds of the crowd, which is bigger then.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use autogen_tests::chain::{self, Dice, State, is_long, rounds};
use autogen_tests::servers::{self, Database, Fresh};
use schema_core::db::{self, Connection, DatabaseUrl, ErrorKind, Value};
use schema_core::history::{Direction, History};
use schema_core::runner::{self, FailureCause, Options, RunError};

/// Returns the URL as a process is given it.
fn given(url: &DatabaseUrl) -> String {
    match url {
        DatabaseUrl::Sqlite(_) | DatabaseUrl::SqliteMemory => url.to_string(),
        DatabaseUrl::Postgres(server) | DatabaseUrl::MySql(server) => server.with_secrets(),
    }
}

/// Starts a process that waits for its standard input to end before it begins.
fn start(migrations: &Path, url: &DatabaseUrl, direction: Direction) -> Child {
    Command::new(env!("CARGO_BIN_EXE_upgrader"))
        .arg(migrations)
        .args([given(url), direction.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits for its end, and returns the revisions that it ran.
fn finish(child: Child) -> Vec<String> {
    let output = child.wait_with_output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let stdout = String::from_utf8(output.stdout).unwrap();
    stdout.lines().map(str::to_owned).collect()
}

/// Returns a database at the first revision, with rows.
fn filled(database: &Database, history: &History, rows: usize) -> Fresh {
    let fresh = database.fresh();
    let dialect = database.dialect();
    chain::fill(
        &mut *chain::unsynced(fresh.open(), dialect),
        dialect,
        history,
        rows,
    );
    fresh
}

fn upgraded(database: &Database, fresh: &Fresh, history: &History) -> State {
    let mut connection = chain::unsynced(fresh.open(), database.dialect());
    chain::run(
        &mut *connection,
        database.dialect(),
        history,
        Direction::Upgrade,
        &mut |_| {},
    )
    .unwrap_or_else(|error| panic!("{error}"));
    chain::state(&mut *connection, database.dialect())
}

/// Kills so many processes, each at some instant; after each, the next upgrade comes to the undisturbed state.
fn kill(database: &Database, direction: Direction, kills: usize) {
    let folder = tempfile::tempdir().unwrap();
    let (migrations, history) = chain::history(folder.path());
    const ROWS: usize = 3_000;
    let undisturbed = filled(database, &history, ROWS);
    let expected = upgraded(database, &undisturbed, &history);
    let run = |fresh: &Fresh| {
        let mut child = start(&migrations, fresh.url(), direction);
        drop(child.stdin.take());
        child
    };
    // How long one takes, on the machine as it is. That changes, so it is corrected on the way: most are to be killed, and some just before their end.
    let began = Instant::now();
    finish(run(&filled_for(database, &history, ROWS, direction)));
    let mut whole = u64::try_from(began.elapsed().as_micros()).unwrap();
    let mut dice = Dice(7);
    let (mut killed, mut ended) = (0, 0);
    while killed < kills {
        let fresh = filled_for(database, &history, ROWS, direction);
        let mut child = run(&fresh);
        std::thread::sleep(Duration::from_micros(dice.below(whole)));
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            ended += 1;
            whole -= whole / 16;
        } else {
            killed += 1;
            whole += whole / 64;
        }
        let state = upgraded(database, &fresh, &history);
        assert_eq!(state, expected, "kill {killed}, on {}", database.dialect().name());
    }
    println!(
        "{}: {direction}: {killed} processes were killed, and {ended} ended before",
        database.dialect().name()
    );
}

fn filled_for(database: &Database, history: &History, rows: usize, direction: Direction) -> Fresh {
    let fresh = filled(database, history, rows);
    if direction == Direction::Downgrade {
        upgraded(database, &fresh, history);
    }
    fresh
}

/// Returns how many processes are killed: on a server, two for five of a file.
fn kills(database: &Database) -> usize {
    match database.fresh().url() {
        DatabaseUrl::Sqlite(_) | DatabaseUrl::SqliteMemory => rounds(6),
        DatabaseUrl::Postgres(_) | DatabaseUrl::MySql(_) => rounds(6) * 2 / 5,
    }
}

#[test]
fn an_upgrade_that_is_killed_is_completed_by_the_next() {
    for database in servers::databases() {
        kill(database, Direction::Upgrade, kills(database));
    }
}

#[test]
fn a_downgrade_that_is_killed_is_completed_by_the_next_upgrade() {
    for database in servers::databases() {
        kill(database, Direction::Downgrade, kills(database));
    }
}

/// Starts many processes at once, beside readers and writers, and returns how often each revision was run.
fn crowd(database: &Database, processes: usize, write_ahead: bool) {
    let folder = tempfile::tempdir().unwrap();
    let (migrations, history) = chain::history(folder.path());
    let fresh = filled(database, &history, 100);
    if write_ahead {
        fresh.open().query("PRAGMA journal_mode = WAL", &[]).unwrap();
    }
    let stop = AtomicBool::new(false);
    let mut ran: Vec<String> = Vec::new();
    let written = std::thread::scope(|scope| {
        let writers: Vec<_> = [1_000, 2_000]
            .into_iter()
            .map(|from| {
                let (url, stop) = (fresh.url(), &stop);
                scope.spawn(move || write(&mut *db::open(url).unwrap(), from, stop))
            })
            .collect();
        let (url, stop_reading) = (fresh.url(), &stop);
        let reader = scope.spawn(move || read(&mut *db::open(url).unwrap(), stop_reading));
        let mut children: Vec<Child> = (0..processes)
            .map(|_| start(&migrations, fresh.url(), Direction::Upgrade))
            .collect();
        for child in &mut children {
            drop(child.stdin.take());
        }
        let ends: Vec<_> = children
            .into_iter()
            .map(|child| scope.spawn(move || finish(child)))
            .collect();
        let ends: Vec<_> = ends
            .into_iter()
            .map(std::thread::ScopedJoinHandle::join)
            .collect();
        stop.store(true, Ordering::Relaxed);
        ran.extend(ends.into_iter().flat_map(Result::unwrap));
        reader.join().unwrap();
        writers
            .into_iter()
            .map(|writer| writer.join().unwrap())
            .sum::<i64>()
    });
    ran.sort_unstable();
    let each: Vec<String> = (2..=chain::LENGTH)
        .map(|number| chain::id(number).to_string())
        .collect();
    assert_eq!(
        ran,
        each,
        "each was run by exactly one, on {}",
        database.dialect().name()
    );
    let state = chain::state(&mut *fresh.open(), database.dialect());
    let sum: i64 = state.rows["items"]
        .iter()
        .map(|row| row[3].as_integer().unwrap())
        .sum();
    let expected: i64 = (1..=100).map(|cents| (cents + 1) * 3 + 7).sum();
    assert_eq!(sum, expected);
    assert_eq!(
        i64::try_from(state.rows["stores"].len()).unwrap(),
        3 + written,
        "no write is lost"
    );
}

/// Writes rows until it is told to stop, and returns how many.
fn write(connection: &mut dyn Connection, from: i64, stop: &AtomicBool) -> i64 {
    let mut written = 0;
    while !stop.load(Ordering::Relaxed) && written < 1_000 {
        let sql = format!("INSERT INTO stores VALUES ({}, 'written')", from + written);
        match connection.execute(&sql, &[]) {
            Ok(_) => written += 1,
            Err(error) => assert_eq!(error.kind, ErrorKind::Locked, "{error}"),
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    written
}

/// Reads until it is told to stop: what it sees is always a whole.
fn read(connection: &mut dyn Connection, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        match connection.query("SELECT count(*) FROM items", &[]) {
            Ok(rows) => assert_eq!(rows, [[Value::Integer(100)]]),
            Err(error) => assert_eq!(error.kind, ErrorKind::Locked, "{error}"),
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn many_processes_at_once_run_each_revision_once() {
    for database in servers::databases() {
        let is_file = matches!(database.fresh().url(), DatabaseUrl::Sqlite(_));
        let processes = match (is_long(), is_file) {
            (true, true) => 64,
            (true, false) => 32,
            (false, _) => 8,
        };
        let rounds = rounds(20) / 10;
        for round in 0..rounds {
            crowd(database, processes, is_file && round % 2 == 1);
        }
        println!(
            "{}: {rounds} rounds of {processes} processes",
            database.dialect().name()
        );
    }
}

/// A session that is in the middle of something with the table is waited for, and then left in peace.
#[test]
fn a_table_that_someone_else_holds_stops_the_upgrade_and_no_more() {
    for database in servers::databases() {
        let folder = tempfile::tempdir().unwrap();
        let (_, history) = chain::history(folder.path());
        let fresh = filled(database, &history, 10);
        let dialect = database.dialect();
        let before = chain::state(&mut *fresh.open(), dialect);
        let mut holder = fresh.open();
        holder.execute("BEGIN", &[]).unwrap();
        holder
            .execute("UPDATE items SET cents = cents WHERE id = 1", &[])
            .unwrap();
        let short = Options {
            lock_timeout: Duration::from_secs(1),
            ..chain::options()
        };
        let error = runner::upgrade(
            &mut *fresh.open(),
            dialect,
            &history,
            history.heads(),
            &short,
            &mut |_| {},
        )
        .unwrap_err();
        let kind = if let RunError::Failed(failure) = &error {
            match &failure.cause {
                FailureCause::Database(error) => Some(error.kind),
                FailureCause::Rows { .. } | FailureCause::NothingKept => None,
            }
        } else if let RunError::Locked { error, .. } = &error {
            Some(error.kind)
        } else {
            None
        };
        assert_eq!(kind, Some(ErrorKind::Locked), "{error}");
        assert!(error.hint().is_some(), "{error}");
        holder.execute("ROLLBACK", &[]).unwrap();
        let after = chain::state(&mut *fresh.open(), dialect);
        assert_eq!((&after.schema, &after.rows), (&before.schema, &before.rows));
        let undisturbed = filled(database, &history, 10);
        assert_eq!(
            upgraded(database, &fresh, &history),
            upgraded(database, &undisturbed, &history)
        );
    }
}
