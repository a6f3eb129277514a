//! Every Rust type with a column: what a program stores in it comes out as it went in, in ordinary tables, in STRICT ones, and
//! when the one becomes the other.
//!
//! Types that rusqlite stores go through its own features; the others through the form in which a program would keep them.

#![allow(clippy::unwrap_used)]

use std::fmt::Debug;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use rusqlite::types::{FromSql, ToSql};
use rusqlite::{Connection, params};
use schema_core::dialect::sqlite::Sqlite;
use schema_core::diff::Answers;
use schema_core::plan::{Plan, Step, plan};
use schema_core::schema::{Column, Schema, Table, TableName, Type};
use schema_core::{ColumnType, Enum};

/// Returns a schema of one table with one column, and rowids to tell its rows apart.
fn schema(ty: &Type, strict: Strict) -> Schema {
    let mut table = Table::new(TableName::new("items"));
    let mut column = Column::new("v", ty.clone());
    column.nullable = true;
    table.columns.push(column);
    table.options.strict = strict == Strict::Yes;
    Schema::from_iter([table])
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Strict {
    No,
    Yes,
}

/// Runs a plan as the runner would, but for what belongs to no model: there is nothing of it.
fn run(connection: &Connection, plan: &Plan) {
    for statement in &plan.statements {
        match &statement.step {
            Step::Execute { sql } => connection.execute_batch(sql).unwrap(),
            Step::ExpectNoRows { sql, message } => {
                let rows = connection.prepare(sql).unwrap().exists([]).unwrap();
                assert!(!rows, "{message}");
            }
            Step::RedefineTable { sql } => panic!("{sql}\nis no other text for the same values"),
            Step::ExplainFailure { .. } | Step::KeepDependents { .. } | Step::RestoreDependents { .. } => {}
        }
    }
}

/// Stores a value in a column of the type, and reads it in every kind of table.
fn through<S: ToSql, R: FromSql + PartialEq<S> + Debug>(notation: &str, stored: &S) {
    let ty: Type = notation.parse().unwrap();
    let (plain, strict) = (schema(&ty, Strict::No), schema(&ty, Strict::Yes));
    let answers = Answers::default();
    let change = |from: &Schema, to: &Schema| plan(&Sqlite, from, to, &answers).unwrap();
    for created in [&plain, &strict] {
        let connection = Connection::open_in_memory().unwrap();
        run(&connection, &change(&Schema::default(), created).upgrade);
        connection
            .execute("INSERT INTO items (v) VALUES (?1), (NULL)", params![stored])
            .unwrap_or_else(|error| panic!("{notation}: {error}"));
        let check = || {
            let read: R = connection
                .query_row("SELECT v FROM items WHERE v IS NOT NULL", [], |row| row.get(0))
                .unwrap_or_else(|error| panic!("{notation}: {error}"));
            assert!(read == *stored, "{notation}: {read:?}");
            let nulls: i64 = connection
                .query_row("SELECT count(*) FROM items WHERE v IS NULL", [], |row| row.get(0))
                .unwrap();
            assert_eq!(nulls, 1, "{notation}");
        };
        check();
        let other = if *created == plain { &strict } else { &plain };
        let plans = change(created, other);
        run(&connection, &plans.upgrade);
        check();
        run(&connection, &plans.downgrade);
        check();
    }
}

/// A type that rusqlite stores.
fn own<T: ColumnType + ToSql + FromSql + PartialEq + Debug>(value: &T) {
    through::<T, T>(T::TYPE, value);
}

/// A type that is kept as its text.
fn text<T: ColumnType + ToString + FromStr<Err: Debug> + PartialEq + Debug>(value: &T) {
    through::<String, String>(T::TYPE, &value.to_string());
    assert_eq!(T::from_str(&value.to_string()).unwrap(), *value);
}

#[test]
fn numbers_and_texts() {
    for value in [true, false] {
        own(&value);
    }
    own(&i8::MIN);
    own(&i16::MAX);
    own(&i32::MIN);
    own(&i64::MAX);
    own(&u8::MAX);
    own(&u16::MAX);
    own(&u32::MAX);
    through::<i64, i64>(u64::TYPE, &i64::MAX);
    own(&f32::MIN_POSITIVE);
    for value in [0.1_f64, 3.0, -1e300, f64::MAX] {
        own(&value);
    }
    for value in ["", "it's \"ok\"", "007", "1e3", "größe 🦀"] {
        own(&value.to_owned());
        own(&Box::<str>::from(value));
    }
    through::<String, String>(char::TYPE, &'7'.to_string());
    own(&vec![0_u8, 255, 39]);
    own(&[7_u8; 16]);
}

#[test]
fn lists_addresses_and_instants_of_std() {
    through::<String, String>(<Vec<i64>>::TYPE, &"[1,2,3]".to_owned());
    through::<String, String>(<Vec<String>>::TYPE, &"[\"a\"]".to_owned());
    text(&IpAddr::V4([10, 0, 0, 1].into()));
    text(&Ipv6Addr::LOCALHOST);
    text(&SocketAddr::from(([127, 0, 0, 1], 80)));
    let since = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
    let seconds = since.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    through::<i64, i64>(SystemTime::TYPE, &i64::try_from(seconds.as_secs()).unwrap());
    through::<f64, f64>(SystemTime::TYPE, &seconds.as_secs_f64());
}

#[derive(Enum, Debug)]
enum Status {
    Draft,
    #[model(value = "it's 1")]
    Odd,
}

#[derive(ColumnType)]
struct Money(i64);

#[test]
fn types_of_ones_own() {
    for value in Status::VALUES {
        assert!(Status::from_value(value).is_some());
        through::<String, String>(Status::TYPE, &(*value).to_owned());
    }
    assert_eq!(Status::Draft.value(), "draft");
    assert_eq!(Status::Odd.value(), "it's 1");
    through::<i64, i64>(Money::TYPE, &Money(-5).0);
}

#[test]
fn dates_and_times_of_chrono() {
    let date = chrono::NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    let time = chrono::NaiveTime::from_hms_milli_opt(3, 4, 5, 678).unwrap();
    own(&date);
    own(&time);
    own(&date.and_time(time));
    own(&date.and_time(time).and_utc());
}

#[test]
fn dates_and_times_of_time() {
    use time::macros::{date, datetime, time};
    own(&date!(2024 - 02 - 29));
    own(&time!(03:04:05.678));
    own(&datetime!(2024-02-29 03:04:05.678));
    own(&datetime!(2024-02-29 03:04:05.678 +02:00));
}

#[test]
fn dates_and_times_of_jiff() {
    let date = jiff::civil::date(2024, 2, 29);
    let time = jiff::civil::time(3, 4, 5, 678_000_000);
    own(&date);
    own(&time);
    own(&date.to_datetime(time));
    own(&jiff::Timestamp::from_millisecond(1_700_000_000_123).unwrap());
}

#[test]
fn documents_and_identifiers() {
    own(&serde_json::json!({"a": [1, 1.0, null, "é"]}));
    through::<String, String>(serde_json::Value::TYPE, &"1.0".to_owned());
    own(&url::Url::parse("https://example.org/a?b=c#d").unwrap());
    own(&uuid::Uuid::from_u128(0x1e10_0000_0000_4000_8000_0000_0000_0001));
}

/// An ordinary table keeps identifiers as texts just as well: its column is of no type that would change them.
#[test]
fn identifiers_as_texts() {
    let connection = Connection::open_in_memory().unwrap();
    let ordinary = schema(&uuid::Uuid::TYPE.parse().unwrap(), Strict::No);
    let plans = plan(&Sqlite, &Schema::default(), &ordinary, &Answers::default()).unwrap();
    run(&connection, &plans.upgrade);
    let digits = "00000000000000000000000000001e10";
    connection
        .execute("INSERT INTO items (v) VALUES (?1)", params![digits])
        .unwrap();
    let read: String = connection
        .query_row("SELECT v FROM items", [], |row| row.get(0))
        .unwrap();
    assert_eq!(read, digits);
}

#[test]
fn exact_numbers() {
    for digits in [
        "1.50",
        "-0.000000000000000000000000001",
        "79228162514264337593543950335",
    ] {
        text(&rust_decimal::Decimal::from_str(digits).unwrap());
        text(&bigdecimal::BigDecimal::from_str(digits).unwrap());
    }
    // Of few digits, SQLite makes a number that it can calculate with: the same, in other words.
    let connection = Connection::open_in_memory().unwrap();
    let ordinary = schema(&"decimal(10, 2)".parse().unwrap(), Strict::No);
    let plans = plan(&Sqlite, &Schema::default(), &ordinary, &Answers::default()).unwrap();
    run(&connection, &plans.upgrade);
    connection
        .execute("INSERT INTO items (v) VALUES ('12345678.90')", [])
        .unwrap();
    let read: f64 = connection
        .query_row("SELECT v FROM items", [], |row| row.get(0))
        .unwrap();
    assert_eq!(
        rust_decimal::Decimal::from_str(&read.to_string()),
        rust_decimal::Decimal::from_str("12345678.90")
    );
}

#[test]
fn bytes_and_networks() {
    for value in [&b"\0\xff'"[..], b""] {
        through::<Vec<u8>, Vec<u8>>(bytes::Bytes::TYPE, &bytes::Bytes::copy_from_slice(value).to_vec());
        through::<Vec<u8>, Vec<u8>>(bytes::BytesMut::TYPE, &bytes::BytesMut::from(value).to_vec());
    }
    text(&ipnetwork::IpNetwork::from_str("10.0.0.0/8").unwrap());
    text(&ipnetwork::Ipv6Network::from_str("2001:db8::/32").unwrap());
}
