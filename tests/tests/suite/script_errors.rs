//! Hand-edited scripts: what is understood, and what is refused with the line and a hint.

use schema_core::lexer::Lexicon;
use schema_core::plan::{Plan, Statement, Step};
use schema_core::script::{irreversible, parse, render};

const SQLITE: Lexicon = Lexicon {
    brackets: true,
    ..Lexicon::STANDARD
};

fn statements(text: &str, lexicon: Lexicon) -> Vec<Statement> {
    parse(text, lexicon)
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
        .statements
}

fn sqls(text: &str) -> Vec<String> {
    sqls_of(text, SQLITE)
}

fn sqls_of(text: &str, lexicon: Lexicon) -> Vec<String> {
    statements(text, lexicon)
        .into_iter()
        .map(|statement| match statement.step {
            Step::Execute { sql }
            | Step::ExpectNoRows { sql, .. }
            | Step::ExplainFailure { sql, .. }
            | Step::RedefineTable { sql } => sql,
            Step::KeepDependents { table } | Step::RestoreDependents { table } => table,
        })
        .collect()
}

#[track_caller]
fn refused(text: &str, message: &str, hint: &str) {
    let error = parse(text, SQLITE).expect_err(text);
    assert_eq!(error.to_string(), message);
    assert_eq!(error.hint().as_deref(), Some(hint));
}

#[test]
fn semicolons_end_statements_only_where_they_should() {
    assert_eq!(
        sqls("SELECT ';'; SELECT 2;;\n;SELECT 3"),
        ["SELECT ';'", "SELECT 2", "SELECT 3"]
    );
    assert_eq!(
        sqls("SELECT 1 /* ; */ ; -- ; tail\n/* ; */"),
        ["SELECT 1 /* ; */"]
    );
    let trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n  UPDATE a SET b = CASE WHEN b THEN 1 ELSE 2 END;\n  SELECT NEW.end;\nEND";
    assert_eq!(sqls(&format!("{trigger};\nSELECT 1;")), [trigger, "SELECT 1"]);
    assert_eq!(sqls("CREATE TABLE \"trigger\" (begin INT);\nSELECT 1;").len(), 2);
    assert_eq!(sqls("CREATE TABLE trigger (case_ INT);\nSELECT 1;").len(), 2);
}

#[test]
fn routines_of_other_databases_stay_whole() {
    let mysql = Lexicon {
        backslash_escapes: true,
        hash_comments: true,
        ..Lexicon::STANDARD
    };
    let body =
        "CREATE PROCEDURE p() BEGIN IF a THEN SELECT 1; END IF; CASE a WHEN 1 THEN SELECT 2; END CASE; END";
    assert_eq!(
        parse(&format!("{body}; SELECT 1"), mysql)
            .unwrap()
            .statements
            .len(),
        2
    );
    let postgres = Lexicon {
        dollar_quotes: true,
        nested_comments: true,
        ..Lexicon::STANDARD
    };
    let body = "CREATE FUNCTION f() RETURNS int AS $$ BEGIN; RETURN 1; END $$ LANGUAGE plpgsql";
    assert_eq!(
        parse(&format!("{body}; SELECT 1"), postgres)
            .unwrap()
            .statements
            .len(),
        2
    );
}

#[test]
fn a_comment_that_is_run_is_a_statement() {
    let mysql = Lexicon {
        executable_comments: true,
        ..Lexicon::STANDARD
    };
    let sqls = |text| sqls_of(text, mysql);
    assert_eq!(
        sqls(
            "/*!40101 SET NAMES utf8 */; /* why; */ SELECT 1;\n/*! UPDATE a SET b = 1; */ /*M! DELETE FROM a */;"
        ),
        [
            "/*!40101 SET NAMES utf8 */",
            "SELECT 1",
            "/*! UPDATE a SET b = 1; */ /*M! DELETE FROM a */",
        ]
    );
    let dumped = "/*!50003 CREATE*/ /*!50017 DEFINER=root@localhost*/ /*!50003 TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET NEW.b = 1; SET NEW.c = 2; END */";
    assert_eq!(sqls(&format!("{dumped};\nSELECT 2;")), [dumped, "SELECT 2"]);
    let error = parse("SELECT 1;\n/*!80000 SELECT 2;\n", mysql).unwrap_err();
    assert_eq!(error.to_string(), "line 2: the comment is never closed");
    let error = parse("/*!40000 COMMIT */;\n", mysql).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1: `COMMIT` would break the transaction that the script runs in"
    );
}

#[test]
fn only_the_comment_directly_above_is_the_reason() {
    let script =
        "-- a title\n\n-- far away\n\n-- why\n--   and how\nSELECT 1; -- behind\n/* block */\nSELECT 2;\n";
    let statements = statements(script, SQLITE);
    assert_eq!(statements[0].reason, "why\n  and how");
    assert_eq!((statements[0].line, statements[1].line), (7, 9));
    assert_eq!(statements[1].reason, "");
}

#[test]
fn directives_are_obeyed() {
    let script = "-- title\n--autogen: foreign-keys-off\n-- autogen:no-transaction\n\n-- autogen: keep-dependents items\n\n-- no twins\n-- autogen: expect-no-rows two items share a name\nSELECT 1;\n-- autogen: explain-failure an item has no name\nSELECT 2;\n-- autogen: redefine-table\nCREATE TABLE items (id);\n-- autogen: restore-dependents \"a\\nb\"\n";
    let plan = parse(script, SQLITE).unwrap();
    assert!(plan.mode.foreign_keys_off && plan.mode.no_transaction);
    let steps: Vec<Step> = plan
        .statements
        .iter()
        .map(|statement| statement.step.clone())
        .collect();
    assert_eq!(
        steps,
        [
            Step::KeepDependents {
                table: "items".into()
            },
            Step::ExpectNoRows {
                sql: "SELECT 1".into(),
                message: "two items share a name".into()
            },
            Step::ExplainFailure {
                sql: "SELECT 2".into(),
                message: "an item has no name".into()
            },
            Step::RedefineTable {
                sql: "CREATE TABLE items (id)".into()
            },
            Step::RestoreDependents { table: "a\nb".into() },
        ]
    );
    assert_eq!(plan.statements[1].reason, "no twins");
}

#[test]
fn directives_that_mean_nothing_are_refused() {
    refused(
        "\n-- autogen: expect-no-row x\nSELECT 1;",
        "line 2: there is no directive `expect-no-row`",
        "did you mean `expect-no-rows`?",
    );
    refused(
        "-- autogen: frobnicate",
        "line 1: there is no directive `frobnicate`",
        "the directives are `no-transaction`, `foreign-keys-off`, `irreversible`, `expect-no-rows`, `explain-failure`, `redefine-table`, `keep-dependents`, `restore-dependents`, `allow`",
    );
    refused(
        "SELECT 1;\n-- autogen: no-transaction\n",
        "line 2: the directive `no-transaction` means nothing here",
        "put it above the first statement, on a line of its own",
    );
    for script in [
        "SELECT 1;\n\n-- autogen: expect-no-rows x\n",
        "SELECT 1;\n\n-- autogen: expect-no-rows x\n-- autogen: keep-dependents t\n",
        "SELECT 1;\n\n-- autogen: explain-failure x\n",
        "-- autogen: redefine-table\n",
        "-- autogen: redefine-table\n-- autogen: expect-no-rows x\nSELECT 1;\n",
    ] {
        let error = parse(script, SQLITE).unwrap_err();
        assert!(error.to_string().contains("means nothing here"), "{error}");
    }
    refused(
        "CREATE TABLE t ( -- autogen: foreign-keys-off\n a INT);",
        "line 1: the directive `foreign-keys-off` means nothing here",
        "put it above the first statement, on a line of its own",
    );
    refused(
        "SELECT 1; -- autogen: keep-dependents t",
        "line 1: the directive `keep-dependents` means nothing here",
        "put it between two statements, on a line of its own",
    );
    refused(
        "-- autogen: keep-dependents",
        "line 1: the directive `keep-dependents` has a wrong argument",
        "write `-- autogen: keep-dependents TABLE`",
    );
    refused(
        "-- autogen: redefine-table items\nCREATE TABLE items (id);",
        "line 1: the directive `redefine-table` has a wrong argument",
        "write `-- autogen: redefine-table`",
    );
}

#[test]
fn transactions_of_the_scripts_own_are_refused() {
    for keyword in [
        "BEGIN",
        "begin immediate",
        "COMMIT",
        "END TRANSACTION",
        "ROLLBACK",
        "Start Transaction",
    ] {
        let error = parse(&format!("SELECT 1;\n\n/* x */ {keyword};\nSELECT 2;"), SQLITE).unwrap_err();
        let first = keyword.split(' ').next().unwrap();
        assert_eq!(
            error.to_string(),
            format!("line 3: `{first}` would break the transaction that the script runs in")
        );
        assert_eq!(
            error.hint(),
            Some(format!(
                "remove the `{first}`: each script runs in one transaction with its version row"
            ))
        );
    }
    assert_eq!(sqls("SAVEPOINT a; ROLLBACK TO a; RELEASE a;").len(), 3);
}

#[test]
fn locks_that_would_not_last_are_refused() {
    let stepwise = "-- autogen: no-transaction\n\n";
    for (dialect, script, keyword) in [
        ("mysql", "LOCK TABLES t WRITE;".to_owned(), "LOCK TABLES"),
        ("mysql", "/*!40000 lock table t read */;".to_owned(), "lock table"),
        (
            "mysql",
            "FLUSH TABLES t WITH READ LOCK;".to_owned(),
            "FLUSH TABLES",
        ),
        ("postgres", format!("{stepwise}LOCK TABLE t;"), "LOCK TABLE"),
        ("postgres", format!("{stepwise}LOCK t IN SHARE MODE;"), "LOCK t"),
    ] {
        let lexicon = schema_core::dialect::by_name(dialect).unwrap().lexicon();
        let error = parse(&script, lexicon).unwrap_err();
        let expected = format!(
            ": `{keyword}` would lock nothing: each statement of this script commits by itself, and its locks go with that"
        );
        assert!(error.to_string().ends_with(&expected), "{script}: {error}");
        assert!(
            error
                .hint()
                .unwrap()
                .starts_with(&format!("remove the `{keyword}`"))
        );
    }
    for (dialect, script) in [
        ("postgres", "LOCK TABLE t;"),
        (
            "mysql",
            "FLUSH TABLES; UNLOCK TABLES; LOCK INSTANCE FOR BACKUP; SELECT 'LOCK TABLES'",
        ),
    ] {
        let lexicon = schema_core::dialect::by_name(dialect).unwrap().lexicon();
        parse(script, lexicon).unwrap_or_else(|error| panic!("{script}: {error}"));
    }
}

#[test]
fn what_is_never_closed_is_refused_where_it_begins() {
    refused(
        "SELECT 1;\nSELECT 'it''s;\n",
        "line 2: the string is never closed",
        "close the string that begins on this line",
    );
    refused(
        "SELECT \"a",
        "line 1: the quoted name is never closed",
        "close the quoted name that begins on this line",
    );
    refused(
        "SELECT 1;\n\n/* a\nb",
        "line 3: the comment is never closed",
        "close the comment that begins on this line",
    );
    refused(
        "SELECT 1;\nCREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1;",
        "line 2: the body that begins here has no end",
        "end it as its database does: with `END;`, `END IF;` or a parenthesis",
    );
    assert_eq!(sqls("SELECT 'a''b'"), ["SELECT 'a''b'"]);
}

/// What `pg_dump` writes: the rows behind such a statement are no SQL, and hold quotes that nothing closes.
#[test]
fn rows_that_go_through_the_client_are_refused_by_name() {
    let message = "line 2: the rows of this `COPY` go through `psql`; a script has statements only";
    let hint = "write the rows as `INSERT` statements, as `pg_dump --inserts` does";
    let to_come = "CREATE TABLE a (b text);\n";
    refused(
        &format!("{to_come}COPY a (b) FROM stdin;\nit's\n\\.\n"),
        message,
        hint,
    );
    refused(
        &format!("{to_come}COPY a FROM STDIN WITH (FORMAT csv);\n1\n\\.\n"),
        message,
        hint,
    );
    refused(
        &format!("{to_come}COPY (SELECT 1) TO /* here */ STDOUT;\n"),
        message,
        hint,
    );
    for allowed in [
        "COPY a FROM '/srv/stdin';",
        "SELECT 'COPY a FROM stdin';",
        "COPY a TO '/srv/a'; SELECT 1 FROM stdin;",
    ] {
        assert_eq!(sqls(allowed).len(), allowed.matches(';').count(), "{allowed}");
    }
}

#[test]
fn bytes_that_databases_stumble_over() {
    refused(
        "SELECT 1;\nSELECT\0 2;",
        "line 2: the script holds a NUL byte",
        "remove the byte; the file may have been saved as UTF-16",
    );
    assert_eq!(
        sqls("\u{feff}SELECT 1;\r\nSELECT\r\n2;\r\n"),
        ["SELECT 1", "SELECT\n2"]
    );
}

#[test]
fn an_empty_plan_says_so() {
    let text = render(&Plan::default(), "add a comment");
    assert_eq!(
        text,
        "-- add a comment\n\n-- There is nothing to do for this dialect.\n"
    );
    assert_eq!(parse(&text, SQLITE), Ok(Plan::default()));
}

#[test]
fn a_downgrade_can_say_that_there_is_none() {
    assert_eq!(
        irreversible("-- drop prices\n--autogen: irreversible\n").as_deref(),
        Some("")
    );
    assert_eq!(
        irreversible("SELECT 1;\n-- autogen: irreversible too late\n"),
        None
    );
    assert_eq!(
        parse("-- autogen: irreversible gone\n", SQLITE),
        Ok(Plan::default())
    );
}
