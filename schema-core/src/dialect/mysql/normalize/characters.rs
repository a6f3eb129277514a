//! Characters that the server's catalog cannot tell back, and texts that it takes for bytes.
//!
//! It is kept in `utf8mb3` (<https://dev.mysql.com/doc/refman/8.4/en/charset-unicode-utf8mb3.html>,
//! <https://mariadb.com/kb/en/supported-character-sets-and-collations/>). A character beyond it stays what it is in rows, but the catalog, and so
//! whoever asks what a table is, gets question marks: one text could not be told from another, and would be written so when the column is defined anew.

use super::super::ddl::native;
use super::super::types::Class;
use super::{charset, unsupported};
use crate::dialect::Unsupported;
use crate::schema::{Column, Default, IndexPart, Literal, Table};

/// Refuses texts of a normalized table that would come back as others.
pub(super) fn refuse(table: &Table) -> Result<(), Unsupported> {
    let name = &table.name;
    if let Some(comment) = &table.options.comment {
        refuse_in(comment, || format!("the comment of `{name}`"))?;
    }
    for column in &table.columns {
        let what = |of: &str| format!("the {of} of column `{name}.{}`", column.name);
        refuse_in(native(column), || what("type"))?;
        if let Some(comment) = &column.comment {
            refuse_in(comment, || what("comment"))?;
        }
        if let Some(generated) = &column.generated {
            refuse_in(&generated.expression.0, || what("expression"))?;
        }
        match &column.default {
            Some(Default::Literal(Literal::Text(text))) => refuse_in(text, || what("default"))?,
            Some(Default::Expression { sql }) => refuse_in(&sql.0, || what("default"))?,
            Some(Default::Literal(
                Literal::Boolean(_) | Literal::Integer(_) | Literal::Number { .. } | Literal::Bytes { .. },
            ))
            | None => {}
        }
    }
    for check in table.checks.values() {
        refuse_in(&check.expression.0, || {
            format!("check `{}` of `{name}`", check.name)
        })?;
    }
    for index in table.indexes.values() {
        for key in &index.keys {
            match &key.part {
                IndexPart::Expression(sql) => {
                    refuse_in(&sql.0, || format!("index `{}` of `{name}`", index.name))?;
                }
                IndexPart::Column(_) => {}
            }
        }
    }
    Ok(())
}

/// Refuses texts of a table whose character set is none: the server makes bytes of them without a word.
pub(super) fn refuse_bytes(table: &Table) -> Result<(), Unsupported> {
    let is_text = |column: &&Column| matches!(Class::of(native(column)), Class::Char(_) | Class::Text);
    let mut texts = table.columns.iter().filter(is_text);
    match texts.find(|column| charset(table, column) == "binary") {
        Some(column) => Err(unsupported(
            format!("column `{}.{}`", table.name, column.name),
            "a text in a table of the character set `binary` is bytes: make it `Vec<u8>`, or give it a collation of its own, such as `utf8mb4_bin`",
        )),
        None => Ok(()),
    }
}

fn refuse_in(text: &str, what: impl FnOnce() -> String) -> Result<(), Unsupported> {
    match text.chars().find(|character| *character > '\u{ffff}') {
        Some(character) => Err(unsupported(
            what(),
            &format!(
                "the server keeps `{character}` in rows, but shows `?` for it where it tells what a table is; leave it to the program"
            ),
        )),
        None => Ok(()),
    }
}
