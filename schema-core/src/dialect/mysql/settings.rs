//! What a `SET` sets, one after the other (<https://dev.mysql.com/doc/refman/8.4/en/set-variable.html>).

use crate::lexer::{Kind, Token, unquote};

/// One of what a `SET` sets.
pub(super) struct Setting<'w, 't> {
    /// `@` is a variable of the user's own, `@@` one of the server's, as nothing is.
    marks: usize,
    /// For whom it is set, if that is said.
    scope: Option<&'w Token<'t>>,
    /// What follows.
    pub(super) words: &'w [Token<'t>],
}

impl<'w, 't> Setting<'w, 't> {
    fn read(words: &'w [Token<'t>]) -> Self {
        let marks = words.iter().take_while(|word| word.is_symbol("@")).count();
        let words = &words[marks..];
        let (scope, words) = match words {
            [scope, dot, rest @ ..] if is_scope(scope) && dot.is_symbol(".") => (Some(scope), rest),
            [scope, rest @ ..] if is_scope(scope) => (Some(scope), rest),
            words => (None, words),
        };
        Setting { marks, scope, words }
    }

    /// Tells whether it is a variable of the user's own.
    pub(super) fn is_own(&self) -> bool {
        self.marks == 1
    }

    /// Tells whether it is for more than the session.
    pub(super) fn is_for_all(&self) -> bool {
        self.scope
            .is_some_and(|scope| !scope.is("SESSION") && !scope.is("LOCAL"))
    }

    /// Returns the name of a variable of the server's, in lower case, and the words of its value.
    pub(super) fn variable(&self) -> Option<(String, &'w [Token<'t>])> {
        match self.words {
            [name, is, value @ ..]
                if self.marks != 1
                    && matches!(name.kind, Kind::Word | Kind::Quoted)
                    && (is.is_symbol("=") || is.is_symbol(":=")) =>
            {
                Some((unquote(name.text).to_ascii_lowercase(), value))
            }
            _ => None,
        }
    }
}

fn is_scope(word: &Token<'_>) -> bool {
    let scopes = ["SESSION", "LOCAL", "GLOBAL", "PERSIST", "PERSIST_ONLY"];
    scopes.iter().any(|scope| word.is(scope))
}

/// Returns what the words behind a `SET` set.
pub(super) fn settings<'w, 't>(words: &'w [Token<'t>]) -> impl Iterator<Item = Setting<'w, 't>> {
    let mut depth = 0_usize;
    let items = words.split(move |word| {
        depth += usize::from(word.is_symbol("("));
        depth = depth.saturating_sub(usize::from(word.is_symbol(")")));
        depth == 0 && word.is_symbol(",")
    });
    items.map(Setting::read)
}
