//! `configure safety-policy`, and how the host matches a call.

use crate::sandbox::tests::{Sandbox, chat_to, sms_to};

fn silent(sandbox: &Sandbox, args: &[&str]) {
    let args = [&["configure", "safety-policy"], args].concat();
    let answer = sandbox.run(&args);
    assert_eq!((answer.exit, answer.stdout + &answer.stderr), (0, String::new()), "{args:?}");
}

fn with_rule(pattern: &str, action: &str) -> Sandbox {
    let sandbox = Sandbox::ready();
    silent(&sandbox, &["enable"]);
    silent(&sandbox, &["add", "--pattern", pattern, "--action", action]);
    sandbox
}

/// The error message of the host; `None` if it accepts the call.
fn refusal(sandbox: &Sandbox, args: &[String]) -> Option<String> {
    let answer = sandbox.run(args);
    let is_rejected = answer.exit == 1 && answer.stderr.to_lowercase().contains("safety policy");
    is_rejected.then_some(answer.stderr)
}

#[test]
fn a_policy_can_be_edited_and_shown() {
    let sandbox = with_rule("cams:*", "deny");
    silent(&sandbox, &["add", "--pattern=*:delete-*", "--action=forbid"]);
    silent(&sandbox, &["add", "--pattern=cams:*", "--action=confirm"]);
    let shown = sandbox.reply(&["configure", "safety-policy", "show"]);
    assert_eq!(shown["enabled"], true);
    assert_eq!(shown["rules"][0]["action"], "confirm");
    let list = sandbox.run(&["configure", "safety-policy", "list"]).stdout;
    assert!(list.contains("  2. *:delete-* -> forbid\n"), "{list}");
    silent(&sandbox, &["remove", "--pattern", "cams:*"]);
    silent(&sandbox, &["disable"]);
    let shown = sandbox.reply(&["configure", "safety-policy"]);
    assert_eq!((&shown["enabled"], &shown["rules"][1]), (&false.into(), &().into()));
    for invalid in [&["add"][..], &["remove"], &["add", "--pattern=x", "--action=allow"]] {
        assert_eq!(sandbox.run(&[&["configure", "safety-policy"], invalid].concat()).exit, 1);
    }
    assert_eq!(sandbox.run(&["configure", "safety-policy", "shw"]).exit, 2);
}

#[test]
fn the_second_value_of_a_map_becomes_part_of_the_command() {
    let call = chat_to("8613800001000");
    let exact = with_rule("cams:send-chatapp-message", "deny");
    assert_eq!(refusal(&exact, &call), None, "a defect of the real program");
    assert_eq!(exact.messages().len(), 1);
    let message = refusal(&with_rule("cams:send-*", "deny"), &call).expect("a refusal");
    assert!(
        message.contains("cams send-chatapp-message:order=42 (rule: cams:send-*)"),
        "{message}"
    );
    let one = |word: &String| word != "order=42";
    let one: Vec<String> = call.into_iter().filter(one).collect();
    assert!(refusal(&exact, &one).is_some());
}

#[test]
fn a_confirmation_needs_a_terminal_or_yes() {
    let call = sms_to("13800001000");
    let sandbox = with_rule("DYSMSAPI:send-sms", "confirm");
    let message = refusal(&sandbox, &call).expect("a refusal");
    assert!(
        message.contains("Safety policy requires confirmation for: dysmsapi send-sms\n"),
        "{message}"
    );
    let confirmed = [call.clone(), vec!["--yes".to_owned()]].concat();
    assert_eq!(refusal(&sandbox, &confirmed), None);
    let sandbox = sandbox.with("ALIBABA_CLOUD_SAFETY_SKIP_CONFIRM", "1");
    assert_eq!(refusal(&sandbox, &call), None);
    silent(&sandbox, &["add", "--pattern", "DYSMSAPI:send-sms", "--action", "deny"]);
    assert!(refusal(&sandbox, &call).is_some());
    silent(&sandbox, &["disable"]);
    assert_eq!(refusal(&sandbox, &call), None);
}
