//! What makes the server copy a table, or keep writers out for as long as it takes.

use crate::dialect::hazards::{Clause, ClauseKind, Constraint, Definition, default_is};
use crate::dialect::mysql::LEXICON;
use crate::dialect::mysql::ddl::native;
use crate::dialect::mysql::normalize::{charset, charset_of};
use crate::dialect::mysql::types::{self, Class};
use crate::hazard::Code;
use crate::lexer::{Kind, Token};
use crate::schema::{Auto, Column, Storage, Table, TableName, Type};

/// How it is said that MariaDB does otherwise: no script knows on which of the two it will run.
const ON_MYSQL: &str = "(MySQL, not MariaDB)";

const ASK: &str = "with `, ALGORITHM=INPLACE, LOCK=NONE` the server refuses instead of copying; a tool such as gh-ost copies beside the users";

/// Returns what of a clause makes the server copy the table, or keep writers out for as long as it takes.
pub(super) fn copying(
    standing: Option<&Table>,
    table: &TableName,
    clause: &Clause<'_>,
    together: &[Clause<'_>],
) -> Option<(Code, String, String)> {
    let copied =
        |why: String| format!("nobody can write to `{table}` while the server copies it, since {why}");
    let has = |storage: Storage| {
        let columns = standing.iter().flat_map(|table| &table.columns);
        let mut generated = columns.filter_map(|column| column.generated.as_ref());
        generated.any(|generated| generated.storage == storage)
    };
    match &clause.kind {
        ClauseKind::AddColumn(definition) => added(definition, has(Storage::Virtual)).map(|(code, why)| {
            let safe = if code == Code::L18 {
                "add it without the default, SET DEFAULT for rows to come, and fill those that exist in steps"
            } else if code == Code::L08 {
                "a VIRTUAL one is there at once, and can have an index"
            } else {
                ASK
            };
            (code, copied(why), safe.to_owned())
        }),
        ClauseKind::Redefine { column, definition } => {
            let standing = standing?;
            let old = standing
                .column(column)
                .cloned()
                .unwrap_or_else(|| fresh(definition));
            let (code, why) = redefined(
                &old,
                definition,
                has(Storage::Stored),
                indexes_virtual(Some(standing), together),
            )
            .or_else(|| follows_charset(standing, &old, definition, together))
            .or_else(|| says_longer_length(standing, &old, definition))?;
            let safe = if code == Code::L17 {
                "add new values behind the others, which is done at once; order them in the program"
            } else {
                ASK
            };
            Some((code, copied(why), safe.to_owned()))
        }
        ClauseKind::Add {
            name,
            what: Constraint::ForeignKey(_),
        } => {
            let name = name.as_deref().unwrap_or("a foreign key");
            let safe = "do it when few write; or without `foreign_key_checks`, once a query has found no row that refers to nothing";
            Some((Code::L19, copied(format!("`{name}` is added")), safe.to_owned()))
        }
        ClauseKind::Add {
            name,
            what: Constraint::Check,
        } => {
            let name = name.as_deref().unwrap_or("a check");
            Some((
                Code::L16,
                copied(format!("`{name}` is proved on every row")),
                ASK.to_owned(),
            ))
        }
        ClauseKind::DropPrimaryKey => {
            let replaced = together.iter().any(|clause| {
                matches!(
                    clause.kind,
                    ClauseKind::Add {
                        what: Constraint::PrimaryKey,
                        ..
                    }
                )
            });
            (!replaced).then(|| {
                (
                    Code::L16,
                    copied("it loses the primary key under which it is kept".into()),
                    ASK.to_owned(),
                )
            })
        }
        ClauseKind::Other if clause.has("CONVERT TO") => Some((
            Code::L16,
            copied("all its texts get another character set".into()),
            ASK.to_owned(),
        )),
        ClauseKind::Add { .. }
        | ClauseKind::DropColumn(_)
        | ClauseKind::AlterType { .. }
        | ClauseKind::SetNotNull(_)
        | ClauseKind::Drop { .. }
        | ClauseKind::Validate(_)
        | ClauseKind::RenameTable(_)
        | ClauseKind::RenameColumn { .. }
        | ClauseKind::Other => None,
    }
}

/// What a default may name and be the same for every row.
const STEADY: [&str; 24] = [
    "null",
    "true",
    "false",
    "current_timestamp",
    "now",
    "localtime",
    "localtimestamp",
    "unhex",
    "hex",
    "concat",
    "json_array",
    "json_object",
    "json_quote",
    "cast",
    "as",
    "char",
    "convert",
    "using",
    "utf8mb4",
    "lower",
    "upper",
    "_utf8mb4",
    "_binary",
    "date",
];

fn added(definition: &Definition<'_>, beside_virtual: bool) -> Option<(Code, String)> {
    let name = &definition.name;
    if definition.has("STORED") || definition.has("PERSISTENT") {
        return Some((Code::L08, format!("`{name}` is computed and kept")));
    }
    if definition.has("AUTO_INCREMENT") {
        return Some((Code::L08, format!("`{name}` is numbered")));
    }
    let default = definition.default().unwrap_or_default();
    // Of constants the server makes one constant.
    let steady = |function: &str| STEADY.contains(&function);
    let names = |token: &Token<'_>| match token.kind {
        Kind::Quoted => true,
        Kind::Word => !STEADY.contains(&token.text.to_ascii_lowercase().as_str()),
        Kind::String | Kind::Number | Kind::Symbol | Kind::Comment | Kind::Space => false,
    };
    if !default_is(default, steady) || default.iter().any(names) {
        return Some((Code::L18, format!("the default of `{name}` is computed")));
    }
    if default.first().is_some_and(|token| token.is_symbol("(")) {
        return Some((
            Code::L18,
            format!("the default of `{name}` is in parentheses {ON_MYSQL}"),
        ));
    }
    let placed = definition.has("AFTER") || definition.has("FIRST");
    (placed && beside_virtual).then(|| {
        (
            Code::L16,
            format!("`{name}` is put among others, of which one is VIRTUAL"),
        )
    })
}

/// Returns a column that the script has added, as it is until it is defined anew: it may be NULL still.
fn fresh(definition: &Definition<'_>) -> Column {
    let ty = types::canonical(definition.ty, LEXICON).unwrap_or_default();
    Column {
        nullable: true,
        ..Column::new(definition.name.clone(), Type::Native(ty))
    }
}

/// Tells whether a VIRTUAL column has an index, or gets one.
fn indexes_virtual(standing: Option<&Table>, clauses: &[Clause<'_>]) -> bool {
    let is_indexed = |table: &Table, name: &str| {
        let added = clauses
            .iter()
            .filter(|clause| matches!(clause.kind, ClauseKind::Add { .. }));
        let mut added = added.flat_map(|clause| clause.tokens.iter().filter_map(Token::name));
        table.indexes.values().any(|index| index.mentions(name)) || added.any(|named| named == name)
    };
    standing.is_some_and(|table| {
        let mut columns = table.columns.iter();
        columns.any(|column| {
            let generated = column.generated.as_ref();
            generated.is_some_and(|generated| generated.storage == Storage::Virtual)
                && is_indexed(table, &column.name)
        })
    })
}

/// Returns why a text that has its table's character set makes the server copy the table: it gets another one with it.
fn follows_charset(
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

/// Returns why a column that is defined anew makes the server copy its table.
fn redefined(
    old: &Column,
    definition: &Definition<'_>,
    beside_stored: bool,
    beside_indexed: bool,
) -> Option<(Code, String)> {
    let name = &definition.name;
    let before = native(old);
    let Ok(after) = types::canonical(definition.ty, LEXICON) else {
        return None;
    };
    if let (Some(old), Some(new)) = (types::values(before), types::values(&after)) {
        let is_longer = new.starts_with(&old) && (old.len() > 255) == (new.len() > 255);
        return (!is_longer).then(|| {
            let text = format!("the values of `{name}` change other than at their end");
            (Code::L17, text)
        });
    }
    let stored = |is: bool| {
        if is {
            "is kept now"
        } else {
            "is no longer computed"
        }
    };
    let was = old
        .generated
        .as_ref()
        .is_some_and(|generated| generated.storage == Storage::Stored);
    let is = definition.has("STORED") || definition.has("PERSISTENT");
    if was || is {
        return Some((Code::L08, format!("`{name}`, which is computed, {}", stored(is))));
    }
    if !is_kept(before, &after) {
        return Some((Code::L16, format!("`{name}` becomes {after} from {before}")));
    }
    if let Some(collation) = behind(definition, "COLLATE") {
        let known = old.collation.as_deref().map(charset_of);
        if known.is_some_and(|charset| charset != charset_of(&collation)) {
            return Some((Code::L16, format!("`{name}` gets another character set")));
        }
    }
    let tightens = old.nullable && definition.has("NOT NULL");
    let changes = old.nullable == definition.has("NOT NULL");
    if changes && beside_indexed {
        return Some((
            Code::L16,
            format!("`{name}` changes in whether it may be NULL, and a VIRTUAL column has an index"),
        ));
    }
    if tightens && beside_stored {
        return Some((
            Code::L16,
            format!("`{name}` may no longer be NULL, and another column is STORED"),
        ));
    }
    match (old.auto, definition.has("AUTO_INCREMENT")) {
        (Auto::No, true) => Some((Code::L08, format!("`{name}` is numbered"))),
        (Auto::Auto | Auto::NeverReused, false) => {
            Some((Code::L08, format!("`{name}` is no longer numbered {ON_MYSQL}")))
        }
        (Auto::No, false) | (Auto::Auto | Auto::NeverReused, true) => None,
    }
}

/// Returns why MySQL copies the table of a text or bytes that may become longer: from 256 bytes on, each value says its length in two.
fn says_longer_length(standing: &Table, old: &Column, definition: &Definition<'_>) -> Option<(Code, String)> {
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

/// Returns the word that stands behind another one.
fn behind(definition: &Definition<'_>, word: &str) -> Option<String> {
    let at = definition.rest.iter().position(|token| token.is(word))?;
    definition.rest.get(at + 1).map(|token| token.text.to_lowercase())
}

/// Tells whether values of one type are kept in the same way as those of another, which may be longer.
fn is_kept(old: &str, new: &str) -> bool {
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

/// Returns why the server copies a table whose VIRTUAL column comes or goes by a statement that does something else, too.
pub(super) fn mixed(standing: Option<&Table>, clauses: &[Clause<'_>]) -> Option<String> {
    let of_virtual = |clause: &Clause<'_>| match &clause.kind {
        ClauseKind::AddColumn(definition) => {
            let computed =
                definition.has("AS (") && !definition.has("STORED") && !definition.has("PERSISTENT");
            computed.then(|| definition.name.clone())
        }
        ClauseKind::DropColumn(name) => {
            let generated = standing?.column(name)?.generated.as_ref()?;
            (generated.storage == Storage::Virtual).then(|| name.clone())
        }
        ClauseKind::AlterType { .. }
        | ClauseKind::SetNotNull(_)
        | ClauseKind::Redefine { .. }
        | ClauseKind::Add { .. }
        | ClauseKind::Drop { .. }
        | ClauseKind::DropPrimaryKey
        | ClauseKind::Validate(_)
        | ClauseKind::RenameTable(_)
        | ClauseKind::RenameColumn { .. }
        | ClauseKind::Other => None,
    };
    let first = clauses.iter().find_map(of_virtual)?;
    let comes = clauses
        .iter()
        .any(|clause| matches!(clause.kind, ClauseKind::AddColumn(_)) && of_virtual(clause).is_some());
    let is_index = |clause: &Clause<'_>| {
        let added = matches!(
            clause.kind,
            ClauseKind::Add {
                what: Constraint::Index | Constraint::Unique,
                ..
            }
        );
        added || matches!(clause.kind, ClauseKind::Drop { .. })
    };
    let mut others = clauses.iter().filter(|clause| of_virtual(clause).is_none());
    let dropped = |clause: &&Clause<'_>| matches!(clause.kind, ClauseKind::DropColumn(_));
    if others
        .clone()
        .any(|clause| !dropped(&clause) && (comes || !is_index(clause)))
    {
        return Some(format!(
            "since `{first}`, which is VIRTUAL, comes or goes together with other changes"
        ));
    }
    others.any(|clause| dropped(&clause)).then(|| {
        format!("since `{first}`, which is VIRTUAL, goes together with a column that is not {ON_MYSQL}")
    })
}
