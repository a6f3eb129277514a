#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! Every feature of `schema-core` compiles by itself, without a warning: whoever depends on it takes but some of them.

use std::path::Path;
use std::process::Command;

/// Those that bring a driver, whose code in C takes long to build.
const DRIVERS: [&str; 3] = ["sqlite", "postgres", "mysql"];

#[test]
fn each_compiles_by_itself() {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema-core");
    let manifest = std::fs::read_to_string(crate_folder.join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let (types, others): (Vec<_>, Vec<_>) = manifest["features"]
        .as_table()
        .unwrap()
        .iter()
        .filter(|(name, _)| !DRIVERS.contains(&name.as_str()))
        .partition(|(name, brings)| brings_types(name, brings.as_array().unwrap()));
    let names =
        |features: Vec<(&String, _)>| Vec::from_iter(features.into_iter().map(|(name, _)| name.clone()));
    for features in [vec![names(types).join(","), String::new()], names(others)].concat() {
        let output = Command::new(env!("CARGO"))
            .args([
                "check",
                "--quiet",
                "--no-default-features",
                "--features",
                &features,
            ])
            .current_dir(&crate_folder)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{features}: {said}");
    }
}

/// Tells whether a feature is named after the crate whose types it brings. These are alike, so they are compiled together.
fn brings_types(name: &str, brings: &[toml::Value]) -> bool {
    let krate = format!("dep:{name}");
    brings.iter().all(|brought| brought.as_str() == Some(&krate))
}
