//! The change of one standing table: what makes room, the values, and what rests on them.
//!
//! One ALTER TABLE before the rows are touched and one after, since PostgreSQL makes all clauses of a statement in one pass over the rows.

use super::change::TableChange;
use super::conversion::{Conversion, conversion};
use super::enums::Enums;
use super::member::{added, altered, create_indexes};
use crate::dialect::postgres::ddl::{
    self, collation, column, comment_on_table, native, qualified, quote, text, value,
};
use crate::plan::Statement;
use crate::schema::{Auto, Column, Default, Deferrable, Table};

/// Appends the statements that change the table. What stands in the way is gone already.
pub(super) fn alter(table: &TableChange<'_>, enums: &Enums<'_>, statements: &mut Vec<Statement>) {
    let name = &table.after.name;
    statements.extend(altered(name, &no_longer_computed(table, enums)));
    statements.extend(altered(name, &before_rows(table, enums)));
    drop_sequences(table, statements);
    let updates = updates(table, enums);
    let touched = !updates.is_empty();
    statements.extend(updates);
    let after_rows = after_rows(table, enums);
    if touched && !after_rows.is_empty() && has_deferred(table.after) {
        statements.push(
            Statement::execute("SET CONSTRAINTS ALL IMMEDIATE")
                .because("a table cannot be altered while checks of its rows are deferred"),
        );
    }
    statements.extend(altered(name, &after_rows));
    number_rows(table, statements);
    create_indexes(table, enums, statements);
    comments(table, enums, statements);
}

/// Makes plain columns of those that are computed no more, with the values they have. No type can be changed while anything is computed
/// from it, so one that goes lets go of it first, and stays until the rows have what they take from it. In a statement by
/// itself, since PostgreSQL looks at what is computed before it begins with a statement.
fn no_longer_computed(table: &TableChange<'_>, enums: &Enums<'_>) -> Vec<String> {
    let retyped = table.retyped(enums);
    let gone = table.gone().into_iter().filter(|column| {
        let generated = column.generated.as_ref();
        generated.is_some_and(|generated| retyped.iter().any(|column| generated.expression.mentions(column)))
    });
    let standing = table.standing();
    let plain = standing.filter(|(old, new)| old.generated.is_some() && new.generated.is_none());
    plain
        .map(|(old, _)| old)
        .chain(gone)
        .map(|column| format!("ALTER COLUMN {} DROP EXPRESSION", quote(&column.name)))
        .collect()
}

fn before_rows(table: &TableChange<'_>, enums: &Enums<'_>) -> Vec<String> {
    let mut clauses = Vec::new();
    let (retyped, remade) = (table.retyped(enums), table.remade(enums));
    for (old, new) in table.standing() {
        let name = quote(&new.name);
        if remade.contains(new.name.as_str()) {
            clauses.push(format!("DROP COLUMN {name}"));
            continue;
        }
        if old.auto != Auto::No && new.auto == Auto::No {
            clauses.push(format!("ALTER COLUMN {name} DROP IDENTITY IF EXISTS"));
            // A number may also come from a sequence that is a default.
            clauses.push(format!("ALTER COLUMN {name} DROP DEFAULT"));
        }
        if retyped.contains(new.name.as_str()) {
            if old.default.is_some() {
                clauses.push(format!("ALTER COLUMN {name} DROP DEFAULT"));
            }
            clauses.push(retype(table, old, new, enums));
        }
        if !old.nullable && new.nullable {
            clauses.push(format!("ALTER COLUMN {name} DROP NOT NULL"));
        }
    }
    for new in table.added().filter(|column| column.generated.is_none()) {
        clauses.push(format!("ADD COLUMN {}", column(&at_first(table, new))));
    }
    clauses
}

/// Returns a new column as it is while the rows have no other value for it.
fn at_first(table: &TableChange<'_>, column: &Column) -> Column {
    let mut column = column.clone();
    match table.fills.get(column.name.as_str()) {
        // A constant is filled in without a look at the rows.
        Some(fill @ Default::Literal(_)) => column.default = Some((*fill).clone()),
        Some(Default::Expression { .. }) => column.nullable = column.nullable || column.default.is_none(),
        None => {}
    }
    column
}

fn retype(table: &TableChange<'_>, old: &Column, new: &Column, enums: &Enums<'_>) -> String {
    let mut clause = format!("ALTER COLUMN {} TYPE {}", quote(&new.name), native(&new.ty));
    if let Some(own) = &new.collation {
        clause.push_str(&format!(" COLLATE {}", collation(own)));
    }
    if enums.changes_type(&old.ty, &new.ty) {
        let mapped = table.mapped.get(new.name.as_str()).copied();
        let Conversion { using, lossy: _ } = conversion(&quote(&new.name), &old.ty, &new.ty, mapped);
        if let Some(using) = using {
            clause.push_str(&format!(" USING {using}"));
        }
    }
    clause
}

/// A number may have come from a sequence that was a default, which nothing uses any more.
fn drop_sequences(table: &TableChange<'_>, statements: &mut Vec<Statement>) {
    for (_, new) in table
        .standing()
        .filter(|(old, new)| old.auto != Auto::No && new.auto == Auto::No)
    {
        let sequence = format!(
            "pg_get_serial_sequence({}, {})",
            text(&qualified(&table.after.name)),
            text(&new.name)
        );
        statements.push(
            Statement::execute(format!(
                "DO $sequence$ BEGIN
    IF {sequence} IS NOT NULL THEN
        EXECUTE 'DROP SEQUENCE ' || {sequence};
    END IF;
END $sequence$"
            ))
            .because("what numbered a serial column goes with its numbers"),
        );
    }
}

/// Gives the rows their values: those of new columns, those in place of NULL, and those in place of others.
fn updates(table: &TableChange<'_>, enums: &Enums<'_>) -> Vec<Statement> {
    let name = qualified(&table.after.name);
    let mut updates = Vec::new();
    for (old, new) in table.standing() {
        let column = quote(&new.name);
        // An enum's values change with its type.
        let is_enum = old.ty.values().is_some();
        let mapped = table
            .mapped
            .get(new.name.as_str())
            .filter(|_| !is_enum && !enums.changes_type(&old.ty, &new.ty));
        if let Some(mapped) = mapped {
            let cases: String = mapped
                .iter()
                .map(|(old, new)| format!(" WHEN {} THEN {}", text(old), text(new)))
                .collect();
            let old: Vec<String> = mapped.keys().map(|old| text(old)).collect();
            updates.push(Statement::execute(format!(
                "UPDATE {name} SET {column} = CASE {column}{cases} END WHERE {column} IN ({})",
                old.join(", ")
            )));
        }
    }
    // Whoever has planned so far has asked for them once, and was not refused.
    for turn in table.filled_in_turns().into_iter().flatten() {
        let (standing, new): (Vec<&str>, Vec<&str>) = turn
            .into_iter()
            .partition(|column| table.before.column(column).is_some());
        let fresh: Vec<String> = new
            .into_iter()
            .filter_map(|column| match table.fills.get(column)? {
                Default::Literal(_) => None,
                fill @ Default::Expression { .. } => Some(format!("{} = {}", quote(column), value(fill))),
            })
            .collect();
        if !fresh.is_empty() {
            updates.push(Statement::execute(format!(
                "UPDATE {name} SET {}",
                fresh.join(", ")
            )));
        }
        let nulls = standing
            .into_iter()
            .filter_map(|column| Some((quote(column), table.filled().get(column).copied()?)));
        updates.extend(nulls.map(|(column, fill)| {
            Statement::execute(format!(
                "UPDATE {name} SET {column} = {} WHERE {column} IS NULL",
                value(fill)
            ))
        }));
    }
    updates
}

/// An update leaves deferred checks behind, and ALTER TABLE refuses to run before they are made.
fn has_deferred(table: &Table) -> bool {
    let mut keys = table.foreign_keys.values();
    keys.any(|key| key.deferrable == Deferrable::Deferred)
}

fn after_rows(table: &TableChange<'_>, enums: &Enums<'_>) -> Vec<String> {
    let mut clauses = Vec::new();
    let (retyped, remade) = (table.retyped(enums), table.remade(enums));
    for (old, new) in table.standing() {
        let name = quote(&new.name);
        if remade.contains(new.name.as_str()) {
            clauses.push(format!("ADD COLUMN {}", column(new)));
            continue;
        }
        if old.nullable && !new.nullable {
            clauses.push(format!("ALTER COLUMN {name} SET NOT NULL"));
        }
        let is_set = old.default == new.default && !retyped.contains(new.name.as_str());
        match &new.default {
            Some(default) if !is_set || old.generated.is_some() => {
                clauses.push(format!("ALTER COLUMN {name} SET DEFAULT {}", value(default)));
            }
            None if old.default.is_some() && !retyped.contains(new.name.as_str()) => {
                clauses.push(format!("ALTER COLUMN {name} DROP DEFAULT"));
            }
            Some(_) | None => {}
        }
        if old.auto == Auto::No && new.auto != Auto::No {
            clauses.push(format!(
                "ALTER COLUMN {name} ADD GENERATED BY DEFAULT AS IDENTITY"
            ));
        }
    }
    for new in table.added() {
        let name = quote(&new.name);
        let first = at_first(table, new);
        if new.generated.is_some() {
            clauses.push(format!("ADD COLUMN {}", column(new)));
            continue;
        }
        if first.nullable && !new.nullable {
            clauses.push(format!("ALTER COLUMN {name} SET NOT NULL"));
        }
        if first.default != new.default {
            clauses.push(match &new.default {
                Some(default) => format!("ALTER COLUMN {name} SET DEFAULT {}", value(default)),
                None => format!("ALTER COLUMN {name} DROP DEFAULT"),
            });
        }
    }
    let gone = table.gone().into_iter();
    clauses.extend(gone.map(|column| format!("DROP COLUMN {}", quote(&column.name))));
    clauses.extend(added(table, enums));
    clauses
}

/// A new identity begins after the numbers that the rows have already.
fn number_rows(table: &TableChange<'_>, statements: &mut Vec<Statement>) {
    for (_, new) in table
        .standing()
        .filter(|(old, new)| old.auto == Auto::No && new.auto != Auto::No)
    {
        let name = qualified(&table.after.name);
        let column = quote(&new.name);
        statements.push(
            Statement::execute(format!(
                "SELECT setval(pg_get_serial_sequence({}, {}), greatest(max({column}), 0) + 1, false) FROM {name}",
                text(&name),
                text(&new.name)
            ))
            .because("numbers go on after those that are there"),
        );
    }
}

fn comments(table: &TableChange<'_>, enums: &Enums<'_>, statements: &mut Vec<Statement>) {
    let (before, after) = (&table.before.options.comment, &table.after.options.comment);
    if before != after {
        statements.push(Statement::execute(comment_on_table(
            &table.after.name,
            after.as_deref(),
        )));
    }
    let remade = table.remade(enums);
    for new in &table.after.columns {
        let old = table
            .before
            .column(&new.name)
            .filter(|_| !remade.contains(new.name.as_str()));
        if old.and_then(|old| old.comment.as_ref()) != new.comment.as_ref() {
            statements.push(Statement::execute(ddl::comment_on_column(
                &table.after.name,
                &new.name,
                new.comment.as_deref(),
            )));
        }
    }
}
