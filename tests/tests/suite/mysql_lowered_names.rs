#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic")]
//! A server that keeps the names of tables in lower case, as MySQL and MariaDB do on Windows: models may call their tables otherwise.

use std::collections::BTreeMap;

use autogen_tests::chain;
use autogen_tests::provision::start_with;
use autogen_tests::revisions::{Project, id, revision};
use autogen_tests::servers::SERVERS;
use schema_core::db::drivers::mysql;
use schema_core::diff::{Answers, diff};
use schema_core::history::files::{Scripts, write_revision};
use schema_core::migrator::Migrator;
use schema_core::plan::plan;
use schema_core::runner::{self, Tables};
use schema_core::schema::{
    Action, Check, Column, Expression, ForeignKey, PrimaryKey, Schema, Table, TableName, Type,
};
use schema_core::script::render;
use schema_core::{db, dialect, testing};

fn table(name: &str, columns: &[&str]) -> Table {
    let mut table = Table::new(TableName::new(name));
    table.columns = columns.iter().map(|name| Column::new(*name, Type::I64)).collect();
    table.primary_key = Some(PrimaryKey {
        name: format!("pk_{name}"),
        columns: vec![columns[0].to_owned()],
    });
    table
}

/// The schemas after each revision: two tables with a foreign key between them; a column and a check more; another name.
fn schemas() -> [Schema; 3] {
    let items = table("Items", &["Id"]);
    let mut kids = table("ItemKids", &["id", "Item"]);
    kids.add_foreign_key(ForeignKey {
        on_delete: Action::Cascade,
        ..ForeignKey::new("fk_Kids_Items", ["Item"], TableName::new("Items"), ["Id"])
    });
    let first = Schema::from_iter([items.clone(), kids.clone()]);
    let mut wider = items;
    let mut price = Column::new("Price", Type::I64);
    price.nullable = true;
    wider.columns.push(price);
    let check = Check {
        name: "ck_Price".to_owned(),
        expression: Expression::new("\"Price\" > 0"),
    };
    wider.add_check(check);
    let second = Schema::from_iter([wider.clone(), kids.clone()]);
    wider.name = TableName::new("Goods");
    for key in kids.foreign_keys.values_mut() {
        key.references = wider.name.clone();
    }
    [first, second, Schema::from_iter([wider, kids])]
}

fn project() -> Project {
    let project = Project::new();
    let dialect = dialect::by_name("mysql").unwrap();
    let mut from = Schema::default();
    for (number, to) in (1..).zip(schemas()) {
        let mut answers = Answers::default();
        if number == 3 {
            let (old, new) = (TableName::new("Items"), TableName::new("Goods"));
            answers.renamed_tables.insert(old, new);
        }
        let plans = plan(dialect, &from, &to, &answers).unwrap();
        let scripts = Scripts {
            upgrade: render(&plans.upgrade, "change"),
            downgrade: render(&plans.downgrade, "change"),
        };
        let parents: Vec<u32> = (number > 1).then_some(number - 1).into_iter().collect();
        let mut revision = revision(number, &parents, "change");
        revision.operations = diff(&from, &to, &answers);
        let scripts = BTreeMap::from([("mysql".to_owned(), scripts)]);
        write_revision(&project.migrations(), &revision, &scripts).unwrap();
        from = to;
    }
    project
}

#[test]
fn tables_are_found_under_the_names_that_the_server_gives_them() {
    let server = SERVERS.iter().find(|server| server.dialect == "mysql").unwrap();
    let running = match start_with(server, |_| Ok(vec!["--lower-case-table-names=1".to_owned()])) {
        Ok(running) => running,
        Err(why) => {
            assert!(std::env::var_os("CI").is_none(), "{why}");
            println!("skipped: {why}");
            return;
        }
    };
    let project = project();
    let migrations = project.embed();
    testing::up_down_up_at(&migrations, &running.url);

    let mut client = mysql::Conn::new(running.url.as_str()).unwrap();
    let applied = Migrator::new(&migrations).upgrade(&mut client).unwrap();
    assert_eq!(applied.len(), 3);
    let status = Migrator::new(&migrations).check(&mut client).unwrap();
    assert!(status.is_ok() && status.uncompared().is_none(), "{status}");

    let (history, dialect) = (project.load(), dialect::by_name("mysql").unwrap());
    let mut connection = db::open(&running.url.parse().unwrap()).unwrap();
    let agreement = runner::agree(&mut *connection, dialect, &schemas()[2], &Tables::default()).unwrap();
    assert_eq!((agreement.differences, agreement.others), (vec![], vec![]));

    // What is drift is drift, under the name that the table has there; what is excluded is excluded by the name that the model gives it.
    connection
        .execute("ALTER TABLE Goods ADD COLUMN own INTEGER", &[])
        .unwrap();
    let status = Migrator::new(&migrations).check(&mut client).unwrap();
    let drift: Vec<String> = status.drift().map(|operation| operation.describe()).collect();
    assert_eq!(drift, ["added column 'goods.own'"]);
    let excluded = migrations.with_tables(&[], &["Goods"]);
    let status = Migrator::new(&excluded).check(&mut client).unwrap();
    assert!(status.is_ok(), "{status}");
    connection
        .execute("ALTER TABLE Goods DROP COLUMN own", &[])
        .unwrap();

    let options = chain::options();
    for number in [2, 1] {
        let target = [id(number)];
        runner::downgrade(
            &mut *connection,
            dialect,
            &history,
            &target,
            &options,
            &mut |_| {},
        )
        .unwrap_or_else(|error| panic!("{error}"));
        let checked = runner::check(&mut *connection, dialect, &history, &Tables::default()).unwrap();
        let codes: Vec<_> = checked.findings.iter().map(runner::Finding::code).collect();
        assert!(
            codes.iter().all(|code| *code == "pending"),
            "{:?}",
            checked.findings
        );
    }
}
