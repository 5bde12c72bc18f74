//! How the end of a process is detected, with a shell as the child.

#![cfg(unix)]

use crate::os::process::*;

fn sh(line: &str, limit: Duration) -> Output {
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

#[test]
fn a_process_is_killed_at_the_deadline_and_its_output_is_kept() {
    let output = sh("echo reply; sleep 30", Duration::from_millis(500));
    assert_eq!(output.end, Termination::TimedOut(Duration::from_millis(500)));
    assert_eq!(output.stdout, b"reply\n");
}

#[test]
fn output_that_another_process_holds_open_does_not_block() {
    let output = sh("echo reply; (sleep 30; echo late) & exit 0", Duration::from_secs(20));
    assert!(output.succeeded(), "{output:?}");
    assert_eq!(output.stdout, b"reply\n");
}

#[test]
fn output_in_the_pipe_at_the_deadline_is_read_completely() {
    // More than fits into a pipe, from a process that is killed.
    let output = sh("yes 0123456789 | head -c 3000000; sleep 30", Duration::from_secs(2));
    assert!(matches!(output.end, Termination::TimedOut(_)), "{:?}", output.end);
    assert_eq!(output.stdout.len(), 3_000_000);
}
