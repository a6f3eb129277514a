//! A history within the program: the text of each revision's files, as `migrations!` found them.
//!
//! It is plain data that the compiler makes, and knows neither what the files say nor any database.

/// The migrations folder of a program, as it was when the program was compiled.
///
/// The macro `migrations!` makes it. It is a constant, and what can be seen of it is enough to run the scripts by other means.
///
/// ```
/// use schema_core::Migrations;
///
/// static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
///
/// for revision in MIGRATIONS.revisions() {
///     for (name, text) in revision.scripts {
///         println!("{}/{name}: {} bytes", revision.folder, text.len());
///     }
/// }
/// # assert_eq!(MIGRATIONS.revisions().len(), 2);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Migrations {
    folder: &'static str,
    revisions: &'static [EmbeddedRevision],
    include: &'static [&'static str],
    exclude: &'static [&'static str],
}

/// The files of one revision.
#[derive(Debug, Clone, Copy)]
pub struct EmbeddedRevision {
    /// The name of its folder.
    pub folder: &'static str,
    /// The text of its `revision.json`.
    pub revision: &'static str,
    /// The names and texts of its scripts: `upgrade.sqlite.sql`.
    pub scripts: &'static [(&'static str, &'static str)],
}

impl Migrations {
    /// Returns the migrations that are in these files; `folder` is what errors name as the place where they were.
    ///
    /// ```
    /// use schema_core::{EmbeddedRevision, Migrations};
    ///
    /// const FIRST: EmbeddedRevision = EmbeddedRevision {
    ///     folder: "6b036899bcc0_create_stores",
    ///     revision: r#"{"format": 1, "id": "6b036899bcc0", "parents": [], "message": "create stores",
    ///         "created": "2026-11-22T22:11:37Z", "operations": []}"#,
    ///     scripts: &[("upgrade.sqlite.sql", "SELECT 1;\n"), ("downgrade.sqlite.sql", "SELECT 1;\n")],
    /// };
    /// static MIGRATIONS: Migrations = Migrations::new("migrations", &[FIRST]);
    /// # #[cfg(feature = "migrations")]
    /// assert!(schema_core::history::History::embedded(&MIGRATIONS).is_ok());
    /// ```
    #[must_use]
    pub const fn new(folder: &'static str, revisions: &'static [EmbeddedRevision]) -> Self {
        Migrations {
            folder,
            revisions,
            include: &[],
            exclude: &[],
        }
    }

    /// Returns the same migrations of a project to which more or fewer tables belong, as `[tables]` of its `autogen.toml` says: `include` claims
    /// those that no revision made, `exclude` leaves tables alone. In a name, `*` stands for any letters and `?` for one.
    ///
    /// The macro does so for what is in the file. Who checks only some of the models can leave the others alone here:
    ///
    /// ```
    /// use schema_core::Migrations;
    ///
    /// static MIGRATIONS: Migrations =
    ///     schema_core::migrations!("../examples/store/migrations").with_tables(&[], &["legacy_*"]);
    /// assert_eq!(MIGRATIONS.exclude(), ["legacy_*"]);
    /// ```
    #[must_use]
    pub const fn with_tables(
        self,
        include: &'static [&'static str],
        exclude: &'static [&'static str],
    ) -> Self {
        Migrations {
            include,
            exclude,
            ..self
        }
    }

    /// Returns the name of the folder, as the macro was given it.
    ///
    /// ```
    /// # static MIGRATIONS: schema_core::Migrations = schema_core::migrations!("../examples/store/migrations");
    /// assert_eq!(MIGRATIONS.folder(), "../examples/store/migrations");
    /// ```
    #[must_use]
    pub const fn folder(&self) -> &'static str {
        self.folder
    }

    /// Returns the revisions, in the order of their folders' names.
    ///
    /// ```
    /// # static MIGRATIONS: schema_core::Migrations = schema_core::migrations!("../examples/store/migrations");
    /// assert_eq!(MIGRATIONS.revisions()[0].folder, "6b036899bcc0_create_stores");
    /// ```
    #[must_use]
    pub const fn revisions(&self) -> &'static [EmbeddedRevision] {
        self.revisions
    }

    /// Returns the names of tables that are the project's even if no revision made them.
    ///
    /// ```
    /// # use schema_core::Migrations;
    /// let migrations = Migrations::new("migrations", &[]).with_tables(&["shop_*"], &[]);
    /// assert_eq!(migrations.include(), ["shop_*"]);
    /// ```
    #[must_use]
    pub const fn include(&self) -> &'static [&'static str] {
        self.include
    }

    /// Returns the names of tables that are left alone.
    ///
    /// ```
    /// # use schema_core::Migrations;
    /// let migrations = Migrations::new("migrations", &[]).with_tables(&[], &["legacy_*"]);
    /// assert_eq!(migrations.exclude(), ["legacy_*"]);
    /// ```
    #[must_use]
    pub const fn exclude(&self) -> &'static [&'static str] {
        self.exclude
    }
}
