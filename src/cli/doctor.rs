//! `alimsg doctor`: checks what a run needs, and repairs what it can.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::aliyun::cli::AliyunCli;
use crate::aliyun::guard::diagnosis::{self, Check, Repair};
use crate::cli::prelude::*;
use crate::output::report::{Phase, PlannedCommand, fields};

#[derive(Debug, Args)]
#[command(after_help = "\
Checks aliyun, its version and plugins, credentials and region, ai-mode, the safety policy, the state
folder and its record, proxy, clock and disk. It makes no product call, sends nothing and does not
switch ai-mode on. The exit code is 0 if messages can be sent, and otherwise the one that a send would
end with.

Examples:
  alimsg doctor
  alimsg doctor --fix --yes
  alimsg --sandbox doctor --json")]
pub struct Flags {
    /// Repair: switch ai-mode off if no run uses it (asks first), install missing plugins, remove
    /// stale files
    #[arg(long)]
    fix: bool,
}

/// Something that has to be set up in the console, and the command that shows whether it is.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Prerequisite {
    channel: &'static str,
    what: &'static str,
    check: Cow<'static, str>,
}

/// Everything that was checked.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Diagnosis {
    /// Whether messages can be sent.
    usable: bool,
    checks: Vec<Check>,
    prerequisites: Vec<Prerequisite>,
}

const PREREQUISITES: [Prerequisite; 6] = [
    Prerequisite {
        channel: "sms",
        what: "an approved qualification: the company documents that a signature needs",
        check: Cow::Borrowed("alimsg sms qualifications list"),
    },
    Prerequisite {
        channel: "sms",
        what: "an approved signature",
        check: Cow::Borrowed("alimsg sms signs list --audit-status approved"),
    },
    Prerequisite {
        channel: "sms",
        what: "an approved template",
        check: Cow::Borrowed("alimsg templates list --channel sms --audit-status approved"),
    },
    Prerequisite {
        channel: "whatsapp",
        what: "a channel instance (cust-space-id) with a WhatsApp Business account",
        check: Cow::Borrowed("alimsg whatsapp accounts list"),
    },
    Prerequisite {
        channel: "whatsapp",
        what: "a registered business number",
        check: Cow::Borrowed("alimsg whatsapp numbers list"),
    },
    Prerequisite {
        channel: "whatsapp",
        what: "an approved template, to write first",
        check: Cow::Borrowed("alimsg templates list --audit-status approved"),
    },
];

/// Checks, and repairs with `--fix`.
///
/// # Errors
/// A check failed: as a run would fail. The user did not confirm; a repair failed.
pub fn run(context: &Context, flags: Flags) -> Result<Report> {
    if context.settings.dry_run {
        return Ok(Report::DryRun(planned(context)));
    }
    let mut checks = diagnosis::diagnose(context)?;
    if flags.fix && repair(context, &checks)? {
        checks = diagnosis::diagnose(context)?;
    }
    let rerun = context.settings.rerun_flags();
    for check in &mut checks {
        check.fix = check.fix.take().map(|fix| rerun.command(&fix));
    }
    let failure = checks.iter_mut().find_map(|check| check.failure.take());
    let prerequisites = PREREQUISITES
        .map(|row| Prerequisite { check: rerun.command(&row.check).into(), ..row })
        .into();
    let diagnosis = Diagnosis { usable: failure.is_none(), checks, prerequisites };
    if context.screen.is_json() {
        return match failure {
            None => Ok(Report::from_record(&diagnosis, Value::Null)),
            Some(mut failure) => {
                failure.data = Some(fields(&diagnosis));
                Err(failure)
            }
        };
    }
    print(context, &diagnosis).map_err(anyhow::Error::from)?;
    failure.map_or(Ok(Report::Streamed), Err)
}

/// Makes the repairs; returns whether there were any.
fn repair(context: &Context, checks: &[Check]) -> Result<bool> {
    let mut any = false;
    for check in checks {
        let Some(repair) = &check.repair else { continue };
        if *repair == Repair::SwitchOffAiMode && !context.settings.yes {
            context.screen.note(&format!("ai-mode: {}", check.message));
            if !context.settings.interactive {
                context.screen.warn("ai-mode was not switched off: add --yes to confirm");
                continue;
            }
            context.screen.confirm("switch ai-mode off for all programs of this user")?;
        }
        let done = diagnosis::apply(context, repair)?;
        context.screen.note(&done);
        any = true;
    }
    Ok(any)
}

/// On a terminal, one line for each check; in a pipe, tab-separated rows.
fn print(context: &Context, diagnosis: &Diagnosis) -> std::io::Result<()> {
    let Diagnosis { checks, prerequisites, .. } = diagnosis;
    if context.screen.streams_rows() {
        let rows: Vec<_> = checks.iter().map(fields).collect();
        return context.screen.rows(&mut Vec::new(), &rows);
    }
    let mut page = String::new();
    for check in checks {
        page += &format!("{:8} {:15} {}", check.status.name(), check.name, check.message);
        if let Some(fix) = &check.fix {
            page += &format!("; fix: {fix}");
        }
        page.push('\n');
    }
    page += "\nTo set up in the console, and how to check it:\n";
    for row in prerequisites {
        let Prerequisite { channel, what, check } = row;
        page += &format!("  {channel:9} {what}\n            {check}\n");
    }
    context.screen.page(&page)
}

fn planned(context: &Context) -> Vec<PlannedCommand> {
    let program = AliyunCli::shown_name(&context.settings);
    let command = |arguments: Vec<String>| PlannedCommand {
        phase: Phase::Guard,
        argv: std::iter::once(program.clone()).chain(arguments).collect(),
        env: AliyunCli::planned_environment(&context.settings),
        when: None,
    };
    diagnosis::commands().map(command).into()
}
