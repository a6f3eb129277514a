#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]
//! What it costs to look at a whole database on a server: CPU time of `check --database` and of the server together, and the command's memory.
//!
//! `cargo bench -p autogen-tests --bench reflect` starts throw-away servers. On PostgreSQL the budget is twice what four catalogue queries written by hand
//! cost through psql, and 50 ms; MariaDB has none.

mod built;

use std::io::{Error, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use autogen_tests::provision::{Running, start_with};
use autogen_tests::servers::{SERVERS, Server};
use built::{Built, Result};
use schema_core::db::{self, DatabaseUrl};
use wait4::Wait4;

/// How often each command runs: the server tells its time in hundredths of a second.
const RUNS: u32 = 11;

/// What a person asks who wants to know all of a database: tables, columns, indexes, constraints.
const BY_HAND: &str = "
SELECT c.oid, n.nspname, c.relname, c.relkind, obj_description(c.oid, 'pg_class') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema';
SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1, a.attnum;
SELECT i.indrelid, i.indexrelid::regclass, pg_get_indexdef(i.indexrelid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema';
SELECT k.conrelid, k.conname, k.contype, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema';
";

fn main() -> Result<()> {
    let built = Built::new()?;
    println!(
        "{:<44} {:>10} {:>10} {:>10} {:>10} {:>10}",
        "CPU ms", "command", "server", "together", "budget", "peak MiB"
    );
    for server in &SERVERS {
        let options: &[&str] = match server.dialect {
            "postgres" => &["-c", "max_locks_per_transaction=2048", "-c", "autovacuum=off"],
            _ => &[],
        };
        let running = start_with(server, |_| {
            Ok(options.iter().map(|&option| option.to_owned()).collect())
        })?;
        for tables in [500, 2_000] {
            measure(&built, server, &running, tables)?;
        }
    }
    Ok(())
}

fn measure(built: &Built, server: &Server, running: &Running, tables: usize) -> Result<()> {
    let url: DatabaseUrl = running.url.parse()?;
    let scratch = db::scratch(&url, &format!("tables_{tables}"))?;
    let url = scratch.url().server().ok_or("no server")?.with_secrets();
    let artifact = built.artifact(tables, "")?;
    let folder = tempfile::tempdir()?;
    let autogen = |arguments: &[&str]| {
        let mut command = Command::new(&built.autogen);
        command
            .args(arguments)
            .current_dir(&folder)
            .env("AUTOGEN_DATABASE_URL", &url);
        if matches!(arguments[0], "migrate" | "check") {
            command.arg("--artifact").arg(&artifact);
        }
        command
    };
    for arguments in [
        &["init", "--dialect", server.dialect][..],
        &["migrate", "-m", "first"],
        &["upgrade"],
    ] {
        cost(running, &mut autogen(arguments), 1)?;
    }
    let budget = if server.dialect == "postgres" {
        db::open(&url.parse()?)?.execute("VACUUM ANALYZE", &[])?;
        let by_hand = by_hand(running, &url, folder.path(), tables)?;
        Some(by_hand * 2 + Duration::from_millis(50))
    } else {
        None
    };
    let name = format!("autogen check --database ({tables} tables, {})", server.dialect);
    let spent = cost(running, &mut autogen(&["check", "--database"]), RUNS)?;
    print(&name, &spent, budget);
    Ok(())
}

/// Returns what the four queries cost.
fn by_hand(running: &Running, url: &str, folder: &Path, tables: usize) -> Result<Duration> {
    let file = folder.join("by_hand.sql");
    std::fs::File::create(&file)?.write_all(BY_HAND.as_bytes())?;
    let mut psql = Command::new("psql");
    psql.args(["-X", "-q", "-A", "-t", "-f"]).arg(file).arg(url);
    let spent = cost(running, &mut psql, RUNS)?;
    print(
        &format!("four queries through psql ({tables} tables)"),
        &spent,
        None,
    );
    Ok(spent.command + spent.server)
}

/// What a command cost, each time.
struct Cost {
    command: Duration,
    server: Duration,
    memory: u64,
}

fn cost(running: &Running, command: &mut Command, runs: u32) -> Result<Cost> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let untold = || Error::other("the system does not tell what a process costs");
    let before = running.cpu().ok_or_else(untold)?;
    let mut spent = Cost {
        command: Duration::ZERO,
        server: Duration::ZERO,
        memory: 0,
    };
    for _ in 0..runs {
        let end = command.spawn()?.wait4()?;
        if !end.status.success() {
            return Err(format!("{command:?} ended with {}", end.status).into());
        }
        spent.command += end.rusage.utime + end.rusage.stime;
        spent.memory = spent.memory.max(end.rusage.maxrss);
    }
    // A session's time counts once its process is gone.
    std::thread::sleep(Duration::from_millis(500));
    spent.server = (running.cpu().ok_or_else(untold)? - before) / runs;
    spent.command /= runs;
    Ok(spent)
}

fn print(what: &str, spent: &Cost, budget: Option<Duration>) {
    let shown = |duration: Duration| format!("{:.1}", duration.as_secs_f64() * 1_000.0);
    println!(
        "{what:<44} {:>10} {:>10} {:>10} {:>10} {:>10.1}",
        shown(spent.command),
        shown(spent.server),
        shown(spent.command + spent.server),
        budget.map_or("-".to_owned(), shown),
        spent.memory as f64 / 1_048_576.0
    );
}
