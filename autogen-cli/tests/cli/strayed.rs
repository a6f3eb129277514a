//! A branch from the midst of what was squashed, while databases have it: the same on every database.

use crate::reshaped::{NOTES, Project, STORES_TOWN, copy};

/// A branch begins in the midst of what is squashed meanwhile, as a merge in version control brings it, and is put on top of that; seen on a database
/// that has it with only a part of the rest.
fn strayed(dialect: &'static str) {
    let Some(project) = Project::new(dialect) else {
        return;
    };
    let Project { all, none, part, .. } = &project;
    let head = ["--head", "6921a2f4b07e"];
    project.migrate("6921b1f4b07e", "create notes", &[STORES_TOWN, NOTES], &head);
    project.on(part, &["-q", "upgrade", "6921b1"]);
    let path = |name: &str| project.session.path().join(name);
    let branch = path("migrations/versions/6921b1f4b07e_create_notes");
    std::fs::rename(&branch, path("aside")).unwrap();
    copy(&path("migrations"), &path("before"));
    copy(&path("aside"), &path("before/versions/6921b1f4b07e_create_notes"));
    project.run(&[
        "-q",
        "squash",
        ":",
        "--rev-id",
        "6921c1f4b07e",
        "-m",
        "the first year",
    ]);
    std::fs::rename(path("aside"), &branch).unwrap();

    let told = project.refused(part, 2, &["upgrade"]);
    let mend = "autogen rebase 6921b1f4b07e --onto 6921c1f4b07e";
    assert!(told.contains(mend), "{dialect}: {told}");
    // Its script is the same on top of what was squashed, so the database that has it is in nobody's way.
    let told = project.on(part, &["rebase", "6921b1f4b07e", "--onto", "head"]);
    assert!(
        told.contains("Writing migrations/versions/6921b1f4b07e_create_notes"),
        "{dialect}: {told}"
    );
    for database in [all, none] {
        project.on(database, &["-q", "upgrade"]);
        project.assert_clean(database);
    }
    project.run(&["-q", "verify"]);

    let told = project.on(part, &["current"]);
    assert!(
        told.starts_with("6921b1f4b07e (on top of what was squashed"),
        "{dialect}: {told}"
    );
    let told = project.refused(part, 1, &["check", "--database"]);
    let back = ["downgrade", "6921a1f4b07e", "6921a2f4b07e"];
    assert!(
        told.contains(&format!("autogen {}", back.join(" "))),
        "{dialect}: {told}"
    );
    let told = project.refused(part, 2, &["upgrade"]);
    assert!(
        told.contains("bring the database to `6921a4f4b07e`"),
        "{dialect}: {told}"
    );
    let towns = "SELECT town FROM stores";
    project.on(part, &[&["-q"][..], &back].concat());
    assert!(
        project
            .on(part, &["current"])
            .starts_with("6921a2f4b07e (squashed"),
        "{dialect}"
    );
    assert_eq!(project.found(part, towns), ["Bern"], "{dialect}");

    // A version from before, with the branch merged into it, brings it up without that.
    let before =
        |arguments: &[&str]| project.on(part, &[&["-q", "--migrations", "before"], arguments].concat());
    before(&["upgrade", "6921b1f4b07e"]);
    part.open()
        .execute("INSERT INTO notes (id) VALUES (7)", &[])
        .unwrap();
    before(&["upgrade", "6921a4f4b07e"]);
    let told = project.on(part, &["upgrade"]);
    assert!(
        told.contains("Recorded 6921c1f4b07e in the place of"),
        "{dialect}: {told}"
    );
    project.assert_clean(part);
    assert_eq!(
        project.on(part, &["current"]),
        "6921b1f4b07e (head), create notes\n"
    );
    assert_eq!(
        project.found(part, "SELECT 'kept' FROM notes WHERE id = 7"),
        ["kept"],
        "{dialect}"
    );
    project.on(part, &["-q", "downgrade", "base"]);
    project.on(part, &["-q", "upgrade"]);
    project.assert_clean(part);
}

#[test]
fn strayed_on_sqlite() {
    strayed("sqlite");
}

#[test]
fn strayed_on_postgres() {
    strayed("postgres");
}

#[test]
fn strayed_on_mysql() {
    strayed("mysql");
}
