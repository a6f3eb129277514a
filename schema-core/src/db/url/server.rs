//! URLs of database servers: `scheme://user:password@host:port/database?parameter=value`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use super::{DatabaseUrl, UrlError};

/// What has a meaning of its own in some part of a URL, and so is encoded wherever one is shown.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'%')
    .add(b'/')
    .add(b'?')
    .add(b'#')
    .add(b'@')
    .add(b':')
    .add(b'&');

/// What the name of a parameter has in it whose value is a secret, misspelled ones among them: those are shown in the error that no driver knows them.
const SECRET: [&str; 4] = ["pass", "pwd", "secret", "token"];

/// Where a database on a server is, and how to log in. Neither `Debug` nor `Display` shows a password.
///
/// All parts are percent-decoded. What the parameters mean is the driver's business.
///
/// ```
/// use schema_core::db::ServerUrl;
///
/// let server: ServerUrl = "postgres://me:hunter2@db.example.org:5433/shop?sslmode=require".parse()?;
/// assert_eq!((server.host(), server.port(), server.database()), ("db.example.org", Some(5433), Some("shop")));
/// assert_eq!(server.parameter("sslmode"), Some("require"));
/// assert_eq!(server.to_string(), "postgres://me@db.example.org:5433/shop?sslmode=require");
/// # Ok::<(), schema_core::db::UrlError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ServerUrl {
    scheme: &'static str,
    user: Option<String>,
    password: Option<String>,
    host: String,
    port: Option<u16>,
    database: Option<String>,
    parameters: BTreeMap<String, String>,
}

impl ServerUrl {
    /// Reads what follows the scheme and its colon.
    pub(super) fn parse(scheme: &'static str, rest: &str) -> Result<Self, UrlError> {
        let rest = rest.strip_prefix("//").ok_or(UrlError::NoHost { scheme })?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        // The last one, because a password that is typed by hand may hold another.
        let (login, address) = match authority.rsplit_once('@') {
            Some((login, address)) => (Some(login), address),
            None => (None, authority),
        };
        let (user, password) = match login.map(|login| login.split_once(':').unwrap_or((login, ""))) {
            Some((user, password)) => (filled(user)?, filled(password)?),
            None => (None, None),
        };
        if holds_login(login, path, query) {
            return Err(UrlError::Login);
        }
        let (host, port) = host_and_port(address)?;
        Ok(ServerUrl {
            scheme,
            user,
            password,
            host: decoded(host)?,
            port,
            database: filled(path)?,
            parameters: parameters(query)?,
        })
    }

    /// Returns the host's name or address, or for PostgreSQL the folder of a socket; empty if none is given.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the port, if one is given.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Returns the user's name, if one is given.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Returns the password, if one is given.
    #[must_use]
    pub fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    /// Returns the database's name, if one is given.
    #[must_use]
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// Returns the parameter of that name, if it is given.
    ///
    /// ```
    /// # use schema_core::db::ServerUrl;
    /// let server: ServerUrl = "postgres://app@db.example/shop?sslmode=require".parse()?;
    /// assert_eq!(server.parameter("sslmode"), Some("require"));
    /// # Ok::<(), schema_core::db::UrlError>(())
    /// ```
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// Returns all parameters, by name.
    ///
    /// ```
    /// # use schema_core::db::ServerUrl;
    /// let server: ServerUrl = "mysql://root@localhost/shop?ssl-mode=required&connect-timeout=5".parse()?;
    /// let names: Vec<&str> = server.parameters().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["connect-timeout", "ssl-mode"]);
    /// # Ok::<(), schema_core::db::UrlError>(())
    /// ```
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns the URL of another database on the same server.
    ///
    /// ```
    /// # use schema_core::db::ServerUrl;
    /// let server: ServerUrl = "postgres://app@db.example/shop".parse()?;
    /// let other = server.with_database("scratch");
    /// assert_eq!(other.to_string(), "postgres://app@db.example/scratch");
    /// # Ok::<(), schema_core::db::UrlError>(())
    /// ```
    #[must_use]
    pub fn with_database(&self, database: &str) -> Self {
        ServerUrl {
            database: Some(database.to_owned()),
            ..self.clone()
        }
    }

    /// Returns the whole URL, the password included: for handing it to another program, never for showing it.
    ///
    /// ```
    /// # use schema_core::db::ServerUrl;
    /// let server: ServerUrl = "postgres://app:secret@db.example/shop".parse()?;
    /// assert!(!server.to_string().contains("secret"));
    /// assert_eq!(server.with_secrets(), "postgres://app:secret@db.example/shop");
    /// # Ok::<(), schema_core::db::UrlError>(())
    /// ```
    #[must_use]
    pub fn with_secrets(&self) -> String {
        self.written(Secrets::Written)
    }

    fn written(&self, secrets: Secrets) -> String {
        let encoded = |text| utf8_percent_encode(text, ENCODED).to_string();
        let mut url = format!("{}://", self.scheme);
        if let Some(user) = &self.user {
            url.push_str(&encoded(user));
        }
        if let (Some(password), Secrets::Written) = (&self.password, secrets) {
            url.push(':');
            url.push_str(&encoded(password));
        }
        if url.len() > self.scheme.len() + 3 {
            url.push('@');
        }
        if self.host.contains(':') && !self.host.contains('/') {
            url.push_str(&format!("[{}]", self.host));
        } else {
            url.push_str(&encoded(&self.host));
        }
        if let Some(port) = self.port {
            url.push_str(&format!(":{port}"));
        }
        if let Some(database) = &self.database {
            url.push('/');
            url.push_str(&encoded(database));
        }
        let shown = |name: &str| secrets == Secrets::Written || !is_secret(name);
        for (at, (name, value)) in self.parameters().filter(|(name, _)| shown(name)).enumerate() {
            url.push(if at == 0 { '?' } else { '&' });
            url.push_str(&format!("{}={}", encoded(name), encoded(value)));
        }
        url
    }
}

fn is_secret(parameter: &str) -> bool {
    let parameter = parameter.to_ascii_lowercase();
    SECRET.iter().any(|word| parameter.contains(word))
}

/// Whether secrets are part of a URL's text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Secrets {
    Written,
    Hidden,
}

/// Tells whether a password that is not encoded may have been cut at its `/` or `?`, so that the rest of it would be shown as a name.
fn holds_login(login: Option<&str>, path: &str, query: &str) -> bool {
    let mut parameters = query
        .split('&')
        .map(|part| part.split_once('=').unwrap_or((part, "")));
    path.contains('@')
        || parameters.any(|(name, value)| {
            name.contains('@') || (login.is_none() && name != "user" && value.contains('@'))
        })
}

fn host_and_port(address: &str) -> Result<(&str, Option<u16>), UrlError> {
    let (host, port) = match address.strip_prefix('[') {
        Some(address) => {
            let (host, rest) = address.split_once(']').ok_or(UrlError::Port)?;
            (host, rest.strip_prefix(':'))
        }
        None => match address.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        },
    };
    match port.filter(|port| !port.is_empty()) {
        Some(port) => Ok((host, Some(port.parse().map_err(|_| UrlError::Port)?))),
        None => Ok((host, None)),
    }
}

fn parameters(query: &str) -> Result<BTreeMap<String, String>, UrlError> {
    query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            Ok((decoded(name)?, decoded(value)?))
        })
        .collect()
}

fn filled(text: &str) -> Result<Option<String>, UrlError> {
    Ok(Some(decoded(text)?).filter(|text| !text.is_empty()))
}

fn decoded(text: &str) -> Result<String, UrlError> {
    let text = percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| UrlError::Encoding)?;
    if text.contains('\0') {
        return Err(UrlError::NulByte);
    }
    Ok(text.into_owned())
}

impl FromStr for ServerUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        match text.parse()? {
            DatabaseUrl::Postgres(server) | DatabaseUrl::MySql(server) => Ok(server),
            DatabaseUrl::SqliteMemory | DatabaseUrl::Sqlite(_) => Err(UrlError::NoServer),
        }
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written(Secrets::Hidden))
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(rest: &str) -> ServerUrl {
        ServerUrl::parse("postgres", rest).unwrap()
    }

    #[test]
    fn reads_every_part() {
        let url = parse("//me%40home:p%3Aw@localhost:5433/my%20shop?sslmode=disable&application_name=a%26b");
        assert_eq!(url.user(), Some("me@home"));
        assert_eq!(url.password(), Some("p:w"));
        assert_eq!((url.host(), url.port()), ("localhost", Some(5433)));
        assert_eq!(url.database(), Some("my shop"));
        assert_eq!(url.parameter("application_name"), Some("a&b"));
    }

    #[test]
    fn reads_what_is_typed_by_hand() {
        let url = parse("//me:p@ss@localhost/shop");
        assert_eq!(
            (url.user(), url.password(), url.host()),
            (Some("me"), Some("p@ss"), "localhost")
        );
        let url = parse("//localhost:5432/a%40b?user=me@home");
        assert_eq!(
            (url.database(), url.parameter("user")),
            (Some("a@b"), Some("me@home"))
        );
        let url = parse("//localhost");
        assert_eq!((url.user(), url.database(), url.port()), (None, None, None));
        let url = parse("//[::1]:5432/shop");
        assert_eq!((url.host(), url.port()), ("::1", Some(5432)));
        let url = parse("//%2Fvar%2Frun%2Fpostgresql/shop");
        assert_eq!(url.host(), "/var/run/postgresql");
    }

    #[test]
    fn is_the_one_of_a_database_url() {
        for text in ["postgresql://me@localhost/shop", "mariadb://localhost:3307/shop"] {
            let database: DatabaseUrl = text.parse().unwrap();
            assert_eq!(text.parse().as_ref(), Ok(database.server().unwrap()));
        }
        for text in ["sqlite:app.db", "sqlite::memory:"] {
            assert_eq!(text.parse::<ServerUrl>(), Err(UrlError::NoServer));
        }
        assert_eq!("localhost/shop".parse::<ServerUrl>(), Err(UrlError::NoScheme));
    }

    #[test]
    fn what_is_written_reads_the_same() {
        for rest in [
            "//me%40home:p%3Aw@localhost:5433/my%20shop?application_name=a%26b&password=x",
            "//[::1]:5432/shop",
            "//%2Fvar%2Frun/shop",
            "//h",
        ] {
            let url = parse(rest);
            let again = url.with_secrets();
            assert_eq!(parse(again.strip_prefix("postgres:").unwrap()), url, "{again}");
        }
    }

    #[test]
    fn shows_no_secret() {
        let url = parse("//me:hunter2@localhost/shop?sslpassword=hunter2&sslmode=require");
        assert_eq!(url.to_string(), "postgres://me@localhost/shop?sslmode=require");
        assert!(!format!("{url:?}").contains("hunter2"));
    }

    #[test]
    fn says_what_is_wrong() {
        let parse = |rest| ServerUrl::parse("postgres", rest).unwrap_err();
        assert_eq!(parse("localhost/shop"), UrlError::NoHost { scheme: "postgres" });
        assert_eq!(parse("//localhost:http/shop"), UrlError::Port);
        for cut in [
            "//u:12/hunter2@h/db",
            "//u:1?hunter2@h/db",
            "//u:?a=hunter2@h",
            "//u:p@12/hunter2@h/db",
        ] {
            assert_eq!(parse(cut), UrlError::Login, "{cut}");
        }
        assert_eq!(parse("//localhost/%00"), UrlError::NulByte);
        assert_eq!(parse("//localhost/%ff"), UrlError::Encoding);
    }
}
