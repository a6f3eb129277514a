//! Which statements a server prepares, and so can run on a condition.
//!
//! MariaDB prepares all of them from 10.6 on (<https://mariadb.com/kb/en/prepare-statement/>), MySQL only some
//! (<https://dev.mysql.com/doc/refman/8.4/en/sql-prepared-statements.html>).

use crate::dialect::mysql::SCRIPTS;
use crate::lexer::{Kind, Token, lex};
use crate::plan::{Plan, Statement};

use super::stopping;

/// What MySQL prepares whatever follows.
const FIRST: [&str; 30] = [
    "ANALYZE",
    "CALL",
    "CHECKSUM",
    "COMMIT",
    "DEALLOCATE",
    "DELETE",
    "DESC",
    "DESCRIBE",
    "DO",
    "EXECUTE",
    "EXPLAIN",
    "FLUSH",
    "GRANT",
    "INSERT",
    "KILL",
    "OPTIMIZE",
    "PREPARE",
    "RENAME",
    "REPAIR",
    "REPLACE",
    "RESET",
    "REVOKE",
    "SELECT",
    "SET",
    "SHOW",
    "TABLE",
    "TRUNCATE",
    "UPDATE",
    "VALUES",
    "WITH",
];

/// Of what it prepares CREATE and DROP.
const CREATED: [&str; 7] = ["TABLE", "INDEX", "VIEW", "EVENT", "USER", "DATABASE", "SCHEMA"];

/// Of what it prepares ALTER.
const ALTERED: [&str; 4] = ["TABLE", "EVENT", "USER", "INSTANCE"];

/// What is between CREATE and the kind of what is created may be of these kinds only by name.
const OTHERS: [&str; 12] = [
    "TRIGGER",
    "PROCEDURE",
    "FUNCTION",
    "ROLE",
    "SERVER",
    "TABLESPACE",
    "RESOURCE",
    "SPATIAL",
    "LOGFILE",
    "UNDO",
    "PACKAGE",
    "SEQUENCE",
];

/// Returns statements that stop, before anything is done, on a server that does not prepare all that the plan holds.
pub(super) fn refuse(plan: &Plan) -> Vec<Statement> {
    let Some(what) = plan.executed().find_map(unprepared) else {
        return Vec::new();
    };
    let look = "SET @autogen_found = @autogen_due AND (version() NOT LIKE '%MariaDB%' OR 1006 > \
        substring_index(version(), '.', 1) * 100 + substring_index(substring_index(version(), '.', 2), '.', -1))";
    let reason = format!(
        "stop, if this is not done yet and the server is MySQL, or MariaDB before 10.6: it runs no {what} on a condition;\n\
         then print and run this revision without `--idempotent`, or run `autogen upgrade`"
    );
    let mut statements = vec![Statement::execute(look).because(reason)];
    // The server shows eighty characters.
    statements.extend(stopping(&format!(
        "this server prepares no {what}; print without `--idempotent`"
    )));
    statements
}

/// Returns the words for the statement, if MySQL does not prepare it.
fn unprepared(sql: &str) -> Option<String> {
    let words: Vec<Token<'_>> = lex(sql, SCRIPTS)
        .filter(|token| !token.is_trivia() && !token.marks_executable() && !token.is_symbol("("))
        .collect();
    let first = words.first().filter(|token| token.kind == Kind::Word)?;
    let prepared = match first.text.to_ascii_uppercase().as_str() {
        "CREATE" | "DROP" => &CREATED[..],
        "ALTER" => &ALTERED,
        _ if FIRST.iter().any(|word| first.is(word)) => return None,
        _ => return Some(first.text.to_ascii_uppercase()),
    };
    let kinds = || CREATED.iter().chain(&ALTERED).chain(&OTHERS);
    let kind = words[1..]
        .iter()
        .find_map(|word| kinds().find(|kind| word.is(kind)));
    let is_prepared = kind.is_some_and(|kind| prepared.contains(kind));
    let kind = kind.map(|kind| format!(" {kind}")).unwrap_or_default();
    (!is_prepared).then(|| format!("{}{kind}", first.text.to_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_mysql_does_not_prepare() {
        for (sql, what) in [
            (
                "CREATE DEFINER = `a`@`b` TRIGGER t BEFORE INSERT ON u FOR EACH ROW SET @a = 1",
                Some("CREATE TRIGGER"),
            ),
            (
                "/*!50003 CREATE PROCEDURE p() SELECT 1 */",
                Some("CREATE PROCEDURE"),
            ),
            ("drop function f", Some("DROP FUNCTION")),
            ("ALTER VIEW v AS SELECT 1", Some("ALTER VIEW")),
            ("LOCK TABLES t READ", Some("LOCK")),
            ("CREATE ROLE r", Some("CREATE ROLE")),
            ("CREATE OR REPLACE SQL SECURITY INVOKER VIEW v AS SELECT 1", None),
            ("CREATE UNIQUE INDEX i ON t (a)", None),
            ("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1", None),
            ("(SELECT 1) UNION (SELECT 2)", None),
            ("ALTER TABLE t ADD a INT", None),
            ("SET @a = 1", None),
        ] {
            assert_eq!(unprepared(sql).as_deref(), what, "{sql}");
        }
    }
}
