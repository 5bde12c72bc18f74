//! Submitted templates and qualifications.

use crate::sandbox::tests::*;

fn create(sandbox: &Sandbox, replacement: &str) -> Value {
    let call = [
        "dysmsapi",
        "create-sms-template",
        "--template-name=Hello",
        "--template-content=Hello ${name}",
        "--template-type=1",
        "--related-sign-name=Acme",
        "--intl-type=0",
        r#"--template-rule={"name":"others"}"#,
        "--user-agent=agent",
        "--api-version=2017-05-25",
    ]
    .map(str::to_owned);
    sandbox.reply(&changed(&call, replacement))
}

#[test]
fn an_invalid_template_is_rejected_with_its_error_code() {
    let sandbox = Sandbox::ready();
    let long = |count: usize| "é".repeat(count);
    for (replacement, code) in [
        (format!("--template-name={}", long(30)), "OK"),
        (format!("--template-name={}", long(31)), "isv.PARAM_LENGTH_LIMIT"),
        (format!("--template-content={}", long(500)), "OK"),
        (format!("--template-content={}", long(501)), "isv.PARAM_LENGTH_LIMIT"),
        ("--template-content=Hello ${name".into(), "isv.INVALID_PARAMETERS"),
        ("--template-content=Hello ${na me}".into(), "isv.INVALID_PARAMETERS"),
        ("--template-content=Hello ${}".into(), "isv.INVALID_PARAMETERS"),
        ("--template-type=4".into(), "isv.INVALID_PARAMETERS"),
        ("--template-type=3".into(), "OK"),
        ("--related-sign-name=Unknown".into(), "isv.SMS_SIGNATURE_ILLEGAL"),
        ("--template-rule={".into(), "isv.INVALID_JSON_PARAM"),
        ("--template-rule=[]".into(), "isv.INVALID_JSON_PARAM"),
    ] {
        assert_eq!(create(&sandbox, &replacement)["Code"], code, "{replacement}");
    }
}

#[test]
fn a_template_under_review_cannot_be_deleted_and_codes_are_unique() {
    let sandbox = Sandbox::ready();
    let code = |replacement: &str| {
        let reply = create(&sandbox, replacement);
        reply["TemplateCode"].as_str().unwrap().to_owned()
    };
    let (first, second) = (code("--template-type=1"), code("--template-type=1"));
    assert_ne!(first, second);
    for (code, answer) in [
        (first.as_str(), "isv.INVALID_PARAMETERS"),
        ("SMS_9", "TemplateNotFound"),
        ("SMS_100005", "OK"),
    ] {
        let code = format!("--template-code={code}");
        assert_eq!(sandbox.code(&["dysmsapi", "delete-sms-template", &code]), answer);
    }
}

#[test]
fn qualifications_are_filtered_and_shown() {
    let sandbox = Sandbox::ready();
    let total = |filter: &str| {
        let reply = sandbox.reply(&["dysmsapi", "query-sms-qualification-record", filter]);
        reply["Data"]["Total"].as_i64()
    };
    for (filter, count) in [
        ("--state=PASS", Some(1)),
        ("--state=PASSED", None),
        ("--company-name=Acme", Some(3)),
        ("--use-by-self=false", Some(1)),
        ("--work-order-id=20000009002", Some(1)),
        ("--page-no=0", None),
        ("--page-size=51", None),
    ] {
        assert_eq!(total(filter), count, "{filter}");
    }
    let show = |id: &str| {
        let id = format!("--qualification-group-id={id}");
        sandbox.reply(&["dysmsapi", "query-single-sms-qualification", &id])
    };
    assert_eq!(show("1000009003")["Data"]["State"], "INT");
    assert_eq!(show("5")["Code"], "isv.INVALID_PARAMETERS");
}
