//! Flags of `sms batch` and `whatsapp batch`.

use std::path::PathBuf;
use std::time::Duration;

use crate::aliyun::client::Client;
use crate::aliyun::guard::Guard;
use crate::batch::definition::Definition;
use crate::batch::engine::EngineOptions;
use crate::batch::input::{Exclusions, Input, Mapping};
use crate::batch::plan::PlanRules;
use crate::batch::request::{Render, Request, RunOptions};
use crate::batch::run::invalid_path;
use crate::batch::shards::Shards;
use crate::cli::prelude::*;
use crate::error::Kind;
use crate::send::require_consent;

#[derive(Debug, Args)]
pub struct BatchFlags {
    /// CSV or JSON Lines file, UTF-8, or - for stdin; columns: phone, one for each variable of the
    /// template, and optionally out_id and, for SMS, sign or, for WhatsApp, language
    #[arg(value_name = "FILE", required = true)]
    file: String,

    /// Column of a variable, or of phone, sign, out_id or language; repeatable
    #[arg(long, value_name = "NAME=COLUMN", help_heading = "Rows")]
    map: Vec<String>,

    /// Skip numbers that are in this file, one on each line, in any notation
    #[arg(long, value_name = "FILE", help_heading = "Rows")]
    exclude: Option<String>,

    /// Send the valid rows although others are invalid
    #[arg(long, help_heading = "Rows")]
    skip_invalid: bool,

    /// Send only the first N rows, as a trial; a later run sends the others
    #[arg(long, value_name = "N", help_heading = "Rows",
          value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,

    /// Send only part I of N parts, for example 1/4
    #[arg(long, value_name = "I/N", help_heading = "Rows", value_parser = parse_shard,
          conflicts_with = "enqueue")]
    shard: Option<(u64, u64)>,

    /// Name of the batch: with another name, the same file is another batch
    #[arg(long, value_name = "NAME", help_heading = "Batch")]
    name: Option<String>,

    /// Queue the calls for `alimsg batches work`, without sending
    #[arg(long, help_heading = "Batch", conflicts_with = "limit")]
    enqueue: bool,

    /// Send messages with an unknown outcome again; asks for a typed confirmation
    #[arg(long, help_heading = "Batch", conflicts_with = "limit")]
    retry_unknown: bool,

    #[command(flatten)]
    pub speed: SpeedFlags,
}

/// Flags of every command that sends a batch.
#[derive(Debug, Clone, Args)]
pub struct SpeedFlags {
    /// How many calls run at the same time
    #[arg(long, value_name = "N", default_value = "4", help_heading = "Speed",
          value_parser = clap::value_parser!(u64).range(1..=256))]
    jobs: u64,

    /// Messages per second, at most; with a shared store, of all workers together
    #[arg(long, value_name = "N", help_heading = "Speed", value_parser = parse_rate)]
    rate: Option<f64>,

    /// How long to check for receipts of lost replies at the end, in seconds; 0: do not check
    #[arg(long, env = "ALIMSG_LOOK_UP", hide_env_values = true, value_name = "SECS",
          default_value = "20", value_parser = clap::value_parser!(u64).range(..=3600),
          help_heading = "Speed")]
    look_up: u64,
}

impl SpeedFlags {
    pub fn engine(&self) -> EngineOptions {
        EngineOptions { jobs: usize::try_from(self.jobs).unwrap_or(1), rate: self.rate }
    }

    pub const fn look_up(&self) -> Duration {
        Duration::from_secs(self.look_up)
    }
}

/// The parts of a batch that its flags define.
pub struct BatchInput {
    input: Input,
    /// `--map`, for the definition.
    pub mappings: Vec<(String, String)>,
    exclusions: Exclusions,
    invalid_path: PathBuf,
    options: RunOptions,
}

impl BatchInput {
    /// The batch with this definition. `variables` and `text` are those of the template, as far as
    /// it can be read.
    pub fn request(
        self,
        definition: Definition,
        variables: Option<Vec<String>>,
        text: Option<String>,
        render: Render<'_>,
    ) -> Request<'_> {
        let Self { input, exclusions, invalid_path, options, .. } = self;
        let rules = PlanRules::from_definition(&definition, invalid_path);
        let rules = PlanRules { variables, text, exclusions, ..rules };
        Request { input, rules, definition, render, options, expected: None }
    }
}

impl BatchFlags {
    /// Opens the input and checks the flags.
    ///
    /// # Errors
    /// The input or the exclusions cannot be read, or a flag is invalid.
    pub fn open(self) -> Result<BatchInput> {
        if let Some(name) = &self.name {
            check_name(name)?;
        }
        let mappings = Mapping::parse(&self.map)?;
        let mappings = mappings.into_iter().map(|one| (one.name, one.column)).collect();
        let exclusions =
            self.exclude.as_deref().map(Exclusions::load).transpose()?.unwrap_or_default();
        let input = Input::open(&self.file)?;
        let options = RunOptions {
            engine: self.speed.engine(),
            look_up: self.speed.look_up(),
            name: self.name,
            limit: self.limit,
            shards: Shards::new(self.shard),
            skip_invalid: self.skip_invalid,
            exclude: self.exclude,
            retry_unknown: self.retry_unknown,
            enqueue: self.enqueue,
        };
        let invalid_path = invalid_path(input.path.as_deref(), input.format);
        Ok(BatchInput { input, mappings, exclusions, invalid_path, options })
    }
}

fn check_name(name: &str) -> Result<()> {
    let length = name.chars().count();
    if (1..=100).contains(&length) && !name.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Failure::usage("invalid --name").hint("use 1 to 100 characters, for example 2026-11-news"))
}

fn parse_shard(text: &str) -> std::result::Result<(u64, u64), String> {
    let parts = text.split_once('/').and_then(|(part, of)| {
        Some((part.trim().parse::<u64>().ok()?, of.trim().parse::<u64>().ok()?))
    });
    match parts {
        Some((part, of)) if (1..=of).contains(&part) => Ok((part, of)),
        _ => Err("expected I/N with I from 1 to N, for example 2/4".into()),
    }
}

fn parse_rate(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && (0.01..=1_000_000.0).contains(&rate) => Ok(rate),
        _ => Err("expected messages per second, from 0.01 to 1000000".into()),
    }
}

/// Fetches the template of a batch, if it can be read; not in a dry run. `require_approved` checks
/// it. What is wrong with it is a warning, or an error with `--verify`.
///
/// # Errors
/// As [`warn_about_template`]; what `fetch` itself reports.
pub fn fetch_template<T>(
    context: &Context,
    guard: &Guard<'_>,
    list: &str,
    verify: bool,
    fetch: impl FnOnce(&Client<'_>) -> Result<Result<T>>,
    require_approved: impl FnOnce(&T) -> Result<()>,
) -> Result<Option<T>> {
    if context.settings.dry_run {
        return Ok(None);
    }
    require_consent(context)?;
    let client = Client::open(context, guard)?;
    let template = fetch(&client)?;
    drop(client);
    let (warned, template) = match template {
        Ok(template) => (require_approved(&template).err(), Some(template)),
        Err(failure) => (Some(failure), None),
    };
    warn_about_template(context, warned, list, verify)?;
    Ok(template)
}

/// Handles a template that cannot be read or is not approved: with `--verify` an error, otherwise a
/// warning.
///
/// # Errors
/// The failure, with `--verify`, or if the batch could not be sent either.
fn warn_about_template(
    context: &Context,
    failure: Option<Box<Failure>>,
    list: &str,
    verify: bool,
) -> Result<()> {
    let Some(failure) = failure else { return Ok(()) };
    if verify || matches!(failure.kind, Kind::Credentials | Kind::Cancelled | Kind::Internal) {
        return Err(if failure.next.is_empty() { failure.next(list) } else { failure });
    }
    context.screen.warn(format!("the template was not checked: {}", failure.message));
    Ok(())
}
