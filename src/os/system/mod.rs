//! What the operating system does differently: signals, process groups, file modes, inheritance.
//!
//! Everything else in the program is portable. The Unix side is what is tested; the Windows side
//! is written to compile and to be safe, and claims nothing more.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use unix::*;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub use windows::*;
