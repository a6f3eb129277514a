#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! What only PostgreSQL has: enums that are types, schemas, identities, and expressions that it writes anew.

use std::time::Duration;

use autogen_tests::law::create;
use autogen_tests::notation;
use autogen_tests::servers::{self, Empty, Fresh};
use schema_core::db::{Connection, Error, ErrorKind, Value};
use schema_core::dialect::{Dialect, Limits, Progress};
use schema_core::diff::{Answers, diff};
use schema_core::plan::plan;
use schema_core::runner::run_script;
use schema_core::schema::{Schema, TableName};
use schema_core::script::render;

fn dialect() -> &'static dyn Dialect {
    schema_core::dialect::by_name("postgres").unwrap()
}

fn empty() -> Option<Empty> {
    servers::database("postgres").map(|database| database.empty())
}

fn fresh() -> Option<Fresh> {
    servers::database("postgres").map(|database| database.fresh())
}

fn schema(text: &str) -> Schema {
    notation::schema(text)
}

/// Returns the statements between two schemas.
fn script(from: &Schema, to: &Schema, answers: &Answers) -> String {
    render(&plan(dialect(), from, to, answers).unwrap().upgrade, "upgrade")
}

/// Asserts that the database holds what the schema says, to the last default.
fn assert_clean(connection: &mut dyn Connection, expected: &Schema) {
    let normalized = dialect().normalize(expected).unwrap();
    let stored = dialect().stored(connection, normalized).unwrap();
    let found = dialect().reflect(connection).unwrap();
    let left = diff(&stored, &found, &Answers::default());
    let left: Vec<String> = left.iter().map(|operation| format!("{operation:?}")).collect();
    assert_eq!(left, Vec::<String>::new());
}

/// Creates the first schema, runs `sql`, and leads to the second and back.
fn there_and_back(from: &str, sql: &[&str], to: &str) {
    let Some(mut connection) = empty() else { return };
    let (from, to) = (schema(from), schema(to));
    create(&mut *connection, dialect(), &from);
    for sql in sql {
        connection.execute(sql, &[]).unwrap();
    }
    assert_clean(&mut *connection, &from);
    for (from, to) in [(&from, &to), (&to, &from)] {
        let script = script(from, to, &Answers::default());
        run_script(&mut *connection, dialect(), &script).unwrap_or_else(|error| panic!("{error}\n{script}"));
        assert_clean(&mut *connection, to);
    }
}

#[test]
fn a_database_is_clean_right_after_the_upgrade() {
    let Some(mut connection) = empty() else { return };
    let schema = schema(
        "accounts\n    id i64 auto\n    ratio f32 default 1.5\n    rate f64 default -0.25\n    price decimal(10, 2) default 0\n    \
         exact decimal default -1.50\n    active boolean default true\n    big u64 default 5000000000\n    small i16 default -3\n    \
         name text default 'it''s \\ ok'\n    short text(20) default 'x'\n    code text(3) null\n    made timestamp default `now()`\n    \
         seen timestamp default `CURRENT_TIMESTAMP`\n    day date default '2024-1-2'\n    at time null\n    key uuid default `gen_random_uuid()`\n    \
         data json default '{\"a\":1}'\n    host inet null\n    net network null\n    tags array(text) default '{}'\n    \
         numbers array(i32) null\n    status enum status('draft', 'it''s') default 'draft'\n    kinds array(enum status('draft', 'it''s')) null\n    \
         total decimal(12, 2) generated `price * 2` stored\n    amount i64 default `1 + 1`\n    word text native 'varchar(30)' default 'a'\n    \
         primary key (id)\n    unique (name)\n    index ix_lower (`lower(name)`, `(data ->> 'a')`)\n    index ix_part (short desc) where `active`\n    \
         check ck_short `short IN ('a', 'x') OR length(short) > 2`\n    check ck_price `price >= 0 AND ratio < 1e3`\n    \
         check ck_status `status <> 'it''s' OR code IS NOT NULL`\n    check ck_like `name LIKE 'i%' AND name !~ '^x'`\n    \
         check ck_between `amount BETWEEN 1 AND 10`\n    check ck_case `CASE WHEN active THEN small < 5 ELSE true END`\n",
    );
    create(&mut *connection, dialect(), &schema);
    assert_clean(&mut *connection, &schema);
    connection
        .execute("INSERT INTO accounts (code) VALUES ('abc')", &[])
        .unwrap();
    assert_clean(&mut *connection, &schema);
}

#[test]
fn an_enum_that_tables_share_changes_once() {
    let table = |name: &str, values: &str| {
        format!(
            "{name}\n    id i64 auto\n    status enum status({values})\n    old array(enum status({values})) null\n    primary key (id)\n    index ix_{name} (status) where `status = 'live'`\n"
        )
    };
    let both = |values: &str| table("items", values) + &table("orders", values);
    let rows = &[
        "INSERT INTO items (status, old) VALUES ('live', '{live,draft}')",
        "INSERT INTO orders (status) VALUES ('draft')",
    ];
    // In place, before and between what is there.
    there_and_back(
        &both("'draft', 'live'"),
        rows,
        &both("'new', 'draft', 'sold', 'live'"),
    );
    // By a type that replaces the old one.
    there_and_back(&both("'draft', 'live'"), rows, &both("'live', 'draft'"));
    // One of the two tables goes: the other keeps the type.
    there_and_back(
        &both("'draft', 'live'"),
        rows,
        &table("orders", "'draft', 'live'"),
    );
    // Another name for it.
    let renamed = both("'draft', 'live'").replace("enum status", "enum state");
    there_and_back(&both("'draft', 'live'"), rows, &renamed);
}

#[test]
fn a_value_that_the_script_uses_is_there_before() {
    there_and_back(
        "items\n    id i64 auto\n    status enum status('draft', 'live') default 'draft'\n    primary key (id)\n",
        &["INSERT INTO items DEFAULT VALUES"],
        "items\n    id i64 auto\n    status enum status('draft', 'live', 'sold') default 'sold'\n    primary key (id)\n    check ck `status <> 'live'`\n",
    );
}

#[test]
fn an_enum_goes_with_its_last_column() {
    let Some(mut connection) = empty() else { return };
    let from = schema("items\n    id i64 auto\n    status enum status('a')\n    primary key (id)\n");
    let to = schema("status\n    id i64 auto\n    primary key (id)\n");
    create(&mut *connection, dialect(), &from);
    for (from, to) in [(&from, &to), (&to, &from)] {
        let script = script(from, to, &Answers::default());
        run_script(&mut *connection, dialect(), &script).unwrap_or_else(|error| panic!("{error}\n{script}"));
        assert_clean(&mut *connection, to);
    }
    let script = script(&from, &Schema::default(), &Answers::default());
    run_script(&mut *connection, dialect(), &script).unwrap();
    let types = connection
        .query("SELECT typname FROM pg_type WHERE typtype = 'e'", &[])
        .unwrap();
    assert_eq!(types, Vec::<Vec<Value>>::new());
}

#[test]
fn a_schema_is_made_when_a_table_needs_it() {
    there_and_back(
        "items\n    id i64 auto\n    primary key (id)\n",
        &["INSERT INTO items DEFAULT VALUES"],
        "items\n    id i64 auto\n    primary key (id)\nsales.orders\n    id i64 auto\n    item_id i64\n    state enum sales.state('open', 'done') default 'open'\n    \
         primary key (id)\n    foreign key (item_id) -> items (id)\n    index ix_state (state) where `state <> 'done'`\n    check ck `state IN ('open', 'done')`\n",
    );
}

#[test]
fn the_default_schema_may_be_said() {
    let said = schema("public.items\n    id i64 auto\n    primary key (id)\n");
    let plain = schema("items\n    id i64 auto\n    primary key (id)\n");
    assert_eq!(dialect().normalize(&said), dialect().normalize(&plain));
}

#[test]
fn serial_columns_are_numbered_too() {
    let Some(mut connection) = empty() else { return };
    connection
        .execute(
            "CREATE TABLE items (id bigserial, CONSTRAINT pk_items PRIMARY KEY (id))",
            &[],
        )
        .unwrap();
    let numbered = schema("items\n    id i64 auto\n    primary key (id)\n");
    let plain = schema("items\n    id i64\n    primary key (id)\n");
    assert_clean(&mut *connection, &numbered);
    run_script(
        &mut *connection,
        dialect(),
        &script(&numbered, &plain, &Answers::default()),
    )
    .unwrap();
    assert_clean(&mut *connection, &plain);
    connection.execute("INSERT INTO items VALUES (7)", &[]).unwrap();
    run_script(
        &mut *connection,
        dialect(),
        &script(&plain, &numbered, &Answers::default()),
    )
    .unwrap();
    connection
        .execute("INSERT INTO items DEFAULT VALUES", &[])
        .unwrap();
    let rows = connection.query("SELECT max(id) FROM items", &[]).unwrap();
    assert_eq!(rows, [[Value::Integer(8)]]);
}

#[test]
fn names_that_would_be_cut_are_refused() {
    let long = "ä".repeat(32);
    for text in [
        format!("{long}\n    id i64\n"),
        format!("items\n    {long} i64\n"),
        format!("items\n    id enum {long}('a')\n"),
        format!("items\n    id enum e('{long}')\n"),
    ] {
        let error = dialect().normalize(&schema(&text)).unwrap_err();
        assert!(error.why.contains("64 bytes"), "{error}");
    }
    let error = dialect()
        .normalize(&schema("status\n    id enum status('a')\n"))
        .unwrap_err();
    assert!(error.why.contains("the same name"), "{error}");
    let text = "a\n    x enum e('a')\nb\n    x enum e('b')\n";
    let error = dialect().normalize(&schema(text)).unwrap_err();
    assert!(error.why.contains("other values"), "{error}");
}

/// Counts the queries that go through it.
struct Counting<'a>(&'a mut dyn Connection, usize);

impl Connection for Counting<'_> {
    fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64, Error> {
        self.1 += 1;
        self.0.execute(sql, parameters)
    }

    fn for_each(
        &mut self,
        sql: &str,
        parameters: &[Value],
        row: &mut dyn FnMut(Vec<Value>) -> bool,
    ) -> Result<(), Error> {
        self.1 += 1;
        self.0.for_each(sql, parameters, row)
    }

    fn limit_statements(&mut self, limit: Option<Duration>) -> Result<(), Error> {
        self.0.limit_statements(limit)
    }
}

#[test]
fn reflection_asks_as_often_for_many_tables_as_for_one() {
    let Some(mut connection) = empty() else { return };
    let mut asked = Vec::new();
    for count in [1, 40] {
        let text: String = (0..count)
            .map(|at| format!("t{at}_{count}\n    id i64 auto\n    name text(20) default 'x'\n    n i32\n    primary key (id)\n    index ix_t{at}_{count} (`lower(name)`)\n    check ck `n > {at}`\n"))
            .collect();
        create(&mut *connection, dialect(), &schema(&text));
        let mut counting = Counting(&mut *connection, 0);
        let found = dialect().reflect(&mut counting).unwrap();
        let reflected = counting.1;
        counting.1 = 0;
        dialect()
            .stored(&mut counting, dialect().normalize(&schema(&text)).unwrap())
            .unwrap();
        asked.push((reflected, counting.1));
        assert!(found.tables.len() >= count);
    }
    assert_eq!(asked[0], asked[1]);
    assert!(asked[0].0 <= 8, "{asked:?}");
}

#[test]
fn the_collations_of_sqlite_are_refused_in_any_case() {
    for name in ["NOCASE", "nocase"] {
        let text = format!("users\n    id i64\n    email text collate {name}\n");
        let error = dialect().normalize(&schema(&text)).unwrap_err();
        assert!(error.to_string().contains("citext"), "{error}");
    }
}

#[test]
fn what_it_does_not_take_is_named() {
    let Some(mut connection) = empty() else { return };
    let text =
        "items\n    id i64\n    price i32\n    check ok `price > 0`\n    check broken `price > upper(1)`\n";
    let normalized = dialect().normalize(&schema(text)).unwrap();
    let error = dialect().stored(&mut *connection, normalized).unwrap_err();
    assert!(
        error
            .message
            .starts_with("PostgreSQL does not take check `broken` of `items`:"),
        "{error}"
    );
    // Nothing stays behind, and the connection goes on.
    assert_eq!(dialect().reflect(&mut *connection).unwrap(), Schema::default());
}

#[test]
fn the_driver_tells_errors_apart() {
    let Some(mut connection) = empty() else { return };
    let mut fail = |sql: &str| connection.execute(sql, &[]).unwrap_err();
    assert!(fail("SELECT 1; SELECT 2").message.contains("multiple commands"));
    assert_eq!(fail("SELECT 'a\0'").offset, Some(9));
    assert_eq!(fail("  ").message, "there is no statement");
    let error = fail("SELECT 'ü', missing");
    assert_eq!((error.kind, error.offset), (ErrorKind::Statement, Some(13)));
    connection
        .execute("CREATE TABLE a (b integer CONSTRAINT one UNIQUE)", &[])
        .unwrap();
    connection
        .execute("INSERT INTO a VALUES (?1)", &[Value::Integer(1)])
        .unwrap();
    let error = connection
        .execute("INSERT INTO a VALUES (?)", &[Value::Integer(1)])
        .unwrap_err();
    assert!(error.message.contains("Key (b)=(1) already exists"), "{error}");
    connection
        .limit_statements(Some(Duration::from_millis(20)))
        .unwrap();
    let error = connection.query("SELECT pg_sleep(5)", &[]).unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut);
}

#[test]
fn values_come_back_as_they_went() {
    let Some(mut connection) = empty() else { return };
    connection
        .execute(
            "CREATE TABLE v (i bigint, r double precision, t text, b bytea, f boolean)",
            &[],
        )
        .unwrap();
    let values = [
        Value::Integer(i64::MIN),
        Value::Real(0.1),
        Value::Text("it's\n".to_owned()),
        Value::Bytes(vec![0, 255]),
        Value::Integer(1),
    ];
    connection
        .execute("INSERT INTO v VALUES (?, ?, ?, ?, ?)", &values)
        .unwrap();
    assert_eq!(
        connection.query("SELECT * FROM v", &[]).unwrap(),
        [values.to_vec()]
    );
    let rows = connection
        .query("SELECT * FROM v WHERE t = ?", &[values[2].clone()])
        .unwrap();
    assert_eq!(rows, [values.to_vec()]);
    let null = connection.query(
        "SELECT ?1::text, '{1,2}'::integer[]::text, 1.50::numeric::text",
        &[Value::Null],
    );
    assert_eq!(null.unwrap(), [[Value::Null, "{1,2}".into(), "1.50".into()]]);
    let odd = connection
        .query("SELECT '{1,2}'::integer[], 1.50::numeric, 'infinity'::date", &[])
        .unwrap();
    assert_eq!(odd, [["{1,2}".into(), "1.50".into(), Value::from("infinity")]]);
}

#[test]
fn an_error_shows_no_password() {
    let url = "postgres://postgres:hunter2@127.0.0.1:1/none".parse().unwrap();
    let error = schema_core::db::open(&url).err().unwrap();
    assert_eq!(error.kind, ErrorKind::Unreachable);
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

const LIMITS: Limits = Limits {
    lock: Duration::from_millis(300),
    statement: None,
};

#[test]
fn the_lock_keeps_others_out_and_dies_with_its_session() {
    let Some(fresh) = fresh() else { return };
    let session = dialect().session();
    let (mut one, mut two) = (fresh.open(), fresh.open());
    session.lock(&mut *one, &LIMITS, &mut |_| {}).unwrap();
    let mut said = Vec::new();
    let error = session
        .lock(&mut *two, &LIMITS, &mut |who| said.push(who.to_owned()))
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Locked);
    assert!(said.len() == 1 && said[0].starts_with("the session "), "{said:?}");
    // A session that has the lock already is shared with somebody.
    let error = session.lock(&mut *one, &LIMITS, &mut |_| {}).unwrap_err();
    assert!(error.message.contains("pooler"), "{error}");
    drop(one);
    session
        .lock(
            &mut *two,
            &Limits {
                lock: Duration::from_secs(20),
                ..LIMITS
            },
            &mut |_| {},
        )
        .unwrap();
    session.unlock(&mut *two);
    session.lock(&mut *fresh.open(), &LIMITS, &mut |_| {}).unwrap();
}

#[test]
fn a_broken_index_is_cleared_away() {
    let Some(mut connection) = empty() else { return };
    let session = dialect().session();
    connection.execute("CREATE TABLE a (b integer)", &[]).unwrap();
    connection.execute("INSERT INTO a VALUES (1), (1)", &[]).unwrap();
    let sql = "CREATE UNIQUE INDEX CONCURRENTLY ix ON a (b)";
    assert!(!session.joins_transaction(sql));
    assert!(session.joins_transaction("CREATE INDEX ix ON a (b)"));
    let before = session.fingerprint(&mut *connection, sql).unwrap();
    connection.execute(sql, &[]).unwrap_err();
    assert_ne!(session.fingerprint(&mut *connection, sql).unwrap(), before);
    assert_eq!(
        dialect().reflect(&mut *connection).unwrap().tables[&TableName::new("a")]
            .indexes
            .len(),
        0
    );
    assert_eq!(
        session.probe(&mut *connection, sql, &before).unwrap(),
        Progress::Nothing
    );
    connection.execute("DELETE FROM a", &[]).unwrap();
    connection.execute(sql, &[]).unwrap();
    assert_eq!(
        session.probe(&mut *connection, sql, &before).unwrap(),
        Progress::Whole
    );
}

#[test]
fn a_script_that_ends_its_transaction_is_not_committed() {
    let Some(mut connection) = empty() else { return };
    let session = dialect().session();
    let mode = schema_core::dialect::Mode::default();
    session.enter(&mut *connection, &mode, &LIMITS).unwrap();
    session.begin(&mut *connection, &mode, &LIMITS).unwrap();
    connection.execute("COMMIT", &[]).unwrap();
    let error = session.commit(&mut *connection).unwrap_err();
    assert!(error.message.contains("ended the transaction"), "{error}");
    session.begin(&mut *connection, &mode, &LIMITS).unwrap();
    connection.execute("RESET ALL", &[]).unwrap();
    session.commit(&mut *connection).expect("that has not ended it");
    session.enter(&mut *connection, &mode, &LIMITS).unwrap();
    session.begin(&mut *connection, &mode, &LIMITS).unwrap();
    connection.execute("SELECT broken", &[]).unwrap_err();
    session.commit(&mut *connection).unwrap_err();
    session.rollback(&mut *connection);
    session.leave(&mut *connection, &mode);
    let rows = connection.query("SHOW lock_timeout", &[]).unwrap();
    assert_eq!(rows, [["0".into()]]);
}

#[test]
fn clauses_that_no_model_says_are_told() {
    let Some(mut connection) = empty() else { return };
    for sql in [
        "CREATE TABLE lines (orders integer, line integer, size integer, PRIMARY KEY (orders, line))",
        "CREATE TABLE parts (
            id integer GENERATED ALWAYS AS IDENTITY (START WITH 100 INCREMENT BY 5) PRIMARY KEY,
            number text CONSTRAINT numbered UNIQUE DEFERRABLE INITIALLY DEFERRED,
            orders integer, line integer, older integer REFERENCES parts,
            CONSTRAINT whole FOREIGN KEY (orders, line) REFERENCES lines MATCH FULL
        ) WITH (fillfactor = 80)",
        "CREATE INDEX by_line ON parts (line) WITH (fillfactor = 70)",
        "CREATE STATISTICS related ON orders, line FROM parts",
        "CREATE TABLE plain (id serial PRIMARY KEY, number text UNIQUE)",
        "CREATE TYPE span AS RANGE (subtype = float8)",
        "ALTER TABLE plain ADD COLUMN lasts span",
    ] {
        connection.execute(sql, &[]).unwrap();
    }
    let found = dialect().unmanaged(&mut *connection).unwrap();
    let said: Vec<String> = found.iter().map(|thing| thing.told()).collect();
    assert_eq!(
        said,
        [
            "clause DEFERRABLE of constraint `numbered`: rows may break it until the statement or transaction ends",
            "clause GENERATED ALWAYS of column `parts.id`",
            "clause MATCH FULL of foreign key `whole`: a row that has only some of its columns is refused",
            "clause START 100 INCREMENT 5 of column `parts.id`",
            "range type `span`",
            "statistics `related`",
            "storage parameters of `by_line`",
            "storage parameters of `parts`",
        ]
    );
    let parts = TableName::new("parts");
    assert!(
        found
            .iter()
            .all(|thing| thing.name == "span" || thing.part_of.as_ref() == Some(&parts))
    );
    // What tables stand on goes neither before them nor with them.
    assert!(
        found
            .iter()
            .any(|thing| thing.name == "span" && thing.depends_on.is_empty())
    );
    let told: Vec<String> = dialect()
        .peculiarities(&mut *connection)
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        told,
        [
            "clause DEFERRABLE of constraint `numbered`",
            "clause MATCH FULL of foreign key `whole`"
        ]
    );
}

#[test]
fn what_no_schema_can_say_is_told() {
    let Some(mut connection) = empty() else { return };
    for sql in [
        "CREATE TABLE items (id integer, price integer)",
        "CREATE VIEW cheap AS SELECT id FROM items WHERE price < 5",
        "CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM items",
        "CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TRIGGER watch AFTER INSERT ON items EXECUTE FUNCTION seen()",
        "CREATE POLICY mine ON items USING (true)",
        "CREATE DOMAIN positive AS integer CHECK (VALUE > 0)",
        "CREATE SEQUENCE loose",
        "CREATE TABLE parts (id integer) PARTITION BY RANGE (id)",
        "CREATE TABLE part_1 PARTITION OF parts FOR VALUES FROM (1) TO (10)",
        "CREATE TYPE lonely AS ENUM ('a')",
        "GRANT SELECT ON items TO PUBLIC",
    ] {
        connection.execute(sql, &[]).unwrap();
    }
    let found = dialect().unmanaged(&mut *connection).unwrap();
    let said: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "domain `positive`",
            "enum that no column has `lonely`",
            "function `seen()`",
            "grants on `items`",
            "materialized view `counted`",
            "partition `part_1`",
            "partitioned table `parts`",
            "policy `mine`",
            "sequence `loose`",
            "trigger `watch`",
            "view `cheap`",
        ]
    );
    let items = TableName::new("items");
    let about = |name: &str| found.iter().find(|thing| thing.name == name).unwrap();
    assert!(about("cheap").depends_on.contains(&items) && about("cheap").part_of.is_none());
    assert_eq!(about("watch").part_of.as_ref(), Some(&items));
    let tables: Vec<String> = dialect()
        .reflect(&mut *connection)
        .unwrap()
        .tables
        .keys()
        .map(ToString::to_string)
        .collect();
    assert_eq!(tables, ["items"]);
}

#[test]
fn a_change_that_would_break_a_view_is_refused_and_changes_nothing() {
    let Some(mut connection) = empty() else { return };
    let from = schema("items\n    id i64 auto\n    price i32\n    primary key (id)\n");
    let to = schema("items\n    id i64 auto\n    price i64\n    primary key (id)\n");
    create(&mut *connection, dialect(), &from);
    connection
        .execute("CREATE VIEW cheap AS SELECT id FROM items WHERE price < 5", &[])
        .unwrap();
    let error = run_script(
        &mut *connection,
        dialect(),
        &script(&from, &to, &Answers::default()),
    )
    .unwrap_err();
    let said = error.to_string();
    assert!(
        said.contains("cannot alter type of a column used by a view") && said.contains("cheap"),
        "{said}"
    );
    assert_clean(&mut *connection, &from);
}
