//! Which revisions build on which, their order, and what can be wrong with their parents. It never recurses: a history may be long.

use std::collections::{BTreeMap, BTreeSet};

use super::{Cause, Header, History, HistoryError, RevisionId, Source};

impl History {
    /// Returns the revisions that name `id` as a parent.
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
    /// let children: Vec<&str> = history.children(base).map(|header| header.message.as_str()).collect();
    /// assert_eq!(children, ["left", "right"]);
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    pub fn children(&self, id: RevisionId) -> impl Iterator<Item = &Header> {
        self.headers
            .iter()
            .filter(move |header| header.parents.contains(&id))
    }

    /// Returns the given revisions with all that they build on, parents first. An id that is not in the history is left out.
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
    /// assert_eq!(history.ancestors(&[left]), [base, left]);
    /// assert_eq!(history.ancestors(&[left, right]), [base, left, right]);
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    #[must_use]
    pub fn ancestors(&self, ids: &[RevisionId]) -> Vec<RevisionId> {
        let mut wanted = vec![false; self.headers.len()];
        for id in ids {
            if let Some(at) = self.places.get(id) {
                wanted[*at] = true;
            }
        }
        // Parents stand before their children, so one walk from the end sees every child first.
        for at in (0..self.headers.len()).rev() {
            if wanted[at] {
                for parent in &self.headers[at].parents {
                    wanted[self.places[parent]] = true;
                }
            }
        }
        self.headers
            .iter()
            .zip(wanted)
            .filter(|(_, wanted)| *wanted)
            .map(|(header, _)| header.id)
            .collect()
    }

    /// Returns what a database has that is at the given revisions, parents first: their ancestors, but for those that a merge
    /// among them decided against.
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
    /// assert_eq!(history.applied_at(&[right]), [base, right]);
    /// assert!(history.applied_at(&[]).is_empty()); // the base
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    #[must_use]
    pub fn applied_at(&self, ids: &[RevisionId]) -> Vec<RevisionId> {
        let mut applied = self.ancestors(ids);
        let overruled: BTreeSet<RevisionId> = applied
            .iter()
            .filter_map(|id| self.get(*id))
            .flat_map(|header| header.overrules.iter().copied())
            .collect();
        applied.retain(|id| !overruled.contains(id));
        applied
    }

    /// Returns the given revisions with all that build on them, parents first.
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
    /// assert_eq!(history.descendants(&[base]), [base, left, right]);
    /// assert_eq!(history.descendants(&[left]), [left]);
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    #[must_use]
    pub fn descendants(&self, ids: &[RevisionId]) -> Vec<RevisionId> {
        let mut found: BTreeSet<RevisionId> = ids.iter().copied().collect();
        let mut ordered = Vec::new();
        for header in &self.headers {
            if found.contains(&header.id) || header.parents.iter().any(|parent| found.contains(parent)) {
                found.insert(header.id);
                ordered.push(header.id);
            }
        }
        ordered
    }
}

/// Returns the indices of the headers, parents first; of those that could come next, the lowest id.
pub(super) fn order(headers: &[Header], sources: &[Source]) -> Result<Vec<usize>, HistoryError> {
    let places = places(headers, sources)?;
    let mut missing = Vec::with_capacity(headers.len());
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); headers.len()];
    for (at, header) in headers.iter().enumerate() {
        if header.overrules.contains(&header.id) {
            let cause = Cause::OverrulesItself { revision: header.id };
            return Err(HistoryError::new(
                sources[at].folder.join(super::files::REVISION_FILE),
                cause,
            ));
        }
        let parents: BTreeSet<RevisionId> = header.parents.iter().copied().collect();
        missing.push(parents.len());
        for parent in parents {
            let Some(place) = places.get(&parent) else {
                let cause = Cause::MissingParent {
                    revision: header.id,
                    parent,
                };
                return Err(HistoryError::new(
                    sources[at].folder.join(super::files::REVISION_FILE),
                    cause,
                ));
            };
            children[*place].push(at);
        }
    }
    let mut ready: BTreeSet<(RevisionId, usize)> = (0..headers.len())
        .filter(|at| missing[*at] == 0)
        .map(|at| (headers[at].id, at))
        .collect();
    let mut order = Vec::with_capacity(headers.len());
    while let Some((_, at)) = ready.pop_first() {
        order.push(at);
        for child in &children[at] {
            missing[*child] -= 1;
            if missing[*child] == 0 {
                ready.insert((headers[*child].id, *child));
            }
        }
    }
    if order.len() < headers.len() {
        return Err(cycle(headers, sources, &places, &missing));
    }
    Ok(order)
}

fn places(headers: &[Header], sources: &[Source]) -> Result<BTreeMap<RevisionId, usize>, HistoryError> {
    let mut places = BTreeMap::new();
    for (at, header) in headers.iter().enumerate() {
        if let Some(other) = places.insert(header.id, at) {
            let cause = Cause::Duplicate {
                revision: header.id,
                other: sources[other].folder.clone(),
            };
            return Err(HistoryError::new(&sources[at].folder, cause));
        }
    }
    Ok(places)
}

/// Finds a cycle among the revisions that still miss a parent: whoever follows such parents must come round.
fn cycle(
    headers: &[Header],
    sources: &[Source],
    places: &BTreeMap<RevisionId, usize>,
    missing: &[usize],
) -> HistoryError {
    let mut path: Vec<usize> = Vec::new();
    let mut seen: BTreeMap<usize, usize> = BTreeMap::new();
    let mut next = (0..headers.len()).find(|at| missing[*at] > 0);
    while let Some(at) = next {
        if let Some(start) = seen.insert(at, path.len()) {
            path.drain(..start);
            break;
        }
        path.push(at);
        next = headers[at]
            .parents
            .iter()
            .map(|parent| places[parent])
            .find(|parent| missing[*parent] > 0);
    }
    let revisions = path
        .into_iter()
        .map(|at| (headers[at].id, sources[at].folder.clone()))
        .collect();
    HistoryError {
        path: None,
        cause: Cause::Cycle { revisions },
    }
}
