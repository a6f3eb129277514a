//! What a database lacks on its way to some revisions, and when it has gone another way.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{History, Replaced, RevisionId, Squashed};

/// What an upgrade has to do.
///
/// A database that has all that a revision was squashed from need run nothing:
///
/// ```
/// # use schema_core::{EmbeddedRevision, Migrations, history::{History, RevisionId}};
/// # static SQUASHED: Migrations = Migrations::new("migrations", &[EmbeddedRevision {
/// #     folder: "6b0000000009_items",
/// #     revision: r#"{"format": 1, "id": "6b0000000009", "parents": [], "message": "items", "created": "2026-01-09T00:00:00Z",
/// #         "replaces": ["6b0000000001", "6b0000000002"], "operations": []}"#,
/// #     scripts: &[],
/// # }]);
/// # let history = History::embedded(&SQUASHED)?;
/// # let [first, second, squash] = [1, 2, 9].map(|nth| RevisionId::new(0x6b00_0000, nth));
/// let pending = history.pending(&[squash], &[first, second].into()).unwrap();
/// assert!(pending.run.is_empty());
/// assert_eq!(pending.adopt, [squash]);
/// # Ok::<(), schema_core::history::HistoryError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pending {
    /// The revisions whose scripts have to run, parents first.
    pub run: Vec<RevisionId>,
    /// The revisions that the database has already, by what they were squashed from: they take its place, and nothing runs.
    pub adopt: Vec<RevisionId>,
}

/// A database that cannot go on from where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stuck {
    /// It has some of the revisions that were squashed into one, but not all.
    PartlySquashed {
        /// The revision that they were squashed into.
        revision: RevisionId,
        /// What it has of them.
        has: Vec<RevisionId>,
        /// What it lacks of them.
        lacks: Vec<RevisionId>,
        /// What it has that builds on the revision by now.
        beyond: Vec<RevisionId>,
    },
    /// It has a revision that a merge decided against.
    Overruled {
        /// The revision.
        revision: RevisionId,
        /// The merge.
        by: RevisionId,
        /// What the database has of it, if that is only some of what was squashed into it.
        part: Vec<RevisionId>,
        /// Where the database has to be before it can go on.
        back_to: Vec<RevisionId>,
        /// What it cannot go on from there for, either.
        then: Option<Box<Stuck>>,
    },
    /// It has a revision that was put on top of another one only since, and the script of that would undo it.
    Overtaken {
        /// The revision that it should get.
        revision: RevisionId,
        /// The one that it has.
        by: RevisionId,
        /// The table that the script writes anew; `None` if both touch the same things.
        table: Option<String>,
        /// Where the database has to be before it can go on.
        back_to: Vec<RevisionId>,
    },
    /// It has a merge that decided against what it should get.
    DecidedAgainst {
        /// The revision that it should get.
        revision: RevisionId,
        /// The merge.
        by: RevisionId,
    },
}

impl Stuck {
    /// Returns how to go on.
    ///
    /// ```
    /// # use schema_core::{EmbeddedRevision, Migrations, history::{History, RevisionId}};
    /// # static SQUASHED: Migrations = Migrations::new("migrations", &[EmbeddedRevision {
    /// #     folder: "6b0000000009_items",
    /// #     revision: r#"{"format": 1, "id": "6b0000000009", "parents": [], "message": "items", "created": "2026-01-09T00:00:00Z",
    /// #         "replaces": ["6b0000000001", "6b0000000002"], "operations": []}"#,
    /// #     scripts: &[],
    /// # }]);
    /// # let history = History::embedded(&SQUASHED)?;
    /// # let [first, second, squash] = [1, 2, 9].map(|nth| RevisionId::new(0x6b00_0000, nth));
    /// let stuck = history.pending(&[squash], &[first].into()).unwrap_err(); // half of what was squashed
    /// assert!(stuck.hint().contains("check out a version from before the squash"));
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Stuck::PartlySquashed {
                revision,
                has,
                lacks,
                beyond,
            } => {
                let last = lacks.last().map(ToString::to_string).unwrap_or_default();
                let before = format!(
                    "check out a version from before the squash and bring the database to `{last}` with `autogen upgrade {last}`; then it has all of `{revision}`"
                );
                if beyond.is_empty() {
                    return before;
                }
                let has: Vec<String> = has.iter().map(ToString::to_string).collect();
                format!(
                    "{before}. That version has to have {}, too: merge its branch into it, or take it back before, and what it added, with `autogen downgrade {}`",
                    list(beyond),
                    has.join(" ")
                )
            }
            Stuck::Overruled { back_to, then, .. } => taken_back(back_to, then.as_deref()),
            Stuck::Overtaken { back_to, .. } => taken_back(back_to, None),
            Stuck::DecidedAgainst { by, .. } => format!(
                "what is still wanted of it has to be a revision that builds on `{by}`; one that builds on it is moved there with `autogen rebase REV --onto {by}`"
            ),
        }
    }
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stuck::PartlySquashed {
                revision,
                has,
                lacks,
                beyond: _,
            } => write!(
                f,
                "cannot upgrade to `{revision}`, into which revisions were squashed: of those, the database has {}, but not {}",
                list(has),
                list(lacks)
            ),
            Stuck::Overruled {
                revision,
                by,
                part,
                back_to: _,
                then: _,
            } => {
                f.write_str("cannot upgrade: the database has ")?;
                if !part.is_empty() {
                    write!(f, "{} of ", list(part))?;
                }
                write!(f, "`{revision}`, which `{by}` decided against")
            }
            Stuck::Overtaken {
                revision,
                by,
                table,
                back_to: _,
            } => {
                write!(
                    f,
                    "cannot upgrade to `{revision}`: the database has `{by}`, which came to build on it only since, "
                )?;
                match table {
                    Some(table) => write!(
                        f,
                        "and the script of `{revision}` writes table `{table}` anew without what `{by}` did to it"
                    ),
                    None => f.write_str("and both touch the same things"),
                }
            }
            Stuck::DecidedAgainst { revision, by } => write!(
                f,
                "cannot upgrade to `{revision}`: the database has `{by}`, which decided against it"
            ),
        }
    }
}

impl std::error::Error for Stuck {}

/// Returns how to go on by taking something back, to what is left, and from there.
pub(crate) fn taken_back(to: &[RevisionId], then: Option<&Stuck>) -> String {
    let then = then.map_or_else(
        || "and upgrade again".to_owned(),
        |stuck| format!("then {}", stuck.hint()),
    );
    format!(
        "take it back with `{}`, which drops what it added, {then}",
        downgrade_to(to)
    )
}

/// Returns the command that takes a database back to those revisions; to none of them means to the base.
pub(crate) fn downgrade_to(revisions: &[RevisionId]) -> String {
    let names: Vec<String> = revisions.iter().map(ToString::to_string).collect();
    let names = if names.is_empty() {
        "base".to_owned()
    } else {
        names.join(" ")
    };
    format!("autogen downgrade {names}")
}

fn list(ids: &[RevisionId]) -> String {
    let ids: Vec<String> = ids.iter().map(|id| format!("`{id}`")).collect();
    ids.join(", ")
}

impl History {
    /// Returns what a database that has some revisions lacks on its way to others. The order is the same everywhere.
    ///
    /// # Errors
    ///
    /// [`Stuck`] if the database has only some of what was squashed, or a merge and what that decided against.
    ///
    /// # Example
    ///
    /// ```
    /// # use schema_core::{Migrations, history::History};
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// # let history = History::embedded(&MIGRATIONS)?;
    /// let [first, second] = [history.revisions()[0].id, history.revisions()[1].id];
    /// let pending = history.pending(history.heads(), &[first].into()).expect("nothing was squashed");
    /// assert_eq!(pending.run, [second]);
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    pub fn pending(&self, targets: &[RevisionId], has: &BTreeSet<RevisionId>) -> Result<Pending, Stuck> {
        let mut pending = Pending::default();
        let decisions = self.decisions(has);
        for id in self.applied_at(targets) {
            if has.contains(&id) {
                continue;
            }
            if let Some(by) = decisions.get(&id) {
                return Err(Stuck::DecidedAgainst {
                    revision: id,
                    by: *by,
                });
            }
            match self.replaced(id, has) {
                Replaced::None => pending.run.push(id),
                Replaced::All => pending.adopt.push(id),
                Replaced::Some { has: part, lacks } => {
                    let mut beyond = self.descendants(&[id]);
                    beyond.retain(|id| has.contains(id));
                    return Err(Stuck::PartlySquashed {
                        revision: id,
                        has: part,
                        lacks,
                        beyond,
                    });
                }
            }
            if let Some(stuck) = self.overruled(id, targets, has) {
                return Err(stuck);
            }
        }
        // What a merge decided against stays so where that merge lost against another one.
        let ahead = |pending: &Pending| !pending.run.is_empty() || !pending.adopt.is_empty();
        let lost = self.ancestors(targets).into_iter().filter(|id| !has.contains(id));
        let stuck = lost
            .filter(|_| ahead(&pending))
            .find_map(|id| self.overruled(id, targets, has));
        if let Some(stuck) = stuck {
            return Err(stuck);
        }
        Ok(pending)
    }

    /// Returns why a database cannot go on that has what a merge decided against.
    fn overruled(
        &self,
        merge: RevisionId,
        targets: &[RevisionId],
        has: &BTreeSet<RevisionId>,
    ) -> Option<Stuck> {
        for overruled in &self.get(merge)?.overrules {
            let part = match self.replaced(*overruled, has) {
                Replaced::Some { has: part, lacks: _ } => part,
                Replaced::None if !has.contains(overruled) => continue,
                Replaced::None | Replaced::All => Vec::new(),
            };
            let left = self.without(*overruled, has);
            return Some(Stuck::Overruled {
                revision: *overruled,
                by: merge,
                part,
                then: self.pending(targets, &left).err().map(Box::new),
                back_to: self.tips_of(left),
            });
        }
        None
    }

    /// Returns why a database that has a revision cannot go on, if a merge decided against that, whether it is on the way or not.
    pub(crate) fn overruled_anywhere(&self, id: RevisionId, has: &BTreeSet<RevisionId>) -> Option<Stuck> {
        let merge = self
            .headers
            .iter()
            .find(|header| header.overrules.contains(&id))?;
        let left = self.without(id, has);
        Some(Stuck::Overruled {
            revision: id,
            by: merge.id,
            part: Vec::new(),
            back_to: self.tips_of(left),
            then: None,
        })
    }

    /// Returns what the merges among some revisions decided against, and which of them did.
    fn decisions(&self, has: &BTreeSet<RevisionId>) -> BTreeMap<RevisionId, RevisionId> {
        let has = self.settled(has);
        let merges = self.headers.iter().filter(|header| has.contains(&header.id));
        merges
            .flat_map(|merge| merge.overrules.iter().map(|overruled| (*overruled, merge.id)))
            .collect()
    }

    /// Returns why a database that has a revision cannot be brought to one that this builds on by now, but did not when it ran.
    pub(crate) fn overtaken(
        &self,
        revision: RevisionId,
        by: RevisionId,
        table: Option<String>,
        has: &BTreeSet<RevisionId>,
    ) -> Stuck {
        Stuck::Overtaken {
            revision,
            by,
            table,
            back_to: self.tips_of(self.without(by, has)),
        }
    }

    /// Returns what a database has once one of its own, and all that builds on it, was taken back.
    fn without(&self, id: RevisionId, has: &BTreeSet<RevisionId>) -> BTreeSet<RevisionId> {
        let mut gone: BTreeSet<RevisionId> = self.descendants(&[id]).into_iter().collect();
        let squashed = self.headers.iter().filter(|header| gone.contains(&header.id));
        let squashed: Vec<RevisionId> = squashed
            .flat_map(|header| header.replaces.iter().flat_map(Squashed::ids))
            .collect();
        gone.extend(squashed);
        has.difference(&gone).copied().collect()
    }

    /// Returns the revisions at which a database is that has those.
    fn tips_of(&self, has: BTreeSet<RevisionId>) -> Vec<RevisionId> {
        let parents: BTreeSet<RevisionId> = has
            .iter()
            .filter_map(|id| self.get(*id))
            .flat_map(|header| header.parents.iter().copied())
            .collect();
        has.difference(&parents).copied().collect()
    }
}
