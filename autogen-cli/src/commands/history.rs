//! `autogen history`.

use std::collections::BTreeSet;

use clap::Args;
use renderdag::{Ancestor, GraphRowRenderer, Renderer};
use schema_core::history::{Header, History, RevisionId, counts_from_current};
use serde_json::json;

use super::current::{applied_in, places};
use crate::document::RevisionDocument;
use crate::environment::Environment;
use crate::error::{CommandError, Outcome};
use crate::printer::Format;

/// List the revisions, the newest first
///
/// A range takes names of revisions as everywhere: ids, unique beginnings of ids, slugs, `head`, `base`, `current`,
/// and steps such as `head-2`. With --graph the branches are drawn beside them; with -i, too, a revision that the database is at is drawn as
/// `@`, one that it has besides as `*`, and one that it lacks as `o`.
///
/// Example: autogen history head-5: --graph
///
/// With --json: {"revisions": [{"id", "parents", "message", "created", "slug", "head", "replaces", "overrules"}]}, the newest first, the
/// last two only where a revision has them; when the database was asked, with -i or for a name such as `current`, each has
/// "applied" and "current", too
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// Only these: `a:b`, `:b`, `a:`, or one revision
    #[arg(value_name = "RANGE", allow_hyphen_values = true, value_parser = super::range)]
    range: Option<String>,

    /// Draw the branches
    #[arg(long)]
    graph: bool,

    /// Mark the revisions that the database has
    #[arg(short, long)]
    indicate_current: bool,
}

/// What a database has, if it was asked.
#[derive(Default)]
struct State {
    asked: bool,
    applied: BTreeSet<RevisionId>,
    current: Vec<RevisionId>,
}

/// Runs the command.
pub(crate) fn run(
    environment: &mut Environment<'_>,
    arguments: &HistoryArgs,
) -> Result<Outcome, CommandError> {
    let history = environment.history()?;
    let range = arguments.range.as_deref().unwrap_or(":");
    super::current_for(environment, &history, range)?;
    let state = if arguments.indicate_current || counts_from_current(range) {
        state(environment, &history)?
    } else {
        State::default()
    };
    let mut revisions: Vec<&Header> = history.range(range, &state.current)?;
    revisions.reverse();
    match environment.printer.format() {
        Format::Json => {
            let revisions: Vec<_> = revisions
                .iter()
                .map(|revision| document(&history, revision, &state))
                .collect();
            environment.printer.document(&json!({ "revisions": revisions }));
        }
        Format::Text => {
            if history.is_empty() {
                environment.printer.say("There are no revisions yet.");
            } else if revisions.is_empty() {
                let text = format_args!("The range `{range}` has no revision.");
                environment.printer.say(text);
            }
            if arguments.graph {
                draw(environment, &history, &revisions, &state);
            } else {
                list(environment, &history, &revisions, &state);
            }
        }
    }
    Ok(Outcome::Done)
}

fn state(environment: &mut Environment<'_>, history: &History) -> Result<State, CommandError> {
    let config = environment.config()?;
    let database = environment.database(&config)?;
    let rows = applied_in(&database)?;
    let current = places(history, &rows);
    let has = rows.iter().map(|row| row.id).collect();
    Ok(State {
        asked: true,
        applied: history.settled(&has),
        current,
    })
}

fn document(history: &History, revision: &Header, state: &State) -> serde_json::Value {
    let mut document = json!(RevisionDocument::new(history, revision));
    if state.asked {
        document["applied"] = state.applied.contains(&revision.id).into();
        document["current"] = state.current.contains(&revision.id).into();
    }
    document
}

fn list(environment: &mut Environment<'_>, history: &History, revisions: &[&Header], state: &State) {
    for revision in revisions {
        let marks = marks(history, revision, state);
        environment.printer.data(format_args!(
            "{} -> {}{marks}, {}",
            super::parents(revision),
            revision.id,
            revision.message
        ));
    }
}

/// Draws the graph as `git log --graph` does.
fn draw(environment: &mut Environment<'_>, history: &History, revisions: &[&Header], state: &State) {
    let shown: BTreeSet<RevisionId> = revisions.iter().map(|revision| revision.id).collect();
    let mut renderer = GraphRowRenderer::new()
        .output()
        .with_min_row_height(1)
        .build_ascii();
    for revision in revisions {
        let parents = revision
            .parents
            .iter()
            .filter(|parent| shown.contains(parent))
            .map(|parent| Ancestor::Parent(*parent))
            .collect();
        let marks = marks(history, revision, state);
        let glyph = if !state.asked
            || state.applied.contains(&revision.id) && !state.current.contains(&revision.id)
        {
            "*"
        } else if state.current.contains(&revision.id) {
            "@"
        } else {
            "o"
        };
        let message = crate::printer::line(&revision.message).into_owned();
        let text = format!("{}{marks}, {message}", revision.id);
        let row = renderer.next_row(revision.id, parents, glyph.to_owned(), text);
        for line in row.lines() {
            environment.printer.data(line.trim_end());
        }
    }
}

fn marks(history: &History, revision: &Header, state: &State) -> String {
    let is_current = state.current.contains(&revision.id);
    let words: Vec<&str> = [
        (history.heads().contains(&revision.id), "head"),
        (is_current, "current"),
        (!is_current && state.applied.contains(&revision.id), "applied"),
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
