//! The state folder: data that alimsg keeps between runs, accessible only to the user.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use anyhow::Result;
use etcetera::BaseStrategy as _;

use crate::os::system;

/// The variable with the path of the state folder.
pub const VARIABLE: &str = "ALIMSG_STATE_DIR";

/// The path of the state folder: `ALIMSG_STATE_DIR`, else `alimsg` in the XDG state folder.
///
/// # Errors
/// The variable is not set and there is no home folder, or the variable is a relative path and the
/// current folder cannot be determined.
pub fn folder() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os(VARIABLE).filter(|folder| !folder.is_empty()) {
        return std::path::absolute(folder).context("cannot determine the current folder");
    }
    let base = etcetera::base_strategy::Xdg::new().with_context(|| {
        format!("cannot find the home folder for the state folder; set {VARIABLE}")
    })?;
    Ok(base.state_dir().unwrap_or_else(|| base.data_dir()).join("alimsg"))
}

/// The folder of the sandbox: the home of its `aliyun`, and the state of its services.
///
/// # Errors
/// As [`folder`].
pub fn sandbox_folder() -> Result<PathBuf> {
    Ok(folder()?.join("sandbox"))
}

/// Creates a folder and its parents, accessible only to the user.
///
/// # Errors
/// The folder cannot be created.
pub fn create(folder: &Path) -> Result<()> {
    system::create_private_folder(folder)
        .with_context(|| format!("cannot create the folder {}", folder.display()))
}

/// Replaces a file atomically: a reader sees either the old content or the new content.
///
/// # Errors
/// The file cannot be written.
pub fn replace(path: &Path, content: &[u8]) -> Result<()> {
    let folder = path.parent().context("the path has no folder")?;
    create(folder)?;
    let replace = || {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        std::io::Write::write_all(&mut file, content)?;
        file.persist(path)?;
        std::io::Result::Ok(())
    };
    replace().with_context(|| format!("cannot write {}", path.display()))
}
