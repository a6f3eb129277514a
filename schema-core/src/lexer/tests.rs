//! The tokens of texts, by lexicon.

use super::*;

fn kinds(text: &str, lexicon: Lexicon) -> Vec<(Kind, &str)> {
    let tokens: Vec<Token<'_>> = lex(text, lexicon).collect();
    assert_eq!(
        tokens.iter().map(|token| token.text).collect::<String>(),
        text,
        "lossless"
    );
    tokens
        .into_iter()
        .filter(|token| token.kind != Kind::Space)
        .map(|t| (t.kind, t.text))
        .collect()
}

#[test]
fn tells_names_strings_and_numbers_apart() {
    use Kind::{Number, Quoted, String, Symbol, Word};
    assert_eq!(
        kinds(r#"lower("a""b") || X'0f' >= 1.5e-3"#, Lexicon::STANDARD),
        [
            (Word, "lower"),
            (Symbol, "("),
            (Quoted, "\"a\"\"b\""),
            (Symbol, ")"),
            (Symbol, "||"),
            (String, "X'0f'"),
            (Symbol, ">="),
            (Number, "1.5e-3"),
        ]
    );
}

#[test]
fn an_unclosed_quote_or_comment_runs_to_the_end() {
    for text in ["'abc", "\"abc", "/* abc", "-- abc", "`a", "x'"] {
        assert_eq!(kinds(text, Lexicon::STANDARD).len(), 1, "{text}");
    }
}

#[test]
fn follows_the_lexicon() {
    let postgres = Lexicon {
        dollar_quotes: true,
        nested_comments: true,
        ..Lexicon::STANDARD
    };
    assert_eq!(kinds("$a$ ; $a$", postgres), [(Kind::String, "$a$ ; $a$")]);
    assert_eq!(kinds("/* /* */ */", postgres).len(), 1);
    let mysql = Lexicon {
        backslash_escapes: true,
        hash_comments: true,
        ..Lexicon::STANDARD
    };
    assert_eq!(
        kinds(r"'it\'s' # done", mysql),
        [(Kind::String, r"'it\'s'"), (Kind::Comment, "# done")]
    );
    let executable = Lexicon {
        executable_comments: true,
        ..mysql
    };
    assert_eq!(
        kinds("/*!80000 a */ /*M!100203 b*//* c */ 2*/*d*/3", executable),
        [
            (Kind::Symbol, "/*!80000"),
            (Kind::Word, "a"),
            (Kind::Symbol, "*/"),
            (Kind::Symbol, "/*M!100203"),
            (Kind::Word, "b"),
            (Kind::Symbol, "*/"),
            (Kind::Comment, "/* c */"),
            (Kind::Number, "2"),
            (Kind::Symbol, "*"),
            (Kind::Comment, "/*d*/"),
            (Kind::Number, "3"),
        ]
    );
    let sqlite = Lexicon {
        brackets: true,
        ..Lexicon::STANDARD
    };
    assert_eq!(kinds("[a b]", sqlite), [(Kind::Quoted, "[a b]")]);
}

#[test]
fn unquotes() {
    for (quoted, name) in [
        ("\"a\"\"b\"", "a\"b"),
        ("`a`", "a"),
        ("[a b]", "a b"),
        ("'it''s'", "it's"),
        ("a", "a"),
    ] {
        assert_eq!(unquote(quoted), name);
    }
}

#[test]
fn a_return_ends_a_comment_where_the_server_says_so() {
    let postgres = Lexicon {
        returns_end_comments: true,
        ..Lexicon::STANDARD
    };
    assert_eq!(
        kinds("-- a\rb", postgres),
        [(Kind::Comment, "-- a"), (Kind::Word, "b")]
    );
    assert_eq!(kinds("-- a\rb", Lexicon::STANDARD).len(), 1);
}

#[test]
fn non_ascii_text_never_splits_a_character() {
    for text in ["größe > 0", "é'é", "$é", "→", "'→"] {
        kinds(
            text,
            Lexicon {
                dollar_quotes: true,
                brackets: true,
                ..Lexicon::STANDARD
            },
        );
    }
}

#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
#[test]
fn parentheses_around_the_whole_come_off() {
    let bare = |text: &str| {
        let tokens: Vec<Token<'_>> = lex(text, Lexicon::STANDARD).collect();
        let bare = without_parentheses(&tokens);
        bare.iter().map(|token| token.text).collect::<String>()
    };
    for (text, expected) in [
        ("a", "a"),
        ("(a)", "a"),
        ("((a)+b)", "(a)+b"),
        ("((a))", "a"),
        ("(((a)+(b)))", "(a)+(b)"),
        ("(a)+(b)", "(a)+(b)"),
        ("((a)+(b))*(c)", "((a)+(b))*(c)"),
        ("((a)", "(a"),
        ("(a))", "(a))"),
        ("(a)))+((b)", "(a)))+((b)"),
        ("()", "()"),
        ("(())", "()"),
        ("(", "("),
        ("", ""),
    ] {
        assert_eq!(bare(text), expected, "{text}");
    }
    let deep = 200_000;
    assert_eq!(bare(&format!("{}a{}", "(".repeat(deep), ")".repeat(deep))), "a");
}
