//! ai-mode set by the user or by another program.

use serde_json::{Value, json};

use crate::guard::messages::*;
use crate::support::Ran;

fn warnings(ran: &Ran) -> Vec<String> {
    let json = ran.json();
    let warnings = json["warnings"].as_array().cloned().unwrap_or_default();
    warnings.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[test]
fn ai_mode_that_was_on_is_switched_off_and_a_warning_shows_how_to_restore_it() {
    let world = warm();
    world.set_ai_mode(true, "my own agent");
    let ran = world.run(&SMS);
    assert_accepted(&ran);
    assert_eq!(world.ai_mode(), Some(false));
    assert_eq!(ran.json()["ai_mode_disabled"], true);
    let warnings = warnings(&ran);
    let [warning] = warnings.as_slice() else { panic!("{ran:#?}") };
    assert!(ran.stderr.contains(warning), "{ran:#?}");
    // The commands in the warning restore it.
    let (_, commands) = warning.split_once("to restore it: ").expect("commands");
    assert_eq!(
        commands,
        "aliyun configure ai-mode set-user-agent --user-agent 'my own agent' && aliyun configure \
         ai-mode enable"
    );
    for arguments in [
        &["configure", "ai-mode", "set-user-agent", "--user-agent", "my own agent"][..],
        &["configure", "ai-mode", "enable"],
    ] {
        assert_eq!(run(world.aliyun(arguments)).exit(), 0);
    }
    assert_eq!((world.ai_mode(), world.agent().as_deref()), (Some(true), Some("my own agent")));
    world.set_ai_mode(false, SMS_AGENT);
    world.assert_clean();
}

#[test]
fn only_ai_mode_set_by_others_causes_a_warning() {
    for (enabled, agent, expected) in [
        (false, "", None),
        (false, SMS_AGENT, None),
        (false, WHATSAPP_AGENT, None),
        (false, "mine", Some("the agent string of ai-mode was \"mine\" and is replaced")),
        (true, SMS_AGENT, Some("was on before this run")),
        (true, "", Some("was on before this run")),
    ] {
        let world = warm();
        world.set_ai_mode(enabled, agent);
        let ran = world.run(&SMS);
        assert_accepted(&ran);
        let warnings = warnings(&ran);
        match expected {
            None => assert!(warnings.is_empty(), "{enabled} {agent}: {ran:#?}"),
            Some(text) => {
                assert_eq!(warnings.len(), 1, "{enabled} {agent}: {ran:#?}");
                assert!(warnings[0].contains(text), "{enabled} {agent}: {ran:#?}");
            }
        }
        // The state that this run leaves causes no warning in the next run.
        assert_eq!(world.run(&SMS).json()["warnings"], json!([]));
        world.assert_clean();
    }
}

#[test]
fn ai_mode_left_on_by_a_killed_run_causes_no_warning() {
    let world = warm();
    world.set_ai_mode(true, SMS_AGENT);
    let leases = world.path("home/.aliyun/.alimsg/leases");
    std::fs::write(leases.join("a-run-that-is-gone"), "1\n").expect("a lease");
    let ran = world.run(&SMS);
    assert_accepted(&ran);
    assert_eq!(ran.json()["warnings"], json!([]), "{ran:#?}");
    world.assert_clean();
}

#[test]
fn ai_mode_switched_on_by_another_run_causes_no_warning() {
    let world = warm();
    assert_accepted(&world.run(&WHATSAPP));
    world.script(json!([{ "match": ["dysmsapi"], "times": 1, "held": true }]));
    let first = world.start(&SMS);
    world.wait_until("the call is in flight", || calls(&world).len() == 3);
    let ran = world.run(&WHATSAPP);
    assert_accepted(&ran);
    assert_eq!(ran.json()["warnings"], json!([]), "{ran:#?}");
    world.release();
    assert_accepted(&first.wait());
    world.assert_clean();
}

#[test]
fn a_run_that_needs_no_ai_mode_leaves_it_unchanged() {
    let world = warm();
    world.set_ai_mode(true, "mine");
    world.script(json!([{
        "match": ["configure", "ai-mode", "enable"], "exit": 1, "stderr": "ERROR: disk full\n",
    }]));
    let ran = world.run(&SMS);
    assert_eq!(ran.exit(), 3, "{ran:#?}");
    assert_eq!(ran.json()["warnings"], json!([]), "{ran:#?}");
    assert_eq!((world.ai_mode(), world.agent().as_deref()), (Some(true), Some("mine")));
    assert!(world.running().is_empty(), "{:#?}", world.running());
}
