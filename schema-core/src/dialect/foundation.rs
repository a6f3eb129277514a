//! What tables stand on and no model can say.

use std::fmt;

use crate::lexer::{Lexicon, Token, lex};

/// A thing that columns, defaults and conditions may need and that no model makes: an extension, a domain, a type, a sequence, a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foundation {
    /// What it is, as it stands after CREATE: `EXTENSION`, `DOMAIN`.
    pub kind: String,
    /// Its name, without that of the schema it is in.
    pub name: String,
    /// What makes it in another database: a statement, and those to try if that fails.
    pub create: Vec<String>,
}

impl Foundation {
    /// Tells whether a script makes it, and would fail if it were there. A schema that is made only where there is none may be: other things are in it.
    ///
    /// ```
    /// # #[cfg(feature = "postgres")] {
    /// use schema_core::dialect::{Foundation, by_name};
    ///
    /// let citext = Foundation { kind: "EXTENSION".into(), name: "citext".into(), create: Vec::new() };
    /// let lexicon = by_name("postgres").unwrap().lexicon();
    /// assert!(citext.is_made_by("CREATE EXTENSION citext;", lexicon));
    /// # }
    /// ```
    #[must_use]
    pub fn is_made_by(&self, script: &str, lexicon: Lexicon) -> bool {
        let tokens: Vec<Token<'_>> = lex(script, lexicon).filter(|token| !token.is_trivia()).collect();
        (0..tokens.len()).any(|at| tokens[at].is("CREATE") && self.is_named(&tokens[at + 1..]))
    }

    /// Tells whether it is named by what follows a CREATE.
    fn is_named(&self, tokens: &[Token<'_>]) -> bool {
        if let [schema, may_be_there, ..] = tokens
            && schema.is("SCHEMA")
            && may_be_there.is("IF")
        {
            return false;
        }
        let is_option = |token: &Token<'_>| {
            ["OR", "REPLACE", "IF", "NOT", "EXISTS"]
                .iter()
                .any(|word| token.is(word))
        };
        let mut tokens = tokens.iter().filter(|token| !is_option(token)).peekable();
        if !tokens.next().is_some_and(|token| token.is(&self.kind)) {
            return false;
        }
        let mut name = tokens.next();
        while tokens.next_if(|token| token.is_symbol(".")).is_some() {
            name = tokens.next();
        }
        let name = name.and_then(Token::name);
        name.is_some_and(|name| name.eq_ignore_ascii_case(&self.name))
    }
}

impl fmt::Display for Foundation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind.to_lowercase(), self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_makes_it_is_known() {
        let domain = Foundation {
            kind: "DOMAIN".to_owned(),
            name: "email".to_owned(),
            create: Vec::new(),
        };
        let made = |script| domain.is_made_by(script, Lexicon::STANDARD);
        assert!(made("SELECT 1;\ncreate domain Email AS text;"));
        assert!(made("CREATE DOMAIN public.\"email\" AS text"));
        assert!(made("CREATE /* a */ DOMAIN IF NOT EXISTS email"));
        assert!(!made("CREATE TYPE email AS (a text)"));
        assert!(!made("CREATE DOMAIN email.other AS text"));
        assert!(!made("CREATE TABLE a (domain email)"));
        assert!(!made("-- CREATE DOMAIN email"));
    }

    #[test]
    fn a_schema_that_may_be_there_already_is_in_no_way() {
        let schema = Foundation {
            kind: "SCHEMA".to_owned(),
            name: "sales".to_owned(),
            create: Vec::new(),
        };
        let made = |script| schema.is_made_by(script, Lexicon::STANDARD);
        assert!(made("CREATE SCHEMA sales"));
        assert!(!made("CREATE SCHEMA IF NOT EXISTS sales"));
    }
}
