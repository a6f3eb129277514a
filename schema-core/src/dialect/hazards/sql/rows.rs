//! The statements that change rows, and what may stand before them.

use super::{Command, Made, Reader, is_temporary, outside_parentheses, starts};
use crate::lexer::Token;
use crate::schema::TableName;

/// How much MySQL's statements may be in a hurry.
const MANNERS: [&str; 5] = ["LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED", "QUICK", "IGNORE"];

/// Returns where what a statement does begins: behind `WITH …` and MariaDB's `SET STATEMENT … FOR`.
pub(super) fn main(tokens: &[Token<'_>]) -> usize {
    let mut depth = 0_usize;
    let mut outside = tokens.iter().enumerate().filter(move |(_, token)| {
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    });
    if starts(tokens, "SET STATEMENT") {
        let end = outside.find(|(_, token)| token.is("FOR"));
        return end.map_or(0, |(at, _)| at + 1);
    }
    if !starts(tokens, "WITH") {
        return 0;
    }
    let does = [
        "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "VALUES", "TABLE",
    ];
    // What stands behind a closing parenthesis, so that it is no name of a query.
    let behind = |at: usize| at.checked_sub(1).is_some_and(|at| tokens[at].is_symbol(")"));
    let main = outside.find(|(at, token)| behind(*at) && does.iter().any(|word| token.is(word)));
    main.map_or(0, |(at, _)| at)
}

/// Returns what stands in the outermost parentheses of a `WITH`.
pub(super) fn bodies<'t, 's>(tokens: &'t [Token<'s>]) -> impl Iterator<Item = &'t [Token<'s>]> {
    let mut depth = 0_usize;
    let mut opened = 0;
    tokens.iter().enumerate().filter_map(move |(at, token)| {
        if token.is_symbol("(") {
            depth += 1;
            if depth == 1 {
                opened = at + 1;
            }
        } else if token.is_symbol(")") {
            depth = depth.saturating_sub(1);
            return (depth == 0).then(|| &tokens[opened..at]);
        }
        None
    })
}

impl<'s> Reader<'s, '_> {
    pub(super) fn update(&mut self) -> Option<Command<'s>> {
        while self.eat_any(&MANNERS) {}
        if self.eat("OR") {
            self.at += 1;
        }
        let table = self.table()?;
        let columns = self.assigned();
        let filtered = outside_parentheses(self.rest(), "WHERE");
        Some(Command::Update {
            table,
            columns,
            filtered,
        })
    }

    /// Reads `DELETE FROM t …` or, in MySQL, `DELETE t FROM u JOIN t …`.
    pub(super) fn delete(&mut self) -> Option<Command<'s>> {
        while self.eat_any(&MANNERS) {}
        let named = if self.rest().first()?.is("FROM") {
            None
        } else {
            self.tables().into_iter().next()
        };
        if !self.eat("FROM") {
            return None;
        }
        let filtered = ["WHERE", "ON"]
            .map(|word| outside_parentheses(self.rest(), word))
            .contains(&true)
            || self.rest().iter().any(|token| token.is("LIMIT"));
        let table = match named {
            Some(name) => self.meant_by(&name).unwrap_or(name),
            None => self.table()?,
        };
        Some(Command::Delete { table, filtered })
    }

    /// Returns the table that is called so in what follows: `items AS i`.
    fn meant_by(&self, alias: &TableName) -> Option<TableName> {
        let is_alias = |token: &Token<'_>| {
            token
                .name()
                .is_some_and(|name| name.eq_ignore_ascii_case(&alias.name))
        };
        let tokens = self.rest();
        let pair = tokens.windows(2).position(|pair| {
            let (before, after) = (&pair[0], &pair[1]);
            before.name().is_some() && is_alias(after)
        })?;
        let at = pair.checked_sub(usize::from(tokens[pair].is("AS")))?;
        let is_table = ["FROM", "JOIN", "ON"].iter().all(|word| !tokens[at].is(word));
        let name = tokens[at].name().filter(|_| is_table)?;
        Some(TableName::new(name))
    }

    /// Reads PostgreSQL's `SELECT … INTO t FROM …`, which makes a table.
    pub(super) fn select_into(&mut self) -> Option<Command<'s>> {
        let mut depth = 0_usize;
        let into = self.rest().iter().position(|token| {
            match token.text {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && token.is("INTO")
        })?;
        self.at += into + 1;
        let own = self.eat_any(&["TEMP", "TEMPORARY", "LOCAL TEMPORARY", "LOCAL TEMP"]);
        self.eat("UNLOGGED");
        self.eat("TABLE");
        let table = self.table()?;
        let made = if own || is_temporary(&table) {
            Made::Temporary
        } else {
            Made::New
        };
        Some(Command::CreateTable {
            table,
            made,
            parts: Vec::new(),
        })
    }

    /// Returns the columns that `SET a = …, (b, c) = …` names.
    fn assigned(&mut self) -> Vec<String> {
        let mut columns = Vec::new();
        while let Some(token) = self.rest().first() {
            self.at += 1;
            if token.is("SET") {
                break;
            }
        }
        let mut depth = 0_usize;
        let mut opened = 0;
        for (at, token) in self.rest().iter().enumerate() {
            match token.text {
                "(" => {
                    opened = if depth == 0 { at } else { opened };
                    depth += 1;
                }
                ")" => depth = depth.saturating_sub(1),
                "=" | ":=" if depth == 0 => {
                    let before = &self.rest()[..at];
                    match before.last() {
                        Some(last) if last.is_symbol(")") => {
                            columns.extend(before[opened..].iter().filter_map(Token::name));
                        }
                        last => columns.extend(last.and_then(Token::name)),
                    }
                }
                _ if depth == 0 && (token.is("WHERE") || token.is("FROM")) => break,
                _ => {}
            }
        }
        columns
    }
}
