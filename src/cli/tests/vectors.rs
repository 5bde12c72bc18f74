//! Argument vectors match the table of operations. Whole vectors are asserted where the child receives
//! them: `tests/suite/every_command`.

use crate::cli::tests::*;

/// Flags of product calls in addition to those of their command.
const COMMON: [&str; 6] =
    ["--user-agent", "--api-version", "--read-timeout", "--retry-count", "--profile", "--region"];

/// Checks a vector against the table; returns the names of its flags in order.
#[track_caller]
fn check(vector: &[String]) -> Vec<String> {
    let operation = operations::find(&vector[0], &vector[1]).expect("a call of the table");
    let mut names: Vec<String> = Vec::new();
    let mut open_map = false;
    for word in &vector[2..] {
        let Some(bare) = word.strip_prefix("--") else {
            assert!(open_map, "unexpected {word} in {vector:?}");
            let (key, _) = word.split_once('=').expect("key=value");
            assert!(
                !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "_.-".contains(c))
            );
            continue;
        };
        let (name, value) = match bare.split_once('=') {
            Some((name, value)) => (format!("--{name}"), Some(value)),
            None => (word.clone(), None),
        };
        open_map = false;
        let seen = names.contains(&name);
        if COMMON.contains(&&*name) {
            assert!(value.is_some_and(|value| !value.is_empty()) && !seen, "{word}");
        } else {
            let flag =
                operation.flag(&name).unwrap_or_else(|| panic!("{name} is not in the table"));
            assert!(!seen || flag.kind == FlagKind::TextList, "{name} is set twice");
            match (flag.kind, value) {
                (FlagKind::Text | FlagKind::TextList, Some(value)) => assert!(!value.is_empty()),
                (FlagKind::Integer, Some(value)) => assert!(value.parse::<u64>().is_ok(), "{word}"),
                (FlagKind::Map, None) => open_map = true,
                (kind, _) => panic!("{word} is not how {kind:?} is written"),
            }
        }
        names.push(name);
    }
    for Flag { name, .. } in operation.flags.iter().filter(|flag| flag.required) {
        assert!(names.iter().any(|given| given == name), "{name} is required: {vector:?}");
    }
    check_common_flags(operation, vector);
    names
}

/// Checks that the flags common to all calls are present exactly once.
#[track_caller]
fn check_common_flags(operation: &Operation, vector: &[String]) {
    let count = |word: &str| vector.iter().filter(|given| *given == word).count();
    let product = operation.product;
    assert_eq!(count(&format!("--user-agent={}", product.agent())), 1, "{vector:?}");
    for fixed in product.fixed_flags() {
        assert_eq!(count(fixed), 1, "{fixed} in {vector:?}");
    }
    let once = usize::from(operation.access != Access::Read);
    assert_eq!(count("--retry-count=0"), once, "{vector:?}");
    assert_eq!(vector.iter().filter(|word| word.starts_with("--retry-count")).count(), once);
}

#[test]
fn every_flag_of_sms_send_is_passed_to_the_call() {
    let all = vector(&sms(&[
        "--param=code=1",
        "--out-id=track",
        "--sms-up-extend-code=90",
        "--profile=other",
        "--region=ap-southeast-1",
    ]))
    .expect("a call");
    check(&all);
    for word in [
        "--template-param={\"code\":\"1\"}",
        "--sms-up-extend-code=90",
        "--profile=other",
        "--region=ap-southeast-1",
    ] {
        assert!(all.iter().any(|given| given == word), "{word} in {all:?}");
    }
    let least = check(&vector(&sms(&["--out-id=track"])).expect("a call"));
    for absent in ["--profile", "--region", "--template-param", "--sms-up-extend-code"] {
        assert!(!least.iter().any(|name| name == absent), "{absent} was not given");
    }
}

#[test]
fn every_flag_of_a_whatsapp_template_is_passed_to_the_call() {
    let all = vector(&template(&[
        "--template-params",
        "name=Alice",
        "order=4 2",
        "--param=last=-x",
        "--payload=yes",
        "--payload=--no",
        "--task-id=track",
        "--cust-space-id=space",
        "--context-message-id=before",
        "--fall-back-id=f",
        "--fall-back-content=instead",
        "--fall-back-rule=sentFailed",
        "--fall-back-duration=60",
    ]))
    .expect("a call");
    let names = check(&all);
    assert_eq!(names.iter().filter(|name| *name == "--payload").count(), 2);
    for word in ["name=Alice", "order=4 2", "last=-x", "--payload=--no"] {
        assert!(all.iter().any(|given| given == word), "{word} in {all:?}");
    }
}

#[test]
fn every_flag_of_a_viber_text_is_passed_to_the_call() {
    let all = vector(&[
        "whatsapp",
        "send",
        "text",
        "--channel-type=viber",
        "--from=30001",
        "--to=8613800001000",
        "--text=a \"b\"",
        "--label=promotion",
        "--tag=t",
        "--ttl=3600",
        "--tracking-data=d",
        "--task-id=track",
        "--profile=p",
    ])
    .expect("a call");
    check(&all);
    for word in [
        "--channel-type=viber",
        "--from=30001",
        "--type=message",
        "--message-type=text",
        "--content={\"text\":\"a \\\"b\\\"\"}",
        "--label=promotion",
        "--tag=t",
        "--ttl=3600",
        "--tracking-data=d",
        "--profile=p",
    ] {
        assert!(all.iter().any(|given| given == word), "{word} in {all:?}");
    }
}

#[test]
fn without_a_tracking_id_a_new_one_is_generated_each_time() {
    for (words, flag) in [(sms(&[]), "--out-id="), (text(&["--text=x"]), "--task-id=")] {
        let id = || {
            let vector = vector(&words).expect("a call");
            check(&vector);
            let mut ids = vector.iter().filter_map(|word| word.strip_prefix(flag));
            (ids.next().expect("an ID").to_string(), ids.count())
        };
        let (first, second) = (id(), id());
        assert_ne!(first, second);
        assert_eq!(first.1, 0, "one ID");
        assert!(uuid::Uuid::parse_str(&first.0).is_ok(), "{first:?}");
    }
}

#[test]
fn a_read_has_no_retry_count() {
    let call = Call::to(&operations::GET_SMS_SIGN);
    let vector = call.text("--sign-name", "Acme").arguments(&Common::default()).expect("a call");
    check(&vector);
}

#[test]
fn a_call_that_does_not_match_the_table_is_an_internal_error() {
    let call = || Call::to(&operations::SEND_SMS);
    let full = || {
        call().text("--phone-numbers", "1").text("--sign-name", "S").text("--template-code", "T")
    };
    assert!(full().arguments(&Common::default()).is_ok());
    let mistakes = [
        (full().text("--nothing", "x"), "has no flag --nothing"),
        (full().text("--sign-name", "again"), "set twice"),
        (full().list("--out-id", &["x".into()]), "has another type"),
        (full().map("--out-id", &[("a".into(), "b".into())]), "has another type"),
        (full().optional_integer("--out-id", Some(1)), "has another type"),
        (call().text("--phone-numbers", "1").text("--sign-name", "S"), "needs --template-code"),
    ];
    for (call, part) in mistakes {
        let failure = call.arguments(&Common::default()).expect_err(part);
        assert!(failure.message.contains(part), "{}", failure.message);
        assert_eq!(failure.exit_code(), 1);
    }
}

#[test]
fn each_product_has_its_own_user_agent() {
    assert_ne!(Product::Cams.agent(), Product::Dysmsapi.agent());
    for product in Product::ALL {
        assert!(product.agent().starts_with("AlibabaCloud-Agent-Skills/alibabacloud-"));
    }
}
