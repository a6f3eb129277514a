//! Every case of `tests/diff`: the operations, the SQL, and the laws of the differ on a real database with rows.

use std::path::Path;

use autogen_tests::case::Case;
use schema_core::diff::{Answers, diff};
use schema_core::operation::{apply_all, reverse_all};

fn check(path: &Path) -> datatest_stable::Result<()> {
    let case = Case::read(path);
    let operations = diff(&case.from, &case.to, &case.answers);
    assert_eq!(
        apply_all(case.from.clone(), &operations)?,
        case.to,
        "the operations lead there"
    );
    assert_eq!(
        apply_all(case.to.clone(), &reverse_all(&operations))?,
        case.from,
        "their reverses lead back"
    );
    assert_eq!(
        diff(&case.to, &case.to, &Answers::default()),
        [],
        "there is nothing left to do"
    );

    let described: Vec<String> = operations.iter().map(|operation| operation.describe()).collect();
    case.expect(&[("operations".to_owned(), described.join("\n"))]);
    Ok(())
}

datatest_stable::harness! {
    { test = check, root = "diff", pattern = r"\.txt$" },
}
