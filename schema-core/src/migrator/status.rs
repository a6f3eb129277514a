//! How a database and the program stand to each other.

use std::fmt;

use crate::dialect::Unmanaged;
use crate::history::RevisionId;
use crate::history::downgrade_to;
use crate::operation::Operation;
use crate::runner::{Checked, Finding, Uncompared};

/// How a database and the history in a program stand to each other.
///
/// Its `Display` says what differs, a line each with what can be done about it.
///
/// A program that does not upgrade by itself starts only on the database that it was built for:
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # use schema_core::{Migrations, migrator::Migrator};
/// # use schema_core::db::drivers::rusqlite::Connection;
/// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
/// let mut connection = Connection::open_in_memory()?;
/// Migrator::new(&MIGRATIONS).upgrade(&mut connection)?;
/// connection.execute("ALTER TABLE items ADD COLUMN colour TEXT", [])?;
///
/// let status = Migrator::new(&MIGRATIONS).check(&mut connection)?;
/// assert!(!status.is_ok());
/// assert_eq!(status.pending().count(), 0);
/// assert_eq!(status.drift().next().unwrap().describe(), "added column 'items.colour'");
/// assert!(status.to_string().starts_with("the database is not the one that this program was built for"));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    findings: Vec<Finding>,
    uncompared: Option<Uncompared>,
    unmanaged: Vec<Unmanaged>,
    revisions: usize,
}

impl Status {
    pub(super) fn new(checked: Checked, revisions: usize) -> Self {
        let Checked {
            findings,
            uncompared,
            unmanaged,
        } = checked;
        Status {
            findings,
            uncompared,
            unmanaged,
            revisions,
        }
    }

    /// Tells whether the database is the one that the program was built for: it has just the revisions of the program, made by
    /// the same scripts, and its tables are what they made, as far as they could be [compared](Status::uncompared).
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use schema_core::{Migrations, migrator::Migrator};
    /// # use schema_core::db::drivers::rusqlite::Connection;
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// let mut connection = Connection::open_in_memory()?;
    /// assert!(!Migrator::new(&MIGRATIONS).check(&mut connection)?.is_ok());
    /// Migrator::new(&MIGRATIONS).upgrade(&mut connection)?;
    /// assert!(Migrator::new(&MIGRATIONS).check(&mut connection)?.is_ok());
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.findings.is_empty()
    }

    /// Returns all that differs.
    ///
    /// Its codes are stable, so a program can act on them:
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use schema_core::{Migrations, migrator::Migrator};
    /// # use schema_core::db::drivers::rusqlite::Connection;
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// let status = Migrator::new(&MIGRATIONS).check(&mut Connection::open_in_memory()?)?;
    /// assert!(status.findings().iter().all(|finding| finding.code() == "pending"));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns the revisions that the database lacks, in the order in which an upgrade applies them.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use schema_core::{Migrations, migrator::Migrator};
    /// # use schema_core::db::drivers::rusqlite::Connection;
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// let status = Migrator::new(&MIGRATIONS).check(&mut Connection::open_in_memory()?)?;
    /// let pending: Vec<String> = status.pending().map(|id| id.to_string()).collect();
    /// assert_eq!(pending, ["6b036899bcc0", "6b03689cd779"]);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn pending(&self) -> impl Iterator<Item = RevisionId> {
        self.findings.iter().filter_map(|finding| match finding {
            Finding::Pending { revision, .. } => Some(*revision),
            Finding::EditedScript { .. }
            | Finding::Moved { .. }
            | Finding::MissingScript { .. }
            | Finding::UnknownRevision { .. }
            | Finding::Unfinished { .. }
            | Finding::Stuck(_)
            | Finding::Drift { .. }
            | Finding::Unenforced(_) => None,
        })
    }

    /// Returns the revisions that the program does not know: the database is ahead of it.
    ///
    /// An older build of the program, which knows one revision fewer, can tell that it is too old:
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use schema_core::{Migrations, migrator::Migrator};
    /// # use schema_core::db::drivers::rusqlite::Connection;
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// let mut connection = Connection::open_in_memory()?;
    /// Migrator::new(&MIGRATIONS).upgrade(&mut connection)?;
    ///
    /// let older = Migrations::new("migrations", &MIGRATIONS.revisions()[..1]);
    /// let status = Migrator::new(&older).check(&mut connection)?;
    /// assert_eq!(status.ahead().next().unwrap().to_string(), "6b03689cd779");
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn ahead(&self) -> impl Iterator<Item = RevisionId> {
        self.findings.iter().filter_map(|finding| match finding {
            Finding::UnknownRevision { revision, .. } => Some(*revision),
            Finding::EditedScript { .. }
            | Finding::Moved { .. }
            | Finding::MissingScript { .. }
            | Finding::Unfinished { .. }
            | Finding::Pending { .. }
            | Finding::Stuck(_)
            | Finding::Drift { .. }
            | Finding::Unenforced(_) => None,
        })
    }

    /// Returns the applied revisions whose scripts in the program are not those that ran.
    ///
    /// A later build, for which somebody has edited the first script instead of writing another revision:
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use schema_core::{EmbeddedRevision, Migrations, migrator::Migrator};
    /// # use schema_core::db::drivers::rusqlite::Connection;
    /// # const MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// # const SCRIPTS: [(&str, &str); 2] = [("upgrade.sqlite.sql", "SELECT 1;\n"), ("downgrade.sqlite.sql", "SELECT 1;\n")];
    /// # const REVISIONS: [EmbeddedRevision; 1] = [EmbeddedRevision { scripts: &SCRIPTS, ..MIGRATIONS.revisions()[0] }];
    /// # let (built, edited) = (MIGRATIONS, Migrations::new("migrations", &REVISIONS));
    /// let mut connection = Connection::open_in_memory()?;
    /// Migrator::new(&built).upgrade(&mut connection)?;
    /// let status = Migrator::new(&edited).check(&mut connection)?;
    /// assert_eq!(status.edited().next().unwrap().to_string(), "6b036899bcc0");
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn edited(&self) -> impl Iterator<Item = RevisionId> {
        self.findings.iter().filter_map(|finding| match finding {
            Finding::EditedScript { revision, .. }
            | Finding::Moved { revision, .. }
            | Finding::MissingScript { revision, .. } => Some(*revision),
            Finding::UnknownRevision { .. }
            | Finding::Unfinished { .. }
            | Finding::Pending { .. }
            | Finding::Stuck(_)
            | Finding::Drift { .. }
            | Finding::Unenforced(_) => None,
        })
    }

    /// Returns what of the tables could not be compared, since the connection may not make temporary tables: some expressions.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use schema_core::{Migrations, migrator::Migrator};
    /// # use schema_core::db::drivers::rusqlite::Connection;
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// let mut connection = Connection::open_in_memory()?;
    /// let status = Migrator::new(&MIGRATIONS).check(&mut connection)?;
    /// assert!(status.uncompared().is_none()); // SQLite stores expressions as they were written, and so can always compare
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn uncompared(&self) -> Option<&Uncompared> {
        self.uncompared.as_ref()
    }

    /// Returns what no model can say and changes what the tables do, each with its effect: a table of PostgreSQL that is UNLOGGED, an index of MySQL that is
    /// invisible, an ON CONFLICT clause of SQLite. Whether it is meant is not known here, so it is no finding.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use schema_core::{Migrations, migrator::Migrator};
    /// # use schema_core::db::drivers::rusqlite::Connection;
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// let mut connection = Connection::open_in_memory()?;
    /// Migrator::new(&MIGRATIONS).upgrade(&mut connection)?;
    /// let status = Migrator::new(&MIGRATIONS).check(&mut connection)?;
    /// for thing in status.unmanaged() {
    ///     println!("no model can say the {}", thing.told());
    /// }
    /// assert!(status.unmanaged().is_empty());
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn unmanaged(&self) -> &[Unmanaged] {
        &self.unmanaged
    }

    /// Returns what someone did to the tables besides the revisions.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use schema_core::{Migrations, migrator::Migrator};
    /// # use schema_core::db::drivers::rusqlite::Connection;
    /// # static MIGRATIONS: Migrations = schema_core::migrations!("../examples/store/migrations");
    /// let mut connection = Connection::open_in_memory()?;
    /// Migrator::new(&MIGRATIONS).upgrade(&mut connection)?;
    /// connection.execute("DROP INDEX ix_tags_store_id", [])?;
    /// let status = Migrator::new(&MIGRATIONS).check(&mut connection)?;
    /// let drift: Vec<String> = status.drift().map(|operation| operation.describe()).collect();
    /// assert_eq!(drift, ["removed index 'ix_tags_store_id' on 'tags' (store_id)"]);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn drift(&self) -> impl Iterator<Item = &Operation> {
        self.findings.iter().filter_map(|finding| match finding {
            Finding::Drift { operation } => Some(&**operation),
            Finding::EditedScript { .. }
            | Finding::Moved { .. }
            | Finding::MissingScript { .. }
            | Finding::UnknownRevision { .. }
            | Finding::Unfinished { .. }
            | Finding::Pending { .. }
            | Finding::Stuck(_)
            | Finding::Unenforced(_) => None,
        })
    }
}

/// Returns how to go on, for somebody who runs the program.
pub(super) fn hint(finding: &Finding) -> String {
    match finding {
        Finding::Pending { heads: 0 | 1, .. } => {
            "apply it with `Migrator::upgrade` at start-up, or with `autogen upgrade`".into()
        }
        Finding::Pending { .. } => {
            "apply it with `Migrator::upgrade` at start-up, or with `autogen upgrade heads`".into()
        }
        Finding::UnknownRevision { halfway: true, .. } => {
            "run a newer build of the program, whose `Migrator::upgrade` goes on where it stopped".into()
        }
        Finding::UnknownRevision { back_to, .. } => format!(
            "run a newer build of the program, or take it back with `{}`, which drops what it added",
            downgrade_to(back_to)
        ),
        Finding::Unfinished { .. } => {
            "`Migrator::upgrade` and `autogen upgrade` go on where it stopped".into()
        }
        Finding::EditedScript { .. }
        | Finding::Moved { .. }
        | Finding::MissingScript { .. }
        | Finding::Stuck(_)
        | Finding::Drift { .. }
        | Finding::Unenforced(_) => finding.hint(),
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Status {
            findings,
            uncompared,
            unmanaged,
            revisions,
        } = self;
        match findings.as_slice() {
            [] => {
                let s = if *revisions == 1 { "" } else { "s" };
                write!(
                    f,
                    "the database is up to date: it has {revisions} revision{s}, and its tables are what they made"
                )?;
            }
            findings => {
                f.write_str("the database is not the one that this program was built for")?;
                findings
                    .iter()
                    .try_for_each(|finding| write!(f, "\n- {finding}; {}", hint(finding)))?;
            }
        }
        if let Some(uncompared) = uncompared {
            write!(f, "\nnote: {uncompared}; {}", uncompared.hint())?;
        }
        unmanaged
            .iter()
            .try_for_each(|thing| write!(f, "\nnote: no model can say the {}", thing.told()))
    }
}
