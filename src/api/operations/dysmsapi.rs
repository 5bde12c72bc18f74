//! The calls of Dysmsapi (SMS), API version 2017-05-25.
//!
//! Source: the public API model, for commands, flags, types, required fields and RAM actions.

use crate::api::operations::{
    Changes, Effect, FlagKind, Operation, Product, Reads, Sends, TypedOperation,
};
use FlagKind::{Boolean, Integer, Text, TextList};

operations! {
    Product::Dysmsapi, "dysms";

    SEND_SMS: Sends, "send-sms", "SendSms", limits(5_000, 1_000), {
        required Text => "--phone-numbers", "--sign-name", "--template-code";
        optional Text => "--sms-up-extend-code";
        private Text => "--template-param";
        metadata Text => "--out-id";
    };

    SEND_BATCH_SMS: Sends, "send-batch-sms", "SendBatchSms", limits(5_000, 100), {
        required Text => "--phone-number-json", "--sign-name-json", "--template-code";
        optional Text => "--sms-up-extend-code-json";
        private Text => "--template-param-json";
        metadata Text => "--out-id";
    };

    QUERY_SEND_DETAILS: Reads, "query-send-details", "QuerySendDetails", {
        required Integer => "--current-page", "--page-size";
        required Text => "--phone-number", "--send-date";
        optional Text => "--biz-id";
    };

    QUERY_SEND_STATISTICS: Reads, "query-send-statistics", "QuerySendStatistics", {
        required Text => "--end-date", "--start-date";
        required Integer => "--is-globe", "--page-index", "--page-size";
        optional Text => "--sign-name";
        optional Integer => "--template-type";
    };

    QUERY_SMS_SIGN_LIST: Reads, "query-sms-sign-list", "QuerySmsSignList", {
        optional Integer => "--page-index", "--page-size";
    };

    GET_SMS_SIGN: Reads, "get-sms-sign", "GetSmsSign", { required Text => "--sign-name"; };

    QUERY_SMS_TEMPLATE_LIST: Reads, "query-sms-template-list", "QuerySmsTemplateList", {
        optional Integer => "--page-index", "--page-size";
    };

    GET_SMS_TEMPLATE: Reads, "get-sms-template", "GetSmsTemplate", {
        required Text => "--template-code";
    };

    CREATE_SMS_TEMPLATE: Changes, "create-sms-template", "CreateSmsTemplate", {
        required Text => "--template-content", "--template-name";
        required Integer => "--template-type";
        optional Text => "--apply-scene-content", "--related-sign-name", "--remark",
            "--template-rule", "--traffic-driving";
        optional Integer => "--intl-type";
        optional TextList => "--more-data";
    };

    UPDATE_SMS_TEMPLATE: Changes, "update-sms-template", "UpdateSmsTemplate", {
        required Text => "--template-code", "--template-content", "--template-name";
        required Integer => "--template-type";
        optional Text => "--apply-scene-content", "--related-sign-name", "--remark",
            "--template-rule", "--traffic-driving";
        optional Integer => "--intl-type";
        optional TextList => "--more-data";
    };

    DELETE_SMS_TEMPLATE: Changes, "delete-sms-template", "DeleteSmsTemplate", {
        required Text => "--template-code";
    };

    QUERY_SMS_QUALIFICATION_RECORD: Reads, "query-sms-qualification-record", "QuerySmsQualificationRecord", {
        optional Text => "--company-name", "--legal-person-name", "--qualification-group-name",
            "--state";
        optional Integer => "--page-no", "--page-size", "--work-order-id";
        optional Boolean => "--use-by-self";
    };

    QUERY_SINGLE_SMS_QUALIFICATION: Reads, "query-single-sms-qualification", "QuerySingleSmsQualification", {
        required Integer => "--qualification-group-id";
        optional Integer => "--order-id";
    };
}
