//! The store that the last run on this machine used, in a small file of the state folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[cfg(feature = "postgres")]
use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use crate::os::system;
use crate::storage::folder;

#[derive(Debug, Default, PartialEq, Eq, Clone, Serialize, Deserialize)]
struct Last {
    /// The URL without its password, or `sqlite`.
    #[serde(default)]
    store: Option<String>,
    /// The ID of the store in each database that was used.
    #[serde(default)]
    ids: BTreeMap<String, String>,
}

fn path(folder: &Path) -> PathBuf {
    folder.join("store.last")
}

fn load(folder: &Path) -> Last {
    let text = system::read_regular_file(&path(folder));
    text.ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

/// Writes the file. If that fails, a later run only lacks a warning.
fn save(folder: &Path, last: &Last) {
    if let Ok(text) = serde_json::to_vec(last) {
        let _ = folder::replace(&path(folder), &text);
    }
}

/// Records the store of this run. Returns a warning if the last run used another one. Without a
/// record, `default` is the store of the last run.
pub fn switch(folder: &Path, shown: &str, default: Option<&str>) -> Option<String> {
    let last = load(folder);
    let before = last.store.as_deref().or(default);
    if before == Some(shown) {
        return None;
    }
    save(folder, &Last { store: Some(shown.to_string()), ..last.clone() });
    let before = before?;
    Some(format!(
        "this run uses the store {shown}, but the last one used {before}: keys and batches of that \
         store are not known here"
    ))
}

/// Checks the ID of the store in a database, and records a new one. `None`: it has no store.
///
/// # Errors
/// The database had another store before.
#[cfg(feature = "postgres")]
pub fn check_id(folder: &Path, shown: &str, id: Option<&str>) -> Result<()> {
    let mut last = load(folder);
    match (last.ids.get(shown), id) {
        (Some(known), Some(id)) if known == id => Ok(()),
        (None, None) => Ok(()),
        (None, Some(id)) => {
            last.ids.insert(shown.to_string(), id.to_string());
            save(folder, &last);
            Ok(())
        }
        (Some(_), _) => bail!(
            "the database {shown} does not have the store that this machine used before: keys that \
             were used may be missing, so their messages could be sent again. Restore the \
             database; if the loss is accepted, delete {}",
            path(folder).display()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_to_another_store_is_reported_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let switch = |shown, default| switch(folder.path(), shown, default);
        assert_eq!(switch("sqlite", Some("sqlite")), None);
        assert!(!path(folder.path()).exists(), "SQLite alone needs no file");
        let warning = switch("postgres://db/x", Some("sqlite")).expect("another store");
        assert!(warning.contains("sqlite") && warning.contains("postgres://db/x"), "{warning}");
        assert_eq!(switch("postgres://db/x", Some("sqlite")), None);
        assert!(switch("sqlite", None).is_some());
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn a_database_whose_store_was_replaced_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let check = |id| check_id(folder.path(), "postgres://db/x", id);
        check(None).expect("never used");
        check(Some("1")).expect("new");
        check(Some("1")).expect("known");
        check(Some("2")).expect_err("replaced");
        check(None).expect_err("deleted");
        check_id(folder.path(), "postgres://db/y", Some("3")).expect("another database");
        check(Some("1")).expect("restored");
    }
}
