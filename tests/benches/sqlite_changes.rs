#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]
//! What changes of a table with a million rows cost on SQLite, beside the best that one can write by hand and beside alembic's
//! batch mode and Django's schema editor, in the same run.
//!
//! `cargo bench -p autogen-tests --bench sqlite_changes` prints a line per measure: CPU time, time, peak memory of the process, and
//! the most room that the database and its journal took, beside the budget. Each change starts from a fresh copy of the same database and runs in a
//! process of its own. It judges nothing by itself. What is not there (`sqlite3`, `python3` with pip) is left out, with a line that says so.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use autogen_tests::notation;
use schema_core::db::Connection;
use schema_core::db::sqlite::{Missing, SqliteConnection};
use schema_core::dialect::sqlite::Sqlite;
use schema_core::diff::Answers;
use schema_core::plan::plan;
use schema_core::runner::run_script;
use schema_core::schema::Schema;
use schema_core::script::render;
use wait4::Wait4;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How often each of ours and of the bare ones runs. The least CPU time counts: what else the machine does only adds to it.
const RUNS: usize = 5;

/// How often each peer runs, which takes long and varies little.
const PEER_RUNS: usize = 1;

const ROWS: u32 = 1_000_000;

/// The table, with eight columns and two indexes, and what its foreign keys lead to.
const BEFORE: &str = "
stores
    id i64 auto
    primary key (id)
    name text
groups
    id i64 auto
    primary key (id)
    name text
items
    id i64 auto
    primary key (id)
    name text
    code text(20) default 'none'
    price f64
    qty i64 null
    store_id i64
    group_id i64 null
    note text null
    index ix_items_store_id (store_id)
    index unique ix_items_code (code)
    foreign key fk_items_group_id_groups (group_id) -> groups (id)
    check ck_items_qty `qty >= 0`
";

/// The changes: a name, and what is another line afterwards. All but the first are to leave the rows where they are.
const CHANGES: [(&str, &str, &str); 9] = [
    ("rebuild", "qty i64 null", "qty text null"),
    ("not-null-added", "qty i64 null", "qty i64"),
    (
        "not-null-dropped",
        "    name text\n    code",
        "    name text null\n    code",
    ),
    (
        "check-added",
        "check ck_items_qty `qty >= 0`",
        "check ck_items_qty `qty >= 0`\n    check ck_items_price `price >= 0`",
    ),
    ("check-dropped", "    check ck_items_qty `qty >= 0`\n", ""),
    ("default-added", "qty i64 null", "qty i64 null default 7"),
    ("default-dropped", "code text(20) default 'none'", "code text(20)"),
    (
        "foreign-key-added",
        "    check",
        "    foreign key fk_items_store_id_stores (store_id) -> stores (id)\n    check",
    ),
    (
        "foreign-key-dropped",
        "    foreign key fk_items_group_id_groups (group_id) -> groups (id)\n",
        "",
    ),
];

/// The best that one can write by hand for the first change: explicit columns, in the order of the rowids, indexes after the copy.
const BY_HAND: &str = "
PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;
CREATE TABLE new_items (
    id INTEGER NOT NULL CONSTRAINT pk_items PRIMARY KEY,
    name TEXT NOT NULL,
    code VARCHAR(20) NOT NULL DEFAULT 'none',
    price DOUBLE NOT NULL,
    qty TEXT,
    store_id BIGINT NOT NULL,
    group_id BIGINT,
    note TEXT,
    CONSTRAINT fk_items_group_id_groups FOREIGN KEY (group_id) REFERENCES groups (id),
    CONSTRAINT ck_items_qty CHECK (qty >= 0)
);
INSERT INTO new_items (id, name, code, price, qty, store_id, group_id, note)
SELECT id, name, code, price, qty, store_id, group_id, note FROM items ORDER BY id;
DROP TABLE items;
ALTER TABLE new_items RENAME TO items;
CREATE INDEX ix_items_store_id ON items (store_id);
CREATE UNIQUE INDEX ix_items_code ON items (code);
COMMIT;
";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["script", database, script] => run_one(database, script, |connection, text| {
            run_script(connection, &Sqlite, text).map_err(Into::into)
        }),
        ["bare", database, script] => run_one(database, script, bare),
        _ => Bench::new()?.run(),
    }
}

/// Runs a script on a database: this is all that a measured process does.
fn run_one(
    database: &str,
    script: &str,
    run: impl FnOnce(&mut dyn Connection, &str) -> Result<()>,
) -> Result<()> {
    let mut connection = SqliteConnection::open(Path::new(database), Missing::Refuse)?;
    run(&mut connection, &std::fs::read_to_string(script)?)
}

/// Runs statements and nothing more, through the same SQLite as ours.
fn bare(connection: &mut dyn Connection, text: &str) -> Result<()> {
    for sql in text.split(";\n").filter(|sql| !sql.trim().is_empty()) {
        connection.execute(sql, &[])?;
    }
    Ok(())
}

/// What a process cost.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
struct Cost {
    cpu: Duration,
    time: Duration,
    memory: u64,
    room: u64,
}

struct Bench {
    folder: tempfile::TempDir,
    database: PathBuf,
    python: Option<PathBuf>,
}

impl Bench {
    fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let database = folder.path().join("before.db");
        fill(&database)?;
        let python = python(folder.path());
        Ok(Bench {
            folder,
            database,
            python,
        })
    }

    fn run(&self) -> Result<()> {
        println!(
            "{:<44} {:>9} {:>9} {:>9} {:>9}  budget",
            "", "CPU ms", "ms", "peak MiB", "room"
        );
        let size = std::fs::metadata(&self.database)?.len();
        println!("a database of {} MiB, {ROWS} rows", size >> 20);
        self.rebuild()?;
        for (name, old, new) in &CHANGES[1..] {
            self.in_place(name, old, new)?;
        }
        Ok(())
    }

    fn rebuild(&self) -> Result<()> {
        let (name, old, new) = CHANGES[0];
        let by_hand = self.folder.path().join("by_hand.sql");
        std::fs::write(&by_hand, BY_HAND)?;
        let shell = self.least("by hand, in the sqlite3 shell", RUNS, |database| {
            let mut command = Command::new("sqlite3");
            command
                .arg("-bail")
                .arg(database)
                .arg(format!(".read {}", by_hand.display()));
            Ok(command)
        })?;
        let bare = self.least("by hand, through the SQLite in autogen", RUNS, |database| {
            own(&["bare"], database, &by_hand)
        })?;
        let script = self.script(name, old, new)?;
        let ours = self.least("autogen", RUNS, |database| own(&["script"], database, &script))?;
        let peers = self.peers(name)?;
        let Some(ours) = ours else { return Ok(()) };
        for (what, other, budget) in [("the shell", shell, 1.15), ("the same by hand", bare, 1.15)]
            .into_iter()
            .chain(peers.into_iter().map(|(peer, cost)| (peer, cost, 0.65)))
        {
            if let Some(other) = other {
                ratio(&format!("CPU, of {what}"), ours.cpu, other.cpu, budget);
            }
        }
        println!("    peak memory {:.1} MiB, budget 32", mebibytes(ours.memory));
        let size = std::fs::metadata(&self.database)?.len();
        println!(
            "    room {:.2} of the database, budget 2.2",
            ours.room as f64 / size as f64
        );
        Ok(())
    }

    fn in_place(&self, name: &str, old: &str, new: &str) -> Result<()> {
        let script = self.script(name, old, new)?;
        let ours = self.least(&format!("autogen, {name}"), RUNS, |database| {
            own(&["script"], database, &script)
        })?;
        let peers = self.peers(name)?;
        let Some(ours) = ours else { return Ok(()) };
        for (peer, other) in peers {
            if let Some(other) = other {
                ratio(&format!("CPU, of {peer}"), ours.cpu, other.cpu, 1.0 / 30.0);
                ratio(&format!("time, of {peer}"), ours.time, other.time, 1.0 / 30.0);
            }
        }
        Ok(())
    }

    fn peers(&self, name: &str) -> Result<Vec<(&'static str, Option<Cost>)>> {
        let mut costs = Vec::new();
        for (peer, file) in [("alembic", "alembic_change.py"), ("Django", "django_change.py")] {
            let Some(python) = &self.python else { continue };
            let program = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("benches/peers")
                .join(file);
            let cost = self.least(&format!("{peer}, {name}"), PEER_RUNS, |database| {
                let mut command = Command::new(python);
                command.arg(&program).arg(database).arg(name);
                Ok(command)
            })?;
            costs.push((peer, cost));
        }
        Ok(costs)
    }

    /// Writes the script of a change.
    fn script(&self, name: &str, old: &str, new: &str) -> Result<PathBuf> {
        let changed = BEFORE.replacen(old, new, 1);
        if changed == BEFORE {
            return Err(format!("`{name}` changes nothing").into());
        }
        let (before, after) = (notation::schema(BEFORE), notation::schema(&changed));
        let plans = plan(&Sqlite, &before, &after, &Answers::default())?;
        let path = self.folder.path().join(format!("{name}.sql"));
        std::fs::write(&path, render(&plans.upgrade, name))?;
        Ok(path)
    }

    /// Runs a command on fresh copies of the database and prints the least that it cost.
    fn least(
        &self,
        what: &str,
        runs: usize,
        command: impl Fn(&Path) -> Result<Command>,
    ) -> Result<Option<Cost>> {
        let mut costs = Vec::new();
        for _ in 0..runs {
            let place = tempfile::tempdir_in(self.folder.path())?;
            let database = place.path().join("shop.db");
            std::fs::copy(&self.database, &database)?;
            let Some(cost) = measure(command(&database)?, place.path())? else {
                println!("{what:<44} left out: its program is not there");
                return Ok(None);
            };
            costs.push(cost);
        }
        let Some(cost) = costs.into_iter().min_by_key(|cost: &Cost| cost.cpu) else {
            return Ok(None);
        };
        println!(
            "{what:<44} {:>9.1} {:>9.1} {:>9.1} {:>9.1}",
            milliseconds(cost.cpu),
            milliseconds(cost.time),
            mebibytes(cost.memory),
            mebibytes(cost.room)
        );
        Ok(Some(cost))
    }
}

/// Runs a command and looks meanwhile how much room the files of its folder take; `None` if there is no such program.
fn measure(mut command: Command, folder: &Path) -> Result<Option<Cost>> {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let began = Instant::now();
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let (ended, room) = (AtomicBool::new(false), AtomicU64::new(0));
    let end = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                room.fetch_max(size(folder), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        let end = child.wait4();
        ended.store(true, Ordering::Relaxed);
        end
    })?;
    if !end.status.success() {
        return Err(format!("{command:?} ended with {}", end.status).into());
    }
    Ok(Some(Cost {
        cpu: end.rusage.utime + end.rusage.stime,
        time: began.elapsed(),
        memory: end.rusage.maxrss,
        room: room.into_inner().max(size(folder)),
    }))
}

fn size(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| Some(file.metadata().ok()?.len())).sum()
}

/// Returns a command that runs a script in this program.
fn own(mode: &[&str], database: &Path, script: &Path) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(mode).arg(database).arg(script);
    Ok(command)
}

/// Makes the database and its rows.
fn fill(path: &Path) -> Result<()> {
    let schema = notation::schema(BEFORE);
    let plans = plan(&Sqlite, &Schema::default(), &schema, &Answers::default())?;
    let mut connection = SqliteConnection::open(path, Missing::Create)?;
    run_script(&mut connection, &Sqlite, &render(&plans.upgrade, "create"))?;
    for (table, rows, values) in [
        ("stores", 500, "n, 'store ' || n"),
        ("groups", 50, "n, 'group ' || n"),
        (
            "items",
            ROWS,
            "n, 'item number ' || n, printf('C%09d', n * 7919 % 1000003), n * 0.25, n % 1000, n % 500 + 1, n % 50 + 1,
                CASE WHEN n % 3 THEN 'a note of some length for item ' || n END",
        ),
    ] {
        let numbers = format!("WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers LIMIT {rows})");
        connection.execute(&format!("{numbers} INSERT INTO {table} SELECT {values} FROM numbers"), &[])?;
    }
    Ok(())
}

/// Makes an environment with the peers in it, if there is a python that can.
fn python(folder: &Path) -> Option<PathBuf> {
    let environment = folder.join("venv");
    let made = succeeds(Command::new("python3").args(["-m", "venv"]).arg(&environment));
    let pip = environment.join("bin/pip");
    if made && succeeds(Command::new(&pip).args(["--quiet", "install", "alembic", "django"])) {
        return Some(environment.join("bin/python"));
    }
    println!("alembic and Django are left out: no python3 here makes an environment and installs them");
    None
}

fn succeeds(command: &mut Command) -> bool {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn ratio(what: &str, ours: Duration, other: Duration, budget: f64) {
    println!(
        "    {what}: {:.3}, budget {budget:.3}",
        ours.as_secs_f64() / other.as_secs_f64()
    );
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}
