//! Files that several runs share. Opening one never waits for a FIFO or a device and never follows
//! a link, and a file of another user is not used.

use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::io::Read as _;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

use crate::os::system::Untrusted;

/// Creates the folder and its parents, readable by the user alone.
pub fn create_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Options that create files readable by the user alone.
pub fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

/// Tells two versions of a file apart: where it lies on disk.
pub fn inode(metadata: &Metadata) -> u64 {
    metadata.ino()
}

/// Opens a regular file of this user, to read and, with `create`, to write; it is created then,
/// readable by the user alone.
///
/// # Errors
/// It cannot be opened, or it is not such a file: see [`Untrusted`].
pub fn open_own_file(path: &Path, create: bool) -> io::Result<File> {
    // Before it is opened: opening a device can have effects.
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
    // Again: it may have been replaced meanwhile.
    check(path, &file.metadata()?, Metadata::is_file, "regular file")?;
    Ok(file)
}

/// The content of a regular file, whose ever it is and also behind a link.
///
/// # Errors
/// It cannot be read, or it is not a regular file.
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

/// That the folder belongs to this user, if it exists. With `link`, it may be a link to a folder.
///
/// # Errors
/// It belongs to another user, is not a folder, or cannot be examined.
pub fn check_own_folder(path: &Path, link: bool) -> io::Result<()> {
    let metadata = if link { std::fs::metadata(path) } else { std::fs::symlink_metadata(path) };
    match metadata {
        Ok(metadata) => check(path, &metadata, Metadata::is_dir, "folder"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// That the file, if it exists, belongs to this user.
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

/// Whether this process may do what only the administrator may.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A user as people know them: `root (uid 0)`.
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

/// What `chown` takes for this user: `1000:1000`.
pub fn own_ids() -> String {
    let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
    format!("{}:{}", user.as_raw(), group.as_raw())
}
