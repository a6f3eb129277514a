//! History: the revisions on disk as a graph, the schema at any of them, and their names.
//!
//! A revision is a folder of its own, `versions/<id>_<slug>/`, with `revision.json` and a pair of scripts for each dialect.
//! Nothing is shared between revisions, so that branches never conflict. Loading reads the headers; what a revision
//! does is parsed when it is asked for. This module knows no database and runs nothing.

mod branches;
mod decision;
mod edits;
mod embedded;
mod error;
pub mod files;
mod graph;
mod id;
mod names;
mod pending;
mod replaced;
mod revision;
mod strays;

pub use branches::{BranchConflict, Step};
pub use decision::{Decision, Orders};
pub use edits::ScriptGone;
pub use error::{Cause, HistoryError};
pub use id::{ParseIdError, RevisionId};
pub use names::counts_from_current;
pub use pending::{Pending, Stuck};
pub(crate) use pending::{downgrade_to, taken_back};
pub use replaced::{Replaced, Squashed};
pub use revision::{Header, Revision, ScriptSums, slug};
pub use strays::Stray;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use self::replaced::Settled;
use crate::diff::Past;
use crate::operation::{ApplyError, Operation};
use crate::schema::{Schema, Table, TableName};

/// Which of the two scripts of a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The way there.
    Upgrade,
    /// The way back.
    Downgrade,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Direction::Upgrade => "upgrade",
            Direction::Downgrade => "downgrade",
        })
    }
}

/// All revisions of a migrations folder.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Parents first; of two that could stand in either order, the lower id.
    headers: Vec<Header>,
    /// Where each stands in `headers`.
    places: BTreeMap<RevisionId, usize>,
    /// The folder and text of each, in the order of `headers`.
    sources: Vec<Source>,
    heads: Vec<RevisionId>,
    /// The revisions that were squashed, and into which.
    replaced: BTreeMap<RevisionId, RevisionId>,
    /// The revisions that build on the midst of what was squashed.
    strays: Vec<Stray>,
}

/// Where a revision was read from.
#[derive(Debug, Clone)]
struct Source {
    folder: PathBuf,
    /// The text of `revision.json`, whose operations are parsed when they are asked for.
    text: Cow<'static, str>,
    scripts: ScriptTexts,
}

/// Where the scripts of a revision are read from.
#[derive(Debug, Clone)]
enum ScriptTexts {
    /// The files in its folder.
    Folder,
    /// The program: the names and texts of the files that were in its folder.
    Program(&'static [(&'static str, &'static str)]),
}

impl History {
    /// Reads the headers of all revisions under `migrations/versions`.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] with the file: a folder or file that cannot be read, JSON that is broken (with line and
    /// column), a folder whose name is not its revision's id, an id that two folders have, a parent that is missing or that
    /// was squashed with what came after it, a cycle.
    pub fn load(migrations: &Path) -> Result<History, HistoryError> {
        History::load_with_strays(migrations)?.without_strays()
    }

    fn from_parts(headers: Vec<Header>, sources: Vec<Source>) -> Result<History, HistoryError> {
        let Settled {
            headers,
            sources,
            replaced,
            strays,
        } = replaced::settle(headers, sources)?;
        let order = graph::order(&headers, &sources)?;
        let mut slots: Vec<Option<(Header, Source)>> = headers.into_iter().zip(sources).map(Some).collect();
        let (headers, sources): (Vec<Header>, Vec<Source>) =
            order.into_iter().filter_map(|at| slots[at].take()).unzip();
        let places = headers
            .iter()
            .enumerate()
            .map(|(at, header)| (header.id, at))
            .collect();
        let mut history = History {
            headers,
            places,
            sources,
            heads: Vec::new(),
            replaced,
            strays,
        };
        history.sort_strays();
        history.find_heads();
        Ok(history)
    }

    /// Returns the history in which a revision has other parents, and is no stray. Its file is as it was.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] if a parent is missing, or the revision would be its own ancestor.
    pub fn with_parents(&self, id: RevisionId, parents: Vec<RevisionId>) -> Result<History, HistoryError> {
        let mut headers = self.headers.clone();
        for header in headers.iter_mut().filter(|header| header.id == id) {
            header.parents.clone_from(&parents);
        }
        let mut history = History::from_parts(headers, self.sources.clone())?;
        history.strays.clone_from(&self.strays);
        history.strays.retain(|stray| stray.revision != id);
        history.find_heads();
        Ok(history)
    }

    fn find_heads(&mut self) {
        let astray = self.astray();
        let stand = || self.headers.iter().filter(|header| !astray.contains(&header.id));
        let parents: BTreeSet<RevisionId> = stand()
            .flat_map(|header| header.parents.iter().copied())
            .collect();
        let heads = stand().map(|header| header.id).filter(|id| !parents.contains(id));
        self.heads = heads.collect();
    }

    /// Returns all revisions, parents before children, in the same order everywhere.
    #[must_use]
    pub fn revisions(&self) -> &[Header] {
        &self.headers
    }

    /// Tells whether there is no revision at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.headers.is_empty()
    }

    /// Returns the revision of that id.
    #[must_use]
    pub fn get(&self, id: RevisionId) -> Option<&Header> {
        self.places.get(&id).map(|at| &self.headers[*at])
    }

    /// Returns the revisions that are no one's parent; [strays](Self::strays) and what builds on them do not count.
    #[must_use]
    pub fn heads(&self) -> &[RevisionId] {
        &self.heads
    }

    /// Returns the revisions that name `id` as a parent.
    pub fn children(&self, id: RevisionId) -> impl Iterator<Item = &Header> {
        self.headers
            .iter()
            .filter(move |header| header.parents.contains(&id))
    }

    /// Returns the given revisions with all that they build on, parents first. An id that is not in the history is left out.
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

    /// Returns a revision with its operations and answers. Its parents are those in the graph, where another one may have taken the place of a squashed
    /// one that its file names.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] if there is no such revision or its file cannot be understood, with line and column.
    pub fn revision(&self, id: RevisionId) -> Result<Revision, HistoryError> {
        let source = self.source(id)?;
        let mut revision = revision::parse(&source.text)
            .map_err(|error| HistoryError::json(source.folder.join(files::REVISION_FILE), &error))?;
        if let Some(header) = self.get(id) {
            revision.parents.clone_from(&header.parents);
        }
        Ok(revision)
    }

    /// Returns what a revision does.
    ///
    /// # Errors
    ///
    /// As [`revision`](Self::revision).
    pub fn operations(&self, id: RevisionId) -> Result<Vec<Operation>, HistoryError> {
        self.revision(id).map(|revision| revision.operations)
    }

    /// Returns the names of all tables that a revision ever made, whatever became of them.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] for a revision that cannot be read.
    pub fn made(&self) -> Result<BTreeSet<TableName>, HistoryError> {
        let mut made = BTreeSet::new();
        for header in &self.headers {
            for operation in self.operations(header.id)? {
                if let Operation::CreateTable {
                    table: Table { name, .. },
                }
                | Operation::RenameTable { to: name, .. } = operation
                {
                    made.insert(name);
                }
            }
        }
        Ok(made)
    }

    /// Returns the renames that the revisions and their ancestors have done.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] for a revision that cannot be read.
    pub fn past(&self, ids: &[RevisionId]) -> Result<Past, HistoryError> {
        let mut past = Past::default();
        for id in self.ancestors(ids) {
            past.add(&self.revision(id)?.answers);
        }
        Ok(past)
    }

    /// Returns the schema at the given revisions together: their ancestors' operations, replayed from nothing.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] with the revision and the operation that does not fit what came before it.
    pub fn schema_at(&self, ids: &[RevisionId]) -> Result<Schema, HistoryError> {
        self.replay_all(&self.applied_at(ids))
    }

    /// Applies the operations of those revisions, from nothing and in that order.
    fn replay_all(&self, ids: &[RevisionId]) -> Result<Schema, HistoryError> {
        let mut schema = Schema::default();
        for id in ids {
            self.replay(*id, &mut schema)?;
        }
        Ok(schema)
    }

    /// Returns the schema at the heads.
    ///
    /// # Errors
    ///
    /// As [`schema_at`](Self::schema_at).
    pub fn schema(&self) -> Result<Schema, HistoryError> {
        self.schema_at(&self.heads)
    }

    /// Applies one revision's operations to the schema that it builds on.
    ///
    /// # Errors
    ///
    /// As [`schema_at`](Self::schema_at).
    pub fn replay(&self, id: RevisionId, schema: &mut Schema) -> Result<(), HistoryError> {
        for operation in self.operations(id)? {
            operation.apply(schema).map_err(|error| self.misfit(id, error))?;
        }
        Ok(())
    }

    /// Returns the error for an operation of a revision that does not fit.
    pub(crate) fn misfit(&self, id: RevisionId, error: ApplyError) -> HistoryError {
        HistoryError {
            path: self.folder(id).map(|folder| folder.join(files::REVISION_FILE)),
            cause: Cause::Replay { revision: id, error },
        }
    }

    /// Returns the folder of a revision.
    #[must_use]
    pub fn folder(&self, id: RevisionId) -> Option<&Path> {
        self.source(id).ok().map(|source| source.folder.as_path())
    }

    /// Returns the words in the name of a revision's folder; empty if it has none.
    #[must_use]
    pub fn slug(&self, id: RevisionId) -> Option<&str> {
        self.folder(id).and_then(files::folder_slug)
    }

    /// Returns where a script of a revision is, whether or not it exists.
    #[must_use]
    pub fn script_path(&self, id: RevisionId, dialect: &str, direction: Direction) -> Option<PathBuf> {
        self.folder(id)
            .map(|folder| folder.join(files::script_name(dialect, direction)))
    }

    /// Reads a script of a revision.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] with the path if it is missing or cannot be read.
    pub fn script(
        &self,
        id: RevisionId,
        dialect: &str,
        direction: Direction,
    ) -> Result<String, HistoryError> {
        let source = self.source(id)?;
        let name = files::script_name(dialect, direction);
        let path = source.folder.join(&name);
        let text = match &source.scripts {
            ScriptTexts::Folder => files::read_text(&path),
            ScriptTexts::Program(scripts) => embedded::script(scripts, &name, &path),
        };
        text.map_err(|mut error| {
            if error.cause == Cause::NotFound {
                error.cause = Cause::NoScript {
                    revision: id,
                    dialect: dialect.to_owned(),
                    direction,
                };
            }
            error
        })
    }

    fn source(&self, id: RevisionId) -> Result<&Source, HistoryError> {
        self.places
            .get(&id)
            .map(|at| &self.sources[*at])
            .ok_or_else(|| self.unknown(&id.to_string()))
    }
}
