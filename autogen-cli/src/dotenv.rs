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
/// A file that is there and cannot be read. Lines of other variables are not looked at.
pub(crate) fn variable(project: &Path, name: &str) -> Result<Option<String>, CommandError> {
    let text = match std::fs::read(project.join(FILE)) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(CommandError::because(format!("cannot read `{FILE}`"), &error)
                .hint("make it readable, or pass `--no-dotenv`"));
        }
    };
    // A line that is no `KEY=VALUE` belongs to someone else's syntax; it may hold a secret, so it is not shown.
    let value = dotenvy::from_read_iter(text.as_slice())
        .filter_map(Result::ok)
        .find_map(|(key, value)| (key == name).then_some(value));
    Ok(value.filter(|value| !value.is_empty()))
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
}
