//! What is a hazard in the SQL of any database.

use super::sql::starts;
use super::{ClauseKind, Command, Made, Sql, Walk, alike};
use crate::hazard::Code;
use crate::lexer::{Kind, Token};
use crate::operation::Operation;
use crate::schema::{Schema, Table, TableName};

/// The rules of all dialects.
pub(super) fn rules(walk: &mut Walk<'_>, sql: &Sql<'_>) {
    match &sql.command {
        Command::DropTable { tables } => {
            for table in tables {
                dropped_table(walk, table);
            }
        }
        Command::CreateTable {
            table,
            made: Made::Replacing,
            ..
        } if walk.table(table).is_some() => replaced_table(walk, table),
        Command::AlterTable { table, clauses } if walk.stands(table) => {
            for clause in clauses {
                if let ClauseKind::DropColumn(column) = &clause.kind {
                    dropped_column(walk, table, column);
                }
            }
        }
        Command::Update {
            table,
            columns,
            filtered: false,
        } if walk.stands(table) => updated(walk, table, columns),
        Command::Delete {
            table,
            filtered: false,
        } if walk.stands(table) => {
            walk.found_anywhere(
                Code::D08,
                format!("every row of `{table}` is deleted"),
                "say which rows: `DELETE FROM … WHERE …`; on all of them, keep a copy first",
            );
        }
        Command::Truncate { tables } => {
            for table in tables
                .iter()
                .filter(|table| walk.stands(table))
                .cloned()
                .collect::<Vec<_>>()
            {
                walk.found_anywhere(
                    Code::D08,
                    format!("every row of `{table}` is gone after TRUNCATE, and no trigger sees it"),
                    "say which rows: `DELETE FROM … WHERE …`; on all of them, keep a copy first",
                );
            }
        }
        Command::CreateTable { .. }
        | Command::RenameTable { .. }
        | Command::AlterTable { .. }
        | Command::CreateIndex { .. }
        | Command::DropIndex { .. }
        | Command::Update { .. }
        | Command::Delete { .. }
        | Command::Other => {}
    }
    dropped_namespace(walk, sql);
    passed_over(walk, sql);
    opaque(walk, sql);
    own_records(walk, sql);
}

/// A table that is dropped by hand: no operation does it, and nothing takes its place.
fn dropped_table(walk: &mut Walk<'_>, table: &TableName) {
    if walk.drops(table) || !walk.stands(table) || is_replaced(walk, table) {
        return;
    }
    walk.found_anywhere(
        Code::D01,
        format!("`{table}` is dropped with all its rows, and no operation of the revision says so"),
        "drop the model and let `autogen migrate` write it; keep a copy of the rows until nobody misses them",
    );
}

/// A table that stands, and goes for another one of its name.
fn replaced_table(walk: &mut Walk<'_>, table: &TableName) {
    if walk.stands(table) && !walk.drops(table) {
        walk.found_anywhere(
            Code::D01,
            format!("`{table}` is dropped with all its rows, since OR REPLACE puts an empty one in its place"),
            "leave OR REPLACE out, and change the table by ALTER TABLE; or drop the model and let `autogen migrate` write it",
        );
    }
}

/// Tells whether another table gets the name later in the script, or has it since this one was renamed.
pub(in crate::dialect) fn is_replaced(walk: &Walk<'_>, table: &TableName) -> bool {
    if walk.made_way(table) {
        return true;
    }
    let name = table.name.to_ascii_lowercase();
    let mut later = walk
        .remaining()
        .skip(1)
        .filter(|sql| sql.to_ascii_lowercase().contains(&name));
    later.any(|sql| match walk.read(sql).command {
        Command::CreateTable {
            table: created, made, ..
        } => made != Made::Temporary && alike(&created, table),
        Command::RenameTable { pairs } => pairs.iter().any(|(_, to)| alike(to, table)),
        Command::AlterTable { clauses, .. } => clauses.iter().any(
            |clause| matches!(&clause.kind, ClauseKind::RenameTable(to) if to.name.eq_ignore_ascii_case(&table.name)),
        ),
        Command::DropTable { .. }
        | Command::CreateIndex { .. }
        | Command::DropIndex { .. }
        | Command::Update { .. }
        | Command::Delete { .. }
        | Command::Truncate { .. }
        | Command::Other => false,
    })
}

/// A column that is dropped by hand, for good or to be added again.
fn dropped_column(walk: &mut Walk<'_>, table: &TableName, column: &str) {
    let before = walk.table(table).and_then(|table| find_column(table, column));
    // Nothing is lost of what is computed, nor of what the script added itself.
    let computed = before.is_some_and(|name| {
        let table = walk.table(table);
        table
            .and_then(|table| table.column(&name))
            .is_some_and(|column| column.generated.is_some())
    });
    let is_column = |of: &TableName, name: &str| {
        alike(&bare(of), &bare(table)) && aside(name).eq_ignore_ascii_case(aside(column))
    };
    // One that becomes computed, too, has its values told of by the operation.
    let meant = walk.change.operations.iter().any(|operation| {
        matches!(operation, Operation::DropColumn { table, column, .. } if is_column(table, &column.name))
            || matches!(operation, Operation::AlterColumn { table, to, .. } if to.generated.is_some() && is_column(table, &to.name))
    });
    let known = walk
        .table(table)
        .is_none_or(|table| find_column(table, column).is_some());
    if computed || meant || !known {
        return;
    }
    let again = walk.remaining().any(|sql| {
        let Command::AlterTable { table: of, clauses } = walk.read(sql).command else {
            return false;
        };
        alike(&of, table)
            && clauses.iter().any(|clause| {
                matches!(&clause.kind, ClauseKind::AddColumn(definition) if definition.name.eq_ignore_ascii_case(column))
            })
    });
    if again {
        walk.found_anywhere(
            Code::D07,
            format!("`{table}.{column}` is dropped and added again, without its values"),
            "change it where it stands; or add it under a new name, copy the values, and drop the old one later",
        );
    } else {
        walk.found_anywhere(
            Code::D02,
            format!(
                "`{table}.{column}` is dropped with its values, and no operation of the revision says so"
            ),
            "drop the field of the model and let `autogen migrate` write it; stop using it first",
        );
    }
}

fn updated(walk: &mut Walk<'_>, table: &TableName, columns: &[String]) {
    let is_old = |column: &&String| {
        walk.table(table)
            .is_none_or(|table| find_column(table, column).is_some())
    };
    let Some(column) = columns.iter().find(is_old).cloned() else {
        return;
    };
    walk.found_anywhere(
        Code::D08,
        format!("`{table}.{column}` gets another value in every row, and the old ones are gone"),
        "say which rows: `UPDATE … WHERE …`; or write the new values into a new column",
    );
}

fn dropped_namespace(walk: &mut Walk<'_>, sql: &Sql<'_>) {
    if sql.begins("DROP SCHEMA") || sql.begins("DROP DATABASE") {
        let what = if sql.begins("DROP SCHEMA") {
            "schema"
        } else {
            "database"
        };
        walk.found(
            Code::D03,
            format!("a {what} is dropped with all that is in it"),
            "drop the tables by their names; a schema that nobody needs hurts nobody",
        );
    }
}

/// Rows that are not written, or that push out others, without a word.
fn passed_over(walk: &mut Walk<'_>, sql: &Sql<'_>) {
    const WAYS: [&str; 9] = [
        "INSERT OR IGNORE",
        "INSERT OR REPLACE",
        "UPDATE OR IGNORE",
        "UPDATE OR REPLACE",
        "INSERT IGNORE",
        "UPDATE IGNORE",
        "DELETE IGNORE",
        "ALTER IGNORE",
        "REPLACE",
    ];
    const MANNERS: [&str; 4] = ["LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED", "QUICK"];
    let begin = sql.main().iter().take(4);
    let plain: Vec<Token<'_>> = begin
        .filter(|token| !MANNERS.iter().any(|word| token.is(word)))
        .copied()
        .collect();
    if let Some(way) = WAYS.iter().find(|way| starts(&plain, way)) {
        walk.found_anywhere(
            Code::D13,
            format!("{way} drops rows without a word: those that a rule refuses, or those that are in their way"),
            "look for such rows first, `-- autogen: expect-no-rows MESSAGE` above the query, and then write plainly",
        );
    }
}

/// What is text to the database, too, until it runs.
fn opaque(walk: &mut Walk<'_>, sql: &Sql<'_>) {
    let own = sql.begins("DO")
        && sql
            .tokens
            .iter()
            .any(|token| token.text.starts_with("$sequence$"));
    let begins = ["DO", "CALL", "EXECUTE", "PREPARE"];
    if let Some(word) = begins.iter().find(|word| sql.begins(word) && !own) {
        walk.found_anywhere(
            Code::R10,
            format!("nothing tells what {word} does here, so no other hazard of it is known"),
            "write the statements themselves; or say what it does: `-- autogen: allow R10 REASON`",
        );
    }
}

/// What the runner writes down of its runs, which a script may look at.
fn own_records(walk: &mut Walk<'_>, sql: &Sql<'_>) {
    let mut names = sql.tokens.iter().filter_map(Token::name);
    let named = names.any(|name| name.eq_ignore_ascii_case("_autogen_revisions"));
    if named && !sql.begins("SELECT") {
        walk.found_anywhere(
            Code::R08,
            "the version table is changed beside the runner, so the database claims what is not",
            "leave it; `autogen stamp` sets what a database claims",
        );
    }
}

/// Returns the table of that name as it is in the schema.
pub(in crate::dialect) fn find<'a>(schema: &'a Schema, name: &TableName) -> Option<&'a Table> {
    schema
        .table(name)
        .or_else(|| schema.tables.values().find(|table| alike(&table.name, name)))
}

fn find_column(table: &Table, name: &str) -> Option<String> {
    let mut columns = table.columns.iter().map(|column| &column.name);
    columns.find(|column| column.eq_ignore_ascii_case(name)).cloned()
}

/// Tells whether a default is one of those constants and words that need no computing for each row.
pub(in crate::dialect) fn default_is(tokens: &[Token<'_>], plain: impl Fn(&str) -> bool) -> bool {
    tokens.iter().enumerate().all(|(at, token)| match token.kind {
        Kind::Word | Kind::Quoted => {
            let is_called = tokens.get(at + 1).is_some_and(|next| next.is_symbol("("));
            let before = |back: usize| at.checked_sub(back).map(|at| &tokens[at]);
            // `x::numeric(5, 2)` calls nothing, and `mine.now()` may be any function.
            let is_cast = before(1).is_some_and(|token| token.is_symbol("::"));
            let is_own = before(1).is_some_and(|token| token.is_symbol("."))
                && before(2).is_some_and(|token| !token.is("pg_catalog"));
            let name = token.name().unwrap_or_default().to_ascii_lowercase();
            !is_called || is_cast || (!is_own && plain(&name))
        }
        Kind::String | Kind::Number | Kind::Symbol | Kind::Comment | Kind::Space => true,
    })
}

/// A table that made way for another is dropped under the name that it got for that.
pub(super) fn bare(name: &TableName) -> TableName {
    TableName {
        schema: name.schema.clone(),
        name: aside(&name.name).to_owned(),
    }
}

fn aside(name: &str) -> &str {
    name.strip_prefix("_autogen_old_").unwrap_or(name)
}
