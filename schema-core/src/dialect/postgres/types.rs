//! Native types: what PostgreSQL calls each logical type, in the spelling in which it reports them.
//!
//! The spelling is that of `format_type` (<https://www.postgresql.org/docs/current/datatype.html>), so that a model's type and a
//! reflected one are the same text. An enum stays an enum, since the database must be told what is in it.

use crate::schema::{TableName, Type};

/// What a column's values are, as far as literals and conversions go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Boolean,
    Integer,
    Number,
    Float,
    Text,
    Bytes,
    /// A day, or a day and time.
    Time,
    Enum,
    Array,
    /// One that only the database knows about.
    Other,
}

/// Returns the type as the database holds it: a native one, an enum, or an array of enums.
pub(super) fn held(ty: &Type) -> Type {
    if let Type::Enum { name, values } = ty {
        return Type::Enum {
            name: enum_name(name).to_string(),
            values: values.clone(),
        };
    }
    let Type::Array(element) = ty else {
        return Type::Native(native(ty));
    };
    // An array of PostgreSQL has no dimension in its type.
    let element = held(element);
    match text(&element) {
        Some(text) if text.ends_with("[]") => Type::Native(text.to_owned()),
        Some(text) => Type::Native(format!("{text}[]")),
        None if matches!(element, Type::Array(_)) => element,
        None => Type::Array(Box::new(element)),
    }
}

/// Returns the text of a native type.
fn text(ty: &Type) -> Option<&str> {
    if let Type::Native(text) = ty {
        Some(text)
    } else {
        None
    }
}

/// Returns an enum's name as a name that may stand in a schema.
pub(super) fn enum_name(name: &str) -> TableName {
    let parsed = name.parse().unwrap_or_else(|_| TableName::new(name));
    in_default(parsed)
}

/// The schema `public` is the default one, and need not be said.
pub(super) fn in_default(name: TableName) -> TableName {
    TableName {
        schema: name.schema.filter(|schema| schema != "public"),
        name: name.name,
    }
}

/// Returns the enum that a type is or is an array of.
pub(super) fn enumeration(ty: &Type) -> Option<(TableName, &[String])> {
    if let Type::Enum { name, values } = ty {
        return Some((enum_name(name), values));
    }
    if let Type::Array(element) = ty {
        enumeration(element)
    } else {
        None
    }
}

fn native(ty: &Type) -> String {
    let text = match ty {
        Type::Boolean => "boolean",
        Type::I8 | Type::I16 | Type::U8 => "smallint",
        Type::I32 | Type::U16 => "integer",
        // No integer of PostgreSQL is wider: of the widest unsigned ones, only those that a signed one has too can be stored.
        Type::I64 | Type::U32 | Type::U64 => "bigint",
        Type::F32 => "real",
        Type::F64 => "double precision",
        Type::Decimal { precision, scale } => {
            return match (precision, scale) {
                (Some(precision), scale) => format!("numeric({precision},{})", scale.unwrap_or(0)),
                (None, Some(_) | None) => "numeric".to_owned(),
            };
        }
        Type::Text { length: None } => "text",
        Type::Text { length: Some(length) } => return format!("character varying({length})"),
        // No type of PostgreSQL bounds bytes.
        Type::Bytes { length: _ } => "bytea",
        Type::Date => "date",
        Type::Time => "time without time zone",
        Type::DateTime => "timestamp without time zone",
        Type::Timestamp => "timestamp with time zone",
        Type::Uuid => "uuid",
        Type::Json => "jsonb",
        Type::Inet => "inet",
        Type::Network => "cidr",
        Type::Enum { name, values: _ } => name,
        Type::Array(element) => return format!("{}[]", native(element)),
        Type::Native(text) => return canonical(text),
    };
    text.to_owned()
}

/// The other names of PostgreSQL's own types, each with the one that it reports.
const ALIASES: [(&str, &str); 24] = [
    ("bool", "boolean"),
    ("char", "character"),
    ("dec", "numeric"),
    ("decimal", "numeric"),
    ("double", "double precision"),
    ("float4", "real"),
    ("float8", "double precision"),
    ("int", "integer"),
    ("int2", "smallint"),
    ("int4", "integer"),
    ("int8", "bigint"),
    ("national character", "character"),
    ("national character varying", "character varying"),
    ("nchar", "character"),
    ("nchar varying", "character varying"),
    ("char varying", "character varying"),
    ("time", "time without time zone"),
    ("timestamp", "timestamp without time zone"),
    ("timestamptz", "timestamp with time zone"),
    ("timetz", "time with time zone"),
    ("varbit", "bit varying"),
    ("varchar", "character varying"),
    ("float", "double precision"),
    ("bpchar", "bpchar"),
];

/// Returns a type's text as `format_type` writes it.
pub(super) fn canonical(text: &str) -> String {
    let text = text.trim();
    if let Some(element) = array_element(text) {
        let element = canonical(element);
        return if element.ends_with("[]") {
            element
        } else {
            format!("{element}[]")
        };
    }
    if text.contains('"') {
        return text.to_owned();
    }
    let (name, arguments, rest) = parts(text);
    let whole = if rest.is_empty() {
        name
    } else {
        format!("{name} {rest}")
    };
    let known = ALIASES.iter().find(|(alias, _)| *alias == whole);
    let name = known.map_or(whole.as_str(), |(_, name)| name);
    match (name, arguments.as_deref()) {
        ("double precision", Some(digits)) if whole == "float" => match digits.parse::<u32>() {
            Ok(..=24) => "real".to_owned(),
            Ok(25..) | Err(_) => "double precision".to_owned(),
        },
        ("character" | "bit", None) => format!("{name}(1)"),
        (_, None) => name.to_owned(),
        ("numeric", Some(precision)) if !precision.contains(',') => format!("numeric({precision},0)"),
        // The precision of a time stands in the middle of its name.
        (name, Some(arguments)) => match name.split_once(" with") {
            Some((first, last)) => format!("{first}({arguments}) with{last}"),
            None => format!("{name}({arguments})"),
        },
    }
}

fn array_element(text: &str) -> Option<&str> {
    if let Some(element) = text.strip_suffix(']') {
        return element
            .rsplit_once('[')
            .filter(|(_, length)| length.chars().all(|c| c.is_ascii_digit()))
            .map(|(element, _)| element);
    }
    let (element, last) = text.rsplit_once(' ')?;
    last.eq_ignore_ascii_case("array").then_some(element)
}

/// Cuts a type into its words in lower case, what is in its parentheses, and the words after them.
fn parts(text: &str) -> (String, Option<String>, String) {
    let words = |text: &str| {
        let lower = text.to_ascii_lowercase();
        lower.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let Some((name, rest)) = text.split_once('(') else {
        return (words(text), None, String::new());
    };
    let (arguments, rest) = rest.rsplit_once(')').unwrap_or((rest, ""));
    let arguments: Vec<&str> = arguments.split(',').map(str::trim).collect();
    (words(name), Some(arguments.join(",")), words(rest))
}

/// Returns a type without its lengths and precisions: what a literal of the type is cast to.
pub(super) fn base(text: &str) -> String {
    if let Some(element) = text.strip_suffix("[]") {
        return format!("{}[]", base(element));
    }
    let bare = match (text.split_once('('), text.rsplit_once(')')) {
        (Some((before, _)), Some((_, after))) if !text.contains('"') => format!("{before}{after}"),
        _ => text.to_owned(),
    };
    if bare == "character" {
        "bpchar".to_owned()
    } else {
        bare
    }
}

/// Returns what the values of a held type are.
pub(super) fn class(ty: &Type) -> Class {
    let Some(text) = text(ty) else {
        return if matches!(ty, Type::Array(_)) {
            Class::Array
        } else if ty.values().is_some() {
            Class::Enum
        } else {
            Class::Other
        };
    };
    if text.ends_with("[]") {
        return Class::Array;
    }
    match base(text).as_str() {
        "boolean" => Class::Boolean,
        "smallint" | "integer" | "bigint" => Class::Integer,
        "numeric" => Class::Number,
        "real" | "double precision" => Class::Float,
        "text" | "character varying" | "bpchar" | "citext" | "name" => Class::Text,
        "bytea" => Class::Bytes,
        "date" | "timestamp without time zone" | "timestamp with time zone" => Class::Time,
        _ => Class::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_types_as_the_server_does() {
        for (written, reported) in [
            ("INT", "integer"),
            ("int8[]", "bigint[]"),
            ("int[3][3]", "integer[]"),
            ("integer ARRAY", "integer[]"),
            ("VarChar ( 20 )", "character varying(20)"),
            ("character", "character(1)"),
            ("decimal(10, 2)", "numeric(10,2)"),
            ("numeric(7)", "numeric(7,0)"),
            ("timestamptz(3)", "timestamp(3) with time zone"),
            (
                "timestamp (3) without time zone",
                "timestamp(3) without time zone",
            ),
            ("double  precision", "double precision"),
            ("float(10)", "real"),
            ("float(53)", "double precision"),
            ("citext", "citext"),
            ("geometry(Point,4326)", "geometry(Point,4326)"),
            ("\"My Type\"", "\"My Type\""),
        ] {
            assert_eq!(canonical(written), reported);
            assert_eq!(canonical(reported), reported);
        }
    }

    #[test]
    fn knows_what_a_literal_is_cast_to() {
        assert_eq!(base("character varying(20)"), "character varying");
        assert_eq!(base("timestamp(3) with time zone"), "timestamp with time zone");
        assert_eq!(base("character(3)[]"), "bpchar[]");
    }
}
