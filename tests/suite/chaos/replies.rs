//! Truncated, damaged, mixed and decorated replies: the reported outcome must be true.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::chaos::Plan;
use crate::chaos::world::{
    assert_true, in_any_mode, outcome, recipient, sent_to, sms, warm, words,
};

/// Rounds per world: each round reads the whole log of its world.
const ROUNDS_PER_WORLD: u64 = 100;

const ACCEPTED: [&str; 3] = [
    "{\"Code\":\"OK\",\"Message\":\"OK\",\"BizId\":\"900619746936498440^0\",\"RequestId\":\"F655A8D5-B967-440B-8683-DAD6FF8DE990\"}\n",
    "{\n  \"BizId\": \"900619746936498440^0\",\n  \"Code\": \"OK\",\n  \"Message\": \"OK\",\n  \"RequestId\": \"F655A8D5\"\n}\n",
    "Downloading aliyun-cli-dysmsapi 1.2.0 ...\nPlugin aliyun-cli-dysmsapi installed successfully!\n{\"Code\":\"OK\",\"BizId\":\"1^0\"}\n",
];
const REFUSED: [&str; 4] = [
    "{\"Code\":\"isv.SMS_TEMPLATE_ILLEGAL\",\"Message\":\"no such template\",\"RequestId\":\"R-12345678\"}\n",
    "{\"Code\":\"isv.BUSINESS_LIMIT_CONTROL\",\"Message\":\"too many\",\"RequestId\":\"R-12345678\"}\n",
    "{\n  \"Code\": \"isv.AMOUNT_NOT_ENOUGH\",\n  \"Message\": \"no money\"\n}\n",
    "",
];
/// Lines on stderr that prove nothing about the message.
const NOTES: [&str; 5] = [
    "Could not load the remote plugin catalog: Get \"https://example.com/index.json\": dial tcp: lookup example.com: no such host\n",
    "Warning: a new version is available\n",
    "note: using cached metadata\n",
    "\u{1b}[33mWARN\u{1b}[0m slow network\n",
    "\n",
];
/// How a reply gets lost after the request was written.
const LOST: [&str; 7] = [
    "Error: read tcp 10.0.0.2:40000->203.0.113.7:443: read: connection reset by peer\n",
    "Error: read tcp 10.0.0.2:40000->203.0.113.7:443: connect: connection refused\n",
    "Error: Post \"https://dysmsapi.aliyuncs.com/\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)\n",
    "Error: unexpected EOF\n",
    "Error: write tcp 10.0.0.2:40000->203.0.113.7:443: write: broken pipe\n",
    "Error: SDKError:\n   StatusCode: 400\n   Code: ServiceTimeout\n   Message: code: 400, timeout request id: 1A2B3C4D\n",
    "ERROR: plugin exited unexpectedly\n",
];

/// Repeats the trial; returns the figures.
pub fn run(plan: &Plan) -> String {
    let mut world = warm();
    let mut counts = std::collections::BTreeMap::<String, u64>::new();
    for round in 0..plan.rounds {
        if round > 0 && round % ROUNDS_PER_WORLD == 0 {
            world.assert_clean();
            world = warm();
        }
        let mut random = plan.random(round);
        let rule = rule(&mut random);
        world.script(json!([rule]));
        let phone = recipient(round);
        let ran = world.run(&words(&in_any_mode(sms(&phone, None), &mut random)));
        let context = format!("seed {} round {round}: {rule:#} {ran:#?}", plan.seed);
        assert!(!ran.stderr.contains("panicked"), "{context}");
        assert!([0, 3, 4, 5, 6, 7].contains(&ran.exit()), "{context}");
        let reported = outcome(&ran);
        assert!(reported.is_some(), "{context}");
        assert_true(reported.as_deref(), sent_to(&world, &phone), &context);
        *counts.entry(reported.unwrap_or_default()).or_default() += 1;
    }
    world.assert_clean();
    format!("{} replies, reported as {counts:?}, none falsely", plan.rounds)
}

fn rule(random: &mut Rng) -> Value {
    let sent = random.bool();
    let mut stdout = pick(random, if sent { &ACCEPTED } else { &REFUSED }).to_string();
    let mut stderr = String::new();
    let mut exit = if random.u8(0..4) == 0 { random.u8(0..=4) } else { 0 };
    for _ in 0..random.u8(0..4) {
        let is_lost = sent && random.u8(0..3) == 0;
        match random.u8(0..8) {
            0 => stdout.truncate(boundary(&stdout, random)),
            1 => {
                let (at, byte) = (boundary(&stdout, random), char::from(random.u8(32..127)));
                stdout.insert(at, byte);
            }
            2 => {
                let (from, to) = (boundary(&stdout, random), boundary(&stdout, random));
                stdout.replace_range(from.min(to)..from.max(to), "");
            }
            3 => stdout = stdout.repeat(2),
            // A refusal beside the reply. The reply may be truncated but not missing: its rest must
            // outweigh the refusal. No other damage follows.
            4 if sent => {
                let (reply, refusal) = (pick(random, &ACCEPTED[..2]), pick(random, &REFUSED));
                let reply = &reply[..1 + random.usize(0..reply.len())];
                let refusal_first = random.bool();
                stdout = if refusal_first {
                    format!("{refusal}{reply}")
                } else {
                    format!("{reply}{refusal}")
                };
                break;
            }
            5 if is_lost => {
                stderr.push_str(pick(random, &LOST));
                exit = 1;
            }
            6 => {
                let mut lines: Vec<&str> = stdout.split_inclusive('\n').collect();
                random.shuffle(&mut lines);
                stdout = lines.concat();
            }
            _ => stderr.push_str(pick(random, &NOTES)),
        }
    }
    let mut rule = json!({
        "match": ["dysmsapi", "send-sms"], "sent": sent, "stdout": stdout, "stderr": stderr, "exit": exit,
    });
    if random.u8(0..12) == 0 {
        rule["kill_self"] = json!([6, 9, 11, 15][random.usize(0..4)]);
    }
    rule
}

fn pick<'a>(random: &mut Rng, texts: &[&'a str]) -> &'a str {
    texts[random.usize(0..texts.len())]
}

/// A random place between two characters.
fn boundary(text: &str, random: &mut Rng) -> usize {
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    places[random.usize(0..places.len())]
}
