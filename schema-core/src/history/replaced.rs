//! Revisions that were squashed into one: what takes their place in the graph, and in databases that have them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Cause, Header, History, HistoryError, RevisionId, Source, Stray, files};

/// A revision that another was squashed from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Squashed {
    /// A plain one.
    Plain(RevisionId),
    /// One that was squashed itself. A database may have it, or all that it was squashed from.
    Again {
        /// Its id.
        id: RevisionId,
        /// What it was squashed from.
        replaces: Vec<Squashed>,
    },
}

impl Squashed {
    /// Returns its id.
    ///
    /// ```
    /// use schema_core::history::{RevisionId, Squashed};
    ///
    /// let [inner, outer] = [RevisionId::new(1, 0), RevisionId::new(2, 0)];
    /// let again = Squashed::Again { id: outer, replaces: vec![Squashed::Plain(inner)] };
    /// assert_eq!(again.id(), outer);
    /// ```
    #[must_use]
    pub fn id(&self) -> RevisionId {
        match self {
            Squashed::Plain(id) | Squashed::Again { id, replaces: _ } => *id,
        }
    }

    /// Returns its id and those of all that it was squashed from.
    ///
    /// ```
    /// # use schema_core::history::{RevisionId, Squashed};
    /// # let [inner, outer] = [RevisionId::new(1, 0), RevisionId::new(2, 0)];
    /// let again = Squashed::Again { id: outer, replaces: vec![Squashed::Plain(inner)] };
    /// assert_eq!(again.ids(), [inner, outer]);
    /// ```
    #[must_use]
    pub fn ids(&self) -> Vec<RevisionId> {
        match self {
            Squashed::Plain(id) => vec![*id],
            Squashed::Again { id, replaces } => {
                let mut ids: Vec<RevisionId> = replaces.iter().flat_map(Squashed::ids).collect();
                ids.push(*id);
                ids
            }
        }
    }

    /// Adds what a database has and lacks of it; what it was squashed from counts if the database has any of that.
    fn sort(
        &self,
        in_database: &BTreeSet<RevisionId>,
        has: &mut Vec<RevisionId>,
        lacks: &mut Vec<RevisionId>,
    ) {
        match self {
            Squashed::Again { id, replaces } if !in_database.contains(id) => {
                let (mut inner, mut missing) = (Vec::new(), Vec::new());
                for one in replaces {
                    one.sort(in_database, &mut inner, &mut missing);
                }
                if inner.is_empty() {
                    lacks.push(*id);
                } else {
                    has.append(&mut inner);
                    lacks.append(&mut missing);
                }
            }
            Squashed::Plain(id) | Squashed::Again { id, replaces: _ } => {
                if in_database.contains(id) {
                    has.push(*id);
                } else {
                    lacks.push(*id);
                }
            }
        }
    }
}

/// How a database that may have some of the revisions that one was squashed from stands to that one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replaced {
    /// It has none of them.
    None,
    /// It has them all, so it has this one.
    All,
    /// It has these, but not the others.
    Some {
        /// What it has.
        has: Vec<RevisionId>,
        /// What it lacks.
        lacks: Vec<RevisionId>,
    },
}

impl History {
    /// Returns the revision that one was squashed into, if it was.
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
    /// assert_eq!(history.replaced_by(first), Some(squash));
    /// assert_eq!(history.replaced_by(squash), None);
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    #[must_use]
    pub fn replaced_by(&self, id: RevisionId) -> Option<RevisionId> {
        self.replaced.get(&id).copied()
    }

    /// Tells whether an id is that of a revision, or of one that another was squashed from: no new revision can have it.
    ///
    /// ```
    /// # use schema_core::{Migrations, history::History};
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// # let history = History::embedded(&MIGRATIONS)?;
    /// # use schema_core::history::RevisionId;
    /// assert!(history.speaks_of(history.heads()[0]));
    /// assert!(!history.speaks_of(RevisionId::new(0, 1)));
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    #[must_use]
    pub fn speaks_of(&self, id: RevisionId) -> bool {
        self.get(id).is_some() || self.replaced_by(id).is_some()
    }

    /// Returns what a database has that has those revisions: where it has all that one was squashed from, that one.
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
    /// assert_eq!(history.settled(&[first, second].into()), [squash].into());
    /// assert_eq!(history.settled(&[first].into()), [first].into()); // has not all of it
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    #[must_use]
    pub fn settled(&self, has: &BTreeSet<RevisionId>) -> BTreeSet<RevisionId> {
        let mut settled = has.clone();
        for header in self.headers.iter().filter(|header| !header.replaces.is_empty()) {
            if self.replaced(header.id, has) == Replaced::All {
                for replaced in header.replaces.iter().flat_map(Squashed::ids) {
                    settled.remove(&replaced);
                }
                settled.insert(header.id);
            }
        }
        settled
    }

    /// Tells what a database that has those revisions has of what `id` was squashed from.
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
    /// # use schema_core::history::Replaced;
    /// assert_eq!(history.replaced(squash, &[first, second].into()), Replaced::All);
    /// let part = Replaced::Some { has: vec![first], lacks: vec![second] };
    /// assert_eq!(history.replaced(squash, &[first].into()), part);
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    #[must_use]
    pub fn replaced(&self, id: RevisionId, has: &BTreeSet<RevisionId>) -> Replaced {
        let (mut found, mut lacks) = (Vec::new(), Vec::new());
        for squashed in self.get(id).iter().flat_map(|header| &header.replaces) {
            squashed.sort(has, &mut found, &mut lacks);
        }
        let has = found;
        match (has.as_slice(), lacks.as_slice()) {
            ([], _) => Replaced::None,
            (_, []) => Replaced::All,
            _some => Replaced::Some { has, lacks },
        }
    }
}

/// What is left of the revisions once the squashed ones are out of the graph.
pub(super) struct Settled {
    pub(super) headers: Vec<Header>,
    pub(super) sources: Vec<Source>,
    /// Which revisions were squashed, and into which.
    pub(super) replaced: BTreeMap<RevisionId, RevisionId>,
    pub(super) strays: Vec<Stray>,
}

/// Takes squashed revisions whose folders are still there out of the graph; who built on them builds on what took their place, and is a
/// stray if it did not build on the last of them.
pub(super) fn settle(headers: Vec<Header>, sources: Vec<Source>) -> Result<Settled, HistoryError> {
    let replaced = replaced(&headers, &sources)?;
    let mut settled = Settled {
        headers: Vec::with_capacity(headers.len()),
        sources: Vec::with_capacity(sources.len()),
        replaced,
        strays: Vec::new(),
    };
    if settled.replaced.is_empty() {
        (settled.headers, settled.sources) = (headers, sources);
        return Ok(settled);
    }
    let replaced = &settled.replaced;
    let lasts: BTreeSet<RevisionId> = headers
        .iter()
        .filter(|header| !replaced.contains_key(&header.id))
        .flat_map(|header| lasts(&header.replaces))
        .collect();
    for (mut header, source) in headers.into_iter().zip(sources) {
        if replaced.contains_key(&header.id) {
            continue;
        }
        let mut parents: Vec<RevisionId> = Vec::with_capacity(header.parents.len());
        let mut midst: Vec<Stray> = Vec::new();
        for parent in &header.parents {
            let by = replaced.get(parent).copied();
            if let Some(by) = by.filter(|_| !lasts.contains(parent)) {
                midst.push(Stray {
                    revision: header.id,
                    parent: *parent,
                    by,
                });
            }
            let parent = by.unwrap_or(*parent);
            if by.is_none() || !parents.contains(&parent) {
                parents.push(parent);
            }
        }
        // Who builds on the last, too, builds on all of them.
        let whole = |by: RevisionId| {
            header
                .parents
                .iter()
                .any(|parent| *parent == by || lasts.contains(parent) && replaced.get(parent) == Some(&by))
        };
        let mut strays: Vec<Stray> = midst.into_iter().filter(|stray| !whole(stray.by)).collect();
        strays.dedup_by_key(|stray| stray.by);
        settled.strays.append(&mut strays);
        header.parents = parents;
        settled.headers.push(header);
        settled.sources.push(source);
    }
    Ok(settled)
}

/// Returns the last of what one was squashed from; if that was squashed itself, also the last of what that was squashed from.
fn lasts(replaces: &[Squashed]) -> Vec<RevisionId> {
    let mut lasts = Vec::new();
    let mut open = replaces.last();
    while let Some(last) = open {
        lasts.push(last.id());
        open = match last {
            Squashed::Plain(_) => None,
            Squashed::Again { id: _, replaces } => replaces.last(),
        };
    }
    lasts
}

/// Returns which revision each squashed one went into; there is just one, and none goes round in a circle.
fn replaced(
    headers: &[Header],
    sources: &[Source],
) -> Result<BTreeMap<RevisionId, RevisionId>, HistoryError> {
    let mut replaced: BTreeMap<RevisionId, RevisionId> = BTreeMap::new();
    let places: BTreeMap<RevisionId, usize> = headers
        .iter()
        .enumerate()
        .map(|(at, header)| (header.id, at))
        .collect();
    let again: BTreeSet<RevisionId> = headers
        .iter()
        .flat_map(|header| &header.replaces)
        .flat_map(Squashed::ids)
        .filter(|id| places.contains_key(id))
        .collect();
    for (header, source) in headers.iter().zip(sources) {
        // What was squashed again speaks for nothing any more.
        if again.contains(&header.id) {
            continue;
        }
        for id in header.replaces.iter().flat_map(Squashed::ids) {
            if let Some(other) = replaced.insert(id, header.id) {
                let cause = Cause::SquashedTwice {
                    revision: id,
                    into: [other, header.id],
                };
                return Err(HistoryError::new(source.folder.join(files::REVISION_FILE), cause));
            }
        }
    }
    // Whoever is squashed, by someone who is squashed, has no one left who took its place: that is a circle.
    let lost = again.iter().find(|id| !replaced.contains_key(id));
    match lost.and_then(|id| places.get(id)) {
        Some(at) => Err(HistoryError::new(
            sources[*at].folder.join(files::REVISION_FILE),
            Cause::SquashedInCircle {
                revision: headers[*at].id,
            },
        )),
        None => Ok(replaced),
    }
}
