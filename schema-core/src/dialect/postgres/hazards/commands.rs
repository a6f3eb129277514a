//! What a person may write that no plan does.

use super::Held;
use crate::dialect::hazards::{Command, Sql, Walk};
use crate::hazard::Code;
use crate::lexer::{Kind, Token, unquote};

/// How many bytes of a name the server keeps.
const NAME_BYTES: usize = 63;

pub(super) fn rules(walk: &mut Walk<'_>, sql: &Sql<'_>, held: &mut Held) {
    maintenance(walk, sql);
    settings(walk, sql);
    enum_values(walk, sql, held);
    beyond(walk, sql);
    cascades(walk, sql);
    if let Command::CreateTable { table } = &sql.command {
        json_columns(walk, sql, &table.name);
    }
    for token in sql
        .tokens
        .iter()
        .filter(|token| matches!(token.kind, Kind::Word | Kind::Quoted))
    {
        let name = token.name().unwrap_or_default();
        if name.len() > NAME_BYTES {
            walk.found(
                Code::R06,
                format!("of `{name}` the server keeps the first {NAME_BYTES} bytes, and takes what begins alike for the same"),
                format!("a name of at most {NAME_BYTES} bytes"),
            );
        }
    }
}

fn maintenance(walk: &mut Walk<'_>, sql: &Sql<'_>) {
    let concurrently = sql.has("CONCURRENTLY");
    let mut found = |what: &str, safe: &str| {
        walk.found(
            Code::L14,
            format!("{what} locks the whole table for as long as it takes"),
            safe,
        );
    };
    if sql.begins("REINDEX") && !concurrently {
        found(
            "REINDEX",
            "`REINDEX … CONCURRENTLY`, with `-- autogen: no-transaction` at the head of the script",
        );
    }
    if sql.begins("REFRESH MATERIALIZED VIEW") && !concurrently {
        found(
            "REFRESH MATERIALIZED VIEW",
            "`REFRESH MATERIALIZED VIEW CONCURRENTLY`, which needs a unique index",
        );
    }
    if sql.begins("CLUSTER") {
        found(
            "CLUSTER",
            "do it when nobody minds, or with an extension such as pg_repack",
        );
    }
    if sql.begins("VACUUM") && sql.has("FULL") {
        found(
            "VACUUM FULL",
            "a plain VACUUM; to give room back, an extension such as pg_repack",
        );
    }
}

fn settings(walk: &mut Walk<'_>, sql: &Sql<'_>) {
    let resets = sql.begins("RESET");
    if !resets && !sql.begins("SET") {
        return;
    }
    let names = |setting: &str| {
        sql.tokens.iter().take(3).any(|token| {
            token
                .name()
                .is_some_and(|name| name.eq_ignore_ascii_case(setting))
        })
    };
    let unlimited = resets
        || sql.tokens.last().is_some_and(|token| {
            token.is("DEFAULT") || unquote(token.text).trim_end_matches(char::is_alphabetic).trim() == "0"
        });
    if names("lock_timeout") && unlimited {
        walk.found(
            Code::L10,
            "without a limit the script waits for locks as long as it takes, and all others wait behind it",
            "leave it: the runner sets `lock_timeout` to what `--lock-timeout` says",
        );
    }
    if names("statement_timeout") && unlimited {
        walk.found(
            Code::L11,
            "without a limit a statement may hold its locks as long as it takes",
            "leave it: the runner sets `statement_timeout` to what `--timeout` says",
        );
    }
    if names("search_path") {
        walk.found(
            Code::R05,
            "names that follow may mean things of other schemas, and on another server yet others",
            "leave it, and write the schema before the name: `sales.items`",
        );
    }
}

/// New values of enums, and where they are used.
fn enum_values(walk: &mut Walk<'_>, sql: &Sql<'_>, held: &mut Held) {
    if held.in_transaction {
        let strings = sql.tokens.iter().filter(|token| token.kind == Kind::String);
        let used = strings
            .map(|token| unquote(token.text))
            .find(|text| held.values.contains(text));
        if let Some(value) = used.filter(|_| !sql.begins("ALTER TYPE") && !sql.begins("COMMENT")) {
            walk.found(
                Code::R04,
                format!("`{value}` is used in the transaction that adds it, which PostgreSQL refuses"),
                "use it in a later revision",
            );
        }
    }
    let Some(at) = (0..sql.tokens.len())
        .find(|at| sql.tokens[*at].is("VALUE") && *at > 0 && sql.tokens[*at - 1].is("ADD"))
    else {
        return;
    };
    if !sql.begins("ALTER TYPE") {
        return;
    }
    let value = sql.tokens[at..].iter().find(|token| token.kind == Kind::String);
    let value = value.map(|token| unquote(token.text)).unwrap_or_default();
    if !sql.has("BEFORE") && !sql.has("AFTER") {
        walk.found(
            Code::B05,
            format!("`{value}` comes after all other values, wherever the model has it, and `<` and ORDER BY go by that"),
            "say where: `ADD VALUE … AFTER …`",
        );
    }
    held.values.insert(value);
}

/// What leaves the database.
fn beyond(walk: &mut Walk<'_>, sql: &Sql<'_>) {
    let copies = sql.begins("COPY") && (sql.has("PROGRAM") || has_file(&sql.tokens));
    if copies {
        walk.found(
            Code::R08,
            "COPY reads or writes files of the server, or runs programs there",
            "INSERT what is needed; or load it with `\\copy` from a shell, beside the migration",
        );
    }
}

fn has_file(tokens: &[Token<'_>]) -> bool {
    tokens
        .windows(2)
        .any(|pair| (pair[0].is("FROM") || pair[0].is("TO")) && pair[1].kind == Kind::String)
}

/// CASCADE as the last word of what is dropped, not as what a foreign key does.
fn cascades(walk: &mut Walk<'_>, sql: &Sql<'_>) {
    let drops = sql.begins("DROP") || sql.begins("TRUNCATE") || sql.begins("ALTER TABLE");
    let cascades = sql.tokens.iter().enumerate().any(|(at, token)| {
        let before = at.checked_sub(1).and_then(|at| sql.tokens.get(at));
        let acts = before.is_some_and(|before| before.is("DELETE") || before.is("UPDATE"));
        token.is("CASCADE") && !acts
    });
    if drops && cascades {
        walk.found(
            Code::D08,
            "CASCADE takes along whatever depends on it: keys, views, columns, and with TRUNCATE the rows of other tables",
            "leave CASCADE out, and drop what stands in the way by its name",
        );
    }
}

fn json_columns(walk: &mut Walk<'_>, sql: &Sql<'_>, table: &str) {
    let columns = sql.tokens.windows(3).filter(|words| {
        let ends = words[2].is_symbol(",") || words[2].is_symbol(")") || words[2].kind == Kind::Word;
        words[1].is("json") && words[0].name().is_some() && ends
    });
    let columns: Vec<String> = columns.filter_map(|words| words[0].name()).collect();
    for column in columns {
        walk.found(
            Code::B06,
            format!("`{table}.{column}` is json, which has no `=`: SELECT DISTINCT, GROUP BY and UNION over it fail"),
            "`jsonb`, unless the very text has to be kept",
        );
    }
}
