//! The calls that each command can make, by the rows of the table of operations.

use crate::api::operations::{
    CREATE_CHATAPP_TEMPLATE, CREATE_SMS_TEMPLATE, DELETE_CHATAPP_TEMPLATE, DELETE_SMS_TEMPLATE,
    GENERATE_PRESIGNED_URL, GET_CHATAPP_PHONE_NUMBER_METRIC, GET_CHATAPP_TEMPLATE_DETAIL,
    GET_CHATAPP_TEMPLATE_METRIC, GET_CHATAPP_UPLOAD_AUTHORIZATION, GET_CONVERSATIONAL_AUTOMATION,
    GET_SMS_SIGN, GET_SMS_TEMPLATE, GET_WHATSAPP_HEALTH_STATUS, LIST_CHATAPP_MESSAGE,
    LIST_CHATAPP_TEMPLATE, LIST_INSTANCE, MODIFY_CHATAPP_TEMPLATE, MODIFY_PHONE_BUSINESS_PROFILE,
    Operation, QUERY_CHATAPP_BIND_WABA, QUERY_CHATAPP_PHONE_NUMBERS, QUERY_PHONE_BUSINESS_PROFILE,
    QUERY_SEND_DETAILS, QUERY_SEND_STATISTICS, QUERY_SINGLE_SMS_QUALIFICATION,
    QUERY_SMS_QUALIFICATION_RECORD, QUERY_SMS_SIGN_LIST, QUERY_SMS_TEMPLATE_LIST, SEND_BATCH_SMS,
    SEND_CHATAPP_MASS_MESSAGE, SEND_CHATAPP_MESSAGE, SEND_SMS, UPDATE_ACCOUNT_WEBHOOK,
    UPDATE_CONVERSATIONAL_AUTOMATION, UPDATE_PHONE_WEBHOOK, UPDATE_SMS_TEMPLATE,
};

/// Calls that a command makes for one purpose.
pub struct Use {
    /// When it makes them; `None` if it always does.
    pub when: Option<&'static str>,
    pub operations: &'static [&'static Operation],
}

/// The calls of every command that makes any. A row is also for the commands below it that have no
/// row of their own.
pub static COMMANDS: &[(&str, &[Use])] = &[
    (
        "sms send",
        &[
            always(&[&SEND_SMS.operation]),
            when("look-up after a lost reply, and --wait", &[&QUERY_SEND_DETAILS.operation]),
            when("--verify", &[&GET_SMS_SIGN.operation, &GET_SMS_TEMPLATE.operation]),
            when(
                "lists and variables at a terminal",
                &[
                    &QUERY_SMS_SIGN_LIST.operation,
                    &QUERY_SMS_TEMPLATE_LIST.operation,
                    &GET_SMS_TEMPLATE.operation,
                ],
            ),
        ],
    ),
    (
        "sms batch",
        &[
            always(&[&SEND_BATCH_SMS.operation]),
            when("text in the plan, and --verify", &[&GET_SMS_TEMPLATE.operation]),
            when("--verify", &[&GET_SMS_SIGN.operation]),
            when("look-up after a lost reply", &[&QUERY_SEND_DETAILS.operation]),
        ],
    ),
    ("sms status", &[always(&[&QUERY_SEND_DETAILS.operation])]),
    (
        "outbox check",
        &[
            when("SMS", &[&QUERY_SEND_DETAILS.operation]),
            when("WhatsApp or Viber messages", &[&LIST_CHATAPP_MESSAGE.operation]),
        ],
    ),
    ("sms stats", &[always(&[&QUERY_SEND_STATISTICS.operation])]),
    ("sms signs list", &[always(&[&QUERY_SMS_SIGN_LIST.operation])]),
    ("sms signs show", &[always(&[&GET_SMS_SIGN.operation])]),
    ("sms qualifications list", &[always(&[&QUERY_SMS_QUALIFICATION_RECORD.operation])]),
    ("sms qualifications show", &[always(&[&QUERY_SINGLE_SMS_QUALIFICATION.operation])]),
    (
        "whatsapp send template",
        &[
            always(&[&SEND_CHATAPP_MESSAGE.operation]),
            when("look-up after a lost reply, and --wait", &[&LIST_CHATAPP_MESSAGE.operation]),
            when("look-up and --wait without --cust-space-id", LISTED_INSTANCES),
            when("--verify", &[&GET_CHATAPP_TEMPLATE_DETAIL.operation]),
            when(
                "lists and variables at a terminal",
                &[
                    &LIST_CHATAPP_TEMPLATE.operation,
                    &GET_CHATAPP_TEMPLATE_DETAIL.operation,
                    &QUERY_CHATAPP_PHONE_NUMBERS.operation,
                    &LIST_INSTANCE.operation,
                ],
            ),
        ],
    ),
    (
        "whatsapp send",
        &[
            always(&[&SEND_CHATAPP_MESSAGE.operation]),
            when(
                "look-up after a lost reply, duplicate check with --cust-space-id, --check-session \
                 and --wait",
                &[&LIST_CHATAPP_MESSAGE.operation],
            ),
            when("--file", &[&GET_CHATAPP_UPLOAD_AUTHORIZATION.operation]),
            when(
                "look-up after a lost reply, --check-session, --wait and --file without \
                 --cust-space-id",
                LISTED_INSTANCES,
            ),
            LISTS,
        ],
    ),
    (
        "whatsapp batch",
        &[
            always(&[&SEND_CHATAPP_MASS_MESSAGE.operation]),
            when("text in the plan, and --verify", &[&GET_CHATAPP_TEMPLATE_DETAIL.operation]),
            when("look-up after a lost reply", &[&LIST_CHATAPP_MESSAGE.operation]),
            LISTS,
        ],
    ),
    ("whatsapp status", &[always(&[&LIST_CHATAPP_MESSAGE.operation]), INSTANCES]),
    ("whatsapp history", &[always(&[&LIST_CHATAPP_MESSAGE.operation]), INSTANCES, LISTS]),
    ("whatsapp session", &[always(&[&LIST_CHATAPP_MESSAGE.operation]), INSTANCES, LISTS]),
    ("whatsapp numbers list", &[always(&[&QUERY_CHATAPP_PHONE_NUMBERS.operation])]),
    (
        "whatsapp numbers show",
        &[
            always(&[&QUERY_CHATAPP_PHONE_NUMBERS.operation]),
            when("metrics", &[&GET_CHATAPP_PHONE_NUMBER_METRIC.operation]),
            when("health, with --cust-space-id", &[&GET_WHATSAPP_HEALTH_STATUS.operation]),
        ],
    ),
    ("whatsapp profile show", &[always(&[&QUERY_PHONE_BUSINESS_PROFILE.operation]), INSTANCES]),
    (
        "whatsapp profile update",
        &[
            always(&[&MODIFY_PHONE_BUSINESS_PROFILE.operation]),
            when("previous values", &[&QUERY_PHONE_BUSINESS_PROFILE.operation]),
            INSTANCES,
        ],
    ),
    (
        "whatsapp media upload",
        &[
            always(&[
                &GET_CHATAPP_UPLOAD_AUTHORIZATION.operation,
                &GENERATE_PRESIGNED_URL.operation,
            ]),
            INSTANCES,
        ],
    ),
    ("whatsapp media link", &[always(&[&GENERATE_PRESIGNED_URL.operation])]),
    (
        "whatsapp accounts list",
        &[
            always(&[&LIST_INSTANCE.operation]),
            when(
                "WhatsApp Business account of each instance",
                &[&QUERY_CHATAPP_BIND_WABA.operation],
            ),
        ],
    ),
    ("whatsapp automation show", &[always(&[&GET_CONVERSATIONAL_AUTOMATION.operation]), INSTANCES]),
    (
        "whatsapp automation set",
        &[
            always(&[&UPDATE_CONVERSATIONAL_AUTOMATION.operation]),
            when("previous values", &[&GET_CONVERSATIONAL_AUTOMATION.operation]),
            INSTANCES,
        ],
    ),
    (
        "whatsapp webhook set",
        &[
            when("webhook of an account", &[&UPDATE_ACCOUNT_WEBHOOK.operation]),
            when("webhook of a number", &[&UPDATE_PHONE_WEBHOOK.operation]),
            when("previous values", &[&QUERY_CHATAPP_PHONE_NUMBERS.operation]),
            INSTANCES,
        ],
    ),
    (
        "templates list",
        &[
            when(CHAT, &[&LIST_CHATAPP_TEMPLATE.operation]),
            when(SMS, &[&QUERY_SMS_TEMPLATE_LIST.operation]),
        ],
    ),
    (
        "templates show",
        &[
            when(CHAT, &[&GET_CHATAPP_TEMPLATE_DETAIL.operation]),
            when(SMS, &[&GET_SMS_TEMPLATE.operation]),
        ],
    ),
    (
        "templates preview",
        &[
            when(CHAT, &[&GET_CHATAPP_TEMPLATE_DETAIL.operation]),
            when(SMS, &[&GET_SMS_TEMPLATE.operation]),
        ],
    ),
    (
        "templates create",
        &[
            when(CHAT, &[&CREATE_CHATAPP_TEMPLATE.operation]),
            when(SMS, &[&CREATE_SMS_TEMPLATE.operation]),
            when("--wait", &[&GET_CHATAPP_TEMPLATE_DETAIL.operation, &GET_SMS_TEMPLATE.operation]),
        ],
    ),
    (
        "templates update",
        &[
            when(
                CHAT,
                &[&GET_CHATAPP_TEMPLATE_DETAIL.operation, &MODIFY_CHATAPP_TEMPLATE.operation],
            ),
            when(SMS, &[&GET_SMS_TEMPLATE.operation, &UPDATE_SMS_TEMPLATE.operation]),
        ],
    ),
    (
        "templates delete",
        &[
            when(
                CHAT,
                &[&GET_CHATAPP_TEMPLATE_DETAIL.operation, &DELETE_CHATAPP_TEMPLATE.operation],
            ),
            when(SMS, &[&GET_SMS_TEMPLATE.operation, &DELETE_SMS_TEMPLATE.operation]),
            when("--name", &[&LIST_CHATAPP_TEMPLATE.operation]),
        ],
    ),
    ("templates stats", &[always(&[&GET_CHATAPP_TEMPLATE_METRIC.operation])]),
    (
        "batches show",
        &[
            when("--receipts, of an SMS batch", &[&QUERY_SEND_DETAILS.operation]),
            when("--receipts, of a WhatsApp or Viber batch", &[&LIST_CHATAPP_MESSAGE.operation]),
        ],
    ),
    ("batches resume", BATCH),
    ("batches work", BATCH),
];

const CHAT: &str = "WhatsApp and Viber";
const SMS: &str = "--channel sms";

static LISTED: &[&Operation] = &[&QUERY_CHATAPP_PHONE_NUMBERS.operation, &LIST_INSTANCE.operation];
static LISTED_INSTANCES: &[&Operation] = &[&LIST_INSTANCE.operation];
/// The lists of senders and channel instances.
const LISTS: Use = when("lists at a terminal", LISTED);
/// The list of channel instances.
const INSTANCES: Use = when("without --cust-space-id", LISTED_INSTANCES);

static BATCH: &[Use] = &[
    when("SMS batch", &[&SEND_BATCH_SMS.operation, &QUERY_SEND_DETAILS.operation]),
    when(
        "WhatsApp or Viber batch",
        &[&SEND_CHATAPP_MASS_MESSAGE.operation, &LIST_CHATAPP_MESSAGE.operation],
    ),
];

/// Commands that make no calls; also for the commands below them.
pub const OFFLINE: &[&str] = &[
    "batches list",
    "batches cancel",
    "batches export",
    "keys",
    "limits",
    "outbox list",
    "outbox show",
    "outbox export",
    "outbox prune",
    "sandbox",
    "doctor",
    "explain",
    "policy",
    "help",
    "config",
    "completions",
    "man",
    "mcp",
    "schema",
    "skill",
];

/// The calls of a command; `None` if the table does not have it.
pub fn uses(command: &str) -> Option<&'static [Use]> {
    if OFFLINE.iter().any(|name| is_below(command, name)) {
        return Some(&[]);
    }
    let rows = COMMANDS.iter().filter(|(name, _)| is_below(command, name));
    rows.max_by_key(|(name, _)| name.len()).map(|(_, uses)| *uses)
}

fn is_below(command: &str, group: &str) -> bool {
    command.strip_prefix(group).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

const fn always(operations: &'static [&'static Operation]) -> Use {
    Use { when: None, operations }
}

const fn when(when: &'static str, operations: &'static [&'static Operation]) -> Use {
    Use { when: Some(when), operations }
}
