//! Runs programs in a world.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{Ran, Running, Terminal, World, users};

impl World {
    /// alimsg with these arguments, an isolated environment and an empty stdin.
    pub fn alimsg(&self, arguments: &[&str]) -> Command {
        let mut command = self.program(Path::new(env!("CARGO_BIN_EXE_alimsg")));
        command.args(arguments);
        command
    }

    /// The stand-in itself, started as alimsg has to start `aliyun`.
    pub fn aliyun(&self, arguments: &[&str]) -> Command {
        use std::os::unix::process::CommandExt;

        let mut command = self.program(&self.path("bin/aliyun"));
        let (closed, writer) = std::io::pipe().expect("a pipe");
        drop(writer);
        command
            .args(arguments)
            .env("ALIBABA_CLOUD_CLI_PLUGIN_AUTO_INSTALL", "true")
            .env("ALIBABA_CLOUD_THROTTLING_RETRY_ENABLED", "false")
            .stdin(closed)
            .process_group(0);
        command
    }

    /// A shell command in which `"$0" "$@"` is alimsg with these arguments, for set-ups that need a
    /// shell, such as ignored signals and closed outputs.
    pub fn shell(&self, line: &str, arguments: &[&str]) -> Command {
        let mut command = self.program(Path::new("/bin/sh"));
        command.args(["-c", line, env!("CARGO_BIN_EXE_alimsg")]).args(arguments);
        command
    }

    /// alimsg as another user, who becomes the owner of all files of this world; see [`users`].
    pub fn alimsg_as(&self, user: u32, line: &str, arguments: &[&str]) -> Command {
        users::change_owner(self.folder.path(), user);
        let mut command = self.program(Path::new("/usr/bin/setpriv"));
        command
            .args([&format!("--reuid={user}"), &format!("--regid={user}")])
            .args(["--clear-groups", "--", "/bin/sh", "-c", line, env!("CARGO_BIN_EXE_alimsg")])
            .args(arguments);
        command
    }

    #[allow(clippy::disallowed_methods, reason = "the rule is about alimsg's own code")]
    pub fn program(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", self.path("bin").display()))
            .env("HOME", self.path("home"))
            .env("ALIMSG_STATE_DIR", self.path("state"))
            .env("STAND_IN_DIR", self.path("stand_in"))
            // Tests of the receipt lookup set their own time limit.
            .env("ALIMSG_LOOK_UP", "0")
            .env("LANG", "C.UTF-8")
            .env("TMPDIR", self.path("tmp"))
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs alimsg and waits for its exit.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.start(arguments).wait()
    }

    /// Runs alimsg with `input` on stdin (a pipe) and waits for its exit.
    pub fn run_with_stdin(&self, arguments: &[&str], input: &str) -> Ran {
        Running::start_with_stdin(self.alimsg(arguments), input).wait()
    }

    /// Starts alimsg without waiting for it.
    pub fn start(&self, arguments: &[&str]) -> Running {
        Running::start(self.alimsg(arguments))
    }

    /// Starts alimsg on a new terminal.
    pub fn terminal(&self, arguments: &[&str]) -> Terminal {
        let mut command = self.alimsg(arguments);
        command.env("TERM", "xterm-256color");
        Terminal::start(command)
    }

    /// Runs alimsg with a command line as a user types it, without `alimsg`.
    #[track_caller]
    pub fn run_line(&self, line: &str) -> Ran {
        let words = shell_words::split(line).expect(line);
        self.run(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Runs alimsg with these environment variables as well.
    pub fn run_with_env(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        let mut command = self.alimsg(arguments);
        command.envs(variables.iter().copied());
        Running::start(command).wait()
    }

    /// Runs a command that must be rejected before any process starts; returns the error.
    #[track_caller]
    pub fn run_rejected(&self, arguments: &[&str]) -> Value {
        let ran = self.run(&[arguments, &["--json"]].concat()).exits(2);
        assert!(self.processes().is_empty(), "{ran:#?} started {:?}", self.commands());
        let error = ran.json()["error"].take();
        assert_eq!((&error["kind"], &error["outcome"]), (&"usage".into(), &"not_sent".into()));
        assert!(error["hint"].is_string(), "{ran:#?}");
        error
    }
}
