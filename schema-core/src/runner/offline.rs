//! A run as one script, for the database's own shell: what the runner would do, as statements, version rows included.
//!
//! It needs no database, and so cannot look at one. What the runner looks up before it acts, the script asks as it runs, and stops.

mod adopt;
mod guards;

use std::collections::BTreeSet;
use std::time::Duration;

use super::version_table::{self, Place};
use super::{Applied, Job, RunError, apart, leftovers};
use crate::dialect::{Dialect, Restore, ShellCondition};
use crate::history::{Direction, History, RevisionId};
use crate::plan::{Plan, Statement, Step};
use crate::schema::Literal;
use crate::script::{checksum, render, render_for_shell};
use guards::Guards;

/// Whether a script may meet a database that has some of what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// It stops there.
    Stop,
    /// It passes over what is done, where the database has statements for that, and else stops.
    PassOver,
}

/// What stands in a version row where the moment of its writing belongs. No value has a NUL.
const NOW: &str = "\u{1}now\u{1}";

/// What to do about a script that stopped where no transaction takes back what it did.
const WITHIN: &str = "A script that stopped within a revision has noted nothing of it: undo by\nhand what that revision did, then print what the database lacks, or run `autogen` on it.";

/// Returns a script that does what an upgrade does of a database that is at `from`, to what the revisions `to` and all that they build on have; nothing
/// in `from` is a database without a revision.
///
/// It notes the revisions as the runner does, with `tool_version` as the version of the tool and the database's own clock; `repeat` says what it does
/// where something of that is done.
///
/// # Errors
///
/// [`RunError`] if a script is missing or cannot be understood, or the dialect cannot hold the version table.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # use std::time::Duration;
/// # use schema_core::{Migrations, db::sqlite::SqliteConnection, dialect, history::History, runner};
/// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
/// # let history = History::embedded(&MIGRATIONS)?;
/// # let sqlite = dialect::by_name("sqlite").expect("the build has it");
/// # let options = runner::Options::new("1.0.0", || Duration::ZERO, Duration::from_secs(10));
/// # let mut connection = SqliteConnection::in_memory()?;
/// use schema_core::runner::Repeat;
///
/// let [first, second] = [history.revisions()[0].id, history.revisions()[1].id];
/// let sql = runner::upgrade_script(sqlite, &history, &[first], &[second], Repeat::Stop, "1.0.0")?;
/// assert!(sql.contains(r#"ALTER TABLE "items" ADD COLUMN "description" TEXT;"#));
/// assert!(sql.contains("INSERT INTO _autogen_revisions"));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn upgrade_script(
    dialect: &dyn Dialect,
    history: &History,
    from: &[RevisionId],
    to: &[RevisionId],
    repeat: Repeat,
    tool_version: &str,
) -> Result<String, RunError> {
    let before = history.applied_at(from);
    let has: BTreeSet<RevisionId> = before.iter().copied().collect();
    let pending = history.pending(to, &has).map_err(RunError::Stuck)?;
    let mut jobs = pending
        .run
        .into_iter()
        .map(|id| Job::upgrade(history, dialect, id))
        .collect::<Result<Vec<Job>, RunError>>()?;
    apart::refuse_apart(history, dialect, &jobs, has)?;
    store_in_order(dialect, history, &before, &mut jobs);
    let mut parts = head(dialect, Direction::Upgrade, (from, to), repeat, &jobs);
    parts.push(version_table(dialect)?);
    parts.extend(at_first(
        dialect,
        first(dialect, history, &before, &jobs, repeat, tool_version)?,
    ));
    for job in jobs {
        let row = row(&job, tool_version);
        let record = version_table::insert_sql(&Place::elsewhere(dialect), &row);
        let marker = dialect.literal(&Literal::Text(NOW.to_owned()));
        let record = record.replace(&marker, dialect.now());
        let guards = guards::of_upgrade(dialect, history, &job);
        parts.push(part(dialect, &job, guards, record, repeat));
    }
    Ok(parts.join("\n"))
}

/// Returns a script that does what a downgrade does of a database that is at `from`, back to the revisions `to`; nothing in `to` is the base. The rest is
/// as [`upgrade_script`] has it.
///
/// # Errors
///
/// As [`upgrade_script`], or that a revision says that there is no way back.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # use std::time::Duration;
/// # use schema_core::{Migrations, db::sqlite::SqliteConnection, dialect, history::History, runner};
/// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
/// # let history = History::embedded(&MIGRATIONS)?;
/// # let sqlite = dialect::by_name("sqlite").expect("the build has it");
/// # let options = runner::Options::new("1.0.0", || Duration::ZERO, Duration::from_secs(10));
/// # let mut connection = SqliteConnection::in_memory()?;
/// use schema_core::runner::Repeat;
///
/// let sql = runner::downgrade_script(sqlite, &history, history.heads(), &[], Repeat::Stop, "1.0.0")?;
/// assert!(sql.find(r#"DROP COLUMN "description""#) < sql.find(r#"DROP TABLE "stores""#));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn downgrade_script(
    dialect: &dyn Dialect,
    history: &History,
    from: &[RevisionId],
    to: &[RevisionId],
    repeat: Repeat,
    tool_version: &str,
) -> Result<String, RunError> {
    let kept = history.applied_at(to);
    let has = history.applied_at(from);
    if let Some(missing) = to.iter().find(|id| !has.contains(id)) {
        return Err(RunError::NotApplied { revision: *missing });
    }
    let mut jobs = Vec::new();
    for id in has.iter().rev().copied().filter(|id| !kept.contains(id)) {
        let header = history.get(id).ok_or(RunError::UnknownTarget { revision: id })?;
        let row = Applied {
            id,
            parents: header.parents.clone(),
            message: header.message.clone(),
            checksum: history
                .script(id, dialect.name(), Direction::Upgrade)
                .map(|text| checksum(&text))
                .unwrap_or_default(),
            ..nothing(id)
        };
        jobs.push(Job::downgrade(history, dialect, &row, &header.parents, &[])?);
    }
    store_in_order(dialect, history, &has, &mut jobs);
    let mut parts = head(dialect, Direction::Downgrade, (from, to), repeat, &jobs);
    let passes = passes(dialect, repeat);
    let taken_back: Vec<RevisionId> = jobs.iter().map(|job| job.revision).collect();
    let mut first = adopting(dialect, history, &taken_back, passes, tool_version)?;
    first.extend(guards::squashed_in_part(dialect, history, &jobs));
    parts.extend(at_first(dialect, first));
    for job in jobs {
        let guards = guards::of_downgrade(dialect, history, &job);
        let forget = version_table::delete_sql(&Place::elsewhere(dialect), job.revision);
        parts.push(part(dialect, &job, guards, forget, repeat));
    }
    Ok(parts.join("\n"))
}

fn row(job: &Job, tool_version: &str) -> Applied {
    Applied {
        id: job.revision,
        parents: job.parents.clone(),
        message: job.message.clone(),
        checksum: job.checksum(),
        downgrade: job.downgrade.clone(),
        applied_at: NOW.to_owned(),
        statements_done: job.plan.statements.len(),
        tool_version: tool_version.to_owned(),
        ..nothing(job.revision)
    }
}

fn nothing(id: RevisionId) -> Applied {
    Applied {
        id,
        parents: Vec::new(),
        message: String::new(),
        checksum: String::new(),
        downgrade: None,
        applied_at: String::new(),
        duration: Duration::ZERO,
        statements_done: 0,
        tool_version: String::new(),
        tag: None,
        unfinished: None,
    }
}

/// Puts the tables that get another definition in the order in which they are stored by a database that has gone through those revisions. Where
/// that cannot be known, the order stays that of the models, and the script looks as it runs.
fn store_in_order(dialect: &dyn Dialect, history: &History, before: &[RevisionId], jobs: &mut [Job]) {
    let redefines = |statement: &Statement| matches!(statement.step, Step::RedefineTable { .. });
    if !jobs.iter().any(|job| job.plan.statements.iter().any(redefines)) {
        return;
    }
    let before = before.iter().map(|id| Job::upgrade(history, dialect, *id));
    let Ok(before) = before
        .map(|job| Ok(job?.plan))
        .collect::<Result<Vec<Plan>, RunError>>()
    else {
        return;
    };
    let plans: Vec<Plan> = jobs.iter().map(|job| job.plan.clone()).collect();
    for (job, plan) in jobs
        .iter_mut()
        .zip(dialect.in_stored_order(&before, &plans).unwrap_or(plans))
    {
        job.plan = plan;
    }
}

/// Returns what the script begins with: what it does, what it cannot, and what it needs.
fn head(
    dialect: &dyn Dialect,
    direction: Direction,
    (from, to): (&[RevisionId], &[RevisionId]),
    repeat: Repeat,
    jobs: &[Job],
) -> Vec<String> {
    let plans: Vec<&Plan> = jobs.iter().map(|job| &job.plan).collect();
    let opening = dialect.opening(&plans);
    let ids = |ids: &[RevisionId]| match ids {
        [] => "base".to_owned(),
        ids => ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    let mut title = format!(
        "{direction} {} -> {} for {}, to run in the database's own shell",
        ids(from),
        ids(to),
        dialect.name()
    );
    if repeat == Repeat::PassOver && !passes(dialect, repeat) {
        title.push_str(
            "\n\nNo statement of this database runs only if another finds something. So the script stops, having changed nothing, at the\nfirst revision that is done already; for a database in between, print what it lacks, from the revision that it is at.",
        );
    }
    if !dialect.session().transactional() {
        title.push_str(&format!(
            "\n\nThis database commits each change of a table by itself. {WITHIN}"
        ));
    }
    if !opening.note.is_empty() {
        title.push_str("\n\n");
        title.push_str(&opening.note);
    }
    let mut text = render(&Plan::default(), &title);
    text.truncate(text.rfind("\n\n").map_or(text.len(), |end| end + 1));
    text.push_str(&opening.commands);
    let first = Plan {
        statements: opening.statements,
        ..Plan::default()
    };
    let first = (!first.statements.is_empty()).then(|| render(&first, ""));
    std::iter::once(text).chain(first).collect()
}

fn passes_over(dialect: &dyn Dialect) -> bool {
    dialect.once("1 = 1", &Plan::default()).is_some()
}

/// Returns the statements that make the version table if it is missing.
fn version_table(dialect: &dyn Dialect) -> Result<String, RunError> {
    let create = version_table::create_sql(dialect).map_err(RunError::Unsupported)?;
    let statements = create
        .into_iter()
        .map(|sql| sql.replacen("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ", 1))
        .map(Statement::execute)
        .collect();
    let plan = Plan {
        statements,
        ..Plan::default()
    };
    Ok(render(&plan, ""))
}

/// Returns what an upgrade does before it comes to its revisions: it stops where a run would not go on, and lets revisions take the place of those that
/// they were squashed from. Where it passes over what is done, that may be those that it is about; else those that the database has to have.
fn first(
    dialect: &dyn Dialect,
    history: &History,
    before: &[RevisionId],
    jobs: &[Job],
    repeat: Repeat,
    tool_version: &str,
) -> Result<Vec<Statement>, RunError> {
    let passes = passes(dialect, repeat);
    let own = jobs.iter().filter(|_| passes).map(|job| job.revision);
    let squashes: Vec<RevisionId> = before.iter().copied().chain(own).collect();
    let mut first = adopting(dialect, history, &squashes, passes, tool_version)?;
    first.extend(guards::ruled_out(dialect, history, before, jobs, passes));
    Ok(first)
}

/// Returns what lets those of some revisions that were squashed from others take the place of them, in a database where no revision is unfinished: a row that
/// is there stands for a revision that is done, unless a run stopped within it. Where there is nothing to it, the part of each revision looks for that,
/// unless the script passes over what is done.
fn adopting(
    dialect: &dyn Dialect,
    history: &History,
    revisions: &[RevisionId],
    passes: bool,
    tool_version: &str,
) -> Result<Vec<Statement>, RunError> {
    let adopt = adopt::adopt(dialect, history, revisions, tool_version)?;
    let unfinished = (passes || !adopt.is_empty()).then(guards::unfinished);
    Ok(unfinished.into_iter().chain(adopt).collect())
}

/// Tells whether the script passes over what is done.
fn passes(dialect: &dyn Dialect, repeat: Repeat) -> bool {
    repeat == Repeat::PassOver && passes_over(dialect)
}

/// Returns the part that comes before those of the revisions.
fn at_first(dialect: &dyn Dialect, statements: Vec<Statement>) -> Option<String> {
    let plan = Plan {
        statements,
        ..Plan::default()
    };
    (!plan.statements.is_empty()).then(|| render(&dialect.standalone(&plan), ""))
}

/// Returns the part of one revision.
fn part(dialect: &dyn Dialect, job: &Job, guards: Guards, record: String, repeat: Repeat) -> String {
    let mut plan = job.plan.clone();
    let restore = restore(dialect, &plan);
    plan.statements.splice(0..0, guards.ready);
    plan.statements.extend(restore.within);
    plan.statements.push(Statement::execute(record));
    let mut title = format!("{} {}: {}", job.direction, job.revision, job.message);
    let once = match repeat {
        Repeat::Stop => None,
        Repeat::PassOver => dialect.once(&guards.due, &plan),
    };
    let in_shell = match (repeat, &once) {
        (Repeat::PassOver, None) => dialect.once_in_shell(&guards.due),
        (Repeat::PassOver | Repeat::Stop, _) => None,
    };
    if in_shell.is_some() {
        title.push_str(
            "\nNo statement can hold some of it, so it is the shell that passes over it if it is done already.",
        );
    }
    if plan.mode.no_transaction && dialect.session().transactional() {
        title.push_str(&format!("\nIt runs out of a transaction. {WITHIN}"));
    }
    let mut plan = once.unwrap_or_else(|| {
        if in_shell.is_none() {
            plan.statements.splice(0..0, guards.begun);
        }
        dialect.standalone(&plan)
    });
    // How to run it stands at the head of the script, once.
    if let Some(first) = plan.statements.first_mut() {
        first.reason.clear();
    }
    plan.statements.splice(0..0, restore.before);
    plan.statements.extend(restore.behind);
    let text = render_for_shell(&plan, title.trim_end(), dialect.lexicon());
    match in_shell {
        Some(ShellCondition { before, behind }) => format!("{before}\n{text}\n{behind}"),
        None => text,
    }
}

/// Returns the statements around a script that leave its session as it found it.
fn restore(dialect: &dyn Dialect, plan: &Plan) -> Restore {
    let session = dialect.session();
    if leftovers::may_leave(session, plan) {
        session.restore(plan).told()
    } else {
        Restore::default()
    }
}
