//! A short notation of schemas, in which test cases are written.
//!
//! ```text
//! items
//!     id i64 auto
//!     name text(80) null default 'x' comment 'shown'
//!     loud text null generated `upper(name)` stored
//!     city text collate_on postgres C collate_on sqlite NOCASE
//!     primary key (id)
//!     unique uq_items_name (name)
//!     index ix_items_name (name desc nulls last, `lower(name)`) where `name <> ''`
//!     index ix_items_tags (tags opclass jsonb_path_ops) using gin include (name)
//!     unique uq_items_sku (sku) nulls_not_distinct
//!     foreign key fk_items_store_id_stores (store_id) -> stores (id) on delete cascade
//!     check ck_items_price `price >= 0`
//!     comment 'all that is for sale'
//!     strict
//!     without_rowid
//!     engine InnoDB
//!     charset utf8mb4
//!     collate utf8mb4_bin
//! ```
//!
//! A line without an indent opens a table. Constraints without a name get the conventional one. Expressions stand
//! in backticks. It is read, never written: expected results are operations and SQL.

use std::collections::BTreeMap;

use schema_core::schema::{
    Action, Auto, Check, Column, Default, Deferrable, Expression, ForeignKey, Generated, Index, IndexKey,
    IndexPart, Literal, Nulls, Order, PrimaryKey, Schema, Storage, Table, TableName, naming,
};

/// Reads a schema.
///
/// # Panics
///
/// If the text is not in the notation: it says the line.
#[must_use]
pub fn schema(text: &str) -> Schema {
    let mut schema = Schema::default();
    let mut table: Option<Table> = None;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        if line.starts_with(' ') {
            let table = table
                .as_mut()
                .unwrap_or_else(|| panic!("no table above `{line}`"));
            Line::new(line).member(table);
        } else if let Some(done) = table.replace(Table::new(line.trim().parse().expect("a table name"))) {
            schema.insert(done);
        }
    }
    if let Some(done) = table {
        schema.insert(done);
    }
    schema
}

/// The words of one line. A word is a run without blanks; what stands in quotes, backticks or parentheses is one.
struct Line<'a> {
    line: &'a str,
    words: std::iter::Peekable<std::vec::IntoIter<String>>,
}

impl<'a> Line<'a> {
    fn new(line: &'a str) -> Self {
        Line {
            line,
            words: words(line).into_iter().peekable(),
        }
    }

    fn fail(&self, what: &str) -> ! {
        panic!("expected {what} in `{}`", self.line.trim())
    }

    fn word(&mut self, what: &str) -> String {
        self.words.next().unwrap_or_else(|| self.fail(what))
    }

    fn takes(&mut self, word: &str) -> bool {
        self.words.next_if(|next| next == word).is_some()
    }

    /// The name of a constraint, if one stands here.
    fn name(&mut self) -> Option<String> {
        self.words.next_if(|next| !next.starts_with(['(', '`']))
    }

    fn list(&mut self) -> Vec<String> {
        let word = self.word("a list in parentheses");
        let inner = word.strip_prefix('(').and_then(|word| word.strip_suffix(')'));
        let inner = inner.unwrap_or_else(|| self.fail("a list in parentheses"));
        split(inner, ',')
            .into_iter()
            .map(|item| item.trim().to_owned())
            .collect()
    }

    fn expression(&mut self) -> Expression {
        let word = self.word("an expression in backticks");
        Expression::new(word.trim_matches('`'))
    }

    fn member(mut self, table: &mut Table) {
        let first = self.word("a member");
        match (first.as_str(), self.words.peek().map(String::as_str)) {
            ("primary", Some("key")) => {
                self.takes("key");
                let name = self.name().unwrap_or_else(|| naming::primary_key(&table.name));
                table.primary_key = Some(PrimaryKey {
                    name,
                    columns: self.list(),
                });
            }
            ("unique", _) => self.index(table, Uniqueness::Constraint),
            ("index", _) => self.index(table, Uniqueness::None),
            ("foreign", Some("key")) => {
                self.takes("key");
                self.foreign_key(table);
            }
            ("check", _) => {
                let name = self.name();
                let expression = self.expression();
                let name = name.unwrap_or_else(|| naming::check(&table.name, &expression.0));
                table.add_check(Check { name, expression });
            }
            ("strict", None) => table.options.strict = true,
            ("without_rowid", None) => table.options.without_rowid = true,
            ("engine", _) => table.options.engine = Some(self.word("an engine")),
            ("charset", _) => table.options.charset = Some(self.word("a character set")),
            ("collate", _) => table.options.collation = Some(self.word("a collation")),
            ("comment", _) => table.options.comment = Some(unquoted(&self.word("a comment"))),
            _ => self.column(first, table),
        }
        if let Some(extra) = self.words.next() {
            panic!("`{extra}` is one word too many in `{}`", self.line.trim());
        }
    }

    fn column(&mut self, name: String, table: &mut Table) {
        let mut ty = self.word("a type");
        if ty == "enum" {
            ty = format!("enum {}", self.word("an enum's name and values"));
        }
        let ty = ty
            .parse()
            .unwrap_or_else(|error| panic!("{error} in `{}`", self.line.trim()));
        let mut column = Column::new(name, ty);
        while let Some(word) = self.words.next() {
            match word.as_str() {
                "null" => column.nullable = true,
                "auto" => column.auto = Auto::Auto,
                "autoincrement" => column.auto = Auto::NeverReused,
                "default" => column.default = Some(default(&self.word("a default"))),
                "generated" => {
                    let expression = self.expression();
                    let storage = if self.takes("stored") {
                        Storage::Stored
                    } else {
                        Storage::Virtual
                    };
                    column.generated = Some(Generated { expression, storage });
                }
                "comment" => column.comment = Some(unquoted(&self.word("a comment"))),
                "collate" => column.collation = Some(self.word("a collation")),
                "collate_on" => {
                    let dialect = self.word("a dialect");
                    column.collations.insert(dialect, self.word("a collation"));
                }
                "native" => {
                    column.sql_type =
                        BTreeMap::from([("*".to_owned(), unquoted(&self.word("a native type")))])
                }
                other => panic!("`{other}` is no property of a column in `{}`", self.line.trim()),
            }
        }
        table.columns.push(column);
    }

    fn index(&mut self, table: &mut Table, uniqueness: Uniqueness) {
        let unique = uniqueness == Uniqueness::Constraint || self.takes("unique");
        let name = self.name();
        let parts = self.list();
        let keys: Vec<IndexKey> = parts.iter().map(|part| key(part)).collect();
        let words: Vec<&str> = parts.iter().map(String::as_str).collect();
        let name = name.unwrap_or_else(|| {
            if unique {
                naming::unique(&table.name, &words)
            } else {
                naming::index(&table.name, &words)
            }
        });
        let predicate = self.takes("where").then(|| self.expression());
        let using = self.takes("using").then(|| self.word("a method"));
        let include = if self.takes("include") {
            self.list()
        } else {
            Vec::new()
        };
        let nulls_not_distinct = self.takes("nulls_not_distinct");
        let constraint = uniqueness == Uniqueness::Constraint;
        table.add_index(Index {
            unique,
            constraint,
            predicate,
            using,
            include,
            nulls_not_distinct,
            ..Index::new(name, keys)
        });
    }

    fn foreign_key(&mut self, table: &mut Table) {
        let name = self.name();
        let columns = self.list();
        assert!(self.takes("->"), "expected `->` in `{}`", self.line.trim());
        let references: TableName = self.word("a table").parse().expect("a table name");
        let referenced_columns = self.list();
        let words: Vec<&str> = columns.iter().map(String::as_str).collect();
        let name = name.unwrap_or_else(|| naming::foreign_key(&table.name, &words, &references));
        let mut key = ForeignKey::new(name, columns, references, referenced_columns);
        while let Some(word) = self.words.next() {
            match word.as_str() {
                "on" if self.takes("delete") => key.on_delete = self.action(),
                "on" if self.takes("update") => key.on_update = self.action(),
                "deferrable" => key.deferrable = Deferrable::Immediate,
                "deferred" => key.deferrable = Deferrable::Deferred,
                other => panic!(
                    "`{other}` is no property of a foreign key in `{}`",
                    self.line.trim()
                ),
            }
        }
        table.add_foreign_key(key);
    }

    fn action(&mut self) -> Action {
        match self.word("an action").as_str() {
            "no_action" => Action::NoAction,
            "restrict" => Action::Restrict,
            "cascade" => Action::Cascade,
            "set_null" => Action::SetNull,
            "set_default" => Action::SetDefault,
            other => panic!("`{other}` is no action in `{}`", self.line.trim()),
        }
    }
}

#[derive(PartialEq, Eq)]
enum Uniqueness {
    None,
    Constraint,
}

fn key(part: &str) -> IndexKey {
    let (part, nulls) = match part.split_once(" nulls ") {
        Some((part, "first")) => (part, Nulls::First),
        Some((part, "last")) => (part, Nulls::Last),
        Some((_, place)) => panic!("NULLs stand first or last, not `{place}`"),
        None => (part, Nulls::Default),
    };
    let (part, order) = match part.strip_suffix(" desc") {
        Some(part) => (part, Order::Descending),
        None => (part, Order::Ascending),
    };
    let (part, operator_class) = match part.split_once(" opclass ") {
        Some((part, class)) => (part, Some(class.to_owned())),
        None => (part, None),
    };
    let (part, collation) = match part.split_once(" collate ") {
        Some((part, collation)) => (part, Some(collation.to_owned())),
        None => (part, None),
    };
    let part = match part.strip_prefix('`') {
        Some(expression) => IndexPart::Expression(Expression::new(expression.trim_end_matches('`'))),
        None => IndexPart::Column(part.to_owned()),
    };
    IndexKey {
        order,
        collation,
        nulls,
        operator_class,
        ..IndexKey::new(part)
    }
}

fn default(word: &str) -> Default {
    Default::Literal(match word {
        "true" => Literal::Boolean(true),
        "false" => Literal::Boolean(false),
        _ if word.starts_with('`') => return Default::expression(word.trim_matches('`')),
        _ if word.starts_with('\'') => Literal::Text(unquoted(word)),
        _ if word.starts_with("x'") => Literal::Bytes {
            hex: unquoted(&word[1..]),
        },
        _ => match word.parse() {
            Ok(number) => Literal::Integer(number),
            Err(_) => Literal::Number {
                number: word.to_owned(),
            },
        },
    })
}

fn unquoted(word: &str) -> String {
    schema_core::lexer::unquote(word)
}

/// Splits at blanks outside quotes and parentheses; a list opens a word of its own unless it is part of a type.
fn words(line: &str) -> Vec<String> {
    split(line.trim(), ' ')
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect()
}

fn split(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    let mut quote = None;
    for character in text.chars() {
        match (quote, character) {
            (Some(open), close) if open == close => quote = None,
            (None, '\'' | '`' | '"') => quote = Some(character),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            _ => {}
        }
        if character == separator && depth == 0 && quote.is_none() {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(character);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_kind_of_line() {
        let schema = schema(
            "stores\n    id i64 auto\n    primary key (id)\n\
             items\n    id i64\n    name text(80) null default 'it''s' comment 'shown'\n    price decimal(10, 2) default 0\n    \
             unique (name)\n    index ix (name desc, `lower(name)`) where `name <> ''`\n    \
             foreign key (id) -> stores (id) on delete cascade deferred\n    check ck `price >= 0`\n",
        );
        let items = &schema.tables[&TableName::new("items")];
        assert_eq!(
            items.columns[1].default,
            Some(Default::Literal(Literal::Text("it's".to_owned())))
        );
        assert_eq!(items.columns[2].ty.to_string(), "decimal(10, 2)");
        assert_eq!(items.indexes["ix"].keys[0].order, Order::Descending);
        assert_eq!(
            items.indexes["ix"].keys[1].part,
            IndexPart::Expression(Expression::new("lower(name)"))
        );
        assert!(items.indexes["uq_items_name"].constraint);
        assert_eq!(
            items.foreign_keys["fk_items_id_stores"].on_delete,
            Action::Cascade
        );
        assert_eq!(items.checks["ck"].expression.0, "price >= 0");
    }
}
