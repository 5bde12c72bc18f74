//! Helpers for tests with other users and namespaces, which need root. Without root, these tests
//! print why they were skipped.

use std::io::Write as _;
use std::os::unix::fs::lchown;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A user ID that no concurrent test uses; `None` if this process cannot switch users.
pub fn another_user() -> Option<u32> {
    if !rustix::process::geteuid().is_root() || !Path::new("/usr/bin/setpriv").exists() {
        skip("only root can run alimsg as another user, with setpriv");
        return None;
    }
    let process = std::process::id() % 10_000;
    Some(100_000 + process * 16 + NEXT.fetch_add(1, Ordering::SeqCst))
}

/// Whether this process may change the owner of a file.
pub fn is_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        skip("only root can change the owner of a file");
    }
    is_root
}

/// Prints why a test is skipped, directly to stderr, since the test harness captures `eprintln!`.
pub fn skip(reason: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {reason}");
}

/// Changes the owner of the folder and its content.
pub fn change_owner(path: &Path, user: u32) {
    // A file may be deleted meanwhile.
    let _ = lchown(path, Some(user), Some(user));
    if path.is_symlink() || !path.is_dir() {
        return;
    }
    for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
        change_owner(&entry.path(), user);
    }
}

/// Whether `unshare` with these flags works here.
#[allow(clippy::disallowed_methods, reason = "the rule is about alimsg's own code")]
pub fn can_unshare(flags: &[&str]) -> bool {
    let works = Command::new("unshare")
        .args(flags)
        .arg("true")
        .output()
        .is_ok_and(|output| output.status.success());
    if !works {
        skip(&format!("`unshare {}` is not allowed here", flags.join(" ")));
    }
    works
}
