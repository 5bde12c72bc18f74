//! The machine of a new user: alimsg is installed, `aliyun` is not.

use std::fs;
use std::path::Path;

use super::{Ran, Running, World};

impl World {
    /// Only alimsg: no `aliyun`, no configuration, an empty home.
    pub fn with_alimsg_alone() -> Self {
        let world = Self::bare();
        let bin = world.path("bin");
        fs::remove_file(bin.join("aliyun")).expect("the stand-in's link");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_alimsg"), bin.join("alimsg"))
            .expect("a link");
        world
    }

    /// Runs a shell command exactly as printed, with an empty stdin, in the folder `tmp`.
    pub fn type_line(&self, line: &str) -> Ran {
        let mut shell = self.program(Path::new("/bin/sh"));
        shell.args(["-euc", line]).current_dir(self.path("tmp"));
        Running::start(shell).wait()
    }
}
