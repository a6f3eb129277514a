#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]
//! What the command costs when cargo's own build is set aside: CPU time and memory of whole processes, beside
//! their budgets.
//!
//! `cargo bench -p autogen-tests --bench command` prints a line per measure. It judges nothing by itself: machines
//! differ, and a budget is for the reader to hold it to.

mod built;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use built::{Built, Result};
use wait4::Wait4;

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

/// The command under measure, and where the projects are.
struct Bench {
    built: Built,
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
        Ok(Bench {
            built: Built::new()?,
            scratch: tempfile::tempdir()?,
        })
    }

    fn project(&self, tables: usize) -> Result<Project> {
        let folder = self.scratch.path().join(format!("project{tables}"));
        std::fs::create_dir_all(&folder)?;
        let artifact = self.built.artifact(tables, "")?;
        let project = Project {
            name: format!("{tables} tables"),
            folder,
            artifact,
            tables,
        };
        self.run(&project, &["init"], None)?;
        Ok(project)
    }

    /// Runs the command on a project, once if there is no budget, else often, and prints what it cost.
    fn run(&self, project: &Project, arguments: &[&str], budget: Option<u32>) -> Result<()> {
        let reads_models = matches!(arguments[0], "migrate" | "check");
        let mut costs = Vec::new();
        for _ in 0..if budget.is_some() { RUNS } else { 1 } {
            let mut command = Command::new(&self.built.autogen);
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
        let artifact = bench
            .built
            .artifact(self.tables, "    pub extra: Option<String>,\n")?;
        Ok(Project { artifact, ..self })
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
