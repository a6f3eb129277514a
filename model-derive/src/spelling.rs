//! What the tokens of a type tell before the compiler resolves them, so that it has less to do. It may be another type of that name, which is
//! checked and recorded like any other; only if its notation is a long one, the record lacks it, and is refused when it is read.

use syn::{GenericArgument, PathArguments, Type};

/// How a type is spelled.
pub(crate) struct Spelling {
    /// The type, or the one in the `Option`, if it is one plain word.
    word: Option<String>,
    is_bytes: bool,
    pub(crate) is_option: bool,
}

impl Spelling {
    pub(crate) fn of(ty: &Type) -> Self {
        let inner = argument(ty, "Option");
        let ty = inner.unwrap_or(ty);
        Spelling {
            word: word(ty),
            is_bytes: argument(ty, "Vec")
                .and_then(word)
                .is_some_and(|word| word == "u8"),
            is_option: inner.is_some(),
        }
    }

    /// Tells whether the type, or the one in the `Option`, is that word.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.word.as_deref() == Some(name)
    }

    /// Tells whether the type, or the one in the `Option`, is a whole number.
    pub(crate) fn is_integer(&self) -> bool {
        let word = self.word.as_deref().unwrap_or_default();
        matches!(word, "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64")
    }

    /// Tells whether the type, or the one in the `Option`, is one of std whose column has a short type.
    pub(crate) fn is_std(&self) -> bool {
        let word = self.word.as_deref().unwrap_or_default();
        self.is_integer() || self.is_bytes || matches!(word, "bool" | "f32" | "f64" | "String")
    }
}

fn word(ty: &Type) -> Option<String> {
    let Type::Path(path) = ty else {
        return None;
    };
    path.path.get_ident().map(ToString::to_string)
}

/// Returns the type in the angle brackets of one of that name.
fn argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else {
        return None;
    };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first() {
        Some(GenericArgument::Type(inner)) if last.ident == name => Some(inner),
        Some(_) | None => None,
    }
}
