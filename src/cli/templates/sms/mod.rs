//! SMS templates, through Dysmsapi.

mod create;
mod definition;
mod delete;
mod limits;
mod list;
mod show;

pub use create::{create, update};
pub use delete::delete;
pub use list::list;
pub use show::{preview, show};

use crate::cli::templates::StatsFlags;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::output::report::Report;

/// The service counts by day, signature and type, not by template.
///
/// # Errors
/// Always: there is no such call.
pub fn stats(_run: &Context, _flags: &StatsFlags) -> Result<Report> {
    Err(Failure::usage("the SMS service does not count messages by template")
        .hint("it counts them by day, signature and type of template")
        .next("alimsg sms stats --last 7d"))
}

/// The command that shows a template.
fn show_command(code: &str) -> String {
    let words = ["templates", "show", code, "--channel", "sms"];
    crate::api::call::shell_line("alimsg", &words.map(String::from))
}
