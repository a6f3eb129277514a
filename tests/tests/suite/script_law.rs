//! The law of scripts: what a plan is rendered to is read back as the same plan.

use proptest::prelude::*;
use schema_core::dialect::Mode;
use schema_core::lexer::Lexicon;
use schema_core::plan::{Plan, Statement, Step};
use schema_core::script::{checksum, parse, render};

const SQLITE: Lexicon = Lexicon {
    brackets: true,
    ..Lexicon::STANDARD
};

/// Statements in which everything stands that a splitter could stumble over.
fn sql() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("a".to_owned()),
        Just("\"b;\"\"c\"".to_owned()),
        Just("[d;e]".to_owned()),
        Just("`f;g`".to_owned()),
        Just("'x; -- y''\n  z'".to_owned()),
        Just("/* ; 'open */".to_owned()),
        Just("-- ; don't\n".to_owned()),
        Just("-- last; \"one".to_owned()),
        Just("CASE WHEN 1 THEN 2 ELSE 3 END".to_owned()),
        Just("(1.5e-3, X'0f')".to_owned()),
        Just("begin".to_owned()),
        Just("end".to_owned()),
        "[a-zé→0-9_ =<>+*]{0,12}",
    ];
    let tail = prop::collection::vec(piece, 0..6);
    let plain = (
        prop::sample::select(vec![
            "SELECT",
            "UPDATE t SET",
            "CREATE TABLE trigger_log",
            "INSERT INTO",
            "WITH",
        ]),
        tail,
    )
        .prop_map(|(head, tail)| {
            let mut sql = head.to_owned();
            for piece in tail {
                // A line comment that is not the last piece must end, or it would swallow the next.
                let gap = if sql.lines().last().is_some_and(|line| line.contains("--")) {
                    "\n"
                } else {
                    " "
                };
                sql.push_str(gap);
                sql.push_str(&piece);
            }
            sql.trim_end().to_owned()
        });
    let body = prop::sample::select(vec![
        "UPDATE t SET a = CASE WHEN 1 THEN ';' ELSE 'END;' END;",
        "SELECT NEW.end; -- END;\n",
        "INSERT INTO log VALUES (OLD.\"begin\"); SELECT 1;",
    ]);
    let trigger = (
        prop::sample::select(vec![
            "CREATE TRIGGER",
            "create temp trigger IF NOT EXISTS",
            "CREATE TEMPORARY TRIGGER",
        ]),
        body,
    )
        .prop_map(|(head, body)| {
            format!("{head} t_a AFTER UPDATE ON t WHEN CASE WHEN 1 THEN 1 END\nBEGIN\n    {body}\nEND")
        });
    prop_oneof![3 => plain, 1 => trigger]
}

/// Lines without blanks at their ends, directives' look-alikes among them.
fn reason() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just(String::new()),
        Just("autogen: no-transaction".to_owned()),
        Just("  autogen: nonsense".to_owned()),
        Just("\\autogen".to_owned()),
        Just("; 'it /* is".to_owned()),
        "[ -~é]{0,20}",
    ];
    prop::collection::vec(line.prop_map(|line| line.trim_end().to_owned()), 0..3)
        .prop_map(|lines| lines.join("\n"))
}

fn statement() -> impl Strategy<Value = Statement> {
    let table = prop_oneof![
        Just("items".to_owned()),
        ".{0,8}",
        Just("a b\n\"c".to_owned()),
        Just(" ".to_owned())
    ];
    let step = prop_oneof![
        4 => sql().prop_map(|sql| Step::Execute { sql }),
        1 => (sql(), "[a-z;']{0,9}( [a-z'-]{1,9}){0,3}").prop_map(|(sql, message)| Step::ExpectNoRows { sql, message: message.trim().to_owned() }),
        1 => (sql(), "[a-z;']{0,9}( [a-z'-]{1,9}){0,3}").prop_map(|(sql, message)| Step::ExplainFailure { sql, message: message.trim().to_owned() }),
        1 => sql().prop_map(|sql| Step::RedefineTable { sql }),
        1 => table.clone().prop_map(|table| Step::KeepDependents { table }),
        1 => table.prop_map(|table| Step::RestoreDependents { table }),
    ];
    (step, reason()).prop_map(|(step, reason)| Statement {
        step,
        reason,
        line: 0,
    })
}

fn plan() -> impl Strategy<Value = Plan> {
    (any::<(bool, bool)>(), prop::collection::vec(statement(), 0..6)).prop_map(|((off, no), statements)| {
        Plan {
            mode: Mode {
                foreign_keys_off: off,
                no_transaction: no,
            },
            statements,
        }
    })
}

fn without_lines(mut plan: Plan) -> Plan {
    for statement in &mut plan.statements {
        statement.line = 0;
    }
    plan
}

proptest! {
    #![proptest_config(autogen_tests::dice::config(512))]

    #[test]
    fn what_is_rendered_is_read_back(plan in plan(), title in reason()) {
        let text = render(&plan, &title);
        let read = parse(&text, SQLITE).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(without_lines(read), plan, "{}", text);
    }

    #[test]
    fn line_ends_and_trailing_blanks_change_neither_plan_nor_checksum(plan in plan()) {
        let text = render(&plan, "a title");
        let windows = format!("\u{feff}{}\r\n\r\n", text.replace('\n', "\r\n"));
        prop_assert_eq!(checksum(&windows), checksum(&text));
        prop_assert_eq!(parse(&windows, SQLITE).unwrap(), parse(&text, SQLITE).unwrap());
    }

    #[test]
    fn every_line_number_points_at_its_step(plan in plan()) {
        let text = render(&plan, "a title");
        let lines: Vec<&str> = text.lines().collect();
        for statement in parse(&text, SQLITE).unwrap().statements {
            let line = lines[statement.line - 1];
            match statement.step {
                Step::Execute { sql }
                | Step::ExpectNoRows { sql, .. }
                | Step::ExplainFailure { sql, .. }
                | Step::RedefineTable { sql } => {
                    let first = sql.lines().next().unwrap();
                    prop_assert!(line.starts_with(first), "{line:?} {first:?}");
                }
                Step::KeepDependents { .. } => prop_assert!(line.starts_with("-- autogen: keep-dependents")),
                Step::RestoreDependents { .. } => prop_assert!(line.starts_with("-- autogen: restore-dependents")),
            }
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "(\\PC|[\n\r\t\0;'\"/*-]|autogen: |CREATE TRIGGER |BEGIN |END |CASE |/\\*!80000 ){0,40}") {
        for lexicon in [SQLITE, Lexicon::STANDARD, Lexicon { executable_comments: true, ..Lexicon::STANDARD }, Lexicon { dollar_quotes: true, nested_comments: true, ..Lexicon::STANDARD }] {
            let _ = parse(&text, lexicon);
            let _ = checksum(&text);
        }
    }
}
