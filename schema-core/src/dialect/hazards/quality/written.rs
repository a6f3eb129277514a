//! Tables that only a script makes, which no model has.

use crate::dialect::hazards::{Clause, ClauseKind, Command, Constraint, Definition, Made, Sql, alike};
use crate::lexer::{Lexicon, Token};
use crate::plan::Plan;
use crate::schema::{Column, PrimaryKey, Table, TableName};

/// Returns the tables that a script makes and leaves, with their columns and primary keys.
pub(super) fn tables(
    lexicon: Lexicon,
    script: &Plan,
    column: impl Fn(&Definition<'_>) -> Column,
) -> Vec<Table> {
    let statements: Vec<Sql<'_>> = script.executed().map(|sql| Sql::read(sql, lexicon)).collect();
    let mut tables = Vec::new();
    for (at, sql) in statements.iter().enumerate() {
        let Command::CreateTable { table, made, parts } = &sql.command else {
            continue;
        };
        let stays = statements[at..]
            .iter()
            .all(|later| !is_moved(&later.command, table));
        if *made != Made::Temporary && !parts.is_empty() && stays {
            let mut table = read(table, parts, &column);
            table.options.without_rowid = sql.has("WITHOUT ROWID");
            table.options.strict =
                sql.tokens.last().is_some_and(|last| last.is("STRICT")) || sql.has(") STRICT");
            tables.push(table);
        }
    }
    tables
}

/// Tells whether a statement drops a table, or gives it another name.
fn is_moved(command: &Command<'_>, table: &TableName) -> bool {
    match command {
        Command::DropTable { tables } => tables.iter().any(|dropped| alike(dropped, table)),
        Command::RenameTable { pairs } => pairs.iter().any(|(from, _)| alike(from, table)),
        Command::AlterTable { table: of, clauses } => {
            let renames = |clause: &Clause<'_>| matches!(clause.kind, ClauseKind::RenameTable(_));
            alike(of, table) && clauses.iter().any(renames)
        }
        Command::CreateTable { .. }
        | Command::CreateIndex { .. }
        | Command::DropIndex { .. }
        | Command::Update { .. }
        | Command::Delete { .. }
        | Command::Truncate { .. }
        | Command::Other => false,
    }
}

fn read(name: &TableName, parts: &[Clause<'_>], column: impl Fn(&Definition<'_>) -> Column) -> Table {
    let mut table = Table::new(name.clone());
    let mut key = Vec::new();
    for part in parts {
        match &part.kind {
            ClauseKind::AddColumn(definition) => {
                if definition.has("PRIMARY KEY") {
                    key.push(definition.name.clone());
                }
                table.columns.push(column(definition));
            }
            ClauseKind::Add {
                what: Constraint::PrimaryKey,
                ..
            } => key.extend(in_parentheses(&part.tokens)),
            ClauseKind::Add { .. }
            | ClauseKind::DropColumn(_)
            | ClauseKind::AlterType { .. }
            | ClauseKind::SetNotNull(_)
            | ClauseKind::Redefine { .. }
            | ClauseKind::Drop { .. }
            | ClauseKind::DropPrimaryKey
            | ClauseKind::Validate(_)
            | ClauseKind::RenameTable(_)
            | ClauseKind::RenameColumn { .. }
            | ClauseKind::Other => {}
        }
    }
    if !key.is_empty() {
        table.primary_key = Some(PrimaryKey {
            name: format!("pk_{}", name.name),
            columns: key,
        });
    }
    table
}

/// Returns the names that begin the items of the first parentheses.
fn in_parentheses(tokens: &[Token<'_>]) -> Vec<String> {
    let inner = tokens.iter().skip_while(|token| !token.is_symbol("(")).skip(1);
    let mut names = Vec::new();
    let mut begins = true;
    for token in inner.take_while(|token| !token.is_symbol(")")) {
        names.extend(token.name().filter(|_| begins));
        begins = token.is_symbol(",");
    }
    names
}
