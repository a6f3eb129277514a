//! Where the version table is, and how what goes into it is written there.

use serde_json::Value as Json;

use super::{TABLE, home};
use crate::db::{Connection, Error, ErrorKind};
use crate::dialect::{Dialect, Home};
use crate::history::RevisionId;
use crate::runner::RunError;
use crate::runner::unfinished::ascii;
use crate::schema::Literal;

/// What a text begins with of which the database holds only an escaped form.
const ESCAPED: &str = "\u{1}escaped ";

/// Where the version table is: found at the start of a run, and the same until its end, whatever a script does to its session.
#[derive(Clone)]
pub(in crate::runner) struct Place<'a> {
    dialect: &'a dyn Dialect,
    /// `None` where it is wherever the session is.
    schema: Option<String>,
    holds_all_text: bool,
    /// Whether a script may have set how constants are read.
    steady: bool,
}

impl<'a> Place<'a> {
    /// Finds where it is, or would be made.
    pub(in crate::runner) fn find(
        connection: &mut dyn Connection,
        dialect: &'a dyn Dialect,
    ) -> Result<Self, RunError> {
        let home = home(connection, dialect)?;
        Ok(Place {
            dialect,
            schema: home.schema,
            holds_all_text: home.holds_all_text,
            steady: true,
        })
    }

    /// Returns the place in a database that is not at hand, for a session as it is when it has just been opened.
    pub(in crate::runner) fn elsewhere(dialect: &'a dyn Dialect) -> Self {
        Place {
            dialect,
            schema: None,
            holds_all_text: true,
            steady: false,
        }
    }

    pub(in crate::runner) fn dialect(&self) -> &'a dyn Dialect {
        self.dialect
    }

    /// Lets a table that another version of the tool has made hold what this one writes. The lock is held.
    pub(in crate::runner) fn widen(&self, connection: &mut dyn Connection) {
        self.dialect.session().widen(connection, TABLE);
    }

    /// Refuses to go on where something else has come before the place in which the table was found.
    pub(super) fn refuse_another(&self, now: &Home) -> Result<(), RunError> {
        if self.schema.is_none() || self.schema == now.schema {
            return Ok(());
        }
        let name = |schema: &Option<String>| schema.clone().unwrap_or_default();
        let error = Error {
            kind: ErrorKind::Statement,
            message: format!(
                "it was in the schema `{}` when the run began, and now `{}` comes before that",
                name(&self.schema),
                name(&now.schema)
            ),
            offset: None,
        };
        Err(RunError::database("find the version table", error))
    }

    /// Returns the table's name, as statements write it.
    pub(super) fn table(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{}.{TABLE}", self.dialect.quote(schema)),
            None => TABLE.to_owned(),
        }
    }

    pub(super) fn key(&self, id: RevisionId) -> String {
        self.text(&id.to_string())
    }

    pub(super) fn text(&self, text: &str) -> String {
        let held = self.held(text);
        if self.steady {
            self.dialect.steady_literal(&held)
        } else {
            self.dialect.literal(&Literal::Text(held))
        }
    }

    /// Returns a text as the database can hold it.
    fn held(&self, text: &str) -> String {
        if self.holds_all_text || text.is_ascii() {
            text.to_owned()
        } else {
            format!("{ESCAPED}{}", ascii(&Json::from(text).to_string()))
        }
    }

    pub(super) fn optional(&self, value: Option<&str>) -> String {
        value.map_or_else(|| "NULL".to_owned(), |value| self.text(value))
    }

    pub(super) fn number(&self, number: impl TryInto<i64>) -> String {
        self.dialect
            .literal(&Literal::Integer(number.try_into().unwrap_or(i64::MAX)))
    }
}

/// Returns a text of the table as it was before it was escaped, if it was.
pub(super) fn unescaped(text: String) -> String {
    let whole = text
        .strip_prefix(ESCAPED)
        .and_then(|json| serde_json::from_str(json).ok());
    whole.unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_database_cannot_hold_is_escaped_and_comes_back() {
        for dialect in crate::dialect::all() {
            let narrow = Place {
                holds_all_text: false,
                ..Place::elsewhere(*dialect)
            };
            let text = "цены 💶 \\ \"a\"";
            let held = narrow.held(text);
            assert!(held.is_ascii(), "{held}");
            assert_eq!(unescaped(held), text);
            assert_eq!(narrow.held("plain \u{1}"), "plain \u{1}");
        }
    }
}
