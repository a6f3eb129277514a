//! Scripts for the revisions that there are, when a dialect is configured later.

use std::mem::ManuallyDrop;
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

/// Writes the scripts that older revisions lack for a configured dialect, proved first, and returns the history with them, and what was
/// written as `--json` shows it.
///
/// # Errors
///
/// What a dialect cannot hold, or a script that does not do what its revision says. Nothing is written then.
pub(super) fn complete(
    environment: &mut Environment<'_>,
    config: &Config,
    history: ManuallyDrop<History>,
) -> Result<(ManuallyDrop<History>, Vec<serde_json::Value>), CommandError> {
    let completed = rewrite::complete(&history, &config.dialects()?)?;
    if completed.is_empty() {
        return Ok((history, Vec::new()));
    }
    prove(environment, config, &completed)?;
    let mut documents = Vec::new();
    for completed in &completed {
        let Completed {
            revision,
            folder,
            scripts,
            added,
            ..
        } = completed;
        let shown = environment.shown(folder);
        let what = format!("Generating scripts for {} in {shown}", added.join(", "));
        environment
            .printer
            .step(what, || files::replace_revision(folder, revision, scripts))?;
        for edited in &completed.edited {
            let name = files::script_name(&edited.dialect, edited.direction);
            let text = format!(
                "`{name}` of `{}` was edited by hand: look whether the scripts for {} want the same",
                edited.revision,
                added.join(", ")
            );
            environment.printer.warn(Topic::Migrate, text);
        }
        documents.push(json!({
            "id": revision.id,
            "folder": environment.shown(folder),
            "scripts": crate::document::scripts(scripts),
        }));
    }
    Ok((environment.history()?, documents))
}

/// Proves the new scripts, each on a scratch database of its own.
fn prove(
    environment: &mut Environment<'_>,
    config: &Config,
    completed: &[Completed],
) -> Result<(), CommandError> {
    let start = Instant::now();
    let mut proved = false;
    for name in config.dialects.iter().map(String::as_str) {
        let dialect = find_dialect(name)?;
        for completed in completed
            .iter()
            .filter(|completed| completed.added.contains(&dialect.name()))
        {
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
    if proved {
        let took = Took(start.elapsed());
        let text = format_args!("Scripts of older revisions proved on a scratch database ({took})");
        environment.printer.info(Topic::Verify, text);
    }
    Ok(())
}
