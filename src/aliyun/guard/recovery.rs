//! Checks at the start of every run whether an earlier run left ai-mode on.
//!
//! A run that was killed together with its watchdog leaves a lease that no process holds. Every run
//! that may start processes first switches ai-mode off in this case, even if it sends nothing. A
//! dry run, a help page, an offline command and an invalid command line only warn.

use std::time::Duration;

use crate::aliyun::cli::{self, AliyunCli};
use crate::aliyun::guard::ai_mode::{AiMode, Leases, Recovery};
use crate::context::Context;
use crate::output::Screen;
use crate::settings::AiModeMethod;

/// A new lease file is locked shortly after it is created, so an unlocked lease is checked again.
const CHECKS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(5);

/// Recovers, or only warns if this run may not start processes. A failure is only a warning: the
/// guard refuses to send if necessary, and a replay must still return its result.
pub fn at_start(context: &Context, may_start: bool) {
    let checked = if may_start {
        recover(context)
    } else {
        warn_only(&context.screen, context.settings.sandbox)
    };
    context.status.ai_mode_disabled.set(checked);
}

/// Warns if an earlier run left ai-mode on. Returns true only if it is certain that none did.
pub fn warn_only(screen: &Screen, sandbox: bool) -> bool {
    // A command that needs the folder reports why it cannot be found.
    let Ok(folder) = cli::config_folder(sandbox) else { return false };
    let mut found = AiMode::leases_in(&folder);
    for _ in 1..CHECKS {
        if !found.as_ref().is_ok_and(Leases::are_abandoned) {
            break;
        }
        std::thread::sleep(PAUSE);
        found = AiMode::leases_in(&folder);
    }
    let abandoned = match found.and_then(Leases::readable) {
        Ok(leases) => leases.are_abandoned(),
        Err(error) => {
            screen.warn(not_checked(&error));
            return false;
        }
    };
    if abandoned {
        screen.warn(
            "ai-mode may be on, because an earlier run was killed; the next run that starts aliyun \
             switches it off, or run `aliyun configure ai-mode disable`",
        );
    }
    !abandoned
}

fn recover(context: &Context) -> bool {
    let Ok(folder) = cli::config_folder(context.settings.sandbox) else { return false };
    match AiMode::leases_in(&folder).and_then(Leases::readable) {
        Ok(leases) if leases.stale.is_empty() => return true,
        Ok(_) => {}
        // The folder may belong to another user, because this run does not write to it.
        Err(_)
            if context.settings.ai_mode == AiModeMethod::Call && !AiMode::was_used_in(&folder) =>
        {
            return true;
        }
        Err(error) => {
            context.screen.warn(not_checked(&error));
            return false;
        }
    }
    let recovered = match AliyunCli::find(&context.settings) {
        Ok(cli) => AiMode::with_screen(&cli, &context.screen).recover(),
        Err(failure) => Recovery::Failed(failure.message.clone()),
    };
    match recovered {
        Recovery::NotNeeded => true,
        Recovery::SwitchedOff => {
            context.screen.note("an earlier run was killed and left ai-mode on; it is off now");
            true
        }
        Recovery::Failed(reason) => {
            context.screen.warn(format!(
                "ai-mode may still be on, because an earlier run was killed: {reason}; to switch it \
                 off, run `{} configure ai-mode disable`",
                AliyunCli::shown_name(&context.settings)
            ));
            false
        }
    }
}

fn not_checked(error: &anyhow::Error) -> String {
    format!("cannot check whether a killed run left ai-mode on: {error:#}")
}
