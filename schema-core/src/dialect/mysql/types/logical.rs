//! The logical type by which a program reads a native one.

use super::{Class, argument, values};
use crate::schema::Type;

/// Returns the type by which a program should read a column of that native type, in its one spelling.
pub(in crate::dialect::mysql) fn logical(native: &str) -> Option<Type> {
    let size = |at| argument(native, at).and_then(|size| u32::try_from(size).ok());
    Some(match Class::of(native) {
        Class::Integer => integer(native),
        Class::Decimal(scale) => Type::Decimal {
            precision: size(0),
            scale: Some(scale),
        },
        Class::Float => Type::F32,
        Class::Double => Type::F64,
        Class::Char(_) => Type::Text { length: size(0) },
        Class::Text | Class::Set | Class::Other => Type::Text { length: None },
        // What a program of Rust keeps in sixteen bytes is a UUID.
        Class::Binary(16) if native == "binary(16)" => Type::Uuid,
        Class::Binary(_) => Type::Bytes { length: size(0) },
        Class::Blob | Class::Bit => Type::Bytes { length: None },
        Class::Enum => Type::Enum {
            name: String::new(),
            values: values(native)?,
        },
        Class::Json => Type::Json,
        Class::Date => Type::Date,
        Class::Time(_) => Type::Time,
        Class::DateTime(_) => Type::DateTime,
        Class::Timestamp(_) => Type::Timestamp,
    })
}

fn integer(native: &str) -> Type {
    let name = native.split(['(', ' ']).next().unwrap_or_default();
    match (name, native.contains("unsigned")) {
        ("tinyint", false) if native == "tinyint(1)" => Type::Boolean,
        ("tinyint", false) => Type::I8,
        ("tinyint", true) => Type::U8,
        ("smallint", false) => Type::I16,
        ("smallint", true) | ("year", _) => Type::U16,
        ("mediumint" | "int", false) => Type::I32,
        ("mediumint" | "int", true) => Type::U32,
        (_, true) => Type::U64,
        (_, false) => Type::I64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::mysql::types::native;

    #[test]
    fn what_models_say_comes_back() {
        for notation in [
            "boolean",
            "i8",
            "i16",
            "i32",
            "i64",
            "u8",
            "u16",
            "u32",
            "u64",
            "f32",
            "f64",
            "decimal(10, 2)",
            "text",
            "text(80)",
            "bytes",
            "bytes(20)",
            "date",
            "time",
            "datetime",
            "timestamp",
            "uuid",
            "json",
            "enum ('a', 'it''s')",
        ] {
            let ty: Type = notation.parse().unwrap();
            assert_eq!(logical(&native(&ty).unwrap()), Some(ty), "{notation}");
        }
    }
}
