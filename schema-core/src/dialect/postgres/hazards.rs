//! The hazards of scripts on PostgreSQL: who waits for a statement, and for how long.
//!
//! Which lock a statement takes, and whether it reads or writes every row, is measured (`tests/tests/suite/locks.rs` looks at `pg_locks`, the
//! scans and the files of what plans write); the manual has the tables of locks
//! (<https://www.postgresql.org/docs/current/explicit-locking.html>) and ALTER TABLE's notes on rewriting.

mod alter;
mod commands;
mod steady;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use super::Postgres;
use super::ddl::{qualified, quote};
use crate::dialect::hazards::{Change, Command, Located, Sql, Walk};
use crate::hazard::{Code, breaking};
use crate::schema::TableName;

/// Returns the hazards of a script.
pub(super) fn hazards(change: &Change<'_>) -> Vec<Located> {
    let mut walk = Walk::new(&Postgres, change);
    walk.extend(breaking(change.operations, change.from));
    let mut held = Held {
        in_transaction: !change.script.mode.no_transaction,
        ..Held::default()
    };
    walk.statements(|walk, sql| statement(walk, sql, &mut held))
        .finish()
}

/// The locks that the script's transaction holds.
#[derive(Default)]
struct Held {
    in_transaction: bool,
    /// The tables that nobody can read.
    exclusive: BTreeSet<TableName>,
    /// The tables that nobody can write, those that nobody can read among them.
    writes: BTreeSet<TableName>,
    /// Constraints that were added without a look at the rows.
    unproved: BTreeSet<(TableName, String)>,
    /// The types that the script makes.
    types: BTreeSet<String>,
    /// The values that enums have got, each with its type.
    values: BTreeMap<String, String>,
    /// The tables that were written anew.
    rewritten: BTreeSet<TableName>,
    /// Whether the script was said to work beside locks.
    said: bool,
}

impl Held {
    fn lock(&mut self, table: &TableName, lock: Lock) {
        if !self.in_transaction {
            return;
        }
        self.writes.insert(table.clone());
        if lock == Lock::Exclusive {
            self.exclusive.insert(table.clone());
        }
    }
}

/// Whom a lock keeps out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lock {
    /// Those who write.
    Writers,
    /// Those who read, too.
    Exclusive,
}

fn statement(walk: &mut Walk<'_>, sql: &Sql<'_>, held: &mut Held) {
    match &sql.command {
        Command::CreateIndex {
            name,
            table,
            concurrently,
            if_not_exists,
        } => {
            let name = name.as_deref().unwrap_or("an index");
            create_index(walk, sql, (name, table), (*concurrently, *if_not_exists), held);
        }
        Command::DropIndex { names, concurrently } => drop_index(walk, names, *concurrently, held),
        Command::DropTable { tables } => {
            for table in tables {
                drop_table(walk, tables, table, held);
            }
        }
        Command::AlterTable { table, clauses } if walk.stands(table) => {
            alter::rules(walk, table, clauses, held)
        }
        Command::Update { table, .. } | Command::Delete { table, .. } if walk.stands(table) => {
            changed_rows(walk, table, held);
        }
        Command::CreateTable { .. }
        | Command::RenameTable { .. }
        | Command::AlterTable { .. }
        | Command::Update { .. }
        | Command::Delete { .. }
        | Command::Truncate { .. }
        | Command::Other => {}
    }
    commands::rules(walk, sql, held);
}

fn create_index(
    walk: &mut Walk<'_>,
    sql: &Sql<'_>,
    (name, table): (&str, &TableName),
    (concurrently, if_not_exists): (bool, bool),
    held: &mut Held,
) {
    if concurrently && if_not_exists {
        walk.found(
            Code::R02,
            format!("IF NOT EXISTS takes an invalid `{name}`, the rest of an interrupted CONCURRENTLY, for the index"),
            "leave IF NOT EXISTS out: the runner clears the rest away before it runs the statement again",
        );
    }
    if concurrently {
        outside_only(walk, &format!("CREATE INDEX CONCURRENTLY of `{name}`"), held);
        return;
    }
    if !walk.stands(table) {
        return;
    }
    let unique = if sql.begins("CREATE UNIQUE") {
        "UNIQUE "
    } else {
        ""
    };
    walk.found(
        Code::L01,
        format!("nobody can write to `{table}` while `{name}` is made of all its rows"),
        format!(
            "in a revision of its own, with `-- autogen: no-transaction` at its head: `CREATE {unique}INDEX CONCURRENTLY {} ON {} …`",
            quote(name),
            qualified(table)
        ),
    );
    beside_locks(walk, table, held);
    held.lock(table, Lock::Writers);
}

fn drop_index(walk: &mut Walk<'_>, names: &[TableName], concurrently: bool, held: &mut Held) {
    for name in names {
        if concurrently {
            outside_only(walk, &format!("DROP INDEX CONCURRENTLY of `{name}`"), held);
            continue;
        }
        let table = walk
            .before
            .tables
            .values()
            .find(|table| table.indexes.contains_key(&name.name))
            .map(|table| table.name.clone());
        let of = table
            .as_ref()
            .map_or_else(|| "its table".to_owned(), |table| format!("`{table}`"));
        walk.found(
            Code::L01,
            format!("dropping `{}` waits for all who use {of}, and all others wait for it", name.name),
            format!(
                "in a revision of its own, with `-- autogen: no-transaction` at its head: `DROP INDEX CONCURRENTLY {}`",
                qualified(name)
            ),
        );
        if let Some(table) = table {
            held.lock(&table, Lock::Exclusive);
        }
    }
}

/// What runs only outside a transaction, and must not share one with anything.
fn outside_only(walk: &mut Walk<'_>, what: &str, held: &Held) {
    if held.in_transaction {
        walk.found(
            Code::L02,
            format!("{what} fails, since it cannot run in a transaction"),
            "put `-- autogen: no-transaction` at the head of the script, and only such statements in it",
        );
    }
}

/// A table whose foreign keys hold parents: those are locked, too.
fn drop_table(walk: &mut Walk<'_>, together: &[TableName], table: &TableName, held: &mut Held) {
    let Some(standing) = walk.table(table).filter(|_| walk.stands(table)) else {
        return;
    };
    let dropped = |name: &TableName| {
        let mut operations = walk.change.operations.iter();
        let by_operation = operations.any(|operation| {
            matches!(operation, crate::operation::Operation::DropTable { table } if table.name == *name)
        });
        by_operation || together.contains(name)
    };
    let parents: BTreeSet<TableName> = standing
        .foreign_keys
        .values()
        .map(|key| key.references.clone())
        .filter(|parent| parent != table && !dropped(parent) && !held.exclusive.contains(parent))
        .collect();
    for parent in &parents {
        walk.found(
            Code::L15,
            format!("dropping `{table}` locks `{parent}` as well, which it refers to: nobody can read that until the commit"),
            "keep what else the script does short, or drop the table in a revision of its own",
        );
        held.lock(parent, Lock::Exclusive);
    }
    held.lock(table, Lock::Exclusive);
}

fn changed_rows(walk: &mut Walk<'_>, table: &TableName, held: &mut Held) {
    if held.exclusive.contains(table) {
        walk.found(
            Code::L20,
            format!("rows of `{table}` are changed while nobody can read it"),
            "three revisions: one that adds the column and lets it be NULL; one with `-- autogen: no-transaction` that fills some thousand rows a statement; one that makes it NOT NULL",
        );
    }
    beside_locks(walk, table, held);
}

/// Work that takes as long as a table is big, while others are locked.
fn beside_locks(walk: &mut Walk<'_>, table: &TableName, held: &mut Held) {
    let other = held.writes.iter().find(|other| *other != table).cloned();
    let Some(other) = other.filter(|_| !held.said) else {
        return;
    };
    held.said = true;
    walk.found(
        Code::L12,
        format!("all rows of `{table}` are gone through while `{other}` is locked, which this transaction has changed before"),
        "a revision for each table, so that a lock is held no longer than its own table needs",
    );
}
