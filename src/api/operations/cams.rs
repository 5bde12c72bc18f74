//! The calls of CAMS (WhatsApp and Viber), API version 2020-06-06.
//!
//! Source: the public API model, for commands, flags, types, required fields and RAM actions.

use crate::api::operations::{
    Changes, Effect, FlagKind, Operation, Product, Reads, Sends, TypedOperation,
};
use FlagKind::{Boolean, Fields, Integer, Json, Map, Text, TextList};

operations! {
    Product::Cams, "cams";

    SEND_CHATAPP_MESSAGE: Sends, "send-chatapp-message", "SendChatappMessage", {
        required Text => "--channel-type", "--from", "--to", "--type";
        optional Text => "--category", "--context-message-id", "--fall-back-id", "--fall-back-rule",
            "--label", "--biz-language", "--message-type", "--recipient-type", "--template-code",
            "--template-name", "--token-type";
        optional Integer => "--fall-back-duration", "--ttl";
        private Text => "--content", "--fall-back-content";
        private Json => "--flow-action", "--product-action";
        private TextList => "--payload";
        private Map => "--template-params";
        metadata Text => "--ad-account-id", "--cust-space-id", "--message-campaign-id", "--tag",
            "--task-id";
        private_metadata Text => "--tracking-data";
    };

    SEND_CHATAPP_MASS_MESSAGE: Sends, "send-chatapp-mass-message", "SendChatappMassMessage",
        limits(10, 1_000), {
        required Text => "--channel-type", "--from", "--biz-language";
        optional Integer => "--fall-back-duration", "--ttl";
        optional Text => "--fall-back-id", "--fall-back-rule", "--label", "--template-code",
            "--template-name";
        private Text => "--fall-back-content";
        private Json => "--sender-list";
        metadata Text => "--cust-space-id", "--tag", "--task-id";
    };

    LIST_CHATAPP_MESSAGE: Reads, "list-chatapp-message", "ListChatappMessage", {
        required Text => "--business-number", "--channel-type", "--cust-space-id";
        required Fields(&["Index", "Size"]) => "--page";
        optional Text => "--client-accept-status", "--end-time-str", "--event-action",
            "--group-message-id", "--message-status", "--start-time-str", "--template-code",
            "--user-number";
        optional Integer => "--end-time", "--start-time";
    };

    LIST_CHATAPP_TEMPLATE: Reads, "list-chatapp-template", "ListChatappTemplate", {
        optional Text => "--audit-status", "--category", "--code", "--cust-space-id",
            "--biz-language", "--name", "--template-type";
        optional Fields(&["Index", "Size"]) => "--page";
    };

    GET_CHATAPP_TEMPLATE_DETAIL: Reads, "get-chatapp-template-detail", "GetChatappTemplateDetail", {
        required Text => "--biz-language";
        optional Text => "--cust-space-id", "--template-code", "--template-name", "--template-type";
    };

    CREATE_CHATAPP_TEMPLATE: Changes, "create-chatapp-template", "CreateChatappTemplate", {
        required Text => "--category", "--biz-language", "--name", "--template-type";
        required_private Json => "--components";
        optional Boolean => "--allow-category-change", "--category-change-paused";
        optional Text => "--cust-space-id", "--product-set-id";
        optional Integer => "--message-send-ttl-seconds";
        private Map => "--example";
    };

    MODIFY_CHATAPP_TEMPLATE: Changes, "modify-chatapp-template", "ModifyChatappTemplate", {
        required Text => "--biz-language";
        required_private Json => "--components";
        optional Text => "--category", "--cust-space-id", "--product-set-id", "--template-code",
            "--template-name", "--template-type";
        optional Boolean => "--category-change-paused";
        optional Integer => "--message-send-ttl-seconds";
        private Map => "--example";
    };

    DELETE_CHATAPP_TEMPLATE: Changes, "delete-chatapp-template", "DeleteChatappTemplate", {
        required Text => "--template-type";
        optional Text => "--cust-space-id", "--biz-language", "--template-code", "--template-name";
    };

    GET_CHATAPP_TEMPLATE_METRIC: Reads, "get-chatapp-template-metric", "GetChatappTemplateMetric", {
        required Integer => "--end", "--start";
        required Text => "--template-code";
        optional Text => "--cust-space-id", "--granularity", "--biz-language", "--template-type";
    };

    QUERY_CHATAPP_PHONE_NUMBERS: Reads, "query-chatapp-phone-numbers", "QueryChatappPhoneNumbers", {
        optional Text => "--cust-space-id", "--status";
    };

    GET_CHATAPP_PHONE_NUMBER_METRIC: Reads, "get-chatapp-phone-number-metric", "GetChatappPhoneNumberMetric", {
        required Integer => "--end", "--start";
        optional Text => "--cust-space-id", "--granularity", "--phone-number";
    };

    QUERY_PHONE_BUSINESS_PROFILE: Reads, "query-phone-business-profile", "QueryPhoneBusinessProfile", {
        required Text => "--cust-space-id", "--phone-number";
    };

    MODIFY_PHONE_BUSINESS_PROFILE: Changes, "modify-phone-business-profile", "ModifyPhoneBusinessProfile", {
        required Text => "--cust-space-id", "--phone-number";
        optional Text => "--about", "--address", "--description", "--email",
            "--profile-picture-url", "--vertical";
        optional TextList => "--websites";
    };

    GET_CHATAPP_UPLOAD_AUTHORIZATION: Reads, "get-chatapp-upload-authorization", "GetChatappUploadAuthorization", {
        required Text => "--cust-space-id";
    };

    GENERATE_PRESIGNED_URL: Reads, "generate-presigned-url", "GeneratePresignedUrl", {
        required Text => "--file-path";
    };

    LIST_INSTANCE: Reads, "list-instance", "ListInstance", {
        optional Text => "--bind-id", "--channel-type", "--filter-str", "--instance-id",
            "--instance-name", "--resource-group-id", "--submit-time";
        optional Boolean => "--is-bind";
        optional Integer => "--page-index", "--page-size";
    };

    QUERY_CHATAPP_BIND_WABA: Reads, "query-chatapp-bind-waba", "QueryChatappBindWaba", {
        optional Text => "--cust-space-id";
    };

    GET_WHATSAPP_HEALTH_STATUS: Reads, "get-whatsapp-health-status", "GetWhatsappHealthStatus", {
        required Text => "--cust-space-id", "--node-type";
        optional Text => "--biz-language", "--phone-number", "--template-code", "--waba-id";
    };

    GET_CONVERSATIONAL_AUTOMATION: Reads, "get-conversational-automation", "GetConversationalAutomation", {
        required Text => "--cust-space-id", "--phone-number";
    };

    UPDATE_CONVERSATIONAL_AUTOMATION: Changes, "update-conversational-automation", "UpdateConversationalAutomation", {
        required Text => "--cust-space-id", "--phone-number";
        optional Json => "--commands";
        optional Boolean => "--enable-welcome-message";
        optional TextList => "--prompts";
    };

    UPDATE_ACCOUNT_WEBHOOK: Changes, "update-account-webhook", "UpdateAccountWebhook", {
        required Text => "--cust-space-id";
        optional Text => "--http-flag", "--queue-flag", "--status-callback-url";
    };

    UPDATE_PHONE_WEBHOOK: Changes, "update-phone-webhook", "UpdatePhoneWebhook", {
        required Text => "--cust-space-id", "--phone-number";
        optional Text => "--http-flag", "--queue-flag", "--status-callback-url",
            "--up-callback-url";
    };
}
