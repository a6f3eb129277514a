//! `autogen stamp`.

use clap::Args;
use schema_core::runner::{self, Unknown};
use serde_json::json;

use super::running::now;
use crate::database::Missing;
use crate::environment::Environment;
use crate::error::{CommandError, Outcome};
use crate::printer::{Format, Topic};

/// Make the database claim that it is at a revision, running nothing
///
/// For a database whose tables are there already, or are not any more: the version table is changed, and nothing else. `autogen
/// check --database` tells whether the claim is true. A revision that was put on top of another one since is noted as the files have it.
///
/// Example: autogen stamp head
///
/// With --json: {"database", "added": ["ID"], "removed": ["ID"]}
#[derive(Debug, Args)]
pub(crate) struct StampArgs {
    /// What to claim: an id, a unique beginning of one, a slug, `head`, `heads`, `base`, `-1`
    #[arg(value_name = "REV", allow_negative_numbers = true)]
    revision: String,

    /// Forget revisions that the files do not have, with the way back that the database kept of them
    #[arg(long)]
    purge: bool,

    /// Give up when another process holds the database for longer than this
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    lock_timeout: u32,
}

/// Runs the command.
pub(crate) fn run(environment: &mut Environment<'_>, arguments: &StampArgs) -> Result<Outcome, CommandError> {
    let config = environment.config()?;
    let history = environment.history()?;
    let database = environment.database(&config)?;
    let current = super::current_for(environment, &history, &arguments.revision)?;
    let targets = history.resolve(&arguments.revision, &current)?;
    let unknown = if arguments.purge {
        Unknown::Forget
    } else {
        Unknown::Refuse
    };
    let lock_timeout = std::time::Duration::from_secs(arguments.lock_timeout.into());
    let options = runner::Options::new(env!("CARGO_PKG_VERSION"), now, lock_timeout);
    let mut connection = database.open(Missing::Create)?;
    let stamped = runner::stamp(
        &mut *connection,
        database.dialect,
        &history,
        &targets,
        unknown,
        &options,
    )
    .map_err(|error| refused(&error, arguments))?;
    for (ids, word) in [(&stamped.removed, "Forgot"), (&stamped.added, "Recorded")] {
        for id in ids {
            let text = format_args!("{word} {}", super::named(&history, *id));
            environment.printer.info(Topic::Migrate, text);
        }
    }
    match environment.printer.format() {
        Format::Json => environment.printer.document(&json!({
            "database": database.url.to_string(),
            "added": stamped.added,
            "removed": stamped.removed,
        })),
        Format::Text if stamped == runner::Stamped::default() => {
            environment.printer.say("Nothing to change.");
        }
        Format::Text => {}
    }
    Ok(Outcome::Done)
}

fn refused(error: &runner::RunError, arguments: &StampArgs) -> CommandError {
    let failed = CommandError::new(error.to_string());
    let hint = error.hint();
    if matches!(error, runner::RunError::Integrity { .. }) {
        let before = hint.unwrap_or_default();
        return failed.hint(format!(
            "{before}; or forget it with `autogen stamp {} --purge`",
            arguments.revision
        ));
    }
    failed.hints(hint)
}
