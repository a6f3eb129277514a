//! What a statement says of itself: what is there, or gone, or called otherwise once it has taken effect.
//!
//! Only as much grammar as that needs. What is not understood is said to be unknown, never guessed.

mod alter;
mod words;

pub(super) use self::alter::{Alter, PRIMARY, Part, Renaming};
use self::words::Words;
pub(super) use self::words::{Name, inner};

/// What tells that a statement took effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// It need not be known: done twice, it leaves what it leaves once.
    Again,
    /// All of these.
    Changes(Vec<Change>),
    /// Tables have one another's names.
    Renames(Vec<(Name, Name)>),
    /// The rows of the table are others, and its definition the same.
    Rows(Name),
    /// All rows of the table are gone.
    Emptied(Name),
    /// What a procedure does.
    Called(Name),
    /// What the functions do that it calls, and nothing else.
    Functions,
    /// Nobody knows.
    Unknown,
}

/// One of the traces of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// A thing of that kind is there.
    Made(&'static str, Name),
    /// It is gone.
    Gone(&'static str, Name),
    /// A table is altered.
    Altered(Alter),
}

/// Statements that only look, set something to what they say themselves, or tidy up.
const AGAIN: [&str; 22] = [
    "ANALYZE",
    "CHECK",
    "CHECKSUM",
    "DEALLOCATE",
    "DESC",
    "DESCRIBE",
    "EXPLAIN",
    "FLUSH",
    "GRANT",
    "HELP",
    "KILL",
    "LOCK",
    "OPTIMIZE",
    "PREPARE",
    "REPAIR",
    "RESET",
    "SHOW",
    "TABLE",
    "UNLOCK",
    "USE",
    "VALUES",
    "COMMIT",
];

/// Things that CREATE and DROP know, by their words, and under which the server lists them.
const KINDS: [(&str, &str); 9] = [
    ("TABLE", "TABLE"),
    ("VIEW", "TABLE"),
    ("SEQUENCE", "TABLE"),
    ("TRIGGER", "TRIGGER"),
    ("PROCEDURE", "PROCEDURE"),
    ("FUNCTION", "FUNCTION"),
    ("EVENT", "EVENT"),
    ("DATABASE", "DATABASE"),
    ("SCHEMA", "DATABASE"),
];

/// Returns what a statement says of itself.
pub(super) fn said(sql: &str) -> Said {
    let mut words = Words::of(sql);
    understood(&mut words).unwrap_or(Said::Unknown)
}

fn understood(words: &mut Words<'_>) -> Option<Said> {
    let first = words.first()?.text.to_ascii_uppercase();
    match first.as_str() {
        // MariaDB's `ANALYZE UPDATE` does what it analyzes.
        "ANALYZE" if !words.second_is("TABLE") => None,
        "EXPLAIN" if words.second_is("ANALYZE") => None,
        "CREATE" => create(words),
        "DROP" => drop(words),
        "ALTER" => alter::alter(words),
        "RENAME" => renames(words),
        "TRUNCATE" => {
            words.skip();
            words.take("TABLE");
            Some(Said::Emptied(words.name()?))
        }
        "CALL" => {
            words.skip();
            Some(Said::Called(words.name()?))
        }
        "DO" | "SET" => Some(Said::Functions),
        first if AGAIN.contains(&first) => Some(Said::Again),
        _ => None,
    }
}

fn create(words: &mut Words<'_>) -> Option<Said> {
    words.skip();
    let replaces = words.take("OR") && words.take("REPLACE");
    // It is gone with its session.
    if words.take("TEMPORARY") {
        return Some(Said::Again);
    }
    if words.before(
        "INDEX",
        &["UNIQUE", "FULLTEXT", "SPATIAL", "VECTOR", "ONLINE", "OFFLINE"],
    ) {
        words.exists();
        let index = words.plain()?;
        words.until("ON")?;
        let table = words.name()?;
        if replaces {
            return Some(Said::Again);
        }
        let mut alter = Alter::of(table);
        alter.add(Part::Key, index);
        return Some(Said::Changes(vec![Change::Altered(alter)]));
    }
    let kind = words.kind(&KINDS)?;
    words.exists();
    let name = words.name()?;
    Some(match (replaces, kind) {
        (false, kind) => Said::Changes(vec![Change::Made(kind, name)]),
        // The rows go with the old one.
        (true, "TABLE") if !words.seen("VIEW") => Said::Rows(name),
        (true, _) => Said::Again,
    })
}

fn drop(words: &mut Words<'_>) -> Option<Said> {
    words.skip();
    if words.take("PREPARE") || words.take("TEMPORARY") {
        return Some(Said::Again);
    }
    if words.before("INDEX", &["ONLINE", "OFFLINE"]) {
        words.exists();
        let index = words.plain()?;
        words.until("ON")?;
        let mut alter = Alter::of(words.name()?);
        alter.drop(Part::Key, index);
        return Some(Said::Changes(vec![Change::Altered(alter)]));
    }
    let kind = words.kind(&KINDS)?;
    words.exists();
    let mut gone = vec![Change::Gone(kind, words.name()?)];
    while words.symbol(",") {
        gone.push(Change::Gone(kind, words.name()?));
    }
    Some(Said::Changes(gone))
}

/// `RENAME TABLE a TO b, c TO d`
fn renames(words: &mut Words<'_>) -> Option<Said> {
    words.skip();
    if !words.take("TABLE") && !words.take("TABLES") {
        return None;
    }
    words.exists();
    let mut pairs = Vec::new();
    loop {
        let from = words.name()?;
        words.until("TO")?;
        pairs.push((from, words.name()?));
        if !words.symbol(",") {
            return Some(Said::Renames(pairs));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> Name {
        Name::plain(name)
    }

    #[test]
    fn tells_what_is_there_or_gone() {
        for (sql, expected) in [
            (
                "CREATE TABLE IF NOT EXISTS `t` (a INT)",
                Change::Made("TABLE", name("t")),
            ),
            (
                "CREATE DEFINER=`a`@`b` TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET @a = 1",
                Change::Made("TRIGGER", name("tr")),
            ),
            (
                "CREATE SQL SECURITY INVOKER VIEW v AS SELECT 1",
                Change::Made("TABLE", name("v")),
            ),
            (
                "DROP PROCEDURE IF EXISTS other.p",
                Change::Gone("PROCEDURE", Name::within("other", "p")),
            ),
        ] {
            assert_eq!(said(sql), Said::Changes(vec![expected]), "{sql}");
        }
        assert_eq!(
            said("DROP TABLE a, `b c` CASCADE"),
            Said::Changes(vec![
                Change::Gone("TABLE", name("a")),
                Change::Gone("TABLE", name("b c"))
            ])
        );
        let Said::Changes(changes) = said("CREATE UNIQUE INDEX ix USING BTREE ON other.t (a)") else {
            panic!("it is understood");
        };
        let mut expected = Alter::of(Name::within("other", "t"));
        expected.add(Part::Key, "ix".to_owned());
        assert_eq!(changes, [Change::Altered(expected)]);
    }

    #[test]
    fn tells_what_leaves_no_trace_of_itself() {
        for (sql, expected) in [
            ("SET @a = 1", Said::Functions),
            ("DO f()", Said::Functions),
            ("USE other", Said::Again),
            ("CREATE TEMPORARY TABLE t (a INT)", Said::Again),
            ("CREATE OR REPLACE VIEW v AS SELECT 1", Said::Again),
            ("CREATE OR REPLACE TABLE t (a INT)", Said::Rows(name("t"))),
            ("ANALYZE TABLE t", Said::Again),
            ("ANALYZE UPDATE t SET a = a + 1", Said::Unknown),
            ("TRUNCATE other.t", Said::Emptied(Name::within("other", "t"))),
            ("CALL p(1)", Said::Called(name("p"))),
            ("BEGIN NOT ATOMIC UPDATE t SET a = 1; END", Said::Unknown),
            ("ALTR TABLE t ADD a INT", Said::Unknown),
            ("", Said::Unknown),
        ] {
            assert_eq!(said(sql), expected, "{sql}");
        }
        let pairs = vec![(name("a"), name("b")), (name("c"), name("a"))];
        assert_eq!(said("RENAME TABLE a TO b, `c` TO a"), Said::Renames(pairs));
    }
}
