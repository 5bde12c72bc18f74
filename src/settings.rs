//! The flags of every command, resolved: what the command line, the environment and the terminal
//! say together.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};

/// Whose credentials count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Credentials {
    // Plain comments: a help page of one line a flag is easier to read.
    // As the CLI does it: a profile wins, exported credentials fill what it leaves empty.
    Auto,
    // Exported credentials alone; the profiles are ignored.
    Env,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    Auto,
    Always,
    Never,
}

/// As given on the command line or in the environment.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Flags on every command")]
pub struct GlobalFlags {
    /// Profile of aliyun that sends and pays [default: its current one]
    #[arg(
        long,
        global = true,
        env = "ALIMSG_PROFILE",
        hide_env_values = true,
        value_name = "NAME"
    )]
    pub profile: Option<String>,

    /// Region of the product calls [default: the profile's]
    #[arg(
        long,
        short,
        global = true,
        env = "ALIMSG_REGION",
        hide_env_values = true,
        value_name = "ID"
    )]
    pub region: Option<String>,

    /// auto: a profile wins over exported credentials, as in aliyun; env: the exported ones alone
    #[arg(
        long,
        global = true,
        env = "ALIMSG_CREDENTIALS",
        hide_env_values = true,
        value_name = "WHOSE",
        value_enum,
        default_value = "auto"
    )]
    pub credentials: Credentials,

    /// Print one JSON object on stdout, also for errors
    #[arg(long, global = true, env = "ALIMSG_JSON", hide_env_values = true, value_parser = FalseyValueParser::new())]
    pub json: bool,

    /// Send or delete without asking (has no environment variable: consent is never ambient)
    #[arg(long, short, global = true)]
    pub yes: bool,

    /// Print what would run; start no process
    #[arg(long, global = true, env = "ALIMSG_DRY_RUN", hide_env_values = true, value_parser = FalseyValueParser::new())]
    pub dry_run: bool,

    /// Never prompt
    #[arg(long, global = true, env = "ALIMSG_NO_INPUT", hide_env_values = true, value_parser = FalseyValueParser::new())]
    pub no_input: bool,

    /// Limit for one aliyun process, in seconds
    #[arg(long, global = true, env = "ALIMSG_TIMEOUT", hide_env_values = true, value_name = "SECS", default_value = "60",
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: u64,

    /// The aliyun to use [default: the one in PATH]
    #[arg(long, global = true, env = "ALIMSG_ALIYUN", hide_env_values = true, value_name = "PATH")]
    pub aliyun: Option<String>,

    /// Use the built-in simulator in the place of aliyun: no account, no network, nothing sent
    #[arg(long, global = true, env = "ALIMSG_SANDBOX", hide_env_values = true, value_parser = FalseyValueParser::new())]
    pub sandbox: bool,

    /// In tab-separated output, put a ' in front of cells that a spreadsheet would run as a formula
    #[arg(long, global = true, env = "ALIMSG_SPREADSHEET_SAFE", hide_env_values = true,
          value_parser = FalseyValueParser::new())]
    pub spreadsheet_safe: bool,

    /// Print no notes on stderr
    #[arg(long, short, global = true, env = "ALIMSG_QUIET", hide_env_values = true, value_parser = FalseyValueParser::new())]
    pub quiet: bool,

    /// Show every aliyun command on stderr, message variables hidden
    #[arg(long, short, global = true, env = "ALIMSG_VERBOSE", hide_env_values = true,
          value_parser = FalseyValueParser::new())]
    pub verbose: bool,

    /// Colours on stderr
    #[arg(
        long,
        global = true,
        env = "ALIMSG_COLOR",
        hide_env_values = true,
        value_name = "WHEN",
        value_enum,
        default_value = "auto"
    )]
    pub color: ColorWhen,
}

/// What they come to.
#[derive(Debug, Clone)]
pub struct Settings {
    pub profile: Option<String>,
    pub region: Option<String>,
    pub credentials: Credentials,
    pub yes: bool,
    pub dry_run: bool,
    /// Someone is there to be asked.
    pub interactive: bool,
    pub timeout: Duration,
    pub aliyun: Option<PathBuf>,
    pub sandbox: bool,
}

impl Settings {
    /// A command to type next: with the flags that make it look where this run looked, behind it.
    pub fn rerun_command(&self, command: &str) -> String {
        if !command.starts_with("alimsg ")
            || command.ends_with(" --help")
            || command.contains(" --sandbox ")
        {
            return command.to_string();
        }
        let mut flags = Vec::new();
        if self.sandbox {
            flags.push("--sandbox".to_string());
        }
        let aliyun = self.aliyun.as_ref().map(|path| path.display().to_string());
        for (flag, value) in
            [("--profile", &self.profile), ("--region", &self.region), ("--aliyun", &aliyun)]
        {
            flags.extend(value.iter().flat_map(|value| [flag.to_string(), value.clone()]));
        }
        if self.credentials == Credentials::Env {
            flags.extend(["--credentials", "env"].map(String::from));
        }
        if flags.is_empty() {
            return command.to_string();
        }
        format!("{command} {}", shell_words::join(flags))
    }
}

impl From<GlobalFlags> for Settings {
    fn from(flags: GlobalFlags) -> Self {
        let at_terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        Self {
            // The sandbox has one account, its own; a script that names another one is rehearsed
            // all the same.
            profile: flags.profile.filter(|_| !flags.sandbox),
            region: flags.region,
            credentials: if flags.sandbox { Credentials::Auto } else { flags.credentials },
            yes: flags.yes,
            dry_run: flags.dry_run,
            interactive: at_terminal && !flags.no_input,
            timeout: Duration::from_secs(flags.timeout),
            aliyun: flags.aliyun.map(PathBuf::from),
            sandbox: flags.sandbox,
        }
    }
}
