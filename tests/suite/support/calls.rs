//! The product calls recorded in a world.

use super::World;

/// The flags that every CAMS call has.
const CAMS: [&str; 1] =
    ["--user-agent=AlibabaCloud-Agent-Skills/alibabacloud-chatapp-message-send"];
/// The flags that every SMS call has.
const DYSMSAPI: [&str; 3] = [
    "--user-agent=AlibabaCloud-Agent-Skills/alibabacloud-sms-send-short-message",
    "--api-version=2017-05-25",
    "--read-timeout=3",
];

/// The flag that every sending or changing call has, so that the CLI does not repeat it.
const NO_RETRY: &str = "--retry-count=0";

fn is_read(command: &str) -> bool {
    ["get-", "list-", "query-", "generate-"].iter().any(|word| command.starts_with(word))
}

impl World {
    /// The argument vectors of all product calls, in order. Asserts and removes the flags that all
    /// calls of the product have, so that a test lists only its own flags.
    #[track_caller]
    pub fn calls(&self) -> Vec<Vec<String>> {
        let mut calls = Vec::new();
        for invocation in self.processes().into_iter().filter(|process| !process.plugin) {
            let mut fixed = match invocation.words()[0].as_str() {
                "cams" => CAMS.to_vec(),
                "dysmsapi" => DYSMSAPI.to_vec(),
                _ => continue,
            };
            if !is_read(&invocation.words()[1]) {
                fixed.push(NO_RETRY);
            }
            let is_fixed = |word: &String| fixed.contains(&word.as_str());
            let common: Vec<&String> =
                invocation.argv.iter().filter(|word| is_fixed(word)).collect();
            assert_eq!(common, fixed, "{:?}", invocation.argv);
            calls.push(invocation.argv.into_iter().filter(|word| !is_fixed(word)).collect());
        }
        calls
    }

    /// The argument vector of the only product call; see [`World::calls`].
    #[track_caller]
    pub fn call(&self) -> Vec<String> {
        let mut calls = self.calls();
        assert_eq!(calls.len(), 1, "{calls:#?}");
        calls.remove(0)
    }

    /// The names of the product calls, in order: `send-sms`.
    #[track_caller]
    pub fn call_names(&self) -> Vec<String> {
        self.calls().into_iter().map(|call| call[1].clone()).collect()
    }
}

/// The value of `--name=value` in an argument vector; the name without dashes.
pub fn flag<'a>(call: &'a [String], name: &str) -> Option<&'a str> {
    call.iter().find_map(|word| word.strip_prefix("--")?.strip_prefix(name)?.strip_prefix('='))
}

/// Asserts that a query for messages starts `age` milliseconds ago, up to one minute more.
#[track_caller]
pub fn assert_lists_messages_since(call: &[String], age: i64) {
    assert_eq!(call[1], "list-chatapp-message");
    let start = flag(call, "start-time").and_then(|moment| moment.parse::<i64>().ok());
    let since = jiff::Timestamp::now().as_millisecond() - start.expect("milliseconds");
    assert!((age..age + 60_000).contains(&since), "{since} ms");
}
