//! Runs a program on a pseudo-terminal, for prompts, tables and colours.
//!
//! It is not a controlling terminal, so Ctrl-C is an ordinary character here; tests send the signal
//! instead.

use std::fs::File;
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use super::WAIT_TIMEOUT;
use super::run::{Drain, Ran, kill, shown_arguments, wait_until};

pub struct Terminal {
    arguments: String,
    child: Child,
    keyboard: File,
    screen: Drain,
    /// The position in the plain text up to which [`Terminal::expect`] has matched.
    read: usize,
    since: Instant,
}

impl Terminal {
    /// Starts the command with stdin, stdout and stderr on a new terminal, 24 rows by 100 columns.
    pub fn start(command: Command) -> Self {
        Self::start_in(command, 100)
    }

    /// Like [`Self::start`], with this many columns.
    pub fn start_in(mut command: Command, columns: u16) -> Self {
        let since = Instant::now();
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
        // Some systems cannot set this flag in `openpt`.
        fcntl_setfd(&ours, FdFlags::CLOEXEC).expect("a pseudo-terminal");
        grantpt(&ours).expect("a pseudo-terminal");
        unlockpt(&ours).expect("a pseudo-terminal");
        let name = ptsname(&ours, Vec::new()).expect("the terminal's name");
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let theirs = rustix::fs::open(name, flags, Mode::empty()).expect("the terminal opens");
        let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&theirs, size).expect("the terminal's size");
        let arguments = shown_arguments(&command);
        let child = command
            .stdin(Stdio::from(theirs.try_clone().expect("a descriptor")))
            .stdout(Stdio::from(theirs.try_clone().expect("a descriptor")))
            .stderr(Stdio::from(theirs))
            .spawn()
            .expect("the program starts");
        // The command holds copies of the program's side. The output does not end while they are
        // open.
        drop(command);
        let keyboard = File::from(ours);
        let screen = Drain::from_reader(keyboard.try_clone().expect("a descriptor"));
        Self { arguments, child, keyboard, screen, read: 0, since }
    }

    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("a pid")
    }

    /// Sends a signal to this process alone.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.pid()).expect("a pid");
        kill_process(pid, signal).expect("the signal is sent");
    }

    /// Types the keys; the Enter key is `"\r"`.
    pub fn write(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("the terminal takes the keys");
    }

    /// Waits until the text is printed, after the match of the last `expect`. Ignores escape
    /// sequences, so every word may have its own colour.
    #[track_caller]
    pub fn expect(&mut self, text: &str) {
        let deadline = Instant::now() + WAIT_TIMEOUT;
        loop {
            let output = self.output();
            let unread = output.get(self.read..).unwrap_or_default();
            if let Some(at) = unread.find(text) {
                self.read += at + text.len();
                return;
            }
            assert!(Instant::now() < deadline, "timeout waiting for '{text}'; output: {output}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for the question and types the answer and the Enter key.
    #[track_caller]
    pub fn answer(&mut self, question: &str, answer: &str) {
        self.expect(question);
        self.write(&format!("{answer}\r"));
    }

    /// Waits for the question and this row of its list, and picks the row that the text finds.
    #[track_caller]
    pub fn pick(&mut self, question: &str, row: &str, text: &str) {
        self.expect(question);
        self.expect(row);
        for key in text.chars() {
            self.write_key(&key.to_string());
        }
        self.expect(text);
        self.write_key("\r");
    }

    /// Types a key when the program waits for one: the terminal itself echoes an earlier key.
    #[track_caller]
    fn write_key(&mut self, key: &str) {
        let deadline = Instant::now() + WAIT_TIMEOUT;
        while self.is_in_normal_mode() {
            let output = self.output();
            assert!(Instant::now() < deadline, "timeout before the key {key:?}; output: {output}");
            std::thread::sleep(Duration::from_millis(1));
        }
        self.write(key);
    }

    /// The output so far, without escape sequences.
    pub fn output(&self) -> String {
        plain(&self.screen.text())
    }

    /// Whether the terminal edits lines and echoes keys by itself, as it does for a shell.
    pub fn is_in_normal_mode(&self) -> bool {
        let normal = LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG;
        tcgetattr(&self.keyboard).expect("a mode").local_modes.contains(normal)
    }

    /// Waits for the exit. `stdout` contains the raw output.
    #[track_caller]
    pub fn wait(mut self) -> Ran {
        let Some(status) = wait_until(&mut self.child, Instant::now() + WAIT_TIMEOUT * 3) else {
            panic!("the program did not exit; output: {}", self.output());
        };
        let took = self.since.elapsed();
        // A watchdog may keep the terminal open a little longer; that is not an error here.
        self.screen.is_closed_within(Duration::from_secs(2));
        let arguments = std::mem::take(&mut self.arguments);
        Ran { arguments, status, stdout: self.screen.text(), stderr: String::new(), took }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        kill(&mut self.child);
    }
}

/// Removes the escape sequences that move the cursor or set colours. An incomplete sequence is
/// removed as well, so that the plain text only grows.
pub fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\u{1b}' {
            plain.push(c);
            continue;
        }
        match rest.next() {
            // ESC [ … letter
            Some('[') => {
                rest.find(|c| ('@'..='~').contains(c));
            }
            // ESC ] … BEL, or … ESC backslash
            Some(']') => {
                let mut last = ' ';
                rest.find(|&c| {
                    let is_end = c == '\u{7}' || (last == '\u{1b}' && c == '\\');
                    last = c;
                    is_end
                });
            }
            _ => {}
        }
    }
    plain
}
