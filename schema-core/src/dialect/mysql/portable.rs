//! Expressions as other databases understand them, too: with the names that functions have everywhere.

use crate::lexer::{Token, lex};
use crate::schema::Expression;

/// The names that MariaDB gives functions of others, and theirs.
const FUNCTIONS: [(&str, &str); 2] = [("ucase", "upper"), ("lcase", "lower")];

/// Returns the expression with those names.
pub(super) fn portable(expression: &Expression) -> Expression {
    let tokens: Vec<Token<'_>> = lex(&expression.0, super::LEXICON).collect();
    let words = tokens.iter().enumerate().map(|(at, token)| {
        let is_called = tokens.get(at + 1).is_some_and(|next| next.is_symbol("("));
        let function = FUNCTIONS.iter().find(|(name, _)| is_called && token.is(name));
        function.map_or(token.text, |(_, name)| name)
    });
    Expression::new(words.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_functions_by_their_usual_names() {
        let said = portable(&Expression::new(
            "ucase(name) <> 'ucase(x)' and lcase <> LCASE(a)",
        ));
        assert_eq!(said.0, "upper(name) <> 'ucase(x)' and lcase <> lower(a)");
    }
}
