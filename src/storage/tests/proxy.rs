//! A proxy on a Unix socket that can lose the reply to a commit, as a network does, and that can
//! stop to answer, as a frozen server does.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// The message of a simple query `COMMIT`.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";

pub struct Proxy {
    folder: TempDir,
    /// The number of commits whose reply will be lost.
    losses: Arc<AtomicUsize>,
    freeze: Arc<Freeze>,
}

#[derive(Default)]
struct Freeze {
    /// Connections are accepted, but nothing is forwarded.
    is_frozen: AtomicBool,
    /// The next commit is forwarded, and nothing after it.
    at_commit: AtomicBool,
}

impl Freeze {
    fn wait(&self) {
        while self.is_frozen.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Proxy {
    /// Forwards all connections to the server with this socket folder.
    pub fn start(server: &Path) -> Self {
        let folder = tempfile::tempdir_in("/tmp").expect("a folder");
        let losses = Arc::new(AtomicUsize::new(0));
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).expect("a socket");
        let (target, counter) = (server.join(".s.PGSQL.5432"), Arc::clone(&losses));
        let freeze = Arc::new(Freeze::default());
        let shared = Arc::clone(&freeze);
        thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { return };
                let (target, losses) = (target.clone(), Arc::clone(&counter));
                let freeze = Arc::clone(&shared);
                thread::spawn(move || forward(&client, &target, &losses, &freeze));
            }
        });
        Self { folder, losses, freeze }
    }

    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_path_buf()
    }

    /// The next commit is done, but its reply is lost, and so is the connection.
    pub fn lose_next_reply(&self) {
        self.losses.store(1, Ordering::SeqCst);
    }

    /// Accepts connections and data, but does not answer.
    pub fn freeze(&self) {
        self.freeze.is_frozen.store(true, Ordering::SeqCst);
    }

    /// The next commit is done, but nothing answers after it.
    pub fn freeze_at_next_commit(&self) {
        self.freeze.at_commit.store(true, Ordering::SeqCst);
    }

    pub fn is_frozen(&self) -> bool {
        self.freeze.is_frozen.load(Ordering::SeqCst)
    }

    pub fn thaw(&self) {
        self.freeze.is_frozen.store(false, Ordering::SeqCst);
    }

    pub fn has_lost(&self) -> bool {
        self.losses.load(Ordering::SeqCst) == 0
    }
}

fn forward(mut client: &UnixStream, target: &Path, losses: &AtomicUsize, freeze: &Arc<Freeze>) {
    freeze.wait();
    let Ok(server) = UnixStream::connect(target) else { return };
    let replies = (server.try_clone().expect("a socket"), client.try_clone().expect("a socket"));
    let thawing = Arc::clone(freeze);
    let copying = thread::spawn(move || {
        let (mut from, mut to) = replies;
        let mut buffer = [0; 65536];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            thawing.wait();
            if to.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
    let mut buffer = [0; 65536];
    while let Ok(count @ 1..) = client.read(&mut buffer) {
        freeze.wait();
        if buffer[..count] == *COMMIT && freeze.at_commit.swap(false, Ordering::SeqCst) {
            freeze.is_frozen.store(true, Ordering::SeqCst);
        }
        let is_lost = buffer[..count] == *COMMIT
            && losses.compare_exchange(1, 0, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        if is_lost {
            // The client sees the end of the connection; the server gets the commit.
            let _ = client.shutdown(Shutdown::Both);
        }
        if (&server).write_all(&buffer[..count]).is_err() || is_lost {
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Write);
    let _ = copying.join();
}
