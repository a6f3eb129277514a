//! What CREATE TABLE and CREATE INDEX say.
//!
//! SQLite's pragmas do not tell the names of constraints, CHECKs, collations, deferrable keys or AUTOINCREMENT; only the text
//! that SQLite keeps does, and that text has been through SQLite's own parser, so walking its tokens is enough: each
//! clause begins with a reserved word. That needs no grammar (the published parsers of SQLite's language cost more to
//! build than all of this crate) and survives words that a later SQLite adds. It reads; it does not judge, and resolves no names.

mod cursor;

use self::cursor::{Cursor, name_of};
use super::LEXICON;
use crate::lexer::{Token, lex};
use crate::schema::{Action, Deferrable, Order, Storage};

/// A table as its CREATE TABLE says it.
#[derive(Debug, Default)]
pub(super) struct ParsedTable {
    pub(super) name: String,
    pub(super) columns: Vec<ParsedColumn>,
    pub(super) primary_key: Option<ParsedKey>,
    pub(super) uniques: Vec<ParsedUnique>,
    pub(super) foreign_keys: Vec<ParsedForeignKey>,
    pub(super) checks: Vec<ParsedCheck>,
    pub(super) strict: bool,
    pub(super) without_rowid: bool,
}

#[derive(Debug, Default)]
pub(super) struct ParsedColumn {
    pub(super) name: String,
    pub(super) declared: String,
    pub(super) not_null: bool,
    /// What happens to a row that breaks NOT NULL, if the text says it: `REPLACE`.
    pub(super) conflict: Option<String>,
    pub(super) default: Option<String>,
    pub(super) collation: Option<String>,
    /// What it is computed by, and whether it is kept.
    pub(super) generated: Option<(String, Storage)>,
}

#[derive(Debug)]
pub(super) struct ParsedKey {
    pub(super) name: Option<String>,
    pub(super) columns: Vec<String>,
    pub(super) autoincrement: bool,
    /// How many UNIQUE constraints stand before it.
    pub(super) after: usize,
    pub(super) conflict: Option<String>,
    /// `PRIMARY KEY DESC` in a column's own line, which by an old mistake does not make it the rowid.
    pub(super) descending_column: bool,
}

#[derive(Debug)]
pub(super) struct ParsedUnique {
    pub(super) name: Option<String>,
    pub(super) keys: Vec<ParsedPart>,
    pub(super) conflict: Option<String>,
}

#[derive(Debug)]
pub(super) struct ParsedForeignKey {
    pub(super) name: Option<String>,
    pub(super) columns: Vec<String>,
    pub(super) references: String,
    pub(super) referenced_columns: Vec<String>,
    pub(super) on_delete: Action,
    pub(super) on_update: Action,
    pub(super) deferrable: Deferrable,
}

#[derive(Debug)]
pub(super) struct ParsedCheck {
    pub(super) name: Option<String>,
    /// The column in whose line it stands.
    pub(super) column: Option<String>,
    pub(super) expression: String,
}

/// One key of an index or UNIQUE constraint: a text, without collation and order.
#[derive(Debug)]
pub(super) struct ParsedPart {
    pub(super) text: String,
    /// The name, if the text is a name and nothing else.
    pub(super) column: Option<String>,
    pub(super) order: Order,
    pub(super) collation: Option<String>,
}

/// An index as its CREATE INDEX says it.
#[derive(Debug)]
pub(super) struct ParsedIndex {
    pub(super) unique: bool,
    pub(super) keys: Vec<ParsedPart>,
    pub(super) predicate: Option<String>,
}

impl ParsedTable {
    /// Returns what the ON CONFLICT clauses say, such as `REPLACE`.
    pub(super) fn conflicts(&self) -> impl Iterator<Item = &str> {
        let columns = self.columns.iter().map(|column| &column.conflict);
        let key = self.primary_key.iter().map(|key| &key.conflict);
        let uniques = self.uniques.iter().map(|unique| &unique.conflict);
        columns
            .chain(key)
            .chain(uniques)
            .filter_map(|conflict| conflict.as_deref())
    }
}

/// Reads the text of a CREATE TABLE, or returns `None` if it is none.
pub(super) fn create_table(sql: &str) -> Option<ParsedTable> {
    let mut cursor = Cursor::new(sql);
    cursor.take("CREATE")?;
    let _ = cursor.take("TEMP").or_else(|| cursor.take("TEMPORARY"));
    cursor.take("TABLE")?;
    let mut table = ParsedTable {
        name: cursor.skip_to_body()?,
        ..ParsedTable::default()
    };
    loop {
        if cursor.at_table_constraint() {
            table_constraint(&mut cursor, &mut table)?;
        } else {
            column(&mut cursor, &mut table)?;
        }
        if cursor.symbol(")") {
            break;
        }
        // The comma between constraints of a table is optional.
        if !cursor.symbol(",") && !cursor.at_table_constraint() {
            return None;
        }
    }
    while let Some(token) = cursor.next() {
        if token.is("STRICT") {
            table.strict = true;
        } else if token.is("ROWID") {
            table.without_rowid = true;
        }
    }
    Some(table)
}

/// Reads the text of a CREATE INDEX, or returns `None` if it is none.
pub(super) fn create_index(sql: &str) -> Option<ParsedIndex> {
    let mut cursor = Cursor::new(sql);
    cursor.take("CREATE")?;
    let unique = cursor.take("UNIQUE").is_some();
    cursor.take("INDEX")?;
    let keys = {
        cursor.skip_to_body()?;
        cursor.at -= 1;
        cursor.parts()?
    };
    let predicate = cursor.take("WHERE").map(|_| cursor.rest());
    Some(ParsedIndex {
        unique,
        keys,
        predicate,
    })
}

fn column(cursor: &mut Cursor<'_>, table: &mut ParsedTable) -> Option<()> {
    let mut column = ParsedColumn {
        name: cursor.name()?,
        declared: cursor.declared_type(),
        ..ParsedColumn::default()
    };
    let mut name = None;
    while let Some(token) = cursor.peek() {
        if token.is_symbol(",") || token.is_symbol(")") {
            break;
        }
        cursor.at += 1;
        if token.is("CONSTRAINT") {
            name = Some(cursor.name()?);
            continue;
        }
        let name = name.take();
        if token.is("PRIMARY") {
            cursor.take("KEY")?;
            let descending = cursor.order() == Order::Descending;
            let conflict = cursor.conflict();
            table.primary_key = Some(ParsedKey {
                name,
                columns: vec![column.name.clone()],
                autoincrement: cursor.take("AUTOINCREMENT").is_some(),
                after: table.uniques.len(),
                conflict,
                descending_column: descending,
            });
        } else if token.is("NOT") && cursor.peek().is_some_and(|next| next.is("NULL")) {
            cursor.at += 1;
            column.not_null = true;
            column.conflict = cursor.conflict();
        } else if token.is("NULL") {
            let _ = cursor.conflict();
        } else if token.is("UNIQUE") {
            let conflict = cursor.conflict();
            table.uniques.push(ParsedUnique {
                name,
                keys: vec![ParsedPart {
                    text: column.name.clone(),
                    column: Some(column.name.clone()),
                    order: Order::Ascending,
                    collation: None,
                }],
                conflict,
            });
        } else if token.is("CHECK") {
            let expression = cursor.parenthesized()?;
            table.checks.push(ParsedCheck {
                name,
                column: Some(column.name.clone()),
                expression,
            });
        } else if token.is("DEFAULT") {
            column.default = Some(cursor.default()?);
        } else if token.is("COLLATE") {
            column.collation = Some(cursor.name()?);
        } else if token.is("REFERENCES") {
            let key = references(cursor, name, vec![column.name.clone()])?;
            table.foreign_keys.push(key);
        } else if token.is("NOT") || token.is("DEFERRABLE") {
            cursor.at -= 1;
            let deferrable = cursor.deferrable()?;
            if let Some(key) = table.foreign_keys.last_mut() {
                key.deferrable = deferrable;
            }
        } else if token.is("GENERATED") || token.is("AS") {
            if token.is("GENERATED") {
                cursor.take("ALWAYS")?;
                cursor.take("AS")?;
            }
            let expression = cursor.parenthesized()?;
            let storage = if cursor.take("STORED").is_some() {
                Storage::Stored
            } else {
                let _ = cursor.take("VIRTUAL");
                Storage::Virtual
            };
            column.generated = Some((expression, storage));
        } else {
            return None;
        }
    }
    table.columns.push(column);
    Some(())
}

fn table_constraint(cursor: &mut Cursor<'_>, table: &mut ParsedTable) -> Option<()> {
    let mut name = None;
    while cursor.take("CONSTRAINT").is_some() {
        name = Some(cursor.name()?);
    }
    let Some(token) = cursor.peek() else {
        return Some(());
    };
    if token.is_symbol(",") || token.is_symbol(")") {
        return Some(());
    }
    cursor.at += 1;
    if token.is("PRIMARY") {
        cursor.take("KEY")?;
        cursor.symbol("(").then_some(())?;
        cursor.at -= 1;
        let mut autoincrement = false;
        let columns = cursor
            .parts()?
            .into_iter()
            .filter_map(|part| {
                // `PRIMARY KEY (id AUTOINCREMENT)` is an undocumented but legal form.
                let words: Vec<Token<'_>> = lex(&part.text, LEXICON).filter(|t| !t.is_trivia()).collect();
                autoincrement = autoincrement || words.last().is_some_and(|last| last.is("AUTOINCREMENT"));
                part.column.or_else(|| words.first().and_then(name_of))
            })
            .collect();
        let conflict = cursor.conflict();
        table.primary_key = Some(ParsedKey {
            name,
            columns,
            autoincrement,
            after: table.uniques.len(),
            conflict,
            descending_column: false,
        });
    } else if token.is("UNIQUE") {
        let keys = cursor.parts()?;
        let conflict = cursor.conflict();
        table.uniques.push(ParsedUnique { name, keys, conflict });
    } else if token.is("CHECK") {
        let expression = cursor.parenthesized()?;
        // SQLite reads what a CHECK does on conflict, and does the same whatever it says.
        let _ = cursor.conflict();
        table.checks.push(ParsedCheck {
            name,
            column: None,
            expression,
        });
    } else if token.is("FOREIGN") {
        cursor.take("KEY")?;
        let columns = cursor.names()?;
        cursor.take("REFERENCES")?;
        let key = references(cursor, name, columns)?;
        table.foreign_keys.push(key);
    } else {
        return None;
    }
    Some(())
}

/// Reads what follows REFERENCES.
fn references(
    cursor: &mut Cursor<'_>,
    name: Option<String>,
    columns: Vec<String>,
) -> Option<ParsedForeignKey> {
    let mut key = ParsedForeignKey {
        name,
        columns,
        references: cursor.name()?,
        referenced_columns: Vec::new(),
        on_delete: Action::NoAction,
        on_update: Action::NoAction,
        deferrable: Deferrable::Never,
    };
    if cursor.peek().is_some_and(|token| token.is_symbol("(")) {
        key.referenced_columns = cursor.names()?;
    }
    loop {
        if cursor.take("ON").is_some() {
            let event = cursor.next()?;
            let action = cursor.action()?;
            if event.is("DELETE") {
                key.on_delete = action;
            } else if event.is("UPDATE") {
                key.on_update = action;
            }
        } else if cursor.take("MATCH").is_some() {
            cursor.name()?;
        } else if cursor.at_deferrable() {
            key.deferrable = cursor.deferrable()?;
        } else {
            return Some(key);
        }
    }
}
