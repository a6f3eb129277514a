//! What can be wrong with a history, each with the file it is about and a hint.

use std::fmt;
use std::path::PathBuf;

use super::{Direction, RevisionId};
use crate::operation::ApplyError;

/// A failure to read, understand or write a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryError {
    /// The file or folder it is about.
    pub path: Option<PathBuf>,
    /// What is wrong.
    pub cause: Cause,
}

/// What can be wrong with a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The file or folder does not exist.
    NotFound,
    /// There is no migrations folder.
    NoMigrations,
    /// It cannot be read or written; the words are the operating system's.
    Io {
        /// What was tried: `read`, `write`, `create`, …
        doing: &'static str,
        /// What the system said.
        message: String,
    },
    /// It is not UTF-8.
    NotUtf8,
    /// It is a symbolic link, which is never followed.
    SymbolicLink,
    /// It exists already.
    Exists,
    /// A name that cannot be a file's.
    BadName {
        /// The name.
        name: String,
    },
    /// JSON that is broken, or does not say what it should.
    Json {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// A value that cannot be written as JSON.
    Unwritable {
        /// Why.
        message: String,
    },
    /// A folder whose name begins with another id than its revision has.
    FolderName {
        /// The revision's id.
        revision: RevisionId,
    },
    /// A revision's folder without `revision.json`.
    NoRevisionFile,
    /// Two folders with one id.
    Duplicate {
        /// The id.
        revision: RevisionId,
        /// The other folder.
        other: PathBuf,
    },
    /// A parent that is not there.
    MissingParent {
        /// The revision that names it.
        revision: RevisionId,
        /// The parent.
        parent: RevisionId,
    },
    /// Revisions that are their own ancestors, each the parent of the next.
    Cycle {
        /// The revisions and their folders.
        revisions: Vec<(RevisionId, PathBuf)>,
    },
    /// A parent that was squashed, and not as the last of its range, so that what took its place does more.
    SquashedParent {
        /// The revision that names it.
        revision: RevisionId,
        /// The parent.
        parent: RevisionId,
        /// What it was squashed into.
        by: RevisionId,
    },
    /// A revision that a merge decided against, and that was squashed with others, which the merge has.
    SquashedDecision {
        /// The merge.
        merge: RevisionId,
        /// The revision that it decided against.
        overruled: RevisionId,
        /// What that was squashed into.
        by: RevisionId,
    },
    /// A revision that was squashed into something that was squashed into it.
    SquashedInCircle {
        /// The revision.
        revision: RevisionId,
    },
    /// A revision that says it decided against itself.
    OverrulesItself {
        /// The revision.
        revision: RevisionId,
    },
    /// A revision that two others say they were squashed from.
    SquashedTwice {
        /// The revision.
        revision: RevisionId,
        /// The two.
        into: [RevisionId; 2],
    },
    /// A script that is not there.
    NoScript {
        /// The revision.
        revision: RevisionId,
        /// The dialect.
        dialect: String,
        /// Which script.
        direction: Direction,
    },
    /// An operation that does not fit what came before it.
    Replay {
        /// The revision.
        revision: RevisionId,
        /// The operation, and why.
        error: ApplyError,
    },
    /// A name that no revision has.
    UnknownRevision {
        /// The name.
        name: String,
        /// Revisions that may have been meant, as `id (slug)`.
        candidates: Vec<String>,
    },
    /// A revision at which the database is, and which the files do not have: no step can be counted from it.
    NotInFiles {
        /// The revision.
        revision: RevisionId,
    },
    /// A name that several revisions have.
    AmbiguousRevision {
        /// The name.
        name: String,
        /// Those revisions, as `id (slug)`.
        candidates: Vec<String>,
    },
    /// A name that goes further than the history does.
    TooFar {
        /// The name.
        name: String,
        /// How many steps there are.
        available: usize,
    },
}

impl HistoryError {
    pub(super) fn new(path: impl Into<PathBuf>, cause: Cause) -> Self {
        HistoryError {
            path: Some(path.into()),
            cause,
        }
    }

    pub(super) fn io(path: impl Into<PathBuf>, doing: &'static str, error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        // An `if` chain, since the list of kinds is the standard library's and open.
        let kind = error.kind();
        let cause = if kind == ErrorKind::NotFound {
            Cause::NotFound
        } else if kind == ErrorKind::AlreadyExists {
            Cause::Exists
        } else if kind == ErrorKind::InvalidData {
            Cause::NotUtf8
        } else {
            Cause::Io {
                doing,
                message: error.to_string(),
            }
        };
        HistoryError::new(path, cause)
    }

    pub(super) fn json(path: impl Into<PathBuf>, error: &serde_json::Error) -> Self {
        let text = error.to_string();
        // serde_json ends its text with the place, which is data here.
        let message = text
            .rfind(" at line ")
            .map_or(text.as_str(), |at| &text[..at])
            .to_owned();
        HistoryError::new(
            path,
            Cause::Json {
                line: error.line(),
                column: error.column(),
                message,
            },
        )
    }

    /// Returns how to go on.
    ///
    /// ```
    /// # use schema_core::{Migrations, history::History};
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// # let history = History::embedded(&MIGRATIONS)?;
    /// let error = history.resolve("create_shop", &[]).unwrap_err();
    /// println!("{error}\nhint: {}", error.hint().unwrap_or_default());
    /// # assert!(error.to_string().contains("create_shop"), "{error}");
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let list = |candidates: &[String]| candidates.join(", ");
        Some(match &self.cause {
            Cause::NotFound | Cause::Exists | Cause::Io { .. } | Cause::Unwritable { .. } => return None,
            Cause::NoMigrations => "run `autogen init` first, or name the project with `-C DIR`".into(),
            Cause::NotUtf8 => "save the file as UTF-8".into(),
            Cause::SymbolicLink => "put a real file or folder in its place".into(),
            Cause::BadName { .. } => "use lower-case letters, digits and `_`".into(),
            Cause::Json { message, .. } if message.contains("has format") => {
                "use the version of autogen that wrote it, or a newer one".into()
            }
            Cause::Json { .. } => "repair the file, or restore it from version control".into(),
            Cause::FolderName { revision } => {
                format!("name the folder `{revision}_…`, or give the revision the id in the folder's name")
            }
            Cause::NoRevisionFile => "restore the file from version control, or remove the folder".into(),
            Cause::Duplicate { .. } => "remove one of the two, or give it another id in `revision.json` and the folder's name".into(),
            Cause::MissingParent { parent, .. } => {
                format!("restore the folder of `{parent}` from version control, or correct `parents`")
            }
            Cause::Cycle { .. } => "correct `parents` in one of the files".into(),
            Cause::SquashedParent { revision, by, .. } => {
                format!("put it on top of that with `autogen rebase {revision} --onto {by}`")
            }
            Cause::SquashedDecision { merge, .. } => format!(
                "remove the folder of `{merge}`, and decide anew with `autogen merge --prefer HEAD`; the folders of what builds on it are put aside meanwhile, and get the new merge as their parent"
            ),
            Cause::SquashedInCircle { .. } => "restore the file from version control, or correct `replaces`".into(),
            Cause::OverrulesItself { .. } => "restore the file from version control, or correct `overrules`".into(),
            Cause::SquashedTwice { into: [one, other], .. } => {
                format!("keep one of `{one}` and `{other}`, and remove the folder of the other")
            }
            Cause::NoScript { dialect, .. } => format!(
                "restore the script from version control; if there never was one, name {dialect} in `dialects` of `autogen.toml`, and `autogen migrate` writes it"
            ),
            Cause::Replay { .. } => "restore the file from version control; if two branches changed the same thing, one of them must be undone".into(),
            Cause::UnknownRevision { candidates, .. } if candidates.is_empty() => {
                "there are no revisions yet: make one with `autogen migrate`".into()
            }
            Cause::UnknownRevision { candidates, .. } => format!("candidates are {}", list(candidates)),
            Cause::NotInFiles { .. } => "check out the branch that has it, or take it back with `autogen downgrade REV`, where REV is the newest that both have".into(),
            Cause::AmbiguousRevision { name, candidates } if name.starts_with("head") => {
                format!("the heads are {}; name one, or join them with `autogen merge`", list(candidates))
            }
            Cause::AmbiguousRevision { candidates, .. } => format!("name one of {}", list(candidates)),
            Cause::TooFar { available: 0, .. } => "there is no step to take in that direction".into(),
            Cause::TooFar { available, .. } => format!("at most {available} steps can be taken in that direction"),
        })
    }
}

impl fmt::Display for HistoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self
            .path
            .as_ref()
            .map_or_else(|| "history".to_owned(), |path| format!("`{}`", path.display()));
        match &self.cause {
            Cause::NotFound => write!(f, "{path} does not exist"),
            Cause::NoMigrations => write!(f, "there is no migrations folder {path}"),
            Cause::Io { doing, message } => write!(f, "cannot {doing} {path}: {message}"),
            Cause::NotUtf8 => write!(f, "cannot read {path}: it is not UTF-8"),
            Cause::SymbolicLink => write!(f, "{path} is a symbolic link, which is not followed"),
            Cause::Exists => write!(f, "{path} exists already"),
            Cause::BadName { name } => write!(f, "`{name}` cannot be part of a file's name"),
            Cause::Json {
                line,
                column,
                message,
            } => {
                write!(
                    f,
                    "cannot understand {path}, line {line}, column {column}: {message}"
                )
            }
            Cause::Unwritable { message } => write!(f, "cannot write {path} as JSON: {message}"),
            Cause::FolderName { revision } => {
                write!(
                    f,
                    "the folder of {path} is not named after its revision `{revision}`"
                )
            }
            Cause::NoRevisionFile => write!(f, "the revision folder {path} has no `revision.json`"),
            Cause::Duplicate { revision, other } => {
                write!(
                    f,
                    "revision `{revision}` exists twice: in {path} and in `{}`",
                    other.display()
                )
            }
            Cause::MissingParent { revision, parent } => {
                write!(
                    f,
                    "revision `{revision}` names the parent `{parent}`, which does not exist ({path})"
                )
            }
            Cause::Cycle { revisions } => {
                f.write_str("revisions are their own ancestors: ")?;
                for (id, folder) in revisions {
                    write!(f, "`{id}` (`{}`) <- ", folder.display())?;
                }
                let first = revisions
                    .first()
                    .map(|(id, _)| id.to_string())
                    .unwrap_or_default();
                write!(f, "`{first}`")
            }
            Cause::SquashedParent { revision, parent, by } => {
                write!(
                    f,
                    "revision `{revision}` names the parent `{parent}`, which was squashed into `{by}` with what came after it ({path})"
                )
            }
            Cause::SquashedDecision { merge, overruled, by } => {
                write!(
                    f,
                    "merge `{merge}` decided against `{overruled}`, which was squashed into `{by}` with others since ({path})"
                )
            }
            Cause::SquashedInCircle { revision } => {
                write!(
                    f,
                    "revision `{revision}` was squashed into what was squashed into it ({path})"
                )
            }
            Cause::OverrulesItself { revision } => {
                write!(f, "revision `{revision}` overrules itself ({path})")
            }
            Cause::SquashedTwice {
                revision,
                into: [one, other],
            } => {
                write!(
                    f,
                    "revision `{revision}` was squashed twice: into `{one}` and into `{other}` ({path})"
                )
            }
            Cause::NoScript {
                revision,
                dialect,
                direction,
            } => {
                write!(
                    f,
                    "revision `{revision}` has no {direction} script for {dialect}: {path} does not exist"
                )
            }
            Cause::Replay { revision, error } => {
                write!(f, "cannot replay revision `{revision}` ({path}): {error}")
            }
            Cause::UnknownRevision { name, candidates: _ } => write!(f, "there is no revision `{name}`"),
            Cause::NotInFiles { revision } => {
                write!(
                    f,
                    "the database is at revision `{revision}`, which the files do not have"
                )
            }
            Cause::AmbiguousRevision { name, candidates } => {
                write!(f, "`{name}` is not one revision: {} match", candidates.len())
            }
            Cause::TooFar { name, available: _ } => write!(f, "`{name}` goes past the end of the history"),
        }
    }
}

impl std::error::Error for HistoryError {}
