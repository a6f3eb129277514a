//! The parts of a table by name, as SHOW CREATE TABLE tells of them.

use super::said::{Alter, PRIMARY, Part, Renaming};
use super::tally::Tally;
use crate::dialect::mysql::SCRIPTS;
use crate::lexer::{Kind, Token, lex};

/// A part and the line that says what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    part: Part,
    name: String,
    line: String,
}

/// Counts what of an ALTER a table's definition shows, given the one from before.
pub(super) fn count(alter: &Alter, before: &str, now: &str, tally: &mut Tally) {
    let (before, now) = (found(before), found(now));
    let mut touched: Vec<(Part, String)> = Vec::new();
    for Renaming { part, from, to } in &alter.parts {
        let names = [from, to].into_iter().flatten();
        for name in names.map(|name| name.to_lowercase()) {
            let part = kept_as(*part, &name, &before, &now);
            if !touched.contains(&(part, name.clone())) {
                touched.push((part, name));
            }
        }
    }
    let mut replaced = Vec::new();
    for (part, name) in &touched {
        let (was, is) = (find(&before, *part, name), find(&now, *part, name));
        let comes = alter
            .parts
            .iter()
            .any(|renaming| is_name(renaming.to.as_ref(), name));
        if was.is_some() == comes {
            replaced.push((name, was != is));
        } else {
            tally.count(is.is_some() == comes, name);
        }
    }
    // Names that stay tell by what they name, if there are none that come or go.
    if tally.is_empty() {
        for (name, changed) in replaced {
            if changed {
                tally.count(true, name);
            }
        }
    }
}

/// Returns where the server lists a part: a `CONSTRAINT` that is dropped may be a key.
fn kept_as(part: Part, name: &str, before: &[Found], now: &[Found]) -> Part {
    let lists = |part| find(before, part, name).or(find(now, part, name)).is_some();
    if part == Part::Constraint && !lists(Part::Constraint) && lists(Part::Key) {
        Part::Key
    } else {
        part
    }
}

fn is_name(name: Option<&String>, other: &str) -> bool {
    name.is_some_and(|name| name.to_lowercase() == other)
}

/// Returns what stands for a part: its line, and that before it.
fn find<'a>(parts: &'a [Found], part: Part, name: &str) -> Option<&'a Found> {
    parts
        .iter()
        .find(|found| found.part == part && found.name == name)
}

/// Reads the lines of a definition that begin with a name, or with the words for a key or a constraint and then its name.
fn found(create: &str) -> Vec<Found> {
    create.lines().filter_map(read).collect()
}

fn read(line: &str) -> Option<Found> {
    let mut tokens = lex(line, SCRIPTS).filter(|token| !token.is_trivia());
    let first = tokens.next()?;
    let (part, name) = if let Some(name) = quoted(&first) {
        (Part::Column, name)
    } else if first.is("CONSTRAINT") {
        (Part::Constraint, quoted(&tokens.next()?)?)
    } else if first.is("PRIMARY") {
        (Part::Key, PRIMARY.to_owned())
    } else {
        let kinds = ["UNIQUE", "FULLTEXT", "SPATIAL", "VECTOR"];
        let is_key = first.is("KEY")
            || (kinds.iter().any(|kind| first.is(kind)) && tokens.next().is_some_and(|word| word.is("KEY")));
        is_key.then_some(())?;
        (Part::Key, quoted(&tokens.next()?)?)
    };
    Some(Found {
        part,
        name: name.to_lowercase(),
        line: line.trim_end_matches(',').to_owned(),
    })
}

fn quoted(token: &Token<'_>) -> Option<String> {
    // With `ANSI_QUOTES` the server writes names as it reads them.
    match token.kind {
        Kind::Quoted => token.name(),
        Kind::String => Some(crate::lexer::unquote(token.text)),
        Kind::Word | Kind::Number | Kind::Symbol | Kind::Comment | Kind::Space => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::mysql::session::said::{Change, Said, said};

    const BEFORE: &str = "CREATE TABLE `t` (\n  `a` int(11) NOT NULL,\n  `b` int(11) DEFAULT NULL,\n  PRIMARY KEY (`a`),\n  UNIQUE KEY `u` (`b`),\n  CONSTRAINT `c` CHECK (`a` > 0)\n) ENGINE=InnoDB";

    /// Tells what of an ALTER is there: `Some(true)` all, `Some(false)` nothing.
    fn counted(clauses: &str, now: &str) -> Option<bool> {
        let Said::Changes(changes) = said(&format!("ALTER TABLE t {clauses}")) else {
            panic!("{clauses}");
        };
        let [Change::Altered(alter)] = changes.as_slice() else {
            panic!("{clauses}");
        };
        let mut tally = Tally::default();
        count(alter, BEFORE, now, &mut tally);
        tally.whole()
    }

    #[test]
    fn a_part_that_comes_or_goes_tells_whatever_else_has_changed() {
        let commented = BEFORE.replace("InnoDB", "InnoDB COMMENT='x'");
        for (clauses, now) in [
            (
                "ADD x INT",
                BEFORE.replace("  PRIMARY", "  `x` int(11),\n  PRIMARY"),
            ),
            ("DROP b", BEFORE.replace("  `b` int(11) DEFAULT NULL,\n", "")),
            ("RENAME COLUMN b TO c", BEFORE.replace('b', "c")),
            ("DROP KEY u", BEFORE.replace("  UNIQUE KEY `u` (`b`),\n", "")),
            (
                "DROP CONSTRAINT u",
                BEFORE.replace("  UNIQUE KEY `u` (`b`),\n", ""),
            ),
            (
                "DROP CONSTRAINT c",
                BEFORE.replace("CONSTRAINT `c`", "CONSTRAINT `other`"),
            ),
            ("DROP PRIMARY KEY", BEFORE.replace("  PRIMARY KEY (`a`),\n", "")),
        ] {
            assert_eq!(counted(clauses, BEFORE), Some(false), "{clauses}");
            assert_eq!(counted(clauses, &commented), Some(false), "{clauses}");
            assert_eq!(counted(clauses, &now), Some(true), "{clauses}");
        }
    }

    #[test]
    fn names_that_stay_tell_by_what_they_name() {
        let key = "DROP PRIMARY KEY, ADD PRIMARY KEY (a, b)";
        assert_eq!(counted(key, BEFORE), None);
        assert_eq!(
            counted(key, &BEFORE.replace("KEY (`a`)", "KEY (`a`,`b`)")),
            Some(true)
        );
        let swapped = BEFORE
            .replace("`a` int(11) NOT NULL", "`b` int(11) NOT NULL")
            .replace("`b` int(11) DEFAULT", "`a` int(11) DEFAULT");
        assert_eq!(
            counted("RENAME COLUMN a TO b, RENAME COLUMN b TO a", &swapped),
            Some(true)
        );
    }
}
