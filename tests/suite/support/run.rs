//! Runs programs and captures their output.

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::WAIT_TIMEOUT;

/// A program that runs longer counts as hanging; far above what a busy machine needs.
const LIMIT: Duration = Duration::from_secs(300);
/// How long the output may stay open after the program has exited.
const OUTPUT_LIMIT: Duration = Duration::from_secs(10);

/// Exit status and output of a program.
#[derive(Debug)]
pub struct Ran {
    /// The arguments, for failure messages.
    pub arguments: String,
    pub status: ExitStatus,
    /// On a terminal: everything that was printed, including escape sequences.
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

impl Ran {
    /// The exit code. Panics if a signal ended the program.
    #[track_caller]
    pub fn exit(&self) -> i32 {
        match self.status.code() {
            Some(code) => code,
            None => panic!("ended by signal {:?}: {self:#?}", self.signal()),
        }
    }

    /// Asserts the exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.exit(), code, "{self:#?}");
        self
    }

    /// The signal that ended the program, if any.
    pub fn signal(&self) -> Option<i32> {
        self.status.signal()
    }

    /// Parses stdout, which must be exactly one JSON object.
    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_str(&self.stdout) {
            Ok(value @ Value::Object(_)) => value,
            other => panic!("stdout is not exactly one JSON object ({other:?}): {self:#?}"),
        }
    }

    /// The product calls that a dry run lists, without the program name.
    #[track_caller]
    pub fn planned_calls(&self) -> Vec<Vec<String>> {
        let json = self.json();
        let commands = json["commands"].as_array().expect("commands").iter();
        let calls = commands.filter(|command| command["phase"] == "call");
        let words = |call: &Value| -> Vec<String> {
            serde_json::from_value(call["argv"].clone()).expect("words")
        };
        calls.map(|call| words(call)[1..].to_vec()).collect()
    }

    /// The names of the product calls that a dry run lists: `send-sms`.
    #[track_caller]
    pub fn planned_names(&self) -> Vec<String> {
        self.planned_calls().into_iter().map(|call| call[1].clone()).collect()
    }

    /// Parses stdout, which must be one JSON object per line.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<Value> {
        self.stdout
            .lines()
            .map(|line| match serde_json::from_str(line) {
                Ok(value @ Value::Object(_)) => value,
                other => panic!("'{line}' is not one JSON object ({other:?}): {self:#?}"),
            })
            .collect()
    }
}

/// A running program. Drop kills it, but not its children.
pub struct Running {
    arguments: String,
    child: Child,
    stdout: Drain,
    stderr: Drain,
    since: Instant,
}

impl Running {
    /// Starts the command with both outputs captured; its stdin stays as the command has it.
    pub fn start(mut command: Command) -> Self {
        let since = Instant::now();
        let arguments = shown_arguments(&command);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let stdout = Drain::from_reader(child.stdout.take().expect("a pipe"));
        let stderr = Drain::from_reader(child.stderr.take().expect("a pipe"));
        Self { arguments, child, stdout, stderr, since }
    }

    /// Starts the command with `input` on stdin, then closes stdin.
    pub fn start_with_stdin(mut command: Command, input: &str) -> Self {
        command.stdin(Stdio::piped());
        let mut running = Self::start(command);
        let mut stdin = running.child.stdin.take().expect("a pipe");
        let input = input.to_owned();
        // On a separate thread: the program may not read all of it.
        thread::spawn(move || {
            let _ = stdin.write_all(input.as_bytes());
        });
        running
    }

    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("a pid")
    }

    /// Sends a signal to this process alone.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.pid()).expect("a pid");
        kill_process(pid, signal).expect("the signal is sent");
    }

    /// Sends the signal until the program has ended: two equal signals at the same time count as
    /// one.
    pub fn signal_until_ended(mut self, signal: Signal) -> Ran {
        while !self.has_ended() {
            self.signal(signal);
            thread::sleep(Duration::from_millis(100));
        }
        self.wait()
    }

    /// Whether it has exited.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("the child can be waited for").is_some()
    }

    /// The output so far.
    pub fn stdout_so_far(&self) -> String {
        self.stdout.text()
    }

    pub fn stderr_so_far(&self) -> String {
        self.stderr.text()
    }

    /// Waits until stderr contains the text.
    #[track_caller]
    pub fn wait_for_stderr(&self, text: &str) {
        let deadline = Instant::now() + WAIT_TIMEOUT;
        while !self.stderr_so_far().contains(text) {
            let seen = self.stderr_so_far();
            assert!(Instant::now() < deadline, "timeout waiting for '{text}'; stderr: {seen}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for the exit; panics after [`LIMIT`].
    #[track_caller]
    pub fn wait(mut self) -> Ran {
        let status = match wait_until(&mut self.child, self.since + LIMIT) {
            Some(status) => status,
            None => panic!(
                "did not exit within {LIMIT:?}; stdout: {} stderr: {}",
                self.stdout.text(),
                self.stderr.text()
            ),
        };
        let took = self.since.elapsed();
        let (stdout, stderr) = (self.stdout.finish("stdout"), self.stderr.finish("stderr"));
        let arguments = std::mem::take(&mut self.arguments);
        let words = shell_words::split(&arguments).expect("the arguments");
        super::suggestions::check(&words, &stdout, &stderr);
        super::schema::check(&words, &stdout, status.code());
        Ran { arguments, status, stdout, stderr, took }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        kill(&mut self.child);
    }
}

/// The arguments as typed in a shell.
pub fn shown_arguments(command: &Command) -> String {
    shell_words::join(command.get_args().map(|argument| argument.to_string_lossy()))
}

/// Waits for the child's exit; `None` if it is still running at the deadline.
pub fn wait_until(child: &mut Child, deadline: Instant) -> Option<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait().expect("the child can be waited for") {
            return Some(status);
        }
        if Instant::now() > deadline {
            return None;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// Kills the child if it is still running, and reaps it.
pub fn kill(child: &mut Child) {
    if matches!(child.try_wait(), Ok(None)) {
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// Reads one output on a separate thread, so that a full pipe never blocks the program.
pub struct Drain {
    bytes: Arc<Mutex<Vec<u8>>>,
    finished: Receiver<()>,
}

impl Drain {
    pub fn from_reader(mut source: impl Read + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let (sender, finished) = channel();
        let shared = Arc::clone(&bytes);
        thread::spawn(move || {
            let mut buffer = [0_u8; 8192];
            // A terminal whose other side is closed returns an error instead of end of file.
            while let Ok(count @ 1..) = source.read(&mut buffer) {
                shared.lock().expect("the bytes").extend_from_slice(&buffer[..count]);
            }
            let _ = sender.send(());
        });
        Self { bytes, finished }
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().expect("the bytes")).into_owned()
    }

    /// Waits for the end of the output; false if a process still holds it open after `limit`.
    pub fn is_closed_within(&self, limit: Duration) -> bool {
        self.finished.recv_timeout(limit).is_ok()
    }

    /// The complete output. Panics if it stays open after the program has exited: `$(alimsg …)` in a
    /// shell would hang.
    #[track_caller]
    fn finish(&self, name: &str) -> String {
        let text = || self.text();
        assert!(
            self.is_closed_within(OUTPUT_LIMIT),
            "another process holds {name} open: {}",
            text()
        );
        text()
    }
}
