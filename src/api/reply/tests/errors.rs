//! Errors on stderr, in the measured formats, and codes of the services.

use crate::api::reply::tests::*;

const RED: &str = "\u{1b}[1;31m";
const PLAIN: &str = "\u{1b}[0m";

/// An error of the service in the plugin's format.
fn plugin_error(status: u16, code: &str) -> String {
    format!(
        "{RED}Error: SDKError:\n   StatusCode: {status}\n   Code: {code}\n   Message: code: {status}, \
         not allowed request id: 1A2B3C4D-0000\n   Data: {{\"Code\":\"{code}\",\
         \"RequestId\":\"1A2B3C4D-0000\",\"Recommend\":\"https://next.api\",\
         \"AccessDeniedDetail\":{{\"AuthAction\":\"dysms:SendSms\"}}}}\n{PLAIN}"
    )
}

/// An error of the service in the host's format.
fn host_error(code: &str) -> String {
    format!(
        "{RED}ERROR: SDK.ServerError\nErrorCode: {code}\nRecommend: https://next.api\nRequestId: \
         1A2B3C4D-0000\nMessage: not allowed\nRespHeaders: map[Connection:[keep-alive]]\n\
         AccessDeniedDetail: map[AuthAction:dysms:SendSms]\n{PLAIN}"
    )
}

#[test]
fn a_service_error_means_the_same_in_both_formats() {
    for stderr in [plugin_error(403, "Forbidden.RAM"), host_error("Forbidden.RAM")] {
        let failure = failed(&SEND_SMS, &exited(1, "", &stderr));
        assert_eq!((failure.kind, failure.exit_code()), (Kind::Permission, 5), "{stderr}");
        assert_eq!(failure.outcome, Outcome::NotSent);
        assert_eq!(failure.code.as_deref(), Some("Forbidden.RAM"));
        assert_eq!(failure.request_id.as_deref(), Some("1A2B3C4D-0000"));
        assert!(failure.message.contains("not allowed"), "{}", failure.message);
        assert!(!failure.message.contains('\u{1b}'), "{:?}", failure.message);
        let policy = failure.policy.expect("the policy that is missing");
        assert_eq!(policy["Statement"][0]["Action"][0], "dysms:SendSms");
    }
}

#[test]
fn every_known_code_means_the_same_in_every_format() {
    for entry in CODES {
        let operations: &[&Operation] = match entry.layer {
            Layer::Gateway => &[&SEND_SMS, &SEND_CHATAPP_MESSAGE],
            Layer::Cams | Layer::Meta => &[&SEND_CHATAPP_MESSAGE],
            Layer::Sms => &[&SEND_SMS],
        };
        let body = format!(r#"{{"Code":"{}","Message":"m","RequestId":"1A2B3C4D"}}"#, entry.code);
        let ends = [
            exited(0, &body, ""),
            exited(1, "", &plugin_error(400, entry.code)),
            exited(1, "", &plugin_error(503, entry.code)),
            exited(1, "", &host_error(entry.code)),
        ];
        let expected = match entry.cause {
            Cause::Credentials => (4, Outcome::NotSent, false),
            Cause::Permission => (5, Outcome::NotSent, false),
            Cause::Throttled => (6, Outcome::NotSent, true),
            Cause::Service => (7, Outcome::Unknown, false),
            Cause::Quota | Cause::Input | Cause::State | Cause::Recipient | Cause::Account => {
                (6, Outcome::NotSent, false)
            }
        };
        for (operation, output) in operations.iter().flat_map(|o| ends.iter().map(move |e| (o, e)))
        {
            assert_eq!(verdict(operation, output), expected, "{} {output:?}", entry.code);
            let failure = failed(operation, output);
            assert_eq!(failure.hint.as_deref(), Some(entry.action), "{}", entry.code);
            assert_eq!(failure.code.as_deref(), Some(entry.code));
            assert!(failure.message.starts_with(entry.meaning), "{}", failure.message);
            assert_eq!(failure.policy.is_some(), entry.cause == Cause::Permission);
        }
    }
}

#[test]
fn after_a_server_failure_a_send_is_unknown_and_a_read_is_retryable() {
    for code in [
        "ServiceUnavailable",
        "InternalError",
        "isp.SYSTEM_ERROR",
        // Not in the table: recognised by their names.
        "isp.GATEWAY_BUSY",
        "InternalError.Db",
        "ServiceTimeout",
        "SystemBusy",
        "System.Error",
    ] {
        let body = format!(r#"{{"Code":"{code}","Message":"m"}}"#);
        assert_eq!(
            verdict(&SEND_SMS, &exited(0, &body, "")),
            (7, Outcome::Unknown, false),
            "{code}"
        );
        assert_eq!(verdict(a_read(), &exited(0, &body, "")), (6, Outcome::NotSent, true), "{code}");
    }
    for status in [408, 500, 502, 503, 504] {
        let output = exited(1, "", &plugin_error(status, "Strange"));
        assert_eq!(verdict(&SEND_SMS, &output).1, Outcome::Unknown, "{status}");
        assert_eq!(verdict(a_read(), &output).1, Outcome::NotSent, "{status}");
    }
    assert_eq!(
        verdict(&SEND_SMS, &exited(1, "", &plugin_error(400, "Strange"))).1,
        Outcome::NotSent
    );
}

#[test]
fn a_code_is_recognised_by_its_family() {
    let code = |code: &str| exited(0, &format!(r#"{{"Code":"{code}"}}"#), "");
    assert_eq!(verdict(&SEND_SMS, &code("Throttling.Api")), (6, Outcome::NotSent, true));
    assert_eq!(verdict(&SEND_SMS, &code("Forbidden.SubUser")).0, 5);
}

#[test]
fn without_a_connection_nothing_was_sent() {
    for text in [
        "Post \"https://dysmsapi.aliyuncs.com/\": dial tcp 203.0.113.7:443: i/o timeout",
        "dial tcp 203.0.113.7:443: connect: connection refused",
        "dial tcp: lookup dysmsapi.aliyuncs.com on 203.0.113.1:53: no such host",
        "dial tcp: lookup x: read udp 10.0.0.2:53: i/o timeout",
        "dial tcp 203.0.113.7:443: i/o timeout (Client.Timeout exceeded while awaiting headers)",
        "net/http: TLS handshake timeout",
        "remote error: tls: handshake failure",
        "tls: failed to verify certificate: x509: certificate signed by unknown authority",
        "tls: first record does not look like a TLS handshake",
        "http: server gave HTTP response to HTTPS client",
        "proxyconnect tcp: dial tcp 203.0.113.9:3128: connect: connection refused",
        "connect: network is unreachable",
    ] {
        for stderr in
            [format!("{RED}ERROR: {text}\n{PLAIN}"), format!("Error: {text}"), text.into()]
        {
            let output = exited(1, "", &stderr);
            assert_eq!(verdict(&SEND_SMS, &output), (3, Outcome::NotSent, true), "{stderr}");
            assert_eq!(verdict(a_read(), &output), (3, Outcome::NotSent, true), "{stderr}");
        }
    }
}

#[test]
fn after_a_lost_connection_a_send_is_unknown() {
    for text in [
        "Post \"https://x/\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
        "net/http: request canceled (Client.Timeout exceeded while awaiting headers)",
        "context deadline exceeded",
        "read tcp 10.0.0.2:5000->203.0.113.7:443: i/o timeout",
        "read tcp 10.0.0.2:5000->203.0.113.7:443: read: connection reset by peer",
        "write tcp 10.0.0.2:5000->203.0.113.7:443: write: broken pipe",
        "Post \"https://dysmsapi.aliyuncs.com/\": EOF",
        "unexpected EOF",
        "http: server closed idle connection",
        "net/http: timeout awaiting response headers",
    ] {
        for stderr in [
            format!("{RED}ERROR: {text}\n{PLAIN}"),
            format!("Error: {text}\nsee the manual\n"),
            text.to_string(),
            // A note about another connection proves nothing about this one.
            format!(
                "Could not load the remote plugin catalog: dial tcp: no such host\nError: {text}"
            ),
            format!("ERROR: {text}\nretry: dial tcp 203.0.113.7:443: connection refused\n"),
        ] {
            let output = exited(1, "", &stderr);
            assert_eq!(verdict(&SEND_SMS, &output), (7, Outcome::Unknown, false), "{stderr}");
            assert_eq!(verdict(a_read(), &output), (3, Outcome::NotSent, true), "{stderr}");
        }
    }
}

/// How errors of the host about a profile end.
const TIP: &str = "\n\nConfiguration failed, use `aliyun configure` to configure it";
const RUN: &str = "Run `aliyun configure --profile ";

#[test]
fn errors_of_the_host_before_the_call_sent_nothing() {
    let texts: &[(i32, &str, u8)] = &[
        (1, "parse failed --region must be assigned with value", 3),
        (2, "invalid flag --user-agentt\nDid you mean --user-agent?", 3),
        (2, "'sendsms' is not a valid command. See `aliyun help`.", 3),
        (3, "region can't be empty", 3),
        (1, "failed to read user input: EOF", 3),
        // The plugin is missing, and the catalogue is unreachable or offers it.
        (2, "'cams' is not a valid product. See `aliyun help`.", 3),
        (1, "'cams' is not a valid built-in product.\nA plugin 'aliyun-cli-cams' is there.", 3),
        (1, "failed to install plugin 'aliyun-cli-cams': download failed: 503", 3),
        // Another process was replacing it.
        (1, "failed to check plugin status: failed to read local plugin manifest: EOF", 3),
        (
            1,
            "failed to check plugin status: failed to read local plugin manifest: unexpected EOF",
            3,
        ),
        (1, "plugin execution failed: fork/exec /p/aliyun-cli-cams: text file busy", 3),
        (1, "plugin aliyun-cli-cams not found", 3),
        (1, "too many arguments: 9", 3),
        (1, "load mock data failed unexpected end of JSON input", 3),
        (1, "required flag(s) \"sign-name\" not set", 3),
        (1, "unknown flag: --nothing", 3),
        (3, "unknown profile nobody, run configure to check", 4),
        (3, "access_key_id is not configured, run configure to check", 4),
        (1, "load configure failed: stat /nowhere: no such file or directory", 4),
        // The host stops before it does anything, but exits with 0.
        (0, "load current configuration failed init config failed unexpected end of JSON input", 4),
        (3, &format!("sts_token is not configured for profile 'x'. {RUN}x`{TIP}"), 4),
        (3, &format!("profile x is not configure yet, {RUN}x` first{TIP}"), 4),
        (3, &format!("invalid region nowhere!{TIP}"), 4),
        (1, "profile not found, use `aliyun configure` to configure it", 4),
        (1, "operation blocked by safety policy: send-sms is denied", 3),
        (
            1,
            "Safety policy requires confirmation for: send-sms. re-run the same command with --yes",
            3,
        ),
        // In the language of the profile.
        (1, "操作被安全策略拒绝: cams send-chatapp-message:code=1234 (规则: cams:*)", 3),
        (1, "安全策略要求确认以下操作：dysmsapi send-sms\n当前为非交互环境，无法自动确认。", 3),
    ];
    for &(exit, text, code) in texts {
        for operation in [&SEND_SMS, a_read()] {
            let failure =
                failed(operation, &exited(exit, "", &format!("{RED}ERROR: {text}\n{PLAIN}")));
            assert_eq!((failure.exit_code(), failure.outcome), (code, Outcome::NotSent), "{text}");
            assert!(failure.hint.is_some(), "{text}");
            let first = text.lines().next().expect("a line");
            // An error of the policy quotes arguments, so its text is not shown.
            if ["afety policy", "安全策略"].iter().any(|words| first.contains(words)) {
                assert!(failure.message.contains("the safety policy of aliyun"), "{failure:?}");
            } else {
                assert_eq!(failure.message, first);
            }
        }
    }
}

/// The host gets the profile's keys before it starts the plugin. Errors of that step end with
/// advice about the profile.
#[test]
fn without_keys_nothing_was_sent_and_the_output_is_not_quoted() {
    let keys = r#"{"mode":"AK","access_key_id":"LTAI-leak","expired_seconds":"3600"}"#;
    for (stdout, cause) in [
        ("", "Post \"https://sts.aliyuncs.com/\": context deadline exceeded"),
        ("", "SDK.ServerError\nErrorCode: NoPermission\nRequestId: 1A2B3C4D-0000\nMessage: no"),
        (keys, "json: cannot unmarshal string into Go struct field of type int"),
    ] {
        let stdout = format!("get-keys --json\n{stdout}\n");
        let stderr = format!(
            "{RED}ERROR: {cause}\n{PLAIN}\u{1b}[1;33m\nprofile \"x\": failed to resolve \
             credentials\n{PLAIN}"
        );
        let failure = failed(&SEND_SMS, &exited(3, &stdout, &stderr));
        assert_eq!((failure.exit_code(), failure.outcome), (4, Outcome::NotSent), "{cause}");
        assert_eq!(failure.message, cause.lines().next().expect("a line"));
        assert!(failure.raw.is_none() && failure.policy.is_none(), "{failure:?}");
    }
}

#[test]
fn a_damaged_plugin_leads_to_a_command_that_reinstalls_it() {
    let text =
        "failed to resolve plugin binary path: plugin binary not found at /p/aliyun-cli-cams";
    let stderr = format!("{RED}ERROR: {text}\n{PLAIN}");
    let failure = failed(&SEND_CHATAPP_MESSAGE, &exited(1, "", &stderr));
    assert_eq!((failure.exit_code(), failure.outcome), (3, Outcome::NotSent));
    assert_eq!(failure.next, ["aliyun plugin install --names aliyun-cli-cams"]);
}

#[test]
fn suggestions_for_a_mistyped_word_on_stdout_are_notes() {
    let guesses = "\u{1b}[1;33m\nDid you mean:\n\u{1b}[0m\u{1b}[1;33m  cas\n\u{1b}[0m";
    let stderr = format!("{RED}ERROR: 'cams' is not a valid product. See `aliyun help`.\n{PLAIN}");
    let output = exited(2, guesses, &stderr);
    assert_eq!(verdict(&SEND_CHATAPP_MESSAGE, &output), (3, Outcome::NotSent, false));
    let more = format!("the message is on its way\n{guesses}");
    let output = exited(2, &more, &stderr);
    assert_eq!(verdict(&SEND_CHATAPP_MESSAGE, &output), (7, Outcome::Unknown, false));
}

#[test]
fn after_unknown_output_a_send_is_unknown() {
    for (exit, stdout, stderr) in [
        (1, "", "Error: the moon is full"),
        // Words that in other errors mean that nothing was sent.
        (1, "", "Error: decode response: field BizId duplicated"),
        (1, "", "Error: cannot decode response: invalid flag bits"),
        (3, "", "ERROR: unmarshal response failed"),
        (1, "", "Error: context deadline exceeded; proxyconnect tcp ok"),
        (1, "", "Error: http: server closed idle connection (dial tcp 203.0.113.7:443)"),
        (1, "", "note: safety policy loaded\nError: Post: context deadline exceeded\n"),
        (
            1,
            "",
            "提示：未能加载远程插件目录: dial tcp 203.0.113.7:443: connect: connection refused\n",
        ),
        (255, "", "Could not load the catalog:\n  Get \"https://c\": dial tcp: no such host\n"),
        (1, "", "WARNING: dial tcp 203.0.113.7:443: i/o timeout\n"),
        (1, "Usage:\n x\nFlags:\n y\n", "Error: decoding the response\n"),
        (0, "<html>", "Error: dial tcp 203.0.113.7:443: connect: connection refused\n"),
        (1, "", "panic: runtime error: index out of range\n\ngoroutine 1 [running]:\n"),
        (1, "", "Error: the response is not a valid JSON document"),
        (1, "", ""),
        (0, "", ""),
        (0, "", "Could not load the remote plugin catalog: dial tcp: connection refused\n"),
        (255, "<html>502 Bad Gateway</html>", "plugin ended\n"),
        (1, "", "Error: SDKError:\n   StatusCode: 502\n   Code: \n"),
        (1, "", "Error: SDKError:\n   Code: SDK.ReadTimeout\n   Message: too slow\n"),
    ] {
        let output = exited(exit, stdout, stderr);
        assert_eq!(verdict(&SEND_SMS, &output), (7, Outcome::Unknown, false), "{output:?}");
        assert_eq!(verdict(a_read(), &output).1, Outcome::NotSent, "{output:?}");
        assert!(!failed(&SEND_SMS, &output).message.is_empty());
    }
}

#[test]
fn after_a_killed_process_a_send_is_unknown() {
    let with_end = |end| Output { end, ..exited(0, "", "") };
    let timed_out = with_end(Termination::TimedOut(Duration::from_secs(60)));
    assert_eq!(verdict(&SEND_SMS, &timed_out), (7, Outcome::Unknown, false));
    let failure = failed(&SEND_SMS, &timed_out);
    assert!(failure.message.contains("60 s"), "{}", failure.message);
    assert_eq!(verdict(a_read(), &timed_out).0, 3);

    // The user stopped it: the exit code is still 7.
    let interrupted = with_end(Termination::Interrupted);
    assert_eq!(verdict(&SEND_SMS, &interrupted), (7, Outcome::Unknown, false));
    assert_eq!(failed(&SEND_SMS, &interrupted).kind, Kind::Cancelled);

    // The stderr of a killed process may be incomplete, so it proves nothing.
    let stderr = b"Error: dial tcp 203.0.113.7:443: connect: connection refused\n".to_vec();
    let killed = Output { stderr, ..with_end(Termination::Exited(ExitStatus::from_raw(9))) };
    assert_eq!(verdict(&SEND_SMS, &killed), (7, Outcome::Unknown, false));
    let message = failed(&SEND_SMS, &killed).message;
    assert!(message.contains("SIGKILL"), "{message}");
}

#[test]
fn a_change_is_never_retryable_after_a_lost_answer() {
    let write = Product::ALL
        .into_iter()
        .flat_map(Product::operations)
        .find(|operation| operation.access == Access::Write)
        .expect("a write");
    let lost = exited(1, "", "Error: context deadline exceeded");
    assert!(!failed(write, &lost).retryable);
}

#[test]
fn the_line_with_the_error_label_is_the_message() {
    for (stderr, line) in [
        ("\u{1b}[1;31mERROR: no plugin\n\u{1b}[0m", "no plugin"),
        ("a note\nError: the cause\nadvice\n", "the cause"),
        ("first\nlast\n\n", "last"),
        ("Error:\nthe cause below\n", "the cause below"),
        (
            "panic: mkdir /.aliyun: permission denied\n\ngoroutine 1 [running]:\n\t/main.go:77\n",
            "panic: mkdir /.aliyun: permission denied",
        ),
        ("", "exit code 1 without a message"),
    ] {
        assert_eq!(describe_failure(&exited(1, "", stderr)), line);
    }
}

#[test]
fn a_command_of_the_host_succeeded_only_without_an_error_label() {
    assert_eq!(failure_message(&exited(0, "", "")), None);
    assert_eq!(
        failure_message(&exited(0, "", "Note: Could not load the catalogue: no such host\n")),
        None
    );
    assert_eq!(
        failure_message(&exited(1, "", "")).as_deref(),
        Some("exit code 1 without a message")
    );
    // The real error has no line break at its end either.
    let unread = format!("{RED}ERROR: load current configuration failed init config failed{PLAIN}");
    assert_eq!(
        failure_message(&exited(0, "", &unread)).as_deref(),
        Some("load current configuration failed init config failed")
    );
}
