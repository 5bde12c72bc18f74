//! The cases of `tests/replies.tsv`, for unit tests and integration tests alike.

/// One line of the table; the table explains the fields.
#[derive(Debug)]
pub struct Case {
    pub name: &'static str,
    pub call: &'static str,
    pub end: &'static str,
    pub outcome: &'static str,
    pub exit: u8,
    pub stdout: String,
    pub stderr: String,
}

pub fn cases() -> Vec<Case> {
    let lines = include_str!("../../replies.tsv").lines();
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(case).collect()
}

fn case(line: &'static str) -> Case {
    let fields: Vec<&str> = line.split('\t').collect();
    let [name, call, end, outcome, exit, stdout, stderr] = fields[..] else {
        panic!("expected seven fields: {line}");
    };
    assert!(matches!(call, "sms" | "whatsapp"), "{line}");
    let exit = exit.parse().expect(line);
    Case { name, call, end, outcome, exit, stdout: unescape(stdout), stderr: unescape(stderr) }
}

fn unescape(text: &str) -> String {
    const ESCAPES: [(&str, char); 6] = [
        ("n", '\n'),
        ("t", '\t'),
        ("r", '\r'),
        ("e", '\u{1b}'),
        ("ufeff", '\u{feff}'),
        ("\\", '\\'),
    ];
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (name, c) =
            ESCAPES.iter().find(|(name, _)| after.starts_with(name)).expect("a known escape");
        plain.push(*c);
        rest = &after[name.len()..];
    }
    plain + rest
}
