//! The calls of Dysmsapi (SMS), API version 2017-05-25.
//!
//! Source: the public API model, for commands, flags, types, required fields and RAM actions.

use crate::api::operations::{
    Access, ChangeOperation, FlagKind, Operation, Product, ReadOperation, SendOperation,
    TypedOperation, optional, required,
};
use FlagKind::{Boolean, Integer, Text, TextList};

pub static SEND_SMS: SendOperation = TypedOperation::new(Operation {
    product: Product::Dysmsapi,
    command: "send-sms",
    api: "SendSms",
    access: Access::Send,
    ram_action: "dysms:SendSms",
    flags: &[
        optional("--out-id", Text).not_content(),
        required("--phone-numbers", Text),
        required("--sign-name", Text),
        optional("--sms-up-extend-code", Text),
        required("--template-code", Text),
        optional("--template-param", Text).private(),
    ],
});

pub static SEND_BATCH_SMS: SendOperation = TypedOperation::new(Operation {
    product: Product::Dysmsapi,
    command: "send-batch-sms",
    api: "SendBatchSms",
    access: Access::Send,
    ram_action: "dysms:SendBatchSms",
    flags: &[
        optional("--out-id", Text).not_content(),
        required("--phone-number-json", Text),
        required("--sign-name-json", Text),
        optional("--sms-up-extend-code-json", Text),
        required("--template-code", Text),
        optional("--template-param-json", Text).private(),
    ],
});

pub static QUERY_SEND_DETAILS: ReadOperation = TypedOperation::new(Operation {
    product: Product::Dysmsapi,
    command: "query-send-details",
    api: "QuerySendDetails",
    access: Access::Read,
    ram_action: "dysms:QuerySendDetails",
    flags: &[
        optional("--biz-id", Text),
        required("--current-page", Integer),
        required("--page-size", Integer),
        required("--phone-number", Text),
        required("--send-date", Text),
    ],
});

pub static QUERY_SEND_STATISTICS: ReadOperation = TypedOperation::new(Operation {
    product: Product::Dysmsapi,
    command: "query-send-statistics",
    api: "QuerySendStatistics",
    access: Access::Read,
    ram_action: "dysms:QuerySendStatistics",
    flags: &[
        required("--end-date", Text),
        required("--is-globe", Integer),
        required("--page-index", Integer),
        required("--page-size", Integer),
        optional("--sign-name", Text),
        required("--start-date", Text),
        optional("--template-type", Integer),
    ],
});

pub static QUERY_SMS_SIGN_LIST: ReadOperation = TypedOperation::new(Operation {
    product: Product::Dysmsapi,
    command: "query-sms-sign-list",
    api: "QuerySmsSignList",
    access: Access::Read,
    ram_action: "dysms:QuerySmsSignList",
    flags: &[optional("--page-index", Integer), optional("--page-size", Integer)],
});

pub static GET_SMS_SIGN: ReadOperation = TypedOperation::new(Operation {
    product: Product::Dysmsapi,
    command: "get-sms-sign",
    api: "GetSmsSign",
    access: Access::Read,
    ram_action: "dysms:GetSmsSign",
    flags: &[required("--sign-name", Text)],
});

pub static QUERY_SMS_TEMPLATE_LIST: ReadOperation = TypedOperation::new(Operation {
    product: Product::Dysmsapi,
    command: "query-sms-template-list",
    api: "QuerySmsTemplateList",
    access: Access::Read,
    ram_action: "dysms:QuerySmsTemplateList",
    flags: &[optional("--page-index", Integer), optional("--page-size", Integer)],
});

pub static GET_SMS_TEMPLATE: ReadOperation = TypedOperation::new(Operation {
    product: Product::Dysmsapi,
    command: "get-sms-template",
    api: "GetSmsTemplate",
    access: Access::Read,
    ram_action: "dysms:GetSmsTemplate",
    flags: &[required("--template-code", Text)],
});

pub static CREATE_SMS_TEMPLATE: ChangeOperation = TypedOperation::new(Operation {
    product: Product::Dysmsapi,
    command: "create-sms-template",
    api: "CreateSmsTemplate",
    access: Access::Write,
    ram_action: "dysms:CreateSmsTemplate",
    flags: &[
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
    ],
});

pub static UPDATE_SMS_TEMPLATE: ChangeOperation = TypedOperation::new(Operation {
    product: Product::Dysmsapi,
    command: "update-sms-template",
    api: "UpdateSmsTemplate",
    access: Access::Write,
    ram_action: "dysms:UpdateSmsTemplate",
    flags: &[
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
    ],
});

pub static DELETE_SMS_TEMPLATE: ChangeOperation = TypedOperation::new(Operation {
    product: Product::Dysmsapi,
    command: "delete-sms-template",
    api: "DeleteSmsTemplate",
    access: Access::Write,
    ram_action: "dysms:DeleteSmsTemplate",
    flags: &[required("--template-code", Text)],
});

pub static QUERY_SMS_QUALIFICATION_RECORD: ReadOperation = TypedOperation::new(Operation {
    product: Product::Dysmsapi,
    command: "query-sms-qualification-record",
    api: "QuerySmsQualificationRecord",
    access: Access::Read,
    ram_action: "dysms:QuerySmsQualificationRecord",
    flags: &[
        optional("--company-name", Text),
        optional("--legal-person-name", Text),
        optional("--page-no", Integer),
        optional("--page-size", Integer),
        optional("--qualification-group-name", Text),
        optional("--state", Text),
        optional("--use-by-self", Boolean),
        optional("--work-order-id", Integer),
    ],
});

pub static QUERY_SINGLE_SMS_QUALIFICATION: ReadOperation = TypedOperation::new(Operation {
    product: Product::Dysmsapi,
    command: "query-single-sms-qualification",
    api: "QuerySingleSmsQualification",
    access: Access::Read,
    ram_action: "dysms:QuerySingleSmsQualification",
    flags: &[optional("--order-id", Integer), required("--qualification-group-id", Integer)],
});

/// Every call of this product, in the order of the API model.
pub static ALL: &[&Operation] = &[
    &SEND_SMS.operation,
    &SEND_BATCH_SMS.operation,
    &QUERY_SEND_DETAILS.operation,
    &QUERY_SEND_STATISTICS.operation,
    &QUERY_SMS_SIGN_LIST.operation,
    &GET_SMS_SIGN.operation,
    &QUERY_SMS_TEMPLATE_LIST.operation,
    &GET_SMS_TEMPLATE.operation,
    &CREATE_SMS_TEMPLATE.operation,
    &UPDATE_SMS_TEMPLATE.operation,
    &DELETE_SMS_TEMPLATE.operation,
    &QUERY_SMS_QUALIFICATION_RECORD.operation,
    &QUERY_SINGLE_SMS_QUALIFICATION.operation,
];
