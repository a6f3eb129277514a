//! The models of a project, out of what cargo compiled: none of the project's code is run.

mod cargo;
mod selection;

use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;

use schema_core::metadata::{self, MetadataError, Models, section};

pub(crate) use selection::{ModelArgs, Selection};

use crate::config::Config;
use crate::environment::Environment;
use crate::error::CommandError;
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
        records.crates = Some(built.iter().map(|artifact| artifact.krate.clone()).collect());
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
            .map(|path| std::path::absolute(path).unwrap_or_else(|_| path.clone()))
            .collect();
        (absolute, Sources::default())
    };
    sources.artifacts = artifacts.iter().map(|path| environment.shown(path)).collect();
    for line in sources.lines() {
        environment
            .printer
            .debug(Topic::Models, format_args!("Read {line}"));
    }

    for path in &artifacts {
        records.read(path).map_err(|error| {
            CommandError::because(
                format!("cannot read models from `{}`", environment.shown(path)),
                &error,
            )
        })?;
    }
    for left_out in &records.left_out {
        environment.printer.debug(
            Topic::Models,
            format_args!("Left out `{left_out}`: its package is not one of those that are read"),
        );
    }
    if records.texts.is_empty() {
        return Err(no_models(&sources, arguments));
    }
    let mut models = metadata::assemble(records.texts.iter().map(String::as_str)).map_err(assembly_error)?;
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
    crates: Option<HashSet<String>>,
    /// The structs that do not count.
    left_out: BTreeSet<String>,
}

impl Records {
    fn read(&mut self, path: &std::path::Path) -> Result<(), section::ReadError> {
        section::for_each(path, &mut |bytes| {
            for record in
                metadata::scan(bytes).map_err(|error| section::ReadError::Record(error.to_string()))?
            {
                if !self.seen.contains(record) {
                    self.seen.insert(record.to_owned());
                    match self.foreign(record) {
                        Some(path) => {
                            self.left_out.insert(path);
                        }
                        None => self.texts.push(record.to_owned()),
                    }
                }
            }
            Ok(())
        })
    }

    /// Returns the struct behind a record if its crate does not count. What cannot be read is for others to refuse.
    fn foreign(&self, record: &str) -> Option<String> {
        #[derive(serde::Deserialize)]
        struct Named {
            module: String,
            rust: String,
        }
        let crates = self.crates.as_ref()?;
        let Named { module, rust } = serde_json::from_str(record).ok()?;
        let krate = module.split("::").next().unwrap_or_default();
        (!crates.contains(krate)).then(|| format!("{module}::{rust}"))
    }
}

fn no_models(sources: &Sources, arguments: &ModelArgs) -> CommandError {
    let mut error = CommandError::new("no models found");
    for line in sources.lines() {
        error = error.cause(line);
    }
    error = error.hint("does a struct have `#[derive(Model)]`, in code that these features compile?");
    if arguments.artifact.is_empty() {
        error.hint("name the packages with the models in `packages` of `autogen.toml`, or with `-p PACKAGE`")
    } else {
        error.hint("is the artifact the one that was built last, and an executable or a library (`.rlib`)?")
    }
}

fn assembly_error(errors: Vec<MetadataError>) -> CommandError {
    let error = match errors.as_slice() {
        [only] => CommandError::new(only.to_string()),
        several => several.iter().fold(
            CommandError::new("the models do not make a schema"),
            |whole, error| whole.cause(error.to_string()),
        ),
    };
    let mut hints: Vec<String> = errors.iter().filter_map(MetadataError::hint).collect();
    hints.dedup();
    error.hints(hints)
}
