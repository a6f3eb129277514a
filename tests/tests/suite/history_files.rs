//! Revisions and the snapshot as files: what is written is read back, what is broken is named, nothing is half done.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;

use autogen_tests::revisions::{Project, id, revision, table, tree};
use schema_core::history::files::{Scripts, read_snapshot, remove_revision, write_revision, write_snapshot};
use schema_core::history::{Cause, Direction, History, HistoryError, slug};
use schema_core::operation::Operation;
use schema_core::schema::{Column, Default, Schema, TableName, Type};

fn load_error(project: &Project) -> HistoryError {
    History::load(&project.migrations()).unwrap_err()
}

#[test]
fn what_is_written_is_read_back() {
    let project = Project::new();
    let mut full = revision(1, &[], "Größe & \"Preis\"");
    full.operations = vec![
        Operation::CreateTable {
            table: table("items"),
        },
        Operation::RenameColumn {
            table: TableName::new("a.b"),
            from: "x".into(),
            to: "y".into(),
        },
    ];
    full.answers
        .renamed_tables
        .insert(TableName::new("old"), TableName::new("a.b"));
    full.answers
        .renamed_columns
        .insert((TableName::new("a.b"), "x.y".into()), "z".into());
    full.answers.backfills.insert(
        (TableName::new("items"), "price".into()),
        Default::expression("1 + 1"),
    );
    let folder = project.write(&full, "SELECT 1;\n", "SELECT 2;\n");
    assert!(folder.ends_with("versions/690000010000_gr_e_preis"), "{folder:?}");
    let history = project.load();
    assert_eq!(history.revision(id(1)).unwrap(), full);
    assert_eq!(history.get(id(1)).unwrap().message, full.message);
    assert_eq!(
        history.script(id(1), "sqlite", Direction::Upgrade).unwrap(),
        "SELECT 1;\n"
    );
    assert_eq!(
        history.script(id(1), "sqlite", Direction::Downgrade).unwrap(),
        "SELECT 2;\n"
    );
    assert_eq!(
        tree(&project.migrations()).len(),
        5,
        "the folder, its three files, and `versions`"
    );
}

#[test]
fn a_revision_is_reviewable() {
    let project = Project::new();
    let folder = project.create_table(1, &[], "items");
    let text = fs::read_to_string(folder.join("revision.json")).unwrap();
    assert!(
        text.contains("            {\"name\": \"name\", \"type\": \"text\"}\n"),
        "{text}"
    );
    assert!(
        text.starts_with("{\n  \"format\": 1,\n  \"id\": \"690000010000\",\n"),
        "{text}"
    );
    assert!(text.ends_with("}\n"));
}

#[test]
fn slugs_are_safe_names() {
    for (message, expected) in [
        ("create stores", "create_stores"),
        ("../../etc/passwd", "etc_passwd"),
        ("C:\\Windows", "c_windows"),
        ("...", "revision"),
        ("", "revision"),
        ("日本", "revision"),
        ("a\0b\nc", "a_b_c"),
    ] {
        assert_eq!(slug(message), expected);
    }
    assert_eq!(slug(&"ab ".repeat(50)).len(), 59);
    assert_eq!(slug(&"x".repeat(500)).len(), 60);
    assert_eq!(slug(&"word ".repeat(30)), "word_".repeat(11) + "word");
}

#[test]
fn broken_json_is_named_with_line_and_column() {
    let project = Project::new();
    let folder = project.create_table(1, &[], "items");
    let path = folder.join("revision.json");
    fs::write(&path, "{\n  \"format\": 1,\n  \"id\" \"690000010000\"\n}\n").unwrap();
    let error = load_error(&project);
    assert_eq!(
        error.to_string(),
        format!(
            "cannot understand `{}`, line 3, column 8: expected `:`",
            path.display()
        )
    );
    assert_eq!(
        error.hint().unwrap(),
        "repair the file, or restore it from version control"
    );
}

#[test]
fn what_a_revision_does_is_read_when_it_is_asked_for() {
    let project = Project::new();
    let folder = project.create_table(1, &[], "items");
    let path = folder.join("revision.json");
    let text = fs::read_to_string(&path)
        .unwrap()
        .replace("create_table", "create_tabel");
    let line = text
        .lines()
        .position(|line| line.contains("create_tabel"))
        .unwrap()
        + 1;
    fs::write(&path, text).unwrap();
    let history = project.load();
    let error = history.operations(id(1)).unwrap_err();
    assert!(
        matches!(error.cause, Cause::Json { line: found, .. } if found == line),
        "{error}"
    );
    assert!(
        error.to_string().contains("unknown variant `create_tabel`"),
        "{error}"
    );
}

#[test]
fn a_file_of_another_format_says_so() {
    let project = Project::new();
    let path = project.create_table(1, &[], "items").join("revision.json");
    fs::write(
        &path,
        fs::read_to_string(&path)
            .unwrap()
            .replace("\"format\": 1", "\"format\": 2"),
    )
    .unwrap();
    let error = load_error(&project);
    assert!(
        error
            .to_string()
            .contains("the file has format 2, and this version reads format 1"),
        "{error}"
    );
    assert_eq!(
        error.hint().unwrap(),
        "use the version of autogen that wrote it, or a newer one"
    );
}

#[test]
fn folder_and_id_must_agree() {
    let project = Project::new();
    let folder = project.create_table(1, &[], "items");
    let moved = folder.with_file_name("690000090000_create_items");
    fs::rename(&folder, &moved).unwrap();
    let error = load_error(&project);
    assert_eq!(
        error.to_string(),
        format!(
            "the folder of `{}` is not named after its revision `690000010000`",
            moved.join("revision.json").display()
        )
    );
    fs::rename(&moved, folder.with_file_name("create_items")).unwrap();
    assert!(matches!(load_error(&project).cause, Cause::FolderName { .. }));
    fs::rename(
        folder.with_file_name("create_items"),
        folder.with_file_name("690000010000_another_slug"),
    )
    .unwrap();
    assert_eq!(project.load().slug(id(1)), Some("another_slug"));
}

#[test]
fn one_id_in_two_folders_is_refused() {
    let project = Project::new();
    let folder = project.create_table(1, &[], "items");
    let copy = folder.with_file_name("690000010000_copy");
    fs::create_dir(&copy).unwrap();
    fs::copy(folder.join("revision.json"), copy.join("revision.json")).unwrap();
    let error = load_error(&project);
    assert!(matches!(error.cause, Cause::Duplicate { .. }), "{error}");
    assert!(
        error.to_string().contains("create_items") && error.to_string().contains("copy"),
        "{error}"
    );
    assert!(error.hint().is_some());
}

#[test]
fn what_is_no_revision_is_left_alone() {
    let project = Project::new();
    project.create_table(1, &[], "items");
    let versions = project.migrations().join("versions");
    fs::write(versions.join("README.md"), "notes").unwrap();
    fs::create_dir(versions.join(".690000020000_half.0.tmp")).unwrap();
    fs::create_dir(versions.join("notes")).unwrap();
    assert_eq!(project.load().revisions().len(), 1);
    fs::create_dir(versions.join("690000030000_empty")).unwrap();
    let error = load_error(&project);
    assert!(matches!(error.cause, Cause::NoRevisionFile), "{error}");
}

#[test]
fn a_missing_folder_or_script_has_a_hint() {
    let project = Project::new();
    let error = History::load(&project.path("nowhere")).unwrap_err();
    assert!(matches!(error.cause, Cause::NoMigrations), "{error}");
    assert!(error.hint().unwrap().contains("autogen init"));
    let folder = project.create_table(1, &[], "items");
    fs::remove_file(folder.join("upgrade.sqlite.sql")).unwrap();
    let error = project
        .load()
        .script(id(1), "sqlite", Direction::Upgrade)
        .unwrap_err();
    assert!(matches!(error.cause, Cause::NoScript { .. }));
    assert!(
        error
            .to_string()
            .starts_with("revision `690000010000` has no upgrade script for sqlite: "),
        "{error}"
    );
}

#[test]
fn a_second_revision_with_an_id_is_refused() {
    let project = Project::new();
    project.create_table(1, &[], "items");
    let before = tree(&project.migrations());
    let error = write_revision(
        &project.migrations(),
        &revision(1, &[], "other words"),
        &BTreeMap::new(),
    )
    .unwrap_err();
    assert!(matches!(error.cause, Cause::Exists), "{error}");
    assert_eq!(tree(&project.migrations()), before);
}

#[test]
fn a_dialect_that_would_lead_out_of_the_folder_is_refused_and_leaves_nothing() {
    let project = Project::new();
    let scripts = Scripts {
        upgrade: "SELECT 1;".into(),
        downgrade: String::new(),
    };
    for dialect in ["../../evil", "a/b", "", "SQLite", "a.b"] {
        let scripts = BTreeMap::from([(dialect.to_owned(), scripts.clone())]);
        let error = write_revision(&project.migrations(), &revision(1, &[], "x"), &scripts).unwrap_err();
        assert!(matches!(error.cause, Cause::BadName { .. }), "{error}");
    }
    let left: Vec<_> = tree(project.folder.path()).into_keys().collect();
    assert_eq!(
        left,
        [project.migrations(), project.migrations().join("versions")]
    );
}

#[test]
fn a_revision_is_removed_whole() {
    let project = Project::new();
    project.create_table(1, &[], "items");
    let folder = project.create_table(2, &[1], "tags");
    remove_revision(&folder).unwrap();
    assert_eq!(project.load().heads(), [id(1)]);
    assert_eq!(
        fs::read_dir(project.migrations().join("versions"))
            .unwrap()
            .count(),
        1
    );
    for other in [project.migrations(), project.path("nowhere"), folder] {
        assert!(remove_revision(&other).is_err(), "{other:?}");
    }
    assert!(project.migrations().exists());
}

#[test]
fn the_snapshot_is_read_back_and_shows_one_column_per_line() {
    let project = Project::new();
    assert_eq!(read_snapshot(&project.migrations()), Ok(None));
    let mut items = table("items");
    items.columns.push(Column {
        nullable: true,
        ..Column::new("description", Type::Text { length: Some(80) })
    });
    let schema = Schema::from_iter([items, table("stores")]);
    write_snapshot(&project.migrations(), &Schema::default()).unwrap();
    write_snapshot(&project.migrations(), &schema).unwrap();
    assert_eq!(read_snapshot(&project.migrations()), Ok(Some(schema)));
    let path = project.migrations().join("snapshot.json");
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        text.contains("        {\"name\": \"description\", \"type\": \"text(80)\", \"nullable\": true}\n"),
        "{text}"
    );
    assert_eq!(
        fs::read_dir(project.migrations()).unwrap().count(),
        1,
        "no temporary file is left"
    );
    fs::write(&path, "{\n\"tables\": [}").unwrap();
    let error = read_snapshot(&project.migrations()).unwrap_err();
    assert!(matches!(error.cause, Cause::Json { line: 2, .. }), "{error}");
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn a_symbolic_link_in_the_way_is_never_followed() {
        let project = Project::new();
        let victim = project.path("victim");
        fs::create_dir(&victim).unwrap();
        fs::write(victim.join("file"), "precious").unwrap();

        symlink(&victim, project.migrations().join("versions")).unwrap();
        let error =
            write_revision(&project.migrations(), &revision(1, &[], "x"), &BTreeMap::new()).unwrap_err();
        assert!(matches!(error.cause, Cause::SymbolicLink), "{error}");
        fs::remove_file(project.migrations().join("versions")).unwrap();

        // The names of temporary files can be foreseen: links that wait there are stepped around.
        symlink(
            victim.join("file"),
            project.migrations().join(".snapshot.json.0.tmp"),
        )
        .unwrap();
        symlink(victim.join("file"), project.migrations().join("snapshot.json")).unwrap();
        write_snapshot(&project.migrations(), &Schema::default()).unwrap();
        assert!(!project.migrations().join("snapshot.json").is_symlink());

        fs::create_dir(project.migrations().join("versions")).unwrap();
        symlink(
            &victim,
            project.migrations().join("versions/.690000010000_x.0.tmp"),
        )
        .unwrap();
        project.write(&revision(1, &[], "x"), "", "");
        assert_eq!(fs::read_to_string(victim.join("file")).unwrap(), "precious");
        assert_eq!(fs::read_dir(&victim).unwrap().count(), 1);

        symlink(&victim, project.migrations().join("versions/690000020000_link")).unwrap();
        assert!(matches!(load_error(&project).cause, Cause::SymbolicLink));
        assert!(remove_revision(&project.migrations().join("versions/690000020000_link")).is_err());
        assert!(victim.join("file").exists());
    }

    #[test]
    fn what_has_no_end_is_not_read() {
        let project = Project::new();
        let folder = project.create_table(1, &[], "items");
        let script = folder.join("upgrade.sqlite.sql");
        fs::remove_file(&script).unwrap();
        symlink("/dev/zero", &script).unwrap();
        let error = project
            .load()
            .script(id(1), "sqlite", Direction::Upgrade)
            .unwrap_err();
        assert!(error.to_string().ends_with("it is no file"), "{error}");
        let file = folder.join("revision.json");
        fs::remove_file(&file).unwrap();
        symlink("/dev/zero", &file).unwrap();
        assert!(matches!(load_error(&project).cause, Cause::Io { .. }));
    }

    #[test]
    fn a_folder_that_may_not_be_written_leaves_everything_as_it_was() {
        let project = Project::new();
        project.create_table(1, &[], "items");
        write_snapshot(&project.migrations(), &Schema::default()).unwrap();
        let versions = project.migrations().join("versions");
        let before = tree(&project.migrations());
        let set_mode = |mode| {
            for folder in [&versions, &project.migrations()] {
                fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
            }
        };
        set_mode(0o555);
        let probe = fs::write(versions.join("probe"), "").is_ok();
        let written = write_revision(&project.migrations(), &revision(2, &[1], "x"), &BTreeMap::new());
        let snapshot = write_snapshot(&project.migrations(), &Schema::from_iter([table("a")]));
        set_mode(0o755);
        if probe {
            eprintln!("skipped: this user may write to every folder");
            return;
        }
        assert!(matches!(written.unwrap_err().cause, Cause::Io { .. }));
        assert!(matches!(snapshot.unwrap_err().cause, Cause::Io { .. }));
        assert_eq!(tree(&project.migrations()), before);
    }
}

#[test]
fn a_dialect_that_would_lead_out_of_the_folder_is_refused() {
    let project = Project::new();
    let folder = project.create_table(1, &[], "items");
    let path = folder.join("revision.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"sqlite\"", "\"../../x\"")).unwrap();
    let error = load_error(&project).to_string();
    assert!(
        error.contains("`../../x` cannot be the name of a dialect"),
        "{error}"
    );
}
