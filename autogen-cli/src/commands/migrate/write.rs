//! A new revision: planned, proved, and written whole or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use schema_core::dialect::{Change, Dialect, Located, Unsupported, refusals};
use schema_core::diff::Answers;
use schema_core::hazard::{Hazard, hazards};
use schema_core::history::files::{self, Scripts};
use schema_core::history::{History, Revision, RevisionId, ScriptSums};
use schema_core::operation::{Operation, apply_all};
use schema_core::plan::{Plan, concerned, plan, restricted};
use schema_core::rewrite::KeptScript;
use schema_core::runner::{self, ProofError};
use schema_core::schema::Schema;
use schema_core::script::{checksum, render};
use serde_json::json;

use super::super::{said, snapshot};
use super::Found;
use super::id::{created, new_id};
use crate::artifact::Sources;
use crate::config::{Config, find_dialect};
use crate::environment::Environment;
use crate::error::CommandError;
use crate::printer::{Format, Took, Topic};

/// Returns the hazards that operations have on any database, with names as the first configured one writes them.
pub(in crate::commands) fn neutral_hazards(
    config: &Config,
    operations: &[Operation],
    from: &Schema,
    to: &Schema,
    answers: &Answers,
) -> Result<Vec<Hazard>, CommandError> {
    let dialects = config.dialects()?;
    let first = dialects.first().copied();
    let quote = |name: &str| first.map_or_else(|| name.to_owned(), |dialect| dialect.quote(name));
    Ok(hazards(operations, from, to, answers, &quote))
}

/// A revision that is not written yet.
pub(in crate::commands) struct Draft {
    id: RevisionId,
    parents: Vec<RevisionId>,
    message: String,
    created: String,
    from: Schema,
    to: Schema,
    operations: Vec<Operation>,
    /// What it may lose, fail on or break, and whom it keeps waiting.
    pub(super) hazards: Vec<Hazard>,
    answers: Answers,
    sources: Sources,
    /// What it decided against, if it joins branches.
    pub(in crate::commands) overrules: Vec<RevisionId>,
    /// Whether there are heads that it does not follow.
    beside: bool,
    /// What is written again, if something is.
    pub(super) amended: Option<Amended>,
    /// The revisions that got scripts for one more dialect first, as `--json` shows them.
    pub(super) completed: Vec<serde_json::Value>,
}

/// A revision in whose place another comes.
pub(super) struct Amended {
    /// Its folder.
    pub(super) folder: PathBuf,
    /// The names of the dialects for which it has scripts.
    pub(super) dialects: BTreeSet<String>,
    /// Its scripts, for what they allow.
    pub(super) allows: Vec<(KeptScript, String)>,
}

/// The scripts of a revision, by dialect.
pub(in crate::commands) type AllScripts = BTreeMap<String, Scripts>;

impl Draft {
    /// Returns a revision that leads from `from` to what was found.
    pub(in crate::commands) fn new(
        parents: Vec<RevisionId>,
        message: String,
        from: Schema,
        found: Found,
        id: RevisionId,
    ) -> Result<Self, CommandError> {
        let Found {
            operations,
            hazards,
            answers,
            sources,
        } = found;
        // The replay, not the models: both are equal, but the replay keeps the order in which columns arrived.
        let to = apply_all(from.clone(), &operations)
            .map_err(|error| CommandError::because("the operations do not fit the history", &error))?;
        Ok(Draft {
            id,
            parents,
            message,
            created: created(id),
            from,
            to,
            operations,
            hazards,
            answers,
            sources,
            overrules: Vec::new(),
            beside: false,
            amended: None,
            completed: Vec::new(),
        })
    }

    /// Notes which heads there are, of which it may leave some as they are.
    pub(in crate::commands) fn stands_beside(&mut self, heads: &[RevisionId]) {
        self.beside = heads.iter().any(|head| !self.parents.contains(head));
    }

    /// Returns the dialects that it has scripts for: those that are configured, and those for which there are scripts in what it amends.
    fn dialects(&self, config: &Config) -> Result<Vec<&'static dyn Dialect>, CommandError> {
        let mut dialects = config.dialects()?;
        for name in self.amended.iter().flat_map(|amended| &amended.dialects) {
            if !config.dialects.contains(name) {
                dialects.push(find_dialect(name)?);
            }
        }
        Ok(dialects)
    }

    /// Returns a revision that changes nothing, to be filled in by hand.
    pub(in crate::commands) fn empty(
        history: &History,
        parents: Vec<RevisionId>,
        message: Option<&str>,
        id: Option<&str>,
    ) -> Result<Self, CommandError> {
        let schema = history.schema_at(&parents)?;
        let found = Found {
            operations: Vec::new(),
            hazards: Vec::new(),
            answers: Answers::default(),
            sources: Sources::default(),
        };
        let message = said(message).unwrap_or_else(|| "by hand".to_owned());
        Draft::new(parents, message, schema, found, new_id(id, history)?)
    }

    /// Returns the scripts for every dialect, and the hazards that they have there.
    pub(in crate::commands) fn scripts(
        &self,
        config: &Config,
    ) -> Result<(AllScripts, Vec<Hazard>), CommandError> {
        let mut scripts = AllScripts::new();
        let mut hazards = Vec::new();
        // What a plan does not concern it does not name either.
        let tables = concerned(&self.from, &self.to, &self.answers, |_| false);
        let (from, to) = (restricted(&self.from, &tables), restricted(&self.to, &tables));
        let dialects = self.dialects(config)?;
        for dialect in dialects.iter().copied() {
            let plans = plan(dialect, &from, &to, &self.answers)
                .map_err(|error| cannot_be_written(&dialects, &to, error))?;
            let found = dialect.hazards(&Change {
                script: &plans.upgrade,
                operations: &self.operations,
                from: &from,
                to: &to,
            });
            let asked = config.lint.codes()?;
            let of_tables = dialect.quality(&Change {
                script: &plans.upgrade,
                operations: &self.operations,
                from: &self.from,
                to: &self.to,
            });
            let of_tables = of_tables
                .into_iter()
                .filter(|found| asked.contains(&found.hazard.code));
            for Located { hazard, .. } in found.into_iter().chain(of_tables) {
                // Another dialect may have said the same.
                if !hazards.contains(&hazard) {
                    hazards.push(hazard);
                }
            }
            let text = |plan: &Plan, way: &str| {
                let title = format!("{way} {}: {}", self.id, self.message);
                render(plan, title.trim_end())
            };
            let texts = Scripts {
                upgrade: text(&plans.upgrade, "upgrade"),
                downgrade: text(&plans.downgrade, "downgrade"),
            };
            scripts.insert(dialect.name().to_owned(), texts);
        }
        Ok((scripts, hazards))
    }

    fn revision(&self, scripts: &AllScripts) -> Revision {
        let sums = scripts.iter().map(|(dialect, scripts)| {
            let sums = ScriptSums {
                upgrade: checksum(&scripts.upgrade),
                downgrade: checksum(&scripts.downgrade),
                edited: BTreeSet::new(),
            };
            (dialect.clone(), sums)
        });
        Revision {
            id: self.id,
            parents: self.parents.clone(),
            message: self.message.clone(),
            created: self.created.clone(),
            operations: self.operations.clone(),
            answers: self.relevant_answers(),
            scripts: sums.collect(),
            replaces: Vec::new(),
            overrules: self.overrules.clone(),
        }
    }

    /// Returns the answers that this revision used: models keep a backfill long after the rows have it.
    fn relevant_answers(&self) -> Answers {
        let used = Answers::of(&self.operations);
        let mut answers = self.answers.clone();
        answers
            .backfills
            .retain(|column, _| used.backfills.contains_key(column));
        answers
            .mapped_values
            .retain(|column, _| used.mapped_values.contains_key(column));
        answers
    }
}

/// Returns the error of scripts that cannot be written, with all that the dialects cannot hold, so that it can be changed in one go.
fn cannot_be_written(dialects: &[&'static dyn Dialect], to: &Schema, first: Unsupported) -> CommandError {
    let mut refused: Vec<Unsupported> = dialects
        .iter()
        .flat_map(|dialect| refusals(*dialect, to))
        .collect();
    if !refused.contains(&first) {
        refused.insert(0, first);
    }
    let mut names: Vec<&str> = refused.iter().map(|refused| refused.dialect).collect();
    names.dedup();
    let message = format!("cannot write scripts for {}", names.join(", "));
    let error = CommandError::new(message);
    refused
        .iter()
        .fold(error, |error, refused| error.cause(refused.to_string()))
}

/// Proves, on a scratch database of each dialect that has one, that the scripts lead where the operations say, and back;
/// returns how long that took.
///
/// # Errors
///
/// Where they lead instead.
pub(in crate::commands) fn prove(
    environment: &mut Environment<'_>,
    config: &Config,
    draft: &Draft,
    scripts: &AllScripts,
) -> Result<Option<Duration>, CommandError> {
    let start = Instant::now();
    let mut proved = None;
    for dialect in draft.dialects(config)? {
        let texts = &scripts[dialect.name()];
        let scripts = [texts.upgrade.clone(), texts.downgrade.clone()];
        let Some(mut scratch) = environment.scratch(config, dialect, &scripts)? else {
            continue;
        };
        runner::prove(
            &mut scratch,
            dialect,
            &draft.from,
            &draft.to,
            texts,
            &config.tables,
        )
        .map_err(|error| {
            let failed = format!(
                "the scripts for {} do not do what they should; nothing was written",
                dialect.name()
            );
            CommandError::because(failed, &error).hint(way_out(&error, "the models before and after"))
        })?;
        proved = Some(start.elapsed());
    }
    Ok(proved)
}

/// Returns how to go on when a script that was written here does not do what it should; `with` says what a report needs.
pub(super) fn way_out(error: &ProofError, with: &str) -> String {
    let defect = format!("this is a defect of autogen: please report it with {with}");
    error.lacking().unwrap_or_else(|| {
        if error.is_refusal() {
            format!("SQL of your models in that statement (a default, a check, a computed value, a type) has to be this database's; if it is, {defect}")
        } else {
            defect
        }
    })
}

/// Writes the revision and the snapshot, and removes the revision that it amends; what else was in its folder goes along.
///
/// # Errors
///
/// What could not be written. The folder of migrations is as it was then.
pub(in crate::commands) fn write(
    environment: &mut Environment<'_>,
    draft: &Draft,
    scripts: &AllScripts,
) -> Result<PathBuf, CommandError> {
    let revision = draft.revision(scripts);
    let name = format!(
        "{}_{}",
        revision.id,
        schema_core::history::slug(&revision.message)
    );
    let folder = environment.migrations.join(files::VERSIONS_FOLDER).join(name);
    let shown = environment.shown(&folder);
    let migrations = &environment.migrations;
    let folder = environment.printer.step(format_args!("Generating {shown}"), || {
        let amended = draft.amended.iter().map(|amended| amended.folder.as_path());
        files::write_revision_for(migrations, &revision, scripts, &amended.collect::<Vec<_>>())
    })?;
    if let Err(error) = write_snapshot(environment, draft) {
        // A revision without its snapshot would make the next `check` fail: all or nothing.
        files::remove_revision(&folder)?;
        return Err(error);
    }
    if let Some(Amended { folder: old, .. }) = &draft.amended {
        let shown = environment.shown(old);
        let removed = environment
            .printer
            .step(format_args!("Removing {shown}"), || files::remove_revision(old));
        if let Err(error) = removed {
            // Both of them would be two heads with the same changes.
            files::remove_revision(&folder)?;
            let history = environment.history()?;
            snapshot::renew(environment, &history)?;
            return Err(error.into());
        }
    }
    Ok(folder)
}

/// Writes the schema at the heads, of which the revision is one.
fn write_snapshot(environment: &mut Environment<'_>, draft: &Draft) -> Result<(), CommandError> {
    if draft.beside {
        let history = environment.history()?;
        return snapshot::renew(environment, &history);
    }
    Ok(files::write_snapshot(&environment.migrations, &draft.to)?)
}

/// Says that the scripts were proved, if they were.
pub(in crate::commands) fn report_proof(environment: &mut Environment<'_>, took: Option<Duration>) {
    let Some(took) = took else { return };
    let text = format_args!(
        "Upgrade and downgrade proved on a scratch database ({})",
        Took(took)
    );
    environment.printer.info(Topic::Verify, text);
}

/// Prints the scripts, for `--dry-run`.
pub(in crate::commands) fn print(environment: &mut Environment<'_>, draft: &Draft, scripts: &AllScripts) {
    if environment.printer.format() == Format::Json {
        report(environment, draft, scripts, None);
        return;
    }
    let mut text = String::new();
    for (dialect, scripts) in scripts {
        for (way, script) in [("upgrade", &scripts.upgrade), ("downgrade", &scripts.downgrade)] {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&format!("-- {way}.{dialect}.sql\n{script}"));
        }
    }
    environment.printer.text(&text);
}

/// Prints what was written, or with no folder would be, for `--json`.
pub(in crate::commands) fn report(
    environment: &mut Environment<'_>,
    draft: &Draft,
    scripts: &AllScripts,
    folder: Option<PathBuf>,
) {
    if environment.printer.format() != Format::Json {
        return;
    }
    let revision = folder.map(|folder| {
        json!({
            "id": draft.id,
            "parents": draft.parents,
            "message": draft.message,
            "created": draft.created,
            "overrules": draft.overrules,
            "folder": environment.shown(&folder),
        })
    });
    environment.printer.document(&json!({
        "revision": revision,
        "operations": crate::document::operations(&draft.operations),
        "hazards": draft.hazards,
        "scripts": crate::document::scripts(scripts),
        "completed": draft.completed,
        "sources": draft.sources,
    }));
}
