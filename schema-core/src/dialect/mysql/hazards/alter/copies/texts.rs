//! What makes the server copy a table for the sake of its texts.

use super::ON_MYSQL;
use crate::dialect::hazards::{Clause, ClauseKind, Definition};
use crate::dialect::mysql::LEXICON;
use crate::dialect::mysql::ddl::native;
use crate::dialect::mysql::normalize::{charset, charset_of};
use crate::dialect::mysql::types::{self, Class};
use crate::hazard::Code;
use crate::schema::{Column, Table};

/// Returns why a text that has its table's character set makes the server copy the table: it gets another one with it.
pub(super) fn follows_charset(
    standing: &Table,
    old: &Column,
    definition: &Definition<'_>,
    together: &[Clause<'_>],
) -> Option<(Code, String)> {
    let says = |word| behind(definition, word).is_some();
    if !Class::of(native(old)).has_collation() || says("COLLATE") || says("CHARACTER") || says("CHARSET") {
        return None;
    }
    let options = together
        .iter()
        .filter(|clause| matches!(clause.kind, ClauseKind::Other));
    let new = options.filter_map(charset_named).next()?;
    (new != charset(standing, old)).then(|| {
        let text = format!("`{}` gets another character set", definition.name);
        (Code::L16, text)
    })
}

/// Returns the character set that a clause gives a table; its database's own is taken for `utf8mb4`.
fn charset_named(clause: &Clause<'_>) -> Option<String> {
    let behind = |word: &str| {
        let at = clause.tokens.iter().position(|token| token.is(word))?;
        let value = clause.tokens[at + 1..]
            .iter()
            .find(|token| !token.is_symbol("="))?;
        Some(value.text.to_lowercase())
    };
    let named = behind("SET")
        .filter(|_| clause.has("CHARACTER SET"))
        .or_else(|| behind("CHARSET"))
        .or_else(|| behind("COLLATE").map(|collation| charset_of(&collation).to_owned()))?;
    Some(if named == "default" {
        "utf8mb4".to_owned()
    } else {
        named
    })
}

/// Returns why MySQL copies the table of a text or bytes that may become longer: from 256 bytes on, each value says its length in two.
pub(super) fn says_longer_length(
    standing: &Table,
    old: &Column,
    definition: &Definition<'_>,
) -> Option<(Code, String)> {
    let after = types::canonical(definition.ty, LEXICON).ok()?;
    let width = |length: u64| length * bytes_of_character(charset(standing, old));
    let (before, now) = match (Class::of(native(old)), Class::of(&after)) {
        (Class::Char(before), Class::Char(now)) => (width(before), width(now)),
        (Class::Binary(before), Class::Binary(now)) => (before, now),
        (_, _) => return None,
    };
    (before < 256 && now >= 256).then(|| {
        let text = format!(
            "`{}` may take more than 255 bytes now {ON_MYSQL}",
            definition.name
        );
        (Code::L16, text)
    })
}

/// Returns how many bytes a character of that set takes at most
/// (<https://dev.mysql.com/doc/refman/8.4/en/charset-charsets.html>).
fn bytes_of_character(charset: &str) -> u64 {
    match charset {
        "utf8mb4" | "utf16" | "utf16le" | "utf32" | "gb18030" => 4,
        "utf8mb3" | "utf8" | "ujis" | "eucjpms" => 3,
        "ucs2" | "big5" | "cp932" | "euckr" | "gb2312" | "gbk" | "sjis" => 2,
        _ => 1,
    }
}

/// Tells whether values of one type are kept in the same way as those of another, which may be longer.
pub(super) fn is_kept(old: &str, new: &str) -> bool {
    if old == new {
        return true;
    }
    let name = |ty: &str| ty.split(['(', ' ']).next().unwrap_or_default().to_owned();
    match (Class::of(old), Class::of(new)) {
        (Class::Char(before), Class::Char(after)) | (Class::Binary(before), Class::Binary(after)) => {
            name(old) == name(new) && name(old).starts_with("var") && before <= after
        }
        (_, _) => false,
    }
}

/// Returns the word that stands behind another one.
pub(super) fn behind(definition: &Definition<'_>, word: &str) -> Option<String> {
    let at = definition.rest.iter().position(|token| token.is(word))?;
    definition.rest.get(at + 1).map(|token| token.text.to_lowercase())
}
