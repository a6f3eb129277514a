//! The kinds of hazards, by codes that keep their meaning for good.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

macro_rules! codes {
    ($($code:ident $about:literal)*) => {
        /// The kinds of hazards: `D` for data that is lost, `F` for steps that fail on the rows they find, `L` for locks that others wait for, `B` for what
        /// breaks programs that still run, `R` for scripts that the runner cannot run as they are meant, `S` for schemas that work and had better be otherwise.
        ///
        /// A code keeps its meaning for good. Numbers that are missing are kinds that no script can have, since they are decided elsewhere.
        ///
        /// ```
        /// use schema_core::hazard::Code;
        ///
        /// let code: Code = "d01".parse().unwrap();
        /// assert_eq!((code.as_str(), code.about()), ("D01", "A table is dropped."));
        /// assert_eq!(Code::ALL[0], code);
        /// assert_eq!("X99".parse::<Code>().unwrap_err().to_string(), "`X99` is no code of a hazard");
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $about] $code,)*
        }

        impl Code {
            /// All codes, in their order.
            pub const ALL: &'static [Code] = &[$(Code::$code),*];

            /// Returns the code as it is written.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Code::$code => stringify!($code),)*
                }
            }

            /// Tells whether hazards of this kind are looked for only if somebody asks for them.
            #[must_use]
            pub fn is_asked_for(self) -> bool {
                self.as_str().starts_with('S')
            }

            /// Returns what hazards of this kind are, in one sentence.
            ///
            /// ```
            /// # use schema_core::hazard::Code;
            /// for code in Code::ALL {
            ///     println!("{code}  {}", code.about());
            /// }
            /// ```
            #[must_use]
            pub fn about(self) -> &'static str {
                match self {
                    $(Code::$code => $about,)*
                }
            }
        }
    };
}

codes! {
    D01 "A table is dropped."
    D02 "A column is dropped."
    D03 "A schema or database is dropped."
    D04 "What is dropped looks like what is added under another name."
    D05 "A type is changed to one that does not hold every value."
    D06 "An enum loses a value."
    D07 "A column is dropped and added again, or a primary key is made of other columns."
    D08 "Rows go without a condition, or whatever depends on something goes with it."
    D09 "A table that others refer to is dropped while foreign keys act, so their rows go or lose what they refer to."
    D10 "A table is replaced by hand, and loses its triggers and indexes."
    D11 "A column is defined anew without all that was said of it."
    D12 "The server is told to cut values that do not fit."
    D13 "Rows that are alike, or that a rule refuses, are passed over or replaced."
    D14 "A foreign key, UNIQUE or CHECK is dropped."
    D15 "The way back cannot run on tables with rows, or there is none."
    F01 "A NOT NULL column is added and old rows have no value for it."
    F02 "A column becomes NOT NULL and rows may hold NULL."
    F03 "A UNIQUE is added and rows may be alike."
    F04 "A CHECK is added and rows may break it."
    F05 "A foreign key is added and rows may refer to nothing."
    F06 "A column is added as SQLite allows on empty tables only."
    F07 "Old rows get an empty value or zero because nobody said another."
    F08 "A type is changed to one that the server does not convert to by itself."
    F09 "A primary key is made of columns that could hold NULL."
    L01 "An index is made or dropped while nobody can write."
    L02 "CONCURRENTLY stands in a transaction, where it cannot run."
    L03 "A UNIQUE or primary key makes its index while nobody can read or write."
    L04 "A foreign key, CHECK or NOT NULL is proved on every row while others wait."
    L05 "NOT VALID and VALIDATE stand in one transaction, so nothing is gained."
    L06 "A change of type writes every row anew while nobody can read or write."
    L07 "A default that differs by row writes every row anew while nobody can read or write."
    L08 "A computed or numbered column writes every row anew while others wait."
    L09 "An EXCLUDE constraint makes its index while nobody can read or write."
    L10 "The script takes away the limit on waiting for locks."
    L11 "The script takes away the limit on the time of a statement."
    L12 "Work on the rows of one table is done while another one is locked."
    L13 "A table is written anew more than once."
    L14 "A command locks a table for long and has a form that does not."
    L15 "More is locked than the statement says."
    L16 "The server copies the table while nobody can write."
    L17 "An ENUM changes other than at its end, so the server copies the table."
    L18 "A default that is computed makes the server copy the table."
    L19 "A foreign key makes the server copy the table, or is let in unchecked."
    L20 "Rows are changed all at once while they are locked."
    L21 "SQLite writes a table anew: it takes room twice, and writers wait."
    B01 "A table is renamed, and programs that still run know the old name."
    B02 "A column is renamed, and programs that still run know the old name."
    B03 "A column may hold NULL now, and programs that still run do not expect it."
    B04 "Programs that still run leave out a value that the database asks for."
    B05 "An enum's value is renamed, or comes at a place that nobody chose."
    B06 "A column is `json`, which has no equality."
    B08 "Programs that still run may write what a new UNIQUE refuses."
    R01 "A statement begins or ends the transaction that is the runner's, or locks tables where there is none."
    R02 "IF NOT EXISTS takes the broken rest of an interrupted statement for the whole."
    R04 "A new enum value is used before it is committed."
    R05 "The script changes which schemas names are looked for in."
    R06 "A name is longer than the server keeps."
    R07 "The script holds a NUL byte."
    R08 "A statement reaches beyond the database, or past its rules."
    R10 "What a statement does cannot be told from its text."
    R11 "An `allow` has nothing to allow."
    S01 "The numbers of a primary key run out."
    S02 "A column is `timestamp`, which knows no zone."
    S03 "A column is `char(n)`, which fills values up with blanks."
    S04 "A table has no primary key."
    S05 "An index is the beginning of another one."
    S06 "An index is the same as another one."
    S07 "A foreign key has no index."
    S08 "A foreign key refers to what is not unique."
    S09 "A primary key takes NULL."
    S10 "A name is a reserved word."
    S11 "Names differ only in case."
    S12 "A table is kept by an engine without transactions."
    S13 "Texts are utf8mb3, which lacks characters."
    S14 "A REFERENCES makes no foreign key, depending on the server."
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

/// A text that is no code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseCodeError(String);

impl fmt::Display for ParseCodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no code of a hazard", self.0)
    }
}

impl std::error::Error for ParseCodeError {}

impl FromStr for Code {
    type Err = ParseCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Code::ALL.iter();
        let found = all.find(|code| code.as_str().eq_ignore_ascii_case(text));
        found.copied().ok_or_else(|| ParseCodeError(text.to_owned()))
    }
}
