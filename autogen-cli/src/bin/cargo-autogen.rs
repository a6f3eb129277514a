//! The program `cargo-autogen`, so that `cargo autogen migrate` works: it becomes the `autogen` that was installed with it. With a library of its own it
//! would take as long again to build.

use std::env;
use std::io;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

#[allow(clippy::print_stderr, reason = "a program says why it ends")]
fn main() -> ExitCode {
    // Cargo passes the name of the subcommand on: `cargo-autogen autogen migrate`.
    let mut arguments = env::args_os().skip(1).peekable();
    arguments.next_if(|first| first == "autogen");
    let program = autogen();
    let mut command = Command::new(&program);
    command.args(arguments);
    become_it(&mut command).unwrap_or_else(|error| {
        eprintln!("error: cannot run `{}`: {error}", program.display());
        eprintln!("hint: install both programs again, with `cargo install`");
        ExitCode::from(2)
    })
}

/// Returns the program beside this one.
fn autogen() -> PathBuf {
    let name = format!("autogen{}", env::consts::EXE_SUFFIX);
    env::current_exe().map_or_else(|_| PathBuf::from(&name), |own| own.with_file_name(&name))
}

#[cfg(unix)]
fn become_it(command: &mut Command) -> io::Result<ExitCode> {
    use std::os::unix::process::CommandExt;

    Err(command.exec())
}

#[cfg(not(unix))]
fn become_it(command: &mut Command) -> io::Result<ExitCode> {
    let status = command.status()?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(2)))
}
