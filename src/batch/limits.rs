//! The limits that a person set, for batches: for each row before the start, and for each call
//! while the batch runs.

use crate::api::operations::Product;
use crate::batch::definition::Definition;
use crate::batch::grouping::Group;
use crate::batch::row::RowView;
use crate::context::Context;
use crate::error::{Failure, Result};
use crate::send::limits::{
    self, Checked, Counts, RecipientRules, Subject, check_credentials, check_fixed, check_signature,
};
use crate::send::outbox::{self, Details};
use crate::settings::limits::Limits;
use crate::storage::Store;
use crate::storage::batches::Batch;
use crate::storage::sends::{NewSend, Reached};

/// Checks what all rows of a batch have in common.
///
/// # Errors
/// A limit does not permit it.
pub fn require(context: &Context, definition: &Definition) -> Result<()> {
    limits::require_command(context, definition.command())?;
    // The patterns of the limits are for codes: a template with such a name could be another one.
    let code = Some(definition.template_code.as_str()).filter(|_| !definition.by_name);
    let subject = Subject { sender: definition.from.as_deref(), template: code };
    check_fixed(&context.settings, &subject)?;
    if let Some(text) = &definition.fallback.content {
        check_credentials(text)?;
    }
    Ok(())
}

/// The rules for rows.
#[derive(Debug, Default)]
pub struct RowLimits {
    is_sms: bool,
    recipients: RecipientRules,
    limits: Limits,
}

impl RowLimits {
    /// # Errors
    /// As [`RecipientRules::load`].
    pub fn new(context: &Context, definition: &Definition) -> Result<Self> {
        let limits = context.settings.limits.clone();
        let is_sms = definition.product() == Product::Dysmsapi;
        Ok(Self { is_sms, recipients: RecipientRules::load(&limits)?, limits })
    }

    /// Checks a row of the input.
    ///
    /// # Errors
    /// A limit does not permit it.
    pub fn check(&self, row: &RowView<'_>) -> Checked {
        self.check_parts(row.phone, row.sign)?;
        row.values().try_for_each(check_credentials)
    }

    /// Checks the rows of a call from the queue: the limits may have changed since.
    ///
    /// # Errors
    /// A limit does not permit a row.
    pub fn check_group(&self, group: &Group) -> Checked {
        group.rows.iter().try_for_each(|row| {
            self.check_parts(&row.phone, &row.content.sign)?;
            row.content.values.iter().try_for_each(|value| check_credentials(value))
        })
    }

    fn check_parts(&self, phone: &str, sign: &str) -> Checked {
        self.recipients.check(self.is_sms, phone)?;
        if self.is_sms { check_signature(&self.limits, sign) } else { Ok(()) }
    }
}

/// The limits of a running batch.
pub struct CallLimits<'a> {
    context: &'a Context,
    store: &'a dyn Store,
    batch: &'a Batch,
    definition: &'a Definition,
    counts: Counts,
    rows: RowLimits,
}

impl<'a> CallLimits<'a> {
    /// # Errors
    /// As [`RecipientRules::load`].
    pub fn new(
        context: &'a Context,
        store: &'a dyn Store,
        batch: &'a Batch,
        definition: &'a Definition,
    ) -> Result<Self> {
        let (counts, rows) = (Counts::new(context), RowLimits::new(context, definition)?);
        Ok(Self { context, store, batch, definition, counts, rows })
    }

    /// The record of a call with these rows; `None` if neither the outbox nor a limit needs it.
    pub fn send(&self, group: &Group, tracking_id: &str) -> Option<NewSend> {
        let numbers = || group.rows.iter().map(|row| row.phone.as_str());
        let definition = self.definition;
        let sign = || group.rows.first().map(|row| row.content.sign.clone());
        let details = Details {
            command: definition.command().to_string(),
            channel: definition.channel.name().to_string(),
            account: serde_json::from_str(&self.batch.account).unwrap_or_default(),
            sender: definition.from.clone().or_else(sign),
            template: Some(definition.template_code.clone()),
            tracking_id: tracking_id.to_string(),
            to: outbox::masked(numbers()),
            batch: Some(self.batch.id.clone()),
            content: None,
        };
        let call = || definition.call(group, tracking_id);
        let record = outbox::to_text(self.context, details, call);
        if record.is_none() && self.counts.is_empty() {
            return None;
        }
        let send = self.counts.send(self.store, self.rows.is_sms, numbers());
        Some(NewSend { record, ..send })
    }

    /// The failure if a call would exceed a limit.
    pub fn failure(&self, reached: &Reached, group: Option<&Group>) -> Box<Failure> {
        let rows = group.iter().flat_map(|group| &group.rows);
        let numbers: Vec<String> = rows.map(|row| row.phone.clone()).collect();
        self.counts.failure(reached, &numbers)
    }

    /// Checks the rows of a call from the queue.
    ///
    /// # Errors
    /// A limit does not permit a row.
    pub fn check_group(&self, group: &Group) -> Checked {
        self.rows.check_group(group)
    }
}
