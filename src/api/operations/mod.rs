//! The table of operations: every call that alimsg can make, once, as data.
//!
//! The argument builder, the sandbox, the retry rules, the RAM policy of an error and the agent
//! string all read this table; no other place names a command or a flag of `aliyun`.

mod cams;
mod dysmsapi;

use std::marker::PhantomData;
use std::ops::Deref;

use crate::error::Outcome;
pub use cams::{
    CREATE_CHATAPP_TEMPLATE, DELETE_CHATAPP_TEMPLATE, GENERATE_PRESIGNED_URL,
    GET_CHATAPP_PHONE_NUMBER_METRIC, GET_CHATAPP_TEMPLATE_DETAIL, GET_CHATAPP_TEMPLATE_METRIC,
    GET_CHATAPP_UPLOAD_AUTHORIZATION, GET_CONVERSATIONAL_AUTOMATION, GET_WHATSAPP_HEALTH_STATUS,
    LIST_CHATAPP_MESSAGE, LIST_CHATAPP_TEMPLATE, LIST_INSTANCE, MODIFY_CHATAPP_TEMPLATE,
    MODIFY_PHONE_BUSINESS_PROFILE, QUERY_CHATAPP_BIND_WABA, QUERY_CHATAPP_PHONE_NUMBERS,
    QUERY_PHONE_BUSINESS_PROFILE, SEND_CHATAPP_MESSAGE, UPDATE_ACCOUNT_WEBHOOK,
    UPDATE_CONVERSATIONAL_AUTOMATION, UPDATE_PHONE_WEBHOOK,
};
pub use dysmsapi::{
    CREATE_SMS_TEMPLATE, DELETE_SMS_TEMPLATE, GET_SMS_SIGN, GET_SMS_TEMPLATE, QUERY_SEND_DETAILS,
    QUERY_SEND_STATISTICS, QUERY_SINGLE_SMS_QUALIFICATION, QUERY_SMS_QUALIFICATION_RECORD,
    QUERY_SMS_SIGN_LIST, QUERY_SMS_TEMPLATE_LIST, SEND_SMS, UPDATE_SMS_TEMPLATE,
};

/// A product of Alibaba Cloud that alimsg calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Product {
    /// Chat App Message Service: WhatsApp and Viber.
    Cams,
    /// Short Message Service.
    Dysmsapi,
}

impl Product {
    pub const ALL: [Product; 2] = [Product::Cams, Product::Dysmsapi];

    /// The word after `aliyun` on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cams => "cams",
            Self::Dysmsapi => "dysmsapi",
        }
    }

    /// The plugin that brings the product's commands; there is no built-in fallback.
    pub const fn plugin(self) -> &'static str {
        match self {
            Self::Cams => "aliyun-cli-cams",
            Self::Dysmsapi => "aliyun-cli-dysmsapi",
        }
    }

    /// The agent string that every call of the product carries and that ai-mode is set to.
    pub const fn agent(self) -> &'static str {
        match self {
            Self::Cams => "AlibabaCloud-Agent-Skills/alibabacloud-chatapp-message-send",
            Self::Dysmsapi => "AlibabaCloud-Agent-Skills/alibabacloud-sms-send-short-message",
        }
    }

    /// Flags that every call of the product carries besides the agent string.
    pub const fn fixed_flags(self) -> &'static [&'static str] {
        match self {
            Self::Cams => &[],
            Self::Dysmsapi => &["--api-version=2017-05-25", "--read-timeout=3"],
        }
    }

    /// By which IDs its messages are known.
    pub const fn ids(self) -> Ids {
        match self {
            Self::Cams => Ids {
                tracking_flag: "--task-id",
                tracking: "task_id",
                receipt: "message_id",
                receipt_in: &["MessageId", "Data.MessageId", "GroupMessageId"],
            },
            Self::Dysmsapi => Ids {
                tracking_flag: "--out-id",
                tracking: "out_id",
                receipt: "biz_id",
                receipt_in: &["BizId"],
            },
        }
    }

    /// Every call of the product, in the order of its API model.
    pub fn operations(self) -> &'static [&'static Operation] {
        match self {
            Self::Cams => cams::ALL,
            Self::Dysmsapi => dysmsapi::ALL,
        }
    }
}

/// The two IDs of a message.
#[derive(Debug, Clone, Copy)]
pub struct Ids {
    /// The flag of the sending calls for the sender's own ID.
    pub tracking_flag: &'static str,
    /// The name in results of the sender's own ID, by which the message can be found again.
    pub tracking: &'static str,
    /// The name in results of the ID that the service gives to what it accepted.
    pub receipt: &'static str,
    /// Where its replies carry that.
    pub receipt_in: &'static [&'static str],
}

/// What a call does; decides about consent and about retrying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Changes nothing; may be repeated.
    Read,
    /// Sends a message to a person: costs money, cannot be taken back, is never repeated.
    Send,
    /// Changes settings or templates of the account; is never repeated.
    Write,
}

/// The form in which `aliyun` takes a flag's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagKind {
    /// One string: `--flag=value`.
    Text,
    /// One whole number: `--flag=1`.
    Integer,
    /// `--flag=true` or `--flag=false`.
    Boolean,
    /// Free keys: `--flag key=value key=value`.
    Map,
    /// Known keys: `--flag Index=1 Size=50`. Repeating the flag would mean the next element of a
    /// list, so it stands once.
    Fields(&'static [&'static str]),
    /// A list of strings: the flag once for each element, `--flag=a --flag=b`.
    TextList,
    /// A nested structure: one JSON value, `--flag=[{…}]`.
    Json,
}

/// One flag of a call.
#[derive(Debug, Clone, Copy)]
pub struct Flag {
    /// With its dashes, as `aliyun` spells it.
    pub name: &'static str,
    pub kind: FlagKind,
    /// The service refuses the call without it.
    pub required: bool,
    /// Its values can carry a verification code or other personal text: `-v` hides them, and so do
    /// errors that quote them.
    pub private: bool,
    /// Its value reaches the customer or decides whether something does. Otherwise it serves
    /// look-ups and statistics alone, and two calls that differ in it send the same message.
    pub content: bool,
}

impl Flag {
    const fn private(self) -> Self {
        Self { private: true, ..self }
    }

    const fn not_content(self) -> Self {
        Self { content: false, ..self }
    }
}

/// One call of the API, as `aliyun` offers it.
#[derive(Debug)]
pub struct Operation {
    pub product: Product,
    /// The kebab-case word that the plugin knows.
    pub command: &'static str,
    /// The API's own name, as the service's documentation uses it.
    pub api: &'static str,
    pub access: Access,
    /// What a RAM policy has to allow for this call.
    pub ram_action: &'static str,
    pub flags: &'static [Flag],
}

impl Operation {
    /// What has to be said about the call when nobody knows how far it came.
    pub fn if_open(&self) -> Outcome {
        match self.access {
            Access::Read => Outcome::NotSent,
            Access::Send | Access::Write => Outcome::Unknown,
        }
    }

    /// Its reply holds keys or personal data, so that nothing of it may be quoted in an error.
    pub fn is_confidential(&self) -> bool {
        [
            &cams::GET_CHATAPP_UPLOAD_AUTHORIZATION.operation,
            &dysmsapi::QUERY_SINGLE_SMS_QUALIFICATION.operation,
            &dysmsapi::QUERY_SMS_QUALIFICATION_RECORD.operation,
        ]
        .iter()
        .any(|confidential| std::ptr::eq(self, *confidential))
    }

    /// The flag of that name, dashes included.
    pub fn flag(&self, name: &str) -> Option<&'static Flag> {
        self.flags.iter().find(|flag| flag.name == name)
    }
}

/// Whether a flag of that name, dashes included, has private values in any call.
pub fn is_private(flag: &str) -> bool {
    Product::ALL
        .into_iter()
        .flat_map(Product::operations)
        .filter_map(|operation| operation.flag(flag))
        .any(|flag| flag.private)
}

/// The effect of an operation as a type, so that the compiler keeps sends out of code that repeats
/// calls.
pub trait Effect {
    const ACCESS: Access;
}

/// Marks operations that only read.
#[derive(Debug, Clone, Copy)]
pub enum Reads {}
/// Marks operations that send a message.
#[derive(Debug, Clone, Copy)]
pub enum Sends {}
/// Marks operations that change settings or templates.
#[derive(Debug, Clone, Copy)]
pub enum Changes {}

impl Effect for Reads {
    const ACCESS: Access = Access::Read;
}

impl Effect for Sends {
    const ACCESS: Access = Access::Send;
}

impl Effect for Changes {
    const ACCESS: Access = Access::Write;
}

/// An operation whose effect is part of its type.
#[derive(Debug)]
pub struct TypedOperation<E> {
    pub operation: Operation,
    effect: PhantomData<E>,
}

pub type ReadOperation = TypedOperation<Reads>;
pub type SendOperation = TypedOperation<Sends>;
pub type ChangeOperation = TypedOperation<Changes>;

impl<E: Effect> TypedOperation<E> {
    /// The type and the row must name the same effect; anything else does not compile.
    const fn new(operation: Operation) -> Self {
        assert!(operation.access as u8 == E::ACCESS as u8, "the effect differs from the row's");
        Self { operation, effect: PhantomData }
    }
}

impl<E> Deref for TypedOperation<E> {
    type Target = Operation;

    fn deref(&self) -> &Operation {
        &self.operation
    }
}

/// The operation behind `aliyun <product> <command>`.
pub fn find(product: &str, command: &str) -> Option<&'static Operation> {
    Product::ALL
        .into_iter()
        .filter(|candidate| candidate.name() == product)
        .flat_map(Product::operations)
        .find(|operation| operation.command == command)
        .copied()
}

const fn required(name: &'static str, kind: FlagKind) -> Flag {
    Flag { name, kind, required: true, private: false, content: true }
}

const fn optional(name: &'static str, kind: FlagKind) -> Flag {
    Flag { name, kind, required: false, private: false, content: true }
}

#[cfg(test)]
mod tests;
