//! Where the configuration files are.

use std::path::PathBuf;

use etcetera::BaseStrategy as _;

/// The variable with the path of the user's file.
pub const VARIABLE: &str = "ALIMSG_CONFIG";
/// The file for all users of the machine. No variable changes it.
pub const SYSTEM_FILE: &str = "/etc/alimsg/config.toml";

/// The path of the file for all users; only debug builds let a test name another one.
pub fn system_file() -> PathBuf {
    #[cfg(debug_assertions)]
    if let Some(path) = std::env::var_os("ALIMSG_TEST_SYSTEM_CONFIG") {
        return path.into();
    }
    PathBuf::from(SYSTEM_FILE)
}

/// The user's file.
pub struct UserFile {
    pub path: PathBuf,
    /// `ALIMSG_CONFIG` names it, so it has to exist.
    pub is_named: bool,
}

impl UserFile {
    /// `ALIMSG_CONFIG`, else `alimsg/config.toml` in the XDG configuration folder; `None` without a
    /// home folder.
    pub fn locate() -> Option<Self> {
        if let Some(path) = std::env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
            let path = std::path::absolute(&path).unwrap_or_else(|_| path.into());
            return Some(Self { path, is_named: true });
        }
        Some(Self { path: Self::default_path()?, is_named: false })
    }

    /// The path without `ALIMSG_CONFIG`.
    pub fn default_path() -> Option<PathBuf> {
        let base = etcetera::base_strategy::Xdg::new().ok()?;
        Some(base.config_dir().join("alimsg/config.toml"))
    }
}
