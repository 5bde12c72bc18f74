//! Other users and namespaces, which only the administrator can use. Elsewhere the tests that need
//! them print why they did not run.

use std::io::Write as _;
use std::os::unix::fs::lchown;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A number that no other test of this machine uses as a user at this time; `None` where this
/// process may not become another user.
pub fn another_user() -> Option<u32> {
    if !rustix::process::geteuid().is_root() || !Path::new("/usr/bin/setpriv").exists() {
        skip("only root can run alimsg as another user, with setpriv");
        return None;
    }
    let process = std::process::id() % 10_000;
    Some(100_000 + process * 16 + NEXT.fetch_add(1, Ordering::SeqCst))
}

/// Whether this process may give a file to another user.
pub fn is_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        skip("only root can give a file to another user");
    }
    is_root
}

/// Says why a test does not run here, past the harness, which hides what a test prints.
fn skip(reason: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {reason}");
}

/// Gives the folder and everything in it to that user.
pub fn give(path: &Path, user: u32) {
    // A file may go away meanwhile.
    let _ = lchown(path, Some(user), Some(user));
    if path.is_symlink() || !path.is_dir() {
        return;
    }
    for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
        give(&entry.path(), user);
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
