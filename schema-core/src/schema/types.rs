//! Logical column types and their notation.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a column holds, independent of how a database spells it.
///
/// A type has one notation, which [`Display`](fmt::Display) writes and [`FromStr`] reads: it is what snapshots, revisions and
/// [`ColumnType::TYPE`](crate::ColumnType::TYPE) say.
///
/// | notation | meaning |
/// |---|---|
/// | `boolean` | true or false |
/// | `i8` `i16` `i32` `i64` `u8` `u16` `u32` `u64` | a whole number of that width |
/// | `f32` `f64` | a binary floating-point number |
/// | `decimal` `decimal(10, 2)` | an exact number: digits in all, digits after the point |
/// | `text` `text(80)` | text, of at most that many characters |
/// | `bytes` `bytes(16)` | bytes, at most that many |
/// | `date` `time` | a day, a time of day |
/// | `datetime` | a day and time without a zone |
/// | `timestamp` | an instant |
/// | `uuid` `json` | as they say |
/// | `inet` `network` | an IP address, an IP network |
/// | `enum status('draft', 'on_sale')` | one of some texts, and what the database calls the type if it has such types |
/// | `array(T)` | a list of another type |
/// | `native('…')` | a type that only the database knows, in its own words |
///
/// ```
/// use schema_core::schema::Type;
///
/// let ty: Type = "decimal(10,2)".parse().unwrap();
/// assert_eq!(ty, Type::Decimal { precision: Some(10), scale: Some(2) });
/// assert_eq!(ty.to_string(), "decimal(10, 2)");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Type {
    /// True or false.
    Boolean,
    /// A signed number of 8 bits.
    I8,
    /// A signed number of 16 bits.
    I16,
    /// A signed number of 32 bits.
    I32,
    /// A signed number of 64 bits.
    I64,
    /// An unsigned number of 8 bits.
    U8,
    /// An unsigned number of 16 bits.
    U16,
    /// An unsigned number of 32 bits.
    U32,
    /// An unsigned number of 64 bits.
    U64,
    /// A floating-point number of 32 bits.
    F32,
    /// A floating-point number of 64 bits.
    F64,
    /// An exact decimal number.
    Decimal {
        /// Digits in all.
        precision: Option<u32>,
        /// Digits after the point.
        scale: Option<u32>,
    },
    /// Text.
    Text {
        /// The most characters it may have.
        length: Option<u32>,
    },
    /// Bytes.
    Bytes {
        /// The most bytes it may have.
        length: Option<u32>,
    },
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A day and time without a zone.
    DateTime,
    /// An instant.
    Timestamp,
    /// A universally unique identifier.
    Uuid,
    /// A JSON document.
    Json,
    /// An IP address.
    Inet,
    /// An IP network.
    Network,
    /// One of some texts.
    Enum {
        /// The type's name, in databases that name such types.
        name: String,
        /// The texts, in declared order.
        values: Vec<String>,
    },
    /// A list of values of another type.
    Array(Box<Type>),
    /// A type that only the database knows, in its own words.
    Native(String),
}

impl Type {
    /// Returns the name of the enum that it is, or is a list of.
    ///
    /// ```
    /// # use schema_core::schema::Type;
    /// let size = Type::Enum { name: "size".into(), values: vec!["s".into(), "m".into()] };
    /// assert_eq!(Type::Array(Box::new(size)).enum_name(), Some("size"));
    /// assert_eq!(Type::I64.enum_name(), None);
    /// ```
    #[must_use]
    pub fn enum_name(&self) -> Option<&str> {
        if let Type::Array(element) = self {
            return element.enum_name();
        }
        if let Type::Enum { name, values: _ } = self {
            Some(name)
        } else {
            None
        }
    }

    /// Returns the texts of an enum.
    ///
    /// ```
    /// # use schema_core::schema::Type;
    /// let size = Type::Enum { name: "size".into(), values: vec!["s".into(), "m".into()] };
    /// assert_eq!(size.values().unwrap(), ["s", "m"]);
    /// ```
    #[must_use]
    pub fn values(&self) -> Option<&[String]> {
        if let Type::Enum { name: _, values } = self {
            Some(values)
        } else {
            None
        }
    }
}

/// The types whose notation is a bare word.
const WORDS: [(&str, Type); 22] = [
    ("boolean", Type::Boolean),
    ("i8", Type::I8),
    ("i16", Type::I16),
    ("i32", Type::I32),
    ("i64", Type::I64),
    ("u8", Type::U8),
    ("u16", Type::U16),
    ("u32", Type::U32),
    ("u64", Type::U64),
    ("f32", Type::F32),
    ("f64", Type::F64),
    ("date", Type::Date),
    ("time", Type::Time),
    ("datetime", Type::DateTime),
    ("timestamp", Type::Timestamp),
    ("uuid", Type::Uuid),
    ("json", Type::Json),
    ("inet", Type::Inet),
    ("network", Type::Network),
    (
        "decimal",
        Type::Decimal {
            precision: None,
            scale: None,
        },
    ),
    ("text", Type::Text { length: None }),
    ("bytes", Type::Bytes { length: None }),
];

fn word(text: &str) -> Option<Type> {
    WORDS
        .iter()
        .find(|(word, _)| *word == text)
        .map(|(_, ty)| ty.clone())
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Decimal {
                precision: Some(precision),
                scale: None,
            } => write!(f, "decimal({precision})"),
            Type::Decimal {
                precision,
                scale: Some(scale),
            } => {
                write!(f, "decimal({}, {scale})", precision.unwrap_or_default())
            }
            Type::Text { length: Some(length) } => write!(f, "text({length})"),
            Type::Bytes { length: Some(length) } => write!(f, "bytes({length})"),
            Type::Enum { name, values } => {
                write!(f, "enum {name}(")?;
                for (at, value) in values.iter().enumerate() {
                    let separator = if at == 0 { "" } else { ", " };
                    write!(f, "{separator}'{}'", value.replace('\'', "''"))?;
                }
                f.write_str(")")
            }
            Type::Array(element) => write!(f, "array({element})"),
            Type::Native(text) => write!(f, "native('{}')", text.replace('\'', "''")),
            Type::Boolean => f.write_str("boolean"),
            Type::I8 => f.write_str("i8"),
            Type::I16 => f.write_str("i16"),
            Type::I32 => f.write_str("i32"),
            Type::I64 => f.write_str("i64"),
            Type::U8 => f.write_str("u8"),
            Type::U16 => f.write_str("u16"),
            Type::U32 => f.write_str("u32"),
            Type::U64 => f.write_str("u64"),
            Type::F32 => f.write_str("f32"),
            Type::F64 => f.write_str("f64"),
            Type::Decimal {
                precision: None,
                scale: None,
            } => f.write_str("decimal"),
            Type::Text { length: None } => f.write_str("text"),
            Type::Bytes { length: None } => f.write_str("bytes"),
            Type::Date => f.write_str("date"),
            Type::Time => f.write_str("time"),
            Type::DateTime => f.write_str("datetime"),
            Type::Timestamp => f.write_str("timestamp"),
            Type::Uuid => f.write_str("uuid"),
            Type::Json => f.write_str("json"),
            Type::Inet => f.write_str("inet"),
            Type::Network => f.write_str("network"),
        }
    }
}

/// A text that is no type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseTypeError(String);

impl fmt::Display for ParseTypeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no column type", self.0)
    }
}

impl std::error::Error for ParseTypeError {}

impl FromStr for Type {
    type Err = ParseTypeError;

    fn from_str(text: &str) -> Result<Self, ParseTypeError> {
        let error = || ParseTypeError(text.to_owned());
        let text = text.trim();
        let Some((name, arguments)) = text.split_once('(') else {
            return word(text).ok_or_else(error);
        };
        let arguments = arguments.strip_suffix(')').ok_or_else(error)?.trim();
        if let Some(name) = name.strip_prefix("enum ") {
            let values = quoted_list(arguments).filter(|values| !values.is_empty());
            return Ok(Type::Enum {
                name: name.trim().to_owned(),
                values: values.ok_or_else(error)?,
            });
        }
        match name.trim_end() {
            "decimal" => decimal(arguments).ok_or_else(error),
            "text" => Ok(Type::Text {
                length: Some(arguments.parse().map_err(|_| error())?),
            }),
            "bytes" => Ok(Type::Bytes {
                length: Some(arguments.parse().map_err(|_| error())?),
            }),
            "array" => Ok(Type::Array(Box::new(arguments.parse()?))),
            "native" => Ok(Type::Native(quoted(arguments).ok_or_else(error)?)),
            _ => Err(error()),
        }
    }
}

fn decimal(arguments: &str) -> Option<Type> {
    let (precision, scale) = match arguments.split_once(',') {
        Some((precision, scale)) => (precision, Some(scale.trim().parse().ok()?)),
        None => (arguments, None),
    };
    Some(Type::Decimal {
        precision: Some(precision.trim().parse().ok()?),
        scale,
    })
}

fn quoted(text: &str) -> Option<String> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let unescaped = inner.replace("''", "\u{0}");
    (!unescaped.contains('\'')).then(|| unescaped.replace('\u{0}', "'"))
}

/// Reads texts in single quotes with commas between them; a quote within one stands twice.
pub(crate) fn quoted_list(text: &str) -> Option<Vec<String>> {
    let mut texts = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if !texts.is_empty() {
            rest = rest.strip_prefix(',')?.trim_start();
        }
        let mut value = String::new();
        rest = rest.strip_prefix('\'')?;
        loop {
            let (part, after) = rest.split_once('\'')?;
            value.push_str(part);
            rest = after;
            match rest.strip_prefix('\'') {
                Some(after) => {
                    value.push('\'');
                    rest = after;
                }
                None => break,
            }
        }
        texts.push(value);
        rest = rest.trim_start();
    }
    Some(texts)
}

impl Serialize for Type {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Type {
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
    fn every_notation_parses_back() {
        let more = [
            "decimal(10)",
            "decimal(10, 2)",
            "text(80)",
            "bytes(16)",
            "array(text(3))",
            "native('it''s')",
            "enum status('draft', 'on_sale')",
            "array(enum odd('it''s', 'a, (b)', ''))",
        ];
        for notation in WORDS.iter().map(|(word, _)| *word).chain(more) {
            let ty: Type = notation.parse().unwrap();
            assert_eq!(ty.to_string(), notation);
        }
    }

    #[test]
    fn refuses_what_is_no_type() {
        for text in [
            "",
            "string",
            "text()",
            "text(-1)",
            "array",
            "native",
            "native(x)",
            "native('a'b')",
            "text(80",
            "enum status",
            "enum status()",
            "enum status('a' 'b')",
            "enum status('a', )",
            "enum status('a)",
        ] {
            assert!(text.parse::<Type>().is_err(), "{text}");
        }
    }
}
