//! What every command works in, found once before any of them runs.

use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use schema_core::dialect::Dialect;
use schema_core::history::History;

use crate::cli::GlobalArgs;
use crate::config::{self, Config};
use crate::error::CommandError;
use crate::paths;
use crate::printer::Printer;

/// The folder of migrations, unless `--migrations` names another.
pub(crate) const MIGRATIONS: &str = "migrations";

/// The project, its folder of migrations, and the printer.
#[derive(Debug)]
pub(crate) struct Environment<'a> {
    /// The directory that paths in the configuration are relative to.
    pub(crate) project: PathBuf,
    /// The folder of migrations, as seen from the current directory.
    pub(crate) migrations: PathBuf,
    /// The directory that the command was started in.
    pub(crate) current: PathBuf,
    /// The directory that `-C` names, or else `current`: paths on the command line are relative to it.
    pub(crate) start: PathBuf,
    /// What prints.
    pub(crate) printer: &'a mut Printer,
    /// The value of `--database-url`.
    pub(crate) database_url: Option<String>,
    /// Whether the project's `.env` is read.
    pub(crate) dotenv: Dotenv,
}

/// Whether the project's `.env` is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dotenv {
    /// It is.
    Read,
    /// It is not.
    Ignore,
}

impl<'a> Environment<'a> {
    /// Finds the project.
    ///
    /// # Errors
    ///
    /// A directory that is not there.
    pub(crate) fn new(arguments: &GlobalArgs, printer: &'a mut Printer) -> Result<Self, CommandError> {
        let current = std::env::current_dir()
            .map_err(|error| CommandError::because("cannot tell the current directory", &error))?;
        let start = match &arguments.directory {
            Some(directory) => paths::resolve(&current, directory),
            None => current.clone(),
        };
        if !start.is_dir() {
            return Err(
                CommandError::new(format!("`{}` is no directory", start.display()))
                    .hint("give the project's directory with `-C DIR`"),
            );
        }
        let (project, migrations) = match &arguments.migrations {
            Some(folder) => (start.clone(), paths::resolve(&start, folder)),
            None => {
                let project = nearest_project(&start).unwrap_or(&start).to_owned();
                let migrations = project.join(MIGRATIONS);
                (project, migrations)
            }
        };
        Ok(Environment {
            project,
            migrations: paths::relative(&migrations, &current),
            current,
            start,
            printer,
            database_url: arguments.database_url.clone(),
            dotenv: if arguments.no_dotenv {
                Dotenv::Ignore
            } else {
                Dotenv::Read
            },
        })
    }

    /// Reads the configuration.
    ///
    /// # Errors
    ///
    /// That there is none, or what is wrong in it.
    pub(crate) fn config(&self) -> Result<Config, CommandError> {
        let path = self.migrations.join(config::FILE);
        if !path.exists() {
            return Err(CommandError::new(format!("there is no `{}`", self.shown(&path)))
                .cause(format!(
                    "`{}` and the directories above it were searched",
                    self.project.display()
                ))
                .hint("run `autogen init`, or give the project's directory with `-C DIR`"));
        }
        Config::load(&path, &self.shown(&path))
    }

    /// Reads the configuration; without one, nothing is configured.
    ///
    /// # Errors
    ///
    /// What is wrong in it.
    pub(crate) fn config_or_none(&self) -> Result<Config, CommandError> {
        if self.migrations.join(config::FILE).exists() {
            self.config()
        } else {
            Ok(Config::default())
        }
    }

    /// Returns the dialect of the project, if it has one only.
    ///
    /// # Errors
    ///
    /// That there is none, or that there are several.
    pub(crate) fn only_dialect(&self) -> Result<&'static dyn Dialect, CommandError> {
        let config = self.config_or_none()?;
        match config.dialects.as_slice() {
            [only] => config::find_dialect(only),
            several => {
                let error = CommandError::new("nothing tells for which database the SQL should be");
                Err(if several.is_empty() {
                    error.hint("say it with `--dialect sqlite`")
                } else {
                    error.hint(format!("say it with `--dialect`: {}", several.join(", ")))
                })
            }
        }
    }

    /// Reads the history. It is not freed: a command is done with it when the process ends, and to free a thousand revisions one by one takes
    /// longer than to read some.
    ///
    /// # Errors
    ///
    /// What is wrong in it.
    pub(crate) fn history(&self) -> Result<ManuallyDrop<History>, CommandError> {
        Ok(ManuallyDrop::new(History::load(&self.migrations)?))
    }

    /// Reads the history as [`history`](Self::history) does, with branches that begin in the midst of what was squashed.
    ///
    /// # Errors
    ///
    /// What else is wrong in it.
    pub(crate) fn history_with_strays(&self) -> Result<ManuallyDrop<History>, CommandError> {
        Ok(ManuallyDrop::new(History::load_with_strays(&self.migrations)?))
    }

    /// Returns the path as a person reads it.
    pub(crate) fn shown(&self, path: &Path) -> String {
        // Relative paths are seen from the current directory, and shown from the project on.
        paths::shown(&self.current.join(path), &self.project)
    }
}

/// Returns the nearest directory, upwards, with a configured folder of migrations.
fn nearest_project(start: &Path) -> Option<&Path> {
    start
        .ancestors()
        .find(|directory| directory.join(MIGRATIONS).join(config::FILE).is_file())
}
