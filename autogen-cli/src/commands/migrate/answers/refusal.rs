//! The error where nobody can be asked: every open question, with the flag and the attribute that answer it.

use schema_core::diff::{Question, Target};
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
            error = error.hint(format!(
                "if it was renamed: `{}`, or `{}` on {}",
                answer.flag, answer.attribute, answer.place
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
    /// In the model.
    attribute: String,
    /// Where the attribute goes.
    place: String,
}

impl Answer {
    fn new(old: &Target, new: &Target) -> Self {
        let (name, place) = match &old.column {
            Some(column) => (column.clone(), format!("the field of `{new}`")),
            None => (old.table.to_string(), format!("the struct of `{new}`")),
        };
        Answer {
            flag: format!("--rename {old}={new}"),
            attribute: format!("#[model(renamed_from = {name:?})]"),
            place,
        }
    }
}
