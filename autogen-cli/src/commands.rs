//! The commands, one file each, and which is run.

mod ahead;
mod backup;
mod baseline;
mod branches;
mod check;
mod completions;
mod current;
mod diff;
mod downgrade;
mod edit;
mod heads;
mod history;
mod init;
mod inspect;
mod join;
mod lint;
mod merge;
mod migrate;
mod offline;
mod rebase;
mod revision;
mod running;
mod show;
mod snapshot;
mod squash;
mod stamp;
mod unapplied;
mod upgrade;
mod verify;

pub(crate) use current::current_for;

use clap::Subcommand;
use schema_core::diff::Past;
use schema_core::history::{Header, History, RevisionId};
use schema_core::metadata::{Models, Renames};

use crate::environment::Environment;
use crate::error::{CommandError, Outcome};

/// The commands, in the order in which a person meets them.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(init::InitArgs),
    Migrate(migrate::MigrateArgs),
    Revision(revision::RevisionArgs),
    Upgrade(upgrade::UpgradeArgs),
    Downgrade(downgrade::DowngradeArgs),
    Current(current::CurrentArgs),
    History(history::HistoryArgs),
    Show(show::ShowArgs),
    Heads(heads::HeadsArgs),
    Branches(branches::BranchesArgs),
    Edit(edit::EditArgs),
    Stamp(stamp::StampArgs),
    Merge(merge::MergeArgs),
    Rebase(rebase::RebaseArgs),
    Squash(squash::SquashArgs),
    Check(check::CheckArgs),
    Lint(lint::LintArgs),
    Diff(diff::DiffArgs),
    Inspect(inspect::InspectArgs),
    Baseline(baseline::BaselineArgs),
    Verify(verify::VerifyArgs),
    Snapshot(snapshot::SnapshotArgs),
    Completions(completions::CompletionsArgs),
}

/// Runs a command.
pub(crate) fn run(environment: &mut Environment<'_>, command: &Command) -> Result<Outcome, CommandError> {
    match command {
        Command::Init(arguments) => init::run(environment, arguments),
        Command::Migrate(arguments) => migrate::run(environment, arguments),
        Command::Revision(arguments) => revision::run(environment, arguments),
        Command::Upgrade(arguments) => upgrade::run(environment, arguments),
        Command::Downgrade(arguments) => downgrade::run(environment, arguments),
        Command::Current(arguments) => current::run(environment, arguments),
        Command::History(arguments) => history::run(environment, arguments),
        Command::Show(arguments) => show::run(environment, arguments),
        Command::Heads(arguments) => heads::run(environment, arguments),
        Command::Branches(arguments) => branches::run(environment, arguments),
        Command::Edit(arguments) => edit::run(environment, arguments),
        Command::Stamp(arguments) => stamp::run(environment, arguments),
        Command::Merge(arguments) => merge::run(environment, arguments),
        Command::Rebase(arguments) => rebase::run(environment, arguments),
        Command::Squash(arguments) => squash::run(environment, arguments),
        Command::Check(arguments) => check::run(environment, arguments),
        Command::Lint(arguments) => lint::run(environment, arguments),
        Command::Diff(arguments) => diff::run(environment, arguments),
        Command::Inspect(arguments) => inspect::run(environment, arguments),
        Command::Baseline(arguments) => baseline::run(environment, arguments),
        Command::Verify(arguments) => verify::run(environment, arguments),
        Command::Snapshot(arguments) => snapshot::run(environment, arguments),
        Command::Completions(arguments) => completions::run(environment, arguments),
    }
}

/// Returns the renames that the history has seen, as far as the models ask for any: most ask for none.
fn past(history: &History, ids: &[RevisionId], models: &Models) -> Result<Past, CommandError> {
    if models.renames == Renames::default() {
        return Ok(Past::default());
    }
    Ok(history.past(ids)?)
}

/// Reads a range, which may begin with steps back, as in `-2:`. What else begins with a hyphen is an option, and clap knows none of that name.
fn range(text: &str) -> Result<String, &'static str> {
    let rest = text.strip_prefix('-');
    if rest.is_some_and(|rest| !rest.starts_with(|first: char| first.is_ascii_digit())) {
        return Err("there is no such option");
    }
    Ok(text.to_owned())
}

/// Returns the message that a person gave, if it says anything: an empty one is none.
fn said(message: Option<&str>) -> Option<String> {
    message
        .filter(|message| !message.trim().is_empty())
        .map(str::to_owned)
}

/// Returns a revision as an error names it: `6921a3f4b07e` (create stores).
fn named(history: &History, id: RevisionId) -> String {
    match history.get(id) {
        Some(revision) => format!("`{id}` ({})", revision.message),
        None => format!("`{id}`"),
    }
}

/// Returns the parents of a revision as `history` shows them; a first revision has the parent `base`.
fn parents(revision: &Header) -> String {
    if revision.parents.is_empty() {
        return "base".to_owned();
    }
    revision
        .parents
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}
