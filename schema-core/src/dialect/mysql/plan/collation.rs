//! The ALTER that gives a table the character set and the collation of its database again.
//!
//! MySQL has words for it. MariaDB takes the words, and (10.11 and 11.8, not 10.5) gives the table the collation that the character set
//! usually has, whatever its database's is; there the names have to be put together when the statement runs. Comments that only one of the two
//! runs make one statement of both, so that it is done whole or not at all (<https://mariadb.com/kb/en/comment-syntax/>: MariaDB passes over what
//! is marked with a version of MySQL from 5.7 on, and MySQL over what is marked with an M).

use crate::dialect::mysql::LEXICON;
use crate::dialect::mysql::ddl::text;
use crate::lexer::{Kind, Token, lex};
use crate::plan::{Statement, Step};

/// The last clause of such an ALTER.
pub(super) const DEFAULT: &str = "DEFAULT CHARACTER SET DEFAULT";

/// What goes before the ALTER that MySQL runs.
const FOR_MYSQL: &str = "/*!80000 ";

/// What goes before the text of the ALTER that MariaDB runs, which is an expression.
const FOR_MARIADB: &str = "\n/*M!100203 EXECUTE IMMEDIATE ";

/// What ends each of them.
const CLOSE: &str = " */";

/// Returns the statement that does on either server what an ALTER means that ends with [`DEFAULT`].
pub(super) fn on_either_server(alter: Statement) -> Statement {
    let Step::Execute { sql } = &alter.step else {
        return alter;
    };
    // A name that would close the comment is more than a comment can hold.
    let Some(sql) = commentable(sql) else {
        return alter;
    };
    let start = sql.strip_suffix("DEFAULT").unwrap_or(&sql);
    Statement {
        reason:
            "MySQL runs the first of these, MariaDB the second: it wants the database's collation by name"
                .to_owned(),
        step: Step::Execute {
            sql: format!(
                "{FOR_MYSQL}{sql}{CLOSE}{FOR_MARIADB}concat({}, @@character_set_database, ' COLLATE ', @@collation_database){CLOSE}",
                text(start)
            ),
        },
        ..alter
    }
}

/// Returns the text of a statement as an operand, for PREPARE. MariaDB prepares no EXECUTE IMMEDIATE, so of such a statement each server is given
/// the text of its own ALTER.
pub(in crate::dialect::mysql) fn operand(sql: &str) -> String {
    let halves = sql
        .strip_prefix(FOR_MYSQL)
        .and_then(|rest| rest.strip_suffix(CLOSE)?.split_once(FOR_MARIADB));
    match halves.and_then(|(alter, expression)| Some((alter.strip_suffix(CLOSE)?, expression))) {
        Some((alter, expression)) => format!("/*!80000 {} */ /*M!100203 {expression} */", text(alter)),
        None => text(sql),
    }
}

/// Returns the same statement without anything in it that would close a comment around it; `None` if there is no such statement.
fn commentable(sql: &str) -> Option<String> {
    let without = |token: Token<'_>| match token.kind {
        Kind::Comment => Some(" ".to_owned()),
        Kind::String => Some(token.text.replace("*/", r"*\/")),
        Kind::Quoted if token.text.contains("*/") => None,
        Kind::Word | Kind::Quoted | Kind::Number | Kind::Symbol | Kind::Space => Some(token.text.to_owned()),
    };
    lex(sql, LEXICON).map(without).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn either(sql: &str) -> String {
        let Step::Execute { sql } = on_either_server(Statement::execute(sql)).step else {
            panic!("it is a statement as before");
        };
        sql
    }

    #[test]
    fn each_server_runs_one_of_two_comments() {
        assert_eq!(
            either("ALTER TABLE `t` COMMENT='it''s', DEFAULT CHARACTER SET DEFAULT"),
            "/*!80000 ALTER TABLE `t` COMMENT='it''s', DEFAULT CHARACTER SET DEFAULT */\n\
             /*M!100203 EXECUTE IMMEDIATE concat('ALTER TABLE `t` COMMENT=''it''''s'', DEFAULT CHARACTER SET ', @@character_set_database, ' COLLATE ', @@collation_database) */"
        );
    }

    #[test]
    fn nothing_closes_the_comment() {
        let sql = either(r"ALTER TABLE `t` CHECK (1 /* why */ = '*/'), DEFAULT CHARACTER SET DEFAULT");
        assert!(
            sql.starts_with(r"/*!80000 ALTER TABLE `t` CHECK (1   = '*\/'), DEFAULT"),
            "{sql}"
        );
        assert_eq!(sql.matches("*/").count(), 2, "{sql}");
        let named = "ALTER TABLE `*/` DEFAULT CHARACTER SET DEFAULT";
        assert_eq!(either(named), named);
    }
}
