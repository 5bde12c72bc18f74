//! Dysmsapi: validation, stored messages and the format of replies.

use crate::sandbox::tests::{Sandbox, changed, sms_to, without};

#[test]
fn a_valid_sms_is_sent_and_stored() {
    let sandbox = Sandbox::ready();
    let reply = sandbox.reply(&sms_to("13800001234"));
    assert_eq!((&reply["Code"], &reply["Message"]), (&"OK".into(), &"OK".into()));
    let biz_id = reply["BizId"].as_str().unwrap();
    assert!(biz_id.len() == 20 && biz_id.ends_with("^0"), "{biz_id}");
    let request_id = reply["RequestId"].as_str().unwrap();
    assert!(request_id.len() == 36 && request_id == request_id.to_uppercase());
    let message = &sandbox.messages()[0];
    for (key, value) in [
        ("product", "dysmsapi"),
        ("api", "SendSms"),
        ("recipient", "13800001234"),
        ("sender", "Acme"),
        ("template", "SMS_100001"),
        ("tracking_id", "track-1"),
        ("message_id", biz_id),
        ("request_id", request_id),
        ("fate", "delivered"),
        ("text", "【Acme】Your verification code is 1234. It is valid for 5 minutes."),
    ] {
        assert_eq!(message[key], value, "{key}");
    }
}

#[test]
fn every_recipient_of_a_call_gets_a_separate_message() {
    let sandbox = Sandbox::ready();
    assert_eq!(sandbox.code(&sms_to("13800001234,+8613800005678")), "OK");
    let recipients: Vec<String> = sandbox
        .messages()
        .iter()
        .map(|message| message["recipient"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(recipients, ["13800001234", "13800005678"]);
    let first = sandbox.reply(&sms_to("13800001234"))["BizId"].clone();
    assert_ne!(first, sandbox.reply(&sms_to("13800001234"))["BizId"]);
}

#[test]
fn every_invalid_call_is_rejected_with_its_error_code() {
    let sandbox = Sandbox::ready();
    let good = sms_to("13800001234");
    let many = vec!["13800001234"; 1001].join(",");
    for (replacement, code) in [
        ("--sign-name=Unknown", "isv.SMS_SIGN_NAME_ILLEGAL"),
        ("--sign-name=Acme Beta", "isv.SMS_SIGN_NAME_ILLEGAL"),
        ("--sign-name=Acme Deals", "isv.SMS_SIGN_NAME_ILLEGAL"),
        ("--template-code=SMS_9", "isv.SMS_TEMPLATE_ILLEGAL"),
        ("--template-code=SMS_100004", "isv.SMS_TEMPLATE_ILLEGAL"),
        ("--template-code=SMS_100005", "isv.SMS_TEMPLATE_ILLEGAL"),
        ("--template-code=SMS_100006", "isv.DOMESTIC_NUMBER_NOT_SUPPORTED"),
        ("--template-param={\"code\":\"1\"}", "isv.TEMPLATE_MISSING_PARAMETERS"),
        ("--template-param=", "isv.TEMPLATE_MISSING_PARAMETERS"),
        ("--template-param={code:1}", "isv.INVALID_JSON_PARAM"),
        ("--template-param=[\"1\"]", "isv.INVALID_JSON_PARAM"),
        ("--template-param={\"code\":1,\"minutes\":5}", "isv.INVALID_JSON_PARAM"),
        ("--template-param={\"code\":\"http://x\",\"minutes\":\"5\"}", "isv.PARAM_NOT_SUPPORT_URL"),
        ("--phone-numbers=138-0000-1234", "isv.MOBILE_NUMBER_ILLEGAL"),
        ("--phone-numbers=13800001234,,", "isv.MOBILE_NUMBER_ILLEGAL"),
        ("--phone-numbers=", "isv.MOBILE_NUMBER_ILLEGAL"),
        ("--phone-numbers=+12025550123", "isv.SMS_TEMPLATE_ILLEGAL"),
        (&format!("--phone-numbers={many}"), "isv.MOBILE_COUNT_OVER_LIMIT"),
    ] {
        assert_eq!(sandbox.code(&changed(&good, replacement)), code, "{replacement:.60}");
    }
    assert!(sandbox.messages().is_empty());
}

#[test]
fn every_approved_template_can_be_sent() {
    let sandbox = Sandbox::ready();
    let order = changed(&sms_to("13800001234"), "--template-code=SMS_100002");
    let order = changed(&order, r#"--template-param={"name":"Alice","order":"42"}"#);
    assert_eq!(sandbox.code(&changed(&order, "--sign-name=Acme Store")), "OK");
    let sale = changed(&sms_to("13800001234"), "--template-code=SMS_100003");
    assert_eq!(sandbox.code(&without(&sale, "--template-param")), "OK");
    let abroad = changed(&sms_to("+12025550123"), "--template-code=SMS_100006");
    assert_eq!(sandbox.code(&abroad), "OK");
}

fn details(sandbox: &Sandbox, phone: &str, more: &[&str]) -> serde_json::Value {
    let phone = format!("--phone-number={phone}");
    let date = sandbox.day();
    let base = ["dysmsapi", "query-send-details", &phone, "--current-page=1", "--page-size=10"];
    let dated =
        if more.iter().any(|arg| arg.starts_with("--send-date")) { None } else { Some(date) };
    let args: Vec<&str> =
        base.iter().copied().chain(dated.as_deref()).chain(more.iter().copied()).collect();
    sandbox.reply(&args)
}

#[test]
fn a_receipt_is_pending_first_and_then_delivered() {
    // A late receipt: even a slow machine queries before it arrives.
    let sandbox = Sandbox::ready();
    let biz_id = sandbox.reply(&sms_to("13800009013"))["BizId"].clone();
    let reply = details(&sandbox, "13800009013", &[]);
    assert_eq!(reply["TotalCount"], "1");
    let receipt = &reply["SmsSendDetailDTOs"]["SmsSendDetailDTO"][0];
    assert_eq!((&receipt["SendStatus"], &receipt["OutId"]), (&1.into(), &"track-1".into()));
    assert!(receipt.get("ReceiveDate").is_none());
    sandbox.advance_clock(20);
    let by_id = format!("--biz-id={}", biz_id.as_str().unwrap());
    let reply = details(&sandbox, "+8613800009013", &[&by_id]);
    let receipt = &reply["SmsSendDetailDTOs"]["SmsSendDetailDTO"][0];
    assert_eq!((&receipt["SendStatus"], &receipt["ErrCode"]), (&3.into(), &"DELIVERED".into()));
    assert_eq!(receipt["PhoneNum"], "13800009013");
    assert_eq!(receipt["ReceiveDate"].as_str().unwrap().len(), "2026-03-26 10:00:00".len());
    assert_eq!(details(&sandbox, "13800009013", &["--biz-id=other^0"])["TotalCount"], "0");
    assert_eq!(details(&sandbox, "13800009999", &[])["TotalCount"], "0");
}

#[test]
fn receipts_need_a_date_within_the_last_30_days() {
    let sandbox = Sandbox::ready();
    for date in ["--send-date=2026-03-26", "--send-date=20200101", "--send-date=20261345"] {
        let reply = details(&sandbox, "13800001234", &[date]);
        assert_eq!(reply["Code"], "isv.INVALID_PARAMETERS", "{date}");
    }
}

#[test]
fn list_and_single_queries_use_different_numbers() {
    let sandbox = Sandbox::ready();
    let list = sandbox.reply(&["dysmsapi", "query-sms-template-list", "--page-size=50"]);
    assert_eq!((&list["TotalCount"], &list["CurrentPage"]), (&6.into(), &1.into()));
    let column = |key: &str| -> Vec<serde_json::Value> {
        let entries = list["SmsTemplateList"].as_array().unwrap();
        entries.iter().map(|entry| entry[key].clone()).collect()
    };
    assert_eq!(column("TemplateType"), [2, 0, 1, 0, 1, 6]);
    assert_eq!(column("OuterTemplateType"), [0, 1, 2, 1, 2, 3]);
    let (pass, init, no) = ("AUDIT_STATE_PASS", "AUDIT_STATE_INIT", "AUDIT_STATE_NOT_PASS");
    assert_eq!(column("AuditStatus"), [pass, pass, pass, init, no, pass]);
    assert!(column("Reason")[4]["RejectInfo"].is_string());
    for (code, kind, status) in
        [("SMS_100001", "0", "1"), ("SMS_100004", "1", "0"), ("SMS_100005", "2", "2")]
    {
        let args = ["dysmsapi", "get-sms-template", &format!("--template-code={code}")];
        let reply = sandbox.reply(&args);
        assert_eq!(
            (&reply["TemplateType"], &reply["TemplateStatus"]),
            (&kind.into(), &status.into())
        );
    }
    let unknown = ["dysmsapi", "get-sms-template", "--template-code=SMS_9"];
    assert_eq!(sandbox.code(&unknown), "TemplateNotFound");
}

#[test]
fn signatures_are_listed_by_page_and_shown() {
    let sandbox = Sandbox::ready();
    let page = |index: &str| {
        let index = format!("--page-index={index}");
        sandbox.reply(&["dysmsapi", "query-sms-sign-list", &index, "--page-size=3"])
    };
    assert_eq!(page("1")["SmsSignList"].as_array().unwrap().len(), 3);
    assert_eq!(page("2")["SmsSignList"][0]["SignName"], "Acme Deals");
    assert_eq!(page("2")["SmsSignList"][0]["AuditStatus"], "AUDIT_STATE_NOT_PASS");
    assert_eq!(page("2")["TotalCount"], 4);
    assert_eq!(page("0")["Code"], "isv.INVALID_PARAMETERS");
    for (name, status) in [("Acme", 1), ("Acme Store", 1), ("Acme Beta", 0), ("Acme Deals", 2)] {
        let reply = sandbox.reply(&["dysmsapi", "get-sms-sign", &format!("--sign-name={name}")]);
        assert_eq!((&reply["SignName"], &reply["SignStatus"]), (&name.into(), &status.into()));
    }
    let unknown = ["dysmsapi", "get-sms-sign", "--sign-name=Unknown"];
    assert_eq!(sandbox.code(&unknown), "SignatureNotFound");
}

#[test]
fn concurrent_sends_lose_no_message() {
    let sandbox = Sandbox::ready();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..5 {
                    assert_eq!(sandbox.code(&sms_to("13800001234")), "OK");
                }
            });
        }
    });
    let mut ids: Vec<String> =
        sandbox.messages().iter().map(|message| message["message_id"].to_string()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 40);
}
