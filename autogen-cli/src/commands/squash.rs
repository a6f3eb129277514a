//! `autogen squash`.

use std::path::Path;

use clap::Args;
use schema_core::history::files;
use schema_core::history::{History, RevisionId, slug};
use schema_core::operation::describe_all;
use schema_core::rewrite::{self, NewRevision, Squash};
use schema_core::runner;
use serde_json::json;

use super::migrate::{created, new_id};
use crate::config::{Config, find_dialect};
use crate::environment::Environment;
use crate::error::{CommandError, Outcome};
use crate::printer::{Format, Topic};

/// Fold a range of revisions into one
///
/// What was generated is folded as far as the rows in it allow; what was written by hand stays as it was, in its place. The new revision is
/// proved to lead to the same schema. A database that has all of the range has the new one, which the next upgrade notes; one
/// that has none of it runs the new one; one that has a part of it is told to finish that with the files from before.
///
/// Scripts are folded for the dialects that are configured, and for those for which the range has some. Whatever else is in its folders goes
/// into the new one, in a folder for each revision.
///
/// Example: autogen squash 6921a3f4b07e:6921b2f4b07f
///
/// With --json: {"revision": {"id", "parents", "message", "replaces", "folder"}, "operations": [{"text", "operation"}],
/// "kept": [{"revision", "dialect", "script"}], "scripts": {dialect: {"upgrade", "downgrade"}}}
#[derive(Debug, Args)]
pub(crate) struct SquashArgs {
    /// The range, both ends included: `a:b`, `:b`, `a:`
    #[arg(value_name = "RANGE", allow_hyphen_values = true, value_parser = super::range)]
    range: String,

    /// Say what it is; without it, the message names the ends
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,

    /// Print the scripts and write nothing
    #[arg(long)]
    dry_run: bool,

    /// Use this id of 12 hexadecimal digits instead of the time
    #[arg(long, value_name = "ID")]
    rev_id: Option<String>,
}

/// Runs the command.
pub(crate) fn run(
    environment: &mut Environment<'_>,
    arguments: &SquashArgs,
) -> Result<Outcome, CommandError> {
    let config = environment.config()?;
    let history = environment.history()?;
    let current = super::current_for(environment, &history, &arguments.range)?;
    let range: Vec<RevisionId> = history
        .range(&arguments.range, &current)?
        .iter()
        .map(|header| header.id)
        .collect();
    let id = new_id(arguments.rev_id.as_deref(), &history)?;
    let new = NewRevision {
        id,
        message: super::said(arguments.message.as_deref()).unwrap_or_else(|| message(&history, &range)),
        created: created(id),
    };
    let squash = rewrite::squash(&history, &config.dialects()?, &range, new)?;
    prove(environment, &config, &squash)?;
    report(environment, &squash);
    if arguments.dry_run {
        print(environment, &squash, None);
        return Ok(Outcome::Done);
    }
    let shown = environment.shown(&environment.migrations.join(files::VERSIONS_FOLDER));
    let slug = slug(&squash.revision.message);
    let migrations = &environment.migrations;
    let replaced: Vec<&Path> = range.iter().filter_map(|id| history.folder(*id)).collect();
    let folder = environment
        .printer
        .step(format_args!("Generating {shown}/{id}_{slug}"), || {
            files::write_revision_for(migrations, &squash.revision, &squash.scripts, &replaced)
        })?;
    // From here on the range does not count any more, whether or not its folders are there.
    for old in replaced {
        let shown = environment.shown(old);
        environment
            .printer
            .step(format_args!("Removing {shown}"), || files::remove_revision(old))?;
    }
    let after = environment.history()?;
    super::snapshot::renew(environment, &after)?;
    print(environment, &squash, Some(&folder));
    Ok(Outcome::Done)
}

fn message(history: &History, range: &[RevisionId]) -> String {
    let name = |id: Option<&RevisionId>| {
        id.and_then(|id| history.get(*id))
            .map(|header| header.message.clone())
            .unwrap_or_default()
    };
    format!("squash {} to {}", name(range.first()), name(range.last()))
}

fn prove(environment: &mut Environment<'_>, config: &Config, squash: &Squash) -> Result<(), CommandError> {
    for (name, texts) in &squash.scripts {
        let dialect = find_dialect(name)?;
        let scripts = [texts.upgrade.clone(), texts.downgrade.clone()];
        let Some(mut scratch) = environment.scratch(config, dialect, &scripts)? else {
            continue;
        };
        runner::prove(
            &mut scratch,
            dialect,
            &squash.from,
            &squash.to,
            texts,
            &config.tables,
        )
        .map_err(|error| {
            let message = format!(
                "cannot squash: the scripts for {name} do not lead to the same schema; nothing was written"
            );
            CommandError::because(message, &error).hint(if squash.kept.is_empty() {
                "this is a defect of autogen: please report it with the revisions"
            } else {
                "a script that was edited by hand does not work beside what was folded: squash what is before it and what is after it"
            })
        })?;
        let text = format_args!("The scripts for {name} lead to the same schema, and back");
        environment.printer.info(Topic::Verify, text);
    }
    Ok(())
}

fn report(environment: &mut Environment<'_>, squash: &Squash) {
    for line in describe_all(&squash.revision.operations) {
        environment
            .printer
            .info(Topic::Compare, format_args!("Folded into: {line}"));
    }
    for kept in &squash.kept {
        let name = files::script_name(&kept.dialect, kept.direction);
        let text = format_args!("Kept `{name}` of `{}`, which was edited by hand", kept.revision);
        environment.printer.info(Topic::Migrate, text);
    }
    for (script, allow) in &squash.allows_left {
        super::unapplied::report_left(environment, script, allow);
    }
    for kept in &squash.foreign_keys_off {
        let name = files::script_name(&kept.dialect, kept.direction);
        let text = format_args!(
            "What `{name}` of `{}` does now runs with foreign keys off: ON DELETE and ON UPDATE do nothing in it",
            kept.revision
        );
        environment.printer.warn(Topic::Hazard, text);
    }
}

fn print(environment: &mut Environment<'_>, squash: &Squash, folder: Option<&Path>) {
    match (environment.printer.format(), folder) {
        (Format::Text, Some(_)) => {}
        (Format::Text, None) => {
            let mut text = String::new();
            for (dialect, scripts) in &squash.scripts {
                for (way, script) in [("upgrade", &scripts.upgrade), ("downgrade", &scripts.downgrade)] {
                    if !text.is_empty() {
                        text.push('\n');
                    }
                    text.push_str(&format!("-- {way}.{dialect}.sql\n{script}"));
                }
            }
            environment.printer.text(&text);
        }
        (Format::Json, folder) => {
            let revision = &squash.revision;
            let kept: Vec<_> = squash
                .kept
                .iter()
                .map(|kept| json!({"revision": kept.revision, "dialect": kept.dialect, "script": kept.direction.to_string()}))
                .collect();
            let folder = folder.map(|folder| environment.shown(folder));
            environment.printer.document(&json!({
                "revision": {
                    "id": revision.id,
                    "parents": revision.parents,
                    "message": revision.message,
                    "replaces": revision.replaces,
                    "folder": folder,
                },
                "operations": crate::document::operations(&revision.operations),
                "kept": kept,
                "scripts": crate::document::scripts(&squash.scripts),
            }));
        }
    }
}
