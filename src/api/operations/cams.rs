//! The calls of CAMS (WhatsApp and Viber), API version 2020-06-06.
//!
//! Source: the public API model, for commands, flags, types, required fields and RAM actions.

use crate::api::operations::{
    Access, ChangeOperation, FlagKind, Operation, Product, ReadOperation, SendOperation,
    TypedOperation, optional, required,
};
use FlagKind::{Boolean, Fields, Integer, Json, Map, Text, TextList};

pub static SEND_CHATAPP_MESSAGE: SendOperation = TypedOperation::new(Operation {
    product: Product::Cams,
    command: "send-chatapp-message",
    api: "SendChatappMessage",
    access: Access::Send,
    ram_action: "cams:SendChatappMessage",
    flags: &[
        optional("--ad-account-id", Text).not_content(),
        optional("--category", Text),
        required("--channel-type", Text),
        optional("--content", Text).private(),
        optional("--context-message-id", Text),
        optional("--cust-space-id", Text).not_content(),
        optional("--fall-back-content", Text).private(),
        optional("--fall-back-duration", Integer),
        optional("--fall-back-id", Text),
        optional("--fall-back-rule", Text),
        optional("--flow-action", Json).private(),
        required("--from", Text),
        optional("--label", Text),
        optional("--biz-language", Text),
        optional("--message-campaign-id", Text).not_content(),
        optional("--message-type", Text),
        optional("--payload", TextList).private(),
        optional("--product-action", Json).private(),
        optional("--recipient-type", Text),
        optional("--tag", Text).not_content(),
        optional("--task-id", Text).not_content(),
        optional("--template-code", Text),
        optional("--template-name", Text),
        optional("--template-params", Map).private(),
        required("--to", Text),
        optional("--token-type", Text),
        optional("--tracking-data", Text).private().not_content(),
        optional("--ttl", Integer),
        required("--type", Text),
    ],
});

pub static SEND_CHATAPP_MASS_MESSAGE: SendOperation = TypedOperation::new(Operation {
    product: Product::Cams,
    command: "send-chatapp-mass-message",
    api: "SendChatappMassMessage",
    access: Access::Send,
    ram_action: "cams:SendChatappMassMessage",
    flags: &[
        required("--channel-type", Text),
        optional("--cust-space-id", Text).not_content(),
        optional("--fall-back-content", Text).private(),
        optional("--fall-back-duration", Integer),
        optional("--fall-back-id", Text),
        optional("--fall-back-rule", Text),
        required("--from", Text),
        optional("--label", Text),
        required("--biz-language", Text),
        optional("--sender-list", Json).private(),
        optional("--tag", Text).not_content(),
        optional("--task-id", Text).not_content(),
        optional("--template-code", Text),
        optional("--template-name", Text),
        optional("--ttl", Integer),
    ],
});

pub static LIST_CHATAPP_MESSAGE: ReadOperation = TypedOperation::new(Operation {
    product: Product::Cams,
    command: "list-chatapp-message",
    api: "ListChatappMessage",
    access: Access::Read,
    ram_action: "cams:ListChatappMessage",
    flags: &[
        required("--business-number", Text),
        required("--channel-type", Text),
        optional("--client-accept-status", Text),
        required("--cust-space-id", Text),
        optional("--end-time", Integer),
        optional("--end-time-str", Text),
        optional("--event-action", Text),
        optional("--group-message-id", Text),
        optional("--message-status", Text),
        required("--page", Fields(&["Index", "Size"])),
        optional("--start-time", Integer),
        optional("--start-time-str", Text),
        optional("--template-code", Text),
        optional("--user-number", Text),
    ],
});

pub static LIST_CHATAPP_TEMPLATE: ReadOperation = TypedOperation::new(Operation {
    product: Product::Cams,
    command: "list-chatapp-template",
    api: "ListChatappTemplate",
    access: Access::Read,
    ram_action: "cams:ListChatappTemplate",
    flags: &[
        optional("--audit-status", Text),
        optional("--category", Text),
        optional("--code", Text),
        optional("--cust-space-id", Text),
        optional("--biz-language", Text),
        optional("--name", Text),
        optional("--page", Fields(&["Index", "Size"])),
        optional("--template-type", Text),
    ],
});

pub static GET_CHATAPP_TEMPLATE_DETAIL: ReadOperation = TypedOperation::new(Operation {
    product: Product::Cams,
    command: "get-chatapp-template-detail",
    api: "GetChatappTemplateDetail",
    access: Access::Read,
    ram_action: "cams:GetChatappTemplateDetail",
    flags: &[
        optional("--cust-space-id", Text),
        required("--biz-language", Text),
        optional("--template-code", Text),
        optional("--template-name", Text),
        optional("--template-type", Text),
    ],
});

pub static CREATE_CHATAPP_TEMPLATE: ChangeOperation = TypedOperation::new(Operation {
    product: Product::Cams,
    command: "create-chatapp-template",
    api: "CreateChatappTemplate",
    access: Access::Write,
    ram_action: "cams:CreateChatappTemplate",
    flags: &[
        optional("--allow-category-change", Boolean),
        required("--category", Text),
        optional("--category-change-paused", Boolean),
        required("--components", Json).private(),
        optional("--cust-space-id", Text),
        optional("--example", Map).private(),
        required("--biz-language", Text),
        optional("--message-send-ttl-seconds", Integer),
        required("--name", Text),
        optional("--product-set-id", Text),
        required("--template-type", Text),
    ],
});

pub static MODIFY_CHATAPP_TEMPLATE: ChangeOperation = TypedOperation::new(Operation {
    product: Product::Cams,
    command: "modify-chatapp-template",
    api: "ModifyChatappTemplate",
    access: Access::Write,
    ram_action: "cams:ModifyChatappTemplate",
    flags: &[
        optional("--category", Text),
        optional("--category-change-paused", Boolean),
        required("--components", Json).private(),
        optional("--cust-space-id", Text),
        optional("--example", Map).private(),
        required("--biz-language", Text),
        optional("--message-send-ttl-seconds", Integer),
        optional("--product-set-id", Text),
        optional("--template-code", Text),
        optional("--template-name", Text),
        optional("--template-type", Text),
    ],
});

pub static DELETE_CHATAPP_TEMPLATE: ChangeOperation = TypedOperation::new(Operation {
    product: Product::Cams,
    command: "delete-chatapp-template",
    api: "DeleteChatappTemplate",
    access: Access::Write,
    ram_action: "cams:DeleteChatappTemplate",
    flags: &[
        optional("--cust-space-id", Text),
        optional("--biz-language", Text),
        optional("--template-code", Text),
        optional("--template-name", Text),
        required("--template-type", Text),
    ],
});

pub static GET_CHATAPP_TEMPLATE_METRIC: ReadOperation = TypedOperation::new(Operation {
    product: Product::Cams,
    command: "get-chatapp-template-metric",
    api: "GetChatappTemplateMetric",
    access: Access::Read,
    ram_action: "cams:GetChatappTemplateMetric",
    flags: &[
        optional("--cust-space-id", Text),
        required("--end", Integer),
        optional("--granularity", Text),
        optional("--biz-language", Text),
        required("--start", Integer),
        required("--template-code", Text),
        optional("--template-type", Text),
    ],
});

pub static QUERY_CHATAPP_PHONE_NUMBERS: ReadOperation = TypedOperation::new(Operation {
    product: Product::Cams,
    command: "query-chatapp-phone-numbers",
    api: "QueryChatappPhoneNumbers",
    access: Access::Read,
    ram_action: "cams:QueryChatappPhoneNumbers",
    flags: &[optional("--cust-space-id", Text), optional("--status", Text)],
});

pub static GET_CHATAPP_PHONE_NUMBER_METRIC: ReadOperation = TypedOperation::new(Operation {
    product: Product::Cams,
    command: "get-chatapp-phone-number-metric",
    api: "GetChatappPhoneNumberMetric",
    access: Access::Read,
    ram_action: "cams:GetChatappPhoneNumberMetric",
    flags: &[
        optional("--cust-space-id", Text),
        required("--end", Integer),
        optional("--granularity", Text),
        optional("--phone-number", Text),
        required("--start", Integer),
    ],
});

pub static QUERY_PHONE_BUSINESS_PROFILE: ReadOperation = TypedOperation::new(Operation {
    product: Product::Cams,
    command: "query-phone-business-profile",
    api: "QueryPhoneBusinessProfile",
    access: Access::Read,
    ram_action: "cams:QueryPhoneBusinessProfile",
    flags: &[required("--cust-space-id", Text), required("--phone-number", Text)],
});

pub static MODIFY_PHONE_BUSINESS_PROFILE: ChangeOperation = TypedOperation::new(Operation {
    product: Product::Cams,
    command: "modify-phone-business-profile",
    api: "ModifyPhoneBusinessProfile",
    access: Access::Write,
    ram_action: "cams:ModifyPhoneBusinessProfile",
    flags: &[
        optional("--about", Text),
        optional("--address", Text),
        required("--cust-space-id", Text),
        optional("--description", Text),
        optional("--email", Text),
        required("--phone-number", Text),
        optional("--profile-picture-url", Text),
        optional("--vertical", Text),
        optional("--websites", TextList),
    ],
});

pub static GET_CHATAPP_UPLOAD_AUTHORIZATION: ReadOperation = TypedOperation::new(Operation {
    product: Product::Cams,
    command: "get-chatapp-upload-authorization",
    api: "GetChatappUploadAuthorization",
    access: Access::Read,
    ram_action: "cams:GetChatappUploadAuthorization",
    flags: &[required("--cust-space-id", Text)],
});

pub static GENERATE_PRESIGNED_URL: ReadOperation = TypedOperation::new(Operation {
    product: Product::Cams,
    command: "generate-presigned-url",
    api: "GeneratePresignedUrl",
    access: Access::Read,
    ram_action: "cams:GeneratePresignedUrl",
    flags: &[required("--file-path", Text)],
});

pub static LIST_INSTANCE: ReadOperation = TypedOperation::new(Operation {
    product: Product::Cams,
    command: "list-instance",
    api: "ListInstance",
    access: Access::Read,
    ram_action: "cams:ListInstance",
    flags: &[
        optional("--bind-id", Text),
        optional("--channel-type", Text),
        optional("--filter-str", Text),
        optional("--instance-id", Text),
        optional("--instance-name", Text),
        optional("--is-bind", Boolean),
        optional("--page-index", Integer),
        optional("--page-size", Integer),
        optional("--resource-group-id", Text),
        optional("--submit-time", Text),
    ],
});

pub static QUERY_CHATAPP_BIND_WABA: ReadOperation = TypedOperation::new(Operation {
    product: Product::Cams,
    command: "query-chatapp-bind-waba",
    api: "QueryChatappBindWaba",
    access: Access::Read,
    ram_action: "cams:QueryChatappBindWaba",
    flags: &[optional("--cust-space-id", Text)],
});

pub static GET_WHATSAPP_HEALTH_STATUS: ReadOperation = TypedOperation::new(Operation {
    product: Product::Cams,
    command: "get-whatsapp-health-status",
    api: "GetWhatsappHealthStatus",
    access: Access::Read,
    ram_action: "cams:GetWhatsappHealthStatus",
    flags: &[
        required("--cust-space-id", Text),
        optional("--biz-language", Text),
        required("--node-type", Text),
        optional("--phone-number", Text),
        optional("--template-code", Text),
        optional("--waba-id", Text),
    ],
});

pub static GET_CONVERSATIONAL_AUTOMATION: ReadOperation = TypedOperation::new(Operation {
    product: Product::Cams,
    command: "get-conversational-automation",
    api: "GetConversationalAutomation",
    access: Access::Read,
    ram_action: "cams:GetConversationalAutomation",
    flags: &[required("--cust-space-id", Text), required("--phone-number", Text)],
});

pub static UPDATE_CONVERSATIONAL_AUTOMATION: ChangeOperation = TypedOperation::new(Operation {
    product: Product::Cams,
    command: "update-conversational-automation",
    api: "UpdateConversationalAutomation",
    access: Access::Write,
    ram_action: "cams:UpdateConversationalAutomation",
    flags: &[
        optional("--commands", Json),
        required("--cust-space-id", Text),
        optional("--enable-welcome-message", Boolean),
        required("--phone-number", Text),
        optional("--prompts", TextList),
    ],
});

pub static UPDATE_ACCOUNT_WEBHOOK: ChangeOperation = TypedOperation::new(Operation {
    product: Product::Cams,
    command: "update-account-webhook",
    api: "UpdateAccountWebhook",
    access: Access::Write,
    ram_action: "cams:UpdateAccountWebhook",
    flags: &[
        required("--cust-space-id", Text),
        optional("--http-flag", Text),
        optional("--queue-flag", Text),
        optional("--status-callback-url", Text),
    ],
});

pub static UPDATE_PHONE_WEBHOOK: ChangeOperation = TypedOperation::new(Operation {
    product: Product::Cams,
    command: "update-phone-webhook",
    api: "UpdatePhoneWebhook",
    access: Access::Write,
    ram_action: "cams:UpdatePhoneWebhook",
    flags: &[
        required("--cust-space-id", Text),
        optional("--http-flag", Text),
        required("--phone-number", Text),
        optional("--queue-flag", Text),
        optional("--status-callback-url", Text),
        optional("--up-callback-url", Text),
    ],
});

/// Every call of this product, in the order of the API model.
pub static ALL: &[&Operation] = &[
    &SEND_CHATAPP_MESSAGE.operation,
    &SEND_CHATAPP_MASS_MESSAGE.operation,
    &LIST_CHATAPP_MESSAGE.operation,
    &LIST_CHATAPP_TEMPLATE.operation,
    &GET_CHATAPP_TEMPLATE_DETAIL.operation,
    &CREATE_CHATAPP_TEMPLATE.operation,
    &MODIFY_CHATAPP_TEMPLATE.operation,
    &DELETE_CHATAPP_TEMPLATE.operation,
    &GET_CHATAPP_TEMPLATE_METRIC.operation,
    &QUERY_CHATAPP_PHONE_NUMBERS.operation,
    &GET_CHATAPP_PHONE_NUMBER_METRIC.operation,
    &QUERY_PHONE_BUSINESS_PROFILE.operation,
    &MODIFY_PHONE_BUSINESS_PROFILE.operation,
    &GET_CHATAPP_UPLOAD_AUTHORIZATION.operation,
    &GENERATE_PRESIGNED_URL.operation,
    &LIST_INSTANCE.operation,
    &QUERY_CHATAPP_BIND_WABA.operation,
    &GET_WHATSAPP_HEALTH_STATUS.operation,
    &GET_CONVERSATIONAL_AUTOMATION.operation,
    &UPDATE_CONVERSATIONAL_AUTOMATION.operation,
    &UPDATE_ACCOUNT_WEBHOOK.operation,
    &UPDATE_PHONE_WEBHOOK.operation,
];
