//! What the code that the derive writes calls: no part of the public interface, and free to change.
//!
//! Everything is evaluated while the user's crate is compiled. A failed check panics, which the compiler reports at
//! the caller: hence `#[track_caller]`, and the messages in the words of the attribute.

mod check;
mod record;

pub use check::{Value, takes_auto, takes_collation, takes_key, takes_length, takes_precision, takes_value};
pub use record::{ENTRY, Record, long, long_length, type_entry};

use check::same;
use record::entry;
use std::marker::PhantomData;

use super::text::Text;
pub use super::{ColumnType, Model};
use crate::metadata;
use crate::schema::Table;

/// A model as the compiler knows it. The lists have one place for each column, in declared order.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// The namespace of the table, if the model names one.
    pub schema: Option<&'static str>,
    /// The table's name.
    pub table: &'static str,
    /// It, as the record of a model that refers to it has it.
    pub table_entry: &'static [u8; ENTRY],
    /// The names of the columns.
    pub columns: &'static [&'static str],
    /// The names of the fields; none if each is that of its column.
    pub fields: &'static [&'static str],
    /// Their types.
    pub kinds: &'static [&'static Kind],
    /// The places of the columns of the primary key, in key order.
    pub key: &'static [usize],
    /// The name of the first of them, as a record has it; of none, anything.
    pub key_entry: &'static [u8; ENTRY],
}

impl Shape {
    /// That of a model whose derive failed, so that one error does not make others.
    pub const BROKEN: Shape = Shape {
        schema: None,
        table: "",
        table_entry: &[b' '; ENTRY],
        columns: &[],
        fields: &[],
        kinds: &[],
        key: &[],
        key_entry: &[b' '; ENTRY],
    };

    const fn is_broken(&self) -> bool {
        self.columns.is_empty()
    }

    /// Returns the column of a place.
    const fn column(&self, at: usize) -> Column {
        Column {
            name: self.columns[at],
            kind: self.kinds[at],
        }
    }

    /// Returns the place of a field.
    #[track_caller]
    const fn place(&self, field: &str) -> usize {
        let fields = match self.fields {
            [] => self.columns,
            fields => fields,
        };
        let mut at = 0;
        while at < fields.len() {
            if same(fields[at], field) {
                return at;
            }
            at += 1;
        }
        let mut text = Text::new()
            .push("no field `")
            .push(field)
            .push("` in the model of table `")
            .push(self.table)
            .push("`, which has `")
            .push(fields[0]);
        let mut at = 1;
        while at < fields.len() {
            text = text.push("`, `").push(fields[at]);
            at += 1;
        }
        panic!("{}", text.push("`").as_str())
    }
}

/// A column as the compiler knows it.
#[derive(Clone, Copy)]
struct Column {
    /// The name.
    name: &'static str,
    /// Its type and nullability.
    kind: &'static Kind,
}

/// A type as the compiler knows it.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// The logical type's notation.
    pub ty: &'static str,
    /// Whether it is an `Option`.
    pub nullable: bool,
    /// Both as the record has them.
    pub entry: [u8; ENTRY],
}

impl Kind {
    /// Returns the kind of a field with `sql_type = "…"`, whose type need not be a column type: then only the
    /// database knows it.
    #[must_use]
    pub const fn native(mapped: Option<&'static Kind>, option: bool, native: &'static str) -> Self {
        match mapped {
            Some(kind) => *kind,
            None => Kind {
                ty: native,
                nullable: option,
                // The native type is said elsewhere.
                entry: entry(b"", if option { b"?" } else { b"" }),
            },
        }
    }
}

/// Asks what a type has that need not be a column type, by the order in which the compiler looks for constants:
/// those of the type itself, whose bounds hold, before those of a trait ([`OrNot`]).
pub struct Probe<T>(PhantomData<T>);

impl<T: ColumnType> Probe<T> {
    /// The type's kind.
    pub const MAPPED: Option<&'static Kind> = Some(T::KIND);
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
    const MAPPED: Option<&'static Kind> = None;
    /// It is no column type.
    const LONG: (&'static str, &'static str) = ("", "");
    /// It is no `Option`.
    const OPTION: bool = false;
}

impl<T> OrNot for Probe<T> {}

/// What a foreign key refers to: a model, and the places of its columns.
pub type Reference<'a> = (&'a Shape, &'a [usize]);

/// Returns the place of the primary key of a model, for the column at a place of another, which must have the same type.
///
/// # Panics
///
/// The key has not exactly one column, or another type.
#[track_caller]
#[must_use]
pub const fn key(of: &Shape, (model, from): (&Shape, usize)) -> usize {
    if of.is_broken() {
        return 0;
    }
    match of.key {
        [to] => matching(of, *to, model.column(from)),
        [] => panic!(
            "{}",
            Text::new()
                .push("table `")
                .push(of.table)
                .push("` has no primary key; name the column: `references(Model::column)`")
                .as_str()
        ),
        _ => panic!(
            "{}",
            Text::new()
                .push("the primary key of table `")
                .push(of.table)
                .push("` has several columns; put `foreign_key(a, b => Model(x, y))` on the struct")
                .as_str()
        ),
    }
}

/// Returns the place of a model's field, for the column at a place of another, which must have the same type.
///
/// # Panics
///
/// There is no such field, or the types differ.
#[track_caller]
#[must_use]
pub const fn field(of: &Shape, field: &str, (model, from): (&Shape, usize)) -> usize {
    if of.is_broken() {
        return 0;
    }
    matching(of, of.place(field), model.column(from))
}

/// Returns the place of a column, which must have the type of another.
#[track_caller]
const fn matching(of: &Shape, at: usize, from: Column) -> usize {
    let to = of.column(at);
    let (to_ty, from_ty) = (to.kind.ty, from.kind.ty);
    if same(to_ty, from_ty) {
        return at;
    }
    panic!(
        "{}",
        Text::new()
            .push("`")
            .push(from.name)
            .push("` is `")
            .push(from_ty)
            .push("`, but `")
            .push(of.table)
            .push(".")
            .push(to.name)
            .push("` is `")
            .push(to_ty)
            .push("`; give both fields the same type")
            .as_str()
    );
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
