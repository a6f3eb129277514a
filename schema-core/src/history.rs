//! History: the revisions on disk as a graph, the schema at any of them, and their names.
//!
//! A revision is a folder of its own, `versions/<id>_<slug>/`, with `revision.json` and a pair of scripts for each dialect.
//! Nothing is shared between revisions, so that branches never conflict. Loading reads the headers; what a revision
//! does is parsed when it is asked for. This module knows no database and runs nothing.
//!
//! ```
//! use schema_core::history::{Direction, History};
//!
//! let history = History::load("../examples/store/migrations".as_ref())?;
//! let head = history.resolve("head", &[])?[0];
//! assert_eq!(history.get(head).unwrap().message, "add items.description");
//! assert_eq!(history.schema()?.tables.len(), 5);
//! let script = history.script(head, "sqlite", Direction::Upgrade)?;
//! assert!(script.contains(r#"ALTER TABLE "items" ADD COLUMN"#));
//! # Ok::<(), schema_core::history::HistoryError>(())
//! ```

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
mod replay;
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
    /// Reads the headers of all revisions in a migrations folder, which are in its folder `versions`.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] with the file: a folder or file that cannot be read, JSON that is broken (with line and
    /// column), a folder whose name is not its revision's id, an id that two folders have, a parent that is missing or that
    /// was squashed with what came after it, a cycle.
    ///
    /// # Example
    ///
    /// ```
    /// use schema_core::history::{Cause, History};
    ///
    /// let history = History::load("../examples/store/migrations".as_ref())?;
    /// let messages: Vec<&str> = history.revisions().iter().map(|header| header.message.as_str()).collect();
    /// assert_eq!(messages, ["create stores", "add items.description"]);
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
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
    ///
    /// # Example
    ///
    /// Whether a branch fits on top of another can be tried before its file is written:
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
    /// let moved = history.with_parents(right, vec![left])?;
    /// assert_eq!(moved.heads(), [right]);
    /// assert!(moved.schema().is_err()); // both add `items.size`
    /// assert_eq!(history.heads(), [left, right]);
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
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
    ///
    /// ```
    /// # use schema_core::{Migrations, history::History};
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// # let history = History::embedded(&MIGRATIONS)?;
    /// assert!(history.revisions()[0].parents.is_empty());
    /// assert_eq!(history.revisions()[1].parents, [history.revisions()[0].id]);
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    #[must_use]
    pub fn revisions(&self) -> &[Header] {
        &self.headers
    }

    /// Tells whether there is no revision at all.
    ///
    /// ```
    /// # use schema_core::history::History;
    /// assert!(History::default().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.headers.is_empty()
    }

    /// Returns the revision of that id.
    ///
    /// ```
    /// # use schema_core::{Migrations, history::History};
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// # let history = History::embedded(&MIGRATIONS)?;
    /// let id = "6b03689cd779".parse()?;
    /// assert_eq!(history.get(id).unwrap().message, "add items.description");
    /// assert_eq!(history.get("000000000000".parse()?), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn get(&self, id: RevisionId) -> Option<&Header> {
        self.places.get(&id).map(|at| &self.headers[*at])
    }

    /// Returns the revisions that are no one's parent; [strays](Self::strays) and what builds on them do not count.
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
    /// match history.heads() {
    ///     [] => println!("no revision yet"),
    ///     [head] => println!("the next revision builds on {head}"),
    ///     heads => assert_eq!(heads, [left, right]), // `autogen merge` joins them
    /// }
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    #[must_use]
    pub fn heads(&self) -> &[RevisionId] {
        &self.heads
    }

    /// Returns the folder of a revision; of one within the program, where it was when the program was compiled.
    ///
    /// ```
    /// # use schema_core::{Migrations, history::History};
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// # let history = History::embedded(&MIGRATIONS)?;
    /// let folder = history.folder(history.heads()[0]).unwrap();
    /// assert!(folder.ends_with("versions/6b03689cd779_add_items_description"));
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    #[must_use]
    pub fn folder(&self, id: RevisionId) -> Option<&Path> {
        self.source(id).ok().map(|source| source.folder.as_path())
    }

    /// Returns the words in the name of a revision's folder, which may be empty; `None` if there is no such revision.
    ///
    /// ```
    /// # use schema_core::{Migrations, history::History};
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// # let history = History::embedded(&MIGRATIONS)?;
    /// assert_eq!(history.slug(history.heads()[0]), Some("add_items_description"));
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    #[must_use]
    pub fn slug(&self, id: RevisionId) -> Option<&str> {
        self.folder(id).and_then(files::folder_slug)
    }

    /// Returns where a script of a revision is, whether or not it exists; `None` if there is no such revision.
    ///
    /// ```
    /// # use schema_core::{Migrations, history::History};
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// # let history = History::embedded(&MIGRATIONS)?;
    /// # use schema_core::history::Direction;
    /// let path = history.script_path(history.heads()[0], "postgres", Direction::Upgrade).unwrap();
    /// assert_eq!(path.file_name().unwrap(), "upgrade.postgres.sql");
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    #[must_use]
    pub fn script_path(&self, id: RevisionId, dialect: &str, direction: Direction) -> Option<PathBuf> {
        self.folder(id)
            .map(|folder| folder.join(files::script_name(dialect, direction)))
    }

    /// Reads a script of a revision: the one for that direction and for the dialect of that [name](crate::dialect::Dialect::name).
    ///
    /// # Errors
    ///
    /// [`HistoryError`] with the path if it is missing or cannot be read.
    ///
    /// # Example
    ///
    /// ```
    /// # use schema_core::{Migrations, history::History};
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// # let history = History::embedded(&MIGRATIONS)?;
    /// # use schema_core::history::Direction;
    /// let head = history.heads()[0];
    /// let script = history.script(head, "sqlite", Direction::Downgrade)?;
    /// assert!(script.contains(r#"ALTER TABLE "items" DROP COLUMN "description";"#));
    /// assert!(history.script(head, "postgres", Direction::Downgrade).is_err());
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
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
