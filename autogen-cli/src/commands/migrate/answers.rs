//! What a person must decide before a revision is written, from the flags or by asking.

mod recorded;
mod refusal;
mod values;

pub(super) use refusal::valueless;

use std::fmt;

use schema_core::diff::{Answers, MissingValue, Past, Target, declared, declared_values, losses, questions};
use schema_core::metadata::Models;
use schema_core::schema::{Default, Schema, Table, TableName};

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
    /// The values of `--map`.
    pub(super) maps: &'a [String],
    /// The schema of the models.
    pub(super) to: &'a Schema,
    /// What the models say besides: their `renamed_from` and values for old rows.
    pub(super) models: Models,
    /// The renames that the history has seen.
    pub(super) past: Past,
    /// What was decided when the revision that is amended was written.
    pub(super) recorded: Answers,
}

/// Decides every rename and every loss: `renamed_from` goes before `--rename`, and both before a question.
///
/// # Errors
///
/// A flag that names nothing, or what is undecided where nobody can be asked.
pub(super) fn decide(
    environment: &mut Environment<'_>,
    from: &Schema,
    given: Given<'_>,
    sources: &Sources,
) -> Result<Answers, CommandError> {
    let Given {
        renames,
        drops,
        maps,
        to,
        mut models,
        past,
        recorded,
    } = given;
    let past = Some(&past);
    let mut answers = declared(&models, from, past);
    recorded::add_tables(&recorded, (renames, drops), (from, to), &mut answers);
    let whose = ["the history has", "the models have"];
    add_renames(renames, (from, to), (&mut models, past), &mut answers, whose)?;
    recorded::add_columns(&recorded, drops, (from, to), &mut answers);
    let mut consented = consents(drops, from, to, &answers)?;
    if prompt::possible(environment.printer) {
        ask_renames((from, to), (&mut models, past), &mut answers, &mut consented)?;
        for lost in unconsented(from, to, &answers, &consented) {
            if !prompt::confirm(&format!("Drop `{lost}` with all that it holds?"))? {
                return Err(
                    CommandError::new(format!("`{lost}` is not to be dropped; nothing was written")).hint(
                        "put it back into the model, or say what it is called now with `--rename OLD=NEW`",
                    ),
                );
            }
        }
        answers.mapped_values = declared_values(&models, from, &answers, past);
        values::add(maps, from, to, &mut answers)?;
        recorded::add_values(&recorded, (from, to), &mut answers);
        return Ok(answers);
    }
    answers.mapped_values = declared_values(&models, from, &answers, past);
    values::add(maps, from, to, &mut answers)?;
    recorded::add_values(&recorded, (from, to), &mut answers);
    let open = questions(from, to, &answers, &consented);
    let lost = unconsented(from, to, &answers, &consented);
    if open.is_empty() && lost.is_empty() {
        Ok(answers)
    } else {
        Err(refusal::undecided(&open, &lost, sources))
    }
}

/// Returns what flags and models decide, asking nobody: what is left open is a drop and an add.
///
/// # Errors
///
/// A flag that names nothing, or contradicts another.
pub(in crate::commands) fn given(
    renames: &[String],
    maps: &[String],
    from: &Schema,
    mut models: Models,
) -> Result<Answers, CommandError> {
    let to = &std::mem::take(&mut models.schema);
    // What has no history cannot tell whether names have swapped.
    let past = None;
    let mut answers = declared(&models, from, past);
    add_renames(
        renames,
        (from, to),
        (&mut models, past),
        &mut answers,
        ["`--from` has", "`--to` has"],
    )?;
    answers.mapped_values = declared_values(&models, from, &answers, past);
    values::add(maps, from, to, &mut answers)?;
    Ok(answers)
}

fn unconsented(from: &Schema, to: &Schema, answers: &Answers, consented: &[Target]) -> Vec<Target> {
    let mut lost = losses(from, to, answers);
    lost.retain(|target| !consented.contains(target));
    lost
}

/// Asks about each possible rename in turn; an answer can settle the questions after it.
fn ask_renames(
    (from, to): (&Schema, &Schema),
    (models, past): (&mut Models, Option<&Past>),
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
            Some(candidate) => {
                rename(&question.dropped, &candidate.target, answers);
                declare_columns(models, from, past, answers);
            }
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

/// Adds what `renamed_from` says of the columns of tables that a flag or an answer has renamed.
fn declare_columns(models: &mut Models, from: &Schema, past: Option<&Past>, answers: &mut Answers) {
    for (old, new) in &answers.renamed_tables {
        models.renames.tables.insert(new.clone(), vec![old.clone()]);
    }
    for (old, new) in declared(models, from, past).renamed_columns {
        answers.renamed_columns.entry(old).or_insert(new);
    }
}

/// Reads `--rename`: tables first, for columns are told by their table's new name.
fn add_renames(
    flags: &[String],
    (from, to): (&Schema, &Schema),
    (models, past): (&mut Models, Option<&Past>),
    answers: &mut Answers,
    [old_whose, new_whose]: [&str; 2],
) -> Result<(), CommandError> {
    let mut columns = Vec::new();
    for flag in flags {
        let (old, new) = flag.split_once('=').ok_or_else(|| {
            CommandError::new(format!("`--rename {flag}` has no `=`"))
                .hint("write the old name, `=`, the new name: `--rename items.descr=items.description`")
        })?;
        let new = find(new, to).ok_or_else(|| unknown(flag, new, to, new_whose))?;
        if new.column.is_some() {
            columns.push((flag, old, new));
            continue;
        }
        let old = find(old, from)
            .filter(|old| old.column.is_none())
            .ok_or_else(|| unknown(flag, old, from, old_whose))?;
        refuse_contradiction(flag, &old.table, &new.table, answers.renamed_tables.iter())?;
        rename(&old, &new, answers);
    }
    declare_columns(models, from, past, answers);
    for (flag, old, new) in columns {
        let old =
            find_column(old, &new.table, from, answers).ok_or_else(|| unknown(flag, old, from, old_whose))?;
        if let (Some(old), Some(new_column)) = (&old.column, &new.column) {
            let said = answers.renamed_columns.iter();
            let said = said
                .filter(|((table, _), _)| *table == new.table)
                .map(|((_, old), new)| (old, new));
            refuse_contradiction(flag, old, new_column, said)?;
        }
        rename(&old, &new, answers);
    }
    Ok(())
}

/// Refuses a rename if the old name has another new one, or the new name another old one.
fn refuse_contradiction<'a, N: Eq + fmt::Display + 'a>(
    flag: &str,
    old: &N,
    new: &N,
    mut said: impl Iterator<Item = (&'a N, &'a N)>,
) -> Result<(), CommandError> {
    match said.find(|(said_old, said_new)| (*said_old == old) != (*said_new == new)) {
        Some((said_old, said_new)) => Err(CommandError::new(format!(
            "`--rename {flag}` contradicts a `renamed_from` or another `--rename`"
        ))
        .cause(format!("by that, `{said_old}` is renamed to `{said_new}`"))
        .hint("give each name one new name, and each new name one old one")),
        None => Ok(()),
    }
}

/// Finds the column that `--rename` calls by its table's old or new name.
fn find_column(text: &str, table: &TableName, from: &Schema, answers: &Answers) -> Option<Target> {
    let old = answers
        .renamed_tables
        .iter()
        .find(|(_, new)| *new == table)
        .map_or(table, |(old, _)| old);
    let columns = columns(from.table(old)?);
    let mut named = columns.flat_map(|column| [table, old].map(|table| (table, column)));
    let (_, column) = named.find(|(table, column)| {
        let named = Target {
            table: (*table).clone(),
            column: Some((*column).to_owned()),
        };
        named.is_called(text)
    })?;
    Some(Target {
        table: table.clone(),
        column: Some(column.to_owned()),
    })
}

fn columns(table: &Table) -> impl Iterator<Item = &str> {
    table.columns.iter().map(|column| column.name.as_str())
}

/// Finds what `items`, `sales.items` or `items.name` names in a schema.
fn find(text: &str, schema: &Schema) -> Option<Target> {
    let named = text.parse::<TableName>().ok();
    if let Some(table) = named.and_then(|name| schema.table(&name)) {
        return Some(Target {
            table: table.name.clone(),
            column: None,
        });
    }
    targets(schema).find(|target| target.is_called(text))
}

/// Returns everything of a schema that can be named: each table, then its columns.
fn targets(schema: &Schema) -> impl Iterator<Item = Target> {
    schema.tables.values().flat_map(|table| {
        let columns = columns(table).map(|column| Some(column.to_owned()));
        std::iter::once(None).chain(columns).map(|column| Target {
            table: table.name.clone(),
            column,
        })
    })
}

fn unknown(flag: &str, text: &str, schema: &Schema, whose: &str) -> CommandError {
    let kind = if text.contains('.') {
        "table or column"
    } else {
        "table"
    };
    let error = CommandError::new(format!(
        "`--rename {flag}` names nothing: {whose} no {kind} `{text}`"
    ));
    let names: Vec<String> = targets(schema).map(|target| target.to_string()).collect();
    match near_miss(text, names.iter().map(String::as_str)) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(
            "a column is named with its table, on both sides: `--rename items.descr=items.description`",
        ),
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
            .find(|target| target.is_called(flag))
            .cloned()
            .ok_or_else(|| {
                let error = CommandError::new(format!("`--allow-drop {flag}` names nothing that is dropped"));
                if lost.is_empty() {
                    return error
                        .cause("no table and no column is")
                        .hint("leave the option out");
                }
                let names: Vec<String> = lost.iter().map(ToString::to_string).collect();
                error.hint(format!("what is dropped: {}", names.join(", ")))
            })
    });
    consented.collect()
}
