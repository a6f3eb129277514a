//! What a URL means to the driver: where to connect, and how safely.

use std::path::PathBuf;
use std::time::Duration;

use mysql::{ClientIdentity, OptsBuilder, SslOpts};

use super::error::refused;
use crate::db::{Error, ErrorKind, ServerUrl};

/// The parameters that a URL may have.
const PARAMETERS: [&str; 7] = [
    "ssl-mode",
    "sslmode",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "socket",
    "connect-timeout",
];

/// How long to wait for a server that does not answer, unless the URL says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How safe the way to the server must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Security {
    /// Nothing is encrypted.
    Disabled,
    /// It is encrypted if the server can.
    Preferred,
    /// It is encrypted, whoever the server is.
    Required,
    /// The server's certificate is one that is trusted.
    VerifyCertificate,
    /// The certificate is the one of this host.
    VerifyIdentity,
}

impl Security {
    /// Reads the parameter, in the words of MySQL's own programs or of PostgreSQL's.
    ///
    /// # Errors
    ///
    /// Words that are none of these, or two parameters that contradict each other.
    pub(super) fn of(url: &ServerUrl) -> Result<Self, Error> {
        let (first, second) = (url.parameter("ssl-mode"), url.parameter("sslmode"));
        let words = match (first, second) {
            (Some(first), Some(second)) if first != second => {
                return Err(invalid("`ssl-mode` and `sslmode` contradict each other"));
            }
            (words, None) | (None | Some(_), words) => words,
        };
        let Some(words) = words else {
            return Ok(if is_this_machine(url) {
                Security::Disabled
            } else {
                Security::VerifyIdentity
            });
        };
        match words.to_ascii_lowercase().replace('_', "-").as_str() {
            "disabled" | "disable" => Ok(Security::Disabled),
            "preferred" | "prefer" => Ok(Security::Preferred),
            "required" | "require" => Ok(Security::Required),
            "verify-ca" => Ok(Security::VerifyCertificate),
            "verify-identity" | "verify-full" => Ok(Security::VerifyIdentity),
            _ => Err(invalid(
                "`ssl-mode` is none of `disabled`, `preferred`, `required`, `verify-ca`, `verify-identity`",
            )),
        }
    }
}

fn is_this_machine(url: &ServerUrl) -> bool {
    let host = url.host();
    let address: Option<std::net::IpAddr> = host.parse().ok();
    host.is_empty()
        || host.eq_ignore_ascii_case("localhost")
        || url.parameter("socket").is_some()
        || address.is_some_and(|address| address.is_loopback())
}

/// Returns the crate's options for a URL.
///
/// # Errors
///
/// A parameter that the driver does not know or understand.
pub(super) fn options(url: &ServerUrl, security: Security) -> Result<OptsBuilder, Error> {
    if let Some((unknown, _)) = url.parameters().find(|(name, _)| !PARAMETERS.contains(name)) {
        return Err(invalid(&format!(
            "the URL's parameter `{unknown}` is none of `{}`",
            PARAMETERS.join("`, `")
        )));
    }
    let timeout = match url.parameter("connect-timeout") {
        Some(seconds) => seconds
            .parse()
            .map(Duration::from_secs)
            .map_err(|_| invalid("`connect-timeout` is no number of seconds"))?,
        None => CONNECT_TIMEOUT,
    };
    let host = match url.host() {
        "" => "localhost",
        host => host,
    };
    Ok(OptsBuilder::new()
        .ip_or_hostname(Some(host))
        .tcp_port(url.port().unwrap_or(3306))
        .socket(url.parameter("socket"))
        // A socket is used if the URL names one, so that the server sees the user of the host that was written.
        .prefer_socket(false)
        .user(url.user())
        .pass(url.password())
        .db_name(url.database())
        .tcp_connect_timeout(Some(timeout))
        // Each statement runs once.
        .stmt_cache_size(0)
        .ssl_opts(encryption(url, security)?))
}

fn encryption(url: &ServerUrl, security: Security) -> Result<Option<SslOpts>, Error> {
    let (trusted, named) = match security {
        Security::Disabled => return Ok(None),
        Security::Preferred | Security::Required => (false, false),
        Security::VerifyCertificate => (true, false),
        Security::VerifyIdentity => (true, true),
    };
    let mut options = SslOpts::default()
        .with_danger_accept_invalid_certs(!trusted)
        .with_danger_skip_domain_validation(!named);
    if let Some(path) = url.parameter("ssl-ca") {
        options = options.with_root_cert_path(Some(PathBuf::from(path)));
    }
    options = match (url.parameter("ssl-cert"), url.parameter("ssl-key")) {
        (Some(certificate), Some(key)) => options.with_client_identity(Some(ClientIdentity::new(
            PathBuf::from(certificate),
            PathBuf::from(key),
        ))),
        (None, None) => options,
        (Some(_), None) | (None, Some(_)) => {
            return Err(invalid("`ssl-cert` and `ssl-key` go together"));
        }
    };
    Ok(Some(options))
}

fn invalid(message: &str) -> Error {
    Error {
        kind: ErrorKind::Unreachable,
        ..refused(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> ServerUrl {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn another_machine_is_verified() {
        for (url, expected) in [
            ("mysql://root@127.0.0.1/test", Security::Disabled),
            ("mysql://root@localhost/test", Security::Disabled),
            ("mysql://root@[::1]/test", Security::Disabled),
            ("mysql://root@/test?socket=/run/mysqld.sock", Security::Disabled),
            ("mysql://root@db.example.org/test", Security::VerifyIdentity),
            (
                "mysql://root@db/test?ssl-mode=VERIFY_CA",
                Security::VerifyCertificate,
            ),
            ("mysql://root@db/test?sslmode=prefer", Security::Preferred),
            ("mysql://root@db/test?ssl-mode=required", Security::Required),
        ] {
            assert_eq!(Security::of(&server(url)), Ok(expected), "{url}");
        }
    }

    #[test]
    fn what_is_not_understood_is_said_without_the_password() {
        for url in [
            "mysql://me:hunter2@db/test?ssl-mode=maybe",
            "mysql://me:hunter2@db/test?sslmode=disable&ssl-mode=required",
        ] {
            let error = Security::of(&server(url)).unwrap_err();
            assert!(!error.message.contains("hunter2"), "{error}");
        }
        for url in [
            "mysql://me:hunter2@db/test?colour=blue",
            "mysql://me:hunter2@db/test?ssl-cert=a.pem",
            "mysql://me:hunter2@db/test?connect-timeout=soon",
        ] {
            let error = options(&server(url), Security::Required).unwrap_err();
            assert!(!error.message.contains("hunter2"), "{error}");
        }
    }
}
