//! Why revisions cannot be written anew.

use std::fmt;

use crate::dialect::Unsupported;
use crate::history::{BranchConflict, HistoryError, RevisionId, Step, Stray};
use crate::script::ScriptError;

/// An operation that does not fit what squashed revisions have led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// The operation.
    pub step: Step,
    /// What was found instead of what it expects.
    pub found: String,
    /// What touches the same things in the revision that the others were squashed into.
    pub touched: Vec<Step>,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Misfit { step, found, touched } = self;
        write!(f, "`{}`: {}: {found}", step.revision, step.operation.describe())?;
        for (at, touched) in touched.iter().enumerate() {
            let before = if at == 0 { " (beside " } else { ", and " };
            write!(
                f,
                "{before}`{}`: {}",
                touched.revision,
                touched.operation.describe()
            )?;
        }
        f.write_str(if touched.is_empty() { "" } else { ")" })
    }
}

/// Why revisions cannot be written anew.
#[derive(Debug)]
pub enum RewriteError {
    /// A range of fewer than two revisions.
    NothingToFold,
    /// Revisions that others build on, besides the last.
    SeveralEnds {
        /// Those of the range on which no other of it builds.
        ends: Vec<RevisionId>,
    },
    /// A revision outside the range that builds on one in its middle.
    BuiltOn {
        /// The one in the middle.
        revision: RevisionId,
        /// The one outside.
        by: RevisionId,
    },
    /// A revision outside the range that stands between its revisions.
    Between {
        /// That revision.
        revision: RevisionId,
    },
    /// A revision that a merge outside the range decided against.
    Overruled {
        /// The revision.
        revision: RevisionId,
    },
    /// A script that wants no transaction, among others that want one.
    NoTransaction {
        /// The revision it is of.
        revision: RevisionId,
    },
    /// A script for a dialect that this build does not know, and that would be lost.
    UnknownDialect {
        /// The revision it is of.
        revision: RevisionId,
        /// The name of the dialect.
        dialect: String,
    },
    /// A revision that would become its own ancestor.
    Onto {
        /// The revision.
        revision: RevisionId,
        /// What it would be moved onto.
        onto: RevisionId,
    },
    /// Revisions that touch the same things as those that they would come to follow.
    Apart {
        /// The first of those that would be moved.
        revision: RevisionId,
        /// The heads between which someone can decide.
        heads: Vec<RevisionId>,
        /// The operations, and the revisions that they are in.
        conflicts: Vec<BranchConflict>,
    },
    /// Operations of a branch from the midst of squashed revisions that do not fit what those have led to.
    Misfits {
        /// The revision with which the branch begins.
        stray: Stray,
        /// All that would be moved.
        branch: Vec<RevisionId>,
        /// The operations.
        misfits: Vec<Misfit>,
    },
    /// A script that cannot be understood.
    Script {
        /// The revision it is of.
        revision: RevisionId,
        /// What is wrong.
        error: ScriptError,
    },
    /// A revision of the past that a dialect cannot hold.
    Past {
        /// The revision.
        revision: RevisionId,
        /// What the dialect cannot do.
        error: Unsupported,
    },
    /// A revision that a dialect cannot hold where it would come to stand.
    Place {
        /// The revision.
        revision: RevisionId,
        /// What the dialect cannot do.
        error: Unsupported,
    },
    /// What a dialect cannot do.
    Unsupported(Unsupported),
    /// A file that cannot be read, or operations that do not fit where they come to stand.
    History(HistoryError),
}

impl RewriteError {
    /// Returns how to go on.
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
    /// let error = schema_core::rewrite::rebase(&history, &[], right, left).unwrap_err();
    /// println!("{error}\nhint: {}", error.hint().unwrap_or_default());
    /// # assert!(error.to_string().contains("items.size"), "{error}");
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            RewriteError::NothingToFold => {
                "name a range of two revisions or more, as `autogen history` lists them".into()
            }
            RewriteError::SeveralEnds { .. } => {
                "join them with `autogen merge` first, or fold one branch".into()
            }
            RewriteError::BuiltOn { by, .. } => {
                format!("fold up to the revision that `{by}` builds on, or from it on")
            }
            RewriteError::Between { revision } => {
                format!("fold a range that has `{revision}`, too, or ends before it")
            }
            RewriteError::Overruled { .. } => {
                "fold a range that has the merge, too, or ends before it".into()
            }
            RewriteError::NoTransaction { revision } => {
                format!("fold what is before `{revision}` and what is after it")
            }
            RewriteError::UnknownDialect { .. } => {
                "use a build that has the dialect, or delete the script if nobody needs it".into()
            }
            RewriteError::Onto { .. } => "name a revision of another branch".into(),
            RewriteError::Apart { heads, .. } => {
                let back =
                    "take one of them back: remove its folder, and write it again with `autogen migrate`";
                match heads[..] {
                    [] | [_] => back.into(),
                    [_, _, ..] => {
                        let choices: Vec<String> = heads
                            .iter()
                            .map(|head| format!("`autogen merge --prefer {head}`"))
                            .collect();
                        format!("decide whose change counts: {}; or {back}", choices.join(", "))
                    }
                }
            }
            RewriteError::Misfits { stray, branch, .. } => {
                let parent = stray.parent;
                let (folders, it) = match branch.len() {
                    0 | 1 => ("folder", "it"),
                    _ => ("folders", "them"),
                };
                let ids: Vec<String> = branch.iter().map(|id| format!("`{id}`")).collect();
                format!(
                    "put the {folders} of {} aside, and write what is still wanted of {it} with `autogen migrate`; a database that has {it} takes {it} back before, with `autogen downgrade {parent}`",
                    ids.join(", ")
                )
            }
            RewriteError::Script { error, .. } => return error.hint(),
            RewriteError::Past { revision, error } => {
                let dialect = error.dialect;
                format!(
                    "leave {dialect} out of `dialects` while a new revision takes back what it cannot hold; once every database has that, fold both \
                     with `autogen squash`; or write `upgrade.{dialect}.sql` and `downgrade.{dialect}.sql` in the folder of `{revision}` by hand"
                )
            }
            RewriteError::Place { revision, .. } => format!(
                "put the folder of `{revision}` aside, and what builds on it, and write what is still wanted of it with `autogen migrate`; a database that has it takes it back before"
            ),
            RewriteError::Unsupported(_) => return None,
            RewriteError::History(error) => return error.hint(),
        })
    }
}

impl fmt::Display for RewriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RewriteError::NothingToFold => f.write_str("there are fewer than two revisions to squash"),
            RewriteError::SeveralEnds { ends } => {
                let ends: Vec<String> = ends.iter().map(|id| format!("`{id}`")).collect();
                write!(
                    f,
                    "cannot squash: the range has several ends, {}",
                    ends.join(" and ")
                )
            }
            RewriteError::BuiltOn { revision, by } => {
                write!(
                    f,
                    "cannot squash: `{by}` builds on `{revision}`, in the middle of the range"
                )
            }
            RewriteError::Between { revision } => {
                write!(
                    f,
                    "cannot squash: `{revision}` stands between the revisions of the range"
                )
            }
            RewriteError::Overruled { revision } => {
                write!(
                    f,
                    "cannot squash: a merge after the range decided against `{revision}`"
                )
            }
            RewriteError::NoTransaction { revision } => {
                write!(
                    f,
                    "cannot squash: the script of `{revision}` wants no transaction"
                )
            }
            RewriteError::UnknownDialect { revision, dialect } => {
                write!(
                    f,
                    "cannot squash: `{revision}` has a script for `{dialect}`, which is no dialect of this build"
                )
            }
            RewriteError::Onto { revision, onto } => {
                write!(f, "cannot rebase: `{onto}` builds on `{revision}`")
            }
            RewriteError::Apart {
                revision, conflicts, ..
            } => {
                let conflicts: Vec<String> = conflicts.iter().map(ToString::to_string).collect();
                write!(f, "cannot rebase `{revision}`: {}", conflicts.join("; "))
            }
            RewriteError::Misfits { stray, misfits, .. } => {
                let misfits: Vec<String> = misfits.iter().map(ToString::to_string).collect();
                write!(
                    f,
                    "cannot rebase `{}`, made for the schema at `{}`, which others of `{}` have changed since: {}",
                    stray.revision,
                    stray.parent,
                    stray.by,
                    misfits.join("; ")
                )
            }
            RewriteError::Script { revision, error } => {
                write!(f, "cannot read a script of `{revision}`: {error}")
            }
            RewriteError::Past { revision, error } => {
                write!(f, "cannot write scripts of `{revision}`: {error}")
            }
            RewriteError::Place { revision, error } => write!(f, "cannot rebase `{revision}`: {error}"),
            RewriteError::Unsupported(error) => error.fmt(f),
            RewriteError::History(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RewriteError {}

impl From<HistoryError> for RewriteError {
    fn from(error: HistoryError) -> Self {
        RewriteError::History(error)
    }
}

impl From<Unsupported> for RewriteError {
    fn from(error: Unsupported) -> Self {
        RewriteError::Unsupported(error)
    }
}
