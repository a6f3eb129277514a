//! What becomes of a value when its column gets another declared type.

use crate::dialect::sqlite::plan::times;
use crate::dialect::sqlite::types::{self, Affinity};
use crate::schema::{Auto, Table};

/// What the values of a type are, as far as conversions go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Boolean,
    Integer,
    Real,
    Number,
    Text,
    Bytes,
    Time,
}

/// A declared type, and whether its table is STRICT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Declared<'a> {
    text: &'a str,
    strict: bool,
}

impl<'a> Declared<'a> {
    pub(super) fn of(table: &Table, text: &'a str) -> Self {
        Declared {
            text,
            strict: table.options.strict,
        }
    }

    fn class(self) -> Class {
        match self.text {
            // ANY keeps values as they are in STRICT tables, and is a number's type elsewhere.
            "ANY" if self.strict => Class::Bytes,
            "BOOLEAN" | "BOOL" => Class::Boolean,
            "DATE" | "TIME" | "DATETIME" | "TIMESTAMP" => Class::Time,
            declared => match types::affinity(declared) {
                Affinity::Integer => Class::Integer,
                Affinity::Text => Class::Text,
                Affinity::Blob => Class::Bytes,
                Affinity::Real => Class::Real,
                Affinity::Numeric => Class::Number,
            },
        }
    }

    /// Returns how many digits `DECIMAL(10, 2)` has before the point and behind it.
    fn digits(self) -> Option<(u32, u32)> {
        let (_, rest) = self.text.strip_prefix("DECIMAL")?.split_once('(')?;
        let (precision, scale) = rest.strip_suffix(')')?.split_once(", ")?;
        let (precision, scale): (u32, u32) = (precision.parse().ok()?, scale.parse().ok()?);
        Some((precision.checked_sub(scale)?, scale))
    }

    /// Returns the condition of texts that are no such date or time, as SQLite's own functions read them, and do not become one.
    fn no_time(self, v: &str, from: Declared<'_>) -> String {
        match self.text {
            "DATE" if times::converted(v, from.text, self.text).is_some() => times::no_date(v),
            "DATE" => format!("date({v}) IS NOT {v}"),
            "TIME" => format!("{v} NOT GLOB '[0-9][0-9]:*' OR time({v}) IS NULL"),
            _ => format!("{v} NOT GLOB '[0-9][0-9][0-9][0-9]-*' OR datetime({v}) IS NULL"),
        }
    }

    /// Tells whether what one type of dates and times holds is what the other holds, too.
    fn is_time_of(self, other: Declared<'_>) -> bool {
        match other.text {
            "DATE" | "TIME" => self.text == other.text,
            _ => self.class() == Class::Time && self.text != "TIME",
        }
    }

    /// Returns the length of `VARCHAR(80)`.
    fn length(self) -> Option<u64> {
        let (_, rest) = self.text.split_once('(')?;
        rest.strip_suffix(')')?.parse().ok()
    }

    /// Returns the largest number of a declared integer type. A STRICT table has one such type, for all of them.
    fn range(self) -> Option<i64> {
        match self.text {
            _ if self.strict => None,
            "SMALLINT" => Some(i64::from(i16::MAX)),
            "INTEGER" | "INT" => Some(i64::from(i32::MAX)),
            _ => None,
        }
    }
}

/// Returns the condition of values that a column of another type would not keep, or that are none of its own.
///
/// `CAST(v AS NUMERIC)` reads the number at the front of a text, so a text is one number and nothing else if that, as
/// a text again, is the same; and between an integer and a real SQLite compares exactly.
pub(super) fn lossy(v: &str, from: Declared<'_>, to: Declared<'_>, auto: Auto) -> Option<String> {
    if from == to {
        return None;
    }
    let number = format!("CAST({v} AS NUMERIC)");
    let as_text = |cast: &str| format!("CAST({cast} AS TEXT) <> CAST({v} AS TEXT) COLLATE BINARY");
    let no_number = format!("typeof({v}) = 'text' AND {}", as_text(&number));
    let bytes = format!("typeof({v}) = 'blob'");
    // What a STRICT table takes over from one that is not may be anything, whatever its type.
    let same_class = from.class() == to.class() && (from.strict || !to.strict);
    let mut conditions = Vec::new();
    match to.class() {
        Class::Bytes if to.text == "BLOB" && (to.strict || from.class() != Class::Bytes) => {
            conditions.push(format!("typeof({v}) NOT IN ('blob', 'null')"));
        }
        Class::Bytes => {}
        Class::Time if from.is_time_of(to) => {}
        Class::Time => {
            let no_time = to.no_time(v, from);
            conditions.push(format!("typeof({v}) = 'text' AND ({number} = {v} OR {no_time})"));
            conditions.push(bytes);
        }
        Class::Text => {
            if !same_class {
                let odd =
                    format!("{bytes} OR typeof({v}) = 'real' AND CAST(CAST({v} AS TEXT) AS REAL) <> {v}");
                conditions.push(if from.class() == Class::Integer {
                    // That a value is a whole number, as nearly all are there, is seen sooner than that it is nothing else.
                    format!("{v} IS NOT CAST({v} AS INTEGER) AND ({odd})")
                } else {
                    odd
                });
            }
            if let Some(length) = to
                .length()
                .filter(|length| from.length().is_none_or(|old| old > *length))
            {
                conditions.push(format!("length({v}) > {length}"));
            }
        }
        Class::Integer => {
            if !same_class {
                conditions.extend([no_number, bytes, format!("{number} <> CAST({v} AS INTEGER)")]);
            }
            let range = to
                .range()
                .filter(|_| auto == Auto::No)
                .filter(|range| from.range().is_none_or(|old| old > *range));
            if let Some(range) = range {
                conditions.push(format!("{number} NOT BETWEEN -{range} - 1 AND {range}"));
            }
        }
        Class::Boolean => conditions.extend([no_number, bytes, format!("{number} NOT IN (0, 1)")]),
        Class::Number => {
            if !same_class {
                conditions.extend([no_number, bytes]);
            }
            let narrower = |(whole, scale): &(u32, u32)| {
                let (old_whole, old_scale) = from.digits().unwrap_or((u32::MAX, u32::MAX));
                old_whole > *whole || old_scale > *scale
            };
            if let Some((whole, scale)) = to.digits().filter(narrower) {
                conditions.push(format!(
                    "abs({number}) >= 1e{whole} OR round({number}, {scale}) <> {number}"
                ));
            }
        }
        Class::Real if same_class => {}
        Class::Real => {
            let no_real = as_text(&format!("CAST({v} AS REAL)"));
            conditions.extend([
                format!("{no_number} AND {no_real}"),
                bytes,
                format!("CAST({number} AS REAL) <> {number}"),
            ]);
        }
    }
    (!conditions.is_empty()).then(|| conditions.join(" OR "))
}
