//! What the code that the derive writes calls: no part of the public interface, and free to change.
//!
//! Everything is evaluated while the user's crate is compiled. A failed check panics, which the compiler reports at
//! the caller: hence `#[track_caller]`, and the messages in the words of the attribute.

mod check;
mod record;

pub use check::{Value, takes_auto, takes_collation, takes_key, takes_length, takes_precision, takes_value};
pub use record::{NAME, Record, TYPE, long, long_length, native_entry, type_entry};

use check::same;
use record::entry;
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
        },
    };
}

/// A type as the compiler knows it.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// The logical type's notation; empty if the derive failed, so that one error does not make others.
    pub ty: &'static str,
    /// Whether it is an `Option`.
    pub nullable: bool,
}

impl Kind {
    /// Returns the kind of a field with `sql_type = "…"`, whose type need not be a column type: then only the
    /// database knows it.
    #[must_use]
    pub const fn native(mapped: Option<Kind>, option: bool, native: &'static str) -> Self {
        match mapped {
            Some(kind) => kind,
            None => Kind {
                ty: native,
                nullable: option,
            },
        }
    }
}

/// Asks what a type has that need not be a column type, by the order in which the compiler looks for constants:
/// those of the type itself, whose bounds hold, before those of a trait ([`OrNot`]).
pub struct Probe<T>(PhantomData<T>);

impl<T: ColumnType> Probe<T> {
    /// The type's kind.
    pub const MAPPED: Option<Kind> = Some(T::KIND);
    /// The type as the record has it.
    pub const ENTRY: Option<[u8; TYPE]> = Some(T::ENTRY);
    /// The type's notation and the former names of its values.
    pub const LONG: (&'static str, &'static str) = (T::TYPE, T::RENAMED);
}

impl<T> Probe<Option<T>> {
    /// It is an `Option`.
    pub const OPTION: bool = true;
}

/// What holds of a type of which [`Probe`] knows nothing.
pub trait OrNot {
    /// It is no column type.
    const MAPPED: Option<Kind> = None;
    /// It is no column type.
    const ENTRY: Option<[u8; TYPE]> = None;
    /// It is no column type.
    const LONG: (&'static str, &'static str) = ("", "");
    /// It is no `Option`.
    const OPTION: bool = false;
}

impl<T> OrNot for Probe<T> {}

/// The column that a foreign key refers to.
pub struct Target {
    /// The namespace of its table, as the record has it; empty if there is none.
    pub schema: [u8; NAME],
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
            schema: entry(
                match M::SCHEMA {
                    Some(schema) => schema.as_bytes(),
                    None => b"",
                },
                b"",
            ),
            table: entry(M::TABLE.as_bytes(), b""),
            column: entry(to.name.as_bytes(), b""),
        }
    }
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
