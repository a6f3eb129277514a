//! What revisions do, and the schema that they lead to: their operations, replayed from nothing.

use std::collections::BTreeSet;

use super::{Cause, History, HistoryError, Revision, RevisionId, files, revision};
use crate::diff::Past;
use crate::operation::{ApplyError, Operation};
use crate::schema::{Schema, Table, TableName};

impl History {
    /// Returns a revision with its operations and answers. Its parents are those in the graph, where another one may have taken the place of a squashed
    /// one that its file names.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] if there is no such revision or its file cannot be understood, with line and column.
    ///
    /// # Example
    ///
    /// ```
    /// # use schema_core::{Migrations, history::History};
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// # let history = History::embedded(&MIGRATIONS)?;
    /// let revision = history.revision(history.heads()[0])?;
    /// assert_eq!(revision.created, "2026-11-22T22:11:40Z");
    /// assert_eq!(revision.operations[0].describe(), "added column 'items.description'");
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    pub fn revision(&self, id: RevisionId) -> Result<Revision, HistoryError> {
        let source = self.source(id)?;
        let mut revision = revision::parse(&source.text)
            .map_err(|error| HistoryError::json(source.folder.join(files::REVISION_FILE), &error))?;
        if let Some(header) = self.get(id) {
            revision.parents.clone_from(&header.parents);
        }
        Ok(revision)
    }

    /// Returns what a revision does.
    ///
    /// # Errors
    ///
    /// As [`revision`](Self::revision).
    ///
    /// # Example
    ///
    /// ```
    /// # use schema_core::{Migrations, history::History};
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// # let history = History::embedded(&MIGRATIONS)?;
    /// let operations = history.operations(history.revisions()[0].id)?;
    /// assert_eq!(operations[0].describe(), "added table 'stores'");
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    pub fn operations(&self, id: RevisionId) -> Result<Vec<Operation>, HistoryError> {
        self.revision(id).map(|revision| revision.operations)
    }

    /// Returns the names of all tables that a revision ever made, whatever became of them.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] for a revision that cannot be read.
    ///
    /// # Example
    ///
    /// ```
    /// # use schema_core::{Migrations, history::History};
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// # let history = History::embedded(&MIGRATIONS)?;
    /// # use schema_core::schema::TableName;
    /// assert!(history.made()?.contains(&TableName::new("items_tags")));
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    pub fn made(&self) -> Result<BTreeSet<TableName>, HistoryError> {
        let mut made = BTreeSet::new();
        for header in &self.headers {
            for operation in self.operations(header.id)? {
                if let Operation::CreateTable {
                    table: Table { name, .. },
                }
                | Operation::RenameTable { to: name, .. } = operation
                {
                    made.insert(name);
                }
            }
        }
        Ok(made)
    }

    /// Returns the renames that the revisions and their ancestors have done.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] for a revision that cannot be read.
    ///
    /// # Example
    ///
    /// ```
    /// # use schema_core::{Migrations, history::History};
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// # let history = History::embedded(&MIGRATIONS)?;
    /// # use schema_core::diff::Past;
    /// assert_eq!(history.past(history.heads())?, Past::default()); // nothing was ever renamed
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    pub fn past(&self, ids: &[RevisionId]) -> Result<Past, HistoryError> {
        let mut past = Past::default();
        for id in self.ancestors(ids) {
            past.add(&self.revision(id)?.answers);
        }
        Ok(past)
    }

    /// Returns the schema at the given revisions together: their ancestors' operations, replayed from nothing.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] with the revision and the operation that does not fit what came before it.
    ///
    /// # Example
    ///
    /// ```
    /// # use schema_core::{Migrations, history::History};
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// # let history = History::embedded(&MIGRATIONS)?;
    /// # use schema_core::schema::TableName;
    /// let items = TableName::new("items");
    /// let [first, second] = [history.revisions()[0].id, history.revisions()[1].id];
    /// assert!(history.schema_at(&[first])?.tables[&items].column("description").is_none());
    /// assert!(history.schema_at(&[second])?.tables[&items].column("description").is_some());
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    pub fn schema_at(&self, ids: &[RevisionId]) -> Result<Schema, HistoryError> {
        self.replay_all(&self.applied_at(ids))
    }

    /// Applies the operations of those revisions, from nothing and in that order.
    pub(super) fn replay_all(&self, ids: &[RevisionId]) -> Result<Schema, HistoryError> {
        let mut schema = Schema::default();
        for id in ids {
            self.replay(*id, &mut schema)?;
        }
        Ok(schema)
    }

    /// Returns the schema at the heads.
    ///
    /// # Errors
    ///
    /// As [`schema_at`](Self::schema_at).
    ///
    /// # Example
    ///
    /// ```
    /// # use schema_core::{Migrations, history::History};
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// # let history = History::embedded(&MIGRATIONS)?;
    /// assert_eq!(history.schema()?, history.schema_at(history.heads())?);
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    pub fn schema(&self) -> Result<Schema, HistoryError> {
        self.schema_at(&self.heads)
    }

    /// Applies one revision's operations to the schema that it builds on.
    ///
    /// # Errors
    ///
    /// As [`schema_at`](Self::schema_at).
    ///
    /// # Example
    ///
    /// Walking along a history costs each revision once:
    ///
    /// ```
    /// # use schema_core::{Migrations, history::History};
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// # let history = History::embedded(&MIGRATIONS)?;
    /// # use schema_core::schema::Schema;
    /// let mut schema = Schema::default();
    /// for header in history.revisions() {
    ///     history.replay(header.id, &mut schema)?;
    ///     println!("{}: {} tables", header.id, schema.tables.len());
    /// }
    /// assert_eq!(schema, history.schema()?);
    /// # Ok::<(), schema_core::history::HistoryError>(())
    /// ```
    pub fn replay(&self, id: RevisionId, schema: &mut Schema) -> Result<(), HistoryError> {
        for operation in self.operations(id)? {
            operation.apply(schema).map_err(|error| self.misfit(id, error))?;
        }
        Ok(())
    }

    /// Returns the error for an operation of a revision that does not fit.
    pub(crate) fn misfit(&self, id: RevisionId, error: ApplyError) -> HistoryError {
        HistoryError {
            path: self.folder(id).map(|folder| folder.join(files::REVISION_FILE)),
            cause: Cause::Replay { revision: id, error },
        }
    }
}
