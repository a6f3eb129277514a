//! A database's own shell, as far as scripts need one: it runs statement after statement and stops at the first error.

use std::io::Write;
use std::process::{Command, Stdio};

use schema_core::db::{Connection, DatabaseUrl};
use schema_core::dialect::Dialect;
use schema_core::plan::Step;
use schema_core::script::statements;

/// Runs a script.
///
/// # Errors
///
/// What the database said, and to which statement.
///
/// # Panics
///
/// If the script holds what no shell understands.
pub fn run(connection: &mut dyn Connection, dialect: &dyn Dialect, script: &str) -> Result<(), String> {
    for statement in statements(script, dialect.lexicon()).expect("it can be cut") {
        let Step::Execute { sql } = statement.step else {
            panic!("a shell knows statements only: {statement:?}");
        };
        connection
            .execute(&sql, &[])
            .map_err(|error| format!("{error}: {sql}"))?;
    }
    Ok(())
}

/// Runs a script in the shell of PostgreSQL itself, for what no other program understands; `None` if it is not installed.
///
/// # Errors
///
/// What it said.
///
/// # Panics
///
/// If the database is no PostgreSQL, or with `CI` in the environment if the shell is missing.
#[must_use]
#[allow(clippy::print_stderr, reason = "a run says what it leaves out")]
pub fn psql(url: &DatabaseUrl, script: &str) -> Option<Result<(), String>> {
    let server = url.server().expect("a server");
    let mut command = Command::new("psql");
    command.args(["--no-psqlrc", "--quiet", "--host", server.host()]);
    command.args(["--username", server.user().unwrap_or("postgres")]);
    command.args(["--port", &server.port().unwrap_or(5432).to_string()]);
    command.args(["--dbname", server.database().expect("a database")]);
    if let Some(password) = server.password() {
        command.env("PGPASSWORD", password);
    }
    let piped = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let Ok(mut child) = piped.spawn() else {
        assert!(std::env::var_os("CI").is_none(), "psql is not installed");
        eprintln!("skipped: psql is not installed");
        return None;
    };
    let mut input = child.stdin.take().expect("it is piped");
    // A shell that stopped reads no more.
    let _ = input.write_all(script.as_bytes());
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Some(output.status.success().then_some(()).ok_or(said))
}
