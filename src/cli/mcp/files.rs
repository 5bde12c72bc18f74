//! The files of tools: only those in the folder that a person opened with `--files`.
//!
//! A command gets a private copy of each file, at a path that contains the hash of the content. So
//! the file cannot be exchanged after its check, and a token, which belongs to the words of a
//! command, belongs to the content of its files as well.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base16ct::lower::encode_string;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tempfile::{NamedTempFile, TempDir};
use uuid::Uuid;

use crate::error::{Failure, Result};
use crate::os::system::OpenFolder;
use crate::storage::folder;

/// The maximum size of a file in bytes.
const MAX_SIZE: u64 = 1024 * 1024 * 1024;

/// The folder of `--files`.
pub struct Files {
    /// Without links.
    path: PathBuf,
    open: OpenFolder,
    copies: TempDir,
    /// How many calls use each copy.
    users: Mutex<HashMap<String, usize>>,
    /// Locked while a file is copied, so that many calls at once copy one after another.
    copying: Mutex<()>,
}

impl Files {
    /// # Errors
    /// The folder cannot be opened, or contains data of this program and credentials.
    pub fn open(path: &Path) -> Result<Self> {
        let failed = |error: io::Error| {
            Failure::usage(format!("--files {}: {error}", path.display()))
                .hint("give a folder with the files for the tools")
        };
        let canonical = path.canonicalize().map_err(failed)?;
        if !canonical.is_dir() {
            return Err(failed(io::Error::other("it is not a folder")));
        }
        let copies = tempfile::Builder::new().prefix("alimsg-").tempdir().map_err(failed)?;
        let state = folder::folder().ok();
        let own = [Some(copies.path().to_path_buf()), etcetera::home_dir().ok(), state.clone()];
        let own = own.into_iter().flatten().map(|path| path.canonicalize().unwrap_or(path));
        let within = |outer: &Path| canonical.starts_with(outer);
        if let Some(inner) = own.into_iter().find(|path| path.starts_with(&canonical)) {
            let message = format!("--files {} contains {}", path.display(), inner.display());
            return Err(Failure::usage(message)
                .hint("give a folder without credentials and records: tools can read all of it"));
        }
        if state.is_some_and(|state| within(&state.canonicalize().unwrap_or(state))) {
            let message = format!("--files {} is in the state folder", path.display());
            return Err(Failure::usage(message).hint("give a folder of its own"));
        }
        let open = OpenFolder::open(&canonical).map_err(failed)?;
        let (users, copying) = (Mutex::default(), Mutex::default());
        Ok(Self { path: canonical, open, copies, users, copying })
    }

    /// Where a file is in the folder, after links are resolved. With `is_new`, the links of its
    /// parent.
    fn locate(&self, input: &str, value: &str, is_new: bool) -> Result<PathBuf> {
        if value == "-" || value.starts_with('@') {
            return Err(Failure::usage(format!("'{input}' cannot refer to stdin or an @FILE"))
                .hint("give the path of a file"));
        }
        let refused = || self.refused(input, value, is_new);
        let path = self.path.join(value);
        let name = path.file_name().filter(|_| !value.contains('\0')).ok_or_else(refused)?;
        let found = if is_new {
            let parent = path.parent().and_then(|parent| parent.canonicalize().ok());
            parent.map(|parent| parent.join(name))
        } else {
            path.canonicalize().ok()
        };
        let relative = found.as_deref().and_then(|found| found.strip_prefix(&self.path).ok());
        let relative = relative.filter(|relative| relative.file_name().is_some());
        relative.map(Path::to_path_buf).ok_or_else(refused)
    }

    /// One message for all reasons, so that it does not reveal which other files exist.
    fn refused(&self, input: &str, value: &str, is_new: bool) -> Box<Failure> {
        let folder = self.path.display();
        if is_new {
            return Failure::usage(format!(
                "'{input}': {value:?} is not the path of a new file in {folder}"
            ))
            .hint("give a name that does not exist, in the folder of --files");
        }
        Failure::usage(format!("'{input}': {value:?} is not a regular file in {folder}"))
            .hint("give the path of a file in the folder of --files; links must not lead out of it")
    }

    fn users(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Copies a file. Returns the path of the copy, and the name of its folder.
    fn copy(&self, source: File, relative: &Path) -> io::Result<(PathBuf, String)> {
        let _one = self.copying.lock().unwrap_or_else(PoisonError::into_inner);
        let mut draft = NamedTempFile::new_in(self.copies.path())?;
        let mut digest = Sha256::new();
        let mut source = source.take(MAX_SIZE + 1);
        let (mut buffer, mut size) = (vec![0; 64 * 1024], 0);
        loop {
            let length = match source.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let read = buffer.get(..length).unwrap_or_default();
            digest.update(read);
            draft.write_all(read)?;
            size += length as u64;
        }
        if size > MAX_SIZE {
            return Err(io::Error::other("it is larger than 1 GiB"));
        }
        digest.update([0]);
        digest.update(relative.as_os_str().as_encoded_bytes());
        let key = encode_string(&digest.finalize());
        let folder = self.copies.path().join(&key);
        let copy = folder.join(relative.file_name().unwrap_or_default());
        let mut users = self.users();
        let count = users.entry(key.clone()).or_default();
        if *count == 0 {
            std::fs::create_dir_all(&folder)?;
            draft.persist(&copy)?;
        }
        *count += 1;
        Ok((copy, key))
    }

    /// Deletes all copies at the end of the server.
    pub fn delete_copies(&self) {
        let _ = std::fs::remove_dir_all(self.copies.path());
    }

    /// Writes a file into the folder; `replaces` permits an existing one.
    fn write(&self, source: &Path, relative: &Path, replaces: bool) -> io::Result<()> {
        let mut source = File::open(source)?;
        if !replaces {
            return io::copy(&mut source, &mut self.open.create_new(relative)?).map(|_| ());
        }
        let draft = relative.with_file_name(format!(".alimsg-{}", Uuid::new_v4().simple()));
        let name = relative.file_name().unwrap_or_default();
        let mut target = self.open.create_new(&draft)?;
        let written = io::copy(&mut source, &mut target);
        written.and_then(|_| self.open.rename(&draft, name)).inspect_err(|_| {
            let _ = self.open.remove(&draft);
        })
    }
}

/// The files of one call. Their copies are deleted with it.
#[derive(Default)]
pub struct CallFiles {
    copies: Vec<Copy>,
    new: Vec<NewFile>,
}

/// A copy that a command reads.
struct Copy {
    files: Arc<Files>,
    key: String,
    private: PathBuf,
    relative: PathBuf,
}

/// A file that a command writes, before it is in the folder.
struct NewFile {
    files: Arc<Files>,
    private: PathBuf,
    relative: PathBuf,
    _folder: TempDir,
}

impl Copy {
    /// The files that the command wrote beside the copy, such as the invalid rows of a batch.
    fn others(&self) -> Vec<PathBuf> {
        let entries = self.private.parent().and_then(|folder| folder.read_dir().ok());
        let paths = entries.into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
        paths.filter(|path| *path != self.private).collect()
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let mut users = self.files.users();
        let Some(count) = users.get_mut(&self.key) else { return };
        *count -= 1;
        if *count == 0 {
            users.remove(&self.key);
            let _ = std::fs::remove_dir_all(self.files.copies.path().join(&self.key));
        }
    }
}

impl CallFiles {
    /// The path that a command gets for the value of an input.
    ///
    /// # Errors
    /// The value is not a file of the folder.
    pub fn read(&mut self, files: &Arc<Files>, input: &str, value: &str) -> Result<String> {
        let relative = files.locate(input, value, false)?;
        let source = files.open.regular_file(&relative);
        let source = source.map_err(|_| files.refused(input, value, false))?;
        let (private, key) = files.copy(source, &relative).map_err(|error| {
            Failure::environment(format!("'{input}': {value:?} cannot be read: {error}"))
        })?;
        let text = private.to_str().map(ToString::to_string);
        self.copies.push(Copy { files: Arc::clone(files), key, private, relative });
        text.ok_or_else(|| files.refused(input, value, false))
    }

    /// The path that a command gets for a new file.
    ///
    /// # Errors
    /// The value is not in the folder, or exists.
    pub fn write(&mut self, files: &Arc<Files>, input: &str, value: &str) -> Result<String> {
        let relative = files.locate(input, value, true)?;
        let refused = || files.refused(input, value, true);
        if files.path.join(&relative).symlink_metadata().is_ok() {
            return Err(refused());
        }
        let folder = tempfile::tempdir_in(files.copies.path()).map_err(anyhow::Error::from)?;
        let private = folder.path().join(relative.file_name().unwrap_or_default());
        let text = private.to_str().map(ToString::to_string);
        let files = Arc::clone(files);
        self.new.push(NewFile { files: Arc::clone(&files), private, relative, _folder: folder });
        text.ok_or_else(|| files.refused(input, value, true))
    }

    /// The value of [`crate::os::role::FILES`].
    pub fn variable(&self) -> String {
        let original = |copy: &Copy| {
            let original = copy.files.path.join(&copy.relative);
            (copy.private.display().to_string(), original.display().to_string())
        };
        let originals: BTreeMap<String, String> = self.copies.iter().map(original).collect();
        serde_json::json!(originals).to_string()
    }

    /// Moves what the command wrote into the folder, and names the files of the folder in its result.
    ///
    /// # Errors
    /// A new file cannot be written.
    pub fn settle(&self, mut result: Value) -> Result<Value> {
        let mut shown: Vec<(String, String)> = Vec::new();
        let mut name = |files: &Files, private: &Path, relative: &Path| {
            let path = files.path.join(relative);
            shown.push((private.display().to_string(), path.display().to_string()));
        };
        let mut warnings = Vec::new();
        for copy in &self.copies {
            for other in copy.others() {
                let relative = copy.relative.with_file_name(other.file_name().unwrap_or_default());
                if let Err(error) = copy.files.write(&other, &relative, true) {
                    warnings.push(format!("{} was not written: {error}", relative.display()));
                }
                let _ = std::fs::remove_file(&other);
                name(&copy.files, &other, &relative);
            }
            name(&copy.files, &copy.private, &copy.relative);
        }
        for new in &self.new {
            if result["ok"] == Value::Bool(true) {
                new.files.write(&new.private, &new.relative, false).map_err(|error| {
                    Failure::usage(format!("cannot write {}: {error}", new.relative.display()))
                        .hint("choose a file that does not exist")
                })?;
            }
            name(&new.files, &new.private, &new.relative);
        }
        replace(&mut result, &shown);
        if let (false, Some(result)) = (warnings.is_empty(), result.as_object_mut()) {
            let all = result.entry("warnings").or_insert_with(|| Value::Array(Vec::new()));
            all.as_array_mut().into_iter().for_each(|all| {
                all.extend(warnings.drain(..).map(Value::String));
            });
        }
        Ok(result)
    }
}

/// Replaces texts in all strings.
fn replace(value: &mut Value, texts: &[(String, String)]) {
    match value {
        Value::String(text) => {
            for (old, new) in texts {
                if text.contains(old) {
                    *text = text.replace(old, new);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, texts)),
        Value::Object(fields) => fields.values_mut().for_each(|field| replace(field, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
