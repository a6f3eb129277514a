//! `autogen.toml`: what a project settles once, and the commented file that `autogen init` writes.
//!
//! The file never holds a secret: the database URL may name an environment variable instead.

use std::collections::BTreeMap;
use std::path::Path;

use schema_core::dialect::{self, Dialect};
use schema_core::hazard::{Code, ParseCodeError};
use schema_core::runner::Tables;
use serde::Deserialize;

use crate::error::{CommandError, near_miss};

/// The name of the file, inside the folder of migrations.
pub(crate) const FILE: &str = "autogen.toml";

/// The database of a project that has not said otherwise.
const DEFAULT_URL: &str = "sqlite:instance/database.db";

/// What `autogen.toml` says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Config {
    /// The dialects for which scripts are written.
    pub(crate) dialects: Vec<String>,
    /// The database of everyday work.
    #[serde(default)]
    pub(crate) database: DatabaseConfig,
    /// The servers on which scripts are tried, by dialect.
    #[serde(default)]
    pub(crate) scratch: BTreeMap<String, ScratchConfig>,
    /// Where the models are.
    #[serde(default)]
    pub(crate) models: ModelsConfig,
    /// Which tables of a database are this project's.
    #[serde(default)]
    pub(crate) tables: Tables,
    /// What `lint` and `migrate` look for.
    #[serde(default)]
    pub(crate) lint: LintConfig,
}

/// The section `[lint]`: what is looked for because somebody asks for it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct LintConfig {
    /// Codes, or the letter of all of a kind.
    with: Vec<String>,
}

impl LintConfig {
    /// Returns the codes.
    ///
    /// # Errors
    ///
    /// As [`codes`].
    pub(crate) fn codes(&self) -> Result<Vec<Code>, CommandError> {
        codes(&self.with)
    }
}

/// Returns the codes that are asked for.
///
/// # Errors
///
/// What is no code, or one that is looked for anyway.
pub(crate) fn codes(asked: &[String]) -> Result<Vec<Code>, CommandError> {
    let optional = || Code::ALL.iter().copied().filter(|code| code.is_asked_for());
    let mut found = Vec::new();
    for text in asked {
        if text.eq_ignore_ascii_case("S") {
            found.extend(optional());
            continue;
        }
        let code: Code = text.parse().map_err(|error: ParseCodeError| {
            let names: Vec<String> = optional().map(|code| code.to_string()).collect();
            CommandError::new(error.to_string()).hint(format!(
                "what can be asked for is `S`, or of it {}",
                names.join(", ")
            ))
        })?;
        if !code.is_asked_for() {
            return Err(CommandError::new(format!("`{code}` need not be asked for"))
                .cause("every `autogen lint` looks for it")
                .hint(format!(
                    "leave it out; a script says `-- autogen: allow {code} REASON` where it is meant"
                )));
        }
        found.push(code);
    }
    Ok(found)
}

/// The section `[database]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct DatabaseConfig {
    /// The URL, or where it is found.
    pub(crate) url: Option<UrlConfig>,
}

/// Where the scratch databases of a dialect are made, and what is made in them first.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a URL, `{ env = \"NAME\" }` or `{ url = …, setup = \"FILE\" }`"
)]
pub(crate) enum ScratchConfig {
    /// The URL alone.
    Url(UrlConfig),
    /// More than that.
    Whole(WholeScratchConfig),
}

/// The long form of that.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct WholeScratchConfig {
    /// A database on the server.
    url: Option<UrlConfig>,
    /// An SQL script.
    setup: Option<String>,
}

impl ScratchConfig {
    /// Returns the URL of a database on the server, if it is another one than that of everyday work.
    pub(crate) fn url(&self) -> Option<&UrlConfig> {
        match self {
            ScratchConfig::Url(url) => Some(url),
            ScratchConfig::Whole(whole) => whole.url.as_ref(),
        }
    }

    /// Returns the script that makes what tables stand on.
    pub(crate) fn setup(&self) -> Option<&str> {
        match self {
            ScratchConfig::Url(_) => None,
            ScratchConfig::Whole(whole) => whole.setup.as_deref(),
        }
    }
}

/// A URL, or the environment variable that holds it.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a URL or `{ env = \"NAME\" }`")]
pub(crate) enum UrlConfig {
    /// The URL itself.
    Plain(String),
    /// The variable's name.
    Variable(Variable),
}

/// The name of an environment variable.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Variable {
    /// The name.
    pub(crate) env: String,
}

/// The section `[models]`: what cargo builds, and which of it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct ModelsConfig {
    /// The packages; none means the package of the project directory, or the workspace's default members.
    pub(crate) packages: Vec<String>,
    /// The features to build with.
    pub(crate) features: Vec<String>,
    /// Whether to build with all features.
    pub(crate) all_features: bool,
    /// Whether to build without the default features.
    pub(crate) no_default_features: bool,
    /// The profile to build with.
    pub(crate) profile: Option<String>,
    /// Whether libraries are built and read; they are, unless this says no.
    pub(crate) lib: Option<bool>,
    /// Whether programs are built and read; they are, unless this says no.
    pub(crate) bins: Option<bool>,
}

impl Config {
    /// Reads the file.
    pub(crate) fn load(path: &Path, shown: &str) -> Result<Self, CommandError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| CommandError::because(format!("cannot read `{shown}`"), &error))?;
        Config::parse(&text, shown)
    }

    fn parse(text: &str, shown: &str) -> Result<Self, CommandError> {
        let config: Config = toml::from_str(text).map_err(|error| syntax_error(text, shown, &error))?;
        config
            .dialects()
            .map_err(|error| error.cause(format!("in `dialects` of `{shown}`")))?;
        for name in config.scratch.keys() {
            find_dialect(name).map_err(|error| error.cause(format!("in `[scratch]` of `{shown}`")))?;
        }
        config
            .lint
            .codes()
            .map_err(|error| error.cause(format!("in `[lint]` of `{shown}`")))?;
        if let Some(text) = config.tables.said_twice() {
            let error = CommandError::new(format!("`{text}` is in `include` and in `exclude` of `[tables]`"));
            return Err(error
                .hint("take it out of one; what both lists match is excluded")
                .cause(format!("in `{shown}`")));
        }
        Ok(config)
    }

    /// Returns the dialects for which scripts are written.
    ///
    /// # Errors
    ///
    /// A dialect that this build does not have, or none at all.
    pub(crate) fn dialects(&self) -> Result<Vec<&'static dyn Dialect>, CommandError> {
        if self.dialects.is_empty() {
            return Err(CommandError::new("no dialect is configured")
                .hint(format!("write `dialects = [\"sqlite\"]` in `{FILE}`")));
        }
        let mut dialects = Vec::with_capacity(self.dialects.len());
        for (at, name) in self.dialects.iter().enumerate() {
            if !self.dialects[..at].contains(name) {
                dialects.push(find_dialect(name)?);
            }
        }
        Ok(dialects)
    }
}

/// Returns the dialect of that name.
///
/// # Errors
///
/// That there is none, with the near miss and the names there are.
pub(crate) fn find_dialect(name: &str) -> Result<&'static dyn Dialect, CommandError> {
    dialect::by_name(name).ok_or_else(|| {
        let names: Vec<&str> = dialect::all().iter().map(|dialect| dialect.name()).collect();
        let error = CommandError::new(format!("`{name}` is no dialect of this build"));
        let lower = name.to_ascii_lowercase();
        let near = match lower.as_str() {
            "mariadb" => names.iter().copied().find(|name| *name == "mysql"),
            lower => near_miss(lower, names.iter().copied()),
        };
        match near {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(format!("the dialects are {}", quoted(&names))),
        }
    })
}

/// Turns a syntax error into one with the line and, for an unknown key, the near miss.
fn syntax_error(text: &str, shown: &str, error: &toml::de::Error) -> CommandError {
    let at = error.span().map_or_else(String::new, |span| {
        let before = text.get(..span.start).unwrap_or(text);
        format!(" at line {}", before.matches('\n').count() + 1)
    });
    let message = error.message();
    let words: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let failed = format!("cannot read `{shown}`{at}");
    if let (true, Some((unknown, known))) = (message.starts_with("unknown field"), words.split_first()) {
        let error = CommandError::new(failed).cause(format!("there is no key `{unknown}`"));
        return match near_miss(unknown, known.iter().copied()) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(format!("the keys here are {}", quoted(known))),
        };
    }
    CommandError::new(failed).cause(message.to_owned())
}

fn quoted(names: &[&str]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Returns the text of a new `autogen.toml`. Where the database of a server is, nobody can tell.
pub(crate) fn template(dialects: &[&str]) -> String {
    let url = match dialects {
        [only @ ("postgres" | "mysql"), ..] => format!("# url = \"{only}://user@host/database\""),
        _ => format!("url = \"{DEFAULT_URL}\""),
    };
    let dialects: Vec<String> = dialects.iter().map(|name| format!("\"{name}\"")).collect();
    TEMPLATE
        .replace("{dialects}", &dialects.join(", "))
        .replace("{url}", &url)
}

const TEMPLATE: &str = r#"# The configuration of `autogen`: where the database is, and where the models are.
# It is committed with the migrations, so it should hold no password.

# The databases for which scripts are written.
dialects = [{dialects}]

[database]
# The database of everyday work; a path is relative to the directory that holds `migrations`.
# `--database-url`, AUTOGEN_DATABASE_URL and DATABASE_URL (also in `.env`) go before it.
{url}
# The URL can be taken from the environment instead:
# url = { env = "STORE_DATABASE_URL" }

# Migrations are proved before they are written: in memory for SQLite, else in a new database, dropped afterwards, on the server of
# the URL above; or on one that is named here. It has the extensions, domains, types, sequences and functions of the database
# above, or instead what a script makes (no tables). Either may be left out:
# [scratch]
# postgres = { url = { env = "SCRATCH_DATABASE_URL" }, setup = "migrations/scratch.sql" }

[tables]
# A project's tables are those of its models and of its revisions. All others (and every view, trigger and virtual table) are
# somebody else's: they are never touched, and `autogen check --database` says nothing of them.
# Tables that are this project's all the same, so that one that no revision made is a finding; `*` stands for any letters, `?` for one:
# include = ["app_*"]
# Tables that are left alone even if a model has them: they are neither created, changed, compared nor dropped, except by what is written
# into a script by hand. It goes before `include`.
# exclude = ["legacy_*"]

[lint]
# What works and had better be otherwise (keys that run out, tables without one, needless and missing indexes, types, names, engines), which
# `autogen lint` and `autogen migrate` say if they are asked to: all of it, or some codes.
# with = ["S"]

[models]
# The packages whose models are read; without it, the package of this directory or the workspace's default members.
# packages = ["store"]

# What `cargo build` is asked for.
# features = ["postgres"]
# all-features = false
# no-default-features = false
# profile = "dev"

# Which of the packages' targets are built and read.
# lib = true
# bins = true
"#;

#[cfg(test)]
mod tests {
    use schema_core::schema::TableName;

    use super::*;

    #[test]
    fn the_template_is_read_as_it_says() {
        let text = template(&["sqlite"]);
        let config = Config::parse(&text, "autogen.toml").unwrap();
        assert_eq!(config.dialects, ["sqlite"]);
        assert!(matches!(config.database.url, Some(UrlConfig::Plain(url)) if url == DEFAULT_URL));
        assert_eq!((config.models.lib, config.models.bins), (None, None));
    }

    #[test]
    fn the_template_of_a_server_names_no_file() {
        for dialect in ["postgres", "mysql"] {
            let config = Config::parse(&template(&[dialect, "sqlite"]), "autogen.toml").unwrap();
            assert!(config.database.url.is_none());
        }
    }

    #[test]
    fn every_commented_key_of_the_template_exists() {
        let text = template(&["sqlite"]);
        let uncommented: Vec<String> = text
            .lines()
            .filter(|line| !line.starts_with("url = \""))
            .map(|line| match line.strip_prefix("# ") {
                Some(key) if key.contains(" = ") || key.starts_with('[') => key.to_owned(),
                _ => line.to_owned(),
            })
            .collect();
        let config = Config::parse(&uncommented.join("\n"), "autogen.toml").unwrap();
        assert_eq!(config.models.packages, ["store"]);
        assert!(config.lint.codes().unwrap().contains(&Code::S01));
        assert!(config.tables.excludes(&TableName::new("legacy_users")));
        assert!(
            matches!(config.database.url, Some(UrlConfig::Variable(variable)) if variable.env == "STORE_DATABASE_URL")
        );
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_near_miss() {
        let error = Config::parse(
            "dialects = [\"sqlite\"]\n\n[models]\npackage = []\n",
            "autogen.toml",
        )
        .unwrap_err();
        assert_eq!(error.message, "cannot read `autogen.toml` at line 4");
        assert_eq!(error.causes, ["there is no key `package`"]);
        assert_eq!(error.hints, ["did you mean `packages`?"]);
    }

    #[test]
    fn an_unknown_dialect_is_named() {
        let error = Config::parse("dialects = [\"sqllite\"]", "autogen.toml").unwrap_err();
        assert_eq!(error.message, "`sqllite` is no dialect of this build");
        assert_eq!(error.hints, ["did you mean `sqlite`?"]);
    }
}
