//! The models of a project, out of what cargo compiled: none of the project's code is run.

mod cargo;
mod selection;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use schema_core::metadata::{self, MetadataError, Models, section};
use schema_core::schema::TableName;
use wildmatch::WildMatch;

pub(crate) use selection::{ModelArgs, Selection};

use crate::config::Config;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::paths;
use crate::printer::Topic;

/// The models, and what they were read from.
#[derive(Debug)]
pub(crate) struct Read {
    /// The models.
    pub(crate) models: Models,
    /// What was read.
    pub(crate) sources: Sources,
}

/// What models were read from.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub(crate) struct Sources {
    /// The packages whose artifacts were read.
    pub(crate) packages: Vec<String>,
    /// The features they were built with.
    pub(crate) features: Vec<String>,
    /// The files that were read.
    pub(crate) artifacts: Vec<String>,
    /// Whether they were built just now; an artifact that was given does not tell its package.
    #[serde(skip)]
    built: bool,
}

impl Sources {
    /// Returns what was read, one sentence for each kind.
    pub(crate) fn lines(&self) -> Vec<String> {
        let list = |items: &[String]| {
            if items.is_empty() {
                "none".to_owned()
            } else {
                items.join(", ")
            }
        };
        let mut lines = vec![format!("artifacts: {}", list(&self.artifacts))];
        if self.built {
            lines.push(format!("packages: {}", list(&self.packages)));
            lines.push(format!("features: {}", list(&self.features)));
        }
        lines
    }
}

/// Builds the configured packages, unless artifacts are given, and reads their models.
///
/// # Errors
///
/// A failed build, an artifact that cannot be read, two models that claim one table, or no models at all.
pub(crate) fn read(
    environment: &mut Environment<'_>,
    config: &Config,
    arguments: &ModelArgs,
) -> Result<Read, CommandError> {
    let mut records = Records::default();
    let (artifacts, mut sources) = if arguments.artifact.is_empty() {
        let selection = Selection::new(&config.models, arguments);
        let built = cargo::build(&environment.project, &selection, environment.printer)?;
        let mut packages: Vec<String> = built.iter().map(|artifact| artifact.package.clone()).collect();
        packages.sort();
        packages.dedup();
        records.crates = Some(
            built
                .iter()
                .map(|artifact| WildMatch::new(&artifact.krate))
                .collect(),
        );
        let sources = Sources {
            packages,
            features: selection.feature_words(),
            artifacts: Vec::new(),
            built: true,
        };
        (
            built
                .into_iter()
                .map(|artifact| artifact.path)
                .collect::<Vec<_>>(),
            sources,
        )
    } else {
        let given = arguments.artifact.iter();
        let absolute: Vec<PathBuf> = given
            .map(|path| paths::resolve(&environment.start, path))
            .collect();
        if !config.models.packages.is_empty() {
            let packages = config.models.packages.iter().map(|package| crate_of(package));
            let given = absolute.iter().filter_map(|path| crate_of_file(path));
            records.crates = Some(packages.chain(given).map(|name| WildMatch::new(&name)).collect());
        }
        (absolute, Sources::default())
    };
    sources.artifacts = artifacts.iter().map(|path| environment.shown(path)).collect();
    for line in sources.lines() {
        environment
            .printer
            .debug(Topic::Models, format_args!("Read {line}"));
    }

    for path in &artifacts {
        records.read(path).map_err(|(error, hint)| {
            let failed = format!("cannot read models from `{}`", environment.shown(path));
            CommandError::because(failed, &error).hints(hint)
        })?;
    }
    for left_out in records.left_out.values() {
        environment.printer.debug(
            Topic::Models,
            format_args!("Left out `{left_out}`: its package is not one of those that are read"),
        );
    }
    if records.texts.is_empty() {
        let bitcode = artifacts.iter().filter(|path| section::is_bitcode(path));
        let bitcode: Vec<String> = bitcode.map(|path| environment.shown(path)).collect();
        return Err(no_models(&sources, arguments, &bitcode));
    }
    let mut models = metadata::assemble(records.texts.iter().map(String::as_str))
        .map_err(|errors| assembly_error(&errors, &records.left_out))?;
    for table in config.tables.leave_alone(&mut models.schema) {
        let text = format_args!("Left `{table}` alone: `exclude` matches it");
        environment.printer.debug(Topic::Models, text);
    }
    environment.printer.debug(
        Topic::Models,
        format_args!("Found {} models", models.schema.tables.len()),
    );
    Ok(Read { models, sources })
}

/// The records found so far, each once: a library and the program that links it both hold them.
#[derive(Default)]
struct Records {
    seen: HashSet<String>,
    texts: Vec<String>,
    /// The crates whose models count, if they are known: a program holds those of its dependencies, too.
    crates: Option<Vec<WildMatch>>,
    /// The structs that do not count, by their tables.
    left_out: BTreeMap<String, String>,
}

impl Records {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and how to go on.
    fn read(&mut self, path: &Path) -> Result<(), (section::ReadError, Option<String>)> {
        let mut hint = None;
        let read = section::for_each(path, &mut |bytes| {
            let records = metadata::scan(bytes).map_err(|error| {
                hint = error.hint();
                section::ReadError::Record(error.to_string())
            })?;
            for record in records {
                if !self.seen.contains(record) {
                    self.seen.insert(record.to_owned());
                    match self.foreign(record) {
                        Some((table, path)) => {
                            self.left_out.insert(table, path);
                        }
                        None => self.texts.push(record.to_owned()),
                    }
                }
            }
            Ok(())
        });
        read.map_err(|error| (error, hint))
    }

    /// Returns the table and the struct behind a record if its crate does not count. What cannot be read is for others to refuse.
    fn foreign(&self, record: &str) -> Option<(String, String)> {
        #[derive(serde::Deserialize)]
        struct Named {
            module: String,
            rust: String,
            table: String,
            #[serde(default)]
            schema: Option<String>,
        }
        let crates = self.crates.as_ref()?;
        let named: Named = serde_json::from_str(record).ok()?;
        let krate = named.module.split("::").next().unwrap_or_default();
        let table = TableName {
            schema: named.schema,
            name: named.table,
        };
        let counts = crates.iter().any(|name| name.matches(krate));
        (!counts).then(|| (table.to_string(), format!("{}::{}", named.module, named.rust)))
    }
}

/// Returns the name that a package's crate has in paths.
fn crate_of(package: &str) -> String {
    let name = package.split(['@', ':']).next().unwrap_or(package);
    name.replace('-', "_")
}

/// Returns the name of the crate that a file was made of, as cargo names files: `worker`, `libworker.rlib`, `libworker-0f3a.rlib`.
fn crate_of_file(path: &Path) -> Option<String> {
    let stem = path.file_stem()?.to_str()?;
    let is_library = path.extension().is_some_and(|ending| ending != "exe");
    let name = match stem.strip_prefix("lib").filter(|_| is_library) {
        Some(name) => name.rsplit_once('-').map_or(name, |(name, _)| name),
        None => stem,
    };
    Some(name.replace('-', "_"))
}

fn no_models(sources: &Sources, arguments: &ModelArgs, bitcode: &[String]) -> CommandError {
    let mut error = CommandError::new("no models found");
    for line in sources.lines() {
        error = error.cause(line);
    }
    if let [path, ..] = bitcode {
        return error
            .cause(format!(
                "`{path}` holds bitcode for link-time optimization (`lto` of the profile), in which no models can be found"
            ))
            .hint("read a build without it, such as that of the profile `dev`, or set `CARGO_PROFILE_RELEASE_LTO=off` for this command");
    }
    error = error.hint("does a struct have `#[derive(Model)]`, in code that these features compile?");
    if arguments.artifact.is_empty() {
        error.hint("name the packages with the models in `packages` of `autogen.toml`, or with `-p PACKAGE`")
    } else {
        error.hint("is the artifact the one that was built last, and an executable or a library (`.rlib`)?")
    }
}

fn assembly_error(errors: &[MetadataError], left_out: &BTreeMap<String, String>) -> CommandError {
    let error = match errors {
        [only] => CommandError::new(only.to_string()),
        several => several.iter().fold(
            CommandError::new("the models do not make a schema"),
            |whole, error| whole.cause(error.to_string()),
        ),
    };
    let mut hints: Vec<String> = errors
        .iter()
        .filter_map(|error| unread(error, left_out).or_else(|| error.hint()))
        .collect();
    hints.dedup();
    error.hints(hints)
}

/// Returns how to go on where the table that a foreign key refers to has a model in a package that is not read.
fn unread(error: &MetadataError, left_out: &BTreeMap<String, String>) -> Option<String> {
    let MetadataError::UnknownTable { table, .. } = error else {
        return None;
    };
    let path = left_out.get(&table.to_string())?;
    let krate = path.split("::").next().unwrap_or_default();
    Some(format!(
        "`{path}` has it: read the package of `{krate}`, too, with `-p`, or in `packages` under `[models]` of `autogen.toml`"
    ))
}
