//! What hazards say of locks, held to what servers do: of every differ case, whom each statement of the plan keeps waiting.
//!
//! On PostgreSQL a table that is written anew gets another file, a scan is counted, and locks are listed. On MySQL the server is asked to
//! do each ALTER beside its users, which it refuses where it would copy. Tables are empty: what is done does not hang on rows.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use autogen_tests::case::Case;
use autogen_tests::law::create;
use autogen_tests::servers;
use schema_core::db::{Connection, Value};
use schema_core::dialect::{Change, Dialect, Located};
use schema_core::diff::{Answers, diff};
use schema_core::hazard::Code;
use schema_core::operation::Operation;
use schema_core::plan::{Plan, Statement, Step, plan};
use schema_core::schema::Schema;

/// The codes that say that rows are written anew, and those that say that they are read.
const WRITTEN: [Code; 3] = [Code::L06, Code::L07, Code::L08];
const READ: [Code; 3] = [Code::L01, Code::L03, Code::L04];
const COPIED: [Code; 5] = [Code::L08, Code::L16, Code::L17, Code::L18, Code::L19];

/// The cases in which MySQL copies and MariaDB does not; a hazard is said all the same, for no script knows on which of them it will run.
const ONLY_MYSQL: [&str; 18] = [
    "column-added-with-bytes-default",
    "column-added-with-computed-default",
    "column-added-with-quoted-default",
    "column-added-with-uuid-default",
    "column-auto-dropped",
    "column-collation-by-dialect",
    "column-renamed-beside-added",
    "column-type-text-longer-than-a-byte-says",
    "generated-beside-added",
    "generated-dropped-with-base",
    "generated-dropped-with-one-base",
    "generated-dropped-with-two-bases",
    "generated-from-plain",
    "generated-stored-to-virtual",
    "primary-key-becomes-composite",
    "primary-key-collation-renamed",
    "primary-key-composite-refused",
    "unique-collation-on-one-dialect",
];

/// Those in which it is the other way round.
const ONLY_MARIADB: [&str; 4] = [
    "column-type-text-to-bytes",
    "columns-added-in-the-middle",
    "generated-in-index-of-foreign-key-filled",
    "unique-on-computed",
];

/// A differ case in the words of a dialect, with the plan that leads there.
struct Planned {
    name: String,
    case: Case,
    operations: Vec<Operation>,
    script: Plan,
}

impl Planned {
    fn hazards(&self, dialect: &dyn Dialect) -> Vec<Located> {
        dialect.hazards(&Change {
            script: &self.script,
            operations: &self.operations,
            from: &self.case.from,
            to: &self.case.to,
        })
    }
}

/// Returns the cases that the dialect can hold and whose tables stand in its default namespace.
fn cases(dialect: &dyn Dialect) -> Vec<Planned> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("diff");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let planned = paths.iter().filter_map(|path| {
        let case = Case::read(path);
        let plain = case
            .from
            .tables
            .keys()
            .chain(case.to.tables.keys())
            .all(|name| name.schema.is_none());
        let plans = plan(dialect, &case.from, &case.to, &case.answers).ok()?;
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        // A type that no server has without an extension.
        let known = name != "column-type-native";
        let held = plan(dialect, &Schema::default(), &case.from, &Answers::default()).is_ok();
        (plain && known && held && case.is_for(dialect.name())).then(|| Planned {
            name,
            operations: diff(&case.from, &case.to, &case.answers),
            script: plans.upgrade,
            case,
        })
    });
    planned.collect()
}

fn codes(hazards: &[Located], at: usize) -> BTreeSet<Code> {
    let of = hazards.iter().filter(|located| located.statement == Some(at));
    of.map(|located| located.hazard.code).collect()
}

fn says_any(codes: &BTreeSet<Code>, of: &[Code]) -> bool {
    of.iter().any(|code| codes.contains(code))
}

/// Returns a number for each name that the query finds.
fn numbers(connection: &mut dyn Connection, sql: &str) -> BTreeMap<String, i64> {
    let rows = connection.query(sql, &[]).unwrap();
    let pair = |row: &Vec<Value>| (row[0].as_str().unwrap().to_owned(), row[1].as_integer().unwrap());
    rows.iter().map(pair).collect()
}

#[test]
fn postgres_does_what_is_said_of_locks() {
    const FILES: &str = "SELECT oid::text, relfilenode::bigint FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";
    const NAMES: &str = "SELECT relname::text, oid::bigint FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";
    const SCANS: &str =
        "SELECT relid::text, (seq_scan + coalesce(idx_scan, 0))::bigint FROM pg_stat_xact_user_tables";
    const LOCKED: &str = "SELECT DISTINCT c.oid::text, 1::bigint FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
        WHERE l.pid = pg_backend_pid() AND l.mode = 'AccessExclusiveLock' AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace";
    let Some(database) = servers::database("postgres") else {
        return;
    };
    let dialect = database.dialect();
    let mut connection = database.empty();
    let connection = &mut *connection;
    let (mut wrong, mut looked_at) = (Vec::new(), 0);
    for planned in cases(dialect) {
        create(connection, dialect, &planned.case.from);
        let hazards = planned.hazards(dialect);
        connection.execute("BEGIN", &[]).unwrap();
        let stood: BTreeSet<String> = numbers(connection, FILES).into_keys().collect();
        for (at, statement) in planned.script.statements.iter().enumerate() {
            let Step::Execute { sql } = &statement.step else {
                continue;
            };
            let names: BTreeMap<String, String> = numbers(connection, NAMES)
                .into_iter()
                .map(|(name, oid)| (oid.to_string(), name))
                .collect();
            let before = [FILES, SCANS, LOCKED].map(|sql| numbers(connection, sql));
            connection
                .execute(sql, &[])
                .unwrap_or_else(|error| panic!("{}: {error}\n{sql}", planned.name));
            let after = [FILES, SCANS, LOCKED].map(|sql| numbers(connection, sql));
            if !sql.starts_with("ALTER TABLE")
                && !sql.starts_with("CREATE INDEX")
                && !sql.starts_with("DROP TABLE")
            {
                continue;
            }
            looked_at += 1;
            let codes = codes(&hazards, at);
            // What the script has made itself has no rows.
            let stood = |oid: &&String| stood.contains(*oid) && before[0].contains_key(*oid);
            let written = before[0]
                .iter()
                .any(|(name, file)| stood(&name) && after[0].get(name).is_some_and(|other| other != file));
            let scans = |name: &String, of: &BTreeMap<String, i64>| of.get(name).copied().unwrap_or_default();
            let read = after[1]
                .keys()
                .filter(stood)
                .any(|name| scans(name, &after[1]) > scans(name, &before[1]));
            let locked = after[2]
                .keys()
                .filter(|oid| !before[2].contains_key(*oid))
                .filter(stood);
            // What is dropped in the same revision is nobody's loss.
            let goes = |name: &str| {
                let mut operations = planned.operations.iter();
                operations.any(|operation| matches!(operation, Operation::DropTable { table } if table.name.name == name))
            };
            let head = sql.lines().next().unwrap();
            let beyond = locked
                .map(|oid| &names[oid])
                .any(|name| !head.contains(&format!("\"{name}\"")) && !goes(name));
            // A NOT NULL column without a value is added to an empty table only, which is soon read.
            let on_empty = sql.contains("ADD COLUMN") && sql.ends_with("NOT NULL");
            let mut expect = |what: &str, done: bool, said: bool| {
                if done != said {
                    wrong.push(format!(
                        "{}: {what}: done {done}, said {said} {codes:?}\n    {sql}",
                        planned.name
                    ));
                }
            };
            expect("written anew", written, says_any(&codes, &WRITTEN));
            expect(
                "read",
                (read && !on_empty) || written,
                says_any(&codes, &READ) || says_any(&codes, &WRITTEN),
            );
            expect("locks more", beyond, codes.contains(&Code::L15));
        }
        connection.execute("ROLLBACK", &[]).unwrap();
        connection.execute("DROP SCHEMA public CASCADE", &[]).unwrap();
        connection.execute("CREATE SCHEMA public", &[]).unwrap();
    }
    assert!(looked_at > 200, "{looked_at}");
    assert!(
        wrong.is_empty(),
        "{} of {looked_at}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn mysql_copies_what_is_said_to_be_copied() {
    let Some(database) = servers::database("mysql") else {
        return;
    };
    let dialect = database.dialect();
    let mut connection = database.empty();
    let connection = &mut *connection;
    let (mut wrong, mut looked_at) = (Vec::new(), 0);
    let alters = |statement: &Statement| matches!(&statement.step, Step::Execute { sql } if sql.starts_with("ALTER TABLE"));
    for planned in cases(dialect)
        .into_iter()
        .filter(|planned| planned.script.statements.iter().any(alters))
    {
        create(connection, dialect, &planned.case.from);
        let hazards = planned.hazards(dialect);
        for (at, statement) in planned.script.statements.iter().enumerate() {
            let Step::Execute { sql } = &statement.step else {
                continue;
            };
            let mut copied = false;
            let head = sql.lines().next().unwrap();
            // What the script has made itself has no rows.
            let mut operations = planned.operations.iter();
            let is_new = operations.any(|operation| {
                matches!(operation, Operation::CreateTable { table } if head.starts_with(&format!("ALTER TABLE `{}`", table.name.name)))
            });
            if sql.starts_with("ALTER TABLE") && !is_new {
                looked_at += 1;
                let beside = connection.execute(&format!("{sql}, ALGORITHM=INPLACE, LOCK=NONE"), &[]);
                copied = beside.is_err();
                let codes = codes(&hazards, at);
                let elsewhere = if servers::is_mariadb() {
                    &ONLY_MYSQL[..]
                } else {
                    &ONLY_MARIADB
                };
                let said = says_any(&codes, &COPIED);
                if copied != said && (copied || !elsewhere.contains(&planned.name.as_str())) {
                    let why = beside
                        .map(|_| "done beside others".to_owned())
                        .unwrap_or_else(|error| error.to_string());
                    wrong.push(format!("{}: {why}; said {codes:?}\n    {sql}", planned.name));
                }
            }
            if copied || is_new || !sql.starts_with("ALTER TABLE") {
                connection
                    .execute(sql, &[])
                    .unwrap_or_else(|error| panic!("{}: {error}\n{sql}", planned.name));
            }
        }
        clear(connection);
    }
    assert!(looked_at > 100, "{looked_at}");
    assert!(
        wrong.is_empty(),
        "{} of {looked_at}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn clear(connection: &mut dyn Connection) {
    let tables = connection
        .query(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = database()",
            &[],
        )
        .unwrap();
    connection.execute("SET foreign_key_checks = 0", &[]).unwrap();
    for table in tables {
        let name = table[0].as_str().unwrap().replace('`', "``");
        connection.execute(&format!("DROP TABLE `{name}`"), &[]).unwrap();
    }
    connection.execute("SET foreign_key_checks = 1", &[]).unwrap();
}
