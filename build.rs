//! Sets how the program is linked.

#![allow(clippy::print_stdout, reason = "Cargo reads the output of build scripts")]

use std::path::Path;
use std::process::Command;

/// With this variable, the program can be loaded at any address, as some distributions require.
const PIE: &str = "ALIMSG_PIE";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed={PIE}");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    let is_linux = is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    // Otherwise the system corrects 23,000 addresses in 100 pages each time the program starts, which
    // takes 0.4 ms. A send with a watchdog starts the program twice. Stack, heap and libraries still
    // have random addresses.
    if is_linux && std::env::var_os(PIE).is_none() {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
    // Loading the library that unwinds after a panic takes 0.08 ms each time the program starts.
    if is_linux && has_static_unwinder() {
        println!("cargo:rustc-link-lib=static:-bundle=gcc_eh");
    }
}

/// Whether the linker finds the static library of GCC's unwinder. A few distributions have only the
/// shared one.
#[allow(clippy::disallowed_methods, reason = "asks the linker")]
fn has_static_unwinder() -> bool {
    let linker = std::env::var_os("RUSTC_LINKER").unwrap_or_else(|| "cc".into());
    let found = Command::new(linker).arg("-print-file-name=libgcc_eh.a").output();
    found.is_ok_and(|found| Path::new(String::from_utf8_lossy(&found.stdout).trim()).is_absolute())
}
