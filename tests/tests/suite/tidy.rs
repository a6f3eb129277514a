#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! Tidiness: the layers of schema-core, the length of files, a head comment in each, no printing in the core.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use autogen_tests::servers::ABOUT_SERVERS;

/// What each module of schema-core may use of the others. ARCHITECTURE.md shows the same table and says why.
const LAYERS: &[(&str, &[&str])] = &[
    ("lexer", &[]),
    ("embedded", &[]),
    ("json", &[]),
    ("db", &[]),
    ("schema", &["lexer"]),
    ("model", &["schema", "metadata"]),
    ("metadata", &["schema"]),
    ("operation", &["schema"]),
    ("describe", &["schema"]),
    ("diff", &["metadata", "operation", "schema"]),
    ("hazard", &["diff", "operation", "schema"]),
    ("plan", &["dialect", "diff", "operation", "schema"]),
    (
        "dialect",
        &["db", "hazard", "lexer", "operation", "plan", "schema"],
    ),
    ("script", &["dialect", "hazard", "lexer", "plan"]),
    (
        "history",
        &["diff", "embedded", "json", "operation", "schema", "script"],
    ),
    (
        "rewrite",
        &[
            "dialect",
            "diff",
            "history",
            "operation",
            "plan",
            "schema",
            "script",
        ],
    ),
    (
        "lint",
        &[
            "dialect",
            "hazard",
            "history",
            "lexer",
            "operation",
            "plan",
            "schema",
            "script",
        ],
    ),
    (
        "runner",
        &[
            "db",
            "diff",
            "dialect",
            "history",
            "operation",
            "plan",
            "schema",
            "script",
        ],
    ),
    (
        "migrator",
        &["db", "dialect", "embedded", "history", "operation", "runner"],
    ),
    (
        "testing",
        &[
            "db",
            "dialect",
            "diff",
            "embedded",
            "history",
            "metadata",
            "migrator",
            "operation",
            "runner",
            "schema",
        ],
    ),
    ("lib", &["embedded", "model", "schema", "metadata"]),
];

/// The most lines a source file has, its tests included.
const MAX_LINES: usize = 420;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn sources(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
}

fn sources_of(crates: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for name in crates {
        sources(&root().join(name).join("src"), &mut found);
    }
    found.sort();
    assert!(found.len() > 20, "the sources are where they are looked for");
    found
}

/// Returns the modules that a file names by `crate::…`, outside its comments.
fn uses(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let named = code.flat_map(|line| {
        line.match_indices("crate::")
            .map(|(at, word)| &line[at + word.len()..])
    });
    named
        .map(|rest| {
            rest.chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect()
        })
        .collect()
}

#[test]
fn each_module_uses_only_the_layers_below() {
    let layers: BTreeMap<&str, &[&str]> = LAYERS.iter().copied().collect();
    let core = root().join("schema-core/src");
    let mut wrong = Vec::new();
    for (path, text) in sources_of(&["schema-core"]) {
        let relative = path.strip_prefix(&core).unwrap().with_extension("");
        let module = relative.iter().next().unwrap().to_str().unwrap().to_owned();
        let allowed = layers
            .get(module.as_str())
            .unwrap_or_else(|| panic!("module `{module}` has no layer"));
        for used in uses(&text) {
            let is_layer = layers.contains_key(used.as_str());
            if is_layer && used != module && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{} uses `{used}`", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_dialects_names_stay_below_their_border() {
    let border = ["dialect", "db", "dialect.rs", "db.rs"];
    let core = root().join("schema-core/src");
    for (path, text) in sources_of(&["schema-core"]) {
        let first = path
            .strip_prefix(&core)
            .unwrap()
            .iter()
            .next()
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        if !border.contains(&first.as_str()) {
            for line in code {
                let names = [
                    "Sqlite",
                    "Postgres",
                    "MySql",
                    "\"sqlite\"",
                    "\"postgres\"",
                    "\"mysql\"",
                ];
                // A feature of the build is named as its database is.
                let named = names.iter().any(|name| line.contains(name)) && !line.contains("cfg(");
                assert!(!named, "{} names a database: {line}", path.display());
            }
        }
    }
}

#[test]
fn files_are_short_and_open_with_what_they_hold() {
    let mut wrong = Vec::new();
    for (path, text) in sources_of(&["schema-core", "model-derive", "autogen-cli", "tests"]) {
        let lines = text.lines().count();
        if lines > MAX_LINES {
            wrong.push(format!("{} has {lines} lines", path.display()));
        }
        if !text.lines().take(3).any(|line| line.starts_with("//!")) {
            wrong.push(format!("{} does not say what it holds", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_core_never_prints() {
    for (path, text) in sources_of(&["schema-core", "model-derive"]) {
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            let prints = ["println!", "print!", "eprintln!", "eprint!", "dbg!"];
            assert!(
                !prints.iter().any(|word| line.contains(word)),
                "{}: {line}",
                path.display()
            );
        }
    }
}

#[test]
fn the_tests_about_servers_are_where_they_are_looked_for() {
    for part in ABOUT_SERVERS
        .iter()
        .filter(|(test, _)| *test == "suite")
        .flat_map(|(_, parts)| *parts)
    {
        let file = format!("tests/tests/suite/{}.rs", part.trim_end_matches("::"));
        assert!(root().join(&file).is_file(), "{file}");
    }
}
