//! Flags that every command accepts, from the command line or the environment.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::FalseyValueParser;

use crate::output::{ColorWhen, ScreenOptions};
use crate::settings::{AiModeMethod, Credentials, Settings, StoreUrl};

/// The global flags as the user gave them.
#[derive(Debug, Clone, Args)]
#[command(
    next_help_heading = "Flags on every command",
    mut_args(|arg| arg.global(true).hide_env_values(true))
)]
pub struct GlobalFlags {
    /// aliyun profile to use; its account pays [default: the current profile]
    #[arg(long, env = "ALIMSG_PROFILE", value_name = "NAME")]
    pub profile: Option<String>,

    /// Region of the API calls [default: the profile's]
    #[arg(long, short, env = "ALIMSG_REGION", value_name = "ID")]
    pub region: Option<String>,

    /// auto: use the aliyun profile if there is one; env: use only the exported credentials
    #[arg(long, env = "ALIMSG_CREDENTIALS", value_name = "SOURCE", default_value = "auto")]
    pub credentials: Credentials,

    /// switch: switch ai-mode on before the calls and off after them; call: request it in each call
    /// alone, which starts fewer processes and leaves nothing on
    #[arg(
        long,
        global = true,
        env = "ALIMSG_AI_MODE",
        hide_env_values = true,
        value_name = "METHOD",
        value_enum,
        default_value = "switch"
    )]
    pub ai_mode: AiModeMethod,

    /// Print one JSON object on stdout, also for errors
    #[arg(long, env = "ALIMSG_JSON", value_parser = FalseyValueParser::new())]
    pub json: bool,

    /// Send or delete without asking (cannot be set by an environment variable)
    #[arg(long, short)]
    pub yes: bool,

    /// Print what would run, without starting any process
    #[arg(long, env = "ALIMSG_DRY_RUN", value_parser = FalseyValueParser::new())]
    pub dry_run: bool,

    /// Never prompt
    #[arg(long, env = "ALIMSG_NO_INPUT", value_parser = FalseyValueParser::new())]
    pub no_input: bool,

    /// Time limit for one aliyun process, in seconds, 1 to 86400
    #[arg(long, env = "ALIMSG_TIMEOUT", value_name = "SECS", default_value = "60",
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: u64,

    /// aliyun program to use [default: the one in PATH]
    #[arg(long, env = "ALIMSG_ALIYUN", value_name = "PATH")]
    pub aliyun: Option<String>,

    /// Use the built-in simulator instead of aliyun: no account, no network, nothing sent
    #[arg(long, env = "ALIMSG_SANDBOX", value_parser = FalseyValueParser::new())]
    pub sandbox: bool,

    /// Where to keep keys and batches: postgres://… for a database that several machines share
    /// [default: sqlite, in the state folder]
    #[arg(
        long,
        global = true,
        env = StoreUrl::VARIABLE,
        hide_env_values = true,
        value_name = "URL",
        value_parser = clap::value_parser!(StoreUrl)
    )]
    pub store: Option<StoreUrl>,

    /// Keep keys and batches in a state folder that can disappear or is on a network file system
    #[arg(long, global = true, env = "ALIMSG_EPHEMERAL_STATE", hide_env_values = true,
          value_parser = FalseyValueParser::new())]
    pub ephemeral_state: bool,

    /// In tab-separated output, put a ' before cells that a spreadsheet would run as a formula
    #[arg(long, env = "ALIMSG_SPREADSHEET_SAFE", value_parser = FalseyValueParser::new())]
    pub spreadsheet_safe: bool,

    /// Do not print notes on stderr
    #[arg(long, short, env = "ALIMSG_QUIET", value_parser = FalseyValueParser::new())]
    pub quiet: bool,

    /// Print every aliyun command on stderr, with message variables hidden
    #[arg(long, short, env = "ALIMSG_VERBOSE", value_parser = FalseyValueParser::new())]
    pub verbose: bool,

    /// Colors on stderr
    #[arg(long, env = "ALIMSG_COLOR", value_name = "WHEN", default_value = "auto")]
    pub color: ColorWhen,
}

impl GlobalFlags {
    /// The options that decide how results are printed.
    pub fn screen_options(&self) -> ScreenOptions {
        ScreenOptions {
            json: self.json,
            sandbox: self.sandbox,
            quiet: self.quiet,
            verbose: self.verbose,
            color: self.color,
            spreadsheet_safe: self.spreadsheet_safe,
        }
    }
}

impl From<GlobalFlags> for Settings {
    fn from(flags: GlobalFlags) -> Self {
        let at_terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        Self {
            profile: flags.profile,
            region: flags.region,
            credentials: flags.credentials,
            ai_mode: flags.ai_mode,
            yes: flags.yes,
            dry_run: flags.dry_run,
            interactive: at_terminal && !flags.no_input,
            timeout: Duration::from_secs(flags.timeout),
            aliyun: flags.aliyun.map(PathBuf::from),
            sandbox: flags.sandbox,
            store: flags.store,
            ephemeral_state: flags.ephemeral_state,
        }
    }
}
