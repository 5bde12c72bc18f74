//! The Windows side: compiles by design, has not been run.
//!
//! Without signals and process groups, a Ctrl-C ends the program at once; a lease that is left
//! behind is then paid by the watchdog or by the next run.

use std::ffi::c_int;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::marker::PhantomData;
use std::path::Path;
use std::process::{Command, ExitStatus};

pub const ENDING_SIGNALS: [c_int; 0] = [];

pub fn own_group(_command: &mut Command) {}

pub fn end_group(_leader: u32) {}

pub fn await_exit(_child: u32) -> bool {
    false
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

pub fn inode(_metadata: &Metadata) -> u64 {
    0
}

pub fn watch_signals(_on_signal: impl Fn(c_int) + Send + 'static) -> io::Result<()> {
    Ok(())
}

/// No system call is interrupted by a signal here.
pub fn interrupt_own_waits() {}

pub fn reraise(_signal: c_int) {}

pub fn signal_name(signal: c_int) -> String {
    format!("signal {signal}")
}

/// Nobody can tell without writing.
pub fn is_cut_off(_output: std::io::Stdout) -> bool {
    false
}
