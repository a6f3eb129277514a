//! Servers for the tests where none is running: throw-away ones, from installed binaries, which are installed where that can be done.

mod oracle;
mod pooler;

pub use oracle::start_oracle_mysql;
pub use pooler::{Pooler, install_pooler};

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::servers::Server;

/// How long a server may take to answer after it was started.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server with its files, both gone with this value.
pub struct Running {
    /// The URL of a database on it whose user may do everything.
    pub url: String,
    process: Child,
    site: Site,
    run: fn(&Site) -> Command,
    _files: TempDir,
}

impl Running {
    /// Returns the CPU time that the server has taken, its sessions that are over included, where the system tells.
    #[must_use]
    pub fn cpu(&self) -> Option<Duration> {
        // https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: the last four of those after the name, in hundredths of a second.
        let text = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).ok()?;
        let (_, after) = text.rsplit_once(')')?;
        let times = after.split_whitespace().skip(11).take(4);
        let ticks: u64 = times.filter_map(|time| time.parse::<u64>().ok()).sum();
        Some(Duration::from_millis(ticks * 10))
    }

    /// Kills the server, as a machine that loses its power does.
    ///
    /// # Errors
    ///
    /// What the system reports.
    pub fn crash(&mut self) -> io::Result<()> {
        self.process.kill()?;
        self.process.wait().map(drop)
    }

    /// Starts a killed server again, on the same files and port.
    ///
    /// # Errors
    ///
    /// Why it does not come up.
    pub fn restart(&mut self) -> io::Result<()> {
        let start = Instant::now();
        loop {
            // What is left of the old processes may be in its way at first.
            match spawned(self.run, &self.site, &self.url) {
                Ok(process) => {
                    self.process = process;
                    return Ok(());
                }
                Err(error) if start.elapsed() > PATIENCE => return Err(error),
                Err(_) => std::thread::sleep(Duration::from_millis(200)),
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It holds nothing that is worth an orderly end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a throw-away server is made of.
struct Recipe {
    /// The programs that it takes, the first being the server itself.
    programs: &'static [&'static str],
    /// The package of Debian that has them.
    package: &'static str,
    /// The user under which it runs if the tests run as root.
    user: &'static str,
    /// Fills the folder.
    prepare: fn(&Site) -> io::Result<()>,
    /// Returns the command that runs it.
    run: fn(&Site) -> Command,
    /// Returns its URL.
    url: fn(&Site) -> String,
}

/// Where a throw-away server lives.
struct Site {
    folder: PathBuf,
    port: u16,
    programs: Vec<PathBuf>,
    user: &'static str,
    /// What the server is told beside.
    options: Vec<String>,
}

const POSTGRES: Recipe = Recipe {
    programs: &["postgres", "initdb"],
    package: "postgresql",
    user: "postgres",
    prepare: |site| {
        let mut command = site.command(1);
        command.args([
            "--username=postgres",
            "--auth=trust",
            "--no-sync",
            "--encoding=UTF8",
            "--pgdata",
        ]);
        done(command.arg(site.folder.join("data")))
    },
    run: |site| {
        let mut command = site.command(0);
        command.arg("-D").arg(site.folder.join("data"));
        command.args([
            "-p",
            &site.port.to_string(),
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "fsync=off",
        ]);
        command
            .arg("-c")
            .arg(format!("unix_socket_directories={}", site.folder.display()))
            .args(&site.options);
        command
    },
    url: |site| format!("postgres://postgres@127.0.0.1:{}/postgres", site.port),
};

const MYSQL: Recipe = Recipe {
    programs: &["mariadbd", "mariadb-install-db"],
    package: "mariadb-server",
    user: "mysql",
    prepare: |site| {
        let mut command = site.command(1);
        command.args(["--no-defaults", "--auth-root-authentication-method=normal"]);
        done(command.arg(format!("--datadir={}", site.folder.join("data").display())))
    },
    run: |site| {
        let file = |name: &str| site.folder.join(name).display().to_string();
        let mut command = site.command(0);
        command.args([
            "--no-defaults",
            "--bind-address=127.0.0.1",
            &format!("--port={}", site.port),
        ]);
        command.arg(format!("--datadir={}", file("data")));
        command.args([
            format!("--socket={}", file("socket")),
            format!("--pid-file={}", file("pid")),
        ]);
        command.args(&site.options);
        command
    },
    url: |site| format!("mysql://root@127.0.0.1:{}/test", site.port),
};

/// Starts a server of that kind, and installs it first if this is a Debian whose root we are.
///
/// # Errors
///
/// Why there can be none.
pub fn start(server: &Server) -> Result<Running, String> {
    start_with(server, |_| Ok(Vec::new()))
}

/// As [`start`]; the server gets the options that `prepare` returns, which may put files into the server's folder.
///
/// # Errors
///
/// Why there can be none.
pub fn start_with(
    server: &Server,
    prepare: impl FnOnce(&Path) -> io::Result<Vec<String>>,
) -> Result<Running, String> {
    let recipe = match server.dialect {
        "postgres" => POSTGRES,
        "mysql" => MYSQL,
        other => return Err(format!("nobody knows how to start a server for {other}")),
    };
    if find_all(recipe.programs).is_none() {
        install(recipe.package)?;
    }
    let programs =
        find_all(recipe.programs).ok_or_else(|| format!("no `{}` is installed", recipe.programs[0]))?;
    launch(&recipe, programs, prepare)
        .map_err(|error| format!("`{}` cannot be started: {error}", recipe.programs[0]))
}

fn launch(
    recipe: &Recipe,
    programs: Vec<PathBuf>,
    prepare: impl FnOnce(&Path) -> io::Result<Vec<String>>,
) -> io::Result<Running> {
    let files = tempfile::tempdir()?;
    let site = Site {
        folder: files.path().to_owned(),
        port: free_port()?,
        programs,
        user: recipe.user,
        options: prepare(files.path())?,
    };
    if is_root() {
        done(Command::new("chown").arg("-R").arg(recipe.user).arg(&site.folder))?;
    }
    (recipe.prepare)(&site)?;
    let url = (recipe.url)(&site);
    Ok(Running {
        process: spawned(recipe.run, &site, &url)?,
        url,
        site,
        run: recipe.run,
        _files: files,
    })
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Starts the server, and returns once it answers.
fn spawned(run: fn(&Site) -> Command, site: &Site, url: &str) -> io::Result<Child> {
    let log = fs::File::create(site.folder.join("log"))?;
    let mut process = run(site).stdout(log.try_clone()?).stderr(log).spawn()?;
    wait_for(&mut process, url, &site.folder.join("log"))?;
    Ok(process)
}

fn wait_for(process: &mut Child, url: &str, log: &Path) -> io::Result<()> {
    let url = url.parse().map_err(io::Error::other)?;
    let start = Instant::now();
    loop {
        let Err(error) = schema_core::db::open(&url) else {
            return Ok(());
        };
        let is_over = process.try_wait()?.is_some();
        if is_over || start.elapsed() > PATIENCE {
            let _ = process.kill();
            let _ = process.wait();
            let log = fs::read_to_string(log).unwrap_or_default();
            return Err(io::Error::other(format!("{error}\n{log}")));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

impl Site {
    /// Returns a command for one of the programs, as a user that the server agrees to be.
    fn command(&self, program: usize) -> Command {
        let program = self.programs[program].as_os_str();
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid", self.user, "--regid", self.user, "--clear-groups"])
                .arg(program);
            command
        } else {
            Command::new(program)
        };
        // MariaDB deletes all that is called `#sql…` in its folder for temporary files when it starts, and another server may be using it.
        command
            .current_dir(&self.folder)
            .env("TMPDIR", &self.folder)
            .stdin(Stdio::null());
        command
    }
}

fn install(package: &str) -> Result<(), String> {
    if !(is_root() && Path::new("/etc/debian_version").exists()) {
        return Err(format!(
            "it is not installed; on Debian, `apt-get install {package}` does that"
        ));
    }
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::null());
        done(&mut command).map_err(|error| format!("`apt-get {}`: {error}", arguments.join(" ")))
    };
    apt(&["update", "-qq"])?;
    apt(&["install", "-qq", "--yes", "--no-install-recommends", package])
}

/// Runs a command to its end; what it printed is in the error if it fails.
fn done(command: &mut Command) -> io::Result<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "{}: {}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )))
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Returns the newest of each program, if all are there.
fn find_all(programs: &[&str]) -> Option<Vec<PathBuf>> {
    programs.iter().map(|program| find(program)).collect()
}

fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    // Debian keeps PostgreSQL's own programs off the path, one folder a version.
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    versions.sort_by_key(|folder| number(folder.file_name()));
    let of_versions = versions.into_iter().rev().map(|folder| folder.join("bin"));
    of_versions
        .chain(on_path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

fn number(name: Option<&OsStr>) -> Option<u32> {
    name?.to_str()?.parse().ok()
}
