//! ALTER TABLE on a table that may hold rows.

use super::commands::is_json;
use super::steady::is_steady;
use super::types::{is_reindexed, is_rewritten};
use super::{Held, Lock, beside_locks, outside_only};
use crate::dialect::hazards::{Clause, ClauseKind, Constraint, Definition, Walk, default_is, starts};
use crate::dialect::postgres::ddl::{qualified, quote};
use crate::dialect::postgres::types::{self, Class, class};
use crate::hazard::Code;
use crate::schema::{TableName, Type};

/// Looks at each clause, then at the statement as a whole.
pub(super) fn rules(walk: &mut Walk<'_>, table: &TableName, clauses: &[Clause<'_>], held: &mut Held) {
    let mut work = Work::default();
    for clause in clauses {
        of_clause(walk, table, clause, held, &mut work);
    }
    if work.reads || work.writes {
        beside_locks(walk, table, held);
    }
    if work.writes && !held.rewritten.insert(table.clone()) && !walk.is_planned(table) {
        walk.found(
            Code::L13,
            format!("`{table}` is written anew a second time in this script"),
            "put the clauses into one ALTER TABLE: all of them are done in one pass",
        );
    }
    for clause in clauses {
        if let Some(lock) = lock_of(clause) {
            held.lock(table, lock);
        }
        // It is locked under the name that it has from now on.
        if let ClauseKind::RenameTable(to) = &clause.kind {
            held.lock(&table.sibling(&to.name), Lock::Exclusive);
        }
    }
}

/// How long a statement works on the rows.
#[derive(Default)]
struct Work {
    reads: bool,
    writes: bool,
}

/// Returns whom a clause keeps out until the commit, if anybody.
fn lock_of(clause: &Clause<'_>) -> Option<Lock> {
    match &clause.kind {
        ClauseKind::Validate(_) => None,
        ClauseKind::Add {
            what: Constraint::ForeignKey(_),
            ..
        } => Some(Lock::Writers),
        ClauseKind::AddColumn(_)
        | ClauseKind::DropColumn(_)
        | ClauseKind::AlterType { .. }
        | ClauseKind::SetNotNull(_)
        | ClauseKind::Redefine { .. }
        | ClauseKind::Add { .. }
        | ClauseKind::Drop { .. }
        | ClauseKind::DropPrimaryKey
        | ClauseKind::RenameTable(_)
        | ClauseKind::RenameColumn { .. }
        | ClauseKind::Other => Some(Lock::Exclusive),
    }
}

fn of_clause(walk: &mut Walk<'_>, table: &TableName, clause: &Clause<'_>, held: &mut Held, work: &mut Work) {
    match &clause.kind {
        ClauseKind::AddColumn(definition) => added_column(walk, table, definition, work),
        ClauseKind::AlterType { column, ty } => retyped(walk, table, (column, ty), clause, work),
        ClauseKind::SetNotNull(column) => {
            if is_proved(walk, table, column) {
                return;
            }
            work.reads = true;
            let check = quote(&format!("ck_{}_{column}_not_null", table.name));
            walk.found(
                Code::L04,
                format!("nobody can read `{table}` while every row is looked at to see that `{column}` holds no NULL"),
                format!(
                    "`ADD CONSTRAINT {check} CHECK ({0} IS NOT NULL) NOT VALID` in one revision and `VALIDATE CONSTRAINT {check}` in the next; then SET NOT NULL needs no look",
                    quote(column)
                ),
            );
        }
        ClauseKind::Add { name, what } => {
            let name = name.as_deref().unwrap_or("the constraint");
            constraint(walk, table, (name, what), clause, held, work);
        }
        ClauseKind::Validate(name) => {
            if held.in_transaction && held.unproved.contains(&(table.clone(), name.clone())) {
                walk.found(
                    Code::L05,
                    format!("`{name}` is added and proved in one transaction, so the lock of the first lasts for the second"),
                    "VALIDATE CONSTRAINT in a revision of its own",
                );
            }
        }
        ClauseKind::Drop { name } => dropped_key(walk, table, name, held),
        ClauseKind::Other => other(walk, table, clause, held, work),
        ClauseKind::DropColumn(_)
        | ClauseKind::Redefine { .. }
        | ClauseKind::DropPrimaryKey
        | ClauseKind::RenameTable(_)
        | ClauseKind::RenameColumn { .. } => {}
    }
}

/// Tells whether a check says already that a column holds no NULL.
fn is_proved(walk: &Walk<'_>, table: &TableName, column: &str) -> bool {
    let plain = |text: &str| text.replace(['"', '(', ')'], "").to_lowercase();
    let said = format!("{} is not null", column.to_lowercase());
    walk.table(table).is_some_and(|table| {
        table
            .checks
            .values()
            .any(|check| plain(&check.expression.0) == said)
    })
}

fn added_column(walk: &mut Walk<'_>, table: &TableName, definition: &Definition<'_>, work: &mut Work) {
    let name = &definition.name;
    let ty = definition.ty.to_ascii_lowercase();
    let numbered = definition.has("AS IDENTITY") || ty.ends_with("serial") || ty.starts_with("serial");
    let stored = definition.has("GENERATED ALWAYS AS (") && !definition.has("VIRTUAL");
    if numbered || stored {
        work.writes = true;
        let (what, safe) = if stored {
            (
                "is computed and kept",
                "from PostgreSQL 18 on, a VIRTUAL one costs nothing; else compute it in a view or a plain column that is filled in steps",
            )
        } else {
            (
                "is numbered",
                "a plain column first, filled in steps with a sequence that is its default; then NOT NULL and the key",
            )
        };
        walk.found(
            Code::L08,
            format!("nobody can read `{table}` while every row is written anew, since `{name}` {what}"),
            safe,
        );
    }
    if definition
        .default()
        .is_some_and(|default| !default_is(default, is_steady))
    {
        work.writes = true;
        walk.found(
            Code::L07,
            format!("nobody can read `{table}` while every row is written anew, since the default of `{name}` may differ by row"),
            "add the column without it, SET DEFAULT for rows to come, and fill those that exist in steps",
        );
    }
    is_json(walk, table, name, &ty);
    for (words, what) in [
        ("UNIQUE", Constraint::Unique),
        ("PRIMARY KEY", Constraint::PrimaryKey),
        ("CHECK (", Constraint::Check),
    ] {
        if definition.has(words) {
            work.reads = true;
            in_place(walk, table, (name, &what));
        }
    }
}

fn retyped(
    walk: &mut Walk<'_>,
    table: &TableName,
    (column, ty): (&str, &str),
    clause: &Clause<'_>,
    work: &mut Work,
) {
    let new = types::canonical(ty);
    is_json(walk, table, column, &new);
    let standing = walk.table(table);
    let old = standing
        .and_then(|table| table.column(column))
        .map(|column| column.ty.clone());
    let reindexed = standing.is_some_and(|table| is_reindexed(table, column, &new, clause.has("COLLATE")));
    let using = clause.has("USING");
    if let (Some(old), false) = (&old, using) {
        if is_uncastable(old, &new) {
            walk.found(
                Code::F08,
                format!("`{table}.{column}` does not become {new} by itself, and the statement fails"),
                format!("say how: `USING {}::{new}`", quote(column)),
            );
        }
    }
    let old = match &old {
        Some(Type::Native(old)) => Some(old.as_str()),
        Some(_) | None => None,
    };
    if old.is_none_or(|old| using || is_rewritten(old, &new)) {
        work.writes = true;
        walk.found(
            Code::L06,
            format!(
                "nobody can read `{table}` while every row is written anew, since `{column}` becomes {new}"
            ),
            "add a new column, fill it in steps, let programs use it, and drop the old one later",
        );
    } else if reindexed {
        work.reads = true;
        walk.found(
            Code::L06,
            format!("nobody can read `{table}` while the indexes of `{column}` are made anew, since it becomes {new}"),
            "add a new column with indexes of its own, fill it in steps, and drop the old one later",
        );
    }
}

/// Tells whether no cast leads from the one type to the other that ALTER TABLE takes by itself.
fn is_uncastable(old: &Type, new: &str) -> bool {
    let to = class(&types::held(&Type::Native(new.to_owned())));
    match (class(old), to) {
        (_, Class::Text) | (Class::Other | Class::Enum, _) | (_, Class::Other) => false,
        (Class::Text | Class::Bytes, to) => to != class(old),
        (Class::Boolean, to) => to != Class::Boolean,
        (Class::Integer | Class::Number | Class::Float, to) => {
            !matches!(to, Class::Integer | Class::Number | Class::Float)
        }
        (Class::Time, to) => to != Class::Time,
        (Class::Array, to) => to != Class::Array,
    }
}

fn constraint(
    walk: &mut Walk<'_>,
    table: &TableName,
    (name, what): (&str, &Constraint),
    clause: &Clause<'_>,
    held: &mut Held,
    work: &mut Work,
) {
    if clause.has("NOT VALID") {
        held.unproved.insert((table.clone(), name.to_owned()));
        return;
    }
    if clause.has("USING INDEX") || clause.has("NOT ENFORCED") {
        return;
    }
    work.reads = true;
    in_place(walk, table, (name, what));
    if let Constraint::ForeignKey(Some(parent)) = what {
        if walk.stands(parent) {
            held.lock(parent, Lock::Writers);
        }
    }
}

/// A constraint that is proved, or its index made, by the statement that adds it.
fn in_place(walk: &mut Walk<'_>, table: &TableName, (name, what): (&str, &Constraint)) {
    let head = format!("ALTER TABLE {} ADD CONSTRAINT {}", qualified(table), quote(name));
    match what {
        Constraint::PrimaryKey | Constraint::Unique | Constraint::Index => {
            let kind = if *what == Constraint::PrimaryKey {
                "PRIMARY KEY"
            } else {
                "UNIQUE"
            };
            walk.found(
                Code::L03,
                format!("nobody can read `{table}` while the index of `{name}` is made of all its rows"),
                format!(
                    "`CREATE UNIQUE INDEX CONCURRENTLY …` in a revision with `-- autogen: no-transaction`, then `{head} {kind} USING INDEX …`"
                ),
            );
        }
        Constraint::ForeignKey(parent) => {
            let both = parent
                .as_ref()
                .filter(|parent| *parent != table && walk.stands(parent));
            let both = both.map(|parent| format!(" or `{parent}`")).unwrap_or_default();
            walk.found(
                Code::L04,
                format!("nobody can write to `{table}`{both} while `{name}` is proved on every row"),
                format!(
                    "`{head} FOREIGN KEY … NOT VALID` in one revision, `VALIDATE CONSTRAINT {}` in the next",
                    quote(name)
                ),
            );
        }
        Constraint::Check => walk.found(
            Code::L04,
            format!("nobody can read `{table}` while `{name}` is proved on every row"),
            format!(
                "`{head} CHECK (…) NOT VALID` in one revision, `VALIDATE CONSTRAINT {}` in the next",
                quote(name)
            ),
        ),
        Constraint::Exclude => walk.found(
            Code::L09,
            format!("nobody can read `{table}` while the index of `{name}` is made of all its rows"),
            "there is no other form: do it when nobody minds",
        ),
    }
}

/// A foreign key that goes takes the parent's lock as well.
fn dropped_key(walk: &mut Walk<'_>, table: &TableName, name: &str, held: &mut Held) {
    let key = walk.table(table).and_then(|table| table.foreign_keys.get(name));
    let Some(parent) = key.map(|key| key.references.clone()) else {
        return;
    };
    if parent == *table || !walk.stands(&parent) || walk.drops(&parent) || held.exclusive.contains(&parent) {
        return;
    }
    walk.found(
        Code::L15,
        format!("dropping `{name}` locks `{parent}` as well, which it refers to: nobody can read that until the commit"),
        "keep what else the script does short, or drop the key in a revision of its own",
    );
    held.lock(&parent, Lock::Exclusive);
}

fn other(walk: &mut Walk<'_>, table: &TableName, clause: &Clause<'_>, held: &Held, work: &mut Work) {
    let moved = [
        "SET UNLOGGED",
        "SET LOGGED",
        "SET TABLESPACE",
        "SET ACCESS METHOD",
    ];
    if let Some(words) = moved.iter().find(|words| starts(&clause.tokens, words)) {
        work.writes = true;
        walk.found(
            Code::L15,
            format!("nobody can read `{table}` while {words} writes every row to another file"),
            "do it when nobody minds; there is no other form",
        );
    }
    if clause.has("DETACH PARTITION") && clause.has("CONCURRENTLY") {
        outside_only(walk, "DETACH PARTITION … CONCURRENTLY", held);
    } else if clause.has("DETACH PARTITION") {
        walk.found(
            Code::L14,
            format!("DETACH PARTITION waits for all who use `{table}`, and all others wait for it"),
            "`DETACH PARTITION … CONCURRENTLY`, with `-- autogen: no-transaction` at the head of the script",
        );
    }
    if clause.has("DISABLE TRIGGER ALL") {
        walk.found(
            Code::R08,
            format!("without its triggers `{table}` lets in rows that break its foreign keys, for good"),
            "leave them; a trigger of your own is disabled by its name",
        );
    }
}
