#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic")]
//! How safe the way to a server is: every mode of the URL against servers with a certificate of the test's own, for the right host and a wrong one, signed by
//! an authority that is trusted and by one that is not; and against a server that has none.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use autogen_tests::provision::{Running, start_with};
use autogen_tests::servers::{SERVERS, Server};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use schema_core::db::{self, DatabaseUrl, ErrorKind, Value};

/// The one host that the certificate is for. The server is at 127.0.0.1 as well, which is another name.
const HOST: &str = "localhost";

/// What is expected of a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Open,
    Secret,
    Refused,
}

use Way::{Open, Refused, Secret};

/// An authority that signs certificates.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Where its own certificate is.
    file: PathBuf,
}

impl Authority {
    fn new(folder: &Path, name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let file = folder.join(format!("{name}.pem"));
        fs::write(&file, params.self_signed(&key).unwrap().pem()).unwrap();
        Authority {
            issuer: Issuer::new(params, key),
            file,
        }
    }

    /// Writes the certificate of the host, and its key.
    fn certify(&self, folder: &Path) -> io::Result<[String; 2]> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let params = CertificateParams::new(vec![HOST.to_owned()]).map_err(io::Error::other)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(io::Error::other)?;
        let files = [
            ("server.crt", certificate.pem()),
            ("server.key", key.serialize_pem()),
        ];
        let mut paths = [String::new(), String::new()];
        for (path, (name, text)) in paths.iter_mut().zip(files) {
            let file = folder.join(name);
            fs::write(&file, text)?;
            #[cfg(unix)]
            fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
            *path = file.display().to_string();
        }
        Ok(paths)
    }
}

fn server(kind: &Server, prepare: impl FnOnce(&Path) -> io::Result<Vec<String>>) -> Option<Running> {
    match start_with(kind, prepare) {
        Ok(running) => Some(running),
        Err(why) => {
            assert!(std::env::var_os("CI").is_none(), "{}: {why}", kind.dialect);
            println!("skipped: {}: {why}", kind.dialect);
            None
        }
    }
}

/// Opens the server's database under that host's name, and tells how.
fn way(running: &Running, host: &str, parameters: &str, cipher: &str) -> (Way, String) {
    let url = format!("{}?{parameters}", running.url.replace("127.0.0.1", host));
    let url: DatabaseUrl = url.parse().unwrap();
    match db::open(&url) {
        Ok(mut connection) => {
            let rows = connection.query(cipher, &[]).unwrap();
            let is_plain = matches!(rows[0].last().unwrap(), Value::Null | Value::Integer(0))
                || rows[0].last().unwrap().as_str() == Some("");
            (if is_plain { Open } else { Secret }, String::new())
        }
        Err(error) => {
            assert_eq!(error.kind, ErrorKind::Unreachable, "{error}");
            (Refused, error.message)
        }
    }
}

fn check(running: &Running, cipher: &str, cases: &[(&str, String, Way, &str)]) {
    for (host, parameters, expected, words) in cases {
        let (found, said) = way(running, host, parameters, cipher);
        assert_eq!(found, *expected, "{host}?{parameters}: {said}");
        assert!(said.contains(words), "{host}?{parameters}: {said}");
    }
}

#[test]
fn postgresql_is_reached_as_safely_as_the_url_says() {
    let folder = tempfile::tempdir().unwrap();
    let [ours, other] = ["ours", "other"].map(|name| Authority::new(folder.path(), name));
    let secured = server(&SERVERS[0], |folder| {
        let [certificate, key] = ours.certify(folder)?;
        Ok([
            "ssl=on".to_owned(),
            format!("ssl_cert_file={certificate}"),
            format!("ssl_key_file={key}"),
        ]
        .into_iter()
        .flat_map(|setting| ["-c".to_owned(), setting])
        .collect())
    });
    let cipher = "SELECT ssl::integer FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let by = |mode: &str, authority: &Authority| {
        format!("sslmode={mode}&sslrootcert={}", authority.file.display())
    };
    let mode = |mode: &str| format!("sslmode={mode}");
    if let Some(secured) = secured {
        check(
            &secured,
            cipher,
            &[
                ("127.0.0.1", String::new(), Secret, ""),
                ("127.0.0.1", mode("disable"), Open, ""),
                ("127.0.0.1", mode("prefer"), Secret, ""),
                ("127.0.0.1", mode("require"), Secret, ""),
                ("127.0.0.1", by("require", &ours), Secret, ""),
                ("127.0.0.1", by("require", &other), Refused, "UnknownIssuer"),
                ("127.0.0.1", by("verify-ca", &ours), Secret, ""),
                ("127.0.0.1", by("verify-ca", &other), Refused, "UnknownIssuer"),
                (HOST, mode("verify-ca"), Refused, "UnknownIssuer"),
                (HOST, by("verify-full", &ours), Secret, ""),
                (
                    "127.0.0.1",
                    by("verify-full", &ours),
                    Refused,
                    "not valid for name",
                ),
                (HOST, by("verify-full", &other), Refused, "UnknownIssuer"),
                (HOST, mode("verify-full"), Refused, "UnknownIssuer"),
            ],
        );
    }
    let Some(plain) = server(&SERVERS[0], |_| Ok(Vec::new())) else {
        return;
    };
    check(
        &plain,
        cipher,
        &[
            (HOST, mode("disable"), Open, ""),
            (HOST, mode("prefer"), Open, ""),
            (HOST, mode("require"), Refused, "does not support TLS"),
            (HOST, by("verify-full", &ours), Refused, "does not support TLS"),
        ],
    );
}

#[test]
fn mariadb_is_reached_as_safely_as_the_url_says() {
    let folder = tempfile::tempdir().unwrap();
    let [ours, other] = ["ours", "other"].map(|name| Authority::new(folder.path(), name));
    let secured = server(&SERVERS[1], |folder| {
        let [certificate, key] = ours.certify(folder)?;
        Ok(vec![
            format!("--ssl-cert={certificate}"),
            format!("--ssl-key={key}"),
        ])
    });
    let cipher = "SHOW SESSION STATUS LIKE 'Ssl_cipher'";
    let by =
        |mode: &str, authority: &Authority| format!("ssl-mode={mode}&ssl-ca={}", authority.file.display());
    let mode = |mode: &str| format!("ssl-mode={mode}");
    if let Some(secured) = secured {
        check(
            &secured,
            cipher,
            &[
                ("127.0.0.1", String::new(), Open, ""),
                ("127.0.0.1", mode("disabled"), Open, ""),
                ("127.0.0.1", mode("preferred"), Secret, ""),
                ("127.0.0.1", mode("required"), Secret, ""),
                ("127.0.0.1", by("verify-ca", &ours), Secret, ""),
                ("127.0.0.1", by("verify-ca", &other), Refused, "UnknownIssuer"),
                (HOST, mode("verify-ca"), Refused, "UnknownIssuer"),
                (HOST, by("verify-identity", &ours), Secret, ""),
                (
                    "127.0.0.1",
                    by("verify-identity", &ours),
                    Refused,
                    "not valid for name",
                ),
                (HOST, by("verify-identity", &other), Refused, "UnknownIssuer"),
            ],
        );
    }
    let Some(plain) = server(&SERVERS[1], |_| Ok(Vec::new())) else {
        return;
    };
    check(
        &plain,
        cipher,
        &[
            (HOST, mode("disabled"), Open, ""),
            (HOST, mode("preferred"), Open, ""),
            (HOST, mode("required"), Refused, ""),
            (HOST, by("verify-identity", &ours), Refused, ""),
        ],
    );
}
