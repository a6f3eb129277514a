//! What runs scripts on a database, whichever it is.

use std::path::Path;
use std::time::Duration;

use super::{Effect, Restore, Stock, Within};
use crate::db::{Connection, Error, ErrorKind};
use crate::plan::Plan;

/// What no revision made and cannot work any more, since what it needs is gone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Broken {
    /// The names of views that cannot be read.
    pub views: Vec<String>,
    /// The names of triggers that name a column which their table has not.
    pub triggers: Vec<String>,
}

/// How scripts run on such a database: its lock, its transactions, and what is left of a statement that was interrupted.
///
/// A run is, in this order:
///
/// ```text
/// lock
///     enter                            a script, or several that want the same mode
///         begin … check … commit       in a transaction: the scripts' steps and their version rows
///         | statement by statement     out of one: see below
///     leave
/// unlock
/// ```
///
/// A script runs out of a transaction if it says `no-transaction`, and always where [`transactional`](Session::transactional) is false. Then each
/// step is noted in the version table before and after, so that a killed run goes on where it stopped. A step that [joins a
/// transaction](Session::joins_transaction) runs in one with that note. Of any other the [fingerprint](Session::fingerprint) is noted first, and after an
/// interruption [`probe`](Session::probe) tells from it whether the statement took effect.
///
/// The connection may be the program's own: whatever a session sets on it, `leave` and `unlock` put back.
///
/// What the runner does around a script that runs in a transaction:
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// # let sqlite = schema_core::dialect::by_name("sqlite").expect("the build has it");
/// # use schema_core::db::{Connection, sqlite::SqliteConnection};
/// # let mut connection = SqliteConnection::in_memory()?;
/// use std::time::Duration;
/// use schema_core::dialect::{Limits, Mode};
///
/// let session = sqlite.session();
/// let limits = Limits { lock: Duration::from_secs(10), statement: None };
/// let mode = Mode { foreign_keys_off: true, ..Mode::default() };
/// session.lock(&mut connection, &limits, &mut |holder| println!("waiting for {holder}"))?;
/// session.enter(&mut connection, &mode, &limits)?;
/// session.begin(&mut connection, &mode, &limits)?;
/// connection.execute("CREATE TABLE items (id INTEGER)", &[])?;
/// session.check(&mut connection, &mode)?; // no row refers to nothing
/// session.commit(&mut connection)?;
/// session.leave(&mut connection, &mode);
/// session.unlock(&mut connection);
/// # }
/// # Ok::<(), schema_core::db::Error>(())
/// ```
pub trait Session {
    /// Tells whether a script and its version row commit together, statements that change the schema included.
    fn transactional(&self) -> bool;

    /// Tells whether several scripts may share a transaction: whether what one has made can be used by the next before it is committed,
    /// and whether holding all their locks to the end hurts nobody.
    fn shares_transactions(&self) -> bool;

    /// Finds where the database has the tool's own table of that name, or would get it: where a statement of the session, as it is now, would make one.
    ///
    /// # Errors
    ///
    /// What the database reports; that there is no such place; or that there is more than one, and the session does not say which is meant.
    fn home(&self, connection: &mut dyn Connection, table: &str) -> Result<Home, Error>;

    /// Lets the tool's own table, which exists, hold every text, if it was made so that it does not. It changes nothing else, and leaves it as it is where it
    /// may not be changed.
    fn widen(&self, _connection: &mut dyn Connection, _table: &str) {}

    /// Does `read`, and has each of its queries wait for those who keep readers out for so long and no longer, whatever the session does by itself.
    ///
    /// # Errors
    ///
    /// What the database reports of that. What `read` found is its own matter.
    fn bounded(
        &self,
        connection: &mut dyn Connection,
        timeout: Duration,
        read: &mut dyn FnMut(&mut dyn Connection),
    ) -> Result<(), Error>;

    /// Returns who keeps readers out of a table, in words and as far as the database can tell.
    fn keeps_readers_out(&self, connection: &mut dyn Connection, table: &str) -> String;

    /// Takes the lock under which one process at a time changes this database, for as long as [`Limits::lock`] says.
    ///
    /// It belongs to the session or to its transaction, so that a killed process never leaves it behind, and is taken by trying again and again: a
    /// statement that waits for it in the database can be in the way of the holder's (CREATE INDEX CONCURRENTLY waits for all that runs).
    /// `waiting` is called once, if it has to be waited for, with who has it, in words and as far as the database can tell:
    /// `the session 4711 of postgres, from 10.0.0.7`. A database whose only lock is its writing transaction just looks who is there; then
    /// [`begin`](Session::begin) waits, and the runner looks again in each transaction whether someone was faster.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Locked`] once the time is over, or what the database reports.
    fn lock(
        &self,
        connection: &mut dyn Connection,
        limits: &Limits,
        waiting: &mut dyn FnMut(&str),
    ) -> Result<(), Error>;

    /// Gives the lock back. It never fails: a session that cannot do it is closed, or soon will be.
    fn unlock(&self, connection: &mut dyn Connection);

    /// Returns what cannot work any more, where the database lets go what that needs; one that refuses that has nothing of the kind.
    ///
    /// # Errors
    ///
    /// What the database reports, such as that somebody locks a table.
    fn broken(&self, _connection: &mut dyn Connection) -> Result<Broken, Error> {
        Ok(Broken::default())
    }

    /// Sets what scripts of that mode need, and the limits. There is no transaction open.
    ///
    /// # Errors
    ///
    /// What the database reports; everything is as before then.
    fn enter(&self, connection: &mut dyn Connection, mode: &Mode, limits: &Limits) -> Result<(), Error>;

    /// Sets everything back as it was before [`enter`](Session::enter). There is no transaction open. It never fails, as
    /// [`unlock`](Session::unlock) does not.
    fn leave(&self, connection: &mut dyn Connection, mode: &Mode);

    /// Opens a transaction: for the scripts as a whole or, if the mode says `no_transaction` or the database cannot do otherwise, for a step and the note of it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Locked`] once [`Limits::lock`] is over, or what the database reports; no
    /// transaction is open then.
    fn begin(&self, connection: &mut dyn Connection, mode: &Mode, limits: &Limits) -> Result<(), Error>;

    /// Checks what the steps of one script left behind, such as the foreign keys of a script that ran without them. It is asked in the transaction,
    /// or at the end of a script that runs out of one.
    ///
    /// # Errors
    ///
    /// What does not hold, or what the database reports.
    fn check(&self, connection: &mut dyn Connection, mode: &Mode) -> Result<(), Error>;

    /// Returns what [`check`](Session::check) has to know of the time before a script of that mode that runs out of a transaction: it is noted with the
    /// script as that begins, for the run that ends it.
    ///
    /// # Errors
    ///
    /// What the database reports.
    fn remembered(&self, _connection: &mut dyn Connection, _mode: &Mode) -> Result<Option<String>, Error> {
        Ok(None)
    }

    /// Takes what was [remembered](Session::remembered) as the script began for what [`check`](Session::check) has to know.
    ///
    /// # Errors
    ///
    /// What the database reports.
    fn recall(&self, _connection: &mut dyn Connection, _remembered: &str) -> Result<(), Error> {
        Ok(())
    }

    /// Tells whether a transaction that [`check`](Session::check) refused, and that was rolled back, is worth a second run: what
    /// does not hold may not have held before. From now on [`begin`](Session::begin) looks at that first, which a first run saves itself,
    /// until [`leave`](Session::leave).
    fn looks_first(&self, _connection: &mut dyn Connection, _mode: &Mode) -> bool {
        false
    }

    /// Commits the transaction.
    ///
    /// # Errors
    ///
    /// What the database reports; [`rollback`](Session::rollback) follows then, and nothing is committed.
    fn commit(&self, connection: &mut dyn Connection) -> Result<(), Error>;

    /// Takes everything back that was not committed. It never fails: a connection that cannot roll back is closed.
    fn rollback(&self, connection: &mut dyn Connection);

    /// Gives a standing table the definition that a CREATE TABLE says, and leaves every value in it as it is.
    ///
    /// Returns the statements by which a program that knows nothing of this does the same to a database of the same structure,
    /// whatever its rows.
    ///
    /// # Errors
    ///
    /// What the database reports, or why the rows would have to be written anew; a database without such a thing refuses.
    fn redefine_table(&self, _connection: &mut dyn Connection, _sql: &str) -> Result<Vec<String>, Error> {
        Err(Error {
            kind: ErrorKind::Statement,
            message: "this database changes tables by ALTER TABLE, not by `redefine-table`".to_owned(),
            offset: None,
        })
    }

    /// Returns what hangs on a table and belongs to no model, as statements that put it back or prove that it still works.
    ///
    /// It is asked before a script replaces the table.
    ///
    /// # Errors
    ///
    /// What the database reports, or what of the table could not be carried over at all.
    fn keep_dependents(&self, connection: &mut dyn Connection, table: &str) -> Result<Vec<String>, Error>;

    /// Puts back those of the kept things that are gone, now that the script has replaced the table.
    ///
    /// # Errors
    ///
    /// What no longer fits the table, by name.
    fn restore_dependents(
        &self,
        connection: &mut dyn Connection,
        table: &str,
        kept: &[String],
    ) -> Result<(), Error>;

    /// Tells whether a statement can share a transaction with the note that it is done: whether it neither commits by itself nor refuses to stand in one.
    ///
    /// In doubt it does not.
    fn joins_transaction(&self, sql: &str) -> bool;

    /// Tells whether a statement that does not join a transaction waits for a lock of someone else, for as long as [`Limits::lock`] says. One that
    /// does not, and that did nothing when it was refused, is tried again until then.
    fn waits_alone(&self) -> bool {
        true
    }

    /// Tells whether a rollback takes back all that a statement does that [joins a transaction](Session::joins_transaction). One of which it
    /// does not is run as those that do not join one are.
    ///
    /// # Errors
    ///
    /// What the database reports.
    fn rolls_back(&self, _connection: &mut dyn Connection, _sql: &str) -> Result<bool, Error> {
        Ok(true)
    }

    /// Tells what a statement does beyond its session, and what it leaves in it. A run that goes on with a script does the latter again.
    ///
    /// In doubt it is [lasting](Effect::Lasting).
    fn effect(&self, sql: &str) -> Effect;

    /// Tells whether a statement may leave in its session what the next script would find there: a setting, a temporary table, another database. In
    /// doubt it does; none of those that a [plan](super::Dialect::plan) has for every table may, since a [stock](Session::stock) takes its time.
    fn may_leave(&self, sql: &str) -> bool;

    /// Tells whether what a statement leaves in its session can be put back only out of a transaction.
    fn outlives_transaction(&self, _sql: &str) -> bool {
        false
    }

    /// Takes stock of what the session has, before statements that [may leave](Session::may_leave) something in it.
    ///
    /// # Errors
    ///
    /// What the database reports.
    fn stock(&self, connection: &mut dyn Connection, statements: &[&str]) -> Result<Stock, Error>;

    /// Makes the session what it was when stock was taken: what is new in it goes, and what is another is as it was. The lock stays.
    ///
    /// # Errors
    ///
    /// What the database reports.
    fn put_back(
        &self,
        connection: &mut dyn Connection,
        before: &Stock,
        statements: &[&str],
        within: Within,
    ) -> Result<(), Error>;

    /// Returns statements that do in any shell what [`stock`](Session::stock) and [`put_back`](Session::put_back) do, around a script that
    /// [may leave](Session::may_leave) something in its session.
    ///
    /// They follow what [`standalone`](super::Dialect::standalone) sets, and leave that set. Nothing is looked up: what is put back is what the
    /// words of the script tell, or what the shell's session is asked for as the script runs.
    fn restore(&self, plan: &Plan) -> Restore;

    /// Returns which of the statements that are left asks for what code may have set in a session that is gone (a variable that a procedure sets), when
    /// those that are `done` ran it: their words do not tell. What they tell is their [effect](Session::effect).
    ///
    /// # Errors
    ///
    /// What the database reports.
    fn forgotten(
        &self,
        _connection: &mut dyn Connection,
        _done: &[&str],
        _left: &[&str],
    ) -> Result<Option<usize>, Error> {
        Ok(None)
    }

    /// Returns what the database says of all that a statement names, as a text: another one once the statement has taken effect, and the same one until
    /// then.
    ///
    /// Only statements that do not [join a transaction](Session::joins_transaction), or are not [rolled back](Session::rolls_back), are asked about.
    /// Nothing belongs in it that changes by itself, and rows only where the statement changes them and they cannot be rolled back.
    ///
    /// # Errors
    ///
    /// What the database reports.
    fn fingerprint(&self, connection: &mut dyn Connection, sql: &str) -> Result<String, Error>;

    /// Tells how far a statement came that was interrupted, given the fingerprint from before it, and clears away what a
    /// broken one leaves behind, such as the invalid index of a CREATE INDEX CONCURRENTLY.
    ///
    /// Others may have changed the same things meanwhile, so what tells is what the statement itself makes, drops or renames; what stands here is
    /// enough where nobody does. One that leaves the same twice need not be told; one without a trace is [unclear](Progress::Unclear).
    ///
    /// # Errors
    ///
    /// What the database reports.
    fn probe(&self, connection: &mut dyn Connection, sql: &str, before: &str) -> Result<Progress, Error> {
        Ok(if self.fingerprint(connection, sql)? == before {
            Progress::Nothing
        } else {
            Progress::Whole
        })
    }

    /// Tells whether a copy can be made while the session's transaction is open: then nobody can write between the copy and what follows it.
    ///
    /// # Errors
    ///
    /// What the database reports.
    fn copies_in_transaction(&self, _connection: &mut dyn Connection) -> Result<bool, Error> {
        Ok(false)
    }

    /// Copies the whole database, as it is committed, into a new file.
    ///
    /// # Errors
    ///
    /// What the database reports; of a server, why it does not do that and what does.
    fn backup(&self, connection: &mut dyn Connection, to: &Path) -> Result<(), Error>;
}

/// Where a database has a table of the tool's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The schema, or what the database calls so; `None` if there is none.
    pub schema: Option<String>,
    /// Whether the table is there already.
    pub has_table: bool,
    /// Whether the database can hold every text.
    pub holds_all_text: bool,
}

/// How long a run may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For a lock: that of the whole database, and those of its tables.
    pub lock: Duration,
    /// For one statement of a script, where there is an end to it.
    pub statement: Option<Duration>,
}

/// How far an interrupted statement came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Nothing of it is there. It is run again.
    Nothing,
    /// It took effect.
    Whole,
    /// The database cannot tell, or it was done by halves. A person has to look.
    Unclear {
        /// What was found, in words.
        found: String,
    },
}

/// How a script wants to be run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mode {
    /// The script replaces tables, so foreign keys are not enforced while it runs but checked before it commits.
    pub foreign_keys_off: bool,
    /// Its statements may not stand in a transaction.
    pub no_transaction: bool,
}
