#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]
//! What it costs to run a thousand revisions on an empty SQLite file, beside others on the same changes in the same run: `rusqlite_migration` in this process, and
//! alembic as a process, in a virtual environment that is made for it. Alembic syncs the file eight times a revision and autogen a few times in all, so the ratio of
//! wall times is one of the disk, too. How long SQLite takes for the statements alone, with nothing around them, is what no program can undercut.
//!
//! `cargo bench -p autogen-tests --bench upgrade` prints a line per measure. It judges nothing by itself.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use schema_core::db::Connection;
use schema_core::db::sqlite::{Missing, SqliteConnection};
use schema_core::dialect::sqlite::Sqlite;
use schema_core::diff::Answers;
use schema_core::history::files::{Scripts, write_revision};
use schema_core::history::{History, Revision, RevisionId, ScriptSums};
use schema_core::runner::{self, Options, PerRevision};
use schema_core::script::checksum;
use wait4::Wait4;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How many revisions there are.
const REVISIONS: u32 = 1_000;

/// How often each is measured in this process; the median counts.
const RUNS: usize = 9;

/// How often each is measured as a process, turn by turn; the median counts.
const TURNS: usize = 5;

/// How often alembic syncs a file: eight times a revision.
const SYNCS_OF_ALEMBIC: u32 = 8 * REVISIONS;

/// How much more time alembic is to take.
const BUDGET: f64 = 30.0;

fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let environment = folder.path().join("venv");
    let has_alembic = install_alembic(&environment);
    // What a table has seen after years, and tables that hardly change: SQLite reads its whole schema again for each new column.
    for per_table in [20, 3] {
        let project = &folder.path().join(per_table.to_string());
        println!(
            "{REVISIONS} revisions of {} tables, on a file: {:>16} {:>10}",
            REVISIONS.div_ceil(per_table),
            "wall ms",
            "CPU ms"
        );
        write_history(&project.join("migrations"), per_table)?;
        in_process(project, per_table)?;
        let mut autogen = Contestant::autogen(project)?;
        if !has_alembic {
            autogen.run()?;
            autogen.median();
            println!("skipped: alembic, because there is no python3 with venv and pip that can install it");
            continue;
        }
        let mut alembic = Contestant::alembic(&environment, project, per_table)?;
        for _ in 0..TURNS {
            autogen.run()?;
            alembic.run()?;
        }
        let (autogen, alembic) = (autogen.median(), alembic.median());
        println!(
            "  autogen takes 1/{:.1} of alembic's CPU time (budget 1/10) and 1/{:.1} of its wall time (budget 1/30)",
            alembic.cpu.as_secs_f64() / autogen.cpu.as_secs_f64(),
            alembic.wall.as_secs_f64() / autogen.wall.as_secs_f64(),
        );
        let sync = one_sync(project)?;
        let lacking = BUDGET * autogen.wall.as_secs_f64() - alembic.wall.as_secs_f64();
        println!(
            "  a sync takes {:.2} ms on this disk, of which alembic does {SYNCS_OF_ALEMBIC}; the budget is kept from {:.2} ms on",
            milliseconds(sync),
            (milliseconds(sync) + 1_000.0 * lacking / f64::from(SYNCS_OF_ALEMBIC)).max(0.0),
        );
    }
    Ok(())
}

/// What a revision changes.
enum Change {
    Table { table: u32 },
    Column { table: u32, column: u32 },
    Index { table: u32, column: u32 },
}

impl Change {
    /// Returns what a revision changes, where each table has so many: the first creates it, then columns with their indexes arrive.
    fn new(number: u32, per_table: u32) -> Self {
        let (table, at) = ((number - 1) / per_table, (number - 1) % per_table);
        match at {
            0 => Change::Table { table },
            at if at % 2 == 1 => Change::Column { table, column: at },
            at => Change::Index {
                table,
                column: at - 1,
            },
        }
    }

    /// Returns the SQL there and back.
    fn sql(&self) -> (String, String) {
        match self {
            Change::Table { table } => (
                format!(
                    "CREATE TABLE t{table} (\n    id INTEGER PRIMARY KEY,\n    name TEXT NOT NULL,\n    price REAL NOT NULL DEFAULT 0,\n    code TEXT UNIQUE\n)"
                ),
                format!("DROP TABLE t{table}"),
            ),
            Change::Column { table, column } => (
                format!("ALTER TABLE t{table} ADD COLUMN c{column} TEXT"),
                format!("ALTER TABLE t{table} DROP COLUMN c{column}"),
            ),
            Change::Index { table, column } => (
                format!("CREATE INDEX ix_t{table}_c{column} ON t{table} (c{column})"),
                format!("DROP INDEX ix_t{table}_c{column}"),
            ),
        }
    }

    /// Returns the same as alembic writes it.
    fn alembic(&self) -> (String, String) {
        match self {
            Change::Table { table } => (
                format!(
                    "op.create_table('t{table}', sa.Column('id', sa.Integer(), nullable=False), sa.Column('name', sa.Text(), nullable=False), sa.Column('price', sa.Float(), server_default='0', nullable=False), sa.Column('code', sa.Text(), nullable=True), sa.PrimaryKeyConstraint('id'), sa.UniqueConstraint('code'))"
                ),
                format!("op.drop_table('t{table}')"),
            ),
            Change::Column { table, column } => (
                format!("op.add_column('t{table}', sa.Column('c{column}', sa.Text(), nullable=True))"),
                format!("op.drop_column('t{table}', 'c{column}')"),
            ),
            Change::Index { table, column } => (
                format!("op.create_index('ix_t{table}_c{column}', 't{table}', ['c{column}'], unique=False)"),
                format!("op.drop_index('ix_t{table}_c{column}', table_name='t{table}')"),
            ),
        }
    }
}

fn id(number: u32) -> RevisionId {
    RevisionId::new(0x6900_0000 + number, 0)
}

fn write_history(migrations: &Path, per_table: u32) -> Result<()> {
    std::fs::create_dir_all(migrations)?;
    std::fs::write(
        migrations.join("autogen.toml"),
        "dialects = [\"sqlite\"]\n\n[database]\nurl = \"sqlite:app.db\"\n",
    )?;
    for number in 1..=REVISIONS {
        let (upgrade, downgrade) = Change::new(number, per_table).sql();
        let scripts = Scripts {
            upgrade: format!("{upgrade};\n"),
            downgrade: format!("{downgrade};\n"),
        };
        let sums = ScriptSums {
            upgrade: checksum(&scripts.upgrade),
            downgrade: checksum(&scripts.downgrade),
            edited: std::collections::BTreeSet::new(),
        };
        let revision = Revision {
            id: id(number),
            parents: (number > 1).then(|| id(number - 1)).into_iter().collect(),
            message: format!("change {number}"),
            created: "2026-01-02T03:04:05Z".to_owned(),
            operations: Vec::new(),
            answers: Answers::default(),
            scripts: BTreeMap::from([("sqlite".to_owned(), sums)]),
            replaces: Vec::new(),
            overrules: Vec::new(),
        };
        write_revision(
            migrations,
            &revision,
            &BTreeMap::from([("sqlite".to_owned(), scripts)]),
        )?;
    }
    Ok(())
}

/// Measures the library beside rusqlite_migration, turn by turn.
fn in_process(project: &Path, per_table: u32) -> Result<()> {
    let others = build_others(project, per_table)?;
    let mut took = [const { Vec::new() }; 4];
    for run in 0..RUNS {
        let file = |name: &str| project.join(format!("{name}-{run}.db"));
        took[0].push(upgrade(project, &file("shared"), PerRevision::WhereNeeded)?);
        took[1].push(upgrade(project, &file("each"), PerRevision::Always)?);
        if let Some(others) = &others {
            took[2].push(others.run(&file("others"))?);
        }
        took[3].push(alone(&file("alone"), per_table)?);
    }
    let [shared, each, others, alone] = took.map(|mut took| {
        took.sort();
        took.get(took.len() / 2).copied()
    });
    for (name, median) in [
        ("schema-core", shared),
        ("schema-core, per revision", each),
        ("rusqlite_migration 2.6", others),
        ("SQLite alone", alone),
    ] {
        if let Some(median) = median {
            println!("  {name:<50} {:>10.1}", milliseconds(median));
        }
    }
    match (shared, others) {
        (Some(shared), Some(others)) => println!(
            "  schema-core takes {:.2} of the time of rusqlite_migration (budget 1.3)",
            shared.as_secs_f64() / others.as_secs_f64()
        ),
        (_, _) => println!("skipped: rusqlite_migration, because it cannot be built here"),
    }
    Ok(())
}

/// Loads the history and runs all of it.
fn upgrade(project: &Path, file: &Path, per_revision: PerRevision) -> Result<Duration> {
    let began = Instant::now();
    let history = History::load(&project.join("migrations"))?;
    let mut connection = SqliteConnection::open(file, Missing::Create)?;
    let options = Options {
        per_revision,
        ..Options::new("0.0.0-bench", || Duration::ZERO, Duration::from_secs(10))
    };
    let done = runner::upgrade(
        &mut connection,
        &Sqlite,
        &history,
        history.heads(),
        &options,
        &mut |_| {},
    )?;
    assert_eq!(done.len(), REVISIONS as usize);
    Ok(began.elapsed())
}

/// Runs the statements in one transaction, and nothing else.
fn alone(file: &Path, per_table: u32) -> Result<Duration> {
    let began = Instant::now();
    let mut connection = SqliteConnection::open(file, Missing::Create)?;
    connection.execute("BEGIN IMMEDIATE", &[])?;
    for number in 1..=REVISIONS {
        let (upgrade, _) = Change::new(number, per_table).sql();
        connection.execute(&upgrade, &[])?;
    }
    connection.execute("COMMIT", &[])?;
    Ok(began.elapsed())
}

/// A program that does the same with rusqlite_migration. It is one of its own, because that needs an older rusqlite, and a program holds one SQLite.
struct Others {
    program: PathBuf,
    scripts: PathBuf,
}

impl Others {
    fn run(&self, file: &Path) -> Result<Duration> {
        let output = Command::new(&self.program).args([&self.scripts, file]).output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        let micros: u64 = String::from_utf8(output.stdout)?.trim().parse()?;
        Ok(Duration::from_micros(micros))
    }
}

fn build_others(project: &Path, per_table: u32) -> Result<Option<Others>> {
    let folder = project.join("others");
    std::fs::create_dir_all(folder.join("src"))?;
    std::fs::write(
        folder.join("Cargo.toml"),
        "[package]\nname = \"others\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\nrusqlite = { version = \"0.40\", default-features = false, features = [\"bundled\"] }\nrusqlite_migration = \"2.6\"\n\n[workspace]\n",
    )?;
    std::fs::write(folder.join("src/main.rs"), OTHERS)?;
    let scripts = folder.join("scripts.sql");
    let all: Vec<String> = (1..=REVISIONS)
        .map(|number| {
            let (upgrade, downgrade) = Change::new(number, per_table).sql();
            format!("{upgrade};\n--down\n{downgrade};")
        })
        .collect();
    std::fs::write(&scripts, all.join("\n--next\n"))?;
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench");
    let built = Command::new("cargo")
        .args(["build", "--quiet", "--release"])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", &target)
        .stderr(Stdio::null())
        .status()?;
    let program = target.join("release/others");
    Ok(built.success().then_some(Others { program, scripts }))
}

const OTHERS: &str = r#"
use rusqlite_migration::{M, Migrations};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let began = std::time::Instant::now();
    let scripts = std::fs::read_to_string(arguments.next().unwrap()).unwrap();
    let migrations = scripts
        .split("\n--next\n")
        .map(|script| {
            let (up, down) = script.split_once("\n--down\n").unwrap();
            M::up(up).down(down)
        })
        .collect();
    let migrations = Migrations::new(migrations);
    let mut connection = rusqlite::Connection::open(arguments.next().unwrap()).unwrap();
    migrations.to_latest(&mut connection).unwrap();
    println!("{}", began.elapsed().as_micros());
}
"#;

/// Returns how long it takes until a page of a file is on the disk, as the median of many.
fn one_sync(folder: &Path) -> Result<Duration> {
    let mut file = std::fs::File::create(folder.join("synced"))?;
    let mut took = Vec::with_capacity(200);
    for _ in 0..200 {
        file.rewind()?;
        file.write_all(&[1; 4096])?;
        let began = Instant::now();
        file.sync_data()?;
        took.push(began.elapsed());
    }
    took.sort();
    Ok(took[took.len() / 2])
}

/// What a process cost.
#[derive(Clone, Copy)]
struct Cost {
    wall: Duration,
    cpu: Duration,
}

/// A command that runs all revisions on an empty file.
struct Contestant {
    name: &'static str,
    program: PathBuf,
    arguments: &'static [&'static str],
    folder: PathBuf,
    costs: Vec<Cost>,
}

impl Contestant {
    fn autogen(project: &Path) -> Result<Self> {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .ok_or("no workspace")?;
        let status = Command::new("cargo")
            .args(["build", "--quiet", "--release", "--package", "autogen-cli"])
            .current_dir(workspace)
            .status()?;
        if !status.success() {
            return Err("the command cannot be built".into());
        }
        Ok(Contestant {
            name: "autogen upgrade",
            program: workspace.join("target/release/autogen"),
            arguments: &["upgrade"],
            folder: project.to_owned(),
            costs: Vec::new(),
        })
    }

    /// Its revisions are compiled already.
    fn alembic(environment: &Path, project: &Path, per_table: u32) -> Result<Self> {
        let folder = write_alembic(project, per_table)?;
        let program = environment.join("bin/alembic");
        let compiled = Command::new(&program)
            .arg("heads")
            .current_dir(&folder)
            .output()?
            .status;
        if !compiled.success() {
            return Err(format!("alembic ended with {compiled}").into());
        }
        Ok(Contestant {
            name: "alembic upgrade head",
            program,
            arguments: &["upgrade", "head"],
            folder,
            costs: Vec::new(),
        })
    }

    fn run(&mut self) -> Result<()> {
        let file = self.folder.join("app.db");
        if file.exists() {
            std::fs::remove_file(file)?;
        }
        let mut command = Command::new(&self.program);
        command.args(self.arguments).current_dir(&self.folder);
        let cost = measure(&mut command)?;
        self.costs.push(cost);
        Ok(())
    }

    /// Returns the median of each, and prints it.
    fn median(&self) -> Cost {
        let median = |figure: fn(&Cost) -> Duration| {
            let mut figures: Vec<_> = self.costs.iter().map(figure).collect();
            figures.sort();
            figures.get(figures.len() / 2).copied().unwrap_or_default()
        };
        let cost = Cost {
            wall: median(|cost| cost.wall),
            cpu: median(|cost| cost.cpu),
        };
        println!(
            "  {:<50} {:>10.1} {:>10.1}",
            self.name,
            milliseconds(cost.wall),
            milliseconds(cost.cpu)
        );
        cost
    }
}

fn measure(command: &mut Command) -> Result<Cost> {
    let began = Instant::now();
    let end = command
        .env_remove("DATABASE_URL")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?
        .wait4()?;
    if !end.status.success() {
        return Err(format!("{command:?} ended with {}", end.status).into());
    }
    Ok(Cost {
        wall: began.elapsed(),
        cpu: end.rusage.utime + end.rusage.stime,
    })
}

/// Installs alembic, if it can be had.
fn install_alembic(environment: &Path) -> bool {
    let succeeds = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
    succeeds(Command::new("python3").args(["-m", "venv"]).arg(environment))
        && succeeds(Command::new(environment.join("bin/pip")).args([
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "alembic",
        ]))
}

fn write_alembic(project: &Path, per_table: u32) -> Result<PathBuf> {
    let folder = project.join("alembic");
    let versions = folder.join("scripts/versions");
    std::fs::create_dir_all(&versions)?;
    std::fs::write(
        folder.join("alembic.ini"),
        "[alembic]\nscript_location = scripts\n",
    )?;
    std::fs::write(
        folder.join("scripts/env.py"),
        "from alembic import context\nfrom sqlalchemy import create_engine\n\nwith create_engine('sqlite:///app.db').connect() as connection:\n    context.configure(connection=connection)\n    with context.begin_transaction():\n        context.run_migrations()\n",
    )?;
    for number in 1..=REVISIONS {
        let (upgrade, downgrade) = Change::new(number, per_table).alembic();
        let parent = if number == 1 {
            "None".to_owned()
        } else {
            format!("'{}'", id(number - 1))
        };
        std::fs::write(
            versions.join(format!("{}.py", id(number))),
            format!(
                "from alembic import op\nimport sqlalchemy as sa\n\nrevision = '{}'\ndown_revision = {parent}\n\n\ndef upgrade():\n    {upgrade}\n\n\ndef downgrade():\n    {downgrade}\n",
                id(number)
            ),
        )?;
    }
    Ok(folder)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
