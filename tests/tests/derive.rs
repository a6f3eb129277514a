#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! What the derive makes of a struct, attribute by attribute, compared with tables built by hand.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub)]
#![allow(dead_code, reason = "models are read by their tables only")]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

use schema_core::diff::{declared, diff, stale};
use schema_core::metadata::{self, Models};
use schema_core::operation::Operation;
use schema_core::schema::{
    Auto, Column, Default, Expression, Generated, Index, IndexKey, Literal, PrimaryKey, Schema, Storage,
    Table, TableName, Type,
};
use schema_core::{ColumnType, Enum, Model};

/// Returns a table with a primary key on `id`, which the database numbers.
fn numbered(name: &str) -> Table {
    let mut table = Table::new(TableName::new(name));
    let mut id = Column::new("id", Type::I64);
    id.auto = Auto::Auto;
    table.columns.push(id);
    table.primary_key = Some(PrimaryKey {
        name: format!("pk_{name}"),
        columns: vec!["id".to_owned()],
    });
    table
}

fn nullable(name: &str, ty: Type) -> Column {
    Column {
        nullable: true,
        ..Column::new(name, ty)
    }
}

fn index(name: &str, keys: &[&str]) -> Index {
    Index::new(name, keys.iter().copied().map(IndexKey::column).collect())
}

fn unique(name: &str, keys: &[&str]) -> Index {
    Index {
        unique: true,
        constraint: true,
        ..index(name, keys)
    }
}

fn add<T>(into: &mut BTreeMap<String, T>, name: &str, value: T) {
    assert!(into.insert(name.to_owned(), value).is_none());
}

const TEXT: Type = Type::Text { length: None };

#[derive(Model)]
struct StoreModel {
    id: i64,
    #[model(length = 80, unique)]
    name: String,
    #[model(column = "zip_code", length = 10)]
    zip: Option<String>,
}

#[test]
fn names_follow_the_convention() {
    assert_eq!(StoreModel::TABLE, "stores");
    assert_eq!(StoreModel::COLUMNS, ["id", "name", "zip_code"]);
    let mut table = numbered("stores");
    table
        .columns
        .push(Column::new("name", Type::Text { length: Some(80) }));
    table
        .columns
        .push(nullable("zip_code", Type::Text { length: Some(10) }));
    add(
        &mut table.indexes,
        "uq_stores_name",
        unique("uq_stores_name", &["name"]),
    );
    assert_eq!(StoreModel::table(), table);
    assert_eq!(StoreModel::table().columns, table.columns, "in declared order");
}

#[derive(Model)]
#[model(strict, without_rowid)]
struct Price {
    id: i64,
}

#[test]
fn a_table_has_options() {
    let table = Price::table();
    assert!(table.options.strict && table.options.without_rowid);
    // Without rowids there is no number to give.
    assert_eq!(table.columns[0].auto, Auto::No);
}

#[derive(Model)]
#[model(renamed_from = ["shop", "shops"])]
struct Outlet {
    id: i64,
    #[model(renamed_from = "title")]
    name: String,
}

#[test]
fn former_names_are_kept_beside_the_schema() {
    let models = models(&[Outlet::RECORD]);
    let outlets = TableName::new("outlets");
    assert_eq!(
        models.renames.tables[&outlets],
        [TableName::new("shop"), TableName::new("shops")]
    );
    assert_eq!(
        models.renames.columns[&(outlets.clone(), "name".to_owned())],
        ["title"]
    );
    assert_eq!(stale(&models, &models.schema, None).len(), 2);

    let mut old = models.schema.tables[&outlets].clone();
    old.name = TableName::new("shop");
    old.columns[1].name = "title".to_owned();
    let from = Schema::from_iter([old]);
    let answers = declared(&models, &from, None);
    let operations: Vec<String> = diff(&from, &models.schema, &answers)
        .iter()
        .map(Operation::describe)
        .collect();
    assert_eq!(
        operations[..2],
        [
            "renamed table 'shop' to 'outlets'",
            "renamed column 'outlets.title' to 'outlets.name'"
        ]
    );
    assert_eq!(stale(&models, &from, None), []);
}

#[derive(Model)]
struct Line {
    id: i64,
    price: i64,
    qty: i64,
    #[model(generated = "price * qty")]
    total: i64,
    #[model(generated = "price * 2", stored)]
    twice: Option<i64>,
    #[model(generated = "price * 3", virtual)]
    thrice: i64,
}

#[test]
fn values_are_computed() {
    let generated = |column: usize| Line::table().columns[column].generated.clone();
    let by = |expression: &str, storage| {
        let expression = Expression::new(expression);
        Some(Generated { expression, storage })
    };
    assert_eq!(generated(2), None);
    assert_eq!(generated(3), by("price * qty", Storage::Virtual));
    assert_eq!(generated(4), by("price * 2", Storage::Stored));
    assert_eq!(generated(5), by("price * 3", Storage::Virtual));
}

#[derive(Enum, Debug, PartialEq)]
enum Status {
    Draft,
    #[model(value = "on sale", renamed_from = ["live", "it's"])]
    OnSale,
    r#Type,
}

#[derive(ColumnType)]
struct Wrapped(Option<Status>);

#[derive(Model)]
struct Offer {
    id: i64,
    #[model(default = "on sale")]
    status: Status,
    plain: String,
    before: Option<Box<Status>>,
    wrapped: Wrapped,
    history: Vec<Status>,
    #[model(sql_type = "citext")]
    native: Status,
}

#[test]
fn enums_are_texts() {
    assert_eq!(Status::VALUES, ["draft", "on sale", "type"]);
    assert_eq!(Status::from_value("type"), Some(Status::Type));
    assert_eq!(Status::OnSale.value(), "on sale");
    let table = Offer::table();
    let status: Type = "enum status('draft', 'on sale', 'type')".parse().unwrap();
    let types: Vec<(Type, bool)> = table
        .columns
        .iter()
        .map(|column| (column.ty.clone(), column.nullable))
        .collect();
    assert_eq!(
        types[1..],
        [
            (status.clone(), false),
            (TEXT, false),
            (status.clone(), true),
            (status.clone(), true),
            (Type::Array(Box::new(status.clone())), false),
            (status, false),
        ]
    );
}

#[test]
fn former_values_are_mapped_where_they_were() {
    let models = models(&[Offer::RECORD]);
    let offers = TableName::new("offers");
    let mut old = models.schema.tables[&offers].clone();
    old.columns[1].ty = "enum status('draft', 'live')".parse().unwrap();
    let from = Schema::from_iter([old]);
    let answers = declared(&models, &from, None);
    let map = BTreeMap::from([("live".to_owned(), "on sale".to_owned())]);
    assert_eq!(
        answers.mapped_values,
        BTreeMap::from([((offers, "status".to_owned()), map)])
    );
    let described: Vec<String> = diff(&from, &models.schema, &answers)
        .iter()
        .map(Operation::describe)
        .collect();
    assert_eq!(
        described[1],
        "mapped values of column 'offers.status' ('live' to 'on sale')"
    );
    assert_eq!(stale(&models, &from, None), []);
    assert_eq!(
        stale(&models, &models.schema, None).len(),
        1,
        "once for all columns"
    );
    assert_eq!(
        declared(&models, &models.schema, None).mapped_values,
        BTreeMap::new()
    );
}

#[derive(Enum)]
enum Wordy {
    ThisIsAVariantWithQuiteALongName,
    AndThisIsAnotherOneOfThem,
    TogetherTheyNeedMoreRoomThanAnEntryHas,
}

#[derive(Model)]
struct Sentence {
    id: i64,
    first: Wordy,
    second: Option<Wordy>,
}

#[test]
fn enums_may_be_long() {
    let table = Sentence::table();
    assert_eq!(table.columns[1].ty, Wordy::TYPE.parse().unwrap());
    assert_eq!(table.columns[2].ty, table.columns[1].ty);
    assert!(table.columns[2].nullable);
}

type Maybe<T> = Option<T>;

#[derive(ColumnType)]
struct Money(i64);

#[derive(ColumnType)]
struct Nickname {
    inner: Option<Arc<str>>,
}

#[derive(Model)]
struct Everything {
    #[model(primary_key)]
    key: u32,
    boolean: bool,
    tiny: i8,
    unsigned: u64,
    real: f32,
    letter: char,
    borrowed: &'static str,
    cow: Cow<'static, str>,
    boxed: Box<str>,
    blob: Vec<u8>,
    digest: [u8; 32],
    list: Vec<String>,
    matrix: Maybe<Vec<Vec<i32>>>,
    address: IpAddr,
    at: SystemTime,
    aliased: Maybe<Money>,
    nick: Nickname,
    r#type: String,
}

#[test]
fn the_compiler_knows_types() {
    let table = Everything::table();
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|column| {
            format!(
                "{} {}{}",
                column.name,
                column.ty,
                if column.nullable { "?" } else { "" }
            )
        })
        .collect();
    assert_eq!(
        columns,
        [
            "key u32",
            "boolean boolean",
            "tiny i8",
            "unsigned u64",
            "real f32",
            "letter text(1)",
            "borrowed text",
            "cow text",
            "boxed text",
            "blob bytes",
            "digest bytes(32)",
            "list array(text)",
            "matrix array(array(i32))?",
            "address inet",
            "at timestamp",
            "aliased i64?",
            "nick text?",
            "type text",
        ]
    );
    assert_eq!(table.name, TableName::new("everythings"));
    assert_eq!(table.columns[0].auto, Auto::Auto);
}

struct Opaque;

#[derive(Model)]
#[model(table = "native types", comment = "says \"what\" it \\ is\nfor")]
struct Native {
    #[model(sql_type = "citext")]
    text: Option<String>,
    #[model(sql_type = "geography(Point, 4326)", comment = "where")]
    place: Opaque,
    #[model(sql_type = "point")]
    maybe: Maybe<Opaque>,
    #[model(sql_type(postgres = "citext", sqlite = "TEXT"))]
    email: String,
    #[model(collate = "nocase")]
    name: String,
    #[model(collate(sqlite = "NOCASE", postgres = "de-x-icu"))]
    city: String,
    #[model(skip)]
    cache: Opaque,
}

#[test]
fn native_types_replace_logical_ones() {
    let native = |column: Column, types: &[(&str, &str)]| Column {
        sql_type: types
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect(),
        ..column
    };
    let mut table = Table::new(TableName::new("native types"));
    table.options.comment = Some("says \"what\" it \\ is\nfor".to_owned());
    let place = Column::new("place", Type::Native("geography(Point, 4326)".to_owned()));
    table.columns = vec![
        native(nullable("text", TEXT), &[("*", "citext")]),
        native(
            Column {
                comment: Some("where".to_owned()),
                ..place
            },
            &[("*", "geography(Point, 4326)")],
        ),
        native(
            nullable("maybe", Type::Native("point".to_owned())),
            &[("*", "point")],
        ),
        native(
            Column::new("email", TEXT),
            &[("postgres", "citext"), ("sqlite", "TEXT")],
        ),
        Column {
            collation: Some("nocase".to_owned()),
            ..Column::new("name", TEXT)
        },
        Column {
            collations: [("postgres", "de-x-icu"), ("sqlite", "NOCASE")]
                .map(|(dialect, name)| (dialect.to_owned(), name.to_owned()))
                .into(),
            ..Column::new("city", TEXT)
        },
    ];
    assert_eq!(Native::table(), table);
}

#[derive(ColumnType)]
struct Decimal(Inner);
struct Inner;
impl ColumnType for Inner {
    const TYPE: &'static str = "decimal";
}

#[derive(Model)]
struct Defaults {
    #[model(default = -7)]
    integer: i32,
    #[model(default = 1_000)]
    small: Option<u16>,
    #[model(default = 18_446_744_073_709_551_615)]
    large: u64,
    #[model(precision = 10, scale = 2, default = 0.50)]
    price: Decimal,
    #[model(precision = 5, default = 0)]
    count: Option<Decimal>,
    #[model(default = -1.5e3)]
    real: f64,
    #[model(default = true)]
    flag: bool,
    #[model(default = "it's \"so\"", backfill = "old")]
    text: String,
    #[model(default = 'x')]
    letter: char,
    #[model(default = b"\x00\xff")]
    blob: Vec<u8>,
    #[model(default = "2024-01-01 00:00:00")]
    at: SystemTime,
    #[model(default = sql("CURRENT_TIMESTAMP"), backfill = sql("datetime('now')"))]
    now: SystemTime,
}

fn number(digits: &str) -> Default {
    Default::Literal(Literal::Number {
        number: digits.to_owned(),
    })
}

fn text(text: &str) -> Default {
    Default::Literal(Literal::Text(text.to_owned()))
}

#[test]
fn defaults_are_literals_or_expressions() {
    let table = Defaults::table();
    let defaults: Vec<Default> = table
        .columns
        .iter()
        .map(|column| column.default.clone().unwrap())
        .collect();
    assert_eq!(
        defaults,
        [
            Default::Literal(Literal::Integer(-7)),
            Default::Literal(Literal::Integer(1000)),
            number("18446744073709551615"),
            number("0.50"),
            Default::Literal(Literal::Integer(0)),
            number("-1.5e3"),
            Default::Literal(Literal::Boolean(true)),
            text("it's \"so\""),
            text("x"),
            Default::Literal(Literal::Bytes {
                hex: "00ff".to_owned()
            }),
            text("2024-01-01 00:00:00"),
            Default::expression("CURRENT_TIMESTAMP"),
        ]
    );
    let decimal = |precision, scale| Type::Decimal {
        precision: Some(precision),
        scale,
    };
    assert_eq!(table.column("price").unwrap().ty, decimal(10, Some(2)));
    assert_eq!(table.column("count").unwrap().ty, decimal(5, None));
    assert_eq!(table.primary_key, None);
}

#[test]
fn backfills_are_no_part_of_the_schema() {
    let models = models(&[Defaults::RECORD]);
    let backfills: Vec<_> = models
        .backfills
        .iter()
        .map(|((_, column), value)| (column.as_str(), value.clone()))
        .collect();
    assert_eq!(
        backfills,
        [
            ("now", Default::expression("datetime('now')")),
            ("text", text("old"))
        ]
    );
    assert_eq!(models.sources[&TableName::new("defaults")], "derive::Defaults");
}

fn models(records: &[&'static [u8]]) -> Models {
    let section = records.concat();
    metadata::assemble(metadata::scan(&section).unwrap()).unwrap()
}

#[test]
fn structs_may_stand_anywhere() {
    /// In a function, with attributes of others around.
    #[derive(Debug, Clone, Model, PartialEq)]
    #[allow(clippy::all)]
    struct Local {
        /// Comments of the code are none of the database.
        id: i64,
        #[cfg(any())]
        gone: Opaque,
        #[cfg(all())]
        #[model(unique)]
        here: i64,
    }

    macro_rules! model {
        ($name:ident, $field:ident: $ty:ty) => {
            #[derive(Model)]
            struct $name {
                $field: $ty,
                #[model(references($name::$field))]
                other: $ty,
            }
        };
    }
    model!(Made, key: i64);

    assert_eq!(Local::COLUMNS, ["id", "here"]);
    assert_eq!(Local::table().columns[0].comment, None);
    assert_eq!(
        Made::table().foreign_keys["fk_mades_other_mades"].referenced_columns,
        ["key"]
    );
}

/// A public model, as other crates see it.
#[derive(Debug, Model)]
pub struct PublicModel {
    /// The key.
    pub id: i64,
}

#[test]
fn a_record_says_where_it_comes_from() {
    let models = models(&[PublicModel::RECORD]);
    assert_eq!(models.sources[&TableName::new("publics")], "derive::PublicModel");
}

#[derive(ColumnType)]
struct Wrap<T>(T);

#[test]
fn a_newtype_of_any_column_type_is_one() {
    assert_eq!(<Wrap<i32> as ColumnType>::TYPE, "i32");
    assert_eq!(<Wrap<Wrap<Money>> as ColumnType>::TYPE, "i64");
}
