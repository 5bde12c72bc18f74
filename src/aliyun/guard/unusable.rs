//! Failures of an unusable configuration folder: the cause and the command that fixes it.

use std::io::ErrorKind;
use std::path::Path;

use crate::aliyun::cli::AliyunCli;
use crate::api::call::shell_line;
use crate::error::Failure;
use crate::os::system::{self, Untrusted};
use crate::storage::lock::LockError;

/// The failure of a run that cannot use the CLI's configuration folder. Nothing was sent.
pub fn unusable(error: &anyhow::Error) -> Box<Failure> {
    let failure = Failure::environment(format!("{error:#}"));
    let cause = error.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>());
    match cause.map(|cause| (cause.kind(), Untrusted::find(cause))) {
        Some((_, Some(finding))) => untrusted(failure, finding),
        Some((kind, None)) => failure.hint(fix_for(kind)),
        None => failure.hint(fix_for(ErrorKind::Other)),
    }
}

/// The failure if `aliyun` did not switch ai-mode on.
pub fn not_switched_on(cli: &AliyunCli, reason: &str) -> Box<Failure> {
    let failure = Failure::environment(format!("ai-mode cannot be switched on: {reason}"));
    let show = shell_line(&cli.shown, &["configure", "ai-mode", "show"]);
    let file = cli.config_folder.join("ai-mode.json");
    if let Err(error) = system::check_owner(&file)
        && let Some(finding) = Untrusted::find(&error)
    {
        return untrusted(failure, finding).next(show);
    }
    let reason = reason.to_lowercase();
    let kind = [
        ("permission denied", ErrorKind::PermissionDenied),
        ("read-only file system", ErrorKind::ReadOnlyFilesystem),
        ("no space left", ErrorKind::StorageFull),
        ("quota exceeded", ErrorKind::QuotaExceeded),
    ]
    .into_iter()
    .find_map(|(text, kind)| reason.contains(text).then_some(kind));
    match kind {
        Some(kind) => failure.hint(fix_for(kind)).next(show),
        None => failure.next(show),
    }
}

/// The failure if the lock could not be taken.
pub fn lock_failure(reason: LockError) -> Box<Failure> {
    match reason {
        LockError::Interrupted => Failure::interrupted(),
        LockError::Busy(patience) => Failure::environment(format!(
            "other runs have kept the configuration of aliyun locked for {} s",
            patience.as_secs()
        ))
        .hint("nothing was sent; wait for the other runs to end, then try again")
        .retryable(),
        LockError::Failed(error) => unusable(&error),
    }
}

fn untrusted(failure: Box<Failure>, finding: &Untrusted) -> Box<Failure> {
    match finding {
        Untrusted::Owner { owner, .. } if system::is_root() => failure.hint(format!(
            "run alimsg as {owner}, or use your own HOME (`sudo -H`): two users must not share one \
             configuration folder"
        )),
        Untrusted::Owner { path, owner, .. } => failure
            .hint(format!(
                "{owner} created it in this HOME, often with sudo; when no run of that user is \
                 active, change its owner"
            ))
            .next(command(&["sudo", "chown", "-R", &system::own_ids()], path)),
        Untrusted::Kind { path, .. } => failure
            .hint("aliyun and alimsg did not create it: remove it")
            .next(command(&["rm", "-r"], path)),
    }
}

fn fix_for(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::PermissionDenied => {
            "the configuration folder of aliyun must be writable for this user: check its \
             permissions with `ls -la ~/.aliyun ~/.aliyun/.alimsg`"
        }
        ErrorKind::ReadOnlyFilesystem => {
            "the configuration folder of aliyun is on a file system that is mounted read-only: \
             mount it writable, or set HOME to a folder with a writable copy of .aliyun"
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "the disk or the quota is full: free some space"
        }
        _ => "the configuration folder of aliyun must be writable",
    }
}

fn command(words: &[&str], path: &Path) -> String {
    let path = path.display().to_string();
    shell_words::join(words.iter().copied().chain(["--", path.as_str()]))
}
