#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! The law of `inspect --format rust`: the structs of a schema compile, and are that schema again.
//!
//! Compiling takes its time, so the generated schemas are the modules of one program, which prints the tables of its models.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use autogen_tests::generate;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use schema_core::describe::{Rust, dot, mermaid, rust, text};
use schema_core::dialect::{self, Dialect, generalize};
use schema_core::schema::{Column, Schema, Table, Type};

/// How many schemas are compiled, unless `PROPTEST_CASES` says more.
const CASES: usize = 40;

const MANIFEST: &str = "\
[package]
name = \"inspected\"
version = \"0.1.0\"
edition = \"2024\"

[dependencies]
schema-core = { path = {core}, features = [\"chrono\", \"ipnetwork\", \"rust_decimal\", \"serde_json\", \"uuid\"] }
chrono = { version = \"0.4\", default-features = false }
ipnetwork = { version = \"0.21\", default-features = false }
rust_decimal = { version = \"1\", default-features = false }
serde_json = \"1\"
uuid = { version = \"1\", default-features = false }

[workspace]
";

/// A schema as a database of the dialect holds it, and its structs.
struct Case {
    dialect: &'static dyn Dialect,
    held: Schema,
    rust: Rust,
}

/// Returns generated schemas that a dialect can hold; the same ones in every run that asks for no more.
fn cases() -> Vec<Case> {
    let (mut runner, wanted) = match std::env::var("PROPTEST_CASES") {
        Ok(cases) => (TestRunner::default(), cases.parse().unwrap()),
        Err(_) => (TestRunner::deterministic(), CASES),
    };
    let mut cases = Vec::new();
    let mut dialects = dialect::all().iter().cycle();
    while cases.len() < wanted {
        let dialect = *dialects.next().unwrap();
        let schema = generate::schema().new_tree(&mut runner).unwrap().current();
        let Ok(held) = dialect.normalize(&schema) else {
            continue;
        };
        let rust = rust(&generalize(dialect, &held), "A generated schema.");
        cases.push(Case { dialect, held, rust });
    }
    cases
}

/// Writes a program that prints the tables of each case's models, one case a line.
fn program(folder: &Path, cases: &[Case]) {
    std::fs::create_dir_all(folder.join("src")).unwrap();
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let core = format!("{:?}", workspace.join("schema-core"));
    std::fs::write(folder.join("Cargo.toml"), MANIFEST.replace("{core}", &core)).unwrap();
    std::fs::copy(workspace.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let mut main = String::from(
        "#![allow(dead_code, uncommon_codepoints)]\n\nuse schema_core::Model as _;\nuse schema_core::schema::Table;\n\n",
    );
    let mut body = String::new();
    for (at, case) in cases.iter().enumerate() {
        std::fs::write(folder.join(format!("src/m{at}.rs")), &case.rust.text).unwrap();
        let _ = writeln!(main, "mod m{at};");
        let structs = case
            .rust
            .text
            .lines()
            .filter_map(|line| line.strip_prefix("pub struct ")?.strip_suffix(" {"));
        let tables: Vec<String> = structs.map(|name| format!("m{at}::{name}::table()")).collect();
        let _ = writeln!(body, "    print(&[{}]);", tables.join(", "));
    }
    let print =
        "fn print(tables: &[Table]) {\n    println!(\"{}\", serde_json::to_string(tables).unwrap());\n}\n";
    let _ = write!(main, "\n{print}\nfn main() {{\n{body}}}\n");
    std::fs::write(folder.join("src/main.rs"), main).unwrap();
}

#[test]
fn structs_of_a_schema_are_that_schema() {
    let cases = cases();
    let scratch = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let folder = scratch.join("projects/inspected");
    program(&folder, &cases);
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--offline"])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", scratch.join("target"))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");

    let lines = String::from_utf8(output.stdout).unwrap();
    assert_eq!(lines.lines().count(), cases.len());
    let (mut said, mut all) = (0, 0);
    for (line, case) in lines.lines().zip(&cases) {
        let tables: Vec<Table> = serde_json::from_str(line).unwrap();
        let found = case.dialect.normalize(&tables.into_iter().collect()).unwrap();
        all += case.held.tables.len();
        for table in case.held.tables.values() {
            let names = [format!("`{}`", table.name), format!("`{}.", table.name)];
            let is_named = |left_out: &String| names.iter().any(|name| left_out.contains(name));
            if case.rust.left_out.iter().any(is_named) {
                continue;
            }
            said += 1;
            assert_eq!(found.table(&table.name), Some(table), "{}", case.rust.text);
        }
    }
    // Names with quotes in them, which the generator likes, are no names of models.
    assert!(said * 3 > all, "{said} of {all}");
}

/// A database holds one type and one collation, but a history has what the models say.
#[test]
fn what_is_said_for_each_dialect_is_said_again() {
    let pairs = |pairs: [(&str, &str); 2]| pairs.map(|(dialect, said)| (dialect.to_owned(), said.to_owned()));
    let mut table = Table::new("cities".parse().unwrap());
    table.columns = vec![Column {
        sql_type: pairs([("mysql", "varchar(80)"), ("postgres", "citext")]).into(),
        collations: pairs([("postgres", "de-x-icu"), ("sqlite", "NOCASE")]).into(),
        ..Column::new("name", Type::Text { length: None })
    }];
    let schema = Schema::from_iter([table]);
    let said = rust(&schema, "A history.").text;
    for key in [
        r#"#[model(sql_type(mysql = "varchar(80)", postgres = "citext"))]"#,
        r#"#[model(collate(postgres = "de-x-icu", sqlite = "NOCASE"))]"#,
    ] {
        assert!(said.contains(key), "{said}");
    }
    let said = text(&schema);
    assert!(
        said.contains("collate de-x-icu on postgres  collate NOCASE on sqlite"),
        "{said}"
    );
}

#[test]
fn every_schema_has_its_diagrams() {
    for case in cases() {
        let tables = case.held.tables.len();
        let columns: usize = case.held.tables.values().map(|table| table.columns.len()).sum();
        let keys: usize = case
            .held
            .tables
            .values()
            .map(|table| table.foreign_keys.len())
            .sum();
        let mermaid = mermaid(&case.held);
        assert_eq!(
            mermaid.lines().count(),
            1 + 2 * tables + columns + keys,
            "{mermaid}"
        );
        let dot = dot(&case.held);
        assert_eq!(dot.lines().count(), 4 + tables + keys, "{dot}");
        assert_eq!(dot.matches("<tr>").count(), tables + columns, "{dot}");
        assert!(text(&case.held).lines().count() >= tables + columns);
    }
}
