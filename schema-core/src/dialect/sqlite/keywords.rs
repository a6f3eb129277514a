//! SQLite's keywords (<https://sqlite.org/lang_keywords.html>), sorted by whether they can also be names.

/// Words that are never names, in any place.
const RESERVED: &[&str] = &[
    "ADD",
    "ALL",
    "ALTER",
    "AND",
    "AS",
    "AUTOINCREMENT",
    "BETWEEN",
    "CASE",
    "CHECK",
    "COLLATE",
    "COMMIT",
    "CONSTRAINT",
    "CREATE",
    "CROSS",
    "DEFAULT",
    "DEFERRABLE",
    "DELETE",
    "DISTINCT",
    "DROP",
    "ELSE",
    "ESCAPE",
    "EXCEPT",
    "EXISTS",
    "FOREIGN",
    "FROM",
    "FULL",
    "GROUP",
    "HAVING",
    "IN",
    "INDEX",
    "INNER",
    "INSERT",
    "INTERSECT",
    "INTO",
    "IS",
    "ISNULL",
    "JOIN",
    "LEFT",
    "LIMIT",
    "NATURAL",
    "NOT",
    "NOTHING",
    "NOTNULL",
    "NULL",
    "ON",
    "OR",
    "ORDER",
    "OUTER",
    "PRIMARY",
    "REFERENCES",
    "RETURNING",
    "RIGHT",
    "SELECT",
    "SET",
    "TABLE",
    "THEN",
    "TO",
    "TRANSACTION",
    "UNION",
    "UNIQUE",
    "UPDATE",
    "USING",
    "VALUES",
    "WHEN",
    "WHERE",
];

/// Words that mean something within an expression, but are names where nothing else fits.
const SOFT: &[&str] = &[
    "CAST",
    "CURRENT",
    "CURRENT_DATE",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "END",
    "FALSE",
    "FILTER",
    "GLOB",
    "LIKE",
    "MATCH",
    "OVER",
    "RAISE",
    "REGEXP",
    "TRUE",
    "WITHIN",
];

/// Words that SQLite knows as keywords and that mean nothing in an expression or a type.
const OTHER: &[&str] = &["GENERATED", "ALWAYS"];

/// Tells whether the word is a keyword in expressions or column definitions.
pub(super) fn is_keyword(word: &str) -> bool {
    is_expression_keyword(word) || is_in(OTHER, word)
}

/// Tells whether the word, without quotes, is taken for more than a name within an expression.
pub(super) fn is_expression_keyword(word: &str) -> bool {
    is_reserved(word) || is_in(SOFT, word)
}

/// Tells whether the word can never be a name without quotes.
pub(super) fn is_reserved(word: &str) -> bool {
    is_in(RESERVED, word)
}

fn is_in(words: &[&str], word: &str) -> bool {
    words.iter().any(|keyword| keyword.eq_ignore_ascii_case(word))
}
