//! What was decided when the revision that is amended was written, as far as it still applies: flags and models go before it.

use schema_core::diff::Answers;
use schema_core::schema::{Column, Schema, TableName};

/// Adds the renames of tables of which neither name is said otherwise, by the models or by a flag.
pub(super) fn add_tables(
    recorded: &Answers,
    (renames, drops): (&[String], &[String]),
    (from, to): (&Schema, &Schema),
    answers: &mut Answers,
) {
    let flagged = |name: &TableName| {
        let name = name.to_string();
        let mut renames = renames.iter().filter_map(|flag| flag.split_once('='));
        renames.any(|(old, new)| old == name || new == name) || drops.contains(&name)
    };
    for (old, new) in &recorded.renamed_tables {
        let applies = from.table(old).is_some()
            && to.table(old).is_none()
            && to.table(new).is_some()
            && from.table(new).is_none();
        let said = answers.renamed_tables.contains_key(old)
            || answers.renamed_tables.values().any(|said| said == new)
            || flagged(old)
            || flagged(new);
        if applies && !said {
            answers.renamed_tables.insert(old.clone(), new.clone());
        }
    }
}

/// Adds the renames of columns of which neither name is said otherwise.
pub(super) fn add_columns(
    recorded: &Answers,
    drops: &[String],
    (from, to): (&Schema, &Schema),
    answers: &mut Answers,
) {
    for ((table, old), new) in &recorded.renamed_columns {
        let has = |schema: &Schema, table: &TableName, column: &str| {
            schema
                .table(table)
                .is_some_and(|table| table.column(column).is_some())
        };
        let before = old_table(table, answers);
        let applies =
            has(from, before, old) && !has(to, table, old) && has(to, table, new) && !has(from, before, new);
        let mut said = answers.renamed_columns.iter().filter(|((of, _), _)| of == table);
        let said = said.any(|((_, said_old), said_new)| said_old == old || said_new == new)
            || drops.contains(&format!("{table}.{old}"));
        if applies && !said {
            let key = (table.clone(), old.clone());
            answers.renamed_columns.insert(key, new.clone());
        }
    }
}

/// Adds what rows get in place of values that are gone, and where they have none.
pub(super) fn add_values(recorded: &Answers, (from, to): (&Schema, &Schema), answers: &mut Answers) {
    for ((table, column), values) in &recorded.mapped_values {
        let before = old_column(table, column, from, answers).and_then(|column| column.ty.values());
        let after = find(to, table, column).and_then(|column| column.ty.values());
        let (Some(before), Some(after)) = (before, after) else {
            continue;
        };
        let gone = values
            .iter()
            .filter(|(old, new)| before.contains(old) && !after.contains(old) && after.contains(new));
        let gone: Vec<_> = gone.map(|(old, new)| (old.clone(), new.clone())).collect();
        if gone.is_empty() {
            continue;
        }
        let key = (table.clone(), column.clone());
        let map = answers.mapped_values.entry(key).or_default();
        for (old, new) in gone {
            map.entry(old).or_insert(new);
        }
    }
    for ((table, column), value) in &recorded.backfills {
        if find(to, table, column).is_some_and(|column| !column.nullable) {
            let key = (table.clone(), column.clone());
            answers.backfills.entry(key).or_insert_with(|| value.clone());
        }
    }
}

fn find<'a>(schema: &'a Schema, table: &TableName, column: &str) -> Option<&'a Column> {
    schema.table(table)?.column(column)
}

fn old_table<'a>(table: &'a TableName, answers: &'a Answers) -> &'a TableName {
    answers
        .renamed_tables
        .iter()
        .find(|(_, new)| *new == table)
        .map_or(table, |(old, _)| old)
}

/// Returns the column as it was before, under the names that it had there.
fn old_column<'a>(
    table: &TableName,
    column: &str,
    from: &'a Schema,
    answers: &Answers,
) -> Option<&'a Column> {
    let old = answers
        .renamed_columns
        .iter()
        .find(|((of, _), new)| of == table && *new == column)
        .map_or(column, |((_, old), _)| old);
    find(from, old_table(table, answers), old)
}
