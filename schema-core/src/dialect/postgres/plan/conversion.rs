//! What becomes of a value when its column gets another type.
//!
//! A cast that PostgreSQL makes by itself may round, cut or count anew without a word, so each conversion comes with the condition of those
//! values that it would not keep. Where there is none the server refuses the values that it cannot convert, and shows them.

use std::collections::BTreeMap;

use crate::dialect::postgres::ddl::{native, text};
use crate::dialect::postgres::types::{self, Class, base};
use crate::schema::Type;

/// A way from one type to another.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Conversion {
    /// The new value, unless PostgreSQL finds it by itself.
    pub(super) using: Option<String>,
    /// The condition of values that would not stay what they are.
    pub(super) lossy: Option<String>,
}

/// A text that reads as a whole number, and as a number, in the spelling in which they would come back.
const WHOLE: &str = "'^(0|-?[1-9][0-9]*)$'";
const DECIMAL: &str = "'^-?(0|[1-9][0-9]*)([.][0-9]+)?$'";
const FLOATING: &str = "'^-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][-+]?[0-9]+)?$'";

/// Returns the way from one type to another for the values of `c`, some of which may be mapped to others.
pub(super) fn conversion(
    c: &str,
    from: &Type,
    to: &Type,
    mapped: Option<&BTreeMap<String, String>>,
) -> Conversion {
    let target = native(to);
    let (old, new) = (types::class(from), types::class(to));
    if let (Class::Array, Type::Array(new)) = (old, to) {
        return through_lists(c, &target, new);
    }
    let using = |text: String| Some(text);
    let through_text = || using(format!("{c}::text::{target}"));
    if old == Class::Enum || (new == Class::Enum && old == Class::Text) || mapped.is_some() {
        return through_values(c, to, &target, mapped);
    }
    let (using, lossy) = match (old, new) {
        (Class::Integer, Class::Integer) => (None, narrower(c, from, to)),
        (Class::Integer | Class::Number, Class::Number) => (None, too_many_digits(c, to)),
        (Class::Integer, Class::Float) if target == "double precision" && native(from) != "bigint" => {
            (None, None)
        }
        (Class::Integer | Class::Number, Class::Float) => {
            (None, Some(format!("{c}::{target}::numeric <> {c}::numeric")))
        }
        (Class::Integer | Class::Number | Class::Float, Class::Boolean) => {
            (using(format!("{c} <> 0")), Some(format!("{c} NOT IN (0, 1)")))
        }
        (Class::Number | Class::Float, Class::Integer) => (
            None,
            Some(format!("{c} <> trunc({c}) OR {}", out_of_range(c, to))),
        ),
        (Class::Float, Class::Float | Class::Number) => {
            (None, Some(format!("{c}::{target}::{} <> {c}", native(from))))
        }
        (Class::Boolean, Class::Integer | Class::Number | Class::Float) => {
            (using(format!("{c}::integer::{target}")), None)
        }
        (Class::Text, Class::Text) => (None, too_long(c, from, to)),
        (Class::Text, Class::Integer) => (
            using(format!("{c}::{target}")),
            Some(unless(c, WHOLE, &out_of_range(&format!("{c}::numeric"), to))),
        ),
        (Class::Text, Class::Number) => {
            let number = format!("{c}::numeric");
            let digits = too_many_digits(&number, to).unwrap_or_else(|| "FALSE".to_owned());
            (using(format!("{c}::{target}")), Some(unless(c, DECIMAL, &digits)))
        }
        (Class::Text, Class::Float) => {
            let changed = format!("{c}::{target}::numeric <> {c}::numeric");
            (
                using(format!("{c}::{target}")),
                Some(unless(c, FLOATING, &changed)),
            )
        }
        (Class::Text, Class::Boolean) => (
            using(format!("{c}::boolean")),
            Some(format!(
                "lower({c}) NOT IN ('true', 'false', 't', 'f', '1', '0', 'yes', 'no', 'on', 'off')"
            )),
        ),
        (Class::Text, Class::Bytes) => (using(format!("convert_to({c}, 'UTF8')")), None),
        (Class::Bytes, Class::Text) => (using(format!("convert_from({c}, 'UTF8')")), None),
        (Class::Time, Class::Time) => time(c, from, to),
        (Class::Array, Class::Array) => (
            using(format!("{c}::{target}")),
            Some(format!("{c}::{target}::{} <> {c}", native(from))),
        ),
        (_, Class::Array) => (
            using(format!("CASE WHEN {c} IS NOT NULL THEN ARRAY[{c}]::{target} END")),
            None,
        ),
        (_, Class::Text) => (None, None),
        (Class::Other, Class::Other) if base(&native(from)) == base(&target) => (None, None),
        (_, _) => (through_text(), None),
    };
    Conversion { using, lossy }
}

/// An enum's values are its texts.
fn through_values(c: &str, to: &Type, target: &str, mapped: Option<&BTreeMap<String, String>>) -> Conversion {
    let own = format!("{c}::text");
    let value = match mapped {
        None => own.clone(),
        Some(mapped) => {
            let cases: String = mapped
                .iter()
                .map(|(old, new)| format!(" WHEN {} THEN {}", text(old), text(new)))
                .collect();
            format!("(CASE {own}{cases} ELSE {own} END)")
        }
    };
    let known = to.values().map(|values| {
        let old = mapped.into_iter().flat_map(BTreeMap::keys);
        let known = values.iter().chain(old.filter(|old| !values.contains(old)));
        let known: Vec<String> = known.map(|value| text(value)).collect();
        format!("{own} NOT IN ({})", known.join(", "))
    });
    Conversion {
        using: match (types::class(to), mapped) {
            (Class::Text, None) => None,
            (_, _) => Some(format!("{value}::{target}")),
        },
        lossy: known,
    }
}

/// A list of an enum's values is a list of their texts. The rows are looked at before there is the type, so no cast to it tells.
fn through_lists(c: &str, target: &str, to: &Type) -> Conversion {
    let lossy = to.values().map(|values| {
        let values: Vec<String> = values.iter().map(|value| text(value)).collect();
        format!("NOT {c}::text[] <@ ARRAY[{}]::text[]", values.join(", "))
    });
    Conversion {
        using: Some(format!("{c}::text[]::{target}")),
        lossy,
    }
}

/// The condition of texts that do not read as the pattern says, or whose value meets another condition. NULL stays NULL.
fn unless(c: &str, pattern: &str, otherwise: &str) -> String {
    format!("CASE WHEN {c} ~ {pattern} THEN {otherwise} ELSE {c} IS NOT NULL END")
}

fn bounds(ty: &Type) -> (i64, i64) {
    match native(ty).as_str() {
        "smallint" => (i16::MIN.into(), i16::MAX.into()),
        "integer" => (i32::MIN.into(), i32::MAX.into()),
        _ => (i64::MIN, i64::MAX),
    }
}

fn out_of_range(c: &str, to: &Type) -> String {
    let (low, high) = bounds(to);
    format!("{c} NOT BETWEEN {low} AND {high}")
}

fn narrower(c: &str, from: &Type, to: &Type) -> Option<String> {
    (bounds(to).1 < bounds(from).1).then(|| out_of_range(c, to))
}

/// Reads `numeric(10,2)`.
fn digits(ty: &Type) -> Option<(i64, i64)> {
    let text = native(ty);
    let arguments = text.strip_prefix("numeric(")?.strip_suffix(')')?;
    let (precision, scale) = arguments.split_once(',')?;
    Some((precision.parse().ok()?, scale.parse().ok()?))
}

fn too_many_digits(c: &str, to: &Type) -> Option<String> {
    let (precision, scale) = digits(to)?;
    let whole = precision - scale;
    Some(format!(
        "{c} <> round({c}::numeric, {scale}) OR abs({c}::numeric) >= '1e{whole}'::numeric"
    ))
}

fn length(ty: &Type) -> Option<u64> {
    let text = native(ty);
    let (_, rest) = text.split_once('(')?;
    rest.strip_suffix(')')?.parse().ok()
}

fn too_long(c: &str, from: &Type, to: &Type) -> Option<String> {
    let limit = length(to)?;
    let shrinks = length(from).is_none_or(|old| old > limit);
    shrinks.then(|| format!("length({c}) > {limit}"))
}

/// A day and time without a zone is taken for one in UTC, which is what the session speaks.
fn time(c: &str, from: &Type, to: &Type) -> (Option<String>, Option<String>) {
    const INSTANT: &str = "timestamp with time zone";
    let target = native(to);
    let (old, new) = (base(&native(from)), base(&target));
    let plain = if old == INSTANT {
        format!("({c} AT TIME ZONE 'UTC')")
    } else {
        format!("{c}::timestamp")
    };
    let using = if old == new {
        None
    } else if old == INSTANT {
        Some(format!("{plain}::{target}"))
    } else if new == INSTANT {
        Some(format!("({plain} AT TIME ZONE 'UTC')::{target}"))
    } else {
        None
    };
    let precision = target.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    let kept = match precision {
        _ if new == "date" && old != "date" => Some(format!("{plain}::date::timestamp")),
        Some((precision, _)) => Some(format!("{plain}::timestamp({precision})")),
        None => None,
    };
    (using, kept.map(|kept| format!("{kept} <> {plain}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(from: &str, to: &str) -> (Option<String>, Option<String>) {
        let held = |text: &str| types::held(&Type::Native(text.to_owned()));
        let Conversion { using, lossy } = conversion("c", &held(from), &held(to), None);
        (using, lossy)
    }

    #[test]
    fn what_only_grows_needs_no_look() {
        for (from, to) in [
            ("integer", "bigint"),
            ("varchar(10)", "varchar(20)"),
            ("varchar(10)", "text"),
            ("integer", "text"),
            ("date", "timestamp"),
        ] {
            assert_eq!(of(from, to), (None, None), "{from} to {to}");
        }
    }

    #[test]
    fn what_may_not_fit_is_looked_at() {
        assert_eq!(
            of("bigint", "integer").1.as_deref(),
            Some("c NOT BETWEEN -2147483648 AND 2147483647")
        );
        assert_eq!(of("text", "varchar(3)").1.as_deref(), Some("length(c) > 3"));
        let (using, lossy) = of("text", "integer");
        assert_eq!(using.as_deref(), Some("c::integer"));
        assert!(lossy.is_some_and(|lossy| lossy.contains("~ '^(0|-?[1-9][0-9]*)$'")));
        assert_eq!(
            of("timestamptz", "timestamp").0.as_deref(),
            Some("(c AT TIME ZONE 'UTC')::timestamp without time zone")
        );
    }
}
