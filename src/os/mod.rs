pub mod clock;
pub mod failpoint;
pub mod process;
pub mod role;
pub mod signals;
pub mod system;
