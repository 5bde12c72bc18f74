//! The calls of CAMS (WhatsApp and Viber), API version 2020-06-06.
//!
//! Source: the public API model, for commands, flags, types, required fields and RAM actions.

use crate::api::operations::{
    Changes, Effect, FlagKind, Operation, Product, Reads, Sends, TypedOperation, optional, required,
};
use FlagKind::{Boolean, Fields, Integer, Json, Map, Text, TextList};

operations! {
    Product::Cams, "cams";

    SEND_CHATAPP_MESSAGE: Sends, "send-chatapp-message", "SendChatappMessage", [
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
    ];

    SEND_CHATAPP_MASS_MESSAGE: Sends, "send-chatapp-mass-message", "SendChatappMassMessage", [
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
    ];

    LIST_CHATAPP_MESSAGE: Reads, "list-chatapp-message", "ListChatappMessage", [
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
    ];

    LIST_CHATAPP_TEMPLATE: Reads, "list-chatapp-template", "ListChatappTemplate", [
        optional("--audit-status", Text),
        optional("--category", Text),
        optional("--code", Text),
        optional("--cust-space-id", Text),
        optional("--biz-language", Text),
        optional("--name", Text),
        optional("--page", Fields(&["Index", "Size"])),
        optional("--template-type", Text),
    ];

    GET_CHATAPP_TEMPLATE_DETAIL: Reads, "get-chatapp-template-detail", "GetChatappTemplateDetail", [
        optional("--cust-space-id", Text),
        required("--biz-language", Text),
        optional("--template-code", Text),
        optional("--template-name", Text),
        optional("--template-type", Text),
    ];

    CREATE_CHATAPP_TEMPLATE: Changes, "create-chatapp-template", "CreateChatappTemplate", [
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
    ];

    MODIFY_CHATAPP_TEMPLATE: Changes, "modify-chatapp-template", "ModifyChatappTemplate", [
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
    ];

    DELETE_CHATAPP_TEMPLATE: Changes, "delete-chatapp-template", "DeleteChatappTemplate", [
        optional("--cust-space-id", Text),
        optional("--biz-language", Text),
        optional("--template-code", Text),
        optional("--template-name", Text),
        required("--template-type", Text),
    ];

    GET_CHATAPP_TEMPLATE_METRIC: Reads, "get-chatapp-template-metric", "GetChatappTemplateMetric", [
        optional("--cust-space-id", Text),
        required("--end", Integer),
        optional("--granularity", Text),
        optional("--biz-language", Text),
        required("--start", Integer),
        required("--template-code", Text),
        optional("--template-type", Text),
    ];

    QUERY_CHATAPP_PHONE_NUMBERS: Reads, "query-chatapp-phone-numbers", "QueryChatappPhoneNumbers", [optional("--cust-space-id", Text), optional("--status", Text)];

    GET_CHATAPP_PHONE_NUMBER_METRIC: Reads, "get-chatapp-phone-number-metric", "GetChatappPhoneNumberMetric", [
        optional("--cust-space-id", Text),
        required("--end", Integer),
        optional("--granularity", Text),
        optional("--phone-number", Text),
        required("--start", Integer),
    ];

    QUERY_PHONE_BUSINESS_PROFILE: Reads, "query-phone-business-profile", "QueryPhoneBusinessProfile", [required("--cust-space-id", Text), required("--phone-number", Text)];

    MODIFY_PHONE_BUSINESS_PROFILE: Changes, "modify-phone-business-profile", "ModifyPhoneBusinessProfile", [
        optional("--about", Text),
        optional("--address", Text),
        required("--cust-space-id", Text),
        optional("--description", Text),
        optional("--email", Text),
        required("--phone-number", Text),
        optional("--profile-picture-url", Text),
        optional("--vertical", Text),
        optional("--websites", TextList),
    ];

    GET_CHATAPP_UPLOAD_AUTHORIZATION: Reads, "get-chatapp-upload-authorization", "GetChatappUploadAuthorization", [required("--cust-space-id", Text)];

    GENERATE_PRESIGNED_URL: Reads, "generate-presigned-url", "GeneratePresignedUrl", [required("--file-path", Text)];

    LIST_INSTANCE: Reads, "list-instance", "ListInstance", [
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
    ];

    QUERY_CHATAPP_BIND_WABA: Reads, "query-chatapp-bind-waba", "QueryChatappBindWaba", [optional("--cust-space-id", Text)];

    GET_WHATSAPP_HEALTH_STATUS: Reads, "get-whatsapp-health-status", "GetWhatsappHealthStatus", [
        required("--cust-space-id", Text),
        optional("--biz-language", Text),
        required("--node-type", Text),
        optional("--phone-number", Text),
        optional("--template-code", Text),
        optional("--waba-id", Text),
    ];

    GET_CONVERSATIONAL_AUTOMATION: Reads, "get-conversational-automation", "GetConversationalAutomation", [required("--cust-space-id", Text), required("--phone-number", Text)];

    UPDATE_CONVERSATIONAL_AUTOMATION: Changes, "update-conversational-automation", "UpdateConversationalAutomation", [
        optional("--commands", Json),
        required("--cust-space-id", Text),
        optional("--enable-welcome-message", Boolean),
        required("--phone-number", Text),
        optional("--prompts", TextList),
    ];

    UPDATE_ACCOUNT_WEBHOOK: Changes, "update-account-webhook", "UpdateAccountWebhook", [
        required("--cust-space-id", Text),
        optional("--http-flag", Text),
        optional("--queue-flag", Text),
        optional("--status-callback-url", Text),
    ];

    UPDATE_PHONE_WEBHOOK: Changes, "update-phone-webhook", "UpdatePhoneWebhook", [
        required("--cust-space-id", Text),
        optional("--http-flag", Text),
        required("--phone-number", Text),
        optional("--queue-flag", Text),
        optional("--status-callback-url", Text),
        optional("--up-callback-url", Text),
    ];
}
