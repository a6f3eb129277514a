//! What the code that the derive writes calls: no part of the public interface, and free to change.
//!
//! Everything is evaluated while the user's crate is compiled. A failed check panics, which the compiler reports at
//! the caller: hence `#[track_caller]`, and the messages in the words of the attribute.

mod record;

use std::marker::PhantomData;

pub use record::{NAME, Record, TYPE};

use super::text::Text;
use super::{ColumnType, Model};
use crate::metadata;
use crate::schema::Table;

/// A column as the compiler knows it.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The name.
    pub name: &'static str,
    /// Its type and nullability.
    pub kind: Kind,
}

impl Column {
    /// A column of a model whose derive failed.
    pub const BROKEN: Column = Column {
        name: "",
        kind: Kind {
            ty: "",
            nullable: false,
            entry: [b' '; TYPE],
        },
    };
}

/// A type as the compiler knows it, worked out once for each type.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// The logical type's notation; empty if the derive failed, so that one error does not make others.
    pub ty: &'static str,
    /// Whether it is an `Option`.
    pub nullable: bool,
    /// Both as the record has them: see [`Record`].
    pub entry: [u8; TYPE],
}

impl Kind {
    /// Returns the kind of a type with that notation.
    ///
    /// # Panics
    ///
    /// The notation cannot stand in a record.
    #[must_use]
    pub const fn of(ty: &'static str, nullable: bool) -> Self {
        let bytes = ty.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if bytes[at] < b' ' || bytes[at] == b'"' || bytes[at] == b'\\' {
                panic!("`ColumnType::TYPE` cannot hold a double quote, a backslash or a control character");
            }
            at += 1;
        }
        if bytes.len() > TYPE - 4 {
            panic!("`ColumnType::TYPE` is too long; put `#[model(sql_type = \"…\")]` on the field instead");
        }
        let entry = entry(bytes, if nullable { b"?" } else { b"" });
        Kind { ty, nullable, entry }
    }

    /// Returns the kind of a field with `sql_type = "…"`, whose type need not be a column type: then only the
    /// database knows it.
    #[must_use]
    pub const fn native(mapped: Option<Kind>, option: bool, native: &'static str) -> Self {
        match mapped {
            Some(kind) => kind,
            None => Kind {
                ty: native,
                nullable: option,
                entry: entry(b"", if option { b"?" } else { b"" }),
            },
        }
    }
}

/// Returns a JSON string, a comma, and spaces before it up to a fixed width: so records need no arithmetic.
const fn entry<const WIDTH: usize>(text: &[u8], mark: &[u8]) -> [u8; WIDTH] {
    let mut entry = [b' '; WIDTH];
    entry[0] = b'"';
    let mut at = 0;
    while at < text.len() {
        entry[at + 1] = text[at];
        at += 1;
    }
    if let [mark] = mark {
        entry[at + 1] = *mark;
        at += 1;
    }
    entry[at + 1] = b'"';
    entry[WIDTH - 1] = b',';
    entry
}

/// Asks what a type has that need not be a column type, by the order in which the compiler looks for constants:
/// those of the type itself, whose bounds hold, before those of a trait ([`OrNot`]).
pub struct Probe<T>(PhantomData<T>);

impl<T: ColumnType> Probe<T> {
    /// The type's kind.
    pub const MAPPED: Option<Kind> = Some(T::KIND);
}

impl<T> Probe<Option<T>> {
    /// It is an `Option`.
    pub const OPTION: bool = true;
}

/// What holds of a type of which [`Probe`] knows nothing.
pub trait OrNot {
    /// It is no column type.
    const MAPPED: Option<Kind> = None;
    /// It is no `Option`.
    const OPTION: bool = false;
}

impl<T> OrNot for Probe<T> {}

/// The column that a foreign key refers to.
pub struct Target {
    /// Its table, as the record has it.
    pub table: [u8; NAME],
    /// Its name, as the record has it.
    pub column: [u8; NAME],
}

impl Target {
    /// Returns the primary key of a model, for a column of the same type.
    ///
    /// # Panics
    ///
    /// The key has not exactly one column, or another type.
    #[track_caller]
    #[must_use]
    pub const fn key<M: Model>(from: Column) -> Self {
        match M::KEY {
            [to] => Target::column::<M>(*to, from),
            [] => panic!(
                "{}",
                Text::new()
                    .push("table `")
                    .push(M::TABLE)
                    .push("` has no primary key; name the column: `references(Model::column)`")
                    .as_str()
            ),
            _ => panic!(
                "{}",
                Text::new()
                    .push("the primary key of table `")
                    .push(M::TABLE)
                    .push("` has several columns; put `foreign_key(a, b => Model(x, y))` on the struct")
                    .as_str()
            ),
        }
    }

    /// Returns a column of a model, for a column of the same type.
    ///
    /// # Panics
    ///
    /// The types differ.
    #[track_caller]
    #[must_use]
    pub const fn column<M: Model>(to: Column, from: Column) -> Self {
        let (to_ty, from_ty) = (to.kind.ty, from.kind.ty);
        if !(to_ty.is_empty() || from_ty.is_empty() || same(to_ty, from_ty)) {
            panic!(
                "{}",
                Text::new()
                    .push("`")
                    .push(from.name)
                    .push("` is `")
                    .push(from_ty)
                    .push("`, but `")
                    .push(M::TABLE)
                    .push(".")
                    .push(to.name)
                    .push("` is `")
                    .push(to_ty)
                    .push("`; give both fields the same type")
                    .as_str()
            );
        }
        Target {
            table: entry(M::TABLE.as_bytes(), b""),
            column: entry(to.name.as_bytes(), b""),
        }
    }
}

/// Checks that `length` stands on a column that can have one.
#[track_caller]
pub const fn takes_length(column: Column) {
    expect(
        column,
        matches!(column.kind.ty.as_bytes(), b"text" | b"bytes"),
        "`length` is for text and bytes without one",
    );
}

/// Checks that `precision` and `scale` stand on a column that can have them.
#[track_caller]
pub const fn takes_precision(column: Column) {
    expect(
        column,
        matches!(column.kind.ty.as_bytes(), b"decimal"),
        "`precision` and `scale` are for decimals",
    );
}

/// Checks that `collate` stands on text.
#[track_caller]
pub const fn takes_collation(column: Column) {
    expect(
        column,
        starts_with(column.kind.ty, "text") || starts_with(column.kind.ty, "native"),
        "`collate` is for text",
    );
}

/// Checks that `auto` stands on a whole number.
#[track_caller]
pub const fn takes_auto(column: Column) {
    expect(
        column,
        limits(column.kind.ty).is_some(),
        "a database numbers whole numbers only",
    );
}

/// Checks that a key cannot be NULL.
#[track_caller]
pub const fn takes_key(column: Column) {
    if column.kind.nullable {
        panic!(
            "{}",
            Text::new()
                .push("a primary key cannot be NULL, and `")
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
    Text,
    /// `b"a"`
    Bytes,
}

/// Checks that a literal is a value of the column.
#[track_caller]
pub const fn takes_value(column: Column, value: Value) {
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
        Value::Text => (
            limits(ty).is_none()
                && !same(ty, "boolean")
                && !same(ty, "f32")
                && !same(ty, "f64")
                && !starts_with(ty, "decimal")
                && !starts_with(ty, "bytes")
                && !starts_with(ty, "array"),
            "a text is no value of the column",
        ),
        Value::Bytes => (
            starts_with(ty, "bytes") || starts_with(ty, "native"),
            "bytes are no value of the column",
        ),
    };
    expect(column, fits, what);
}

#[track_caller]
const fn expect(column: Column, fits: bool, what: &str) {
    if !fits && !column.kind.ty.is_empty() {
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

const fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && starts_with(a, b)
}

const fn starts_with(text: &str, start: &str) -> bool {
    let (text, start) = (text.as_bytes(), start.as_bytes());
    let mut at = 0;
    while at < start.len() {
        if at == text.len() || text[at] != start[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// Returns the table that a record describes.
///
/// # Panics
///
/// The record is none: the derive writes no such thing.
#[must_use]
pub fn table(record: &[u8]) -> Table {
    metadata::table(record).expect("the derive writes records that hold a table")
}
