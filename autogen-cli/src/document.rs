//! The pieces that the documents of `--json` are made of, the same in every command.

use std::collections::BTreeMap;

use schema_core::history::files::Scripts;
use schema_core::history::{Header, History, RevisionId, Squashed};
use schema_core::operation::Operation;
use serde::Serialize;

/// An operation, in words and whole.
#[derive(Debug, Serialize)]
pub(crate) struct OperationDocument<'a> {
    text: String,
    operation: &'a Operation,
}

/// Returns the operations as `--json` shows them.
pub(crate) fn operations(operations: &[Operation]) -> Vec<OperationDocument<'_>> {
    operations
        .iter()
        .map(|operation| OperationDocument {
            text: operation.describe(),
            operation,
        })
        .collect()
}

/// The two scripts of a dialect.
#[derive(Debug, Serialize)]
pub(crate) struct ScriptsDocument<'a> {
    upgrade: &'a str,
    downgrade: &'a str,
}

/// Returns the scripts as `--json` shows them, by dialect.
pub(crate) fn scripts(scripts: &BTreeMap<String, Scripts>) -> BTreeMap<&str, ScriptsDocument<'_>> {
    scripts
        .iter()
        .map(|(dialect, Scripts { upgrade, downgrade })| {
            (dialect.as_str(), ScriptsDocument { upgrade, downgrade })
        })
        .collect()
}

/// A revision of the history.
#[derive(Debug, Serialize)]
pub(crate) struct RevisionDocument<'a> {
    id: String,
    parents: Vec<String>,
    message: &'a str,
    created: &'a str,
    slug: &'a str,
    head: bool,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    replaces: &'a [Squashed],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    overrules: Vec<String>,
}

impl<'a> RevisionDocument<'a> {
    /// Returns the revision as `--json` shows it.
    pub(crate) fn new(history: &'a History, revision: &'a Header) -> Self {
        let Header {
            id,
            parents,
            message,
            created,
            scripts: _,
            replaces,
            overrules,
        } = revision;
        let ids = |ids: &[RevisionId]| ids.iter().map(ToString::to_string).collect();
        RevisionDocument {
            id: id.to_string(),
            parents: ids(parents),
            message,
            created,
            slug: history.slug(*id).unwrap_or_default(),
            head: history.heads().contains(id),
            replaces,
            overrules: ids(overrules),
        }
    }
}
