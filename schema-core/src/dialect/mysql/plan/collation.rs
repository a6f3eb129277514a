//! The ALTER that gives a table the character set and the collation of its database again.
//!
//! Neither server has words for it. MySQL knows `CONVERT TO CHARACTER SET DEFAULT`, which also converts the columns that have a character set of
//! their own (<https://dev.mysql.com/doc/refman/8.4/en/alter-table.html>); MariaDB takes `CHARACTER SET DEFAULT`, and (10.11 and 11.8, not
//! 10.5) gives the table the collation that the character set usually has, whatever its database's is. So the names are put together when
//! the script runs, and what came of it is prepared: that is one ALTER still, done whole or not at all.

use crate::dialect::mysql::LEXICON;
use crate::dialect::mysql::ddl::text;
use crate::lexer::{Kind, lex, unquote};
use crate::plan::{Statement, Step};

/// The last clause of such an ALTER, as it is thought of.
pub(super) const DEFAULT: &str = "DEFAULT CHARACTER SET DEFAULT";

/// The name under which such an ALTER is prepared, and that of the variable with its text.
const PREPARED: &str = "autogen_alter";

/// What goes before the text of the ALTER.
const BEFORE: &str = "SET @autogen_alter = concat(";

/// What comes behind it.
const BEHIND: &str = ", @@character_set_database, ' COLLATE ', @@collation_database)";

/// Returns the statements that do what an ALTER means that ends with [`DEFAULT`].
pub(super) fn put_together(alter: &Statement) -> Vec<Statement> {
    let Step::Execute { sql } = &alter.step else {
        return vec![alter.clone()];
    };
    let start = sql.strip_suffix("DEFAULT").unwrap_or(sql);
    let why = "no word means the database's character set and collation, so their names are put together";
    vec![
        Statement::execute(format!("{BEFORE}{}{BEHIND}", text(start))).because(why),
        Statement::execute(prepare()),
        Statement::execute(execute()),
        Statement::execute(format!("DEALLOCATE PREPARE {PREPARED}")),
    ]
}

/// Returns the ALTER that a statement puts together, as it is thought of; `None` of any other statement.
pub(in crate::dialect::mysql) fn thought_of(sql: &str) -> Option<String> {
    let start = sql.trim().strip_prefix(BEFORE)?.strip_suffix(BEHIND)?;
    let mut tokens = lex(start, LEXICON);
    let text = tokens.next().filter(|token| token.kind == Kind::String)?;
    let alter = unquote(text.text).replace(r"\\", r"\");
    tokens.next().is_none().then(|| format!("{alter}DEFAULT"))
}

/// Tells whether a statement prepares or executes such an ALTER.
pub(in crate::dialect::mysql) fn is_about_prepared(sql: &str) -> bool {
    let sql = sql.trim();
    sql == prepare() || sql == execute()
}

/// Returns the query for the text of the ALTER that a statement executes; `None` of any other statement.
pub(in crate::dialect::mysql) fn executed(sql: &str) -> Option<String> {
    (sql.trim() == execute()).then(|| format!("SELECT @{PREPARED}"))
}

fn prepare() -> String {
    format!("PREPARE {PREPARED} FROM @{PREPARED}")
}

fn execute() -> String {
    format!("EXECUTE {PREPARED}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statements(alter: &str) -> Vec<String> {
        let statements = put_together(&Statement::execute(alter)).into_iter();
        statements.map(|statement| sql(statement.step)).collect()
    }

    fn sql(step: Step) -> String {
        let Step::Execute { sql } = step else {
            panic!("{step:?}");
        };
        sql
    }

    #[test]
    fn the_names_are_put_together_when_it_runs() {
        assert_eq!(
            statements("ALTER TABLE `t` COMMENT='it''s', DEFAULT CHARACTER SET DEFAULT"),
            [
                "SET @autogen_alter = concat('ALTER TABLE `t` COMMENT=''it''''s'', DEFAULT CHARACTER SET ', @@character_set_database, ' COLLATE ', @@collation_database)",
                "PREPARE autogen_alter FROM @autogen_alter",
                "EXECUTE autogen_alter",
                "DEALLOCATE PREPARE autogen_alter",
            ]
        );
    }

    #[test]
    fn the_alter_is_found_again() {
        for alter in [
            "ALTER TABLE `t` COMMENT='it''s', DEFAULT CHARACTER SET DEFAULT",
            r"ALTER TABLE `*/` CHECK (a <> '\\\\ '), DEFAULT CHARACTER SET DEFAULT",
        ] {
            assert_eq!(thought_of(&statements(alter)[0]).as_deref(), Some(alter));
        }
        let another = "SET @autogen_alter = concat('ALTER', ' more', @@character_set_database)";
        assert_eq!(thought_of(another), None);
    }

    #[test]
    fn only_this_alter_is_asked_for() {
        assert_eq!(
            executed("EXECUTE autogen_alter").as_deref(),
            Some("SELECT @autogen_alter")
        );
        assert_eq!(executed("EXECUTE autogen_step"), None);
    }
}
