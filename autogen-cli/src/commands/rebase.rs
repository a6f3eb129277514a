//! `autogen rebase`.

use std::collections::BTreeSet;
use std::time::Instant;

use clap::Args;
use schema_core::history::files;
use schema_core::history::{Direction, History, RevisionId, Stray};
use schema_core::rewrite::{self, Moved, Rebased};
use schema_core::runner;
use schema_core::script::checksum;
use serde_json::json;

use super::unapplied::refuse_applied;
use crate::config::{Config, find_dialect};
use crate::environment::Environment;
use crate::error::{CommandError, Outcome};
use crate::printer::{Format, Took, Topic};

/// Move a revision, and all that builds on it, onto another
///
/// The revisions keep their ids and operations. Their scripts are written anew for where they come to stand, but for those that a
/// person edited, which are named; all are proved first. That goes for the dialects that are configured, and for those for which they have scripts
/// already; whatever else is in their folders stays there. A revision that the database has is not moved.
///
/// Example: autogen rebase 6921b2f4b07f --onto 6921b1f4b07f
///
/// A branch that begins in the midst of what was squashed meanwhile, so that no other command reads the history, is put on top of what that was squashed
/// into: `autogen rebase REV --onto SQUASHED`.
///
/// With --json: {"moved": [{"id", "parents", "kept": [{"dialect", "script"}], "unknown": [dialect]}], "strays": [{"id", "parent",
/// "squashed_into"}]}; `strays` are those branches that are left
#[derive(Debug, Args)]
pub(crate) struct RebaseArgs {
    /// The first revision to move: an id, a unique beginning of one, a slug
    #[arg(value_name = "REV", allow_negative_numbers = true)]
    revision: String,

    /// What it will build on
    #[arg(long, value_name = "HEAD", allow_negative_numbers = true)]
    onto: String,
}

/// Runs the command.
pub(crate) fn run(
    environment: &mut Environment<'_>,
    arguments: &RebaseArgs,
) -> Result<Outcome, CommandError> {
    let config = environment.config()?;
    let history = environment.history_with_strays()?;
    let id = one(environment, &history, &arguments.revision)?;
    let onto = one(environment, &history, &arguments.onto)?;
    let descendants = history.descendants(&[id]);
    let stray = (history.strays().iter()).find(|stray| descendants.contains(&stray.revision));
    if stray.is_none() {
        refuse_applied(environment, &config, "rebase", &history, &descendants)?;
    }
    let Rebased {
        moved,
        history: after,
    } = rewrite::rebase(&history, &config.dialects()?, id, onto)?;
    if stray.is_some() {
        // Nothing else can be done before it is moved: to a database that has it, only its script has to be the one that ran.
        refuse_applied(
            environment,
            &config,
            "rebase",
            &history,
            &rewritten(&history, &moved),
        )?;
    }
    prove(environment, &config, &moved, stray)?;
    for moved in &moved {
        let shown = environment.shown(&moved.folder);
        environment.printer.step(format_args!("Writing {shown}"), || {
            files::replace_revision(&moved.folder, &moved.revision, &moved.scripts)
        })?;
        for kept in &moved.kept {
            let name = files::script_name(&kept.dialect, kept.direction);
            let text = format_args!("Kept `{name}` of `{}`, which was edited by hand", kept.revision);
            environment.printer.info(Topic::Migrate, text);
        }
        for (script, allow) in &moved.allows_left {
            super::unapplied::report_left(environment, script, allow);
        }
        for dialect in &moved.unknown {
            let text = format_args!(
                "Left the scripts for {dialect} of `{}` as they are, since this build does not know the dialect: look whether they still fit",
                moved.revision.id
            );
            environment.printer.warn(Topic::Migrate, text);
        }
    }
    super::snapshot::renew(environment, &after)?;
    for stray in after.strays() {
        let text = format_args!(
            "`{}` builds on the midst of what was squashed into `{}`, too",
            stray.revision, stray.by
        );
        environment.printer.warn(Topic::Migrate, text);
        environment.printer.hint(&format!(
            "put it on top of that with `autogen rebase {} --onto {}`",
            stray.revision, stray.by
        ));
    }
    if environment.printer.format() == Format::Json {
        let moved: Vec<_> = moved.iter().map(document).collect();
        let strays: Vec<_> = after
            .strays()
            .iter()
            .map(|stray| json!({"id": stray.revision, "parent": stray.parent, "squashed_into": stray.by}))
            .collect();
        environment
            .printer
            .document(&json!({ "moved": moved, "strays": strays }));
    }
    Ok(Outcome::Done)
}

/// Returns the revisions of which a script is another one now than a database may have run.
fn rewritten(history: &History, moved: &[Moved]) -> Vec<RevisionId> {
    let is_other = |id: RevisionId, dialect: &str, text: &str| {
        history
            .script(id, dialect, Direction::Upgrade)
            .is_ok_and(|old| checksum(&old) != checksum(text))
    };
    moved
        .iter()
        .filter(|moved| {
            (moved.scripts.iter())
                .any(|(dialect, texts)| is_other(moved.revision.id, dialect, &texts.upgrade))
        })
        .map(|moved| moved.revision.id)
        .collect()
}

fn one(environment: &mut Environment<'_>, history: &History, name: &str) -> Result<RevisionId, CommandError> {
    let current = super::current_for(environment, history, name)?;
    match history.resolve(name, &current)?[..] {
        [id] => Ok(id),
        [] | [_, ..] => Err(CommandError::new(format!("`{name}` is not one revision"))
            .hint("list the revisions with `autogen history`")),
    }
}

fn prove(
    environment: &mut Environment<'_>,
    config: &Config,
    moved: &[Moved],
    stray: Option<&Stray>,
) -> Result<(), CommandError> {
    let start = Instant::now();
    let mut proved = false;
    let dialects: BTreeSet<&String> = moved.iter().flat_map(|moved| moved.scripts.keys()).collect();
    for name in dialects {
        let dialect = find_dialect(name)?;
        for (moved, texts) in moved
            .iter()
            .filter_map(|moved| Some((moved, moved.scripts.get(name)?)))
        {
            let scripts = [texts.upgrade.clone(), texts.downgrade.clone()];
            let Some(mut scratch) = environment.scratch(config, dialect, &scripts)? else {
                break;
            };
            runner::prove(
                &mut scratch,
                dialect,
                &moved.from,
                &moved.to,
                texts,
                &config.tables,
            )
            .map_err(|error| {
                let id = moved.revision.id;
                let message = format!("`{id}` cannot be moved: its scripts for {name} do not work there");
                let hint = match stray {
                    _ if !moved.kept.is_empty() => {
                        "it was edited by hand: write its script for its new place, and rebase again".to_owned()
                    }
                    Some(stray) => format!(
                        "if what was squashed into `{}` has done the same meanwhile, put the folder of `{id}` aside, and write what is still wanted of it with `autogen migrate`",
                        stray.by
                    ),
                    None => "this is a defect of autogen: please report it with the revisions".to_owned(),
                };
                CommandError::because(message, &error).hint(hint)
            })?;
            proved = true;
        }
    }
    if proved {
        let took = Took(start.elapsed());
        let text = format_args!("Upgrade and downgrade of all proved on a scratch database ({took})");
        environment.printer.info(Topic::Verify, text);
    }
    Ok(())
}

fn document(moved: &Moved) -> serde_json::Value {
    let kept: Vec<_> = moved
        .kept
        .iter()
        .map(|kept| json!({"dialect": kept.dialect, "script": kept.direction.to_string()}))
        .collect();
    json!({"id": moved.revision.id, "parents": moved.revision.parents, "kept": kept, "unknown": moved.unknown})
}
