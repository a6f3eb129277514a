//! What CREATE TABLE and CREATE INDEX say.
//!
//! SQLite's pragmas do not tell the names of constraints, CHECKs, collations, deferrable keys or AUTOINCREMENT; only the text
//! that SQLite keeps does, and that text has been through SQLite's own parser, so walking its tokens is enough: each
//! clause begins with a reserved word. That needs no grammar (the published parsers of SQLite's language cost more to
//! build than all of this crate) and survives words that a later SQLite adds. It reads; it does not judge, and resolves no names.

use super::LEXICON;
use super::keywords::is_reserved;
use crate::lexer::{Kind, Token, lex, unquote};
use crate::schema::{Action, Deferrable, Order};

/// A table as its CREATE TABLE says it.
#[derive(Debug, Default)]
pub(super) struct ParsedTable {
    pub(super) columns: Vec<ParsedColumn>,
    pub(super) primary_key: Option<ParsedKey>,
    pub(super) uniques: Vec<ParsedUnique>,
    pub(super) foreign_keys: Vec<ParsedForeignKey>,
    pub(super) checks: Vec<ParsedCheck>,
    pub(super) without_rowid: bool,
    /// What the schema cannot say, in words.
    pub(super) unsaid: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct ParsedColumn {
    pub(super) name: String,
    pub(super) declared: String,
    pub(super) not_null: bool,
    pub(super) default: Option<String>,
    pub(super) collation: Option<String>,
    pub(super) generated: bool,
}

#[derive(Debug)]
pub(super) struct ParsedKey {
    pub(super) name: Option<String>,
    pub(super) columns: Vec<String>,
    pub(super) autoincrement: bool,
    /// `PRIMARY KEY DESC` in a column's own line, which by an old mistake does not make it the rowid.
    pub(super) descending_column: bool,
}

#[derive(Debug)]
pub(super) struct ParsedUnique {
    pub(super) name: Option<String>,
    pub(super) keys: Vec<ParsedPart>,
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

/// Reads the text of a CREATE TABLE, or returns `None` if it is none.
pub(super) fn create_table(sql: &str) -> Option<ParsedTable> {
    let mut cursor = Cursor::new(sql);
    cursor.take("CREATE")?;
    let _ = cursor.take("TEMP").or_else(|| cursor.take("TEMPORARY"));
    cursor.take("TABLE")?;
    cursor.skip_to_body()?;
    let mut table = ParsedTable::default();
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
            table.unsaid.push("the option STRICT".to_owned());
        } else if token.is("ROWID") {
            table.without_rowid = true;
            table.unsaid.push("the option WITHOUT ROWID".to_owned());
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
            cursor.conflict(table);
            table.primary_key = Some(ParsedKey {
                name,
                columns: vec![column.name.clone()],
                autoincrement: cursor.take("AUTOINCREMENT").is_some(),
                descending_column: descending,
            });
        } else if token.is("NOT") && cursor.peek().is_some_and(|next| next.is("NULL")) {
            cursor.at += 1;
            column.not_null = true;
            cursor.conflict(table);
        } else if token.is("NULL") {
            cursor.conflict(table);
        } else if token.is("UNIQUE") {
            cursor.conflict(table);
            table.uniques.push(ParsedUnique {
                name,
                keys: vec![ParsedPart {
                    text: column.name.clone(),
                    column: Some(column.name.clone()),
                    order: Order::Ascending,
                    collation: None,
                }],
            });
        } else if token.is("CHECK") {
            let expression = cursor.parenthesized()?;
            cursor.conflict(table);
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
            cursor.parenthesized()?;
            let _ = cursor.take("STORED").or_else(|| cursor.take("VIRTUAL"));
            column.generated = true;
            table
                .unsaid
                .push(format!("the generated column `{}`", column.name));
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
        cursor.conflict(table);
        table.primary_key = Some(ParsedKey {
            name,
            columns,
            autoincrement,
            descending_column: false,
        });
    } else if token.is("UNIQUE") {
        let keys = cursor.parts()?;
        cursor.conflict(table);
        table.uniques.push(ParsedUnique { name, keys });
    } else if token.is("CHECK") {
        let expression = cursor.parenthesized()?;
        cursor.conflict(table);
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

/// The tokens that matter, and how far they have been read.
struct Cursor<'a> {
    sql: &'a str,
    tokens: Vec<Token<'a>>,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn new(sql: &'a str) -> Self {
        Cursor {
            sql,
            tokens: lex(sql, LEXICON).filter(|token| !token.is_trivia()).collect(),
            at: 0,
        }
    }

    fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.at).copied()
    }

    fn next(&mut self) -> Option<Token<'a>> {
        let token = self.peek()?;
        self.at += 1;
        Some(token)
    }

    fn take(&mut self, keyword: &str) -> Option<Token<'a>> {
        let token = self.peek().filter(|token| token.is(keyword))?;
        self.at += 1;
        Some(token)
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is_symbol(symbol));
        self.at += usize::from(found);
        found
    }

    fn name(&mut self) -> Option<String> {
        let token = self.next()?;
        name_of(&token)
    }

    /// Reads up to and with the parenthesis that opens the body; no name before it has one outside quotes.
    fn skip_to_body(&mut self) -> Option<()> {
        while !self.symbol("(") {
            self.next()?;
        }
        Some(())
    }

    fn at_table_constraint(&self) -> bool {
        let begins = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];
        self.peek()
            .is_some_and(|token| begins.iter().any(|keyword| token.is(keyword)))
    }

    fn at_deferrable(&self) -> bool {
        let next = self.tokens.get(self.at + 1);
        self.peek().is_some_and(|token| {
            token.is("DEFERRABLE") || (token.is("NOT") && next.is_some_and(|next| next.is("DEFERRABLE")))
        })
    }

    /// Reads `[NOT] DEFERRABLE [INITIALLY …]`.
    fn deferrable(&mut self) -> Option<Deferrable> {
        let never = self.take("NOT").is_some();
        self.take("DEFERRABLE")?;
        let mut deferred = false;
        if self.take("INITIALLY").is_some() {
            deferred = self.next()?.is("DEFERRED");
        }
        Some(if deferred && !never {
            Deferrable::Deferred
        } else {
            Deferrable::Never
        })
    }

    fn action(&mut self) -> Option<Action> {
        let token = self.next()?;
        if token.is("SET") {
            return Some(if self.next()?.is("NULL") {
                Action::SetNull
            } else {
                Action::SetDefault
            });
        }
        if token.is("NO") {
            self.take("ACTION")?;
            return Some(Action::NoAction);
        }
        Some(if token.is("CASCADE") {
            Action::Cascade
        } else {
            Action::Restrict
        })
    }

    fn order(&mut self) -> Order {
        if self.take("DESC").is_some() {
            return Order::Descending;
        }
        let _ = self.take("ASC");
        Order::Ascending
    }

    fn conflict(&mut self, table: &mut ParsedTable) {
        if self.take("ON").is_some() {
            let _ = self.take("CONFLICT");
            let what = self.next().map_or("", |token| token.text);
            table
                .unsaid
                .push(format!("the clause ON CONFLICT {}", what.to_ascii_uppercase()));
        }
    }

    /// Reads a declared type: names up to the first reserved word, and perhaps numbers in parentheses.
    fn declared_type(&mut self) -> String {
        let begin = self.at;
        while let Some(token) = self.peek() {
            let generated =
                token.is("GENERATED") && self.tokens.get(self.at + 1).is_some_and(|next| next.is("ALWAYS"));
            let belongs = match token.kind {
                Kind::Word => !is_reserved(token.text) && !generated,
                Kind::Quoted | Kind::String => true,
                Kind::Number | Kind::Symbol | Kind::Comment | Kind::Space => false,
            };
            if !belongs {
                break;
            }
            self.at += 1;
        }
        if self.at > begin && self.peek().is_some_and(|token| token.is_symbol("(")) {
            let _ = self.parenthesized();
        }
        self.text(begin, self.at)
    }

    /// Reads what a DEFAULT is: one term, signed or in parentheses.
    fn default(&mut self) -> Option<String> {
        if self.peek()?.is_symbol("(") {
            return self.parenthesized();
        }
        let begin = self.at;
        while self.symbol("-") || self.symbol("+") {}
        self.next()?;
        Some(self.text(begin, self.at))
    }

    /// Reads a text in parentheses and returns it without them.
    fn parenthesized(&mut self) -> Option<String> {
        self.symbol("(").then_some(())?;
        let begin = self.at;
        let mut depth = 1;
        while depth > 0 {
            let token = self.next()?;
            depth += i32::from(token.is_symbol("(")) - i32::from(token.is_symbol(")"));
        }
        Some(self.text(begin, self.at - 1))
    }

    fn names(&mut self) -> Option<Vec<String>> {
        let parts = self.parts()?;
        Some(parts.into_iter().filter_map(|part| part.column).collect())
    }

    /// Reads a list of keys in parentheses.
    fn parts(&mut self) -> Option<Vec<ParsedPart>> {
        self.symbol("(").then_some(())?;
        let mut parts = Vec::new();
        let mut begin = self.at;
        let mut depth = 1;
        loop {
            let token = self.next()?;
            depth += i32::from(token.is_symbol("(")) - i32::from(token.is_symbol(")"));
            if depth == 0 || (depth == 1 && token.is_symbol(",")) {
                parts.push(self.part(begin, self.at - 1));
                begin = self.at;
            }
            if depth == 0 {
                return Some(parts);
            }
        }
    }

    fn part(&self, begin: usize, mut end: usize) -> ParsedPart {
        let mut order = Order::Ascending;
        if end > begin
            && (self.tokens[end - 1].is("ASC") || self.tokens[end - 1].is("DESC"))
            && end - begin > 1
        {
            if self.tokens[end - 1].is("DESC") {
                order = Order::Descending;
            }
            end -= 1;
        }
        let mut collation = None;
        if end > begin + 2 && self.tokens[end - 2].is("COLLATE") {
            collation = name_of(&self.tokens[end - 1]);
            end -= 2;
        }
        ParsedPart {
            text: self.text(begin, end),
            column: (end == begin + 1).then(|| name_of(&self.tokens[begin])).flatten(),
            order,
            collation,
        }
    }

    fn rest(&mut self) -> String {
        let begin = self.at;
        self.at = self.tokens.len();
        self.text(begin, self.at)
    }

    /// Returns the text from one token up to another.
    fn text(&self, begin: usize, end: usize) -> String {
        if begin >= end {
            return String::new();
        }
        self.sql[self.tokens[begin].start..self.tokens[end - 1].end()].to_owned()
    }
}

/// Returns the name that a token spells: SQLite takes a string for one where only a name can stand.
fn name_of(token: &Token<'_>) -> Option<String> {
    match token.kind {
        Kind::Word => Some(token.text.to_owned()),
        Kind::Quoted | Kind::String => Some(unquote(token.text)),
        Kind::Number | Kind::Symbol | Kind::Comment | Kind::Space => None,
    }
}
