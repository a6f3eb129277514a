//! A normalized schema as the server keeps it.
//!
//! The server writes expressions anew as it stores them. So each table that has some is made as a temporary one, which only this session
//! sees, which commits nothing and needs no right to change the database; and the server is asked how it would create it. The statement that it
//! answers holds the same texts as its catalog, which does not show temporary tables.

use std::collections::BTreeMap;

use super::LEXICON;
use super::ddl::{create_table, native};
use super::default::{is_certain, parse_default};
use super::expression::{Names, canonical};
use super::reflect::{Collations, Server, TableNames};
use super::types::Class;
use crate::db::{Connection, Error, Value};
use crate::lexer::{Kind, Token, lex};
use crate::schema::{Column, Expression, Order, PrimaryKey, Schema, Table, TableName};

/// The temporary table in which expressions are tried.
const TRIAL: &str = "_autogen_trial";

/// Returns the schema with every expression as the server keeps it, and nothing said that goes without saying on this server.
///
/// # Errors
///
/// What the server reports, such as an expression that it does not understand.
pub(super) fn stored(connection: &mut dyn Connection, mut schema: Schema) -> Result<Schema, Error> {
    for table in schema.tables.values_mut().filter(|table| has_expressions(table)) {
        let texts = try_out(connection, table)?;
        take_over(table, &texts);
    }
    unprobed(connection, schema)
}

/// Returns the schema with nothing said that goes without saying on this server, for which nothing has to be tried.
///
/// # Errors
///
/// What the server reports.
pub(super) fn unprobed(connection: &mut dyn Connection, mut schema: Schema) -> Result<Schema, Error> {
    let server = Server::ask(connection)?;
    let collations = Collations::ask(connection)?;
    for table in schema.tables.values_mut() {
        leave_unsaid(table, &server, &collations);
    }
    Ok(schema
        .tables
        .into_values()
        .map(|table| called(table, server.names))
        .collect())
}

/// Calls a table, and those that it refers to, as the server does.
fn called(mut table: Table, names: TableNames) -> Table {
    table.name = names.kept(&table.name);
    for key in table.foreign_keys.values_mut() {
        key.references = names.kept(&key.references);
    }
    table
}

/// Tells whether the server may keep something of a table otherwise than it is said.
fn has_expressions(table: &Table) -> bool {
    let uncertain = |column: &Column| column.generated.is_some() || !keeps_default(column);
    table.columns.iter().any(uncertain) || !table.checks.is_empty()
}

/// Tells whether the server keeps the default of a column as it is said.
pub(super) fn keeps_default(column: &Column) -> bool {
    let default = column.default.as_ref();
    default.is_none_or(|default| is_certain(default, Class::of(native(column))))
}

/// The texts of a table's statement: defaults and computed values by column, conditions by name.
#[derive(Debug, Default)]
struct Texts {
    defaults: BTreeMap<String, String>,
    generated: BTreeMap<String, String>,
    checks: BTreeMap<String, String>,
}

/// Makes the table as a temporary one, without its indexes and foreign keys, and reads back what the server makes of it.
fn try_out(connection: &mut dyn Connection, table: &Table) -> Result<Texts, Error> {
    let mut trial = Table::new(TableName::new(TRIAL));
    trial.columns.clone_from(&table.columns);
    trial.checks.clone_from(&table.checks);
    // A number needs its key.
    let number = table
        .columns
        .iter()
        .find(|column| column.auto != crate::schema::Auto::No);
    trial.primary_key = number.map(|column| PrimaryKey {
        name: String::new(),
        columns: vec![column.name.clone()],
    });
    let create = create_table(&trial, []).replacen("CREATE TABLE", "CREATE TEMPORARY TABLE", 1);
    connection.execute(&create, &[]).map_err(|error| Error {
        message: format!("cannot try out table `{}`: {}", table.name, error.message),
        ..error
    })?;
    let answer = connection.query(&format!("SHOW CREATE TABLE {TRIAL}"), &[]);
    connection.execute(&format!("DROP TEMPORARY TABLE {TRIAL}"), &[])?;
    let answer = answer?;
    let text = answer.first().and_then(|row| row.get(1)).and_then(Value::as_str);
    Ok(read(text.unwrap_or_default()))
}

/// Reads the answer to SHOW CREATE TABLE: a column or constraint a line.
fn read(text: &str) -> Texts {
    let tokens: Vec<Token<'_>> = lex(text, LEXICON).filter(|token| !token.is_trivia()).collect();
    let mut texts = Texts::default();
    let open = tokens
        .iter()
        .position(|token| token.is_symbol("("))
        .unwrap_or_default();
    for line in lines(tokens.get(open + 1..).unwrap_or_default()) {
        read_line(text, line, &mut texts);
    }
    texts
}

/// Cuts what is within the table's parentheses at its commas.
fn lines<'a, 'b>(tokens: &'a [Token<'b>]) -> Vec<&'a [Token<'b>]> {
    let mut lines = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (at, token) in tokens.iter().enumerate() {
        if token.is_symbol("(") {
            depth += 1;
        } else if token.is_symbol(")") && depth > 0 {
            depth -= 1;
        } else if token.is_symbol(")") {
            lines.push(&tokens[start..at]);
            return lines;
        } else if token.is_symbol(",") && depth == 0 {
            lines.push(&tokens[start..at]);
            start = at + 1;
        }
    }
    lines
}

fn read_line(text: &str, line: &[Token<'_>], texts: &mut Texts) {
    match line {
        [constraint, name, check, rest @ ..] if constraint.is("CONSTRAINT") && check.is("CHECK") => {
            let name = name.name().unwrap_or_default();
            texts.checks.insert(name, operand(text, rest).to_owned());
        }
        [name, rest @ ..] if name.kind == Kind::Quoted => {
            let name = name.name().unwrap_or_default();
            if let Some(rest) = after(rest, "AS") {
                texts.generated.insert(name, operand(text, rest).to_owned());
            } else if let Some(rest) = after(rest, "DEFAULT") {
                texts.defaults.insert(name, operand(text, rest).to_owned());
            }
        }
        [..] => {}
    }
}

/// Returns the tokens after a word that is in no parentheses.
fn after<'a, 'b>(tokens: &'a [Token<'b>], word: &str) -> Option<&'a [Token<'b>]> {
    let mut depth = 0_usize;
    let at = tokens.iter().position(|token| {
        if token.is_symbol("(") {
            depth += 1;
        } else if token.is_symbol(")") {
            depth = depth.saturating_sub(1);
        }
        depth == 0 && token.is(word)
    })?;
    Some(&tokens[at + 1..])
}

/// Returns the text of the operand that the tokens begin with: up to a word that belongs to the column again.
fn operand<'a>(text: &'a str, tokens: &[Token<'_>]) -> &'a str {
    const ENDS: [&str; 9] = [
        "COMMENT",
        "CHECK",
        "ON",
        "AUTO_INCREMENT",
        "VIRTUAL",
        "STORED",
        "INVISIBLE",
        "COLUMN_FORMAT",
        "STORAGE",
    ];
    let mut depth = 0_usize;
    let mut end = tokens.first().map_or(0, |token| token.start);
    let start = end;
    for token in tokens {
        if depth == 0 && ENDS.iter().any(|word| token.is(word)) {
            break;
        }
        if token.is_symbol("(") {
            depth += 1;
        } else if token.is_symbol(")") {
            depth = depth.saturating_sub(1);
        }
        end = token.end();
        // A condition is what its parentheses hold, whatever MySQL says behind them in a comment for itself.
        if depth == 0 && token.is_symbol(")") && tokens.first().is_some_and(|first| first.is_symbol("(")) {
            break;
        }
    }
    &text[start..end]
}

fn take_over(table: &mut Table, texts: &Texts) {
    let whole = table.clone();
    let names = Names::of(&whole);
    let spelled = |text: Option<&String>, expression: &mut Expression| {
        if let Some(Ok(canonical)) = text.map(|text| canonical(text, LEXICON, &names)) {
            *expression = canonical;
        }
    };
    for column in &mut table.columns {
        let class = Class::of(native(column));
        if let Some(generated) = &mut column.generated {
            spelled(texts.generated.get(&column.name), &mut generated.expression);
        }
        let text = texts
            .defaults
            .get(&column.name)
            .filter(|_| column.default.is_some());
        if let Some(Ok(default)) = text.map(|text| parse_default(text, LEXICON, class, None, &names)) {
            column.default = default;
        }
    }
    for check in table.checks.values_mut() {
        spelled(texts.checks.get(&check.name), &mut check.expression);
    }
}

/// Takes out engines and collations that the server has anyway, and orders that it does not keep.
fn leave_unsaid(table: &mut Table, server: &Server, collations: &Collations) {
    let collation = collations.of_table(&table.options, server);
    collations.say(&mut table.options, &collation, server);
    let engine = &mut table.options.engine;
    *engine = engine
        .take()
        .filter(|engine| !engine.eq_ignore_ascii_case(&server.engine));
    for column in &mut table.columns {
        column.collation = column.collation.take().filter(|own| *own != collation);
    }
    if !server.keeps_descending {
        for index in table.indexes.values_mut() {
            index.keys.iter_mut().for_each(|key| key.order = Order::Ascending);
            // What kept it from being a constraint is forgotten, too.
            index.constraint = index.unique && index.columns().is_some();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_servers_answer() {
        let texts = read(
            "CREATE TEMPORARY TABLE `_autogen_trial` (
  `a` int(11) DEFAULT (1 + 1) COMMENT 'a, (b) DEFAULT 3',
  `g` varchar(40) GENERATED ALWAYS AS (lcase(concat(`s`,'X\\'q)'))) VIRTUAL,
  `s` varchar(30) DEFAULT 'it''s, ' CHECK (`s` <> ''),
  `d` int DEFAULT lcase(concat('A','b')),
  `u` timestamp(6) NULL DEFAULT current_timestamp(6) ON UPDATE current_timestamp(6),
  PRIMARY KEY (`a`),
  CONSTRAINT `ck 1` CHECK (`a` > 0 or `s` in ('a)','b')),
  CONSTRAINT `ck 2` CHECK ((`a` > 1)) /*!80016 NOT ENFORCED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
        );
        let listed = |map: &BTreeMap<String, String>| {
            map.iter()
                .map(|(name, text)| format!("{name}: {text}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            listed(&texts.defaults),
            [
                "a: (1 + 1)",
                "d: lcase(concat('A','b'))",
                "s: 'it''s, '",
                "u: current_timestamp(6)"
            ]
        );
        assert_eq!(listed(&texts.generated), ["g: (lcase(concat(`s`,'X\\'q)')))"]);
        assert_eq!(
            listed(&texts.checks),
            ["ck 1: (`a` > 0 or `s` in ('a)','b'))", "ck 2: ((`a` > 1))"]
        );
    }
}
