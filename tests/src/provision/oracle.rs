//! MySQL itself, beside MariaDB, which Debian's stable releases have in its place: taken from the unstable one into a folder of its own, so that nothing of the
//! machine changes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Recipe, Running, Site, done, find, install, is_root, launch};

/// The release of Debian whose MySQL it is.
const RELEASE: &str = "sid";

/// The loader and the server, in its root.
const LOADER: &str = "usr/lib64/ld-linux-x86-64.so.2";
const SERVER: &str = "usr/sbin/mysqld";

const MYSQL: Recipe = Recipe {
    programs: &["ld-linux-x86-64.so.2", "mysqld"],
    package: "mysql-server-core",
    user: "root",
    prepare: |site| {
        fs::write(
            site.folder.join("first.sql"),
            "CREATE USER IF NOT EXISTS root@'127.0.0.1';\nGRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;\nCREATE DATABASE IF NOT EXISTS test;\n",
        )?;
        done(mysqld(site).arg("--initialize-insecure"))
    },
    run: |site| {
        let file = |name: &str| site.folder.join(name).display().to_string();
        let mut command = mysqld(site);
        command.args(["--bind-address=127.0.0.1", "--mysqlx=OFF", "--disable-log-bin"]);
        // A throw-away server need not outlive the machine's power.
        command.args(["--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=OFF"]);
        command.args([
            format!("--port={}", site.port),
            format!("--socket={}", file("socket")),
            format!("--pid-file={}", file("pid")),
            format!("--init-file={}", file("first.sql")),
        ]);
        command.args(&site.options);
        command
    },
    url: |site| format!("mysql://root@127.0.0.1:{}/test", site.port),
};

/// Starts a throw-away MySQL server, and fetches it first if this is a Debian whose root we are.
///
/// # Errors
///
/// Why there can be none.
pub fn start_oracle_mysql() -> Result<Running, String> {
    let root = cache().join(format!("mysql-{RELEASE}"));
    if !has_server(&root) {
        fetch(&root)?;
    }
    let programs = [LOADER, SERVER].map(|program| root.join(program)).to_vec();
    launch(&MYSQL, programs, |_| Ok(Vec::new()))
        .map_err(|error| format!("`mysqld` cannot be started: {error}"))
}

/// Returns the user's folder for what can be fetched again: a server is a hundred megabytes, and the same for every checkout.
fn cache() -> PathBuf {
    let named = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let usual = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache"));
    let cache = named.filter(|folder| folder.is_absolute()).or_else(usual);
    cache.unwrap_or_else(std::env::temp_dir).join("autogen-tests")
}

fn has_server(root: &Path) -> bool {
    root.join(SERVER).is_file()
}

/// Unpacks the server and the libraries that it takes.
fn fetch(root: &Path) -> Result<(), String> {
    if find("mmdebstrap").is_none() {
        install("mmdebstrap")?;
    }
    if !is_root() {
        return Err("it is not fetched yet, which only root can do".to_owned());
    }
    let unpacked = root
        .parent()
        .ok_or_else(|| io::Error::other("it has no parent"))
        .and_then(|parent| fs::create_dir_all(parent).and_then(|()| tempfile::tempdir_in(parent)))
        .map_err(|error| format!("`{}`: {error}", root.display()))?;
    let mut command = Command::new("mmdebstrap");
    command.args([
        "--quiet",
        "--variant=extract",
        &format!("--include={}", MYSQL.package),
    ]);
    command.arg("--aptopt=Acquire::Retries \"3\"");
    // A mirror may hold the unstable release as it was some time ago.
    command.arg("--aptopt=Acquire::Check-Valid-Until \"false\"");
    command.arg(RELEASE).arg(unpacked.path());
    done(&mut command).map_err(|error| format!("`mmdebstrap`: {error}"))?;
    match fs::rename(unpacked.path(), root) {
        // Someone else may have been faster.
        Err(error) if !has_server(root) => Err(format!("`{}`: {error}", root.display())),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Returns the server's command. It is started by the loader that came with it, so it takes the libraries that came with it, too.
fn mysqld(site: &Site) -> Command {
    let mut command = site.command(0);
    let server = &site.programs[1];
    let usr = server.ancestors().nth(2).unwrap_or(server);
    let data = site.folder.join("data");
    command
        .arg("--library-path")
        .arg(usr.join("lib/x86_64-linux-gnu"));
    command
        .arg(server)
        .args(["--no-defaults", "--user=root", "--secure-file-priv="]);
    command.arg(format!("--lc-messages-dir={}", usr.join("share/mysql").display()));
    command.arg(format!(
        "--character-sets-dir={}",
        usr.join("share/mysql/charsets").display()
    ));
    command.arg(format!("--datadir={}", data.display()));
    command
}
