//! Whether a file is still the one that was checked.
//!
//! The metadata decides if nothing in it changed. The layers of a container image change inodes and
//! times, so otherwise the size and a hash of the content decide. `aliyun` has 90 MB, so of a large
//! file only samples are hashed. The first one contains the build ID of the program (ELF, Mach-O
//! and PE files start with it), which differs between two builds.

use std::fs::{File, Metadata};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use base16ct::lower::encode_string;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::os::system;

/// Files up to this size are hashed completely.
const HASHED_COMPLETELY: u64 = 1024 * 1024;
/// The first and the last part of a larger file that is hashed.
const END_BYTES: u64 = 64 * 1024;
/// The number and the size of the samples between them.
const SAMPLES: u64 = 64;
const SAMPLE_BYTES: u64 = 2 * 1024;

/// A file as it was when it was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileIdentity {
    path: PathBuf,
    /// `None` if the file did not exist.
    version: Option<Version>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Version {
    attributes: Attributes,
    /// The hash of the content; `None` if the file could not be read.
    content: Option<String>,
}

/// What differs between two files at the same path, or after a write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Attributes {
    bytes: u64,
    modified: SystemTime,
    inode: u64,
    /// When the attributes changed: the user cannot set this time, unlike the others.
    changed: i64,
}

impl Attributes {
    fn from_metadata(metadata: &Metadata) -> Option<Self> {
        Some(Self {
            bytes: metadata.len(),
            modified: metadata.modified().ok()?,
            inode: system::inode(metadata),
            changed: system::attributes_changed_at(metadata),
        })
    }
}

impl FileIdentity {
    pub fn from_path(path: &Path) -> Self {
        let version = attributes(path)
            .map(|attributes| Version { attributes, content: content_hash(path).ok() });
        Self { path: path.to_path_buf(), version }
    }

    pub fn exists(&self) -> bool {
        self.version.is_some()
    }

    /// If the file at `path` is this one, its identity with the attributes that it has now.
    pub fn current(&self, path: &Path) -> Option<Self> {
        // Read before the content: a file that is replaced in between has other attributes then.
        let now = attributes(path);
        let version = match (&self.version, now) {
            _ if self.path != path => return None,
            (None, None) => None,
            (Some(checked), Some(now)) if checked.attributes == now => Some(checked.clone()),
            (Some(Version { attributes, content: Some(content) }), Some(now))
                if attributes.bytes == now.bytes
                    && content_hash(path).is_ok_and(|hash| hash == *content) =>
            {
                Some(Version { attributes: now, content: Some(content.clone()) })
            }
            _ => return None,
        };
        Some(Self { path: self.path.clone(), version })
    }
}

fn attributes(path: &Path) -> Option<Attributes> {
    Attributes::from_metadata(&std::fs::metadata(path).ok()?)
}

/// Hashes a small file completely, and of a larger one its ends and samples between them.
fn content_hash(path: &Path) -> io::Result<String> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut hasher = Sha256::new();
    if size <= HASHED_COMPLETELY {
        io::copy(&mut file.take(HASHED_COMPLETELY), &mut HashWriter(&mut hasher))?;
    } else {
        let distance = (size - 2 * END_BYTES) / SAMPLES;
        let samples = (0..SAMPLES).map(|sample| (END_BYTES + sample * distance, SAMPLE_BYTES));
        let ends = [(0, END_BYTES), (size - END_BYTES, END_BYTES)];
        for (start, bytes) in ends.into_iter().chain(samples) {
            file.seek(SeekFrom::Start(start))?;
            io::copy(&mut (&file).take(bytes), &mut HashWriter(&mut hasher))?;
        }
    }
    Ok(hex(&hasher.finalize()))
}

/// Hashes everything that is written to it.
struct HashWriter<'a>(&'a mut Sha256);

impl io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The first 16 bytes of a hash, in hexadecimal digits.
pub fn hex(hash: &[u8]) -> String {
    encode_string(hash.get(..16).unwrap_or(hash))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_copy_is_the_same_file_and_a_change_in_a_sample_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let [path, copy] = ["aliyun", "copy"].map(|name| folder.path().join(name));
        for size in [0, 300, 3 * 1024 * 1024_usize] {
            let mut content: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
            fs::write(&path, &content).expect("a file");
            let checked = FileIdentity::from_path(&path);
            assert_eq!(checked.current(&path).as_ref(), Some(&checked));
            fs::copy(&path, &copy).expect("a copy");
            fs::rename(&copy, &path).expect("a rename");
            let copied = checked.current(&path).expect("the same file");
            assert_ne!(copied, checked, "the copy has its own attributes");
            assert_eq!(copied, FileIdentity::from_path(&path));
            assert_eq!(checked.current(&folder.path().join("other")), None);
            // The build ID of a program is near its start.
            let Some(byte) = content.get_mut(200) else { continue };
            *byte ^= 1;
            fs::write(&path, &content).expect("a file");
            assert_eq!(checked.current(&path), None, "{size}");
        }
        let checked = FileIdentity::from_path(&path);
        fs::remove_file(&path).expect("a file");
        assert_eq!(checked.current(&path), None);
        let missing = FileIdentity::from_path(&path);
        assert_eq!(missing.current(&path), Some(missing));
    }
}
