//! `--wait`: the receipts of a message that was just accepted.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::delivery::FollowUp;
use crate::lookup::{china_day, china_time};
use crate::operations::QUERY_SEND_DETAILS;
use crate::phone;
use crate::reply::{Reply, fields};
use crate::run::Run;
use crate::service::{self, Service};

/// The pauses between two looks, in seconds; the last one is repeated.
const PAUSES: [u64; 4] = [1, 2, 3, 5];

/// Waits until every recipient has a final receipt, at most `seconds`, and adds `receipts` to the
/// result. The message is sent in any case, so whatever goes wrong here is a warning.
pub fn receipts(recipients: &[String], out_id: &str, seconds: u64) -> FollowUp {
    let (recipients, out_id) = (recipients.to_vec(), out_id.to_string());
    Box::new(move |run, service, record| {
        let biz_id = record.data.get("biz_id").and_then(Value::as_str).map(str::to_string);
        let wanted = Wanted { biz_id, out_id: out_id.clone(), day: china_day(Timestamp::now()) };
        let receipts = wait(run, service, &wanted, &recipients, Duration::from_secs(seconds));
        record.data.insert("receipts".into(), json!(receipts));
    })
}

struct Wanted {
    /// Not known where the reply was lost.
    biz_id: Option<String>,
    out_id: String,
    day: String,
}

fn wait(
    run: &Run,
    service: &Service<'_>,
    wanted: &Wanted,
    recipients: &[String],
    limit: Duration,
) -> Vec<Map<String, Value>> {
    let deadline = Instant::now() + limit;
    let mut receipts: Vec<_> = recipients.iter().map(|phone| pending(phone, wanted)).collect();
    let mut pauses = PAUSES.iter().chain(std::iter::repeat(&PAUSES[PAUSES.len() - 1]));
    run.screen.note("accepted by the service; waiting for the receipts");
    loop {
        for (phone, receipt) in recipients.iter().zip(&mut receipts) {
            if is_final(receipt) || Instant::now() >= deadline {
                continue;
            }
            match service.read(&wanted.call(phone)) {
                Ok(reply) => *receipt = wanted.receipt(&reply, phone),
                Err(failure) => {
                    run.screen.warn(format!("the receipts cannot be read: {}", failure.message));
                    return receipts;
                }
            }
        }
        let open = receipts.iter().filter(|receipt| !is_final(receipt)).count();
        if open == 0 {
            return receipts;
        }
        let pause = Duration::from_secs(*pauses.next().unwrap_or(&PAUSES[0]));
        let in_time = Instant::now() + pause < deadline;
        if !in_time || service::sleep(pause).is_err() {
            run.screen.warn(format!("{open} receipts have not come in yet"));
            return receipts;
        }
    }
}

impl Wanted {
    fn call(&self, phone: &str) -> Call {
        Call::to(&QUERY_SEND_DETAILS)
            .text("--phone-number", phone::canonical_sms_number(phone))
            .text("--send-date", &self.day)
            .optional_text("--biz-id", self.biz_id.as_deref())
            .optional_integer("--current-page", Some(1))
            .optional_integer("--page-size", Some(50))
    }

    /// The receipt among those of the reply, as far as it has come.
    fn receipt(&self, reply: &Reply, phone: &str) -> Map<String, Value> {
        let paths = ["SmsSendDetailDTOs.SmsSendDetailDTO", "SmsSendDetailDTOs"];
        let entries = reply.items(&paths);
        let found = entries.iter().find(|entry| {
            // The service has picked by its own ID; without one, ours has to decide.
            self.biz_id.is_some()
                || fields::text(entry, &["OutId"]).as_deref() == Some(&self.out_id)
        });
        let Some(entry) = found else { return pending(phone, self) };
        let status = match fields::text(entry, &["SendStatus"]).as_deref() {
            Some("1") => "in_flight",
            Some("2") => "failed",
            Some("3") => "delivered",
            _ => "unknown",
        };
        let time = |name| {
            let time = fields::text(entry, &[name]).and_then(|text| china_time(&text));
            time.map(|time| time.to_string())
        };
        let mut receipt = pending(phone, self);
        receipt.insert("status".into(), json!(status));
        receipt.insert("code".into(), json!(fields::text(entry, &["ErrCode"])));
        receipt.insert("sent_at".into(), json!(time("SendDate")));
        receipt.insert("received_at".into(), json!(time("ReceiveDate")));
        receipt
    }
}

/// The receipt that has not come.
fn pending(phone: &str, wanted: &Wanted) -> Map<String, Value> {
    let receipt = json!({
        "phone": phone, "status": "in_flight", "code": null,
        "sent_at": null, "received_at": null, "out_id": wanted.out_id,
    });
    receipt.as_object().cloned().unwrap_or_default()
}

fn is_final(receipt: &Map<String, Value>) -> bool {
    let status = receipt.get("status").and_then(Value::as_str);
    matches!(status, Some("delivered" | "failed"))
}
