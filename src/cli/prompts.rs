//! Questions to which the service knows the answers: what it lists is picked from, and a template
//! tells which variables it has.
//!
//! What is needed for a question is read first, and ai-mode is off again before it is put. What
//! cannot be read is no obstacle: the question is a plainer one then, or none.

use crate::aliyun::client::{self, Client};
use crate::api::call::AnyCall;
use crate::cli::anything;
use crate::context::Context;
use crate::error::{Failure, Kind, Result};
use crate::message::placeholder::{Style, Variable, compare};

/// What somebody picks one of.
pub(crate) struct List<'a> {
    pub question: &'a str,
    /// Its entries, in the plural.
    pub entries: &'a str,
    /// The command that shows it.
    pub command: &'a str,
}

impl List<'_> {
    /// One of what was found, each shown as its row; nothing where the list is empty or could not
    /// be read, which is said on stderr.
    ///
    /// # Errors
    /// The person picked nothing; a signal came.
    pub fn pick<T>(
        &self,
        context: &Context,
        found: Result<Vec<T>>,
        row: impl Fn(&T) -> String,
    ) -> Result<Option<T>> {
        let Some(mut found) = readable(context, self.entries, found)? else { return Ok(None) };
        if found.is_empty() {
            context.screen.note(&format!("the service lists no {}", self.entries));
            return Ok(None);
        }
        let rows: Vec<String> = found.iter().map(row).collect();
        let number =
            context.screen.pick(self.question, &rows).map_err(|none| none.next(self.command))?;
        if number < found.len() {
            return Ok(Some(found.swap_remove(number)));
        }
        Err(Failure::internal("something was picked that is not in the list"))
    }
}

/// What was read for a question; nothing where it cannot be read, which is said on stderr.
///
/// # Errors
/// A signal came: nobody is to be asked any more.
fn readable<T>(context: &Context, what: &str, read: Result<T>) -> Result<Option<T>> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(failure) if failure.kind == Kind::Cancelled => Err(failure),
        Err(failure) => {
            context.screen.note(&format!("cannot read the {what}: {}", failure.message));
            Ok(None)
        }
    }
}

/// Whether a template that was named is read for the sake of its variables. It takes time, so only
/// where none is given and somebody is about to be asked for consent anyway.
pub(crate) fn reads_for_variables(context: &Context, values: &[(String, String)]) -> bool {
    let settings = &context.settings;
    settings.interactive && !settings.yes && !settings.dry_run && values.is_empty()
}

/// The template of that name, as far as the service tells it. `call`, of the same product, is
/// checked before anything is started.
///
/// # Errors
/// The call cannot be made; a signal came.
pub(crate) fn read_template<T>(
    context: &Context,
    name: &str,
    call: &dyn AnyCall,
    get: impl FnOnce(&Client<'_>) -> Result<T>,
    has_text: impl FnOnce(&T) -> bool,
) -> Result<Option<T>> {
    client::dry_run(context, &[call])?;
    let read = Client::connect(context, call.operation().product).and_then(|service| get(&service));
    match readable(context, &format!("template {name}"), read)? {
        // It would pass for one without variables.
        Some(template) if !has_text(&template) => {
            context
                .screen
                .note(&format!("the service does not tell the text of the template {name}"));
            Ok(None)
        }
        template => Ok(template),
    }
}

/// A template whose variables are asked for.
pub(crate) struct Form<'a> {
    pub code: &'a str,
    pub style: Style,
    /// As it reads before it is filled in.
    pub text: &'a str,
    pub variables: Vec<Variable>,
}

impl Form<'_> {
    /// Asks for each variable that has no value yet. The template is shown before the first one.
    ///
    /// # Errors
    /// The person ended the program in the place of an answer.
    pub fn fill(&self, context: &Context, values: &mut Vec<(String, String)>) -> Result<()> {
        let missing = compare(&self.variables, values).missing;
        if missing.is_empty() {
            return Ok(());
        }
        context.screen.plan(&format!("The template {} reads:", self.code), &text_rows(self.text));
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

/// A text as rows of a plan, a line each.
pub(crate) fn text_rows(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().filter(|line| !line.is_empty());
    lines.map(|line| ("text".to_string(), line.to_string())).collect()
}
