//! Literals that stand where a struct stands; those of `quote!` would be the macro's.

use proc_macro2::{Literal, Span};

pub(super) fn text(text: &str, span: Span) -> Literal {
    at(Literal::string(text), span)
}

pub(super) fn bytes(bytes: &[u8], span: Span) -> Literal {
    at(Literal::byte_string(bytes), span)
}

pub(super) fn number(number: usize, span: Span) -> Literal {
    at(Literal::usize_unsuffixed(number), span)
}

pub(super) fn integer(number: i128, span: Span) -> Literal {
    at(Literal::i128_unsuffixed(number), span)
}

fn at(mut literal: Literal, span: Span) -> Literal {
    literal.set_span(span);
    literal
}
