//! Every Rust type with a column of MySQL and MariaDB: what a program stores in it through the crate `mysql` comes out as it went in, and the
//! database is what was asked for. And what becomes of values whose column gets another type: they stay, or are shown.
//!
//! Types that the crate stores go through its own features; the others through the form in which a program would keep them.

#![allow(clippy::unwrap_used)]

use std::fmt::Debug;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use autogen_tests::law::create;
use autogen_tests::servers::{self, Fresh};
use mysql::prelude::{FromValue, Queryable};
use mysql::{Conn, Opts};
use schema_core::db::{Connection, DatabaseUrl, Value};
use schema_core::dialect::Dialect;
use schema_core::dialect::mysql::MySql;
use schema_core::diff::Answers;
use schema_core::plan::plan;
use schema_core::runner::{self, FailureCause, ProofCause};
use schema_core::schema::{Auto, Column, PrimaryKey, Schema, Table, TableName, Type};
use schema_core::script::render;
use schema_core::{ColumnType, Enum};

/// An empty database, and a program connected to it.
struct Site {
    fresh: Fresh,
    schema: Schema,
    program: Conn,
}

impl Site {
    /// Returns nothing where there is no server.
    fn new() -> Option<Self> {
        let fresh = servers::database("mysql")?.fresh();
        let DatabaseUrl::MySql(url) = fresh.url() else {
            panic!("{}", fresh.url());
        };
        let options = Opts::from_url(&url.with_secrets()).unwrap();
        Some(Site {
            program: Conn::new(options).unwrap(),
            fresh,
            schema: Schema::default(),
        })
    }

    /// Stores a value in a new table with a column of the type, and returns the table's name.
    fn store(&mut self, notation: &str, stored: impl Into<mysql::Value>) -> String {
        let name = format!("t{}", self.schema.tables.len());
        let mut after = self.schema.clone();
        after.insert(table(&name, notation.parse().unwrap()));
        let plans = plan(&MySql, &self.schema, &after, &Answers::default()).unwrap();
        let mut connection = self.fresh.open();
        runner::run_script(&mut *connection, &MySql, &render(&plans.upgrade, "")).unwrap();
        self.schema = after;
        self.program
            .exec_drop(
                format!("INSERT INTO {name} (v) VALUES (?), (NULL)"),
                (stored.into(),),
            )
            .unwrap_or_else(|error| panic!("{notation}: {error}"));
        name
    }

    /// Stores a value in a new table with a column of the type, and reads it.
    fn through<S, R>(&mut self, notation: &str, stored: S)
    where
        S: Into<mysql::Value> + Clone,
        R: FromValue + PartialEq<S> + Debug,
    {
        let name = self.store(notation, stored.clone());
        let read: Option<R> = self
            .program
            .exec_first(format!("SELECT v FROM {name} WHERE v IS NOT NULL"), ())
            .unwrap_or_else(|error| panic!("{notation}: {error}"));
        let read = read.unwrap();
        assert!(read == stored, "{notation}: {read:?}");
    }

    /// A type of whose texts the server makes values of its own.
    fn words(&mut self, notation: &str, stored: &str) {
        let name = self.store(notation, stored);
        let read = self
            .program
            .query_first(format!("SELECT v FROM {name} WHERE v IS NOT NULL"));
        let read: Option<String> = read.unwrap_or_else(|error| panic!("{notation}: {error}"));
        assert_eq!(read.as_deref(), Some(stored), "{notation}");
    }

    /// A type that the crate stores.
    fn own<T>(&mut self, value: T)
    where
        T: ColumnType + Into<mysql::Value> + FromValue + Clone + PartialEq + Debug,
    {
        self.through::<T, T>(T::TYPE, value);
    }

    /// A type that is kept as its text.
    fn text<T: ColumnType + ToString + FromStr<Err: Debug> + PartialEq + Debug>(&mut self, value: &T) {
        self.through::<String, String>(T::TYPE, value.to_string());
        assert_eq!(T::from_str(&value.to_string()).unwrap(), *value);
    }

    /// The database is what was asked for.
    fn check(self) {
        let connection = &mut *self.fresh.open();
        let expected = MySql.normalize(&self.schema).unwrap();
        let expected = MySql.stored(connection, expected).unwrap();
        assert_eq!(MySql.reflect(connection).unwrap(), expected);
    }
}

/// Returns a table with one column of the type, and numbers to tell its rows apart.
fn table(name: &str, ty: Type) -> Table {
    let mut table = Table::new(TableName::new(name));
    let id = Column {
        auto: Auto::Auto,
        ..Column::new("id", Type::I64)
    };
    let mut column = Column::new("v", ty);
    column.nullable = true;
    table.columns = vec![id, column];
    table.primary_key = Some(PrimaryKey {
        name: format!("pk_{name}"),
        columns: vec!["id".to_owned()],
    });
    table
}

#[test]
fn numbers_and_texts() {
    let Some(mut site) = Site::new() else { return };
    for value in [true, false] {
        site.own(value);
    }
    site.own(i8::MIN);
    site.own(i16::MAX);
    site.own(i32::MIN);
    site.own(i64::MIN);
    site.own(u8::MAX);
    site.own(u16::MAX);
    site.own(u32::MAX);
    site.own(u64::MAX);
    for value in [f32::MIN_POSITIVE, 0.1, -3.4e38] {
        site.own(value);
    }
    for value in [0.1_f64, 3.0, -1e300, f64::MAX] {
        site.own(value);
    }
    for value in ["", "it's \\\"ok\" ", "007", "größe 🦀"] {
        site.own(value.to_owned());
    }
    site.through::<String, String>(<Box<str>>::TYPE, "x".repeat(70_000));
    site.through::<String, String>(char::TYPE, "🦀".to_owned());
    site.own(vec![0_u8, 255, 39]);
    site.through::<Vec<u8>, Vec<u8>>(<[u8; 16]>::TYPE, vec![0; 16]);
    site.check();
}

#[derive(Enum, Debug)]
enum Status {
    Draft,
    #[model(value = "it's 1")]
    Odd,
}

#[derive(ColumnType)]
struct Money(i64);

/// A JSON text, in which MySQL puts blanks of its own.
#[derive(Debug)]
struct Spaceless(String);

impl FromValue for Spaceless {
    type Intermediate = String;
}

impl From<String> for Spaceless {
    fn from(text: String) -> Self {
        Spaceless(text)
    }
}

impl PartialEq<String> for Spaceless {
    fn eq(&self, text: &String) -> bool {
        self.0.replace(' ', "") == *text
    }
}

#[test]
fn lists_addresses_and_types_of_ones_own() {
    let Some(mut site) = Site::new() else { return };
    site.through::<String, Spaceless>(<Vec<i64>>::TYPE, "[1,2,3]".to_owned());
    site.through::<String, String>(<Vec<String>>::TYPE, "[\"a\"]".to_owned());
    site.text(&IpAddr::V4([10, 0, 0, 1].into()));
    site.text(&Ipv6Addr::from_str("1:2:3:4:5:6:7:8").unwrap());
    site.text(&SocketAddr::from((Ipv6Addr::LOCALHOST, 80)));
    for value in Status::VALUES {
        assert!(Status::from_value(value).is_some());
        site.through::<String, String>(Status::TYPE, (*value).to_owned());
    }
    assert_eq!(Status::Draft.value(), "draft");
    assert_eq!(Status::Odd.value(), "it's 1");
    site.through::<i64, i64>(Money::TYPE, Money(-5).0);
    site.check();
}

#[test]
fn dates_and_times() {
    let Some(mut site) = Site::new() else { return };
    let date = chrono::NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    let time = chrono::NaiveTime::from_hms_micro_opt(3, 4, 5, 678_901).unwrap();
    site.own(date);
    site.own(time);
    site.own(date.and_time(time));
    // The crate knows no zones: an instant is kept as what the clock shows in UTC.
    site.through::<chrono::NaiveDateTime, chrono::NaiveDateTime>(
        <chrono::DateTime<chrono::Utc>>::TYPE,
        date.and_time(time).and_utc().naive_utc(),
    );
    site.through::<chrono::NaiveDateTime, chrono::NaiveDateTime>(
        std::time::SystemTime::TYPE,
        chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::UNIX_EPOCH)
            .naive_utc()
            .checked_add_days(chrono::Days::new(1))
            .unwrap(),
    );
    {
        use time::macros::{date, datetime, time};
        site.own(date!(2024 - 02 - 29));
        site.own(time!(03:04:05.678901));
        site.own(datetime!(2024-02-29 03:04:05.678901));
        site.through::<time::PrimitiveDateTime, time::PrimitiveDateTime>(
            time::OffsetDateTime::TYPE,
            datetime!(2024-02-29 01:04:05.678901),
        );
    }
    let date = jiff::civil::date(2024, 2, 29);
    let time = jiff::civil::time(3, 4, 5, 678_901_000);
    site.words(jiff::civil::Date::TYPE, &date.to_string());
    site.words(jiff::civil::Time::TYPE, &time.to_string());
    let moment = date.to_datetime(time).strftime("%F %T%.6f").to_string();
    site.words(jiff::civil::DateTime::TYPE, &moment);
    site.words(jiff::Timestamp::TYPE, &moment);
    site.check();
}

#[test]
fn documents_identifiers_bytes_and_networks() {
    let Some(mut site) = Site::new() else { return };
    site.own(serde_json::json!({"a": [1, 1.5, null, "é"]}));
    site.own(uuid::Uuid::from_u128(0x1e10_0000_0000_4000_8000_0000_0000_0001));
    site.text(&url::Url::parse("https://example.org/a?b=c#d").unwrap());
    for value in [&b"\0\xff'"[..], b""] {
        site.through::<Vec<u8>, Vec<u8>>(bytes::Bytes::TYPE, value.to_vec());
        site.through::<Vec<u8>, Vec<u8>>(bytes::BytesMut::TYPE, value.to_vec());
    }
    site.text(&ipnetwork::IpNetwork::from_str("10.0.0.0/8").unwrap());
    site.text(&ipnetwork::Ipv6Network::from_str("2001:db8:1:2:3:4:5:6/128").unwrap());
    site.check();
}

#[test]
fn exact_numbers() {
    let Some(mut site) = Site::new() else { return };
    for digits in [
        "1.50",
        "-0.000000000000000000000000001",
        "79228162514264337593543950335",
    ] {
        site.own(rust_decimal::Decimal::from_str(digits).unwrap());
        site.own(bigdecimal::BigDecimal::from_str(digits).unwrap());
    }
    let money = rust_decimal::Decimal::from_str("12345678.90").unwrap();
    site.through::<rust_decimal::Decimal, rust_decimal::Decimal>("decimal(10, 2)", money);
    site.check();
}

/// What a change of a type did.
#[derive(Debug, PartialEq)]
enum Conversion {
    /// The value is this one then.
    Kept(String),
    /// The script showed these rows.
    Shown(Vec<Vec<Value>>),
    /// The server refused the statement, or something else went wrong.
    Failed(String),
}

/// Converts one value in a column of one native type to another.
fn convert(connection: &mut dyn Connection, from: &str, value: &str, to: &str) -> Conversion {
    let schema = |native: &str| Schema::from_iter([table("items", Type::Native(native.to_owned()))]);
    let before = schema(from);
    create(connection, &MySql, &before);
    connection
        .execute(&format!("INSERT INTO items (v) VALUES ({value})"), &[])
        .unwrap_or_else(|error| panic!("{value}: {error}"));
    let plans = plan(&MySql, &before, &schema(to), &Answers::default()).unwrap();
    let result = runner::run_script(connection, &MySql, &render(&plans.upgrade, ""));
    let left = connection.query("SELECT v FROM items", &[]).unwrap();
    connection.execute("DROP TABLE items", &[]).unwrap();
    match result.map_err(|error| error.cause) {
        Ok(()) => Conversion::Kept(left[0][0].to_string()),
        Err(ProofCause::Statement {
            cause: FailureCause::Rows { rows, .. },
            ..
        }) => Conversion::Shown(rows),
        Err(other) => Conversion::Failed(format!("{other:?}")),
    }
}

#[test]
fn conversions_keep_every_value_or_show_it() {
    let Some(database) = servers::database("mysql") else {
        return;
    };
    let connection = &mut *database.empty();
    let mut wrong = Vec::new();
    for (from, value, to) in [
        ("text", "'abc'", "int"),
        ("text", "'007'", "bigint"),
        ("text", "' 42 '", "bigint"),
        ("text", "'9223372036854775808'", "bigint"),
        ("text", "'12abc'", "double"),
        ("text", "''", "int"),
        ("text", "'1.5'", "bigint"),
        ("text", "'1e3'", "bigint"),
        ("text", "'true'", "tinyint(1)"),
        ("text", "'abc'", "decimal(10,2)"),
        ("text", "'0.105'", "decimal(10,2)"),
        ("bigint", "9007199254740993", "double"),
        ("bigint", "70000", "smallint"),
        ("bigint", "-1", "bigint unsigned"),
        ("bigint unsigned", "18446744073709551615", "bigint"),
        ("int", "2", "tinyint(1)"),
        ("int", "100", "decimal(4,2)"),
        ("double", "1.5", "bigint"),
        ("double", "1e300", "bigint"),
        ("double", "0.1", "float"),
        ("double", "1e300", "decimal(10,2)"),
        ("decimal(10,4)", "1.2345", "decimal(10,2)"),
        ("decimal(10,2)", "12345678.5", "decimal(6,2)"),
        ("text", "'abcdef'", "varchar(5)"),
        ("bigint", "123456", "varchar(5)"),
        ("blob", "x'00ff'", "text"),
        ("blob", "x'000102'", "varbinary(2)"),
        ("varbinary(4)", "x'00'", "binary(16)"),
        ("text", "'maybe'", "enum('yes','no')"),
        // What the collation takes for the same is another text all the same.
        ("text", "'NO'", "enum('yes','no')"),
        ("text", "'nö'", "enum('yes','no')"),
        ("text", "'no '", "enum('yes','no')"),
        ("text", "'1 '", "tinyint(1)"),
        ("text", "'42 '", "bigint"),
        ("text", "'1.5 '", "double"),
        ("text", "'1.50'", "double"),
        ("text", "'2024-01-02 '", "date"),
        ("enum('yes','no')", "'no'", "enum('yes')"),
        ("text", "'no json'", "json"),
        ("datetime(6)", "'2024-01-02 03:04:05'", "date"),
        ("datetime(6)", "'2024-01-02 03:04:05.5'", "datetime"),
        ("datetime(6)", "'2024-01-02 03:04:05'", "time"),
        ("datetime(6)", "'2999-01-02 03:04:05'", "timestamp(6)"),
        ("datetime(6)", "'2024-01-02 03:04:05'", "bigint"),
        ("text", "'2024-02-30'", "date"),
        ("text", "'tomorrow'", "timestamp"),
        ("text", "'12:61'", "time"),
        ("bigint", "1704164645", "timestamp"),
    ] {
        match convert(connection, from, value, to) {
            // The key is shown, and the value.
            Conversion::Shown(rows) if rows.len() == 1 && rows[0][0] == Value::Integer(1) => {}
            other @ (Conversion::Kept(_) | Conversion::Shown(_) | Conversion::Failed(_)) => {
                wrong.push(format!("{from} {value} to {to}: {other:?}"));
            }
        }
    }
    for (from, value, to, expected) in [
        ("text", "'42'", "bigint", "42"),
        ("text", "'-1.5'", "double", "-1.5"),
        ("text", "'0.5'", "decimal(10,2)", "'0.50'"),
        ("text", "NULL", "bigint", "NULL"),
        ("bigint", "42", "text", "'42'"),
        ("double", "2.0", "bigint", "2"),
        ("smallint", "7", "bigint", "7"),
        ("int unsigned", "7", "int", "7"),
        ("int", "1", "tinyint(1)", "1"),
        ("decimal(10,4)", "1.2300", "decimal(10,2)", "'1.23'"),
        ("text", "'2024-01-02'", "date", "'2024-01-02'"),
        ("date", "'2024-01-02'", "datetime", "'2024-01-02 00:00:00'"),
        ("varchar(5)", "'no'", "enum('yes','no')", "'no'"),
        ("enum('yes','no')", "'no'", "varchar(5)", "'no'"),
        ("text", "'[1]'", "json", "'[1]'"),
        ("blob", "x'c3a9'", "text", "'é'"),
        ("text", "'é'", "blob", "X'c3a9'"),
    ] {
        let outcome = convert(connection, from, value, to);
        if outcome != Conversion::Kept(expected.to_owned()) {
            wrong.push(format!("{from} {value} to {to}: {outcome:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
