//! The way back: revisions taken out of a database, children first.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::{
    Applied, Event, Failure, Options, Run, RunError, WayBack, execute, version_table, wait_for_lock,
};
use crate::db::Connection;
use crate::dialect::Dialect;
use crate::history::{Cause, Direction, History, RevisionId};
use crate::plan::Plan;
use crate::script;

/// Takes back all that the database has beyond the targets and what they build on, and returns what was taken back
/// here; without targets, everything.
///
/// The script is the file's; where the files do not have the revision, it is the one that the database kept.
/// Everything is read and checked before anything runs. One revision is one transaction.
///
/// # Errors
///
/// [`RunError`]. The revisions taken back before it stay so; of the one that failed, everything is as it was.
pub fn downgrade(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    history: &History,
    targets: &[RevisionId],
    options: &Options,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Vec<RevisionId>, RunError> {
    let rows = version_table::read(connection, dialect)?;
    let parents = parents(history, &rows);
    if let Some(missing) = targets.iter().find(|id| !parents.contains_key(id)) {
        return Err(RunError::NotApplied { revision: *missing });
    }
    let kept = ancestors(&parents, targets);
    let left: Vec<RevisionId> = children_first(&parents)
        .into_iter()
        .filter(|id| !kept.contains(id))
        .collect();
    let rows: BTreeMap<RevisionId, &Applied> = rows.iter().map(|row| (row.id, row)).collect();
    let steps = left
        .iter()
        .map(|id| Downgrade::read(history, dialect, rows[id], &parents[id]))
        .collect::<Result<Vec<_>, _>>()?;
    if steps.is_empty() {
        return Ok(Vec::new());
    }
    on_event(Event::Context {
        dialect: dialect.name(),
        transactional: dialect.session().transactional(),
    });
    wait_for_lock(connection, dialect, options, on_event)?;
    let mut done = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let run = Run {
            connection: &mut *connection,
            dialect,
            options,
            on_event: &mut *on_event,
        };
        if step
            .apply(run, history)
            .map_err(|error| error.in_run(&done, &left[at..]))?
        {
            done.push(step.id);
        }
    }
    Ok(done)
}

/// Returns the parents of each applied revision: as the files say, or the database where they do not have it.
fn parents(history: &History, rows: &[Applied]) -> BTreeMap<RevisionId, Vec<RevisionId>> {
    let of = |row: &Applied| {
        history
            .get(row.id)
            .map_or_else(|| row.parents.clone(), |known| known.parents.clone())
    };
    rows.iter().map(|row| (row.id, of(row))).collect()
}

fn ancestors(parents: &BTreeMap<RevisionId, Vec<RevisionId>>, of: &[RevisionId]) -> BTreeSet<RevisionId> {
    let mut found = BTreeSet::new();
    let mut open = of.to_vec();
    while let Some(id) = open.pop() {
        if found.insert(id) {
            open.extend(parents.get(&id).into_iter().flatten());
        }
    }
    found
}

/// Returns the applied revisions, each before what it builds on; of two that could come next, the higher id.
fn children_first(parents: &BTreeMap<RevisionId, Vec<RevisionId>>) -> Vec<RevisionId> {
    let mut children: BTreeMap<RevisionId, usize> = parents.keys().map(|id| (*id, 0)).collect();
    for parent in parents.values().flatten() {
        if let Some(count) = children.get_mut(parent) {
            *count += 1;
        }
    }
    let mut ready: BTreeSet<RevisionId> = children
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(id, _)| *id)
        .collect();
    let mut order = Vec::with_capacity(parents.len());
    while let Some(id) = ready.pop_last() {
        order.push(id);
        for parent in &parents[&id] {
            if let Some(count) = children.get_mut(parent) {
                *count -= 1;
                if *count == 0 {
                    ready.insert(*parent);
                }
            }
        }
    }
    order
}

/// One revision on its way out of the database, read and checked before anything runs.
struct Downgrade {
    id: RevisionId,
    parents: Vec<RevisionId>,
    message: String,
    path: Option<PathBuf>,
    plan: Plan,
}

impl Downgrade {
    fn read(
        history: &History,
        dialect: &dyn Dialect,
        row: &Applied,
        parents: &[RevisionId],
    ) -> Result<Self, RunError> {
        let (path, text) = find_script(history, dialect, row)?;
        if let Some(reason) = script::irreversible(&text) {
            return Err(RunError::NoWayBack {
                revision: row.id,
                why: WayBack::Irreversible { reason },
            });
        }
        let shown = path
            .clone()
            .unwrap_or_else(|| PathBuf::from("_autogen_revisions"));
        let plan = script::parse(&text, dialect.lexicon()).map_err(|error| RunError::Script {
            revision: row.id,
            path: shown.clone(),
            error,
        })?;
        super::refuse_without_transaction(&plan, dialect, row.id, &shown)?;
        Ok(Downgrade {
            id: row.id,
            parents: parents.to_vec(),
            message: row.message.clone(),
            path,
            plan,
        })
    }

    /// Runs the script and removes the row, unless another process did so meanwhile; tells whether it was done here.
    fn apply(&self, mut run: Run<'_>, history: &History) -> Result<bool, RunError> {
        let started = run.now();
        let applied = run.transaction(&self.plan.mode, self.id, |run| {
            let rows = version_table::read(run.connection, run.dialect)?;
            let parents = parents(history, &rows);
            if !parents.contains_key(&self.id) {
                return Ok(false);
            }
            let by: Vec<RevisionId> = parents
                .iter()
                .filter(|(_, of)| of.contains(&self.id))
                .map(|(id, _)| *id)
                .collect();
            if !by.is_empty() {
                return Err(RunError::DependedOn {
                    revision: self.id,
                    by,
                });
            }
            (run.on_event)(Event::Running {
                direction: Direction::Downgrade,
                revision: self.id,
                message: &self.message,
                from: &[self.id],
                to: &self.parents,
            });
            execute::run(run.connection, run.dialect.session(), &self.plan)
                .map_err(|failure| self.failure(failure))?;
            version_table::delete(run.connection, self.id)?;
            Ok(true)
        })?;
        if applied {
            let duration = run.now().saturating_sub(started);
            (run.on_event)(Event::Finished {
                direction: Direction::Downgrade,
                revision: self.id,
                duration,
            });
        }
        Ok(applied)
    }

    fn failure(&self, failure: execute::StepFailure) -> RunError {
        RunError::Failed(Box::new(Failure {
            direction: Direction::Downgrade,
            revision: self.id,
            message: self.message.clone(),
            script: self.path.clone(),
            line: failure.line,
            statement: failure.statement,
            cause: failure.cause,
            done: Vec::new(),
            left: Vec::new(),
        }))
    }
}

/// Returns the downgrade script and its file, or the one that the database kept.
fn find_script(
    history: &History,
    dialect: &dyn Dialect,
    row: &Applied,
) -> Result<(Option<PathBuf>, String), RunError> {
    if history.get(row.id).is_some() {
        match history.script(row.id, dialect.name(), Direction::Downgrade) {
            Ok(text) => {
                return Ok((
                    history.script_path(row.id, dialect.name(), Direction::Downgrade),
                    text,
                ));
            }
            Err(error) if matches!(error.cause, Cause::NoScript { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let kept = row.downgrade.clone();
    kept.map(|text| (None, text)).ok_or(RunError::NoWayBack {
        revision: row.id,
        why: WayBack::Missing,
    })
}
