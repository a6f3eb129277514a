//! Schema sources: all that a schema can be read from, in one notation, wherever a command takes one.
//!
//! | written | is |
//! |---|---|
//! | `models` | the structs, out of the compiled program |
//! | `head`, `6921a3f4b07e`, a slug, `head-1`, `current`, … | a revision: the replay of the files up to it |
//! | `sqlite:app.db`, `postgres://…`, `mysql://…` | a live database, which is only read |
//! | `database` | the configured database |
//! | `schema.sql`, `schema.postgres.sql` | plain DDL, loaded into a scratch database |
//! | `snapshot.json` | a schema on file |
//! | `empty` | no tables at all |
//!
//! A source is *neutral* or *held* by a dialect. Two that different dialects hold are compared in the dialect of the one that the SQL is for; the other
//! one is read as models would say it, and what it cannot be told in that dialect is refused with the reason.

mod resolve;

pub(crate) use resolve::{Content, Resolved, structure_of};

use std::io::Read as _;
use std::path::{Path, PathBuf};

use schema_core::db::DatabaseUrl;
use schema_core::dialect::{self, Dialect};

use crate::error::{CommandError, near_miss};
use crate::paths;

/// What the help of a command says of its sources.
pub(crate) const FORMS: &str =
    "`models`, a revision, a database URL, `database`, a `.sql` file, a snapshot `.json`, or `empty`";

/// The words that are a source by themselves.
const WORDS: [&str; 3] = ["models", "database", "empty"];

/// Where a schema comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// The structs of the project.
    Models,
    /// The configured database.
    Configured,
    /// No tables.
    Empty,
    /// A database.
    Database(DatabaseUrl),
    /// A file of plain DDL.
    Sql(PathBuf),
    /// A file that holds a schema.
    Snapshot(PathBuf),
    /// A revision, by any of its names.
    Revision(String),
}

impl Source {
    /// Reads what a person wrote, in the directory `start`.
    ///
    /// # Errors
    ///
    /// A URL that is none, or an empty text. Whether a file, a database or a revision is there shows when it is read.
    pub(crate) fn parse(text: &str, start: &Path) -> Result<Source, CommandError> {
        match text {
            "" => return Err(CommandError::new("the schema source is empty").hint(hint())),
            "models" => return Ok(Source::Models),
            "database" => return Ok(Source::Configured),
            "empty" => return Ok(Source::Empty),
            _ => {}
        }
        if looks_like_url(text) {
            return text
                .parse()
                .map(Source::Database)
                .map_err(|error: schema_core::db::UrlError| {
                    CommandError::new(error.to_string()).hint(hint())
                });
        }
        let path = Path::new(text);
        let is = |wanted: &str| {
            let extension = path.extension().and_then(|extension| extension.to_str());
            extension.is_some_and(|extension| extension.eq_ignore_ascii_case(wanted))
        };
        if is("sql") {
            Ok(Source::Sql(path.to_owned()))
        } else if is("json") {
            Ok(Source::Snapshot(path.to_owned()))
        } else if paths::resolve(start, path).is_file() {
            let error = CommandError::new(format!("`{text}` is a file of no known kind"))
                .cause("plain DDL ends in `.sql`, a snapshot in `.json`");
            Err(if is_sqlite(&paths::resolve(start, path)) {
                error.hint(format!("a database is named by its URL: `sqlite:{text}`"))
            } else {
                error.hint(hint())
            })
        } else {
            Ok(Source::Revision(text.to_owned()))
        }
    }

    /// Returns the dialect that holds the schema, as far as the text alone tells: by the scheme of a URL, or by the name of a file
    /// such as `schema.postgres.sql`.
    ///
    /// # Errors
    ///
    /// A dialect that this build does not have.
    pub(crate) fn dialect(&self) -> Result<Option<&'static dyn Dialect>, CommandError> {
        match self {
            Source::Database(url) => crate::config::find_dialect(url.dialect()).map(Some),
            Source::Sql(path) => {
                let stem = path.file_stem().map(Path::new);
                let infix = stem.and_then(Path::extension).and_then(|infix| infix.to_str());
                Ok(infix.and_then(dialect::by_name))
            }
            Source::Models
            | Source::Configured
            | Source::Empty
            | Source::Snapshot(_)
            | Source::Revision(_) => Ok(None),
        }
    }

    /// Adds what was perhaps meant to the error that a text is no revision.
    fn no_revision(text: &str, error: CommandError) -> CommandError {
        match near_miss(text, WORDS) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(hint()),
        }
    }
}

fn hint() -> String {
    format!("a schema source is {FORMS}")
}

/// Tells a file of SQLite by what it begins with (<https://sqlite.org/fileformat.html#the_database_header>).
fn is_sqlite(path: &Path) -> bool {
    let mut head = [0; 16];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && head == *b"SQLite format 3\0"
}

/// Tells a URL from a revision and from a path: it begins with a scheme that has more than one letter, as a drive has not.
fn looks_like_url(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.len() > 1
            && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_told() {
        for (text, expected) in [
            ("models", Source::Models),
            ("database", Source::Configured),
            ("empty", Source::Empty),
            ("schema.sql", Source::Sql("schema.sql".into())),
            ("db/Schema.SQL", Source::Sql("db/Schema.SQL".into())),
            (
                "migrations/snapshot.json",
                Source::Snapshot("migrations/snapshot.json".into()),
            ),
            ("head", Source::Revision("head".into())),
            ("head-1", Source::Revision("head-1".into())),
            ("add_tags", Source::Revision("add_tags".into())),
        ] {
            assert_eq!(Source::parse(text, Path::new(".")).unwrap(), expected, "{text}");
        }
        assert!(matches!(
            Source::parse("sqlite:a.db", Path::new(".")).unwrap(),
            Source::Database(_)
        ));
        assert!(Source::parse("", Path::new(".")).is_err());
        assert!(Source::parse("oracle://host/x", Path::new(".")).is_err());
    }

    #[test]
    fn a_file_may_name_its_dialect() {
        let dialect = |text: &str| {
            let source = Source::parse(text, Path::new(".")).unwrap();
            source.dialect().unwrap().map(Dialect::name)
        };
        assert_eq!(dialect("schema.sqlite.sql"), Some("sqlite"));
        assert_eq!(dialect("schema.v2.sql"), None);
        assert_eq!(dialect("sqlite:app.db"), Some("sqlite"));
        assert_eq!(dialect("head"), None);
    }

    #[test]
    fn a_near_miss_is_named() {
        let error = Source::no_revision("modles", CommandError::new("no"));
        assert_eq!(error.hints, ["did you mean `models`?"]);
    }
}
