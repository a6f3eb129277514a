//! The hazards of scripts: what the dialects have in common when they look at statements.
//!
//! A script is looked at as it stands, whoever wrote it, so that what a person added is judged by the same rules as what was
//! generated. What the operations of its revision do is known, and not said twice: a rule here is about how it is done, or
//! about what no operation does.

mod clause;
mod common;
pub(in crate::dialect) mod quality;
mod sql;

pub(in crate::dialect) use clause::{Clause, ClauseKind, Constraint, Definition};
use common::bare;
pub(in crate::dialect) use common::{default_is, find, is_replaced};
pub(in crate::dialect) use sql::{Command, Made, Sql, contains, starts};

use std::collections::{BTreeMap, BTreeSet};

use super::Dialect;
use crate::hazard::{Code, Hazard};
use crate::lexer::Lexicon;
use crate::operation::Operation;
use crate::plan::{Plan, Step};
use crate::schema::{Schema, Table, TableName};

/// A script, and what its revision does.
///
/// What somebody wrote into a script by hand, which no operation tells of:
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # let sqlite = schema_core::dialect::by_name("sqlite").expect("the build has it");
/// use schema_core::dialect::Change;
/// use schema_core::schema::Schema;
///
/// let script = schema_core::script::parse("DELETE FROM items;\n", sqlite.lexicon())?;
/// let schema = Schema::default();
/// let found = sqlite.hazards(&Change { script: &script, operations: &[], from: &schema, to: &schema });
/// assert_eq!(found[0].hazard.code.as_str(), "D08"); // rows go without a condition
/// assert_eq!(found[0].statement, Some(0));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The script that leads from the one schema to the other.
    pub script: &'a Plan,
    /// What the revision does.
    pub operations: &'a [Operation],
    /// The schema before, as models say it; of the tables that neither operations nor script name, none need be there.
    pub from: &'a Schema,
    /// The schema after, likewise.
    pub to: &'a Schema,
}

/// A hazard, and the statement of the script that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The hazard.
    pub hazard: Hazard,
    /// The place of the statement among the script's; `None` if the script as a whole has it.
    pub statement: Option<usize>,
}

/// A walk through a script, with what is known at each of its statements.
pub(in crate::dialect) struct Walk<'a> {
    dialect: &'static str,
    lexicon: Lexicon,
    pub(in crate::dialect) change: &'a Change<'a>,
    /// The tables that were there before the script, as the database holds them and under the names that they have by now.
    pub(in crate::dialect) before: Schema,
    /// The tables that the script has created so far.
    created: BTreeSet<Meant>,
    /// The names before the script of the tables that have got another one.
    origins: BTreeMap<Meant, Meant>,
    /// The tables that operations of the revision change.
    planned: BTreeSet<Meant>,
    /// The tables that operations of the revision drop.
    dropped: BTreeSet<Meant>,
    /// The statement that is looked at.
    at: usize,
    found: Vec<Located>,
}

impl<'a> Walk<'a> {
    pub(in crate::dialect) fn new(dialect: &dyn Dialect, change: &'a Change<'a>) -> Self {
        let operations = change.operations.iter();
        let dropped = operations.filter(|operation| matches!(operation, Operation::DropTable { .. }));
        Walk {
            dialect: dialect.name(),
            lexicon: dialect.lexicon(),
            change,
            // What the database cannot hold has no script that could be right; its names are all that is known then.
            before: dialect
                .normalize(change.from)
                .unwrap_or_else(|_| change.from.clone()),
            created: BTreeSet::new(),
            origins: BTreeMap::new(),
            planned: change
                .operations
                .iter()
                .map(|operation| Meant::of(operation.table()))
                .collect(),
            dropped: dropped
                .map(|operation| Meant::of(&bare(operation.table())))
                .collect(),
            at: 0,
            found: Vec::new(),
        }
    }

    /// Looks at every statement that the script executes, by the rules that all have in common and those of the dialect.
    pub(in crate::dialect) fn statements(self, mut rule: impl FnMut(&mut Self, &Sql<'_>)) -> Self {
        self.each(|walk, sql| {
            common::rules(walk, sql);
            rule(walk, sql);
        })
    }

    /// Looks at every statement that the script executes.
    pub(in crate::dialect) fn each(mut self, mut rule: impl FnMut(&mut Self, &Sql<'_>)) -> Self {
        for (at, statement) in self.change.script.statements.iter().enumerate() {
            self.at = at;
            let Step::Execute { sql } = &statement.step else {
                continue;
            };
            let main = self.read(sql);
            for sql in main.within(sql, self.lexicon).iter().chain([&main]) {
                rule(&mut self, sql);
                self.follow(&sql.command);
            }
        }
        self
    }

    /// Returns what was found, each once.
    pub(in crate::dialect) fn finish(self) -> Vec<Located> {
        let mut seen = BTreeSet::new();
        let mut found = self.found;
        found.retain(|located| seen.insert((located.hazard.code, located.hazard.text.clone())));
        found
    }

    /// Notes a hazard of the statement on databases of this dialect.
    pub(in crate::dialect) fn found(&mut self, code: Code, text: impl Into<String>, safe: impl Into<String>) {
        let hazard = Hazard::new(code, text, safe).on(self.dialect);
        self.located(hazard, Some(self.at));
    }

    /// Notes a hazard of another statement.
    pub(in crate::dialect) fn found_at(
        &mut self,
        at: usize,
        code: Code,
        text: impl Into<String>,
        safe: impl Into<String>,
    ) {
        self.at = at;
        self.found(code, text, safe);
    }

    /// Notes a hazard that the statement has on any database.
    pub(in crate::dialect) fn found_anywhere(
        &mut self,
        code: Code,
        text: impl Into<String>,
        safe: impl Into<String>,
    ) {
        self.located(Hazard::new(code, text, safe), Some(self.at));
    }

    fn located(&mut self, hazard: Hazard, statement: Option<usize>) {
        self.found.push(Located { hazard, statement });
    }

    /// Notes hazards for which no statement is known.
    pub(in crate::dialect) fn extend(&mut self, hazards: impl IntoIterator<Item = Hazard>) {
        for hazard in hazards {
            let hazard = hazard.on(self.dialect);
            self.located(hazard, None);
        }
    }

    /// Reads one of the script's statements.
    pub(in crate::dialect) fn read(&self, sql: &'a str) -> Sql<'a> {
        Sql::read(sql, self.lexicon)
    }

    /// Returns the text of this statement and of those that follow.
    pub(in crate::dialect) fn remaining(&self) -> impl Iterator<Item = &'a str> {
        let statements = self.change.script.statements.get(self.at..).unwrap_or_default();
        statements
            .iter()
            .filter_map(|statement| statement.step.executed())
    }

    /// Tells whether a table may hold rows: it was there before the script, though perhaps not in any model.
    pub(in crate::dialect) fn stands(&self, table: &TableName) -> bool {
        !is_own(&table.name) && !sql::is_temporary(table) && !self.created.contains(&Meant::of(table))
    }

    /// Tells whether operations of the revision change a table: the plan for them takes as few statements as can be.
    pub(in crate::dialect) fn is_planned(&self, table: &TableName) -> bool {
        self.planned.contains(&Meant::of(table))
    }

    /// Tells whether an operation of the revision drops a table.
    pub(in crate::dialect) fn drops(&self, table: &TableName) -> bool {
        self.dropped.contains(&Meant::of(&bare(table)))
    }

    /// Returns a table as it was before the script.
    pub(in crate::dialect) fn table(&self, name: &TableName) -> Option<&Table> {
        find(&self.before, name)
    }

    /// Gives the tables the names that they have after the statement.
    fn follow(&mut self, command: &Command<'_>) {
        match command {
            Command::CreateTable { table, made, .. } => {
                if *made != Made::IfAbsent || self.table(table).is_none() {
                    let hides = *made == Made::Temporary;
                    let name = if hides {
                        &TableName::new(&table.name)
                    } else {
                        table
                    };
                    self.created.insert(Meant::of(name));
                }
            }
            Command::RenameTable { pairs } => {
                for (from, to) in pairs {
                    self.renamed(from, to);
                }
            }
            Command::AlterTable { table, clauses } => {
                for clause in clauses {
                    if let ClauseKind::RenameTable(to) = &clause.kind {
                        self.renamed(table, to);
                    }
                    if let ClauseKind::RenameColumn { from, to } = &clause.kind {
                        let name = self.table(table).map(|table| table.name.clone());
                        let table = name.and_then(|name| self.before.tables.get_mut(&name));
                        if let Some(column) = table.and_then(|table| table.column_mut(from)) {
                            column.name.clone_from(to);
                        }
                    }
                }
            }
            Command::DropTable { .. }
            | Command::CreateIndex { .. }
            | Command::DropIndex { .. }
            | Command::Update { .. }
            | Command::Delete { .. }
            | Command::Truncate { .. }
            | Command::Other => {}
        }
    }

    fn renamed(&mut self, from: &TableName, to: &TableName) {
        let to = TableName {
            schema: to.schema.clone().or_else(|| from.schema.clone()),
            name: to.name.clone(),
        };
        let first = self.origins.remove(&Meant::of(from));
        self.origins
            .insert(Meant::of(&to), first.unwrap_or_else(|| Meant::of(from)));
        if let Some(mut table) = self.take(from) {
            let standing = std::mem::replace(&mut table.name, to.clone());
            self.before.insert(table);
            let keys = self
                .before
                .tables
                .values_mut()
                .flat_map(|table| table.foreign_keys.values_mut());
            keys.for_each(|key| key.rename_table(&standing, &to));
        } else if self.created.remove(&Meant::of(from)) {
            self.created.insert(Meant::of(&to));
        }
    }

    /// Tells whether a table made way for another one, which the script made: it had another name before, and that is the other one's.
    pub(in crate::dialect) fn made_way(&self, table: &TableName) -> bool {
        let first = self.origins.get(&Meant::of(table));
        first.is_some_and(|first| self.created.contains(first))
    }

    fn take(&mut self, name: &TableName) -> Option<Table> {
        let name = self.table(name)?.name.clone();
        self.before.tables.remove(&name)
    }
}

/// Tells whether a name is one that the tool gives to what stands between two statements.
fn is_own(name: &str) -> bool {
    name.starts_with("_autogen_")
}

/// What a name means, as far as a script tells: case does not count, and the default namespace may be written or left out.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Meant {
    namespace: Option<String>,
    name: String,
}

impl Meant {
    fn of(table: &TableName) -> Self {
        let namespace = table.schema.as_deref().map(str::to_lowercase);
        Meant {
            namespace: namespace.filter(|schema| !matches!(schema.as_str(), "public" | "main")),
            name: table.name.to_ascii_lowercase(),
        }
    }
}

/// Tells whether two names mean one table.
pub(in crate::dialect) fn alike(one: &TableName, other: &TableName) -> bool {
    one.name.eq_ignore_ascii_case(&other.name) && Meant::of(one) == Meant::of(other)
}
