//! Files that several runs share. Opening one never blocks on a FIFO or a device and never follows
//! a link, and files of other users are rejected.

use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::io::Read as _;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

use crate::os::system::Untrusted;

/// Creates the folder and its parents with mode 0700.
pub fn create_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Options that create files with mode 0600.
pub fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

/// The inode number, which differs between two versions of a file that was replaced.
pub fn inode(metadata: &Metadata) -> u64 {
    metadata.ino()
}

/// When the attributes or the content last changed, in nanoseconds since 1970 (`ctime`).
pub fn attributes_changed_at(metadata: &Metadata) -> i64 {
    metadata.ctime().saturating_mul(1_000_000_000).saturating_add(metadata.ctime_nsec())
}

/// Opens a regular file of this user for reading. With `create`, also for writing, and a missing
/// file is created with mode 0600.
///
/// # Errors
/// The file cannot be opened, or is not a regular file of this user: see [`Untrusted`].
pub fn open_own_file(path: &Path, create: bool) -> io::Result<File> {
    // Checked before opening, because opening a device can have side effects.
    match std::fs::symlink_metadata(path) {
        Ok(metadata) => check(path, &metadata, Metadata::is_file, "regular file")?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = OpenOptions::new()
        .read(true)
        .write(create)
        .create(create)
        .truncate(false)
        .mode(0o600)
        .custom_flags(flags.bits().cast_signed())
        .open(path)?;
    // Checked again, because it may have been replaced.
    check(path, &file.metadata()?, Metadata::is_file, "regular file")?;
    Ok(file)
}

/// Reads a regular file of any user; links are followed.
///
/// # Errors
/// The file cannot be read or is not a regular file.
pub fn read_regular_file(path: &Path) -> io::Result<Vec<u8>> {
    let expected = "regular file";
    let not_regular = || io::Error::other(Untrusted::Kind { path: path.to_path_buf(), expected });
    if !std::fs::metadata(path)?.is_file() {
        return Err(not_regular());
    }
    let flags = OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut file =
        OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(not_regular());
    }
    let mut content = Vec::new();
    file.read_to_end(&mut content)?;
    Ok(content)
}

/// Checks that the folder belongs to this user if it exists. With `link`, a link is followed.
///
/// # Errors
/// The folder belongs to another user, is not a folder, or cannot be examined.
pub fn check_own_folder(path: &Path, link: bool) -> io::Result<()> {
    let metadata = if link { std::fs::metadata(path) } else { std::fs::symlink_metadata(path) };
    match metadata {
        Ok(metadata) => check(path, &metadata, Metadata::is_dir, "folder"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Checks that the file belongs to this user if it exists.
///
/// # Errors
/// As [`check_own_folder`].
pub fn check_owner(path: &Path) -> io::Result<()> {
    match std::fs::metadata(path) {
        Ok(metadata) => check(path, &metadata, |_| true, ""),
        Err(_) => Ok(()),
    }
}

fn check(
    path: &Path,
    metadata: &Metadata,
    is_expected: impl Fn(&Metadata) -> bool,
    expected: &'static str,
) -> io::Result<()> {
    let user = rustix::process::geteuid().as_raw();
    if metadata.uid() != user {
        let owner = user_name(metadata.uid());
        let path = path.to_path_buf();
        return Err(io::Error::other(Untrusted::Owner { path, owner, user: user_name(user) }));
    }
    if !is_expected(metadata) {
        return Err(io::Error::other(Untrusted::Kind { path: path.to_path_buf(), expected }));
    }
    Ok(())
}

/// The permission bits of a file, such as `0o600`.
pub fn mode(metadata: &Metadata) -> u32 {
    metadata.mode() & 0o777
}

/// How many bytes this user can still write to the file system of a path.
pub fn free_bytes(path: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(path).ok()?;
    found.f_bavail.checked_mul(found.f_frsize)
}

/// Whether this user may write to the file or folder.
pub fn is_writable(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok()
}

/// Whether this process runs as root.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The name and ID of a user: `root (uid 0)`.
fn user_name(uid: u32) -> String {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let number = uid.to_string();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1) == Some(&number)).then_some(name)
    });
    name.map_or_else(|| format!("uid {uid}"), |name| format!("{name} (uid {uid})"))
}

/// User and group of this process for `chown`: `1000:1000`.
pub fn own_ids() -> String {
    let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
    format!("{}:{}", user.as_raw(), group.as_raw())
}
