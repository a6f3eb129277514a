//! What a person must decide before a revision is written, from the flags or by asking.

mod refusal;

use std::collections::BTreeMap;

use schema_core::diff::{Answers, MissingValue, Target, losses, questions};
use schema_core::schema::{Default, Schema, TableName};

use crate::artifact::Sources;
use crate::environment::Environment;
use crate::error::{CommandError, near_miss};
use crate::prompt;

/// What the flags and the models say.
pub(super) struct Given<'a> {
    /// The values of `--rename`.
    pub(super) renames: &'a [String],
    /// The values of `--allow-drop`.
    pub(super) drops: &'a [String],
    /// The values for old rows that the models give.
    pub(super) backfills: BTreeMap<(TableName, String), Default>,
}

/// Decides every rename and every loss.
///
/// # Errors
///
/// A flag that names nothing, or what is undecided where nobody can be asked.
pub(super) fn decide(
    environment: &mut Environment<'_>,
    from: &Schema,
    to: &Schema,
    given: Given<'_>,
    sources: &Sources,
) -> Result<Answers, CommandError> {
    let mut answers = Answers {
        backfills: given.backfills,
        ..Answers::default()
    };
    add_renames(given.renames, from, to, &mut answers)?;
    let mut consented = consents(given.drops, from, to, &answers)?;
    if prompt::possible(environment.printer) {
        ask_renames(from, to, &mut answers, &mut consented)?;
        for lost in unconsented(from, to, &answers, &consented) {
            if !prompt::confirm(&format!("Drop `{lost}` with all that it holds?"))? {
                return Err(
                    CommandError::new(format!("`{lost}` is not to be dropped; nothing was written")).hint(
                        "put it back into the model, or say what it is called now with `--rename OLD=NEW`",
                    ),
                );
            }
        }
        return Ok(answers);
    }
    let open = questions(from, to, &answers, &consented);
    let lost = unconsented(from, to, &answers, &consented);
    if open.is_empty() && lost.is_empty() {
        Ok(answers)
    } else {
        Err(refusal::undecided(&open, &lost, sources))
    }
}

fn unconsented(from: &Schema, to: &Schema, answers: &Answers, consented: &[Target]) -> Vec<Target> {
    let mut lost = losses(from, to, answers);
    lost.retain(|target| !consented.contains(target));
    lost
}

/// Asks about each possible rename in turn; an answer can settle the questions after it.
fn ask_renames(
    from: &Schema,
    to: &Schema,
    answers: &mut Answers,
    consented: &mut Vec<Target>,
) -> Result<(), CommandError> {
    while let Some(question) = questions(from, to, answers, consented).into_iter().next() {
        let mut choices: Vec<String> = question
            .candidates
            .iter()
            .map(|candidate| format!("it was renamed to {}", candidate.target))
            .collect();
        choices.push("it is dropped, with all that it holds".to_owned());
        let chosen = prompt::select(
            &format!("`{}` is gone from the models", question.dropped),
            &choices,
        )?;
        match question.candidates.get(chosen) {
            Some(candidate) => rename(&question.dropped, &candidate.target, answers),
            None => consented.push(question.dropped),
        }
    }
    Ok(())
}

/// Asks for the value that old rows get.
pub(super) fn ask_values(missing: &[MissingValue], answers: &mut Answers) -> Result<(), CommandError> {
    for missing in missing {
        let value = prompt::input(&format!("SQL value of `{}` for rows that exist", missing.column))?;
        let column = missing
            .column
            .column
            .clone()
            .expect("only a column lacks a value");
        answers
            .backfills
            .insert((missing.column.table.clone(), column), Default::expression(value));
    }
    Ok(())
}

fn rename(from: &Target, to: &Target, answers: &mut Answers) {
    match (&from.column, &to.column) {
        (Some(old), Some(new)) => {
            answers
                .renamed_columns
                .insert((to.table.clone(), old.clone()), new.clone());
        }
        _ => {
            answers
                .renamed_tables
                .insert(from.table.clone(), to.table.clone());
        }
    }
}

/// Reads `--rename`: tables first, for columns are told by their table's new name.
fn add_renames(
    flags: &[String],
    from: &Schema,
    to: &Schema,
    answers: &mut Answers,
) -> Result<(), CommandError> {
    let mut columns = Vec::new();
    for flag in flags {
        let (old, new) = flag.split_once('=').ok_or_else(|| {
            CommandError::new(format!("`--rename {flag}` has no `=`"))
                .hint("write the old name, `=`, the new name: `--rename items.descr=items.description`")
        })?;
        let new = find(new, to).ok_or_else(|| unknown(flag, new, to, "the models have"))?;
        if new.column.is_some() {
            columns.push((flag, old, new));
            continue;
        }
        let old = find(old, from)
            .filter(|old| old.column.is_none())
            .ok_or_else(|| unknown(flag, old, from, "the history has"))?;
        rename(&old, &new, answers);
    }
    for (flag, old, new) in columns {
        let old = find_column(old, &new.table, from, answers)
            .ok_or_else(|| unknown(flag, old, from, "the history has"))?;
        rename(&old, &new, answers);
    }
    Ok(())
}

/// Finds the column that `--rename` calls by its table's old or new name.
fn find_column(text: &str, table: &TableName, from: &Schema, answers: &Answers) -> Option<Target> {
    let (named, column) = text.rsplit_once('.')?;
    let named: TableName = named.parse().ok()?;
    let old = answers
        .renamed_tables
        .iter()
        .find(|(_, new)| *new == table)
        .map_or(table, |(old, _)| old);
    let fits = named == *table || named == *old;
    let column = from.table(old).filter(|_| fits)?.column(column)?;
    Some(Target {
        table: table.clone(),
        column: Some(column.name.clone()),
    })
}

/// Finds what `items`, `sales.items` or `items.name` names in a schema.
fn find(text: &str, schema: &Schema) -> Option<Target> {
    if let Some(table) = text
        .parse::<TableName>()
        .ok()
        .and_then(|name| schema.table(&name))
    {
        return Some(Target {
            table: table.name.clone(),
            column: None,
        });
    }
    let (table, column) = text.rsplit_once('.')?;
    let table = schema.table(&table.parse().ok()?)?;
    let column = table.column(column)?;
    Some(Target {
        table: table.name.clone(),
        column: Some(column.name.clone()),
    })
}

fn unknown(flag: &str, text: &str, schema: &Schema, whose: &str) -> CommandError {
    let error = CommandError::new(format!(
        "`--rename {flag}` names nothing: {whose} no `{text}` of that kind"
    ));
    let names: Vec<String> = schema
        .tables
        .values()
        .flat_map(|table| {
            let columns = table
                .columns
                .iter()
                .map(|column| format!("{}.{}", table.name, column.name));
            std::iter::once(table.name.to_string()).chain(columns)
        })
        .collect();
    match near_miss(text, names.iter().map(String::as_str)) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    }
}

/// Reads `--allow-drop`.
fn consents(
    flags: &[String],
    from: &Schema,
    to: &Schema,
    answers: &Answers,
) -> Result<Vec<Target>, CommandError> {
    let lost = losses(from, to, answers);
    let consented = flags.iter().map(|flag| {
        lost.iter()
            .find(|target| target.to_string() == *flag)
            .cloned()
            .ok_or_else(|| {
                let error = CommandError::new(format!("`--allow-drop {flag}` names nothing that is dropped"));
                if lost.is_empty() {
                    return error.cause("no table and no column is");
                }
                let names: Vec<String> = lost.iter().map(ToString::to_string).collect();
                error.hint(format!("what is dropped: {}", names.join(", ")))
            })
    });
    consented.collect()
}
