//! A message for a revision that was given none.

use schema_core::operation::{Asides, Operation};
use schema_core::schema::TableName;

/// The most operations that are named one by one.
const NAMED: usize = 3;

/// Returns what the operations do, in a few words: `create stores, items`, `add items.description`.
pub(super) fn describe(operations: &[Operation]) -> String {
    let created: Vec<&TableName> = operations.iter().filter_map(Operation::created).collect();
    let dropped: Vec<&TableName> = operations.iter().filter_map(Operation::dropped).collect();
    let mut groups: Vec<(&str, Vec<String>)> = Vec::new();
    let all_names = operations.iter().all(only_names);
    let asides = Asides::of(operations);
    for operation in operations.iter().filter(|operation| !Asides::is_step(operation)) {
        // The names of keys and indexes follow their tables' and columns'; saying so would drown what was meant.
        if only_names(operation) && !all_names {
            continue;
        }
        let own = operation.created().or_else(|| operation.dropped()).is_some();
        let part = created.contains(&operation.table()) || dropped.contains(&operation.table());
        if part && !own {
            continue;
        }
        let (verb, noun) = words(operation);
        let noun = asides.resolve(noun);
        match groups.iter_mut().find(|(known, _)| *known == verb) {
            Some((_, nouns)) if nouns.contains(&noun) => {}
            Some((_, nouns)) => nouns.push(noun),
            None => groups.push((verb, vec![noun])),
        }
    }
    if groups.is_empty() {
        // Only what belongs to tables that come or go, such as a foreign key between two of them.
        return "change keys".to_owned();
    }
    phrases(&groups)
}

/// Tells whether an operation only gives another name to what is not a table or a column.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "every other operation changes more than such a name"
)]
fn only_names(operation: &Operation) -> bool {
    match operation {
        Operation::RenameIndex { .. }
        | Operation::RenameForeignKey { .. }
        | Operation::RenameCheck { .. } => true,
        Operation::AlterPrimaryKey {
            from: Some(from),
            to: Some(to),
            ..
        } => from.columns == to.columns,
        _ => false,
    }
}

/// Returns the verbs with their nouns, and how many there are besides the first few.
fn phrases(groups: &[(&str, Vec<String>)]) -> String {
    let mut left = NAMED;
    let mut phrases = Vec::new();
    for (verb, nouns) in groups {
        let named = &nouns[..nouns.len().min(left)];
        left -= named.len();
        if !named.is_empty() {
            phrases.push(format!("{verb} {}", named.join(", ")));
        }
    }
    let all: usize = groups.iter().map(|(_, nouns)| nouns.len()).sum();
    match all.saturating_sub(NAMED) {
        0 => phrases.join(", "),
        more => format!("{} and {more} more", phrases.join(", ")),
    }
}

fn words(operation: &Operation) -> (&'static str, String) {
    match operation {
        Operation::CreateTable { table } => ("create", table.name.to_string()),
        Operation::DropTable { table } => ("drop", table.name.to_string()),
        Operation::RenameTable { from, to } => ("rename", format!("{from} to {to}")),
        Operation::AlterTable { table, .. } => ("change", table.to_string()),
        Operation::AddColumn { table, column, .. } => ("add", format!("{table}.{}", column.name)),
        Operation::DropColumn { table, column, .. } => ("drop", format!("{table}.{}", column.name)),
        Operation::RenameColumn { table, from, to } => ("rename", format!("{table}.{from} to {to}")),
        Operation::AlterColumn { table, to, .. } => ("change", format!("{table}.{}", to.name)),
        Operation::MapValues { table, column, .. } => ("map", format!("values of {table}.{column}")),
        Operation::AlterPrimaryKey { table, .. } => ("change", format!("primary key of {table}")),
        Operation::AddIndex { index, .. } => ("add", index.name.clone()),
        Operation::DropIndex { index, .. } => ("drop", index.name.clone()),
        Operation::RenameIndex { from, to, .. } => ("rename", format!("{} to {to}", from.name)),
        Operation::AddForeignKey { foreign_key, .. } => ("add", foreign_key.name.clone()),
        Operation::DropForeignKey { foreign_key, .. } => ("drop", foreign_key.name.clone()),
        Operation::RenameForeignKey { from, to, .. } | Operation::RenameCheck { from, to, .. } => {
            ("rename", format!("{from} to {to}"))
        }
        Operation::AddCheck { check, .. } => ("add", check.name.clone()),
        Operation::DropCheck { check, .. } => ("drop", check.name.clone()),
    }
}

#[cfg(test)]
mod tests {
    use schema_core::schema::{Column, Index, IndexKey, Table, Type};

    use super::*;

    fn create(name: &str) -> Operation {
        Operation::CreateTable {
            table: Table::new(TableName::new(name)),
        }
    }

    #[test]
    fn a_new_table_stands_for_all_in_it() {
        let index = Index::new("ix_items_name", vec![IndexKey::column("name")]);
        let table = TableName::new("items");
        let operations = [
            create("items"),
            create("stores"),
            Operation::AddIndex { table, index },
        ];
        assert_eq!(describe(&operations), "create items, stores");
    }

    #[test]
    fn many_are_counted() {
        let operations: Vec<_> = ["a", "b", "c", "d", "e"].map(create).into();
        assert_eq!(describe(&operations), "create a, b, c and 2 more");
    }

    #[test]
    fn different_things_are_said_in_turn() {
        let table = TableName::new("items");
        let operations = [
            Operation::RenameColumn {
                table: table.clone(),
                from: "a".to_owned(),
                to: "b".to_owned(),
            },
            Operation::AddColumn {
                table,
                column: Column::new("c", Type::I64),
                after: None,
                backfill: None,
            },
        ];
        assert_eq!(describe(&operations), "rename items.a to b, add items.c");
        let more = ["d", "e"].map(create);
        assert_eq!(
            describe(&[&operations[..], &more].concat()),
            "rename items.a to b, add items.c, create d and 1 more"
        );
    }
}
