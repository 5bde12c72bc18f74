//! The watchdog: ready before ai-mode is switched on, limited in time, and harmless to processes
//! that do not belong to the call.

use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::guard::messages::*;
use crate::support::{Running, World, can_be_listed, users};

#[test]
fn with_a_process_limit_ai_mode_is_only_switched_on_if_it_can_be_switched_off() {
    if !can_be_listed() {
        return;
    }
    let mut outcomes = Vec::new();
    for limit in 1..=12 {
        // The limit counts all processes of a user, so each case has its own user.
        let Some(user) = users::another_user() else { return };
        let world = warm();
        let line = format!(r#"exec prlimit --nproc={limit} "$0" "$@""#);
        let ran = Running::start(world.alimsg_as(user, &line, &SMS)).wait();
        assert!(!ran.stderr.contains("panicked"), "{limit}: {ran:#?}");
        let sent = world.sent().len() - 1;
        match ran.exit() {
            0 => assert_accepted(&ran),
            _ => {
                let json = ran.json();
                assert_eq!((ran.exit(), sent), (3, 0), "{limit}: {ran:#?}");
                assert_eq!(json["error"]["outcome"], "not_sent", "{limit}: {json:#}");
                assert!(json["error"]["hint"].is_string(), "{limit}: {json:#}");
            }
        }
        outcomes.push(ran.exit());
        world.wait_for_quiet();
        assert_ne!(world.ai_mode(), Some(true), "{limit}: {ran:#?}");
        assert_eq!(ran.json()["ai_mode_disabled"], true, "{limit}: {ran:#?}");
        assert!(!ran.stderr.contains("a watchdog keeps trying"), "{limit}: {ran:#?}");
    }
    assert!(outcomes.contains(&0) && outcomes.contains(&3), "{outcomes:?}");
}

#[test]
fn a_stopped_watchdog_does_not_block_the_run() {
    if !can_be_listed() {
        return;
    }
    let world = World::new();
    world.script(json!([{ "match": ["dysmsapi"], "held": true }]));
    let running = world.start(&SMS);
    world.wait_for_command("dysmsapi send-sms");
    let watchdogs = world.watchdogs();
    assert_eq!(watchdogs.len(), 1, "{watchdogs:#?}");
    signal(watchdogs[0].pid, Signal::STOP);
    world.release();
    let ran = running.wait();
    assert_accepted(&ran);
    assert_eq!(ran.json()["ai_mode_disabled"], true);
    assert!(world.running().is_empty(), "{:#?}", world.running());
    world.assert_clean();
}

#[test]
fn a_watchdog_is_ready_before_ai_mode_is_switched_on() {
    if !can_be_listed() {
        return;
    }
    let world = warm();
    let before = world.processes().len();
    world.script(json!([{ "match": ["configure", "ai-mode", "enable"], "held": true }]));
    let running = world.start(&SMS);
    world.wait_until("enable runs", || world.processes().len() == before + 1);
    let watchdogs = world.watchdogs();
    assert_eq!(watchdogs.len(), 1, "{watchdogs:#?}");
    // A ready watchdog ignores the signals that end the run.
    signal(watchdogs[0].pid, Signal::TERM);
    running.signal(Signal::KILL);
    running.wait();
    world.release();
    world.wait_for_quiet();
    assert_eq!(world.ai_mode(), Some(false));
    world.assert_clean();
}

#[test]
fn a_watchdog_starts_while_the_call_is_prepared() {
    if !can_be_listed() {
        return;
    }
    for (mode, watchdogs) in [("switch", 1), ("call", 0)] {
        let world = World::new();
        world.script(json!([{ "match": ["version"], "held": true }]));
        let running = world.start(&with(&SMS, &["--ai-mode", mode]));
        world.wait_for_command("version");
        assert_eq!(world.watchdogs().len(), watchdogs, "{mode}: {:#?}", world.running());
        // It has nothing to switch off yet, so it ends with the run.
        running.signal(Signal::KILL);
        running.wait();
        world.release();
        world.wait_for_quiet();
        assert_eq!(world.commands(), ["version"], "{mode}");
        assert_eq!(world.ai_mode(), None, "{mode}");
    }
}

fn signal(pid: i32, signal: Signal) {
    kill_process(Pid::from_raw(pid).expect("a pid"), signal).expect("the signal is sent");
}

/// A process in its own group that does not belong to alimsg; killed when dropped.
struct Bystander(Child);

impl Bystander {
    #[allow(clippy::disallowed_methods, reason = "the rule is about alimsg's own code")]
    fn start() -> Self {
        Self(Command::new("sleep").arg("60").process_group(0).spawn().expect("a process"))
    }

    fn has_ended(&mut self) -> bool {
        self.0.try_wait().expect("the process can be waited for").is_some()
    }

    /// The start time in clock ticks since boot, from `/proc`.
    fn start_time(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id())).expect("stat");
        let mut fields = stat.rsplit_once(')').expect("a name").1.split_whitespace();
        fields.nth(19).and_then(|time| time.parse().ok()).expect("a start time")
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs the watchdog of a run that was killed while a call ran in that group.
fn watch_hanging_call(world: &World, call: &str) {
    watch_hanging_calls(world, &[&format!("calling {call}")]);
}

/// Runs the watchdog of a run that reported these calls and was then killed. The calls hold the
/// lease for longer than their timeout of one second.
fn watch_hanging_calls(world: &World, reports: &[&str]) {
    let lease = world.path("home/.aliyun/.alimsg/leases/of-a-killed-run");
    std::fs::create_dir_all(lease.parent().expect("a folder")).expect("the leases");
    let held = std::fs::File::create(&lease).expect("a lease");
    held.lock().expect("the lock of a lease");
    let configuration = json!({
        "lease": lease,
        "cli": {
            "program": world.path("bin/aliyun"), "shown": "aliyun", "hidden": [],
            "config_folder": world.path("home/.aliyun"),
            "plugins_folder": world.path("home/.aliyun/plugins"),
            "environment": [["ALIBABA_CLOUD_CLI_PLUGIN_AUTO_INSTALL", "true"]],
            "limit": { "secs": 1, "nanos": 0 },
        },
    });
    let mut command = world.alimsg(&[]);
    command.env("ALIMSG_INTERNAL_ROLE", "watchdog").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut watchdog = command.spawn().expect("a watchdog");
    let mut input = watchdog.stdin.take().expect("a pipe");
    writeln!(input, "{configuration}").expect("its configuration");
    let mut answer = String::new();
    let mut output = BufReader::new(watchdog.stdout.take().expect("a pipe"));
    output.read_line(&mut answer).expect("an answer");
    assert_eq!(answer, "ready\n");
    reports.iter().for_each(|report| writeln!(input, "{report}").expect("a report"));
    drop(input);
    world.wait_until("the watchdog has ended", || {
        watchdog.try_wait().expect("it can be waited for").is_some()
    });
}

#[test]
fn a_watchdog_kills_only_the_process_group_of_the_call() {
    if !can_be_listed() {
        return;
    }
    let mut bystander = Bystander::start();
    let (pid, started) = (bystander.0.id(), bystander.start_time());
    // The pid was the call's and is now the bystander's, or nothing proves whose pid it is.
    for call in [format!("{pid} {}", started - 1), pid.to_string()] {
        let world = World::new();
        world.set_ai_mode(true, SMS_AGENT);
        watch_hanging_call(&world, &call);
        assert!(!bystander.has_ended(), "{call}");
        assert_eq!(world.ai_mode(), Some(false), "{call}");
        world.assert_clean();
    }
    // With the right start time it is the call, and is killed.
    watch_hanging_call(&World::new(), &format!("{pid} {started}"));
    assert!(bystander.has_ended());
}

#[test]
fn a_watchdog_kills_every_call_that_has_not_ended() {
    if !can_be_listed() {
        return;
    }
    let mut processes: Vec<Bystander> = (0..4).map(|_| Bystander::start()).collect();
    let groups: Vec<String> = processes
        .iter()
        .map(|process| format!("{} {}", process.0.id(), process.start_time()))
        .collect();
    let calling = |call: usize| format!("calling {}", groups[call]);
    let leaders: Vec<u32> = processes.iter().map(|process| process.0.id()).collect();
    let ended = |call: usize| format!("ended {}", leaders[call]);
    let reports = [
        calling(0),
        calling(1),
        ended(0),
        calling(2),
        calling(3),
        "ended".to_string(),
        "unknown line".to_string(),
    ];
    let world = World::new();
    watch_hanging_calls(&world, &reports.each_ref().map(String::as_str));
    let dead: Vec<bool> = processes.iter_mut().map(Bystander::has_ended).collect();
    assert_eq!(dead, [false, true, true, true]);
    world.assert_clean();
}

#[test]
fn after_a_kill_of_a_batch_no_hanging_call_survives_its_timeout() {
    if !can_be_listed() {
        return;
    }
    let world = World::new();
    world.script(json!([{
        "match": ["dysmsapi", "send-sms"], "delay_ms": 120_000, "ignore_sigterm": true,
    }]));
    // Rows with their own ID are calls of their own.
    let rows = world
        .file("rows.csv", "phone,code,out_id\n13800001001,1,a\n13800001002,2,b\n13800001003,3,c\n");
    let batch = ["sms", "batch", &rows, "-s", "Acme", "-t", "SMS_1", "--map", "code=code"];
    let running = world.start(&with(&batch, &["--yes", "--json", "--timeout", "2"]));
    let sends = || calls(&world).into_iter().filter(|call| call.argv[1] == "send-sms").count();
    world.wait_until("all calls run", || sends() == 3);
    running.signal(Signal::KILL);
    running.wait();
    world.wait_until("ai-mode is off", || world.ai_mode() == Some(false));
    world.assert_clean();
    assert!(world.running().is_empty(), "{:#?}", world.running());
}

#[test]
fn runs_that_compete_for_the_last_processes_leave_ai_mode_off() {
    if !can_be_listed() {
        return;
    }
    for limit in [14, 20, 26] {
        let Some(user) = users::another_user() else { return };
        let world = warm();
        world.write_delay_ms(5);
        let line = format!(r#"exec prlimit --nproc={limit} "$0" "$@""#);
        let runs: Vec<Running> =
            (0..6).map(|_| Running::start(world.alimsg_as(user, &line, &SMS))).collect();
        for running in runs {
            let ran = running.wait();
            assert!(!ran.stderr.contains("panicked"), "{limit}: {ran:#?}");
            assert!([0, 3, 7].contains(&ran.exit()), "{limit}: {ran:#?}");
        }
        // If no process was left for `disable`, the watchdogs keep trying.
        world.wait_for_quiet();
        assert_ne!(world.ai_mode(), Some(true), "{limit}: {:?}", world.commands());
        assert!(world.sent().len() <= 7);
    }
}
