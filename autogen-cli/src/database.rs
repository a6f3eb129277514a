//! Which database a command works on, and opening it.
//!
//! `--database-url` goes before AUTOGEN_DATABASE_URL, that before DATABASE_URL, that before `autogen.toml`. A URL is
//! never printed but through [`DatabaseUrl`], which shows no password.

use std::path::Path;

use schema_core::db::{self, Connection, DatabaseUrl, ErrorKind, UrlError};
use schema_core::dialect::Dialect;

use crate::config::{Config, UrlConfig, Variable, find_dialect};
use crate::dotenv;
use crate::environment::{Dotenv, Environment};
use crate::error::CommandError;
use crate::paths;
use crate::printer::Topic;

/// The variables that may hold a URL, the strongest first.
const VARIABLES: [&str; 2] = ["AUTOGEN_DATABASE_URL", "DATABASE_URL"];

/// The database of a command.
#[derive(Clone)]
pub(crate) struct Database {
    /// Where it is, as seen from the current directory.
    pub(crate) url: DatabaseUrl,
    /// How a log line names it: as it was given.
    pub(crate) shown: String,
    /// Its dialect.
    pub(crate) dialect: &'static dyn Dialect,
}

/// Whether a database that is not there yet may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It is created.
    Create,
    /// It is an error: the first upgrade makes it.
    Refuse,
    /// It is an error: someone else's is meant.
    Wrong,
}

impl Environment<'_> {
    /// Finds the database that the command works on.
    ///
    /// # Errors
    ///
    /// That no URL is given, or what is wrong with it.
    pub(crate) fn database(&mut self, config: &Config) -> Result<Database, CommandError> {
        let (text, origin) = self.known_url(config)?.ok_or_else(|| no_url(config))?;
        let url = self.parsed(&text, &origin)?;
        self.printer
            .debug(Topic::Migrate, format_args!("Database {url}, from {origin}"));
        self.located(url)
    }

    /// Returns the database of a URL, whose path is relative to the project.
    ///
    /// # Errors
    ///
    /// That this build does not have its dialect.
    pub(crate) fn located(&self, url: DatabaseUrl) -> Result<Database, CommandError> {
        let dialect = find_dialect(url.dialect())?;
        let (url, shown) = located(url, &self.project, &self.current);
        Ok(Database { url, shown, dialect })
    }

    /// Returns the URL of the command's database and, in words, where it was found; nothing if none is given anywhere, or the variable that
    /// `autogen.toml` names is not set.
    pub(crate) fn known_url(&self, config: &Config) -> Result<Option<(String, String)>, CommandError> {
        if let Some(url) = &self.database_url {
            return Ok(Some((url.clone(), "the command line".to_owned())));
        }
        for name in VARIABLES {
            if let Some(found) = self.variable(name)? {
                return Ok(Some(found));
            }
        }
        match &config.database.url {
            Some(url) => self.configured(url),
            None => Ok(None),
        }
    }

    /// Returns the URL that the configuration means and, in words, where it was found; nothing if it is in a variable that is not set.
    pub(crate) fn configured(&self, url: &UrlConfig) -> Result<Option<(String, String)>, CommandError> {
        match url {
            UrlConfig::Plain(url) => Ok(Some((url.clone(), "`autogen.toml`".to_owned()))),
            UrlConfig::Variable(variable) => self.variable(&variable.env),
        }
    }

    /// Reads a URL.
    pub(crate) fn parsed(&self, text: &str, origin: &str) -> Result<DatabaseUrl, CommandError> {
        text.parse().map_err(|error: UrlError| {
            let failed =
                CommandError::new(error.to_string()).cause(format!("the URL was taken from {origin}"));
            match error {
                UrlError::Port => {
                    failed.hint("in a password, write `%2F` for `/`, `%3F` for `?` and `%23` for `#`")
                }
                UrlError::Login => failed.hint(
                    "in a password, write `%2F` for `/`, `%3F` for `?` and `%23` for `#`; in another name, `%40` for `@`",
                ),
                UrlError::NoScheme
                | UrlError::UnknownScheme(_)
                | UrlError::NoPath
                | UrlError::Parameters
                | UrlError::NulByte
                | UrlError::NoHost { .. }
                | UrlError::NoServer
                | UrlError::Encoding => failed,
            }
        })
    }

    /// Returns the value of a variable, of the environment or of the project's `.env`, and where it was found.
    fn variable(&self, name: &str) -> Result<Option<(String, String)>, CommandError> {
        if let Some(value) = std::env::var_os(name).filter(|value| !value.is_empty()) {
            let value = value
                .into_string()
                .map_err(|_| CommandError::new(format!("the value of {name} is no UTF-8 text")))?;
            return Ok(Some((value, name.to_owned())));
        }
        if self.dotenv == Dotenv::Ignore {
            return Ok(None);
        }
        let value = dotenv::variable(&self.project, name)?;
        Ok(value.map(|value| (value, format!("{name} in `{}`", dotenv::FILE))))
    }
}

fn no_url(config: &Config) -> CommandError {
    let error = CommandError::new("no database URL is given");
    match &config.database.url {
        Some(UrlConfig::Variable(Variable { env })) => error
            .cause(format!("`autogen.toml` takes it from {env}, which is not set"))
            .hint(format!("set {env}, or pass `--database-url sqlite:PATH`")),
        Some(UrlConfig::Plain(_)) | None => error.hint(
            "pass `--database-url sqlite:PATH`, set DATABASE_URL, or write `url` under `[database]` in `autogen.toml`",
        ),
    }
}

impl Database {
    /// Opens the database.
    ///
    /// # Errors
    ///
    /// Why it cannot be opened, with what can be done about it.
    pub(crate) fn open(&self, missing: Missing) -> Result<Box<dyn Connection + Send>, CommandError> {
        let opened = match missing {
            Missing::Create => db::open(&self.url),
            Missing::Refuse | Missing::Wrong => db::open_existing(&self.url),
        };
        opened.map_err(|error| self.unopened(missing, &error))
    }

    fn unopened(&self, missing: Missing, error: &db::Error) -> CommandError {
        let failed = CommandError::because(format!("cannot open the database `{}`", self.shown), error);
        let path = self.path();
        match error.kind {
            ErrorKind::Unreachable if path.is_some_and(|path| !has_folder(path)) => {
                failed.hint("create the folder, or check the database URL")
            }
            ErrorKind::Unreachable
                if missing == Missing::Refuse && path.is_some_and(|path| !path.exists()) =>
            {
                failed.hint("create it with `autogen upgrade`, or check the database URL")
            }
            ErrorKind::Unreachable if path.is_none() => {
                failed.hint("check the database URL, and that the server answers and lets this user in")
            }
            ErrorKind::Unreachable => failed.hint("check the database URL"),
            ErrorKind::NoDatabase => {
                failed.hint("create it on the server with `CREATE DATABASE`, or check the database URL")
            }
            ErrorKind::NotADatabase => {
                failed.hint("check the database URL: the file holds something else, or is damaged")
            }
            ErrorKind::Locked => failed.hint("another process holds it; try again when that is done"),
            ErrorKind::ReadOnly => failed.hint("make the file and its folder writable"),
            ErrorKind::ReadOnlyServer => failed.hint("connect to the server that is written to"),
            ErrorKind::Denied => failed.hint("grant this user the right, or connect as one who has it"),
            ErrorKind::Full => failed.hint("make room on the disk"),
            ErrorKind::Unknown | ErrorKind::Statement | ErrorKind::TimedOut | ErrorKind::System => failed,
        }
    }

    /// Returns the file, if the database is one.
    pub(crate) fn path(&self) -> Option<&Path> {
        match &self.url {
            DatabaseUrl::Sqlite(path) => Some(path),
            DatabaseUrl::SqliteMemory | DatabaseUrl::Postgres(_) | DatabaseUrl::MySql(_) => None,
        }
    }
}

fn has_folder(path: &Path) -> bool {
    // `app.db` stands in the current directory, whose name is empty here.
    path.parent()
        .is_none_or(|folder| folder.as_os_str().is_empty() || folder.is_dir())
}

/// Resolves the path of a URL against the project, and returns how the database is named in a log line.
fn located(url: DatabaseUrl, project: &Path, current: &Path) -> (DatabaseUrl, String) {
    match url {
        DatabaseUrl::Sqlite(path) => {
            let whole = paths::resolve(project, &path);
            let shown = paths::shown(&path, project);
            (DatabaseUrl::Sqlite(paths::relative(&whole, current)), shown)
        }
        DatabaseUrl::SqliteMemory => (url, ":memory:".to_owned()),
        DatabaseUrl::Postgres(_) | DatabaseUrl::MySql(_) => {
            let shown = url.to_string();
            (url, shown)
        }
    }
}
