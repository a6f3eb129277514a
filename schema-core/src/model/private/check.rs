//! Checks that attributes fit the types of their columns, as constants that cannot be evaluated if they do not.

use super::{Column, Model};
use crate::model::text::Text;

/// Checks that `length` stands on a column that can have one.
#[track_caller]
pub const fn takes_length<M: Model>(at: usize) {
    let column = M::DERIVED.shape().column(at);
    expect(
        column,
        matches!(column.kind.ty.as_bytes(), b"text" | b"bytes"),
        "`length` is for text and bytes without one",
    );
}

/// Checks that `precision` and `scale` stand on a column that can have them.
#[track_caller]
pub const fn takes_precision<M: Model>(at: usize) {
    let column = M::DERIVED.shape().column(at);
    expect(
        column,
        matches!(column.kind.ty.as_bytes(), b"decimal"),
        "`precision` and `scale` are for decimals",
    );
}

/// Checks that `collate` stands on text.
#[track_caller]
pub const fn takes_collation<M: Model>(at: usize) {
    let column = M::DERIVED.shape().column(at);
    expect(
        column,
        starts_with(column.kind.ty, "text") || starts_with(column.kind.ty, "native"),
        "`collate` is for text",
    );
}

/// Checks that `auto` stands on a whole number.
#[track_caller]
pub const fn takes_auto<M: Model>(at: usize) {
    let column = M::DERIVED.shape().column(at);
    expect(
        column,
        limits(column.kind.ty).is_some(),
        "a database numbers whole numbers only",
    );
}

/// Checks that a key cannot be NULL.
#[track_caller]
pub const fn takes_key<M: Model>(at: usize) {
    never_null(
        M::DERIVED.shape().column(at),
        "a primary key cannot be NULL, and `",
    );
}

/// Checks that a number which the database makes cannot be NULL.
#[track_caller]
pub const fn takes_number<M: Model>(at: usize) {
    never_null(
        M::DERIVED.shape().column(at),
        "a number that the database makes is never NULL, and `",
    );
}

#[track_caller]
const fn never_null(column: Column, why: &str) {
    if column.kind.nullable {
        panic!(
            "{}",
            Text::new()
                .push(why)
                .push(column.name)
                .push("` is an `Option`; use the type without it")
                .as_str()
        );
    }
}

/// What kind of literal a default is.
pub enum Value {
    /// `true`
    Boolean,
    /// `1`
    Integer(i128),
    /// `1.5`
    Number,
    /// `"a"`
    Text(&'static str),
    /// `b"a"`, by its length
    Bytes(usize),
}

/// Checks that a literal is a value of the column.
#[track_caller]
pub const fn takes_value<M: Model>(at: usize, value: Value) {
    let column = M::DERIVED.shape().column(at);
    let ty = column.kind.ty;
    let exact = starts_with(ty, "decimal") || starts_with(ty, "native");
    let (fits, what) = match value {
        Value::Boolean => (
            same(ty, "boolean") || starts_with(ty, "native"),
            "`true` and `false` are for `bool`",
        ),
        Value::Integer(value) => match limits(ty) {
            Some((least, most)) => (least <= value && value <= most, "the number is out of range"),
            None => (
                exact || same(ty, "f32") || same(ty, "f64"),
                "a number is no value of the column",
            ),
        },
        Value::Number => (
            exact || same(ty, "f32") || same(ty, "f64"),
            "a number with a point is no value of the column",
        ),
        Value::Text(text) if starts_with(ty, "enum ") => {
            (has_value(ty, text), "the text is no value of the enum")
        }
        Value::Text(text) if starts_with(ty, "text(") => (
            characters(text) <= size(ty),
            "the text is too long for the column",
        ),
        Value::Text(_) => (
            limits(ty).is_none()
                && !same(ty, "boolean")
                && !same(ty, "f32")
                && !same(ty, "f64")
                && !starts_with(ty, "decimal")
                && !starts_with(ty, "bytes")
                && !starts_with(ty, "array"),
            "a text is no value of the column",
        ),
        Value::Bytes(length) if starts_with(ty, "bytes(") => {
            (length <= size(ty), "the bytes are too many for the column")
        }
        Value::Bytes(_) => (
            starts_with(ty, "bytes") || starts_with(ty, "native"),
            "bytes are no value of the column",
        ),
    };
    expect(column, fits, what);
}

/// Tells whether a text stands in the notation of an enum, between quotes. One with quotes in it is taken to.
const fn has_value(ty: &str, text: &str) -> bool {
    let (ty, text) = (ty.as_bytes(), text.as_bytes());
    let mut start = 0;
    while start + text.len() + 2 <= ty.len() {
        let mut at = 0;
        while at < text.len() && ty[start + 1 + at] == text[at] && text[at] != b'\'' {
            at += 1;
        }
        if at < text.len() && text[at] == b'\'' {
            return true;
        }
        if at == text.len() && ty[start] == b'\'' && ty[start + 1 + at] == b'\'' {
            return true;
        }
        start += 1;
    }
    false
}

const fn characters(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut count) = (0, 0);
    while at < bytes.len() {
        // A character's further bytes begin with the bits 10.
        count += (bytes[at] & 0xc0 != 0x80) as usize;
        at += 1;
    }
    count
}

/// Returns the number in a notation such as `text(80)`.
const fn size(ty: &str) -> usize {
    let bytes = ty.as_bytes();
    let (mut at, mut size) = (0, 0);
    while at < bytes.len() {
        if bytes[at].is_ascii_digit() {
            size = 10 * size + (bytes[at] - b'0') as usize;
        }
        at += 1;
    }
    size
}

#[track_caller]
const fn expect(column: Column, fits: bool, what: &str) {
    if !fits {
        panic!(
            "{}",
            Text::new()
                .push(what)
                .push(": `")
                .push(column.name)
                .push("` is `")
                .push(column.kind.ty)
                .push("`")
                .as_str()
        );
    }
}

/// Returns the least and the greatest value of a whole number's type.
const fn limits(ty: &str) -> Option<(i128, i128)> {
    Some(match ty.as_bytes() {
        b"i8" => (i8::MIN as i128, i8::MAX as i128),
        b"i16" => (i16::MIN as i128, i16::MAX as i128),
        b"i32" => (i32::MIN as i128, i32::MAX as i128),
        b"i64" => (i64::MIN as i128, i64::MAX as i128),
        b"u8" => (0, u8::MAX as i128),
        b"u16" => (0, u16::MAX as i128),
        b"u32" => (0, u32::MAX as i128),
        b"u64" => (0, u64::MAX as i128),
        _ => return None,
    })
}

pub(super) const fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && starts_with(a, b)
}

/// Tells how a text starts. The compiler takes its time over calls, and `len` is one, so none stands in the loop.
const fn starts_with(text: &str, start: &str) -> bool {
    let (text, start) = (text.as_bytes(), start.as_bytes());
    let length = start.len();
    if length > text.len() {
        return false;
    }
    let mut at = 0;
    while at < length {
        if text[at] != start[at] {
            return false;
        }
        at += 1;
    }
    true
}
