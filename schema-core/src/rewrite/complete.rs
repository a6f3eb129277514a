//! Scripts for a dialect that was configured after the revisions were made.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::{KeptScript, RewriteError};
use crate::dialect::Dialect;
use crate::history::files::Scripts;
use crate::history::{Direction, Header, History, Revision, ScriptSums};
use crate::operation::apply_all;
use crate::plan::{Plan, plan};
use crate::schema::Schema;
use crate::script::{checksum, render};

/// A revision with the scripts that it lacked.
#[derive(Debug, Clone)]
pub struct Completed {
    /// The revision.
    pub revision: Revision,
    /// Its folder.
    pub folder: PathBuf,
    /// The scripts that it lacked, by dialect.
    pub scripts: BTreeMap<String, Scripts>,
    /// The dialects whose scripts are new.
    pub added: Vec<&'static str>,
    /// The schema before it.
    pub from: Schema,
    /// The schema after it.
    pub to: Schema,
    /// Scripts for other dialects in which a person wrote what no operation says, and which the new ones may want too.
    pub edited: Vec<KeptScript>,
}

/// Writes scripts for those of the dialects for which revisions have none, out of their operations, and returns those revisions,
/// parents first. A script that is recorded and gone is not written anew: nobody knows what it said.
///
/// # Errors
///
/// [`RewriteError`] with what a dialect cannot hold, or a file that cannot be read.
pub fn complete(
    history: &History,
    dialects: &[&'static dyn Dialect],
) -> Result<Vec<Completed>, RewriteError> {
    let mut completed = Vec::new();
    for header in history.revisions() {
        let mut lacking: Vec<_> = dialects
            .iter()
            .copied()
            .filter(|dialect| !header.scripts.contains_key(dialect.name()))
            .collect();
        if !lacking.is_empty() {
            // What a person wrote for a dialect is a script, too.
            let there = history.script_dialects(header.id)?;
            lacking.retain(|dialect| !there.contains(dialect.name()));
        }
        if !lacking.is_empty() {
            completed.push(with_scripts(history, header, &lacking)?);
        }
    }
    Ok(completed)
}

fn with_scripts(
    history: &History,
    header: &Header,
    dialects: &[&'static dyn Dialect],
) -> Result<Completed, RewriteError> {
    let id = header.id;
    let mut revision = history.revision(id)?;
    let from = history.schema_without(&revision.parents, &revision.overrules)?;
    let to = apply_all(from.clone(), &revision.operations).map_err(|error| history.misfit(id, error))?;
    let (mut scripts, mut edited) = (BTreeMap::new(), Vec::new());
    for dialect in revision.scripts.keys() {
        for direction in [Direction::Upgrade, Direction::Downgrade] {
            if history.is_edited(id, dialect, direction)? {
                edited.push(KeptScript {
                    revision: id,
                    dialect: dialect.clone(),
                    direction,
                });
            }
        }
    }
    for dialect in dialects {
        let plans = plan(*dialect, &from, &to, &revision.answers)
            .map_err(|error| RewriteError::Past { revision: id, error })?;
        let text = |plan: &Plan, direction: Direction| {
            let title = format!("{direction} {id}: {}", revision.message);
            render(plan, title.trim_end())
        };
        let texts = Scripts {
            upgrade: text(&plans.upgrade, Direction::Upgrade),
            downgrade: text(&plans.downgrade, Direction::Downgrade),
        };
        let sums = ScriptSums {
            upgrade: checksum(&texts.upgrade),
            downgrade: checksum(&texts.downgrade),
            edited: BTreeSet::new(),
        };
        revision.scripts.insert(dialect.name().to_owned(), sums);
        scripts.insert(dialect.name().to_owned(), texts);
    }
    Ok(Completed {
        folder: history.folder(id).map(PathBuf::from).unwrap_or_default(),
        added: dialects.iter().map(|dialect| dialect.name()).collect(),
        revision,
        scripts,
        from,
        to,
        edited,
    })
}
