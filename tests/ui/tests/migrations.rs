#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! What `migrations!` takes, and what it says of what it does not. `TRYBUILD=overwrite` writes the expected errors.
//!
//! The folders are made here: half of them could not be kept in version control.

use std::fs;
use std::path::{Path, PathBuf};

/// A migrations folder that a case names.
struct Case {
    versions: PathBuf,
}

impl Case {
    fn new(cases: &Path, name: &str) -> Self {
        let versions = cases.join(name).join("versions");
        fs::create_dir_all(&versions).unwrap();
        Case { versions }
    }

    /// Writes a revision into a folder of that name and returns the folder.
    fn revision(&self, folder: &str, id: &str, parents: &str) -> PathBuf {
        let text = format!(
            "{{\"format\": 1, \"id\": \"{id}\", \"parents\": [{parents}], \"message\": \"m\", \"created\": \"2026-01-02T03:04:05Z\", \"operations\": [], \
             \"scripts\": {{\"sqlite\": {{\"upgrade\": \"x\", \"downgrade\": \"x\"}}}}}}"
        );
        let path = self.versions.join(folder);
        fs::create_dir(&path).unwrap();
        fs::write(path.join("revision.json"), text).unwrap();
        fs::write(path.join("upgrade.sqlite.sql"), "SELECT 1;\n").unwrap();
        path
    }

    /// Writes a revision that was squashed from three others, one of them squashed itself.
    fn squash(&self, folder: &str, id: &str) {
        let path = self.revision(folder, id, "").join("revision.json");
        let text = fs::read_to_string(&path).unwrap();
        let replaces = "\"replaces\": [\"690000010000\", {\"id\": \"690000040000\", \"replaces\": [\"690000020000\", \"690000030000\"]}], \"operations\"";
        fs::write(path, text.replace("\"operations\"", replaces)).unwrap();
    }

    /// Writes a revision that is as it should be.
    fn good(&self) -> PathBuf {
        self.revision("690000010000_one", "690000010000", "")
    }

    fn configure(&self, text: &str) {
        fs::write(self.versions.with_file_name("autogen.toml"), text).unwrap();
    }

    fn json(&self, text: impl AsRef<[u8]>) {
        fs::write(self.good().join("revision.json"), text).unwrap();
    }
}

fn make_cases(cases: &Path) {
    let case = |name| Case::new(cases, name);
    fs::create_dir_all(cases.join("new")).unwrap();
    let good = case("good");
    good.revision("690000010000_\"one\"_\\{}", "690000010000", "");
    let second = good.revision("690000020000_two", "690000020000", "\"690000010000\"");
    for other in ["notes.sql", "upgrade.SQLite.sql", "upgrade..sql"] {
        fs::write(second.join(other), "").unwrap();
    }
    fs::create_dir(good.versions.join("drafts")).unwrap();
    good.configure(
        "dialects = [\"sqlite\"]\n[database]\nurl = \"postgres://me:hunter2@host/db\"\n[tables]\ninclude = [\n    \"app_*\",\n]\nexclude = [\"old\", 'tmp?']\n",
    );
    case("toml").configure("dialects = [\n[tables]\n");
    case("tables").configure("[tables]\nexclude = \"old\"\n");

    case("json").json("{\n  \"format\": 1,\n  oops\n}");
    case("format").json("{\"format\": 2}");
    case("fields").json("{\"format\": 1, \"id\": \"690000010000\", \"parents\": [\"..\"]}");
    case("utf8").json([0xff, 0xfe]);
    case("name").revision("690000090000_one", "690000010000", "");
    let lost = case("lost");
    fs::remove_file(lost.good().join("upgrade.sqlite.sql")).unwrap();
    fs::create_dir(lost.versions.join("690000020000_two")).unwrap();

    let decided = case("decided");
    decided.squash("690000050000_squash", "690000050000");
    let merge = decided.revision("690000060000_merge", "690000060000", "\"690000030000\"");
    let merge = merge.join("revision.json");
    let text = fs::read_to_string(&merge).unwrap();
    let overrules = "\"overrules\": [\"690000030000\"], \"operations\"";
    fs::write(merge, text.replace("\"operations\"", overrules)).unwrap();

    let twice = case("twice");
    twice.good();
    twice.revision("690000010000_two", "690000010000", "");
    case("parent").revision("690000020000_two", "690000020000", "\"690000010000\"");
    let circle = case("circle");
    circle.good();
    circle.revision(
        "690000020000_two",
        "690000020000",
        "\"690000010000\", \"690000030000\"",
    );
    circle.revision("690000030000_three", "690000030000", "\"690000020000\"");
    let squashed = case("squashed");
    squashed.squash("690000050000_squash", "690000050000");
    squashed.revision("690000060000_stray", "690000060000", "\"690000010000\"");
    // These build on the last, and on all of it.
    squashed.revision("690000070000_last", "690000070000", "\"690000030000\"");
    squashed.revision(
        "690000080000_whole",
        "690000080000",
        "\"690000020000\", \"690000070000\"",
    );
}

#[cfg(unix)]
fn make_unix_cases(cases: &Path) {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    let case = |name| Case::new(cases, name);
    symlink("/etc", case("linked").versions.join("690000010000_one")).unwrap();
    let script = case("linked_script").good();
    symlink("/etc/passwd", script.join("downgrade.sqlite.sql")).unwrap();
    case("control").revision("690000010000_\u{1b}[2J", "690000010000", "");
    fs::create_dir(case("bytes").versions.join(OsStr::from_bytes(b"\xff"))).unwrap();
}

#[test]
fn what_is_no_history_is_an_error_at_the_literal() {
    // trybuild compiles the cases in a package of its own, and that is what their paths are relative to.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let cases = target.join("tests/trybuild/autogen-ui-tests/cases");
    let _ = fs::remove_dir_all(&cases);
    make_cases(&cases);
    let tests = trybuild::TestCases::new();
    tests.pass("migrations/good.rs");
    for kind in ["place", "revision", "graph"] {
        tests.compile_fail(format!("migrations/{kind}.rs"));
    }
    #[cfg(unix)]
    {
        make_unix_cases(&cases);
        tests.compile_fail("migrations/unix.rs");
    }
}
