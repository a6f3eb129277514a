//! `autogen history`.

use clap::Args;
use schema_core::history::{Header, History};
use serde_json::json;

use crate::document::RevisionDocument;
use crate::environment::Environment;
use crate::error::{CommandError, Outcome};
use crate::printer::Format;

/// List the revisions, the newest first
///
/// A range takes names of revisions as everywhere: ids, unique beginnings of ids, slugs, `head`, `base`, `current`,
/// and steps such as `head-2`.
///
/// Example: autogen history head-5:
///
/// With --json: {"revisions": [{"id", "parents", "message", "created", "slug", "head"}]}, the newest first
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// Only these: `a:b`, `:b`, `a:`, or one revision
    #[arg(value_name = "RANGE")]
    range: Option<String>,

    /// Mark the revisions that the database has
    #[arg(short, long)]
    indicate_current: bool,
}

/// Runs the command.
pub(crate) fn run(
    environment: &mut Environment<'_>,
    arguments: &HistoryArgs,
) -> Result<Outcome, CommandError> {
    let history = environment.history()?;
    let range = arguments.range.as_deref().unwrap_or(":");
    let wants_database = arguments.indicate_current || range.contains("current");
    let current = if wants_database {
        super::current::current(environment, &history)?
    } else {
        Vec::new()
    };
    let mut revisions: Vec<&Header> = history.range(range, &current)?;
    revisions.reverse();
    match environment.printer.format() {
        Format::Json => {
            let revisions: Vec<_> = revisions
                .iter()
                .map(|revision| RevisionDocument::new(&history, revision))
                .collect();
            environment.printer.document(&json!({ "revisions": revisions }));
        }
        Format::Text => {
            if history.is_empty() {
                environment.printer.say("There are no revisions yet.");
            }
            for revision in revisions {
                let marks = marks(&history, revision, &current);
                environment.printer.data(format_args!(
                    "{} -> {}{marks}, {}",
                    super::parents(revision),
                    revision.id,
                    revision.message
                ));
            }
        }
    }
    Ok(Outcome::Done)
}

fn marks(history: &History, revision: &Header, current: &[schema_core::history::RevisionId]) -> String {
    let words: Vec<&str> = [
        (history.heads().contains(&revision.id), "head"),
        (current.contains(&revision.id), "current"),
    ]
    .iter()
    .filter(|(holds, _)| *holds)
    .map(|(_, word)| *word)
    .collect();
    if words.is_empty() {
        String::new()
    } else {
        format!(" ({})", words.join(", "))
    }
}
