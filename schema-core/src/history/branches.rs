//! Branches: where two heads touch the same things, and what each has for itself.

use std::collections::BTreeSet;
use std::fmt;

use super::{History, HistoryError, RevisionId};
use crate::operation::{Operation, Thing, conflicts};

/// Two revisions on different branches that touch the same thing.
///
/// Two branches that add a column of the same name, which a merge cannot join without being told which counts:
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
/// #         "operations": [{"add_column": {"table": "items", "column": {"name": "size", "type": "f64", "nullable": true}}}]}"#),
/// # ]);
/// # let history = History::embedded(&BRANCHES)?;
/// # let [base, left, right] = [0, 1, 2].map(|at| history.revisions()[at].id);
/// let conflict = &history.conflicts(&[left, right])?[0];
/// assert_eq!((conflict.left.revision, conflict.right.revision), (left, right));
/// assert!(conflict.to_string().contains("both touch column 'items.size'"), "{conflict}");
/// # Ok::<(), schema_core::history::HistoryError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchConflict {
    /// What both touch, by the name that it had before either.
    pub thing: Thing,
    /// The one.
    pub left: Step,
    /// The other.
    pub right: Step,
}

/// An operation, and the revision that it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The revision.
    pub revision: RevisionId,
    /// The operation.
    pub operation: Operation,
}

impl fmt::Display for BranchConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let BranchConflict { thing, left, right } = self;
        write!(
            f,
            "`{}` and `{}` both touch {thing}: {}, and {}",
            left.revision,
            right.revision,
            left.operation.describe(),
            right.operation.describe()
        )
    }
}

impl History {
    /// Returns what a database at `one` has and one at `other` has not, parents first.
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
    /// #         "operations": [{"add_column": {"table": "items", "column": {"name": "size", "type": "f64", "nullable": true}}}]}"#),
    /// # ]);
    /// # let history = History::embedded(&BRANCHES)?;
    /// # let [base, left, right] = [0, 1, 2].map(|at| history.revisions()[at].id);
    /// assert_eq!(history.only(left, right), [left]); // both have the base
    /// assert!(history.only(base, right).is_empty());
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    #[must_use]
    pub fn only(&self, one: RevisionId, other: RevisionId) -> Vec<RevisionId> {
        let others: BTreeSet<RevisionId> = self.applied_at(&[other]).into_iter().collect();
        let mut only = self.applied_at(&[one]);
        only.retain(|id| !others.contains(id));
        only
    }

    /// Returns where the branches that the given revisions end touch the same things, pair by pair.
    ///
    /// If there is no such place, the schema at all of them is the same in whichever order their operations are applied.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] if a revision's file cannot be understood.
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
    /// #         "operations": [{"add_column": {"table": "items", "column": {"name": "size", "type": "f64", "nullable": true}}}]}"#),
    /// # ]);
    /// # let history = History::embedded(&BRANCHES)?;
    /// # let [base, left, right] = [0, 1, 2].map(|at| history.revisions()[at].id);
    /// assert_eq!(history.conflicts(history.heads())?.len(), 1);
    /// assert!(history.conflicts(&[base, left])?.is_empty());
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    pub fn conflicts(&self, heads: &[RevisionId]) -> Result<Vec<BranchConflict>, HistoryError> {
        let mut found = Vec::new();
        for (at, one) in heads.iter().enumerate() {
            for other in &heads[at + 1..] {
                let (left, right) = (self.only(*one, *other), self.only(*other, *one));
                found.extend(self.conflicts_between(&left, &right)?);
            }
        }
        Ok(found)
    }

    /// Returns where the merges of the history joined what touches the same things, without a decision.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] if a revision's file cannot be understood.
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
    /// #         "operations": [{"add_column": {"table": "items", "column": {"name": "size", "type": "f64", "nullable": true}}}]}"#),
    /// # ]);
    /// # let history = History::embedded(&BRANCHES)?;
    /// # let [base, left, right] = [0, 1, 2].map(|at| history.revisions()[at].id);
    /// assert!(history.merged_conflicts()?.is_empty()); // there is no merge yet
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    pub fn merged_conflicts(&self) -> Result<Vec<(RevisionId, BranchConflict)>, HistoryError> {
        let mut found = Vec::new();
        for merge in self.headers.iter().filter(|header| header.parents.len() > 1) {
            let counts = |id: &RevisionId| !merge.overrules.contains(id);
            for (at, one) in merge.parents.iter().enumerate() {
                for other in &merge.parents[at + 1..] {
                    let left: Vec<RevisionId> = self.only(*one, *other).into_iter().filter(counts).collect();
                    let right: Vec<RevisionId> = self.only(*other, *one).into_iter().filter(counts).collect();
                    let conflicts = self.conflicts_between(&left, &right)?;
                    found.extend(conflicts.into_iter().map(|conflict| (merge.id, conflict)));
                }
            }
        }
        Ok(found)
    }

    /// Returns where a revision touches the same things as those of other branches, which are not among its ancestors.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] if a revision's file cannot be understood.
    pub(crate) fn conflicts_with(
        &self,
        revision: RevisionId,
        others: &[RevisionId],
    ) -> Result<Vec<BranchConflict>, HistoryError> {
        let theirs: BTreeSet<RevisionId> = self.applied_at(others).into_iter().collect();
        let mut own = self.applied_at(&[revision]);
        own.retain(|id| !theirs.contains(id));
        let mut found = self.conflicts_between(&own, others)?;
        found.retain(|conflict| conflict.left.revision == revision);
        Ok(found)
    }

    /// Returns where two lists of revisions, made apart from one another, touch the same things.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] if a revision's file cannot be understood.
    pub(crate) fn conflicts_between(
        &self,
        left: &[RevisionId],
        right: &[RevisionId],
    ) -> Result<Vec<BranchConflict>, HistoryError> {
        let left = self.steps(left)?;
        let right = self.steps(right)?;
        let operations =
            |steps: &[Step]| -> Vec<Operation> { steps.iter().map(|step| step.operation.clone()).collect() };
        let found = conflicts(&operations(&left), &operations(&right));
        Ok(found
            .into_iter()
            .map(|conflict| BranchConflict {
                thing: conflict.thing,
                left: left[conflict.left].clone(),
                right: right[conflict.right].clone(),
            })
            .collect())
    }

    pub(crate) fn steps(&self, revisions: &[RevisionId]) -> Result<Vec<Step>, HistoryError> {
        let mut steps = Vec::new();
        for revision in revisions {
            let operations = self.operations(*revision)?;
            steps.extend(operations.into_iter().map(|operation| Step {
                revision: *revision,
                operation,
            }));
        }
        Ok(steps)
    }
}
