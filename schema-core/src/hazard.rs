//! Hazards: why a step may lose data or fail on it, each with a stable code and the safe form.
//!
//! They are found in the operations and the schemas on both sides alone, so they can be said when a revision is
//! written, long before a database with rows sees it. Whether a hazard is accepted is not decided here, and what a
//! database does about it is the business of its dialect.

mod find;
mod types;

pub use find::hazards;

use std::fmt;

use serde::{Serialize, Serializer};

/// A reason to look twice at a revision.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Hazard {
    /// Its kind.
    pub code: Code,
    /// What may happen, to what.
    pub text: String,
    /// How it is done without the hazard, or what to look at first.
    pub safe: String,
}

impl fmt::Display for Hazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}; safer: {}", self.code, self.text, self.safe)
    }
}

/// The kinds of hazards: `D` for data that is lost, `F` for steps that fail on the rows they find.
///
/// A code keeps its meaning for good, and numbers that are missing here are kinds that a written revision never has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// A table is dropped.
    D01,
    /// A column is dropped.
    D02,
    /// What is dropped looks like what is added under another name.
    D04,
    /// A type is changed to one that does not hold every value.
    D05,
    /// An enum loses a value.
    D06,
    /// A primary key is made of other columns.
    D07,
    /// A collation makes values alike that must differ.
    D13,
    /// A foreign key, UNIQUE or CHECK is dropped.
    D14,
    /// The way back cannot run on tables with rows.
    D15,
    /// A NOT NULL column is added and old rows have no value for it.
    F01,
    /// A column becomes NOT NULL and rows may hold NULL.
    F02,
    /// A UNIQUE is added and rows may be alike.
    F03,
    /// A CHECK is added and rows may break it.
    F04,
    /// A foreign key is added and rows may refer to nothing.
    F05,
    /// A primary key is made of columns that could hold NULL.
    F09,
}

impl Code {
    /// Returns the code as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Code::D01 => "D01",
            Code::D02 => "D02",
            Code::D04 => "D04",
            Code::D05 => "D05",
            Code::D06 => "D06",
            Code::D07 => "D07",
            Code::D13 => "D13",
            Code::D14 => "D14",
            Code::D15 => "D15",
            Code::F01 => "F01",
            Code::F02 => "F02",
            Code::F03 => "F03",
            Code::F04 => "F04",
            Code::F05 => "F05",
            Code::F09 => "F09",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
