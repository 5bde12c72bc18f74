//! Prompts that need data from the service: picking from a list, and filling in the variables of a
//! template.
//!
//! Lists and templates are fetched first, and ai-mode is switched off before the question. If they
//! cannot be fetched, the user types the value instead, or the question is skipped.

use crate::aliyun::client::{self, Client};
use crate::aliyun::guard::Guard;
use crate::api::call::AnyCall;
use crate::cli::prelude::*;
use crate::error::{Kind, Outcome};
use crate::message::placeholder::{Style, Variable, compare};
use crate::settings::PlanUse;

/// A list from which the user picks one entry.
pub struct List<'a> {
    pub question: &'a str,
    /// A noun for the entries, in the plural.
    pub entries: &'a str,
    /// The command that shows the list.
    pub command: &'a str,
}

impl List<'_> {
    /// Lets the user pick an entry; `row` is how an entry is shown. Returns `None`, with a warning or
    /// a note, if the list is empty or could not be fetched.
    ///
    /// # Errors
    /// The user did not pick an entry; a signal.
    pub fn pick<T>(
        &self,
        context: &Context,
        fetched: Result<Vec<T>>,
        row: impl Fn(&T) -> String,
    ) -> Result<Option<T>> {
        let Some(mut entries) = fetched_or_warn(context, self.entries, fetched)? else {
            return Ok(None);
        };
        if entries.is_empty() {
            context.screen.note(&format!("there are no {}", self.entries));
            return Ok(None);
        }
        let rows: Vec<String> = entries.iter().map(row).collect();
        let index = context
            .screen
            .pick(self.question, &rows)
            .map_err(|failure| failure.next(self.command))?;
        if index < entries.len() {
            return Ok(Some(entries.swap_remove(index)));
        }
        Err(Failure::internal("the picked entry is not in the list"))
    }
}

/// The fetched data; `None`, with a warning, if it could not be fetched.
///
/// # Errors
/// A signal, which also ends the questions.
fn fetched_or_warn<T>(context: &Context, what: &str, fetched: Result<T>) -> Result<Option<T>> {
    match fetched {
        Ok(data) => Ok(Some(data)),
        Err(failure) if failure.kind == Kind::Cancelled => Err(failure),
        Err(failure) => {
            context.screen.warn(format!("cannot fetch the {what}: {}", failure.message));
            Ok(None)
        }
    }
}

/// Whether to fetch the template, to ask for its variables and to show its text. Fetching takes time,
/// so this is done only if the user has to confirm the send anyway.
pub const fn shows_template(context: &Context) -> bool {
    let settings = &context.settings;
    let is_asked = settings.interactive || !matches!(settings.plan, PlanUse::Ask);
    is_asked && !settings.yes && !settings.dry_run
}

/// Fetches the template with that name. Returns `None`, with a warning, if that failed or the
/// service does not return its text. `call`, of the same product, is checked before any process
/// starts.
///
/// # Errors
/// A call that cannot be made; a signal.
pub fn fetch_template<T>(
    context: &Context,
    guard: &Guard<'_>,
    name: &str,
    call: &dyn AnyCall,
    get: impl FnOnce(&Client<'_>) -> Result<T>,
    has_text: impl FnOnce(&T) -> bool,
) -> Result<Option<T>> {
    client::dry_run(context, &[call])?;
    let fetched = Client::open(context, guard).and_then(|client| get(&client));
    match fetched_or_warn(context, &format!("template {name}"), fetched)? {
        // Without its text, the template would appear to have no variables.
        Some(template) if !has_text(&template) => {
            context
                .screen
                .warn(format!("the service does not return the text of the template {name}"));
            Ok(None)
        }
        template => Ok(template),
    }
}

/// Codes that the service returns for variables without a value, among other reasons.
const VARIABLE_CODES: [&str; 3] =
    ["isv.TEMPLATE_MISSING_PARAMETERS", "TemplateParamInvalid", "132000"];

/// Names the variables without a value in the failure of a message that was rejected for its
/// variables. `fetch` returns the variables of the template; if it fails, the failure stays as it is.
pub fn name_missing_variables(
    mut failure: Box<Failure>,
    values: &[(String, String)],
    fetch: impl FnOnce() -> Result<Vec<Variable>>,
) -> Box<Failure> {
    let is_about_variables =
        failure.code.as_deref().is_some_and(|code| VARIABLE_CODES.contains(&code));
    if failure.outcome != Outcome::NotSent || !is_about_variables {
        return failure;
    }
    let Ok(variables) = fetch() else { return failure };
    let missing = compare(&variables, values).missing;
    if !missing.is_empty() {
        failure.message = format!("{}; missing: {}", failure.message, missing.join(", "));
        failure.missing = missing;
    }
    failure
}

/// A template whose variables the user fills in.
pub struct Form<'a> {
    pub code: &'a str,
    pub style: Style,
    /// The text with its placeholders.
    pub text: &'a str,
    pub variables: Vec<Variable>,
}

impl Form<'_> {
    /// Shows the template, then asks for each variable that has no value.
    ///
    /// # Errors
    /// The user cancelled; a variable has no value, and there is no terminal.
    pub fn fill(&self, context: &Context, values: &mut Vec<(String, String)>) -> Result<()> {
        let missing = compare(&self.variables, values).missing;
        if missing.is_empty() {
            return Ok(());
        }
        if !context.settings.interactive {
            return Err(Failure::usage(format!(
                "the template {} has variables without a value: {}",
                self.code,
                missing.join(", ")
            ))
            .hint("give each of them with --param NAME=VALUE"));
        }
        context.screen.plan(&format!("Text of the template {}:", self.code), &text_rows(self.text));
        for variable in &self.variables {
            let name = &variable.name;
            if missing.contains(name) {
                let written = self.style.variable(name);
                let question = format!("{written} in {}", variable.places.join(", "));
                values.push((name.clone(), context.screen.ask(&question, anything)?));
            }
        }
        Ok(())
    }
}

/// The lines of a text as rows of a plan, without empty lines.
pub fn text_rows(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().filter(|line| !line.is_empty());
    lines.map(|line| ("text".to_string(), line.to_string())).collect()
}
