//! Building with cargo, and the files that came of it.
//!
//! Cargo decides everything that it decides for the project anyway (toolchain, RUSTFLAGS, target directory); its
//! messages and the compiler's go straight to stderr.

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_metadata::{Artifact as Message, Message as AnyMessage, MetadataCommand, PackageId, TargetKind};
use wildmatch::WildMatch;

use super::Selection;
use crate::error::CommandError;
use crate::printer::{Printer, Verbosity};

/// A file that was built, and the package it was built from.
#[derive(Debug)]
pub(crate) struct Artifact {
    /// The file.
    pub(crate) path: PathBuf,
    /// The package's name.
    pub(crate) package: String,
    /// The name of the crate, as paths in its code begin.
    pub(crate) krate: String,
}

/// Builds the selected packages and returns their libraries and programs.
///
/// # Errors
///
/// Cargo that is not there, or a build that failed: cargo has said why.
pub(crate) fn build(
    project: &Path,
    selection: &Selection,
    printer: &Printer,
) -> Result<Vec<Artifact>, CommandError> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(&cargo);
    command
        .current_dir(project)
        .arg("build")
        .arg("--message-format=json-render-diagnostics")
        .args(["--color", &printer.color().to_string()])
        .args(selection.arguments())
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    match printer.verbosity() {
        Verbosity::Quiet => {
            command.arg("--quiet");
        }
        Verbosity::Normal | Verbosity::Verbose => {}
    }
    let mut child = command.spawn().map_err(|error| {
        CommandError::because(format!("cannot start `{}`", cargo.to_string_lossy()), &error)
            .hint("install cargo, or read an artifact that is built already with `--artifact PATH`")
    })?;
    let output = child.stdout.take().expect("stdout was asked to be a pipe");
    let chosen = Chosen::new(project, selection);
    let mut artifacts = Vec::new();
    for message in AnyMessage::parse_stream(BufReader::new(output)) {
        let message =
            message.map_err(|error| CommandError::because("cannot read what cargo prints", &error))?;
        if let AnyMessage::CompilerArtifact(message) = message
            && let Some(package) = chosen.package(&message)
        {
            artifacts.extend(files(&message).into_iter().map(|path| Artifact {
                path,
                package: package.clone(),
                krate: message.target.name.replace('-', "_"),
            }));
        }
    }
    let status = child
        .wait()
        .map_err(|error| CommandError::because("cannot wait for cargo", &error))?;
    if status.success() {
        Ok(artifacts)
    } else {
        Err(
            CommandError::new("the models were not built; nothing was written")
                .cause(format!("`cargo build` failed in `{}`", project.display()))
                .hint("the lines above are cargo's; try again once `cargo build` succeeds"),
        )
    }
}

/// Which of the built packages are read.
enum Chosen<'a> {
    /// Those of these names.
    Named(&'a [String]),
    /// The one with this manifest.
    Manifest(PathBuf),
    /// Those of these ids.
    Members(Vec<PackageId>),
    /// Those whose manifests lie under this workspace.
    Workspace(PathBuf),
}

impl<'a> Chosen<'a> {
    fn new(project: &Path, selection: &'a Selection) -> Self {
        if !selection.packages.is_empty() {
            return Chosen::Named(&selection.packages);
        }
        let canonical = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let manifest = project
            .ancestors()
            .map(|directory| directory.join("Cargo.toml"))
            .find(|manifest| manifest.is_file());
        let Some(manifest) = manifest else {
            return Chosen::Workspace(canonical(project));
        };
        // Cargo itself refuses a manifest that cannot be parsed, and says why better than this could.
        let text = std::fs::read_to_string(&manifest).unwrap_or_default();
        let table: toml::Table = text.parse().unwrap_or_default();
        let workspace = table.get("workspace").and_then(toml::Value::as_table);
        if !table.contains_key("package") {
            Chosen::Workspace(canonical(manifest.parent().unwrap_or(project)))
        } else if workspace.is_some_and(|workspace| workspace.contains_key("default-members")) {
            default_members(&manifest).map_or_else(|| Chosen::Manifest(canonical(&manifest)), Chosen::Members)
        } else {
            Chosen::Manifest(canonical(&manifest))
        }
    }

    /// Returns the package's name, if its artifacts are read.
    fn package(&self, message: &Message) -> Option<String> {
        let id = &message.package_id.repr;
        let manifest = message.manifest_path.as_std_path();
        let chosen = match self {
            Chosen::Named(names) => names.iter().any(|name| specifies(name, id)),
            Chosen::Members(ids) => ids.contains(&message.package_id),
            Chosen::Manifest(path) => manifest.canonicalize().is_ok_and(|manifest| manifest == *path),
            Chosen::Workspace(root) => {
                id.contains("path+")
                    && manifest
                        .canonicalize()
                        .is_ok_and(|manifest| manifest.starts_with(root))
            }
        };
        chosen.then(|| package_name(id).to_owned())
    }
}

/// Returns the packages that cargo builds in the place of the one at the root of a workspace.
fn default_members(manifest: &Path) -> Option<Vec<PackageId>> {
    let metadata = MetadataCommand::new()
        .manifest_path(manifest)
        .no_deps()
        .exec()
        .ok()?;
    let packages = metadata.workspace_default_packages();
    Some(packages.iter().map(|package| package.id.clone()).collect())
}

/// Tells whether what was given to `--package` means the package of that id: a name, one with `*` in it, a name with a version, or an id.
fn specifies(specification: &str, id: &str) -> bool {
    let name = specification.split(['@', ':']).next().unwrap_or(specification);
    specification == id || WildMatch::new(name).matches(package_name(id))
}

/// Returns the name in a package id: `path+file:///srv/store#0.1.0`, `path+file:///srv/a#store@0.1.0`, or, before
/// cargo 1.77, `store 0.1.0 (path+file:///srv/store)`.
fn package_name(id: &str) -> &str {
    if let Some((name, _)) = id.split_once(' ') {
        return name;
    }
    let (url, fragment) = id.split_once('#').unwrap_or((id, ""));
    match fragment.split_once('@') {
        Some((name, _)) => name,
        None => url
            .split('?')
            .next()
            .unwrap_or(url)
            .rsplit('/')
            .next()
            .unwrap_or(url),
    }
}

/// Returns the files of a message that can hold models: the program, or of a library the one form that is whole.
fn files(message: &Message) -> Vec<PathBuf> {
    if let Some(executable) = &message.executable {
        return vec![executable.clone().into_std_path_buf()];
    }
    let library = message.target.kind.iter().any(|kind| {
        matches!(
            kind,
            TargetKind::Lib
                | TargetKind::RLib
                | TargetKind::DyLib
                | TargetKind::CDyLib
                | TargetKind::StaticLib
        )
    });
    if !library {
        return Vec::new();
    }
    let endings = ["rlib", "so", "dylib", "dll", "a", "lib"];
    let file = endings.iter().find_map(|ending| {
        message
            .filenames
            .iter()
            .find(|file| file.extension() == Some(ending))
    });
    file.map(|file| file.clone().into_std_path_buf())
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_out_of_every_form_of_id() {
        for id in [
            "path+file:///srv/store#0.1.0",
            "path+file:///srv/a#store@0.1.0",
            "store 0.1.0 (path+file:///srv/a)",
            "git+https://example.org/store?branch=main#0.1.0",
        ] {
            assert_eq!(package_name(id), "store", "{id}");
        }
        assert!(specifies("store@0.1.0", "path+file:///srv/store#0.1.0"));
        assert!(specifies("st*", "path+file:///srv/store#0.1.0"));
        assert!(!specifies("stor", "path+file:///srv/store#0.1.0"));
    }
}
