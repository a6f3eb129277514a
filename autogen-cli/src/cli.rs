//! The command line as a whole: the options that every command has. A command's own are in its file.

use std::path::PathBuf;
use std::sync::LazyLock;

use clap::{Args, ColorChoice, Parser};

use crate::commands::Command;

/// Schema migrations from Rust structs
///
/// Put `#[derive(Model)]` on a struct and it is a table. After an edit, `autogen migrate` writes what changed as SQL
/// scripts to review, and `autogen upgrade` runs them.
///
/// Results go to stdout, everything else to stderr. Exit codes: 0 done, 1 a check found something, 2 failed, refused,
/// or an answer is needed.
#[derive(Debug, Parser)]
#[command(
    name = "autogen",
    version = version(),
    after_help = "A first session:\n  autogen init\n  autogen migrate -m \"create stores\"\n  autogen upgrade"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The options that every command has.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// Work in this directory as if started there
    #[arg(short = 'C', long, global = true, value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,

    /// Use this folder of migrations instead of the nearest `migrations`
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) migrations: Option<PathBuf>,

    /// Use this database, e.g. `sqlite:instance/database.db`
    ///
    /// Without it: AUTOGEN_DATABASE_URL, then DATABASE_URL, each from the environment or the project's `.env`, then
    /// `autogen.toml`.
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) database_url: Option<String>,

    /// Do not read the project's `.env`
    #[arg(long, global = true)]
    pub(crate) no_dotenv: bool,

    /// Print results and errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Print what is read and decided, too
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,

    /// Print the result as one JSON document on stdout
    ///
    /// Where the command fails, that is {"error": {"message", "causes", "hints"}}, and what the command's own help says.
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// When to color what is printed
    #[arg(long, global = true, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub(crate) color: ColorChoice,
}

/// Returns the version, with that of the SQLite inside: which statements work depends on it.
fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        format!(
            "{} (SQLite {})",
            env!("CARGO_PKG_VERSION"),
            schema_core::db::sqlite::version()
        )
    });
    &VERSION
}
