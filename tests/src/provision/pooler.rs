//! A connection pooler in front of a PostgreSQL server: PgBouncer, as its package installs it.

use std::fs;
use std::io;
use std::process::{Child, Command, Stdio};

use schema_core::db::ServerUrl;
use tempfile::TempDir;

use super::{done, find, free_port, install, is_root, wait_for};

const PROGRAM: &str = "pgbouncer";

/// A pooler that runs, gone with this value.
pub struct Pooler {
    /// The URL of the server's database by way of it.
    pub url: String,
    process: Child,
    _files: TempDir,
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Pooler {
    /// Starts one in that mode: `session` or `transaction`. Where it is not installed there is none; with `CI` set, that is an error.
    ///
    /// # Errors
    ///
    /// Why it cannot be started.
    pub fn start(server: &ServerUrl, mode: &str) -> io::Result<Option<Self>> {
        let Some(program) = find(PROGRAM) else {
            let error = io::Error::other(format!("`{PROGRAM}` is not installed"));
            return if std::env::var_os("CI").is_some() {
                Err(error)
            } else {
                Ok(None)
            };
        };
        let files = tempfile::tempdir()?;
        let port = free_port()?;
        let user = server.user().unwrap_or("postgres");
        let password = server.password().map(|password| format!(" password={password}"));
        let configuration = format!(
            "[databases]\n* = host={} port={} user={user}{}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = any\n\
             unix_socket_dir =\npool_mode = {mode}\ndefault_pool_size = 4\nignore_startup_parameters = extra_float_digits\n",
            server.host(),
            server.port().unwrap_or(5432),
            password.unwrap_or_default(),
        );
        let file = files.path().join("pgbouncer.ini");
        fs::write(&file, configuration)?;
        let mut command = if is_root() {
            // It refuses to be root.
            done(Command::new("chown").args(["-R", "postgres"]).arg(files.path()))?;
            let mut command = Command::new("setpriv");
            command.args(["--reuid", "postgres", "--regid", "postgres", "--clear-groups"]);
            command.arg(program);
            command
        } else {
            Command::new(program)
        };
        let log = files.path().join("log");
        let output = fs::File::create(&log)?;
        let mut process = command
            .arg(file)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()?;
        let database = server.database().unwrap_or("postgres");
        let url = format!("postgres://{user}@127.0.0.1:{port}/{database}");
        wait_for(&mut process, &url, &log)?;
        Ok(Some(Pooler {
            url,
            process,
            _files: files,
        }))
    }
}

/// Installs the pooler where that can be done, unless it is there.
///
/// # Errors
///
/// Why there is none.
pub fn install_pooler() -> Result<(), String> {
    match find(PROGRAM) {
        Some(_) => Ok(()),
        None => install(PROGRAM),
    }
}
