//! The program `autogen`.

use std::process::ExitCode;

fn main() -> ExitCode {
    // SAFETY: nothing has run before, and there is one thread.
    unsafe { autogen_cli::set_up() };
    autogen_cli::run(std::env::args_os())
}
