//! `autogen merge`.

use clap::Args;
use schema_core::diff::Answers;
use schema_core::history::{BranchConflict, Decision, History, RevisionId};
use schema_core::operation::apply_all;

use super::join;
use super::migrate::{self, Draft, Found, Mode, new_id};
use crate::artifact::Sources;
use crate::environment::Environment;
use crate::error::{CommandError, Outcome};
use crate::printer::{Format, Topic};
use crate::prompt;

/// Join heads: write a revision that follows them all
///
/// Branches that touch different things are joined as they are. Where two touch the same thing, someone has to say whose
/// change counts: the revision that loses is not applied any more on the way to the merge, which does in its place what it did besides. A
/// database that has the one that lost is told to take it back.
///
/// Example: autogen merge --prefer 6921b1f4b07f
///
/// With --json: as `autogen migrate`
#[derive(Debug, Args)]
pub(crate) struct MergeArgs {
    /// The heads to join; all, if none is named
    #[arg(value_name = "HEAD", allow_negative_numbers = true)]
    heads: Vec<String>,

    /// Where heads touch the same thing, the change of this one counts; of several, that of the first
    #[arg(long, value_name = "HEAD", allow_negative_numbers = true)]
    prefer: Vec<String>,

    /// Say why; without it, the message names what was joined
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
pub(crate) fn run(environment: &mut Environment<'_>, arguments: &MergeArgs) -> Result<Outcome, CommandError> {
    let config = environment.config()?;
    let history = environment.history()?;
    let heads = if arguments.heads.is_empty() {
        history.heads().to_vec()
    } else {
        resolved(environment, &history, &arguments.heads)?
    };
    if history.heads().len() < 2 {
        return Ok(nothing(environment));
    }
    if let [head] = heads[..] {
        return Err(one_named(&history, head));
    }
    let decision = decide(environment, &history, &heads, &arguments.prefer)?;
    join::prove_orders(environment, &config, &history, &heads, &decision.overrules)?;
    report(environment, &history, &decision);
    let from = history.schema_without(&heads, &decision.overrules)?;
    let to = apply_all(from.clone(), &decision.operations)
        .map_err(|error| CommandError::because("what is left to do does not fit the history", &error))?;
    let answers = Answers::of(&decision.operations);
    let found = Found {
        hazards: migrate::neutral_hazards(&config, &decision.operations, &from, &to, &answers)?,
        operations: decision.operations,
        answers,
        sources: Sources::default(),
    };
    let message =
        super::said(arguments.message.as_deref()).unwrap_or_else(|| join::message(&history, &heads));
    let id = new_id(arguments.rev_id.as_deref(), &history)?;
    let mut draft = Draft::new(heads, message, from, found, id)?;
    draft.overrules = decision.overrules;
    draft.stands_beside(history.heads());
    let mode = if arguments.dry_run {
        Mode::DryRun
    } else {
        Mode::Write
    };
    migrate::finish(environment, &config, draft, mode)
}

/// Says that there are no heads to join.
fn nothing(environment: &mut Environment<'_>) -> Outcome {
    match environment.printer.format() {
        Format::Text => environment
            .printer
            .say("Nothing to merge: there are no two heads."),
        Format::Json => migrate::report_nothing(environment, &Sources::default(), &[]),
    }
    Outcome::Done
}

fn one_named(history: &History, head: RevisionId) -> CommandError {
    let others: Vec<String> = history
        .heads()
        .iter()
        .filter(|other| **other != head)
        .map(|other| super::named(history, *other))
        .collect();
    CommandError::new(format!(
        "{} alone is nothing to merge",
        super::named(history, head)
    ))
    .hint(format!(
        "name a second head, of {}, or none to join them all",
        others.join(", ")
    ))
}

/// Returns the heads with those names.
fn resolved(
    environment: &mut Environment<'_>,
    history: &History,
    names: &[String],
) -> Result<Vec<RevisionId>, CommandError> {
    let mut found = Vec::new();
    for name in names {
        let current = super::current_for(environment, history, name)?;
        for id in history.resolve(name, &current)? {
            if !history.heads().contains(&id) {
                let heads: Vec<String> = history
                    .heads()
                    .iter()
                    .map(|id| super::named(history, *id))
                    .collect();
                return Err(CommandError::new(format!(
                    "{} is no head, so others build on it already",
                    super::named(history, id)
                ))
                .hint(format!("the heads are {}", heads.join(", "))));
            }
            if !found.contains(&id) {
                found.push(id);
            }
        }
    }
    Ok(found)
}

/// Decides where heads touch the same things, as the flags say or a person answers.
fn decide(
    environment: &mut Environment<'_>,
    history: &History,
    heads: &[RevisionId],
    prefer: &[String],
) -> Result<Decision, CommandError> {
    let mut preferred = resolved(environment, history, prefer)?;
    loop {
        let decision = history.decide(heads, &preferred)?;
        let Some(open) = decision.open.first() else {
            return Ok(decision);
        };
        if !prompt::possible(environment.printer) {
            return Err(join::apart(history, heads, &decision.open));
        }
        let sides = sides(history, heads, open);
        let choices: Vec<String> = sides.iter().map(|id| super::named(history, *id)).collect();
        let chosen = prompt::select(&format!("{open}. Whose change counts?"), &choices)?;
        preferred.push(sides[chosen]);
    }
}

/// Returns the heads that a conflict is between.
fn sides(history: &History, heads: &[RevisionId], conflict: &BranchConflict) -> Vec<RevisionId> {
    let is_of = |head: &&RevisionId| {
        let has = history.ancestors(&[**head]);
        has.contains(&conflict.left.revision) != has.contains(&conflict.right.revision)
    };
    heads.iter().filter(is_of).copied().collect()
}

/// Says what was decided, and what that means.
fn report(environment: &mut Environment<'_>, history: &History, decision: &Decision) {
    for id in &decision.overrules {
        let text = format_args!("Decided against {}", super::named(history, *id));
        environment.printer.info(Topic::Compare, text);
    }
    for step in &decision.dropped {
        let text = format_args!("Left out of `{}`: {}", step.revision, step.operation.describe());
        environment.printer.warn(Topic::Compare, text);
    }
    for operation in &decision.operations {
        let text = format_args!("Carried over: {}", operation.describe());
        environment.printer.info(Topic::Compare, text);
    }
    for id in &decision.overrules {
        let header = history.get(*id);
        for dialect in header.iter().flat_map(|header| header.scripts.keys()) {
            let direction = schema_core::history::Direction::Upgrade;
            if history.is_edited(*id, dialect, direction).unwrap_or_default() {
                let text = format_args!(
                    "What was written by hand in `{}` of `{id}` does not run any more; put what is still wanted into the merge",
                    schema_core::history::files::script_name(dialect, direction)
                );
                environment.printer.warn(Topic::Compare, text);
            }
        }
    }
}
