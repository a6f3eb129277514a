//! `autogen heads`.

use clap::Args;
use serde_json::json;

use crate::document::RevisionDocument;
use crate::environment::Environment;
use crate::error::{CommandError, Outcome};
use crate::printer::Format;

/// Show the revisions that nothing builds on yet
///
/// There is one, unless two branches of work were merged.
///
/// Example: autogen heads
///
/// With --json: {"heads": [{"id", "parents", "message", "created", "slug", "head"}]}, with "replaces" and "overrules" as in `autogen history`
#[derive(Debug, Args)]
pub(crate) struct HeadsArgs {}

/// Runs the command.
pub(crate) fn run(environment: &mut Environment<'_>, _: &HeadsArgs) -> Result<Outcome, CommandError> {
    let history = environment.history()?;
    let heads = history.heads().iter().filter_map(|id| history.get(*id));
    match environment.printer.format() {
        Format::Json => {
            let heads: Vec<_> = heads
                .map(|revision| RevisionDocument::new(&history, revision))
                .collect();
            environment.printer.document(&json!({ "heads": heads }));
        }
        Format::Text => {
            if history.is_empty() {
                environment.printer.say("There are no revisions yet.");
            }
            for revision in heads {
                environment
                    .printer
                    .data(format_args!("{} (head), {}", revision.id, revision.message));
            }
        }
    }
    Ok(Outcome::Done)
}
