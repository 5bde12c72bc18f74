//! A folder whose files are used without leaving it: no link is followed below it, also if a path is
//! replaced by a link meanwhile.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path};

use rustix::fs::{AtFlags, FileType, Mode, OFlags};

/// An open folder. All paths are relative to it.
pub struct OpenFolder(OwnedFd);

impl OpenFolder {
    /// # Errors
    /// The path is not a folder that can be read.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(rustix::fs::open(path, FOLDER, Mode::empty())?))
    }

    /// Opens a regular file for reading.
    ///
    /// # Errors
    /// The path has a link, leaves the folder, or is not a regular file that can be read.
    pub fn regular_file(&self, path: &Path) -> io::Result<File> {
        let (parent, name) = self.parent(path)?;
        // Checked before opening, because opening a device can have side effects.
        let mode = rustix::fs::statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW)?.st_mode;
        if FileType::from_raw_mode(mode) != FileType::RegularFile {
            return Err(not_regular());
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = rustix::fs::openat(&parent, name, flags | OFlags::CLOEXEC, Mode::empty())?;
        let file = File::from(file);
        if file.metadata()?.is_file() { Ok(file) } else { Err(not_regular()) }
    }

    /// Creates a file with mode 0600 for writing.
    ///
    /// # Errors
    /// The path has a link, leaves the folder, exists, or cannot be created.
    pub fn create_new(&self, path: &Path) -> io::Result<File> {
        let (parent, name) = self.parent(path)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
        let mode = Mode::RUSR | Mode::WUSR;
        Ok(rustix::fs::openat(&parent, name, flags | OFlags::CLOEXEC, mode)?.into())
    }

    /// Gives a file another name in its folder, and replaces a file with that name.
    ///
    /// # Errors
    /// The path has a link, leaves the folder, or the file cannot be renamed.
    pub fn rename(&self, path: &Path, name: &OsStr) -> io::Result<()> {
        let (parent, old) = self.parent(path)?;
        Ok(rustix::fs::renameat(&parent, old, &parent, name)?)
    }

    /// # Errors
    /// The path has a link, leaves the folder, or the file cannot be deleted.
    pub fn remove(&self, path: &Path) -> io::Result<()> {
        let (parent, name) = self.parent(path)?;
        Ok(rustix::fs::unlinkat(&parent, name, AtFlags::empty())?)
    }

    /// Opens the folder of a file; also returns the name of the file.
    fn parent<'p>(&self, path: &'p Path) -> io::Result<(OwnedFd, &'p OsStr)> {
        let mut folder = self.0.try_clone()?;
        let mut components = path.components().peekable();
        while let Some(component) = components.next() {
            let Component::Normal(name) = component else { break };
            if components.peek().is_none() {
                return Ok((folder, name));
            }
            let flags = FOLDER | OFlags::NOFOLLOW;
            folder = rustix::fs::openat(folder.as_fd(), name, flags, Mode::empty())?;
        }
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file of the folder"))
    }
}

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

fn not_regular() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_link_is_not_followed_also_as_a_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("in")).expect("a folder");
        std::fs::create_dir(path("out")).expect("a folder");
        std::fs::write(path("in/a.csv"), "in").expect("a file");
        std::fs::write(path("out/a.csv"), "out").expect("a file");
        symlink(path("out/a.csv"), path("in/link.csv")).expect("a link");
        symlink(path("out"), path("in/folder")).expect("a link");
        let open = OpenFolder::open(&path("in")).expect("opened");
        let mut text = String::new();
        let mut file = open.regular_file(Path::new("a.csv")).expect("a file");
        file.read_to_string(&mut text).expect("text");
        assert_eq!(text, "in");
        for name in ["link.csv", "folder/a.csv", "../out/a.csv", "folder", "", ".", "/etc/hosts"] {
            assert!(open.regular_file(Path::new(name)).is_err(), "{name}");
        }
        for name in ["a.csv", "link.csv", "folder/b.csv", "../out/b.csv", "folder", "..", ""] {
            assert!(open.create_new(Path::new(name)).is_err(), "{name}");
        }
        assert!(open.create_new(Path::new("b.csv")).is_ok());
        open.rename(Path::new("b.csv"), OsStr::new("link.csv")).expect("renamed");
        assert_eq!(std::fs::read(path("out/a.csv")).expect("a file"), b"out");
        assert!(path("in/link.csv").symlink_metadata().expect("a file").is_file());
        // Another folder in its place changes nothing.
        std::fs::rename(path("in"), path("before")).expect("renamed");
        symlink(path("out"), path("in")).expect("a link");
        let mut text = String::new();
        let mut file = open.regular_file(Path::new("a.csv")).expect("a file");
        file.read_to_string(&mut text).expect("text");
        assert_eq!(text, "in");
    }
}
