//! Changes one key of a configuration file. Everything else in the file stays, comments included.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Table, value};

use crate::error::{Failure, Result};
use crate::settings::config::file::{self, ConfigFile, DEFAULTS};
use crate::settings::config::paths::VARIABLE;
use crate::settings::config::problem::Problem;
use crate::settings::config::secret;
use crate::settings::defaults::Key;

/// A change of one key.
#[derive(Debug, Clone, Copy)]
pub enum Edit<'v> {
    Set(&'v str),
    Unset,
}

/// Changes a key in the table of a profile, or in `[defaults]`. Creates the file and the table if
/// they are missing. Returns the former value.
///
/// # Errors
/// The value is not valid; the file is not valid, or cannot be read or written. It is then unchanged.
pub fn edit(
    path: &Path,
    profile: Option<&str>,
    key: Key,
    edit: Edit<'_>,
) -> Result<Option<String>> {
    if let Edit::Set(text) = edit {
        if secret::find(text).is_some() {
            return Err(Problem::secret(None).failure());
        }
        key.check(text).map_err(|message| Problem::new(message).failure())?;
    }
    // The target of a link is replaced, not the link.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let not_written = |error: io::Error| {
        Failure::usage(format!("the configuration {} cannot be written: {error}", path.display()))
            .hint(format!("make it writable, or name another file in {}", VARIABLE))
    };
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    if matches!(edit, Edit::Set(_)) {
        std::fs::create_dir_all(&folder).map_err(not_written)?;
    }
    // Two changes at the same time must not lose one.
    let _lock = File::open(&folder).and_then(|folder| folder.lock().map(|()| folder));
    let text = file::read(&path)?.unwrap_or_default();
    ConfigFile::parse(&path, &text)?;
    let mut document: DocumentMut = text.parse().map_err(|error| {
        Failure::internal(format!("the configuration cannot be changed: {error}"))
    })?;
    let former = change(&mut document, profile, key, edit);
    let changed = document.to_string();
    if changed != text {
        ConfigFile::parse(&path, &changed)?;
        replace(&path, &folder, &changed).map_err(not_written)?;
    }
    Ok(former)
}

fn change(
    document: &mut DocumentMut,
    profile: Option<&str>,
    key: Key,
    edit: Edit<'_>,
) -> Option<String> {
    let path: Vec<&str> = match profile {
        None => vec![DEFAULTS],
        Some(name) => vec![file::PROFILE, name],
    };
    let mut item = document.as_item_mut();
    for (depth, name) in path.iter().enumerate() {
        let table = item.as_table_like_mut()?;
        if !table.contains_key(name) {
            let Edit::Set(_) = edit else { return None };
            let mut new = Table::new();
            // `[profile.NAME]` needs no `[profile]`.
            new.set_implicit(depth + 1 < path.len());
            table.insert(name, Item::Table(new));
        }
        item = table.get_mut(name)?;
    }
    let table = item.as_table_like_mut()?;
    let former = table.get(key.name()).and_then(Item::as_str).map(str::to_string);
    match (edit, table.get_mut(key.name())) {
        (Edit::Unset, _) => drop(table.remove(key.name())),
        // Keeps a comment behind the value.
        (Edit::Set(text), Some(item)) if item.is_value() => {
            let decor = item.as_value().map(|value| value.decor().clone());
            *item = value(text);
            if let (Some(decor), Some(value)) = (decor, item.as_value_mut()) {
                *value.decor_mut() = decor;
            }
        }
        (Edit::Set(text), _) => drop(table.insert(key.name(), value(text))),
    }
    former
}

/// Replaces the file in one step and keeps its permissions.
fn replace(path: &PathBuf, folder: &Path, text: &str) -> io::Result<()> {
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(text.as_bytes())?;
    if let Ok(metadata) = std::fs::metadata(path) {
        new.as_file().set_permissions(metadata.permissions())?;
    }
    new.as_file().sync_all()?;
    new.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_keeps_the_rest_of_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new/config.toml");
        let set =
            |profile, key, value| edit(&path, profile, key, Edit::Set(value)).expect("written");
        let text = || std::fs::read_to_string(&path).expect("a file");
        assert_eq!(set(None, Key::From, "8613800000001"), None);
        assert_eq!(text(), "[defaults]\nfrom = \"8613800000001\"\n");
        let original = "# mine\n[limits]\nper_hour = 5 # few\n\n[defaults] # all\n# sender\nfrom = \"111\" # old\n";
        std::fs::write(&path, original).expect("written");
        assert_eq!(set(None, Key::From, "222").as_deref(), Some("111"));
        assert_eq!(text(), original.replace("111", "222"));
        set(Some("a b"), Key::SignName, "say \"hi\"");
        assert!(text().ends_with("\n[profile.\"a b\"]\nsign_name = 'say \"hi\"'\n"), "{}", text());
        assert!(text().starts_with("# mine\n[limits]\nper_hour = 5 # few\n"), "{}", text());
        let former = edit(&path, Some("a b"), Key::SignName, Edit::Unset).expect("written");
        assert_eq!(former.as_deref(), Some("say \"hi\""));
        assert_eq!(edit(&path, Some("c"), Key::SignName, Edit::Unset).expect("nothing"), None);
        assert!(
            !text().contains("sign_name") && text().contains("[profile.\"a b\"]"),
            "{}",
            text()
        );
    }

    #[test]
    fn an_invalid_file_or_value_changes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("config.toml");
        for value in ["LTAI5tExampleExample", "", "+86"] {
            edit(&path, None, Key::From, Edit::Set(value)).expect_err(value);
        }
        assert!(!path.exists());
        std::fs::write(&path, "[defaults]\nform = \"1\"\n").expect("written");
        edit(&path, None, Key::From, Edit::Set("123")).expect_err("an unknown key");
        assert_eq!(std::fs::read_to_string(&path).expect("a file"), "[defaults]\nform = \"1\"\n");
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_are_kept() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("dotfile"), folder.path().join("config.toml"));
        std::fs::write(&file, "").expect("written");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).expect("a mode");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        edit(&link, None, Key::Language, Edit::Set("en")).expect("written");
        assert!(link.symlink_metadata().expect("a link").is_symlink());
        let mode = std::fs::metadata(&file).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        assert!(std::fs::read_to_string(&file).expect("a file").contains("language"));
    }
}
