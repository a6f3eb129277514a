//! The clauses of an ALTER TABLE, in the words of all databases.

use super::sql::{Reader, contains, starts};
use crate::lexer::{Kind, Token};
use crate::schema::TableName;

/// One clause.
#[derive(Debug)]
pub(in crate::dialect) struct Clause<'s> {
    pub(in crate::dialect) kind: ClauseKind<'s>,
    pub(in crate::dialect) tokens: Vec<Token<'s>>,
}

impl Clause<'_> {
    /// Tells whether those words stand in the clause, one after the other.
    pub(in crate::dialect) fn has(&self, words: &str) -> bool {
        contains(&self.tokens, words)
    }
}

/// What a clause does.
#[derive(Debug)]
pub(in crate::dialect) enum ClauseKind<'s> {
    AddColumn(Definition<'s>),
    DropColumn(String),
    /// PostgreSQL's `ALTER COLUMN c TYPE t`.
    AlterType {
        column: String,
        ty: String,
    },
    SetNotNull(String),
    /// MySQL's `MODIFY` and `CHANGE`.
    Redefine {
        column: String,
        definition: Definition<'s>,
    },
    Add {
        name: Option<String>,
        what: Constraint,
    },
    /// A constraint, a key or, in MySQL, an index.
    Drop {
        name: String,
    },
    DropPrimaryKey,
    Validate(String),
    RenameTable(TableName),
    RenameColumn {
        from: String,
        to: String,
    },
    Other,
}

/// What a constraint, or an index of MySQL, is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::dialect) enum Constraint {
    PrimaryKey,
    Unique,
    Index,
    ForeignKey(Option<TableName>),
    Check,
    Exclude,
}

/// A column's definition as it is written.
#[derive(Debug)]
pub(in crate::dialect) struct Definition<'s> {
    pub(in crate::dialect) name: String,
    /// The type's text.
    pub(in crate::dialect) ty: &'s str,
    /// What follows the type.
    pub(in crate::dialect) rest: Vec<Token<'s>>,
}

impl<'s> Definition<'s> {
    /// Tells whether those words stand behind the type, one after the other.
    pub(in crate::dialect) fn has(&self, words: &str) -> bool {
        contains(&self.rest, words)
    }

    /// Returns what follows DEFAULT, up to the next part of the definition.
    pub(in crate::dialect) fn default(&self) -> Option<&[Token<'s>]> {
        let at = self.rest.iter().position(|token| token.is("DEFAULT"))? + 1;
        let mut depth = 0_usize;
        let end = self.rest[at..].iter().position(|token| {
            match token.text {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && ENDS.iter().any(|word| token.is(word)) && !token.is("NULL")
        });
        Some(&self.rest[at..end.map_or(self.rest.len(), |end| at + end)])
    }
}

/// The words with which something behind the type begins.
const ENDS: [&str; 24] = [
    "CONSTRAINT",
    "NOT",
    "NULL",
    "DEFAULT",
    "CHECK",
    "UNIQUE",
    "PRIMARY",
    "REFERENCES",
    "GENERATED",
    "AS",
    "COLLATE",
    "USING",
    "COMMENT",
    "AUTO_INCREMENT",
    "CHARSET",
    "FIRST",
    "AFTER",
    "ON",
    "STORED",
    "PERSISTENT",
    "VIRTUAL",
    "INVISIBLE",
    "KEY",
    "IDENTITY",
];

/// Reads all clauses that follow the table's name.
pub(super) fn read_all<'s>(reader: &mut Reader<'s, '_>) -> Vec<Clause<'s>> {
    let mut clauses = Vec::new();
    for tokens in items(reader.rest()) {
        let mut reader = reader.within(tokens);
        let several = reader.eat("ADD") && {
            reader.eat("COLUMN");
            reader.eat("IF NOT EXISTS");
            reader.eat("(")
        };
        if several {
            clauses.extend(added_each(&reader));
            continue;
        }
        reader.at = 0;
        clauses.push(Clause {
            kind: kind(&mut reader).unwrap_or(ClauseKind::Other),
            tokens: tokens.to_vec(),
        });
    }
    clauses
}

/// Reads the columns and constraints in the parentheses of a CREATE TABLE, each as if it were added.
pub(super) fn read_parts<'s>(reader: &mut Reader<'s, '_>) -> Vec<Clause<'s>> {
    if reader.eat("(") {
        added_each(reader)
    } else {
        Vec::new()
    }
}

/// Reads `a integer, b text)`.
fn added_each<'s>(reader: &Reader<'s, '_>) -> Vec<Clause<'s>> {
    let mut depth = 0_usize;
    let end = reader.rest().iter().position(|token| {
        let closes = depth == 0 && token.is_symbol(")");
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        closes
    });
    let tokens = &reader.rest()[..end.unwrap_or(reader.rest().len())];
    items(tokens)
        .filter(|tokens| !starts(tokens, "LIKE"))
        .map(|tokens| Clause {
            kind: added(&mut reader.within(tokens)).unwrap_or(ClauseKind::Other),
            tokens: tokens.to_vec(),
        })
        .collect()
}

/// Returns what stands between the commas that are in no brackets.
fn items<'t, 's>(tokens: &'t [Token<'s>]) -> impl Iterator<Item = &'t [Token<'s>]> {
    let mut depth = 0_usize;
    tokens.split(move |token| {
        match token.text {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && token.is_symbol(",")
    })
}

fn kind<'s>(reader: &mut Reader<'s, '_>) -> Option<ClauseKind<'s>> {
    if reader.eat("ADD") {
        return added(reader);
    }
    if reader.eat("DROP") {
        return dropped(reader);
    }
    if reader.eat("VALIDATE CONSTRAINT") {
        return reader.name().map(ClauseKind::Validate);
    }
    if reader.eat("RENAME") {
        return renamed(reader);
    }
    if reader.eat("MODIFY") {
        reader.eat("COLUMN");
        reader.eat("IF EXISTS");
        let column = reader.name()?;
        let definition = definition(reader, column.clone());
        return Some(ClauseKind::Redefine { column, definition });
    }
    if reader.eat("CHANGE") {
        reader.eat("COLUMN");
        reader.eat("IF EXISTS");
        let column = reader.name()?;
        let name = reader.name()?;
        let definition = definition(reader, name);
        return Some(ClauseKind::Redefine { column, definition });
    }
    if reader.eat("ALTER") {
        reader.eat("COLUMN");
        let column = reader.name()?;
        if reader.eat("SET NOT NULL") {
            return Some(ClauseKind::SetNotNull(column));
        }
        if reader.eat("TYPE") || reader.eat("SET DATA TYPE") {
            let ty = ty(reader).to_owned();
            return Some(ClauseKind::AlterType { column, ty });
        }
    }
    None
}

fn added<'s>(reader: &mut Reader<'s, '_>) -> Option<ClauseKind<'s>> {
    let name = if reader.eat("CONSTRAINT") {
        reader.eat("IF NOT EXISTS");
        let is_nameless = ["PRIMARY KEY", "UNIQUE", "FOREIGN KEY", "CHECK"];
        let is_nameless = is_nameless.iter().any(|words| starts(reader.rest(), words));
        if is_nameless { None } else { reader.name() }
    } else {
        None
    };
    let what = if reader.eat("PRIMARY KEY") {
        Constraint::PrimaryKey
    } else if reader.eat("FOREIGN KEY") {
        let at = reader.rest().iter().position(|token| token.is("REFERENCES"));
        reader.at += at.map_or(reader.rest().len(), |at| at + 1);
        Constraint::ForeignKey(reader.table())
    } else if reader.eat_any(&["CHECK", "NOT NULL"]) {
        Constraint::Check
    } else if reader.eat("EXCLUDE") {
        Constraint::Exclude
    } else if reader.eat("UNIQUE") {
        reader.eat_any(&["INDEX", "KEY"]);
        Constraint::Unique
    } else if reader.eat_any(&["INDEX", "KEY", "FULLTEXT", "SPATIAL"]) {
        Constraint::Index
    } else {
        reader.eat("COLUMN");
        reader.eat("IF NOT EXISTS");
        let name = reader.name()?;
        return Some(ClauseKind::AddColumn(definition(reader, name)));
    };
    let name = name.or_else(|| match what {
        Constraint::Unique | Constraint::Index => reader.name(),
        Constraint::PrimaryKey | Constraint::ForeignKey(_) | Constraint::Check | Constraint::Exclude => None,
    });
    Some(ClauseKind::Add { name, what })
}

fn dropped<'s>(reader: &mut Reader<'s, '_>) -> Option<ClauseKind<'s>> {
    if reader.eat("PRIMARY KEY") {
        return Some(ClauseKind::DropPrimaryKey);
    }
    if reader.eat_any(&["CONSTRAINT", "FOREIGN KEY", "INDEX", "KEY", "CHECK"]) {
        reader.eat("IF EXISTS");
        let name = reader.name()?;
        return Some(ClauseKind::Drop { name });
    }
    if reader.eat("PARTITION") {
        return None;
    }
    reader.eat("COLUMN");
    reader.eat("IF EXISTS");
    reader.name().map(ClauseKind::DropColumn)
}

fn renamed<'s>(reader: &mut Reader<'s, '_>) -> Option<ClauseKind<'s>> {
    if reader.eat_any(&["CONSTRAINT", "INDEX", "KEY"]) {
        return None;
    }
    if reader.eat_any(&["TO", "AS", "="]) {
        return reader.table().map(ClauseKind::RenameTable);
    }
    reader.eat("COLUMN");
    let from = reader.name()?;
    if !reader.eat("TO") {
        return Some(ClauseKind::RenameTable(TableName::new(from)));
    }
    let to = reader.name()?;
    Some(ClauseKind::RenameColumn { from, to })
}

fn definition<'s>(reader: &mut Reader<'s, '_>, name: String) -> Definition<'s> {
    let ty = ty(reader);
    Definition {
        name,
        ty,
        rest: reader.rest().to_vec(),
    }
}

/// Reads a type, and returns its text.
fn ty<'s>(reader: &mut Reader<'s, '_>) -> &'s str {
    let tokens = reader.rest();
    let ends = |at: usize, token: &Token<'_>| {
        let is_end = token.kind == Kind::Word && ENDS.iter().any(|word| token.is(word));
        is_end || starts(&tokens[at..], "CHARACTER SET")
    };
    let mut depth = 0_usize;
    let length = tokens.iter().enumerate().position(|(at, token)| {
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && ends(at, token)
    });
    let length = length.unwrap_or(tokens.len());
    reader.at += length;
    match (tokens.first(), tokens[..length].last()) {
        (Some(first), Some(last)) => reader.sql.get(first.start..last.end()).unwrap_or_default(),
        (_, _) => "",
    }
}
