//! The error where nobody can be asked: every open question, with the flag and the attribute that answer it.

use schema_core::diff::{MissingValue, Question, Target};
use schema_core::schema::TableName;
use serde_json::json;

use crate::artifact::Sources;
use crate::error::CommandError;

/// How many candidates of a question are printed; `--json` has them all.
const SHOWN: usize = 5;

/// Returns the error that shows every open question with the flag and the attribute that answer it.
pub(super) fn undecided(open: &[Question], lost: &[Target], sources: &Sources) -> CommandError {
    let error = match (open, lost) {
        ([], [only]) => CommandError::new(format!(
            "dropping `{only}` would lose what it holds; nothing was written"
        )),
        ([], _) => {
            CommandError::new("tables or columns would be dropped with what they hold; nothing was written")
        }
        ([_], _) => CommandError::new("a question wants an answer; nothing was written"),
        _ => CommandError::new(format!(
            "{} questions want answers; nothing was written",
            open.len()
        )),
    };
    let mut error = open
        .iter()
        .fold(error, |error, question| error.cause(question.to_string()));
    let certain: Vec<&Target> = lost
        .iter()
        .filter(|target| !open.iter().any(|question| question.dropped == **target))
        .collect();
    if open.is_empty() && lost.len() == 1 {
        error = error.cause("no model has it any more");
    } else {
        error = certain.iter().fold(error, |error, target| {
            error.cause(format!("no model has `{target}` any more"))
        });
    }
    if !certain.is_empty() {
        // A model that was compiled out looks like one that was deleted.
        error = sources
            .lines()
            .into_iter()
            .fold(error, |error, line| error.cause(format!("read {line}")));
    }
    for question in open {
        for candidate in question.candidates.iter().take(SHOWN) {
            let answer = Answer::new(&question.dropped, &candidate.target);
            let attribute = answer.attribute.as_ref();
            let attribute = attribute.map(|attribute| format!(", or `{attribute}` on {}", answer.place));
            error = error.hint(format!(
                "if it was renamed: `{}`{}",
                answer.flag,
                attribute.unwrap_or_default()
            ));
        }
        error = error.hint(format!("if it may go: `--allow-drop {}`", question.dropped));
    }
    for target in &certain {
        error = error.hint(format!("if it may go: `--allow-drop {target}`"));
    }
    let questions: Vec<_> = open.iter().map(document).collect();
    let losses: Vec<_> = certain
        .iter()
        .map(|target| json!({"dropped": target.to_string(), "flags": [format!("--allow-drop {target}")]}))
        .collect();
    error
        .detail("questions", questions.into())
        .detail("losses", losses.into())
}

/// Returns the error for columns that have no value for old rows, of which there is one at least.
pub(in crate::commands::migrate) fn valueless(missing: &[MissingValue]) -> CommandError {
    let (first, rest) = missing.split_first().expect("a column lacks a value");
    let error = CommandError::new(first.to_string()).hint(first.hint());
    let error = rest
        .iter()
        .fold(error, |error, missing| error.cause(format!("also: {missing}")));
    let values: Vec<_> = missing
        .iter()
        .map(|missing| {
            json!({"column": missing.column.to_string(), "text": missing.to_string(), "hint": missing.hint()})
        })
        .collect();
    error.detail("values", values.into())
}

/// The question as `--json` shows it.
fn document(question: &Question) -> serde_json::Value {
    let dropped = &question.dropped;
    let candidates = question.candidates.iter().map(|candidate| {
        let answer = Answer::new(dropped, &candidate.target);
        json!({
            "name": candidate.target.to_string(),
            "likeness": candidate.likeness,
            "flag": answer.flag,
            "attribute": answer.attribute,
        })
    });
    json!({
        "dropped": dropped.to_string(),
        "candidates": candidates.collect::<Vec<_>>(),
        "drop": format!("--allow-drop {dropped}"),
    })
}

/// What says that a thing has a new name.
struct Answer {
    /// On the command line.
    flag: String,
    /// In the model, unless it is a table of another schema, of which `renamed_from` knows nothing.
    attribute: Option<String>,
    /// Where the attribute goes.
    place: String,
}

impl Answer {
    fn new(old: &Target, new: &Target) -> Self {
        let (name, place) = match &old.column {
            Some(column) => (Some(column), format!("the field of `{new}`")),
            None => {
                let stays = old.table.schema == new.table.schema;
                (stays.then_some(&old.table.name), format!("the struct of `{new}`"))
            }
        };
        Answer {
            flag: format!("--rename {old}={new}"),
            // A name with a dot in it stands in quotes.
            attribute: name.map(|name| {
                let name = TableName::new(name).to_string();
                format!("#[model(renamed_from = {name:?})]")
            }),
            place,
        }
    }
}

#[cfg(test)]
mod tests {
    use schema_core::schema::TableName;

    use super::*;

    #[test]
    fn an_attribute_is_offered_where_it_can_say_it() {
        let table = |schema: Option<&str>, name: &str| Target {
            table: TableName {
                schema: schema.map(str::to_owned),
                name: name.to_owned(),
            },
            column: None,
        };
        let attribute = |old, new| Answer::new(&old, &new).attribute;
        let said = attribute(table(Some("app"), "people"), table(Some("app"), "users"));
        assert_eq!(said.as_deref(), Some("#[model(renamed_from = \"people\")]"));
        assert_eq!(
            attribute(table(Some("public"), "users"), table(Some("app"), "users")),
            None
        );
    }
}
