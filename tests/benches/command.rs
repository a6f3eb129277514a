#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]
//! What the command costs when cargo's own build is set aside: CPU time and memory of whole processes, beside
//! their budgets.
//!
//! `cargo bench -p autogen-tests --bench command` prints a line per measure. It judges nothing by itself: machines
//! differ, and a budget is for the reader to hold it to.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use wait4::Wait4;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How often each command runs; the median counts.
const RUNS: usize = 15;

fn main() -> Result<()> {
    let bench = Bench::new()?;
    println!("{:<52} {:>10} {:>10} {:>10}", "", "CPU ms", "budget", "peak MiB");
    let small = bench.project(5)?;
    bench.run(&small, &["migrate", "-m", "first"], None)?;
    bench.run(&small, &["upgrade"], None)?;
    for command in [&["--version"][..], &["--help"], &["current"], &["history"]] {
        bench.run(&small, command, Some(10))?;
    }
    for (tables, budget) in [(500, 30), (2_000, 120)] {
        let project = bench.project(tables)?;
        bench.run(&project, &["migrate", "--dry-run", "-m", "first"], None)?;
        bench.run(&project, &["migrate", "-m", "first"], None)?;
        bench.run(&project, &["check"], Some(budget))?;
        let project = project.with_one_more_column(&bench)?;
        bench.run(&project, &["migrate", "--dry-run"], Some(budget))?;
    }
    Ok(())
}

/// The command under measure, and where the artifacts are built.
struct Bench {
    autogen: PathBuf,
    workspace: PathBuf,
    scratch: tempfile::TempDir,
}

/// A folder with migrations, and the artifact that holds its models.
struct Project {
    name: String,
    folder: PathBuf,
    artifact: PathBuf,
    tables: usize,
}

impl Bench {
    fn new() -> Result<Self> {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .ok_or("no workspace")?
            .to_owned();
        build(
            &workspace,
            &["--release", "--package", "autogen-cli"],
            &workspace.join("target"),
        )?;
        let autogen = workspace.join("target/release/autogen");
        Ok(Bench {
            autogen,
            workspace,
            scratch: tempfile::tempdir()?,
        })
    }

    fn project(&self, tables: usize) -> Result<Project> {
        let folder = self.scratch.path().join(format!("project{tables}"));
        std::fs::create_dir_all(&folder)?;
        let artifact = self.artifact(tables, "")?;
        let project = Project {
            name: format!("{tables} tables"),
            folder,
            artifact,
            tables,
        };
        self.run(&project, &["init"], None)?;
        Ok(project)
    }

    /// Compiles a library with that many models of ten columns, and returns its rlib.
    fn artifact(&self, tables: usize, extra: &str) -> Result<PathBuf> {
        let name = format!("models{tables}{}", if extra.is_empty() { "" } else { "plus" });
        let folder = self.scratch.path().join(&name);
        std::fs::create_dir_all(folder.join("src"))?;
        let core = self.workspace.join("schema-core");
        std::fs::write(
            folder.join("Cargo.toml"),
            format!(
                "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
                 schema-core = {{ path = '{}' }}\n\n[workspace]\n",
                core.display()
            ),
        )?;
        std::fs::copy(self.workspace.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        std::fs::write(folder.join("src/lib.rs"), source(tables, extra)?)?;
        let target = self.workspace.join("target/bench");
        build(&folder, &["--offline"], &target)?;
        let kept = folder.join("models.rlib");
        std::fs::copy(target.join(format!("debug/lib{name}.rlib")), &kept)?;
        Ok(kept)
    }

    /// Runs the command on a project, once if there is no budget, else often, and prints what it cost.
    fn run(&self, project: &Project, arguments: &[&str], budget: Option<u32>) -> Result<()> {
        let reads_models = matches!(arguments[0], "migrate" | "check");
        let mut costs = Vec::new();
        for _ in 0..if budget.is_some() { RUNS } else { 1 } {
            let mut command = Command::new(&self.autogen);
            command
                .args(arguments)
                .current_dir(&project.folder)
                .stdin(Stdio::null())
                .stdout(Stdio::null());
            command.env_remove("DATABASE_URL").stderr(Stdio::null());
            if reads_models {
                command.arg("--artifact").arg(&project.artifact);
            }
            let end = command.spawn()?.wait4()?;
            if !end.status.success() && end.status.code() != Some(1) {
                return Err(format!("{command:?} ended with {}", end.status).into());
            }
            costs.push((end.rusage.utime + end.rusage.stime, end.rusage.maxrss));
        }
        costs.sort();
        let (cpu, memory) = costs[costs.len() / 2];
        let what = format!("autogen {} ({})", arguments.join(" "), project.name);
        let budget = budget.map_or("-".to_owned(), |budget| budget.to_string());
        println!(
            "{what:<52} {:>10.1} {budget:>10} {:>10.1}",
            milliseconds(cpu),
            memory as f64 / 1_048_576.0
        );
        Ok(())
    }
}

impl Project {
    /// Returns the same project after somebody added a column to one of its models.
    fn with_one_more_column(self, bench: &Bench) -> Result<Project> {
        let artifact = bench.artifact(self.tables, "    pub extra: Option<String>,\n")?;
        Ok(Project { artifact, ..self })
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

fn build(folder: &Path, arguments: &[&str], target: &Path) -> Result<()> {
    let mut command = Command::new("cargo");
    command
        .args(["build", "--quiet"])
        .args(arguments)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target);
    let status = command.status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{command:?} ended with {status}").into())
    }
}

/// Writes models of ten columns each: a key, a foreign key, an index, a unique name, a decimal-like text and so on.
fn source(tables: usize, extra: &str) -> Result<String> {
    let mut source = String::from("//! Models.\n");
    for table in 0..tables {
        let parent = table / 2;
        write!(
            source,
            "#[derive(schema_core::Model)]\npub struct Thing{table:04}Model {{\n    pub id: i64,\n    \
             #[model(length = 80, unique)]\n    pub name: String,\n    pub description: Option<String>,\n    \
             #[model(default = 0)]\n    pub count: i32,\n    pub price: f64,\n    #[model(index)]\n    pub code: String,\n    \
             pub active: bool,\n    pub data: Option<Vec<u8>>,\n    pub rank: Option<i16>,\n    \
             #[model(references(Thing{parent:04}Model, on_delete = cascade))]\n    pub parent_id: Option<i64>,\n{}}}\n",
            if table == tables / 2 { extra } else { "" }
        )?;
    }
    Ok(source)
}
