//! The commands of a code in its explanation.

use crate::api::error_codes::Cause::{
    self, Account, Credentials, Permission, Quota, Service, Throttled,
};
use crate::api::error_codes::Code;
use crate::api::error_codes::Layer::{self, Cams, Meta, Sms};

const CONFIGURATION: &str = "aliyun configure list";

impl Code {
    /// Commands that show valid values, the cause or the state, with names in capitals in place of
    /// values. A code without its own commands has those of its cause.
    pub fn explained_commands(&self) -> Vec<String> {
        let own = self.next_commands();
        if !own.is_empty() {
            return own;
        }
        by_cause(self.layer, self.cause).iter().map(ToString::to_string).collect()
    }
}

const fn by_cause(layer: Layer, cause: Cause) -> &'static [&'static str] {
    match (cause, layer) {
        (Credentials | Account, _) => &[CONFIGURATION],
        (Permission, _) => &["alimsg policy"],
        (Throttled | Quota, Sms) => &["alimsg sms stats --last 7d"],
        // --rate and --jobs.
        (Throttled | Quota, _) => &["alimsg sms batch --help"],
        (Service, Sms) => &["alimsg sms status --help"],
        (Service, Cams | Meta) => &["alimsg whatsapp history --help"],
        (Service, Layer::Gateway) => {
            &["alimsg sms status --help", "alimsg whatsapp history --help"]
        }
        (_, Sms) => &["alimsg sms send --help"],
        (_, Cams | Meta) => &["alimsg whatsapp send --help"],
        (_, Layer::Gateway) => &[CONFIGURATION],
    }
}
