//! What a session had before a script, to be put back after it: each script begins with the session as the first one had it.

// Fewer dialects know less of it.
#![cfg_attr(
    not(all(feature = "sqlite", feature = "postgres", feature = "mysql")),
    allow(dead_code)
)]

use std::collections::{BTreeMap, BTreeSet};

use crate::db::Value;

/// What a session has, as far as scripts leave such things in theirs. What each entry means only the dialect knows that took it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stock {
    /// Settings, by name.
    pub(crate) settings: BTreeMap<String, Value>,
    /// What goes with the session, such as temporary tables: the kind of each, and its name.
    pub(crate) things: BTreeSet<(String, String)>,
}

impl Stock {
    /// Returns the settings that are another one now than in `before`, each with what it was: `None` for those that were not there.
    pub(crate) fn changed_since<'a>(
        &'a self,
        before: &'a Stock,
    ) -> impl Iterator<Item = (&'a str, Option<&'a Value>)> {
        let names: BTreeSet<&String> = self.settings.keys().chain(before.settings.keys()).collect();
        names
            .into_iter()
            .filter(|name| self.settings.get(*name) != before.settings.get(*name))
            .map(|name| (name.as_str(), before.settings.get(name)))
    }

    /// Returns the things that were not there in `before`: kind and name.
    pub(crate) fn added_since<'a>(&'a self, before: &'a Stock) -> impl Iterator<Item = (&'a str, &'a str)> {
        let added = self.things.difference(&before.things);
        added.map(|(kind, name)| (kind.as_str(), name.as_str()))
    }
}

/// Whether a transaction is open, in which not everything can be put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// One is, and what follows commits with it.
    Transaction,
    /// None is.
    Nothing,
}
