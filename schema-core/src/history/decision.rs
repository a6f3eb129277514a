//! The end that branches come to which touch the same things, once someone has said whose change counts.

use std::collections::BTreeSet;

use super::{BranchConflict, History, HistoryError, RevisionId, Step};
use crate::operation::{Operation, conflicts, left_with};
use crate::schema::Schema;

/// How branches that touch the same things are joined.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decision {
    /// The revisions that are not applied on the way to the merge, parents first.
    pub overrules: Vec<RevisionId>,
    /// What those did besides what was decided against: the merge does it in their place.
    pub operations: Vec<Operation>,
    /// What was decided against.
    pub dropped: Vec<Step>,
    /// The conflicts about which nothing was said.
    pub open: Vec<BranchConflict>,
}

/// What branches have in common, and the orders in which the rest may come to a database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Orders {
    /// The common revisions.
    pub common: Vec<RevisionId>,
    /// The others, in each order.
    pub orders: Vec<Vec<RevisionId>>,
}

impl History {
    /// Decides between the branches that `heads` end: where two touch the same thing, the one whose head comes first in `preferred` counts, or is the only
    /// one in it. Where neither is in it, the conflict stays [open](Decision::open).
    ///
    /// Of the other, the revisions that do so are overruled, with all that builds on them; what they did besides is left
    /// to do for the merge.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] if a revision's file cannot be understood, or what is left does not fit together.
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
    /// let decision = history.decide(&[left, right], &[left])?;
    /// assert_eq!(decision.overrules, [right]);
    /// assert!(decision.open.is_empty());
    /// let undecided = history.decide(&[left, right], &[])?;
    /// assert_eq!(undecided.open.len(), 1);
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    pub fn decide(&self, heads: &[RevisionId], preferred: &[RevisionId]) -> Result<Decision, HistoryError> {
        let mut overruled: BTreeSet<RevisionId> = BTreeSet::new();
        let mut open = Vec::new();
        for (at, one) in heads.iter().enumerate() {
            for other in &heads[at + 1..] {
                loop {
                    let left = without(self.only(*one, *other), &overruled);
                    let right = without(self.only(*other, *one), &overruled);
                    let found = self.conflicts_between(&left, &right)?;
                    if found.is_empty() {
                        break;
                    }
                    let place = |head: &RevisionId| preferred.iter().position(|preferred| preferred == head);
                    let (losing, steps): (_, Vec<RevisionId>) = match (place(one), place(other)) {
                        (None, None) => {
                            open.extend(found);
                            break;
                        }
                        (Some(mine), Some(theirs)) if mine > theirs => (
                            left,
                            found.iter().map(|conflict| conflict.left.revision).collect(),
                        ),
                        (None, Some(_)) => (
                            left,
                            found.iter().map(|conflict| conflict.left.revision).collect(),
                        ),
                        (Some(_), _) => (
                            right,
                            found.iter().map(|conflict| conflict.right.revision).collect(),
                        ),
                    };
                    let gone: BTreeSet<RevisionId> = self.descendants(&steps).into_iter().collect();
                    overruled.extend(losing.into_iter().filter(|id| gone.contains(id)));
                }
            }
        }
        self.carry_over(heads, overruled, open)
    }

    /// Keeps, of what the overruled revisions do, what no one else decided otherwise.
    fn carry_over(
        &self,
        heads: &[RevisionId],
        overruled: BTreeSet<RevisionId>,
        open: Vec<BranchConflict>,
    ) -> Result<Decision, HistoryError> {
        let all = self.applied_at(heads);
        let overrules: Vec<RevisionId> = all.iter().filter(|id| overruled.contains(id)).copied().collect();
        if !open.is_empty() || overrules.is_empty() {
            return Ok(Decision {
                overrules,
                open,
                ..Decision::default()
            });
        }
        let applied = without(all, &overruled);
        let schema = self.replay_all(&applied)?;
        let common = self.common(heads);
        let theirs: Vec<Operation> = self
            .steps(&without(applied, &common))?
            .into_iter()
            .map(|step| step.operation)
            .collect();
        let (kept, dropped) = kept(self.steps(&overrules)?, &theirs, &schema);
        let operations = kept.into_iter().map(|step| step.operation).collect();
        Ok(Decision {
            overrules,
            operations,
            dropped,
            open,
        })
    }

    /// Returns the schema at some revisions, if those that are overruled are not applied.
    ///
    /// # Errors
    ///
    /// As [`schema_at`](Self::schema_at).
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
    /// let schema = history.schema_without(&[left, right], &[right])?;
    /// assert_eq!(schema, history.schema_at(&[left])?);
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    pub fn schema_without(
        &self,
        ids: &[RevisionId],
        overruled: &[RevisionId],
    ) -> Result<Schema, HistoryError> {
        let gone = overruled.iter().copied().collect();
        self.replay_all(&without(self.applied_at(ids), &gone))
    }

    /// Returns the orders in which databases may get what branches have for themselves: any branch may come first, or all at once.
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
    /// let orders = history.orders(&[left, right], &[]);
    /// assert_eq!(orders.common, [base]);
    /// assert_eq!(orders.orders, [[left, right], [right, left]]);
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    #[must_use]
    pub fn orders(&self, heads: &[RevisionId], overruled: &[RevisionId]) -> Orders {
        let gone: BTreeSet<RevisionId> = overruled.iter().copied().collect();
        let common = self.common(heads);
        let all = without(without(self.applied_at(heads), &gone), &common);
        let mut orders: Vec<Vec<RevisionId>> = Vec::new();
        for head in heads {
            let branch = self.applied_at(&[*head]);
            let (first, then): (Vec<RevisionId>, Vec<RevisionId>) =
                all.iter().partition(|id| branch.contains(id));
            let order = [first, then].concat();
            if !orders.contains(&order) {
                orders.push(order);
            }
        }
        if !orders.contains(&all) {
            orders.push(all);
        }
        Orders {
            common: common.into_iter().collect(),
            orders,
        }
    }

    /// Returns what a database has at whichever of the revisions it is.
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
    /// assert_eq!(history.common(&[left, right]), [base].into());
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    #[must_use]
    pub fn common(&self, heads: &[RevisionId]) -> BTreeSet<RevisionId> {
        let mut sets = heads
            .iter()
            .map(|head| self.applied_at(&[*head]).into_iter().collect::<BTreeSet<_>>());
        let first = sets.next().unwrap_or_default();
        sets.fold(first, |common, set| common.intersection(&set).copied().collect())
    }
}

/// Parts steps into those that can still be taken, after `theirs` have led to the schema, and those that are left: where both touch the same thing,
/// what does not fit any more, and what belongs to either.
fn kept(steps: Vec<Step>, theirs: &[Operation], schema: &Schema) -> (Vec<Step>, Vec<Step>) {
    let (revisions, operations): (Vec<RevisionId>, Vec<Operation>) = steps
        .iter()
        .map(|step| (step.revision, step.operation.clone()))
        .unzip();
    let mut left: BTreeSet<usize> = BTreeSet::new();
    loop {
        let (places, kept): (Vec<usize>, Vec<Operation>) = (0..)
            .zip(&operations)
            .filter(|(at, _)| !left.contains(at))
            .map(|(at, operation)| (at, operation.clone()))
            .unzip();
        let clashing = conflicts(theirs, &kept)
            .into_iter()
            .map(|conflict| conflict.right);
        let mut found: BTreeSet<usize> = clashing.map(|at| places[at]).collect();
        if found.is_empty() {
            let mut schema = schema.clone();
            let misfit = kept
                .iter()
                .position(|operation| operation.apply(&mut schema).is_err());
            found.extend(misfit.map(|at| places[at]));
        }
        if found.is_empty() {
            break;
        }
        found.append(&mut left);
        left = left_with(&operations, &revisions, &found);
    }
    let (left, kept): (Vec<_>, Vec<_>) = (0..).zip(steps).partition(|(at, _)| left.contains(at));
    let step = |(_, step): (usize, Step)| step;
    (
        kept.into_iter().map(step).collect(),
        left.into_iter().map(step).collect(),
    )
}

fn without(mut ids: Vec<RevisionId>, gone: &BTreeSet<RevisionId>) -> Vec<RevisionId> {
    ids.retain(|id| !gone.contains(id));
    ids
}
