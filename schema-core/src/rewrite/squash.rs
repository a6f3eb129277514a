//! A range of revisions as one, which a database that has them all has already.

mod compose;

use std::collections::{BTreeMap, BTreeSet};

use super::{KeptScript, RewriteError, all_dialects};
use crate::dialect::Dialect;
use crate::diff::Answers;
use crate::history::files::Scripts;
use crate::history::{Header, History, Revision, RevisionId, ScriptSums, Squashed};
use crate::operation::{Operation, apply_all, optimize};
use crate::schema::Schema;
use crate::script::{Allow, checksum};

/// What is said of a revision that is new, and does not follow from the revisions that it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRevision {
    /// The id, which no revision has.
    pub id: RevisionId,
    /// What it is, in words.
    pub message: String,
    /// The time at which it was made, as RFC 3339 writes it.
    pub created: String,
}

/// What a range was squashed into.
#[derive(Debug, Clone)]
pub struct Squash {
    /// The revision.
    pub revision: Revision,
    /// Its scripts, by dialect.
    pub scripts: BTreeMap<String, Scripts>,
    /// The schema before it.
    pub from: Schema,
    /// The schema after it, the same as after the range.
    pub to: Schema,
    /// What a person wrote by hand, which is in it as it was.
    pub kept: Vec<KeptScript>,
    /// Scripts written by hand that did not turn foreign keys off, and now run with them off.
    pub foreign_keys_off: Vec<KeptScript>,
    /// What scripts allowed at their heads, or in statements that are not in the new ones.
    pub allows_left: Vec<(KeptScript, Allow)>,
}

/// Folds revisions into one. Its scripts are for the dialects given, and for those for which one of them has some.
///
/// # Errors
///
/// [`RewriteError`] if they are no range: others stand between them or build on their middle; or a script cannot be folded.
///
/// # Example
///
/// The [module](super) shows a whole one. What others build on cannot be folded away:
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
/// # use schema_core::history::RevisionId;
/// use schema_core::rewrite::{NewRevision, squash};
///
/// let new = NewRevision {
///     id: RevisionId::new(0x6b00_0001, 0),
///     message: "items".into(),
///     created: "2026-01-04T00:00:00Z".into(),
/// };
/// let error = squash(&history, &[], &[base, left], new).unwrap_err();
/// assert!(error.to_string().contains(&right.to_string()), "{error}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn squash(
    history: &History,
    dialects: &[&'static dyn Dialect],
    range: &[RevisionId],
    new: NewRevision,
) -> Result<Squash, RewriteError> {
    let members = members(history, range)?;
    let parents = parents(history, &members);
    refuse_split(history, &members, &parents)?;
    let inside: BTreeSet<RevisionId> = members.iter().map(|header| header.id).collect();
    let overruled: BTreeSet<RevisionId> = members
        .iter()
        .flat_map(|header| header.overrules.iter().copied())
        .collect();
    let overrules: Vec<RevisionId> = overruled.difference(&inside).copied().collect();
    let applied: Vec<&Header> = members
        .into_iter()
        .filter(|header| !overruled.contains(&header.id))
        .collect();

    let from = history.schema_without(&parents, &overrules)?;
    let mut operations: Vec<Operation> = Vec::new();
    for header in &applied {
        operations.extend(history.operations(header.id)?);
    }
    let operations = optimize(&operations);
    let to = apply_all(from.clone(), &operations).map_err(|error| history.misfit(applied[0].id, error))?;

    let mut dialects = dialects.to_vec();
    for revision in range {
        let (all, unknown) = all_dialects(history, &dialects, *revision)?;
        if let Some(dialect) = unknown.into_iter().next() {
            return Err(RewriteError::UnknownDialect {
                revision: *revision,
                dialect,
            });
        }
        dialects = all;
    }
    let mut composed = compose::Composed::default();
    for dialect in dialects {
        let ids: Vec<RevisionId> = applied.iter().map(|header| header.id).collect();
        compose::compose(history, dialect, &from, &ids, &new, &mut composed)?;
    }
    let sums = composed.scripts.iter().map(|(dialect, scripts)| {
        let sums = ScriptSums {
            upgrade: checksum(&scripts.upgrade),
            downgrade: checksum(&scripts.downgrade),
            edited: (composed.kept.iter())
                .filter(|kept| kept.dialect == *dialect)
                .map(|kept| kept.direction)
                .collect(),
        };
        (dialect.clone(), sums)
    });
    let NewRevision { id, message, created } = new;
    let revision = Revision {
        id,
        parents,
        message,
        created,
        answers: Answers::of(&operations),
        operations,
        scripts: sums.collect(),
        replaces: applied.iter().map(|header| squashed(header)).collect(),
        overrules,
    };
    Ok(Squash {
        revision,
        scripts: composed.scripts,
        from,
        to,
        kept: composed.kept,
        foreign_keys_off: composed.foreign_keys_off,
        allows_left: composed.allows_left,
    })
}

fn squashed(header: &Header) -> Squashed {
    if header.replaces.is_empty() {
        return Squashed::Plain(header.id);
    }
    Squashed::Again {
        id: header.id,
        replaces: header.replaces.clone(),
    }
}

/// Returns the revisions of the range, parents first.
fn members<'a>(history: &'a History, range: &[RevisionId]) -> Result<Vec<&'a Header>, RewriteError> {
    let members: Vec<&Header> = history
        .revisions()
        .iter()
        .filter(|header| range.contains(&header.id))
        .collect();
    if members.len() < 2 {
        return Err(RewriteError::NothingToFold);
    }
    Ok(members)
}

/// Returns what the range builds on.
fn parents(history: &History, members: &[&Header]) -> Vec<RevisionId> {
    let inside: BTreeSet<RevisionId> = members.iter().map(|header| header.id).collect();
    let outside: BTreeSet<RevisionId> = members
        .iter()
        .flat_map(|header| header.parents.iter().copied())
        .filter(|parent| !inside.contains(parent))
        .collect();
    // One that another of them builds on says nothing more.
    let needed = |id: &RevisionId| {
        !outside
            .iter()
            .any(|other| other != id && history.ancestors(&[*other]).contains(id))
    };
    outside.iter().filter(|id| needed(id)).copied().collect()
}

/// Refuses a range that is not one piece, with one end.
fn refuse_split(history: &History, members: &[&Header], parents: &[RevisionId]) -> Result<(), RewriteError> {
    let inside: BTreeSet<RevisionId> = members.iter().map(|header| header.id).collect();
    let between = history
        .ancestors(parents)
        .into_iter()
        .find(|id| inside.contains(id));
    if between.is_some() {
        let revision = parents.iter().find(|parent| {
            history
                .ancestors(&[**parent])
                .iter()
                .any(|id| inside.contains(id))
        });
        return Err(RewriteError::Between {
            revision: revision.copied().unwrap_or(members[0].id),
        });
    }
    let built_on: BTreeSet<RevisionId> = members
        .iter()
        .flat_map(|header| header.parents.iter().copied())
        .collect();
    let ends: Vec<RevisionId> = inside.difference(&built_on).copied().collect();
    let [end] = ends[..] else {
        return Err(RewriteError::SeveralEnds { ends });
    };
    for header in history
        .revisions()
        .iter()
        .filter(|header| !inside.contains(&header.id))
    {
        if let Some(revision) = header
            .parents
            .iter()
            .find(|parent| **parent != end && inside.contains(parent))
        {
            return Err(RewriteError::BuiltOn {
                revision: *revision,
                by: header.id,
            });
        }
        if let Some(revision) = header.overrules.iter().find(|id| inside.contains(id)) {
            return Err(RewriteError::Overruled { revision: *revision });
        }
    }
    Ok(())
}
