//! `alimsg whatsapp`.

mod send;

use clap::Subcommand;

use crate::failure::Result;
use crate::report::Report;
use crate::run::Run;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send a message
    #[command(subcommand)]
    Send(send::Kind),
}

impl Command {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Send(kind) => kind.name(),
        }
    }

    pub fn run(self, run: &Run) -> Result<Report> {
        match self {
            Self::Send(kind) => send::run(run, kind),
        }
    }
}
