//! Reading a source: the schema behind it, and what holds it.

mod dump;

use std::path::Path;

use schema_core::db::{self, Connection};
use schema_core::dialect::{Dialect, Unmanaged};
use schema_core::metadata::Models;
use schema_core::runner;
use schema_core::schema::Schema;

use super::Source;
use crate::artifact::{self, ModelArgs};
use crate::commands;
use crate::config::{Config, find_dialect};
use crate::database::{Database, Missing};
use crate::environment::Environment;
use crate::error::CommandError;
use crate::paths;

/// A source that has been read.
pub(crate) struct Resolved {
    /// How a line names it; it never holds a password.
    pub(crate) shown: String,
    /// The schema.
    pub(crate) content: Content,
    /// What the models say beyond their schema, if it is theirs.
    pub(crate) models: Option<Models>,
    /// What is there and in no schema.
    pub(crate) unmanaged: Vec<Unmanaged>,
    /// What it was read from, if that is a database.
    pub(crate) origin: Origin,
}

/// A schema, and what it is a schema of.
pub(crate) enum Content {
    /// As models say it, for any database.
    Neutral(Schema),
    /// As a database of the dialect holds it.
    Held {
        /// The dialect.
        dialect: &'static dyn Dialect,
        /// The schema.
        schema: Schema,
    },
}

/// The database behind a schema.
pub(crate) enum Origin {
    /// There is none.
    Nothing,
    /// One that belongs to someone: it is only read.
    Live(Database, Box<dyn Connection>),
    /// A scratch database of this command, which may change it.
    Scratch(Box<dyn Connection>),
}

impl Resolved {
    fn neutral(shown: impl Into<String>, schema: Schema) -> Self {
        Resolved {
            shown: shown.into(),
            content: Content::Neutral(schema),
            models: None,
            unmanaged: Vec::new(),
            origin: Origin::Nothing,
        }
    }

    /// Returns the database that it was read from, if there is one.
    pub(crate) fn connection(&mut self) -> Option<&mut dyn Connection> {
        match &mut self.origin {
            Origin::Nothing => None,
            Origin::Live(_, connection) | Origin::Scratch(connection) => Some(&mut **connection),
        }
    }

    /// Returns the dialect that holds the schema, if one does.
    pub(crate) fn dialect(&self) -> Option<&'static dyn Dialect> {
        match &self.content {
            Content::Neutral(_) => None,
            Content::Held { dialect, schema: _ } => Some(*dialect),
        }
    }
}

impl Source {
    /// Reads the schema. `fallback` is the dialect of a file that does not tell.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from being read, with how to go on.
    pub(crate) fn resolve(
        &self,
        environment: &mut Environment<'_>,
        models: &ModelArgs,
        fallback: Option<&'static dyn Dialect>,
    ) -> Result<Resolved, CommandError> {
        match self {
            Source::Models => {
                let config = environment.config()?;
                let read = artifact::read(environment, &config, models)?;
                Ok(Resolved {
                    models: Some(read.models.clone()),
                    ..Resolved::neutral("models", read.models.schema)
                })
            }
            Source::Empty => Ok(Resolved::neutral("empty", Schema::default())),
            Source::Configured => {
                let config = environment.config()?;
                let database = environment.database(&config)?;
                live(database)
            }
            Source::Database(url) => {
                let database = environment.located(url.clone())?;
                live(database)
            }
            Source::Sql(path) => {
                let dialect = match self.dialect()?.or(fallback) {
                    Some(dialect) => dialect,
                    None => only_dialect(environment, path)?,
                };
                sql(environment, path, dialect)
            }
            Source::Snapshot(path) => snapshot(environment, path),
            Source::Revision(name) => {
                let schema = revision(environment, name).map_err(|error| Source::no_revision(name, error))?;
                Ok(Resolved::neutral(name.clone(), schema))
            }
        }
    }
}

fn live(database: Database) -> Result<Resolved, CommandError> {
    let mut connection = database.open(Missing::Wrong)?;
    let shown = database.url.to_string();
    let read = held(&mut *connection, database.dialect, &shown)?;
    Ok(Resolved {
        shown,
        content: read.0,
        unmanaged: read.1,
        models: None,
        origin: Origin::Live(database, connection),
    })
}

fn held(
    connection: &mut dyn Connection,
    dialect: &'static dyn Dialect,
    shown: &str,
) -> Result<(Content, Vec<Unmanaged>), CommandError> {
    let failed =
        |error: db::Error| CommandError::because(format!("cannot read the tables of `{shown}`"), &error);
    let schema = dialect.reflect(connection).map_err(failed)?;
    let unmanaged = dialect.unmanaged(connection).map_err(failed)?;
    Ok((Content::Held { dialect, schema }, unmanaged))
}

fn sql(
    environment: &mut Environment<'_>,
    path: &Path,
    dialect: &'static dyn Dialect,
) -> Result<Resolved, CommandError> {
    let shown = path.display().to_string();
    let text = dump::without_shell(&read(environment, path)?, dialect.name());
    let config = environment.config_or_none()?;
    let scripts = [text];
    let mut scratch = environment.scratch(&config, dialect, &scripts)?.ok_or_else(|| {
        CommandError::new(format!(
            "cannot load `{shown}`: there is no scratch database for {}",
            dialect.name()
        ))
    })?;
    runner::load(&mut scratch, dialect, &scripts[0]).map_err(|error| {
        CommandError::on_scratch(format!("cannot load `{shown}` as {}", dialect.name()), &error)
            .hints(error.lacking())
            .hint("name another dialect with `--dialect`, or in the name of the file: `schema.postgres.sql`")
    })?;
    // What a dump sets for its own session (an empty `search_path`) is not how its tables are to be read.
    scratch
        .reconnect()
        .map_err(|error| CommandError::because(format!("cannot read the tables of `{shown}`"), &error))?;
    let (content, unmanaged) = held(&mut scratch, dialect, &shown)?;
    Ok(Resolved {
        shown,
        content,
        models: None,
        unmanaged,
        origin: Origin::Scratch(Box::new(scratch)),
    })
}

fn snapshot(environment: &Environment<'_>, path: &Path) -> Result<Resolved, CommandError> {
    let shown = path.display().to_string();
    let text = read(environment, path)?;
    let schema = serde_json::from_str(&text).map_err(|error| {
        CommandError::because(format!("cannot read a schema from `{shown}`"), &error)
            .hint("write one with `autogen inspect X --format json`, or `autogen snapshot`")
    })?;
    Ok(Resolved::neutral(shown, schema))
}

fn read(environment: &Environment<'_>, path: &Path) -> Result<String, CommandError> {
    std::fs::read_to_string(paths::resolve(&environment.start, path))
        .map_err(|error| CommandError::because(format!("cannot read `{}`", path.display()), &error))
}

fn revision(environment: &mut Environment<'_>, name: &str) -> Result<Schema, CommandError> {
    if !environment.migrations.is_dir() {
        return Err(CommandError::new(format!(
            "`{name}` names no revision: there is no `{}`",
            environment.shown(&environment.migrations.clone())
        )));
    }
    let history = environment.history()?;
    let current = commands::current_for(environment, &history, name)?;
    let ids = history.resolve(name, &current)?;
    Ok(history.schema_at(&ids)?)
}

/// Returns the dialect of the project, if it has one only.
fn only_dialect(environment: &Environment<'_>, path: &Path) -> Result<&'static dyn Dialect, CommandError> {
    let config: Config = environment.config_or_none()?;
    match config.dialects.as_slice() {
        [only] => find_dialect(only),
        _ => Err(
            CommandError::new(format!("nothing tells the dialect of `{}`", path.display()))
                .hint("say it with `--dialect`, or in the name of the file: `schema.postgres.sql`"),
        ),
    }
}

/// Makes a scratch database that has the structure of a source, to try a plan on; or returns none where there is no server to make
/// it on.
///
/// # Errors
///
/// Why it cannot be made.
pub(crate) fn structure_of(
    environment: &mut Environment<'_>,
    resolved: Resolved,
    dialect: &'static dyn Dialect,
    held: &Schema,
) -> Result<Option<Box<dyn Connection>>, CommandError> {
    let failed = |error: db::Error| {
        CommandError::because(
            format!("cannot copy the structure of `{}`", resolved.shown),
            &error,
        )
    };
    let mut live = match resolved.origin {
        Origin::Scratch(scratch) => return Ok(Some(scratch)),
        Origin::Live(database, connection) => Some((database, connection)),
        Origin::Nothing => None,
    };
    let config = environment.config_or_none()?;
    let beside = live.as_ref().map(|(database, _)| database.url.clone());
    let Some(mut scratch) = environment.scratch_beside(&config, dialect, beside.as_ref())? else {
        return Ok(None);
    };
    let statements = match &mut live {
        Some((_, connection)) => dialect.structure(&mut **connection).map_err(failed)?,
        None => Vec::new(),
    };
    if statements.is_empty() {
        runner::create(&mut scratch, dialect, held)?;
        return Ok(Some(Box::new(scratch)));
    }
    let refused = create_in_some_order(&mut scratch, statements);
    let copy = dialect.reflect(&mut scratch).map_err(failed)?;
    if copy != *held {
        let error = CommandError::new(format!("cannot copy the structure of `{}`", resolved.shown))
            .cause("its tables cannot be created anew as they are");
        return Err(refused.into_iter().fold(error, CommandError::cause));
    }
    Ok(Some(Box::new(scratch)))
}

/// Runs statements that may need one another, and returns why those were refused that never work.
fn create_in_some_order(scratch: &mut dyn Connection, statements: Vec<String>) -> Vec<String> {
    let mut open = statements;
    loop {
        let before = open.len();
        let mut refused = Vec::new();
        // A view may stand before another that it reads. What never works there (a module of SQLite that this build lacks) is not
        // missed unless it is a table.
        open.retain(|statement| match scratch.execute(statement, &[]) {
            Ok(_) => false,
            Err(error) => {
                let line = statement.lines().next().unwrap_or_default();
                refused.push(format!("{error}\n  | {line}"));
                true
            }
        });
        if open.is_empty() || open.len() == before {
            return refused;
        }
    }
}
