#![allow(clippy::unwrap_used, reason = "a test may panic")]
//! What lint finds and what it does not: for each code a file `tests/lint/CODE.txt` of fixtures.
//!
//! A fixture opens with `== found DIALECT` or `== silent DIALECT`. Below stands a script, in which the code has to be found or not; it is
//! for the way back after `back`. With `case NAME` the scripts are those that are planned for a differ case of that name, there or, after `back`, the other way round; with `step` they are those
//! that lead from one schema to another, which stand around a line `=>`, perhaps with answers after another one. Scripts are for the
//! tables of `tests/lint/schema.txt`. `␀` stands for a NUL byte, and `␍` for a carriage return.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use autogen_tests::case::{self, Case};
use autogen_tests::notation;
use autogen_tests::revisions::{Project, id, revision};
use schema_core::dialect::{self, Change, Dialect};
use schema_core::diff::{Answers, diff};
use schema_core::hazard::{Code, Hazard, hazards};
use schema_core::history::Direction;
use schema_core::history::files::write_revision;
use schema_core::lint::{Finding, LintError, lint};
use schema_core::operation::create_all;
use schema_core::plan::plan;
use schema_core::schema::Schema;
use schema_core::script::{Problem, checksum};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("lint")
}

/// A project with the tables of the fixtures, and a revision after it whose scripts are theirs.
struct Scripts {
    project: Project,
    folder: PathBuf,
}

impl Scripts {
    fn new() -> Self {
        let project = Project::new();
        let mut first = revision(1, &[], "first");
        first.operations = create_all(&notation::schema(
            &std::fs::read_to_string(folder().join("schema.txt")).unwrap(),
        ));
        let mut second = revision(2, &[1], "second");
        for revision in [&mut first, &mut second] {
            revision.scripts = BTreeMap::new();
        }
        write_revision(&project.migrations(), &first, &BTreeMap::new()).unwrap();
        let folder = write_revision(&project.migrations(), &second, &BTreeMap::new()).unwrap();
        Scripts { project, folder }
    }

    /// Returns what is found in a script.
    fn found_in(
        &self,
        dialect: &dyn Dialect,
        direction: Direction,
        text: &str,
    ) -> Result<Vec<Finding>, LintError> {
        let path = self.folder.join(format!("{direction}.{}.sql", dialect.name()));
        std::fs::write(&path, text).unwrap();
        let found = lint(&self.project.load(), &[id(2)], &[dialect], &asked_for());
        std::fs::remove_file(path).unwrap();
        found
    }
}

/// The codes that are looked for only where somebody asks.
fn asked_for() -> Vec<Code> {
    Code::ALL
        .iter()
        .copied()
        .filter(|code| code.is_asked_for())
        .collect()
}

fn found_in(dialect: &dyn Dialect, direction: Direction, text: &str) -> Result<Vec<Finding>, LintError> {
    Scripts::new().found_in(dialect, direction, text)
}

/// Returns what is found in a step and in the script that is planned for it.
fn found_between(dialect: &dyn Dialect, from: &Schema, to: &Schema, answers: &Answers) -> Vec<Hazard> {
    let operations = diff(from, to, answers);
    let script = plan(dialect, from, to, answers).unwrap().upgrade;
    let mut found = hazards(&operations, from, to, answers, &|name| dialect.quote(name));
    let change = Change {
        script: &script,
        operations: &operations,
        from,
        to,
    };
    let of_script = dialect.hazards(&change).into_iter();
    found.extend(
        of_script
            .chain(dialect.quality(&change))
            .map(|located| located.hazard),
    );
    found
}

fn differ_case(name: &str) -> Case {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("diff");
    Case::read(&folder.join(format!("{name}.txt")))
}

/// Runs one fixture.
fn check(scripts: &Scripts, words: &[&str], body: &str) -> Vec<Hazard> {
    let dialect = dialect::by_name(words[0]).unwrap();
    let of_script = |direction| {
        let found = scripts.found_in(dialect, direction, body).unwrap().into_iter();
        found
            .filter(|finding| finding.allowed.is_none())
            .map(|finding| finding.hazard)
            .collect()
    };
    match words[1..] {
        [] => of_script(Direction::Upgrade),
        ["back"] => of_script(Direction::Downgrade),
        ["case", name] => {
            let case = differ_case(name);
            found_between(dialect, &case.from, &case.to, &case.answers)
        }
        ["case", name, "back"] => {
            let case = differ_case(name);
            found_between(dialect, &case.to, &case.from, &Answers::default())
        }
        ["step"] => {
            let mut parts = body.split("=>\n");
            let from = notation::schema(parts.next().unwrap());
            let to = notation::schema(parts.next().unwrap());
            let answers = case::answers(parts.next().unwrap_or_default(), &from);
            found_between(dialect, &from, &to, &answers)
        }
        _ => panic!("no fixture: {words:?}"),
    }
}

#[test]
fn every_code_is_found_where_it_is_and_nowhere_else() {
    let scripts = Scripts::new();
    let mut wrong = Vec::new();
    for code in Code::ALL {
        let text = std::fs::read_to_string(folder().join(format!("{code}.txt"))).unwrap();
        let mut counts = BTreeMap::from([("found", 0), ("silent", 0)]);
        for fixture in text.split("== ").skip(1) {
            let (head, body) = fixture.split_once('\n').unwrap();
            let (kind, words) = head.split_once(' ').unwrap();
            let body = body.trim_end().replace('␀', "\0").replace('␍', "\r");
            let words: Vec<&str> = words.split(' ').collect();
            let findings = check(&scripts, &words, &format!("{body}\n"));
            *counts.get_mut(kind).unwrap() += 1;
            let said: Vec<String> = findings.iter().map(ToString::to_string).collect();
            let is_found = findings.iter().any(|hazard| hazard.code == *code);
            if is_found != (kind == "found") {
                wrong.push(format!("{code}: {head}\n{body}\n  found: {said:#?}"));
            }
            for hazard in findings {
                assert!(!hazard.text.is_empty() && !hazard.safe.is_empty(), "{hazard:?}");
                assert!(!hazard.to_string().contains('\n'), "one line: {hazard:?}");
            }
        }
        assert!(counts.values().all(|count| *count >= 3), "{code}: {counts:?}");
    }
    assert!(
        wrong.is_empty(),
        "{} are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// What only a person writes, so that a finding in a planned script would be a mistake of the rule.
const BY_HAND: [Code; 27] = [
    Code::D03,
    Code::D08,
    Code::D09,
    Code::D10,
    Code::D11,
    Code::D12,
    Code::F06,
    Code::F07,
    Code::F08,
    Code::L02,
    Code::L05,
    Code::L09,
    Code::L10,
    Code::L11,
    Code::L13,
    Code::L14,
    Code::R01,
    Code::R02,
    Code::R04,
    Code::R05,
    Code::R06,
    Code::R07,
    Code::R08,
    Code::R10,
    Code::R11,
    Code::D01,
    Code::D02,
];

#[test]
fn what_is_planned_is_never_taken_for_hand_written() {
    let mut looked_at = 0;
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("diff")).unwrap() {
        let path = entry.unwrap().path();
        let case = Case::read(&path);
        for dialect in dialect::all()
            .iter()
            .filter(|dialect| case.is_for(dialect.name()))
        {
            for (from, to, answers) in [
                (&case.from, &case.to, case.answers.clone()),
                (&case.to, &case.from, Answers::default()),
            ] {
                if plan(*dialect, from, to, &answers).is_err() {
                    continue;
                }
                looked_at += 1;
                for hazard in found_between(*dialect, from, to, &answers) {
                    // A drop that an operation says is one of any author.
                    let is_said =
                        hazard.text.contains("no operation") || !matches!(hazard.code, Code::D01 | Code::D02);
                    if BY_HAND.contains(&hazard.code) && is_said {
                        wrong.push(format!(
                            "{}: {} {hazard}",
                            path.file_stem().unwrap().display(),
                            dialect.name()
                        ));
                    }
                }
            }
        }
    }
    assert!(looked_at > 1000, "{looked_at}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn sqlite() -> &'static dyn Dialect {
    dialect::by_name("sqlite").unwrap()
}

#[test]
fn a_finding_says_the_line() {
    let script = "-- why\n\nSELECT 1;\n\n-- all of them\nDELETE FROM items;\n";
    let found = found_in(sqlite(), Direction::Upgrade, script).unwrap();
    let [finding] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!((finding.line, finding.hazard.code), (Some(6), Code::D08));
    assert!(
        finding.script.ends_with("690000020000_second/upgrade.sqlite.sql"),
        "{finding:?}"
    );
}

#[test]
fn an_operation_is_found_at_the_statement_that_does_it() {
    let project = Project::new();
    project.create_table(1, &[], "one");
    let mut drop = revision(2, &[1], "drop names");
    let from = project.load().schema_at(&[id(1)]).unwrap();
    let mut to = from.clone();
    for table in to.tables.values_mut() {
        table.columns.retain(|column| column.name == "id");
    }
    drop.operations = diff(&from, &to, &Answers::default());
    drop.scripts = BTreeMap::new();
    project.write(
        &drop,
        "SELECT 1;\n\n-- removed column\nALTER TABLE one DROP COLUMN name;\n",
        "SELECT 1;\n",
    );
    let found = lint(&project.load(), &[id(2)], &[sqlite()], &[]).unwrap();
    let lines: Vec<_> = found
        .iter()
        .map(|finding| (finding.hazard.code, finding.line))
        .collect();
    assert_eq!(lines, [(Code::D02, Some(4)), (Code::D15, Some(4))]);
}

#[test]
fn an_allow_is_for_its_statement_or_at_the_head_for_all() {
    let open = |script: &str| -> Vec<(Code, Option<usize>)> {
        let found = found_in(sqlite(), Direction::Upgrade, script).unwrap();
        let open = found.iter().filter(|finding| finding.allowed.is_none());
        open.map(|finding| (finding.hazard.code, finding.line)).collect()
    };
    let two = "DELETE FROM items;\nDELETE FROM sums;\n";
    assert_eq!(open(two), [(Code::D08, Some(1)), (Code::D08, Some(2))]);
    assert_eq!(
        open(&format!("-- autogen: allow D08 old\n{two}")),
        [(Code::D08, Some(3))]
    );
    assert_eq!(open(&format!("-- autogen: allow D08 old\n\n{two}")), []);
    assert_eq!(
        open(&format!("-- autogen: allow D01 old\n{two}")),
        [(Code::R11, Some(1)), (Code::D08, Some(2)), (Code::D08, Some(3))]
    );
}

#[test]
fn an_allow_needs_a_code_and_a_reason() {
    for (line, expected) in [
        ("-- autogen: allow", "the directive `allow` has a wrong argument"),
        (
            "-- autogen: allow D08",
            "the directive `allow` has a wrong argument",
        ),
        ("-- autogen: allow D99 old", "no hazard has the code `D99`"),
        (
            "SELECT 1; -- autogen: allow D08 old",
            "the directive `allow` means nothing here",
        ),
    ] {
        let error = found_in(
            sqlite(),
            Direction::Upgrade,
            &format!("{line}\nDELETE FROM items;\n"),
        )
        .unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        let LintError::Script { error, .. } = error else {
            panic!("{error}");
        };
        assert!(error.hint().is_some());
        if let Problem::Argument { .. } = error.problem {
            assert_eq!(error.hint().unwrap(), "write `-- autogen: allow CODE REASON`");
        }
    }
    let last = found_in(
        sqlite(),
        Direction::Upgrade,
        "SELECT 1;\n\n-- autogen: allow D08 old\n",
    )
    .unwrap_err();
    assert!(last.to_string().contains("means nothing here"), "{last}");
}

#[test]
fn an_allow_is_no_edit_and_a_persons_all_the_same() {
    let text = "DELETE FROM items;\n";
    let allowed = format!("-- autogen: allow D08 old\n{text}");
    assert_eq!(checksum(&allowed), checksum(text));
    let project = Project::new();
    let mut first = revision(1, &[], "first");
    let sums = schema_core::history::ScriptSums {
        upgrade: checksum(text),
        downgrade: checksum("SELECT 1;\n"),
        edited: BTreeSet::new(),
    };
    first.scripts = BTreeMap::from([("sqlite".to_owned(), sums)]);
    let written = project.write(&first, text, "SELECT 1;\n");
    assert!(
        !project
            .load()
            .is_edited(id(1), "sqlite", Direction::Upgrade)
            .unwrap()
    );
    std::fs::write(written.join("upgrade.sqlite.sql"), allowed).unwrap();
    let history = project.load();
    assert!(!history.is_edited(id(1), "sqlite", Direction::Upgrade).unwrap());
}

#[test]
fn branches_are_looked_at_from_where_they_begin() {
    let project = Project::new();
    project.create_table(1, &[], "one");
    project.create_table(2, &[1], "two");
    let mut drop = revision(3, &[1], "drop one");
    drop.operations = diff(
        &project.load().schema_at(&[id(1)]).unwrap(),
        &Schema::default(),
        &Answers::default(),
    );
    drop.scripts = BTreeMap::new();
    project.write(&drop, "DROP TABLE one;\n", "SELECT 1;\n");
    let history = project.load();
    let all: Vec<_> = history.revisions().iter().map(|header| header.id).collect();
    let found = lint(&history, &all, &[sqlite()], &[]).unwrap();
    let codes: BTreeSet<_> = found
        .iter()
        .map(|finding| (finding.revision, finding.hazard.code))
        .collect();
    assert!(codes.contains(&(id(3), Code::D01)), "{found:?}");
    assert_eq!(codes.len(), 1, "{found:?}");
}

/// The page of all codes is checked against the code: each has its line, with what it is about.
#[test]
fn the_page_of_codes_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema-core/src/hazard/codes.md");
    let page = std::fs::read_to_string(path).unwrap();
    let lines: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
    let listed: Vec<String> = lines
        .iter()
        .map(|line| line.split('`').nth(1).unwrap().to_owned())
        .collect();
    let known: Vec<String> = Code::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(listed, known);
    for (line, code) in lines.iter().zip(Code::ALL) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        assert_eq!(cells.len(), 4, "{line}");
        assert_eq!(cells[2], code.about().trim_end_matches('.'), "{code}");
        assert!(cells[3].len() > 10, "{code} has a safe form");
    }
}
