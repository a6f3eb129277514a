//! The hazards of scripts on MySQL and MariaDB: when the server copies a table, and who waits for it.
//!
//! What is copied is measured on MariaDB and MySQL (`tests/tests/suite/locks.rs` asks for `ALGORITHM=INPLACE, LOCK=NONE` for what plans write, which a
//! server refuses where it copies); the manual has it in its tables of online DDL
//! (<https://dev.mysql.com/doc/refman/8.4/en/innodb-online-ddl-operations.html>). Where only one of the two copies, it is said all the same.

mod alter;

use std::collections::BTreeSet;

use super::MySql;
use super::plan::collation::{is_about_prepared, thought_of};
use super::settings::settings;
use crate::dialect::Dialect;
use crate::dialect::hazards::{Change, Command, Located, Sql, Walk};
use crate::hazard::{Code, breaking};
use crate::lexer::{Kind, Token, unquote};
use crate::plan::{Plan, Step};
use crate::schema::{Schema, TableName};

/// How many characters a name may have.
const NAME_CHARACTERS: usize = 64;

/// From how many seconds on a limit on waiting is none: it is the server's default.
const A_DAY: u64 = 86_400;

/// Returns the hazards of a script.
pub(super) fn hazards(change: &Change<'_>) -> Vec<Located> {
    let script = &spelled_out(change.script);
    let change = &Change { script, ..*change };
    let mut walk = Walk::new(&MySql, change);
    walk.extend(breaking(change.operations, change.from));
    let mut seen = Seen {
        after: MySql.normalize(change.to).unwrap_or_else(|_| change.to.clone()),
        copied: BTreeSet::new(),
    };
    walk.statements(|walk, sql| statement(walk, sql, &mut seen))
        .finish()
}

/// Returns the same script, with what it puts together and prepares in the place where it does.
fn spelled_out(script: &Plan) -> Plan {
    let mut script = script.clone();
    let mut is_prepared = false;
    for statement in &mut script.statements {
        let Step::Execute { sql } = &mut statement.step else {
            continue;
        };
        if let Some(alter) = thought_of(sql) {
            *sql = alter;
            is_prepared = true;
        } else if is_prepared && is_about_prepared(sql) {
            *sql = "SELECT 1".to_owned();
        }
    }
    script
}

/// What the rules know besides the walk.
struct Seen {
    /// The tables as they shall be.
    after: Schema,
    /// The tables that were copied since their rows were last changed.
    copied: BTreeSet<TableName>,
}

fn statement(walk: &mut Walk<'_>, sql: &Sql<'_>, seen: &mut Seen) {
    match &sql.command {
        Command::AlterTable { table, clauses } if walk.stands(table) => {
            alter::rules(walk, table, clauses, seen);
            alter::follow(walk, table, clauses);
        }
        Command::Update { table, .. } | Command::Delete { table, .. } if walk.stands(table) => {
            changed_rows(walk, table, sql);
            seen.copied.remove(table);
        }
        Command::CreateIndex { name, table, .. } if walk.stands(table) => {
            let kinds = [
                "CREATE FULLTEXT",
                "CREATE SPATIAL",
                "CREATE OR REPLACE FULLTEXT",
                "CREATE OR REPLACE SPATIAL",
            ];
            if kinds.iter().any(|words| sql.begins(words)) {
                let (code, text, safe) = alter::made_alone(table, name.as_deref());
                walk.found(code, text, safe);
            }
        }
        Command::CreateTable { .. }
        | Command::DropTable { .. }
        | Command::RenameTable { .. }
        | Command::AlterTable { .. }
        | Command::CreateIndex { .. }
        | Command::DropIndex { .. }
        | Command::Update { .. }
        | Command::Delete { .. }
        | Command::Truncate { .. }
        | Command::Other => {}
    }
    set(walk, sql);
    beyond(walk, sql);
    for token in sql
        .tokens
        .iter()
        .filter(|token| matches!(token.kind, Kind::Word | Kind::Quoted))
    {
        let name = token.name().unwrap_or_default();
        if name.chars().count() > NAME_CHARACTERS {
            walk.found(
                Code::R06,
                format!("`{name}` is longer than the {NAME_CHARACTERS} characters of a name, and the statement fails"),
                format!("a name of at most {NAME_CHARACTERS} characters"),
            );
        }
    }
}

/// A change of rows that has to look at all of them holds a lock on each, whether or not it changes it.
fn changed_rows(walk: &mut Walk<'_>, table: &TableName, sql: &Sql<'_>) {
    let tokens = sql.main();
    if tokens.iter().any(|token| token.is("LIMIT")) {
        return;
    }
    let condition = tokens
        .iter()
        .position(|token| token.is("WHERE") || token.is("ON"))
        .unwrap_or(tokens.len());
    let names: Vec<String> = tokens[condition..]
        .iter()
        .filter_map(|token| token.name())
        .collect();
    let is_named = |column: &str| names.iter().any(|name| name.eq_ignore_ascii_case(column));
    let by_key = walk.table(table).is_some_and(|table| {
        let key = table.primary_key.as_ref().and_then(|key| key.columns.first());
        let indexes = table
            .indexes
            .values()
            .filter_map(|index| index.columns()?.first().copied());
        key.map(String::as_str).into_iter().chain(indexes).any(is_named)
    });
    if !by_key {
        walk.found(
            Code::L20,
            format!(
                "every row of `{table}` is locked until the statement is done, and who writes to it waits"
            ),
            "some thousand rows a statement, by the key: `UPDATE … WHERE id BETWEEN … AND …`",
        );
    }
}

/// What a `SET` sets, or `SET STATEMENT … FOR` for one statement.
fn set(walk: &mut Walk<'_>, sql: &Sql<'_>) {
    let words = match sql.tokens.as_slice() {
        [set, statement, rest @ ..] if set.is("SET") && statement.is("STATEMENT") => rest,
        [set, rest @ ..] if set.is("SET") => rest,
        _ => return,
    };
    for setting in settings(words) {
        let Some((name, value)) = setting.variable() else {
            continue;
        };
        if setting.is_for_all() {
            walk.found(
                Code::R08,
                format!("`{name}` is set for all databases of the server"),
                "leave it to who runs the server; `SET SESSION` is for the script",
            );
        } else {
            set_variable(walk, &name, value);
        }
    }
}

fn set_variable(walk: &mut Walk<'_>, name: &str, value: &[Token<'_>]) {
    let first = value.first().map(|token| unquote(token.text)).unwrap_or_default();
    match name {
        "lock_wait_timeout" | "innodb_lock_wait_timeout" => {
            let is_long = first.parse::<u64>().is_ok_and(|seconds| seconds >= A_DAY);
            if is_long || first.eq_ignore_ascii_case("DEFAULT") {
                walk.found(
                    Code::L10,
                    "without a limit the script waits for locks for a day, and all others wait behind it",
                    "leave it: the runner sets the limit that `--lock-timeout` says",
                );
            }
        }
        "sql_mode" if is_loose(value) => walk.found(
            Code::D12,
            "without the strict mode the server cuts texts, makes zeros of what is no number, and says nothing",
            "leave `sql_mode`: the runner's session is strict",
        ),
        "foreign_key_checks" if matches!(first.to_ascii_uppercase().as_str(), "0" | "OFF" | "FALSE") => walk.found(
            Code::L19,
            "a foreign key that is added without checks lets in rows that refer to nothing, for good",
            "leave `foreign_key_checks`; where the copy takes too long, look for such rows first and say so in an `allow`",
        ),
        _ => {}
    }
}

/// Tells whether a mode that is said is not strict. What is taken from a variable is not known.
fn is_loose(value: &[Token<'_>]) -> bool {
    let says_strict = value.iter().any(|token| {
        let text = token.text.to_ascii_uppercase();
        text.contains("STRICT_") || text.contains("TRADITIONAL")
    });
    let is_known = !value
        .iter()
        .any(|token| token.is_symbol("@") || token.is("DEFAULT"));
    let takes_away = value.first().is_some_and(|token| token.is("REPLACE"));
    if takes_away {
        says_strict
    } else {
        is_known && !says_strict
    }
}

/// What is no table's: files, and programs within the server.
fn beyond(walk: &mut Walk<'_>, sql: &Sql<'_>) {
    let files = [
        "LOAD DATA",
        "LOAD XML",
        "INTO OUTFILE",
        "INTO DUMPFILE",
        "LOAD_FILE (",
    ];
    if let Some(words) = files.iter().find(|words| sql.has(words)) {
        walk.found(
            Code::R08,
            format!(
                "{} reads or writes files beside the database",
                words.trim_end_matches(" (")
            ),
            "INSERT what is needed; or load it with the client, beside the migration",
        );
    }
    if (sql.begins("CREATE") && sql.has("SONAME")) || sql.begins("INSTALL") {
        walk.found(
            Code::R08,
            "a library is loaded into the server, for all its databases",
            "leave it to who runs the server",
        );
    }
}
