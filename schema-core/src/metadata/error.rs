//! What can be wrong with the records of a program.

use std::fmt;

use crate::schema::TableName;

/// Why records are not a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MetadataError {
    /// The section holds something else.
    NoRecord {
        /// Where, in bytes from its start.
        offset: usize,
    },
    /// The section ends within a record.
    Truncated {
        /// Where the record begins, in bytes from the section's start.
        offset: usize,
    },
    /// The record is of another version of the format.
    Version {
        /// Its version.
        found: u32,
        /// The version that can be read.
        expected: u32,
    },
    /// The record's JSON is not what the derive writes.
    Unreadable {
        /// What the parser says.
        problem: String,
    },
    /// A type's notation says nothing.
    Type {
        /// The Rust path of the model.
        model: String,
        /// The column.
        column: String,
        /// The notation.
        notation: String,
    },
    /// Two models claim one table.
    DuplicateTable {
        /// The table.
        table: TableName,
        /// The Rust path of the one.
        first: String,
        /// The Rust path of the other.
        second: String,
    },
    /// Two indexes or constraints have one name.
    DuplicateName {
        /// What they are: `index`.
        what: &'static str,
        /// The name.
        name: String,
        /// The Rust path of the model that claims it as the second.
        model: String,
    },
    /// A foreign key refers to a table that no model has.
    UnknownTable {
        /// The referring columns, with their table.
        from: Vec<String>,
        /// The table referred to.
        table: TableName,
        /// The table that was probably meant.
        near: Option<String>,
    },
    /// A foreign key refers to a column that its table does not have.
    UnknownColumn {
        /// The referring columns, with their table.
        from: Vec<String>,
        /// The table referred to.
        table: TableName,
        /// The column referred to.
        column: String,
        /// The column that was probably meant.
        near: Option<String>,
    },
    /// A foreign key refers to columns that may hold the same values twice.
    NotUnique {
        /// The referring columns, with their table.
        from: Vec<String>,
        /// The table referred to.
        table: TableName,
        /// The columns referred to.
        columns: Vec<String>,
    },
}

impl MetadataError {
    /// Returns the error with its offset counted from another start.
    pub(super) fn at(self, start: usize) -> Self {
        match self {
            MetadataError::NoRecord { offset } => MetadataError::NoRecord {
                offset: offset + start,
            },
            MetadataError::Truncated { offset } => MetadataError::Truncated {
                offset: offset + start,
            },
            MetadataError::Version { .. }
            | MetadataError::Unreadable { .. }
            | MetadataError::Type { .. }
            | MetadataError::DuplicateTable { .. }
            | MetadataError::DuplicateName { .. }
            | MetadataError::UnknownTable { .. }
            | MetadataError::UnknownColumn { .. }
            | MetadataError::NotUnique { .. } => self,
        }
    }

    /// Returns how to go on, if that can be said.
    ///
    /// ```
    /// let errors = schema_core::metadata::assemble(["{}"]).unwrap_err();
    /// for error in errors {
    ///     eprintln!("error: {error}");
    ///     if let Some(hint) = error.hint() {
    ///         eprintln!("hint: {hint}");
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let meant = |near: &Option<String>| near.as_ref().map(|near| format!("did you mean `{near}`?"));
        match self {
            MetadataError::NoRecord { .. } | MetadataError::Truncated { .. } => {
                Some("build the program again, and make sure that nothing else writes to the section `autogen`".to_owned())
            }
            MetadataError::Version { found, expected } if found > expected => {
                Some("install an `autogen` as new as the program's `schema-core`".to_owned())
            }
            MetadataError::Version { .. } => {
                Some("update the program's `schema-core` to the version of `autogen`, and build it again".to_owned())
            }
            MetadataError::Unreadable { .. } => {
                Some("use one version of `schema-core` for the program and of `autogen`".to_owned())
            }
            MetadataError::Type { .. } => Some(
                "correct `ColumnType::TYPE` of the field's type; the documentation of `schema::Type` lists the notations"
                    .to_owned(),
            ),
            MetadataError::DuplicateTable { .. } => {
                Some("give one of them another name: `#[model(table = \"…\")]`".to_owned())
            }
            MetadataError::DuplicateName { .. } => {
                Some("take one of the two away, or write it on the struct with `name = \"…\"`".to_owned())
            }
            MetadataError::UnknownTable { table, near, .. } => meant(near)
                .or_else(|| Some(format!("derive `Model` on a struct with `#[model(table = \"{}\")]`", table.name))),
            MetadataError::UnknownColumn { near, .. } => meant(near),
            MetadataError::NotUnique { columns, .. } => Some(match &columns[..] {
                [_] => "put `#[model(unique)]` on the field referred to, or refer to the primary key".to_owned(),
                columns => format!("put `#[model(unique({}))]` on the struct referred to", columns.join(", ")),
            }),
        }
    }
}

impl fmt::Display for MetadataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MetadataError::NoRecord { offset } => {
                write!(
                    f,
                    "the models cannot be read: what stands at byte {offset} of the section is no record"
                )
            }
            MetadataError::Truncated { offset } => {
                write!(
                    f,
                    "the models cannot be read: the record at byte {offset} of the section is cut off"
                )
            }
            MetadataError::Version { found, expected } => write!(
                f,
                "the models cannot be read: they are in format {found}, and this version reads format {expected}"
            ),
            MetadataError::Unreadable { problem } => write!(f, "a model cannot be read: {problem}"),
            MetadataError::Type {
                model,
                column,
                notation,
            } => write!(
                f,
                "the column `{column}` of `{model}` has no type: `{notation}` is none"
            ),
            MetadataError::DuplicateTable { table, first, second } => {
                write!(
                    f,
                    "two models claim the table `{table}`: `{first}` and `{second}`"
                )
            }
            MetadataError::DuplicateName { what, name, model } => {
                write!(
                    f,
                    "the {what} `{name}` of `{model}` cannot be built: the name is taken"
                )
            }
            MetadataError::UnknownTable { from, table, near: _ } => {
                write!(
                    f,
                    "{} cannot be built: no model has the table `{table}`",
                    Key(from)
                )
            }
            MetadataError::UnknownColumn {
                from,
                table,
                column,
                near: _,
            } => write!(
                f,
                "{} cannot be built: the table `{table}` has no column `{column}`",
                Key(from)
            ),
            MetadataError::NotUnique { from, table, columns } => {
                write!(f, "{} cannot be built: ", Key(from))?;
                match &columns[..] {
                    [column] => write!(f, "`{table}.{column}` is not unique"),
                    columns => write!(f, "`{table}` ({}) is not unique", columns.join(", ")),
                }
            }
        }
    }
}

struct Key<'a>(&'a [String]);

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the foreign key on `{}`", self.0.join("`, `"))
    }
}

impl std::error::Error for MetadataError {}
