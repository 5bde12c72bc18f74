//! The table of operations: one row for each call that alimsg can make.
//!
//! The argument builder, the sandbox, the retry rules, the RAM policy of an error and the agent
//! string all use this table; commands and flags of product calls are defined nowhere else.

use std::marker::PhantomData;
use std::ops::Deref;

use crate::error::Outcome;
pub use cams::*;
pub use dysmsapi::*;

/// Defines the calls of a product, one row each: a static of every row, and `ALL`, in the order of
/// the API model. The RAM action is the name of the API after the product's name in policies.
macro_rules! operations {
    (
        $product:expr, $ram:literal;
        $($name:ident: $effect:ident, $command:literal, $api:literal,
            $(limits($calls:literal, $recipients:literal),)? {
            $($new:ident $kind:expr => $($flag:literal),+;)*
        };)*
    ) => {
        $(pub static $name: TypedOperation<$effect> = TypedOperation::new(Operation {
            product: $product,
            command: $command,
            api: $api,
            access: <$effect>::ACCESS,
            ram_action: concat!($ram, ":", $api),
            flags: &[$($(super::$new($flag, $kind)),+),*],
            limits: super::limits(&[$($calls, $recipients)?]),
        });)*

        pub(super) static ALL: &[&Operation] = &[$(&$name.operation),*];
    };
}

mod cams;
mod dysmsapi;

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
                receipt_in: &["MessageId", "Data.MessageId", "GroupMessageId"],
            },
            Self::Dysmsapi => {
                Ids { tracking_flag: "--out-id", tracking: "out_id", receipt_in: &["BizId"] }
            }
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
    /// The documented limits of a call with many recipients.
    pub limits: Option<Limits>,
}

/// What the service permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Calls in a second, for each account.
    pub calls_per_second: u32,
    /// Recipients of one call.
    pub recipients: u32,
}

/// The limits of a row of the table: none, or calls per second and recipients.
const fn limits(values: &[u32]) -> Option<Limits> {
    match *values {
        [calls_per_second, recipients] => Some(Limits { calls_per_second, recipients }),
        _ => None,
    }
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

pub type ChangeOperation = TypedOperation<Changes>;

impl<E> TypedOperation<E> {
    const fn new(operation: Operation) -> Self {
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
    Flag { required: true, ..optional(name, kind) }
}

const fn optional(name: &'static str, kind: FlagKind) -> Flag {
    Flag { name, kind, required: false, private: false, content: true }
}

const fn required_private(name: &'static str, kind: FlagKind) -> Flag {
    Flag { required: true, ..private(name, kind) }
}

const fn private(name: &'static str, kind: FlagKind) -> Flag {
    Flag { private: true, ..optional(name, kind) }
}

/// A flag that has no effect on what the customer receives.
const fn metadata(name: &'static str, kind: FlagKind) -> Flag {
    Flag { content: false, ..optional(name, kind) }
}

const fn private_metadata(name: &'static str, kind: FlagKind) -> Flag {
    Flag { private: true, ..metadata(name, kind) }
}

#[cfg(test)]
mod tests;
