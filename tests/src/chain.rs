//! A history whose scripts show it if a statement of them is left out or done twice, for every database, and the state that it leads to.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use schema_core::db::{Connection, Value};
use schema_core::dialect::Dialect;
use schema_core::diff::Answers;
use schema_core::history::files::{Scripts, write_revision};
use schema_core::history::{History, Revision, RevisionId, ScriptSums};
use schema_core::runner::{self, Event, Options, RunError};
use schema_core::schema::Schema;
use schema_core::script::checksum;

/// How many rounds a test of faults does: few, or as many as `AUTOGEN_FAULT_ROUNDS` says.
#[must_use]
pub fn rounds(few: usize) -> usize {
    std::env::var("AUTOGEN_FAULT_ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(few)
}

/// Tells whether this is a long run.
#[must_use]
pub fn is_long() -> bool {
    std::env::var_os("AUTOGEN_FAULT_ROUNDS").is_some()
}

/// The id of a revision of the chain.
#[must_use]
pub fn id(number: u32) -> RevisionId {
    RevisionId::new(0x6900_0000 + number, 0)
}

/// What runs in a chain, with the scripts by dialect: SQLite, PostgreSQL, MySQL.
type Link = (&'static str, [&'static str; 3], [&'static str; 3]);

const DIALECTS: [&str; 3] = ["sqlite", "postgres", "mysql"];

/// The statements that every database understands.
const fn same(sql: &'static str) -> [&'static str; 3] {
    [sql, sql, sql]
}

const CHAIN: [Link; 5] = [
    (
        "create",
        same(
            "CREATE TABLE stores (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(40) NOT NULL);\nCREATE TABLE items (id INTEGER NOT NULL PRIMARY KEY, store_id INTEGER NOT NULL, name VARCHAR(40), cents INTEGER NOT NULL, CONSTRAINT fk_items FOREIGN KEY (store_id) REFERENCES stores (id) ON DELETE CASCADE);\nCREATE TABLE notes (id INTEGER NOT NULL PRIMARY KEY, what VARCHAR(40) NOT NULL);\n",
        ),
        same("DROP TABLE notes;\nDROP TABLE items;\nDROP TABLE stores;\n"),
    ),
    (
        "double",
        same(
            "ALTER TABLE items ADD COLUMN n INTEGER;\nUPDATE items SET n = cents * 2;\nUPDATE items SET cents = cents + 1;\nINSERT INTO notes VALUES (1, 'double');\nCREATE INDEX ix_items_n ON items (n);\n",
        ),
        [
            "DROP INDEX ix_items_n;\nDELETE FROM notes WHERE id = 1;\nUPDATE items SET cents = cents - 1;\nALTER TABLE items DROP COLUMN n;\n",
            "DROP INDEX ix_items_n;\nDELETE FROM notes WHERE id = 1;\nUPDATE items SET cents = cents - 1;\nALTER TABLE items DROP COLUMN n;\n",
            "DROP INDEX ix_items_n ON items;\nDELETE FROM notes WHERE id = 1;\nUPDATE items SET cents = cents - 1;\nALTER TABLE items DROP COLUMN n;\n",
        ],
    ),
    (
        "widen",
        [
            "-- autogen: foreign-keys-off\n\n-- autogen: keep-dependents stores\n\nCREATE TABLE new (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(80) NOT NULL);\nINSERT INTO new SELECT id, name FROM stores;\nDROP TABLE stores;\nALTER TABLE new RENAME TO stores;\n\n-- autogen: restore-dependents stores\n",
            "ALTER TABLE stores ALTER COLUMN name TYPE VARCHAR(80);\n",
            "SET @autogen_alter = concat('ALTER TABLE stores MODIFY name VARCHAR(80) NOT NULL, DEFAULT CHARACTER SET ', @@character_set_database, ' COLLATE ', @@collation_database);\nPREPARE autogen_alter FROM @autogen_alter;\nEXECUTE autogen_alter;\nDEALLOCATE PREPARE autogen_alter;\n",
        ],
        [
            "-- autogen: foreign-keys-off\n\n-- autogen: keep-dependents stores\n\nCREATE TABLE new (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(40) NOT NULL);\nINSERT INTO new SELECT id, name FROM stores;\nDROP TABLE stores;\nALTER TABLE new RENAME TO stores;\n\n-- autogen: restore-dependents stores\n",
            "ALTER TABLE stores ALTER COLUMN name TYPE VARCHAR(40);\n",
            "ALTER TABLE stores MODIFY name VARCHAR(40) NOT NULL;\n",
        ],
    ),
    (
        "tags",
        same(
            "CREATE TABLE tags (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(80));\nINSERT INTO tags SELECT id, name FROM stores WHERE id < 100;\nUPDATE items SET cents = cents * 3;\n",
        ),
        same("UPDATE items SET cents = cents / 3;\nDROP TABLE tags;\n"),
    ),
    (
        "outside",
        [
            "-- autogen: no-transaction\n\nINSERT INTO notes VALUES (2, 'outside');\nVACUUM;\nUPDATE items SET cents = cents + 7;\nCREATE INDEX ix_items_cents ON items (cents);\n",
            "-- autogen: no-transaction\n\nINSERT INTO notes VALUES (2, 'outside');\nCREATE INDEX CONCURRENTLY ix_items_cents ON items (cents);\nUPDATE items SET cents = cents + 7;\n",
            "-- autogen: no-transaction\n\nSET @more = 7;\nINSERT INTO notes VALUES (2, 'outside');\nCREATE INDEX ix_items_cents ON items (cents);\nUPDATE items SET cents = cents + @more;\n",
        ],
        [
            "-- autogen: no-transaction\n\nUPDATE items SET cents = cents - 7;\nDROP INDEX ix_items_cents;\nDELETE FROM notes WHERE id = 2;\n",
            "-- autogen: no-transaction\n\nUPDATE items SET cents = cents - 7;\nDROP INDEX CONCURRENTLY ix_items_cents;\nDELETE FROM notes WHERE id = 2;\n",
            "-- autogen: no-transaction\n\nUPDATE items SET cents = cents - 7;\nDROP INDEX ix_items_cents ON items;\nDELETE FROM notes WHERE id = 2;\n",
        ],
    ),
];

/// How many revisions the chain has.
pub const LENGTH: u32 = 5;

/// Writes the chain into a folder of migrations.
///
/// # Panics
///
/// If it cannot be written.
pub fn write(migrations: &Path) {
    std::fs::create_dir_all(migrations).expect("the folder can be made");
    for (number, (message, upgrade, downgrade)) in (1..).zip(CHAIN) {
        let of = |at: usize| Scripts {
            upgrade: upgrade[at].to_owned(),
            downgrade: downgrade[at].to_owned(),
        };
        let scripts: BTreeMap<String, Scripts> = DIALECTS
            .iter()
            .enumerate()
            .map(|(at, dialect)| ((*dialect).to_owned(), of(at)))
            .collect();
        let sums = scripts.iter().map(|(dialect, scripts)| {
            let sums = ScriptSums {
                upgrade: checksum(&scripts.upgrade),
                downgrade: checksum(&scripts.downgrade),
                edited: std::collections::BTreeSet::new(),
            };
            (dialect.clone(), sums)
        });
        let parents = if number == 1 {
            Vec::new()
        } else {
            vec![id(number - 1)]
        };
        let revision = Revision {
            id: id(number),
            parents,
            message: message.to_owned(),
            created: "2026-01-02T03:04:05Z".to_owned(),
            operations: Vec::new(),
            answers: Answers::default(),
            scripts: sums.collect(),
            replaces: Vec::new(),
            overrules: Vec::new(),
        };
        write_revision(migrations, &revision, &scripts).expect("the revision can be written");
    }
}

/// Writes the chain beside other things and reads it.
///
/// # Panics
///
/// If that fails.
#[must_use]
pub fn history(folder: &Path) -> (PathBuf, History) {
    let migrations = folder.join("migrations");
    write(&migrations);
    let history = History::load(&migrations).expect("the chain can be read");
    (migrations, history)
}

/// Brings an empty database to the first revision, with so many rows.
///
/// # Panics
///
/// If that fails.
pub fn fill(connection: &mut dyn Connection, dialect: &dyn Dialect, history: &History, rows: usize) {
    runner::upgrade(connection, dialect, history, &[id(1)], &options(), &mut |_| {})
        .unwrap_or_else(|error| panic!("{error}"));
    let mut run = |sql: &str| {
        connection
            .execute(sql, &[])
            .unwrap_or_else(|error| panic!("{error}"));
    };
    run("INSERT INTO stores VALUES (1, 'north'), (2, 'south'), (3, 'it''s')");
    for chunk in (1..=rows).collect::<Vec<_>>().chunks(500) {
        let mut sql = String::from("INSERT INTO items VALUES ");
        for (at, number) in chunk.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            let store = number % 3 + 1;
            write!(sql, "{comma}({number}, {store}, 'item {number}', {number})").expect("a string takes it");
        }
        run(&sql);
    }
}

/// Sets a database that is a file not to sync: many times faster, and as good unless the power fails.
///
/// # Panics
///
/// If it cannot be set.
#[must_use]
pub fn unsynced(mut connection: Box<dyn Connection>, dialect: &dyn Dialect) -> Box<dyn Connection> {
    if dialect.name() == DIALECTS[0] {
        connection
            .execute("PRAGMA synchronous = OFF", &[])
            .expect("it can be set");
    }
    connection
}

/// Returns options that wait long and whose clock stands still.
#[must_use]
pub fn options() -> Options {
    let clock = || Duration::from_secs(1_767_323_045);
    Options::new("0.0.0-test", clock, Duration::from_secs(60))
}

/// Upgrades to the end of the chain, or takes it back to the first revision.
///
/// # Errors
///
/// As the runner's.
pub fn run(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    history: &History,
    direction: schema_core::history::Direction,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Vec<RevisionId>, RunError> {
    use schema_core::history::Direction;
    match direction {
        Direction::Upgrade => runner::upgrade(
            connection,
            dialect,
            history,
            history.heads(),
            &options(),
            on_event,
        ),
        Direction::Downgrade => {
            runner::downgrade(connection, dialect, history, &[id(1)], &options(), on_event)
        }
    }
}

/// All that a database holds: its tables, their rows, and the revisions.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The tables.
    pub schema: Schema,
    /// Their rows.
    pub rows: BTreeMap<String, Vec<Vec<Value>>>,
    /// The revisions, and whether something of them is unfinished.
    pub revisions: Vec<(RevisionId, bool)>,
}

/// Reads all that a database holds.
///
/// # Panics
///
/// If it cannot be read.
#[must_use]
pub fn state(connection: &mut dyn Connection, dialect: &dyn Dialect) -> State {
    let schema = dialect
        .reflect(connection)
        .unwrap_or_else(|error| panic!("{error}"));
    let rows = schema
        .tables
        .keys()
        .map(|name| {
            let sql = format!("SELECT * FROM {} ORDER BY 1", dialect.quote(&name.name));
            let rows = connection
                .query(&sql, &[])
                .unwrap_or_else(|error| panic!("{error}"));
            (name.name.clone(), rows)
        })
        .collect();
    let revisions = runner::applied(connection, dialect)
        .unwrap_or_else(|error| panic!("{error}"))
        .into_iter()
        .map(|row| (row.id, row.unfinished.is_some()))
        .collect();
    State {
        schema,
        rows,
        revisions,
    }
}

/// Numbers that look random and are the same in every run.
#[derive(Debug, Clone, Copy)]
pub struct Dice(pub u64);

impl Dice {
    /// Returns the next number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        // SplitMix64 (<https://prng.di.unimi.it/splitmix64.c>).
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end.max(1)
    }
}
