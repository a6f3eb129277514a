#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! Tables that others have made for the server: it treats some of what is in them otherwise than what it is told by name.

use autogen_tests::servers;
use schema_core::dialect::Dialect as _;
use schema_core::dialect::mysql::MySql;
use schema_core::diff::Answers;
use schema_core::operation::Operation;
use schema_core::plan::plan;
use schema_core::runner::load;
use schema_core::schema::{Column, Index, IndexKey, Schema, Table, TableName, Type};
use schema_core::script::render;

/// Makes tables as others do, changes them and takes it back; nothing else is another one then.
fn changes(tables: &str, change: impl Fn(&mut Schema)) {
    changes_by(tables, &Answers::default(), change);
}

/// As [`changes`], with what the two schemas do not tell.
fn changes_by(tables: &str, answers: &Answers, change: impl Fn(&mut Schema)) {
    let Some(database) = servers::database("mysql") else {
        return;
    };
    let (fresh, dialect) = (database.fresh(), database.dialect());
    let mut connection = fresh.open();
    load(&mut *connection, dialect, tables).unwrap_or_else(|error| panic!("{error}"));
    let from = dialect.reflect(&mut *connection).unwrap();
    let mut to = from.clone();
    change(&mut to);
    let plans = plan(dialect, &from, &to, answers).unwrap();
    for (plan, expected) in [(plans.upgrade, &to), (plans.downgrade, &from)] {
        let script = render(&plan, "change");
        load(&mut *connection, dialect, &script).unwrap_or_else(|error| panic!("{script}{error}"));
        assert_eq!(
            dialect.reflect(&mut *connection).as_ref(),
            Ok(expected),
            "{script}"
        );
    }
}

fn table<'a>(schema: &'a mut Schema, name: &str) -> &'a mut Table {
    schema.tables.get_mut(&TableName::new(name)).unwrap()
}

const SALARIES: &str = "CREATE TABLE salaries (id int PRIMARY KEY, salary int NOT NULL CHECK (salary > 0), bonus int CHECK (bonus > 0), kind int);
    INSERT INTO salaries VALUES (1, 5, 6, 7)";

/// Leaves out the check of `bonus`, which MariaDB calls like the column and MySQL like the table.
fn leave_out_check(salaries: &mut Table) {
    salaries
        .checks
        .retain(|_, check| !check.expression.mentions("bonus"));
    assert_eq!(salaries.checks.len(), 1);
}

#[test]
fn a_check_of_a_column_outlives_another_definition() {
    changes(SALARIES, |schema| {
        let salary = table(schema, "salaries").column_mut("salary").unwrap();
        salary.ty = Type::Native("bigint".to_owned());
    });
}

#[test]
fn a_check_of_a_column_goes_and_comes() {
    changes(SALARIES, |schema| {
        leave_out_check(table(schema, "salaries"));
    });
}

#[test]
fn a_column_goes_with_its_check() {
    changes(SALARIES, |schema| {
        let salaries = table(schema, "salaries");
        // MariaDB calls it like the column, MySQL like the table.
        salaries
            .checks
            .retain(|_, check| !check.expression.mentions("bonus"));
        salaries.columns.retain(|column| column.name != "bonus");
    });
}

const LINES: &str = "CREATE TABLE orders (code char(4) PRIMARY KEY);
    CREATE TABLE `lines` (id int PRIMARY KEY, code char(4), FOREIGN KEY (code) REFERENCES orders (code));";

#[test]
fn the_index_of_a_foreign_key_outlives_another_one_that_serves_it() {
    changes(LINES, |schema| {
        let keys = ["code", "id"].map(IndexKey::column);
        let index = Index::new("by_code".to_owned(), keys.to_vec());
        table(schema, "lines").add_index(index);
    });
}

#[test]
fn the_index_of_a_foreign_key_outlives_a_key_that_comes_back() {
    changes(LINES, |schema| {
        for name in ["orders", "lines"] {
            let code = table(schema, name).column_mut("code").unwrap();
            code.ty = Type::Native("char(6)".to_owned());
        }
    });
}

#[test]
fn a_column_is_renamed_under_its_check() {
    let mut answers = Answers::default();
    let column = (TableName::new("salaries"), "salary".to_owned());
    answers.renamed_columns.insert(column, "pay".to_owned());
    changes_by(SALARIES, &answers, |schema| {
        let operation = Operation::RenameColumn {
            table: TableName::new("salaries"),
            from: "salary".to_owned(),
            to: "pay".to_owned(),
        };
        operation.apply(schema).unwrap();
    });
}

#[test]
fn a_text_among_bytes_is_refused() {
    let mut pages = Table::new(TableName::new("pages"));
    pages.options.charset = Some("binary".to_owned());
    pages.columns = vec![
        Column::new("title", Type::Bytes { length: Some(255) }),
        Column::new("note", Type::Text { length: None }),
    ];
    let normalized = MySql.normalize(&Schema::from_iter([pages.clone()]));
    assert_eq!(
        normalized.unwrap_err().to_string(),
        "mysql cannot hold column `pages.note`: a text in a table of the character set `binary` is bytes: make it `Vec<u8>`, or give it a collation of its own, such as `utf8mb4_bin`"
    );
    pages.columns[1].collation = Some("utf8mb4_bin".to_owned());
    MySql.normalize(&Schema::from_iter([pages])).unwrap();
}
