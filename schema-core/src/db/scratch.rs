//! Scratch databases: empty ones to try scripts on, gone with the value that holds them.

use std::time::Duration;

use super::{Connection, DatabaseUrl, Error, ErrorKind, Value, open};

/// An empty database that nobody else uses. It is dropped with the value; [`close`](Scratch::close) tells whether that went well.
pub struct Scratch {
    /// `None` once it is closed: a server drops no database that someone is connected to.
    connection: Option<Box<dyn Connection + Send>>,
    /// The server and the name, unless the database is gone with its connection.
    served: Option<(DatabaseUrl, String)>,
    url: DatabaseUrl,
}

/// Makes an empty database of the kind that the URL names: in memory for SQLite, whatever the file, otherwise a new
/// database on the server of that URL, on MySQL with the collation of the URL's own.
///
/// `name` is the new database's name; it should be one that nobody else thinks of.
///
/// # Errors
///
/// The server cannot be reached or the user may not create databases; a name that is not made of `a` to `z`, digits and `_`.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use schema_core::db::{Connection, DatabaseUrl, scratch};
///
/// let url: DatabaseUrl = "sqlite:app.db".parse()?; // whatever is in there
/// let mut scratch = scratch(&url, "autogen_scratch_4711")?;
/// scratch.execute("CREATE TABLE items (id INTEGER)", &[])?;
/// scratch.close()?; // or drop it
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn scratch(url: &DatabaseUrl, name: &str) -> Result<Scratch, Error> {
    let server = match url {
        DatabaseUrl::Sqlite(_) | DatabaseUrl::SqliteMemory => {
            return Ok(Scratch {
                connection: Some(open(&DatabaseUrl::SqliteMemory)?),
                served: None,
                url: DatabaseUrl::SqliteMemory,
            });
        }
        DatabaseUrl::Postgres(server) => DatabaseUrl::Postgres(server.with_database(name)),
        DatabaseUrl::MySql(server) => DatabaseUrl::MySql(server.with_database(name)),
    };
    refuse_odd_name(name)?;
    let mut connection = open(url)?;
    let options = match url {
        // Tables that say nothing of their character set have their database's, so it must be that of the one that is stood in for.
        DatabaseUrl::MySql(_) => collation(&mut *connection)?,
        DatabaseUrl::Postgres(_) | DatabaseUrl::Sqlite(_) | DatabaseUrl::SqliteMemory => String::new(),
    };
    // The name needs no quotes in any database's SQL.
    connection.execute(&format!("CREATE DATABASE {name}{options}"), &[])?;
    drop(connection);
    let mut scratch = Scratch {
        connection: None,
        served: Some((url.clone(), name.to_owned())),
        url: server,
    };
    scratch.connection = Some(open(&scratch.url)?);
    Ok(scratch)
}

/// Returns the words that give a new database the collation of the one that is connected to, or of the server.
fn collation(connection: &mut dyn Connection) -> Result<String, Error> {
    let rows = connection.query("SELECT @@character_set_database, @@collation_database", &[])?;
    Ok(match rows.first().map(Vec::as_slice) {
        Some([Value::Text(charset), Value::Text(collation)]) => {
            format!(" CHARACTER SET {charset} COLLATE {collation}")
        }
        Some(_) | None => String::new(),
    })
}

fn refuse_odd_name(name: &str) -> Result<(), Error> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let begins = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    if begins && name.chars().all(plain) && name.len() <= 63 {
        return Ok(());
    }
    Err(Error {
        kind: ErrorKind::Statement,
        message: format!("`{name}` is no name for a scratch database"),
        offset: None,
    })
}

impl Scratch {
    /// Returns where the database is, so that it can be opened once more. One in memory cannot.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use schema_core::db::{DatabaseUrl, scratch};
    /// let scratch = scratch(&"sqlite:app.db".parse()?, "autogen_scratch_4711")?;
    /// assert_eq!(*scratch.url(), DatabaseUrl::SqliteMemory);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// Connects anew, so that nothing is left of what was set for the session. One in memory is gone with its connection, and keeps it.
    ///
    /// # Errors
    ///
    /// What the server reports.
    pub fn reconnect(&mut self) -> Result<(), Error> {
        if self.served.is_some() {
            self.connection = None;
            self.connection = Some(open(&self.url)?);
        }
        Ok(())
    }

    /// Drops the database.
    ///
    /// # Errors
    ///
    /// What the server reports; the database may still be there then.
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")] {
    /// # use schema_core::db::{DatabaseUrl, scratch};
    /// let scratch = scratch(&DatabaseUrl::SqliteMemory, "autogen_scratch_4711")?;
    /// if let Err(error) = scratch.close() {
    ///     eprintln!("the scratch database may still be there: {error}");
    /// }
    /// # }
    /// # Ok::<(), schema_core::db::Error>(())
    /// ```
    pub fn close(mut self) -> Result<(), Error> {
        self.remove()
    }

    fn remove(&mut self) -> Result<(), Error> {
        self.connection = None;
        let Some((url, name)) = self.served.take() else {
            return Ok(());
        };
        let force = match &url {
            // A script may have left another session behind.
            DatabaseUrl::Postgres(_) => " WITH (FORCE)",
            DatabaseUrl::MySql(_) | DatabaseUrl::Sqlite(_) | DatabaseUrl::SqliteMemory => "",
        };
        open(&url)?
            .execute(&format!("DROP DATABASE {name}{force}"), &[])
            .map(drop)
    }

    fn open(&mut self) -> Result<&mut dyn Connection, Error> {
        match &mut self.connection {
            Some(connection) => Ok(&mut **connection),
            None => Err(Error {
                kind: ErrorKind::Unreachable,
                message: "the scratch database is closed".to_owned(),
                offset: None,
            }),
        }
    }
}

impl Connection for Scratch {
    fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64, Error> {
        self.open()?.execute(sql, parameters)
    }

    fn for_each(
        &mut self,
        sql: &str,
        parameters: &[Value],
        row: &mut dyn FnMut(Vec<Value>) -> bool,
    ) -> Result<(), Error> {
        self.open()?.for_each(sql, parameters, row)
    }

    fn limit_statements(&mut self, limit: Option<Duration>) -> Result<(), Error> {
        self.open()?.limit_statements(limit)
    }

    fn allow_schema_edits(&mut self, allowed: bool) -> Result<(), Error> {
        self.open()?.allow_schema_edits(allowed)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Whoever wants to know calls `close`.
        let _ = self.remove();
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_never_touched() {
        let url: DatabaseUrl = "sqlite:no/such/folder/app.db".parse().unwrap();
        let mut scratch = scratch(&url, "x").unwrap();
        scratch.execute("CREATE TABLE a (b)", &[]).unwrap();
        assert_eq!(*scratch.url(), DatabaseUrl::SqliteMemory);
        scratch.close().unwrap();
    }

    #[test]
    fn a_name_is_no_way_to_run_something_else() {
        let url: DatabaseUrl = "postgres://localhost/test".parse().unwrap();
        for name in ["", "a; DROP DATABASE test", "A", "1a", &"a".repeat(64)] {
            assert_eq!(
                scratch(&url, name).err().map(|error| error.kind),
                Some(ErrorKind::Statement),
                "{name}"
            );
        }
    }
}
