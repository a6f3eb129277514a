//! Differ cases as data: a file of sections, and what is rewritten in it when expectations change.
//!
//! A file opens with a comment that says what it is about, then sections under `== name` lines: `from` and `to`
//! (in the [notation]), perhaps `answers`, `rows` that fill the tables before (or `rows DIALECT`, where one database wants
//! them in other words), and rows that shall be `refused` after; and what is expected: `operations`, what they lose by name under `losses`, and for each dialect `upgrade DIALECT`, `downgrade DIALECT`, `outcome DIALECT` and, if
//! the case has rows of its own, `upgraded DIALECT` and `downgraded DIALECT`. With `UPDATE_EXPECT=1` in the environment the
//! expected sections are written instead of compared; those of a database that is not at hand stay as they are.
//! A case in the words of some databases names them under `databases`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use schema_core::diff::Answers;
use schema_core::schema::{Default, Expression, Schema, TableName};

use crate::notation;

/// One case.
#[derive(Debug)]
pub struct Case {
    path: PathBuf,
    sections: Vec<(String, String)>,
    /// The schema before.
    pub from: Schema,
    /// The schema after.
    pub to: Schema,
    /// What a person decided.
    pub answers: Answers,
}

impl Case {
    /// Reads a case.
    ///
    /// # Panics
    ///
    /// If the file cannot be read or is no case.
    #[must_use]
    pub fn read(path: &Path) -> Self {
        let text =
            std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut sections = vec![(String::new(), String::new())];
        for line in text.lines() {
            match line.strip_prefix("== ") {
                Some(name) => sections.push((name.trim().to_owned(), String::new())),
                None => {
                    let (_, body) = sections.last_mut().expect("the list begins with one section");
                    body.push_str(line);
                    body.push('\n');
                }
            }
        }
        let mut case = Case {
            path: path.to_owned(),
            from: Schema::default(),
            to: Schema::default(),
            answers: Answers::default(),
            sections,
        };
        case.from = notation::schema(case.body("from").unwrap_or_default());
        case.to = notation::schema(case.body("to").unwrap_or_default());
        case.answers = answers(case.body("answers").unwrap_or_default(), &case.from);
        case
    }

    fn body(&self, name: &str) -> Option<&str> {
        self.sections
            .iter()
            .find(|(section, _)| section == name)
            .map(|(_, body)| body.as_str())
    }

    /// Tells whether the case is in words that the dialect's database understands.
    #[must_use]
    pub fn is_for(&self, dialect: &str) -> bool {
        self.body("databases")
            .is_none_or(|names| names.split_whitespace().any(|name| name == dialect))
    }

    /// Returns the SQL that fills the tables before the upgrade, if the case has its own.
    #[must_use]
    pub fn rows(&self, dialect: &str) -> Option<&str> {
        self.body(&format!("rows {dialect}"))
            .or_else(|| self.body("rows"))
    }

    /// Returns the statements that the schema after must refuse, each by itself.
    pub fn refused(&self) -> impl Iterator<Item = &str> {
        statements(self.body("refused").unwrap_or_default())
    }

    /// Compares what came out with the expected sections, or writes it there.
    ///
    /// # Panics
    ///
    /// If they differ.
    pub fn expect(&self, actual: &[(String, String)]) {
        let trimmed: Vec<(&str, &str)> = actual
            .iter()
            .map(|(name, body)| (name.as_str(), body.trim()))
            .collect();
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&self.path, self.with(&trimmed)).expect("the case can be written");
            return;
        }
        for (name, body) in trimmed {
            let expected = self.body(name).map_or("", str::trim);
            assert!(
                expected == body,
                "{}: `{name}` is not as expected (UPDATE_EXPECT=1 accepts it)\n--- expected\n{expected}\n--- actual\n{body}\n",
                self.path.display()
            );
        }
    }

    /// Returns the file with other expectations. Those of a dialect that is not among them stay as they are.
    fn with(&self, actual: &[(&str, &str)]) -> String {
        let given = |name: &str| {
            matches!(
                name,
                "" | "databases" | "from" | "to" | "answers" | "rows" | "refused"
            ) || name.starts_with("rows ")
        };
        let dialect = |name: &str| name.split_once(' ').map(|(_, dialect)| dialect.to_owned());
        let kept = |(name, _): &&(String, String)| {
            let is_of = |(other, _): &(&str, &str)| dialect(other) == dialect(name);
            given(name) || !actual.iter().any(is_of)
        };
        let own = self.sections.iter().filter(kept);
        let own: Vec<(&str, &str)> = own.map(|(name, body)| (name.as_str(), body.trim())).collect();
        // Most cases lose nothing, and do not say so.
        let actual = actual
            .iter()
            .filter(|(name, body)| *name != "losses" || !body.is_empty());
        let (before, after) = own.split_at(own.iter().take_while(|(name, _)| given(name)).count());
        let mut text = String::new();
        for (at, (name, body)) in before.iter().chain(actual).chain(after).enumerate() {
            if at > 0 {
                let _ = write!(text, "\n== {name}\n");
            }
            if !body.is_empty() {
                text.push_str(body);
                text.push('\n');
            }
        }
        text
    }
}

/// Returns the statements of a text.
pub fn statements(text: &str) -> impl Iterator<Item = &str> {
    let statements = text.split(';').map(str::trim);
    statements.filter(|statement| !statement.is_empty())
}

/// Reads `map items.a.old = new`, `rename a = b`, `rename items.a = items.b` and `backfill items.a = SQL`.
///
/// # Panics
///
/// If a line is no answer.
#[must_use]
pub fn answers(text: &str, from: &Schema) -> Answers {
    let mut answers = Answers::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (what, rest) = line
            .split_once(' ')
            .unwrap_or_else(|| panic!("no answer: `{line}`"));
        let (left, right) = rest
            .split_once(" = ")
            .unwrap_or_else(|| panic!("no ` = ` in `{line}`"));
        let table = left.parse().ok().and_then(|table| from.table(&table));
        if what == "rename" && table.is_some() {
            answers.renamed_tables.insert(table_name(left), table_name(right));
            continue;
        }
        match (what, left.rsplit_once('.'), right.rsplit_once('.')) {
            ("map", Some((column, old)), _) => {
                let (table, column) = column
                    .split_once('.')
                    .unwrap_or_else(|| panic!("no column in `{line}`"));
                let of_column = (table_name(table), column.to_owned());
                let values = answers.mapped_values.entry(of_column).or_default();
                values.insert(old.to_owned(), right.to_owned());
            }
            ("rename", Some((_, from)), Some((table, to))) => {
                answers
                    .renamed_columns
                    .insert((table_name(table), from.to_owned()), to.to_owned());
            }
            ("backfill", Some((table, column)), _) => {
                let value = Default::Expression {
                    sql: Expression::new(right),
                };
                answers
                    .backfills
                    .insert((table_name(table), column.to_owned()), value);
            }
            _ => panic!("no answer: `{line}`"),
        }
    }
    answers
}

fn table_name(text: &str) -> TableName {
    text.parse()
        .unwrap_or_else(|_| panic!("`{text}` is no name of a table"))
}
