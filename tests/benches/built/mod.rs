//! What benches measure: the command, built as it is released, and programs with models, compiled as users' are.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The command, and where the programs are built.
pub(crate) struct Built {
    pub(crate) autogen: PathBuf,
    workspace: PathBuf,
    scratch: tempfile::TempDir,
}

impl Built {
    /// Builds the command.
    pub(crate) fn new() -> Result<Self> {
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
        Ok(Built {
            autogen,
            workspace,
            scratch: tempfile::tempdir()?,
        })
    }

    /// Compiles a library with that many models of ten columns, and returns its rlib.
    #[allow(dead_code, reason = "not every bench has these models")]
    pub(crate) fn artifact(&self, tables: usize, extra: &str) -> Result<PathBuf> {
        let name = format!("models{tables}{}", if extra.is_empty() { "" } else { "plus" });
        self.library(&name, &source(tables, extra)?)
    }

    /// Compiles a library of that source, and returns its rlib.
    pub(crate) fn library(&self, name: &str, source: &str) -> Result<PathBuf> {
        let folder = self.scratch.path().join(name);
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
        std::fs::write(folder.join("src/lib.rs"), source)?;
        let target = self.workspace.join("target/bench");
        build(&folder, &["--offline"], &target)?;
        let kept = folder.join("models.rlib");
        std::fs::copy(target.join(format!("debug/lib{name}.rlib")), &kept)?;
        Ok(kept)
    }
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
             #[model(default = 0)]\n    pub count: i32,\n    pub price: f64,\n    #[model(length = 40, index)]\n    pub code: String,\n    \
             pub active: bool,\n    pub data: Option<Vec<u8>>,\n    pub rank: Option<i16>,\n    \
             #[model(references(Thing{parent:04}Model, on_delete = cascade))]\n    pub parent_id: Option<i64>,\n{}}}\n",
            if table == tables / 2 { extra } else { "" }
        )?;
    }
    Ok(source)
}
