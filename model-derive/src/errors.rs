//! All errors of one input, each at its token.

use proc_macro2::Span;
use syn::Error;

/// Errors collected so far. A check adds to them and goes on.
#[derive(Default)]
pub(crate) struct Errors(Option<Error>);

impl Errors {
    pub(crate) fn push(&mut self, error: Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            none => *none = Some(error),
        }
    }

    pub(crate) fn at(&mut self, span: Span, message: impl std::fmt::Display) {
        self.push(Error::new(span, message));
    }

    /// Returns the errors, if there are any.
    pub(crate) fn into_error(self) -> Option<Error> {
        self.0
    }
}
