//! Scripts for the revisions that there are, when a dialect is configured later.

use std::fs;
use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::time::Instant;

use schema_core::history::files;
use schema_core::history::{Direction, History};
use schema_core::rewrite::{self, Completed};
use schema_core::runner;
use serde_json::json;

use super::write::way_out;
use crate::config::{Config, find_dialect};
use crate::environment::Environment;
use crate::error::CommandError;
use crate::printer::{Took, Topic};

/// The scripts that older revisions got for a dialect that was configured later.
#[derive(Default)]
pub(super) struct Added {
    /// What was written, as `--json` shows it.
    pub(super) documents: Vec<serde_json::Value>,
    /// The folders, what their `revision.json` said before, and the scripts that are new in them.
    before: Vec<(PathBuf, Vec<u8>, Vec<PathBuf>)>,
}

impl Added {
    /// Removes the scripts again, so that the folder of migrations is as it was.
    pub(super) fn take_back(&self, environment: &mut Environment<'_>) {
        for (folder, revision, scripts) in self.before.iter().rev() {
            let shown = environment.shown(folder);
            // The error that led here counts; what cannot be taken back either is whole as it stands.
            let _ = environment
                .printer
                .step(format_args!("Taking back the scripts in {shown}"), || {
                    fs::write(folder.join(files::REVISION_FILE), revision)?;
                    scripts.iter().try_for_each(fs::remove_file)
                });
        }
    }
}

/// Writes the scripts that older revisions lack for a configured dialect, proved first, and returns the history with them, and what was
/// written.
///
/// # Errors
///
/// What a dialect cannot hold, or a script that does not do what its revision says. Nothing is written then.
pub(super) fn complete(
    environment: &mut Environment<'_>,
    config: &Config,
    history: ManuallyDrop<History>,
) -> Result<(ManuallyDrop<History>, Added), CommandError> {
    let completed = rewrite::complete(&history, &config.dialects()?)?;
    if completed.is_empty() {
        return Ok((history, Added::default()));
    }
    prove(environment, config, &completed)?;
    let mut written = Added::default();
    let history = write(environment, &completed, &mut written)
        .and_then(|()| environment.history())
        .inspect_err(|_| written.take_back(environment))?;
    Ok((history, written))
}

fn write(
    environment: &mut Environment<'_>,
    completed: &[Completed],
    written: &mut Added,
) -> Result<(), CommandError> {
    for completed in completed {
        let Completed {
            revision,
            folder,
            scripts,
            added,
            ..
        } = completed;
        let shown = environment.shown(folder);
        let file = folder.join(files::REVISION_FILE);
        let before = fs::read(&file).map_err(|error| {
            CommandError::because(format!("cannot read `{}`", environment.shown(&file)), &error)
        })?;
        let what = format!("Generating scripts for {} in {shown}", added.join(", "));
        environment
            .printer
            .step(what, || files::replace_revision(folder, revision, scripts))?;
        let new = added.iter().flat_map(|dialect| {
            [Direction::Upgrade, Direction::Downgrade]
                .map(|direction| folder.join(files::script_name(dialect, direction)))
        });
        written.before.push((folder.clone(), before, new.collect()));
        for edited in &completed.edited {
            let name = files::script_name(&edited.dialect, edited.direction);
            let text = format!(
                "`{name}` of `{}` was edited by hand: look whether the scripts for {} want the same",
                edited.revision,
                added.join(", ")
            );
            environment.printer.warn(Topic::Migrate, text);
        }
        written.documents.push(json!({
            "id": revision.id,
            "folder": environment.shown(folder),
            "scripts": crate::document::scripts(scripts),
        }));
    }
    Ok(())
}

/// Proves the new scripts, each on a scratch database of its own.
fn prove(
    environment: &mut Environment<'_>,
    config: &Config,
    completed: &[Completed],
) -> Result<(), CommandError> {
    let start = Instant::now();
    let mut proved = false;
    let mut tried = 0;
    let of = completed.iter().map(|completed| completed.added.len()).sum();
    for name in config.dialects.iter().map(String::as_str) {
        let dialect = find_dialect(name)?;
        for completed in completed
            .iter()
            .filter(|completed| completed.added.contains(&dialect.name()))
        {
            environment.printer.progress(tried, of);
            tried += 1;
            let texts = &completed.scripts[dialect.name()];
            let scripts = [texts.upgrade.clone(), texts.downgrade.clone()];
            let Some(mut scratch) = environment.scratch(config, dialect, &scripts)? else {
                break;
            };
            let (from, to) = (&completed.from, &completed.to);
            runner::prove(&mut scratch, dialect, from, to, texts, &config.tables).map_err(|error| {
                let id = completed.revision.id;
                CommandError::because(
                    format!("the scripts of `{id}` for {name} do not do what they should"),
                    &error,
                )
                .hint(way_out(&error, "the revision"))
                .hint(format!(
                    "or write `{}` and its way back by hand",
                    files::script_name(name, Direction::Upgrade)
                ))
            })?;
            proved = true;
        }
    }
    environment.printer.progress_ends();
    if proved {
        let took = Took(start.elapsed());
        let text = format_args!("Scripts of older revisions proved on a scratch database ({took})");
        environment.printer.info(Topic::Verify, text);
    }
    Ok(())
}
