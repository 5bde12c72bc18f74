//! A proxy on a Unix socket that can lose the reply to a commit, as a network does.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tempfile::TempDir;

/// The message of a simple query `COMMIT`.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";

pub struct Proxy {
    folder: TempDir,
    /// The number of commits whose reply will be lost.
    losses: Arc<AtomicUsize>,
}

impl Proxy {
    /// Forwards all connections to the server with this socket folder.
    pub fn start(server: &Path) -> Self {
        let folder = tempfile::tempdir_in("/tmp").expect("a folder");
        let losses = Arc::new(AtomicUsize::new(0));
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).expect("a socket");
        let (target, counter) = (server.join(".s.PGSQL.5432"), Arc::clone(&losses));
        thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { return };
                let (target, losses) = (target.clone(), Arc::clone(&counter));
                thread::spawn(move || forward(&client, &target, &losses));
            }
        });
        Self { folder, losses }
    }

    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_path_buf()
    }

    /// The next commit is done, but its reply is lost, and so is the connection.
    pub fn lose_next_reply(&self) {
        self.losses.store(1, Ordering::SeqCst);
    }

    pub fn has_lost(&self) -> bool {
        self.losses.load(Ordering::SeqCst) == 0
    }
}

fn forward(mut client: &UnixStream, target: &Path, losses: &AtomicUsize) {
    let Ok(server) = UnixStream::connect(target) else { return };
    let replies = (server.try_clone().expect("a socket"), client.try_clone().expect("a socket"));
    let copying = thread::spawn(move || {
        let (mut from, mut to) = replies;
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
    let mut buffer = [0; 65536];
    while let Ok(count @ 1..) = client.read(&mut buffer) {
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
