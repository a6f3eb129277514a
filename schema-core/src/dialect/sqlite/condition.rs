//! The one spelling of a CHECK's condition.

use std::collections::BTreeSet;

use super::expression::canonical;
use crate::lexer::{Kind, lex};
use crate::schema::Expression;

/// Returns the one spelling of a condition over the columns of `table`.
///
/// A condition that is nothing but a list of the texts a column may hold has them in an order of its own, each once: so is an enum held, and
/// the order of the list means nothing to SQLite.
///
/// # Errors
///
/// Why the text can be no expression, as a sentence's end.
pub(super) fn canonical_condition(text: &str, table: &str) -> Result<Expression, &'static str> {
    let expression = canonical(text, table)?;
    Ok(listed(&expression.0).unwrap_or(expression))
}

/// Reads `"column" IN ('b', 'a')`, in the one spelling.
fn listed(condition: &str) -> Option<Expression> {
    let tokens: Vec<_> = lex(condition, super::LEXICON)
        .filter(|token| !token.is_trivia())
        .collect();
    let [column, word, open, list @ .., close] = tokens.as_slice() else {
        return None;
    };
    let is_list = column.kind == Kind::Quoted
        && word.is("IN")
        && open.is_symbol("(")
        && close.is_symbol(")")
        && list.len() % 2 == 1
        && list.iter().enumerate().all(|(at, token)| match at % 2 {
            0 => token.kind == Kind::String && token.text.starts_with('\''),
            _ => token.is_symbol(","),
        });
    let values: BTreeSet<&str> = list.iter().step_by(2).map(|token| token.text).collect();
    let values: Vec<&str> = values.into_iter().collect();
    is_list.then(|| Expression::new(format!("{} IN ({})", column.text, values.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_a_list_means_nothing() {
        for (text, expected) in [
            (
                "status IN ('live', 'draft', 'live')",
                "\"status\" IN ('draft', 'live')",
            ),
            ("(t.status in ('it''s'))", "\"status\" IN ('it''s')"),
            ("status IN ('b', 'a') OR a", "\"status\" IN ('b', 'a') OR \"a\""),
            ("status IN (2, 1)", "\"status\" IN (2, 1)"),
            ("status NOT IN ('b', 'a')", "\"status\" NOT IN ('b', 'a')"),
        ] {
            assert_eq!(canonical_condition(text, "t").unwrap().0, expected);
        }
    }
}
