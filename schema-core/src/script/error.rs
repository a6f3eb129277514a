//! What is wrong with a script. It knows the line, not the file: whoever read the file adds its name.

use std::fmt;

/// A script that cannot be read, with the line to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What can be wrong with a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A NUL byte, at which some databases silently stop reading.
    NulByte,
    /// A string, quoted name or comment that is never closed.
    Unterminated {
        /// What it is: `string`, `quoted name` or `comment`.
        what: &'static str,
    },
    /// The body of a trigger or routine whose `END` is missing.
    UnterminatedBody,
    /// A statement that begins or ends a transaction, which is the runner's to do.
    Transaction {
        /// The statement's first word, as written.
        keyword: String,
    },
    /// The same where the script has no transaction to break, but each step has its note.
    StepTransaction {
        /// The statement's first word, as written.
        keyword: String,
    },
    /// A `COPY` whose rows go through the client, which sends statements only.
    ClientCopy,
    /// A `DELIMITER` line that names none.
    NoDelimiter,
    /// A `DELIMITER` line whose delimiter is still in force at the end of the script.
    DelimiterStays,
    /// A statement that locks tables for those that follow, in a script of which each commits by itself.
    Lock {
        /// What it is, as written.
        keyword: String,
    },
    /// A directive that is not known.
    UnknownDirective {
        /// Its name, as written.
        name: String,
        /// The known directive it looks most like.
        near: Option<&'static str>,
    },
    /// A known directive in a place where it means nothing.
    Misplaced {
        /// Its name.
        name: &'static str,
        /// Where it belongs.
        place: &'static str,
    },
    /// A code that no hazard has.
    UnknownCode {
        /// The code, as written.
        code: String,
    },
    /// A directive whose argument is missing, or that has one and takes none.
    Argument {
        /// Its name.
        name: &'static str,
        /// How it is written.
        form: &'static str,
    },
}

impl ScriptError {
    /// Returns how to go on.
    ///
    /// ```
    /// use schema_core::{lexer::Lexicon, script::statements};
    ///
    /// let error = statements("SELECT 1;\nSELECT 'no end;\n", Lexicon::STANDARD).unwrap_err();
    /// assert_eq!(error.line, 2);
    /// println!("{error}\nhint: {}", error.hint().unwrap_or_default());
    /// ```
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match &self.problem {
            Problem::NulByte => Some("remove the byte; the file may have been saved as UTF-16".into()),
            Problem::Unterminated { what } => Some(format!("close the {what} that begins on this line")),
            Problem::UnterminatedBody => {
                Some("end it as its database does: with `END;`, `END IF;` or a parenthesis".into())
            }
            Problem::Transaction { keyword } => Some(format!(
                "remove the `{keyword}`: each script runs in one transaction with its version row"
            )),
            Problem::StepTransaction { keyword } => Some(format!(
                "remove the `{keyword}`: each statement commits together with the note that it is done, or by itself"
            )),
            Problem::ClientCopy => Some("write the rows as `INSERT` statements, as `pg_dump --inserts` does".into()),
            Problem::NoDelimiter => Some("write `DELIMITER //`, or leave such lines out: the body of a routine is read to its `END` without them".into()),
            Problem::DelimiterStays => Some("put `DELIMITER ;` behind the last body, or leave such lines out: the body of a routine is read to its `END` without them".into()),
            Problem::Lock { keyword } => Some(format!(
                "remove the `{keyword}`; where the database can, leave `no-transaction` out as well, so that the script is one transaction; else stop whoever writes while it runs"
            )),
            Problem::UnknownDirective { near: Some(near), .. } => Some(format!("did you mean `{near}`?")),
            Problem::UnknownDirective { near: None, .. } => Some(format!(
                "the directives are {}",
                super::parse::DIRECTIVES
                    .map(|(name, _)| format!("`{name}`"))
                    .join(", ")
            )),
            Problem::Misplaced { place, .. } => Some(format!("put it {place}, on a line of its own")),
            Problem::UnknownCode { .. } => {
                Some("`autogen lint` says the code of each hazard it finds".into())
            }
            Problem::Argument { form, .. } => Some(format!("write `-- autogen: {form}`")),
        }
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        match &self.problem {
            Problem::NulByte => f.write_str("the script holds a NUL byte"),
            Problem::Unterminated { what } => write!(f, "the {what} is never closed"),
            Problem::UnterminatedBody => f.write_str("the body that begins here has no end"),
            Problem::Transaction { keyword } => {
                write!(
                    f,
                    "`{keyword}` would break the transaction that the script runs in"
                )
            }
            Problem::StepTransaction { keyword } => {
                write!(
                    f,
                    "`{keyword}` begins or ends a transaction, which is the runner's to do"
                )
            }
            Problem::ClientCopy => {
                f.write_str("the rows of this `COPY` go through `psql`; a script has statements only")
            }
            Problem::NoDelimiter => f.write_str("`DELIMITER` names no delimiter"),
            Problem::DelimiterStays => {
                f.write_str("the delimiter of this line is still in force at the end of the script")
            }
            Problem::Lock { keyword } => write!(
                f,
                "`{keyword}` would lock nothing: each statement of this script commits by itself, and its locks go with that"
            ),
            Problem::UnknownDirective { name, near: _ } => write!(f, "there is no directive `{name}`"),
            Problem::Misplaced { name, place: _ } => write!(f, "the directive `{name}` means nothing here"),
            Problem::UnknownCode { code } => write!(f, "no hazard has the code `{code}`"),
            Problem::Argument { name, form: _ } => write!(f, "the directive `{name}` has a wrong argument"),
        }
    }
}

impl std::error::Error for ScriptError {}
