//! SQL expressions as text: the one part of the IR whose meaning belongs to the database.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::lexer::{Kind, Lexicon, lex, unquote};

/// An SQL expression, as a model or a database wrote it.
///
/// Two expressions are equal when their texts are, but for the blanks and line ends between words: a model that is
/// only formatted anew has not changed. Any other difference in spelling is a dialect's to see through.
///
/// ```
/// use schema_core::schema::Expression;
///
/// assert_eq!(Expression::new("price*qty"), Expression::new("price *\n    qty"));
/// assert_ne!(Expression::new("name <> 'a b'"), Expression::new("name <> 'ab'"));
/// ```
#[derive(Debug, Clone, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Expression(pub String);

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || is_alike_but_for_blanks(&self.0, &other.0)
    }
}

fn is_alike_but_for_blanks(one: &str, other: &str) -> bool {
    fn letters(text: &str) -> impl Iterator<Item = char> + '_ {
        text.chars().filter(|character| !character.is_ascii_whitespace())
    }
    fn words(text: &str) -> impl Iterator<Item = &str> {
        let tokens = lex(text, Lexicon::STANDARD).filter(|token| token.kind != Kind::Space);
        tokens.map(|token| token.text)
    }
    // Where a database may see a string that the standard does not, a blank may be a part of it.
    letters(one).eq(letters(other)) && !one.contains(['\\', '$', '#', '[']) && words(one).eq(words(other))
}

impl Expression {
    /// Returns an expression with that text.
    ///
    /// ```
    /// use schema_core::schema::Expression;
    ///
    /// assert_eq!(Expression::new("price >= 0"), Expression::new("price>=0")); // blanks make no difference
    /// ```
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Expression(text.into())
    }

    /// Tells whether a name in the expression is `column`: not inside a string, and not a function's name.
    ///
    /// ```
    /// use schema_core::schema::Expression;
    ///
    /// let check = Expression::new("lower(name) <> 'price'");
    /// assert!(check.mentions("name"));
    /// assert!(!check.mentions("price"));
    /// assert!(!check.mentions("lower"));
    /// ```
    #[must_use]
    pub fn mentions(&self, column: &str) -> bool {
        self.replace_column(column, column).is_some()
    }

    /// Returns what may be the names of columns in the expression, in the order in which they stand.
    ///
    /// ```
    /// use schema_core::schema::Expression;
    ///
    /// assert_eq!(Expression::new("lower(name) <> 'price' AND \"Rank\" > 0").names(), ["name", "Rank"]);
    /// ```
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let tokens: Vec<_> = lex(&self.0, Lexicon::STANDARD).collect();
        let mut names = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            let after = tokens[at + 1..].iter().find(|token| !token.is_trivia());
            let qualifies = after.is_some_and(|token| token.is_symbol(".") || token.is_symbol("("));
            let keyword = token.kind == Kind::Word && is_keyword(token.text);
            if let Some(name) = token.name().filter(|_| !qualifies && !keyword) {
                names.push(name);
            }
        }
        names
    }

    /// Writes `to` wherever the expression names the column `from`.
    ///
    /// ```
    /// # use schema_core::schema::Expression;
    /// let mut check = Expression::new("price > 0 AND kind <> 'price'");
    /// check.rename_column("price", "cost");
    /// assert_eq!(check.0, "cost > 0 AND kind <> 'price'");
    /// ```
    pub fn rename_column(&mut self, from: &str, to: &str) {
        if let Some(text) = self.replace_column(from, to) {
            self.0 = text;
        }
    }

    /// Returns the text with its quoted names as `quote` writes them.
    ///
    /// ```
    /// # use schema_core::schema::Expression;
    /// let check = Expression::new("\"order\" > 0");
    /// assert_eq!(check.quoted_by(&|name| format!("`{name}`")), "`order` > 0");
    /// ```
    #[must_use]
    pub fn quoted_by(&self, quote: &dyn Fn(&str) -> String) -> String {
        lex(&self.0, Lexicon::STANDARD)
            .map(|token| match token.kind {
                Kind::Quoted => quote(&unquote(token.text)),
                Kind::Word | Kind::String | Kind::Number | Kind::Symbol | Kind::Comment | Kind::Space => {
                    token.text.to_owned()
                }
            })
            .collect()
    }

    /// Returns the text with `from` replaced by `to`, or `None` if it does not name `from`.
    fn replace_column(&self, from: &str, to: &str) -> Option<String> {
        let tokens: Vec<_> = lex(&self.0, Lexicon::STANDARD).collect();
        let mut text = String::with_capacity(self.0.len());
        let mut found = false;
        for (at, token) in tokens.iter().enumerate() {
            let after = tokens[at + 1..].iter().find(|token| !token.is_trivia());
            let qualifies = after.is_some_and(|token| token.is_symbol(".") || token.is_symbol("("));
            let named = match token.kind {
                Kind::Word => token.text.eq_ignore_ascii_case(from) && !is_keyword(token.text),
                Kind::Quoted => token.name().is_some_and(|name| name.eq_ignore_ascii_case(from)),
                Kind::String | Kind::Number | Kind::Symbol | Kind::Comment | Kind::Space => false,
            };
            if named && !qualifies {
                found = true;
                text.push_str(&spelled_like(token.kind, to));
            } else {
                text.push_str(token.text);
            }
        }
        found.then_some(text)
    }
}

/// The words that an expression is built with, sorted: without quotes they name no column.
const KEYWORDS: &[&str] = &[
    "all",
    "and",
    "any",
    "as",
    "between",
    "case",
    "cast",
    "collate",
    "current_date",
    "current_time",
    "current_timestamp",
    "distinct",
    "else",
    "end",
    "escape",
    "exists",
    "false",
    "from",
    "glob",
    "in",
    "interval",
    "is",
    "isnull",
    "like",
    "match",
    "not",
    "notnull",
    "null",
    "or",
    "regexp",
    "select",
    "some",
    "then",
    "true",
    "when",
    "where",
];

pub(crate) fn is_keyword(word: &str) -> bool {
    KEYWORDS
        .binary_search(&word.to_ascii_lowercase().as_str())
        .is_ok()
}

/// The words that some database takes for a keyword wherever they stand, sorted: as names, they need quotes.
const RESERVED: &[&str] = &[
    "add",
    "all",
    "alter",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "between",
    "both",
    "by",
    "case",
    "cast",
    "change",
    "check",
    "collate",
    "column",
    "condition",
    "constraint",
    "convert",
    "create",
    "cross",
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "database",
    "default",
    "deferrable",
    "delete",
    "desc",
    "describe",
    "distinct",
    "div",
    "do",
    "drop",
    "else",
    "end",
    "escape",
    "except",
    "exists",
    "explain",
    "false",
    "fetch",
    "for",
    "force",
    "foreign",
    "from",
    "full",
    "fulltext",
    "generated",
    "glob",
    "grant",
    "group",
    "groups",
    "having",
    "if",
    "ignore",
    "in",
    "index",
    "initially",
    "inner",
    "insert",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "key",
    "keys",
    "kill",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "load",
    "lock",
    "match",
    "mod",
    "natural",
    "not",
    "nothing",
    "notnull",
    "null",
    "of",
    "offset",
    "on",
    "only",
    "option",
    "or",
    "order",
    "outer",
    "over",
    "partition",
    "placing",
    "primary",
    "procedure",
    "range",
    "rank",
    "read",
    "references",
    "regexp",
    "rename",
    "repeat",
    "replace",
    "returning",
    "right",
    "row",
    "rows",
    "schema",
    "select",
    "set",
    "show",
    "some",
    "symmetric",
    "system",
    "table",
    "then",
    "to",
    "trailing",
    "transaction",
    "trigger",
    "true",
    "union",
    "unique",
    "unlock",
    "update",
    "usage",
    "use",
    "user",
    "using",
    "values",
    "when",
    "where",
    "window",
    "with",
    "write",
    "xor",
];

/// Returns `name` bare if it was bare before and can be, else in double quotes.
fn spelled_like(kind: Kind, name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain && kind == Kind::Word && RESERVED.binary_search(&name).is_err() {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rename_follows_names_only() {
        let mut expression = Expression::new(r#"price > 0 AND "price" <> 'price' AND price(1) > t.price"#);
        expression.rename_column("price", "cost");
        assert_eq!(
            expression.0,
            r#"cost > 0 AND "cost" <> 'price' AND price(1) > t.cost"#
        );
    }

    #[test]
    fn quoted_names_are_quoted_as_a_database_does() {
        let expression = Expression::new(r#"price > 0 AND "a ""b" <> 'no "name"'"#);
        assert_eq!(
            expression.quoted_by(&|name| format!("`{name}`")),
            r#"price > 0 AND `a "b` <> 'no "name"'"#
        );
    }

    #[test]
    fn a_name_that_needs_quotes_gets_them() {
        let mut expression = Expression::new("price > 0");
        expression.rename_column("price", "Unit Price");
        assert_eq!(expression.0, "\"Unit Price\" > 0");
        let mut expression = Expression::new("price > 0");
        expression.rename_column("price", "group");
        assert_eq!(expression.0, "\"group\" > 0");
    }

    #[test]
    fn the_reserved_words_are_sorted() {
        assert!(RESERVED.is_sorted());
        assert!(KEYWORDS.is_sorted());
    }

    #[test]
    fn keywords_are_no_columns() {
        let mut expression = Expression::new(r#"CASE WHEN "end" > 0 THEN 1 END"#);
        expression.rename_column("end", "last");
        assert_eq!(expression.0, r#"CASE WHEN "last" > 0 THEN 1 END"#);
    }
}
