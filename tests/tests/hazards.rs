//! What is said of the differ cases when they are written: the file `hazards.txt` names cases of `tests/diff`, each with the
//! hazards of its step. `UPDATE_EXPECT=1` writes what is found into it.

use std::path::Path;

use autogen_tests::case::Case;
use schema_core::diff::diff;
use schema_core::hazard::hazards;
use schema_core::operation::reverse_all;

#[test]
fn hazards_are_said_with_the_safe_form() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = folder.join("hazards.txt");
    let expected = std::fs::read_to_string(&file).unwrap();
    let mut actual = String::new();
    let mut named = 0;
    for line in expected.lines().filter(|line| line.starts_with(['#', '='])) {
        let Some(name) = line.strip_prefix("== ") else {
            actual.push_str(&format!("{line}\n"));
            continue;
        };
        named += 1;
        let (way, name) = match name.strip_prefix("back ") {
            Some(name) => ("back", name),
            None => ("", name),
        };
        let case = Case::read(&folder.join("diff").join(format!("{name}.txt")));
        let operations = diff(&case.from, &case.to, &case.answers);
        let found = if way.is_empty() {
            hazards(&operations, &case.from, &case.to, &case.answers)
        } else {
            let answers = schema_core::diff::Answers::default();
            hazards(&reverse_all(&operations), &case.to, &case.from, &answers)
        };
        actual.push_str(&format!("\n{line}\n"));
        for hazard in found {
            actual.push_str(&format!("{} {}\n    {}\n", hazard.code, hazard.text, hazard.safe));
        }
    }
    assert!(named > 20, "the file names cases");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(file, actual).unwrap();
    } else {
        assert!(
            actual == expected,
            "hazards.txt differs; what was found:\n{actual}"
        );
    }
}
