//! `--map`: which value rows get in place of one that an enum no longer has.

use schema_core::diff::Answers;
use schema_core::schema::{Column, Schema, Table, Type};

use crate::error::{CommandError, near_miss};

/// Adds what `--map` says: `items.status.live=on_sale` for one column, `status.live=on_sale` for all of an enum.
///
/// # Errors
///
/// A flag that fits no column, or that contradicts `renamed_from` or another flag.
pub(super) fn add(
    flags: &[String],
    from: &Schema,
    to: &Schema,
    answers: &mut Answers,
) -> Result<(), CommandError> {
    for flag in flags {
        let (left, new) = flag.split_once('=').ok_or_else(|| {
            CommandError::new(format!("`--map {flag}` has no `=`"))
                .hint("write the old value, `=`, the new value: `--map items.status.live=on_sale`")
        })?;
        let mut fits = 0;
        for table in to.tables.values() {
            for column in &table.columns {
                let Some(old) = old_value(left, table, column, from, answers) else {
                    continue;
                };
                if column
                    .ty
                    .values()
                    .is_some_and(|values| !values.iter().any(|value| value == new))
                {
                    return Err(no_such_value(flag, new, table, column));
                }
                let map = answers
                    .mapped_values
                    .entry((table.name.clone(), column.name.clone()))
                    .or_default();
                let said = map.entry(old).or_insert_with(|| new.to_owned());
                if said != new {
                    return Err(CommandError::new(format!(
                        "`--map {flag}` contradicts a `renamed_from` or another `--map`"
                    ))
                    .cause(format!("by that, the value becomes `{said}`")));
                }
                fits += 1;
            }
        }
        if fits == 0 {
            return Err(
                CommandError::new(format!("`--map {flag}` fits no column: no enum had `{left}`")).hint(
                    "name the column or the enum, and the value that it had: `--map items.status.live=on_sale`",
                ),
            );
        }
    }
    Ok(())
}

/// Returns the old value that the flag names, if it means this column and its enum had that value.
fn old_value(left: &str, table: &Table, column: &Column, from: &Schema, answers: &Answers) -> Option<String> {
    let old_table = answers
        .renamed_tables
        .iter()
        .find(|(_, new)| **new == table.name)
        .map_or(&table.name, |(old, _)| old);
    let old_column = answers
        .renamed_columns
        .iter()
        .find(|((of, _), new)| *of == table.name && **new == column.name)
        .map_or(&column.name, |((_, old), _)| old);
    let Type::Enum { name, values } = &from.table(old_table)?.column(old_column)?.ty else {
        return None;
    };
    let meant = [
        format!("{}.{}.", table.name, column.name),
        format!("{old_table}.{old_column}."),
        format!("{name}."),
    ];
    let value = meant.iter().find_map(|meant| {
        left.strip_prefix(meant.as_str())
            .filter(|value| values.iter().any(|known| known == value))
    })?;
    Some(value.to_owned())
}

fn no_such_value(flag: &str, new: &str, table: &Table, column: &Column) -> CommandError {
    let values = column.ty.values().unwrap_or_default();
    let error = CommandError::new(format!(
        "`--map {flag}` names no value that `{}.{}` can have",
        table.name, column.name
    ));
    match near_miss(new, values.iter().map(String::as_str)) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(format!("the values are {}", values.join(", "))),
    }
}
