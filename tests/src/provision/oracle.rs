//! MySQL itself, beside MariaDB, which Debian's stable releases have in its place: taken from the unstable one into a folder of its own, so that nothing of the
//! machine changes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Recipe, Running, Site, done, find, install, is_root, launch};

/// The release of Debian whose MySQL it is.
const RELEASE: &str = "sid";

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
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/servers/mysql");
    if !root.join("usr/sbin/mysqld").is_file() {
        fetch(&root)?;
    }
    let root = root.canonicalize().map_err(|error| error.to_string())?;
    let programs = ["usr/lib64/ld-linux-x86-64.so.2", "usr/sbin/mysqld"];
    let programs: Vec<PathBuf> = programs.iter().map(|program| root.join(program)).collect();
    launch(&MYSQL, programs, |_| Ok(Vec::new()))
        .map_err(|error| format!("`mysqld` cannot be started: {error}"))
}

/// Unpacks the server and the libraries that it takes.
fn fetch(root: &Path) -> Result<(), String> {
    if find("mmdebstrap").is_none() {
        install("mmdebstrap")?;
    }
    if !is_root() {
        return Err("it is not fetched yet, which only root can do".to_owned());
    }
    // What an interrupted run left of it is no server.
    let _ = fs::remove_dir_all(root);
    let unfinished = root.with_extension("unfinished");
    let _ = fs::remove_dir_all(&unfinished);
    fs::create_dir_all(&unfinished).map_err(|error| error.to_string())?;
    let mut command = Command::new("mmdebstrap");
    command.args([
        "--quiet",
        "--variant=extract",
        &format!("--include={}", MYSQL.package),
    ]);
    // A mirror may hold the unstable release as it was some time ago.
    command.arg("--aptopt=Acquire::Check-Valid-Until \"false\"");
    command.arg(RELEASE).arg(&unfinished);
    done(&mut command).map_err(|error| format!("`mmdebstrap`: {error}"))?;
    fs::rename(&unfinished, root).map_err(|error| error.to_string())
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
