//! `explain` and `policy`: commands that start no process.

use crate::support::World;

#[test]
fn a_code_is_explained_without_starting_a_process() {
    let world = World::new();
    let ran = world.run(&["explain", "isv.SMS_TEMPLATE_ILLEGAL", "--json"]);
    assert_eq!(ran.exit(), 0, "{ran:#?}");
    let data = &ran.json()["data"];
    assert_eq!(data["outcome"], "not_sent");
    assert_eq!(data["exit_code"], 6);
    assert!(data["next"][0].as_str().expect("a command").starts_with("alimsg templates list"));
    for arguments in
        [&["explain"][..], &["explain", "nonsense"], &["policy"], &["explain", "13147"]]
    {
        world.run(arguments);
    }
    assert!(world.commands().is_empty(), "{:?}", world.commands());
}

#[test]
fn a_lost_reply_is_explained_as_unknown() {
    let world = World::with_alimsg_alone();
    let ran = world.run(&["explain", "isp.SYSTEM_ERROR"]);
    assert!(ran.stdout.contains("outcome\tunknown\n"), "{ran:#?}");
    assert!(ran.stdout.contains("exit_code\t7\n"), "{ran:#?}");
}

#[test]
fn a_misspelt_code_names_similar_ones_and_each_suggestion_works() {
    let world = World::with_alimsg_alone();
    let ran = world.run(&["explain", "isv.SMS_TEMPLATE_ILEGAL", "--json"]);
    assert_eq!(ran.exit(), 2, "{ran:#?}");
    let next = ran.json()["error"]["next"].clone();
    assert_eq!(next[0], "alimsg explain isv.SMS_TEMPLATE_ILLEGAL");
    for command in next.as_array().expect("commands") {
        let ran = world.type_line(command.as_str().expect("a command"));
        assert_eq!(ran.exit(), 0, "{ran:#?}");
    }
}

/// Every command that an explanation suggests runs in the sandbox, or shows a help page.
#[test]
fn the_suggested_commands_run_as_they_are() {
    let world = World::with_alimsg_alone();
    let list = world.run(&["explain", "--json"]).json()["data"]["codes"].clone();
    let mut commands: Vec<String> = Vec::new();
    for row in list.as_array().expect("codes") {
        let code = row["code"].as_str().expect("a code");
        let explained = world.run(&["--sandbox", "explain", code, "--json"]).json();
        let next = explained["data"]["next"].as_array().expect("commands").clone();
        commands.extend(next.iter().filter_map(|one| one.as_str()).map(String::from));
    }
    // Names in capitals stand for values that only the user knows.
    let is_name =
        |word: &str| word.len() > 1 && word.chars().all(|letter| letter.is_ascii_uppercase());
    commands.retain(|command| command.starts_with("alimsg ") && !command.split(' ').any(is_name));
    commands.sort();
    commands.dedup();
    assert!(commands.len() > 10, "{commands:?}");
    for command in commands {
        assert!(command.ends_with(" --help") || command.contains("--sandbox"), "{command}");
        let ran = world.type_line(&command);
        assert_eq!(ran.exit(), 0, "$ {command}\n{ran:#?}");
    }
}

#[test]
fn the_policy_on_stdout_is_json_alone() {
    let world = World::with_alimsg_alone();
    let ran = world.run(&["policy", "sms send", "templates list"]);
    assert_eq!(ran.exit(), 0, "{ran:#?}");
    let policy: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(policy["Version"], "1");
    assert_eq!(policy["Statement"][0]["Action"][0], "dysms:SendSms");
    assert!(ran.stderr.contains("dysms:QuerySendDetails: sms send (look-up"), "{ran:#?}");
    let least = world.run(&["policy", "sms send", "--required"]);
    assert!(least.stdout.contains("dysms:SendSms") && !least.stdout.contains("QuerySendDetails"));
    let unknown = world.run(&["policy", "sms sned"]);
    assert_eq!(unknown.exit(), 2);
    assert!(unknown.stderr.contains("alimsg policy 'sms send'"), "{unknown:#?}");
}
