//! What a revision names: the tables that it is about, and the statement of a script that is about a hazard.

use std::collections::BTreeSet;

use crate::hazard::Hazard;
use crate::lexer::{Lexicon, lex};
use crate::operation::Operation;
use crate::plan::{Plan, Step};
use crate::schema::{Schema, Table, TableName};
use crate::script::{names, names_as_written};

/// Returns the tables that operations or scripts name, in whatever case, with those that they refer to and, where they or their keys may go or get another name,
/// those that refer to them.
pub(super) fn known<'a>(
    schema: &Schema,
    operations: &[Operation],
    scripts: impl Iterator<Item = (&'a str, Lexicon)>,
) -> Schema {
    let mut named: BTreeSet<TableName> = BTreeSet::new();
    let mut goes = false;
    for operation in operations {
        named.insert(operation.table().clone());
        if let Operation::AddForeignKey { foreign_key, .. } | Operation::DropForeignKey { foreign_key, .. } =
            operation
        {
            named.insert(foreign_key.references.clone());
        }
        goes |= matches!(
            operation,
            Operation::DropTable { .. }
                | Operation::RenameTable { .. }
                | Operation::RenameColumn { .. }
                | Operation::AlterPrimaryKey { .. }
                | Operation::DropIndex { .. }
        );
    }
    for (text, lexicon) in scripts {
        let tokens: Vec<_> = lex(text, lexicon).filter(|token| !token.is_trivia()).collect();
        for (at, token) in tokens.iter().enumerate() {
            let Some(name) = token.name() else {
                named.extend(
                    names_as_written(token.text, lexicon)
                        .into_iter()
                        .map(TableName::new),
                );
                continue;
            };
            goes |= token.is("DROP") && tokens.get(at + 1).is_some_and(|next| next.is("TABLE"));
            let namespace = at.checked_sub(2).filter(|_| tokens[at - 1].is_symbol("."));
            let schema_name = namespace.and_then(|at| tokens[at].name());
            named.insert(TableName {
                schema: schema_name,
                name: name.clone(),
            });
            named.insert(TableName::new(name.to_lowercase()));
            named.insert(TableName::new(name));
        }
    }
    let folded: BTreeSet<String> = named.iter().map(|table| table.name.to_lowercase()).collect();
    let is_named =
        |table: &&Table| named.contains(&table.name) || folded.contains(&table.name.name.to_lowercase());
    let mut known: Schema = schema.tables.values().filter(is_named).cloned().collect();
    let parents: Vec<Table> = known
        .tables
        .values()
        .flat_map(|table| table.foreign_keys.values())
        .filter(|key| known.table(&key.references).is_none())
        .filter_map(|key| schema.table(&key.references).cloned())
        .collect();
    let children = schema.tables.values().filter(|table| {
        goes && table
            .foreign_keys
            .values()
            .any(|key| named.contains(&key.references))
    });
    let children: Vec<Table> = children.cloned().collect();
    for table in parents.into_iter().chain(children) {
        known.insert(table);
    }
    known
}

/// The names in each statement of a script.
pub(super) struct Anchors {
    statements: Vec<(usize, BTreeSet<String>)>,
}

impl Anchors {
    pub(super) fn new(plan: &Plan, lexicon: Lexicon) -> Self {
        let statements =
            plan.statements
                .iter()
                .enumerate()
                .filter_map(|(at, statement)| match &statement.step {
                    Step::Execute { sql } | Step::RedefineTable { sql } => Some((at, names(sql, lexicon))),
                    Step::KeepDependents { table } => Some((at, BTreeSet::from([table.to_lowercase()]))),
                    Step::ExpectNoRows { .. }
                    | Step::ExplainFailure { .. }
                    | Step::RestoreDependents { .. } => None,
                });
        Anchors {
            statements: statements.collect(),
        }
    }

    /// Returns the first statement that has all names of a hazard, or else the first that has its table's.
    pub(super) fn of(&self, hazard: &Hazard) -> Option<usize> {
        let names: Vec<String> = hazard.names.iter().map(|name| name.to_lowercase()).collect();
        let table = names.first()?;
        let all = |(_, said): &&(usize, BTreeSet<String>)| names.iter().all(|name| said.contains(name));
        let one = |(_, said): &&(usize, BTreeSet<String>)| said.contains(table);
        let statements = || self.statements.iter();
        let found = statements().find(all).or_else(|| statements().find(one));
        found.map(|(at, _)| *at)
    }
}
