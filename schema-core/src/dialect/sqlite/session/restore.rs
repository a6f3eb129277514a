//! A session put back by statements. SQLite has no expression for the value of a pragma to be set to, so pragmas get what the shell begins with, and what
//! is in the schema `temp` is known by the words of the script.

use std::collections::BTreeMap;

use super::stock::CASE;
use crate::dialect::Restore;
use crate::dialect::sqlite::LEXICON;
use crate::dialect::sqlite::ddl::quote;
use crate::lexer::{Kind, Token, lex, unquote};
use crate::plan::{Plan, Statement};

/// What a new connection has (<https://sqlite.org/pragma.html>). How it deletes is left as the script has it, since builds differ there and it tells in
/// no table.
const AT_FIRST: [(&str, &str); 18] = [
    ("analysis_limit", "0"),
    ("automatic_index", "ON"),
    ("cache_size", "-2000"),
    ("cache_spill", "ON"),
    (CASE, "OFF"),
    ("cell_size_check", "OFF"),
    ("checkpoint_fullfsync", "OFF"),
    ("defer_foreign_keys", "OFF"),
    ("fullfsync", "OFF"),
    ("ignore_check_constraints", "OFF"),
    ("legacy_alter_table", "OFF"),
    ("query_only", "OFF"),
    ("read_uncommitted", "OFF"),
    ("recursive_triggers", "OFF"),
    ("reverse_unordered_selects", "OFF"),
    ("trusted_schema", "ON"),
    ("wal_autocheckpoint", "1000"),
    ("writable_schema", "OFF"),
];

/// The pragmas that change nothing while a transaction is open.
const BEHIND: [(&str, &str); 2] = [("foreign_keys", "ON"), ("synchronous", "FULL")];

/// Returns the statements around a script.
pub(super) fn restore(plan: &Plan) -> Restore {
    let mut left = Left::default();
    for sql in plan.executed() {
        left.read(sql);
    }
    let reset = |pragmas: &[(&str, &str)]| {
        let mut statements = Vec::new();
        for (name, value) in pragmas {
            if left
                .pragmas
                .get(*name)
                .is_some_and(|last| !last.eq_ignore_ascii_case(value))
            {
                statements.push(Statement::execute(format!("PRAGMA {name} = {value}")));
            }
        }
        statements
    };
    let mut within = reset(&AT_FIRST);
    // What stands on a table of its own goes before that.
    within.extend(
        left.things
            .iter()
            .rev()
            .map(|(kind, name)| Statement::execute(format!("DROP {kind} IF EXISTS temp.{}", quote(name)))),
    );
    let mut behind = reset(&BEHIND);
    behind.extend(
        left.databases
            .iter()
            .map(|name| Statement::execute(format!("DETACH {}", quote(name)))),
    );
    Restore {
        before: Vec::new(),
        within,
        behind,
    }
}

/// What statements leave in their session, by their words.
#[derive(Debug, Default)]
struct Left {
    /// The last value that each was given.
    pragmas: BTreeMap<String, String>,
    things: Vec<(&'static str, String)>,
    databases: Vec<String>,
}

impl Left {
    fn read(&mut self, sql: &str) {
        let words: Vec<Token<'_>> = lex(sql, LEXICON).filter(|token| !token.is_trivia()).collect();
        match &words[..] {
            [first, .., name] if first.is("ATTACH") => self.databases.push(unquote(name.text)),
            [first, .., name] if first.is("DETACH") => {
                let name = unquote(name.text);
                self.databases
                    .retain(|attached| !attached.eq_ignore_ascii_case(&name));
            }
            [first, rest @ ..] if first.is("PRAGMA") => {
                let (_, name, value) = qualified(rest);
                let value = value.iter().find(|word| word.kind != Kind::Symbol);
                if let (Some(name), Some(value)) = (name, value) {
                    self.pragmas
                        .insert(name.to_ascii_lowercase(), unquote(value.text));
                }
            }
            [first, rest @ ..] if first.is("CREATE") => self.things.extend(temporary(rest)),
            [alter, table, rest @ ..] if alter.is("ALTER") && table.is("TABLE") => self.rename(rest),
            _ => {}
        }
    }

    /// A renamed table is dropped by the name that it has in the end.
    fn rename(&mut self, words: &[Token<'_>]) {
        let (_, name, rest) = qualified(words);
        let [rename, to, new, ..] = rest else { return };
        if !rename.is("RENAME") || !to.is("TO") {
            return;
        }
        for (kind, thing) in &mut self.things {
            if *kind == "TABLE" && name.as_ref().is_some_and(|name| thing.eq_ignore_ascii_case(name)) {
                thing.clone_from(&new.name().unwrap_or_default());
            }
        }
    }
}

/// Returns what the words behind CREATE make in the schema `temp`. An index is gone with its table.
fn temporary(words: &[Token<'_>]) -> Option<(&'static str, String)> {
    let says = |word: &Token<'_>| word.is("TEMP") || word.is("TEMPORARY");
    let is_temporary = words.first().is_some_and(says);
    let (at, kind) = words.iter().take(3).enumerate().find_map(|(at, word)| {
        let kind = ["TABLE", "VIEW", "TRIGGER"]
            .into_iter()
            .find(|kind| word.is(kind));
        kind.map(|kind| (at, kind))
    })?;
    let rest = &words[at + 1..];
    let skipped = rest
        .iter()
        .take_while(|word| ["IF", "NOT", "EXISTS"].iter().any(|skipped| word.is(skipped)));
    let (schema, name, _) = qualified(&rest[skipped.count()..]);
    let in_temporary = schema.is_some_and(|schema| schema.eq_ignore_ascii_case("temp"));
    name.filter(|_| is_temporary || in_temporary)
        .map(|name| (kind, name))
}

/// Returns the schema and the name that words begin with, and the words behind them.
fn qualified<'w, 't>(words: &'w [Token<'t>]) -> (Option<String>, Option<String>, &'w [Token<'t>]) {
    match words {
        [schema, dot, name, rest @ ..] if dot.is_symbol(".") => (schema.name(), name.name(), rest),
        [name, rest @ ..] => (None, name.name(), rest),
        [] => (None, None, words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn restored(statements: &[&str]) -> [Vec<String>; 2] {
        let plan = Plan {
            statements: statements.iter().copied().map(Statement::execute).collect(),
            ..Plan::default()
        };
        let restore = restore(&plan);
        [restore.within, restore.behind].map(|statements| {
            let plan = Plan {
                statements,
                ..Plan::default()
            };
            plan.executed().map(str::to_owned).collect()
        })
    }

    #[test]
    fn puts_back_what_the_words_tell() {
        let [within, behind] = restored(&[
            "PRAGMA recursive_triggers = ON",
            "PRAGMA main.cache_size(500)",
            "PRAGMA synchronous = OFF",
            "PRAGMA journal_mode = WAL",
            "PRAGMA legacy_alter_table = ON",
            "PRAGMA legacy_alter_table = off",
            "PRAGMA query_only",
            "CREATE TEMP TABLE \"a b\" AS SELECT 1 AS n",
            "CREATE TABLE IF NOT EXISTS temp.t (id INT)",
            "ALTER TABLE temp.t RENAME TO u",
            "CREATE TEMPORARY TRIGGER IF NOT EXISTS g AFTER INSERT ON items BEGIN SELECT 1; END",
            "CREATE TABLE items (id INT)",
            "ATTACH 'x.db' AS x",
            "ATTACH DATABASE 'y.db' AS \"y\"",
            "DETACH x",
        ]);
        assert_eq!(
            within,
            [
                "PRAGMA cache_size = -2000",
                "PRAGMA recursive_triggers = OFF",
                "DROP TRIGGER IF EXISTS temp.\"g\"",
                "DROP TABLE IF EXISTS temp.\"u\"",
                "DROP TABLE IF EXISTS temp.\"a b\"",
            ]
        );
        assert_eq!(behind, ["PRAGMA synchronous = FULL", "DETACH \"y\""]);
    }
}
