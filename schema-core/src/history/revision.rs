//! Revisions as values.

mod file;

pub(super) use file::{holds_as_written, parse, parse_header, render};

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize};

use super::names::PLACES;
use super::{Direction, RevisionId, Squashed};
use crate::diff::Answers;
use crate::operation::Operation;

/// A revision without what it does: all that the graph needs, cheap to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The id.
    pub id: RevisionId,
    /// The revisions it builds on: none for the first, more than one for a merge.
    pub parents: Vec<RevisionId>,
    /// What it is for, in words.
    pub message: String,
    /// When it was made, as RFC 3339 writes it.
    pub created: String,
    /// The checksums of its scripts as they were written, by dialect.
    pub scripts: BTreeMap<String, ScriptSums>,
    /// The revisions that it was squashed from, parents first: a database that has them all has this one.
    pub replaces: Vec<Squashed>,
    /// The revisions that it decided against when it joined branches: ancestors that are not applied on the way to it.
    pub overrules: Vec<RevisionId>,
}

/// A revision with all that its file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// The id.
    pub id: RevisionId,
    /// The revisions it builds on: none for the first, more than one for a merge.
    pub parents: Vec<RevisionId>,
    /// What it is for, in words.
    pub message: String,
    /// When it was made, as RFC 3339 writes it.
    pub created: String,
    /// What it does to the schema, independent of any dialect.
    pub operations: Vec<Operation>,
    /// What was decided when it was made.
    pub answers: Answers,
    /// The checksums of its scripts as they were written, by dialect.
    pub scripts: BTreeMap<String, ScriptSums>,
    /// The revisions that it was squashed from, parents first: a database that has them all has this one.
    pub replaces: Vec<Squashed>,
    /// The revisions that it decided against when it joined branches: ancestors that are not applied on the way to it.
    pub overrules: Vec<RevisionId>,
}

/// The [checksums](crate::script::checksum) of one dialect's scripts as they were written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptSums {
    /// Of the upgrade script.
    pub upgrade: String,
    /// Of the downgrade script.
    pub downgrade: String,
    /// Those of which this is the checksum of what a person made of them.
    #[serde(
        default,
        skip_serializing_if = "BTreeSet::is_empty",
        deserialize_with = "edited"
    )]
    pub edited: BTreeSet<Direction>,
}

/// Reads which scripts were edited: a list of them, or `true` for both.
fn edited<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeSet<Direction>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Edited {
        Both(bool),
        These(BTreeSet<Direction>),
    }
    Ok(match Edited::deserialize(deserializer)? {
        Edited::Both(true) => BTreeSet::from([Direction::Upgrade, Direction::Downgrade]),
        Edited::Both(false) => BTreeSet::new(),
        Edited::These(these) => these,
    })
}

/// The most characters of a slug.
const MAX_SLUG: usize = 60;

/// Returns the words of a message as the name of a folder: letters, digits and `_`, at most 60, never empty, and never a word that
/// means a place in the history.
///
/// ```
/// use schema_core::history::slug;
///
/// assert_eq!(slug("Add items.description!"), "add_items_description");
/// assert_eq!(slug("…"), "revision");
/// assert_eq!(slug("Head"), "revision_head");
/// ```
#[must_use]
pub fn slug(message: &str) -> String {
    let mut slug = String::new();
    for character in message.chars().flat_map(char::to_lowercase) {
        if character.is_ascii_alphanumeric() {
            slug.push(character);
        } else if !slug.is_empty() && !slug.ends_with('_') {
            slug.push('_');
        }
        if slug.len() > MAX_SLUG {
            // No word is cut in two, unless it is the only one.
            let end = slug.rfind('_').unwrap_or(MAX_SLUG);
            slug.truncate(end);
            break;
        }
    }
    slug.truncate(slug.trim_end_matches('_').len());
    if slug.is_empty() {
        return "revision".to_owned();
    }
    if PLACES.contains(&slug.as_str()) {
        return format!("revision_{slug}");
    }
    slug
}
