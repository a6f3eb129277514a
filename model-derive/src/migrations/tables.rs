//! `[tables]` of `autogen.toml`, the one section of it that a program has to know: which tables are the project's.
//!
//! Whether the patterns in it are any is seen where they are used, and what else the file says is the command's business.

/// What the section says.
#[derive(Default)]
pub(super) struct Tables {
    /// The names of tables that are the project's, whoever made them.
    pub(super) include: Vec<String>,
    /// The names of tables that are left alone.
    pub(super) exclude: Vec<String>,
}

impl Tables {
    /// Reads the text of the file.
    ///
    /// # Errors
    ///
    /// That it is no such text, with the file as the user would name it.
    #[cfg(feature = "tables")]
    pub(super) fn parse(text: &str, shown: &str) -> Result<Self, String> {
        let file: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let at = error
                .span()
                .map(|span| format!(" at line {}", text[..span.start].matches('\n').count() + 1));
            format!(
                "cannot read `{shown}`{}: {}; repair the file, or restore it from version control",
                at.unwrap_or_default(),
                error.message()
            )
        })?;
        let names = |key: &str| {
            let Some(list) = file.get("tables").and_then(|tables| tables.get(key)) else {
                return Ok(Vec::new());
            };
            let names = list.as_array().and_then(|names| {
                let names = names.iter().map(|name| name.as_str().map(str::to_owned));
                names.collect::<Option<Vec<String>>>()
            });
            names.ok_or_else(|| {
                format!(
                    "`{key}` of `[tables]` in `{shown}` is no list of names; write it as in `{key} = [\"legacy_*\"]`"
                )
            })
        };
        Ok(Tables {
            include: names("include")?,
            exclude: names("exclude")?,
        })
    }

    /// Nobody in this build would ask.
    #[cfg(not(feature = "tables"))]
    #[expect(clippy::unnecessary_wraps, reason = "the other one can fail")]
    pub(super) fn parse(_: &str, _: &str) -> Result<Self, String> {
        Ok(Tables::default())
    }
}
