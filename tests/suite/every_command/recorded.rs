//! The recorded data: `commands.txt` and `every_flag.txt` have command lines and the calls they make,
//! `replies.json` has every known shape of the reply to each call.

use serde_json::{Map, Value, json};

#[derive(Clone)]
pub struct Command {
    /// The line as in the file.
    pub shown: String,
    /// Without `alimsg`.
    pub words: Vec<String>,
    /// The argument vectors, in the form of `World::calls`.
    pub calls: Vec<Vec<String>>,
}

impl Command {
    /// One typical line for each command of WhatsApp and of templates.
    pub fn all() -> Vec<Self> {
        Self::parse(include_str!("commands.txt"))
    }

    /// Lines with every flag, and the lines of SMS.
    pub fn with_every_flag() -> Vec<Self> {
        Self::parse(include_str!("every_flag.txt"))
    }

    fn parse(text: &str) -> Vec<Self> {
        let mut commands: Vec<Self> = Vec::new();
        for line in text.lines() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(typed) = line.strip_prefix("$ alimsg ") {
                let words = shell_words::split(typed).expect(typed);
                commands.push(Self { shown: typed.to_owned(), words, calls: Vec::new() });
            } else {
                let call = shell_words::split(line).expect(line);
                commands.last_mut().expect("a command above its calls").calls.push(call);
            }
        }
        assert!(commands.iter().all(|command| !command.calls.is_empty()));
        commands
    }

    /// The words and more flags.
    pub fn line<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        self.words.iter().map(String::as_str).chain(more.iter().copied()).collect()
    }

    pub fn sends(&self) -> bool {
        matches!(self.words[1].as_str(), "send" | "batch")
    }

    /// The names of its calls, each once: `cams list-instance`.
    pub fn operations(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.calls.iter().map(|call| format!("{} {}", call[0], call[1])).collect();
        names.dedup();
        names
    }
}

/// A call with its times replaced by a word.
pub fn without_times(call: &[String]) -> Vec<String> {
    let is_number = |value: &str, digits| value.len() == digits && value.parse::<u64>().is_ok();
    let without = |word: &String| match word.split_once('=') {
        Some((flag @ ("--start" | "--end" | "--start-time" | "--end-time"), value))
            if is_number(value, 13) =>
        {
            format!("{flag}=MILLISECONDS")
        }
        Some((flag @ "--send-date", value)) if is_number(value, 8) => format!("{flag}=DAY"),
        _ => word.clone(),
    };
    call.iter().map(without).collect()
}

/// The reply of the service, by the name of the call.
#[derive(Clone)]
pub struct Service(Map<String, Value>);

impl Service {
    /// Every reply in its first shape, the measured one.
    pub fn documented() -> Self {
        let all: Map<String, Value> =
            serde_json::from_str(include_str!("replies.json")).expect("JSON");
        Self(all.into_iter().map(|(name, mut shapes)| (name, shapes[0].take())).collect())
    }

    /// The other shapes of a reply.
    pub fn other_shapes(name: &str) -> Vec<Value> {
        let mut all: Map<String, Value> =
            serde_json::from_str(include_str!("replies.json")).expect("JSON");
        let Some(Value::Array(shapes)) = all.remove(name) else { panic!("no reply to {name}") };
        shapes.into_iter().skip(1).collect()
    }

    pub fn reply(&self, name: &str) -> &Value {
        self.0.get(name).expect(name)
    }

    /// The same with another reply to one call.
    pub fn with(&self, name: &str, reply: Value) -> Self {
        let mut service = self.clone();
        service.0.insert(name.to_owned(), reply);
        service
    }

    /// The stand-in's script with these replies; a string is printed unchanged.
    pub fn rules(&self) -> Value {
        let printed = |reply: &Value| reply.as_str().map_or(reply.to_string(), str::to_owned);
        let rule = |(name, reply): (&String, &Value)| json!({ "match": name.split(' ').collect::<Vec<_>>(), "stdout": printed(reply) });
        self.0.iter().map(rule).collect()
    }
}
