//! What statements do beyond the session that runs them, and what they leave in it.

// Fewer dialects know less of it.
#![cfg_attr(
    not(all(feature = "sqlite", feature = "postgres", feature = "mysql")),
    allow(dead_code, unused_imports)
)]

mod repeatable;
mod temporary;

use self::repeatable::is_repeatable;
pub(crate) use self::repeatable::recalling;
pub(crate) use self::temporary::drops_temporary;
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(crate) use self::temporary::makes_temporary;
use crate::lexer::Token;

/// What a statement does. What it leaves in its session alone goes with a process that is killed.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # let sqlite = schema_core::dialect::by_name("sqlite").expect("the build has it");
/// use schema_core::dialect::Effect;
///
/// let session = sqlite.session();
/// assert_eq!(session.effect("SELECT 1"), Effect::Nothing);
/// assert_eq!(session.effect("DELETE FROM items"), Effect::Lasting);
/// assert_eq!(session.effect("CREATE TEMP TABLE kept AS SELECT * FROM items"), Effect::Reading);
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// It may change what the database holds.
    Lasting,
    /// It only looks.
    Nothing,
    /// It leaves in its session what it says itself, such as a setting: run again, it leaves the same.
    Setting,
    /// It leaves a prepared statement of that name in its session.
    Prepared(String),
    /// It takes the prepared statement of that name away again, or all of them.
    Released(Option<String>),
    /// It leaves in its session what it read, such as a variable with the result of a query, or a temporary table: run again, it leaves the same if the
    /// database still holds the same.
    Reading,
    /// It leaves in its session what no second run would leave: the key of a row that it added, a time, a random number, or nobody knows what.
    Unrepeatable,
}

impl Effect {
    /// Returns the effect of a statement that keeps for its session what these words give.
    pub(crate) fn keeping(words: &[Token<'_>]) -> Self {
        let reads = words.iter().any(|word| word.is("SELECT") || word.is("FROM"));
        match (is_repeatable(words), reads) {
            (false, _) => Effect::Unrepeatable,
            (true, true) => Effect::Reading,
            (true, false) => Effect::Setting,
        }
    }

    /// Returns the effect of `CREATE TEMPORARY TABLE`, given its words: how its columns are called and typed is the same for ever.
    pub(crate) fn of_temporary(words: &[Token<'_>]) -> Self {
        let query = words
            .iter()
            .position(|word| word.is("SELECT"))
            .unwrap_or(words.len());
        if is_repeatable(&words[query..]) {
            Effect::Reading
        } else {
            Effect::Unrepeatable
        }
    }

    /// Returns the effect of `DEALLOCATE name`, `DEALLOCATE ALL` and `DROP PREPARE name`, given their words.
    pub(crate) fn releasing(words: &[Token<'_>]) -> Self {
        let name = words.last().filter(|word| !word.is("ALL"));
        Effect::Released(name.and_then(Token::name))
    }

    fn releases(&self, name: &str) -> bool {
        matches!(self, Effect::Released(released) if released.as_ref().is_none_or(|released| released.eq_ignore_ascii_case(name)))
    }
}

/// Returns which of the statements, by what each does, have to be run again for a new session to be as theirs was.
///
/// # Errors
///
/// Which of them cannot be: what it read may be something else by now.
pub(crate) fn to_run_again(effects: &[Effect]) -> Result<Vec<usize>, usize> {
    let mut again = Vec::new();
    for (at, effect) in effects.iter().enumerate() {
        let later = effects.get(at + 1..).unwrap_or_default();
        let needed = match effect {
            Effect::Lasting | Effect::Nothing | Effect::Released(_) => false,
            Effect::Setting => true,
            Effect::Prepared(name) => !later.iter().any(|later| later.releases(name)),
            Effect::Unrepeatable => return Err(at),
            Effect::Reading if later.contains(&Effect::Lasting) => return Err(at),
            Effect::Reading => true,
        };
        if needed {
            again.push(at);
        }
    }
    Ok(again)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_and_what_is_still_prepared_are_run_again() {
        let effects = [
            Effect::Setting,
            Effect::Prepared("a".into()),
            Effect::Prepared("b".into()),
            Effect::Lasting,
            Effect::Released(Some("A".into())),
        ];
        assert_eq!(to_run_again(&effects), Ok(vec![0, 2]));
        let all_released = [Effect::Prepared("a".into()), Effect::Released(None)];
        assert_eq!(to_run_again(&all_released), Ok(vec![]));
    }

    #[test]
    fn what_was_read_is_read_again_only_if_nothing_changed() {
        let looks = [Effect::Reading, Effect::Nothing, Effect::Setting];
        assert_eq!(to_run_again(&looks), Ok(vec![0, 2]));
        assert_eq!(to_run_again(&[Effect::Lasting, Effect::Reading]), Ok(vec![1]));
        assert_eq!(to_run_again(&[Effect::Reading, Effect::Lasting]), Err(0));
        assert_eq!(to_run_again(&[Effect::Setting, Effect::Unrepeatable]), Err(1));
    }
}
