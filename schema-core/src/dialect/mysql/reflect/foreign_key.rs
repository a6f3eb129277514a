//! The foreign keys of the catalog.

use std::collections::BTreeMap;

use super::catalog::{Server, optional, rows, text};
use crate::db::{Connection, Error, Value};
use crate::dialect::mysql::LEXICON;
use crate::dialect::mysql::ddl::quote;
use crate::lexer::{Token, lex, unquote};

/// One column of a foreign key.
#[derive(Debug)]
pub(super) struct ForeignKeyRow {
    pub(super) table: String,
    pub(super) name: String,
    pub(super) column: String,
    /// `None` if it is the same database.
    pub(super) schema: Option<String>,
    pub(super) references: String,
    pub(super) referenced_column: String,
    pub(super) actions: Actions,
}

/// What a foreign key does, in the server's words; nothing where it does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Actions {
    pub(super) on_update: String,
    pub(super) on_delete: String,
}

/// The actions of foreign keys, by table and name.
type Found = BTreeMap<(String, String), Actions>;

pub(super) fn foreign_keys(
    connection: &mut dyn Connection,
    server: &Server,
    found: &mut dyn FnMut(ForeignKeyRow),
) -> Result<(), Error> {
    let mut actions = listed_actions(connection)?;
    // Without a key there is nothing more to ask, and the next question costs a look at every table. But MariaDB does not list them to who may only read.
    if actions.is_empty() && !server.is_mariadb {
        return Ok(());
    }
    let mut keys = keys(connection)?;
    for key in &mut keys {
        let name = (key.table.clone(), key.name.clone());
        if !actions.contains_key(&name) {
            actions.append(&mut shown_actions(connection, &key.table)?);
        }
        key.actions = actions.entry(name).or_default().clone();
    }
    keys.into_iter().for_each(found);
    Ok(())
}

fn listed_actions(connection: &mut dyn Connection) -> Result<Found, Error> {
    let mut actions = Found::new();
    rows(
        connection,
        "SELECT TABLE_NAME, CONSTRAINT_NAME, UPDATE_RULE, DELETE_RULE
            FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = database()",
        |next| {
            let key = (text(next()), text(next()));
            let (on_update, on_delete) = (text(next()), text(next()));
            actions.insert(key, Actions { on_update, on_delete });
        },
    )?;
    Ok(actions)
}

/// Returns the columns of all keys, whose actions are not known yet.
fn keys(connection: &mut dyn Connection) -> Result<Vec<ForeignKeyRow>, Error> {
    let mut keys = Vec::new();
    rows(
        connection,
        "SELECT TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, nullif(REFERENCED_TABLE_SCHEMA, database()),
            REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME
            FROM information_schema.KEY_COLUMN_USAGE
            WHERE TABLE_SCHEMA = database() AND REFERENCED_TABLE_NAME IS NOT NULL
            ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION",
        |next| {
            keys.push(ForeignKeyRow {
                table: text(next()),
                name: text(next()),
                column: text(next()),
                schema: optional(next()),
                references: text(next()),
                referenced_column: text(next()),
                actions: Actions::default(),
            });
        },
    )?;
    Ok(keys)
}

/// Returns the actions of a table's keys as its definition says them, which MariaDB shows to everyone who may read the table.
fn shown_actions(connection: &mut dyn Connection, table: &str) -> Result<Found, Error> {
    let shown = connection.query(&format!("SHOW CREATE TABLE {}", quote(table)), &[])?;
    let create = shown.first().and_then(|row| row.get(1)).and_then(Value::as_str);
    let lines = create.unwrap_or_default().lines();
    Ok(lines
        .filter_map(said)
        .map(|(name, actions)| ((table.to_owned(), name), actions))
        .collect())
}

/// Reads the line of a foreign key in a table's definition.
fn said(line: &str) -> Option<(String, Actions)> {
    let tokens: Vec<Token<'_>> = lex(line, LEXICON).filter(|token| !token.is_trivia()).collect();
    match tokens.as_slice() {
        [constraint, name, foreign, rest @ ..] if constraint.is("CONSTRAINT") && foreign.is("FOREIGN") => {
            let actions = Actions {
                on_update: action(rest, "UPDATE"),
                on_delete: action(rest, "DELETE"),
            };
            Some((unquote(name.text), actions))
        }
        _ => None,
    }
}

/// Returns the words behind `ON UPDATE` or `ON DELETE`.
fn action(tokens: &[Token<'_>], event: &str) -> String {
    let at = tokens
        .windows(2)
        .position(|pair| pair[0].is("ON") && pair[1].is(event));
    let behind = at.and_then(|at| tokens.get(at + 2..)).unwrap_or_default();
    let words: Vec<&str> = behind
        .iter()
        .take_while(|token| !token.is("ON") && !token.is_symbol(","))
        .map(|token| token.text)
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_says_what_a_key_does() {
        let key = "  CONSTRAINT `a``b` FOREIGN KEY (`ON`,`x`) REFERENCES `DELETE` (`SET`,`y`)";
        for (clauses, on_delete, on_update) in [
            (",", "", ""),
            (" ON DELETE CASCADE,", "CASCADE", ""),
            (" ON UPDATE NO ACTION", "", "NO ACTION"),
            (" ON DELETE SET NULL ON UPDATE RESTRICT,", "SET NULL", "RESTRICT"),
        ] {
            let (name, actions) = said(&format!("{key}{clauses}")).expect("it is a key");
            assert_eq!(name, "a`b");
            assert_eq!((&*actions.on_delete, &*actions.on_update), (on_delete, on_update));
        }
        assert_eq!(said("  CONSTRAINT `c` CHECK (`a` > 0)"), None);
        assert_eq!(said("  `CONSTRAINT` int(11) NOT NULL,"), None);
    }
}
