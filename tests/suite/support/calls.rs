//! The product calls that a world has seen.

use super::World;

/// What every call of CAMS carries.
const CAMS: [&str; 1] =
    ["--user-agent=AlibabaCloud-Agent-Skills/alibabacloud-chatapp-message-send"];
/// What every call of the SMS service carries.
const DYSMSAPI: [&str; 3] = [
    "--user-agent=AlibabaCloud-Agent-Skills/alibabacloud-sms-send-short-message",
    "--api-version=2017-05-25",
    "--read-timeout=3",
];

/// What every call carries that sends or changes something: it is not to be made twice.
const ONCE: &str = "--retry-count=0";

fn reads(command: &str) -> bool {
    ["get-", "list-", "query-", "generate-"].iter().any(|word| command.starts_with(word))
}

impl World {
    /// The argument vector of every product call, in their order, without the flags that all calls
    /// of the product carry: those are asserted here, so that a test names only what is its own.
    #[track_caller]
    pub fn calls(&self) -> Vec<Vec<String>> {
        let mut calls = Vec::new();
        for seen in self.processes().into_iter().filter(|seen| !seen.plugin) {
            let mut fixed = match seen.argv[0].as_str() {
                "cams" => CAMS.to_vec(),
                "dysmsapi" => DYSMSAPI.to_vec(),
                _ => continue,
            };
            if !reads(&seen.argv[1]) {
                fixed.push(ONCE);
            }
            let is_fixed = |word: &String| fixed.contains(&word.as_str());
            let carried: Vec<&String> = seen.argv.iter().filter(|word| is_fixed(word)).collect();
            assert_eq!(carried, fixed, "{:?}", seen.argv);
            calls.push(seen.argv.into_iter().filter(|word| !is_fixed(word)).collect());
        }
        calls
    }

    /// The argument vector of the only product call, like [`World::calls`].
    #[track_caller]
    pub fn call(&self) -> Vec<String> {
        let mut calls = self.calls();
        assert_eq!(calls.len(), 1, "{calls:#?}");
        calls.remove(0)
    }

    /// That these are the product calls, in their order, and that the run kept its promises.
    #[track_caller]
    pub fn assert_calls(&self, expected: &[&[&str]]) {
        assert_eq!(self.calls(), expected);
        self.assert_clean();
    }
}

/// The value of `--name=value` in an argument vector; the name without dashes.
pub fn flag<'a>(call: &'a [String], name: &str) -> Option<&'a str> {
    call.iter().find_map(|word| word.strip_prefix("--")?.strip_prefix(name)?.strip_prefix('='))
}

/// That a look for messages goes back that many hours or minutes, given in milliseconds, and what
/// else it asks for.
#[track_caller]
pub fn assert_asks_for_messages(call: &[String], age: i64, expected: &[&str]) {
    let start = flag(call, "start-time").and_then(|moment| moment.parse::<i64>().ok());
    let since = jiff::Timestamp::now().as_millisecond() - start.expect("milliseconds");
    assert!((age..age + 60_000).contains(&since), "{since} ms");
    let rest: Vec<&String> =
        call.iter().filter(|word| !word.starts_with("--start-time=")).collect();
    assert_eq!(rest, expected);
}
