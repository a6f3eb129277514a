//! Passwords on the command line, which nothing that is printed may show: a URL that was put where a name is wanted comes back in the error.

use std::borrow::Cow;
use std::ffi::OsString;

/// What the name of a parameter in a URL has in it whose value is a secret.
const PARAMETERS: [&str; 4] = ["pass", "pwd", "secret", "token"];

/// What is left out of every text, and what stands there instead.
#[derive(Debug, Clone, Default)]
pub(crate) struct Secrets(Vec<(String, String)>);

impl Secrets {
    /// Returns the passwords in the arguments.
    pub(crate) fn of(arguments: &[OsString]) -> Self {
        let mut secrets = Vec::new();
        for argument in arguments {
            let argument = argument.to_string_lossy();
            if let Some(password) = login(&argument) {
                secrets.push((format!(":{password}@"), "@".to_owned()));
                // A range is cut at its colon.
                secrets.push((format!("`{password}@"), "`@".to_owned()));
            }
            for parameter in argument.split(['?', '&']).skip(1) {
                let (name, value) = parameter.split_once('=').unwrap_or_default();
                let lower = name.to_ascii_lowercase();
                if !value.is_empty() && PARAMETERS.iter().any(|word| lower.contains(word)) {
                    secrets.push((parameter.to_owned(), format!("{name}=…")));
                }
            }
        }
        Secrets(secrets)
    }

    /// Returns the text without them.
    pub(crate) fn hidden<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut shown = Cow::Borrowed(text);
        for (secret, instead) in &self.0 {
            if shown.contains(secret.as_str()) {
                shown = Cow::Owned(shown.replace(secret.as_str(), instead));
            }
        }
        shown
    }
}

/// Returns the password in `scheme://user:password@host`, or in what someone meant to be that.
fn login(argument: &str) -> Option<&str> {
    let url = argument.find("//").map(|at| &argument[at + 2..]);
    let looked_at = match url {
        Some(url) => url,
        None if argument.contains(char::is_whitespace) => return None,
        None => argument,
    };
    // The last one, because a password that is typed by hand may hold another.
    let (login, _) = looked_at.rsplit_once('@')?;
    let (_, password) = login.split_once(':')?;
    (!password.is_empty()).then_some(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(argument: &str, text: &str) -> String {
        Secrets::of(&[argument.into()]).hidden(text).into_owned()
    }

    #[test]
    fn a_password_is_left_out_wherever_the_url_was_put() {
        for url in [
            "postgres://me:hunter2@host/db",
            "--database-url=postgres://me:hunter2@host/db",
            "postgres//me:hun ter2@host",
            "me:hunter@2@host",
            "postgres://host/db?user=me&password=hunter2&sslmode=require",
        ] {
            let shown = hidden(url, &format!("there is no revision `{url}`"));
            assert!(!shown.contains("hun"), "{shown}");
            assert!(shown.contains("host"), "{shown}");
        }
        assert_eq!(
            hidden(
                "postgres://me:hunter2@host/db",
                "`//me:hunter2@host/db` names nothing"
            ),
            "`//me@host/db` names nothing"
        );
    }

    #[test]
    fn other_texts_stay() {
        let text = "fix: ask joe@example.org";
        assert_eq!(hidden(text, text), text);
        assert_eq!(
            hidden("6921a3f4b07e:head", "6921a3f4b07e:head"),
            "6921a3f4b07e:head"
        );
        assert_eq!(
            hidden("postgres://me@host/db", "postgres://me@host/db"),
            "postgres://me@host/db"
        );
    }
}
