//! What becomes of each table, gathered from a list of operations.
//!
//! All of a table's operations are taken together: how it stands, how it shall be, and where each column's values come from. Renames are
//! followed, so that a column has one name here, the one it ends up with; what it is called until then is kept beside.

mod track;

use std::collections::BTreeMap;

use self::track::Track;
use super::misfit;
use crate::dialect::Unsupported;
use crate::operation::{ApplyError, Operation, aside};
use crate::schema::{Column, Default, Expression, ForeignKey, Schema, Table, TableName};

/// All that a list of operations asks for.
#[derive(Debug)]
pub(super) struct Changes {
    /// Tables created, dropped and renamed, in order. A created table has its final name.
    pub(super) structural: Vec<Structural>,
    /// The standing tables that change, by their final names.
    pub(super) tables: Vec<Change>,
    /// The schema as it stands, with its renames done.
    pub(super) before: Schema,
    /// The schema as it shall be.
    pub(super) after: Schema,
    /// Foreign keys that go and come back as they were, by table, because something under them changes.
    pub(super) carried: Vec<(TableName, String)>,
}

/// A change of which tables there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Structural {
    Create(TableName),
    Drop(Table),
    Rename(TableName, TableName),
}

/// What becomes of one standing table.
#[derive(Debug)]
pub(super) struct Change {
    /// The table's name before anything is done.
    pub(super) old_name: TableName,
    /// The table as it stands, under the names that it and its columns and indexes end up with.
    pub(super) before: Table,
    /// The table as it shall be.
    pub(super) after: Table,
    /// What the columns of `before` are called before anything is done.
    pub(super) old_names: BTreeMap<String, String>,
    /// Where the values of each column of `after` come from.
    pub(super) sources: BTreeMap<String, Source>,
    /// Indexes that get another name.
    pub(super) renamed_indexes: Vec<(String, String)>,
}

/// Where the values of a column come from.
#[derive(Debug, Clone, std::default::Default, PartialEq, Eq)]
pub(super) struct Source {
    /// Whether it is the column of that name in `before`, not a new one.
    pub(super) stands: bool,
    /// The value for rows that have none.
    pub(super) fill: Option<Default>,
    /// The new values by the old ones, where they are others.
    pub(super) mapped: BTreeMap<String, String>,
}

impl Changes {
    /// Follows the operations.
    ///
    /// # Errors
    ///
    /// An operation that does not fit what it finds.
    pub(super) fn collect(from: &Schema, operations: &[Operation]) -> Result<Self, Unsupported> {
        let mut follower = Follower {
            before: from.clone(),
            after: from.clone(),
            structural: Vec::new(),
            dropped: BTreeMap::new(),
            carried: Vec::new(),
            tracks: from
                .tables
                .values()
                .map(|table| (table.name.clone(), Track::of(table)))
                .collect(),
        };
        for operation in operations {
            operation
                .apply(&mut follower.after)
                .map_err(|error| misfit(&error))?;
            follower.follow(operation).map_err(|error| misfit(&error))?;
        }
        Ok(follower.finish())
    }

    /// Returns the names of the tables that are created, in order.
    pub(super) fn created(&self) -> impl Iterator<Item = &TableName> {
        self.structural.iter().filter_map(|step| match step {
            Structural::Create(name) => Some(name),
            Structural::Drop(_) | Structural::Rename(..) => None,
        })
    }
}

impl Change {
    /// Returns the column of `before` that a column of `after` is.
    pub(super) fn standing(&self, column: &str) -> Option<&Column> {
        let source = self.sources.get(column)?;
        self.before.column(column).filter(|_| source.stands)
    }

    /// Returns what a column of `before` is called before anything is done.
    pub(super) fn old_name<'a>(&'a self, column: &'a str) -> &'a str {
        self.old_names.get(column).map_or(column, String::as_str)
    }

    /// Returns an expression in the names that columns have before anything is done.
    pub(super) fn in_old_names(&self, expression: &Expression) -> Expression {
        let mut expression = expression.clone();
        let renamed = || {
            let names = self.old_names.iter().filter(|(new, old)| new != old);
            names.enumerate()
        };
        // By way of names that nothing has, since two columns may have swapped theirs.
        for (at, (new, _)) in renamed() {
            expression.rename_column(new, &format!("_autogen_{at}"));
        }
        for (at, (_, old)) in renamed() {
            expression.rename_column(&format!("_autogen_{at}"), old);
        }
        expression
    }
}

struct Follower {
    /// The schema with renames only.
    before: Schema,
    after: Schema,
    structural: Vec<Structural>,
    /// Foreign keys that went, by table and name.
    dropped: BTreeMap<(TableName, String), ForeignKey>,
    carried: Vec<(TableName, String)>,
    tracks: BTreeMap<TableName, Track>,
}

impl Follower {
    fn follow(&mut self, operation: &Operation) -> Result<(), ApplyError> {
        match operation {
            Operation::CreateTable { table } => {
                self.structural.push(Structural::Create(table.name.clone()));
            }
            Operation::DropTable { table } => self.drop_table(table),
            Operation::RenameTable { from, to } => self.rename_table(operation, from, to)?,
            Operation::RenameColumn { table, from, to } => self.rename_column(operation, table, from, to)?,
            Operation::AddColumn {
                table,
                column,
                after: _,
                backfill,
            } => {
                if let Some(track) = self.tracks.get_mut(table) {
                    let source = Source {
                        fill: backfill.clone(),
                        ..Source::default()
                    };
                    track.sources.insert(column.name.clone(), source);
                }
            }
            Operation::DropColumn {
                table,
                column,
                after: _,
            } => {
                if let Some(track) = self.tracks.get_mut(table) {
                    track.sources.remove(&column.name);
                }
            }
            Operation::AlterColumn {
                table,
                from,
                to: _,
                backfill,
            } => {
                if let Some(source) = self.source(table, &from.name) {
                    source.fill.clone_from(backfill);
                }
            }
            Operation::MapValues {
                table,
                column,
                values,
                back: _,
            } => {
                if let Some(source) = self.source(table, column) {
                    source.mapped.clone_from(values);
                }
            }
            Operation::RenameIndex { table, from, to } => {
                let standing = self.before.table(table);
                // One that takes the name of another is dropped and made anew.
                let is_free = standing.is_some_and(|table| !table.indexes.contains_key(to));
                if let Some(track) = self.tracks.get_mut(table).filter(|_| is_free) {
                    operation.apply(&mut self.before)?;
                    track.renamed_indexes.push((from.name.clone(), to.clone()));
                }
            }
            Operation::DropForeignKey { table, foreign_key } => {
                let key = (table.clone(), foreign_key.name.clone());
                self.dropped.insert(key, foreign_key.clone());
            }
            Operation::AddForeignKey { table, foreign_key } => {
                let key = (table.clone(), foreign_key.name.clone());
                if self.dropped.get(&key) == Some(foreign_key) {
                    self.carried.push(key);
                }
            }
            Operation::AlterTable { .. }
            | Operation::AlterPrimaryKey { .. }
            | Operation::AddIndex { .. }
            | Operation::DropIndex { .. }
            | Operation::RenameForeignKey { .. }
            | Operation::AddCheck { .. }
            | Operation::DropCheck { .. }
            | Operation::RenameCheck { .. } => {}
        }
        Ok(())
    }

    fn source(&mut self, table: &TableName, column: &str) -> Option<&mut Source> {
        self.tracks.get_mut(table)?.sources.get_mut(column)
    }

    fn drop_table(&mut self, table: &Table) {
        if self.tracks.remove(&table.name).is_some() {
            let standing = self.before.tables.remove(&table.name);
            self.structural
                .push(Structural::Drop(standing.unwrap_or_else(|| table.clone())));
        } else {
            let created = Structural::Create(table.name.clone());
            self.structural.retain(|step| *step != created);
        }
    }

    fn rename_table(
        &mut self,
        operation: &Operation,
        from: &TableName,
        to: &TableName,
    ) -> Result<(), ApplyError> {
        if let Some(track) = self.tracks.remove(from) {
            operation.apply(&mut self.before)?;
            self.tracks.insert(to.clone(), track);
            self.make_way(to);
            self.structural.push(Structural::Rename(from.clone(), to.clone()));
            return Ok(());
        }
        for step in &mut self.structural {
            if *step == Structural::Create(from.clone()) {
                *step = Structural::Create(to.clone());
            }
        }
        Ok(())
    }

    /// Sets a table aside that is dropped and whose name another one takes, for tables are renamed before any is dropped.
    fn make_way(&mut self, name: &TableName) {
        let taken = |candidate: &str| {
            let candidate = name.sibling(candidate);
            self.before.table(&candidate).is_some() || self.after.table(&candidate).is_some()
        };
        let aside = name.sibling(aside(&name.name, taken));
        for step in &mut self.structural {
            if let Structural::Drop(table) = step
                && table.name == *name
            {
                table.name = aside.clone();
                self.structural.push(Structural::Rename(name.clone(), aside));
                return;
            }
        }
    }

    fn rename_column(
        &mut self,
        operation: &Operation,
        table: &TableName,
        from: &str,
        to: &str,
    ) -> Result<(), ApplyError> {
        let Some(track) = self.tracks.get_mut(table) else {
            return Ok(());
        };
        let Some(source) = track.sources.remove(from) else {
            return Ok(());
        };
        if source.stands {
            track.make_way(&mut self.before, &self.after, table, to)?;
            operation.apply(&mut self.before)?;
            track.rename(from, to);
        }
        track.sources.insert(to.to_owned(), source);
        Ok(())
    }

    fn finish(self) -> Changes {
        let Follower {
            before,
            after,
            structural,
            dropped: _,
            carried,
            tracks,
        } = self;
        let mut tables = Vec::new();
        for (name, track) in tracks {
            let (Some(standing), Some(wanted)) = (before.table(&name), after.table(&name)) else {
                continue;
            };
            let Track {
                old_name,
                old_names,
                sources,
                renamed_indexes,
            } = track;
            let is_same = standing == wanted
                && renamed_indexes.is_empty()
                && old_names.iter().all(|(new, old)| new == old)
                && sources
                    .values()
                    .all(|source| source.stands && source.mapped.is_empty())
                && sources.len() == standing.columns.len();
            if !is_same {
                tables.push(Change {
                    old_name,
                    before: standing.clone(),
                    after: wanted.clone(),
                    old_names,
                    sources,
                    renamed_indexes,
                });
            }
        }
        Changes {
            structural,
            tables,
            before,
            after,
            carried,
        }
    }
}
