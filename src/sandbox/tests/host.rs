//! The program's own commands, and the installation of plugins before the first call.

use crate::sandbox::tests::{Sandbox, sms_to};

fn on_disk(sandbox: &Sandbox, file: &str) -> String {
    std::fs::read_to_string(sandbox.path().join(".aliyun").join(file)).unwrap()
}

#[test]
fn the_version_supports_ai_mode() {
    assert_eq!(Sandbox::fresh().run(&["version"]).stdout, "3.4.11\n");
    assert!(Sandbox::fresh().run::<&str>(&[]).stdout.contains("Usage:"));
}

#[test]
fn user_agent_is_rejected_by_commands_that_do_not_support_it() {
    let sandbox = Sandbox::ready();
    for args in [
        &["version", "--user-agent=x"][..],
        &["configure", "list", "--user-agent", "x"],
        &["configure", "set", "--auto-plugin-install", "true", "--user-agent=x"],
        &["configure", "ai-mode", "enable", "--user-agent=x"],
        &["configure", "ai-mode", "disable", "--user-agent=x"],
        &["plugin", "list", "--user-agent=x"],
        &["plugin", "update", "--user-agent=x"],
    ] {
        let answer = sandbox.run(args);
        assert_eq!(answer.exit, 2, "{args:?}");
        assert!(answer.stderr.starts_with("\u{1b}[1;31mERROR: invalid flag --user-agent"));
    }
}

#[test]
fn ai_mode_is_stored_in_one_file_with_its_agent_string() {
    let sandbox = Sandbox::fresh();
    let silent = |args: &[&str]| {
        let answer = sandbox.run(args);
        assert_eq!((answer.exit, answer.stdout + &answer.stderr), (0, String::new()));
    };
    silent(&["configure", "ai-mode", "enable"]);
    silent(&["configure", "ai-mode", "set-user-agent", "--user-agent", "agent/one"]);
    assert_eq!(
        on_disk(&sandbox, "ai-mode.json"),
        "{\n\t\"enabled\": true,\n\t\"user_agent\": \"agent/one\"\n}"
    );
    let shown = sandbox.reply(&["configure", "ai-mode", "show"]);
    assert_eq!(shown["enabled"], true);
    assert_eq!(shown["effective_user_agent"], "agent/one");
    assert!(shown["config_file"].as_str().unwrap().ends_with("ai-mode.json"));
    silent(&["configure", "ai-mode", "disable"]);
    let shown = sandbox.reply(&["configure", "ai-mode", "show"]);
    assert_eq!((&shown["enabled"], &shown["user_agent"]), (&false.into(), &"agent/one".into()));
}

#[test]
fn a_damaged_ai_mode_file_counts_as_the_default() {
    let sandbox = Sandbox::fresh();
    sandbox.run(&["configure", "ai-mode", "set-user-agent", "--user-agent=agent/one"]);
    std::fs::write(sandbox.path().join(".aliyun/ai-mode.json"), "{\"enab").unwrap();
    assert_eq!(sandbox.run(&["configure", "ai-mode", "enable"]).exit, 0);
    let shown = sandbox.reply(&["configure", "ai-mode", "show"]);
    assert_eq!(shown["enabled"], true);
    assert_eq!(shown["effective_user_agent"], "AlibabaCloud-Agent-Skills");
}

#[test]
fn one_profile_without_secrets_always_exists() {
    let sandbox = Sandbox::fresh();
    let lines: Vec<String> =
        sandbox.run(&["configure", "list"]).stdout.lines().map(str::to_owned).collect();
    assert!(lines[0].starts_with("Profile "), "{lines:?}");
    let cells: Vec<&str> = lines[2].split('|').map(str::trim).collect();
    assert_eq!(cells, ["sandbox *", "AK:***box", "Valid", "cn-hangzhou", "en"]);
    let columns: Vec<usize> = lines.iter().filter_map(|line| line.find('|')).collect();
    assert!(columns.windows(2).all(|pair| pair[0] == pair[1]), "{lines:?}");
    assert!(!on_disk(&sandbox, "config.json").contains("access_key"));
    assert_eq!(sandbox.run(&["configure", "get"]).exit, 1);
    assert_eq!(sandbox.run(&["configure"]).exit, 1);
    assert_eq!(sandbox.run(&["configure", "lst"]).exit, 2);
}

#[test]
fn auto_install_is_stored_in_the_profile() {
    let sandbox = Sandbox::fresh();
    let set = sandbox.run(&["configure", "set", "--auto-plugin-install", "true"]);
    assert_eq!((set.exit, set.stdout.as_str()), (0, ""));
    assert!(on_disk(&sandbox, "config.json").contains("\"auto_plugin_install\": true"));
    assert!(sandbox.run(&sms_to("13800001234")).stdout.starts_with("Downloading "));
    // A new profile would have no keys.
    let other = ["configure", "set", "--auto-plugin-install", "true", "--profile", "other"];
    assert_eq!(sandbox.run(&other).exit, 1);
}

#[test]
fn plugins_are_missing_initially_and_stay_installed() {
    let sandbox = Sandbox::fresh();
    let listed = || sandbox.run(&["plugin", "list"]).stdout;
    assert_eq!(listed().lines().count(), 2);
    assert_eq!(sandbox.run(&["plugin", "update"]).stdout, "No plugins installed.\n");
    assert_eq!(sandbox.run(&["plugin", "show", "--name", "cams"]).exit, 1);
    let installed = sandbox.run(&["plugin", "install", "--names", "aliyun-cli-cams"]);
    assert!(installed.stdout.contains("installed successfully!"));
    assert!(listed().contains("aliyun-cli-cams"));
    assert!(!listed().contains("aliyun-cli-dysmsapi"));
    sandbox.run(&["plugin", "install", "--names", "dysmsapi"]);
    assert!(listed().contains("aliyun-cli-dysmsapi") && listed().contains("aliyun-cli-cams"));
    assert!(sandbox.run(&["plugin", "update"]).stdout.contains("up to date"));
    assert!(sandbox.run(&["plugin", "show", "--name", "cams"]).stdout.contains("Version:"));
    let unknown = sandbox.run(&["plugin", "install", "--names", "nonsense"]);
    assert_eq!(unknown.exit, 1);
    assert!(unknown.stderr.contains("not found"));
}

#[test]
fn a_call_fails_without_its_plugin_unless_auto_install_is_on() {
    let args = sms_to("13800001234");
    let refused = Sandbox::fresh().run(&args);
    assert_eq!(refused.exit, 1);
    assert!(refused.stderr.contains("ERROR: 'dysmsapi' is not a valid built-in product"));

    let sandbox = Sandbox::fresh().with("ALIBABA_CLOUD_CLI_PLUGIN_AUTO_INSTALL", "true");
    let first = sandbox.run(&args);
    assert!(first.stdout.starts_with("Downloading aliyun-cli-dysmsapi"), "{first:?}");
    assert!(first.stdout.contains("installed successfully!\n{"), "{first:?}");
    assert!(first.stderr.contains("not installed"), "a success also writes to stderr: {first:?}");
    let second = sandbox.run(&args);
    assert!(second.stdout.starts_with('{') && second.stderr.is_empty(), "{second:?}");
}

#[test]
fn an_unknown_profile_and_missing_credentials_are_configuration_errors() {
    let mut args = sms_to("13800001234");
    args.push("--profile=other".to_owned());
    let answer = Sandbox::ready().run(&args);
    assert_eq!(answer.exit, 3);
    assert!(answer.stderr.contains("unknown profile other, run configure to check"));

    let args = sms_to("13800001234");
    let named = Sandbox::ready().with("ALIBABA_CLOUD_PROFILE", "other");
    assert_eq!(named.run(&args).exit, 3);
    let lower_case = Sandbox::ready().with("ALIBABA_CLOUD_IGNORE_PROFILE", "true");
    assert_eq!(lower_case.run(&args).exit, 0, "only TRUE is accepted");
    let without_keys = Sandbox::ready().with("ALIBABA_CLOUD_IGNORE_PROFILE", "TRUE");
    assert_eq!(without_keys.run(&args).exit, 3);
    let with_keys = without_keys
        .with("ALIBABA_CLOUD_ACCESS_KEY_ID", "present")
        .with("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "present");
    assert_eq!(with_keys.run(&args).exit, 0);
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_folder() {
    let sandbox = Sandbox::ready();
    sandbox.run(&sms_to("13800001234"));
    sandbox.run(&["configure", "ai-mode", "enable"]);
    let path = sandbox.path();
    assert_eq!(crate::sandbox::tests::mode(&path), 0o700);
    for file in ["service.json", "service.lock", ".aliyun/config.json", ".aliyun/ai-mode.json"] {
        assert_eq!(crate::sandbox::tests::mode(&path.join(file)), 0o600, "{file}");
    }
}

#[test]
fn an_unusable_folder_is_reported_with_exit_code_1() {
    let sandbox = Sandbox::fresh();
    std::fs::write(sandbox.path(), "a file where the folder should be").unwrap();
    let answer = sandbox.run(&["version"]);
    assert_eq!(answer.exit, 1);
    assert!(answer.stderr.contains("folder"), "{}", answer.stderr);

    let damaged = Sandbox::ready();
    std::fs::write(damaged.path().join("service.json"), "{").unwrap();
    let answer = damaged.run(&sms_to("13800001234"));
    assert_eq!(answer.exit, 1);
    assert!(answer.stderr.contains("damaged"), "{}", answer.stderr);
}

#[test]
fn a_call_fails_if_the_folder_of_a_listed_plugin_is_missing() {
    let args = sms_to("13800001234");
    let sandbox = Sandbox::fresh().with("ALIBABA_CLOUD_CLI_PLUGIN_AUTO_INSTALL", "true");
    assert_eq!(sandbox.run(&args).exit, 0);
    let folder = sandbox.path().join(".aliyun/plugins/aliyun-cli-dysmsapi");
    std::fs::remove_dir(&folder).expect("the plugin's folder");
    // Auto-install does not help: the plugin is listed.
    let failed = sandbox.run(&args);
    assert_eq!(failed.exit, 1);
    assert!(failed.stderr.contains("plugin execution failed"), "{failed:?}");
    assert_eq!(sandbox.run(&["plugin", "install", "--names", "dysmsapi"]).exit, 0);
    assert_eq!(sandbox.run(&args).exit, 0);
}
