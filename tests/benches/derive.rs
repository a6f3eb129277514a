#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]
//! What the derive adds to a build: crates of N models × 10 columns against the same structs without it.
//!
//! `cargo bench -p autogen-tests --bench derive [N…]` prints the seconds of CPU time that a clean build of the crate and a rebuild
//! after a one-field edit take with and without the derive, all in one run, and their difference. Budgets: 1,000 models
//! add 2 s to a clean build, 200 add 0.35 s to a rebuild.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs, io};

use wait4::Wait4 as _;

fn main() -> io::Result<()> {
    let asked: Vec<usize> = env::args().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if asked.is_empty() { vec![200, 1000] } else { asked };
    let folder = tempfile::tempdir()?;
    println!(
        "{:>6} {:8} {:>8} {:>8} {:>8}",
        "models", "build", "plain", "derive", "added"
    );
    for models in sizes {
        let plain = Crate::write(folder.path(), models, Derive::No)?;
        let derived = Crate::write(folder.path(), models, Derive::Yes)?;
        let clean = (plain.clean()?, derived.clean()?);
        let edit = (plain.edit()?, derived.edit()?);
        for (build, (plain, derived)) in [("clean", clean), ("edit", edit)] {
            let [plain, derived] = [plain, derived].map(|time| time.as_secs_f64());
            println!(
                "{models:>6} {build:8} {plain:>7.2}s {derived:>7.2}s {:>7.2}s",
                derived - plain
            );
        }
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Derive {
    Yes,
    No,
}

/// A generated crate.
struct Crate {
    root: PathBuf,
    source: String,
}

impl Crate {
    fn write(folder: &Path, models: usize, derive: Derive) -> io::Result<Crate> {
        let name = match derive {
            Derive::Yes => format!("derived{models}"),
            Derive::No => format!("plain{models}"),
        };
        let root = folder.join(&name);
        fs::create_dir_all(root.join("src"))?;
        let core = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema-core");
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
             [dependencies]\nschema-core = {{ path = {core:?} }}\n\n[workspace]\n"
        );
        fs::write(root.join("Cargo.toml"), manifest)?;
        let source = source(models, derive);
        fs::write(root.join("src/lib.rs"), &source)?;
        let made = Crate { root, source };
        made.build()?;
        Ok(made)
    }

    /// Builds the crate as if for the first time; its dependencies are built.
    fn clean(&self) -> io::Result<Duration> {
        fs::remove_dir_all(self.root.join("../target/debug/incremental"))?;
        self.touch(&self.source)?;
        self.build()
    }

    /// Builds the crate after one field has another name.
    fn edit(&self) -> io::Result<Duration> {
        self.touch(&self.source.replacen("pub column_3:", "pub renamed:", 1))?;
        self.build()
    }

    /// Writes the source, and waits for what the clock of a file system can tell apart.
    fn touch(&self, source: &str) -> io::Result<()> {
        std::thread::sleep(Duration::from_millis(20));
        fs::write(self.root.join("src/lib.rs"), source)
    }

    /// Builds and returns the CPU time that cargo and the compiler took.
    fn build(&self) -> io::Result<Duration> {
        let mut cargo = Command::new(env!("CARGO"))
            .args(["build", "--quiet"])
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", self.root.join("../target"))
            // As cargo builds at home, whatever is set for the build of this.
            .env("CARGO_INCREMENTAL", "1")
            .spawn()?;
        let done = cargo.wait4()?;
        assert!(done.status.success(), "the generated crate builds");
        Ok(done.rusage.utime + done.rusage.stime)
    }
}

fn source(models: usize, derive: Derive) -> String {
    let types = [
        "i64",
        "String",
        "Option<String>",
        "f64",
        "i32",
        "bool",
        "Option<i64>",
        "Vec<u8>",
        "String",
    ];
    let mut source = String::new();
    for model in 0..models {
        if derive == Derive::Yes {
            source.push_str("#[derive(schema_core::Model)]\n");
        }
        let _ = writeln!(source, "pub struct Table{model}Model {{\n    pub id: i64,");
        for (column, ty) in types.iter().enumerate() {
            match (derive, column) {
                (Derive::Yes, 0) => {
                    let parent = model.saturating_sub(1);
                    let _ = writeln!(source, "    #[model(references(Table{parent}Model), index)]");
                }
                (Derive::Yes, 1) => source.push_str("    #[model(length = 80, unique)]\n"),
                (Derive::Yes | Derive::No, _) => {}
            }
            let _ = writeln!(source, "    pub column_{column}: {ty},");
        }
        source.push_str("}\n\n");
    }
    source
}
