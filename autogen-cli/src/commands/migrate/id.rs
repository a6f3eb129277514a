//! The id of a new revision: the time and a bit of chance, or what `--rev-id` says.

use schema_core::history::{History, RevisionId};

use crate::error::CommandError;

/// Returns the id that was given, or one made of the time and two random bytes that is not taken.
///
/// # Errors
///
/// That what was given is no id, or that the history speaks of another revision by it.
pub(in crate::commands) fn new_id(
    given: Option<&str>,
    history: &History,
) -> Result<RevisionId, CommandError> {
    match given {
        Some(given) => given_id(given, history),
        None => made_id(|id| history.speaks_of(id)),
    }
}

fn given_id(given: &str, history: &History) -> Result<RevisionId, CommandError> {
    let id = given
        .parse()
        .map_err(|error: schema_core::history::ParseIdError| {
            CommandError::new(error.to_string()).hint("give for example `--rev-id 6921a3f4b07e`")
        })?;
    if !history.speaks_of(id) {
        return Ok(id);
    }
    let why = match history.replaced_by(id) {
        Some(by) => format!(
            "that revision was squashed into {}",
            super::super::named(history, by)
        ),
        None => format!("{} has it", super::super::named(history, id)),
    };
    Err(CommandError::new(format!("the id `{id}` is taken: {why}"))
        .hint("give another, or leave out `--rev-id`"))
}

fn made_id(is_taken: impl Fn(RevisionId) -> bool) -> Result<RevisionId, CommandError> {
    loop {
        let mut random = [0; 2];
        getrandom::fill(&mut random)
            .map_err(|error| CommandError::new("cannot make a revision id").cause(error.to_string()))?;
        let seconds = u32::try_from(jiff::Timestamp::now().as_second())
            .map_err(|_| CommandError::new("the clock of this machine is before 1970 or after 2106"))?;
        let id = RevisionId::new(seconds, u16::from_be_bytes(random));
        if !is_taken(id) {
            return Ok(id);
        }
    }
}

/// Returns the time that an id holds, in RFC 3339.
pub(in crate::commands) fn created(id: RevisionId) -> String {
    let digits = id.to_string();
    let seconds =
        u32::from_str_radix(&digits[..8], 16).expect("the first eight digits of an id are hexadecimal");
    let time = jiff::Timestamp::from_second(i64::from(seconds)).expect("32 bits of seconds are in range");
    time.to_string()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn an_id_that_is_taken_is_not_given_again() {
        let asked = Cell::new(0);
        let is_taken = |_| {
            asked.set(asked.get() + 1);
            asked.get() < 3
        };
        made_id(is_taken).unwrap();
        assert_eq!(asked.get(), 3);
    }
}
