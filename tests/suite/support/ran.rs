//! Programs that a test starts, and what became of them.

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// No run of a test takes longer; what does hangs.
const LIMIT: Duration = Duration::from_secs(60);
/// How long the output may stay open after the program itself has ended.
const LINGER: Duration = Duration::from_secs(10);

/// The end of a program.
#[derive(Debug)]
pub struct Ran {
    pub status: ExitStatus,
    /// On a terminal: everything that was shown, escape sequences included.
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

impl Ran {
    /// The exit code of a program that ended by itself.
    #[track_caller]
    pub fn exit(&self) -> i32 {
        match self.status.code() {
            Some(code) => code,
            None => panic!("ended by signal {:?}: {self:#?}", self.signal()),
        }
    }

    /// The signal that ended the program.
    pub fn signal(&self) -> Option<i32> {
        self.status.signal()
    }

    /// Standard output, which has to be exactly one JSON object.
    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_str(&self.stdout) {
            Ok(value @ Value::Object(_)) => value,
            other => panic!("stdout is not exactly one JSON object ({other:?}): {self:#?}"),
        }
    }

    /// Standard output, which has to be one JSON object a line.
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

/// A program that was started and not waited for; ended when dropped, and nothing but it.
pub struct Running {
    child: Child,
    stdout: Drain,
    stderr: Drain,
    since: Instant,
}

impl Running {
    /// Starts the command with both outputs captured; its stdin stays as the command has it.
    pub fn start(mut command: Command) -> Self {
        let since = Instant::now();
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let stdout = Drain::of(child.stdout.take().expect("a pipe"));
        let stderr = Drain::of(child.stderr.take().expect("a pipe"));
        Self { child, stdout, stderr, since }
    }

    /// Starts the command and feeds it `input`, then the end of the file.
    pub fn start_with_stdin(mut command: Command, input: &str) -> Self {
        command.stdin(Stdio::piped());
        let mut running = Self::start(command);
        let mut stdin = running.child.stdin.take().expect("a pipe");
        let input = input.to_owned();
        // On its own thread: the program need not read all of it, or any.
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

    /// Whether it has ended by now.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("the child can be waited for").is_some()
    }

    /// What it has printed so far.
    pub fn stdout_so_far(&self) -> String {
        self.stdout.text()
    }

    pub fn stderr_so_far(&self) -> String {
        self.stderr.text()
    }

    /// Waits for the end, with a limit.
    #[track_caller]
    pub fn wait(mut self) -> Ran {
        let status = match end_of(&mut self.child, self.since + LIMIT) {
            Some(status) => status,
            None => panic!(
                "did not end in {LIMIT:?}; stdout: {} stderr: {}",
                self.stdout.text(),
                self.stderr.text()
            ),
        };
        let took = self.since.elapsed();
        let (stdout, stderr) = (self.stdout.finish("stdout"), self.stderr.finish("stderr"));
        Ran { status, stdout, stderr, took }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// The child's status once it has ended; `None` if it has not by then.
pub fn end_of(child: &mut Child, deadline: Instant) -> Option<ExitStatus> {
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

/// Ends a child that is still there, and collects it.
pub fn end(child: &mut Child) {
    if matches!(child.try_wait(), Ok(None)) {
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// Reads one output on a thread of its own, so that a full pipe never stops the program.
pub struct Drain {
    bytes: Arc<Mutex<Vec<u8>>>,
    finished: Receiver<()>,
}

impl Drain {
    pub fn of(mut source: impl Read + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let (sender, finished) = channel();
        let shared = Arc::clone(&bytes);
        thread::spawn(move || {
            let mut buffer = [0_u8; 8192];
            // A terminal whose other side is gone answers with an error instead of an end.
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

    /// Waits a while for the end of the output; false if somebody still holds it open.
    pub fn is_closed_within(&self, limit: Duration) -> bool {
        self.finished.recv_timeout(limit).is_ok()
    }

    /// Everything that was printed. Output that stays open after its program has ended would
    /// hang every `$(alimsg …)` of a shell: that is a fault of its own.
    #[track_caller]
    fn finish(&self, name: &str) -> String {
        let text = || self.text();
        assert!(self.is_closed_within(LINGER), "a left-over process holds {name}: {}", text());
        text()
    }
}
