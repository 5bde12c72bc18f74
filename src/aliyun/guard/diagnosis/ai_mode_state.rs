//! Whether ai-mode is on although no run of alimsg uses it.

use crate::aliyun::cli::AliyunCli;
use crate::aliyun::guard::ai_mode::{AiMode, Leases};
use crate::aliyun::guard::diagnosis::{Check, Repair};
use crate::aliyun::guard::switch::{self, Switch};
use crate::aliyun::guard::unusable::unusable;
use crate::context::Context;
use crate::settings::AiModeMethod;

const NAME: &str = "ai_mode";

pub fn check(context: &Context, cli: &AliyunCli) -> Check {
    let leases = match AiMode::leases_in(&cli.config_folder).and_then(Leases::readable) {
        Ok(leases) => leases,
        // Runs with `--ai-mode call` do not use the leases.
        Err(error) if context.settings.ai_mode == AiModeMethod::Call => {
            return Check::warning(NAME, format!("{error:#}"), "--ai-mode call works without it");
        }
        Err(error) => return Check::failed(NAME, unusable(&error)),
    };
    let enabled = Switch::load(&cli.config_folder).map(|switch| switch.enabled);
    match (enabled, leases.live) {
        (Some(true), true) => {
            Check::ok(NAME, "on: a running alimsg uses it and will switch it off")
        }
        (_, true) => Check::ok(NAME, "off; a running alimsg is about to use it"),
        (_, false) if !leases.stale.is_empty() => Check::repairable(
            NAME,
            "may be on: a killed run left its lease",
            Repair::SwitchOffAiMode,
        ),
        (Some(true), false) => Check::repairable(
            NAME,
            "on, and no run of alimsg uses it: a user or another program switched it on",
            Repair::SwitchOffAiMode,
        ),
        (Some(false), false) => Check::ok(NAME, "off"),
        (None, false) if switch::path(&cli.config_folder).exists() => Check::warning(
            NAME,
            "off: aliyun cannot read its ai-mode.json",
            format!("{} configure ai-mode disable", cli.shown),
        ),
        (None, false) => Check::ok(NAME, "off; it was never used"),
    }
}
