//! Points at which a test can make the program crash.
//!
//! They exist in debug builds only. `ALIMSG_FAULT=point=panic` and `ALIMSG_FAULT=point=kill` make
//! the program crash at a point; `ALIMSG_FAULT_TRACE=file` lists the points that a run passes, so
//! that a test can crash at each of them without knowing their names.

#[cfg(debug_assertions)]
use crate::os::role::Role;

/// Marks a point between two steps.
#[cfg(debug_assertions)]
#[allow(clippy::panic, reason = "a test requests the panic")]
pub fn point(name: &str) {
    if let Some(trace) = std::env::var_os("ALIMSG_FAULT_TRACE") {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(trace);
        if let Ok(mut file) = file {
            let _ = std::io::Write::write_all(&mut file, format!("{name}\n").as_bytes());
        }
    }
    // Only the run crashes, not its watchdog, which inherits the environment.
    if !matches!(Role::from_env(), Role::User) {
        return;
    }
    let Ok(fault) = std::env::var("ALIMSG_FAULT") else { return };
    match fault.split_once('=') {
        Some((point, "panic")) if point == name => {
            // The report of a panic includes only static texts.
            let text: &'static str = format!("fault injected at {name}").leak();
            std::panic::panic_any(text)
        }
        #[cfg(unix)]
        Some((point, "kill")) if point == name => {
            let _ = rustix::process::kill_process(
                rustix::process::getpid(),
                rustix::process::Signal::KILL,
            );
        }
        _ => {}
    }
}

#[cfg(not(debug_assertions))]
pub fn point(_name: &str) {}
