#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! Every Rust type with a column, on every database: what the column is, and what a program stores in it comes out as it went in.
//!
//! The table in the documentation is made of the same rows; `UPDATE_EXPECT=1` writes it.

use std::fmt::{Debug, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use autogen_tests::servers::{self, Fresh};
use schema_core::db::{DatabaseUrl, ServerUrl};
use schema_core::dialect::{self, Dialect};
use schema_core::operation::create_all;
use schema_core::plan::Step;
use schema_core::schema::{Column, Schema, Table, TableName, Type};
use schema_core::{ColumnType, Enum};

/// One Rust type, and for each dialect the type through which its driver takes and gives the values.
struct Row {
    rust: &'static str,
    notation: &'static str,
    sqlite: Way<rusqlite::Connection>,
    postgres: Way<postgres::Client>,
    mysql: Way<mysql::Conn>,
}

/// How a value goes to a database and back.
struct Way<C> {
    /// The type that the driver is given.
    through: &'static str,
    /// Around the parameter and the column, where the driver does not know the native type.
    cast: Cast,
    check: Check<C>,
}

/// Stores a value and reads it, and fails if it is not the same.
type Check<C> = Box<dyn Fn(&mut C, &Sql)>;

/// The statements that store a value and read it.
struct Sql {
    insert: String,
    select: String,
}

/// Whether a value is cast on the way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cast {
    No,
    /// To and from a text.
    Text,
}

fn to_sqlite<T>(through: &'static str, value: T) -> Way<rusqlite::Connection>
where
    T: rusqlite::ToSql + rusqlite::types::FromSql + PartialEq + Debug + 'static,
{
    let check = move |connection: &mut rusqlite::Connection, sql: &Sql| {
        connection.execute(&sql.insert, [&value]).unwrap();
        let read: T = connection.query_row(&sql.select, [], |row| row.get(0)).unwrap();
        assert_eq!(read, value);
    };
    Way {
        through,
        cast: Cast::No,
        check: Box::new(check),
    }
}

fn to_postgres<T>(through: &'static str, value: T) -> Way<postgres::Client>
where
    T: postgres::types::ToSql + for<'a> postgres::types::FromSql<'a> + Sync + PartialEq + Debug + 'static,
{
    let check = move |client: &mut postgres::Client, sql: &Sql| {
        client
            .execute(&sql.insert, &[&value])
            .unwrap_or_else(|error| panic!("{}: {error:?}", sql.insert));
        let read: T = client.query_one(&sql.select, &[]).unwrap().get(0);
        assert_eq!(read, value);
    };
    Way {
        through,
        cast: Cast::No,
        check: Box::new(check),
    }
}

fn to_mysql<T>(through: &'static str, value: T) -> Way<mysql::Conn>
where
    T: Into<mysql::Value> + mysql::prelude::FromValue + Clone + PartialEq + Debug + 'static,
{
    use mysql::prelude::Queryable as _;
    let check = move |connection: &mut mysql::Conn, sql: &Sql| {
        connection
            .exec_drop(&sql.insert, (value.clone().into(),))
            .unwrap_or_else(|error| panic!("{}: {error}", sql.insert));
        let read: Option<T> = connection.exec_first(&sql.select, ()).unwrap();
        assert_eq!(read, Some(value.clone()));
    };
    Way {
        through,
        cast: Cast::No,
        check: Box::new(check),
    }
}

impl<C> Way<C> {
    fn through_text(self) -> Self {
        Way {
            cast: Cast::Text,
            ..self
        }
    }
}

#[derive(Enum)]
enum Status {
    #[allow(dead_code, reason = "its text is used")]
    Draft,
    #[allow(dead_code, reason = "its text is used")]
    Live,
}

/// Makes a row whose three drivers all take the type itself.
macro_rules! same {
    ($rust:literal, $ty:ty, $value:expr) => {
        Row {
            rust: $rust,
            notation: <$ty>::TYPE,
            sqlite: to_sqlite::<$ty>($rust, $value),
            postgres: to_postgres::<$ty>($rust, $value),
            mysql: to_mysql::<$ty>($rust, $value),
        }
    };
}

fn row(
    rust: &'static str,
    notation: &'static str,
    sqlite: Way<rusqlite::Connection>,
    postgres: Way<postgres::Client>,
    mysql: Way<mysql::Conn>,
) -> Row {
    Row {
        rust,
        notation,
        sqlite,
        postgres,
        mysql,
    }
}

fn rows() -> Vec<Row> {
    let mut rows = numbers();
    rows.extend(texts());
    rows.extend(times());
    rows.extend(others());
    rows
}

fn numbers() -> Vec<Row> {
    vec![
        same!("bool", bool, true),
        row(
            "i8",
            i8::TYPE,
            to_sqlite("i8", i8::MIN),
            to_postgres("i16", i16::from(i8::MIN)),
            to_mysql("i8", i8::MIN),
        ),
        same!("i16", i16, i16::MIN),
        same!("i32", i32, i32::MIN),
        same!("i64", i64, i64::MIN),
        row(
            "u8",
            u8::TYPE,
            to_sqlite("u8", u8::MAX),
            to_postgres("i16", i16::from(u8::MAX)),
            to_mysql("u8", u8::MAX),
        ),
        row(
            "u16",
            u16::TYPE,
            to_sqlite("u16", u16::MAX),
            to_postgres("i32", i32::from(u16::MAX)),
            to_mysql("u16", u16::MAX),
        ),
        row(
            "u32",
            u32::TYPE,
            to_sqlite("u32", u32::MAX),
            to_postgres("i64", i64::from(u32::MAX)),
            to_mysql("u32", u32::MAX),
        ),
        // The widest integer of SQLite and PostgreSQL is signed: what is larger is an error there.
        row(
            "u64",
            u64::TYPE,
            to_sqlite("i64", i64::MAX),
            to_postgres("i64", i64::MAX),
            to_mysql("u64", u64::MAX),
        ),
        same!("f32", f32, 0.1),
        same!("f64", f64, -1.0e-300),
        row(
            "rust_decimal::Decimal",
            rust_decimal::Decimal::TYPE,
            to_sqlite("String", "79228162514264337593.543950335".to_owned()),
            to_postgres("rust_decimal::Decimal", decimal("79228162514264337593.543950335")),
            to_mysql("rust_decimal::Decimal", decimal("1234567890.123456789012345678")),
        ),
        row(
            "bigdecimal::BigDecimal",
            bigdecimal::BigDecimal::TYPE,
            to_sqlite("String", "-0.000000000000000000000000001".to_owned()),
            to_postgres("String", "-0.000000000000000000000000001".to_owned()).through_text(),
            to_mysql(
                "bigdecimal::BigDecimal",
                bigdecimal::BigDecimal::from_str("-0.000000000000000000000000001").unwrap(),
            ),
        ),
    ]
}

fn decimal(digits: &str) -> rust_decimal::Decimal {
    rust_decimal::Decimal::from_str(digits).unwrap()
}

fn texts() -> Vec<Row> {
    let text = || "größe 🦀 it's \"1\"".to_owned();
    let bytes = || vec![0_u8, 255, 39];
    let as_text = |rust, notation, value: &str| {
        row(
            rust,
            notation,
            to_sqlite("String", value.to_owned()),
            to_postgres("String", value.to_owned()),
            to_mysql("String", value.to_owned()),
        )
    };
    let as_bytes = |rust, notation, value: Vec<u8>| {
        row(
            rust,
            notation,
            to_sqlite("Vec<u8>", value.clone()),
            to_postgres("Vec<u8>", value.clone()),
            to_mysql("Vec<u8>", value),
        )
    };
    vec![
        same!("String", String, text()),
        as_text("&str, Box<str>, Cow<str>", <Box<str>>::TYPE, &text()),
        as_text("char", char::TYPE, "7"),
        as_bytes("Vec<u8>", <Vec<u8>>::TYPE, bytes()),
        as_bytes("[u8; 16]", <[u8; 16]>::TYPE, vec![7; 16]),
        as_bytes("bytes::Bytes, BytesMut", bytes::Bytes::TYPE, bytes()),
        as_text("url::Url", url::Url::TYPE, "https://example.org/a?b=c#d"),
        as_text(
            "std::net::SocketAddr",
            SocketAddr::TYPE,
            &SocketAddr::from(([127, 0, 0, 1], 80)).to_string(),
        ),
    ]
}

fn times() -> Vec<Row> {
    let date = chrono::NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    let time = chrono::NaiveTime::from_hms_milli_opt(3, 4, 5, 678).unwrap();
    let both = date.and_time(time);
    let since = Duration::from_millis(1_700_000_000_123);
    let instant = SystemTime::UNIX_EPOCH + since;
    let naive = chrono::DateTime::from_timestamp_millis(1_700_000_000_123)
        .unwrap()
        .naive_utc();
    let (day, hour) = (
        time::macros::date!(2024 - 02 - 29),
        time::macros::time!(03:04:05.678),
    );
    let moment = time::macros::datetime!(2024-02-29 03:04:05.678);
    let (civil, clock) = (
        jiff::civil::date(2024, 2, 29),
        jiff::civil::time(3, 4, 5, 678_000_000),
    );
    let stamp = jiff::Timestamp::from_millisecond(1_700_000_000_123).unwrap();
    vec![
        row(
            "std::time::SystemTime",
            SystemTime::TYPE,
            to_sqlite("f64", since.as_secs_f64()),
            to_postgres("std::time::SystemTime", instant),
            to_mysql("chrono::NaiveDateTime", naive),
        ),
        same!("chrono::NaiveDate", chrono::NaiveDate, date),
        same!("chrono::NaiveTime", chrono::NaiveTime, time),
        same!("chrono::NaiveDateTime", chrono::NaiveDateTime, both),
        row(
            "chrono::DateTime<Utc>",
            <chrono::DateTime<chrono::Utc>>::TYPE,
            to_sqlite("chrono::DateTime<Utc>", both.and_utc()),
            to_postgres("chrono::DateTime<Utc>", both.and_utc()),
            to_mysql("chrono::NaiveDateTime", both),
        ),
        same!("time::Date", time::Date, day),
        same!("time::Time", time::Time, hour),
        same!("time::PrimitiveDateTime", time::PrimitiveDateTime, moment),
        row(
            "time::OffsetDateTime",
            time::OffsetDateTime::TYPE,
            to_sqlite("time::OffsetDateTime", moment.assume_utc()),
            to_postgres("time::OffsetDateTime", moment.assume_utc()),
            to_mysql("time::PrimitiveDateTime", moment),
        ),
        row(
            "jiff::civil::Date",
            jiff::civil::Date::TYPE,
            to_sqlite("jiff::civil::Date", civil),
            to_postgres("jiff::civil::Date", civil),
            to_mysql("String", civil.to_string()).through_text(),
        ),
        row(
            "jiff::civil::Time",
            jiff::civil::Time::TYPE,
            to_sqlite("jiff::civil::Time", clock),
            to_postgres("jiff::civil::Time", clock),
            to_mysql("String", "03:04:05.678000".to_owned()).through_text(),
        ),
        row(
            "jiff::civil::DateTime",
            jiff::civil::DateTime::TYPE,
            to_sqlite("jiff::civil::DateTime", civil.to_datetime(clock)),
            to_postgres("jiff::civil::DateTime", civil.to_datetime(clock)),
            to_mysql("String", "2024-02-29 03:04:05.678000".to_owned()).through_text(),
        ),
        row(
            "jiff::Timestamp",
            jiff::Timestamp::TYPE,
            to_sqlite("jiff::Timestamp", stamp),
            to_postgres("jiff::Timestamp", stamp),
            to_mysql("String", "2024-02-29 03:04:05.678000".to_owned()).through_text(),
        ),
    ]
}

fn others() -> Vec<Row> {
    let document = serde_json::json!({"a": [1, 1.5, null, "é"]});
    let uuid = uuid::Uuid::from_u128(0x1e10_0000_0000_4000_8000_0000_0000_0001);
    let address = IpAddr::from([10, 0, 0, 1]);
    let status = || Status::VALUES[1].to_owned();
    vec![
        same!("uuid::Uuid", uuid::Uuid, uuid),
        same!("serde_json::Value", serde_json::Value, document.clone()),
        row(
            "std::net::IpAddr, Ipv4Addr, Ipv6Addr",
            IpAddr::TYPE,
            to_sqlite("String", address.to_string()),
            to_postgres("std::net::IpAddr", address),
            to_mysql("String", address.to_string()),
        ),
        row(
            "ipnetwork::IpNetwork",
            ipnetwork::IpNetwork::TYPE,
            to_sqlite("String", "10.0.0.0/8".to_owned()),
            to_postgres("String", "10.0.0.0/8".to_owned()).through_text(),
            to_mysql("String", "10.0.0.0/8".to_owned()),
        ),
        row(
            "Vec<i64>",
            <Vec<i64>>::TYPE,
            to_sqlite("serde_json::Value", serde_json::json!([1, 2])),
            to_postgres("Vec<i64>", vec![1_i64, 2]),
            to_mysql("serde_json::Value", serde_json::json!([1, 2])),
        ),
        row(
            "Vec<String>",
            <Vec<String>>::TYPE,
            to_sqlite("serde_json::Value", serde_json::json!(["a", "é"])),
            to_postgres("Vec<String>", vec!["a".to_owned(), "é".to_owned()]),
            to_mysql("serde_json::Value", serde_json::json!(["a", "é"])),
        ),
        row(
            "#[derive(Enum)] enum Status",
            Status::TYPE,
            to_sqlite("String", status()),
            to_postgres("String", status()).through_text(),
            to_mysql("String", status()),
        ),
    ]
}

/// Returns a schema of one table for each row, as the dialect holds it.
fn schema(dialect: &dyn Dialect) -> Schema {
    let tables = rows().into_iter().enumerate().map(|(at, row)| {
        let mut table = Table::new(TableName::new(format!("t{at}")));
        let ty: Type = row.notation.parse().unwrap();
        table.columns.push(Column::new("id", Type::I64));
        table.columns.push(Column {
            nullable: true,
            ..Column::new("v", ty)
        });
        table
    });
    dialect.normalize(&tables.collect()).unwrap()
}

/// Returns what the column of a row is called by the database.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "every other type is called by its notation"
)]
fn native(held: &Schema, at: usize) -> String {
    let table = &held.tables[&TableName::new(format!("t{at}"))];
    match &table.column("v").unwrap().ty {
        Type::Native(native) => native.clone(),
        Type::Enum { name, .. } => name.clone(),
        ty => ty.to_string(),
    }
}

/// Makes the tables in a fresh database.
fn create(fresh: &Fresh, dialect: &dyn Dialect, held: &Schema) {
    let mut connection = fresh.open();
    let plan = dialect.plan(&Schema::default(), &create_all(held)).unwrap();
    for statement in plan.statements {
        if let Step::Execute { sql } = statement.step {
            connection
                .execute(&sql, &[])
                .unwrap_or_else(|error| panic!("{sql}: {error}"));
        }
    }
}

fn sql(at: usize, native: &str, cast: Cast, parameter: &str, text: &str) -> Sql {
    let (value, column) = match (cast, parameter) {
        (Cast::No, _) => (parameter.to_owned(), "v".to_owned()),
        (Cast::Text, "$1") => (format!("$1::text::{native}"), "v::text".to_owned()),
        (Cast::Text, _) => (parameter.to_owned(), format!("CAST(v AS {text})")),
    };
    Sql {
        insert: format!("INSERT INTO t{at} (id, v) VALUES (1, {value})"),
        select: format!("SELECT {column} FROM t{at} WHERE v IS NOT NULL"),
    }
}

#[test]
fn what_goes_into_a_column_comes_out_of_it() {
    for database in servers::databases() {
        let (dialect, fresh) = (database.dialect(), database.fresh());
        let held = schema(dialect);
        create(&fresh, dialect, &held);
        match fresh.url() {
            DatabaseUrl::Sqlite(path) => {
                let mut connection = rusqlite::Connection::open(path).unwrap();
                for (at, row) in rows().iter().enumerate() {
                    (row.sqlite.check)(&mut connection, &sql(at, "", row.sqlite.cast, "?1", "TEXT"));
                }
            }
            DatabaseUrl::Postgres(url) => {
                let mut client = postgres_client(url);
                for (at, row) in rows().iter().enumerate() {
                    let native = native(&held, at);
                    (row.postgres.check)(&mut client, &sql(at, &native, row.postgres.cast, "$1", "text"));
                }
            }
            DatabaseUrl::MySql(url) => {
                let mut connection = mysql_connection(url);
                for (at, row) in rows().iter().enumerate() {
                    (row.mysql.check)(&mut connection, &sql(at, "", row.mysql.cast, "?", "CHAR"));
                }
            }
            DatabaseUrl::SqliteMemory => panic!("a file can be opened twice"),
        }
    }
}

fn postgres_client(url: &ServerUrl) -> postgres::Client {
    let mut config = postgres::Config::new();
    config.host(url.host()).dbname(url.database().unwrap());
    config.user(url.user().unwrap_or("postgres"));
    if let Some(port) = url.port() {
        config.port(port);
    }
    if let Some(password) = url.password() {
        config.password(password);
    }
    config.connect(postgres::NoTls).unwrap()
}

fn mysql_connection(url: &ServerUrl) -> mysql::Conn {
    let options = mysql::OptsBuilder::new()
        .ip_or_hostname(Some(url.host()))
        .tcp_port(url.port().unwrap_or(3306))
        .user(url.user())
        .pass(url.password())
        .db_name(url.database());
    mysql::Conn::new(options).unwrap()
}

const HEAD: &str = "\
What a column is for each Rust type, on each database. Where a driver has no such type of its own, the type through which a program
stores and reads the value stands behind it; *cast* says that the statement casts to and from a text. A test stores and reads values
of every row through `rusqlite`, `postgres` and `mysql`.

";

/// Returns the table of the documentation.
fn table() -> String {
    let mut text = String::from(HEAD);
    text.push_str("| Rust | SQLite | PostgreSQL | MySQL, MariaDB |\n|---|---|---|---|\n");
    let held = |name: &str| schema(dialect::by_name(name).unwrap());
    let (sqlite, postgres, mysql) = (held("sqlite"), held("postgres"), held("mysql"));
    for (at, row) in rows().iter().enumerate() {
        let cell = |held: &Schema, through: &str, cast: Cast| {
            let mut cell = format!("`{}`", native(held, at));
            if !row.rust.split(", ").any(|rust| rust == through) {
                let _ = write!(cell, " as `{through}`");
            }
            if cast == Cast::Text {
                cell.push_str(", *cast*");
            }
            cell
        };
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} |",
            row.rust.replace(", ", "`, `"),
            cell(&sqlite, row.sqlite.through, row.sqlite.cast),
            cell(&postgres, row.postgres.through, row.postgres.cast),
            cell(&mysql, row.mysql.through, row.mysql.cast),
        );
    }
    text
}

#[test]
fn the_table_in_the_documentation_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema-core/src/model/types.md");
    let current = std::fs::read_to_string(&path).unwrap_or_default();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, table()).unwrap();
    } else {
        assert_eq!(current, table(), "UPDATE_EXPECT=1 writes it");
    }
}
