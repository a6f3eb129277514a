//! `autogen verify`.

use std::time::Instant;

use clap::Args;
use schema_core::runner::{self, Event};
use serde_json::json;

use crate::environment::Environment;
use crate::error::{CommandError, Outcome};
use crate::printer::{Format, Took, Topic};
use crate::scratch::all_scripts;

/// Prove the whole history on a scratch database
///
/// Runs every upgrade script from an empty database, comparing at each revision what is there with what the revision
/// says, then every downgrade script down to one that says it is irreversible, then the upgrade scripts again. Your database is not touched.
///
/// Example: autogen verify
///
/// With --json: {"ok", "revisions": how many, "dialects": [{"dialect", "ok", "problem", "causes", "hints"}]},
/// where "ok" is null for a dialect that has no server to try the scripts on
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {}

/// Runs the command.
pub(crate) fn run(environment: &mut Environment<'_>, _: &VerifyArgs) -> Result<Outcome, CommandError> {
    let config = environment.config()?;
    let history = environment.history()?;
    let count = history.applied_at(history.heads()).len();
    let mut documents = Vec::new();
    let mut outcome = Outcome::Done;
    for dialect in config.dialects()? {
        let start = Instant::now();
        let scripts = all_scripts(&history, dialect)?;
        let Some(mut scratch) = environment.scratch(&config, dialect, &scripts)? else {
            documents.push(proved(dialect.name(), None));
            continue;
        };
        let printer = &mut *environment.printer;
        let mut begun = 0;
        let result = runner::verify(
            &mut scratch,
            dialect,
            &history,
            &config.tables,
            &mut |event| match event {
                Event::Running {
                    direction, revision, ..
                } => {
                    printer.debug(Topic::Verify, format_args!("Running {direction} {revision}"));
                    // Up, down and up again.
                    printer.progress(begun, 3 * count);
                    begun += 1;
                }
                Event::Context { .. }
                | Event::Adopted { .. }
                | Event::BackedUp { .. }
                | Event::BrokenViews { .. }
                | Event::BrokenTriggers { .. }
                | Event::Waiting { .. }
                | Event::Resuming { .. }
                | Event::Finished { .. } => {}
            },
        );
        environment.printer.progress_ends();
        match result {
            Ok(irreversible) => {
                let took = Took(start.elapsed());
                let down = irreversible.map_or("down".to_owned(), |id| {
                    format!("down to {id}, which is irreversible")
                });
                let text = format_args!(
                    "{} proved for {}: up, {down}, up ({took})",
                    revisions(count),
                    dialect.name()
                );
                environment.printer.info(Topic::Verify, text);
                documents.push(proved(dialect.name(), Some(true)));
            }
            Err(error) => {
                outcome = Outcome::Found;
                let error = CommandError::from(error);
                documents.push(json!({
                    "dialect": dialect.name(),
                    "ok": false,
                    "problem": error.message,
                    "causes": error.causes,
                    "hints": error.hints,
                }));
                environment.printer.finding(&error);
            }
        }
    }
    if environment.printer.format() == Format::Json {
        environment.printer.document(&json!({
            "ok": outcome == Outcome::Done,
            "revisions": count,
            "dialects": documents,
        }));
    }
    Ok(outcome)
}

/// Returns what `--json` shows of a dialect with which there is no problem.
fn proved(dialect: &str, ok: Option<bool>) -> serde_json::Value {
    json!({"dialect": dialect, "ok": ok, "problem": null, "causes": [], "hints": []})
}

/// Returns how many revisions there are, in words.
pub(super) fn revisions(count: usize) -> String {
    match count {
        1 => "1 revision".to_owned(),
        count => format!("{count} revisions"),
    }
}
