//! Triggers that name a column which is not there: servers look at what they do when they fire, not when the column goes.

#![cfg(any(feature = "postgres", feature = "mysql"))]

use std::collections::BTreeSet;

use crate::lexer::{Lexicon, Token, lex};

/// Tells whether a text names a column of the row, as `NEW.name` or `OLD.name`, that is none of those.
pub(super) fn names_another_column(text: &str, lexicon: Lexicon, columns: &BTreeSet<String>) -> bool {
    let tokens: Vec<Token<'_>> = lex(text, lexicon).filter(|token| !token.is_trivia()).collect();
    tokens.windows(3).any(|three| {
        let [row, dot, column] = three else { return false };
        let is_of_the_row = (row.is("NEW") || row.is("OLD")) && dot.is_symbol(".");
        let column = column.name().filter(|_| is_of_the_row);
        column.is_some_and(|column| !columns.contains(&column.to_lowercase()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_of_the_row_is_told_from_other_names() {
        let columns = BTreeSet::from(["title".to_owned(), "with space".to_owned()]);
        let missing = |text| names_another_column(text, Lexicon::STANDARD, &columns);
        assert!(missing("INSERT INTO log VALUES (new.name)"));
        assert!(missing("IF OLD . \"name\" IS NULL THEN"));
        assert!(!missing(
            "INSERT INTO log (name) VALUES (NEW.Title, old.\"with space\")"
        ));
        assert!(!missing("SELECT renew.name, 'NEW.name' -- NEW.name"));
    }
}
