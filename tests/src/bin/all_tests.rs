#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it says what it does")]
//! All tests, on all databases: finds or starts the servers, then runs `cargo test`.
//!
//! `cargo all-tests` takes what `cargo test` takes. A server is found by its environment variable, else at its usual port, else a throw-away
//! one is started from installed binaries, which are installed where that can be done (on Debian, as root). With `CI` set, a database
//! that cannot be had is a failure.

use std::process::{Command, ExitCode};

use autogen_tests::provision::{self, Running};
use autogen_tests::servers::SERVERS;

fn main() -> ExitCode {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["test", "--workspace", "--all-features"]);
    command.args(std::env::args_os().skip(1));
    let mut running: Vec<Running> = Vec::new();
    for server in &SERVERS {
        match server.find() {
            Ok(url) => {
                println!("{}: {url}", server.dialect);
                continue;
            }
            Err(why) if std::env::var_os(server.variable).is_some() => {
                eprintln!("error: {why}");
                return ExitCode::FAILURE;
            }
            Err(_) => {}
        }
        match provision::start(server) {
            Ok(started) => {
                println!("{}: a throw-away server at {}", server.dialect, started.url);
                command.env(server.variable, &started.url);
                running.push(started);
            }
            Err(why) if std::env::var_os("CI").is_some() => {
                eprintln!("error: no {} server to test on: {why}", server.dialect);
                return ExitCode::FAILURE;
            }
            Err(why) => eprintln!("skipped: {}: {why}; or set {}", server.dialect, server.variable),
        }
    }
    if let Err(why) = provision::install_pooler() {
        eprintln!("skipped: the pooler: {why}");
        if std::env::var_os("CI").is_some() {
            return ExitCode::FAILURE;
        }
    }
    match command.status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: cannot run cargo: {error}");
            ExitCode::FAILURE
        }
    }
}
