//! Native types: what MySQL and MariaDB call each logical type, and the one spelling of any type of theirs.
//!
//! A type is chosen so that no value which a program stores for the logical type is cut, rounded or refused: a text without a length is
//! LONGTEXT, times keep microseconds. The one exception is said where it is made: an instant is a TIMESTAMP, which is what programs in Rust look
//! for, and ends in 2038; `sql_type(mysql = "datetime(6)")` does not.
//!
//! Servers differ in what they call the same type (`int(11)` is `int` since MySQL 8.0.19, a JSON column of MariaDB is a `longtext`). The spelling
//! here is the shortest that all of them take.

mod canonical;
mod logical;

pub(super) use canonical::canonical;
pub(super) use logical::logical;

use crate::lexer::{Kind, Lexicon, lex};
use crate::schema::Type;

/// How many bytes a character of `utf8mb4` may take, and a key may have in InnoDB
/// (<https://dev.mysql.com/doc/refman/8.4/en/innodb-limits.html>).
pub(super) const KEY_BYTES: u64 = 3072;

/// The most characters of a VARCHAR in `utf8mb4`, and the most bytes of a VARBINARY: a row has 65,535 bytes.
const LONGEST_VARCHAR: u32 = 16_383;
const LONGEST_VARBINARY: u32 = 65_532;

/// Returns the native type for a logical type.
///
/// # Errors
///
/// Why there is none.
pub(super) fn native(ty: &Type) -> Result<String, String> {
    Ok(match ty {
        Type::Boolean => "tinyint(1)".to_owned(),
        Type::I8 => "tinyint".to_owned(),
        Type::I16 => "smallint".to_owned(),
        Type::I32 => "int".to_owned(),
        Type::I64 => "bigint".to_owned(),
        Type::U8 => "tinyint unsigned".to_owned(),
        Type::U16 => "smallint unsigned".to_owned(),
        Type::U32 => "int unsigned".to_owned(),
        Type::U64 => "bigint unsigned".to_owned(),
        Type::F32 => "float".to_owned(),
        Type::F64 => "double".to_owned(),
        Type::Decimal { precision, scale } => decimal(*precision, *scale)?,
        Type::Text { length: Some(length) } if *length <= LONGEST_VARCHAR => format!("varchar({length})"),
        // A longer text is no VARCHAR, and the other types have no length of one's own.
        Type::Text { length: _ } => "longtext".to_owned(),
        Type::Bytes { length: Some(length) } if *length <= LONGEST_VARBINARY => {
            format!("varbinary({length})")
        }
        Type::Bytes { length: _ } => "longblob".to_owned(),
        Type::Date => "date".to_owned(),
        Type::Time => "time(6)".to_owned(),
        Type::DateTime => "datetime(6)".to_owned(),
        Type::Timestamp => "timestamp(6)".to_owned(),
        Type::Uuid => "binary(16)".to_owned(),
        Type::Json | Type::Array(_) => "json".to_owned(),
        // The longest address is `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255`; a network adds `/128`. MariaDB's INET6 is not MySQL's.
        Type::Inet => "varchar(45)".to_owned(),
        Type::Network => "varchar(49)".to_owned(),
        Type::Enum { name: _, values } => enumeration(values)?,
        Type::Native(text) => canonical(text, Lexicon::STANDARD)?,
    })
}

/// Without digits, as many as the server can have on both sides of the point: a number is never rounded to an integer, as DECIMAL alone would do.
fn decimal(precision: Option<u32>, scale: Option<u32>) -> Result<String, String> {
    let (precision, scale) = match (precision, scale) {
        (None, None) => (65, 30),
        (Some(precision), scale) => (precision, scale.unwrap_or_default()),
        (None, Some(scale)) => (65, scale),
    };
    if precision > 65 || scale > 30 || scale > precision {
        return Err("a decimal has at most 65 digits, 30 of them after the point".to_owned());
    }
    Ok(format!("decimal({precision},{scale})"))
}

fn enumeration(values: &[String]) -> Result<String, String> {
    if let Some(value) = values.iter().find(|value| value.ends_with(' ')) {
        return Err(format!("the server cuts the blanks off the end of `'{value}'`"));
    }
    let texts: Vec<String> = values.iter().map(|value| standard_text(value)).collect();
    Ok(format!("enum({})", texts.join(",")))
}

/// Returns a text as standard SQL writes it, which is how this dialect's normalized schemas do.
pub(super) fn standard_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Returns the values of `enum('a','b')`.
pub(super) fn values(native: &str) -> Option<Vec<String>> {
    let list = native.strip_prefix("enum(")?.strip_suffix(')')?;
    crate::schema::quoted_list(list)
}

/// What the values of a native type are, as far as defaults, keys and conversions go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Whole numbers.
    Integer,
    /// Decimals with that many digits after the point.
    Decimal(u32),
    /// Floating-point numbers of 4 bytes.
    Float,
    /// Floating-point numbers of 8 bytes.
    Double,
    /// Bits.
    Bit,
    /// Text of at most that many characters.
    Char(u64),
    /// Text that is kept beside the row.
    Text,
    /// Bytes, at most that many.
    Binary(u64),
    /// Bytes that are kept beside the row.
    Blob,
    /// A text from a list.
    Enum,
    /// Texts from a list.
    Set,
    /// A document.
    Json,
    /// A day.
    Date,
    /// A time with that many digits of a second.
    Time(u32),
    /// A day and time with that many digits of a second.
    DateTime(u32),
    /// The same as an instant.
    Timestamp(u32),
    /// Whatever else there is: geometries, `inet6`, `uuid`.
    Other,
}

impl Class {
    /// Returns the class of a type in its one spelling.
    pub(super) fn of(native: &str) -> Self {
        let name = native.split(['(', ' ']).next().unwrap_or_default();
        let argument = |at| argument(native, at);
        let digits = || u32::try_from(argument(0).unwrap_or_default()).unwrap_or_default();
        match name {
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year" => Class::Integer,
            "decimal" => Class::Decimal(u32::try_from(argument(1).unwrap_or_default()).unwrap_or_default()),
            "float" => Class::Float,
            "double" => Class::Double,
            "bit" => Class::Bit,
            "char" | "varchar" => Class::Char(argument(0).unwrap_or(1)),
            "tinytext" | "text" | "mediumtext" | "longtext" => Class::Text,
            "binary" | "varbinary" => Class::Binary(argument(0).unwrap_or(1)),
            "tinyblob" | "blob" | "mediumblob" | "longblob" => Class::Blob,
            "enum" => Class::Enum,
            "set" => Class::Set,
            "json" => Class::Json,
            "date" => Class::Date,
            "time" => Class::Time(digits()),
            "datetime" => Class::DateTime(digits()),
            "timestamp" => Class::Timestamp(digits()),
            _ => Class::Other,
        }
    }

    /// Tells whether values are compared by a collation.
    pub(super) fn has_collation(self) -> bool {
        match self {
            Class::Char(_) | Class::Text | Class::Enum | Class::Set => true,
            Class::Integer
            | Class::Decimal(_)
            | Class::Float
            | Class::Double
            | Class::Bit
            | Class::Binary(_)
            | Class::Blob
            | Class::Json
            | Class::Date
            | Class::Time(_)
            | Class::DateTime(_)
            | Class::Timestamp(_)
            | Class::Other => false,
        }
    }

    /// Returns the digits of a second that a time has.
    pub(super) fn second_digits(self) -> Option<u32> {
        if let Class::Time(digits) | Class::DateTime(digits) | Class::Timestamp(digits) = self {
            Some(digits)
        } else {
            None
        }
    }

    /// Tells whether a literal default has to be written as an expression: MySQL takes no other one for these
    /// (<https://dev.mysql.com/doc/refman/8.4/en/data-type-defaults.html>).
    pub(super) fn has_expression_default_only(self) -> bool {
        matches!(self, Class::Text | Class::Blob | Class::Json | Class::Other)
    }

    /// Returns how many bytes a key over a column takes, given the bytes of a character; `None` if the type is no key without a length.
    pub(super) fn key_bytes(self, character: u64) -> Option<u64> {
        match self {
            Class::Char(length) => Some(length * character),
            Class::Binary(length) => Some(length),
            Class::Text | Class::Blob | Class::Json => None,
            Class::Integer
            | Class::Decimal(_)
            | Class::Float
            | Class::Double
            | Class::Bit
            | Class::Enum
            | Class::Set
            | Class::Date
            | Class::Time(_)
            | Class::DateTime(_)
            | Class::Timestamp(_)
            | Class::Other => Some(8),
        }
    }
}

/// Returns a number of the list in parentheses behind a type's name.
fn argument(native: &str, at: usize) -> Option<u64> {
    let (_, rest) = native.split_once('(')?;
    let (list, _) = rest.split_once(')')?;
    list.split(',').nth(at)?.trim().parse().ok()
}

/// Returns a type's spelling as a statement has it: with the texts of an `enum` escaped.
pub(super) fn render(native: &str) -> String {
    lex(native, Lexicon::STANDARD)
        .map(|token| match token.kind {
            Kind::String => token.text.replace('\\', "\\\\"),
            Kind::Word | Kind::Quoted | Kind::Number | Kind::Symbol | Kind::Comment | Kind::Space => {
                token.text.to_owned()
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes() {
        for (native, class) in [
            ("tinyint(1)", Class::Integer),
            ("bigint unsigned", Class::Integer),
            ("decimal(10,2)", Class::Decimal(2)),
            ("varchar(80)", Class::Char(80)),
            ("timestamp(6) on update current_timestamp(6)", Class::Timestamp(6)),
            ("enum('a','it''s')", Class::Enum),
            ("datetime", Class::DateTime(0)),
            ("point", Class::Other),
        ] {
            assert_eq!(Class::of(native), class, "{native}");
        }
        assert_eq!(
            values("enum('a','it''s, (b)')"),
            Some(vec!["a".to_owned(), "it's, (b)".to_owned()])
        );
        assert_eq!(render("enum('a\\b','it''s')"), "enum('a\\\\b','it''s')");
    }

    #[test]
    fn decimals_have_limits() {
        let decimal = |precision, scale| native(&Type::Decimal { precision, scale });
        assert_eq!(decimal(None, None), Ok("decimal(65,30)".to_owned()));
        assert_eq!(decimal(Some(10), None), Ok("decimal(10,0)".to_owned()));
        assert!(decimal(Some(66), Some(2)).is_err());
        assert!(decimal(Some(3), Some(4)).is_err());
    }
}
