//! What becomes of a value when its column gets another type.
//!
//! Strict mode refuses what does not fit; it does not refuse to round, to cut off a time of day, or to read `007` as 7. These are found here, and
//! with them what strict mode would find only in the middle of a script.

use crate::dialect::mysql::ddl::text;
use crate::dialect::mysql::types::{self, Class};

/// Returns the condition of values that a column of another type would not keep.
pub(super) fn lossy(v: &str, from: &str, to: &str) -> Option<String> {
    if to == "tinyint(1)" {
        return boolean(v, Class::of(from));
    }
    match Class::of(to) {
        Class::Integer => integer(v, from, to),
        Class::Decimal(scale) => either(
            decimal(v, Class::of(from), scale),
            whole_digits(v, from, to, scale),
        ),
        Class::Float | Class::Double => real(v, Class::of(from), Class::of(to)),
        Class::Char(length) => either(no_text(v, Class::of(from)), chars(v, Class::of(from), length)),
        Class::Text => no_text(v, Class::of(from)),
        Class::Enum => values(v, from, to),
        Class::Binary(length) => binary(v, from, to, length),
        Class::Json => is_text(Class::of(from)).then(|| format!("NOT json_valid({v})")),
        Class::Date => times(v, from, "CAST({v} AS DATE)"),
        Class::Time(digits) => times(v, from, &format!("CAST({{v}} AS TIME({digits}))")),
        Class::DateTime(digits) => times(v, from, &format!("CAST({{v}} AS DATETIME({digits}))")),
        Class::Timestamp(digits) => either(
            times(v, from, &format!("CAST({{v}} AS DATETIME({digits}))")),
            instants(v, Class::of(from), digits),
        ),
        Class::Bit | Class::Blob | Class::Set | Class::Other => None,
    }
}

/// Tells whether the values that a change of the type keeps are the same to every expression before and after it.
pub(super) fn compares_alike(from: &str, to: &str) -> bool {
    let both = |is: fn(Class) -> bool| is(Class::of(from)) && is(Class::of(to));
    // Differences of unsigned numbers are errors where those of others are negative.
    let integers =
        both(|class| class == Class::Integer) && from.contains(" unsigned") == to.contains(" unsigned");
    integers || both(|class| matches!(class, Class::Char(_) | Class::Text))
}

/// Returns the condition of texts that another character set lacks a character of. In `utf8mb4` there are all.
pub(super) fn unspellable(v: &str, native: &str, from: &str, to: &str) -> Option<String> {
    let spelled = matches!(
        Class::of(native),
        Class::Char(_) | Class::Text | Class::Enum | Class::Set
    );
    let narrower = from != to && !to.starts_with("utf8mb4") && to != "binary";
    // What is not there becomes a question mark.
    (spelled && narrower)
        .then(|| format!("CONVERT(CONVERT({v} USING {to}) USING utf8mb4) <> CONVERT({v} USING utf8mb4)"))
}

fn is_text(class: Class) -> bool {
    matches!(
        class,
        Class::Char(_) | Class::Text | Class::Enum | Class::Set | Class::Json
    )
}

fn is_time(class: Class) -> bool {
    matches!(
        class,
        Class::Date | Class::Time(_) | Class::DateTime(_) | Class::Timestamp(_)
    )
}

fn is_number(class: Class) -> bool {
    matches!(
        class,
        Class::Integer | Class::Decimal(_) | Class::Float | Class::Double
    )
}

/// Every value of what is no number, unless it is a text that reads as one.
fn no_number(v: &str, from: Class, cast: &str) -> Option<String> {
    if is_number(from) {
        None
    } else if is_text(from) {
        Some(format!("CAST({cast} AS CHAR) <> {}", bytes(v)))
    } else {
        Some(format!("{v} IS NOT NULL"))
    }
}

/// Returns a value's text to compare by its bytes. A collation takes other letters and trailing blanks for the same, and would let them be lost.
fn bytes(v: &str) -> String {
    format!("CAST(CONVERT({v} USING utf8mb4) AS BINARY)")
}

fn boolean(v: &str, from: Class) -> Option<String> {
    if is_number(from) {
        Some(format!("{v} NOT IN (0, 1)"))
    } else if is_text(from) {
        Some(format!("{} NOT IN ('0', '1')", bytes(v)))
    } else {
        Some(format!("{v} IS NOT NULL"))
    }
}

/// The smallest and largest value of a native integer type.
fn range(native: &str) -> (i128, i128) {
    let bits = match native.split([' ', '(']).next().unwrap_or_default() {
        "tinyint" => 8,
        "smallint" => 16,
        "mediumint" => 24,
        "int" => 32,
        _ => 64,
    };
    if native.starts_with("year") {
        (0, 2155)
    } else if native.contains(" unsigned") {
        (0, (1 << bits) - 1)
    } else {
        (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    }
}

fn integer(v: &str, from: &str, to: &str) -> Option<String> {
    let ((low, high), class) = (range(to), Class::of(from));
    if class == Class::Integer {
        let (old_low, old_high) = range(from);
        let fits = old_low >= low && old_high <= high;
        return (!fits).then(|| format!("{v} NOT BETWEEN {low} AND {high}"));
    }
    if matches!(class, Class::Bit) {
        return Some(format!("{v} NOT BETWEEN {low} AND {high}"));
    }
    let whole = format!("CAST({v} AS DECIMAL(65, 0))");
    if is_text(class) {
        return either(
            no_number(v, class, &whole),
            Some(format!("{whole} NOT BETWEEN {low} AND {high}")),
        );
    }
    no_number(v, class, &whole).or_else(|| {
        Some(format!(
            "truncate({v}, 0) <> {v} OR {v} NOT BETWEEN {low} AND {high}"
        ))
    })
}

fn decimal(v: &str, from: Class, scale: u32) -> Option<String> {
    if let Class::Decimal(old) = from {
        if old <= scale {
            return None;
        }
    }
    if matches!(from, Class::Integer | Class::Bit) {
        None
    } else if is_number(from) {
        Some(format!("round({v}, {scale}) <> {v}"))
    } else if is_text(from) {
        // `round`, since MariaDB takes a CAST to other digits for the same value in an OR, and drops the comparison.
        let number = format!("CAST({v} AS DECIMAL(65, 30))");
        Some(format!(
            "{v} NOT REGEXP '^-?[0-9]+([.][0-9]+)?$' OR round({number}, {scale}) <> {number}"
        ))
    } else {
        Some(format!("{v} IS NOT NULL"))
    }
}

/// Numbers that have too many digits before the point.
fn whole_digits(v: &str, from: &str, to: &str, scale: u32) -> Option<String> {
    let places =
        |native: &str, scale: u32| precision(native).map(|precision| precision.saturating_sub(scale));
    let most = places(to, scale)?;
    let class = Class::of(from);
    let (fits, number) = if let Class::Decimal(old) = class {
        (places(from, old).is_some_and(|old| old <= most), v.to_owned())
    } else if class == Class::Integer {
        let (low, high) = range(from);
        let end = 10_i128.checked_pow(most);
        (end.is_none_or(|end| -end < low && high < end), v.to_owned())
    } else if is_text(class) {
        (false, format!("CAST({v} AS DECIMAL(65, 30))"))
    } else {
        (!is_number(class), v.to_owned())
    };
    let end = format!("1{}", "0".repeat(usize::try_from(most).ok()?));
    (!fits).then(|| format!("{number} <= -{end} OR {number} >= {end}"))
}

/// Returns the digits of `decimal(10,2)`, before and after the point.
fn precision(native: &str) -> Option<u32> {
    let (digits, _) = native.strip_prefix("decimal(")?.split_once([',', ')'])?;
    digits.trim().parse().ok()
}

fn real(v: &str, from: Class, to: Class) -> Option<String> {
    let kind = if to == Class::Float { "FLOAT" } else { "DOUBLE" };
    let cast = format!("CAST({v} AS {kind})");
    if from == Class::Float || from == to {
        None
    } else if from == Class::Double {
        Some(format!("{cast} <> {v}"))
    } else if is_number(from) {
        Some(format!("CAST({cast} AS DECIMAL(65, 30)) <> {v}"))
    } else {
        no_number(v, from, &cast)
    }
}

fn either(one: Option<String>, other: Option<String>) -> Option<String> {
    match (one, other) {
        (Some(one), Some(other)) => Some(format!("{one} OR {other}")),
        (one, other) => one.or(other),
    }
}

/// Bytes become the text that they encode, if they do. Of others MariaDB makes a text with `?` in it, and MySQL NULL.
fn no_text(v: &str, from: Class) -> Option<String> {
    matches!(from, Class::Binary(_) | Class::Blob).then(|| format!("NOT ({} <=> {v})", bytes(v)))
}

fn chars(v: &str, from: Class, length: u64) -> Option<String> {
    let fits = matches!(from, Class::Char(old) if old <= length);
    (!fits).then(|| format!("char_length({v}) > {length}"))
}

fn values(v: &str, from: &str, to: &str) -> Option<String> {
    let wanted = types::values(to)?;
    let had = types::values(from).unwrap_or_default();
    if !had.is_empty() && had.iter().all(|value| wanted.contains(value)) {
        return None;
    }
    let list: Vec<String> = wanted.iter().map(|value| text(value)).collect();
    Some(format!("{} NOT IN ({})", bytes(v), list.join(", ")))
}

/// A fixed number of bytes is filled up with zeros.
fn binary(v: &str, from: &str, to: &str, length: u64) -> Option<String> {
    if to.starts_with("binary") {
        return Some(format!("length({v}) <> {length}"));
    }
    let fits = matches!(Class::of(from), Class::Binary(old) if old <= length);
    (!fits).then(|| format!("length({v}) > {length}"))
}

fn times(v: &str, from: &str, cast: &str) -> Option<String> {
    let class = Class::of(from);
    let cast = cast.replace("{v}", v);
    if is_text(class) {
        Some(format!(
            "{cast} IS NULL OR CAST({cast} AS CHAR) NOT LIKE concat(CAST({v} AS CHAR), '%')"
        ))
    } else if is_time(class) {
        Some(format!(
            "CAST({cast} AS CHAR) <> CAST({v} AS CHAR) AND {cast} <> {v}"
        ))
    } else {
        Some(format!("{v} IS NOT NULL"))
    }
}

/// A TIMESTAMP is a number of seconds, and of 32 bits but on the newest servers
/// (<https://mariadb.com/kb/en/timestamp/>, <https://dev.mysql.com/doc/refman/8.4/en/datetime.html>).
fn instants(v: &str, from: Class, digits: u32) -> Option<String> {
    let other = is_text(from) || (is_time(from) && !matches!(from, Class::Timestamp(_)));
    other.then(|| {
        format!(
            "CAST({v} AS DATETIME({digits})) NOT BETWEEN '1970-01-01 00:00:01' AND '2038-01-19 03:14:07.999999'"
        )
    })
}
