//! The scratch databases on which scripts are proved.
//!
//! SQLite needs nothing: its scratch database is in memory. The others make a database of their own, on the server that
//! `[scratch]` names for the dialect, or else on the server of the configured database. Where there is none, or it cannot be
//! reached, nothing is proved, and that is said: writing a migration needs no server.

use schema_core::db::{self, DatabaseUrl, Scratch};
use schema_core::dialect::Dialect;

use crate::config::Config;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::printer::Topic;

impl Environment<'_> {
    /// Opens an empty database of that dialect, to try scripts on. It is gone when it is closed.
    ///
    /// Where none can be had, a warning says why, and nothing is returned.
    ///
    /// # Errors
    ///
    /// What is wrong with the URL that is to be used.
    pub(crate) fn scratch(
        &mut self,
        config: &Config,
        dialect: &dyn Dialect,
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
            Ok(scratch) => Ok(Some(scratch)),
            Err(error) => {
                let text =
                    format_args!("Not proved for {name}: no scratch database can be had at {url}: {error}");
                self.printer.warn(Topic::Verify, text);
                Ok(None)
            }
        }
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
        let beside = beside.filter(|_| !config.scratch.contains_key(dialect.name()));
        let name = unique_name()?;
        if let Some(Ok(scratch)) = beside.map(|url| db::scratch(url, &name)) {
            return Ok(Some(scratch));
        }
        self.scratch(config, dialect)
    }

    fn scratch_url(&self, config: &Config, dialect: &str) -> Result<Option<DatabaseUrl>, CommandError> {
        if DatabaseUrl::SqliteMemory.dialect() == dialect {
            return Ok(Some(DatabaseUrl::SqliteMemory));
        }
        if let Some(url) = config.scratch.get(dialect) {
            let (text, origin) = self.configured(url)?;
            return self.parsed(&text, &origin).map(Some);
        }
        let Some((text, origin)) = self.known_url(config)? else {
            return Ok(None);
        };
        let url = self.parsed(&text, &origin)?;
        Ok((url.dialect() == dialect).then_some(url))
    }
}

/// Returns a name that no other process thinks of.
fn unique_name() -> Result<String, CommandError> {
    let mut random = [0; 8];
    getrandom::fill(&mut random)
        .map_err(|error| CommandError::new("cannot name a scratch database").cause(error.to_string()))?;
    Ok(format!("_autogen_scratch_{:016x}", u64::from_be_bytes(random)))
}
