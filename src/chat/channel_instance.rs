//! Channel instances (cust-space-id): the units in which an account uses WhatsApp or Viber, and the
//! WhatsApp Business account of each.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::aliyun::client::Client;
use crate::aliyun::pages::{self, PageRange, Pages};
use crate::api::call::{Call, ReadCall};
use crate::api::operations::{LIST_INSTANCE, QUERY_CHATAPP_BIND_WABA};
use crate::api::reply::fields::{lower, text, time};
use crate::api::reply::{Reply, reply_struct};
use crate::error::Result;

reply_struct! {
    /// A channel instance, as `whatsapp accounts list` shows it.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
    pub struct ChannelInstance {
        /// The ID that `--cust-space-id` takes.
        pub cust_space_id: Option<String> = text["CustSpaceId"],
        /// `whatsapp` or `viber`.
        pub channel: Option<String> = lower["ChannelType"],
        /// The name that the account gave it.
        pub name: Option<String> = text["InstanceName"],
        /// The service's word for its state, in lower case.
        pub state: Option<String> = lower["State"],
        #[serde(flatten)]
        pub waba: Waba = not_fetched[],
        /// The service's own ID of the instance.
        pub instance_id: Option<String> = text["InstanceId"],
        /// When it was submitted, in RFC 3339.
        pub submitted_at: Option<String> = time["SubmitTime"],
    }
}

reply_struct! {
    /// The WhatsApp Business account (WABA) of a channel instance; WhatsApp only.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, Default)]
    pub struct Waba {
        /// Its ID.
        #[serde(rename = "waba_id")]
        pub id: Option<String> = text["Id"],
        /// Its name.
        #[serde(rename = "waba_name")]
        pub name: Option<String> = text["Name"],
        /// WhatsApp's word for its review, in lower case.
        #[serde(rename = "waba_state")]
        pub state: Option<String> = lower["AccountReviewStatus"],
    }
}

/// Another call has the WhatsApp Business account.
fn not_fetched(_: &Value, _: &[&str]) -> Waba {
    Waba::default()
}

impl ChannelInstance {
    /// The call for its WhatsApp Business account, if it has one.
    pub fn waba_call(&self) -> Option<ReadCall> {
        let is_whatsapp = self.channel.as_deref().is_none_or(|channel| channel == "whatsapp");
        let space = self.cust_space_id.as_deref().filter(|_| is_whatsapp)?;
        Some(Call::to(&QUERY_CHATAPP_BIND_WABA).text("--cust-space-id", space))
    }

    /// Adds the WhatsApp Business account in the reply to that call.
    pub fn add_waba(&mut self, reply: &Reply) {
        self.waba = reply.value("Data").map(Waba::from_object).unwrap_or_default();
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
    Ok((pages.entries.iter().map(ChannelInstance::from_object).collect(), pages))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_whatsapp_instances_have_a_whatsapp_business_account() {
        let instance = |row: Value| ChannelInstance::from_object(&row);
        assert!(instance(json!({"CustSpaceId": "s1"})).waba_call().is_some());
        let whatsapp = json!({"CustSpaceId": "s1", "ChannelType": "WHATSAPP"});
        assert!(instance(whatsapp).waba_call().is_some());
        let viber = json!({"CustSpaceId": "s1", "ChannelType": "VIBER"});
        assert!(instance(viber).waba_call().is_none());
        assert!(instance(json!({"ChannelType": "WHATSAPP"})).waba_call().is_none());
    }

    #[test]
    fn odd_replies_leave_the_account_unknown() {
        let mut instance = ChannelInstance::from_object(&json!({"CustSpaceId": "s1"}));
        for odd in [json!({}), json!({"Data": 5}), json!({"Data": {"Id": [1]}})] {
            instance.add_waba(&Reply(odd.as_object().expect("an object").clone()));
            assert_eq!(instance.waba.id, None, "{odd}");
        }
    }
}
