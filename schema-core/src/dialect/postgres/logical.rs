//! The logical type by which a program reads a native one that no logical type becomes.

use crate::schema::Type;

/// Returns the type by which a program should read a column of that native type, as the server spells it; nothing for what a
/// logical type becomes by itself, and for what a program can only have as text.
pub(super) fn logical(native: &str) -> Option<Type> {
    if let Some(element) = native.strip_suffix("[]") {
        return Some(Type::Array(Box::new(of_element(element)?)));
    }
    let (name, arguments, rest) = match native.split_once('(') {
        Some((name, after)) => {
            let (arguments, rest) = after.split_once(')').unwrap_or((after, ""));
            (name.trim_end(), arguments, rest.trim())
        }
        None => (native, "", ""),
    };
    let number = |at: usize| {
        arguments
            .split(',')
            .nth(at)
            .and_then(|text| text.trim().parse().ok())
    };
    Some(match (name, rest) {
        ("json", "") => Type::Json,
        ("character", "") => Type::Text { length: number(0) },
        ("character varying" | "citext" | "name" | "bpchar" | "xml", "") if arguments.is_empty() => {
            Type::Text { length: None }
        }
        ("numeric", "") if !arguments.is_empty() => Type::Decimal {
            precision: number(0),
            // What has a scale below nothing, or one above its precision, is no decimal of a model.
            scale: number(1).filter(|scale| number(0).is_some_and(|precision| *scale <= precision)),
        },
        ("timestamp", "with time zone") => Type::Timestamp,
        ("timestamp", "without time zone") => Type::DateTime,
        ("time", "without time zone") => Type::Time,
        _ => return None,
    })
}

/// Returns the type by which a program should read an element of that native type. No attribute says a size of it, so it has none.
fn of_element(native: &str) -> Option<Type> {
    if native.starts_with("character varying(") {
        return Some(Type::Text { length: None });
    }
    let ty = logical(native)?;
    Some(if let Type::Text { .. } = ty {
        Type::Text { length: None }
    } else if let Type::Decimal { .. } = ty {
        Type::Decimal {
            precision: None,
            scale: None,
        }
    } else {
        ty
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_the_server_knows_is_read_as_what_it_is_like() {
        for (native, notation) in [
            ("json", Some("json")),
            ("character(2)", Some("text(2)")),
            ("character varying", Some("text")),
            ("citext", Some("text")),
            ("numeric(10,2)", Some("decimal(10, 2)")),
            ("timestamp(3) with time zone", Some("timestamp")),
            ("time(0) without time zone", Some("time")),
            ("character varying(80)", None),
            ("interval", None),
            ("integer", None),
            ("character varying(20)[]", Some("array(text)")),
            ("character(2)[]", Some("array(text)")),
            ("numeric(10,2)[]", Some("array(decimal)")),
            ("timestamp(3) with time zone[]", Some("array(timestamp)")),
            ("integer[]", None),
        ] {
            let expected = notation.map(|notation| notation.parse().unwrap());
            assert_eq!(logical(native), expected, "{native}");
        }
    }
}
