//! Hazards: why a step may lose data, fail on it, keep others waiting or break programs that still run, each with a stable code and the safe form.
//!
#![doc = include_str!("hazard/codes.md")]

mod breaking;
mod code;
mod find;
mod types;

pub use breaking::breaking;
pub use code::{Code, ParseCodeError};
#[cfg(feature = "migrations")]
pub(crate) use find::renamed;
pub use find::{Quote, hazards};

use std::fmt;

use serde::Serialize;

use crate::schema::TableName;

/// A reason to look twice at a revision.
///
/// ```
/// # use schema_core::{diff::{Answers, diff}, hazard::hazards, schema::{Schema, Table, TableName}};
/// let (from, to) = (Schema::from_iter([Table::new(TableName::new("items"))]), Schema::default());
/// let answers = Answers::default();
/// let operations = diff(&from, &to, &answers);
/// for hazard in hazards(&operations, &from, &to, &answers, &|name| format!("\"{name}\"")) {
///     println!("{}: {}\n  safer: {}", hazard.code, hazard.text, hazard.safe);
/// #     assert!(hazard.dialect.is_none());
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Hazard {
    /// Its kind.
    pub code: Code,
    /// The dialect on whose databases it is one; `None` if on any.
    pub dialect: Option<&'static str>,
    /// What may happen, to what.
    pub text: String,
    /// How it is done without the hazard, or what to look at first.
    pub safe: String,
    /// The names that the statement has which does it, the table's first.
    #[serde(skip)]
    pub names: Vec<String>,
}

impl Hazard {
    /// Returns a hazard on any database.
    pub(crate) fn new(code: Code, text: impl Into<String>, safe: impl Into<String>) -> Self {
        Hazard {
            code,
            dialect: None,
            text: text.into(),
            safe: safe.into(),
            names: Vec::new(),
        }
    }

    /// Returns the hazard with the names that its statement has.
    pub(crate) fn of(mut self, table: &TableName, names: &[&str]) -> Self {
        self.names.push(table.name.clone());
        self.names.extend(names.iter().map(|name| (*name).to_owned()));
        self
    }

    /// Returns the hazard as one on databases of that dialect alone.
    #[cfg(feature = "migrations")]
    pub(crate) fn on(mut self, dialect: &'static str) -> Self {
        self.dialect = Some(dialect);
        self
    }
}

impl fmt::Display for Hazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.code)?;
        if let Some(dialect) = self.dialect {
            write!(f, "on {dialect}: ")?;
        }
        write!(f, "{}; safer: {}", self.text, self.safe)
    }
}
