//! The password file of libpq (`~/.pgpass`): one `host:port:database:user:password` in each line.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::storage::postgres::url::{Host, Url};

/// The password for one server of a URL: from the URL or `PGPASSWORD`, else from the file.
///
/// # Errors
/// The file exists but cannot be used.
pub fn find(
    url: &Url,
    host: &Host,
    port: u16,
    user: &str,
    database: &str,
) -> Result<Option<String>> {
    if let Some(password) = &url.password {
        return Ok(Some(password.clone()));
    }
    let Some(path) = url.password_file.clone().or_else(default_path) else { return Ok(None) };
    let host = match host {
        Host::Name(name) => name.as_str(),
        // libpq uses this name for sockets in the default folder, and the folder otherwise.
        Host::Socket(folder) if is_default(folder) => "localhost",
        Host::Socket(folder) => folder.to_str().unwrap_or_default(),
    };
    let Some(text) = read(&path)? else { return Ok(None) };
    Ok(search(&text, [host, &port.to_string(), database, user]))
}

fn is_default(folder: &Path) -> bool {
    folder == Path::new("/var/run/postgresql") || folder == Path::new("/tmp")
}

fn default_path() -> Option<PathBuf> {
    let home = etcetera::home_dir().ok()?;
    let path = if cfg!(windows) { "AppData/Roaming/postgresql/pgpass.conf" } else { ".pgpass" };
    Some(home.join(path))
}

/// Reads the file; `None` if it does not exist.
fn read(path: &Path) -> Result<Option<String>> {
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot examine {}", path.display()));
        }
    };
    ensure!(metadata.is_file(), "the password file {} is not a regular file", path.display());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        ensure!(
            metadata.permissions().mode() & 0o077 == 0,
            "other users can read the password file {0}; run `chmod 600 {0}`",
            path.display()
        );
    }
    let text = std::fs::read_to_string(path);
    text.map(Some).with_context(|| format!("cannot read {}", path.display()))
}

/// The password of the first line whose fields match host, port, database and user.
fn search(text: &str, wanted: [&str; 4]) -> Option<String> {
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let fields = split(line);
        let (pattern, password) = (fields.get(..4)?, fields.get(4)?);
        let matches = |(field, wanted): (&Field, &str)| field.is_wildcard || field.text == wanted;
        let is_match = pattern.iter().zip(wanted).all(matches);
        (is_match && !password.text.is_empty()).then(|| password.text.clone())
    })
}

#[derive(Default)]
struct Field {
    text: String,
    /// `*` without a backslash.
    is_wildcard: bool,
}

/// Splits a line at its colons. A backslash removes the meaning of the next character. The password
/// is the rest of the line.
fn split(line: &str) -> Vec<Field> {
    let mut fields = vec![Field::default()];
    let mut characters = line.trim_end_matches('\r').chars();
    let mut raw = String::new();
    while let Some(character) = characters.next() {
        let count = fields.len();
        let Some(field) = fields.last_mut() else { break };
        match character {
            ':' if count < 5 => {
                field.is_wildcard = raw == "*";
                raw.clear();
                fields.push(Field::default());
            }
            '\\' => {
                raw.push('\\');
                if let Some(next) = characters.next() {
                    raw.push(next);
                    field.text.push(next);
                }
            }
            other => {
                raw.push(other);
                field.text.push(other);
            }
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
# host:port:database:user:password
db:5432:alimsg:ann:first
db:*:*:ann:second:with colon
*:*:a\\:b:\\*:third\\\\\\:
/run/pg:*:*:*:socket
broken
";

    #[test]
    fn the_first_matching_line_has_the_password() {
        let find = |wanted| search(FILE, wanted);
        assert_eq!(find(["db", "5432", "alimsg", "ann"]).as_deref(), Some("first"));
        assert_eq!(find(["db", "5433", "alimsg", "ann"]).as_deref(), Some("second:with colon"));
        assert_eq!(find(["x", "1", "a:b", "*"]).as_deref(), Some("third\\:"));
        assert_eq!(find(["x", "1", "a:b", "bob"]), None);
        assert_eq!(find(["/run/pg", "1", "x", "y"]).as_deref(), Some("socket"));
        assert_eq!(find(["broken", "1", "x", "y"]), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pgpass");
        std::fs::write(&path, "*:*:*:*:geheim\n").expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("changed");
        let error = format!("{:#}", read(&path).expect_err("others can read it"));
        assert!(error.contains("chmod 600") && !error.contains("geheim"), "{error}");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("changed");
        assert!(read(&path).expect("readable").is_some());
        assert!(read(&folder.path().join("missing")).expect("missing").is_none());
    }
}
