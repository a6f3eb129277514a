//! A lossless lexer of SQL: every byte of the text belongs to exactly one token.
//!
//! It is what lets the rest of the crate cut a script into statements, compare two spellings of one expression
//! and follow a renamed column into a CHECK, without a parser for each database. It never fails: a byte that
//! opens nothing known is a [`Kind::Symbol`], and a quote or comment that is never closed runs to the end of the
//! text. It knows no grammar and no dialect by name; what differs between databases is a [`Lexicon`].

/// The lexical habits in which databases differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lexicon {
    /// `[name]` quotes an identifier (SQLite).
    pub brackets: bool,
    /// A backslash escapes the next byte inside `'…'` (MySQL).
    pub backslash_escapes: bool,
    /// `"…"` is a string, not an identifier (MySQL without `ANSI_QUOTES`).
    pub double_quoted_strings: bool,
    /// `$tag$…$tag$` is a string, and `E'…'` takes backslash escapes (PostgreSQL).
    pub dollar_quotes: bool,
    /// `#` opens a comment (MySQL).
    pub hash_comments: bool,
    /// `/* /* */ */` nests (PostgreSQL).
    pub nested_comments: bool,
    /// What stands between `/*!80000` or `/*M!100203` and `*/` is run (MySQL, MariaDB), so the marks are symbols and no comment
    /// (<https://dev.mysql.com/doc/refman/8.4/en/comments.html>).
    pub executable_comments: bool,
    /// A routine may be a compound statement, such as `IF … END IF`, and `DELIMITER` lines tell the shell what ends it (MySQL).
    pub compound_bodies: bool,
    /// A carriage return ends a `--` comment, as a line end does (PostgreSQL).
    pub returns_end_comments: bool,
}

impl Lexicon {
    /// What every database agrees on: the lexicon of expressions written in models.
    pub const STANDARD: Lexicon = Lexicon {
        brackets: false,
        backslash_escapes: false,
        double_quoted_strings: false,
        dollar_quotes: false,
        hash_comments: false,
        nested_comments: false,
        executable_comments: false,
        compound_bodies: false,
        returns_end_comments: false,
    };
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A keyword or an unquoted name.
    Word,
    /// A quoted name: `"a"`, `` `a` `` or `[a]`.
    Quoted,
    /// A string or blob literal, with its prefix (`X'00'`, `E'\n'`, `$$…$$`).
    String,
    /// A number.
    Number,
    /// An operator or a punctuation mark. `(`, `)`, `,`, `;` and `.` always stand alone.
    Symbol,
    /// A comment, with its marks and without the line end.
    Comment,
    /// White space.
    Space,
}

/// One token: its kind and the exact text it covers.
///
/// ```
/// use schema_core::lexer::{Lexicon, lex};
///
/// let tokens: Vec<_> = lex("DROP TABLE \"a b\" -- bye", Lexicon::STANDARD).filter(|token| !token.is_trivia()).collect();
/// assert!(tokens[0].is("drop") && !tokens[2].is("drop"));
/// assert_eq!(tokens[2].name().as_deref(), Some("a b"));
/// assert_eq!((tokens[2].start, tokens[2].end()), (11, 16));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// Its text as written.
    pub text: &'a str,
    /// The offset of its first byte in the text that was lexed.
    pub start: usize,
}

impl<'a> Token<'a> {
    /// Tells whether this is the given keyword, whatever its case.
    #[must_use]
    pub fn is(&self, keyword: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(keyword)
    }

    /// Tells whether this is the given operator or mark.
    ///
    /// ```
    /// # use schema_core::lexer::{Lexicon, lex};
    /// let commas = lex("(a, ',', b)", Lexicon::STANDARD).filter(|token| token.is_symbol(",")).count();
    /// assert_eq!(commas, 2); // the one in the string is no symbol
    /// ```
    #[must_use]
    pub fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }

    /// Tells whether this is white space or a comment.
    ///
    /// ```
    /// # use schema_core::lexer::{Lexicon, lex};
    /// let words: Vec<&str> = lex("DROP /* what? */ TABLE a -- bye", Lexicon::STANDARD)
    ///     .filter(|token| !token.is_trivia())
    ///     .map(|token| token.text)
    ///     .collect();
    /// assert_eq!(words, ["DROP", "TABLE", "a"]);
    /// ```
    #[must_use]
    pub fn is_trivia(&self) -> bool {
        matches!(self.kind, Kind::Space | Kind::Comment)
    }

    /// Tells whether this opens a comment that [is run](Lexicon::executable_comments).
    #[must_use]
    pub fn opens_executable(&self) -> bool {
        self.kind == Kind::Symbol && self.text.starts_with("/*")
    }

    /// Tells whether this is a mark of a comment that [is run](Lexicon::executable_comments): what stands between two of them is read as if
    /// they were not there.
    #[must_use]
    pub fn marks_executable(&self) -> bool {
        self.opens_executable() || self.is_symbol("*/")
    }

    /// Returns the name that a [`Kind::Word`] or [`Kind::Quoted`] token spells, unquoted.
    ///
    /// ```
    /// # use schema_core::lexer::{Lexicon, lex};
    /// let names: Vec<_> = lex("a.\"b c\"", Lexicon::STANDARD).filter_map(|token| token.name()).collect();
    /// assert_eq!(names, ["a", "b c"]);
    /// ```
    #[must_use]
    pub fn name(&self) -> Option<String> {
        match self.kind {
            Kind::Word => Some(self.text.to_owned()),
            Kind::Quoted => Some(unquote(self.text)),
            Kind::String | Kind::Number | Kind::Symbol | Kind::Comment | Kind::Space => None,
        }
    }

    /// Returns the offset just past its last byte.
    #[must_use]
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// Takes the quotes off `"a""b"`, `` `a` ``, `[a]` or `'a''b'`; text without quotes comes back as it is.
///
/// ```
/// use schema_core::lexer::unquote;
///
/// assert_eq!(unquote("\"a\"\"b\""), "a\"b");
/// assert_eq!(unquote("'it''s'"), "it's");
/// assert_eq!(unquote("plain"), "plain");
/// ```
#[must_use]
pub fn unquote(text: &str) -> String {
    let Some(open) = text.chars().next() else {
        return String::new();
    };
    let close = if open == '[' { ']' } else { open };
    if !matches!(open, '"' | '`' | '[' | '\'') {
        return text.to_owned();
    }
    let inner = &text[1..];
    let inner = inner.strip_suffix(close).unwrap_or(inner);
    inner.replace(&format!("{close}{close}"), &close.to_string())
}

/// Takes off the parentheses that hold the whole of some tokens without blanks. It reads them once, however deep they are nested.
#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
pub(crate) fn without_parentheses<'a, 'b>(tokens: &'a [Token<'b>]) -> &'a [Token<'b>] {
    let opening = tokens.iter().take_while(|token| token.is_symbol("(")).count();
    let closing = tokens
        .iter()
        .rev()
        .take_while(|token| token.is_symbol(")"))
        .count();
    let middle = tokens.get(opening..tokens.len() - closing).unwrap_or_default();
    // How many are open at the least, and at the end.
    let (mut least, mut open) = (opening, opening);
    for token in middle {
        if token.is_symbol("(") {
            open += 1;
        } else if token.is_symbol(")") {
            open = open.saturating_sub(1);
        }
        least = least.min(open);
    }
    // What closes more than is open does not hold the whole.
    let pairs = if open < closing { 0 } else { closing.min(least) };
    // Something stays.
    let pairs = pairs.min(tokens.len().saturating_sub(1) / 2);
    &tokens[pairs..tokens.len() - pairs]
}

/// Returns the tokens of `text`, in order and without gaps.
///
/// # Example
///
/// ```
/// use schema_core::lexer::{lex, Kind, Lexicon};
///
/// let kinds: Vec<Kind> = lex("price >= 0", Lexicon::STANDARD).map(|token| token.kind).collect();
/// assert_eq!(kinds, [Kind::Word, Kind::Space, Kind::Symbol, Kind::Space, Kind::Number]);
/// ```
pub fn lex(text: &str, lexicon: Lexicon) -> impl Iterator<Item = Token<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let (kind, length) = next(rest, lexicon);
        let token = Token {
            kind,
            text: &rest[..length],
            start: at,
        };
        at += length;
        Some(token)
    })
}

/// Returns the kind and length of the token that `rest`, never empty, begins with.
fn next(rest: &str, lexicon: Lexicon) -> (Kind, usize) {
    let bytes = rest.as_bytes();
    let second = bytes.get(1).copied().unwrap_or(0);
    match bytes[0] {
        byte if byte.is_ascii_whitespace() => (Kind::Space, span(rest, |c| c.is_ascii_whitespace())),
        b'-' if second == b'-' => (Kind::Comment, line_length(rest, lexicon)),
        b'#' if lexicon.hash_comments => (Kind::Comment, line_length(rest, lexicon)),
        b'/' if second == b'*' => match executable_mark(rest).filter(|_| lexicon.executable_comments) {
            Some(length) => (Kind::Symbol, length),
            None => (Kind::Comment, block_comment(bytes, lexicon)),
        },
        // `2*/* twice */3` multiplies.
        b'*' if lexicon.executable_comments && second == b'/' && bytes.get(2) != Some(&b'*') => {
            (Kind::Symbol, 2)
        }
        b'\'' => (Kind::String, quoted(bytes, b'\'', lexicon.backslash_escapes)),
        b'"' if lexicon.double_quoted_strings => {
            (Kind::String, quoted(bytes, b'"', lexicon.backslash_escapes))
        }
        b'"' => (Kind::Quoted, quoted(bytes, b'"', false)),
        b'`' => (Kind::Quoted, quoted(bytes, b'`', false)),
        b'[' if lexicon.brackets => (Kind::Quoted, until(rest, "]")),
        b'$' if lexicon.dollar_quotes => dollar(rest),
        b'x' | b'X' | b'b' | b'B' | b'n' | b'N' if second == b'\'' => (
            Kind::String,
            1 + quoted(&bytes[1..], b'\'', lexicon.backslash_escapes),
        ),
        b'e' | b'E' if second == b'\'' && lexicon.dollar_quotes => {
            (Kind::String, 1 + quoted(&bytes[1..], b'\'', true))
        }
        byte if byte.is_ascii_digit() || (byte == b'.' && second.is_ascii_digit()) => {
            (Kind::Number, number(bytes))
        }
        byte if is_name_byte(byte) => (
            Kind::Word,
            span(rest, |c| !c.is_ascii() || is_name_byte(c as u8) || c == '$'),
        ),
        _ => (Kind::Symbol, symbol(rest)),
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn span(rest: &str, belongs: impl Fn(char) -> bool) -> usize {
    rest.find(|c| !belongs(c)).unwrap_or(rest.len())
}

fn line_length(rest: &str, lexicon: Lexicon) -> usize {
    rest.find(|c| c == '\n' || (c == '\r' && lexicon.returns_end_comments))
        .unwrap_or(rest.len())
}

fn until(rest: &str, close: &str) -> usize {
    rest.find(close).map_or(rest.len(), |at| at + close.len())
}

/// Returns the length of what opens a comment that is run, with the version from which on it is.
fn executable_mark(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix("/*!").or_else(|| rest.strip_prefix("/*M!"))?;
    let version = span(after, |c| c.is_ascii_digit());
    Some(rest.len() - after.len() + version)
}

fn block_comment(bytes: &[u8], lexicon: Lexicon) -> usize {
    let mut depth = 1;
    let mut at = 2;
    while at < bytes.len() {
        match &bytes[at..] {
            [b'*', b'/', ..] => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            [b'/', b'*', ..] if lexicon.nested_comments => {
                depth += 1;
                at += 2;
            }
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Returns the length of a quoted token; a doubled quote is part of it.
fn quoted(bytes: &[u8], quote: u8, backslash_escapes: bool) -> usize {
    let mut at = 1;
    while at < bytes.len() {
        if backslash_escapes && bytes[at] == b'\\' {
            at += 2;
        } else if bytes[at] != quote {
            at += 1;
        } else if bytes.get(at + 1) == Some(&quote) {
            at += 2;
        } else {
            return at + 1;
        }
    }
    bytes.len()
}

fn dollar(rest: &str) -> (Kind, usize) {
    let tag = 1 + span(&rest[1..], |c| !c.is_ascii() || is_name_byte(c as u8));
    if rest.as_bytes().get(tag) != Some(&b'$') || rest.as_bytes()[1].is_ascii_digit() {
        return (Kind::Symbol, tag);
    }
    let open = &rest[..=tag];
    (Kind::String, open.len() + until(&rest[open.len()..], open))
}

fn number(bytes: &[u8]) -> usize {
    let mut at = 0;
    while at < bytes.len() {
        let exponent_sign = matches!(bytes[at], b'+' | b'-')
            && at > 0
            && matches!(bytes[at - 1], b'e' | b'E')
            && bytes[0] != b'x'
            && !bytes.starts_with(b"0x")
            && !bytes.starts_with(b"0X");
        if !(bytes[at].is_ascii_alphanumeric() || matches!(bytes[at], b'.' | b'_') || exponent_sign) {
            break;
        }
        at += 1;
    }
    at
}

/// The operators of more than one character, longest first.
const OPERATORS: [&str; 16] = [
    "->>", "#>>", "||", "->", "#>", "<=", ">=", "<>", "!=", "==", "<<", ">>", "::", "@>", "<@", ":=",
];

fn symbol(rest: &str) -> usize {
    OPERATORS
        .iter()
        .find(|operator| rest.starts_with(**operator))
        .map_or_else(
            || rest.chars().next().map_or(1, char::len_utf8),
            |operator| operator.len(),
        )
}

#[cfg(test)]
mod tests;
