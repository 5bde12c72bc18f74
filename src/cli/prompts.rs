//! Questions whose answers the service knows: picking from its lists, and the variables of a
//! template.
//!
//! Lists and templates are fetched first, and ai-mode is off again before the question. If they
//! cannot be fetched, the user types the value instead, or is not asked.

use crate::aliyun::client::{self, Client};
use crate::aliyun::guard::Guard;
use crate::api::call::AnyCall;
use crate::cli::anything;
use crate::context::Context;
use crate::error::{Failure, Kind, Result};
use crate::message::placeholder::{Style, Variable, compare};

/// A list to pick one entry from.
pub(crate) struct List<'a> {
    pub question: &'a str,
    /// The name of its entries, in the plural.
    pub entries: &'a str,
    /// The command that shows the list.
    pub command: &'a str,
}

impl List<'_> {
    /// Lets the user pick an entry, each shown as its row. Nothing, with a note on stderr, if the
    /// list is empty or could not be fetched.
    ///
    /// # Errors
    /// The user picked nothing; a signal.
    pub fn pick<T>(
        &self,
        context: &Context,
        found: Result<Vec<T>>,
        row: impl Fn(&T) -> String,
    ) -> Result<Option<T>> {
        let Some(mut found) = found_or_note(context, self.entries, found)? else { return Ok(None) };
        if found.is_empty() {
            context.screen.note(&format!("there are no {}", self.entries));
            return Ok(None);
        }
        let rows: Vec<String> = found.iter().map(row).collect();
        let number =
            context.screen.pick(self.question, &rows).map_err(|none| none.next(self.command))?;
        if number < found.len() {
            return Ok(Some(found.swap_remove(number)));
        }
        Err(Failure::internal("the picked entry is not in the list"))
    }
}

/// What was fetched for a question; nothing, with a note on stderr, if that failed.
///
/// # Errors
/// A signal: there are no more questions.
fn found_or_note<T>(context: &Context, what: &str, found: Result<T>) -> Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(failure) if failure.kind == Kind::Cancelled => Err(failure),
        Err(failure) => {
            context.screen.note(&format!("cannot fetch the {what}: {}", failure.message));
            Ok(None)
        }
    }
}

/// Whether to fetch a template to ask for its variables. That takes time, so only if no value was
/// given and the user is about to be asked for confirmation anyway.
pub(crate) fn asks_for_variables(context: &Context, values: &[(String, String)]) -> bool {
    let settings = &context.settings;
    settings.interactive && !settings.yes && !settings.dry_run && values.is_empty()
}

/// Fetches the template with that name; nothing, with a note on stderr, if that failed or the
/// service does not return its text. `call`, of the same product, is checked before any process
/// starts.
///
/// # Errors
/// A call that cannot be made; a signal.
pub(crate) fn fetch_template<T>(
    context: &Context,
    guard: &Guard<'_>,
    name: &str,
    call: &dyn AnyCall,
    get: impl FnOnce(&Client<'_>) -> Result<T>,
    has_text: impl FnOnce(&T) -> bool,
) -> Result<Option<T>> {
    client::dry_run(context, &[call])?;
    let found = Client::open(context, guard).and_then(|client| get(&client));
    match found_or_note(context, &format!("template {name}"), found)? {
        // Without its text it would seem to have no variables.
        Some(template) if !has_text(&template) => {
            context
                .screen
                .note(&format!("the service does not return the text of the template {name}"));
            Ok(None)
        }
        template => Ok(template),
    }
}

/// A template whose variables the user is asked for.
pub(crate) struct Form<'a> {
    pub code: &'a str,
    pub style: Style,
    /// Its text before the variables are filled in.
    pub text: &'a str,
    pub variables: Vec<Variable>,
}

impl Form<'_> {
    /// Asks for each variable without a value, after showing the template.
    ///
    /// # Errors
    /// The user cancelled.
    pub fn fill(&self, context: &Context, values: &mut Vec<(String, String)>) -> Result<()> {
        let missing = compare(&self.variables, values).missing;
        if missing.is_empty() {
            return Ok(());
        }
        context.screen.plan(&format!("Text of the template {}:", self.code), &text_rows(self.text));
        for variable in &self.variables {
            let name = &variable.name;
            if missing.contains(name) {
                let written = self.style.written(name);
                let question = format!("{written} in {}", variable.places.join(", "));
                values.push((name.clone(), context.screen.ask(&question, anything)?));
            }
        }
        Ok(())
    }
}

/// A text as rows of a plan, one per line.
pub(crate) fn text_rows(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().filter(|line| !line.is_empty());
    lines.map(|line| ("text".to_string(), line.to_string())).collect()
}
