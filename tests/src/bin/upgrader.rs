//! A process that upgrades a database, or takes revisions back, for tests that kill it or start many of it:
//! `upgrader MIGRATIONS URL upgrade|downgrade`.
//!
//! It begins once its standard input ends, and prints the revisions that it was the one to run.

use std::io::{Read, Write, stdin, stdout};
use std::path::Path;
use std::process::ExitCode;

use autogen_tests::chain;
use schema_core::db::{self, DatabaseUrl};
use schema_core::dialect;
use schema_core::history::{Direction, History};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [migrations, url, direction] = arguments.as_slice() else {
        return failed("upgrader MIGRATIONS URL upgrade|downgrade");
    };
    let direction = match direction.as_str() {
        "upgrade" => Direction::Upgrade,
        "downgrade" => Direction::Downgrade,
        other => return failed(other),
    };
    let _ = stdin().read_to_end(&mut Vec::new());
    match run(Path::new(migrations), url, direction) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn run(migrations: &Path, url: &str, direction: Direction) -> Result<(), String> {
    let history = History::load(migrations).map_err(|error| error.to_string())?;
    let url: DatabaseUrl = url.parse().map_err(|error: db::UrlError| error.to_string())?;
    let dialect = dialect::by_name(url.dialect()).ok_or("no such dialect")?;
    let mut connection = db::open(&url).map_err(|error| error.to_string())?;
    let done = chain::run(&mut *connection, dialect, &history, direction, &mut |_| {})
        .map_err(|error| error.to_string())?;
    for id in done {
        writeln!(stdout(), "{id}").map_err(|error| error.to_string())?;
    }
    Ok(())
}

#[allow(clippy::print_stderr, reason = "it is a program")]
fn failed(why: &str) -> ExitCode {
    eprintln!("{why}");
    ExitCode::from(2)
}
