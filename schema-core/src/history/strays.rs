//! Branches that begin in the midst of what was squashed meanwhile: where they stand until someone moves them.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Cause, History, HistoryError, RevisionId, files};

/// A revision that builds on one from the midst of what was squashed: its branch left the others there, and what it was made for is
/// not in the history any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stray {
    /// The revision.
    pub revision: RevisionId,
    /// The squashed one that it names as its parent.
    pub parent: RevisionId,
    /// The revision that this one was squashed into.
    pub by: RevisionId,
}

impl History {
    /// Reads the headers as [`load`](Self::load) does, for whoever can mend a history with [strays](Self::strays) or does not mind them.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load), but for a parent that was squashed with what came after it.
    ///
    /// # Example
    ///
    /// ```
    /// use schema_core::history::History;
    ///
    /// # let folder = std::env::temp_dir();
    /// let history = History::load_with_strays(&folder)?;
    /// for stray in history.strays() {
    ///     println!("autogen rebase {} --onto {}", stray.revision, stray.by);
    /// }
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    pub fn load_with_strays(migrations: &Path) -> Result<History, HistoryError> {
        let (headers, sources) = files::read_revisions(migrations)?;
        History::from_parts(headers, sources)
    }

    /// Returns the revisions that build on the midst of what was squashed, parents first. In the graph they build on what that was squashed into; their
    /// files do not say so. There is none in a history that was [loaded](History::load) in the usual way.
    ///
    /// ```
    /// # use schema_core::{Migrations, history::History};
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// # let history = History::embedded(&MIGRATIONS)?;
    /// assert!(history.strays().is_empty());
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    #[must_use]
    pub fn strays(&self) -> &[Stray] {
        &self.strays
    }

    /// Returns the strays and all that builds on them.
    pub(super) fn astray(&self) -> BTreeSet<RevisionId> {
        let strays: Vec<RevisionId> = self.strays.iter().map(|stray| stray.revision).collect();
        if strays.is_empty() {
            return BTreeSet::new();
        }
        self.descendants(&strays).into_iter().collect()
    }

    /// Refuses a history with a merge that decided against something that was squashed since: what took its place does more, so nobody can
    /// tell what is left of the decision.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] with the merge and what it decided against.
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
    /// history.refuse_squashed_decisions()?; // no merge, no decision
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    pub fn refuse_squashed_decisions(&self) -> Result<(), HistoryError> {
        for header in &self.headers {
            for overruled in &header.overrules {
                if let Some(by) = self.replaced_by(*overruled) {
                    let cause = Cause::SquashedDecision {
                        merge: header.id,
                        overruled: *overruled,
                        by,
                    };
                    let folder = self.folder(header.id).unwrap_or(Path::new(""));
                    return Err(HistoryError::new(folder.join(files::REVISION_FILE), cause));
                }
            }
        }
        Ok(())
    }

    /// Refuses a history with strays, of which the first is named.
    pub(super) fn without_strays(self) -> Result<History, HistoryError> {
        // Such a merge is often a stray, too, and cannot be put on top of what took the place of what it decided against.
        self.refuse_squashed_decisions()?;
        let Some(Stray { revision, parent, by }) = self.strays.first().copied() else {
            return Ok(self);
        };
        let cause = Cause::SquashedParent { revision, parent, by };
        let folder = self.folder(revision).unwrap_or(Path::new("")).to_owned();
        Err(HistoryError::new(folder.join(files::REVISION_FILE), cause))
    }

    /// Puts the strays in the order of the graph, and takes those for none that build on what took their parent's place in another way, too.
    pub(super) fn sort_strays(&mut self) {
        if self.strays.is_empty() {
            return;
        }
        let mut strays = std::mem::take(&mut self.strays);
        strays.retain(|stray| {
            let parents = self.get(stray.revision).map(|header| &header.parents);
            let others: Vec<RevisionId> = parents
                .into_iter()
                .flatten()
                .copied()
                .filter(|parent| *parent != stray.by)
                .collect();
            let implied = self.ancestors(&others).contains(&stray.by);
            if let (true, Some(at)) = (implied, self.places.get(&stray.revision)) {
                self.headers[*at].parents = others;
            }
            !implied
        });
        strays.sort_by_key(|stray| self.places.get(&stray.revision).copied());
        self.strays = strays;
    }
}
