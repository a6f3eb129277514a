//! What a URL says of a connection.
//!
//! The parameters are libpq's (<https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS>), as far as they have a
//! meaning here; one that has none is refused, so that nobody believes in a setting that nothing reads.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use postgres::Config;
use postgres::config::{ChannelBinding, SslMode, TargetSessionAttrs};

use super::error::refused;
use super::tls::{Tls, Trust};
use crate::db::Error;
use crate::db::url::ServerUrl;

/// How long a server may take to answer at all, if the URL does not say.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// A connection's settings.
pub(super) struct Settings {
    pub(super) config: Config,
    /// How TLS is used; `None` if it is not.
    pub(super) tls: Option<Tls>,
}

/// Reads a URL.
///
/// # Errors
///
/// A parameter that is unknown, or a value that is none of its own.
pub(super) fn read(url: &ServerUrl) -> Result<Settings, Error> {
    let mut config = Config::new();
    config.connect_timeout(CONNECT_TIMEOUT);
    config.application_name("autogen");
    let mut host = url.host().to_owned();
    let mut mode = None;
    let mut roots = None;
    if let Some(port) = url.port() {
        config.port(port);
    }
    // As libpq: the operating system's user, and a database of the user's name.
    if let Some(user) = url.user() {
        config.user(user);
    }
    if let Some(password) = url.password() {
        config.password(password);
    }
    if let Some(database) = url.database() {
        config.dbname(database);
    }
    for (name, value) in url.parameters() {
        match name {
            "host" => value.clone_into(&mut host),
            "port" => drop(config.port(number(name, value)?)),
            "user" => drop(config.user(value)),
            "password" => drop(config.password(value)),
            "dbname" => drop(config.dbname(value)),
            "hostaddr" => {
                let address: IpAddr = value.parse().map_err(|_| wrong(name, "an address"))?;
                config.hostaddr(address);
            }
            "application_name" => drop(config.application_name(value)),
            "options" => drop(config.options(value)),
            "connect_timeout" => drop(config.connect_timeout(Duration::from_secs(number(name, value)?))),
            "keepalives" => drop(config.keepalives(value != "0")),
            "keepalives_idle" => drop(config.keepalives_idle(Duration::from_secs(number(name, value)?))),
            "target_session_attrs" => drop(config.target_session_attrs(match value {
                "any" => TargetSessionAttrs::Any,
                "read-write" | "primary" => TargetSessionAttrs::ReadWrite,
                "read-only" | "standby" => TargetSessionAttrs::ReadOnly,
                _ => return Err(wrong(name, "`any`, `read-write` or `read-only`")),
            })),
            "channel_binding" => drop(config.channel_binding(match value {
                "disable" => ChannelBinding::Disable,
                "prefer" => ChannelBinding::Prefer,
                "require" => ChannelBinding::Require,
                _ => return Err(wrong(name, "`disable`, `prefer` or `require`")),
            })),
            "sslmode" => mode = Some(value),
            "sslrootcert" => roots = Some(value),
            _ => return Err(refused(&format!("the URL's parameter `{name}` is not known"))),
        }
    }
    if host.is_empty() {
        "localhost".clone_into(&mut host);
    }
    config.host(&host);
    // The address is where the connection goes; the host is then but the name on the certificate.
    let is_here = is_loopback(&host) && config.get_hostaddrs().iter().all(IpAddr::is_loopback);
    let usual = if is_here { "prefer" } else { "verify-full" };
    let tls = tls(&mut config, mode.unwrap_or(usual), roots)?;
    Ok(Settings { config, tls })
}

/// Reads `sslmode`. A host that is not this machine must prove who it is, unless the URL says otherwise.
fn tls(config: &mut Config, mode: &str, roots: Option<&str>) -> Result<Option<Tls>, Error> {
    let trust = match mode {
        "disable" => {
            config.ssl_mode(SslMode::Disable);
            return Ok(None);
        }
        "prefer" | "allow" => {
            config.ssl_mode(SslMode::Prefer);
            Trust::Anyone
        }
        // As libpq: who names the certificates to trust wants them looked at.
        "require" if roots.is_none() => Trust::Anyone,
        "require" | "verify-ca" => Trust::Certified,
        "verify-full" => Trust::CertifiedName,
        _ => {
            return Err(wrong(
                "sslmode",
                "`disable`, `prefer`, `require`, `verify-ca` or `verify-full`",
            ));
        }
    };
    if trust != Trust::Anyone || mode == "require" {
        config.ssl_mode(SslMode::Require);
    }
    Ok(Some(Tls {
        trust,
        roots: roots.filter(|roots| *roots != "system").map(PathBuf::from),
    }))
}

/// Tells whether a host is this machine: a socket, an address of its own, or the name for it.
fn is_loopback(host: &str) -> bool {
    host.starts_with('/')
        || host.eq_ignore_ascii_case("localhost")
        || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, Error> {
    value.parse().map_err(|_| wrong(name, "a number"))
}

/// The value itself is not shown: it may have been meant for another parameter.
fn wrong(name: &str, expected: &str) -> Error {
    refused(&format!("the URL's parameter `{name}` is not {expected}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str) -> Result<Settings, Error> {
        read(&url.parse().unwrap())
    }

    fn mode(url: &str) -> (SslMode, Option<Trust>) {
        let settings = settings(url).unwrap();
        (settings.config.get_ssl_mode(), settings.tls.map(|tls| tls.trust))
    }

    #[test]
    fn another_host_must_prove_who_it_is() {
        let anyone = Some(Trust::Anyone);
        for (url, expected) in [
            ("postgres://localhost/a", (SslMode::Prefer, anyone)),
            ("postgres://127.0.0.1/a", (SslMode::Prefer, anyone)),
            ("postgres:///a?host=/run/postgresql", (SslMode::Prefer, anyone)),
            (
                "postgres://db.example.org/a",
                (SslMode::Require, Some(Trust::CertifiedName)),
            ),
            (
                "postgres://localhost/a?hostaddr=203.0.113.5",
                (SslMode::Require, Some(Trust::CertifiedName)),
            ),
            (
                "postgres://localhost/a?hostaddr=127.0.0.1",
                (SslMode::Prefer, anyone),
            ),
            (
                "postgres://db.example.org/a?sslmode=disable",
                (SslMode::Disable, None),
            ),
            (
                "postgres://db.example.org/a?sslmode=prefer",
                (SslMode::Prefer, anyone),
            ),
            (
                "postgres://db.example.org/a?sslmode=require",
                (SslMode::Require, anyone),
            ),
            (
                "postgres://db.example.org/a?sslmode=require&sslrootcert=ca.pem",
                (SslMode::Require, Some(Trust::Certified)),
            ),
            (
                "postgres://localhost/a?sslmode=verify-ca",
                (SslMode::Require, Some(Trust::Certified)),
            ),
        ] {
            assert_eq!(mode(url), expected, "{url}");
        }
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for url in [
            "postgres://localhost/a?sslmode=maybe",
            "postgres://localhost/a?connect_timeout=soon",
            "postgres://localhost/a?pgbouncer=true",
        ] {
            let error = settings(url).err().expect("it is refused");
            assert!(error.message.contains("the URL's parameter"), "{error}");
        }
    }
}
