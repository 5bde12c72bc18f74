//! The state folder: what alimsg remembers between runs, private to the user.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use anyhow::Result;
use etcetera::BaseStrategy as _;

use crate::os::system;

/// Moves the state folder.
pub const VARIABLE: &str = "ALIMSG_STATE_DIR";

/// `ALIMSG_STATE_DIR`, else `alimsg` in the XDG state folder.
///
/// # Errors
/// If the variable is not set and there is no home folder.
pub fn folder() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os(VARIABLE).filter(|folder| !folder.is_empty()) {
        return std::path::absolute(folder).context("cannot tell the current folder");
    }
    let base = etcetera::base_strategy::Xdg::new()
        .with_context(|| format!("there is no home folder for the state; set {VARIABLE}"))?;
    Ok(base.state_dir().unwrap_or_else(|| base.data_dir()).join("alimsg"))
}

/// What the sandbox remembers: the home of its `aliyun`, the state of its services.
///
/// # Errors
/// As [`folder`].
pub fn sandbox_folder() -> Result<PathBuf> {
    Ok(folder()?.join("sandbox"))
}

/// Creates a folder for the user alone, with its parents.
pub fn create(folder: &Path) -> Result<()> {
    system::create_private_folder(folder)
        .with_context(|| format!("cannot create the folder {}", folder.display()))
}

/// Replaces a file in one step: a reader sees the old content or the new one, never half of it.
pub fn replace(path: &Path, content: &[u8]) -> Result<()> {
    let folder = path.parent().context("a file has a folder")?;
    create(folder)?;
    let replace = || {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        std::io::Write::write_all(&mut file, content)?;
        file.persist(path)?;
        std::io::Result::Ok(())
    };
    replace().with_context(|| format!("cannot write {}", path.display()))
}
