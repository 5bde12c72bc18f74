//! All cases of `tests/replies.tsv`, and random variations of them.

use crate::api::reply::tests::*;

#[path = "../../../../tests/suite/support/replies.rs"]
mod replies;
use replies::{Case, cases};

fn operation(case: &Case) -> &'static Operation {
    if case.call == "sms" { &SEND_SMS } else { &SEND_CHATAPP_MESSAGE }
}

fn end(case: &Case) -> Termination {
    let number = |text: &str| text.parse::<i32>().expect("a number");
    match case.end.split_once(' ') {
        Some(("exit", code)) => Termination::Exited(ExitStatus::from_raw(number(code) << 8)),
        Some(("signal", signal)) => Termination::Exited(ExitStatus::from_raw(number(signal))),
        Some(("time", "limit")) => Termination::TimedOut(Duration::from_secs(60)),
        _ if case.end == "interrupt" => Termination::Interrupted,
        _ => panic!("unknown end: {}", case.end),
    }
}

fn output(case: &Case) -> Output {
    Output { end: end(case), ..exited(0, &case.stdout, &case.stderr) }
}

fn outcome(operation: &Operation, output: &Output) -> &'static str {
    match parse_output(operation, output) {
        Ok(_) => "sent",
        Err(failure) if failure.outcome == Outcome::NotSent => "not_sent",
        Err(failure) if failure.outcome == Outcome::Unknown => "unknown",
        Err(failure) => panic!("{failure:?}"),
    }
}

#[test]
fn every_reply_of_the_table_has_the_expected_outcome() {
    let mut mismatches = Vec::new();
    for case in cases() {
        let output = output(&case);
        let answer = parse_output(operation(&case), &output);
        let exit = answer.as_ref().map_or_else(|failure| failure.exit_code(), |_| 0);
        let actual = outcome(operation(&case), &output);
        if (actual, exit) != (case.outcome, case.exit) {
            mismatches.push(format!(
                "{}: {actual}, exit {exit}, expected {}, exit {}\n{case:#?}\n{answer:#?}",
                case.name, case.outcome, case.exit
            ));
        }
        if let Err(failure) = &answer {
            assert!(!failure.message.is_empty(), "{}", case.name);
            assert!(failure.outcome == Outcome::NotSent || !failure.retryable, "{}", case.name);
            let shown =
                serde_json::to_string(failure).expect("JSON") + &format!("{:?}", failure.raw);
            assert!(!shown.contains("LTAI-leak"), "{}: {shown}", case.name);
        }
    }
    assert!(mismatches.is_empty(), "{} cases:\n{}", mismatches.len(), mismatches.join("\n"));
}

#[test]
fn a_change_follows_the_same_evidence_and_a_read_is_never_unknown() {
    let write = Product::Dysmsapi
        .operations()
        .iter()
        .find(|operation| operation.access == Access::Write)
        .expect("a write");
    for case in cases().iter().filter(|case| case.call == "sms") {
        let output = output(case);
        let write_outcome = outcome(write, &output);
        // An OK to a change needs no message ID, so `sent` can differ.
        if case.outcome == "unknown" {
            assert_ne!(write_outcome, "not_sent", "{case:#?}");
        }
        assert_ne!(outcome(a_read(), &output), "unknown", "{case:#?}");
    }
}

#[test]
fn the_table_covers_every_outcome_and_names_are_unique() {
    let cases = cases();
    for outcome in ["sent", "not_sent", "unknown"] {
        assert!(cases.iter().filter(|case| case.outcome == outcome).count() > 30, "{outcome}");
    }
    assert!(cases.iter().filter(|case| case.name.starts_with("trial: ")).count() >= 24);
    let mut names: Vec<_> = cases.iter().map(|case| case.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), cases.len());
}

#[test]
fn a_crash_is_reported_with_its_line_or_signal() {
    for (output, part) in [
        (exited(2, "", "panic: index out of range\n\ngoroutine 1 [running]:\n"), "panic: index"),
        (exited(1, "", "Error: plugin aliyun-cli-cams exited unexpectedly\n"), "exited unexp"),
        (
            Output { end: Termination::Exited(ExitStatus::from_raw(11)), ..exited(0, "", "") },
            "SIGSEGV",
        ),
        (exited(139, "", ""), "SIGSEGV"),
    ] {
        let message = failed(&SEND_SMS, &output).message;
        assert!(message.contains(part), "{message}");
    }
}

const OK_WITH_ID: &str = r#"{"Code":"OK","BizId":"1^0","RequestId":"A1B2C3D4"}"#;

/// A random change of a text: truncated, other text inserted or appended, lines swapped.
#[derive(Debug, Clone)]
struct Changes {
    with: usize,
    cut: prop::sample::Index,
    put: prop::sample::Index,
    swap: (prop::sample::Index, prop::sample::Index),
    kinds: u8,
}

fn changes() -> impl Strategy<Value = Changes> {
    let index = any::<prop::sample::Index>;
    (any::<usize>(), index(), index(), (index(), index()), any::<u8>())
        .prop_map(|(with, cut, put, swap, kinds)| Changes { with, cut, put, swap, kinds })
}

fn changed(text: &str, other: &str, changes: &Changes) -> String {
    let at = |text: &str, index: &prop::sample::Index| {
        let places: Vec<usize> =
            text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        places[index.index(places.len())]
    };
    let mut text = text.to_string();
    if changes.kinds & 1 != 0 {
        text.truncate(at(&text, &changes.cut));
    }
    if changes.kinds & 2 != 0 {
        text.insert_str(at(&text, &changes.put), other);
    }
    if changes.kinds & 4 != 0 {
        let mut lines: Vec<&str> = text.split('\n').collect();
        let (one, two) = (changes.swap.0.index(lines.len()), changes.swap.1.index(lines.len()));
        lines.swap(one, two);
        text = lines.join("\n");
    }
    if changes.kinds & 8 != 0 {
        text = format!("{text}\n{other}");
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_changed_reply_with_an_ok_in_it_is_never_not_sent(
        number in any::<usize>(),
        (stdout, stderr) in (changes(), changes()),
        place in any::<prop::sample::Index>(),
        in_the_middle in any::<bool>(),
    ) {
        let all = cases();
        let case = &all[number % all.len()];
        let mut text = changed(&case.stdout, &all[stdout.with % all.len()].stdout, &stdout);
        let error = changed(&case.stderr, &all[stderr.with % all.len()].stderr, &stderr);
        let bare = Output { end: end(case), ..exited(0, &text, &error) };
        let _ = outcome(operation(case), &bare);
        if in_the_middle {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            text.insert_str(places[place.index(places.len())], OK_WITH_ID);
        } else {
            text = format!("{text}\n{OK_WITH_ID}\n");
        }
        let with_ok = Output { end: end(case), ..exited(0, &text, &error) };
        let actual = outcome(&SEND_SMS, &with_ok);
        prop_assert_ne!(actual, "not_sent", "{:?}", with_ok);
    }

    #[test]
    fn a_sign_of_a_lost_answer_on_any_line_is_never_not_sent(
        number in any::<usize>(),
        changes in changes(),
        place in any::<prop::sample::Index>(),
        sign in prop::sample::select(vec![
            "read tcp 10.0.0.2:5000->203.0.113.7:443: connect: connection refused",
            "context deadline exceeded",
            "unexpected EOF",
            "panic: runtime error",
            "plugin aliyun-cli-cams crashed",
        ]),
    ) {
        let all = cases();
        let case = &all[number % all.len()];
        // Errors about the profile's keys do not concern the call.
        prop_assume!(!case.stderr.contains("failed to resolve credentials"));
        let error = changed(&case.stderr, &all[changes.with % all.len()].stderr, &changes);
        prop_assume!(!error.contains("failed to resolve credentials"));
        let mut lines: Vec<&str> = error.split('\n').collect();
        lines.insert(place.index(lines.len() + 1), sign);
        let output = Output { end: end(case), ..exited(0, &case.stdout, &lines.join("\n")) };
        prop_assert_ne!(outcome(operation(case), &output), "not_sent", "{:?}", output);
    }
}
