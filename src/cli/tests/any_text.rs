//! Any text arrives unchanged as one value. The arguments are parsed by the sandbox, which shares
//! no code with the builder.

use proptest::prelude::*;
use serde_json::json;

use crate::cli::tests::*;
use crate::sandbox::{Value, parse};

/// Texts that often cause errors on command lines, alone or combined.
fn any_text() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        "-",
        "--",
        "-h",
        "--help",
        "help",
        "--region",
        "--sign-name=x",
        "=",
        "a=b",
        "'",
        "\"",
        "\\",
        "`id`",
        "$(id)",
        "${HOME}",
        "*",
        "?",
        "~",
        "#",
        "!",
        "&",
        ";",
        "|",
        "\n",
        "\r\n",
        "\t",
        " ",
        "{",
        "}",
        "[",
        "]",
        "{\"a\":1}",
        ",",
        "%s",
        "@file",
        "@",
        "<",
        "😀",
        "👩‍👩‍👧",
        "你好",
        "é",
        "\u{feff}",
        "\u{202e}",
        "\u{1b}[31m",
        "\u{7f}",
        "\u{1}",
        "null",
        "true",
        "0",
    ]);
    let piece = prop_oneof![3 => special.prop_map(str::to_string), 1 => "[^\u{0}]{1,8}"];
    prop_oneof![
        8 => prop::collection::vec(piece.clone(), 1..6).prop_map(|segments| segments.concat()),
        1 => (piece, 200..4096_usize).prop_map(|(piece, length)| {
            piece.chars().cycle().take(length).collect()
        }),
    ]
}

/// Parses the arguments as host and plugin do.
fn parsed(vector: &[String]) -> impl Fn(&str) -> Value + use<> {
    let product = Product::ALL.into_iter().find(|p| p.name() == vector[0]).expect("a product");
    let line = parse(product, &vector[1..]).expect("valid for the host");
    assert!(!line.requests_help && line.stray.is_empty(), "{vector:?}");
    let call = line.into_call().expect("valid for the plugin");
    move |flag| call.value(flag).unwrap_or_else(|| panic!("{flag} is not given")).clone()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_value_of_an_sms_arrives_as_it_was_given(
        sign in any_text(), id in any_text(), code in any_text(), value in any_text(),
    ) {
        prop_assume!(id.chars().count() <= 255);
        let flags = [
            format!("--sign-name={sign}"),
            format!("--out-id={id}"),
            format!("--template-code={code}"),
            format!("--param=code={value}"),
        ];
        let vector = vector(&sms(&flags.each_ref().map(String::as_str))).expect("a call");
        let given = parsed(&vector);
        prop_assert_eq!(given("--sign-name"), Value::Text(sign));
        prop_assert_eq!(given("--out-id"), Value::Text(id));
        prop_assert_eq!(given("--template-code"), Value::Text(code));
        prop_assert_eq!(given("--phone-numbers"), Value::Text("13800001000".into()));
        let Value::Text(json) = given("--template-param") else { panic!("JSON") };
        prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&json).ok(), Some(json!({ "code": value })));
    }

    #[test]
    fn every_value_of_a_template_arrives_as_it_was_given(
        first in any_text(), second in any_text(), payload in any_text(), id in any_text(),
    ) {
        let flags = [
            format!("--param=name={first}"),
            format!("--param=help={second}"),
            format!("--payload={payload}"),
            "--payload=help".to_string(),
            format!("--task-id={id}"),
        ];
        let vector = vector(&template(&flags.each_ref().map(String::as_str))).expect("a call");
        let given = parsed(&vector);
        let pairs = vec![("name".to_string(), first), ("help".to_string(), second)];
        prop_assert_eq!(given("--template-params"), Value::Pairs(pairs));
        prop_assert_eq!(given("--payload"), Value::List(vec![payload, "help".into()]));
        prop_assert_eq!(given("--task-id"), Value::Text(id));
    }

    #[test]
    fn every_text_arrives_as_it_was_given(words in any_text()) {
        // `-` means stdin, and a blank text is rejected.
        prop_assume!(words != "-" && !words.trim().is_empty());
        let escape = if words.starts_with('@') { "@" } else { "" };
        let vector = vector(&text(&[&format!("--text={escape}{words}")])).expect("a call");
        let Value::Text(content) = parsed(&vector)("--content") else { panic!("JSON") };
        prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&content).ok(), Some(json!({ "text": words })));
    }
}
