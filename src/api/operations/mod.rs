//! The table of operations: one row for each call that alimsg can make.
//!
//! The argument builder, the sandbox, the retry rules, the RAM policy of an error and the agent
//! string all use this table; commands and flags of product calls are defined nowhere else.

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
    QUERY_PHONE_BUSINESS_PROFILE, SEND_CHATAPP_MASS_MESSAGE, SEND_CHATAPP_MESSAGE,
    UPDATE_ACCOUNT_WEBHOOK, UPDATE_CONVERSATIONAL_AUTOMATION, UPDATE_PHONE_WEBHOOK,
};
pub use dysmsapi::{
    CREATE_SMS_TEMPLATE, DELETE_SMS_TEMPLATE, GET_SMS_SIGN, GET_SMS_TEMPLATE, QUERY_SEND_DETAILS,
    QUERY_SEND_STATISTICS, QUERY_SINGLE_SMS_QUALIFICATION, QUERY_SMS_QUALIFICATION_RECORD,
    QUERY_SMS_SIGN_LIST, QUERY_SMS_TEMPLATE_LIST, SEND_BATCH_SMS, SEND_SMS, UPDATE_SMS_TEMPLATE,
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

    /// The plugin that provides the product's commands; the CLI has no built-in fallback.
    pub const fn plugin(self) -> &'static str {
        match self {
            Self::Cams => "aliyun-cli-cams",
            Self::Dysmsapi => "aliyun-cli-dysmsapi",
        }
    }

    /// The user agent of every call of the product, which ai-mode is also set to.
    pub const fn agent(self) -> &'static str {
        match self {
            Self::Cams => "AlibabaCloud-Agent-Skills/alibabacloud-chatapp-message-send",
            Self::Dysmsapi => "AlibabaCloud-Agent-Skills/alibabacloud-sms-send-short-message",
        }
    }

    /// Flags of every call of the product, in addition to the user agent.
    pub const fn fixed_flags(self) -> &'static [&'static str] {
        match self {
            Self::Cams => &[],
            Self::Dysmsapi => &["--api-version=2017-05-25", "--read-timeout=3"],
        }
    }

    /// The IDs of the product's messages.
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

/// The two IDs of a message: the sender's and the service's.
#[derive(Debug, Clone, Copy)]
pub struct Ids {
    /// The flag of send calls for the sender's ID.
    pub tracking_flag: &'static str,
    /// The name of the sender's ID in results; the message can be found by it.
    pub tracking: &'static str,
    /// The name in results of the ID that the service assigns.
    pub receipt: &'static str,
    /// The paths of that ID in replies.
    pub receipt_in: &'static [&'static str],
}

/// The effect of a call; decides about consent and retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Changes nothing, so it may be repeated.
    Read,
    /// Sends a message: costs money, cannot be undone, and is never repeated.
    Send,
    /// Changes settings or templates of the account; is never repeated.
    Write,
}

/// How `aliyun` expects the value of a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagKind {
    /// One string: `--flag=value`.
    Text,
    /// One integer: `--flag=1`.
    Integer,
    /// `--flag=true` or `--flag=false`.
    Boolean,
    /// Free keys: `--flag key=value key=value`.
    Map,
    /// Known keys: `--flag Index=1 Size=50`. The flag must not be repeated: that would start the
    /// next element of a list.
    Fields(&'static [&'static str]),
    /// A list of strings, with the flag once for each element: `--flag=a --flag=b`.
    TextList,
    /// A nested structure: one JSON value, `--flag=[{…}]`.
    Json,
}

/// One flag of a call.
#[derive(Debug, Clone, Copy)]
pub struct Flag {
    /// The name with its dashes, as `aliyun` expects it.
    pub name: &'static str,
    pub kind: FlagKind,
    /// The service rejects the call without it.
    pub required: bool,
    /// Its values can contain a verification code or other private text, so `-v` and errors hide
    /// them.
    pub private: bool,
    /// Its value affects what the customer receives. Other flags only serve queries and statistics:
    /// two calls that differ in them send the same message.
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

/// One call of the API.
#[derive(Debug)]
pub struct Operation {
    pub product: Product,
    /// The plugin's command, in kebab case.
    pub command: &'static str,
    /// The name of the API in the documentation of the service.
    pub api: &'static str,
    pub access: Access,
    /// The RAM action that a policy must allow.
    pub ram_action: &'static str,
    pub flags: &'static [Flag],
}

impl Operation {
    /// The outcome of a failed call without proof that nothing was sent or changed.
    pub fn outcome_without_proof(&self) -> Outcome {
        match self.access {
            Access::Read => Outcome::NotSent,
            Access::Send | Access::Write => Outcome::Unknown,
        }
    }

    /// Whether its reply contains keys or personal data, which errors must not quote.
    pub fn is_confidential(&self) -> bool {
        [
            &cams::GET_CHATAPP_UPLOAD_AUTHORIZATION.operation,
            &dysmsapi::QUERY_SINGLE_SMS_QUALIFICATION.operation,
            &dysmsapi::QUERY_SMS_QUALIFICATION_RECORD.operation,
        ]
        .iter()
        .any(|confidential| std::ptr::eq(self, *confidential))
    }

    /// The flag with that name, including its dashes.
    pub fn flag(&self, name: &str) -> Option<&'static Flag> {
        self.flags.iter().find(|flag| flag.name == name)
    }
}

/// Whether the flag with that name, including its dashes, has private values in any call.
pub fn is_private(flag: &str) -> bool {
    Product::ALL
        .into_iter()
        .flat_map(Product::operations)
        .filter_map(|operation| operation.flag(flag))
        .any(|flag| flag.private)
}

/// The effect of an operation as a type. The compiler then rejects code that would repeat a send.
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
    /// Does not compile if the effect of the type differs from that of the row.
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

/// The operation of `aliyun <product> <command>`.
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
