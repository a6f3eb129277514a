#![allow(clippy::print_stdout, reason = "it tells a story")]
//! The main job, told as the tutorial tells it, in a scratch copy of `examples/store`.
//!
//! `cargo demo` builds the `autogen` command, copies the example without its migrations, and lives its first
//! day: init, migrate, upgrade, sell something, add a field, migrate, upgrade, look, take it back. It prints each
//! command with what the user sees.

use std::error::Error;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The line that the second half of the story adds to `ItemModel`.
const FIELD: &str = "    pub description: Option<String>,\n";

fn main() -> Result<()> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .ok_or("the tests have no parent folder")?;
    say("Building the autogen command ...");
    run(
        workspace,
        "cargo",
        ["build", "--quiet", "--package", "autogen-cli"],
        Echo::No,
    )?;

    let scratch = tempfile::tempdir()?;
    let store = scratch.path().join("store");
    copy_example(workspace, &store)?;
    let story = Story {
        target: target(workspace),
        store,
    };
    say(&format!(
        "A scratch copy of examples/store, as it was on its first day: {}\n",
        story.store.display()
    ));

    story.autogen(&["init"])?;
    story.autogen(&["migrate", "-m", "create stores"])?;
    story.autogen(&["upgrade"])?;
    story.sell()?;
    story.sell()?;

    let models = story.store.join("src/models.rs");
    let source = fs::read_to_string(&models)?;
    fs::write(
        &models,
        source.replacen(
            "    pub price: f64,\n",
            &format!("{FIELD}    pub price: f64,\n"),
            1,
        ),
    )?;
    say("# edit src/models.rs: add `pub description: Option<String>` to ItemModel\n");

    story.autogen(&["migrate"])?;
    story.autogen(&["upgrade"])?;
    story.autogen(&["history"])?;
    say("# the rows from before are still there, and the new column with them:");
    story.rows()?;
    story.autogen(&["downgrade", "-1"])?;
    say("# taken back; the rows stay:");
    story.rows()?;
    Ok(())
}

/// Where the story is played.
struct Story {
    target: PathBuf,
    store: PathBuf,
}

impl Story {
    /// Runs `autogen`, showing the command and what it prints.
    fn autogen(&self, arguments: &[&str]) -> Result<()> {
        say(&format!("$ autogen {}", quoted(arguments)));
        let program = self
            .target
            .join("debug")
            .join(format!("autogen{}", std::env::consts::EXE_SUFFIX));
        run(&self.store, program, arguments, Echo::Yes(&self.target))?;
        println!();
        Ok(())
    }

    /// Runs the example's own program, which sells a chair.
    fn sell(&self) -> Result<()> {
        say("$ cargo run");
        run(
            &self.store,
            "cargo",
            ["run", "--quiet", "--offline"],
            Echo::Yes(&self.target),
        )?;
        println!();
        Ok(())
    }

    /// Prints the items, columns and all.
    fn rows(&self) -> Result<()> {
        use schema_core::db::{self, DatabaseUrl};
        let mut connection = db::open(&DatabaseUrl::Sqlite(self.store.join("instance/database.db")))?;
        let columns = connection.query("SELECT name FROM pragma_table_info('items')", &[])?;
        let columns: Vec<&str> = columns.iter().filter_map(|row| row[0].as_str()).collect();
        println!("  {}", columns.join(" | "));
        for row in connection.query("SELECT * FROM items ORDER BY id", &[])? {
            let values: Vec<String> = row.iter().map(ToString::to_string).collect();
            println!("  {}", values.join(" | "));
        }
        println!();
        Ok(())
    }
}

/// Copies the example's sources: no migrations, no database, and the field of the second half not yet there.
fn copy_example(workspace: &Path, store: &Path) -> Result<()> {
    let example = workspace.join("examples/store");
    fs::create_dir_all(store.join("src"))?;
    for file in ["src/lib.rs", "src/main.rs"] {
        fs::copy(example.join(file), store.join(file))?;
    }
    let models = fs::read_to_string(example.join("src/models.rs"))?;
    fs::write(store.join("src/models.rs"), models.replacen(FIELD, "", 1))?;
    let core = workspace.join("schema-core");
    let manifest = fs::read_to_string(example.join("Cargo.toml"))?
        .replace("\"../../schema-core\"", &format!("'{}'", core.display()));
    // The empty table keeps cargo from looking for a workspace above the scratch folder. The same profile and lock file
    // mean the same builds of the dependencies, so that nothing is compiled twice.
    let profile = "[profile.dev]\ndebug = \"line-tables-only\"\n";
    fs::write(
        store.join("Cargo.toml"),
        format!("{manifest}\n[workspace]\n\n{profile}"),
    )?;
    fs::copy(workspace.join("Cargo.lock"), store.join("Cargo.lock"))?;
    Ok(())
}

fn target(workspace: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from)
}

/// Whether a command's output belongs to the story.
enum Echo<'a> {
    No,
    /// Yes, and what it builds goes to this folder.
    Yes(&'a Path),
}

fn run<I>(folder: &Path, program: impl AsRef<OsStr>, arguments: I, echo: Echo<'_>) -> Result<()>
where
    I: IntoIterator,
    I::Item: AsRef<OsStr>,
{
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder);
    if let Echo::Yes(target) = echo {
        command
            .env("CARGO_TARGET_DIR", target)
            .env_remove("DATABASE_URL")
            .env_remove("AUTOGEN_DATABASE_URL");
    }
    let status = command.status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{command:?} ended with {status}").into())
    }
}

fn quoted(arguments: &[&str]) -> String {
    let words = arguments.iter().map(|word| {
        if word.contains(' ') {
            format!("\"{word}\"")
        } else {
            (*word).to_owned()
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn say(line: &str) {
    println!("{line}");
}
