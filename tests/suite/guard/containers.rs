//! alimsg as the first process of a container.

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::guard::messages::*;
use crate::support::{Running, World, can_be_listed, users};

#[test]
fn process_1_exits_with_128_plus_the_signal_number() {
    let flags = ["--pid", "--fork", "--mount-proc", "--kill-child"];
    if !can_be_listed() || !users::can_unshare(&flags) {
        return;
    }
    for signal in [Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT] {
        let world = World::new();
        world.script(json!([{ "match": ["dysmsapi"], "held": true }]));
        let line = format!(r#"exec unshare {} "$0" "$@""#, flags.join(" "));
        let running = Running::start(world.shell(&line, &SMS));
        world.wait_for_command("dysmsapi send-sms");
        let processes = world.running();
        let first = processes.iter().find(|one| one.name == "alimsg" && !one.is_watchdog);
        let first = first.unwrap_or_else(|| panic!("{processes:#?}"));
        let pid = Pid::from_raw(first.pid).expect("a pid");
        kill_process(pid, signal).expect("the signal is sent");
        running.wait_for_stderr("waiting for the running call");
        world.release();
        let ran = running.wait();
        assert_eq!(ran.exit(), 128 + signal.as_raw(), "{ran:#?}");
        assert_eq!(ran.json()["data"]["status"], "accepted", "{ran:#?}");
        assert_eq!(ran.json()["ai_mode_disabled"], true, "{ran:#?}");
        assert_eq!(world.ai_mode(), Some(false));
        assert!(world.violations().is_empty(), "{:#?}", world.violations());
    }
}
