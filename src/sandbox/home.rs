//! The sandbox's folder: where its files are and how they are written.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use anyhow::Result;

/// The folder that plays the role of the user's home directory.
#[derive(Debug)]
pub struct Home {
    root: PathBuf,
}

impl Home {
    /// Makes the folder, closed to other users, unless it is there.
    pub fn open(root: &Path) -> Result<Self> {
        let home = Self { root: root.to_owned() };
        create_private_folder(root)?;
        create_private_folder(&home.configuration())?;
        Ok(home)
    }

    /// The configuration directory of the simulated program.
    pub fn configuration(&self) -> PathBuf {
        self.root.join(".aliyun")
    }

    /// The folder of the installed plugins.
    pub fn plugins(&self) -> PathBuf {
        self.configuration().join("plugins")
    }

    /// What the service remembers.
    pub fn service_state(&self) -> PathBuf {
        self.root.join("service.json")
    }

    /// The uploads to OSS, a line of JSON each.
    pub fn uploads(&self) -> PathBuf {
        self.root.join("uploads.jsonl")
    }

    /// The file whose lock guards [`Self::service_state`].
    pub fn service_lock(&self) -> PathBuf {
        self.root.join("service.lock")
    }
}

/// Makes a folder with mode 0700 where modes exist.
pub fn create_private_folder(path: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).with_context(|| format!("cannot make the folder {}", path.display()))
}

/// Options that make a new file readable for its owner only.
pub fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Empties the file and writes it anew, as the real program treats `ai-mode.json`: a reader in
/// between sees an empty or half-written file, and of two writers one loses.
pub fn write_in_place(path: &Path, content: &[u8]) -> Result<()> {
    let context = || format!("cannot write {}", path.display());
    let mut file = private_file().truncate(true).open(path).with_context(context)?;
    file.write_all(content).with_context(context)
}

/// Replaces the file as a whole: readers see the old or the new content.
pub fn write_atomically(path: &Path, content: &[u8]) -> Result<()> {
    let context = || format!("cannot write {}", path.display());
    let folder = path.parent().with_context(context)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(context)?;
    file.write_all(content).with_context(context)?;
    file.persist(path).with_context(context)?;
    Ok(())
}

/// The content of a file, or nothing when there is no such file.
pub fn read_if_present(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}
