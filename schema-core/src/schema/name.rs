//! The name of a table, with the namespace it may stand in.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A table's name, perhaps qualified by a PostgreSQL schema or a MySQL database.
///
/// It displays, and is written to files, as `items` or `sales.items`; a part that holds a dot or a double quote is
/// quoted as in SQL, so that the text always parses back.
///
/// ```
/// use schema_core::schema::TableName;
///
/// let name: TableName = "sales.items".parse().unwrap();
/// assert_eq!(name.schema.as_deref(), Some("sales"));
/// assert_eq!(TableName::new("a.b").to_string(), "\"a.b\"");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableName {
    /// The namespace, if it is not the database's default.
    pub schema: Option<String>,
    /// The name itself.
    pub name: String,
}

impl TableName {
    /// Returns a name in the default namespace.
    ///
    /// ```
    /// # use schema_core::schema::TableName;
    /// assert_eq!(TableName::new("items").schema, None);
    /// ```
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        TableName {
            schema: None,
            name: name.into(),
        }
    }

    /// Returns the name of another table in the same namespace.
    ///
    /// ```
    /// # use schema_core::schema::TableName;
    /// let items: TableName = "sales.items".parse().unwrap();
    /// assert_eq!(items.sibling("orders").to_string(), "sales.orders");
    /// ```
    #[must_use]
    pub fn sibling(&self, name: impl Into<String>) -> Self {
        TableName {
            schema: self.schema.clone(),
            name: name.into(),
        }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{}.", Part(schema))?;
        }
        write!(f, "{}", Part(&self.name))
    }
}

struct Part<'a>(&'a str);

impl fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() || self.0.contains(['.', '"']) {
            write!(f, "\"{}\"", self.0.replace('"', "\"\""))
        } else {
            f.write_str(self.0)
        }
    }
}

/// A text that is no table name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseNameError(String);

impl fmt::Display for ParseNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no table name: expected `name` or `schema.name`",
            self.0
        )
    }
}

impl std::error::Error for ParseNameError {}

impl FromStr for TableName {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, ParseNameError> {
        let mut parts = Vec::new();
        let mut rest = text;
        loop {
            let (part, after) = part(rest).ok_or_else(|| ParseNameError(text.to_owned()))?;
            parts.push(part);
            match after.strip_prefix('.') {
                Some(after) => rest = after,
                None if after.is_empty() => break,
                None => return Err(ParseNameError(text.to_owned())),
            }
        }
        let name = parts.pop().filter(|name| !name.is_empty());
        let schema = parts.pop();
        match name {
            Some(name) if parts.is_empty() => Ok(TableName { schema, name }),
            _ => Err(ParseNameError(text.to_owned())),
        }
    }
}

/// Takes one part off the front: quoted up to its closing quote, or plain up to the next dot.
fn part(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find('.').unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..])).filter(|(part, _)| !part.contains('"'));
    };
    let mut part = String::new();
    let mut characters = quoted.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' if characters.next_if(|(_, next)| *next == '"').is_some() => part.push('"'),
            '"' => return Some((part, &quoted[at + 1..])),
            other => part.push(other),
        }
    }
    None
}

impl Serialize for TableName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TableName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_back() {
        for (schema, name) in [
            (None, "items"),
            (Some("sales"), "items"),
            (Some("a.b"), "c\"d"),
            (None, "é é"),
            (None, "."),
        ] {
            let name = TableName {
                schema: schema.map(str::to_owned),
                name: name.to_owned(),
            };
            assert_eq!(name.to_string().parse(), Ok(name));
        }
    }

    #[test]
    fn refuses_what_is_no_name() {
        for text in ["", "a.", "a.b.c", "\"a", "a\"b", "\"a\"b"] {
            assert!(text.parse::<TableName>().is_err(), "{text}");
        }
    }
}
