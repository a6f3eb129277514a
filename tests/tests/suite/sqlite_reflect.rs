#![allow(
    clippy::unwrap_used,
    clippy::cloned_ref_to_slice_refs,
    reason = "a test may panic, and reads best with its literals alike"
)]
//! Tables that others made: any legal CREATE TABLE is read, and read as SQLite itself understands it.

use schema_core::db::sqlite::{Missing, SqliteConnection};
use schema_core::db::{Connection, Value};
use schema_core::dialect::Dialect;
use schema_core::dialect::sqlite::Sqlite;
use schema_core::schema::{
    Action, Auto, Column, Deferrable, ForeignKey, Index, IndexKey, IndexPart, Literal, Order, Schema, Table,
    TableName, Type,
};

use crate::sqlite_support::{self, create, empty, query, reflect, with};

/// Statements as they are found in the wild.
const WILD: &[&str] = &[
    "CREATE TABLE t(a)",
    "CREATE TABLE t (a, b, PRIMARY KEY(a))",
    "create table if not exists 't' ('a' integer primary key autoincrement not null, [b c] text, `d``e` blob)",
    "CREATE TABLE main.t (a INT PRIMARY KEY, b INTEGER)",
    "CREATE TABLE t (a INTEGER PRIMARY KEY DESC, b TEXT)",
    "CREATE TABLE t (a INTEGER PRIMARY KEY ON CONFLICT REPLACE, b TEXT NOT NULL ON CONFLICT IGNORE DEFAULT 'x')",
    "CREATE TABLE t (a INTEGER, b TEXT, PRIMARY KEY (a AUTOINCREMENT))",
    "CREATE TABLE t (a INTEGER, b, PRIMARY KEY (b COLLATE NOCASE DESC, a)) WITHOUT ROWID",
    "CREATE TABLE t (a ANY, b INT NOT NULL, c REAL UNIQUE) STRICT",
    "CREATE TABLE t (a INT, b GENERATED ALWAYS AS (a * 2) STORED, c INT AS (a + 1), d TEXT)",
    "CREATE TABLE t (a DEFAULT -1.5e3, b DEFAULT +7, c DEFAULT 'it''s', d DEFAULT (1 + (2)), e DEFAULT NULL, f DEFAULT x'0F')",
    "CREATE TABLE t (a DEFAULT CURRENT_TIMESTAMP, b DEFAULT true, c VARCHAR (255) DEFAULT \"\", d DEFAULT word)",
    "CREATE TABLE t (a CHECK (a > 0) CHECK (a < 9) CONSTRAINT named CHECK (a <> 5), CHECK (a <> ')'), CHECK (a NOT IN (1, 2)))",
    "CREATE TABLE t (a REFERENCES p, b REFERENCES p(x) ON DELETE SET NULL ON UPDATE NO ACTION MATCH FULL NOT DEFERRABLE)",
    "CREATE TABLE t (a CONSTRAINT f REFERENCES p DEFERRABLE INITIALLY DEFERRED NOT NULL, FOREIGN KEY (a) REFERENCES p ON DELETE CASCADE)",
    "CREATE TABLE t (a, b, UNIQUE (a COLLATE RTRIM, b DESC) ON CONFLICT FAIL CONSTRAINT c UNIQUE (b) CHECK (a) )",
    "CREATE TABLE t (a /* , b */ TEXT -- , c
        , /* ) */ d TEXT /* unclosed */)",
    "CREATE TABLE t (\"a,b\" \"my type\", [c(d] DECIMAL(10 , +2) COLLATE nocase, e UNSIGNED BIG INT(10))",
    "CREATE TABLE t (key, abort TEXT, desc INT, action, glob, \"CHECK\" INT, [primary] TEXT, generated INT, always)",
    "CREATE TABLE t (größe TEXT, a$b, _ INT)",
    "CREATE TABLE t AS SELECT 1 AS a, 'x' AS \"b c\", 2.5 AS c",
    "CREATE TABLE t (a INT CONSTRAINT nil, b TEXT CONSTRAINT x CONSTRAINT y NOT NULL NULL)",
    "CREATE TABLE t (a INT CHECK (a BETWEEN 1 AND 2 OR (a) IN (1)), b)",
    "CREATE TEMP TABLE elsewhere (a)",
];

#[test]
fn columns_are_those_that_sqlite_sees() {
    for sql in WILD {
        let mut inner = beside_a_parent();
        sqlite_support::execute(&mut inner, sql);
        let schema = reflect(&mut inner);
        let Some(table) = schema.table(&TableName::new("t")) else {
            assert!(sql.contains("TEMP"), "{sql}");
            continue;
        };
        let seen = inner
            .query(
                "SELECT name, type, \"notnull\", pk FROM pragma_table_xinfo('t') ORDER BY cid",
                &[],
            )
            .unwrap();
        assert_eq!(seen.len(), table.columns.len(), "{sql}");
        for (row, column) in seen.iter().zip(&table.columns) {
            let [
                Value::Text(name),
                Value::Text(declared),
                Value::Integer(not_null),
                Value::Integer(key),
            ] = row.as_slice()
            else {
                panic!("{row:?}")
            };
            assert_eq!(*name, column.name, "{sql}");
            let squeezed = |text: &str| text.to_uppercase().replace([' ', '\n'], "");
            assert_eq!(column.ty, canonical(&column.ty), "{sql}");
            let Type::Native(own) = &column.ty else {
                panic!("{sql}")
            };
            // No type at all keeps values as BLOB does.
            let declared = if declared.is_empty() { "BLOB" } else { declared };
            // An INTEGER that is the whole key and yet no rowid.
            let declared = if sql.contains("PRIMARY KEY DESC") && name == "a" {
                "INT"
            } else {
                declared
            };
            assert_eq!(squeezed(own), squeezed(declared), "{sql}");
            assert!(*not_null == 0 || !column.nullable, "{sql}");
            assert_eq!(*key > 0, table.is_key(name), "{sql}");
        }
        let uniques = query(
            &mut inner,
            "SELECT 1 FROM pragma_index_list('t') WHERE origin = 'u'",
        );
        let own = table.indexes.values().filter(|index| index.constraint).count();
        assert_eq!(uniques.len(), own, "{sql}");
        let keys = query(&mut inner, "SELECT DISTINCT id FROM pragma_foreign_key_list('t')");
        assert_eq!(keys.len(), table.foreign_keys.len(), "{sql}");
        let again = Sqlite.normalize(&schema).unwrap();
        assert_eq!(Sqlite.normalize(&again).unwrap(), again, "{sql}");
    }
}

/// Returns a database where `t` may refer to `p`.
fn beside_a_parent() -> SqliteConnection {
    with("CREATE TABLE p (x INTEGER PRIMARY KEY)")
}

fn canonical(ty: &Type) -> Type {
    let mut table = Table::new(TableName::new("t"));
    table.columns.push(Column::new("a", ty.clone()));
    let normal = Sqlite.normalize(&Schema::from_iter([table])).unwrap();
    normal.tables[&TableName::new("t")].columns[0].ty.clone()
}

#[test]
fn unnamed_constraints_get_the_names_of_the_convention() {
    let mut connection = with(
        "CREATE TABLE stores (id INTEGER PRIMARY KEY);
CREATE TABLE items (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT UNIQUE COLLATE nocase,
    price INT CHECK (price > 0) CHECK (price < 9),
    store INT REFERENCES Stores ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    CHECK (Items.price <> 5)
);
CREATE INDEX ix ON items (lower(\"name\") DESC, name COLLATE binary) WHERE price>1",
    );
    let schema = reflect(&mut connection);
    let table = &schema.tables[&TableName::new("items")];
    assert_eq!(table.primary_key.as_ref().unwrap().name, "pk_items");
    assert_eq!(table.columns[0].auto, Auto::NeverReused);
    let checks: Vec<(&str, &str)> = table
        .checks
        .values()
        .map(|check| (check.name.as_str(), check.expression.0.as_str()))
        .collect();
    assert_eq!(
        checks,
        [
            ("ck_items_price", "\"price\" > 0"),
            ("ck_items_price_2", "\"price\" < 9"),
            ("ck_items_price_5", "\"price\" <> 5"),
        ]
    );
    assert!(table.indexes["uq_items_name"].constraint);
    assert_eq!(
        table.foreign_keys["fk_items_store_stores"],
        ForeignKey {
            name: "fk_items_store_stores".to_owned(),
            columns: vec!["store".to_owned()],
            references: TableName::new("stores"),
            referenced_columns: vec!["id".to_owned()],
            on_delete: Action::Cascade,
            on_update: Action::NoAction,
            deferrable: Deferrable::Deferred,
        }
    );
    let lower = IndexPart::Expression(schema_core::schema::Expression::new("lower(\"name\")"));
    assert_eq!(
        table.indexes["ix"],
        Index {
            predicate: Some(schema_core::schema::Expression::new("\"price\" > 1")),
            ..Index::new(
                "ix",
                vec![
                    IndexKey {
                        order: Order::Descending,
                        ..IndexKey::new(lower)
                    },
                    IndexKey {
                        collation: Some("BINARY".to_owned()),
                        ..IndexKey::column("name")
                    },
                ]
            )
        }
    );
}

#[test]
fn what_is_no_table_of_ours_is_left_out() {
    let mut connection = with(
        "CREATE TABLE items (id INTEGER PRIMARY KEY AUTOINCREMENT);
CREATE VIEW v AS SELECT * FROM items;
CREATE VIEW broken AS SELECT * FROM nowhere;
CREATE VIRTUAL TABLE search USING fts5 (text);
CREATE TABLE _autogen_revisions (id TEXT);
CREATE INDEX _autogen_index ON _autogen_revisions (id);
CREATE TEMP TABLE items2 (a);
ANALYZE",
    );
    let schema = reflect(&mut connection);
    assert_eq!(
        schema.tables.keys().collect::<Vec<_>>(),
        [&TableName::new("items")]
    );
}

#[test]
fn reading_takes_as_many_queries_for_many_tables_as_for_one() {
    struct Counting(SqliteConnection, usize);
    impl Connection for Counting {
        fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64, schema_core::db::Error> {
            self.1 += 1;
            self.0.execute(sql, parameters)
        }
        fn for_each(
            &mut self,
            sql: &str,
            parameters: &[Value],
            row: &mut dyn FnMut(Vec<Value>) -> bool,
        ) -> Result<(), schema_core::db::Error> {
            self.1 += 1;
            self.0.for_each(sql, parameters, row)
        }
        fn limit_statements(
            &mut self,
            limit: Option<std::time::Duration>,
        ) -> Result<(), schema_core::db::Error> {
            self.0.limit_statements(limit)
        }
    }
    let counted = |tables: usize| {
        let mut connection = Counting(empty(), 0);
        for at in 0..tables {
            let sql = format!("CREATE TABLE t{at} (id INTEGER PRIMARY KEY, a TEXT UNIQUE)");
            connection.0.execute(&sql, &[]).unwrap();
        }
        assert_eq!(reflect(&mut connection).tables.len(), tables);
        connection.1
    };
    assert_eq!(counted(1), counted(50));
}

#[test]
fn what_sqlite_cannot_hold_is_named() {
    let table = |name: &str, columns: &[Column]| {
        let mut table = Table::new(TableName::new(name));
        table.columns = columns.to_vec();
        table
    };
    let id = Column::new("id", Type::I64);
    let auto = Column {
        auto: Auto::Auto,
        ..id.clone()
    };
    let broken = Column {
        default: Some(schema_core::schema::Default::expression("1) , (2")),
        ..id.clone()
    };
    let nul = Column {
        default: Some(schema_core::schema::Default::Literal(Literal::Text(
            "a\0b".to_owned(),
        ))),
        ..id.clone()
    };
    for (tables, words) in [
        (vec![table("sqlite_x", &[id.clone()])], "table `sqlite_x`"),
        (vec![table("_AUTOGEN_x", &[id.clone()])], "table `_AUTOGEN_x`"),
        (
            vec![table("a", &[id.clone()]), table("A", &[id.clone()])],
            "table `a`",
        ),
        (vec![table("a", &[])], "no columns"),
        (
            vec![table("a", &[id.clone(), Column::new("ID", Type::I64)])],
            "column `a.ID`",
        ),
        (vec![table("a", &[auto])], "column `a.id`"),
        (vec![table("a", &[broken])], "the default of column `a.id`"),
        (vec![table("a", &[nul])], "NUL byte"),
    ] {
        let error = Sqlite
            .normalize(&Schema::from_iter(tables))
            .unwrap_err()
            .to_string();
        assert!(error.contains(words), "{error}");
    }
    let mut elsewhere = table("a", &[id]);
    elsewhere.name.schema = Some("sales".to_owned());
    assert!(Sqlite.normalize(&Schema::from_iter([elsewhere])).is_err());
}

#[test]
fn a_type_of_the_users_own_words_goes_in_and_comes_out() {
    for words in [
        "citext",
        "DOUBLE  PRECISION",
        "numeric(4,1)",
        "a-b",
        "TEXT NOT NULL",
        "x'y\"z",
        "",
    ] {
        let mut table = Table::new(TableName::new("t"));
        table
            .columns
            .push(Column::new("a", Type::Native(words.to_owned())));
        let schema = Sqlite.normalize(&Schema::from_iter([table])).unwrap();
        let mut connection = empty();
        create(&mut connection, &schema);
        assert_eq!(reflect(&mut connection), schema, "{words}");
    }
}

/// A text in double quotes, or a bare word behind DEFAULT: its meaning is asked of SQLite itself.
#[test]
fn what_sqlite_takes_for_a_text_is_one() {
    let sql = "CREATE TABLE t (q TEXT DEFAULT \"dq\" CHECK (q IN (\"dq\", 'a', \"it's\") AND \"Q\" <> \"\"), e DEFAULT word, f DEFAULT [x y], g AS (q || \"!\"))";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let program = rusqlite::Connection::open(&path).unwrap();
    let index = "CREATE INDEX ix ON t (q) WHERE q > \"m\" AND t.\"q\" < 'z'";
    program.execute_batch(&format!("{sql}; {index}")).unwrap();
    let mut connection = SqliteConnection::open(&path, Missing::Refuse).unwrap();
    let held = reflect(&mut connection);
    let table = &held.tables[&TableName::new("t")];
    let check = &table.checks.values().next().unwrap().expression;
    assert_eq!(check.0, "\"q\" IN ('dq', 'a', 'it''s') AND \"Q\" <> ''");
    let predicate = table.indexes["ix"].predicate.as_ref().unwrap();
    assert_eq!(predicate.0, "\"q\" > 'm' AND \"q\" < 'z'");
    // The table as it is written now holds the same.
    let mut again = empty();
    create(&mut again, &held);
    assert_eq!(reflect(&mut again), held);
    for connection in [&mut connection, &mut again] {
        sqlite_support::execute(connection, "INSERT INTO t DEFAULT VALUES");
        assert_eq!(
            query(connection, "SELECT q, e, f, g FROM t"),
            ["'dq'|'word'|'x y'|'dq!'"]
        );
    }
}
