//! How a command ends: what it found, or what failed, why, and how to go on.

use std::fmt;

use schema_core::history::{Cause, HistoryError};
use schema_core::rewrite::RewriteError;
use schema_core::runner::{Dangling, ProofCause, ProofError, RunError};

/// How a command ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It did what was asked, or found nothing amiss: exit code 0.
    Done,
    /// It is a check, and found something: exit code 1.
    Found,
}

/// Why a command failed or refused: exit code 2.
#[derive(Debug)]
pub(crate) struct CommandError {
    /// What failed.
    pub(crate) message: String,
    /// Why, from the nearest reason to the farthest.
    pub(crate) causes: Vec<String>,
    /// How to go on.
    pub(crate) hints: Vec<String>,
    /// What `--json` prints beside the error, such as the questions that want an answer.
    pub(crate) details: serde_json::Map<String, serde_json::Value>,
}

impl CommandError {
    /// Returns an error that says what failed.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        CommandError {
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
            details: serde_json::Map::new(),
        }
    }

    /// Returns an error that says what failed, with another error and its sources as the causes.
    pub(crate) fn because(message: impl Into<String>, error: &(dyn std::error::Error + 'static)) -> Self {
        let mut causes = Vec::new();
        let mut next = Some(error);
        while let Some(error) = next {
            causes.push(error.to_string());
            next = error.source();
        }
        // Many errors repeat their source's text in their own; saying it once is enough.
        causes.dedup_by(|later, earlier| earlier.contains(later.as_str()));
        CommandError {
            causes,
            ..CommandError::new(message)
        }
    }

    /// Returns an error that says what failed, with a statement that failed on a scratch database as the cause: what failed says
    /// already which script or file it is of.
    pub(crate) fn on_scratch(message: impl Into<String>, error: &ProofError) -> Self {
        let ProofCause::Statement {
            line,
            statement,
            cause,
        } = &error.cause
        else {
            return CommandError::because(message, error);
        };
        let mut text = match line {
            0 => cause.to_string(),
            line => format!("line {line}: {cause}"),
        };
        for line in statement.lines() {
            text.push_str(&format!("\n  | {line}"));
        }
        CommandError::new(message).cause(text)
    }

    /// Returns the error with a cause.
    pub(crate) fn cause(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// Returns the error with a hint.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Returns the error with hints.
    pub(crate) fn hints(mut self, hints: impl IntoIterator<Item = String>) -> Self {
        self.hints.extend(hints);
        self
    }

    /// Returns the error with something more for `--json`.
    pub(crate) fn detail(mut self, key: &str, value: serde_json::Value) -> Self {
        self.details.insert(key.to_owned(), value);
        self
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<Dangling> for CommandError {
    fn from(error: Dangling) -> Self {
        CommandError::new(error.to_string())
            .cause(error.cause())
            .hint(error.hint())
    }
}

impl From<HistoryError> for CommandError {
    fn from(error: HistoryError) -> Self {
        let said = CommandError::new(error.to_string());
        if let Cause::UnknownRevision { name, .. } = &error.cause {
            // A range is cut at its colon.
            if name.contains("://") || name.starts_with("//") {
                return said.hint("a database is given with `--database-url URL`");
            }
            if name.contains(':') {
                return said.hint("one revision is wanted here, and no range");
            }
        }
        said.hints(error.hint())
    }
}

impl From<RunError> for CommandError {
    fn from(error: RunError) -> Self {
        CommandError::new(error.to_string()).hints(error.hint())
    }
}

impl From<RewriteError> for CommandError {
    fn from(error: RewriteError) -> Self {
        CommandError::new(error.to_string()).hints(error.hint())
    }
}

impl From<ProofError> for CommandError {
    fn from(error: ProofError) -> Self {
        CommandError::new(error.to_string()).hints(error.hint())
    }
}

/// Returns the candidate most like `text`, if one is like it at all.
pub(crate) fn near_miss<'a>(text: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(text, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}
