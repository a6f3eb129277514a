//! Branches: where two heads touch the same things, and what each has for itself.

use std::collections::BTreeSet;
use std::fmt;

use super::{History, HistoryError, RevisionId};
use crate::operation::{Operation, Thing, conflicts};

/// Two revisions on different branches that touch the same thing.
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
    pub fn conflicts(&self, heads: &[RevisionId]) -> Result<Vec<BranchConflict>, HistoryError> {
        let mut found = Vec::new();
        for (at, one) in heads.iter().enumerate() {
            for other in &heads[at + 1..] {
                found.extend(self.conflicts_of(*one, *other)?);
            }
        }
        Ok(found)
    }

    fn conflicts_of(&self, one: RevisionId, other: RevisionId) -> Result<Vec<BranchConflict>, HistoryError> {
        let left = self.steps(&self.only(one, other))?;
        let right = self.steps(&self.only(other, one))?;
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

    fn steps(&self, revisions: &[RevisionId]) -> Result<Vec<Step>, HistoryError> {
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
