//! `alimsg whatsapp`.

mod history;
mod send;
mod session;

use clap::Subcommand;

use crate::failure::Result;
use crate::report::Report;
use crate::run::Run;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send a message
    #[command(subcommand, after_help = send::EXAMPLES)]
    Send(send::Kind),
    /// Messages of a business number, in and out
    History(history::Flags),
    /// Tell whether the 24-hour window to a customer is open, and until when
    Session(session::Flags),
}

impl Command {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Send(kind) => kind.name(),
            Self::History(_) => "whatsapp history",
            Self::Session(_) => "whatsapp session",
        }
    }

    pub fn run(self, run: &Run) -> Result<Report> {
        match self {
            Self::Send(kind) => send::run(run, kind),
            Self::History(flags) => history::run(run, flags),
            Self::Session(flags) => session::run(run, flags),
        }
    }
}
