//! The scripts of a squashed revision: what was generated is folded, what a person wrote stays, each in its place.

use std::collections::BTreeMap;

use super::super::{KeptScript, RewriteError};
use super::NewRevision;
use crate::dialect::{Dialect, Mode};
use crate::diff::{Answers, diff};
use crate::history::files::Scripts;
use crate::history::{Direction, History, RevisionId};
use crate::operation::{Operation, apply_all, optimize};
use crate::plan::{Plan, Plans, plan};
use crate::schema::Schema;
use crate::script::{Allow, body, carry_allows_of_part, irreversible, parse, render};

/// The scripts of all dialects, and what they hold of a person's hand.
#[derive(Default)]
pub(super) struct Composed {
    pub(super) scripts: BTreeMap<String, Scripts>,
    pub(super) kept: Vec<KeptScript>,
    pub(super) foreign_keys_off: Vec<KeptScript>,
    pub(super) allows_left: Vec<(KeptScript, Allow)>,
}

/// Composes the scripts of one dialect.
pub(super) fn compose(
    history: &History,
    dialect: &dyn Dialect,
    from: &Schema,
    ids: &[RevisionId],
    new: &NewRevision,
    composed: &mut Composed,
) -> Result<(), RewriteError> {
    let mut text = |direction: Direction| -> Result<String, RewriteError> {
        let title = format!("{direction} {}: {}", new.id, new.message);
        let mut parts = parts(history, dialect, from, ids, direction)?;
        if direction == Direction::Downgrade {
            parts.reverse();
        }
        for part in parts.iter().filter(|part| part.by_hand.is_some()) {
            composed.kept.extend(part.by_hand.clone());
        }
        let off = parts.iter().any(|part| part.mode.foreign_keys_off);
        for part in parts.iter().filter(|part| off && !part.mode.foreign_keys_off) {
            composed.foreign_keys_off.extend(part.by_hand.clone());
        }
        let mut text = joined(&parts, title.trim_end());
        for id in ids {
            if history.is_edited(*id, dialect.name(), direction)? {
                continue;
            }
            let Ok(old) = history.script(*id, dialect.name(), direction) else {
                continue;
            };
            let carried = carry_allows_of_part(&old, &text, dialect.lexicon());
            let (carried, left) = carried.map_err(|error| RewriteError::Script { revision: *id, error })?;
            text = carried;
            let script = KeptScript {
                revision: *id,
                dialect: dialect.name().to_owned(),
                direction,
            };
            let left = left.into_iter().map(|allow| (script.clone(), allow));
            composed.allows_left.extend(left);
        }
        Ok(text)
    };
    let scripts = Scripts {
        upgrade: text(Direction::Upgrade)?,
        downgrade: text(Direction::Downgrade)?,
    };
    composed.scripts.insert(dialect.name().to_owned(), scripts);
    Ok(())
}

/// A piece of a script: the plan of some revisions, or what a person wrote.
struct Part {
    mode: Mode,
    text: String,
    by_hand: Option<KeptScript>,
    irreversible: Option<String>,
}

fn joined(parts: &[Part], title: &str) -> String {
    if let Some(reason) = parts.iter().find_map(|part| part.irreversible.as_ref()) {
        let head = render(&Plan::default(), title);
        let head = head.lines().next().unwrap_or_default();
        return format!("{head}\n-- autogen: irreversible {reason}\n");
    }
    let head = Plan {
        mode: Mode {
            foreign_keys_off: parts.iter().any(|part| part.mode.foreign_keys_off),
            no_transaction: false,
        },
        statements: Vec::new(),
    };
    let mut text = render(&head, title);
    let bodies: Vec<&str> = parts
        .iter()
        .map(|part| part.text.as_str())
        .filter(|text| !text.trim().is_empty())
        .collect();
    if bodies.is_empty() {
        return text;
    }
    // A plan without statements says so, which is not true here.
    text.truncate(text.find("\n\n").map_or(text.len(), |end| end + 1));
    for body in bodies {
        text.push('\n');
        text.push_str(body.trim_matches('\n'));
        text.push('\n');
    }
    text
}

/// Returns the pieces in the order of the revisions.
fn parts(
    history: &History,
    dialect: &dyn Dialect,
    from: &Schema,
    ids: &[RevisionId],
    direction: Direction,
) -> Result<Vec<Part>, RewriteError> {
    let mut parts = Vec::new();
    let mut schema = from.clone();
    let mut run: Vec<RevisionId> = Vec::new();
    for id in ids {
        let Some(by_hand) = by_hand(history, dialect, *id, direction)? else {
            run.push(*id);
            continue;
        };
        fold(history, dialect, &mut schema, &run, direction, &mut parts)?;
        run.clear();
        parts.push(by_hand);
        history.replay(*id, &mut schema)?;
    }
    fold(history, dialect, &mut schema, &run, direction, &mut parts)?;
    Ok(parts)
}

/// Returns a script that a person wrote or edited, as it is but for its head, or `None` if it is as it was generated.
fn by_hand(
    history: &History,
    dialect: &dyn Dialect,
    id: RevisionId,
    direction: Direction,
) -> Result<Option<Part>, RewriteError> {
    let name = dialect.name();
    if !history.is_edited(id, name, direction)? {
        return Ok(None);
    }
    let text = history.script(id, name, direction)?;
    let irreversible = match direction {
        Direction::Upgrade => None,
        Direction::Downgrade => irreversible(&text),
    };
    let plan =
        parse(&text, dialect.lexicon()).map_err(|error| RewriteError::Script { revision: id, error })?;
    if plan.mode.no_transaction {
        return Err(RewriteError::NoTransaction { revision: id });
    }
    Ok(Some(Part {
        mode: plan.mode,
        text: body(&text),
        by_hand: Some(KeptScript {
            revision: id,
            dialect: name.to_owned(),
            direction,
        }),
        irreversible,
    }))
}

/// Adds the plan of revisions that no one edited, folded as far as their rows allow, and moves the schema past them.
fn fold(
    history: &History,
    dialect: &dyn Dialect,
    schema: &mut Schema,
    run: &[RevisionId],
    direction: Direction,
    parts: &mut Vec<Part>,
) -> Result<(), RewriteError> {
    let Some(first) = run.first() else { return Ok(()) };
    let mut operations = Vec::new();
    for id in run {
        operations.extend(history.operations(*id)?);
    }
    let operations = optimize(&operations);
    let to = apply_all(schema.clone(), &operations).map_err(|error| history.misfit(*first, error))?;
    let folded = Answers::of(&operations);
    let answers = if is_the_diff(schema, &to, &folded, &operations) {
        folded
    } else if run.len() == 1 {
        history.revision(*first)?.answers
    } else {
        // Something was dropped and made again, which the schemas alone do not tell: fold what is before and after.
        let (before, after) = run.split_at(run.len() / 2);
        fold(history, dialect, schema, before, direction, parts)?;
        return fold(history, dialect, schema, after, direction, parts);
    };
    let Plans { upgrade, downgrade } = plan(dialect, schema, &to, &answers)?;
    let plan = match direction {
        Direction::Upgrade => upgrade,
        Direction::Downgrade => downgrade,
    };
    *schema = to;
    if plan.mode.no_transaction {
        return Err(RewriteError::NoTransaction { revision: *first });
    }
    let body = Plan {
        mode: Mode::default(),
        statements: plan.statements,
    };
    parts.push(Part {
        mode: plan.mode,
        text: if body.statements.is_empty() {
            String::new()
        } else {
            render(&body, "")
        },
        by_hand: None,
        irreversible: None,
    });
    Ok(())
}

/// Tells whether the diff of two schemas is those operations: the same ones, in whatever order.
fn is_the_diff(from: &Schema, to: &Schema, answers: &Answers, operations: &[Operation]) -> bool {
    let mut found = diff(from, to, answers);
    found.len() == operations.len()
        && operations.iter().all(|operation| {
            let at = found.iter().position(|other| is_same(other, operation));
            at.map(|at| found.swap_remove(at)).is_some()
        })
}

/// Tells whether two operations are one, but for the place of a column, which is never compared.
fn is_same(one: &Operation, other: &Operation) -> bool {
    let placeless = |operation: &Operation| {
        let mut operation = operation.clone();
        if let Operation::AddColumn { after, .. } | Operation::DropColumn { after, .. } = &mut operation {
            *after = None;
        }
        operation
    };
    placeless(one) == placeless(other)
}
