//! `autogen migrate`: what differs between models and history, as a new revision.

mod amend;
pub(super) mod answers;
mod complete;
mod first;
mod id;
mod message;
mod write;

use std::borrow::Cow;

use clap::Args;
use schema_core::diff::{Answers, diff, missing_values, stale};
use schema_core::hazard::Hazard;
use schema_core::history::{History, Revision, RevisionId};
use schema_core::operation::{Operation, describe_all};
use schema_core::schema::Schema;

use crate::artifact::{self, ModelArgs, Sources};
use crate::commands::join;
use crate::config::Config;
use crate::environment::Environment;
use crate::error::{CommandError, Outcome};
use crate::printer::{Format, Topic};
use crate::prompt;

use self::complete::Added;
pub(super) use self::first::first;
pub(super) use self::id::{created, new_id};
use self::write::Amended;
pub(super) use self::write::{Draft, neutral_hazards};

/// Write a revision with what changed in the models
///
/// Builds the configured packages, reads their models out of the artifacts, compares them with the history and writes
/// one revision: the operations, and for every dialect a script for the way there and one for the way back. Both are
/// proved on a scratch database first. Nothing is written when nothing changed, or when anything fails. Heads of branches
/// that touch different things are joined: the new revision follows them all. For a dialect that was configured later, the
/// revisions that there are get their scripts first.
///
/// Example: autogen migrate -m "add descriptions"
///
/// With --json: {"revision": {"id", "parents", "message", "created", "overrules", "folder"} or null,
/// "operations": [{"text", "operation"}], "hazards": [{"code", "dialect", "text", "safe"}],
/// "scripts": {dialect: {"upgrade", "downgrade"}}, "completed": [{"id", "folder", "scripts": {dialect: {"upgrade", "downgrade"}}}] with what
/// older revisions got for a dialect that was configured later, "sources": {"packages", "features", "artifacts"}}; when an answer is needed, {"error", "questions": [{"dropped", "candidates": [{"name", "likeness", "flag", "attribute"}], "drop"}],
/// "losses": [{"dropped", "flags"}]}, or {"error", "values": [{"column", "text", "hint"}]} with the columns that lack a value for old rows.
#[derive(Debug, Args)]
pub(crate) struct MigrateArgs {
    /// Say what changed; without it, the message is made from the operations
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,

    /// Print the scripts and write nothing
    #[arg(long)]
    dry_run: bool,

    /// Write a revision without operations, to fill in by hand
    #[arg(long, conflicts_with_all = ["rename", "allow_drop", "map", "amend"])]
    empty: bool,

    /// Write the newest revision again, from the models as they are now
    ///
    /// Its scripts are written anew for every dialect for which it has some. Whatever else is in its folder goes along.
    #[arg(long)]
    amend: bool,

    /// Follow this revision, instead of joining all heads
    #[arg(
        long,
        value_name = "REV",
        conflicts_with = "amend",
        allow_negative_numbers = true
    )]
    head: Option<String>,

    /// Say that a column or table has a new name: `items.descr=items.description`, `wares=items`
    ///
    /// What the model says itself, by `#[model(renamed_from = "descr")]`, needs no flag and goes before it.
    #[arg(long, value_name = "OLD=NEW")]
    rename: Vec<String>,

    /// Consent to the loss of a column or table: `items.description`
    #[arg(long, value_name = "NAME")]
    allow_drop: Vec<String>,

    /// Say what rows get in place of a value that an enum no longer has: `items.status.live=on_sale`
    ///
    /// `status.live=on_sale` means every column of the enum `status`.
    #[arg(long, value_name = "OLD=NEW")]
    map: Vec<String>,

    /// Use this id of 12 hexadecimal digits instead of the time
    #[arg(long, value_name = "ID")]
    rev_id: Option<String>,

    #[command(flatten)]
    models: ModelArgs,
}

/// Runs the command.
pub(crate) fn run(
    environment: &mut Environment<'_>,
    arguments: &MigrateArgs,
) -> Result<Outcome, CommandError> {
    if arguments.empty {
        return by_hand(environment, arguments);
    }
    let config = environment.config()?;
    let history = environment.history()?;
    let followed = followed(environment, &history, arguments)?;
    let amended = match arguments.amend {
        true => Some(amend::newest(environment, &config, &history, &followed)?),
        false => None,
    };
    let parents: Vec<RevisionId> = match &amended {
        Some(revision) => revision.parents.clone(),
        None => followed,
    };
    let from = history.schema_at(&parents)?;
    let recorded = amended.as_ref().map(|revision| revision.answers.clone());
    let recorded = recorded.unwrap_or_default();
    // Whatever a person has to decide is asked before anything is written.
    let found = compare(
        environment,
        &config,
        (&history, &parents),
        &from,
        arguments,
        recorded,
    )?;
    let (history, added) = match arguments.mode() {
        Mode::DryRun => (history, Added::default()),
        Mode::Write => complete::complete(environment, &config, history)?,
    };
    let change = Change {
        parents,
        from,
        found,
        amended,
        completed: &added.documents,
    };
    revise(environment, &config, &history, change, arguments).inspect_err(|_| added.take_back(environment))
}

/// What a revision is made of.
struct Change<'a> {
    parents: Vec<RevisionId>,
    from: Schema,
    found: Found,
    amended: Option<Revision>,
    completed: &'a [serde_json::Value],
}

/// Writes the revision of a change, if there is one.
fn revise(
    environment: &mut Environment<'_>,
    config: &Config,
    history: &History,
    change: Change<'_>,
    arguments: &MigrateArgs,
) -> Result<Outcome, CommandError> {
    let Change {
        parents,
        from,
        found,
        amended,
        completed,
    } = change;
    // Heads are joined even if nothing else is left to do.
    let joins = amended.is_none() && parents.len() > 1;
    if joins {
        join::prove_orders(environment, config, history, &parents, &[])?;
    }
    if found.operations.is_empty() && !joins {
        return unchanged(environment, &found.sources, completed, amended.is_some());
    }
    let message = super::said(arguments.message.as_deref())
        .or_else(|| amended.as_ref().and_then(amend::own_message))
        .unwrap_or_else(|| match found.operations.as_slice() {
            [] => join::message(history, &parents),
            operations => message::describe(operations),
        });
    let id = new_id(arguments.rev_id.as_deref(), history)?;
    let mut draft = Draft::new(parents, message, from, found, id)?;
    draft.completed = completed.to_vec();
    if amended.is_none() {
        draft.stands_beside(history.heads());
    }
    if let Some((folder, revision)) =
        amended.and_then(|revision| Some((history.folder(revision.id)?, revision)))
    {
        draft.amended = Some(Amended {
            folder: folder.to_owned(),
            dialects: history.script_dialects(revision.id)?,
            allows: amend::allowing(history, revision.id)?,
        });
    }
    finish(environment, config, draft, arguments.mode())
}

/// Writes a revision without operations.
pub(super) fn by_hand(
    environment: &mut Environment<'_>,
    arguments: &MigrateArgs,
) -> Result<Outcome, CommandError> {
    let config = environment.config()?;
    let history = environment.history()?;
    let parents = followed(environment, &history, arguments)?;
    if parents.len() > 1 {
        join::prove_orders(environment, &config, &history, &parents, &[])?;
    }
    let mut draft = Draft::empty(
        &history,
        parents,
        arguments.message.as_deref(),
        arguments.rev_id.as_deref(),
    )?;
    draft.stands_beside(history.heads());
    finish(environment, &config, draft, arguments.mode())
}

/// What differs between the models and the history.
pub(super) struct Found {
    /// The operations that lead to the models.
    pub(super) operations: Vec<Operation>,
    /// What they may lose, or fail on.
    pub(super) hazards: Vec<Hazard>,
    /// What a person decided on the way.
    pub(super) answers: Answers,
    /// What the models were read from.
    pub(super) sources: Sources,
}

fn compare(
    environment: &mut Environment<'_>,
    config: &Config,
    (history, parents): (&History, &[RevisionId]),
    from: &Schema,
    arguments: &MigrateArgs,
    recorded: Answers,
) -> Result<Found, CommandError> {
    let mut read = artifact::read(environment, config, &arguments.models)?;
    let past = super::past(history, parents, &read.models)?;
    config.tables.refuse_dangling(&read.models.schema, from)?;
    let from = &*compared(config, from);
    for stale in stale(&read.models, from, Some(&past)) {
        let text = format_args!("{stale}; {}", stale.hint());
        environment.printer.debug(Topic::Compare, text);
    }
    let to = std::mem::take(&mut read.models.schema);
    let given = answers::Given {
        to: &to,
        renames: &arguments.rename,
        drops: &arguments.allow_drop,
        maps: &arguments.map,
        models: read.models,
        past,
        recorded,
    };
    let mut answers = answers::decide(environment, from, given, &read.sources)?;
    let mut operations = diff(from, &to, &answers);
    let missing = missing_values(&operations);
    if !missing.is_empty() {
        if !prompt::possible(environment.printer) {
            return Err(answers::valueless(&missing));
        }
        answers::ask_values(&missing, &mut answers)?;
        operations = diff(from, &to, &answers);
    }
    for line in describe_all(&operations) {
        environment
            .printer
            .info(Topic::Compare, format_args!("Detected {line}"));
    }
    let hazards = neutral_hazards(config, &operations, from, &to, &answers)?;
    Ok(Found {
        operations,
        hazards,
        answers,
        sources: read.sources,
    })
}

/// Returns the schema of the history without the tables that are left alone.
fn compared<'a>(config: &Config, schema: &'a Schema) -> Cow<'a, Schema> {
    let mut compared = Cow::Borrowed(schema);
    if schema.tables.keys().any(|table| config.tables.excludes(table)) {
        config.tables.leave_alone(compared.to_mut());
    }
    compared
}

fn unchanged(
    environment: &mut Environment<'_>,
    sources: &Sources,
    completed: &[serde_json::Value],
    amending: bool,
) -> Result<Outcome, CommandError> {
    if amending {
        return Err(CommandError::new(
            "cannot amend: the models equal the revision before, so nothing would be left",
        )
        .hint("delete the folder of the newest revision if it is not wanted"));
    }
    match environment.printer.format() {
        Format::Text => environment.printer.say("No changes in schema detected."),
        Format::Json => report_nothing(environment, sources, completed),
    }
    Ok(Outcome::Done)
}

/// Prints, for `--json`, that no revision was written.
pub(super) fn report_nothing(
    environment: &mut Environment<'_>,
    sources: &Sources,
    completed: &[serde_json::Value],
) {
    environment.printer.document(&serde_json::json!({
        "revision": null, "operations": [], "hazards": [], "scripts": {}, "completed": completed, "sources": sources,
    }));
}

/// Whether a revision is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// It is.
    Write,
    /// Its scripts are printed.
    DryRun,
}

impl MigrateArgs {
    /// Refuses what has no meaning when nothing is compared.
    ///
    /// # Errors
    ///
    /// The option.
    pub(super) fn refuse_comparison(&self) -> Result<(), CommandError> {
        let given = [
            (self.amend, "--amend"),
            (!self.rename.is_empty(), "--rename"),
            (!self.allow_drop.is_empty(), "--allow-drop"),
            (!self.map.is_empty(), "--map"),
        ];
        match given.iter().find(|(given, _)| *given) {
            Some((_, option)) => Err(
                CommandError::new(format!("`{option}` needs models to compare with"))
                    .hint("use `autogen migrate`, or pass `--autogenerate`"),
            ),
            None => Ok(()),
        }
    }

    fn mode(&self) -> Mode {
        if self.dry_run { Mode::DryRun } else { Mode::Write }
    }
}

/// Proves a draft and writes it, or prints its scripts.
pub(super) fn finish(
    environment: &mut Environment<'_>,
    config: &Config,
    mut draft: Draft,
    mode: Mode,
) -> Result<Outcome, CommandError> {
    let (mut scripts, hazards) = draft.scripts(config)?;
    if let Some(amended) = &draft.amended {
        amend::carry(environment, &amended.allows, &mut scripts)?;
    }
    draft.hazards.extend(hazards);
    for hazard in &draft.hazards {
        environment.printer.warn(Topic::Hazard, hazard);
    }
    let draft = &draft;
    let took = write::prove(environment, config, draft, &scripts)?;
    match mode {
        Mode::DryRun => write::print(environment, draft, &scripts),
        Mode::Write => {
            let folder = write::write(environment, draft, &scripts)?;
            write::report_proof(environment, took);
            write::report(environment, draft, &scripts, Some(folder));
        }
    }
    Ok(Outcome::Done)
}

/// Returns what a new revision follows: the head that was named, or else all there are. Several may not touch the same things.
fn followed(
    environment: &mut Environment<'_>,
    history: &History,
    arguments: &MigrateArgs,
) -> Result<Vec<RevisionId>, CommandError> {
    let parents = match &arguments.head {
        None => history.heads().to_vec(),
        Some(name) => {
            let current = super::current_for(environment, history, name)?;
            history.resolve(name, &current)?
        }
    };
    join::refuse_conflicts(history, &parents)?;
    Ok(parents)
}
