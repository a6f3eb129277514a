//! `upgrade --sql` and `downgrade --sql`: the run as a script, for which no database is needed.

use std::collections::BTreeMap;

use clap::Args;
use schema_core::dialect::Dialect;
use schema_core::history::{Direction, History, RevisionId, counts_from_current};
use schema_core::runner::{Repeat, downgrade_script, upgrade_script};
use serde_json::json;

use crate::config::{Config, find_dialect};
use crate::environment::Environment;
use crate::error::{CommandError, Outcome};
use crate::printer::Format;

/// How a script is printed instead of run.
#[derive(Debug, Args)]
pub(crate) struct OfflineArgs {
    /// Print one script for the database's own shell, version rows included, and open no database; REV may be a range `a:b`
    #[arg(long, conflicts_with_all = ["dry_run", "backup", "tag", "timeout", "lock_timeout"])]
    pub(super) sql: bool,

    /// Let the script pass over what the database has already, as far as its SQL can
    #[arg(long, requires = "sql")]
    idempotent: bool,

    /// Print the script for this dialect; without it, for that of `--database-url`, or the one that is configured
    #[arg(long, value_name = "DIALECT", requires = "sql")]
    dialect: Option<String>,
}

/// Prints the scripts.
pub(super) fn print(
    environment: &mut Environment<'_>,
    range: &str,
    direction: Direction,
    arguments: &OfflineArgs,
) -> Result<Outcome, CommandError> {
    let config = environment.config()?;
    let history = environment.history()?;
    let (from, to) = ends(&history, range, direction)?;
    let dialects = dialects(environment, &config, arguments)?;
    let repeat = if arguments.idempotent {
        Repeat::PassOver
    } else {
        Repeat::Stop
    };
    let version = env!("CARGO_PKG_VERSION");
    let mut scripts = BTreeMap::new();
    for dialect in dialects {
        let script = match direction {
            Direction::Upgrade => upgrade_script(dialect, &history, &from, &to, repeat, version),
            Direction::Downgrade => downgrade_script(dialect, &history, &from, &to, repeat, version),
        }?;
        scripts.insert(dialect.name(), script);
    }
    match environment.printer.format() {
        Format::Json => environment.printer.document(&json!({ "scripts": scripts })),
        Format::Text => {
            let scripts: Vec<String> = scripts.into_values().collect();
            environment.printer.text(&scripts.join("\n"));
        }
    }
    Ok(Outcome::Done)
}

/// Returns the dialects to print scripts for: one, since no shell runs those of several; but a document has room for all.
fn dialects(
    environment: &Environment<'_>,
    config: &Config,
    arguments: &OfflineArgs,
) -> Result<Vec<&'static dyn Dialect>, CommandError> {
    if let Some(name) = &arguments.dialect {
        return Ok(vec![find_dialect(name)?]);
    }
    if let Some(text) = &environment.database_url {
        let url = environment.parsed(text, "the command line")?;
        return Ok(vec![find_dialect(url.dialect())?]);
    }
    match environment.printer.format() {
        Format::Json => config.dialects(),
        Format::Text => Ok(vec![environment.only_dialect()?]),
    }
}

/// Returns where the script begins and where it ends.
fn ends(
    history: &History,
    range: &str,
    direction: Direction,
) -> Result<(Vec<RevisionId>, Vec<RevisionId>), CommandError> {
    let (from, to) = match (range.split_once(':'), direction) {
        (Some((from, to)), _) => (from, to),
        (None, Direction::Upgrade) => ("base", range),
        (None, Direction::Downgrade) => {
            return Err(CommandError::new("`--sql` does not know where the database is")
                .hint(format!("say both ends: `autogen downgrade head:{range} --sql`")));
        }
    };
    let (first, last) = match direction {
        Direction::Upgrade => ("base", "head"),
        Direction::Downgrade => ("head", "base"),
    };
    let resolve = |name: &str, without: &str| {
        let name = if name.is_empty() { without } else { name };
        if counts_from_current(name) {
            return Err(CommandError::new(format!(
                "`{name}` depends on the database, which `--sql` does not open"
            ))
            .hint("name the revisions by their ids or slugs"));
        }
        Ok(history.resolve(name, &[])?)
    };
    let (from, to) = (resolve(from, first)?, resolve(to, last)?);
    refuse_other_way(history, range, (&from, &to), direction)?;
    Ok((from, to))
}

/// Refuses a range that leads the other way: its script would do nothing.
fn refuse_other_way(
    history: &History,
    range: &str,
    (from, to): (&[RevisionId], &[RevisionId]),
    direction: Direction,
) -> Result<(), CommandError> {
    let leads = |low: &[RevisionId], high: &[RevisionId]| {
        let below = history.ancestors(high);
        low.iter().all(|id| below.contains(id)) && !high.iter().all(|id| history.ancestors(low).contains(id))
    };
    let (other, way, command) = match direction {
        Direction::Upgrade => (leads(to, from), "down, and an upgrade goes up", "downgrade"),
        Direction::Downgrade => (leads(from, to), "up, and a downgrade goes down", "upgrade"),
    };
    if !other {
        return Ok(());
    }
    Err(CommandError::new(format!("`{range}` leads {way}")).hint(format!(
        "turn the range round, or use `autogen {command} {range} --sql`"
    )))
}
