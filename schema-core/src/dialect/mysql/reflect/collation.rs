//! Which character sets and collations go without saying.
//!
//! A schema says those that differ from what is above: a column's from its table's, a table's from its database's. A database that is not in
//! `utf8mb4` is no default that one should rely on, so there a table always says its own.

use std::collections::BTreeMap;

use super::catalog::{Server, text};
use crate::db::{Connection, Error};
use crate::dialect::mysql::normalize::{charset_of, current};
use crate::schema::TableOptions;

/// The collation of each character set that goes without saying.
#[derive(Debug, Clone)]
pub(in crate::dialect::mysql) struct Collations {
    defaults: BTreeMap<String, String>,
}

impl Collations {
    pub(in crate::dialect::mysql) fn ask(connection: &mut dyn Connection) -> Result<Self, Error> {
        let mut defaults = BTreeMap::new();
        connection.for_each(
            "SELECT CHARACTER_SET_NAME, DEFAULT_COLLATE_NAME FROM information_schema.CHARACTER_SETS",
            &[],
            &mut |row| {
                let mut row = row.into_iter();
                let charset = current(&text(row.next()));
                defaults.insert(charset, current(&text(row.next())));
                true
            },
        )?;
        Ok(Collations { defaults })
    }

    /// Returns the collation that a table's columns have unless they say otherwise.
    pub(in crate::dialect::mysql) fn of_table(&self, options: &TableOptions, server: &Server) -> String {
        let of_charset = |charset: &String| self.defaults.get(charset).cloned();
        options
            .collation
            .clone()
            .or_else(|| options.charset.as_ref().and_then(of_charset))
            .unwrap_or_else(|| server.collation.clone())
    }

    /// Says of a table's collation what does not go without saying.
    pub(in crate::dialect::mysql) fn say(
        &self,
        options: &mut TableOptions,
        collation: &str,
        server: &Server,
    ) {
        let charset = charset_of(collation).to_owned();
        options.collation = (self.defaults.get(&charset).map(String::as_str) != Some(collation))
            .then(|| collation.to_owned());
        options.charset = Some(charset);
        if collation == server.collation && charset_of(collation) == "utf8mb4" {
            options.charset = None;
            options.collation = None;
        }
    }
}
