//! Values on their way to the server and back.

use mysql::Row;
use mysql::consts::ColumnType;

use crate::db::Value;

/// The number of the character set that stands for no text at all (<https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_character_set.html>).
const BINARY: u16 = 63;

pub(super) fn to_server(value: &Value) -> mysql::Value {
    match value {
        Value::Null => mysql::Value::NULL,
        Value::Integer(number) => mysql::Value::Int(*number),
        Value::Real(number) => mysql::Value::Double(*number),
        Value::Text(text) => mysql::Value::Bytes(text.as_bytes().to_owned()),
        Value::Bytes(bytes) => mysql::Value::Bytes(bytes.clone()),
    }
}

pub(super) fn from_server(row: Row) -> Vec<Value> {
    let columns = row.columns();
    row.unwrap_raw()
        .into_iter()
        .zip(columns.iter())
        .map(|(value, column)| {
            let is_binary = column.character_set() == BINARY;
            value.map_or(Value::Null, |value| {
                translate(value, column.column_type(), is_binary)
            })
        })
        .collect()
}

/// Text that is not UTF-8 comes out as the bytes that it is, and a number past `i64` as its digits.
fn translate(value: mysql::Value, ty: ColumnType, is_binary: bool) -> Value {
    match value {
        mysql::Value::NULL => Value::Null,
        mysql::Value::Int(number) => Value::Integer(number),
        mysql::Value::UInt(number) => {
            i64::try_from(number).map_or_else(|_| Value::Text(number.to_string()), Value::Integer)
        }
        // The shortest digits that name the number, not those of its nearest neighbour in 64 bits.
        mysql::Value::Float(number) => {
            Value::Real(number.to_string().parse().unwrap_or_else(|_| f64::from(number)))
        }
        mysql::Value::Double(number) => Value::Real(number),
        mysql::Value::Bytes(bytes) if is_binary && is_bytes(ty) => Value::Bytes(bytes),
        mysql::Value::Bytes(bytes) => match String::from_utf8(bytes) {
            Ok(text) => unprepared(text, ty),
            Err(error) => Value::Bytes(error.into_bytes()),
        },
        mysql::Value::Date(year, month, day, ..) if ty == ColumnType::MYSQL_TYPE_DATE => {
            Value::Text(format!("{year:04}-{month:02}-{day:02}"))
        }
        mysql::Value::Date(year, month, day, hour, minute, second, micros) => Value::Text(format!(
            "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}{}",
            fraction(micros)
        )),
        mysql::Value::Time(negative, days, hours, minute, second, micros) => Value::Text(format!(
            "{}{:02}:{minute:02}:{second:02}{}",
            if negative { "-" } else { "" },
            days * 24 + u32::from(hours),
            fraction(micros)
        )),
    }
}

fn fraction(micros: u32) -> String {
    if micros == 0 {
        String::new()
    } else {
        format!(".{micros:06}")
    }
}

/// Tells whether a binary value of the type is bytes; dates and decimals are sent as binary too.
fn is_bytes(ty: ColumnType) -> bool {
    use ColumnType::{
        MYSQL_TYPE_BIT, MYSQL_TYPE_BLOB, MYSQL_TYPE_GEOMETRY, MYSQL_TYPE_LONG_BLOB, MYSQL_TYPE_MEDIUM_BLOB,
        MYSQL_TYPE_STRING, MYSQL_TYPE_TINY_BLOB, MYSQL_TYPE_VAR_STRING, MYSQL_TYPE_VARCHAR,
    };
    matches!(
        ty,
        MYSQL_TYPE_BIT
            | MYSQL_TYPE_BLOB
            | MYSQL_TYPE_GEOMETRY
            | MYSQL_TYPE_LONG_BLOB
            | MYSQL_TYPE_MEDIUM_BLOB
            | MYSQL_TYPE_STRING
            | MYSQL_TYPE_TINY_BLOB
            | MYSQL_TYPE_VAR_STRING
            | MYSQL_TYPE_VARCHAR
    )
}

/// A statement that was not prepared sends every value as text.
fn unprepared(text: String, ty: ColumnType) -> Value {
    use ColumnType::{
        MYSQL_TYPE_DOUBLE, MYSQL_TYPE_FLOAT, MYSQL_TYPE_INT24, MYSQL_TYPE_LONG, MYSQL_TYPE_LONGLONG,
        MYSQL_TYPE_SHORT, MYSQL_TYPE_TINY, MYSQL_TYPE_YEAR,
    };
    let integer = matches!(
        ty,
        MYSQL_TYPE_TINY
            | MYSQL_TYPE_SHORT
            | MYSQL_TYPE_LONG
            | MYSQL_TYPE_INT24
            | MYSQL_TYPE_LONGLONG
            | MYSQL_TYPE_YEAR
    );
    let real = matches!(ty, MYSQL_TYPE_FLOAT | MYSQL_TYPE_DOUBLE);
    match (text.parse(), text.parse()) {
        (Ok(number), _) if integer => Value::Integer(number),
        (_, Ok(number)) if real => Value::Real(number),
        _ => Value::Text(text),
    }
}
