use schema_core::{EmbeddedRevision, Migrations};

// A constant is a constant wherever one can stand.
static MIGRATIONS: Migrations = schema_core::migrations!("cases/good");
const REVISIONS: &[EmbeddedRevision] = schema_core::migrations!("cases/good/").revisions();

fn main() {
    let local = schema_core::migrations!("cases/../cases/good");
    assert_eq!(MIGRATIONS.folder(), "cases/good");
    let names = |revisions: &[EmbeddedRevision]| {
        let names: Vec<&str> = revisions.iter().map(|revision| revision.folder).collect();
        names.join(" ")
    };
    let expected = r#"690000010000_"one"_\{} 690000020000_two"#;
    assert_eq!(names(MIGRATIONS.revisions()), expected);
    assert_eq!(names(REVISIONS), expected);
    assert_eq!(names(local.revisions()), expected);
    assert_eq!(MIGRATIONS.include(), ["app_*"]);
    assert_eq!(MIGRATIONS.exclude(), ["old", "tmp?"]);
    assert!(schema_core::migrations!("cases/new").exclude().is_empty());
    // Files that are no scripts are other people's.
    let scripts = MIGRATIONS.revisions()[1].scripts;
    assert_eq!(scripts, [("upgrade.sqlite.sql", "SELECT 1;\n")]);
    assert_eq!(schema_core::migrations!("cases/new").revisions().len(), 0);
}
