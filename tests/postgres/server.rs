//! A private PostgreSQL server for tests: in a temporary folder, on a Unix socket, without TCP
//! unless a test asks for it. The unit tests and the integration tests share this file.
//!
//! A shell process owns the server. It stops the server and removes the folder when its input ends,
//! which happens however the test process ends, also by SIGKILL.

#![allow(
    dead_code,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "test code, of which each test program uses a part"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Mutex, OnceLock};

/// If this variable is set, tests fail without PostgreSQL instead of being skipped.
const REQUIRED: &str = "ALIMSG_TEST_POSTGRES_REQUIRED";

const OWNER: &str = r#"
folder=$1
shift
start() { "$@" >>"$folder/log" 2>&1 </dev/null & pid=$!; }
children() { grep -ls "^PPid:[[:space:]]*$pid\$" /proc/[0-9]*/status | tr -dc '0-9\n'; }
start "$@"
echo ready
while read -r word; do
    case $word in
        stop) kill -INT "$pid"; wait "$pid" ;;
        crash) kill -QUIT "$pid"; wait "$pid" ;;
        freeze) kill -STOP "$pid" $(children) ;;
        thaw) kill -CONT "$pid" $(children) ;;
        start) start "$@" ;;
    esac
    echo "$word"
done
kill -QUIT "$pid" 2>/dev/null
kill -CONT "$pid" $(children) 2>/dev/null
wait "$pid"
rm -rf "$folder"
"#;

/// A running server. It ends with the test process.
pub struct Server {
    folder: PathBuf,
    owner: Mutex<Owner>,
    port: AtomicU16,
    user: Option<(u32, u32)>,
}

struct Owner {
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    _process: Child,
}

/// The server that all tests of this process share; `None` if PostgreSQL is not installed.
pub fn shared() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER.get_or_init(|| Server::start(&[])).as_ref()
}

/// The folder of the programs of the server, of the latest version.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    let number = |folder: &PathBuf| -> Option<u32> {
        folder.parent()?.file_name()?.to_str()?.split('.').next()?.parse().ok()
    };
    folders.sort_by_key(number);
    folders.reverse();
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders.extend(std::env::split_paths(&path));
    let has_all = |folder: &PathBuf| {
        ["initdb", "postgres"].iter().all(|program| folder.join(program).is_file())
    };
    folders.into_iter().find(has_all)
}

/// Says once for each test program that tests are skipped. The test harness hides what the macros
/// print, but not this.
fn report_skipped() {
    static REPORTED: OnceLock<()> = OnceLock::new();
    REPORTED.get_or_init(|| {
        report("SKIPPED: tests with PostgreSQL (install Debian's package `postgresql`)");
    });
}

/// Prints that tests are skipped, or fails if they must not be.
pub fn report(text: &str) {
    assert!(std::env::var_os(REQUIRED).is_none(), "{REQUIRED} is set, but: {text}");
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// A TCP port that no other program gets until the socket is dropped. The socket only has the port and
/// does not listen, so the server, which allows to reuse addresses, can listen on it.
pub fn reserve_port() -> (tokio::net::TcpSocket, u16) {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.set_reuseaddr(true).expect("reusable");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let port = socket.local_addr().expect("an address").port();
    (socket, port)
}

/// A user other than root, as which the server runs if the tests run as root.
fn other_user() -> Option<(u32, u32)> {
    let id = |flag: &str, user: &str| -> Option<u32> {
        let output = Command::new("id").args([flag, user]).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    ["postgres", "nobody"].iter().find_map(|user| Some((id("-u", user)?, id("-g", user)?)))
}

fn command(program: &Path, user: Option<(u32, u32)>) -> Vec<String> {
    let mut words = Vec::new();
    if let Some((user, group)) = user {
        let ids = [format!("--reuid={user}"), format!("--regid={group}")];
        words.push("setpriv".to_string());
        words.extend(ids);
        words.push("--clear-groups".to_string());
    }
    words.push(program.display().to_string());
    words
}

impl Server {
    /// Starts a server with additional settings (`name=value`); `None` if PostgreSQL is not
    /// installed.
    pub fn start(settings: &[&str]) -> Option<Self> {
        let Some(programs) = programs() else {
            report_skipped();
            return None;
        };
        let folder = tempfile::Builder::new()
            .prefix("alimsg-pg-")
            .tempdir_in("/tmp")
            .expect("a folder")
            .keep();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).expect("changed");
        let is_root = rustix::process::geteuid().is_root();
        let user = is_root.then(|| other_user().expect("a user other than root"));
        for name in ["data", "socket"] {
            let path = folder.join(name);
            std::fs::create_dir(&path).expect("created");
            if let Some((user, group)) = user {
                std::os::unix::fs::chown(&path, Some(user), Some(group)).expect("changed");
            }
        }
        let data = folder.join("data");
        let initdb = command(&programs.join("initdb"), user);
        let output = Command::new(&initdb[0])
            .args(&initdb[1..])
            .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C"])
            .args(["--no-sync", "--no-instructions"])
            .arg("-D")
            .arg(&data)
            .current_dir("/")
            .output()
            .expect("initdb runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut words = command(&programs.join("postgres"), user);
        words.extend(["-D".to_string(), data.display().to_string()]);
        let socket = format!("unix_socket_directories={}", folder.join("socket").display());
        let fixed = ["fsync=off", "max_connections=200", &socket];
        // A test can change these later.
        let changeable = "listen_addresses = ''\n";
        std::fs::write(data.join("postgresql.auto.conf"), changeable).expect("written");
        for setting in fixed.iter().chain(settings) {
            words.extend(["-c".to_string(), (*setting).to_string()]);
        }
        let mut process = Command::new("sh")
            .args(["-c", OWNER, "sh"])
            .arg(&folder)
            .args(words)
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh runs");
        let input = process.stdin.take().expect("a pipe");
        let output = BufReader::new(process.stdout.take().expect("a pipe"));
        let mut owner = Owner { input, output, _process: process };
        owner.expect("ready");
        let server = Self { folder, owner: Mutex::new(owner), port: AtomicU16::new(5432), user };
        server.wait_until_ready();
        Some(server)
    }

    /// The URL of a database, as the superuser.
    pub fn url(&self) -> String {
        let (folder, port) = (self.socket_folder(), self.port.load(Ordering::Relaxed));
        format!("postgresql:///postgres?host={}&port={port}&user=postgres", folder.display())
    }

    pub fn socket_folder(&self) -> PathBuf {
        self.folder.join("socket")
    }

    /// Writes a file of the server.
    pub fn add_file(&self, name: &str, content: &[u8]) {
        let path = self.folder.join("data").join(name);
        std::fs::write(&path, content).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("changed");
        if let Some((user, group)) = self.user {
            std::os::unix::fs::chown(&path, Some(user), Some(group)).expect("changed");
        }
    }

    pub fn connect(&self) -> postgres::Client {
        self.try_connect().expect("a connection")
    }

    fn try_connect(&self) -> Result<postgres::Client, postgres::Error> {
        postgres::Client::connect(&self.url(), postgres::NoTls)
    }

    fn wait_until_ready(&self) {
        for _ in 0..600 {
            if self.try_connect().is_ok() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        panic!("the server does not start: {log}");
    }

    /// Stops the server: open transactions are rolled back and connections are closed.
    pub fn stop(&self) {
        self.owner.lock().expect("unlocked").order("stop");
    }

    /// Kills all processes of the server, as a crash of the machine does.
    pub fn crash(&self) {
        self.owner.lock().expect("unlocked").order("crash");
    }

    /// Stops all processes of the server without ending them: it accepts connections, but does not
    /// answer. Only on Linux.
    pub fn freeze(&self) {
        self.owner.lock().expect("unlocked").order("freeze");
    }

    /// Continues the processes that [`Self::freeze`] has stopped.
    pub fn thaw(&self) {
        self.owner.lock().expect("unlocked").order("thaw");
    }

    /// Starts the server again after its port was changed.
    pub fn restart_on(&self, port: u16) {
        self.stop();
        self.port.store(port, Ordering::Relaxed);
        self.start_again();
    }

    /// Starts the server again.
    pub fn start_again(&self) {
        self.owner.lock().expect("unlocked").order("start");
        self.wait_until_ready();
    }
}

impl Owner {
    fn order(&mut self, word: &str) {
        writeln!(self.input, "{word}").expect("the owner of the server runs");
        self.expect(word);
    }

    fn expect(&mut self, word: &str) {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("a line");
        assert_eq!(line.trim(), word);
    }
}

fn openssl(folder: &Path, arguments: &[&str]) -> bool {
    let output = Command::new("openssl").args(arguments).current_dir(folder).output();
    output.is_ok_and(|output| output.status.success())
}

/// Creates an authority, a certificate of it for `localhost`, and another certificate; false without
/// openssl.
pub fn certificates(folder: &Path) -> bool {
    let request = ["req", "-newkey", "rsa:2048", "-nodes", "-keyout"];
    std::fs::write(folder.join("san"), "subjectAltName=DNS:localhost\n").expect("written");
    openssl(
        folder,
        &[&request[..], &["ca.key", "-x509", "-days", "2", "-subj", "/CN=ca", "-out", "ca.crt"]]
            .concat(),
    ) && openssl(
        folder,
        &[&request[..], &["server.key", "-subj", "/CN=localhost", "-out", "server.csr"]].concat(),
    ) && openssl(
        folder,
        &[
            "x509",
            "-req",
            "-in",
            "server.csr",
            "-CA",
            "ca.crt",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-days",
            "2",
            "-extfile",
            "san",
            "-out",
            "server.crt",
        ],
    ) && openssl(
        folder,
        &[&request[..], &["x.key", "-x509", "-days", "2", "-subj", "/CN=x", "-out", "other.crt"]]
            .concat(),
    )
}
