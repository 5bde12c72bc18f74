//! After a rejection, the failure names the commands to type next, with the values of the call.

use serde_json::json;

use crate::support::messages::{SMS, TEMPLATE, TEXT, and};
use crate::support::{World, reply_to};

/// The commands after a send that the service rejects with this code.
fn next(message: &[&str], call: &str, code: &str) -> Vec<String> {
    let reply = json!({ "Code": code, "Message": "no", "RequestId": "r-1" });
    let world = World::with_script(json!([reply_to(call, &reply)]));
    let ran = world.run(&and(message, &["--json"]));
    let error = &ran.json()["error"];
    assert_eq!(
        (&error["code"], &error["outcome"]),
        (&json!(code), &json!("not_sent")),
        "{error:#}"
    );
    assert_eq!(world.sent().len(), 1);
    serde_json::from_value(error["next"].clone()).expect("commands")
}

#[test]
fn rejected_whatsapp_messages_name_the_next_commands() {
    const SEND: &str = "cams send-chatapp-message";
    let text = and(&TEXT, &["--text", "Hello"]);
    let approved = "alimsg templates list --audit-status approved";
    let send_template = "alimsg whatsapp send template --from 8613800000001 --to 8613800001000";
    for (message, code, expected) in [
        (
            &TEMPLATE[..],
            "TemplateNotFound",
            &["alimsg templates list --code 100000000000002", approved][..],
        ),
        (
            &TEMPLATE,
            "TemplateParamInvalid",
            &["alimsg templates show 100000000000002 --language en"],
        ),
        (&TEMPLATE, "PhoneNumberNotRegistered", &["alimsg whatsapp numbers list"]),
        (&TEMPLATE, "131026", &["alimsg sms send -p 8613800001000"]),
        (&text, "SessionWindowExpired", &[approved, send_template]),
        (&text, "131047", &[approved, send_template]),
        (&text, "InvalidParameter.ContentError", &["alimsg whatsapp send raw --help"]),
        (&text, "Authentication.NoAuth", &["alimsg whatsapp accounts list"]),
        // The table does not have it.
        (&text, "InvalidParameter.Unheard", &[]),
    ] {
        assert_eq!(next(message, SEND, code), expected, "{code}");
    }
}

#[test]
fn rejected_viber_messages_name_commands_for_viber() {
    let viber = "whatsapp send template --channel-type viber --label promotion --from 30001 \
                 --to 8613800001000 --template-code 5 --language en --cust-space-id s-1 --yes";
    let viber: Vec<&str> = viber.split_whitespace().collect();
    for (code, expected) in [
        (
            "TemplateParamInvalid",
            "alimsg templates show 5 --language en --channel viber --cust-space-id s-1",
        ),
        ("PhoneNumberNotRegistered", "alimsg whatsapp accounts list --channel viber"),
    ] {
        assert_eq!(next(&viber, "cams send-chatapp-message", code), [expected]);
    }
}

#[test]
fn rejected_sms_name_the_next_commands() {
    let signatures = "alimsg sms signs list --audit-status approved";
    let templates = "alimsg templates list --channel sms --audit-status approved";
    let show = "alimsg templates show SMS_100003 --channel sms";
    for (code, expected) in [
        ("isv.SMS_SIGN_NAME_ILLEGAL", &[signatures][..]),
        ("isv.SMS_SIGNATURE_ILLEGAL", &[signatures]),
        ("isv.SMS_TEMPLATE_ILLEGAL", &[templates, show]),
        ("isv.SIGN_STATE_ILLEGAL", &["alimsg sms signs show Acme", signatures]),
        ("isv.TEMPLATE_MISSING_PARAMETERS", &[show]),
        ("isv.DAY_LIMIT_CONTROL", &["alimsg sms stats --last 7d"]),
        ("isv.MOBILE_COUNT_OVER_LIMIT", &["alimsg sms batch --help"]),
    ] {
        assert_eq!(next(&SMS, "dysmsapi send-sms", code), expected, "{code}");
    }
}

#[test]
fn after_an_unknown_outcome_the_only_next_commands_are_checks() {
    let reply = json!({ "Code": "isp.SYSTEM_ERROR", "Message": "no", "RequestId": "r-1" });
    let world = World::with_script(json!([reply_to("dysmsapi send-sms", &reply)]));
    let ran = world.run(&and(&SMS, &["--json", "--look-up", "0"])).exits(7);
    let next = ran.json()["error"]["next"].to_string();
    assert!(next.contains("sms status") && !next.contains("sms send"), "{next}");
}
