//! Revisions written anew: whole or not at all, and with what a person put beside them.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use autogen_tests::revisions::{Project, add, id, ids, rename, revision, table, tree};
use schema_core::history::files::{Scripts, replace_revision, write_revision_for};
use schema_core::history::{Cause, Direction};
use schema_core::operation::Operation;
use schema_core::rewrite::rebase;

fn scripts(text: &str) -> BTreeMap<String, Scripts> {
    let scripts = Scripts {
        upgrade: text.to_owned(),
        downgrade: String::new(),
    };
    BTreeMap::from([("sqlite".to_owned(), scripts)])
}

/// Puts things of all kinds beside a revision's own files.
fn furnish(folder: &Path) {
    fs::write(folder.join("notes.txt"), "not ours").unwrap();
    fs::write(folder.join("rows.bin"), [0, 159, 146, 150]).unwrap();
    fs::write(folder.join("upgrade.oracle.sql"), "SELECT 1 FROM dual;\n").unwrap();
    fs::create_dir_all(folder.join("data/more")).unwrap();
    fs::write(folder.join("data/more/rows.csv"), "1,2\n").unwrap();
    // What a killed process left is not kept.
    fs::write(folder.join(".revision.json.0.tmp"), "{").unwrap();
}

fn assert_furnished(folder: &Path) {
    assert_eq!(fs::read_to_string(folder.join("notes.txt")).unwrap(), "not ours");
    assert_eq!(fs::read(folder.join("rows.bin")).unwrap(), [0, 159, 146, 150]);
    assert_eq!(
        fs::read_to_string(folder.join("upgrade.oracle.sql")).unwrap(),
        "SELECT 1 FROM dual;\n"
    );
    assert_eq!(
        fs::read_to_string(folder.join("data/more/rows.csv")).unwrap(),
        "1,2\n"
    );
    assert!(!folder.join(".revision.json.0.tmp").exists());
}

#[test]
fn a_revision_is_replaced_whole_or_not_at_all() {
    let project = Project::new();
    let folder = project.create_table(1, &[], "items");
    furnish(&folder);
    let mut moved = revision(1, &[], "moved");
    moved.operations = vec![Operation::CreateTable { table: table("tags") }];
    replace_revision(&folder, &moved, &scripts("SELECT 2;\n")).unwrap();
    let history = project.load();
    assert_eq!(history.revision(id(1)).unwrap(), moved);
    assert_eq!(
        history.script(id(1), "sqlite", Direction::Upgrade).unwrap(),
        "SELECT 2;\n"
    );
    assert_furnished(&folder);
    let before = tree(&project.migrations());
    let bad = BTreeMap::from([("../x".to_owned(), scripts("").remove("sqlite").unwrap())]);
    let error = replace_revision(&folder, &moved, &bad).unwrap_err();
    assert!(matches!(error.cause, Cause::BadName { .. }), "{error}");
    assert_eq!(tree(&project.migrations()), before, "nothing is left behind");
}

#[test]
fn what_is_beside_one_revision_goes_beside_the_next() {
    let project = Project::new();
    let old = project.create_table(1, &[], "items");
    furnish(&old);
    let new = write_revision_for(
        &project.migrations(),
        &revision(2, &[], "items"),
        &scripts("SELECT 2;\n"),
        &[&old],
    )
    .unwrap();
    assert_furnished(&new);
    assert_eq!(
        fs::read_to_string(new.join("upgrade.sqlite.sql")).unwrap(),
        "SELECT 2;\n"
    );
    assert!(old.join("notes.txt").exists(), "the old folder is as it was");
    let history = project.load();
    assert_eq!(
        history
            .script_dialects(id(2))
            .unwrap()
            .into_iter()
            .collect::<Vec<_>>(),
        ["oracle", "sqlite"]
    );
}

#[test]
fn what_is_beside_several_revisions_goes_into_a_folder_for_each() {
    let project = Project::new();
    let (one, other) = (
        project.create_table(1, &[], "items"),
        project.create_table(2, &[1], "tags"),
    );
    let plain = project.create_table(3, &[2], "plain");
    furnish(&one);
    furnish(&other);
    let new = write_revision_for(
        &project.migrations(),
        &revision(4, &[3], "all"),
        &scripts("SELECT 2;\n"),
        &[&one, &other, &plain],
    )
    .unwrap();
    for old in [one, other] {
        let kept = new.join(old.file_name().unwrap());
        assert_furnished(&kept);
        assert!(!kept.join("revision.json").exists(), "no revision within another");
        assert!(!kept.join("upgrade.sqlite.sql").exists());
    }
    assert!(!new.join(plain.file_name().unwrap()).exists());
    assert_eq!(project.load().revisions().len(), 4);
}

#[cfg(unix)]
#[test]
fn a_link_beside_a_revision_is_neither_followed_nor_lost() {
    let project = Project::new();
    let folder = project.create_table(1, &[], "items");
    fs::write(project.path("secret"), "secret").unwrap();
    std::os::unix::fs::symlink(project.path("secret"), folder.join("notes.txt")).unwrap();
    let before = tree(&project.migrations());
    let error = replace_revision(&folder, &revision(1, &[], "moved"), &scripts("")).unwrap_err();
    assert!(matches!(error.cause, Cause::SymbolicLink), "{error}");
    let new = revision(2, &[], "items");
    let error = write_revision_for(&project.migrations(), &new, &scripts(""), &[&folder]).unwrap_err();
    assert!(matches!(error.cause, Cause::SymbolicLink), "{error}");
    assert_eq!(tree(&project.migrations()), before, "nothing is left behind");
}

/// 1 ── 2 ── 5
/// └─ 3 ─┴─ 4, which builds on 2 already and changes what that made.
#[test]
fn a_merge_is_moved_onto_what_it_builds_on_in_part() {
    let project = Project::new();
    project.create_table(1, &[], "items");
    project.write_operations(2, &[1], &[add("size")]);
    project.write_operations(3, &[1], &[add("color")]);
    project.write_operations(4, &[2, 3], &[rename("size", "width")]);
    project.write_operations(5, &[2], &[add("weight")]);
    let rebased = rebase(&project.load(), &[], id(3), id(5)).unwrap();
    let places = rebased
        .moved
        .iter()
        .map(|moved| (moved.revision.id, moved.revision.parents.clone()));
    assert_eq!(
        places.collect::<Vec<_>>(),
        [(id(3), ids([5])), (id(4), ids([2, 3]))]
    );
}
