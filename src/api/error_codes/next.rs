//! Commands that help with an error code.

use crate::api::error_codes::Cause::{self, Account, Credentials, Permission, Service, Throttled};
use crate::api::error_codes::Code;
use crate::api::error_codes::Layer::{self, Cams, Meta, Sms};

const SMS_TEMPLATES: &str = "alimsg templates list --channel sms --audit-status approved";
const TEMPLATES: &str = "alimsg templates list --audit-status approved";
const SIGNATURES: &str = "alimsg sms signs list --audit-status approved";
const NUMBERS: &str = "alimsg whatsapp numbers list";
const ACCOUNTS: &str = "alimsg whatsapp accounts list";
const DOCTOR: &str = "alimsg doctor";

impl Code {
    /// Commands that show valid values, the cause or the state; complete, so that they can be run
    /// as they are.
    pub fn next(&self) -> &'static [&'static str] {
        let by_code: &[&str] = match self.code {
            "isv.SMS_SIGNATURE_SCENE_ILLEGAL" => &[SIGNATURES, SMS_TEMPLATES],
            "isv.SMS_SIGN_NAME_ILLEGAL" | "isv.SMS_SIGNATURE_ILLEGAL" => &[SIGNATURES],
            "isv.SMS_SIGN_ILLEGAL" | "isv.SIGN_STATE_ILLEGAL" | "SignatureNotFound" => {
                &["alimsg sms signs list --all"]
            }
            "isv.SMS_TEMPLATE_ILLEGAL"
            | "isv.TEMPLATE_MISSING_PARAMETERS"
            | "isv.SMS_CONTENT_ILLEGAL"
            | "isv.PARAM_NOT_SUPPORT_URL"
            | "isv.DOMESTIC_NUMBER_NOT_SUPPORTED" => &[SMS_TEMPLATES],
            "TemplateNotFound" if self.layer == Sms => &[SMS_TEMPLATES],
            "TemplateNotFound"
            | "DetailError.TemplateNotExist"
            | "TemplateParamInvalid"
            | "SessionWindowExpired"
            | "InvalidParameter.TemplateCodeNotEmpty"
            | "131047"
            | "132000" => &[TEMPLATES],
            "DelError.TemplateNotExist" | "InvalidParameter.TemplateNameExist" => {
                &["alimsg templates list --all"]
            }
            "PhoneNumberNotRegistered" | "131031" | "133010" => &[NUMBERS],
            "Authentication.NoAuth" => &[ACCOUNTS, "alimsg policy"],
            "InvalidParameter.MessageInvalid"
            | "InvalidParameter.FooterHaveVariable"
            | "InvalidParameter.HeaderMoreVarable"
            | "InvalidParameter.HeaderTypeNotSupport"
            | "InvalidParameter.ButtonTextHaveVariable"
            | "InvalidParameter.UrlMoreVarable"
            | "InvalidParameter.CreateError" => &["alimsg templates create --help"],
            "TemplateListError.QueryError"
            | "InvalidParameter.PageInvalid"
            | "InvalidParameter.AuditStatusNotSupport"
            | "InvalidParameter.TemplateTypeNotSupport" => &["alimsg templates list --help"],
            "InvalidParameter.LanguageNotSupport" | "InvalidParameter.LanguageNotEmpty" => {
                &["alimsg templates list"]
            }
            "131026" => &["alimsg sms send --help"],
            "isv.DAY_LIMIT_CONTROL" | "isv.MONTH_LIMIT_CONTROL" => &["alimsg sms stats --last 30d"],
            _ => &[],
        };
        if by_code.is_empty() { by_cause(self.layer, self.cause) } else { by_code }
    }
}

const fn by_cause(layer: Layer, cause: Cause) -> &'static [&'static str] {
    match (cause, layer) {
        (Credentials | Account, _) => &[DOCTOR],
        (Permission, _) => &["alimsg policy"],
        (Throttled, Sms) => &["alimsg sms stats --last 7d"],
        // --rate and --jobs.
        (Throttled, _) => &["alimsg sms batch --help"],
        (Service, Sms) => &["alimsg sms status --help"],
        (Service, Cams | Meta) => &["alimsg whatsapp history --help"],
        (Service, Layer::Gateway) => {
            &["alimsg sms status --help", "alimsg whatsapp history --help"]
        }
        (_, Sms) => &["alimsg sms send --help"],
        (_, Cams | Meta) => &["alimsg whatsapp send --help"],
        (_, Layer::Gateway) => &[DOCTOR],
    }
}
