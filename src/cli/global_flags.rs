//! Flags that every command accepts, from the command line or the environment.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{FalseyValueParser, NonEmptyStringValueParser};
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args};

use crate::output::{ColorWhen, OutputFormat, ScreenOptions};
use crate::settings::defaults::Defaults;
use crate::settings::{AiModeMethod, Credentials, PlanUse, Settings, StoreUrl};

/// The global flags as the user gave them. The pages of the commands hide them: `alimsg help flags`
/// lists them.
#[derive(Debug, Clone, Args)]
#[command(
    mut_args(|arg| arg.global(true).hide(true).hide_env_values(true))
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
    /// alone, which starts fewer processes and leaves nothing on [default: switch]
    #[arg(
        long,
        global = true,
        env = "ALIMSG_AI_MODE",
        hide_env_values = true,
        value_name = "METHOD",
        value_enum
    )]
    pub ai_mode: Option<AiModeMethod>,

    /// Print one JSON object on stdout, also for errors: --output json
    #[arg(long, env = "ALIMSG_JSON", value_parser = FalseyValueParser::new())]
    pub json: bool,

    /// Format of the result; text: tables on a terminal, tab-separated values in a pipe
    /// [default: text]
    #[arg(long, env = "ALIMSG_OUTPUT", value_name = "FORMAT", value_enum)]
    pub output: Option<OutputFormat>,

    /// Print only these fields, in this order; nested ones as in metrics.sent [default: all; in a
    /// table on a terminal, the most useful ones]
    #[arg(long, env = "ALIMSG_FIELDS", value_name = "A,B", value_delimiter = ',',
          value_parser = NonEmptyStringValueParser::new())]
    pub fields: Vec<String>,

    /// Filter the JSON with an expression of jq; texts are printed without quotes
    #[arg(long, env = "ALIMSG_JQ", value_name = "EXPR")]
    pub jq: Option<String>,

    /// Leave out the names of the columns
    #[arg(long, env = "ALIMSG_NO_HEADER", value_parser = FalseyValueParser::new())]
    pub no_header: bool,

    /// Add the replies of the service to the JSON
    #[arg(long, env = "ALIMSG_RAW", value_parser = FalseyValueParser::new())]
    pub raw: bool,

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

    /// When to use colors
    #[arg(long, env = "ALIMSG_COLOR", value_name = "WHEN", default_value = "auto")]
    pub color: ColorWhen,
}

impl GlobalFlags {
    /// Decides between `--json`, `--jq` and `--output`: a flag on the command line wins over an
    /// environment variable.
    ///
    /// # Errors
    /// They contradict each other.
    pub fn settle_format(&mut self, matches: &ArgMatches) -> clap::error::Result<()> {
        for source in [ValueSource::CommandLine, ValueSource::EnvVariable] {
            let is_given = |id: &str| matches.value_source(id) == Some(source);
            let json = (self.json && is_given("json")) || (self.jq.is_some() && is_given("jq"));
            match self.output.filter(|_| is_given("output")) {
                Some(output) if json && output != OutputFormat::Json => {
                    let message = format!(
                        "--output {} cannot be combined with --json or --jq\n",
                        output.name()
                    );
                    return Err(clap::Error::raw(ErrorKind::ArgumentConflict, message));
                }
                Some(output) => {
                    self.json = output == OutputFormat::Json;
                    if !self.json {
                        self.jq = None;
                    }
                    return Ok(());
                }
                None if json => {
                    self.output = None;
                    return Ok(());
                }
                None => {}
            }
        }
        Ok(())
    }

    /// What to do with a plan. A variable alone never gives consent: that takes `--yes`.
    fn plan_use(&self) -> PlanUse {
        match PlanUse::from_env() {
            PlanUse::Agreed(_) if !self.yes => PlanUse::Ask,
            plan => plan,
        }
    }

    /// The options that decide how results are printed.
    pub fn screen_options(&self) -> ScreenOptions {
        ScreenOptions {
            format: if self.json || self.jq.is_some() {
                OutputFormat::Json
            } else {
                self.output.unwrap_or_default()
            },
            fields: self.fields.clone(),
            jq: self.jq.clone(),
            no_header: self.no_header,
            raw: self.raw,
            sandbox: self.sandbox,
            plan: self.plan_use(),
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
        let plan = flags.plan_use();
        Self {
            profile: flags.profile,
            region: flags.region,
            credentials: flags.credentials,
            ai_mode: flags.ai_mode.unwrap_or_default(),
            yes: flags.yes && plan == PlanUse::Ask,
            dry_run: flags.dry_run,
            plan,
            interactive: at_terminal && !flags.no_input,
            timeout: Duration::from_secs(flags.timeout),
            aliyun: flags.aliyun.map(PathBuf::from),
            sandbox: flags.sandbox,
            store: flags.store,
            ephemeral_state: flags.ephemeral_state,
            defaults: Defaults::default(),
        }
    }
}
