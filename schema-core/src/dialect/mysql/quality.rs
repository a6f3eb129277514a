//! What a schema had better be on MySQL and MariaDB.

use super::ddl::native;
use super::{LEXICON, MySql, keywords, types};
use crate::dialect::hazards::quality::{
    Largest, differ_in_case, keyless, new_problems, redundant, refers_to_many, reserved, short_key,
};
use crate::dialect::hazards::{Change, Clause, ClauseKind, Command, Definition, Located, Made, Sql, Walk};
use crate::hazard::{Code, Hazard};
use crate::lexer::{Token, unquote};
use crate::schema::{Auto, Column, Schema, TableName, Type};

/// The engines that can take back what they have begun.
const TRANSACTIONAL: [&str; 5] = ["innodb", "rocksdb", "tokudb", "ndb", "ndbcluster"];

/// Returns the problems that a revision brings, and those of the words that its script has for tables.
pub(super) fn quality(change: &Change<'_>) -> Vec<Located> {
    let mut found = new_problems(&MySql, change, column, problems);
    found.extend(Walk::new(&MySql, change).each(statement).finish());
    found
}

fn column(definition: &Definition<'_>) -> Column {
    let ty = types::canonical(definition.ty, LEXICON).unwrap_or_default();
    let is_numbered = definition.has("AUTO_INCREMENT");
    Column {
        auto: if is_numbered { Auto::Auto } else { Auto::No },
        ..Column::new(&definition.name, Type::Native(ty))
    }
}

fn problems(schema: &Schema) -> Vec<Hazard> {
    let mut found = Vec::new();
    for table in schema.tables.values() {
        found.extend(keyless(table));
        found.extend(redundant(table));
        let many = "whose rows keep the one that refers to them is not said anywhere, and MySQL from 8.4 on refuses it";
        let own = short_key(table, largest)
            .into_iter()
            .chain(refers_to_many(table, schema, many))
            .chain(reserved(table, keywords::is_reserved));
        found.extend(own.map(|hazard| hazard.on("mysql")));
    }
    let alike = differ_in_case(schema).into_iter();
    found.extend(alike.map(|hazard| hazard.on("mysql")));
    found
}

/// Returns the largest number of an integer type (<https://dev.mysql.com/doc/refman/8.4/en/integer-types.html>).
fn largest(column: &Column) -> Option<Largest> {
    let ty = native(column);
    let is_signed = !ty.contains("unsigned");
    let (bits, is_small) = match ty.split([' ', '(']).next()? {
        "tinyint" if !ty.starts_with("tinyint(1)") => (8, true),
        "smallint" => (16, true),
        "mediumint" => (24, false),
        "int" => (32, false),
        _ => return None,
    };
    let number = (1_u64 << (bits - u32::from(is_signed))) - 1;
    Some(Largest { number, is_small })
}

fn statement(walk: &mut Walk<'_>, sql: &Sql<'_>) {
    match &sql.command {
        Command::CreateTable { table, made, parts } if *made != Made::Temporary => {
            let options = behind_parts(sql.main());
            stored_by(walk, table, options);
            old_characters(walk, table, sql.main());
            ignored_keys(walk, table, parts);
        }
        Command::AlterTable { table, clauses } => {
            for clause in clauses
                .iter()
                .filter(|clause| matches!(clause.kind, ClauseKind::Other))
            {
                stored_by(walk, table, &clause.tokens);
            }
            old_characters(walk, table, sql.main());
            ignored_keys(walk, table, clauses);
        }
        Command::CreateTable { .. }
        | Command::DropTable { .. }
        | Command::RenameTable { .. }
        | Command::CreateIndex { .. }
        | Command::DropIndex { .. }
        | Command::Update { .. }
        | Command::Delete { .. }
        | Command::Truncate { .. }
        | Command::Other => {}
    }
}

/// Returns what stands behind the columns of a table.
fn behind_parts<'t, 's>(tokens: &'t [Token<'s>]) -> &'t [Token<'s>] {
    let mut depth = 0_usize;
    let end = tokens.iter().position(|token| {
        depth += usize::from(token.is_symbol("("));
        let closes = depth == 1 && token.is_symbol(")");
        depth = depth.saturating_sub(usize::from(token.is_symbol(")")));
        closes
    });
    &tokens[end.map_or(tokens.len(), |end| end + 1)..]
}

fn stored_by(walk: &mut Walk<'_>, table: &TableName, options: &[Token<'_>]) {
    let Some(at) = options.iter().position(|token| token.is("ENGINE")) else {
        return;
    };
    let mut value = options[at + 1..].iter().filter(|token| !token.is_symbol("="));
    let engine = value.next().map(|token| unquote(token.text)).unwrap_or_default();
    if !TRANSACTIONAL
        .iter()
        .any(|known| engine.eq_ignore_ascii_case(known))
    {
        walk.found(
            Code::S12,
            format!("`{table}` is kept by {engine}, which has no transactions, so a statement that is stopped stays half done"),
            "InnoDB, which the server takes if nothing is said",
        );
    }
}

fn old_characters(walk: &mut Walk<'_>, table: &TableName, tokens: &[Token<'_>]) {
    let is_old = |token: &Token<'_>| {
        let name = unquote(token.text).to_ascii_lowercase();
        ["utf8", "utf8mb3"].contains(&name.as_str())
            || name.starts_with("utf8_")
            || name.starts_with("utf8mb3_")
    };
    let said = (1..tokens.len()).any(|at| {
        let back = 1 + usize::from(tokens[at - 1].is_symbol("="));
        let before = at.checked_sub(back).map(|at| &tokens[at]);
        let names = |before: &Token<'_>| before.is("SET") || before.is("CHARSET") || before.is("COLLATE");
        is_old(&tokens[at]) && before.is_some_and(names)
    });
    if said {
        walk.found(
            Code::S13,
            format!("texts of `{table}` are utf8mb3, which has no characters of four bytes: a value with an emoji is refused"),
            "utf8mb4, which the servers take if nothing is said",
        );
    }
}

/// What stands behind a column is read, and makes no foreign key before MySQL 9.0
/// (<https://dev.mysql.com/doc/relnotes/mysql/9.0/en/news-9-0-0.html>).
fn ignored_keys(walk: &mut Walk<'_>, table: &TableName, parts: &[Clause<'_>]) {
    for part in parts {
        let ClauseKind::AddColumn(definition) = &part.kind else {
            continue;
        };
        if definition.has("REFERENCES") {
            let name = &definition.name;
            walk.found(
                Code::S14,
                format!("MySQL before 9.0 makes no foreign key of the REFERENCES behind `{table}.{name}`, and says nothing; MariaDB does"),
                format!("a part of its own: `FOREIGN KEY ({name}) REFERENCES …`"),
            );
        }
    }
}
