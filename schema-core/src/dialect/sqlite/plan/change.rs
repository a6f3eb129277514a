//! What becomes of each table, gathered from a list of operations.
//!
//! Renames are followed first, since SQLite carries them into views, triggers and other tables by itself; all else of
//! a table is the difference between how it stands after them and how it shall be. Where each column's values come from is kept
//! beside, because two columns of one name need not be one.

use std::collections::BTreeMap;

use super::{misfit, times};
use crate::dialect::Unsupported;
use crate::dialect::backfill::{Filled, tables_in_turn};
use crate::dialect::sqlite::ddl::{quote, text};
use crate::dialect::sqlite::expression::canonical_default;
use crate::dialect::sqlite::types;
use crate::operation::Operation;
use crate::schema::{Column, Default, Schema, Table, TableName, Type};

/// All that a list of operations asks for.
#[derive(Debug)]
pub(super) struct Changes {
    /// Tables created, dropped and renamed, in order. A created table has its final name.
    pub(super) structural: Vec<Structural>,
    /// The standing tables that change, by their final names.
    pub(super) tables: Vec<Change>,
    /// The schema as it shall be.
    pub(super) after: Schema,
}

/// A change of which tables there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Structural {
    Create(TableName),
    Drop(TableName),
    Rename(TableName, TableName),
}

/// What becomes of one standing table.
#[derive(Debug)]
pub(super) struct Change {
    /// The table once it and its columns have been renamed.
    pub(super) before: Table,
    /// The table as it shall be.
    pub(super) after: Table,
    /// Columns to rename in place, in order.
    pub(super) renames: Vec<(String, String)>,
    /// Where the values of each column of `after` come from.
    pub(super) sources: BTreeMap<String, Source>,
}

/// Where the values of a column come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// The column of `before`; `None` if there was none.
    pub(super) column: Option<String>,
    /// The value for rows that have none.
    pub(super) fill: Option<Default>,
    /// The new values by the old ones, where they are others.
    pub(super) values: BTreeMap<String, String>,
}

/// A standing table on its way through the operations.
#[derive(Debug)]
struct Track {
    renames: Vec<(String, String)>,
    sources: BTreeMap<String, Source>,
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

    /// Returns the standing tables that change, those first in which the backfills of others read.
    pub(super) fn in_turn(&self) -> impl Iterator<Item = &Change> {
        let filled = self.tables.iter().map(|change| Filled {
            before: &change.before,
            after: &change.after,
            fills: change.filled(),
        });
        let order = tables_in_turn(&filled.collect::<Vec<_>>()).into_iter();
        order.filter_map(|at| self.tables.get(at))
    }

    /// Tells whether a table maps the values of a column by which a foreign key holds it or another table: both ends change, one after the other.
    pub(super) fn map_keys(&self, change: &Change) -> bool {
        let name = &change.after.name;
        let mapped = |columns: &[String]| {
            let mut sources = columns.iter().filter_map(|column| change.sources.get(column));
            sources.any(|source| !source.values.is_empty())
        };
        let tables = self.tables.iter().map(|change| &change.before);
        let mut keys = tables.chain(self.after.tables.values()).flat_map(|table| {
            let keys = table.foreign_keys.values();
            keys.map(move |key| (&table.name, key))
        });
        keys.any(|(table, key)| {
            (table == name && mapped(&key.columns))
                || (key.references == *name && mapped(&key.referenced_columns))
        })
    }

    /// Returns the names of the tables that are created.
    pub(super) fn created(&self) -> impl Iterator<Item = &TableName> {
        self.structural.iter().filter_map(|step| match step {
            Structural::Create(name) => Some(name),
            Structural::Drop(_) | Structural::Rename(..) => None,
        })
    }
}

impl Change {
    /// Returns the change of a table in which every column keeps its values and its name.
    pub(super) fn in_place(before: &Table, after: &Table) -> Self {
        Change {
            before: before.clone(),
            after: after.clone(),
            renames: Vec::new(),
            sources: Track::of(before).sources,
        }
    }

    /// Returns the column of `before` that a column keeps its values from unchanged in name, if it has one.
    pub(super) fn kept(&self, column: &str) -> Option<&Column> {
        let source = self.sources.get(column)?.column.as_deref()?;
        self.before.column(source).filter(|_| source == column)
    }

    /// Returns the values that rows get: those of new columns, and those in place of NULL where a column may no longer hold it.
    pub(super) fn filled(&self) -> BTreeMap<&str, &Default> {
        let columns = self
            .after
            .columns
            .iter()
            .filter(|column| column.generated.is_none());
        let filled = columns.filter_map(|column| {
            let source = self.sources.get(&column.name)?;
            let fill = match &source.column {
                None => source.fill.as_ref()?,
                Some(name) => {
                    let was_nullable = self.before.column(name).is_some_and(|column| column.nullable);
                    let fill = source.fill.as_ref().or(column.default.as_ref())?;
                    Some(fill).filter(|_| was_nullable && !column.nullable)?
                }
            };
            Some((column.name.as_str(), fill))
        });
        filled.collect()
    }

    /// Returns the value of the column in a row of `before`, without the fill, if it does not stay as it is.
    pub(super) fn written_anew(&self, column: &str) -> Option<String> {
        let source = self.sources.get(column)?;
        source.mapped().or_else(|| {
            let standing = self.before.column(source.column.as_deref()?)?;
            let (Type::Native(from), Type::Native(to)) = (&standing.ty, &self.after.column(column)?.ty)
            else {
                return None;
            };
            times::converted(&quote(&standing.name), from, to)
        })
    }
}

impl Source {
    /// Returns the new value by the old one, if values become others.
    pub(super) fn mapped(&self) -> Option<String> {
        let column = quote(self.column.as_deref()?);
        if self.values.is_empty() {
            return None;
        }
        let cases = self.values.iter();
        let cases: String = cases
            .map(|(old, new)| format!(" WHEN {} THEN {}", text(old), text(new)))
            .collect();
        Some(format!("CASE {column}{cases} ELSE {column} END"))
    }
}

impl Track {
    fn of(table: &Table) -> Self {
        let sources = table.columns.iter().map(|column| {
            let source = Source {
                column: Some(column.name.clone()),
                fill: None,
                values: BTreeMap::new(),
            };
            (column.name.clone(), source)
        });
        Track {
            renames: Vec::new(),
            sources: sources.collect(),
        }
    }
}

struct Follower {
    /// The schema with renames only.
    before: Schema,
    after: Schema,
    structural: Vec<Structural>,
    tracks: BTreeMap<TableName, Track>,
}

impl Follower {
    fn follow(&mut self, operation: &Operation) -> Result<(), crate::operation::ApplyError> {
        match operation {
            Operation::CreateTable { table } => {
                self.structural.push(Structural::Create(table.name.clone()));
                self.before.insert(table.clone());
            }
            Operation::DropTable { table } => {
                self.before.tables.remove(&table.name);
                let created = Structural::Create(table.name.clone());
                if self.tracks.remove(&table.name).is_some() {
                    self.structural.push(Structural::Drop(table.name.clone()));
                } else {
                    self.structural.retain(|step| *step != created);
                }
            }
            Operation::RenameTable { from, to } => {
                operation.apply(&mut self.before)?;
                if let Some(track) = self.tracks.remove(from) {
                    self.tracks.insert(to.clone(), track);
                    self.structural.push(Structural::Rename(from.clone(), to.clone()));
                } else {
                    // It is created once its final name is free.
                    self.structural
                        .retain(|step| *step != Structural::Create(from.clone()));
                    self.structural.push(Structural::Create(to.clone()));
                }
            }
            Operation::RenameColumn { table, from, to } => self.rename_column(operation, table, from, to)?,
            Operation::AddColumn {
                table,
                column,
                after: _,
                backfill,
            } => {
                if let Some(track) = self.tracks.get_mut(table) {
                    let source = Source {
                        column: None,
                        fill: backfill.as_ref().map(|backfill| fitting(column, backfill)),
                        values: BTreeMap::new(),
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
                to,
                backfill: Some(backfill),
            } => {
                let track = self.tracks.get_mut(table);
                if let Some(source) = track.and_then(|track| track.sources.get_mut(&from.name)) {
                    source.fill = Some(fitting(to, backfill));
                }
            }
            Operation::MapValues {
                table,
                column,
                values,
                back: _,
            } => {
                let track = self.tracks.get_mut(table);
                if let Some(source) = track.and_then(|track| track.sources.get_mut(column)) {
                    source.values.clone_from(values);
                }
            }
            Operation::AlterColumn { backfill: None, .. }
            | Operation::AlterTable { .. }
            | Operation::AlterPrimaryKey { .. }
            | Operation::AddIndex { .. }
            | Operation::DropIndex { .. }
            | Operation::RenameIndex { .. }
            | Operation::AddForeignKey { .. }
            | Operation::DropForeignKey { .. }
            | Operation::RenameForeignKey { .. }
            | Operation::AddCheck { .. }
            | Operation::DropCheck { .. }
            | Operation::RenameCheck { .. } => {}
        }
        Ok(())
    }

    /// Renames in place, unless another column stands in the way that is dropped only later: then the copy renames.
    fn rename_column(
        &mut self,
        operation: &Operation,
        table: &TableName,
        from: &str,
        to: &str,
    ) -> Result<(), crate::operation::ApplyError> {
        let Some(track) = self.tracks.get_mut(table) else {
            return operation.apply(&mut self.before);
        };
        let Some(source) = track.sources.remove(from) else {
            return Ok(());
        };
        let in_the_way = self.before.table(table).is_none_or(|table| {
            table
                .columns
                .iter()
                .any(|column| column.name != from && column.name.eq_ignore_ascii_case(to))
        });
        let source = if source.column.as_deref() == Some(from) && !in_the_way {
            operation.apply(&mut self.before)?;
            track.renames.push((from.to_owned(), to.to_owned()));
            Source {
                column: Some(to.to_owned()),
                ..source
            }
        } else {
            source
        };
        track.sources.insert(to.to_owned(), source);
        Ok(())
    }

    fn finish(self) -> Changes {
        let Follower {
            mut before,
            after,
            structural,
            tracks,
        } = self;
        let mut tables = Vec::new();
        for (name, track) in tracks {
            let (Some(before), Some(after)) = (before.tables.remove(&name), after.table(&name)) else {
                continue;
            };
            let kept = track
                .sources
                .iter()
                .filter(|(name, source)| source.column.as_ref() == Some(name))
                .count();
            let maps = track.sources.values().any(|source| !source.values.is_empty());
            if maps || before != *after || !track.renames.is_empty() || kept != before.columns.len() {
                tables.push(Change {
                    before,
                    after: after.clone(),
                    renames: track.renames,
                    sources: track.sources,
                });
            }
        }
        Changes {
            structural,
            tables,
            after,
        }
    }
}

/// Returns a backfill as the column keeps it, as its default would be: a UUID is bytes, a number of many digits a text.
fn fitting(column: &Column, backfill: &Default) -> Default {
    let Type::Native(declared) = &column.ty else {
        return backfill.clone();
    };
    let said = canonical_default(backfill, "").ok().flatten();
    let bytes = said.and_then(|said| said.uuid_as_bytes());
    bytes
        .filter(|_| declared == "BLOB")
        .unwrap_or_else(|| types::exact(declared, backfill.clone()))
}
