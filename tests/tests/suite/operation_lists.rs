//! Lists of operations as data: `optimize.txt` says what comes of a list when nobody needs the steps between, `conflicts.txt`
//! whether two lists can be joined. `UPDATE_EXPECT=1` writes what is found into the files.
//!
//! A case opens with `== its name`, and lines under `from:`, then `operations:`, or `left:` and `right:`. What comes out
//! stands under `so:`.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::path::Path;

use autogen_tests::{notation, operations};
use schema_core::operation::{Operation, apply_all, conflicts, optimize, reverse_all};
use schema_core::schema::Schema;

#[test]
fn lists_are_optimized() {
    check("optimize.txt", |case| {
        let from = notation::schema(case.part("from:"));
        let mut to = from.clone();
        let list = operations::operations(case.part("operations:"), &mut to);
        let fewer = optimize(&list);
        assert_eq!(apply_all(from.clone(), &fewer).as_ref(), Ok(&to), "{}", case.name);
        assert_eq!(apply_all(to, &reverse_all(&fewer)), Ok(from), "{}", case.name);
        assert_eq!(
            optimize(&fewer),
            fewer,
            "{}: there is nothing left to do",
            case.name
        );
        if fewer == list {
            "unchanged\n".to_owned()
        } else {
            lines(&fewer)
        }
    });
}

#[test]
fn conflicts_are_found() {
    check("conflicts.txt", |case| {
        let from = notation::schema(case.part("from:"));
        let (mut one, mut other) = (from.clone(), from.clone());
        let left = operations::operations(case.part("left:"), &mut one);
        let right = operations::operations(case.part("right:"), &mut other);
        let found = conflicts(&left, &right);
        let turned = conflicts(&right, &left);
        assert_eq!(
            found.len(),
            turned.len(),
            "{}: it is the same from both sides",
            case.name
        );
        if found.is_empty() {
            joined(&from, &left, &right, &case.name);
            return "joined\n".to_owned();
        }
        let mut text = String::new();
        for conflict in found {
            let (left, right) = (left[conflict.left].describe(), right[conflict.right].describe());
            let _ = writeln!(text, "{}: {left} | {right}", conflict.thing);
        }
        text
    });
}

/// Holds two lists without conflict to what that means: either may come first.
fn joined(from: &Schema, left: &[Operation], right: &[Operation], name: &str) {
    let first = apply_all(from.clone(), left.iter().chain(right));
    let second = apply_all(from.clone(), right.iter().chain(left));
    assert!(first.is_ok(), "{name}: {first:?}");
    assert_eq!(first, second, "{name}");
}

fn lines(operations: &[Operation]) -> String {
    if operations.is_empty() {
        return "nothing\n".to_owned();
    }
    operations
        .iter()
        .map(|operation| format!("{}\n", operation.describe()))
        .collect()
}

struct Case<'a> {
    name: String,
    text: &'a str,
}

impl Case<'_> {
    /// Returns the lines under a heading, or nothing.
    fn part(&self, heading: &str) -> &str {
        let Some(start) = self.text.find(&format!("{heading}\n")) else {
            return "";
        };
        // With the line end before, since a part may be empty.
        let rest = &self.text[start + heading.len()..];
        let end = ["from:\n", "operations:\n", "left:\n", "right:\n", "so:\n"]
            .iter()
            .filter_map(|next| rest.find(&format!("\n{next}")))
            .min();
        &rest[..end.unwrap_or(rest.len())]
    }
}

fn check(file: &str, outcome: impl Fn(&Case<'_>) -> String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let expected = std::fs::read_to_string(&path).unwrap();
    let mut cases = expected.split("\n== ");
    let mut actual = cases.next().unwrap().to_owned();
    let mut count = 0;
    for text in cases {
        count += 1;
        let given = text
            .split_once("\nso:\n")
            .map_or(text.trim_end(), |(given, _)| given);
        let name = given.lines().next().unwrap().to_owned();
        let case = Case { name, text: given };
        let _ = write!(actual, "\n== {given}\nso:\n{}", outcome(&case));
    }
    assert!(count > 10, "{file} has cases");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, actual).unwrap();
    } else {
        assert!(actual == expected, "{file} differs; what was found:\n{actual}");
    }
}
