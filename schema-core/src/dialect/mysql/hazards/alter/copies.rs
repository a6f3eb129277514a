//! What makes the server copy a table, or keep writers out for as long as it takes.

mod texts;

use self::texts::{behind, follows_charset, is_kept, says_longer_length};
use crate::dialect::hazards::{Clause, ClauseKind, Constraint, Definition, default_is, starts};
use crate::dialect::mysql::LEXICON;
use crate::dialect::mysql::ddl::native;
use crate::dialect::mysql::normalize::charset_of;
use crate::dialect::mysql::types;
use crate::hazard::Code;
use crate::lexer::{Kind, Token, unquote};
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
        ClauseKind::AddColumn(definition) if definition.has("REFERENCES") => {
            let name = &definition.name;
            let safe =
                "do it when few write; or the column first, and the foreign key in a revision of its own";
            let why = format!("`{name}` refers to another one (MariaDB and MySQL from 9.0 on)");
            Some((Code::L19, copied(why), safe.to_owned()))
        }
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
            .or_else(|| sorts_otherwise(standing, &old, definition))
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
        ClauseKind::Add { name, .. } if clause.has("FULLTEXT") || clause.has("SPATIAL") => {
            Some(made_alone(table, name.as_deref()))
        }
        ClauseKind::Other => {
            let why = rearranged(standing, clause)?;
            Some((Code::L16, copied(why), ASK.to_owned()))
        }
        ClauseKind::Add { .. }
        | ClauseKind::DropColumn(_)
        | ClauseKind::AlterType { .. }
        | ClauseKind::SetNotNull(_)
        | ClauseKind::Drop { .. }
        | ClauseKind::Validate(_)
        | ClauseKind::RenameTable(_)
        | ClauseKind::RenameColumn { .. } => None,
    }
}

/// An index that is made of all rows while nobody may change them.
pub(in crate::dialect::mysql::hazards) fn made_alone(
    table: &TableName,
    name: Option<&str>,
) -> (Code, String, String) {
    let name = name.map_or_else(|| "the index".to_owned(), |name| format!("`{name}`"));
    let text = format!(
        "nobody can write to `{table}` while {name}, which is FULLTEXT or SPATIAL, is made of all its rows"
    );
    (
        Code::L16,
        text,
        "there is no other form: do it when few write".to_owned(),
    )
}

/// Returns how a clause has all rows stored in another way, or another order.
fn rearranged(standing: Option<&Table>, clause: &Clause<'_>) -> Option<String> {
    let begins = |words: &str| starts(&clause.tokens, words);
    if begins("PARTITION BY") || begins("REMOVE PARTITIONING") {
        return Some("its partitions are others".into());
    }
    if begins("ORDER BY") {
        return Some("its rows get another order".into());
    }
    let engine = match clause.tokens.as_slice() {
        [word, is, name, ..] if word.is("ENGINE") && is.is_symbol("=") => name,
        [word, name, ..] if word.is("ENGINE") => name,
        _ => return None,
    };
    let engine = unquote(engine.text);
    let was = standing
        .and_then(|table| table.options.engine.as_deref())
        .unwrap_or("InnoDB");
    (!engine.eq_ignore_ascii_case(was)).then(|| format!("its engine becomes {engine}"))
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

/// The rows are kept in the order of the primary key, so that another collation of its columns writes all of them anew. MySQL does so for a column of any
/// index.
fn sorts_otherwise(standing: &Table, old: &Column, definition: &Definition<'_>) -> Option<(Code, String)> {
    let lower = |collation: &str| collation.to_lowercase();
    let new = behind(definition, "COLLATE").map(|collation| lower(&collation));
    if old.collation.as_deref().map(lower) == new {
        return None;
    }
    let is_indexed = || standing.indexes.values().any(|index| index.mentions(&old.name));
    let place = if standing.is_key(&old.name) {
        "the primary key"
    } else if is_indexed() {
        "an index"
    } else {
        return None;
    };
    let text = format!("`{}`, which is in {place}, sorts otherwise", definition.name);
    Some((Code::L16, text))
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
