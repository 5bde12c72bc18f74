//! Channel instances (cust-space-id): the units in which an account uses WhatsApp or Viber, and the
//! WhatsApp Business account of each.

use serde::Serialize;
use serde_json::Value;

use crate::aliyun::client::Client;
use crate::aliyun::pages::{self, PageRange, Pages};
use crate::api::call::{Call, ReadCall};
use crate::api::operations::{LIST_INSTANCE, QUERY_CHATAPP_BIND_WABA};
use crate::api::reply::{Reply, fields};
use crate::error::Result;

/// A channel instance, as `whatsapp accounts list` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChannelInstance {
    /// The ID that `--cust-space-id` takes.
    pub cust_space_id: Option<String>,
    /// `whatsapp` or `viber`.
    pub channel: Option<String>,
    /// The name that the account gave it.
    pub name: Option<String>,
    /// The service's word for its state, in lower case.
    pub state: Option<String>,
    /// The ID of the WhatsApp Business account (WABA); WhatsApp only.
    pub waba_id: Option<String>,
    /// The name of the WhatsApp Business account.
    pub waba_name: Option<String>,
    /// WhatsApp's word for the review of the WhatsApp Business account, in lower case.
    pub waba_state: Option<String>,
    /// The service's own ID of the instance.
    pub instance_id: Option<String>,
    /// When it was submitted, in RFC 3339.
    pub submitted_at: Option<String>,
}

impl ChannelInstance {
    fn from_row(row: &Value) -> Self {
        let text = |name| fields::text(row, &[name]);
        let lower = |name| text(name).map(|word| word.to_lowercase());
        Self {
            cust_space_id: text("CustSpaceId"),
            channel: lower("ChannelType"),
            name: text("InstanceName"),
            state: lower("State"),
            waba_id: None,
            waba_name: None,
            waba_state: None,
            instance_id: text("InstanceId"),
            submitted_at: fields::time(row, &["SubmitTime"]),
        }
    }

    /// The call for its WhatsApp Business account, if it has one.
    pub fn waba_call(&self) -> Option<ReadCall> {
        let is_whatsapp = self.channel.as_deref().is_none_or(|channel| channel == "whatsapp");
        let space = self.cust_space_id.as_deref().filter(|_| is_whatsapp)?;
        Some(Call::to(&QUERY_CHATAPP_BIND_WABA).text("--cust-space-id", space))
    }

    /// Adds the WhatsApp Business account in the reply to that call.
    pub fn add_waba(&mut self, reply: &Reply) {
        let text = |name| fields::text(reply.value("Data")?, &[name]);
        self.waba_id = text("Id");
        self.waba_name = text("Name");
        self.waba_state = text("AccountReviewStatus").map(|word| word.to_lowercase());
    }
}

/// The call for one page of the list; `channel` is the service's word, in any case.
pub fn list_call(channel: Option<&str>, index: u64, size: u64) -> ReadCall {
    Call::to(&LIST_INSTANCE)
        .optional_text("--channel-type", channel.map(str::to_uppercase).as_deref())
        .optional_integer("--page-index", Some(index))
        .optional_integer("--page-size", Some(size))
}

/// Fetches the channel instances, without their WhatsApp Business accounts.
///
/// # Errors
/// The failure of the first page that cannot be fetched.
pub fn fetch(
    client: &Client<'_>,
    channel: Option<&str>,
    range: PageRange,
) -> Result<(Vec<ChannelInstance>, Pages)> {
    let call = |index, size| list_call(channel, index, size);
    let pages = pages::read(client, range, call, &["Data", "Data.List"], &["TotalCount", "Total"])?;
    Ok((pages.entries.iter().map(ChannelInstance::from_row).collect(), pages))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_whatsapp_instances_have_a_whatsapp_business_account() {
        let instance = |row: Value| ChannelInstance::from_row(&row);
        assert!(instance(json!({"CustSpaceId": "s1"})).waba_call().is_some());
        let whatsapp = json!({"CustSpaceId": "s1", "ChannelType": "WHATSAPP"});
        assert!(instance(whatsapp).waba_call().is_some());
        let viber = json!({"CustSpaceId": "s1", "ChannelType": "VIBER"});
        assert!(instance(viber).waba_call().is_none());
        assert!(instance(json!({"ChannelType": "WHATSAPP"})).waba_call().is_none());
    }

    #[test]
    fn odd_replies_leave_the_account_unknown() {
        let mut instance = ChannelInstance::from_row(&json!({"CustSpaceId": "s1"}));
        for odd in [json!({}), json!({"Data": 5}), json!({"Data": {"Id": [1]}})] {
            instance.add_waba(&Reply(odd.as_object().expect("an object").clone()));
            assert_eq!(instance.waba_id, None, "{odd}");
        }
    }
}
