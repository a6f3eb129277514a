//! Texts in double quotes, which SQLite takes for names where it finds such a column, and else for texts
//! (<https://sqlite.org/quirks.html#double_quoted_string_literals_are_accepted>).
//!
//! Once an expression is in its one spelling, every name is in double quotes; so what is none has to be told before. That is so of texts that stand in a database: of one
//! that is new, such a name is a mistake, and the connection of this tool has it refused.

use super::LEXICON;
use super::ddl;
use crate::lexer::{Kind, Token, lex, unquote};
use crate::schema::Table;

/// The names that a rowid has without being a column.
const ROWIDS: [&str; 3] = ["rowid", "oid", "_rowid_"];

/// Returns an expression over the columns with each text in double quotes that is no name of one as a literal.
pub(super) fn spelled(text: &str, columns: &[&str]) -> String {
    let tokens: Vec<Token<'_>> = lex(text, LEXICON).filter(|token| !token.is_trivia()).collect();
    let mut spelled = String::with_capacity(text.len());
    let mut from = 0;
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        if is_text(token, before, tokens.get(at + 1), columns) {
            spelled.push_str(&text[from..token.start]);
            spelled.push_str(&ddl::text(&unquote(token.text)));
            from = token.end();
        }
    }
    spelled.push_str(&text[from..]);
    spelled
}

/// Tells whether a token is in double quotes, stands where a column could, and names none.
fn is_text(
    token: &Token<'_>,
    before: Option<&Token<'_>>,
    after: Option<&Token<'_>>,
    columns: &[&str],
) -> bool {
    let is_closed = token.text.len() > 1 && token.text.ends_with('"');
    if token.kind != Kind::Quoted || !token.text.starts_with('"') || !is_closed {
        return false;
    }
    let elsewhere = before
        .is_some_and(|before| before.is_symbol(".") || before.is("COLLATE") || before.is("AS"))
        || after.is_some_and(|after| after.is_symbol(".") || after.is_symbol("("));
    let name = unquote(token.text);
    let is = |other: &&str| other.eq_ignore_ascii_case(&name);
    !elsewhere && !columns.iter().any(&is) && !ROWIDS.iter().any(is)
}

/// Returns the names of a table's columns.
pub(super) fn names(table: &Table) -> Vec<&str> {
    table.columns.iter().map(|column| column.name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_no_column_is_a_text() {
        for (written, expected) in [
            ("q in (\"a\", \"it's\")", "q in ('a', 'it''s')"),
            ("\"Q\" <> \"\"", "\"Q\" <> ''"),
            ("\"t\".\"q\" > \"rowid\"", "\"t\".\"q\" > \"rowid\""),
            ("\"lower\"(q) = \"x\"\"y\"", "\"lower\"(q) = 'x\"y'"),
            ("q collate \"nocase\" = [a]", "q collate \"nocase\" = [a]"),
            (
                "cast(q as \"text\") = `a` -- \"b\"",
                "cast(q as \"text\") = `a` -- \"b\"",
            ),
        ] {
            assert_eq!(spelled(written, &["q"]), expected);
        }
    }
}
