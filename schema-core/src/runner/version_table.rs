//! The version table, in which a database records its revisions: one row for each that is applied, or half-way there.
//!
//! Its statements hold their values as constants of the dialect: the same text runs here and stands in a script that is run elsewhere,
//! and no two databases agree on how a parameter is written.

mod place;
mod write;

pub(super) use place::Place;
pub(super) use write::{
    delete, delete_sql, finish, insert, insert_if_sql, insert_sql, progress, progress_sql, tag,
};

use std::time::Duration;

use super::RunError;
use super::unfinished::Unfinished;
use crate::db::{Connection, ErrorKind, Value};
use crate::dialect::{Dialect, Home, Unsupported};
use crate::history::RevisionId;
use crate::operation::Operation;
use crate::schema::{Column, PrimaryKey, Schema, Table, TableName, Type, naming};

/// The table's name.
pub(super) const TABLE: &str = "_autogen_revisions";

/// Its columns, in the order in which rows are read and written.
const COLUMNS: &str = "id, parents, message, checksum, downgrade, applied_at, duration_ms, statements_done, tool_version, tag, unfinished";

/// A revision that a database has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The id.
    pub id: RevisionId,
    /// Its parents at the time, so that a database that is ahead of the files still has an order.
    pub parents: Vec<RevisionId>,
    /// What it is for, in words.
    pub message: String,
    /// The checksum of the script that ran.
    pub checksum: String,
    /// The script that takes it back, if there was one.
    pub downgrade: Option<String>,
    /// When it was applied, as RFC 3339 writes it; of one that is half-way there, when it was begun.
    pub applied_at: String,
    /// How long its script took.
    pub duration: Duration,
    /// How many steps of its script were done.
    pub statements_done: usize,
    /// The version of the tool that applied it.
    pub tool_version: String,
    /// What someone called the state in which the database was with this revision.
    pub tag: Option<String>,
    /// The script of it that stopped half-way, if one did. Only scripts that run out of a transaction can.
    pub unfinished: Option<Unfinished>,
}

/// Returns the table as a value of the IR, so that each dialect creates it in its own words.
fn table() -> Table {
    let name = TableName::new(TABLE.trim_start_matches('_'));
    let text = || Type::Text { length: None };
    let optional = |name: &str| Column {
        nullable: true,
        ..Column::new(name, text())
    };
    let mut table = Table::new(name.clone());
    table.columns = vec![
        // A key of unbounded text is more than some databases can index.
        Column::new("id", Type::Text { length: Some(12) }),
        Column::new("parents", text()),
        Column::new("message", text()),
        Column::new("checksum", text()),
        optional("downgrade"),
        Column::new("applied_at", text()),
        Column::new("duration_ms", Type::I64),
        Column::new("statements_done", Type::I64),
        Column::new("tool_version", text()),
        optional("tag"),
        optional("unfinished"),
    ];
    table.primary_key = Some(PrimaryKey {
        name: naming::primary_key(&name),
        columns: vec!["id".to_owned()],
    });
    // Where a database has engines, one with transactions, whatever its default is: notes are rolled back with what they are about.
    table.options.engine = Some("InnoDB".to_owned());
    // Where tables have character sets, one for every text: a script's words go into its row, in whatever language they are.
    table.options.charset = Some("utf8mb4".to_owned());
    table
}

/// Returns the statements that create the table.
pub(super) fn create_sql(dialect: &dyn Dialect) -> Result<Vec<String>, Unsupported> {
    // Dialects refuse models with the tool's own names, so the table gets its name only after it was normalized.
    let schema = dialect.normalize(&Schema::from_iter([table()]))?;
    let create: Vec<Operation> = schema
        .tables
        .into_values()
        .map(|mut table| {
            table.name = TableName::new(TABLE);
            Operation::CreateTable { table }
        })
        .collect();
    let plan = dialect.plan(&Schema::default(), &create)?;
    Ok(plan.executed().map(str::to_owned).collect())
}

/// Creates the table. It is called with the lock held, so that no two processes create it at once.
pub(super) fn create_if_missing(connection: &mut dyn Connection, place: &Place<'_>) -> Result<(), RunError> {
    let dialect = place.dialect();
    let home = home(connection, dialect)?;
    place.refuse_another(&home)?;
    if home.has_table {
        return Ok(());
    }
    for sql in create_sql(dialect).map_err(RunError::Unsupported)? {
        connection
            .execute(&sql, &[])
            .map_err(|error| RunError::database("create the version table", error))?;
    }
    Ok(())
}

fn home(connection: &mut dyn Connection, dialect: &dyn Dialect) -> Result<Home, RunError> {
    dialect
        .session()
        .home(connection, TABLE)
        .map_err(|error| RunError::database("find the version table", error))
}

/// How long a mere look waits for whoever keeps readers out of the table.
const LOOK: Duration = Duration::from_secs(10);

/// Returns the rows by id; none if there is no table. Where someone keeps readers out, it waits a while.
pub(super) fn look(connection: &mut dyn Connection, dialect: &dyn Dialect) -> Result<Vec<Applied>, RunError> {
    read(connection, dialect, LOOK).map_err(|mut error| {
        if let RunError::Database { doing: _, error } = &mut error
            && error.kind == ErrorKind::Locked
        {
            let holder = dialect.session().keeps_readers_out(connection, TABLE);
            error
                .message
                .push_str(&format!("; readers are kept out by {holder}"));
        }
        error
    })
}

/// Returns the rows by id; none if there is no table. It waits no longer than so for those who keep readers out.
pub(super) fn read(
    connection: &mut dyn Connection,
    dialect: &dyn Dialect,
    timeout: Duration,
) -> Result<Vec<Applied>, RunError> {
    let sql = format!("SELECT {COLUMNS} FROM {TABLE} ORDER BY id");
    let mut rows = Ok(Vec::new());
    dialect
        .session()
        .bounded(connection, timeout, &mut |connection| {
            rows = match home(connection, dialect) {
                Ok(home) if home.has_table => query(connection, &sql, from_row),
                Ok(_) => Ok(Vec::new()),
                Err(error) => Err(error),
            };
        })
        .map_err(|error| RunError::database("read the version table", error))?;
    rows
}

/// Returns the row of one revision. The table exists.
pub(super) fn find(
    connection: &mut dyn Connection,
    place: &Place<'_>,
    id: RevisionId,
) -> Result<Option<Applied>, RunError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {} WHERE id = {}",
        place.table(),
        place.key(id)
    );
    Ok(query(connection, &sql, from_row)?.pop())
}

/// Returns the note of one revision's script, if that is unfinished. The table exists.
///
/// Nothing else is read, for a note is the same in every encoding that a script may have set.
pub(super) fn note(
    connection: &mut dyn Connection,
    place: &Place<'_>,
    id: RevisionId,
) -> Result<Option<Unfinished>, RunError> {
    let sql = format!(
        "SELECT unfinished FROM {} WHERE id = {}",
        place.table(),
        place.key(id)
    );
    let mut found = query(connection, &sql, |row| {
        let [note] = row else { return None };
        match note.as_str() {
            Some(text) => Unfinished::parse(text).map(Some),
            None => Some(None),
        }
    })?;
    Ok(found.pop().flatten())
}

/// Returns the ids, and of which something is unfinished. The table exists.
pub(super) fn ids(
    connection: &mut dyn Connection,
    place: &Place<'_>,
) -> Result<Vec<(RevisionId, bool)>, RunError> {
    let sql = format!("SELECT id, unfinished FROM {} ORDER BY id", place.table());
    query(connection, &sql, |row| {
        let [id, unfinished] = row else { return None };
        Some((id.as_str()?.parse().ok()?, *unfinished != Value::Null))
    })
}

/// Returns what `read` makes of each row.
fn query<T>(
    connection: &mut dyn Connection,
    sql: &str,
    read: impl Fn(&mut [Value]) -> Option<T>,
) -> Result<Vec<T>, RunError> {
    let (mut rows, mut broken) = (Vec::new(), None);
    let mut take = |mut row: Vec<Value>| match read(&mut row) {
        Some(taken) => {
            rows.push(taken);
            true
        }
        None => {
            broken = Some(row);
            false
        }
    };
    connection
        .for_each(sql, &[], &mut take)
        .map_err(|error| RunError::database("read the version table", error))?;
    match broken {
        Some(row) => Err(RunError::VersionRow { row }),
        None => Ok(rows),
    }
}

/// Returns what a row says. Its texts are taken out of it once it is known to be one.
fn from_row(row: &mut [Value]) -> Option<Applied> {
    let [
        id,
        parents,
        message,
        checksum,
        downgrade,
        applied_at,
        duration,
        statements_done,
        tool_version,
        tag,
        unfinished,
    ] = row
    else {
        return None;
    };
    let id = id.as_str()?.parse().ok()?;
    let parents = parents.as_str()?.split_whitespace().map(str::parse);
    let parents = parents.collect::<Result<_, _>>().ok()?;
    let duration = u64::try_from(duration.as_integer()?).ok()?;
    let statements_done = usize::try_from(statements_done.as_integer()?).ok()?;
    let unfinished = match unfinished.as_str() {
        Some(text) => Some(Unfinished::parse(text)?),
        None => None,
    };
    let needed = [&*message, &*checksum, &*applied_at, &*tool_version];
    if needed.iter().any(|value| value.as_str().is_none()) {
        return None;
    }
    Some(Applied {
        id,
        parents,
        message: take(message)?,
        checksum: take(checksum)?,
        downgrade: take(downgrade),
        applied_at: take(applied_at)?,
        duration: Duration::from_millis(duration),
        statements_done,
        tool_version: take(tool_version)?,
        tag: take(tag),
        unfinished,
    })
}

/// Takes a text out of a value.
fn take(value: &mut Value) -> Option<String> {
    if let Value::Text(text) = std::mem::replace(value, Value::Null) {
        Some(place::unescaped(text))
    } else {
        None
    }
}
