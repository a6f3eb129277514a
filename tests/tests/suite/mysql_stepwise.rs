//! Scripts on a server on which every change of a schema commits by itself: whatever ends an upgrade, and wherever, the next one goes on at the very
//! statement and says so.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use autogen_tests::chain::{self, State};
use autogen_tests::revisions::{Project, id, ids, revision};
use autogen_tests::servers::{self, Fresh};
use schema_core::db::{self, Connection, DatabaseUrl, ErrorKind, Value};
use schema_core::dialect::mysql::MySql;
use schema_core::dialect::{Dialect, Limits};
use schema_core::history::files::{Scripts, write_revision};
use schema_core::history::{History, ScriptSums};
use schema_core::runner::{self, HalfwayCause, Options, RunError};
use schema_core::script::checksum;

use crate::database::{options, said};

/// Statements of every kind, each of which shows it if it is left out or done twice.
const STATEMENTS: [&str; 8] = [
    "ALTER TABLE items ADD COLUMN cents INT NULL",
    "UPDATE items SET cents = price * 100",
    "CREATE TABLE log (id INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(20))",
    "INSERT INTO log (what) SELECT 'item' FROM items",
    "RENAME TABLE log TO logs",
    "UPDATE items SET cents = cents + 1",
    "ALTER TABLE items MODIFY cents INT NOT NULL, ADD INDEX ix_cents (cents), DROP COLUMN price",
    "DROP TABLE old",
];

const CREATE: &str = "CREATE TABLE items (id INT PRIMARY KEY, price INT NOT NULL);\nCREATE TABLE old (id INT PRIMARY KEY);\nINSERT INTO items VALUES (1, 2), (2, 3);\n";

const LIMITS: Limits = Limits {
    lock: Duration::from_secs(60),
    statement: None,
};

fn script(statements: &[&str]) -> String {
    statements.iter().map(|sql| format!("{sql};\n")).collect()
}

/// A project for the server, and an empty database on it.
struct Site {
    project: Project,
    fresh: Fresh,
}

impl Site {
    /// Returns it at the first of two revisions, or nothing where there is no server.
    fn new(second: &str) -> Option<Self> {
        let fresh = servers::database("mysql")?.fresh();
        let site = Site {
            project: Project::new(),
            fresh,
        };
        site.write(1, CREATE);
        runner::upgrade(
            &mut *site.fresh.open(),
            &MySql,
            &site.load(),
            &ids([1]),
            &options(),
            &mut |_| {},
        )
        .unwrap_or_else(|error| panic!("{error}"));
        site.write(2, second);
        Some(site)
    }

    /// Writes a revision, and returns its upgrade script.
    fn write(&self, number: u32, upgrade: &str) -> PathBuf {
        let parents: Vec<u32> = (1..number).last().into_iter().collect();
        let mut revision = revision(number, &parents, "step");
        let scripts = Scripts {
            upgrade: upgrade.to_owned(),
            downgrade: String::new(),
        };
        let sums = ScriptSums {
            upgrade: checksum(upgrade),
            downgrade: checksum(""),
            edited: std::collections::BTreeSet::new(),
        };
        revision.scripts = BTreeMap::from([("mysql".to_owned(), sums)]);
        let scripts = BTreeMap::from([("mysql".to_owned(), scripts)]);
        let folder = write_revision(&self.project.migrations(), &revision, &scripts).unwrap();
        folder.join("upgrade.mysql.sql")
    }

    fn script(&self) -> PathBuf {
        let history = self.load();
        let revision = history.get(id(2)).unwrap();
        let folder = format!("{}_{}", revision.id, revision.message);
        let path = self.project.migrations().join("versions").join(folder);
        path.join("upgrade.mysql.sql")
    }

    fn load(&self) -> History {
        self.project.load()
    }

    /// Upgrades, and returns what was said.
    fn upgrade(&self, options: &Options) -> (Vec<String>, Result<(), RunError>) {
        upgrade(self.fresh.url(), &self.load(), options)
    }

    /// Upgrades, which must succeed, and returns the line that says where it went on.
    fn resumed(&self) -> Option<String> {
        let (log, result) = self.upgrade(&options());
        result.unwrap_or_else(|error| panic!("{error}"));
        log.into_iter().find(|line| line.starts_with("resume"))
    }

    fn state(&self) -> State {
        chain::state(&mut *self.fresh.open(), &MySql)
    }

    /// Starts an upgrade in a process of its own.
    fn start(&self) -> Child {
        let url = match self.fresh.url() {
            DatabaseUrl::MySql(url) => url.with_secrets(),
            url @ (DatabaseUrl::SqliteMemory | DatabaseUrl::Sqlite(_) | DatabaseUrl::Postgres(_)) => {
                url.to_string()
            }
        };
        let mut child = Command::new(env!("CARGO_BIN_EXE_upgrader"))
            .arg(self.project.migrations())
            .args([url, "upgrade".to_owned()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        drop(child.stdin.take());
        child
    }

    /// Waits until a session runs a statement like that, and returns its number.
    fn wait_for(&self, connection: &mut dyn Connection, statement: &str) -> i64 {
        let sql = "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = database() AND INFO LIKE ? AND ID <> connection_id()";
        for _ in 0..3_000 {
            let rows = connection
                .query(sql, &[format!("{statement}%").as_str().into()])
                .unwrap();
            if let Some(id) = rows.first().and_then(|row| row[0].as_integer()) {
                return id;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("`{statement}` does not run");
    }

    /// Waits until a session is gone.
    fn wait_for_end(&self, connection: &mut dyn Connection, session: i64) {
        let sql = "SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = ?";
        while !connection
            .query(sql, &[Value::Integer(session)])
            .unwrap()
            .is_empty()
        {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Ends a session whose process is gone, if the server has not noticed that by itself.
fn end_session(connection: &mut dyn Connection, session: i64) {
    if let Err(error) = connection.execute(&format!("KILL {session}"), &[]) {
        assert!(error.to_string().contains("Unknown thread id"), "{error}");
    }
}

fn upgrade(url: &DatabaseUrl, history: &History, options: &Options) -> (Vec<String>, Result<(), RunError>) {
    let mut log = Vec::new();
    let result = runner::upgrade(
        &mut *db::open(url).unwrap(),
        &MySql,
        history,
        history.heads(),
        options,
        &mut |event| log.push(said(event)),
    );
    (log, result.map(drop))
}

/// Returns what an upgrade leads to that nothing disturbs.
fn undisturbed() -> Option<State> {
    let site = Site::new(&script(&STATEMENTS))?;
    assert_eq!(site.resumed(), None);
    Some(site.state())
}

/// What becomes of the statement in which a process is killed.
enum End {
    /// The server does not notice, and does it.
    Done,
    /// Its session is killed too.
    Undone,
}

/// Kills a process in the middle of a statement, which waits for the rows or the table that another session holds.
fn kill_in(number: usize, end: &End) {
    let Some(expected) = undisturbed() else { return };
    let site = Site::new(&script(&STATEMENTS)).unwrap();
    let (mut holder, mut watcher) = (site.fresh.open(), site.fresh.open());
    holder.execute("START TRANSACTION", &[]).unwrap();
    holder
        .execute("UPDATE items SET id = id WHERE id = 1", &[])
        .unwrap();
    if number > 0 {
        // The first statement has to pass: only the rows are held, by a session that begins behind it.
        holder.execute("ROLLBACK", &[]).unwrap();
        let mut first = STATEMENTS;
        first[number] = "SELECT nonsense";
        fs::write(site.script(), script(&first)).unwrap();
        site.upgrade(&options()).1.unwrap_err();
        fs::write(site.script(), script(&STATEMENTS)).unwrap();
        holder.execute("START TRANSACTION", &[]).unwrap();
        holder
            .execute("UPDATE items SET id = id WHERE id = 1", &[])
            .unwrap();
    }
    let mut child = site.start();
    let session = site.wait_for(&mut *watcher, STATEMENTS[number]);
    child.kill().unwrap();
    child.wait().unwrap();
    match end {
        End::Done => {}
        End::Undone => {
            end_session(&mut *watcher, session);
            site.wait_for_end(&mut *watcher, session);
        }
    }
    holder.execute("ROLLBACK", &[]).unwrap();
    let resumed = site.resumed().expect("it goes on, and says so");
    let line = number + 1;
    assert!(
        resumed.contains(&format!("{number} of {}, line Some({line})", STATEMENTS.len())),
        "{resumed}"
    );
    assert_eq!(site.state(), expected);
}

#[test]
fn a_change_of_a_table_that_the_server_finishes_for_a_killed_process_is_not_done_again() {
    kill_in(0, &End::Done);
    kill_in(6, &End::Done);
}

#[test]
fn a_change_of_a_table_that_ends_with_its_killed_process_is_done_by_the_next() {
    kill_in(0, &End::Undone);
    kill_in(6, &End::Undone);
}

#[test]
fn a_change_of_rows_is_done_once_whatever_becomes_of_its_process() {
    kill_in(1, &End::Done);
    kill_in(5, &End::Undone);
}

/// A script that changes rows of an engine without transactions, and shows it if it does so twice.
const LASTING: [&str; 3] = [
    "CREATE TABLE counts (id INT PRIMARY KEY, n INT NOT NULL) ENGINE=MyISAM",
    "INSERT INTO counts VALUES (1, 1), (2, 2)",
    "UPDATE counts SET n = n * 10",
];

/// Kills a process while its last statement waits for a table without transactions, and says what becomes of the statement.
fn kill_in_lasting(end: &End) -> Option<Site> {
    let first = LASTING.map(|sql| sql.replace("UPDATE", "UPDATE nonsense,"));
    let site = Site::new(&script(&first.each_ref().map(String::as_str)))?;
    site.upgrade(&options()).1.unwrap_err();
    fs::write(site.script(), script(&LASTING)).unwrap();
    let (mut holder, mut watcher) = (site.fresh.open(), site.fresh.open());
    // It can be read, by which it is known what the statement is about.
    holder.execute("LOCK TABLES counts READ", &[]).unwrap();
    let mut child = site.start();
    let session = site.wait_for(&mut *watcher, LASTING[2]);
    child.kill().unwrap();
    child.wait().unwrap();
    if let End::Undone = end {
        end_session(&mut *watcher, session);
    }
    holder.execute("UNLOCK TABLES", &[]).unwrap();
    site.wait_for_end(&mut *watcher, session);
    Some(site)
}

fn counts(site: &Site) -> Vec<i64> {
    let rows = site.fresh.open().query("SELECT n FROM counts ORDER BY id", &[]);
    let rows = rows.unwrap();
    rows.iter().filter_map(|row| row[0].as_integer()).collect()
}

#[test]
fn rows_without_transactions_that_a_killed_process_did_not_change_are_changed_by_the_next() {
    let Some(site) = kill_in_lasting(&End::Undone) else {
        return;
    };
    assert_eq!(counts(&site), [1, 2]);
    assert_eq!(
        site.resumed().as_deref(),
        Some("resume upgrade 02, step, 2 of 3, line Some(3)")
    );
    assert_eq!(counts(&site), [10, 20]);
}

#[test]
fn rows_without_transactions_that_a_killed_process_changed_are_not_changed_again() {
    let Some(site) = kill_in_lasting(&End::Done) else {
        return;
    };
    let RunError::Halfway(halfway) = site.upgrade(&options()).1.unwrap_err() else {
        panic!("nobody can tell whether all of the rows were changed");
    };
    assert!(
        halfway
            .to_string()
            .contains("the rows of `counts` (MyISAM) are not what they were before it"),
        "{halfway}"
    );
    let HalfwayCause::Unclear { if_done, .. } = &halfway.cause else {
        panic!("{halfway:?}");
    };
    assert_eq!(counts(&site), [10, 20]);
    site.fresh.open().execute(if_done, &[]).unwrap();
    assert!(site.resumed().is_some());
    assert_eq!(counts(&site), [10, 20]);
}

#[test]
fn a_statement_that_changed_some_rows_before_it_failed_is_not_said_to_have_changed_none() {
    let mut failing = LASTING;
    failing[2] = "INSERT INTO counts VALUES (3, 3), (1, 1)";
    let Some(site) = Site::new(&script(&failing)) else {
        return;
    };
    let error = site.upgrade(&options()).1.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("the first 2 of 3 steps are done and stay"),
        "{error}"
    );
    let RunError::Halfway(halfway) = site.upgrade(&options()).1.unwrap_err() else {
        panic!("a row of it is there");
    };
    assert!(halfway.to_string().contains("`counts` (MyISAM)"), "{halfway}");
    assert_eq!(counts(&site), [1, 2, 3]);
}

#[test]
fn after_each_statement_that_fails_in_turn_the_next_upgrade_goes_on_there() {
    let Some(expected) = undisturbed() else { return };
    for number in 0..STATEMENTS.len() {
        let mut broken = STATEMENTS;
        broken[number] = "INSERT INTO nonsense VALUES (1)";
        let site = Site::new(&script(&broken)).unwrap();
        let error = site.upgrade(&options()).1.unwrap_err();
        let text = error.to_string();
        assert!(text.contains(&format!("line {}: ", number + 1)), "{text}");
        let kept = match number {
            0 => "nothing was changed".to_owned(),
            _ => format!("the first {number} of 8 steps are done and stay"),
        };
        assert!(text.contains(&kept), "{text}");
        fs::write(site.script(), script(&STATEMENTS)).unwrap();
        let line = number + 1;
        let expected_line = format!("resume upgrade 02, step, {number} of 8, line Some({line})");
        assert_eq!(site.resumed(), (number > 0).then_some(expected_line));
        assert_eq!(site.state(), expected, "{number}");
    }
}

#[test]
fn rows_in_the_way_that_a_script_looks_for_first_leave_nothing_half_way() {
    let look = "-- autogen: expect-no-rows an item is dear\nSELECT id FROM items WHERE price > 2;\n\n";
    let Some(site) = Site::new(&format!("{look}{}", script(&STATEMENTS))) else {
        return;
    };
    let before = site.state();
    let (_, result) = site.upgrade(&options());
    let error = result.unwrap_err();
    assert!(error.to_string().ends_with("nothing was changed"), "{error}");
    assert_eq!(
        error.hint().unwrap(),
        "correct these rows, or edit the script, then run it again"
    );
    assert_eq!(site.state(), before, "the revision is not begun");
    site.fresh
        .open()
        .execute("UPDATE items SET price = 2", &[])
        .unwrap();
    assert_eq!(site.resumed(), None);
}

#[test]
fn a_script_is_not_gone_on_with_in_other_words() {
    let Some(expected) = undisturbed() else { return };
    let mut broken = STATEMENTS;
    broken[3] = "INSERT INTO nonsense VALUES (1)";
    let site = Site::new(&script(&broken)).unwrap();
    site.upgrade(&options()).1.unwrap_err();
    let mut edited = STATEMENTS;
    edited[1] = "UPDATE items SET cents = price * 1000";
    fs::write(site.script(), script(&edited)).unwrap();
    let before = site.state();
    let error = site.upgrade(&options()).1.unwrap_err();
    assert!(error.to_string().contains("3 steps of which are done"), "{error}");
    assert!(error.to_string().contains("has been edited since"), "{error}");
    assert_eq!(site.state(), before);
    fs::write(site.script(), script(&STATEMENTS)).unwrap();
    assert!(site.resumed().is_some());
    assert_eq!(site.state(), expected);
}

#[test]
fn whoever_has_the_lock_is_named_and_waited_for() {
    let Some(expected) = undisturbed() else { return };
    let site = Site::new(&script(&STATEMENTS)).unwrap();
    let mut holder = site.fresh.open();
    MySql.session().lock(&mut *holder, &LIMITS, &mut |_| {}).unwrap();
    let number = holder.query("SELECT connection_id()", &[]).unwrap()[0][0].to_string();
    let before = site.state();
    let short = Options {
        lock_timeout: Duration::from_secs(1),
        ..options()
    };
    let (log, result) = site.upgrade(&short);
    let error = result.unwrap_err();
    let RunError::Locked { holder: named, .. } = &error else {
        panic!("{error}");
    };
    let named = named.as_ref().unwrap();
    assert!(named.contains(&format!("the session {number} of ")), "{named}");
    assert_eq!(error.to_string().matches(named).count(), 1, "{error}");
    assert!(error.hint().unwrap().contains("--lock-timeout"), "{error}");
    let waits = log.iter().find(|line| line.starts_with("waiting")).unwrap();
    assert!(waits.contains(&number), "{waits}");
    assert_eq!(site.state(), before);

    // It is free as soon as the session that has it ends.
    std::thread::scope(|scope| {
        let (url, history) = (site.fresh.url(), site.load());
        let waiter = scope.spawn(move || upgrade(url, &history, &options()));
        let mut watcher = site.fresh.open();
        site.wait_for(&mut *watcher, "SELECT get_lock(");
        drop(holder);
        let (log, result) = waiter.join().unwrap();
        result.unwrap_or_else(|error| panic!("{error}"));
        assert!(log.iter().any(|line| line.starts_with("waiting")), "{log:?}");
    });
    assert_eq!(site.state(), expected);
}

#[test]
fn a_session_without_a_database_has_no_lock() {
    let Some(site) = Site::new("") else { return };
    let DatabaseUrl::MySql(url) = site.fresh.url() else {
        panic!("{}", site.fresh.url());
    };
    // The lock's name has the database in it, and no lock is called NULL.
    let nowhere = DatabaseUrl::MySql(url.with_database(""));
    let mut connection = db::open(&nowhere).unwrap();
    let error = MySql
        .session()
        .lock(&mut *connection, &LIMITS, &mut |_| {})
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Statement, "{error}");
    assert!(error.message.contains("the session has no database"), "{error}");
}

#[test]
fn each_database_has_its_lock_whatever_it_is_called() {
    let Some(database) = servers::database("mysql") else {
        return;
    };
    let DatabaseUrl::MySql(server) = database.url() else {
        return;
    };
    let mut admin = db::open(database.url()).unwrap();
    let unique = servers::unique_name();
    let odd = format!("'ü€\"` ;--\\{}", &unique[unique.len() - 12..]);
    let long = format!("{:ü<64}", &unique[unique.len() - 12..]);
    let limits = Limits {
        lock: Duration::ZERO,
        statement: None,
    };
    let lock = |connection: &mut dyn Connection| MySql.session().lock(connection, &limits, &mut |_| {});
    let mut held = Vec::new();
    for name in [&odd, &long] {
        let quoted = MySql.quote(name);
        admin.execute(&format!("CREATE DATABASE {quoted}"), &[]).unwrap();
        let url = DatabaseUrl::MySql(server.with_database(name));
        let (mut one, mut two) = (db::open(&url).unwrap(), db::open(&url).unwrap());
        lock(&mut *one).unwrap();
        assert_eq!(lock(&mut *two).unwrap_err().kind, ErrorKind::Locked, "{name}");
        held.push(one);
    }
    for name in [&odd, &long] {
        let quoted = MySql.quote(name);
        admin.execute(&format!("DROP DATABASE {quoted}"), &[]).unwrap();
    }
}
