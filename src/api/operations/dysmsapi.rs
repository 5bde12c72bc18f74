//! The calls of Dysmsapi (SMS), API version 2017-05-25.
//!
//! Source: the public API model, for commands, flags, types, required fields and RAM actions.

use crate::api::operations::{
    Changes, Effect, FlagKind, Operation, Product, Reads, Sends, TypedOperation, optional, required,
};
use FlagKind::{Boolean, Integer, Text, TextList};

operations! {
    Product::Dysmsapi, "dysms";

    SEND_SMS: Sends, "send-sms", "SendSms", [
        optional("--out-id", Text).not_content(),
        required("--phone-numbers", Text),
        required("--sign-name", Text),
        optional("--sms-up-extend-code", Text),
        required("--template-code", Text),
        optional("--template-param", Text).private(),
    ];

    SEND_BATCH_SMS: Sends, "send-batch-sms", "SendBatchSms", [
        optional("--out-id", Text).not_content(),
        required("--phone-number-json", Text),
        required("--sign-name-json", Text),
        optional("--sms-up-extend-code-json", Text),
        required("--template-code", Text),
        optional("--template-param-json", Text).private(),
    ];

    QUERY_SEND_DETAILS: Reads, "query-send-details", "QuerySendDetails", [
        optional("--biz-id", Text),
        required("--current-page", Integer),
        required("--page-size", Integer),
        required("--phone-number", Text),
        required("--send-date", Text),
    ];

    QUERY_SEND_STATISTICS: Reads, "query-send-statistics", "QuerySendStatistics", [
        required("--end-date", Text),
        required("--is-globe", Integer),
        required("--page-index", Integer),
        required("--page-size", Integer),
        optional("--sign-name", Text),
        required("--start-date", Text),
        optional("--template-type", Integer),
    ];

    QUERY_SMS_SIGN_LIST: Reads, "query-sms-sign-list", "QuerySmsSignList", [optional("--page-index", Integer), optional("--page-size", Integer)];

    GET_SMS_SIGN: Reads, "get-sms-sign", "GetSmsSign", [required("--sign-name", Text)];

    QUERY_SMS_TEMPLATE_LIST: Reads, "query-sms-template-list", "QuerySmsTemplateList", [optional("--page-index", Integer), optional("--page-size", Integer)];

    GET_SMS_TEMPLATE: Reads, "get-sms-template", "GetSmsTemplate", [required("--template-code", Text)];

    CREATE_SMS_TEMPLATE: Changes, "create-sms-template", "CreateSmsTemplate", [
        optional("--apply-scene-content", Text),
        optional("--intl-type", Integer),
        optional("--more-data", TextList),
        optional("--related-sign-name", Text),
        optional("--remark", Text),
        required("--template-content", Text),
        required("--template-name", Text),
        optional("--template-rule", Text),
        required("--template-type", Integer),
        optional("--traffic-driving", Text),
    ];

    UPDATE_SMS_TEMPLATE: Changes, "update-sms-template", "UpdateSmsTemplate", [
        optional("--apply-scene-content", Text),
        optional("--intl-type", Integer),
        optional("--more-data", TextList),
        optional("--related-sign-name", Text),
        optional("--remark", Text),
        required("--template-code", Text),
        required("--template-content", Text),
        required("--template-name", Text),
        optional("--template-rule", Text),
        required("--template-type", Integer),
        optional("--traffic-driving", Text),
    ];

    DELETE_SMS_TEMPLATE: Changes, "delete-sms-template", "DeleteSmsTemplate", [required("--template-code", Text)];

    QUERY_SMS_QUALIFICATION_RECORD: Reads, "query-sms-qualification-record", "QuerySmsQualificationRecord", [
        optional("--company-name", Text),
        optional("--legal-person-name", Text),
        optional("--page-no", Integer),
        optional("--page-size", Integer),
        optional("--qualification-group-name", Text),
        optional("--state", Text),
        optional("--use-by-self", Boolean),
        optional("--work-order-id", Integer),
    ];

    QUERY_SINGLE_SMS_QUALIFICATION: Reads, "query-single-sms-qualification", "QuerySingleSmsQualification", [optional("--order-id", Integer), required("--qualification-group-id", Integer)];
}
