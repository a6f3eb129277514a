//! What a person may write that no plan does.

use super::{Held, outside_only};
use crate::dialect::hazards::{ClauseKind, Command, Sql, Walk};
use crate::hazard::Code;
use crate::lexer::{Kind, Token, unquote};
use crate::schema::{TableName, Type};

/// How many bytes of a name the server keeps.
const NAME_BYTES: usize = 63;

pub(super) fn rules(walk: &mut Walk<'_>, sql: &Sql<'_>, held: &mut Held) {
    maintenance(walk, sql, held);
    if let Some(setting) = setting(sql) {
        set(walk, &setting);
    }
    enum_values(walk, sql, held);
    beyond(walk, sql);
    cascades(walk, sql);
    if let Command::CreateTable { table, parts, .. } = &sql.command {
        for part in parts {
            if let ClauseKind::AddColumn(column) = &part.kind {
                is_json(walk, table, &column.name, column.ty);
            }
        }
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

fn maintenance(walk: &mut Walk<'_>, sql: &Sql<'_>, held: &Held) {
    let concurrently = sql.has("CONCURRENTLY");
    if sql.begins("REINDEX") && concurrently {
        outside_only(walk, "REINDEX CONCURRENTLY", held);
    }
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

/// A setting, and the value it gets; `None` if that is the server's own.
struct Setting {
    name: String,
    value: Option<String>,
}

impl Setting {
    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
            || (self.name.eq_ignore_ascii_case("all") && self.value.is_none())
    }

    fn is_unlimited(&self) -> bool {
        let number = |value: &String| value.trim_end_matches(char::is_alphabetic).trim() == "0";
        self.value.as_ref().is_none_or(number)
    }
}

/// Returns what a statement sets: by `SET`, `RESET` or `set_config(…)`.
fn setting(sql: &Sql<'_>) -> Option<Setting> {
    let tokens = sql.main();
    if let Some(at) = tokens.iter().position(|token| token.is("set_config")) {
        let [open, name, comma, value, ..] = tokens.get(at + 1..)? else {
            return None;
        };
        let is_said = open.is_symbol("(") && comma.is_symbol(",");
        return is_said.then(|| Setting {
            name: unquote(name.text),
            value: Some(unquote(value.text)),
        });
    }
    let resets = sql.begins("RESET");
    if !resets && !sql.begins("SET") {
        return None;
    }
    let scope = |token: &&Token<'_>| token.is("SESSION") || token.is("LOCAL");
    let rest = tokens.get(1..)?;
    let name = rest.get(rest.iter().take_while(scope).count())?.name()?;
    let last = tokens.last().filter(|last| !resets && !last.is("DEFAULT"));
    let value = last.map(|last| unquote(last.text));
    Some(Setting { name, value })
}

fn set(walk: &mut Walk<'_>, setting: &Setting) {
    if setting.is("lock_timeout") && setting.is_unlimited() {
        walk.found(
            Code::L10,
            "without a limit the script waits for locks as long as it takes, and all others wait behind it",
            "leave it: the runner sets `lock_timeout` to what `--lock-timeout` says",
        );
    }
    if setting.is("statement_timeout") && setting.is_unlimited() {
        walk.found(
            Code::L11,
            "without a limit a statement may hold its locks as long as it takes",
            "leave it: the runner sets `statement_timeout` to what `--timeout` says",
        );
    }
    if setting.is("search_path") {
        walk.found(
            Code::R05,
            "names that follow may mean things of other schemas, and on another server yet others",
            "leave it, and write the schema before the name: `sales.items`",
        );
    }
    let is_replica = setting
        .value
        .as_deref()
        .is_some_and(|value| value.eq_ignore_ascii_case("replica"));
    if setting.is("session_replication_role") && is_replica {
        walk.found(
            Code::R08,
            "without triggers the session lets in rows that break foreign keys, for good",
            "leave `session_replication_role`; a trigger of your own is disabled by its name",
        );
    }
}

/// New values of enums, and where they are used.
fn enum_values(walk: &mut Walk<'_>, sql: &Sql<'_>, held: &mut Held) {
    if sql.begins("CREATE TYPE") {
        held.types.extend(type_named(sql));
    }
    if held.in_transaction && !sql.begins("ALTER TYPE") && !sql.begins("COMMENT") {
        let strings = sql.tokens.iter().filter(|token| token.kind == Kind::String);
        let used = strings
            .map(|token| unquote(token.text))
            .find(|text| held.values.get(text).is_some_and(|ty| is_about(walk, sql, ty)));
        if let Some(value) = used {
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
    let Some(ty) = type_named(sql).filter(|_| sql.begins("ALTER TYPE")) else {
        return;
    };
    let value = sql.tokens[at..].iter().find(|token| token.kind == Kind::String);
    let value = value.map(|token| unquote(token.text)).unwrap_or_default();
    if !sql.has("BEFORE") && !sql.has("AFTER") && !held.types.contains(&ty) {
        walk.found(
            Code::B05,
            format!("`{value}` comes after all other values, wherever the model has it, and `<` and ORDER BY go by that"),
            "say where: `ADD VALUE … AFTER …`",
        );
    }
    held.values.insert(value, ty);
}

/// Returns the name behind `CREATE TYPE` or `ALTER TYPE`, without its schema.
fn type_named(sql: &Sql<'_>) -> Option<String> {
    let name = match sql.main().get(2..)? {
        [_, dot, name, ..] if dot.is_symbol(".") => name,
        [name, ..] => name,
        [] => return None,
    };
    name.name().map(|name| name.to_lowercase())
}

/// Tells whether a statement may be about values of an enum: of the tables it names some is unknown, or has a column of that type.
fn is_about(walk: &Walk<'_>, sql: &Sql<'_>, ty: &str) -> bool {
    let names: Vec<String> = sql.tokens.iter().filter_map(Token::name).collect();
    let has_type =
        |ty_of: &Type| matches!(ty_of, Type::Enum { name, values: _ } if name.eq_ignore_ascii_case(ty));
    let mut known = names
        .iter()
        .filter_map(|name| walk.table(&TableName::new(name)))
        .peekable();
    known.peek().is_none()
        || known.any(|table| table.columns.iter().any(|column| has_type(&column.ty)))
        || names.iter().any(|name| name.eq_ignore_ascii_case(ty))
}

/// What leaves the database.
fn beyond(walk: &mut Walk<'_>, sql: &Sql<'_>) {
    const FILES: [&str; 6] = [
        "lo_import",
        "lo_export",
        "pg_read_file",
        "pg_read_binary_file",
        "pg_ls_dir",
        "pg_stat_file",
    ];
    if sql.begins("COPY") && (sql.has("PROGRAM") || has_file(&sql.tokens)) {
        walk.found(
            Code::R08,
            "COPY reads or writes files of the server, or runs programs there",
            "INSERT what is needed; or load it with `\\copy` from a shell, beside the migration",
        );
    }
    let called = |function: &&&str| {
        let mut pairs = sql.tokens.windows(2);
        pairs.any(|pair| pair[0].is(function) && pair[1].is_symbol("("))
    };
    if let Some(function) = FILES.iter().find(called) {
        walk.found(
            Code::R08,
            format!("{function} reads or writes files of the server"),
            "INSERT what is needed; or load it from a shell, beside the migration",
        );
    }
    if sql.begins("ALTER SYSTEM") {
        walk.found(
            Code::R08,
            "ALTER SYSTEM changes the server for all its databases",
            "leave it to who runs the server; `ALTER DATABASE … SET` is for one of them",
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
    if sql.begins("DROP OWNED") {
        walk.found(
            Code::D08,
            "DROP OWNED drops every table of a user, with its rows",
            "drop what has to go by its name",
        );
    }
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

/// A column of that type is json.
pub(super) fn is_json(walk: &mut Walk<'_>, table: &TableName, column: &str, ty: &str) {
    let ty = ty.to_ascii_lowercase();
    let ty = ty.strip_prefix("pg_catalog.").unwrap_or(&ty);
    if ty == "json" || ty.starts_with("json[") {
        walk.found(
            Code::B06,
            format!("`{table}.{column}` is json, which has no `=`: SELECT DISTINCT, GROUP BY and UNION over it fail"),
            "`jsonb`, unless the very text has to be kept",
        );
    }
}
