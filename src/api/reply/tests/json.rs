//! JSON replies: surrounded by other text, incomplete, or damaged.

use crate::api::reply::tests::*;

const OK: &str = r#"{"Code":"OK","Message":"OK","BizId":"1^0","RequestId":"AAAA-1"}"#;

#[test]
fn a_reply_is_found_among_other_text() {
    let pretty = format!("{:#}", serde_json::from_str::<Value>(OK).expect("JSON"));
    let surrounded = [
        OK.to_string(),
        pretty.clone(),
        format!("{pretty}\n\n"),
        pretty.replace('\n', "\r\n"),
        format!("\u{feff}{OK}"),
        format!("\u{feff}{pretty}"),
        format!(
            "Downloading aliyun-cli-dysmsapi 1.2.0 ...\nPlugin installed successfully!\n{OK}\n"
        ),
        format!("Downloading {{plugin}} [=====>    ] 50%\r[==========] 100%\n{pretty}"),
        format!("[INFO] fetching {{}} from [mirror]\n{OK}"),
        format!("Plugin aliyun-cli-dysmsapi installed successfully!{OK}"),
        format!("[1]\n[[]]\n{OK}"),
        format!("{OK}\nA new version is available: {{\"version\":\"9\"}}\n"),
        format!("   \t{OK}"),
    ];
    for text in surrounded {
        for exit in [0, 1, 3] {
            let reply = parse_output(&SEND_SMS, &exited(exit, &text, "a note\n")).expect(&text);
            assert_eq!(reply.text(&["BizId"]).as_deref(), Some("1^0"), "{text}");
        }
    }
}

#[test]
fn invalid_utf8_does_not_hide_the_reply() {
    let mut output = exited(0, "", "");
    output.stdout = [b"\xff\xfe caf\xe9\n".as_slice(), OK.as_bytes()].concat();
    assert!(parse_output(&SEND_SMS, &output).is_ok());
}

#[test]
fn a_complete_reply_counts_even_if_the_process_was_killed_afterwards() {
    for end in [
        Termination::TimedOut(Duration::from_secs(1)),
        Termination::Interrupted,
        Termination::Exited(ExitStatus::from_raw(9)),
    ] {
        let output = Output { end, ..exited(0, OK, "") };
        assert!(parse_output(&SEND_SMS, &output).is_ok(), "{end:?}");
    }
}

#[test]
fn a_number_is_returned_as_text_and_a_path_can_be_nested() {
    let reply = parse_output(
        &SEND_CHATAPP_MESSAGE,
        &exited(0, r#"{"Code":"OK","Empty":"","Data":{"MessageId":42}}"#, ""),
    )
    .expect("OK");
    assert_eq!(reply.text(&["MessageId", "Empty", "Data.MessageId"]).as_deref(), Some("42"));
    assert_eq!(reply.text(&["Code.x", "Data.x.y", "Data", ""]), None);
}

#[test]
fn a_business_error_with_exit_code_0_is_an_error() {
    let text = r#"{"Code":"isv.SMS_TEMPLATE_ILLEGAL","Message":"no such template","RequestId":"R-12345678"}"#;
    let failure = failed(&SEND_SMS, &exited(0, text, ""));
    assert_eq!((failure.kind, failure.outcome), (Kind::Rejected, Outcome::NotSent));
    assert_eq!(failure.code.as_deref(), Some("isv.SMS_TEMPLATE_ILLEGAL"));
    assert_eq!(failure.request_id.as_deref(), Some("R-12345678"));
    assert!(failure.message.contains("no such template"), "{}", failure.message);
    assert_eq!(failure.raw, serde_json::from_str(text).ok());
    assert!(failure.hint.is_some());
    // For an unknown code, the message is that of the service.
    let failure = failed(&SEND_SMS, &exited(0, r#"{"Code":"isv.NEW","Message":"brand new"}"#, ""));
    assert_eq!(failure.message, "brand new (isv.NEW)");
    assert!(
        failure
            .hint
            .as_ref()
            .is_some_and(|hint| hint.contains("isv.NEW") && hint.contains("SendSms"))
    );
    assert_eq!(failure.exit_code(), 6);
}

#[test]
fn without_a_code_a_send_is_unknown_and_a_read_with_data_succeeds() {
    for text in [r#"{"RequestId":"R-12345678"}"#, r#"{"Code":null}"#, "{}", "{ }"] {
        let output = exited(0, text, "");
        assert_eq!(verdict(&SEND_SMS, &output), (7, Outcome::Unknown, false), "{text}");
        // A missing list is not an empty list.
        assert_eq!(failed(a_read(), &output).outcome, Outcome::NotSent, "{text}");
    }
    for text in [r#"{"Success":true}"#, r#"{"Data":[]}"#, r#"{"Code":null,"Data":{}}"#] {
        assert!(parse_output(a_read(), &exited(0, text, "")).is_ok(), "{text}");
    }
    // Unknown codes, and codes of client errors.
    for (text, outcome) in [
        (r#"{"Code":"InternalFailure"}"#, Outcome::Unknown),
        (r#"{"Code":"GatewayError"}"#, Outcome::Unknown),
        (r#"{"Code":"Success","BizId":"1^0"}"#, Outcome::Unknown),
        (r#"{"Code":"isv.AMOUNT_NOT_ENOUGH","BizId":"1^0"}"#, Outcome::Unknown),
        (r#"{"Code":"isv.SOMETHING_NEW"}"#, Outcome::NotSent),
        (r#"{"Code":"InvalidParameter.New"}"#, Outcome::NotSent),
    ] {
        assert_eq!(failed(&SEND_SMS, &exited(0, text, "")).outcome, outcome, "{text}");
    }
    for text in [r#"{"Code":""}"#, r#"{"Code":true}"#, r#"{"Code":{}}"#, r#"{"Code":200}"#] {
        let output = exited(0, text, "");
        assert_eq!(verdict(&SEND_SMS, &output), (7, Outcome::Unknown, false), "{text}");
        assert_eq!(failed(a_read(), &output).outcome, Outcome::NotSent, "{text}");
    }
}

#[test]
fn a_code_of_meta_is_recognised_as_text_and_as_number() {
    for text in [r#"{"Code":131047}"#, r#"{"Code":"131047"}"#] {
        let failure = failed(&SEND_CHATAPP_MESSAGE, &exited(0, text, ""));
        assert_eq!(failure.code.as_deref(), Some("131047"));
        assert_eq!((failure.exit_code(), failure.outcome), (6, Outcome::NotSent));
    }
}

#[test]
fn only_a_json_object_is_a_reply() {
    let no_objects = [
        format!("[{OK}]"),
        format!("[\n  {OK}\n]"),
        format!("[[{OK}],\n{OK}]"),
        serde_json::to_string(OK).expect("a string"),
        "null".into(),
        "42".into(),
        "\"{}\"".into(),
        "done {} [{}]".into(),
    ];
    for text in no_objects {
        assert_eq!(verdict(&SEND_SMS, &exited(0, &text, "")).1, Outcome::Unknown, "{text}");
        assert!(parse_output(a_read(), &exited(0, &text, "")).is_err(), "{text}");
    }
}

#[test]
fn nothing_inside_a_damaged_reply_counts_as_the_reply() {
    let inner = r#"{"Code":"OK","BizId":"inner"}"#;
    let whole =
        format!(r#"{{"Code":"isv.X","Data":{{"List":[{inner},{inner}]}},"Tail":"é\n{inner}"}}"#)
            .replace(r#"\n{"Code":"OK","BizId":"inner"}"#, "");
    let pretty = format!("{:#}", serde_json::from_str::<Value>(&whole).expect("JSON"));
    for text in [whole, pretty] {
        for cut in (1..text.len()).filter(|&cut| text.is_char_boundary(cut)) {
            for prefix in ["", "Downloading …\n", "Installed! "] {
                let cut_off = format!("{prefix}{}", &text[..cut]);
                let output = exited(0, &cut_off, "");
                assert_eq!(verdict(&SEND_SMS, &output).1, Outcome::Unknown, "{cut_off}");
                assert!(parse_output(a_read(), &output).is_err(), "{cut_off}");
            }
        }
    }
    let deep = format!("{}{inner}{}", "{\"a\":".repeat(150), "}".repeat(150));
    for broken in [
        format!("{{\"Code\":\"isv.X\",,\"Data\":{inner}}}"),
        format!("{{\"Code\" \"isv.X\",\n\"Data\":\n{inner}}}"),
        format!("{{\"A\":tru,\n{inner}}}"),
        deep,
    ] {
        assert_eq!(verdict(&SEND_SMS, &exited(0, &broken, "")).1, Outcome::Unknown, "{broken}");
    }
}

#[test]
fn a_truncated_reply_proves_nothing() {
    let truncated = |stdout: &str| Output { stdout_truncated: true, ..exited(0, stdout, "") };
    for stdout in ["", "{\"Code\":\"OK\",\"BizId\":\"1", r#"{"Code":"isv.AMOUNT_NOT_ENOUGH"}"#] {
        let output = truncated(stdout);
        assert_eq!(verdict(&SEND_SMS, &output), (7, Outcome::Unknown, false), "{stdout}");
        assert!(failed(&SEND_SMS, &output).message.contains("larger than"), "{stdout}");
    }
    // A complete OK still counts.
    assert!(parse_output(&SEND_SMS, &truncated(OK)).is_ok());
}

#[test]
fn a_help_page_instead_of_a_reply_means_that_nothing_was_sent() {
    let page = "Sends one message.\n\nUsage:\n  aliyun dysmsapi send-sms [flags]\n\nFlags:\n  \
                --template-param  for example {\"code\":\"1234\"}\n\n{\"Code\":\"OK\"}\n";
    for stderr in ["", "Could not load the remote plugin catalog: connection refused\n"] {
        let failure = failed(&SEND_SMS, &exited(0, page, stderr));
        assert_eq!((failure.kind, failure.outcome), (Kind::Internal, Outcome::NotSent));
    }
}

#[test]
fn megabytes_of_hostile_output_end_as_unknown_without_a_panic() {
    // Large enough that a parser with quadratic cost would not come to an end.
    let sizes = [
        ("{", 10_000_000),
        ("[", 10_000_000),
        ("{\"a\":", 10_000_000),
        ("[{}", 10_000_000),
        ("{\n", 1_000_000),
        ("\n", 1_000_000),
        (" {\"", 1_000_000),
        ("[[{\"a\":1}],\n", 1_000_000),
        ("Usage:\n{} ", 1_000_000),
    ];
    for (piece, size) in sizes {
        let output = exited(0, &piece.repeat(size / piece.len()), "");
        assert_eq!(verdict(&SEND_SMS, &output).1, Outcome::Unknown, "{piece:?}");
        let flood = exited(1, "", &piece.repeat(200_000 / piece.len()));
        assert_eq!(verdict(&SEND_SMS, &flood).1, Outcome::Unknown, "{piece:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn arbitrary_output_does_not_panic(
        stdout in prop::collection::vec(any::<u8>(), 0..400),
        stderr in prop::collection::vec(any::<u8>(), 0..400),
        exit in 0..256_i32,
    ) {
        let mut output = exited(exit, "", "");
        output.stdout = stdout;
        output.stderr = stderr;
        let _ = parse_output(&SEND_SMS, &output);
        let _ = describe_failure(&output);
    }

    #[test]
    fn output_that_resembles_a_reply_is_not_a_success(
        stdout in "[\\[\\]{}\":, \n\ra1é\\\\]{0,60}",
        stderr in "(Error|ERROR|SDKError|SDK.ServerError|Code|RequestId|EOF|request id|[: \n\u{1b}\\[m1é\"])*",
    ) {
        // The output never contains `"Code":"OK"`.
        prop_assert!(parse_output(&SEND_SMS, &exited(0, &stdout, &stderr)).is_err());
    }
}
