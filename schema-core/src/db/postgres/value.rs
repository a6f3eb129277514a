//! Values on the wire.
//!
//! Parameters go as text, whatever type the server finds for them, and it reads them as it reads a literal. What comes back as
//! text is told by its type; what comes in binary form is one of the few types that the crate's own statements ask for.

use std::error::Error as StdError;

use bytes::BytesMut;
use postgres::types::{Format, FromSql, IsNull, ToSql, Type, to_sql_checked};

use super::error::refused;
use crate::db::{Error, Value};

/// A parameter.
#[derive(Debug)]
pub(super) struct Encoded<'a>(pub(super) &'a Value);

impl ToSql for Encoded<'_> {
    fn to_sql(&self, _ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        let text = match self.0 {
            Value::Null => return Ok(IsNull::Yes),
            Value::Integer(number) => number.to_string(),
            Value::Real(number) => number.to_string(),
            Value::Text(text) => text.clone(),
            Value::Bytes(bytes) => bytes.iter().fold("\\x".to_owned(), |mut text, byte| {
                text.push_str(&format!("{byte:02x}"));
                text
            }),
        };
        out.extend_from_slice(text.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(_ty: &Type) -> bool {
        true
    }

    fn encode_format(&self, _ty: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

/// Returns a value that the server wrote as text.
pub(super) fn of_text(ty: &Type, text: Option<&str>) -> Value {
    let Some(text) = text else { return Value::Null };
    let number = match *ty {
        Type::BOOL => Some(Value::Integer(i64::from(text == "t"))),
        Type::INT2 | Type::INT4 | Type::INT8 | Type::OID => text.parse().ok().map(Value::Integer),
        Type::FLOAT4 | Type::FLOAT8 => text.parse().ok().map(Value::Real),
        Type::BYTEA => text.strip_prefix("\\x").and_then(bytes).map(Value::Bytes),
        _ => None,
    };
    number.unwrap_or_else(|| Value::Text(text.to_owned()))
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let pair = |at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    (0..hex.len()).step_by(2).map(pair).collect()
}

/// Returns a value of a row that came in binary form.
///
/// # Errors
///
/// Its type is not one of those that the crate's statements ask for.
pub(super) fn decoded(row: &postgres::Row, at: usize) -> Result<Value, Error> {
    let ty = row.columns()[at].type_().clone();
    let Raw(value) = row.try_get(at).map_err(|error| refused(&error.to_string()))?;
    value.ok_or_else(|| {
        refused(&format!(
            "column {} is of the type {}, which a query with parameters cannot return: cast it to text",
            at + 1,
            ty.name()
        ))
    })
}

/// A value in binary form; `None` if its type is none that is read here.
struct Raw(Option<Value>);

impl<'a> FromSql<'a> for Raw {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        let value = match *ty {
            Type::BOOL => Value::Integer(bool::from_sql(ty, raw)?.into()),
            Type::INT2 => Value::Integer(i16::from_sql(ty, raw)?.into()),
            Type::INT4 => Value::Integer(i32::from_sql(ty, raw)?.into()),
            Type::INT8 => Value::Integer(i64::from_sql(ty, raw)?),
            Type::OID => Value::Integer(u32::from_sql(ty, raw)?.into()),
            Type::FLOAT4 => Value::Real(f32::from_sql(ty, raw)?.into()),
            Type::FLOAT8 => Value::Real(f64::from_sql(ty, raw)?),
            Type::BYTEA => Value::Bytes(Vec::from_sql(ty, raw)?),
            _ if <String as FromSql<'_>>::accepts(ty) => Value::Text(String::from_sql(ty, raw)?),
            _ => return Ok(Raw(None)),
        };
        Ok(Raw(Some(value)))
    }

    fn from_sql_null(_ty: &Type) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Raw(Some(Value::Null)))
    }

    fn accepts(_ty: &Type) -> bool {
        true
    }
}
