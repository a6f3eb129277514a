//! What the code that the derive writes calls: no part of the public interface, and free to change.
//!
//! Everything is evaluated while the user's crate is compiled. A failed check panics, which the compiler reports at
//! the caller: hence `#[track_caller]`, and the messages in the words of the attribute.

use std::marker::PhantomData;

use super::text::Text;
use super::{ColumnType, Model};
use crate::metadata;
use crate::schema::Table;

/// A column as the compiler knows it.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The name.
    pub name: &'static str,
    /// The logical type's notation; empty if the derive failed, so that one error does not make others.
    pub ty: &'static str,
    /// What follows the type in the record.
    pub null: &'static str,
}

impl Column {
    /// A column of a model whose derive failed.
    pub const BROKEN: Column = Column {
        name: "",
        ty: "",
        null: "",
    };

    /// Returns the column that a field of that type is.
    #[must_use]
    pub const fn of<T: ColumnType>(name: &'static str) -> Self {
        Column::with(name, Notation::<T>::CHECKED, T::NULLABLE)
    }

    /// Returns a column from its parts.
    #[must_use]
    pub const fn with(name: &'static str, ty: &'static str, nullable: bool) -> Self {
        let null = if nullable { "\",\"nullable\":true" } else { "\"" };
        Column { name, ty, null }
    }

    const fn nullable(&self) -> bool {
        self.null.len() > 1
    }
}

/// A type's notation, looked at once for each type: records are written without escapes.
struct Notation<T>(PhantomData<T>);

impl<T: ColumnType> Notation<T> {
    const CHECKED: &'static str = {
        let bytes = T::TYPE.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if bytes[at] < b' ' || bytes[at] == b'"' || bytes[at] == b'\\' {
                panic!("`ColumnType::TYPE` may not hold a double quote, a backslash or a control character");
            }
            at += 1;
        }
        T::TYPE
    };
}

/// Asks what a type has that need not be a column type, by the order in which the compiler looks for constants:
/// those of the type itself, whose bounds hold, before those of a trait ([`OrNot`]).
pub struct Probe<T>(PhantomData<T>);

impl<T: ColumnType> Probe<T> {
    /// The type's notation and nullability.
    pub const MAPPED: Option<(&'static str, bool)> = Some((T::TYPE, T::NULLABLE));
}

impl<T> Probe<Option<T>> {
    /// It is an `Option`.
    pub const OPTION: bool = true;
}

/// What holds of a type of which [`Probe`] knows nothing.
pub trait OrNot {
    /// It is no column type.
    const MAPPED: Option<(&'static str, bool)> = None;
    /// It is no `Option`.
    const OPTION: bool = false;
}

impl<T> OrNot for Probe<T> {}

impl Column {
    /// Returns the column of a field with `sql_type = "…"`, whose type may be unknown: then it is `native`.
    #[must_use]
    pub const fn native(
        name: &'static str,
        mapped: Option<(&'static str, bool)>,
        option: bool,
        native: &'static str,
    ) -> Self {
        match mapped {
            Some((ty, nullable)) => Column::with(name, ty, nullable),
            None => Column::with(name, native, option),
        }
    }
}

/// The column that a foreign key refers to.
pub struct Target {
    /// Its table.
    pub table: &'static str,
    /// Its name.
    pub column: &'static str,
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
        if !(to.ty.is_empty() || from.ty.is_empty() || same(to.ty, from.ty)) {
            panic!(
                "{}",
                Text::new()
                    .push("`")
                    .push(from.name)
                    .push("` is `")
                    .push(from.ty)
                    .push("`, but `")
                    .push(M::TABLE)
                    .push(".")
                    .push(to.name)
                    .push("` is `")
                    .push(to.ty)
                    .push("`; give both fields the same type")
                    .as_str()
            );
        }
        Target {
            table: M::TABLE,
            column: to.name,
        }
    }
}

/// Checks that `length` stands on a column that can have one.
#[track_caller]
pub const fn takes_length(column: Column) {
    expect(
        column,
        matches!(column.ty.as_bytes(), b"text" | b"bytes"),
        "`length` is for text and bytes without one",
    );
}

/// Checks that `precision` and `scale` stand on a column that can have them.
#[track_caller]
pub const fn takes_precision(column: Column) {
    expect(
        column,
        matches!(column.ty.as_bytes(), b"decimal"),
        "`precision` and `scale` are for decimals",
    );
}

/// Checks that `collate` stands on text.
#[track_caller]
pub const fn takes_collation(column: Column) {
    expect(
        column,
        starts_with(column.ty, "text") || starts_with(column.ty, "native"),
        "`collate` is for text",
    );
}

/// Checks that `auto` stands on a whole number.
#[track_caller]
pub const fn takes_auto(column: Column) {
    expect(
        column,
        limits(column.ty).is_some(),
        "a database numbers whole numbers only",
    );
}

/// Checks that a key cannot be NULL.
#[track_caller]
pub const fn takes_key(column: Column) {
    if column.nullable() {
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
    let ty = column.ty;
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
    if !fits && !column.ty.is_empty() {
        panic!(
            "{}",
            Text::new()
                .push(what)
                .push(": `")
                .push(column.name)
                .push("` is `")
                .push(column.ty)
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

/// Returns the number of bytes of the record that the pieces make.
#[must_use]
pub const fn size(pieces: &[&str]) -> usize {
    let mut size = metadata::HEADER;
    let mut at = 0;
    while at < pieces.len() {
        size += pieces[at].len();
        at += 1;
    }
    size
}

/// Returns the record that the pieces make: see [`metadata`].
///
/// # Panics
///
/// `N` is not what [`size`] says.
#[must_use]
#[allow(clippy::cast_possible_truncation)]
pub const fn record<const N: usize>(pieces: &[&str]) -> [u8; N] {
    let mut record = [0; N];
    let mut rest: &mut [u8] = &mut record;
    rest = put(rest, &metadata::MAGIC);
    rest = put(rest, &metadata::FORMAT.to_le_bytes());
    rest = put(rest, &((N - metadata::HEADER) as u32).to_le_bytes());
    let mut at = 0;
    while at < pieces.len() {
        rest = put(rest, pieces[at].as_bytes());
        at += 1;
    }
    assert!(rest.is_empty(), "a record is as long as its pieces");
    record
}

/// Copies `bytes` to the front of `buffer` and returns the rest of it.
const fn put<'a>(buffer: &'a mut [u8], bytes: &[u8]) -> &'a mut [u8] {
    let (front, rest) = buffer.split_at_mut(bytes.len());
    // `copy_from_slice` is constant only from Rust 1.87 on, and a loop over the bytes is far slower to evaluate.
    // SAFETY: both are `bytes.len()` long, and a mutable slice overlaps no other.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), front.as_mut_ptr(), bytes.len()) };
    rest
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
