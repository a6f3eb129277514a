//! The scratch databases on which scripts are proved.
//!
//! SQLite needs nothing: its scratch database is in memory. The others make a database of their own, on the server that
//! `[scratch]` names for the dialect, or else on the server of the configured database. Where there is none, or it cannot be
//! reached, nothing is proved, and that is said: writing a migration needs no server.
//!
//! A scratch database has what the tables of the configured database stand on: extensions, domains, types, functions. Or it has what the script makes that
//! `[scratch]` names, and then nothing else.

use schema_core::db::{self, Connection, DatabaseUrl, Scratch};
use schema_core::dialect::Dialect;
use schema_core::history::{Direction, History};
use schema_core::runner;

use crate::config::{Config, UrlConfig};
use crate::environment::Environment;
use crate::error::CommandError;
use crate::paths;
use crate::printer::Topic;

impl Environment<'_> {
    /// Opens a database of that dialect without tables, to try those scripts on. It is gone when it is closed.
    ///
    /// It has what tables may stand on, but not what the scripts themselves make. Where no database can be had, a warning says why, and nothing is returned.
    ///
    /// # Errors
    ///
    /// What is wrong with the URL that is to be used, or with the script that is to be run first.
    pub(crate) fn scratch(
        &mut self,
        config: &Config,
        dialect: &dyn Dialect,
        scripts: &[String],
    ) -> Result<Option<Scratch>, CommandError> {
        let name = dialect.name();
        let Some(url) = self.scratch_url(config, name)? else {
            let text = format_args!("Not proved for {name}: no server to try the scripts on");
            self.printer.warn(Topic::Verify, text);
            self.printer.hint(&format!(
                "name one under `[scratch]` in `autogen.toml`: `{name} = \"{name}://…\"`"
            ));
            return Ok(None);
        };
        match db::scratch(&url, &unique_name()?) {
            Ok(mut scratch) => {
                match config.scratch.get(name).and_then(|scratch| scratch.setup()) {
                    Some(path) => self.set_up(&mut scratch, dialect, path)?,
                    None => self.lay_foundations(&mut scratch, config, dialect, scripts)?,
                }
                Ok(Some(scratch))
            }
            Err(error) => {
                let text =
                    format_args!("Not proved for {name}: no scratch database can be had at {url}: {error}");
                self.printer.warn(Topic::Verify, text);
                if error.kind == db::ErrorKind::NoDatabase {
                    self.printer.hint("create the database that the URL names");
                } else if error.kind != db::ErrorKind::Unreachable {
                    self.printer.hint(&format!(
                        "let that user create databases, or name another user or server under `[scratch]` in `autogen.toml`: `{name} = \"{name}://…\"`"
                    ));
                }
                Ok(None)
            }
        }
    }

    /// Runs the script that the configuration names on a new scratch database.
    fn set_up(&self, scratch: &mut Scratch, dialect: &dyn Dialect, path: &str) -> Result<(), CommandError> {
        let failed = || {
            format!(
                "cannot set up a scratch database for {} with `{path}`",
                dialect.name()
            )
        };
        let text = std::fs::read_to_string(paths::resolve(&self.project, path.as_ref()))
            .map_err(|error| CommandError::because(failed(), &error))?;
        runner::load(scratch, dialect, &text).map_err(|error| CommandError::on_scratch(failed(), &error))?;
        let tables = dialect
            .reflect(scratch)
            .map_err(|error| CommandError::because(failed(), &error))?;
        match tables.tables.keys().next() {
            None => Ok(()),
            Some(table) => Err(CommandError::new(failed())
                .cause(format!("it makes the table `{table}`"))
                .hint("let it make what no revision makes, and no tables: extensions, domains, types, functions")),
        }
    }

    /// Makes what the tables of the configured database stand on, if that is one of the dialect and can be reached.
    fn lay_foundations(
        &mut self,
        scratch: &mut dyn Connection,
        config: &Config,
        dialect: &dyn Dialect,
        scripts: &[String],
    ) -> Result<(), CommandError> {
        let Some((text, origin)) = self.known_url(config)? else {
            return Ok(());
        };
        let url = self.parsed(&text, &origin)?;
        if url.server().is_none() || url.dialect() != dialect.name() {
            return Ok(());
        }
        let found = db::open_existing(&url).and_then(|mut database| dialect.foundations(&mut *database));
        match found {
            Ok(foundations) => {
                for thing in runner::lay(scratch, dialect, foundations, scripts) {
                    let text = format_args!("The scratch database is without the {thing}");
                    self.printer.debug(Topic::Verify, text);
                }
            }
            Err(error) => {
                let text = format_args!(
                    "The scratch database is bare: {url} does not tell what its tables stand on: {error}"
                );
                self.printer.debug(Topic::Verify, text);
            }
        }
        Ok(())
    }

    /// As [`scratch`](Self::scratch), on the server of that database, if it is one of the dialect.
    ///
    /// # Errors
    ///
    /// As [`scratch`](Self::scratch).
    pub(crate) fn scratch_beside(
        &mut self,
        config: &Config,
        dialect: &dyn Dialect,
        database: Option<&DatabaseUrl>,
    ) -> Result<Option<Scratch>, CommandError> {
        let beside = database.filter(|url| url.dialect() == dialect.name());
        let elsewhere = config
            .scratch
            .get(dialect.name())
            .and_then(|scratch| scratch.url());
        let beside = beside.filter(|_| elsewhere.is_none());
        let name = unique_name()?;
        if let Some(Ok(scratch)) = beside.map(|url| db::scratch(url, &name)) {
            return Ok(Some(scratch));
        }
        self.scratch(config, dialect, &[])
    }

    fn scratch_url(&self, config: &Config, dialect: &str) -> Result<Option<DatabaseUrl>, CommandError> {
        if DatabaseUrl::SqliteMemory.dialect() == dialect {
            return Ok(Some(DatabaseUrl::SqliteMemory));
        }
        if let Some(url) = config.scratch.get(dialect).and_then(|scratch| scratch.url()) {
            let (text, origin) = self.configured(url)?.ok_or_else(|| unset(dialect, url))?;
            return self.parsed(&text, &origin).map(Some);
        }
        let Some((text, origin)) = self.known_url(config)? else {
            return Ok(None);
        };
        let url = self.parsed(&text, &origin)?;
        Ok((url.dialect() == dialect).then_some(url))
    }
}

/// Returns the error for a server that is configured to be in a variable, which is not set: to prove nothing is not what was asked for.
fn unset(dialect: &str, url: &UrlConfig) -> CommandError {
    let name = match url {
        UrlConfig::Variable(variable) => &variable.env,
        UrlConfig::Plain(url) => url,
    };
    CommandError::new(format!(
        "no server is given on which scripts for {dialect} are tried"
    ))
    .cause(format!(
        "`[scratch]` of `autogen.toml` takes it from {name}, which is not set"
    ))
    .hint(format!("set {name}, or leave `{dialect}` out of `[scratch]`"))
}

/// Returns the upgrade scripts of all revisions.
///
/// # Errors
///
/// One that cannot be read.
pub(crate) fn all_scripts(history: &History, dialect: &dyn Dialect) -> Result<Vec<String>, CommandError> {
    let scripts = history
        .revisions()
        .iter()
        .map(|revision| history.script(revision.id, dialect.name(), Direction::Upgrade));
    Ok(scripts.collect::<Result<_, _>>()?)
}

/// Returns a name that no other process thinks of.
fn unique_name() -> Result<String, CommandError> {
    let mut random = [0; 8];
    getrandom::fill(&mut random)
        .map_err(|error| CommandError::new("cannot name a scratch database").cause(error.to_string()))?;
    Ok(format!("_autogen_scratch_{:016x}", u64::from_be_bytes(random)))
}
