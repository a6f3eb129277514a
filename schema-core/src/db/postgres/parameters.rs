//! Parameters: `?` and `?1`, as the rest of the crate writes them, become `$1`.

use std::borrow::Cow;

use super::error::refused;
use crate::db::Error;

/// Returns the statement with PostgreSQL's placeholders. Without parameters it stays as it is, since `?` is an operator too.
///
/// # Errors
///
/// The statement takes another number of parameters.
pub(super) fn numbered(sql: &str, parameters: usize) -> Result<Cow<'_, str>, Error> {
    if parameters == 0 {
        return Ok(Cow::Borrowed(sql));
    }
    let mut text = String::with_capacity(sql.len() + parameters);
    let mut highest = 0;
    let mut quote = None;
    let mut characters = sql.chars().peekable();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(open), close) if open == close => quote = None,
            (None, '\'' | '"') => quote = Some(character),
            (None, '?') => {
                let mut digits = String::new();
                while let Some(digit) = characters.next_if(char::is_ascii_digit) {
                    digits.push(digit);
                }
                let number = digits.parse().unwrap_or(highest + 1);
                highest = highest.max(number);
                text.push_str(&format!("${number}"));
                continue;
            }
            (Some(_) | None, _) => {}
        }
        text.push(character);
    }
    if highest == parameters {
        return Ok(Cow::Owned(text));
    }
    Err(refused(&format!(
        "the statement takes {highest} parameters and is given {parameters}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_what_is_no_text() {
        let sql = r#"SELECT ?, '?', "a?" WHERE b = ?"#;
        assert_eq!(numbered(sql, 2).unwrap(), r#"SELECT $1, '?', "a?" WHERE b = $2"#);
        assert_eq!(numbered("SELECT ?2, ?1, ?2", 2).unwrap(), "SELECT $2, $1, $2");
        assert_eq!(numbered("SELECT a ? 'b'", 0).unwrap(), "SELECT a ? 'b'");
        assert!(numbered("SELECT ?", 2).is_err());
    }
}
