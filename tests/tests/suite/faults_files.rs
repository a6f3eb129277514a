//! File writes that fail while a revision is generated: no half-written one is ever seen by what comes next.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use autogen_tests::chain::{Dice, rounds};
use schema_core::history::{Direction, History};
use schema_core::script::checksum;
use tempfile::TempDir;

struct Folder {
    folder: TempDir,
}

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("migrations")).unwrap();
        Folder { folder }
    }

    fn migrations(&self) -> PathBuf {
        self.folder.path().join("migrations")
    }

    fn writer(&self, number: u32) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_writer"));
        command.arg(self.migrations()).arg(number.to_string());
        command
    }

    fn write(&self, number: u32) -> Output {
        self.writer(number).output().unwrap()
    }

    /// Reads the history as the next command would, and each script of it; returns how many revisions there are.
    fn read(&self) -> usize {
        let history = History::load(&self.migrations()).unwrap_or_else(|error| panic!("{error}"));
        for header in history.revisions() {
            assert_eq!(header.scripts.len(), 3);
            for (dialect, sums) in &header.scripts {
                let script = |direction| history.script(header.id, dialect, direction).unwrap();
                assert_eq!(checksum(&script(Direction::Upgrade)), sums.upgrade);
                assert_eq!(checksum(&script(Direction::Downgrade)), sums.downgrade);
            }
        }
        history.revisions().len()
    }

    fn tree(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut open = vec![self.folder.path().to_owned()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() && !path.is_symlink() {
                    found.insert(path.clone(), Vec::new());
                    open.push(path);
                } else {
                    found.insert(path.clone(), fs::read(path).unwrap_or_default());
                }
            }
        }
        found
    }
}

/// A file may be no longer than so many kilobytes, which is what a full disk is for one file after another.
#[test]
fn a_write_that_finds_no_room_leaves_all_as_it_was() {
    let folder = Folder::new();
    assert!(folder.write(1).status.success());
    let mut failed = 0;
    for kilobytes in 0.. {
        let before = folder.tree();
        let limited = format!("ulimit -f {kilobytes}; trap '' XFSZ; exec \"$0\" \"$@\"");
        let output = Command::new("bash")
            .args(["-c", &limited, env!("CARGO_BIN_EXE_writer")])
            .arg(folder.migrations())
            .arg("2")
            .output()
            .unwrap();
        if output.status.success() {
            break;
        }
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.starts_with("cannot write "), "{kilobytes}: {error}");
        assert_eq!(folder.tree(), before, "{kilobytes}");
        assert_eq!(folder.read(), 1);
        failed += 1;
    }
    assert!(failed >= 7, "each of seven files has failed: {failed}");
    assert_eq!(folder.read(), 2);
}

#[test]
fn a_writer_that_is_killed_is_seen_whole_or_not_at_all() {
    let folder = Folder::new();
    let began = Instant::now();
    assert!(folder.write(0).status.success());
    let whole = u64::try_from(began.elapsed().as_micros()).unwrap();
    let mut dice = Dice(11);
    let mut written = 1;
    let (mut killed, rounds) = (0, rounds(20));
    for number in 1..=u32::try_from(rounds).unwrap() {
        let mut child = folder.writer(number).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(dice.below(whole)));
        child.kill().unwrap();
        killed += usize::from(!child.wait().unwrap().success());
        let now = folder.read();
        assert!(now == written || now == written + 1);
        // What is not there can be written now; what is there, not again.
        let again = folder.write(number);
        assert_eq!(again.status.success(), now == written, "{again:?}");
        written += 1;
        assert_eq!(folder.read(), written);
    }
    println!("{killed} of {rounds} writers were killed before their end");
}

#[test]
fn a_link_in_the_way_is_not_followed() {
    let folder = Folder::new();
    let victim = folder.folder.path().join("victim");
    fs::create_dir(&victim).unwrap();
    fs::write(victim.join("precious"), "precious").unwrap();
    let versions = folder.migrations().join("versions");

    symlink(&victim, &versions).unwrap();
    let before = folder.tree();
    assert!(!folder.write(1).status.success());
    assert_eq!(folder.tree(), before);

    fs::remove_file(&versions).unwrap();
    fs::create_dir(&versions).unwrap();
    symlink(&victim, versions.join(".690000010000_written.0.tmp")).unwrap();
    symlink(victim.join("precious"), folder.migrations().join("snapshot.json")).unwrap();
    let output = folder.write(1);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(folder.read(), 1);
    assert_eq!(fs::read_to_string(victim.join("precious")).unwrap(), "precious");
    assert_eq!(fs::read_dir(&victim).unwrap().count(), 1);
    assert!(!folder.migrations().join("snapshot.json").is_symlink());
}

#[test]
fn a_folder_that_may_not_be_written_to_is_left_as_it_is() {
    let folder = Folder::new();
    assert!(folder.write(1).status.success());
    let versions = folder.migrations().join("versions");
    let permit = |mode| fs::set_permissions(&versions, fs::Permissions::from_mode(mode)).unwrap();
    permit(0o555);
    let mut writer = folder.writer(2);
    if can_write(&versions) {
        // This user may write anywhere, so another one does it, who may reach the folder and the program.
        let program = folder.folder.path().join("writer");
        fs::copy(env!("CARGO_BIN_EXE_writer"), &program).unwrap();
        fs::set_permissions(folder.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        writer = Command::new(program);
        writer.arg(folder.migrations()).arg("2").uid(NOBODY).gid(NOBODY);
    }
    let before = folder.tree();
    let output = writer.output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("cannot write "), "{error}");
    assert_eq!(folder.tree(), before);
    assert_eq!(folder.read(), 1);
    permit(0o755);
}

/// The user who owns nothing.
const NOBODY: u32 = 65_534;

fn can_write(folder: &Path) -> bool {
    let probe = folder.join(".probe");
    let can = fs::write(&probe, "").is_ok();
    let _ = fs::remove_file(probe);
    can
}
