//! The program `cargo-autogen`, so that `cargo autogen migrate` works.

use std::process::ExitCode;

fn main() -> ExitCode {
    // SAFETY: nothing has run before, and there is one thread.
    unsafe { autogen_cli::set_up() };
    // Cargo passes the name of the subcommand on: `cargo-autogen autogen migrate`.
    let mut arguments: Vec<_> = std::env::args_os().collect();
    if arguments.get(1).is_some_and(|first| first == "autogen") {
        arguments.remove(1);
    }
    autogen_cli::run(arguments)
}
