//! The initial data of the sandbox account.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::api::audit_status::TemplateType;
use crate::sandbox::service::faults::Faults;
use crate::sandbox::service::state::{
    Audit, ChatTemplate, ServiceChannel, Signature, SmsTemplate, State,
};

/// The only channel instance.
pub const SPACE: &str = "cams-sandbox";
/// The only Viber sender.
pub const VIBER_SENDER: &str = "30001";

/// A WhatsApp number of the business.
#[derive(Debug)]
pub struct SenderNumber {
    pub number: &'static str,
    pub registered: bool,
    pub verified_name: &'static str,
}

pub const WHATSAPP_NUMBERS: &[SenderNumber] = &[
    SenderNumber { number: "8613800000001", registered: true, verified_name: "Acme" },
    SenderNumber { number: "8613800000002", registered: false, verified_name: "Acme Outlet" },
];

/// The channel of a sender of the business; `None` if the sender is unknown or not registered.
pub fn channel_of(sender: &str) -> Option<ServiceChannel> {
    if sender == VIBER_SENDER {
        return Some(ServiceChannel::Viber);
    }
    let registered = WHATSAPP_NUMBERS.iter().any(|own| own.registered && own.number == sender);
    registered.then_some(ServiceChannel::Whatsapp)
}

/// Whether the account has this value of a flag of a send; other flags take any value.
pub fn has_value(flag: &str, value: &str) -> bool {
    match flag {
        "--from" => channel_of(value).is_some(),
        "--cust-space-id" => value == SPACE,
        "--sign-name" => signatures().iter().any(|signature| signature.name == value),
        _ => true,
    }
}

/// The initial state.
pub fn state(now: Timestamp) -> State {
    State {
        first_use: now,
        serial: 0,
        signatures: signatures(),
        sms_templates: sms_templates(),
        chat_templates: chat_templates(),
        messages: Vec::new(),
        faults: Faults::default(),
        numbers: Vec::new(),
    }
}

fn signatures() -> Vec<Signature> {
    [
        ("Acme", Audit::Approved, None),
        ("Acme Store", Audit::Approved, None),
        ("Acme Beta", Audit::Reviewing, None),
        ("Acme Deals", Audit::Rejected, Some("the business licence is not readable")),
    ]
    .into_iter()
    .map(|(name, audit, reason)| Signature {
        name: name.to_owned(),
        audit,
        reason: reason.map(str::to_owned),
    })
    .collect()
}

fn sms_templates() -> Vec<SmsTemplate> {
    use TemplateType::{International, Notification, Promotion, Verification};
    let template = |code: &str, name: &str, purpose: TemplateType, content: &str| SmsTemplate {
        code: code.to_owned(),
        name: name.to_owned(),
        purpose,
        content: content.to_owned(),
        audit: Audit::Approved,
        reason: None,
        remark: None,
        signature: Some("Acme".to_owned()),
        review: None,
    };
    vec![
        template(
            "SMS_100001",
            "Sign-in code",
            Verification,
            "Your verification code is ${code}. It is valid for ${minutes} minutes.",
        ),
        template(
            "SMS_100002",
            "Order shipped",
            Notification,
            "Hello ${name}, your order ${order} is on its way.",
        ),
        template(
            "SMS_100003",
            "Spring sale",
            Promotion,
            "Our spring sale has begun. Reply R to unsubscribe.",
        ),
        SmsTemplate {
            audit: Audit::Reviewing,
            ..template(
                "SMS_100004",
                "Pick-up reminder",
                Notification,
                "${name}, your parcel waits at ${place}.",
            )
        },
        SmsTemplate {
            audit: Audit::Rejected,
            reason: Some("the text promises a prize".to_owned()),
            ..template("SMS_100005", "Lottery", Promotion, "You have won! Claim your prize today.")
        },
        template(
            "SMS_100006",
            "Sign-in code abroad",
            International,
            "${code} is your Acme sign-in code.",
        ),
    ]
}

fn chat_templates() -> Vec<ChatTemplate> {
    let order_update = |header: &str, body: &str, button: &str| {
        json!([
            { "Type": "HEADER", "Format": "TEXT", "Text": header },
            { "Type": "BODY", "Text": body },
            { "Type": "FOOTER", "Text": "Acme" },
            { "Type": "BUTTONS", "Buttons": [
                { "Type": "URL", "Text": button, "Url": "https://example.com/orders",
                  "UrlType": "static" },
                { "Type": "QUICK_REPLY", "Text": "OK" },
            ] },
        ])
    };
    let body = |text: &str| json!([{ "Type": "BODY", "Text": text }]);
    let whatsapp =
        |code: &str, name: &str, language: &str, category: &str, components: Value| ChatTemplate {
            code: code.to_owned(),
            name: name.to_owned(),
            language: language.to_owned(),
            channel: ServiceChannel::Whatsapp,
            category: category.to_owned(),
            audit: Audit::Approved,
            reason: None,
            components,
            examples: serde_json::Map::new(),
            review: None,
        };
    vec![
        whatsapp(
            "100000000000001",
            "order_update",
            "en",
            "UTILITY",
            order_update(
                "Your order",
                "Hello $(name), your order $(order) is on its way.",
                "Track it",
            ),
        ),
        whatsapp(
            "100000000000001",
            "order_update",
            "zh_CN",
            "UTILITY",
            order_update("您的订单", "$(name)，您的订单 $(order) 已发货。", "查看"),
        ),
        whatsapp("100000000000002", "hello", "en", "MARKETING", body("Hello from Acme!")),
        ChatTemplate {
            audit: Audit::Reviewing,
            ..whatsapp(
                "100000000000003",
                "spring_sale",
                "en",
                "MARKETING",
                body("Dear $(name), our spring sale has begun."),
            )
        },
        ChatTemplate {
            audit: Audit::Rejected,
            reason: Some("INVALID_FORMAT: two adjacent variables".to_owned()),
            ..whatsapp("100000000000004", "prize", "en", "MARKETING", body("$(a)$(b)"))
        },
        ChatTemplate {
            channel: ServiceChannel::Viber,
            ..whatsapp(
                "100000000000005",
                "viber_hello",
                "en",
                "text",
                body("Hello $(name), this is Acme on Viber."),
            )
        },
    ]
}

const fn audit_text(audit: Audit) -> &'static str {
    match audit {
        Audit::Approved => "approved",
        Audit::Reviewing => "under review",
        Audit::Rejected => "rejected",
    }
}

/// The initial data for `--help`, one line each.
pub fn help_text() -> String {
    let mut text = String::from("SMS signatures:\n");
    for signature in signatures() {
        text.push_str(&format!("  {} ({})\n", signature.name, audit_text(signature.audit)));
    }
    text.push_str("SMS templates:\n");
    for template in sms_templates() {
        let (code, audit) = (&template.code, audit_text(template.audit));
        text.push_str(&format!("  {code} ({audit})  {}\n", template.content));
    }
    text.push_str("SMS qualifications:\n  1000009001 to 1000009004\n");
    text.push_str(&format!("Channel instance {SPACE}, WhatsApp numbers:\n"));
    for sender in WHATSAPP_NUMBERS {
        let mark = if sender.registered { "connected" } else { "not registered" };
        text.push_str(&format!("  {} ({mark})\n", sender.number));
    }
    text.push_str(&format!("Viber sender:\n  {VIBER_SENDER}\n"));
    text.push_str("WhatsApp and Viber templates:\n");
    for template in chat_templates() {
        text.push_str(&format!(
            "  {} {} {} ({})\n",
            template.code,
            template.name,
            template.language,
            audit_text(template.audit)
        ));
    }
    text
}
