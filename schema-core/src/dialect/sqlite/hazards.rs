//! The hazards of scripts on SQLite: tables that are written anew, by a plan or by hand, and what reaches out of the file.
//!
//! Nobody waits for less than the whole file here, and programs that still run on an older schema are rare: a file belongs to one program.

use super::Sqlite;
use crate::dialect::hazards::{
    Change, ClauseKind, Command, Definition, Located, Sql, Walk, find, is_replaced,
};
use crate::hazard::Code;
use crate::lexer::{Kind, Token, without_parentheses};
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
    if let Some((words, what)) = reach(sql) {
        walk.found(
            Code::R08,
            format!("{words} reaches for {what}"),
            "leave it out of migrations; for a copy of the file there is `upgrade --backup`",
        );
    }
    if pragma(sql).is_some_and(|name| name.eq_ignore_ascii_case("ignore_check_constraints")) {
        walk.found(
            Code::R08,
            "PRAGMA ignore_check_constraints lets in rows that break a CHECK, for good",
            "leave it; where a CHECK is in the way, let the model say another one",
        );
    }
}

/// Returns what of a statement is not the schema's, and what it reaches.
fn reach(sql: &Sql<'_>) -> Option<(&'static str, &'static str)> {
    const FILE: &str = "another file";
    let called = |function: &str| {
        let mut pairs = sql.tokens.windows(2);
        pairs.any(|pair| pair[0].is(function) && pair[1].is_symbol("("))
    };
    let writable = pragma(sql).is_some_and(|name| name.eq_ignore_ascii_case("writable_schema"));
    let ways = [
        (sql.begins("ATTACH"), "ATTACH", FILE),
        (sql.begins("DETACH"), "DETACH", FILE),
        (sql.begins("VACUUM") && sql.has("INTO"), "VACUUM INTO", FILE),
        (
            writable,
            "PRAGMA writable_schema",
            "the schema's own table, where one mistake makes the file unreadable",
        ),
        (
            called("load_extension"),
            "load_extension",
            "a library of any kind",
        ),
    ];
    let found = ways.into_iter().find(|(is, ..)| *is);
    found.map(|(_, words, what)| (words, what))
}

/// Returns the name of the setting that a statement is about.
fn pragma(sql: &Sql<'_>) -> Option<String> {
    match sql.main() {
        [first, _, dot, name, ..] if first.is("PRAGMA") && dot.is_symbol(".") => name.name(),
        [first, name, ..] if first.is("PRAGMA") => name.name(),
        _ => None,
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
fn refused_with_rows(definition: &Definition<'_>) -> Option<&'static str> {
    let default = definition.default().map(without_parentheses);
    let is_null = |tokens: &[Token<'_>]| tokens.len() == 1 && tokens[0].is("NULL");
    let computed = definition.has("GENERATED") || definition.has("AS");
    if definition.has("NOT NULL") && default.is_none_or(is_null) && !computed {
        return Some("is NOT NULL without a default");
    }
    if computed && definition.has("STORED") {
        return Some("is STORED");
    }
    let default = default?;
    if !is_constant(default) {
        return Some("has a default that is no constant");
    }
    (definition.has("REFERENCES") && !is_null(default)).then_some("refers to another table and has a default")
}

/// Tells whether a default is one value, with a sign perhaps.
fn is_constant(tokens: &[Token<'_>]) -> bool {
    let moving = ["CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"];
    match tokens {
        [value] => value.kind != Kind::Symbol && !moving.iter().any(|word| value.is(word)),
        [sign, value] => (sign.is_symbol("-") || sign.is_symbol("+")) && value.kind == Kind::Number,
        _ => false,
    }
}
