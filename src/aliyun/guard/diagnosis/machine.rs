//! The checks of the machine: programs, folders, the record, proxy, clock and disk.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::aliyun::cli::{self, AliyunCli};
use crate::aliyun::guard::diagnosis::{Check, Repair, check_writable};
use crate::aliyun::guard::preflight_cache;
use crate::context::Context;
use crate::error::Failure;
use crate::os::system;
use crate::settings::AiModeMethod;
use crate::storage::{self, Error, Fix, folder};

/// Less free space than this is a warning.
const MIN_FREE_BYTES: u64 = 100 * 1024 * 1024;
/// A file that is newer than the clock by this much shows that the clock is slow.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(60);
/// The variables with a proxy, which programs also read in lower case.
const PROXY_VARIABLES: [&str; 3] = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"];

/// Other programs named `aliyun` later in `PATH`.
pub fn shadowed(context: &Context, cli: &AliyunCli) -> Option<Check> {
    if context.settings.sandbox {
        return None;
    }
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let mut seen = HashSet::from([real(&cli.program)]);
    let others: Vec<String> = which::which_all("aliyun")
        .into_iter()
        .flatten()
        .filter(|path| seen.insert(real(path)))
        .map(|path| path.display().to_string())
        .collect();
    (!others.is_empty()).then(|| {
        Check::warning(
            "shadowed",
            format!("other programs with this name in PATH: {}", others.join(", ")),
            "remove the older one, or choose with --aliyun PATH",
        )
    })
}

/// Owner and permissions of the CLI's configuration folder.
pub fn configuration_folder(context: &Context, cli: &AliyunCli) -> Check {
    const NAME: &str = "configuration";
    let folder = &cli.config_folder;
    if !folder.exists() {
        let message = format!("{} does not exist", folder.display());
        return Check::warning(NAME, message, format!("{} configure", cli.shown));
    }
    // With `--ai-mode call`, nothing has to be written there.
    if context.settings.ai_mode == AiModeMethod::Switch
        && let Some(check) = check_writable(NAME, folder)
    {
        return check;
    }
    let config = folder.join("config.json");
    // Other users must not change the settings, nor read the keys in the file.
    let exposed = [(folder, 0o022, "go-w"), (&config, 0o077, "go=")];
    let found = exposed.into_iter().find(|(path, bits, _)| has_mode(path, *bits));
    match found {
        Some((path, _, change)) => Check::warning(
            NAME,
            format!("other users of this machine can access {}", path.display()),
            shell_words::join(["chmod", change, &path.display().to_string()]),
        ),
        None => Check::ok(NAME, folder.display().to_string()),
    }
}

/// The checks that do not need `aliyun`.
pub fn checks(context: &Context) -> Vec<Check> {
    let mut found = vec![proxy(|name| std::env::var(name).ok())];
    let folder = match storage::folder(&context.settings) {
        Ok(folder) => folder,
        Err(error) => {
            found.push(Check::failed("state", Failure::environment(format!("{error:#}"))));
            return found;
        }
    };
    found.push(clock(context, &folder));
    found.push(state_folder(context, &folder));
    found.push(record(context));
    found.push(disk(&folder));
    found.push(stale(&folder));
    found
}

/// Proxies are shown without their passwords.
fn proxy(variable: impl Fn(&str) -> Option<String>) -> Check {
    let mut shown = Vec::new();
    for name in PROXY_VARIABLES {
        let value = [name.to_string(), name.to_lowercase()].iter().find_map(|name| variable(name));
        let Some(value) = value.filter(|value| !value.is_empty()) else { continue };
        let (scheme, rest) = value.split_once("://").unwrap_or(("http", &value));
        let host = rest.split('/').next().unwrap_or_default();
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        if host.is_empty() || !["http", "https", "socks5", "socks5h"].contains(&scheme) {
            return Check::warning(
                "proxy",
                format!("{name} is not a URL"),
                format!("unset {name}"),
            );
        }
        shown.push(format!("{name}={scheme}://{host}"));
    }
    if shown.is_empty() {
        return Check::ok("proxy", "none");
    }
    Check::ok("proxy", format!("calls go through {}", shown.join(", ")))
}

/// The service rejects a request whose time differs by more than 15 minutes. Offline, only a clock
/// that is behind its own files can be noticed.
fn clock(context: &Context, folder: &Path) -> Check {
    let mut files = vec![folder.join("store.sqlite3"), folder.join("store.created")];
    files.extend(std::env::current_exe().ok());
    if let Ok(folder) = cli::config_folder(context.settings.sandbox) {
        files.extend(["config.json", "ai-mode.json"].map(|name| folder.join(name)));
    }
    let now = SystemTime::now();
    let newest = files.iter().filter_map(|path| path.metadata().ok()?.modified().ok()).max();
    let behind = newest.and_then(|newest| newest.duration_since(now).ok());
    match behind.filter(|behind| *behind > CLOCK_TOLERANCE) {
        Some(behind) => Check::warning(
            "clock",
            format!("behind by at least {} s: a file is newer than now", behind.as_secs()),
            "set the clock, for example with `timedatectl set-ntp true`",
        ),
        None => {
            Check::ok("clock", jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string())
        }
    }
}

fn state_folder(context: &Context, folder: &Path) -> Check {
    const NAME: &str = "state";
    if let Err(error) = system::check_own_folder(folder, true) {
        let failure = Failure::environment(format!("{error}"));
        return Check::failed(
            NAME,
            failure.hint(format!("set {} to a folder of your own", folder::VARIABLE)),
        );
    }
    if let Some(check) = check_writable(NAME, folder) {
        return check;
    }
    if has_mode(folder, 0o077) {
        return Check::warning(
            NAME,
            format!("other users of this machine can access {}", folder.display()),
            shell_words::join(["chmod", "go=", &folder.display().to_string()]),
        );
    }
    match storage::require_durable(&context.settings) {
        Ok(()) => Check::ok(NAME, folder.display().to_string()),
        // Only keys and batches need it.
        Err(error) => Check::warning(NAME, format!("{error:#}"), "--store or ALIMSG_STATE_DIR"),
    }
}

/// Reads the whole record of keys and batches.
fn record(context: &Context) -> Check {
    const NAME: &str = "record";
    let read = storage::open_existing(&context.settings).and_then(|store| {
        let Some(store) = store else { return Ok(None) };
        store.check()?;
        Ok(Some(store.keys()?.len()))
    });
    match read {
        Ok(None) => Check::ok(NAME, "nothing was sent from here yet"),
        Ok(Some(keys)) => Check::ok(NAME, format!("intact, {keys} idempotency keys")),
        Err(error) => {
            let repair = matches!(error, Error::Unreadable(_, Fix::Repair));
            let failure = Failure::environment(format!("{:#}", anyhow::Error::from(error)));
            let next = repair.then(|| "alimsg keys repair".to_string());
            Check::failed(NAME, failure.next_all(next))
        }
    }
}

fn disk(folder: &Path) -> Check {
    let existing = folder.ancestors().find(|path| path.exists());
    match existing.and_then(system::free_bytes) {
        Some(free) if free < MIN_FREE_BYTES => Check::warning(
            "disk",
            format!("only {} MiB are free at {}", free / (1024 * 1024), folder.display()),
            "free some space: a send is recorded before it starts",
        ),
        Some(free) => Check::ok("disk", format!("{} MiB free", free / (1024 * 1024))),
        None => Check::ok("disk", "unknown"),
    }
}

/// Files of runs that were killed, and caches that are too old to be used.
fn stale(folder: &Path) -> Check {
    let mut files: Vec<PathBuf> = storage::abandoned_leases(folder);
    files.extend(
        folder::folder().map(|folder| preflight_cache::expired(&folder)).unwrap_or_default(),
    );
    if files.is_empty() {
        return Check::ok("stale_files", "none");
    }
    let message = format!("{} files of killed or old runs", files.len());
    Check::repairable("stale_files", message, Repair::RemoveStaleFiles(files))
}

fn has_mode(path: &Path, bits: u32) -> bool {
    path.metadata().is_ok_and(|metadata| system::mode(&metadata) & bits != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aliyun::guard::diagnosis::Status;

    #[test]
    fn a_proxy_is_shown_without_its_password() {
        let with = |name: &'static str, value: &'static str| {
            proxy(move |asked| (asked == name).then(|| value.to_string()))
        };
        let check = with("https_proxy", "http://ann:geheim@proxy.example:3128/x");
        assert_eq!(check.message, "calls go through HTTPS_PROXY=http://proxy.example:3128");
        assert_eq!(with("ALL_PROXY", "proxy.example:3128").status, Status::Ok);
        assert_eq!(with("HTTP_PROXY", "ftp://x").status, Status::Warning);
        assert_eq!(with("NO_PROXY", "x").message, "none");
    }
}
