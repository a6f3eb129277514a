//! What is said of the differ cases when they are written: the file `hazards.txt` names cases of `tests/diff`, each with the
//! hazards of its step, on any database and then on each by itself. `UPDATE_EXPECT=1` writes what is found into it.

use std::path::Path;

use autogen_tests::case::Case;
use autogen_tests::law::create;
use schema_core::db::Connection;
use schema_core::db::sqlite::SqliteConnection;
use schema_core::dialect::sqlite::Sqlite;
use schema_core::dialect::{self, Change};
use schema_core::diff::{Answers, diff};
use schema_core::hazard::hazards;
use schema_core::operation::reverse_all;
use schema_core::plan::plan;

#[test]
fn hazards_are_said_with_the_safe_form() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = folder.join("hazards.txt");
    let expected = std::fs::read_to_string(&file).unwrap();
    let mut actual = String::new();
    let mut named = 0;
    for line in expected.lines().filter(|line| line.starts_with(['#', '='])) {
        let Some(name) = line.strip_prefix("== ") else {
            actual.push_str(&format!("{line}\n"));
            continue;
        };
        named += 1;
        let (way, name) = match name.strip_prefix("back ") {
            Some(name) => ("back", name),
            None => ("", name),
        };
        let case = Case::read(&folder.join("diff").join(format!("{name}.txt")));
        let operations = diff(&case.from, &case.to, &case.answers);
        let (operations, from, to, answers) = match way {
            "" => (operations, &case.from, &case.to, case.answers.clone()),
            _ => (reverse_all(&operations), &case.to, &case.from, Answers::default()),
        };
        actual.push_str(&format!("\n{line}\n"));
        let quote = |name: &str| format!("\"{name}\"");
        for hazard in hazards(&operations, from, to, &answers, &quote) {
            actual.push_str(&format!("{} {}\n    {}\n", hazard.code, hazard.text, hazard.safe));
        }
        for dialect in dialect::all()
            .iter()
            .filter(|dialect| case.is_for(dialect.name()))
        {
            let Ok(plans) = plan(*dialect, &case.from, &case.to, &case.answers) else {
                continue;
            };
            let script = if way.is_empty() {
                plans.upgrade
            } else {
                plans.downgrade
            };
            for located in dialect.hazards(&Change {
                script: &script,
                operations: &operations,
                from,
                to,
            }) {
                let hazard = located.hazard;
                let name = dialect.name();
                actual.push_str(&format!(
                    "{name} {} {}\n    {}\n",
                    hazard.code, hazard.text, hazard.safe
                ));
            }
        }
    }
    assert!(named > 20, "the file names cases");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(file, actual).unwrap();
    } else {
        assert!(
            actual == expected,
            "hazards.txt differs; what was found:\n{actual}"
        );
    }
}

/// Whoever does as a hazard says asks the database before the upgrade, so the query must be about what is there then.
#[test]
fn what_is_to_be_looked_for_first_can_be() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("diff");
    let mut looked = 0;
    for entry in std::fs::read_dir(cases).unwrap() {
        let path = entry.unwrap().path();
        let case = Case::read(&path);
        // In brackets, SQLite takes no name that is not there for a text.
        let quote = |name: &str| format!("[{name}]");
        let operations = diff(&case.from, &case.to, &case.answers);
        let found = hazards(&operations, &case.from, &case.to, &case.answers, &quote);
        let queries = found
            .iter()
            .filter_map(|hazard| hazard.safe.strip_prefix("look first: `")?.strip_suffix('`'));
        for query in queries.filter(|_| case.is_for("sqlite")) {
            let mut database = SqliteConnection::in_memory().unwrap();
            create(&mut database, &Sqlite, &case.from);
            database
                .for_each(query, &[], &mut |_| true)
                .unwrap_or_else(|error| panic!("{}: {error}: {query}", path.display()));
            looked += 1;
        }
    }
    assert!(looked > 20, "cases look first: {looked}");
}
