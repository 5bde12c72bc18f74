//! How the end of a process is detected, with a shell as the child.

#![cfg(unix)]

use crate::os::process::*;

type Run = fn(&Launch<'_>) -> io::Result<Output>;

/// The ways to run a process: the usual one, the one without a file for the process, and the one for
/// other systems.
const WAYS: [Run; 3] = [run, |launch| poll::run_with(launch, |_| None), threads::run];

fn sh(run: Run, line: &str, limit: Duration) -> Output {
    let args = ["-c".to_string(), line.to_string()];
    let launch = Launch {
        program: Path::new("/bin/sh"),
        args: &args,
        set_env: &[],
        remove_env: &[],
        limit,
        options: &SpawnOptions::default(),
    };
    run(&launch).expect("a shell")
}

#[test]
fn an_exit_that_is_noticed_after_the_deadline_is_an_exit() {
    let child = command(OsStr::new("/bin/sh")).args(["-c", "exit 3"]).spawn().expect("a shell");
    let pid = child.id();
    system::await_exit(pid);
    let deadline = Instant::now();
    let mut running =
        Running { child, killed: None, exited: false, group_ended: false, open: 2, deadline };
    assert!(running.on_deadline(Duration::from_secs(1)), "the outputs are still to be read");
    assert!(running.deadline > Instant::now());
    // The event that reports the exit comes late and changes nothing.
    running.on_exit(false);
    match running.reap().expect("an end") {
        Termination::Exited(status) => assert_eq!(status.code(), Some(3)),
        other => panic!("{other:?}"),
    }
}

/// Checks every way at the same time.
fn in_every_way(check: impl Fn(Run) + Sync) {
    let check = &check;
    std::thread::scope(|scope| {
        for way in WAYS {
            scope.spawn(move || check(way));
        }
    });
}

#[test]
fn a_process_is_killed_at_the_deadline_and_its_output_is_kept() {
    in_every_way(|run| {
        let output = sh(run, "echo reply; sleep 30", Duration::from_millis(1_500));
        assert_eq!(output.end, Termination::TimedOut(Duration::from_millis(1_500)));
        assert_eq!(output.stdout, b"reply\n");
    });
}

#[test]
fn both_outputs_and_the_exit_code_are_returned() {
    in_every_way(|run| {
        let output = sh(run, "echo out; echo err >&2; exit 3", Duration::from_secs(20));
        assert!(matches!(output.end, Termination::Exited(status) if status.code() == Some(3)));
        assert_eq!((&output.stdout[..], &output.stderr[..]), (&b"out\n"[..], &b"err\n"[..]));
        assert!(!output.stdout_truncated);
    });
}

#[test]
fn a_process_that_closes_its_outputs_is_awaited() {
    in_every_way(|run| {
        let output = sh(run, "exec >&- 2>&-; sleep 0.3; exit 4", Duration::from_secs(20));
        assert!(matches!(output.end, Termination::Exited(status) if status.code() == Some(4)));
    });
}

#[test]
fn endless_output_does_not_prevent_the_kill() {
    in_every_way(|run| {
        let output = sh(run, "yes 0123456789 & yes abc >&2", Duration::from_millis(1_500));
        assert!(matches!(output.end, Termination::TimedOut(_)), "{:?}", output.end);
        assert!(output.stdout.starts_with(b"0123456789\n") && output.stderr.starts_with(b"abc\n"));
        assert!(output.stderr.len() <= STDERR_LIMIT);
    });
}

#[test]
fn output_that_another_process_holds_open_does_not_block() {
    in_every_way(|run| {
        let line = "echo reply; (sleep 30; echo late) & exit 0";
        let output = sh(run, line, Duration::from_secs(20));
        assert!(output.succeeded(), "{output:?}");
        assert_eq!(output.stdout, b"reply\n");
    });
}

#[test]
fn after_a_kill_from_elsewhere_the_output_of_the_group_is_awaited() {
    in_every_way(|run| {
        let line = "(sleep 1; echo reply) & kill -9 $$";
        let output = sh(run, line, Duration::from_secs(20));
        let Termination::Exited(status) = output.end else { panic!("{:?}", output.end) };
        assert_eq!(system::ending_signal(status), Some(9));
        assert_eq!(output.stdout, b"reply\n");
    });
}

#[test]
fn output_in_the_pipe_at_the_deadline_is_read_completely() {
    in_every_way(|run| {
        // More than fits into a pipe, from a process that is killed.
        let line = "yes 0123456789 | head -c 3000000; sleep 30";
        let output = sh(run, line, Duration::from_secs(3));
        assert!(matches!(output.end, Termination::TimedOut(_)), "{:?}", output.end);
        assert_eq!(output.stdout.len(), 3_000_000);
    });
}
