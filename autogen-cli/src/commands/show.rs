//! `autogen show`.

use clap::Args;
use schema_core::history::{Direction, History, Revision};
use schema_core::operation::describe_all;
use serde_json::json;

use crate::document;
use crate::environment::Environment;
use crate::error::{CommandError, Outcome};
use crate::printer::Format;

/// Show a revision: what it changes, and its scripts
///
/// Example: autogen show head
///
/// With --json: {"revisions": [{"id", "parents", "message", "created", "folder", "replaces", "overrules", "operations": [{"text", "operation"}],
/// "scripts": {dialect: {"upgrade", "downgrade"}}}]}
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The revision: an id, a unique beginning of one, a slug, `head`, `current`, `head-1`
    #[arg(value_name = "REV", default_value = "head", allow_negative_numbers = true)]
    revision: String,
}

/// Runs the command.
pub(crate) fn run(environment: &mut Environment<'_>, arguments: &ShowArgs) -> Result<Outcome, CommandError> {
    let history = environment.history()?;
    let current = super::current::current_for(environment, &history, &arguments.revision)?;
    let ids = history.resolve(&arguments.revision, &current)?;
    if ids.is_empty() && environment.printer.format() == Format::Text {
        environment.printer.say(if history.is_empty() {
            "There are no revisions yet.".to_owned()
        } else {
            format!("`{}` is before the first revision.", arguments.revision)
        });
    }
    let mut documents = Vec::new();
    for id in ids {
        let revision = history.revision(id)?;
        match environment.printer.format() {
            Format::Json => documents.push(document(environment, &history, &revision)?),
            Format::Text => print(environment, &history, &revision)?,
        }
    }
    if environment.printer.format() == Format::Json {
        environment.printer.document(&json!({ "revisions": documents }));
    }
    Ok(Outcome::Done)
}

fn folder(environment: &Environment<'_>, history: &History, revision: &Revision) -> String {
    history
        .folder(revision.id)
        .map(|folder| environment.shown(folder))
        .unwrap_or_default()
}

fn print(
    environment: &mut Environment<'_>,
    history: &History,
    revision: &Revision,
) -> Result<(), CommandError> {
    let parents: Vec<String> = revision.parents.iter().map(ToString::to_string).collect();
    let parents = if parents.is_empty() {
        "base".to_owned()
    } else {
        parents.join(", ")
    };
    let folder = folder(environment, history, revision);
    let printer = &mut *environment.printer;
    printer.data(format_args!("Revision: {}", revision.id));
    printer.data(format_args!("Parents:  {parents}"));
    printer.data(format_args!("Message:  {}", revision.message));
    printer.data(format_args!("Created:  {}", revision.created));
    printer.data(format_args!("Folder:   {folder}"));
    if !revision.overrules.is_empty() {
        let overrules: Vec<String> = revision.overrules.iter().map(ToString::to_string).collect();
        printer.data(format_args!("Against:  {}", overrules.join(", ")));
    }
    printer.data("");
    for line in describe_all(&revision.operations) {
        printer.data(format_args!("  {line}"));
    }
    for dialect in revision.scripts.keys() {
        for direction in [Direction::Upgrade, Direction::Downgrade] {
            let script = history.script(revision.id, dialect, direction)?;
            environment
                .printer
                .text(&format!("\n-- {direction}.{dialect}.sql\n{script}"));
        }
    }
    Ok(())
}

fn document(
    environment: &Environment<'_>,
    history: &History,
    revision: &Revision,
) -> Result<serde_json::Value, CommandError> {
    let mut scripts = serde_json::Map::new();
    for dialect in revision.scripts.keys() {
        let upgrade = history.script(revision.id, dialect, Direction::Upgrade)?;
        let downgrade = history.script(revision.id, dialect, Direction::Downgrade)?;
        scripts.insert(
            dialect.clone(),
            json!({"upgrade": upgrade, "downgrade": downgrade}),
        );
    }
    Ok(json!({
        "id": revision.id,
        "parents": revision.parents,
        "message": revision.message,
        "created": revision.created,
        "folder": folder(environment, history, revision),
        "replaces": revision.replaces,
        "overrules": revision.overrules,
        "operations": document::operations(&revision.operations),
        "scripts": scripts,
    }))
}
