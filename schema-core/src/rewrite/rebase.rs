//! A branch moved onto another revision: the same operations, and scripts for where they come to stand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::{KeptScript, Misfit, RewriteError, all_dialects};
use crate::dialect::Dialect;
use crate::history::files::Scripts;
use crate::history::{Direction, History, Revision, RevisionId, ScriptSums, Step, Stray};
use crate::operation::{Operation, apply_all, conflicts, left_with};
use crate::plan::{Plan, plan};
use crate::schema::Schema;
use crate::script::{Allow, carry_allows, checksum, render};

/// A revision where it comes to stand.
#[derive(Debug, Clone)]
pub struct Moved {
    /// The revision.
    pub revision: Revision,
    /// Its folder.
    pub folder: PathBuf,
    /// Its scripts, by dialect.
    pub scripts: BTreeMap<String, Scripts>,
    /// The schema before it.
    pub from: Schema,
    /// The schema after it.
    pub to: Schema,
    /// The scripts that a person edited, which are as they were.
    pub kept: Vec<KeptScript>,
    /// What scripts allowed in statements that are not in the new ones.
    pub allows_left: Vec<(KeptScript, Allow)>,
    /// The dialects that this build does not know, and for which it has scripts: they stay as they are, and nobody looked whether they still fit.
    pub unknown: Vec<String>,
}

/// What a branch was moved to.
#[derive(Debug, Clone)]
pub struct Rebased {
    /// The revisions that were moved, parents first.
    pub moved: Vec<Moved>,
    /// The history in which they stand.
    pub history: History,
}

/// Moves a revision onto another, with all that builds on it. Scripts are for the dialects given, and for those for which a revision had some.
///
/// A [stray](History::strays), which began in the midst of what was squashed, is none any more. What became of the rest of that is only known by
/// where all of it led to: its operations have to fit that.
///
/// # Errors
///
/// [`RewriteError`] if it would be its own ancestor, or an operation touches what one does that it comes to follow, or does not fit where it comes
/// to stand.
///
/// # Example
///
/// ```
/// # use schema_core::{EmbeddedRevision, Migrations, history::History};
/// # const fn revision(folder: &'static str, revision: &'static str) -> EmbeddedRevision {
/// #     EmbeddedRevision { folder, revision, scripts: &[] }
/// # }
/// # static BRANCHES: Migrations = Migrations::new("migrations", &[
/// #     revision("6b0000000001_items", r#"{"format": 1, "id": "6b0000000001", "parents": [], "message": "items", "created": "2026-01-01T00:00:00Z",
/// #         "operations": [{"create_table": {"table": {"name": "items", "columns": [{"name": "id", "type": "i64"}]}}}]}"#),
/// #     revision("6b0000000002_left", r#"{"format": 1, "id": "6b0000000002", "parents": ["6b0000000001"], "message": "left", "created": "2026-01-02T00:00:00Z",
/// #         "operations": [{"add_column": {"table": "items", "column": {"name": "size", "type": "i64", "nullable": true}}}]}"#),
/// #     revision("6b0000000003_right", r#"{"format": 1, "id": "6b0000000003", "parents": ["6b0000000001"], "message": "right", "created": "2026-01-03T00:00:00Z",
/// #         "operations": [{"add_column": {"table": "items", "column": {"name": "weight", "type": "f64", "nullable": true}}}]}"#),
/// # ]);
/// # let history = History::embedded(&BRANCHES)?;
/// # let [base, left, right] = [0, 1, 2].map(|at| history.revisions()[at].id);
/// use schema_core::rewrite::rebase;
///
/// let rebased = rebase(&history, &[], right, left)?;
/// assert_eq!(rebased.moved[0].revision.parents, [left]);
/// assert_eq!(rebased.history.heads(), [right]);
/// assert_eq!(rebased.moved[0].to, rebased.history.schema()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn rebase(
    history: &History,
    dialects: &[&'static dyn Dialect],
    id: RevisionId,
    onto: RevisionId,
) -> Result<Rebased, RewriteError> {
    history.refuse_squashed_decisions()?;
    let moved = history.descendants(&[id]);
    if moved.contains(&onto) {
        return Err(RewriteError::Onto { revision: id, onto });
    }
    let behind = history.ancestors(&[onto]);
    refuse_apart(history, id, &moved, onto)?;
    let mut parents = history
        .get(id)
        .map(|header| header.parents.clone())
        .unwrap_or_default();
    if parents.len() > 1 {
        parents.retain(|parent| !behind.contains(parent));
    } else {
        parents.clear();
    }
    parents.push(onto);
    let strays: Vec<Stray> = history
        .strays()
        .iter()
        .filter(|stray| moved.contains(&stray.revision))
        .copied()
        .collect();
    let mut history = history.with_parents(id, parents)?;
    if !strays.is_empty() {
        refuse_misfits(&history, &strays, &moved)?;
        for stray in strays {
            // What builds on it and was a stray, too, is written with the parents that it has in the graph.
            let parents = history.get(stray.revision).map(|header| header.parents.clone());
            history = history.with_parents(stray.revision, parents.unwrap_or_default())?;
        }
    }
    let moved = moved
        .into_iter()
        .map(|id| place(&history, dialects, id))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Rebased { moved, history })
}

/// Refuses to move revisions onto others that touch the same things: they were made for a schema that is not there any more.
fn refuse_apart(
    history: &History,
    id: RevisionId,
    moved: &[RevisionId],
    onto: RevisionId,
) -> Result<(), RewriteError> {
    let parents = history
        .get(id)
        .map(|header| header.parents.clone())
        .unwrap_or_default();
    let known = history.ancestors(&parents);
    let mut new = history.applied_at(&[onto]);
    new.retain(|id| !known.contains(id));
    let mut conflicts = history.conflicts_between(&new, moved)?;
    // A merge that is moved may build on some of what it comes to follow.
    conflicts.retain(|conflict| {
        !history
            .ancestors(&[conflict.right.revision])
            .contains(&conflict.left.revision)
    });
    if conflicts.is_empty() {
        return Ok(());
    }
    let heads = history.heads().iter().copied();
    let is_concerned = |head: &RevisionId| {
        let behind = history.ancestors(&[*head]);
        behind.contains(&id) || behind.contains(&onto)
    };
    Err(RewriteError::Apart {
        revision: id,
        heads: heads
            // As long as there are strays, heads cannot be joined.
            .filter(|head| history.strays().is_empty() && is_concerned(head))
            .collect(),
        conflicts,
    })
}

/// Refuses strays, and what builds on them, if they do not fit what the squashed revisions have led to.
fn refuse_misfits(history: &History, strays: &[Stray], moved: &[RevisionId]) -> Result<(), RewriteError> {
    let mut squashed = Vec::new();
    for by in strays.iter().map(|stray| stray.by).collect::<BTreeSet<_>>() {
        squashed.extend(history.steps(&[by])?);
    }
    let beside: Vec<Operation> = squashed.iter().map(|step| step.operation.clone()).collect();
    let mut misfits = Vec::new();
    for header in moved.iter().filter_map(|id| history.get(*id)) {
        // What builds on something that does not fit needs no mention.
        let Ok(mut schema) = history.schema_without(&header.parents, &header.overrules) else {
            continue;
        };
        let operations = history.operations(header.id)?;
        let revisions = vec![header.id; operations.len()];
        let mut left = BTreeSet::new();
        for (at, operation) in operations.iter().enumerate() {
            if left.contains(&at) {
                continue;
            }
            if let Err(error) = operation.apply(&mut schema) {
                left.insert(at);
                left = left_with(&operations, &revisions, &left);
                let touched = conflicts(&beside, std::slice::from_ref(operation));
                let mut touched: Vec<Step> = touched.iter().map(|one| squashed[one.left].clone()).collect();
                touched.dedup();
                misfits.push(Misfit {
                    step: Step {
                        revision: header.id,
                        operation: operation.clone(),
                    },
                    found: error.found,
                    touched,
                });
            }
        }
    }
    if misfits.is_empty() {
        return Ok(());
    }
    Err(RewriteError::Misfits {
        stray: strays[0],
        branch: moved.to_vec(),
        misfits,
    })
}

fn place(
    history: &History,
    dialects: &[&'static dyn Dialect],
    id: RevisionId,
) -> Result<Moved, RewriteError> {
    let mut revision = history.revision(id)?;
    let from = history.schema_without(&revision.parents, &revision.overrules)?;
    let to = apply_all(from.clone(), &revision.operations).map_err(|error| history.misfit(id, error))?;
    let (mut scripts, mut kept, mut allows_left) = (BTreeMap::new(), Vec::new(), Vec::new());
    let (dialects, unknown) = all_dialects(history, dialects, id)?;
    for dialect in dialects {
        let name = dialect.name();
        let plans = plan(dialect, &from, &to, &revision.answers)
            .map_err(|error| RewriteError::Place { revision: id, error })?;
        let mut text = |plan: &Plan, direction: Direction| -> Result<String, RewriteError> {
            if history.is_edited(id, name, direction)? {
                kept.push(KeptScript {
                    revision: id,
                    dialect: name.to_owned(),
                    direction,
                });
                return Ok(history.script(id, name, direction)?);
            }
            let title = format!("{direction} {id}: {}", revision.message);
            let text = render(plan, title.trim_end());
            let Ok(old) = history.script(id, name, direction) else {
                return Ok(text);
            };
            let (text, left) = carry_allows(&old, &text, dialect.lexicon())
                .map_err(|error| RewriteError::Script { revision: id, error })?;
            let script = KeptScript {
                revision: id,
                dialect: name.to_owned(),
                direction,
            };
            allows_left.extend(left.into_iter().map(|allow| (script.clone(), allow)));
            Ok(text)
        };
        let texts = Scripts {
            upgrade: text(&plans.upgrade, Direction::Upgrade)?,
            downgrade: text(&plans.downgrade, Direction::Downgrade)?,
        };
        let is_kept = |direction: Direction| {
            kept.iter()
                .any(|kept| kept.dialect == name && kept.direction == direction)
        };
        let old = revision.scripts.get(name).cloned();
        let sum = |direction: Direction, text: &str, old: Option<String>| match old {
            Some(old) if is_kept(direction) => old,
            Some(_) | None => checksum(text),
        };
        let sums = ScriptSums {
            upgrade: sum(
                Direction::Upgrade,
                &texts.upgrade,
                old.as_ref().map(|sums| sums.upgrade.clone()),
            ),
            downgrade: sum(
                Direction::Downgrade,
                &texts.downgrade,
                old.as_ref().map(|sums| sums.downgrade.clone()),
            ),
            edited: old.map(|sums| sums.edited).unwrap_or_default(),
        };
        revision.scripts.insert(name.to_owned(), sums);
        scripts.insert(name.to_owned(), texts);
    }
    let folder = history.folder(id).map(PathBuf::from).unwrap_or_default();
    Ok(Moved {
        revision,
        folder,
        scripts,
        from,
        to,
        kept,
        allows_left,
        unknown,
    })
}
