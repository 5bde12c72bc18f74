//! The sandbox folder: paths of its files, and how they are written.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The folder that acts as the user's home directory.
#[derive(Debug)]
pub struct Home {
    root: PathBuf,
}

impl Home {
    /// Creates the folder if it does not exist, with access for its owner only.
    ///
    /// # Errors
    /// The folder cannot be created.
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

    /// A file of the sandbox itself.
    pub fn path(&self, file: &str) -> PathBuf {
        self.root.join(file)
    }

    /// The settings in a configuration file; the default if it cannot be read or parsed.
    pub fn load_settings<T: DeserializeOwned + Default>(&self, file: &str) -> T {
        fs::read_to_string(self.configuration().join(file))
            .ok()
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default()
    }

    /// Truncates and rewrites a configuration file as the real program does: JSON indented with
    /// tabs, without a trailing newline. A concurrent reader may see an incomplete file, and one of
    /// two concurrent writers loses its change.
    pub fn save_settings(&self, file: &str, settings: &impl Serialize) -> Result<()> {
        let path = self.configuration().join(file);
        let context = || format!("cannot write {}", path.display());
        let mut content = Vec::new();
        let formatter = serde_json::ser::PrettyFormatter::with_indent(b"\t");
        let mut serializer = serde_json::Serializer::with_formatter(&mut content, formatter);
        settings.serialize(&mut serializer).with_context(context)?;
        let mut file = private_file().truncate(true).open(&path).with_context(context)?;
        file.write_all(&content).with_context(context)
    }
}

/// Creates a folder and its parents, with mode 0700 on Unix.
pub fn create_private_folder(path: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).with_context(|| format!("cannot create the folder {}", path.display()))
}

/// Options for a new file with mode 0600 on Unix.
pub fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Replaces the file atomically: readers see either the old or the new content.
pub fn write_atomically(path: &Path, content: &[u8]) -> Result<()> {
    let context = || format!("cannot write {}", path.display());
    let folder = path.parent().with_context(context)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(context)?;
    file.write_all(content).with_context(context)?;
    file.persist(path).with_context(context)?;
    Ok(())
}

/// Replaces the file atomically. The caller's lock must exclude all other writers: a process that
/// is killed leaves its temporary file, and the next one overwrites it.
pub fn replace_locked(path: &Path, content: &[u8]) -> Result<()> {
    let context = || format!("cannot write {}", path.display());
    let temporary = path.with_extension("new");
    private_file()
        .truncate(true)
        .open(&temporary)
        .and_then(|mut file| file.write_all(content))
        .and_then(|()| fs::rename(&temporary, path))
        .with_context(context)
}

/// Deletes a file, if it exists.
pub fn remove_if_present(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot delete {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// The content of a file, or `None` if it does not exist.
pub fn read_if_present(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}
