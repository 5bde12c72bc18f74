//! The URL of a database, as libpq understands it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];
const DEFAULT_PORT: u16 = 5432;
/// Folders in which servers create their sockets, unless configured otherwise.
const SOCKET_FOLDERS: [&str; 2] = ["/var/run/postgresql", "/tmp"];
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Whether and how the connection is encrypted (`sslmode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SslMode {
    Disable,
    Prefer,
    Require,
    /// The certificate must come from a trusted authority.
    VerifyCa,
    /// The certificate must also have the name of the host.
    VerifyFull,
}

/// One server of a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    Name(String),
    /// The folder of a Unix socket.
    Socket(PathBuf),
}

impl Host {
    fn new(text: &str) -> Self {
        if text.starts_with('/') { Self::Socket(text.into()) } else { Self::Name(text.to_string()) }
    }
}

/// A parsed URL. It has no `Debug`, because of the password.
#[derive(Clone)]
pub struct Url {
    pub servers: Vec<(Host, u16)>,
    pub user: Option<String>,
    pub password: Option<String>,
    pub database: Option<String>,
    pub ssl_mode: SslMode,
    pub root_certificates: Option<PathBuf>,
    pub password_file: Option<PathBuf>,
    pub connect_timeout: Duration,
    pub options: Option<String>,
    pub application_name: Option<String>,
}

impl Url {
    /// Parses a URL. Values that it lacks come from the variables of libpq.
    ///
    /// # Errors
    /// The URL is invalid or has a parameter that is not supported. The error does not repeat
    /// values, because one of them may be a password.
    pub fn parse(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let rest = SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme));
        let rest = rest.context("the URL does not begin with postgres:// or postgresql://")?;
        let (main, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = main.split_once('/').unwrap_or((main, ""));
        let (credentials, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = credentials
            .split_once(':')
            .map_or((credentials, None), |(user, password)| (user, Some(password)));
        let mut fields = Fields::default();
        fields.set("user", &decode(user)?);
        if let Some(password) = password {
            fields.set("password", &decode(password)?);
        }
        fields.set("dbname", &decode(database)?);
        let (names, ports) = split_hosts(hosts)?;
        fields.set("host", &names.join(","));
        if ports.iter().any(|port| !port.is_empty()) {
            fields.set("port", &ports.join(","));
        }
        for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) =
                parameter.split_once('=').context("a parameter of the URL has no value")?;
            let name = decode(name)?;
            ensure!(
                Fields::NAMES.contains(&name.as_str()) || IGNORED.contains(&name.as_str()),
                "the URL has the parameter {name:?}, which is not supported"
            );
            fields.set(&name, &decode(value)?);
        }
        fields.into_url(variable)
    }
}

/// Parameters that alimsg decides itself.
const IGNORED: [&str; 6] = [
    "target_session_attrs",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
];

/// The values of a URL by the names of libpq.
#[derive(Default)]
struct Fields {
    values: Vec<(&'static str, String)>,
}

impl Fields {
    const NAMES: [&str; 11] = [
        "host",
        "port",
        "user",
        "password",
        "dbname",
        "sslmode",
        "sslrootcert",
        "passfile",
        "connect_timeout",
        "options",
        "application_name",
    ];

    /// Sets a value. An empty value counts as missing, as in libpq.
    fn set(&mut self, name: &str, value: &str) {
        let Some(name) = Self::NAMES.into_iter().find(|known| *known == name) else { return };
        if !value.is_empty() {
            self.values.retain(|(known, _)| *known != name);
            self.values.push((name, value.to_string()));
        }
    }

    fn get(&self, name: &str) -> Option<String> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    }

    fn into_url(self, variable: &dyn Fn(&str) -> Option<String>) -> Result<Url> {
        let get = |name: &str, from: &str| {
            self.get(name).or_else(|| variable(from).filter(|value| !value.is_empty()))
        };
        let ssl_mode = match get("sslmode", "PGSSLMODE").as_deref() {
            None | Some("prefer" | "allow") => SslMode::Prefer,
            Some("disable") => SslMode::Disable,
            Some("require") => SslMode::Require,
            Some("verify-ca") => SslMode::VerifyCa,
            Some("verify-full") => SslMode::VerifyFull,
            Some(_) => bail!("sslmode must be disable, prefer, require, verify-ca or verify-full"),
        };
        let timeout = get("connect_timeout", "PGCONNECT_TIMEOUT");
        let timeout = timeout.map(|text| text.parse::<u64>()).transpose();
        let timeout = timeout.ok().context("connect_timeout must be a number of seconds")?;
        Ok(Url {
            servers: servers(get("host", "PGHOST"), get("port", "PGPORT"))?,
            user: get("user", "PGUSER"),
            password: get("password", "PGPASSWORD"),
            database: get("dbname", "PGDATABASE"),
            ssl_mode,
            root_certificates: get("sslrootcert", "PGSSLROOTCERT").map(PathBuf::from),
            password_file: get("passfile", "PGPASSFILE").map(PathBuf::from),
            connect_timeout: timeout
                .filter(|seconds| *seconds > 0)
                .map_or(CONNECT_TIMEOUT, Duration::from_secs),
            options: get("options", "PGOPTIONS"),
            application_name: get("application_name", "PGAPPNAME"),
        })
    }
}

/// Separates the names and ports of `host1:port1,host2`.
fn split_hosts(hosts: &str) -> Result<(Vec<String>, Vec<&str>)> {
    let mut names = Vec::new();
    let mut ports = Vec::new();
    for host in hosts.split(',') {
        let (name, port) = match host.strip_prefix('[') {
            Some(address) => {
                let (address, rest) = address.split_once(']').context("a host lacks its ]")?;
                (address, rest.strip_prefix(':').unwrap_or(rest))
            }
            None => host.split_once(':').unwrap_or((host, "")),
        };
        names.push(decode(name)?);
        ports.push(port);
    }
    Ok((names, ports))
}

fn servers(hosts: Option<String>, ports: Option<String>) -> Result<Vec<(Host, u16)>> {
    let parse = |port: &str| -> Result<u16> {
        if port.is_empty() {
            return Ok(DEFAULT_PORT);
        }
        port.parse().ok().context("a port of the URL is invalid")
    };
    let ports = ports.unwrap_or_default();
    let ports = ports.split(',').map(parse).collect::<Result<Vec<u16>>>()?;
    let first = ports.first().copied().unwrap_or(DEFAULT_PORT);
    let hosts: Vec<Host> = match hosts {
        Some(hosts) => {
            let names = hosts.split(',');
            names
                .map(|name| if name.is_empty() { default_host(first) } else { Host::new(name) })
                .collect()
        }
        None => vec![default_host(first)],
    };
    ensure!(
        ports.len() == 1 || ports.len() == hosts.len(),
        "the URL has {} ports for {} hosts",
        ports.len(),
        hosts.len()
    );
    let ports = ports.iter().copied().chain(std::iter::repeat(first));
    Ok(hosts.into_iter().zip(ports).collect())
}

fn default_host(port: u16) -> Host {
    let socket = |folder: &&str| Path::new(folder).join(format!(".s.PGSQL.{port}")).exists();
    SOCKET_FOLDERS
        .into_iter()
        .find(socket)
        .map_or_else(|| Host::Name("localhost".to_string()), Host::new)
}

/// Replaces `%XX` with its byte.
fn decode(text: &str) -> Result<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(
            byte.filter(|byte| *byte != 0)
                .context("a % in the URL is not followed by two digits (write % as %25)")?,
        );
        rest = &rest[2..];
    }
    String::from_utf8(bytes).ok().context("the URL is not valid UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Url {
        Url::parse(text, &|_| None).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn name(name: &str) -> Host {
        Host::Name(name.to_string())
    }

    #[test]
    fn a_url_is_parsed_as_libpq_does() {
        let url = parse("postgres://al%40ice:p%3Aw@db.example:5433/ali%20msg?sslmode=verify-full");
        assert_eq!(url.servers, [(name("db.example"), 5433)]);
        assert_eq!(url.user.as_deref(), Some("al@ice"));
        assert_eq!(url.password.as_deref(), Some("p:w"));
        assert_eq!(url.database.as_deref(), Some("ali msg"));
        assert_eq!(url.ssl_mode, SslMode::VerifyFull);
        let url = parse("postgresql:///db?host=/run/pg&port=5544&user=bob&application_name=x");
        assert_eq!(url.servers, [(Host::Socket("/run/pg".into()), 5544)]);
        assert_eq!((url.user.as_deref(), url.ssl_mode), (Some("bob"), SslMode::Prefer));
        let url = parse("postgresql://%2Frun%2Fpg/db");
        assert_eq!(url.servers, [(Host::Socket("/run/pg".into()), 5432)]);
        let url = parse("postgresql://a:1,b,[::1]:3/db?connect_timeout=3");
        assert_eq!(url.servers, [(name("a"), 1), (name("b"), 5432), (name("::1"), 3)]);
        assert_eq!(url.connect_timeout, Duration::from_secs(3));
        let url = parse("postgresql:///db?host=a,b&port=7");
        assert_eq!(url.servers, [(name("a"), 7), (name("b"), 7)]);
    }

    #[test]
    fn missing_values_come_from_the_variables_of_libpq() {
        let variable = |name: &str| match name {
            "PGHOST" => Some("db".to_string()),
            "PGUSER" => Some("eve".to_string()),
            "PGPASSWORD" => Some("secret".to_string()),
            "PGSSLMODE" => Some("require".to_string()),
            _ => None,
        };
        let url = Url::parse("postgres:///x?user=ann", &variable).expect("a URL");
        assert_eq!(url.servers, [(name("db"), 5432)]);
        assert_eq!((url.user.as_deref(), url.password.as_deref()), (Some("ann"), Some("secret")));
        assert_eq!(url.ssl_mode, SslMode::Require);
    }

    #[test]
    fn an_invalid_url_is_refused_and_its_password_is_not_shown() {
        for text in [
            "mysql://u:geheim@h/db",
            "postgres://u:geheim@h:port/db",
            "postgres://u:gehe%zzim@h/db",
            "postgres://u:geheim@h/db?sslmode=maybe",
            "postgres://u:geheim@h/db?sslkey=geheim",
            "postgres://u:geheim@h/db?sslmode",
            "postgres://u:geheim@a,b,c/db?port=1,2",
            "postgres://u:geheim@[::1/db",
        ] {
            let Err(error) = Url::parse(text, &|_| None) else { panic!("{text}") };
            assert!(!format!("{error:#}").contains("geheim"), "{error:#}");
        }
    }
}
