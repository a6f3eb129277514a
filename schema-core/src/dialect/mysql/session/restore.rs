//! A session put back by statements: each variable that a script may set is kept in one of the tool's own, and what else it leaves is known by its words.

use std::collections::BTreeSet;

use super::stock::{BY_THEMSELVES, OWN, left_prepared, names_role, temporary_tables, user_variables};
use super::{effect, words};
use crate::db::mysql::SESSION;
use crate::dialect::mysql::ddl::{quote, text};
use crate::dialect::mysql::settings::{Setting, settings};
use crate::dialect::mysql::standalone::guard;
use crate::dialect::{Effect, Restore};
use crate::lexer::{Token, unquote};
use crate::plan::{Plan, Statement};

/// What `SET NAMES` and `SET CHARACTER SET` set.
const CHARACTERS: [&str; 4] = [
    "character_set_client",
    "character_set_results",
    "character_set_connection",
    "collation_connection",
];

/// What else code may set that says how statements are understood, and that takes no right. What [`SESSION`] sets is set again anyway.
const SET_BY_CODE: [&str; 6] = [
    "div_precision_increment",
    "default_week_format",
    "group_concat_max_len",
    "lc_time_names",
    "sql_auto_is_null",
    "sql_big_selects",
];

/// How transactions are isolated has one name on MariaDB and another on MySQL.
const ISOLATION: [&str; 2] = [
    "/*M!100000 @@SESSION.tx_isolation */ /*!80000 @@SESSION.transaction_isolation */",
    "/*M!100000 tx_isolation */ /*!80000 transaction_isolation */",
];

/// Returns the statements around a script.
pub(super) fn restore(plan: &Plan) -> Restore {
    let statements: Vec<&str> = plan.executed().collect();
    let set = Set::read(&statements);
    let (mut kept, mut put_back) = (Vec::new(), Vec::new());
    let variables = set
        .variables
        .iter()
        .map(|name| (format!("@@SESSION.{name}"), quote(&format!("{OWN}{name}"))));
    let own = user_variables(&statements).into_iter().enumerate();
    let own = own.map(|(at, name)| (name, quote(&format!("{OWN}was_{at}"))));
    for (variable, kept_in) in variables.chain(own) {
        kept.push(format!("@{kept_in} = {variable}"));
        put_back.push(format!("{variable} = @{kept_in}"));
    }
    let mut before = refuse_use(&statements);
    let mut within = Vec::new();
    let run = |statements: &mut Vec<Statement>, sql: String| statements.push(Statement::execute(sql));
    if names_role(&statements) {
        run(&mut before, format!("SET @{OWN}role = CURRENT_ROLE()"));
        within.extend(role());
    }
    for name in temporary(&statements) {
        run(&mut within, format!("DROP TEMPORARY TABLE IF EXISTS {name}"));
    }
    for name in left_prepared(&statements) {
        run(&mut within, format!("DEALLOCATE PREPARE {}", quote(&name)));
    }
    if !kept.is_empty() {
        run(&mut before, format!("SET {}", kept.join(", ")));
        run(&mut within, format!("SET {}", put_back.join(", ")));
    }
    if set.isolation {
        let [value, name] = ISOLATION;
        run(&mut before, format!("SET @{OWN}isolation = {value}"));
        run(&mut within, format!("SET SESSION {name} = @{OWN}isolation"));
    }
    if set.timestamp {
        run(&mut within, "SET SESSION timestamp = DEFAULT".to_owned());
    }
    within.extend(SESSION.map(Statement::execute));
    Restore {
        before,
        within,
        behind: Vec::new(),
    }
}

/// Returns statements that stop if the script ends in another database than it begins in: a shell has no way back to a database that the script
/// does not know.
fn refuse_use(statements: &[&str]) -> Vec<Statement> {
    let Some(name) = statements.iter().rev().find_map(|sql| used(sql)) else {
        return Vec::new();
    };
    let look = format!(
        "SELECT 1 FROM (SELECT DATABASE() AS name) AS used WHERE NOT used.name <=> {}",
        text(&name)
    );
    let message = format!(
        "the script ends in the database {name}, and nothing leads from there back to the one that it is run in; let it end with USE, too"
    );
    guard(&look, &message)
}

/// Returns the database that a statement goes to.
fn used(sql: &str) -> Option<String> {
    let mut words = words(sql);
    words.next().filter(|first| first.is("USE"))?;
    words.next().map(|name| unquote(name.text))
}

/// Returns the temporary tables that the statements make, with the databases that they were in by then.
fn temporary(statements: &[&str]) -> Vec<String> {
    let mut within: Option<String> = None;
    let mut found = Vec::new();
    for sql in statements {
        within = used(sql).or(within);
        for name in temporary_tables(&[sql]) {
            // Quoted ones have a point between two quotes.
            found.push(match &within {
                Some(database) if !name.contains("`.`") => format!("{}.{name}", quote(database)),
                Some(_) | None => name,
            });
        }
    }
    found
}

/// Returns statements that take on the role again. MariaDB tells a bare name, or NULL; MySQL a list of quoted ones, or NONE.
fn role() -> [Statement; 4] {
    [
        "SET @autogen_role = CONCAT('SET ROLE ', CASE WHEN @autogen_role IS NULL THEN 'NONE' WHEN @autogen_role = 'NONE' OR LEFT(@autogen_role, 1) = '`' THEN @autogen_role ELSE CONCAT('`', REPLACE(@autogen_role, '`', '``'), '`') END)",
        "PREPARE autogen_role FROM @autogen_role",
        "EXECUTE autogen_role",
        "DEALLOCATE PREPARE autogen_role",
    ]
    .map(Statement::execute)
}

/// The variables of the server that statements set for their session.
#[derive(Debug, Default)]
struct Set {
    variables: BTreeSet<String>,
    isolation: bool,
    timestamp: bool,
}

impl Set {
    fn read(statements: &[&str]) -> Self {
        let mut set = Set::default();
        for sql in statements {
            let words: Vec<Token<'_>> = words(sql).collect();
            match &words[..] {
                [first, rest @ ..] if first.is("SET") && effect::effect(sql) != Effect::Lasting => {
                    settings(rest).for_each(|setting| set.add(&setting));
                }
                [first, ..]
                    if ["CALL", "DO", "EXECUTE", "SELECT"]
                        .iter()
                        .any(|word| first.is(word)) =>
                {
                    set.extend(&CHARACTERS);
                    set.extend(&SET_BY_CODE);
                }
                _ => {}
            }
        }
        set
    }

    fn extend(&mut self, names: &[&str]) {
        self.variables.extend(names.iter().map(|&name| name.to_owned()));
    }

    fn add(&mut self, setting: &Setting<'_, '_>) {
        if setting.is_own() || setting.is_for_all() {
            return;
        }
        let is = |word: &str| setting.words.first().is_some_and(|first| first.is(word));
        if is("NAMES") || is("CHARSET") || is("CHARACTER") {
            self.extend(&CHARACTERS);
        } else if is("TRANSACTION") {
            self.isolation = true;
        } else if let Some((name, _)) = setting.variable() {
            match name.as_str() {
                "tx_isolation" | "transaction_isolation" => self.isolation = true,
                "timestamp" => self.timestamp = true,
                name if BY_THEMSELVES.contains(&name) => {}
                name => drop(self.variables.insert(name.to_owned())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_variables_that_scripts_set() {
        let set = Set::read(&[
            "SET SESSION sql_mode = '', @@lc_time_names = 'de_DE', @@LOCAL.group_concat_max_len := if(1, 2, 3)",
            "SET @x = 1, `div_precision_increment`=@x, GLOBAL max_connections = 5",
            "SET NAMES latin1",
            "SET timestamp = 5",
            "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE",
            "SET GLOBAL sql_big_selects = 1",
            "SET insert_id = 5",
        ]);
        let expected = CHARACTERS.into_iter().chain([
            "div_precision_increment",
            "group_concat_max_len",
            "lc_time_names",
            "sql_mode",
        ]);
        assert_eq!(set.variables, expected.map(str::to_owned).collect());
        assert!(set.isolation && set.timestamp);
    }

    #[test]
    fn drops_temporary_tables_where_they_were_made() {
        let made = [
            "CREATE TEMPORARY TABLE a (id INT)",
            "USE `o``ther`",
            "CREATE TEMPORARY TABLE b (id INT)",
            "CREATE TEMPORARY TABLE x.c (id INT)",
        ];
        assert_eq!(temporary(&made), ["`a`", "`o``ther`.`b`", "`x`.`c`"]);
    }
}
