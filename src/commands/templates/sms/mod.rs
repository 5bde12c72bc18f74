//! SMS templates, through Dysmsapi.

mod create;
mod definition;
mod delete;
mod list;
mod show;

pub use create::{create, update};
pub use delete::delete;
pub use list::list;
pub use show::{preview, show};

use super::StatsFlags;
use crate::failure::{Failure, Result};
use crate::report::Report;
use crate::run::Run;

/// The service counts by day, signature and type, not by template.
///
/// # Errors
/// Always: there is no such call.
pub fn stats(_run: &Run, _flags: &StatsFlags) -> Result<Report> {
    Err(Failure::usage("the SMS service does not count messages by template")
        .hint("it counts them by day, signature and type of template")
        .next("alimsg sms stats --last 7d"))
}

/// Refuses the flags that only other channels know.
fn refuse_foreign(flags: &[(&str, bool)]) -> Result<()> {
    match flags.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((flag, _)) => Err(Failure::usage(format!("{flag} is not known on the channel sms"))
            .hint("leave it out: it is for WhatsApp and Viber")),
    }
}

/// The command that shows a template.
fn show_command(code: &str) -> String {
    let words = ["templates", "show", code, "--channel", "sms"];
    crate::call::shell_line("alimsg", &words.map(String::from))
}
