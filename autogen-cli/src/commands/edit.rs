//! `autogen edit`.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::Command;

use clap::Args;
use schema_core::history::files::{self, Scripts};
use schema_core::history::{Direction, History, Revision, RevisionId, ScriptSums};
use schema_core::operation::apply_all;
use schema_core::runner;
use schema_core::script::checksum;
use serde_json::json;

use super::unapplied::refuse_applied;
use crate::config::{Config, find_dialect};
use crate::environment::Environment;
use crate::error::{CommandError, Outcome};
use crate::printer::{Format, Topic};

/// The variables that name an editor, the strongest first.
const VARIABLES: [&str; 2] = ["VISUAL", "EDITOR"];

/// Open the scripts of a revision in an editor
///
/// The editor is that of VISUAL or EDITOR. When it is closed, the scripts are proved against the revision's operations, and their
/// checksums are written down as those of scripts that a person edited. A revision that the database has is not opened: what ran stays as it ran.
///
/// Example: autogen edit head
///
/// With --json: {"revision", "edited": ["PATH"]}
#[derive(Debug, Args)]
pub(crate) struct EditArgs {
    /// The revision: an id, a unique beginning of one, a slug, `head`, `current`, `head-1`
    #[arg(value_name = "REV", default_value = "head", allow_negative_numbers = true)]
    revision: String,
}

/// Runs the command.
pub(crate) fn run(environment: &mut Environment<'_>, arguments: &EditArgs) -> Result<Outcome, CommandError> {
    let config = environment.config()?;
    let history = environment.history()?;
    let current = super::current_for(environment, &history, &arguments.revision)?;
    let [id] = history.resolve(&arguments.revision, &current)?[..] else {
        return Err(
            CommandError::new(format!("`{}` is not one revision", arguments.revision))
                .hint("list the revisions with `autogen history`"),
        );
    };
    refuse_applied(environment, &config, "edit", &history, &[id])?;
    let mut revision = history.revision(id)?;
    let scripts = scripts(&history, &revision);
    let before = texts(&history, &revision)?;
    open(&scripts)?;
    let after = texts(&history, &revision)?;
    // What was edited before, and not noted since it was not proved or no one asked, is to be noted now.
    let noted = revision
        .scripts
        .values()
        .flat_map(|sums| [&sums.upgrade, &sums.downgrade]);
    let edited: Vec<String> = scripts
        .iter()
        .zip(before.iter().zip(&after).zip(noted))
        .filter(|(_, ((before, after), noted))| {
            let sum = checksum(after);
            sum != checksum(before) || sum != **noted
        })
        .map(|(path, _)| environment.shown(path))
        .collect();
    if !edited.is_empty() {
        prove(environment, &config, &history, &revision)?;
        for (dialect, sums) in &mut revision.scripts {
            note(&history, id, dialect, sums)?;
        }
        let folder = history.folder(id).unwrap_or(&environment.migrations);
        files::write_revision_file(folder, &revision)?;
    }
    for path in &edited {
        environment
            .printer
            .info(Topic::Verify, format_args!("Noted the checksum of {path}"));
    }
    match environment.printer.format() {
        Format::Json => environment
            .printer
            .document(&json!({"revision": id, "edited": edited})),
        Format::Text if edited.is_empty() => environment.printer.say("Nothing was edited."),
        Format::Text => {}
    }
    Ok(Outcome::Done)
}

/// Writes down the checksums of the scripts that are not as they were generated.
fn note(history: &History, id: RevisionId, dialect: &str, sums: &mut ScriptSums) -> Result<(), CommandError> {
    for direction in [Direction::Upgrade, Direction::Downgrade] {
        let noted = match direction {
            Direction::Upgrade => &mut sums.upgrade,
            Direction::Downgrade => &mut sums.downgrade,
        };
        let sum = checksum(&history.script(id, dialect, direction)?);
        if *noted != sum {
            *noted = sum;
            sums.edited.insert(direction);
        }
    }
    Ok(())
}

fn scripts(history: &History, revision: &Revision) -> Vec<PathBuf> {
    let mut scripts = Vec::new();
    for dialect in revision.scripts.keys() {
        for direction in [Direction::Upgrade, Direction::Downgrade] {
            scripts.extend(history.script_path(revision.id, dialect, direction));
        }
    }
    scripts
}

fn texts(history: &History, revision: &Revision) -> Result<Vec<String>, CommandError> {
    let mut texts = Vec::new();
    for dialect in revision.scripts.keys() {
        for direction in [Direction::Upgrade, Direction::Downgrade] {
            texts.push(history.script(revision.id, dialect, direction)?);
        }
    }
    Ok(texts)
}

/// Opens the files in the editor and waits until it is closed.
fn open(scripts: &[PathBuf]) -> Result<(), CommandError> {
    let editor = VARIABLES
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.trim().is_empty()))
        .ok_or_else(|| {
            CommandError::new("no editor is named").hint("set VISUAL or EDITOR, for example `EDITOR=vi`")
        })?;
    let mut command = command(&editor);
    command.args(scripts);
    // Stdout is for the result: an editor that writes there must not spoil it for a program.
    if !io::stdout().is_terminal() {
        command.stdout(io::stderr());
    }
    let failed = || CommandError::new(format!("cannot start the editor `{editor}`"));
    let name_another = "set VISUAL or EDITOR to an editor that is there, for example `EDITOR=vi`";
    let status = command
        .status()
        .map_err(|error| failed().cause(error.to_string()).hint(name_another))?;
    match status.code() {
        Some(0) => Ok(()),
        // https://pubs.opengroup.org/onlinepubs/9699919799/utilities/V3_chap02.html#tag_18_08_02
        Some(126 | 127) if cfg!(unix) => Err(failed()
            .cause(format!("the shell says so, with {status}"))
            .hint(name_another)),
        Some(_) | None => Err(
            CommandError::new(format!("the editor `{editor}` ended with {status}"))
                .hint("the scripts are as it left them, and no checksum was written down"),
        ),
    }
}

/// The variable is a line for the shell, as other tools take it: `code --wait`.
fn command(editor: &str) -> Command {
    if cfg!(unix) {
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("{editor} \"$@\"")).arg(editor);
        return command;
    }
    let mut words = editor.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or(editor));
    command.args(words);
    command
}

/// Proves that the scripts still do what the operations say.
fn prove(
    environment: &mut Environment<'_>,
    config: &Config,
    history: &History,
    revision: &Revision,
) -> Result<(), CommandError> {
    let from = history.schema_without(&revision.parents, &revision.overrules)?;
    let to = apply_all(from.clone(), &revision.operations)
        .map_err(|error| CommandError::because("the operations do not fit the history", &error))?;
    for name in revision.scripts.keys() {
        let dialect = find_dialect(name)?;
        let texts = Scripts {
            upgrade: history.script(revision.id, name, Direction::Upgrade)?,
            downgrade: history.script(revision.id, name, Direction::Downgrade)?,
        };
        let scripts = [texts.upgrade.clone(), texts.downgrade.clone()];
        let Some(mut scratch) = environment.scratch(config, dialect, &scripts)? else {
            continue;
        };
        runner::prove(&mut scratch, dialect, &from, &to, &texts, &config.tables).map_err(|error| {
            let hint = error.hint();
            CommandError::because(
                format!("the edited scripts for {name} do not do what the revision says"),
                &error,
            )
            .hints(hint)
            .hint(format!("correct them with `autogen edit {}`", revision.id))
        })?;
        let text = format_args!("Upgrade and downgrade for {name} proved on a scratch database");
        environment.printer.info(Topic::Verify, text);
    }
    Ok(())
}
