//! Settings of a session that code makes: a function does so with `set_config`, and no word of the statement that runs it tells.

use std::collections::BTreeSet;

use crate::db::{Connection, Error};
use crate::dialect::Effect;
use crate::dialect::postgres::LEXICON;
use crate::lexer::{Kind, Token, lex, unquote};

/// Returns which of the statements that are left asks for a setting that code may have made which those that are done ran.
pub(super) fn forgotten(
    connection: &mut dyn Connection,
    done: &[&str],
    left: &[&str],
) -> Result<Option<usize>, Error> {
    if done.is_empty() {
        return Ok(None);
    }
    for (at, name) in asked(left) {
        let in_text = done
            .iter()
            .any(|sql| super::effect::effect(sql) == Effect::Lasting && sql.to_lowercase().contains(&name));
        let sql = "SELECT 1 FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND strpos(lower(p.prosrc), ?1) > 0 LIMIT 1";
        if in_text || !connection.query(sql, &[name.as_str().into()])?.is_empty() {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// Returns the settings that statements ask for before they make them, each with the place of its statement.
fn asked(left: &[&str]) -> Vec<(usize, String)> {
    let mut made = BTreeSet::new();
    let mut asked = Vec::new();
    for (at, sql) in left.iter().enumerate() {
        let words: Vec<Token<'_>> = lex(sql, LEXICON).filter(|token| !token.is_trivia()).collect();
        for call in words.windows(3) {
            let [function, open, name] = call else {
                continue;
            };
            if !open.is_symbol("(") || name.kind != Kind::String {
                continue;
            }
            let name = unquote(name.text).to_lowercase();
            if function.is("set_config") {
                made.insert(name);
            } else if function.is("current_setting") && !made.contains(&name) {
                asked.push((at, name));
            }
        }
        if let [set, prefix, dot, name, ..] = words.as_slice() {
            if set.is("SET") && dot.is_symbol(".") {
                made.insert(format!("{}.{}", prefix.text, name.text).to_lowercase());
            }
        }
    }
    asked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_is_asked_for_before_it_is_made() {
        let asks = "INSERT INTO t SELECT current_setting('App.x', true)";
        let expected = vec![(0, "app.x".to_owned())];
        assert_eq!(asked(&[asks]), expected);
        assert_eq!(asked(&["SET app.x = '1'", asks]), []);
        assert_eq!(asked(&["SELECT set_config('app.x', '1', false)", asks]), []);
    }
}
