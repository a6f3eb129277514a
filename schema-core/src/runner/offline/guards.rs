//! What a printed script asks of the database before it does what belongs to a revision.

use crate::dialect::Dialect;
use crate::history::{Header, History, RevisionId, Squashed};
use crate::plan::{Statement, Step};
use crate::runner::Job;
use crate::runner::version_table::TABLE;
use crate::schema::Literal;

/// What stands between a script and the part of one revision.
pub(super) struct Guards {
    /// The condition that the part is not done yet.
    pub(super) due: String,
    /// What stops a script that may meet no database where it is done, or begun.
    pub(super) begun: Vec<Statement>,
    /// What stops it where it is due, but the database is not where the runner would do it.
    pub(super) ready: Vec<Statement>,
}

/// Returns the guards of an upgrade: the database has what the revision builds on.
pub(super) fn of_upgrade(dialect: &dyn Dialect, history: &History, job: &Job) -> Guards {
    let id = job.revision;
    let overrules = history.get(id).map_or(&[][..], |header| &header.overrules[..]);
    // A merge does not wait for a parent that it decided against.
    let parents = job.parents.iter().filter(|parent| !overrules.contains(parent));
    let ready = parents.map(|parent| {
        let message = format!("the database does not have `{parent}`, on which `{id}` builds");
        stop(dialect, *parent, "= 0", &message)
    });
    let already = format!("the database has `{id}` already");
    Guards {
        due: format!("({}) = 0", count(dialect, id)),
        begun: vec![unfinished(), stop(dialect, id, "> 0", &already)],
        ready: ready.collect(),
    }
}

/// Returns what builds on a revision, and what was squashed into that.
fn children(history: &History, id: RevisionId) -> Vec<RevisionId> {
    let children = history
        .children(id)
        .filter(|child| !child.overrules.contains(&id));
    children
        .flat_map(|child| with_squashed(history, child.id))
        .collect()
}

/// Returns what stops an upgrade before it changes anything: the database has what some of its revisions were squashed from, or a part of it if those
/// took the place of all, so they are not to run; or it has what a merge among them decided against, or a merge that decided against one of them.
pub(super) fn ruled_out(
    dialect: &dyn Dialect,
    history: &History,
    before: &[RevisionId],
    jobs: &[Job],
    adopted: bool,
) -> Vec<Statement> {
    let mut guards = Vec::new();
    for header in jobs.iter().filter_map(|job| history.get(job.revision)) {
        let id = header.id;
        if !header.replaces.is_empty() {
            let message = if adopted {
                format!(
                    "the database has some of the revisions squashed into `{id}`, but not all: `autogen upgrade` says how to go on"
                )
            } else {
                format!("the database has revisions squashed into `{id}`: run `autogen upgrade` on it")
            };
            guards.push(none_squashed_into(dialect, header, &message));
        }
        guards.extend(none_overruled(dialect, history, header));
        let merges = history
            .revisions()
            .iter()
            .filter(|merge| merge.overrules.contains(&id));
        for merge in merges.map(|merge| merge.id) {
            let message = format!("the database has `{merge}`, which decided against `{id}`");
            guards.push(none_of(dialect, &with_squashed(history, merge), &message));
        }
    }
    for merge in lost_merges(history, before, jobs) {
        guards.extend(none_overruled(dialect, history, merge));
    }
    guards.extend(none_overtaken(dialect, history, jobs));
    guards
}

/// How many conditions a step has at most: SQLite nests them, and no deeper than a thousand.
const CONDITIONS: usize = 100;

/// Returns steps that fail if the database has a revision that was put on top of one that it lacks only since, where a script writes a table anew: without
/// what the revision did to that.
fn none_overtaken(dialect: &dyn Dialect, history: &History, jobs: &[Job]) -> Vec<Statement> {
    if jobs.iter().all(|job| job.written_anew(dialect).is_empty()) {
        return Vec::new();
    }
    let gap = |job: &Job| {
        let children = children(history, job.revision);
        let lacks = count(dialect, job.revision);
        (!children.is_empty()).then(|| format!("id IN ({}) AND ({lacks}) = 0", literals(dialect, &children)))
    };
    let gaps: Vec<String> = jobs.iter().filter_map(gap).collect();
    let guard = |gaps: &[String]| {
        Statement::from(Step::ExpectNoRows {
            sql: format!("SELECT id FROM {TABLE} WHERE {}", gaps.join("\n    OR ")),
            message: "the database has a revision, but not what it builds on by now: `autogen upgrade` says how to go on".to_owned(),
        })
    };
    gaps.chunks(CONDITIONS).map(guard).collect()
}

/// Returns the merges on the way that are not run, since another one decided against them: what they decided against stays so.
fn lost_merges<'a>(history: &'a History, before: &[RevisionId], jobs: &[Job]) -> Vec<&'a Header> {
    let run: Vec<RevisionId> = jobs.iter().map(|job| job.revision).collect();
    let known = history.ancestors(before);
    let lost = history.ancestors(&run).into_iter();
    lost.filter(|id| !run.contains(id) && !known.contains(id))
        .filter_map(|id| history.get(id))
        .collect()
}

/// Returns steps that fail if the database has what a merge decided against.
fn none_overruled(dialect: &dyn Dialect, history: &History, merge: &Header) -> Vec<Statement> {
    let overrules = merge.overrules.iter();
    let guard = |overruled: &RevisionId| {
        let message = format!(
            "the database has `{overruled}`, which `{}` decided against",
            merge.id
        );
        none_of(dialect, &with_squashed(history, *overruled), &message)
    };
    overrules.map(guard).collect()
}

/// Returns what stops a downgrade before it changes anything, once those that one was squashed from are noted as that one where the database has all: it has a
/// part of them.
pub(super) fn squashed_in_part(dialect: &dyn Dialect, history: &History, jobs: &[Job]) -> Vec<Statement> {
    let headers = jobs.iter().filter_map(|job| history.get(job.revision));
    let squashes = headers.filter(|header| !header.replaces.is_empty());
    squashes
        .map(|header| {
            let message = format!(
                "the database has some of the revisions squashed into `{}`, but not all: take them back by `autogen downgrade`",
                header.id
            );
            none_squashed_into(dialect, header, &message)
        })
        .collect()
}

/// Returns a step that fails with the message if the database has any of what one was squashed from.
fn none_squashed_into(dialect: &dyn Dialect, header: &Header, message: &str) -> Statement {
    let ids: Vec<RevisionId> = header.replaces.iter().flat_map(Squashed::ids).collect();
    none_of(dialect, &ids, message)
}

/// Returns the guards of a downgrade: nothing in the database builds on the revision any more, as far as the files or the database know.
pub(super) fn of_downgrade(dialect: &dyn Dialect, history: &History, job: &Job) -> Guards {
    let id = job.revision;
    let children = children(history, id);
    // What builds on the last of those that it was squashed from may have it noted as its parent still.
    let noted = with_squashed(history, id).into_iter().map(|id| {
        let noted = dialect.literal(&Literal::Text(format!("%{id}%")));
        format!("parents LIKE {noted}")
    });
    let noted: Vec<String> = noted.collect();
    let mut sql = format!("SELECT id FROM {TABLE} WHERE {}", noted.join(" OR "));
    if !children.is_empty() {
        sql.push_str(&format!(" OR id IN ({})", literals(dialect, &children)));
    }
    let message = format!("a revision that the database has builds on `{id}`");
    let missing = format!("the database does not have `{id}`");
    Guards {
        due: format!("({}) > 0", count(dialect, id)),
        begun: vec![unfinished(), stop(dialect, id, "= 0", &missing)],
        ready: vec![Statement::from(Step::ExpectNoRows { sql, message })],
    }
}

/// Returns a step that fails if a run stopped within a revision. How to go on there only the runner knows.
pub(super) fn unfinished() -> Statement {
    Statement::from(Step::ExpectNoRows {
        sql: format!("SELECT id FROM {TABLE} WHERE unfinished IS NOT NULL"),
        message: "a revision is unfinished; finish it by `autogen upgrade`".to_owned(),
    })
}

/// Returns a revision with all that it was squashed from.
fn with_squashed(history: &History, id: RevisionId) -> Vec<RevisionId> {
    let replaces = history.get(id).into_iter().flat_map(|header| &header.replaces);
    std::iter::once(id)
        .chain(replaces.flat_map(Squashed::ids))
        .collect()
}

/// Returns a query for how many rows a revision has, none or one.
fn count(dialect: &dyn Dialect, id: RevisionId) -> String {
    format!(
        "SELECT count(*) FROM {TABLE} WHERE id = {}",
        literals(dialect, &[id])
    )
}

pub(super) fn literals(dialect: &dyn Dialect, ids: &[RevisionId]) -> String {
    let ids = ids
        .iter()
        .map(|id| dialect.literal(&Literal::Text(id.to_string())));
    ids.collect::<Vec<_>>().join(", ")
}

/// Returns a step that fails with the message if the database has one of the revisions.
fn none_of(dialect: &dyn Dialect, ids: &[RevisionId], message: &str) -> Statement {
    Statement::from(Step::ExpectNoRows {
        sql: format!("SELECT id FROM {TABLE} WHERE id IN ({})", literals(dialect, ids)),
        message: message.to_owned(),
    })
}

/// Returns a step that fails with the message if the count of a revision is so.
fn stop(dialect: &dyn Dialect, id: RevisionId, is: &str, message: &str) -> Statement {
    let count = count(dialect, id).replacen("count(*)", "count(*) AS rows_found", 1);
    Statement::from(Step::ExpectNoRows {
        sql: format!("SELECT found.rows_found FROM ({count}) AS found WHERE found.rows_found {is}"),
        message: message.to_owned(),
    })
}
