//! The stored agent string, with `--ai-mode call`.
//!
//! The CLI passes the agent string in `ai-mode.json` to the plugin. Each call also names its agent
//! itself, so storing the string is not necessary for a call: if it is not possible, the run goes
//! on. A string that the user stored stays.

use crate::aliyun::cli::AliyunCli;
use crate::aliyun::guard::ai_mode::AiMode;
use crate::aliyun::guard::run_step;
use crate::aliyun::guard::steps::Step;
use crate::aliyun::guard::switch::{self, Switch};
use crate::api::operations::Product;
use crate::api::reply;
use crate::context::Context;
use crate::error::{Failure, Kind, Result};
use crate::os::{failpoint, system};
use crate::storage::lock::LockError;

/// Stores the agent string of the product if none is stored.
///
/// # Errors
/// A signal arrived.
pub fn store_if_missing(context: &Context, cli: &AliyunCli, product: Product) -> Result<()> {
    if !Switch::lacks_agent(&cli.config_folder) || !is_writable(cli) {
        return Ok(());
    }
    let ai_mode = AiMode::with_screen(cli, &context.screen);
    let lock = match ai_mode.lock_configuration_briefly() {
        Ok(lock) => lock,
        Err(LockError::Interrupted) => return Err(Failure::interrupted()),
        Err(LockError::Busy(_) | LockError::Failed(_)) => return Ok(()),
    };
    // A run that switched ai-mode on sets the agent string itself, and its call may be reading the
    // file now.
    let is_in_use = ai_mode.leases(&lock).map_or(true, |leases| leases.live);
    if is_in_use || !Switch::lacks_agent(&cli.config_folder) {
        return Ok(());
    }
    failpoint::point("guard: about to store the agent string");
    let reason =
        match run_step(context, cli, &Step::SetUserAgent.arguments(product), Some(&lock), None) {
            Ok(output) => reply::failure_message(&output),
            Err(failure) if failure.kind == Kind::Cancelled => return Err(failure),
            Err(failure) => Some(failure.message),
        };
    failpoint::point("guard: agent string stored");
    if let Some(reason) = reason {
        context.screen.note(&format!("the agent string of ai-mode was not stored: {reason}"));
    }
    Ok(())
}

fn is_writable(cli: &AliyunCli) -> bool {
    let file = switch::path(&cli.config_folder);
    system::is_writable(&cli.config_folder) && (!file.exists() || system::is_writable(&file))
}
