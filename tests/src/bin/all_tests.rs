#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it says what it does")]
//! All tests, on all databases: finds or starts the servers, then runs `cargo test`.
//!
//! `cargo all-tests` takes what `cargo test` takes. A server is found by its environment variable, else at its usual port, else a throw-away
//! one is started from installed binaries, which are installed where that can be done (on Debian, as root). With `CI` set, a database
//! that cannot be had is a failure.
//!
//! The server at MySQL's usual port is MariaDB's on many machines, and the two differ in what they take. So, without arguments, the tests about such a server run
//! once more, on MySQL itself.

use std::process::{Command, ExitCode};

use autogen_tests::provision::{self, Running};
use autogen_tests::servers::{ABOUT_SERVERS, ONLY, ORACLE_MYSQL, SERVERS, Server};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !error.is_empty() {
                eprintln!("error: {error}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let mut running: Vec<Running> = Vec::new();
    let mut all = cargo_test();
    all.args(std::env::args_os().skip(1));
    for server in &SERVERS {
        if let Some(url) = url_of(server, || provision::start(server), &mut running)? {
            all.env(server.variable, url);
        }
    }
    if let Err(why) = provision::install_pooler() {
        left_out("the pooler", &why)?;
    }
    succeeds(&mut all)?;
    if std::env::args_os().len() > 1 {
        return Ok(());
    }
    let Some(url) = url_of(&ORACLE_MYSQL, provision::start_oracle_mysql, &mut running)? else {
        return Ok(());
    };
    let [_, mysql] = &SERVERS;
    for (test, parts) in ABOUT_SERVERS {
        let mut on_oracle = cargo_test();
        on_oracle.env(mysql.variable, &url).env(ONLY, mysql.dialect);
        succeeds(on_oracle.args(["--test", test, "--"]).args(parts))?;
    }
    Ok(())
}

fn cargo_test() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["test", "--workspace", "--all-features"]);
    command
}

/// Returns where a server is that was found or started; `None` if it is left out.
fn url_of(
    server: &Server,
    start: impl FnOnce() -> Result<Running, String>,
    running: &mut Vec<Running>,
) -> Result<Option<String>, String> {
    match server.find() {
        Ok(url) => {
            println!("{}: {url}", server.name);
            let url = url.server().map(|server| server.with_secrets());
            return Ok(url);
        }
        Err(why) if std::env::var_os(server.variable).is_some() => return Err(why),
        Err(_) => {}
    }
    match start() {
        Ok(started) => {
            let url = started.url.clone();
            println!("{}: a throw-away server at {url}", server.name);
            running.push(started);
            Ok(Some(url))
        }
        Err(why) => left_out(server.name, &format!("{why}; or set {}", server.variable)).map(|()| None),
    }
}

/// Says what is left out; on CI that is an error.
fn left_out(what: &str, why: &str) -> Result<(), String> {
    if std::env::var_os("CI").is_some() {
        return Err(format!("there is no {what} to test on: {why}"));
    }
    eprintln!("skipped: {what}: {why}");
    Ok(())
}

/// Runs a command, which says itself what is wrong.
fn succeeds(command: &mut Command) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(String::new()),
        Err(error) => Err(format!("cannot run cargo: {error}")),
    }
}
