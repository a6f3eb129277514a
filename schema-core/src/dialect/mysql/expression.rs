//! One spelling for expressions, and the way from it to the server's SQL and back.
//!
//! In a normalized schema an expression is standard SQL, as models write it: names in double quotes, a backslash in a text is a backslash. In a
//! script it is the server's SQL: names in backticks, backslashes doubled. What a server reports is brought back into the first form, and
//! so is what a model says, so that a cosmetic edit is no change. The server rewrites what it stores (`NOT (a = 1)` becomes `a <> 1`), so what
//! a model says and what a database holds are compared only after the server has stored both; see [`stored`](super::stored).
//! It knows tokens, not grammar.

use crate::lexer::{Kind, Lexicon, Token, lex, without_parentheses};
use crate::schema::{Expression, Table, is_keyword};

/// The names that an expression can mean without quotes.
#[derive(Debug, Clone)]
pub(super) struct Names<'a> {
    table: &'a str,
    columns: Vec<&'a str>,
}

impl<'a> Names<'a> {
    pub(super) fn of(table: &'a Table) -> Self {
        Names {
            table: &table.name.name,
            columns: table.columns.iter().map(|column| column.name.as_str()).collect(),
        }
    }

    /// Returns the column's name as its table spells it: the server takes names of columns that differ in case for the same.
    fn column(&self, name: &str) -> Option<&'a str> {
        self.columns
            .iter()
            .copied()
            .find(|column| column.to_lowercase() == name.to_lowercase())
    }
}

/// Returns the one spelling of an expression.
///
/// # Errors
///
/// Why the text can be no expression, as a sentence's end: "its parentheses do not match".
pub(super) fn canonical(text: &str, lexicon: Lexicon, names: &Names<'_>) -> Result<Expression, &'static str> {
    let tokens = tokens(text, lexicon)?;
    let tokens = without_parentheses(&tokens);
    Ok(Expression::new(spell(tokens, lexicon, names)))
}

/// Returns an expression as a statement of the server has it.
pub(super) fn render(expression: &Expression) -> String {
    lex(&expression.0, Lexicon::STANDARD)
        .map(|token| match token.kind {
            Kind::Quoted => super::ddl::quote(&crate::lexer::unquote(token.text)),
            Kind::String => token.text.replace('\\', "\\\\"),
            Kind::Word | Kind::Number | Kind::Symbol | Kind::Comment | Kind::Space => token.text.to_owned(),
        })
        .collect()
}

/// Returns the tokens that matter, if they could be one expression and nothing else.
///
/// # Errors
///
/// As [`canonical`].
pub(super) fn tokens(text: &str, lexicon: Lexicon) -> Result<Vec<Token<'_>>, &'static str> {
    if text.contains('\0') {
        return Err("it holds a NUL byte");
    }
    let tokens: Vec<Token<'_>> = lex(text, lexicon).filter(|token| !token.is_trivia()).collect();
    if tokens.is_empty() {
        return Err("it is empty");
    }
    let mut depth = 0_usize;
    for token in &tokens {
        match token.text {
            "(" if token.kind == Kind::Symbol => depth += 1,
            ")" if token.kind == Kind::Symbol => {
                depth = depth.checked_sub(1).ok_or("its parentheses do not match")?;
            }
            ";" if token.kind == Kind::Symbol => return Err("it holds a semicolon"),
            // In a script of this server it would open a comment.
            "#" if token.kind == Kind::Symbol => return Err("it holds a `#`, which opens a comment"),
            _ if !is_closed(token, lexicon) => return Err("it holds a quote that is never closed"),
            _ => {}
        }
    }
    if depth == 0 {
        Ok(tokens)
    } else {
        Err("its parentheses do not match")
    }
}

fn is_closed(token: &Token<'_>, lexicon: Lexicon) -> bool {
    match token.kind {
        Kind::Quoted | Kind::String => {
            let text = token.text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
            let quote = text.chars().next().unwrap_or('\'');
            let escapes = lexicon.backslash_escapes && token.kind == Kind::String;
            // A quote closes it that is neither doubled nor escaped, and that is its last character.
            let mut characters = text.chars().skip(1).peekable();
            while let Some(character) = characters.next() {
                if escapes && character == '\\' {
                    characters.next();
                } else if character == quote && characters.next_if_eq(&quote).is_none() {
                    return characters.peek().is_none();
                }
            }
            false
        }
        Kind::Word | Kind::Number | Kind::Symbol | Kind::Comment | Kind::Space => true,
    }
}

/// Returns the text that a token in single quotes stands for; `None` if it is no such token.
pub(super) fn text_of(token: &Token<'_>, lexicon: Lexicon) -> Option<String> {
    let quote = token
        .text
        .chars()
        .next()
        .filter(|quote| matches!(quote, '\'' | '"'))?;
    if token.kind != Kind::String || token.text.len() < 2 {
        return None;
    }
    let inner = &token.text[1..token.text.len() - 1];
    let mut text = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        if character == quote {
            text.push(quote);
            characters.next();
        } else if character == '\\' && lexicon.backslash_escapes {
            text.extend(characters.next().map(escaped).into_iter().flatten());
        } else {
            text.push(character);
        }
    }
    Some(text)
}

/// Returns what a letter after a backslash stands for (<https://dev.mysql.com/doc/refman/8.4/en/string-literals.html>).
fn escaped(letter: char) -> Vec<char> {
    match letter {
        '0' => vec!['\0'],
        'b' => vec!['\u{8}'],
        'n' => vec!['\n'],
        'r' => vec!['\r'],
        't' => vec!['\t'],
        'Z' => vec!['\u{1a}'],
        // Patterns of LIKE keep the backslash.
        '%' | '_' => vec!['\\', letter],
        other => vec![other],
    }
}

/// What came before a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing, or an open parenthesis: no blank follows.
    Open,
    /// An operator, a keyword or a comma: a sign that follows belongs to its operand.
    Operator,
    /// A sign of an operand: no blank follows.
    Sign,
    /// The name of a function: its parenthesis follows at once.
    Function,
    /// A name, a literal or a closing parenthesis.
    Operand,
}

/// The words that a parenthesis follows without being their arguments, sorted.
const BEFORE_PARENTHESIS: [&str; 24] = [
    "all", "and", "any", "as", "between", "binary", "case", "collate", "distinct", "div", "else", "escape",
    "exists", "in", "interval", "is", "like", "not", "or", "regexp", "rlike", "then", "when", "xor",
];

fn spell(tokens: &[Token<'_>], lexicon: Lexicon, names: &Names<'_>) -> String {
    let mut text = String::new();
    let mut before = Before::Open;
    let mut rest = tokens;
    while let Some((token, after)) = rest.split_first() {
        rest = after;
        if let [dot, _, ..] = after {
            let qualifies = token
                .name()
                .is_some_and(|name| name.eq_ignore_ascii_case(names.table));
            if dot.is_symbol(".") && qualifies {
                rest = &after[1..];
                continue;
            }
        }
        if is_introducer(token, after.first()) {
            continue;
        }
        let (spelled, then) = word(token, after.first(), before, lexicon, names);
        let joined = match before {
            Before::Open => true,
            Before::Sign => !spelled.starts_with(['-', '+']),
            Before::Function => spelled == "(",
            Before::Operator | Before::Operand => false,
        };
        if !joined && !matches!(spelled.as_str(), ")" | "," | ".") {
            text.push(' ');
        }
        text.push_str(&spelled);
        before = then;
    }
    text
}

/// Tells whether a word names the character set of the text behind it, as MySQL writes every text that it stores: `_utf8mb4'a'`.
fn is_introducer(token: &Token<'_>, next: Option<&Token<'_>>) -> bool {
    let follows = next.is_some_and(|next| next.kind == Kind::String && next.start == token.end());
    token.kind == Kind::Word && token.text.starts_with('_') && follows
}

/// Returns the spelling of one token, and what it is to the next.
fn word(
    token: &Token<'_>,
    next: Option<&Token<'_>>,
    before: Before,
    lexicon: Lexicon,
    names: &Names<'_>,
) -> (String, Before) {
    let calls = next.is_some_and(|next| next.is_symbol("("));
    match token.kind {
        Kind::Word => {
            let lower = token.text.to_lowercase();
            let is_operator = BEFORE_PARENTHESIS.binary_search(&lower.as_str()).is_ok();
            let column = names
                .column(token.text)
                .filter(|_| !calls && !is_keyword(token.text));
            match column {
                Some(column) => (standard_name(column), Before::Operand),
                None if is_operator => (lower, Before::Operator),
                None if calls => (lower, Before::Function),
                None if is_keyword(token.text)
                    && !matches!(lower.as_str(), "null" | "true" | "false" | "end")
                    && !lower.starts_with("current_") =>
                {
                    (lower, Before::Operator)
                }
                None => (lower, Before::Operand),
            }
        }
        Kind::Quoted => {
            let name = crate::lexer::unquote(token.text);
            let name = names.column(&name).map_or(name.as_str(), |column| column);
            (standard_name(name), Before::Operand)
        }
        Kind::String => {
            let text = text_of(token, lexicon);
            let spelled = text.map_or_else(
                || token.text.to_lowercase(),
                |text| super::types::standard_text(&text),
            );
            (spelled, Before::Operand)
        }
        Kind::Number => (token.text.to_lowercase(), Before::Operand),
        Kind::Symbol if matches!(token.text, "(" | ".") => (token.text.to_owned(), Before::Open),
        Kind::Symbol if token.text == ")" => (token.text.to_owned(), Before::Operand),
        Kind::Symbol if matches!(token.text, "-" | "+" | "~" | "!") && before != Before::Operand => {
            (token.text.to_owned(), Before::Sign)
        }
        Kind::Symbol | Kind::Comment | Kind::Space => (token.text.to_owned(), Before::Operator),
    }
}

/// Returns a name as standard SQL writes it.
pub(super) fn standard_name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::super::LEXICON;
    use super::*;

    fn names() -> Names<'static> {
        Names {
            table: "items",
            columns: vec!["price", "name", "a b", "Group"],
        }
    }

    fn spelled(text: &str, lexicon: Lexicon) -> String {
        let once = canonical(text, lexicon, &names()).unwrap();
        let twice = canonical(&once.0, Lexicon::STANDARD, &names()).unwrap();
        assert_eq!(twice, once, "twice is once");
        once.0
    }

    #[test]
    fn one_spelling_of_what_models_write() {
        for (written, expected) in [
            ("price>=0", "\"price\" >= 0"),
            ("((PRICE >= -1))", "\"price\" >= -1"),
            ("(price) > (name)", "(\"price\") > (\"name\")"),
            ("items.price /* why */ > 0 -- so", "\"price\" > 0"),
            (
                "LOWER( name )<>'X' AND NOT name",
                "lower(\"name\") <> 'X' and not \"name\"",
            ),
            ("name in ('x','it''s \\')", "\"name\" in ('x', 'it''s \\')"),
            ("price - -5 * - - price", "\"price\" - -5 * - -\"price\""),
            ("\"a b\" = `group`", "\"a b\" = \"Group\""),
            (
                "case when name is null then 1 else price end",
                "case when \"name\" is null then 1 else \"price\" end",
            ),
            ("CURRENT_TIMESTAMP", "current_timestamp"),
            ("X'0F'", "x'0f'"),
        ] {
            assert_eq!(spelled(written, Lexicon::STANDARD), expected);
        }
    }

    #[test]
    fn one_spelling_of_what_servers_report() {
        for (reported, expected) in [
            (
                "`price` > 0 and `name` <> 'a\\\\b\\'c'",
                "\"price\" > 0 and \"name\" <> 'a\\b''c'",
            ),
            ("lcase(concat(`name`,'X\\n'))", "lcase(concat(\"name\", 'X\n'))"),
            ("(`name` in (_utf8mb4'a',_latin1'b'))", "\"name\" in ('a', 'b')"),
            ("`name` like '10\\\\%'", "\"name\" like '10\\%'"),
        ] {
            assert_eq!(spelled(reported, LEXICON), expected);
        }
    }

    #[test]
    fn is_rendered_in_the_words_of_the_server() {
        let render = |text: &str| render(&Expression::new(text));
        assert_eq!(render("\"a`b\" <> 'it''s \\'"), "`a``b` <> 'it''s \\\\'");
    }

    #[test]
    fn refuses_what_would_break_out() {
        for text in [
            "",
            "  -- nothing",
            "a) > (b",
            "(a",
            "a; DROP TABLE t",
            "'a",
            "\"a",
            "a\0b",
            "''' ",
            "a # b",
        ] {
            assert!(canonical(text, Lexicon::STANDARD, &names()).is_err(), "{text}");
        }
        assert!(canonical("'a\\'", LEXICON, &names()).is_err());
        assert!(canonical("'a\\''", LEXICON, &names()).is_ok());
    }
}
