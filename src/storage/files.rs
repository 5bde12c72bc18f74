//! Checks what is at a path without opening it, because opening a FIFO or a device can block.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::Context as _;
use anyhow::{Result, bail};

/// What a path holds.
#[derive(Debug, PartialEq, Eq)]
pub enum PathState {
    /// The path does not exist.
    Missing,
    /// A regular file of this user, with its size in bytes.
    File(u64),
}

/// Checks the path.
///
/// # Errors
/// The path cannot be examined, or is not a regular file of this user.
pub fn inspect(path: &Path) -> Result<PathState> {
    let metadata = match std::fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            reject_dangling_link(path)?;
            return Ok(PathState::Missing);
        }
        Err(error) => {
            return Err(error).with_context(|| format!("cannot examine {}", path.display()));
        }
    };
    if !metadata.is_file() {
        bail!("{} is not a regular file", path.display());
    }
    check_owner(path, &metadata)?;
    Ok(PathState::File(metadata.len()))
}

/// Fails if a parent is a dangling link: its target may be on a disk that is not mounted.
fn reject_dangling_link(path: &Path) -> Result<()> {
    let parent = path.ancestors().skip(1).find(|parent| parent.symlink_metadata().is_ok());
    match parent {
        Some(parent) if parent.metadata().is_err() => {
            bail!("{} is a link to a folder that is missing", parent.display())
        }
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn check_owner(path: &Path, metadata: &Metadata) -> Result<()> {
    use std::os::unix::fs::MetadataExt as _;

    let (owner, user) = (metadata.uid(), rustix::process::geteuid().as_raw());
    if owner != user {
        bail!("{} belongs to user {owner}, but alimsg runs as user {user}", path.display());
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_owner(_: &Path, _: &Metadata) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_regular_file_is_accepted() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        assert_eq!(inspect(&path).expect("a missing file"), PathState::Missing);
        std::fs::write(&path, "abc").expect("written");
        assert_eq!(inspect(&path).expect("a file"), PathState::File(3));
        inspect(folder.path()).expect_err("a folder");
        inspect(&path.join("below")).expect_err("below a file");
    }

    #[cfg(unix)]
    #[test]
    fn links_and_dangling_folders_are_rejected() {
        let folder = tempfile::tempdir().expect("a folder");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(folder.path().join("gone"), &link).expect("a link");
        inspect(&link).expect_err("a link");
        inspect(&link.join("state").join("file")).expect_err("its folder may be on another disk");
    }
}
