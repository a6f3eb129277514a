//! Models: Rust structs as tables, and Rust types as the types of their columns.
//!
//! [`Model`] and [`ColumnType`] are what the derives implement. A model is constant data: the derive leaves it in
//! the compiled artifact, where the `autogen` command reads it without running the program. Nothing here knows what
//! a database makes of a type.

mod integrations;
#[doc(hidden)]
pub mod private;
mod text;
mod types;

use crate::schema::Table;

/// A struct that is a table. Implemented by [`#[derive(Model)]`](derive@crate::Model).
///
/// ```
/// use schema_core::Model;
///
/// #[derive(Model)]
/// struct StoreModel {
///     id: i64,
///     #[model(length = 80, unique)]
///     name: String,
/// }
///
/// assert_eq!(StoreModel::TABLE, "stores");
/// assert_eq!(StoreModel::COLUMNS, ["id", "name"]);
/// assert_eq!(StoreModel::table().columns[1].ty.to_string(), "text(80)");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no model, so nothing can refer to its table",
    label = "no `#[derive(Model)]`",
    note = "put `#[derive(Model)]` on the struct, or name a table that has no model: `references(\"stores.id\")`"
)]
pub trait Model {
    /// The table's name.
    const TABLE: &'static str = Self::DERIVED.shape().table;
    /// The namespace of the table, if the model names one: a schema of PostgreSQL, a database of MySQL.
    const SCHEMA: Option<&'static str> = Self::DERIVED.shape().schema;
    /// The names of the columns, in declared order.
    const COLUMNS: &'static [&'static str] = Self::DERIVED.shape().columns;
    /// What the derive left in the artifact.
    #[doc(hidden)]
    const RECORD: &'static [u8] = Self::DERIVED.record();
    /// All that is said of the model, in one constant, since each takes time to compile.
    #[doc(hidden)]
    const DERIVED: private::Derived;

    /// Returns the table as a value of the IR.
    ///
    /// ```
    /// # use schema_core::Model;
    /// #[derive(Model)]
    /// struct StoreModel {
    ///     id: i64,
    /// }
    ///
    /// let table = StoreModel::table();
    /// assert!(table.is_key("id"));
    /// assert_eq!(table.primary_key.unwrap().name, "pk_stores");
    /// ```
    #[must_use]
    fn table() -> Table {
        private::table(Self::RECORD)
    }
}

/// A Rust type that a column can have.
///
/// The types of the standard library have it, those of other crates behind the feature of the crate's name, and
/// `Option<T>`, which is `T` or NULL. A type of your own gets it by [`#[derive(ColumnType)]`](derive@crate::ColumnType) if it
/// wraps a column type, or by hand:
///
/// ```
/// use schema_core::ColumnType;
///
/// struct Colour([u8; 3]);
///
/// impl ColumnType for Colour {
///     const TYPE: &'static str = "text(7)";
/// }
/// ```
///
/// | Rust | column |
/// |---|---|
/// | `bool` | `boolean` |
/// | `i8` to `i64`, `u8` to `u64` | the same |
/// | `f32`, `f64` | the same |
/// | `String`, `str` behind any pointer | `text` |
/// | `char` | `text(1)` |
/// | `Vec<u8>`, `[u8; N]` | `bytes`, `bytes(N)` |
/// | `Vec<T>` | `array(T)` |
/// | `IpAddr`, `Ipv4Addr`, `Ipv6Addr` | `inet` |
/// | `SocketAddr`, `SocketAddrV4`, `SocketAddrV6` | `text` |
/// | `SystemTime` | `timestamp` |
/// | `Box<T>`, `Rc<T>`, `Arc<T>`, `Cow<'_, T>`, `&T` | as `T` |
/// | chrono: `NaiveDate`, `NaiveTime`, `NaiveDateTime`, `DateTime` | `date`, `time`, `datetime`, `timestamp` |
/// | time: `Date`, `Time`, `PrimitiveDateTime`, `OffsetDateTime` | `date`, `time`, `datetime`, `timestamp` |
/// | jiff: `Date`, `Time`, `DateTime`, `Timestamp` | `date`, `time`, `datetime`, `timestamp` |
/// | uuid: `Uuid` | `uuid` |
/// | rust_decimal: `Decimal`; bigdecimal: `BigDecimal` | `decimal` |
/// | serde_json: `Value` | `json` |
/// | url: `Url` | `text` |
/// | bytes: `Bytes`, `BytesMut` | `bytes` |
/// | ipnetwork: `IpNetwork`, `Ipv4Network`, `Ipv6Network` | `network` |
///
/// # Types across databases
///
#[doc = include_str!("model/types.md")]
///
/// On SQLite dates and times are texts, and each kind is written in its own way. Where a column becomes another kind, what rows hold is written as the new
/// kind is, in UTC, as the servers do it: `2026-01-02` becomes `2026-01-02 00:00:00`. A STRICT table keeps all kinds in columns of one type, and no change sees them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no column type",
    label = "no column of a database is known to hold it",
    note = "a type of your own becomes one by `impl schema_core::ColumnType`, or by `#[derive(ColumnType)]` on a newtype of a column type",
    note = "or name the database's type on the field: `#[model(sql_type = \"…\")]`; or leave the field out: `#[model(skip)]`",
    note = "types of bigdecimal, bytes, chrono, ipnetwork, jiff, rust_decimal, serde_json, time, url and uuid need the feature of schema-core with the crate's name",
    note = "`Duration` has no type that databases share, and `i128`, `u128`, `isize` and `usize` have no width that they share: keep the value in an `i64`"
)]
pub trait ColumnType {
    /// The logical type, in the notation of [`Type`](crate::schema::Type).
    const TYPE: &'static str;
    /// Whether the column may hold NULL: true of `Option<T>`.
    const NULLABLE: bool = false;
    /// The former names of an enum's values, each before the value of now, in single quotes with commas between.
    #[doc(hidden)]
    const RENAMED: &'static str = "";
    /// The type of a list of such values.
    #[doc(hidden)]
    const LIST: &'static str = text::List::<Self>::TYPE;
    /// Both as the compiler checks foreign keys and attributes by them, and as the record of a model has them.
    #[doc(hidden)]
    const KIND: &'static private::Kind = &private::Kind {
        ty: Self::TYPE,
        nullable: Self::NULLABLE,
        entry: private::type_entry(Self::TYPE, Self::RENAMED, Self::NULLABLE),
    };
}

/// An enum that is a column of some texts. Implemented by [`#[derive(Enum)]`](derive@crate::Enum).
///
/// ```
/// use schema_core::Enum;
///
/// #[derive(Enum, Debug, PartialEq)]
/// enum Status {
///     Draft,
///     #[model(value = "live")]
///     OnSale,
/// }
///
/// assert_eq!(Status::VALUES, ["draft", "live"]);
/// assert_eq!(Status::OnSale.value(), "live");
/// assert_eq!(Status::from_value("draft"), Some(Status::Draft));
/// assert_eq!(Status::from_value("sold"), None);
/// ```
pub trait Enum: ColumnType + Sized {
    /// The texts, in declared order.
    const VALUES: &'static [&'static str];

    /// Returns the text that the database has for the variant.
    ///
    /// ```
    /// # use schema_core::Enum;
    /// #[derive(Enum)]
    /// enum Size {
    ///     Small,
    ///     ExtraLarge,
    /// }
    ///
    /// assert_eq!(Size::ExtraLarge.value(), "extra_large"); // what goes into an INSERT
    /// # let _ = Size::Small;
    /// ```
    #[must_use]
    fn value(&self) -> &'static str;

    /// Returns the variant for which the database has that text.
    ///
    /// ```
    /// # use schema_core::Enum;
    /// #[derive(Enum)]
    /// enum Size {
    ///     Small,
    ///     Large,
    /// }
    ///
    /// assert!(matches!(Size::from_value("large"), Some(Size::Large)));
    /// assert!(Size::from_value("Large").is_none()); // the text, to the letter
    /// ```
    #[must_use]
    fn from_value(value: &str) -> Option<Self>;
}

/// The examples of the derives' documentation, which cannot run where they stand.
#[cfg(all(doctest, feature = "derive"))]
#[doc = include_str!("../../model-derive/src/model.md")]
#[doc = include_str!("../../model-derive/src/enum.md")]
#[doc = include_str!("../../model-derive/src/column_type.md")]
#[doc = include_str!("../../model-derive/src/migrations.md")]
struct Reference;
