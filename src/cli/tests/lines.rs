//! Command lines as they are shown.

use proptest::prelude::*;

use crate::cli::tests::*;

#[test]
fn the_masked_line_hides_private_values_and_nothing_else() {
    let vector = vector(&template(&[
        "--param=code=123456",
        "--param=b=two\nlines=3",
        "--param=c=x",
        "--payload=button",
        "--fall-back-content=instead",
        "--task-id=track",
    ]))
    .expect("a call");
    let line = masked_line("aliyun", &vector);
    for secret in ["123456", "two", "lines", "button", "instead"] {
        assert!(!line.contains(secret), "{line}");
    }
    assert!(
        line.contains("--template-params 'code=***' 'b=***' 'c=***' '--payload=***'"),
        "{line}"
    );
    assert!(line.contains("'--fall-back-content=***'"), "{line}");
    assert!(line.contains("track") && line.contains("8613800001000"), "{line}");
}

#[test]
fn the_masked_line_hides_variables_in_json() {
    for (product, command, flag) in [
        ("dysmsapi", "send-sms", "--template-param"),
        ("dysmsapi", "send-batch-sms", "--template-param-json"),
        ("cams", "send-chatapp-mass-message", "--sender-list"),
        ("cams", "send-chatapp-message", "--content"),
        ("cams", "create-chatapp-template", "--components"),
    ] {
        let value = format!("{flag}={{\"code\":\"1=234\"}}");
        let arguments = [product, command, &value, "--out-id=x"].map(String::from);
        let line = masked_line("aliyun", &arguments);
        assert!(!line.contains("234") && !line.contains("code"), "{line}");
        assert!(line.contains("out-id"), "{line}");
    }
}

#[test]
fn the_masked_line_hides_private_flags_at_any_position() {
    for (arguments, expected) in [
        (
            &["--cli-ai-mode", "cams", "send-chatapp-message", "--content={\"a\":\"b=c\"}"][..],
            "aliyun --cli-ai-mode cams send-chatapp-message '--content=***'",
        ),
        (
            &["cams", "send-chatapp-message", "--template-params", "{\"a\":\"b=c\"}", "plain"],
            "aliyun cams send-chatapp-message --template-params '***' '***'",
        ),
        (
            &["dysmsapi", "--template-param", "x=1", "--out-id=y"],
            "aliyun dysmsapi --template-param 'x=***' '--out-id=y'",
        ),
    ] {
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        assert_eq!(masked_line("aliyun", &arguments), expected);
    }
}

#[test]
fn a_plain_line_has_no_unnecessary_quotes() {
    let words = ["configure", "ai-mode", "disable"].map(String::from);
    assert_eq!(shell_line("aliyun", &words), "aliyun configure ai-mode disable");
    assert_eq!(
        masked_line("/opt/my tools/aliyun", &words[..1]),
        "'/opt/my tools/aliyun' configure"
    );
}

proptest! {
    #[test]
    fn a_shell_parses_the_line_into_the_same_words(
        words in prop::collection::vec("[^\u{0}]{0,12}|-+[a-z'\"$`\\\\ \n=]{0,8}", 0..6),
    ) {
        let line = shell_line("aliyun", &words);
        let read = shell_words::split(&line).expect("a shell line");
        prop_assert_eq!(&read[0], "aliyun");
        prop_assert_eq!(&read[1..], words.as_slice());
    }
}
