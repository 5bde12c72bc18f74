//! SendBatchSms and SendChatappMassMessage: one call, many recipients with their own values.

use serde_json::{Value, json};

use crate::sandbox::tests::{Sandbox, batch_sms, changed, mass_chat, without};

fn column<'a>(messages: &'a [Value], field: &str) -> Vec<&'a str> {
    messages.iter().map(|message| message[field].as_str().unwrap()).collect()
}

fn flag(name: &str, value: &Value) -> String {
    format!("{name}={value}")
}

#[test]
fn a_batch_gives_each_number_its_own_text_and_signature_and_one_biz_id() {
    let sandbox = Sandbox::ready();
    let reply = sandbox.reply(&batch_sms());
    let biz_id = reply["BizId"].as_str().unwrap();
    let messages = sandbox.messages();
    assert_eq!(column(&messages, "recipient"), ["13800001234", "13800005678"]);
    assert_eq!(column(&messages, "sender"), ["Acme", "Acme Store"]);
    assert_eq!(
        column(&messages, "text"),
        [
            "【Acme】Hello Alice, your order 1 is on its way.",
            "【Acme Store】Hello Bob, your order 2 is on its way."
        ]
    );
    assert_eq!(column(&messages, "message_id"), [biz_id, biz_id]);
    assert_eq!(column(&messages, "tracking_id"), ["track-3"; 2]);
    assert_eq!(column(&messages, "api"), ["SendBatchSms"; 2]);
    for (phone, order) in [("13800001234", "order 1"), ("+8613800005678", "order 2")] {
        let args = [
            "dysmsapi",
            "query-send-details",
            &format!("--phone-number={phone}"),
            &sandbox.day(),
            "--current-page=1",
            "--page-size=10",
            &format!("--biz-id={biz_id}"),
        ];
        let reply = sandbox.reply(&args);
        let receipt = &reply["SmsSendDetailDTOs"]["SmsSendDetailDTO"][0];
        assert_eq!((&reply["TotalCount"], &receipt["OutId"]), (&json!("1"), &json!("track-3")));
        assert!(receipt["Content"].as_str().unwrap().contains(order), "{receipt}");
    }
}

#[test]
fn a_template_without_variables_needs_no_values() {
    let sandbox = Sandbox::ready();
    let sale = changed(&batch_sms(), "--template-code=SMS_100003");
    let sale = without(&without(&sale, "--template-param-json"), "--sms-up-extend-code-json");
    assert_eq!(sandbox.code(&sale), "OK");
    assert_eq!(sandbox.messages().len(), 2);
}

#[test]
fn every_invalid_batch_is_rejected_as_a_whole() {
    let sandbox = Sandbox::ready();
    let phones = |count: usize| flag("--phone-number-json", &json!(vec!["13800001234"; count]));
    let two = |second: Value| json!([{ "name": "Alice", "order": "1" }, second]);
    let params = |second: Value| flag("--template-param-json", &two(second));
    for (replacement, code) in [
        ("--phone-number-json=13800001234", "isv.INVALID_JSON_PARAM"),
        ("--phone-number-json=\"13800001234\"", "isv.INVALID_JSON_PARAM"),
        ("--phone-number-json=[13800001234,13800005678]", "isv.INVALID_JSON_PARAM"),
        ("--phone-number-json=", "isv.INVALID_JSON_PARAM"),
        ("--phone-number-json=[]", "isv.MOBILE_NUMBER_ILLEGAL"),
        ("--phone-number-json=[\"13800001234\",\"1\"]", "isv.MOBILE_NUMBER_ILLEGAL"),
        ("--phone-number-json=[\"13800001234\",\"\"]", "isv.MOBILE_NUMBER_ILLEGAL"),
        (
            "--phone-number-json=[\"13800001234,13800005678\",\"13800001234\"]",
            "isv.MOBILE_NUMBER_ILLEGAL",
        ),
        ("--phone-number-json=[\"13800001234\",\"+12025550123\"]", "isv.SMS_TEMPLATE_ILLEGAL"),
        (&phones(101), "isv.MOBILE_COUNT_OVER_LIMIT"),
        (&phones(1), "isv.INVALID_PARAMETERS"),
        (&phones(3), "isv.INVALID_PARAMETERS"),
        ("--sign-name-json=[\"Acme\"]", "isv.INVALID_PARAMETERS"),
        ("--sign-name-json=Acme", "isv.INVALID_JSON_PARAM"),
        ("--sign-name-json=[\"Acme\",null]", "isv.INVALID_JSON_PARAM"),
        ("--sign-name-json=[\"Acme\",\"Unknown\"]", "isv.SMS_SIGN_NAME_ILLEGAL"),
        ("--sign-name-json=[\"Acme Beta\",\"Acme\"]", "isv.SMS_SIGN_NAME_ILLEGAL"),
        ("--sign-name-json=[\"Acme\",\"Acme Deals\"]", "isv.SMS_SIGN_NAME_ILLEGAL"),
        ("--template-code=SMS_9", "isv.SMS_TEMPLATE_ILLEGAL"),
        ("--template-code=SMS_100004", "isv.SMS_TEMPLATE_ILLEGAL"),
        ("--template-code=SMS_100006", "isv.DOMESTIC_NUMBER_NOT_SUPPORTED"),
        ("--template-param-json=", "isv.TEMPLATE_MISSING_PARAMETERS"),
        ("--template-param-json={\"name\":\"Alice\",\"order\":\"1\"}", "isv.INVALID_JSON_PARAM"),
        ("--template-param-json=[{\"name\":\"Alice\",\"order\":\"1\"}]", "isv.INVALID_PARAMETERS"),
        (&params(json!({ "name": "Bob" })), "isv.TEMPLATE_MISSING_PARAMETERS"),
        (&params(json!({ "name": "Bob", "order": "" })), "isv.TEMPLATE_MISSING_PARAMETERS"),
        (&params(json!({ "name": "Bob", "order": 2 })), "isv.INVALID_JSON_PARAM"),
        (&params(json!("Bob")), "isv.INVALID_JSON_PARAM"),
        (&params(json!({ "name": "Bob", "order": "http://x" })), "isv.PARAM_NOT_SUPPORT_URL"),
        ("--sms-up-extend-code-json=[\"01\"]", "isv.INVALID_PARAMETERS"),
        ("--sms-up-extend-code-json=[1,2]", "isv.INVALID_JSON_PARAM"),
        ("--sms-up-extend-code-json=[\"01\",\"x\"]", "isv.EXTEND_CODE_ERROR"),
    ] {
        assert_eq!(sandbox.code(&changed(&batch_sms(), replacement)), code, "{replacement:.70}");
    }
    for flag in ["--phone-number-json", "--sign-name-json", "--template-code"] {
        assert_eq!(sandbox.run(&without(&batch_sms(), flag)).exit, 1, "{flag}");
    }
    assert!(sandbox.messages().is_empty());
}

#[test]
fn a_batch_of_100_numbers_is_accepted() {
    let sandbox = Sandbox::ready();
    let phones: Vec<String> = (0..100).map(|number| format!("138000{number:05}")).collect();
    let mut args = changed(&batch_sms(), &flag("--phone-number-json", &json!(phones)));
    args = changed(&args, &flag("--sign-name-json", &json!(vec!["Acme"; 100])));
    let values = vec![json!({ "name": "Alice", "order": "1" }); 100];
    args = changed(&args, &flag("--template-param-json", &json!(values)));
    args = without(&args, "--sms-up-extend-code-json");
    assert_eq!(sandbox.code(&args), "OK");
    assert_eq!(column(&sandbox.messages(), "recipient"), phones);
}

fn history(sandbox: &Sandbox, customer: &str) -> Value {
    let args = [
        "cams",
        "list-chatapp-message",
        "--business-number=8613800000001",
        "--channel-type=whatsapp",
        "--cust-space-id=cams-sandbox",
        &format!("--user-number={customer}"),
        "--page",
        "Index=1",
        "Size=10",
    ];
    sandbox.reply(&args)["Data"].clone()
}

#[test]
fn a_mass_message_gives_each_recipient_its_own_text_and_one_group_id() {
    let sandbox = Sandbox::ready();
    let reply = sandbox.reply(&mass_chat());
    let group = reply["GroupMessageId"].as_str().unwrap();
    assert!(reply.get("MessageId").is_none() && !group.is_empty(), "{reply}");
    let messages = sandbox.messages();
    assert_eq!(column(&messages, "recipient"), ["8613800001234", "12025550123"]);
    assert_eq!(column(&messages, "tracking_id"), ["track-4"; 2]);
    assert_eq!(column(&messages, "api"), ["SendChatappMassMessage"; 2]);
    let ids = column(&messages, "message_id");
    assert!(ids[0] != ids[1] && ids.iter().all(|id| id.starts_with(group)), "{ids:?}");
    sandbox.advance_clock(3);
    for (customer, text) in [("8613800001234", "Hello Alice"), ("12025550123", "Hello Bob")] {
        let entries = history(&sandbox, customer);
        assert_eq!(entries.as_array().unwrap().len(), 1, "{entries:#}");
        assert!(entries[0]["Message"].as_str().unwrap().contains(text), "{entries:#}");
        assert_eq!(entries[0]["UniqueMessageId"], "track-4");
        assert_eq!(entries[0]["MessageStatus"], "success");
    }
}

#[test]
fn every_invalid_mass_message_is_rejected_as_a_whole() {
    let sandbox = Sandbox::ready();
    let good = json!({ "To": "8613800001234", "TemplateParams": { "name": "A", "order": "1" } });
    let with = |field: &str, value: Value| {
        let mut second = good.clone();
        second[field] = value;
        flag("--sender-list", &json!([good, second]))
    };
    let many = flag("--sender-list", &json!(vec![json!({ "To": "8613800001234" }); 1001]));
    let list = "InvalidParameter.SenderList";
    for (replacement, code) in [
        ("--sender-list=[]", list),
        ("--sender-list={\"To\":\"8613800001234\"}", list),
        ("--sender-list=[\"8613800001234\"]", list),
        (&many, list),
        (&with("to", json!("8613800001234")), list),
        (&with("Name", json!("x")), list),
        (&with("To", json!(8_613_800_001_234_i64)), list),
        (&with("TemplateParams", json!(["1"])), list),
        (&with("TemplateParams", json!({ "name": "A", "order": 1 })), list),
        (&with("Payload", json!("a")), list),
        (&with("Payload", json!([1])), list),
        (&with("RecipientType", json!(1)), list),
        (&with("FlowAction", json!("x")), list),
        (&with("ProductAction", json!([])), list),
        (&with("To", json!("")), "InvalidParameter.ToOnlyNumeric"),
        (&with("To", json!("+8613800001234")), "InvalidParameter.ToOnlyNumeric"),
        (&with("To", json!("12345")), "InvalidParameter.PhoneNumberError"),
        (&with("TemplateParams", json!({ "name": "A" })), "TemplateParamInvalid"),
        (
            &with("TemplateParams", json!({ "name": "A", "order": "1", "x": "2" })),
            "TemplateParamInvalid",
        ),
        ("--from=x", "InvalidParameter.FromOnlyNumeric"),
        ("--from=8613800000002", "PhoneNumberNotRegistered"),
        ("--from=30001", "PhoneNumberNotRegistered"),
        ("--channel-type=sms", "InvalidParameter.ChannelTypeNotSupport"),
        ("--channel-type=viber", "PhoneNumberNotRegistered"),
        ("--cust-space-id=other", "Authentication.NoAuth"),
        ("--template-code=", "InvalidParameter.TemplateCodeNotEmpty"),
        ("--biz-language=", "InvalidParameter.LanguageNotEmpty"),
        ("--biz-language=de", "TemplateNotFound"),
        ("--template-code=100000000000003", "TemplateNotFound"),
        ("--template-code=100000000000004", "TemplateNotFound"),
        ("--template-code=100000000000005", "TemplateNotFound"),
    ] {
        assert_eq!(sandbox.code(&changed(&mass_chat(), replacement)), code, "{replacement:.70}");
    }
    let missing = without(&mass_chat(), "--sender-list");
    assert_eq!(sandbox.code(&missing), "InvalidParameter.SenderList");
    for flag in ["--from", "--biz-language", "--channel-type"] {
        assert_eq!(sandbox.run(&without(&mass_chat(), flag)).exit, 1, "{flag}");
    }
    // The flag of the single call.
    let single = [&mass_chat()[..], &["--to=8613800001234".to_owned()]].concat();
    assert_eq!(sandbox.run(&single).exit, 2);
    assert!(sandbox.messages().is_empty());
}

#[test]
fn a_viber_mass_message_to_1000_recipients_is_accepted() {
    let sandbox = Sandbox::ready();
    let numbers: Vec<String> = (0..1000).map(|number| format!("120255{number:04}77")).collect();
    let number = |number: &String| json!({ "To": number, "TemplateParams": { "name": "A" } });
    let list: Value = numbers.iter().map(number).collect();
    let mut args = changed(&mass_chat(), &flag("--sender-list", &list));
    for replacement in ["--channel-type=viber", "--from=30001", "--template-code=100000000000005"] {
        args = changed(&args, replacement);
    }
    assert_eq!(sandbox.code(&args), "OK");
    assert_eq!(sandbox.messages().len(), 1000);
}

#[test]
fn the_first_special_number_decides_for_the_whole_call() {
    let sandbox = Sandbox::ready();
    let sms = |phones: Value| {
        sandbox.run(&changed(&batch_sms(), &flag("--phone-number-json", &phones))).stderr
    };
    let values = json!({ "name": "A", "order": "1" });
    let chat = |first: &str, second: &str| {
        let list = json!([
            { "To": first, "TemplateParams": values }, { "To": second, "TemplateParams": values }
        ]);
        sandbox.run(&changed(&mass_chat(), &flag("--sender-list", &list))).stderr
    };
    assert!(sms(json!(["13800001234", "13800009002"])).contains("Throttling"));
    assert!(sms(json!(["13800009007", "13800009003"])).contains("refused"));
    assert!(chat("8613800009005", "8613800009003").contains("cams:SendChatappMassMessage"));
    assert!(sandbox.messages().is_empty());
    assert!(sms(json!(["13800001234", "13800009003"])).contains("deadline"));
    assert!(chat("8613800001234", "8613800009003").contains("deadline"));
    assert_eq!(sandbox.messages().len(), 4);
}

#[test]
fn an_argument_that_linux_would_not_pass_on_is_refused() {
    let sandbox = Sandbox::ready();
    let padding = |length: usize| {
        let text = format!("--tag={}", "x".repeat(length - "--tag=".len()));
        sandbox.run(&[&mass_chat()[..], &[text]].concat())
    };
    assert_eq!(padding(131_071).exit, 0);
    let refused = padding(131_072);
    assert_eq!(refused.exit, 1);
    assert!(refused.stderr.contains("argument list too long"), "{refused:?}");
    assert_eq!(sandbox.messages().len(), 2);
}
