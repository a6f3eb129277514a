//! The hazards of scripts on SQLite: tables that are written anew, by a plan or by hand, and what reaches out of the file.
//!
//! Nobody waits for less than the whole file here, and programs that still run on an older schema are rare: a file belongs to one program.

use super::Sqlite;
use crate::dialect::hazards::{
    Change, ClauseKind, Command, Located, Sql, Walk, default_is, find, is_replaced,
};
use crate::hazard::Code;
use crate::lexer::{Kind, Token};
use crate::plan::Step;
use crate::schema::TableName;

/// Returns the hazards of a script.
pub(super) fn hazards(change: &Change<'_>) -> Vec<Located> {
    let walk = Walk::new(&Sqlite, change);
    let mut walk = walk.statements(statement);
    for (at, statement) in change.script.statements.iter().enumerate() {
        if let Step::KeepDependents { table } = &statement.step {
            walk.found_at(
                at,
                Code::L21,
                format!("`{table}` is written anew: every row is copied, the file needs room for it twice, and writers wait"),
                "do it when nobody minds, and keep a copy of the file: `upgrade --backup`",
            );
        }
    }
    walk.finish()
}

fn statement(walk: &mut Walk<'_>, sql: &Sql<'_>) {
    match &sql.command {
        Command::DropTable { tables } => {
            for table in tables {
                dropped(walk, table);
            }
        }
        Command::AlterTable { table, clauses } if walk.stands(table) => {
            for clause in clauses {
                if let ClauseKind::AddColumn(definition) = &clause.kind {
                    let on_empty = refused_with_rows(definition);
                    if let Some(why) = on_empty.filter(|_| !is_guarded(walk, table)) {
                        walk.found(
                            Code::F06,
                            format!("SQLite adds `{table}.{}` to an empty table and refuses it with rows: it {why}", definition.name),
                            "let the model say it, and `autogen migrate` writes what works with rows, too",
                        );
                    }
                }
            }
        }
        Command::CreateTable { .. }
        | Command::RenameTable { .. }
        | Command::AlterTable { .. }
        | Command::CreateIndex { .. }
        | Command::DropIndex { .. }
        | Command::Update { .. }
        | Command::Delete { .. }
        | Command::Truncate { .. }
        | Command::Other => {}
    }
    let reaches = [
        ("ATTACH", "another file"),
        ("DETACH", "another file"),
        ("VACUUM INTO", "another file"),
        (
            "PRAGMA writable_schema",
            "the schema's own table, where one mistake makes the file unreadable",
        ),
    ];
    let called = sql
        .tokens
        .windows(2)
        .any(|pair| pair[0].is("load_extension") && pair[1].is_symbol("("));
    let found = reaches.iter().find(|(words, _)| {
        sql.begins(words) || (*words == "VACUUM INTO" && sql.begins("VACUUM") && sql.has("INTO"))
    });
    let found = found.map(|(words, what)| (*words, *what));
    if let Some((words, what)) = found.or(called.then_some(("load_extension", "a library of any kind"))) {
        walk.found(
            Code::R08,
            format!("{words} reaches for {what}"),
            "leave it out of migrations; for a copy of the file there is `upgrade --backup`",
        );
    }
}

/// A table that goes to make room for another of its name, or that others still refer to.
fn dropped(walk: &mut Walk<'_>, table: &TableName) {
    if !walk.stands(table) {
        return;
    }
    let children: Vec<String> = walk
        .before
        .tables
        .values()
        .filter(|child| {
            child.name != *table
                && find(&walk.before, table).is_some_and(|parent| {
                    child
                        .foreign_keys
                        .values()
                        .any(|key| key.references == parent.name)
                })
        })
        .map(|child| child.name.to_string())
        .collect();
    let replaced = is_replaced(walk, table);
    let off = walk.change.script.mode.foreign_keys_off;
    if let Some(child) = children.first().filter(|_| !off && !walk.drops(table)) {
        walk.found(
            Code::D09,
            format!("dropping `{table}` deletes its rows first, so those of `{child}`, which refer to it, go or lose what they refer to"),
            "`-- autogen: foreign-keys-off` at the head of the script",
        );
    }
    let kept = walk
        .change
        .script
        .statements
        .iter()
        .any(|statement| matches!(&statement.step, Step::KeepDependents { table: kept } if kept.eq_ignore_ascii_case(&table.name)));

    if replaced && !kept && !walk.drops(table) {
        walk.found(
            Code::D10,
            format!("`{table}` is replaced, and its triggers, indexes and numbers go with the old one"),
            format!("`-- autogen: keep-dependents {0}` before it and `-- autogen: restore-dependents {0}` after; or let the model say it", table.name),
        );
    }
}

/// Tells whether a query has seen to it that the table is empty.
fn is_guarded(walk: &Walk<'_>, table: &TableName) -> bool {
    let statements = &walk.change.script.statements;
    let mut looks = statements.iter().filter_map(|statement| statement.step.guard());
    looks.any(|sql| {
        let names = walk.read(sql).tokens;
        names
            .iter()
            .filter_map(Token::name)
            .any(|name| name.eq_ignore_ascii_case(&table.name))
    })
}

/// Returns why a column cannot be added to a table with rows (<https://www.sqlite.org/lang_altertable.html>).
fn refused_with_rows(definition: &crate::dialect::hazards::Definition<'_>) -> Option<&'static str> {
    let default = definition.default();
    let is_null = |tokens: &[Token<'_>]| tokens.len() == 1 && tokens[0].is("NULL");
    let bare = default.is_none_or(is_null);
    let computed = definition.has("GENERATED") || definition.has("AS");
    if definition.has("NOT NULL") && bare && !computed {
        return Some("is NOT NULL without a default");
    }
    if computed && definition.has("STORED") {
        return Some("is STORED");
    }
    let moving = ["CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"];
    let default = default?;
    let is_constant = default_is(default, |_| false)
        && !default
            .first()
            .is_some_and(|token| token.kind == Kind::Symbol && token.text == "(")
        && !default
            .iter()
            .any(|token| moving.iter().any(|word| token.is(word)));
    if !is_constant {
        return Some("has a default that is no constant");
    }
    (definition.has("REFERENCES") && !is_null(default)).then_some("refers to another table and has a default")
}
