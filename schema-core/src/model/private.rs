//! What the code that the derive writes calls: no part of the public interface, and free to change.
//!
//! Everything is evaluated while the user's crate is compiled. A failed check panics, which the compiler reports at
//! the caller: hence `#[track_caller]`, and the messages in the words of the attribute.

mod check;
mod record;

pub use check::{
    Value, takes_auto, takes_collation, takes_key, takes_length, takes_number, takes_precision, takes_value,
};
pub use record::{ENTRY, Record, long, long_length, type_entry};

use check::same;
use record::entry;
use std::marker::PhantomData;

use super::text::Text;
use super::{ColumnType, Model};
use crate::metadata;
use crate::schema::Table;

// Under names that no one else has for them. `unused_qualifications` would want a path to go, had the user a name for what it ends in.
pub use super::{ColumnType as FieldType, Model as DerivedModel};
pub use std::option::Option::{None as NoSchema, Some as Schema};

/// All that is said of a model. It holds pointers because the compiler evaluates what is behind a reference: a record is made of shapes, and
/// a shape has been evaluated already.
#[derive(Debug, Clone, Copy)]
pub struct Derived {
    /// The model as the compiler knows it.
    pub shape: *const Shape,
    /// What is left in the artifact.
    pub record: *const [u8],
}

impl Derived {
    /// What there is of a model whose derive failed, so that one error does not make others.
    pub const BROKEN: Derived = Derived {
        shape: &Shape::BROKEN,
        record: &[],
    };

    /// Returns the model as the compiler knows it.
    #[must_use]
    pub const fn shape(self) -> &'static Shape {
        // SAFETY: the derive puts a constant there.
        unsafe { &*self.shape }
    }

    /// Returns what is left in the artifact.
    #[must_use]
    pub const fn record(self) -> &'static [u8] {
        // SAFETY: the derive puts a static there, to which nothing is written.
        unsafe { &*self.record }
    }
}

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
    /// Their types, in runs.
    pub kinds: &'static [&'static [&'static Kind]],
    /// The places of the columns of the primary key, in key order.
    pub key: &'static [usize],
    /// The name of the first of them, as a record has it; of none, anything.
    pub key_entry: &'static [u8; ENTRY],
}

impl Shape {
    const BROKEN: Shape = Shape {
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
        matches!(self.columns, [])
    }

    /// Returns the column of a place.
    const fn column(&self, at: usize) -> Column {
        Column {
            name: self.columns[at],
            kind: self.kind(at),
        }
    }

    /// Returns the type of the column of a place.
    const fn kind(&self, mut at: usize) -> &'static Kind {
        let mut runs = self.kinds;
        while let [run, rest @ ..] = runs {
            let length = run.len();
            if at < length {
                return run[at];
            }
            at -= length;
            runs = rest;
        }
        panic!("each column has a type")
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

/// The types of columns that stand side by side, as a tuple.
pub trait Kinds {
    /// Their kinds.
    const KINDS: &'static [&'static Kind];
}

macro_rules! kinds {
    ($first:ident $($rest:ident)*) => {
        impl<$first: ColumnType, $($rest: ColumnType),*> Kinds for ($first, $($rest),*) {
            const KINDS: &'static [&'static Kind] = &[$first::KIND, $($rest::KIND),*];
        }
        kinds!($($rest)*);
    };
    () => {};
}

kinds!(A B C D E F G H I J K L M N O P);

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

/// A column that a foreign key refers to: a model, and the column's place in it.
pub type Target = (&'static Shape, usize);

/// Returns the primary key of a model, for the column at a place of `M`, which must have the same type.
///
/// # Panics
///
/// The key has not exactly one column, or another type.
#[track_caller]
#[must_use]
pub const fn key<M: Model>(of: Derived, from: usize) -> Target {
    let of = of.shape();
    if of.is_broken() {
        return (of, 0);
    }
    match of.key {
        [to] => matching(of, *to, M::DERIVED.shape().column(from)),
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

/// Returns the column of a model's field, for the column at a place of `M`, which must have the same type.
///
/// # Panics
///
/// There is no such field, or the types differ.
#[track_caller]
#[must_use]
pub const fn field<M: Model>(of: Derived, field: &str, from: usize) -> Target {
    let of = of.shape();
    if of.is_broken() {
        return (of, 0);
    }
    matching(of, of.place(field), M::DERIVED.shape().column(from))
}

/// Returns a column, which must have the type of another.
#[track_caller]
const fn matching(of: &'static Shape, at: usize, from: Column) -> Target {
    let to = of.column(at);
    let (to_ty, from_ty) = (to.kind.ty, from.kind.ty);
    if same(to_ty, from_ty) {
        return (of, at);
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

/// Names the section of the records.
#[doc(hidden)]
#[macro_export]
#[cfg(not(target_vendor = "apple"))]
macro_rules! __section {
    () => {
        "autogen"
    };
}

/// Names the section of the records.
#[doc(hidden)]
#[macro_export]
#[cfg(target_vendor = "apple")]
macro_rules! __section {
    () => {
        "__DATA,__autogen"
    };
}
