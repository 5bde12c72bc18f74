//! Values that cannot be passed on a command line are rejected before any call.

use crate::cli::tests::*;
use crate::error::Kind;

#[track_caller]
fn assert_rejected(words: &[&str], part: &str) {
    let failure = vector(words).expect_err(part);
    assert_eq!(failure.kind, Kind::Usage, "{failure:?}");
    assert!(failure.message.contains(part), "{}", failure.message);
    assert!(failure.hint.is_some(), "{failure:?}");
}

#[test]
fn one_argument_holds_131071_bytes_flag_included() {
    let longest = "x".repeat(ARGUMENT_LIMIT - "--sign-name=".len());
    let vector = |value: &str| vector(&sms(&[&format!("--sign-name={value}")]));
    let fits = vector(&longest).expect("it fits");
    assert_eq!(fits.iter().map(String::len).max(), Some(131_071));
    let failure = vector(&format!("{longest}x")).expect_err("one byte more");
    assert!(
        failure.message.contains("131072 bytes; the limit is 131071 bytes"),
        "{}",
        failure.message
    );
    // Bytes count, not characters.
    assert!(vector(&"é".repeat(ARGUMENT_LIMIT / 2)).is_err());
    // For a map, the limit applies to each token.
    let value = "x".repeat(ARGUMENT_LIMIT - "name=".len());
    assert!(crate::cli::tests::vector(&template(&[&format!("--param=name={value}")])).is_ok());
    assert_rejected(&template(&[&format!("--param=name={value}x")]), "too long");
}

#[test]
fn a_nul_character_cannot_be_passed() {
    assert_rejected(&sms(&["--sign-name=a\0b"]), "NUL");
    assert_rejected(&template(&["--param=name=a\0b"]), "NUL");
    assert_rejected(&template(&["--payload=\0"]), "NUL");
    // JSON escapes it, so it can be passed there.
    assert!(vector(&sms(&["--param=name=a\0b"])).is_ok());
    assert!(vector(&text(&["--text=a\0b"])).is_ok());
}

#[test]
fn an_empty_value_is_rejected() {
    for flag in [
        "--sign-name",
        "--template-code",
        "--out-id",
        "--sms-up-extend-code",
        "--profile",
        "--region",
    ] {
        assert_rejected(&sms(&[&format!("{flag}=")]), flag);
    }
    for flag in ["--task-id", "--cust-space-id", "--fall-back-content", "--payload"] {
        assert_rejected(&template(&[&format!("{flag}=")]), flag);
    }
    assert_rejected(&template(&["--param=name="]), "name has an empty value");
    assert_rejected(&sms(&["--template-param={\"name\":\"\"}"]), "name has an empty value");
}

#[test]
fn the_length_of_an_out_id_is_limited() {
    assert!(vector(&sms(&[&format!("--out-id={}", "é".repeat(255))])).is_ok());
    assert_rejected(&sms(&[&format!("--out-id={}", "x".repeat(256))]), "--out-id has 256");
}

#[test]
fn a_key_that_could_be_misparsed_is_rejected() {
    for key in ["-x", "--to", "a b", "a\nb", "é è", "{{1}}", "$(name)", "a:b", "\u{202e}a", "a\0"]
    {
        assert_rejected(&template(&[&format!("--param={key}=v")]), "invalid name");
    }
    for key in ["name", "1", "order_no", "a.b", "a-b", "help", "名字", "é"] {
        let vector = vector(&template(&[&format!("--param={key}=v")])).expect(key);
        assert!(vector.contains(&format!("{key}=v")), "{vector:?}");
    }
}
