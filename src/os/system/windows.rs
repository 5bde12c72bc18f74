//! The Windows code: written to compile, but not tested.
//!
//! Without signals and process groups, Ctrl-C ends the program at once; the watchdog or the next
//! run then cleans up its lease.

use std::ffi::{OsStr, c_int};
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::marker::PhantomData;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, ExitStatus};

pub const ENDING_SIGNALS: [c_int; 0] = [];

pub fn own_group(_command: &mut Command) {}

pub fn end_group(_leader: u32) {}

pub fn await_exit(_child: u32) -> bool {
    false
}

pub fn was_closed_at_start<T>(_output: T) -> bool {
    false
}

pub fn has_exited(_child: u32) -> Option<bool> {
    None
}

pub fn ending_signal(_status: ExitStatus) -> Option<c_int> {
    None
}

pub struct Inherited<'a>(PhantomData<&'a File>);

impl<'a> Inherited<'a> {
    pub fn new(_file: &'a File) -> Self {
        Self(PhantomData)
    }
}

pub fn create_private_folder(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)
}

pub fn private_file() -> OpenOptions {
    OpenOptions::new()
}

pub fn open_own_file(path: &Path, create: bool) -> io::Result<File> {
    OpenOptions::new().read(true).write(create).create(create).truncate(false).open(path)
}

pub fn is_writable(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| !metadata.permissions().readonly())
}

pub fn read_regular_file(path: &Path) -> io::Result<Vec<u8>> {
    std::fs::read(path)
}

/// Owners are not checked on Windows.
pub fn check_own_folder(_path: &Path, _link: bool) -> io::Result<()> {
    Ok(())
}

pub fn check_owner(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// No bits: access is controlled in another way.
pub fn mode(_metadata: &Metadata) -> u32 {
    0
}

/// Not available.
pub fn free_bytes(_path: &Path) -> Option<u64> {
    None
}

pub fn is_root() -> bool {
    false
}

pub fn own_ids() -> String {
    String::new()
}

/// Not available. Without it a process cannot be identified, so callers kill none.
pub fn start_time(_pid: u32) -> Option<u64> {
    None
}

/// Always true, so the following read blocks instead.
pub fn is_readable_within<T>(_input: T, _limit: std::time::Duration) -> io::Result<bool> {
    Ok(true)
}

pub fn set_nonblocking<T>(_output: T) -> io::Result<()> {
    Ok(())
}

pub fn inode(_metadata: &Metadata) -> u64 {
    0
}

pub fn attributes_changed_at(_metadata: &Metadata) -> i64 {
    0
}

/// False: a process cannot yet be detached from this one, so checks are not renewed after a run.
pub fn can_detach() -> bool {
    false
}

pub fn detach() -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Does nothing: there are no such signals on Windows.
pub fn ignore_ending_signals() -> io::Result<()> {
    Ok(())
}

/// Always empty.
pub struct SignalRecord;

impl SignalRecord {
    pub fn start() -> io::Result<Self> {
        Ok(Self)
    }

    pub fn is_empty(&self) -> bool {
        true
    }

    pub fn take(&self) -> usize {
        0
    }

    pub fn arrived(&self) -> Option<c_int> {
        None
    }

    pub fn notify(&'static self, _on_signal: fn()) -> io::Result<()> {
        Ok(())
    }
}

/// Does nothing: signals do not interrupt system calls on Windows.
pub fn interrupt_own_waits() {}

/// Does nothing: the prompt then ends without an answer.
pub fn interrupt_self() {}

/// The editor of lines restores the mode of the console by itself.
pub struct TerminalMode;

impl TerminalMode {
    pub fn current() -> Self {
        Self
    }

    pub fn restore(&self) {}
}

pub fn reraise(_signal: c_int) {}

pub fn signal_name(signal: c_int) -> String {
    format!("signal {signal}")
}

/// Always false: only a write would show it.
pub fn is_cut_off(_output: std::io::Stdout) -> bool {
    false
}

/// A folder whose files are used. Links are checked, but can be exchanged between the check and the
/// use.
pub struct OpenFolder(PathBuf);

impl OpenFolder {
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(path.to_path_buf()))
    }

    pub fn regular_file(&self, path: &Path) -> io::Result<File> {
        let path = self.checked(path)?;
        if !std::fs::symlink_metadata(&path)?.is_file() {
            return Err(io::Error::other("it is not a regular file"));
        }
        File::open(path)
    }

    pub fn create_new(&self, path: &Path) -> io::Result<File> {
        File::create_new(self.checked(path)?)
    }

    pub fn rename(&self, path: &Path, name: &OsStr) -> io::Result<()> {
        let path = self.checked(path)?;
        std::fs::rename(&path, path.with_file_name(name))
    }

    pub fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(self.checked(path)?)
    }

    fn checked(&self, path: &Path) -> io::Result<PathBuf> {
        let mut found = self.0.clone();
        for component in path.components() {
            let Component::Normal(name) = component else {
                return Err(io::Error::other("it is not a file of the folder"));
            };
            found.push(name);
            if std::fs::symlink_metadata(&found).is_ok_and(|metadata| metadata.is_symlink()) {
                return Err(io::Error::other("it is a link"));
            }
        }
        Ok(found)
    }
}
