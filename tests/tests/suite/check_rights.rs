#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! `check` on servers, by users and sessions that may do no more than read: what differs is found, and what would have to be tried out is told.

use std::collections::BTreeMap;

use autogen_tests::revisions::{Project, id, revision};
use autogen_tests::servers::{self, Database, Fresh, unique_name};
use schema_core::db::{self, Connection, DatabaseUrl};
use schema_core::diff::Answers;
use schema_core::history::files::{Scripts, write_revision};
use schema_core::plan::plan;
use schema_core::runner::{self, Checked, Tables};
use schema_core::schema::{
    Check, Column, Default, Expression, Index, IndexKey, Literal, Schema, Table, TableName, Type,
};
use schema_core::script::render;

/// A table with a check, a plain default and one that a server writes anew.
fn table() -> Table {
    let mut table = Table::new(TableName::new("items"));
    let mut price = Column::new("price", Type::I32);
    price.default = Some(Default::Literal(Literal::Integer(1)));
    let mut twice = Column::new("twice", Type::I32);
    twice.default = Some(Default::expression("1 + 1"));
    table.columns = vec![Column::new("id", Type::I32), price, twice];
    let check = Check {
        name: "ck_price".to_owned(),
        expression: Expression::new("price > 0 AND NOT (price = 7)"),
    };
    table.add_check(check);
    table.add_index(Index::new("ix_items_price", vec![IndexKey::column("price")]));
    table
}

/// Writes two revisions, of which a new database gets the first.
fn upgraded(project: &Project, database: &Database) -> Fresh {
    let mut from = Schema::default();
    for (number, to) in [
        (1, Schema::from_iter([table()])),
        (
            2,
            Schema::from_iter([
                table(),
                Table {
                    name: TableName::new("more"),
                    ..table_of_one()
                },
            ]),
        ),
    ] {
        let plans = plan(database.dialect(), &from, &to, &Answers::default()).unwrap();
        let scripts = Scripts {
            upgrade: render(&plans.upgrade, "create"),
            downgrade: render(&plans.downgrade, "create"),
        };
        let parents: &[u32] = if number == 1 { &[] } else { &[1] };
        let mut revision = revision(number, parents, "create");
        revision.operations = schema_core::diff::diff(&from, &to, &Answers::default());
        let scripts = BTreeMap::from([(database.dialect().name().to_owned(), scripts)]);
        write_revision(&project.migrations(), &revision, &scripts).unwrap();
        from = to;
    }
    let fresh = database.fresh();
    runner::upgrade(
        &mut *fresh.open(),
        database.dialect(),
        &project.load(),
        &[id(1)],
        &autogen_tests::chain::options(),
        &mut |_| {},
    )
    .unwrap_or_else(|error| panic!("{error}"));
    fresh
}

fn table_of_one() -> Table {
    let mut table = Table::new(TableName::new("one"));
    table.columns = vec![Column::new("id", Type::I32)];
    table
}

fn check(project: &Project, database: &Database, connection: &mut dyn Connection) -> Checked {
    runner::check(
        connection,
        database.dialect(),
        &project.load(),
        &Tables::default(),
    )
    .unwrap_or_else(|error| panic!("{error}"))
}

/// What is found of a database that lacks the second revision, and where nothing can be tried out.
fn only_pending(checked: &Checked, why: &str) {
    let codes: Vec<_> = checked.findings.iter().map(runner::Finding::code).collect();
    assert_eq!(codes, ["pending"], "{:?}", checked.findings);
    let uncompared = checked.uncompared.as_ref().expect("the check cannot be compared");
    assert!(uncompared.to_string().contains(why), "{uncompared}");
    assert!(
        uncompared
            .expressions
            .contains(&"the check `ck_price` of `items`".to_owned()),
        "{uncompared}"
    );
    assert!(!uncompared.hint().is_empty());
}

/// What is found once an index is gone and a plain default is another.
fn drifted(checked: &Checked) {
    let found: Vec<_> = checked.findings.iter().map(ToString::to_string).collect();
    assert!(
        found
            .iter()
            .any(|text| text.contains("removed index 'ix_items_price'")),
        "{found:?}"
    );
    assert!(found.iter().any(|text| text.contains("items.price")), "{found:?}");
    assert_eq!(checked.findings.len(), 3, "{found:?}");
}

fn run(connection: &mut dyn Connection, statements: &[&str]) {
    for sql in statements {
        connection
            .execute(sql, &[])
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}

/// A user of a server, for one test.
struct User {
    name: String,
    admin: Box<dyn Connection>,
    leave: Vec<String>,
}

impl Drop for User {
    fn drop(&mut self) {
        for sql in &self.leave {
            let _ = self.admin.execute(sql, &[]);
        }
    }
}

fn as_user(fresh: &Fresh, name: &str) -> Box<dyn Connection> {
    let server = fresh.url().server().unwrap();
    let scheme = fresh.url().dialect();
    let port = server.port().map(|port| format!(":{port}")).unwrap_or_default();
    let url = format!(
        "{scheme}://{name}:secret@{}{port}/{}",
        server.host(),
        server.database().unwrap()
    );
    let url: DatabaseUrl = url.parse().unwrap();
    db::open(&url).unwrap_or_else(|error| panic!("{error}"))
}

/// Makes a user who has these rights on a database.
fn user_of_mysql(fresh: &Fresh, rights: &str) -> User {
    let mut name = format!("u{}", &unique_name().replace("autogen_test", ""));
    name.truncate(32);
    let mut user = User {
        admin: fresh.open(),
        leave: vec![format!("DROP USER {name}")],
        name,
    };
    let name = &user.name;
    let here = fresh.url().server().unwrap().database().unwrap();
    run(
        &mut *user.admin,
        &[
            &format!("CREATE USER {name} IDENTIFIED BY 'secret'"),
            &format!("GRANT {rights} ON `{here}`.* TO {name}"),
        ],
    );
    user
}

#[test]
fn a_user_who_only_reads_and_writes_rows_can_check_on_mysql() {
    let Some(database) = servers::database("mysql") else {
        return;
    };
    let project = Project::new();
    let fresh = upgraded(&project, database);
    assert_eq!(check(&project, database, &mut *fresh.open()).uncompared, None);
    let mut user = user_of_mysql(&fresh, "SELECT, INSERT, UPDATE, DELETE");
    let mut connection = as_user(&fresh, &user.name);
    only_pending(&check(&project, database, &mut *connection), "denied");
    run(
        &mut *user.admin,
        &[
            "ALTER TABLE items ALTER price SET DEFAULT 5",
            "DROP INDEX ix_items_price ON items",
        ],
    );
    drifted(&check(&project, database, &mut *connection));
}

#[test]
fn a_user_who_only_reads_sees_foreign_keys_on_mysql() {
    let Some(database) = servers::database("mysql") else {
        return;
    };
    let fresh = database.fresh();
    run(
        &mut *fresh.open(),
        &[
            "CREATE TABLE a (x int UNIQUE, y int, PRIMARY KEY (x, y))",
            "CREATE TABLE b (x int, y int, z int, CONSTRAINT fk_xy FOREIGN KEY (x, y) REFERENCES a (x, y) ON DELETE CASCADE)",
            "ALTER TABLE b ADD CONSTRAINT fk_z FOREIGN KEY (z) REFERENCES a (x) ON DELETE SET NULL ON UPDATE CASCADE",
        ],
    );
    let user = user_of_mysql(&fresh, "SELECT");
    let reflected = |connection: &mut dyn Connection| database.dialect().reflect(connection).unwrap();
    let seen = reflected(&mut *as_user(&fresh, &user.name));
    assert_eq!(seen.tables[&TableName::new("b")].foreign_keys.len(), 2);
    assert_eq!(seen, reflected(&mut *fresh.open()));
}

#[test]
fn a_user_without_temporary_tables_can_check_on_postgres() {
    let Some(database) = servers::database("postgres") else {
        return;
    };
    let project = Project::new();
    let fresh = upgraded(&project, database);
    let name = unique_name();
    let here = fresh.url().server().unwrap().database().unwrap().to_owned();
    let mut user = User {
        leave: vec![format!("DROP OWNED BY {name}"), format!("DROP ROLE {name}")],
        admin: fresh.open(),
        name,
    };
    let name = user.name.clone();
    run(
        &mut *user.admin,
        &[
            &format!("CREATE ROLE {name} LOGIN PASSWORD 'secret'"),
            &format!("REVOKE TEMPORARY ON DATABASE {here} FROM PUBLIC"),
            &format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}"),
        ],
    );
    let mut connection = as_user(&fresh, &name);
    only_pending(&check(&project, database, &mut *connection), "permission denied");
    run(
        &mut *user.admin,
        &[
            "ALTER TABLE items ALTER price SET DEFAULT 5",
            "DROP INDEX ix_items_price",
        ],
    );
    drifted(&check(&project, database, &mut *connection));
}

#[test]
fn a_session_that_only_reads_can_check_on_postgres() {
    let Some(database) = servers::database("postgres") else {
        return;
    };
    let project = Project::new();
    let fresh = upgraded(&project, database);
    let mut connection = fresh.open();
    run(&mut *connection, &["SET default_transaction_read_only = on"]);
    only_pending(
        &check(&project, database, &mut *connection),
        "read-only transaction",
    );
    // Where nothing has to be tried out, nothing is left uncompared.
    let error = runner::upgrade(
        &mut *connection,
        database.dialect(),
        &project.load(),
        project.load().heads(),
        &autogen_tests::chain::options(),
        &mut |_| {},
    )
    .unwrap_err();
    assert!(!error.hint().unwrap().contains("file"), "{:?}", error.hint());
}

#[test]
fn a_constraint_that_may_not_hold_is_found() {
    for database in servers::databases() {
        let dialect = database.dialect();
        let (sql, why) = match dialect.name() {
            "postgres" => (
                vec![
                    "ALTER TABLE items DROP CONSTRAINT ck_price",
                    "ALTER TABLE items ADD CONSTRAINT ck_price CHECK (price > 0 AND NOT (price = 7)) NOT VALID",
                ],
                "not all rows were checked (`NOT VALID`)",
            ),
            "mysql" if !servers::is_mariadb() => (
                vec!["ALTER TABLE items ALTER CHECK ck_price NOT ENFORCED"],
                "it is `NOT ENFORCED`",
            ),
            _ => continue,
        };
        let project = Project::new();
        let fresh = upgraded(&project, database);
        let connection = &mut *fresh.open();
        for sql in sql {
            connection.execute(sql, &[]).unwrap();
        }
        let found: Vec<_> = check(&project, database, connection)
            .findings
            .iter()
            .map(|finding| format!("{}: {finding}", finding.code()))
            .collect();
        let expected = format!("unenforced: the constraint `ck_price` of `items` may not hold: {why}");
        assert!(found.contains(&expected), "{found:?}");
        assert_eq!(found.len(), 2, "{found:?}");
    }
}

#[test]
fn a_foreign_key_whose_triggers_are_disabled_is_found() {
    let Some(database) = servers::database("postgres") else {
        return;
    };
    let connection = &mut *database.empty();
    for sql in [
        "CREATE TABLE a (id int PRIMARY KEY)",
        "CREATE TABLE b (a int CONSTRAINT fk_b REFERENCES a, c int CONSTRAINT ck_b CHECK (c > 0))",
    ] {
        connection.execute(sql, &[]).unwrap();
    }
    assert_eq!(database.dialect().unenforced(connection).unwrap(), []);
    for table in ["a", "b"] {
        connection
            .execute(&format!("ALTER TABLE {table} DISABLE TRIGGER ALL"), &[])
            .unwrap();
        let found = database.dialect().unenforced(connection).unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].constraint, "fk_b");
        assert_eq!(found[0].why, "its triggers are disabled");
        connection
            .execute(&format!("ALTER TABLE {table} ENABLE TRIGGER ALL"), &[])
            .unwrap();
    }
}

#[test]
fn how_a_session_quotes_names_is_no_drift_on_postgres() {
    let Some(database) = servers::database("postgres") else {
        return;
    };
    let project = Project::new();
    let fresh = upgraded(&project, database);
    let here = fresh.url().server().unwrap().database().unwrap();
    let setting = format!("ALTER DATABASE {here} SET quote_all_identifiers = on");
    run(&mut *fresh.open(), &[&setting]);
    let checked = check(&project, database, &mut *fresh.open());
    let codes: Vec<_> = checked.findings.iter().map(runner::Finding::code).collect();
    assert_eq!(
        (codes, checked.uncompared),
        (vec!["pending"], None),
        "{:?}",
        checked.findings
    );
}
