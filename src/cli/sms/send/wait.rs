//! `--wait`: waits for the receipts of an accepted message.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::aliyun::pages::MAX_PAGE_SIZE;
use crate::context::Context;
use crate::error::Kind;
use crate::message::time::china;
use crate::output::report::FailedReceipts;
use crate::send::{Fetch, FollowUp};
use crate::sms::receipt::{self, DeliveryStatus, Filter, Receipt, Receipts, Sent};

/// Waits until every recipient has a final receipt, for at most `seconds`, and adds `receipts` to
/// the result. The message has already been sent, so a failure here is only a warning.
pub fn receipts(recipients: &[String], seconds: u64) -> FollowUp {
    let recipients = recipients.to_vec();
    let now = Timestamp::now();
    let planned = |phone: &String| Filter {
        phone: phone.clone(),
        sent: Sent::On(china::day_of(now)),
        biz_id: Some("BIZ_ID".into()),
        out_id: None,
    };
    let calls =
        recipients.iter().flat_map(|phone| planned(phone).calls(now, 1, MAX_PAGE_SIZE)).collect();
    let fetch: Fetch = Box::new(move |context, guard, record, since| {
        // An earlier run may have sent the message, so the IDs come from its record.
        let id = |name| record.data.get(name).and_then(Value::as_str).map(str::to_string);
        // Without a reply there is no biz_id; then the sender's own ID identifies the message.
        let (biz_id, out_id) = (id("biz_id"), id("out_id").unwrap_or_default());
        let filter = |phone: &String| Filter {
            phone: phone.clone(),
            sent: Sent::At(since),
            biz_id: biz_id.clone(),
            out_id: biz_id.is_none().then(|| out_id.clone()),
        };
        let mut lookups: Vec<_> =
            recipients.iter().map(|phone| (filter(phone), Receipts::default())).collect();
        context.screen.note("waiting for the receipts");
        let limit = Duration::from_secs(seconds);
        let waited =
            guard.and_then(|guard| receipt::wait(context, guard, &mut lookups, limit, &mut |_| {}));
        let open = lookups.iter().filter(|(_, result)| !result.is_final()).count();
        match waited {
            Err(failure) if failure.kind != Kind::Cancelled => {
                context.screen.warn(format!("cannot fetch the receipts: {}", failure.message));
            }
            _ if open > 0 => {
                context.screen.warn(format!("{open} receipts are still missing or not final"))
            }
            _ => {}
        }
        let receipts = lookups.into_iter().map(|(filter, result)| {
            let newest = result.receipts.into_iter().next();
            newest.unwrap_or_else(|| Receipt::pending(&filter.phone, &out_id))
        });
        let receipts: Vec<Receipt> = receipts.collect();
        // At a terminal, the table replaces the list.
        if !context.screen.is_for_reader() {
            record.data.insert("receipts".into(), json!(receipts));
        }
        report(context, &receipts)
    });
    FollowUp { calls, when: "after the message is accepted, with its ID as BIZ_ID", fetch }
}

/// Shows the status of each recipient, and warns about failed receipts.
fn report(context: &Context, receipts: &[Receipt]) -> Option<FailedReceipts> {
    let count = receipts.iter().filter(|one| one.status == DeliveryStatus::Failed).count();
    if context.screen.is_for_reader() || (count > 0 && !context.screen.is_json()) {
        let row = |receipt: &Receipt| (receipt.phone.clone(), receipt.describe());
        context.screen.plan("receipts:", &receipts.iter().map(row).collect::<Vec<_>>());
    }
    if count == 0 {
        return None;
    }
    context.screen.warn(format!(
        "accepted, but {count} of {} receipts report a failure; do not repeat the whole send",
        receipts.len()
    ));
    Some(if count == receipts.len() { FailedReceipts::All } else { FailedReceipts::Some })
}
