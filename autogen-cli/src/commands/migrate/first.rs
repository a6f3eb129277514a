//! The first revision of a history that makes tables, for a database that has them already.

use std::path::PathBuf;

use schema_core::diff::{Answers, diff};
use schema_core::history::{History, files};
use schema_core::schema::Schema;

use super::super::join;
use super::Found;
use super::id::new_id;
use super::write::{self, Draft};
use crate::artifact::Read;
use crate::config::Config;
use crate::environment::Environment;
use crate::error::CommandError;

/// A first revision that was written.
pub(in crate::commands) struct First {
    folder: PathBuf,
}

/// Writes the revision that leads from nothing to the models, proved. What a history has that makes no tables comes before it.
///
/// # Errors
///
/// What cannot be planned, proved or written; nothing was written then.
pub(in crate::commands) fn first(
    environment: &mut Environment<'_>,
    config: &Config,
    history: &History,
    read: Read,
    message: &str,
    id: Option<&str>,
) -> Result<First, CommandError> {
    let nothing = Schema::default();
    let found = Found {
        operations: diff(&nothing, &read.models.schema, &Answers::default()),
        hazards: Vec::new(),
        answers: Answers::default(),
        sources: read.sources,
    };
    let heads = history.heads();
    join::refuse_apart(environment, config, history, heads)?;
    let draft = Draft::new(
        heads.to_vec(),
        message.to_owned(),
        nothing,
        found,
        new_id(id, history)?,
    )?;
    // No row is there yet that could be lost or waited for.
    let (mut scripts, _) = draft.scripts(config)?;
    let took = write::prove(environment, config, &draft, &scripts)?;
    for scripts in scripts.values_mut() {
        scripts.downgrade = without_way_back(&scripts.downgrade);
    }
    let folder = write::write(environment, &draft, &scripts)?;
    write::report_proof(environment, took);
    Ok(First { folder })
}

/// Returns a downgrade script with the word at its head that there is no way back: it would drop what autogen did not create.
fn without_way_back(script: &str) -> String {
    let word = "\n-- Without the next line, the tables are dropped with their rows.\n-- autogen: irreversible the tables are older than this history\n\n";
    script.replacen("\n\n", word, 1)
}

impl First {
    /// Removes the revision, so that the history makes no tables again.
    ///
    /// # Errors
    ///
    /// What cannot be removed.
    pub(in crate::commands) fn take_back(self, environment: &Environment<'_>) -> Result<(), CommandError> {
        files::remove_revision(&self.folder)?;
        files::write_snapshot(&environment.migrations, &Schema::default())?;
        Ok(())
    }
}
