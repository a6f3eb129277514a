//! Declared types: what SQLite calls each logical type, and what it does to the values of such a column.
//!
//! SQLite stores any value in any column, but a column's declared type gives it an *affinity* that converts values on the way
//! in (<https://sqlite.org/datatype3.html>). So a type's name is chosen for its affinity: no value that a program stores for
//! the logical type may come out as another one. Where the usual name would do that, the plain name of the storage class is used.

use crate::dialect::number;
use crate::lexer::{Kind, lex};
use crate::schema::{Default, Literal, Type};

/// How many decimal digits a number keeps on its way through SQLite's floating point, as its manual promises.
const EXACT_DIGITS: u32 = 15;

/// What SQLite does to the values of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Affinity {
    /// Text that looks like a number becomes one; whole reals become integers.
    Integer,
    /// Numbers become text.
    Text,
    /// Values stay as they are.
    Blob,
    /// All numbers, and text that looks like one, become floating point.
    Real,
    /// As `Integer`.
    Numeric,
}

/// Returns the declared type for a logical type.
pub(super) fn native(ty: &Type) -> String {
    match ty {
        // NUMERIC affinity: 0 and 1 stay as they are.
        Type::Boolean => "BOOLEAN".to_owned(),
        Type::I8 | Type::I16 | Type::U8 => "SMALLINT".to_owned(),
        Type::I32 | Type::U16 => "INTEGER".to_owned(),
        Type::I64 | Type::U32 | Type::U64 => "BIGINT".to_owned(),
        Type::F32 => "REAL".to_owned(),
        Type::F64 => "DOUBLE".to_owned(),
        Type::Decimal { precision, scale } => decimal(*precision, *scale),
        Type::Text { length: None } => "TEXT".to_owned(),
        Type::Text { length: Some(length) } => format!("VARCHAR({length})"),
        // A length means nothing to SQLite; VARCHAR keeps its own because people and tools look for it.
        Type::Bytes { length: _ } => "BLOB".to_owned(),
        // NUMERIC affinity: dates and times written with `-` and `:` are no numbers and stay text, seconds stay numbers.
        Type::Date => "DATE".to_owned(),
        Type::Time => "TIME".to_owned(),
        Type::DateTime => "DATETIME".to_owned(),
        Type::Timestamp => "TIMESTAMP".to_owned(),
        // `UUID` would have NUMERIC affinity, and some identifiers in hexadecimal read as numbers (`…0e1…`).
        Type::Uuid => "BLOB".to_owned(),
        // So would `JSON`, `INET` and `CIDR`; the document `1.0` must not become `1`.
        Type::Json | Type::Inet | Type::Network | Type::Array(_) => "TEXT".to_owned(),
        // A check of the table holds its values.
        Type::Enum { name: _, values: _ } => "TEXT".to_owned(),
        Type::Native(text) => canonical(text),
    }
}

/// The declared types that a STRICT table can have (<https://sqlite.org/stricttables.html>).
pub(super) const STRICT: [&str; 6] = ["INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY"];

/// Returns the declared type for a logical type in a STRICT table.
///
/// What has NUMERIC affinity elsewhere, so that numbers and texts both stay what they are, is ANY, which keeps every value as it is.
pub(super) fn strict(ty: &Type) -> String {
    match ty {
        Type::Boolean
        | Type::I8
        | Type::I16
        | Type::I32
        | Type::I64
        | Type::U8
        | Type::U16
        | Type::U32
        | Type::U64 => "INTEGER".to_owned(),
        Type::F32 | Type::F64 => "REAL".to_owned(),
        Type::Decimal { precision, scale } => match decimal(*precision, *scale).as_str() {
            "TEXT" => "TEXT".to_owned(),
            _ => "ANY".to_owned(),
        },
        Type::Date | Type::Time | Type::DateTime | Type::Timestamp => "ANY".to_owned(),
        Type::Text { length: _ }
        | Type::Enum { name: _, values: _ }
        | Type::Json
        | Type::Inet
        | Type::Network
        | Type::Array(_) => "TEXT".to_owned(),
        Type::Bytes { length: _ } | Type::Uuid => "BLOB".to_owned(),
        Type::Native(text) => canonical(text),
    }
}

/// NUMERIC affinity keeps 15 digits and calculates; what may have more is kept as text, since a digit lost is worse than a
/// sum that needs a cast.
fn decimal(precision: Option<u32>, scale: Option<u32>) -> String {
    match (precision, scale) {
        (Some(precision), Some(scale)) if precision <= EXACT_DIGITS => {
            format!("DECIMAL({precision}, {scale})")
        }
        (Some(precision), None) if precision <= EXACT_DIGITS => format!("DECIMAL({precision})"),
        (Some(_) | None, Some(_) | None) => "TEXT".to_owned(),
    }
}

/// Returns a value as a column of the declared type keeps all of it: a number on its way into a text is floating point in between.
pub(super) fn exact(declared: &str, value: Default) -> Default {
    match &value {
        Default::Literal(Literal::Number { number }) if affinity(declared) == Affinity::Text => {
            blurred(number).map_or(value, |digits| Default::Literal(Literal::Text(digits)))
        }
        Default::Literal(_) | Default::Expression { .. } => value,
    }
}

/// Returns the digits of a number that has more of them than floating point keeps, or that would be written with an exponent.
fn blurred(number: &str) -> Option<String> {
    let (negative, whole, fraction) = number::parts(number)?;
    let significant = format!("{whole}{fraction}").trim_matches('0').len();
    let exact = EXACT_DIGITS as usize;
    let is_small = whole.is_empty() && fraction.starts_with("0000");
    if significant == 0 || (significant <= exact && whole.len() <= exact && !is_small) {
        return None;
    }
    let sign = if negative { "-" } else { "" };
    let whole = if whole.is_empty() { "0" } else { &whole };
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{point}{fraction}"))
}

/// Returns the type by which a program should read a column of that declared type: what people store under such a name, in the
/// width that SQLite gives it.
pub(super) fn logical(declared: &str) -> Option<Type> {
    let (name, sizes) = match declared.split_once('(') {
        Some((name, sizes)) => (name.trim_end(), sizes.trim_end_matches(')')),
        None => (declared, ""),
    };
    let sizes: Vec<u32> = sizes
        .split(',')
        .filter_map(|size| size.trim().parse().ok())
        .filter(|size| *size > 0)
        .collect();
    Some(match affinity(declared) {
        Affinity::Integer if name == "SMALLINT" => Type::I16,
        Affinity::Integer => Type::I64,
        Affinity::Text => Type::Text {
            length: sizes.first().copied(),
        },
        Affinity::Blob => Type::Bytes { length: None },
        Affinity::Real => Type::F64,
        Affinity::Numeric => match name {
            "BOOLEAN" | "BOOL" => Type::Boolean,
            "DATE" => Type::Date,
            "TIME" => Type::Time,
            "DATETIME" => Type::DateTime,
            "TIMESTAMP" => Type::Timestamp,
            "DECIMAL" | "NUMERIC" => Type::Decimal {
                precision: sizes.first().copied(),
                scale: sizes.get(1).copied(),
            },
            "JSON" => Type::Json,
            _ => Type::Text { length: None },
        },
    })
}

/// Tells whether a logical type is a whole number, as a rowid must be.
pub(super) fn is_integer(ty: &Type) -> bool {
    match ty {
        Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::U8 | Type::U16 | Type::U32 | Type::U64 => true,
        Type::Native(text) => affinity(text) == Affinity::Integer,
        Type::Boolean
        | Type::F32
        | Type::F64
        | Type::Decimal { .. }
        | Type::Text { .. }
        | Type::Bytes { .. }
        | Type::Date
        | Type::Time
        | Type::DateTime
        | Type::Timestamp
        | Type::Uuid
        | Type::Json
        | Type::Inet
        | Type::Network
        | Type::Enum { name: _, values: _ }
        | Type::Array(_) => false,
    }
}

/// Returns the one spelling of a declared type: upper case, single spaces, `NAME(1, 2)`; of none, `BLOB`.
pub(super) fn canonical(text: &str) -> String {
    let mut canonical = String::with_capacity(text.len());
    let mut after_sign = false;
    for token in lex(text, super::LEXICON).filter(|token| !token.is_trivia()) {
        match token.kind {
            Kind::Symbol => {
                if token.text == "," {
                    canonical.push_str(", ");
                } else {
                    canonical.push_str(token.text);
                }
                after_sign = true;
            }
            Kind::Word | Kind::Quoted | Kind::String | Kind::Number | Kind::Comment | Kind::Space => {
                if !canonical.is_empty() && !after_sign {
                    canonical.push(' ');
                }
                let word = match token.kind {
                    Kind::Quoted | Kind::String => crate::lexer::unquote(token.text),
                    Kind::Word | Kind::Number | Kind::Symbol | Kind::Comment | Kind::Space => {
                        token.text.to_owned()
                    }
                };
                canonical.push_str(&word.to_uppercase());
                after_sign = false;
            }
        }
    }
    match canonical.trim() {
        // A column without a type keeps every value as it is, as one of type BLOB does.
        "" => "BLOB".to_owned(),
        canonical => canonical.to_owned(),
    }
}

/// Returns a declared type as it can stand in a column definition: in quotes, unless it is words with at most two numbers
/// in parentheses, which is all that SQLite's grammar takes.
pub(super) fn render(canonical: &str) -> String {
    let (words, arguments) = match canonical.split_once('(') {
        Some((words, rest)) => (words, rest.strip_suffix(')')),
        None => (canonical, Some("")),
    };
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !super::keywords::is_keyword(word)
    };
    let is_number = |number: &str| {
        let digits = number.trim().trim_start_matches(['+', '-']);
        !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit())
    };
    let plain = canonical.is_empty()
        || words.split(' ').all(is_word)
            && arguments.is_some_and(|arguments| {
                (arguments.is_empty() && !canonical.contains('('))
                    || (arguments.split(',').count() <= 2 && arguments.split(',').all(is_number))
            });
    if plain {
        canonical.to_owned()
    } else {
        super::ddl::quote(canonical)
    }
}

/// Returns the affinity that SQLite derives from a declared type, by its own five rules in their order.
pub(super) fn affinity(declared: &str) -> Affinity {
    let declared = declared.to_ascii_uppercase();
    let has = |part: &str| declared.contains(part);
    if has("INT") {
        Affinity::Integer
    } else if has("CHAR") || has("CLOB") || has("TEXT") {
        Affinity::Text
    } else if has("BLOB") || declared.is_empty() {
        Affinity::Blob
    } else if has("REAL") || has("FLOA") || has("DOUB") {
        Affinity::Real
    } else {
        Affinity::Numeric
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_the_affinity_that_keeps_its_values() {
        for (notation, declared, expected) in [
            ("boolean", "BOOLEAN", Affinity::Numeric),
            ("i16", "SMALLINT", Affinity::Integer),
            ("u16", "INTEGER", Affinity::Integer),
            ("u64", "BIGINT", Affinity::Integer),
            ("f64", "DOUBLE", Affinity::Real),
            ("decimal(10, 2)", "DECIMAL(10, 2)", Affinity::Numeric),
            ("decimal(28, 10)", "TEXT", Affinity::Text),
            ("decimal", "TEXT", Affinity::Text),
            ("text(80)", "VARCHAR(80)", Affinity::Text),
            ("bytes(16)", "BLOB", Affinity::Blob),
            ("uuid", "BLOB", Affinity::Blob),
            ("json", "TEXT", Affinity::Text),
            ("timestamp", "TIMESTAMP", Affinity::Numeric),
            ("array(i64)", "TEXT", Affinity::Text),
        ] {
            let ty = notation.parse::<Type>().unwrap();
            assert_eq!(native(&ty), declared);
            assert_eq!(affinity(declared), expected, "{declared}");
        }
    }

    #[test]
    fn declared_types_have_one_spelling() {
        for (written, canonical) in [
            ("varchar( 80 )", "VARCHAR(80)"),
            ("decimal (10,2)", "DECIMAL(10, 2)"),
            ("unsigned  big\nint", "UNSIGNED BIG INT"),
            ("\"my type\"", "MY TYPE"),
            ("num(-1)", "NUM(-1)"),
            ("", "BLOB"),
        ] {
            assert_eq!(super::canonical(written), canonical);
            assert_eq!(super::canonical(canonical), canonical);
        }
    }

    #[test]
    fn a_type_never_breaks_out_of_its_column() {
        assert_eq!(render("DECIMAL(10, 2)"), "DECIMAL(10, 2)");
        assert_eq!(render("TEXT NOT NULL"), "\"TEXT NOT NULL\"");
        assert_eq!(render("INT); DROP TABLE T"), "\"INT); DROP TABLE T\"");
        assert_eq!(render("A-B"), "\"A-B\"");
    }
}
