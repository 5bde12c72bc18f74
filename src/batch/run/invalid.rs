//! Reports the rows that cannot be sent.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use crate::batch::input::Format;
use crate::batch::plan::Plan;
use crate::batch::request::Request;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::message::plural::count;
use crate::output::report::fields;

/// The file for invalid rows: next to the input, or in the current folder for stdin.
pub fn invalid_path(input: Option<&Path>, format: Format) -> PathBuf {
    let extension = format!("invalid.{}", format.extension());
    match input {
        Some(path) => path.with_extension(extension),
        None => PathBuf::from(format!("stdin.{extension}")),
    }
}

/// Warns about numbers that are probably not what the user means.
pub fn report_doubtful(context: &Context, plan: &Plan) {
    if let Some((line, doubt)) = &plan.first_doubt {
        let more = match plan.doubtful {
            1 => String::new(),
            doubtful => format!("; {} in all", count(doubtful, "doubtful number")),
        };
        context.screen.warn(format!("line {line}: {doubt}{more}"));
    }
}

pub fn report_invalid(context: &Context, request: &Request<'_>, plan: &Plan) -> Result<()> {
    if plan.invalid == 0 && plan.valid > 0 {
        return Ok(());
    }
    for (line, reason) in &plan.invalid_shown {
        context.screen.note(&format!("{}, line {line}: {reason}", request.input.name));
    }
    let file = plan.invalid_file.as_ref().map(|path| path.display().to_string());
    let file = file.map(|file| format!("all of them are in {file}")).unwrap_or_default();
    let invalid = count(plan.invalid, "invalid row");
    if plan.valid == 0 {
        let message = format!("{} has no row that can be sent ({invalid})", request.input.name);
        let hint = match (plan.invalid, plan.excluded) {
            (0, 0) => "each row needs a phone number in the column phone".to_string(),
            (0, _) => "--exclude names all of its numbers".to_string(),
            _ => file,
        };
        return Err(Failure::usage(message).hint(hint));
    }
    if request.options.skip_invalid {
        context.screen.warn(format!("{invalid} skipped; {file}"));
        return Ok(());
    }
    let mut failure =
        Failure::usage(format!("{} has {invalid}", request.input.name)).hint(format!(
            "{file}; correct the input, or add --skip-invalid if the user wants to send the others"
        ));
    failure.data = Some(fields(&InvalidRows {
        invalid: plan.invalid,
        valid: plan.valid,
        file: plan.invalid_file.as_ref(),
        rows: plan
            .invalid_shown
            .iter()
            .map(|(line, reason)| InvalidRow { line: *line, reason })
            .collect(),
    }));
    Err(failure)
}

/// The data of the failure for invalid rows.
#[derive(Debug, Serialize, JsonSchema)]
pub struct InvalidRows<'p> {
    invalid: u64,
    valid: u64,
    /// The file with all of them.
    file: Option<&'p PathBuf>,
    /// The first ones.
    rows: Vec<InvalidRow<'p>>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct InvalidRow<'p> {
    line: u64,
    reason: &'p str,
}
