//! `autogen init`.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use schema_core::history::files::{SNAPSHOT_FILE, snapshot_text};
use schema_core::schema::Schema;

use crate::config::{self, find_dialect};
use crate::environment::Environment;
use crate::error::{CommandError, Outcome};
use crate::printer::{Format, Printer};

/// Create the folder of migrations and its configuration
///
/// Writes `migrations/autogen.toml`, where every option is explained, and makes `instance/` for the default SQLite
/// database; where the first dialect is a server's, the URL is for you to give. A folder that is not empty is refused.
///
/// Example: autogen init
///
/// With --json: {"created": ["migrations", …]}
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Write scripts for this database: `sqlite`, `postgres`, `mysql`; may be given more than once
    #[arg(long, value_name = "DIALECT", value_delimiter = ',', default_value = "sqlite")]
    dialect: Vec<String>,
}

/// Runs the command.
pub(crate) fn run(environment: &mut Environment<'_>, arguments: &InitArgs) -> Result<Outcome, CommandError> {
    for dialect in &arguments.dialect {
        find_dialect(dialect)?;
    }
    let project = environment.project.clone();
    let current = environment.current.clone();
    let migrations = environment.migrations.clone();
    refuse_filled(environment, &migrations)?;

    let mut dialects: Vec<&str> = Vec::new();
    for dialect in &arguments.dialect {
        if !dialects.contains(&dialect.as_str()) {
            dialects.push(dialect);
        }
    }
    let mut files = Files {
        project: &project,
        current: &current,
        created: Vec::new(),
        printer: environment.printer,
    };
    let result = write(&mut files, &migrations, &dialects);
    let created = files.created;
    if let Err(error) = result {
        // What this run made goes away again, the last first; what stood there before is left as it was.
        for path in created.iter().rev() {
            let _ = fs::remove_file(path).or_else(|_| fs::remove_dir(path));
        }
        return Err(error);
    }
    match environment.printer.format() {
        Format::Json => {
            let created: Vec<String> = created.iter().map(|path| environment.shown(path)).collect();
            environment
                .printer
                .document(&serde_json::json!({ "created": created }));
        }
        Format::Text => environment.printer.say(format_args!(
            "Check the database and the packages in `{}`, then run `autogen migrate`.",
            environment.shown(&migrations.join(config::FILE))
        )),
    }
    Ok(Outcome::Done)
}

fn refuse_filled(environment: &Environment<'_>, migrations: &Path) -> Result<(), CommandError> {
    let shown = environment.shown(migrations);
    let above = environment.project != environment.start;
    match fs::read_dir(migrations).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(
            CommandError::new(format!("`{shown}` exists and is not empty")).hint(if above {
                "it is in a directory above this one: go on with it (`autogen history`), or make one here with `--migrations migrations`"
            } else {
                "give another folder with `--migrations DIR`, or go on with the one that is there: `autogen history`"
            }),
        ),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(CommandError::because(format!("cannot use `{shown}` for migrations"), &error)),
    }
}

fn write(files: &mut Files<'_>, migrations: &Path, dialects: &[&str]) -> Result<(), CommandError> {
    files.directory(migrations)?;
    files.directory(&migrations.join("versions"))?;
    files.file(&migrations.join(config::FILE), &config::template(dialects))?;
    files.file(&migrations.join("README.md"), README)?;
    // `migrations!` has cargo watch it, so that a program that was built before the first revision gets that one, too.
    let snapshot = snapshot_text(&Schema::default())
        .map_err(|error| CommandError::because("cannot write the schema", &error))?;
    files.file(&migrations.join(SNAPSHOT_FILE), &snapshot)?;
    let instance = files.project.join("instance");
    if dialects.first() == Some(&"sqlite") && !instance.exists() {
        files.directory(&instance)?;
        files.file(
            &instance.join(".gitignore"),
            "# A database of this machine is nobody else's; the folder itself is kept.\n*\n!.gitignore\n",
        )?;
    }
    Ok(())
}

/// What this run has made, in order.
struct Files<'a> {
    project: &'a Path,
    current: &'a Path,
    created: Vec<PathBuf>,
    printer: &'a mut Printer,
}

impl Files<'_> {
    fn shown(&self, path: &Path) -> String {
        crate::paths::shown(&self.current.join(path), self.project)
    }

    fn directory(&mut self, path: &Path) -> Result<(), CommandError> {
        if path.is_dir() {
            return Ok(());
        }
        if let Some(above) = path.parent().filter(|above| !above.as_os_str().is_empty()) {
            self.directory(above)?;
        }
        let shown = self.shown(path);
        self.printer
            .step(format_args!("Creating directory {shown}"), || {
                fs::create_dir(path)
            })
            .map_err(|error| {
                CommandError::because(format!("cannot create the directory `{shown}`"), &error)
            })?;
        self.created.push(path.to_owned());
        Ok(())
    }

    fn file(&mut self, path: &Path, text: &str) -> Result<(), CommandError> {
        let shown = self.shown(path);
        let created = &mut self.created;
        self.printer
            .step(format_args!("Generating {shown}"), || {
                // `create_new` never follows a link that someone left in the way.
                let mut file = fs::File::options().write(true).create_new(true).open(path)?;
                created.push(path.to_owned());
                file.write_all(text.as_bytes())?;
                file.sync_all()
            })
            .map_err(|error| CommandError::because(format!("cannot write `{shown}`"), &error))
    }
}

const README: &str = "\
# Migrations

Written by `autogen`, reviewed by people. After an edit of a model:

    autogen migrate -m \"what changed\"    # writes a revision: SQL scripts for the way there and back
    autogen upgrade                      # runs what the database lacks

- `autogen.toml` is the configuration.
- `versions/` holds a folder for every revision: `revision.json` says what changed, the scripts are what runs. A script
  may be edited until it has been applied; `autogen verify` proves that it still does what the revision says.
- `snapshot.json` is the schema that all revisions lead to, for review. It is derived; do not edit it.
";
