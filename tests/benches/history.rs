#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]
//! What a long history costs the commands that people run all day: CPU time and memory of whole processes with a thousand revisions,
//! beside their budgets.
//!
//! `cargo bench -p autogen-tests --bench history` prints a line per measure. It judges nothing by itself.

mod built;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use schema_core::dialect::sqlite::Sqlite;
use schema_core::diff::Answers;
use schema_core::history::files::{Scripts, write_revision, write_snapshot};
use schema_core::history::{Revision, RevisionId, ScriptSums};
use schema_core::operation::{Operation, apply_all};
use schema_core::plan::plan;
use schema_core::schema::{Auto, Column, PrimaryKey, Schema, Table, TableName, Type};
use schema_core::script::{checksum, render};
use wait4::Wait4;

use built::{Built, Result};

/// How many tables there are. Each is made by one revision and changed by three.
const TABLES: u32 = 250;

/// The columns that come later, one with each revision.
const LATER: [&str; 3] = ["price", "amount", "rank"];

/// How often each command runs; the median counts.
const RUNS: usize = 15;

fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let project = folder.path();
    write_history(&project.join("migrations"))?;
    let built = Built::new()?;
    let artifact = built.library("models", &models()?)?;
    let autogen = built.autogen;
    run(&autogen, project, &["upgrade"], 1)?;
    println!(
        "{:<52} {:>10} {:>10} {:>10}",
        "with 1,000 revisions", "CPU ms", "budget", "peak MiB"
    );
    let artifact = artifact.to_str().ok_or("a path that is no text")?;
    for (command, budget) in [
        (&["--version"][..], "-"),
        (&["current"], "20"),
        (&["history"], "20"),
        (&["history", "--graph", "-i"], "-"),
        (&["lint"], "-"),
        (&["lint", ":"], "-"),
        (&["upgrade"], "20"),
        (&["check", "--artifact", artifact], "40"),
        (&["check", "--database"], "-"),
    ] {
        let (cpu, memory) = run(&autogen, project, command, RUNS)?;
        let shown: Vec<&str> = command
            .iter()
            .filter(|word| **word != artifact)
            .copied()
            .collect();
        println!(
            "{:<52} {:>10.1} {budget:>10} {:>10.1}",
            format!("autogen {}", shown.join(" ")),
            cpu.as_secs_f64() * 1_000.0,
            memory as f64 / 1_048_576.0
        );
    }
    Ok(())
}

/// Runs a command that often, and returns the median of its CPU time, with the memory of that run.
fn run(autogen: &Path, project: &Path, arguments: &[&str], times: usize) -> Result<(Duration, u64)> {
    let mut costs = Vec::new();
    for _ in 0..times {
        let end = Command::new(autogen)
            .args(arguments)
            .current_dir(project)
            .env_remove("DATABASE_URL")
            .env_remove("AUTOGEN_DATABASE_URL")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?
            .wait4()?;
        if !end.status.success() {
            return Err(format!("autogen {arguments:?} ended with {}", end.status).into());
        }
        costs.push((end.rusage.utime + end.rusage.stime, end.rusage.maxrss));
    }
    costs.sort();
    Ok(costs[costs.len() / 2])
}

/// Writes four revisions for each table, every one with its scripts.
fn write_history(migrations: &Path) -> Result<()> {
    std::fs::create_dir_all(migrations)?;
    std::fs::write(
        migrations.join("autogen.toml"),
        "dialects = [\"sqlite\"]\n\n[database]\nurl = \"sqlite:app.db\"\n",
    )?;
    let mut schema = Schema::default();
    let mut last = None;
    for table in 0..TABLES {
        for operation in operations(table) {
            let number = last.map_or(0, |number: u32| number + 1);
            let to = apply_all(schema.clone(), [&operation])?;
            let plans = plan(&Sqlite, &schema, &to, &Answers::default())?;
            let scripts = Scripts {
                upgrade: render(&plans.upgrade, "upgrade"),
                downgrade: render(&plans.downgrade, "downgrade"),
            };
            let sums = ScriptSums {
                upgrade: checksum(&scripts.upgrade),
                downgrade: checksum(&scripts.downgrade),
                edited: std::collections::BTreeSet::new(),
            };
            let revision = Revision {
                id: RevisionId::new(0x6900_0000 + number, 0),
                parents: last
                    .map(|last| RevisionId::new(0x6900_0000 + last, 0))
                    .into_iter()
                    .collect(),
                message: operation.describe(),
                created: "2026-01-02T03:04:05Z".to_owned(),
                operations: vec![operation],
                answers: Answers::default(),
                scripts: BTreeMap::from([("sqlite".to_owned(), sums)]),
                replaces: Vec::new(),
                overrules: Vec::new(),
            };
            write_revision(
                migrations,
                &revision,
                &BTreeMap::from([("sqlite".to_owned(), scripts)]),
            )?;
            schema = to;
            last = Some(number);
        }
    }
    write_snapshot(migrations, &schema)?;
    Ok(())
}

fn operations(number: u32) -> Vec<Operation> {
    let name = TableName::new(format!("things_{number}"));
    let mut table = Table::new(name.clone());
    table.columns = vec![
        Column {
            auto: Auto::Auto,
            ..Column::new("id", Type::I64)
        },
        Column::new("name", Type::Text { length: None }),
    ];
    table.primary_key = Some(PrimaryKey {
        name: format!("pk_{}", name.name),
        columns: vec!["id".to_owned()],
    });
    let mut after = "name".to_owned();
    let mut operations = vec![Operation::CreateTable { table }];
    for later in LATER {
        operations.push(Operation::AddColumn {
            table: name.clone(),
            column: Column {
                nullable: true,
                ..Column::new(later, Type::I64)
            },
            after: Some(std::mem::replace(&mut after, later.to_owned())),
            backfill: None,
        });
    }
    operations
}

/// Writes the models to which the history leads.
fn models() -> Result<String> {
    let mut source = String::from("//! Models.\n");
    for table in 0..TABLES {
        write!(
            source,
            "#[derive(schema_core::Model)]\n#[model(table = \"things_{table}\")]\npub struct Thing{table} {{\n    pub id: i64,\n    pub name: String,\n"
        )?;
        for later in LATER {
            writeln!(source, "    pub {later}: Option<i64>,")?;
        }
        source.push_str("}\n");
    }
    Ok(source)
}
