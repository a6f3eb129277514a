//! Columns and their defaults.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::foreign_key::is_default;
use super::{Expression, Type};

/// A column of a table.
///
/// ```
/// use schema_core::schema::{Column, Default, Literal, Type};
///
/// let price = Column {
///     nullable: true,
///     default: Some(Default::Literal(Literal::Integer(0))),
///     ..Column::new("price", Type::F64)
/// };
/// assert_eq!(serde_json::to_string(&price)?, r#"{"name":"price","type":"f64","nullable":true,"default":0}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// The name, unique in its table.
    pub name: String,
    /// The logical type.
    #[serde(rename = "type")]
    pub ty: Type,
    /// Native types that replace the logical one, by dialect; the key `*` stands for every dialect.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sql_type: BTreeMap<String, String>,
    /// Whether it may hold NULL.
    #[serde(default, skip_serializing_if = "is_default")]
    pub nullable: bool,
    /// The value of a row that is inserted without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Default>,
    /// How the database computes the value from the row's other columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generated: Option<Generated>,
    /// Whether the database makes the value, for a key.
    #[serde(default, skip_serializing_if = "is_default")]
    pub auto: Auto,
    /// The collation its text is compared by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// Collations that replace it, by dialect.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub collations: BTreeMap<String, String>,
    /// What it is for, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl Column {
    /// Returns a NOT NULL column without anything else.
    ///
    /// ```
    /// # use schema_core::schema::{Auto, Column, Type};
    /// let id = Column { auto: Auto::Auto, ..Column::new("id", Type::I64) };
    /// assert!(!id.nullable);
    /// ```
    #[must_use]
    pub fn new(name: impl Into<String>, ty: Type) -> Self {
        Column {
            name: name.into(),
            ty,
            sql_type: BTreeMap::new(),
            nullable: false,
            default: None,
            generated: None,
            auto: Auto::No,
            collation: None,
            collations: BTreeMap::new(),
            comment: None,
        }
    }

    /// Returns the collation that the column has on a dialect.
    ///
    /// ```
    /// # use schema_core::schema::{Column, Type};
    /// let mut name = Column::new("name", Type::Text { length: None });
    /// name.collations.insert("sqlite".into(), "NOCASE".into());
    /// assert_eq!(name.collation_on("sqlite"), Some("NOCASE"));
    /// assert_eq!(name.collation_on("postgres"), None);
    /// ```
    #[must_use]
    pub fn collation_on(&self, dialect: &str) -> Option<&str> {
        let own = self.collations.get(dialect);
        own.or(self.collation.as_ref()).map(String::as_str)
    }
}

/// A value that the database computes.
///
/// ```
/// use schema_core::schema::{Column, Expression, Generated, Storage, Type};
///
/// let total = Column {
///     generated: Some(Generated { expression: Expression::new("price * amount"), storage: Storage::Stored }),
///     ..Column::new("total", Type::F64)
/// };
/// # assert!(total.generated.unwrap().expression.mentions("amount"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generated {
    /// What it is computed by, over other columns of the row.
    pub expression: Expression,
    /// Whether it is kept.
    #[serde(default, skip_serializing_if = "is_default")]
    pub storage: Storage,
}

/// When a generated value is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, std::default::Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Storage {
    /// Whenever it is read. It takes no room.
    #[default]
    Virtual,
    /// Whenever the row is written.
    Stored,
}

/// Whether the database makes a key's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, std::default::Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auto {
    /// The program gives it.
    #[default]
    No,
    /// The database gives the next number: rowid, IDENTITY, AUTO_INCREMENT.
    Auto,
    /// As `Auto`, and a number is never given twice (SQLite's AUTOINCREMENT).
    NeverReused,
}

/// A default, or a value to fill old rows with: a literal or an expression.
///
/// On file a literal is the JSON value and an expression is `{"sql": "…"}`.
///
/// ```
/// use schema_core::schema::{Default, Literal};
///
/// let json = |default: Default| serde_json::to_string(&default).unwrap();
/// assert_eq!(json(Default::Literal(Literal::Text("new".into()))), r#""new""#);
/// assert_eq!(json(Default::expression("CURRENT_TIMESTAMP")), r#"{"sql":"CURRENT_TIMESTAMP"}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Default {
    /// A constant.
    Literal(Literal),
    /// An expression that the database computes.
    Expression {
        /// Its text.
        sql: Expression,
    },
}

impl Default {
    /// Returns a default that the database computes.
    ///
    /// ```
    /// # use schema_core::schema::{Column, Default, Type};
    /// let created = Column {
    ///     default: Some(Default::expression("CURRENT_TIMESTAMP")),
    ///     ..Column::new("created_at", Type::Text { length: None })
    /// };
    /// # assert_eq!(serde_json::to_value(&created).unwrap()["default"]["sql"], "CURRENT_TIMESTAMP");
    /// ```
    #[must_use]
    pub fn expression(text: impl Into<String>) -> Self {
        Default::Expression {
            sql: Expression::new(text),
        }
    }

    /// Returns a UUID that is written as a text as its bytes, for databases that keep it as those; `None` if it is no such text.
    ///
    /// ```
    /// # use schema_core::schema::{Default, Literal};
    /// let text = |text: &str| Default::Literal(Literal::Text(text.into()));
    /// let bytes = text("00000000-0000-0000-0000-00000000ABCD").uuid_as_bytes();
    /// assert_eq!(bytes, Some(Default::Literal(Literal::Bytes { hex: "0000000000000000000000000000abcd".into() })));
    /// assert_eq!(text("none").uuid_as_bytes(), None);
    /// ```
    #[must_use]
    pub fn uuid_as_bytes(&self) -> Option<Self> {
        let Default::Literal(Literal::Text(text)) = self else {
            return None;
        };
        let groups: Vec<&str> = text.split('-').collect();
        let is_group = |(group, length): (&&str, usize)| {
            group.len() == length && group.chars().all(|c| c.is_ascii_hexdigit())
        };
        let is_uuid = groups.len() == 5 && groups.iter().zip([8, 4, 4, 4, 12]).all(is_group);
        is_uuid.then(|| {
            Default::Literal(Literal::Bytes {
                hex: groups.concat().to_lowercase(),
            })
        })
    }
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl Literal {
    /// Tells whether it is a whole number beyond 64 bits with a sign, which only a database with unsigned numbers keeps as one.
    pub(crate) fn is_beyond_i64(&self) -> bool {
        let Literal::Number { number } = self else {
            return false;
        };
        let digits = number.strip_prefix(['-', '+']).unwrap_or(number);
        digits.bytes().all(|byte| byte.is_ascii_digit()) && number.parse::<i64>().is_err()
    }
}

/// A constant of SQL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Literal {
    /// TRUE or FALSE.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A text.
    Text(String),
    /// Any other number, in decimal digits, so that none is lost.
    Number {
        /// The digits, with sign, point and exponent as written.
        number: String,
    },
    /// Bytes, in hexadecimal.
    Bytes {
        /// Two digits a byte.
        hex: String,
    },
}
