//! From the catalog's rows to a table.

use super::catalog::{CheckRow, ColumnRow, IndexKeyRow, Server, TableRow};
use super::collation::Collations;
use super::foreign_key::ForeignKeyRow;
use crate::dialect::mysql::LEXICON;
use crate::dialect::mysql::ddl::native;
use crate::dialect::mysql::default::{canonical_default, parse_default};
use crate::dialect::mysql::expression::{Names, canonical, standard_name};
use crate::dialect::mysql::normalize::{self, PRIMARY, current};
use crate::dialect::mysql::types::{self, Class};
use crate::schema::{
    Action, Auto, Check, Column, Default, Deferrable, Expression, ForeignKey, Generated, Index, IndexKey,
    IndexPart, Literal, Order, PrimaryKey, Storage, Table, TableName, Type,
};

pub(super) fn table(row: TableRow, server: &Server, collations: &Collations) -> Table {
    let mut table = Table::new(TableName::new(row.name));
    table.options.comment = Some(row.comment).filter(|comment| !comment.is_empty());
    table.options.engine = Some(row.engine).filter(|engine| !engine.eq_ignore_ascii_case(&server.engine));
    collations.say(&mut table.options, &current(&row.collation), server);
    table
}

/// Adds a column whose texts are still the server's: what they name may be columns that come later.
pub(super) fn add_column(table: &mut Table, row: &ColumnRow, server: &Server, collations: &Collations) {
    let extra = row.extra.to_lowercase();
    let mut native = row.ty.clone();
    if let Some(at) = extra.find("on update") {
        native.push(' ');
        native.push_str(extra[at..].split(", ").next().unwrap_or_default());
    }
    if extra.contains("invisible") {
        native.push_str(" invisible");
    }
    // What cannot be spelled anew is left as it is: it is a type all the same.
    let native = types::canonical(&native, LEXICON).unwrap_or(native);
    let class = Class::of(&native);
    let own = row.collation.as_deref().map(current);
    let of_table = collations.of_table(&table.options, server);
    let generated = row.generated.as_ref().map(|text| Generated {
        expression: Expression::new(server.plain(text)),
        storage: if extra.contains("stored") || extra.contains("persistent") {
            Storage::Stored
        } else {
            Storage::Virtual
        },
    });
    table.columns.push(Column {
        nullable: row.nullable || generated.is_some(),
        default: row
            .default
            .as_ref()
            .filter(|_| generated.is_none())
            .and_then(|text| default(text, &extra, class, server)),
        generated,
        auto: if extra.contains("auto_increment") {
            Auto::Auto
        } else {
            Auto::No
        },
        collation: own.filter(|own| class.has_collation() && *own != of_table),
        comment: Some(row.comment.clone()).filter(|comment| !comment.is_empty()),
        ..Column::new(row.name.clone(), Type::Native(native))
    });
}

/// MariaDB writes defaults as SQL. MySQL writes a constant as its bare text and says beside it if a default is SQL.
fn default(text: &str, extra: &str, class: Class, server: &Server) -> Option<Default> {
    let is_sql = server.is_mariadb
        || extra.contains("default_generated")
        || matches!(class, Class::Bit | Class::Binary(_) | Class::Blob);
    if is_sql {
        Some(Default::expression(server.plain(text)))
    } else {
        Some(Default::Literal(Literal::Text(text.to_owned())))
    }
}

impl Server {
    /// Returns an expression as it would stand in a statement: MySQL escapes the quotes of its texts once more
    /// (<https://bugs.mysql.com/bug.php?id=100607>).
    fn plain(&self, text: &str) -> String {
        let first_is_escaped = text
            .split_once('\'')
            .is_some_and(|(before, _)| before.ends_with('\\'));
        if self.is_mariadb {
            return text.to_owned();
        }
        let text = bytes_as_characters(text).unwrap_or_else(|| text.to_owned());
        if !first_is_escaped {
            return text;
        }
        let mut plain = String::with_capacity(text.len());
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            plain.extend(if character == '\\' {
                characters.next()
            } else {
                Some(character)
            });
        }
        plain
    }

    fn expression(&self, text: &str, names: &Names<'_>) -> Expression {
        let plain = self.plain(text);
        canonical(&plain, LEXICON, names).unwrap_or_else(|_| Expression::new(plain))
    }
}

/// Reads a text whose characters are the bytes of another one in UTF-8. MySQL shows the expressions of its catalog so (9.7 does; SHOW CREATE TABLE has them as they
/// were written). `None` if it is no such text.
fn bytes_as_characters(text: &str) -> Option<String> {
    let bytes: Option<Vec<u8>> = text
        .chars()
        .map(|character| u8::try_from(u32::from(character)).ok())
        .collect();
    String::from_utf8(bytes?).ok()
}

pub(super) fn add_index_key(table: &mut Table, row: &IndexKeyRow, server: &Server) {
    if row.index == PRIMARY {
        let key = table.primary_key.get_or_insert_with(|| PrimaryKey {
            name: PRIMARY.to_owned(),
            columns: Vec::new(),
        });
        key.columns.extend(row.column.clone());
        return;
    }
    let whole = matches!(row.kind.as_str(), "FULLTEXT" | "SPATIAL");
    let part = match (&row.column, row.length.filter(|_| !whole), &row.expression) {
        (Some(column), Some(length), _) => {
            IndexPart::Expression(Expression::new(format!("{}({length})", standard_name(column))))
        }
        (Some(column), None, _) => IndexPart::Column(column.clone()),
        (None, _, expression) => {
            let text = expression.as_deref().unwrap_or_default();
            IndexPart::Expression(server.expression(text, &Names::of(table)))
        }
    };
    let index = table.indexes.entry(row.index.clone()).or_insert_with(|| Index {
        unique: row.unique,
        constraint: row.unique,
        using: match row.kind.as_str() {
            "FULLTEXT" | "SPATIAL" | "HASH" => Some(row.kind.to_lowercase()),
            _ => None,
        },
        ..Index::new(row.index.clone(), Vec::new())
    });
    index.constraint &= matches!(part, IndexPart::Column(_)) && !row.descending;
    index.keys.push(IndexKey {
        order: if row.descending {
            Order::Descending
        } else {
            Order::Ascending
        },
        ..IndexKey::new(part)
    });
}

pub(super) fn add_foreign_key(table: &mut Table, row: &ForeignKeyRow) {
    let key = table
        .foreign_keys
        .entry(row.name.clone())
        .or_insert_with(|| ForeignKey {
            name: row.name.clone(),
            columns: Vec::new(),
            references: TableName {
                schema: row.schema.clone(),
                name: row.references.clone(),
            },
            referenced_columns: Vec::new(),
            on_delete: normalize::action(action(&row.actions.on_delete)),
            on_update: normalize::action(action(&row.actions.on_update)),
            deferrable: Deferrable::Never,
        });
    key.columns.push(row.column.clone());
    key.referenced_columns.push(row.referenced_column.clone());
}

fn action(rule: &str) -> Action {
    match rule {
        "CASCADE" => Action::Cascade,
        "SET NULL" => Action::SetNull,
        "SET DEFAULT" => Action::SetDefault,
        "RESTRICT" => Action::Restrict,
        _ => Action::NoAction,
    }
}

pub(super) fn add_check(table: &mut Table, row: &CheckRow, server: &Server) {
    let expression = server.expression(&row.clause, &Names::of(table));
    if row.is_columns_own {
        // MariaDB's JSON is a text with this check. It has the name that the column began with, whatever that is called now.
        let mut columns = table.columns.iter_mut();
        if let Some(column) = columns.find(|column| is_json(column, &expression)) {
            column.ty = Type::Native("json".to_owned());
            column.collation = None;
            return;
        }
    }
    let check = Check {
        name: row.name.clone(),
        expression,
    };
    table.add_check(check);
}

fn is_json(column: &Column, expression: &Expression) -> bool {
    column.ty == Type::Native("longtext".to_owned())
        && expression.0 == format!("json_valid({})", standard_name(&column.name))
}

/// Brings defaults and computed values into one spelling, now that all columns are known.
pub(super) fn finish(table: &mut Table) {
    let whole = table.clone();
    let names = Names::of(&whole);
    for column in &mut table.columns {
        if let Some(generated) = &mut column.generated {
            if let Ok(expression) = canonical(&generated.expression.0, LEXICON, &names) {
                generated.expression = expression;
            }
        }
        let class = Class::of(native(column));
        let Some(default) = column.default.take() else {
            continue;
        };
        let canonical = match &default {
            Default::Expression { sql } => parse_default(&sql.0, LEXICON, class, None, &names),
            Default::Literal(_) => canonical_default(&default, class, None, &names),
        };
        column.default = canonical.unwrap_or(Some(default));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_are_bytes_are_read_as_such() {
        assert_eq!(
            bytes_as_characters("gr\u{c3}\u{b6}\u{c3}\u{9f}e \u{e2}\u{82}\u{ac}").as_deref(),
            Some("größe €")
        );
        assert_eq!(bytes_as_characters("plain").as_deref(), Some("plain"));
        for as_written in ["größe", "€"] {
            assert_eq!(bytes_as_characters(as_written), None);
        }
    }
}
