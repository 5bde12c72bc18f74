//! `alimsg sms`.

mod send;

use clap::Subcommand;

use crate::failure::Result;
use crate::report::Report;
use crate::run::Run;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send one text to 1 to 1,000 numbers
    Send(send::Flags),
}

impl Command {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Send(_) => "sms send",
        }
    }

    pub fn run(self, run: &Run) -> Result<Report> {
        match self {
            Self::Send(flags) => send::run(run, flags),
        }
    }
}
