//! Template creation, phone number settings, uploads.

use serde_json::{Value, json};

use crate::sandbox::tests::Sandbox;

const NUMBER: &str = "--phone-number=8613800000001";
const SPACE: &str = "--cust-space-id=cams-sandbox";

fn create(name: &str, components: &Value) -> Vec<String> {
    let components = format!("--components={components}");
    let name = format!("--name={name}");
    [
        "cams",
        "create-chatapp-template",
        &name,
        "--category=UTILITY",
        "--biz-language=en",
        "--template-type=WHATSAPP",
        &components,
    ]
    .map(str::to_owned)
    .to_vec()
}

#[test]
fn an_invalid_template_is_rejected_immediately() {
    let sandbox = Sandbox::ready();
    let body = json!([{"Type": "BODY", "Text": "Hello"}]);
    assert_eq!(sandbox.code(&create("good_1", &body)), "OK");
    assert_eq!(sandbox.code(&create("good_1", &body)), "TemplateNameDuplicate");
    assert_eq!(sandbox.code(&create("Not Good", &body)), "InvalidParameter.NameError");
    let footer = json!([{"Type": "FOOTER", "Text": "Acme"}]);
    assert_eq!(sandbox.code(&create("f", &footer)), "InvalidParameter.ComponentsError");
    let shown = ["cams", "list-chatapp-template", "--name=good_1", "--audit-status=auditing"];
    assert_eq!(sandbox.reply(&shown)["Total"], 1);
    let unknown = [
        "cams",
        "delete-chatapp-template",
        "--template-code=999",
        "--biz-language=en",
        "--template-type=WHATSAPP",
    ];
    assert_eq!(sandbox.code(&unknown), "DetailError.TemplateNotExist");
}

#[test]
fn metrics_need_times_in_milliseconds() {
    let sandbox = Sandbox::ready();
    let code = |start: &str, end: &str| {
        sandbox.code(&[
            "cams",
            "get-chatapp-template-metric",
            "--template-code=100000000000001",
            &format!("--start={start}"),
            &format!("--end={end}"),
        ])
    };
    assert_eq!(code("1774483200000", "1774569600000"), "OK");
    assert_eq!(code("1774483200", "1774569600"), "InvalidParameter.TimeError");
    assert_eq!(code("1774569600000", "1774483200000"), "InvalidParameter.TimeError");
}

#[test]
fn settings_need_a_number_and_a_space_of_this_account() {
    let sandbox = Sandbox::ready();
    let profile = "query-phone-business-profile";
    assert_eq!(sandbox.code(&["cams", profile, SPACE, NUMBER]), "OK");
    let foreign = ["cams", profile, SPACE, "--phone-number=8613999999999"];
    assert_eq!(sandbox.code(&foreign), "PhoneNumberNotRegistered");
    let other_space = ["cams", profile, "--cust-space-id=other", NUMBER];
    assert_eq!(sandbox.code(&other_space), "Authentication.NoAuth");
    let prompts: Vec<String> = (0..5).map(|number| format!("--prompts={number}")).collect();
    let mut set = vec!["cams", "update-conversational-automation", SPACE, NUMBER];
    set.extend(prompts.iter().map(String::as_str));
    assert_eq!(sandbox.code(&set), "InvalidParameter.ConversationalAutomation");
    let webhook = ["cams", "update-phone-webhook", SPACE, NUMBER, "--http-flag=yes"];
    assert_eq!(sandbox.code(&webhook), "InvalidParameter.FlagError");
}

#[test]
fn an_upload_needs_temporary_credentials_and_complete_arguments() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let copy = ["oss", "cp", path, "oss://b/k.png", "--endpoint", "https://oss.example.com", "-f"];
    assert_eq!(Sandbox::ready().run(&copy).exit, 1);
    let sandbox = Sandbox::ready()
        .with("ALIBABA_CLOUD_ACCESS_KEY_ID", "id")
        .with("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")
        .with("ALIBABA_CLOUD_SECURITY_TOKEN", "token")
        .with("ALIBABA_CLOUD_IGNORE_PROFILE", "TRUE");
    assert_eq!(sandbox.run(&copy).exit, 0);
    let log = std::fs::read_to_string(sandbox.path().join("uploads.jsonl")).unwrap();
    assert_eq!(log.lines().count(), 1);
    assert!(!log.contains("secret") && !log.contains("token"));
    for (at, word) in [(3, "b/k.png"), (3, "oss://b/"), (5, "oss.example.com"), (2, "/none")] {
        let mut invalid = copy;
        invalid[at] = word;
        assert_eq!(sandbox.run(&invalid).exit, 1, "{invalid:?}");
    }
    assert_eq!(sandbox.run(&copy[..6]).exit, 1, "without -f it would ask");
}
