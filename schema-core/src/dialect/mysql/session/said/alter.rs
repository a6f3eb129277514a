//! What ALTER TABLE says of the parts of a table.

use super::words::{Name, Words};
use super::{Change, Said};

/// A kind of parts that a table has by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::dialect::mysql::session) enum Part {
    Column,
    Key,
    Constraint,
}

/// The name under which a key is listed that has none.
pub(in crate::dialect::mysql::session) const PRIMARY: &str = "PRIMARY";

/// A part that comes (it has no name before), goes (it has none after) or gets another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::dialect::mysql::session) struct Renaming {
    /// What it is.
    pub(in crate::dialect::mysql::session) part: Part,
    /// Its name before.
    pub(in crate::dialect::mysql::session) from: Option<String>,
    /// Its name after.
    pub(in crate::dialect::mysql::session) to: Option<String>,
}

/// What becomes of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::dialect::mysql::session) struct Alter {
    /// The table.
    pub(in crate::dialect::mysql::session) table: Name,
    /// Its name after, if that is another one.
    pub(in crate::dialect::mysql::session) renamed: Option<Name>,
    /// What becomes of its parts.
    pub(in crate::dialect::mysql::session) parts: Vec<Renaming>,
    /// Whether it says more than that, which the table's definition shows.
    pub(in crate::dialect::mysql::session) more: bool,
}

impl Alter {
    pub(super) fn of(table: Name) -> Self {
        Alter {
            table,
            renamed: None,
            parts: Vec::new(),
            more: false,
        }
    }

    pub(super) fn add(&mut self, part: Part, name: String) {
        self.rename(part, None, Some(name));
    }

    pub(super) fn drop(&mut self, part: Part, name: String) {
        self.rename(part, Some(name), None);
    }

    fn rename(&mut self, part: Part, from: Option<String>, to: Option<String>) {
        self.parts.push(Renaming { part, from, to });
    }
}

/// Clauses that leave the same if they are done twice.
const AGAIN: [&str; 27] = [
    "ALGORITHM",
    "ALTER",
    "AUTO_INCREMENT",
    "AVG_ROW_LENGTH",
    "CHARACTER",
    "CHARSET",
    "CHECKSUM",
    "COLLATE",
    "COMMENT",
    "DEFAULT",
    "DELAY_KEY_WRITE",
    "DISABLE",
    "ENABLE",
    "ENGINE",
    "FORCE",
    "KEY_BLOCK_SIZE",
    "LOCK",
    "MAX_ROWS",
    "MIN_ROWS",
    "MODIFY",
    "ORDER",
    "PACK_KEYS",
    "PAGE_CHECKSUM",
    "ROW_FORMAT",
    "STATS_AUTO_RECALC",
    "STATS_PERSISTENT",
    "STATS_SAMPLE_PAGES",
];

/// What stands before the name of a key.
const KEYS: [&str; 2] = ["INDEX", "KEY"];

/// Returns what an ALTER says.
pub(super) fn alter(words: &mut Words<'_>) -> Option<Said> {
    words.skip();
    while words.take_any(&["ONLINE", "IGNORE"]) {}
    if words.take_any(&["DATABASE", "SCHEMA", "VIEW", "USER"]) {
        return Some(Said::Again);
    }
    if !words.take("TABLE") {
        return None;
    }
    words.exists();
    let table = words.name()?;
    if words.take("WAIT") {
        words.skip();
    }
    words.take("NOWAIT");
    let mut alter = Alter::of(table);
    for clause in &mut words.clauses() {
        if changes_rows(clause) {
            return Some(Said::Rows(alter.table));
        }
        if read(&mut alter, clause).is_none() {
            alter.more = true;
        }
    }
    let says_nothing = alter.renamed.is_none() && alter.parts.is_empty() && !alter.more;
    Some(if says_nothing {
        Said::Again
    } else {
        Said::Changes(vec![Change::Altered(alter)])
    })
}

/// Tells whether a clause changes rows and no definition.
fn changes_rows(clause: &Words<'_>) -> bool {
    let about = |word| clause.second_is(word);
    let partition = about("PARTITION") && (clause.first_is("EXCHANGE") || clause.first_is("TRUNCATE"));
    let tablespace = clause.first_is("DISCARD") || clause.first_is("IMPORT");
    partition || tablespace
}

/// Reads a clause; `None` if it says what is not understood.
fn read(alter: &mut Alter, clause: &mut Words<'_>) -> Option<()> {
    if clause.first().is_none() || clause.take_any(&AGAIN) {
        return Some(());
    }
    if clause.take("CONVERT") {
        return clause.take("TO").then_some(());
    }
    if clause.take("ADD") {
        return add(alter, clause);
    }
    if clause.take("DROP") {
        return drop(alter, clause);
    }
    if clause.take("CHANGE") {
        clause.take("COLUMN");
        clause.exists();
        let (from, to) = (clause.plain()?, clause.plain()?);
        if !from.eq_ignore_ascii_case(&to) {
            alter.rename(Part::Column, Some(from), Some(to));
        }
        return Some(());
    }
    if clause.take("RENAME") {
        return rename(alter, clause);
    }
    None
}

fn add(alter: &mut Alter, clause: &mut Words<'_>) -> Option<()> {
    let named = clause.take("CONSTRAINT");
    let unnamed = ["PRIMARY", "UNIQUE", "FOREIGN", "CHECK"];
    let name = if named && !unnamed.iter().any(|word| clause.first_is(word)) {
        clause.exists();
        Some(clause.plain()?)
    } else {
        None
    };
    if clause.take("PRIMARY") {
        alter.add(Part::Key, PRIMARY.to_owned());
        return Some(());
    }
    if clause.take_any(&["FOREIGN", "CHECK"]) {
        alter.add(Part::Constraint, name?);
        return Some(());
    }
    let kind = clause.take_any(&["UNIQUE", "FULLTEXT", "SPATIAL", "VECTOR"]);
    if clause.take_any(&KEYS) || kind {
        clause.exists();
        let own = clause.plain().filter(|own| !own.eq_ignore_ascii_case("USING"));
        alter.add(Part::Key, own.or(name)?);
        return Some(());
    }
    if ["PARTITION", "PERIOD", "SYSTEM", "CONSTRAINT"]
        .iter()
        .any(|word| clause.first_is(word))
    {
        return None;
    }
    clause.take("COLUMN");
    clause.exists();
    // Of several in parentheses, the first is as good as all of them.
    clause.symbol("(");
    alter.add(Part::Column, clause.plain()?);
    Some(())
}

fn drop(alter: &mut Alter, clause: &mut Words<'_>) -> Option<()> {
    if clause.take("PRIMARY") {
        alter.drop(Part::Key, PRIMARY.to_owned());
        return Some(());
    }
    if clause.take("FOREIGN") {
        clause.take("KEY");
        clause.exists();
        alter.drop(Part::Constraint, clause.plain()?);
        return Some(());
    }
    if clause.take_any(&["CHECK", "CONSTRAINT"]) {
        clause.exists();
        alter.drop(Part::Constraint, clause.plain()?);
        return Some(());
    }
    if clause.take_any(&KEYS) {
        clause.exists();
        alter.drop(Part::Key, clause.plain()?);
        return Some(());
    }
    if ["PARTITION", "PERIOD", "SYSTEM"]
        .iter()
        .any(|word| clause.first_is(word))
    {
        return None;
    }
    clause.take("COLUMN");
    clause.exists();
    alter.drop(Part::Column, clause.plain()?);
    Some(())
}

fn rename(alter: &mut Alter, clause: &mut Words<'_>) -> Option<()> {
    let part = if clause.take("COLUMN") {
        Some(Part::Column)
    } else {
        clause.take_any(&KEYS).then_some(Part::Key)
    };
    let Some(part) = part else {
        clause.symbol("=");
        clause.take_any(&["TO", "AS"]);
        alter.renamed = Some(clause.name()?);
        return Some(());
    };
    clause.exists();
    let from = clause.plain()?;
    clause.take("TO");
    alter.rename(part, Some(from), Some(clause.plain()?));
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::mysql::session::said::said;

    fn altered(sql: &str) -> Alter {
        let Said::Changes(changes) = said(sql) else {
            panic!("{sql}");
        };
        let [Change::Altered(alter)] = changes.as_slice() else {
            panic!("{sql}: {changes:?}");
        };
        alter.clone()
    }

    /// Writes what becomes of each part: `column +a`, `key -b`, `constraint c>d`.
    fn parts(sql: &str) -> Vec<String> {
        let alter = altered(sql);
        assert!(!alter.more, "{sql}");
        let parts = alter.parts.iter().map(|Renaming { part, from, to }| {
            let part = format!("{part:?}").to_lowercase();
            match (from, to) {
                (Some(from), Some(to)) => format!("{part} {from}>{to}"),
                (Some(from), None) => format!("{part} -{from}"),
                (None, to) => format!("{part} +{}", to.as_deref().unwrap_or_default()),
            }
        });
        parts.collect()
    }

    #[test]
    fn reads_what_becomes_of_each_part() {
        for (clauses, expected) in [
            ("ADD a INT", &["column +a"][..]),
            (
                "ADD COLUMN IF NOT EXISTS `a b` ENUM('x', 'y') AFTER c, DROP d",
                &["column +a b", "column -d"],
            ),
            ("ADD (a INT, b INT)", &["column +a"]),
            (
                "MODIFY cents INT NOT NULL, ADD INDEX ix (cents), DROP COLUMN price",
                &["key +ix", "column -price"],
            ),
            (
                "ADD CONSTRAINT uq UNIQUE (a), ADD UNIQUE KEY ur (b)",
                &["key +uq", "key +ur"],
            ),
            (
                "ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES b (c), ADD CONSTRAINT ck CHECK (a > 0)",
                &["constraint +fk", "constraint +ck"],
            ),
            (
                "DROP PRIMARY KEY, ADD PRIMARY KEY (a)",
                &["key -PRIMARY", "key +PRIMARY"],
            ),
            (
                "DROP FOREIGN KEY fk, DROP CHECK ck, DROP CONSTRAINT cn, DROP KEY k",
                &["constraint -fk", "constraint -ck", "constraint -cn", "key -k"],
            ),
            (
                "RENAME COLUMN a TO b, RENAME KEY k TO l, CHANGE c d INT, CHANGE e e BIGINT",
                &["column a>b", "key k>l", "column c>d"],
            ),
        ] {
            assert_eq!(parts(&format!("ALTER TABLE t {clauses}")), expected, "{clauses}");
        }
        let renamed = altered("ALTER TABLE other.t RENAME TO u, ADD a INT");
        assert_eq!(renamed.table, Name::within("other", "t"));
        assert_eq!(renamed.renamed, Some(Name::plain("u")));
    }

    #[test]
    fn what_has_no_name_is_told_from_the_definition() {
        for clause in [
            "ADD INDEX (a)",
            "ADD CHECK (a > 0)",
            "ADD PARTITION (PARTITION p VALUES IN (1))",
            "REMOVE PARTITIONING",
        ] {
            assert!(altered(&format!("ALTER TABLE t {clause}")).more, "{clause}");
        }
        for clause in [
            "MODIFY a BIGINT",
            "COMMENT = 'x', ENGINE=InnoDB",
            "CONVERT TO CHARACTER SET utf8mb4",
        ] {
            assert_eq!(said(&format!("ALTER TABLE t {clause}")), Said::Again, "{clause}");
        }
        for clause in [
            "EXCHANGE PARTITION p WITH TABLE u",
            "TRUNCATE PARTITION p",
            "IMPORT TABLESPACE",
        ] {
            assert_eq!(
                said(&format!("ALTER TABLE t {clause}")),
                Said::Rows(Name::plain("t")),
                "{clause}"
            );
        }
    }
}
