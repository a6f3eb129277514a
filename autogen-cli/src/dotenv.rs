//! The project's own `.env`, and of it only the variables that are asked for.
//!
//! Parent directories are not searched: a file that another project left there must not decide which database is
//! changed.

use std::io::ErrorKind;
use std::path::Path;

use crate::error::CommandError;

/// The name of the file.
pub(crate) const FILE: &str = ".env";

/// Returns the value that the project's `.env` gives to a variable, if it has one.
///
/// # Errors
///
/// A file that is there and cannot be read, or a line of that variable that cannot: what it says must not be taken for nothing. Lines of other
/// variables are not looked at.
pub(crate) fn variable(project: &Path, name: &str) -> Result<Option<String>, CommandError> {
    let text = match std::fs::read(project.join(FILE)) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(CommandError::because(format!("cannot read `{FILE}`"), &error)
                .hint("make it readable, or pass `--no-dotenv`"));
        }
    };
    // As some shells write it.
    if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
        return Err(CommandError::new(format!("cannot read `{FILE}`"))
            .cause("it is UTF-16")
            .hint("save it as UTF-8, or pass `--no-dotenv`"));
    }
    // Some editors put a byte order mark before the text.
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    // A line that is no `KEY=VALUE` belongs to someone else's syntax; it may hold a secret, so it is not shown.
    let value = dotenvy::from_read_iter(text)
        .filter_map(Result::ok)
        .find_map(|(key, value)| (key == name).then_some(value));
    if value.is_none()
        && let Some(line) = line_of(text, name)
    {
        return Err(
            CommandError::new(format!("cannot read {name} in `{FILE}`, line {line}"))
                .cause("the value, or one above it, has a space or an odd quote in it, or is no UTF-8")
                .hint("put the whole value in single quotes, or pass `--no-dotenv`"),
        );
    }
    Ok(value.filter(|value| !value.is_empty()))
}

/// Returns the number of the line that gives a variable its value.
fn line_of(text: &[u8], name: &str) -> Option<usize> {
    let text = String::from_utf8_lossy(text);
    let at = text.lines().position(|line| {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        line.strip_prefix(name)
            .is_some_and(|rest| rest.trim_start().starts_with('='))
    });
    at.map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_one_variable_and_nothing_else() {
        let project = tempfile::tempdir().unwrap();
        assert_eq!(variable(project.path(), "DATABASE_URL").unwrap(), None);
        let text = "what is this\nexport OTHER=1\nDATABASE_URL=\"sqlite:a b.db\" # here\nEMPTY=\n";
        std::fs::write(project.path().join(FILE), text).unwrap();
        assert_eq!(
            variable(project.path(), "DATABASE_URL").unwrap().as_deref(),
            Some("sqlite:a b.db")
        );
        assert_eq!(variable(project.path(), "EMPTY").unwrap(), None);
        assert_eq!(variable(project.path(), "MISSING").unwrap(), None);
    }

    #[test]
    fn a_byte_order_mark_hides_no_variable() {
        let project = tempfile::tempdir().unwrap();
        std::fs::write(project.path().join(FILE), "\u{feff}DATABASE_URL=sqlite:a.db\r\n").unwrap();
        assert_eq!(
            variable(project.path(), "DATABASE_URL").unwrap().as_deref(),
            Some("sqlite:a.db")
        );
    }

    #[test]
    fn another_encoding_is_told() {
        let project = tempfile::tempdir().unwrap();
        let text: Vec<u8> = "\u{feff}DATABASE_URL=sqlite:a.db"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        std::fs::write(project.path().join(FILE), text).unwrap();
        let error = variable(project.path(), "DATABASE_URL").unwrap_err();
        assert_eq!(error.causes, ["it is UTF-16"]);
    }

    #[test]
    fn a_value_that_cannot_be_read_is_no_missing_one() {
        let project = tempfile::tempdir().unwrap();
        for text in [
            "DATABASE_URL=postgres://me:hunter2 @host/db\n",
            "OTHER=1\nexport DATABASE_URL = \"postgres://me:hunter2@host/db\n",
            "OTHER='never closed\nDATABASE_URL=postgres://me:hunter2@host/db\n",
        ] {
            std::fs::write(project.path().join(FILE), text).unwrap();
            let error = variable(project.path(), "DATABASE_URL").unwrap_err();
            assert!(
                error
                    .message
                    .starts_with("cannot read DATABASE_URL in `.env`, line "),
                "{error}"
            );
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
            assert_eq!(variable(project.path(), "URL").unwrap(), None);
        }
    }
}
