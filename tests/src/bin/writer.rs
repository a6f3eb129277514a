//! A process that writes a revision and then the snapshot, for tests that let it fail or kill it: `writer MIGRATIONS NUMBER`.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use schema_core::diff::Answers;
use schema_core::history::files::{Scripts, write_revision, write_snapshot};
use schema_core::history::{Revision, RevisionId, ScriptSums};
use schema_core::schema::Schema;
use schema_core::script::checksum;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [migrations, number] = arguments.as_slice() else {
        return failed("writer MIGRATIONS NUMBER");
    };
    let Ok(number) = number.parse() else {
        return failed("NUMBER is none");
    };
    match write(Path::new(migrations), number) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// Writes scripts each of which is longer than the one before, so that a limit on the size of files meets one after another.
fn write(migrations: &Path, number: u32) -> Result<(), String> {
    let text = |kilobytes: usize| "-- a line of a script that is long enough\n".repeat(kilobytes * 25);
    let scripts: BTreeMap<String, Scripts> = [("a", 3), ("b", 5), ("c", 7)]
        .into_iter()
        .map(|(dialect, size)| {
            let scripts = Scripts {
                upgrade: text(size),
                downgrade: text(size + 1),
            };
            (dialect.to_owned(), scripts)
        })
        .collect();
    let sums = scripts.iter().map(|(dialect, scripts)| {
        let sums = ScriptSums {
            upgrade: checksum(&scripts.upgrade),
            downgrade: checksum(&scripts.downgrade),
            edited: std::collections::BTreeSet::new(),
        };
        (dialect.clone(), sums)
    });
    let revision = Revision {
        id: RevisionId::new(0x6900_0000 + number, 0),
        parents: Vec::new(),
        message: "written".to_owned(),
        created: "2026-01-02T03:04:05Z".to_owned(),
        operations: Vec::new(),
        answers: Answers::default(),
        scripts: sums.collect(),
        replaces: Vec::new(),
        overrules: Vec::new(),
    };
    write_revision(migrations, &revision, &scripts).map_err(|error| error.to_string())?;
    write_snapshot(migrations, &Schema::default()).map_err(|error| error.to_string())
}

#[allow(clippy::print_stderr, reason = "it is a program")]
fn failed(why: &str) -> ExitCode {
    eprintln!("{why}");
    ExitCode::from(2)
}
