//! The `autogen` command, as a library that its program and its tests share.
//!
//! It holds what a person sees: arguments, questions, printed lines, exit codes and the files of a project. What a
//! schema is, how two differ and how scripts run is `schema_core`'s; nothing of that is decided here.

mod artifact;
mod cli;
mod commands;
mod config;
mod database;
mod document;
mod dotenv;
mod environment;
mod error;
mod paths;
mod printer;
mod prompt;
mod scratch;
mod source;
mod usage;

use std::ffi::OsString;
use std::process::ExitCode;

use crate::environment::Environment;
use crate::error::Outcome;
use crate::printer::{Printer, Secrets};

/// SQLite allocates for each word of the schema, which it reads again after each column that is added; with this allocator, a long upgrade takes a
/// fifth less time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Sets up what belongs to the process. Without it everything works, and a long upgrade of SQLite takes longer.
///
/// # Safety
///
/// No other thread uses SQLite meanwhile.
///
/// # Example
///
/// ```
/// // SAFETY: the program has just started, and has one thread.
/// unsafe { autogen_cli::set_up() };
/// ```
pub unsafe fn set_up() {
    // SAFETY: the caller promises the same.
    unsafe { schema_core::db::sqlite::forgo_memory_statistics() };
}

/// Runs the command with the given arguments, the first of which is the program's own name, and returns how it ended:
/// 0 done, 1 a check found something, 2 failed, refused or in need of an answer.
///
/// # Example
///
/// ```
/// # let _ = || {
/// let code = autogen_cli::run(["autogen", "history"].map(std::ffi::OsString::from));
/// # code
/// # };
/// ```
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match usage::parse(&arguments) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let mut printer = Printer::new(&cli.global, Secrets::of(&arguments));
    let outcome = Environment::new(&cli.global, &mut printer)
        .and_then(|mut environment| commands::run(&mut environment, &cli.command));
    if let Err(error) = &outcome {
        printer.error(error);
    }
    match printer.finish() {
        Err(()) => ExitCode::from(2),
        Ok(()) => match outcome {
            Ok(Outcome::Done) => ExitCode::SUCCESS,
            Ok(Outcome::Found) => ExitCode::from(1),
            Err(_) => ExitCode::from(2),
        },
    }
}
