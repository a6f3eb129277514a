//! The Rust type of a column, and the feature of this crate that makes it one.

use super::names::Names;
use crate::schema::{Column, Type};

/// A type as code has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RustType {
    /// Its path.
    pub(super) code: String,
    /// The crate that has it, which is also the feature's name.
    pub(super) krate: Option<&'static str>,
    /// Whether `sql_type = "…"` must say what the column is.
    pub(super) is_native: bool,
}

impl RustType {
    /// Returns the type of a column's values, less the `Option`.
    pub(super) fn of(column: &Column, names: &Names) -> Self {
        of(&column.ty, names)
    }
}

fn of(ty: &Type, names: &Names) -> RustType {
    let std = |code: &str| RustType {
        code: code.to_owned(),
        krate: None,
        is_native: false,
    };
    let from = |krate: &'static str, code: &str| RustType {
        krate: Some(krate),
        ..std(code)
    };
    match ty {
        Type::Boolean => std("bool"),
        Type::I8 => std("i8"),
        Type::I16 => std("i16"),
        Type::I32 => std("i32"),
        Type::I64 => std("i64"),
        Type::U8 => std("u8"),
        Type::U16 => std("u16"),
        Type::U32 => std("u32"),
        Type::U64 => std("u64"),
        Type::F32 => std("f32"),
        Type::F64 => std("f64"),
        Type::Decimal { .. } => from("rust_decimal", "rust_decimal::Decimal"),
        Type::Text { .. } => std("String"),
        Type::Bytes { .. } => std("Vec<u8>"),
        Type::Date => from("chrono", "chrono::NaiveDate"),
        Type::Time => from("chrono", "chrono::NaiveTime"),
        Type::DateTime => from("chrono", "chrono::NaiveDateTime"),
        Type::Timestamp => from("chrono", "chrono::DateTime<chrono::Utc>"),
        Type::Uuid => from("uuid", "uuid::Uuid"),
        Type::Json => from("serde_json", "serde_json::Value"),
        Type::Inet => std("std::net::IpAddr"),
        Type::Network => from("ipnetwork", "ipnetwork::IpNetwork"),
        Type::Enum { .. } => std(names.of_enum(ty)),
        Type::Array(element) => {
            let element = of(element, names);
            RustType {
                code: format!("Vec<{}>", element.code),
                ..element
            }
        }
        // Nothing is known of it but that a program can have it as text.
        Type::Native(_) => RustType {
            is_native: true,
            ..std("String")
        },
    }
}
