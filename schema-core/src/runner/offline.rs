//! A run as one script, for the database's own shell: what the runner would do, as statements, version rows included.
//!
//! It needs no database, and so cannot look at one. What the runner looks up before it acts, the script asks as it runs, and stops.

use std::collections::BTreeSet;
use std::time::Duration;

use super::version_table::{self, Place, TABLE};
use super::{Applied, Job, RunError, apart};
use crate::dialect::Dialect;
use crate::history::{Direction, History, RevisionId};
use crate::plan::{Plan, Statement, Step};
use crate::schema::Literal;
use crate::script::{checksum, render, render_for_shell};

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

/// Returns a script that does what an upgrade from some revisions to others does.
///
/// # Errors
///
/// [`RunError`] if a script is missing or cannot be understood, or the dialect cannot hold the version table.
pub fn upgrade_script(
    dialect: &dyn Dialect,
    history: &History,
    from: &[RevisionId],
    to: &[RevisionId],
    repeat: Repeat,
    tool_version: &str,
) -> Result<String, RunError> {
    let has: BTreeSet<RevisionId> = history.applied_at(from).into_iter().collect();
    let pending = history.pending(to, &has).map_err(RunError::Stuck)?;
    let mut parts = vec![head(dialect, Direction::Upgrade, (from, to), repeat)];
    parts.push(version_table(dialect)?);
    parts.extend(refuse_unfinished(dialect, repeat));
    let jobs = pending
        .run
        .into_iter()
        .map(|id| Job::upgrade(history, dialect, id))
        .collect::<Result<Vec<Job>, RunError>>()?;
    apart::refuse_apart(history, dialect, &jobs, has)?;
    for job in jobs {
        let id = job.revision;
        let row = row(&job, tool_version);
        let record = version_table::insert_sql(&Place::elsewhere(dialect), &row);
        let marker = dialect.literal(&Literal::Text(NOW.to_owned()));
        let record = record.replace(&marker, dialect.now());
        let mut guards = vec![
            unfinished(),
            stop(
                count(dialect, id),
                "> 0",
                &format!("the database has `{id}` already"),
            ),
        ];
        guards.extend(
            job.parents
                .iter()
                .filter(|parent| !is_overruled(history, id, **parent))
                .map(|parent| {
                    let message = format!("the database does not have `{parent}`, on which `{id}` builds");
                    stop(count(dialect, *parent), "= 0", &message)
                }),
        );
        parts.push(part(dialect, &job, guards, record, repeat));
    }
    Ok(parts.join("\n"))
}

/// Returns a script that does what a downgrade from some revisions to others does.
///
/// # Errors
///
/// As [`upgrade_script`], or that a revision says that there is no way back.
pub fn downgrade_script(
    dialect: &dyn Dialect,
    history: &History,
    from: &[RevisionId],
    to: &[RevisionId],
    repeat: Repeat,
) -> Result<String, RunError> {
    let kept = history.applied_at(to);
    let has = history.applied_at(from);
    if let Some(missing) = to.iter().find(|id| !has.contains(id)) {
        return Err(RunError::NotApplied { revision: *missing });
    }
    let mut parts = vec![head(dialect, Direction::Downgrade, (from, to), repeat)];
    parts.extend(refuse_unfinished(dialect, repeat));
    for id in has.into_iter().rev().filter(|id| !kept.contains(id)) {
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
        let job = Job::downgrade(history, dialect, &row, &header.parents)?;
        let guard = stop(
            count(dialect, id),
            "= 0",
            &format!("the database does not have `{id}`"),
        );
        let forget = version_table::delete_sql(&Place::elsewhere(dialect), id);
        parts.push(part(dialect, &job, vec![unfinished(), guard], forget, repeat));
    }
    Ok(parts.join("\n"))
}

/// A merge does not wait for a parent that it decided against.
fn is_overruled(history: &History, merge: RevisionId, parent: RevisionId) -> bool {
    history
        .get(merge)
        .is_some_and(|header| header.overrules.contains(&parent))
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

/// Returns the comment at the head: what the script does, and what it cannot.
fn head(
    dialect: &dyn Dialect,
    direction: Direction,
    (from, to): (&[RevisionId], &[RevisionId]),
    repeat: Repeat,
) -> String {
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
    if repeat == Repeat::PassOver && !passes_over(dialect) {
        title.push_str(
            "\n\nNo statement of this database runs only if another finds something. So the script stops, having changed nothing, at the\nfirst revision that is done already; for a database in between, print what it lacks, from the revision that it is at.",
        );
    }
    if repeat == Repeat::PassOver && !dialect.session().transactional() {
        title.push_str(
            "\n\nThis database commits each change of a table by itself. A script that stopped within a revision does not go on there: run\n`autogen upgrade`, or undo by hand what that revision did.",
        );
    }
    let mut text = render(&Plan::default(), &title);
    text.truncate(text.rfind("\n\n").map_or(text.len(), |end| end + 1));
    text
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

/// Returns the part that stops a script which passes over what is done, if the database is within a revision: its row is there, and would
/// be taken for one that is done. Any other script looks for that in the part of each revision.
fn refuse_unfinished(dialect: &dyn Dialect, repeat: Repeat) -> Option<String> {
    let plan = Plan {
        statements: vec![unfinished()],
        ..Plan::default()
    };
    (repeat == Repeat::PassOver && passes_over(dialect)).then(|| render(&dialect.standalone(&plan), ""))
}

/// Returns a step that fails if a run stopped within a revision. How to go on there only the runner knows.
fn unfinished() -> Statement {
    Statement::from(Step::ExpectNoRows {
        sql: format!("SELECT id FROM {TABLE} WHERE unfinished IS NOT NULL"),
        message: "a revision is unfinished; finish it by `autogen upgrade`".to_owned(),
    })
}

/// Returns the part of one revision.
fn part(dialect: &dyn Dialect, job: &Job, guards: Vec<Statement>, record: String, repeat: Repeat) -> String {
    let mut plan = job.plan.clone();
    plan.statements.push(Statement::execute(record));
    let mut title = format!("{} {}: {}", job.direction, job.revision, job.message);
    let due = match job.direction {
        Direction::Upgrade => "= 0",
        Direction::Downgrade => "> 0",
    };
    let due = format!("({}) {due}", count(dialect, job.revision));
    let once = match repeat {
        Repeat::Stop => None,
        Repeat::PassOver => dialect.once(&due, &plan),
    };
    if once.is_none() && repeat == Repeat::PassOver && passes_over(dialect) {
        title.push_str("\nSome of it cannot run on a condition, so it cannot be passed over: the script stops here if it is done already.");
    }
    let plan = once.unwrap_or_else(|| {
        plan.statements.splice(0..0, guards);
        dialect.standalone(&plan)
    });
    render_for_shell(&plan, title.trim_end(), dialect.lexicon())
}

/// Returns a query for how many rows a revision has, none or one.
fn count(dialect: &dyn Dialect, id: RevisionId) -> String {
    let id = dialect.literal(&Literal::Text(id.to_string()));
    format!("SELECT count(*) FROM {TABLE} WHERE id = {id}")
}

/// Returns a step that fails with the message if the count is so.
fn stop(count: String, is: &str, message: &str) -> Statement {
    Statement::from(Step::ExpectNoRows {
        sql: format!(
            "SELECT found.rows_found FROM ({}) AS found WHERE found.rows_found {is}",
            count.replacen("count(*)", "count(*) AS rows_found", 1)
        ),
        message: message.to_owned(),
    })
}
