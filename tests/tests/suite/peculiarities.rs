#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! What makes a table or an index something else than it seems to be, and no model can say: `check` tells it, and finds nothing wrong.

use std::collections::BTreeMap;

use autogen_tests::chain;
use autogen_tests::revisions::{Project, revision};
use autogen_tests::servers::{self, Database};
use schema_core::diff::{Answers, diff};
use schema_core::history::files::{Scripts, write_revision};
use schema_core::plan::plan;
use schema_core::runner::{self, Tables};
use schema_core::schema::{Column, Index, IndexKey, Schema, Table, TableName, Type};
use schema_core::script::render;

/// A history that makes a table with a unique index, and then another one.
fn project(database: &Database) -> Project {
    let table = |name: &str| {
        let mut table = Table::new(TableName::new(name));
        table.columns = vec![Column::new("id", Type::I64), Column::new("size", Type::I64)];
        // MySQL takes a unique key without NULLs for the primary one, which it does not do without.
        table.columns[1].nullable = true;
        let mut index = Index::new(format!("uq_{name}_size"), vec![IndexKey::column("size")]);
        (index.unique, index.constraint) = (true, true);
        table.add_index(index);
        table
    };
    let project = Project::new();
    let (mut from, mut tables) = (Schema::default(), Vec::new());
    for (number, name) in [(1, "items"), (2, "theirs")] {
        tables.push(table(name));
        let to = Schema::from_iter(tables.clone());
        let plans = plan(database.dialect(), &from, &to, &Answers::default()).unwrap();
        let scripts = Scripts {
            upgrade: render(&plans.upgrade, "create"),
            downgrade: render(&plans.downgrade, "create"),
        };
        let parents: &[u32] = if number == 1 { &[] } else { &[1] };
        let mut revision = revision(number, parents, "create");
        revision.operations = diff(&from, &to, &Answers::default());
        let scripts = BTreeMap::from([(database.dialect().name().to_owned(), scripts)]);
        write_revision(&project.migrations(), &revision, &scripts).unwrap();
        from = to;
    }
    project
}

/// Returns the statements that make something of a table that no model can say, and what is told of it then.
fn peculiar(database: &Database, table: &str) -> (Vec<String>, String) {
    match database.dialect().name() {
        "sqlite" => (
            vec![
                format!("DROP TABLE {table}"),
                format!(
                    "CREATE TABLE {table} (id BIGINT NOT NULL ON CONFLICT REPLACE, size BIGINT, \
                     CONSTRAINT uq_{table}_size UNIQUE (size) ON CONFLICT REPLACE)"
                ),
            ],
            format!(
                "clause ON CONFLICT REPLACE of `{table}`: what is in the way of a new row is deleted, and a NULL becomes the default"
            ),
        ),
        "postgres" => (
            vec![format!("ALTER TABLE {table} SET UNLOGGED")],
            format!("clause UNLOGGED of `{table}`: its rows are gone after a crash, and no replica has them"),
        ),
        _mysql => {
            let word = if servers::is_mariadb() {
                "IGNORED"
            } else {
                "INVISIBLE"
            };
            (
                vec![format!("ALTER TABLE {table} ALTER INDEX uq_{table}_size {word}")],
                format!("clause {word} of index `uq_{table}_size`: no query uses it"),
            )
        }
    }
}

#[test]
fn what_a_table_does_and_no_model_says_is_told_and_no_finding() {
    for database in servers::databases() {
        let (project, fresh, dialect) = (project(database), database.fresh(), database.dialect());
        let history = project.load();
        let mut connection = fresh.open();
        let (options, heads) = (chain::options(), history.heads());
        runner::upgrade(&mut *connection, dialect, &history, heads, &options, &mut |_| {})
            .unwrap_or_else(|error| panic!("{error}"));
        let tables = Tables::new([], ["theirs"]).unwrap();
        let before = runner::check(&mut *connection, dialect, &history, &tables).unwrap();
        assert!(
            before.findings.is_empty() && before.unmanaged.is_empty(),
            "{before:?}"
        );

        let mut told = Vec::new();
        for table in ["items", "theirs"] {
            let (statements, text) = peculiar(database, table);
            for sql in statements {
                connection
                    .execute(&sql, &[])
                    .unwrap_or_else(|error| panic!("{sql}: {error}"));
            }
            told.push(text);
        }
        let checked = runner::check(&mut *connection, dialect, &history, &tables).unwrap();
        assert!(checked.findings.is_empty(), "{:?}", checked.findings);
        let found: Vec<String> = checked.unmanaged.iter().map(|thing| thing.told()).collect();
        assert_eq!(found, told[..1], "what is left alone is nobody's business");
        // Whoever asks for all that no model can say gets it as well.
        let all = dialect.unmanaged(&mut *connection).unwrap();
        let all: Vec<String> = all.iter().map(|thing| thing.told()).collect();
        assert!(told.iter().all(|text| all.contains(text)), "{all:?}");
    }
}
