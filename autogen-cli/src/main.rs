//! The program `autogen`.

use std::process::ExitCode;

fn main() -> ExitCode {
    autogen_cli::run(std::env::args_os())
}
