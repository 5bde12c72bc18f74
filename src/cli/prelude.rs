//! What most commands use.

pub use clap::Args;

pub use crate::cli::{Inputs, anything, read_only};
pub use crate::context::Context;
pub use crate::error::{Failure, Result};
pub use crate::message::channel::Channel;
pub use crate::output::report::Report;
