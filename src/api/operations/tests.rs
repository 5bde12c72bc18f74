//! Compares the table of operations with a copy of the documented API.

use std::collections::BTreeSet;

use super::*;

const CONTRACT: &str = include_str!("contract.tsv");

#[test]
fn every_operation_is_listed_once_and_found_by_its_command() {
    for product in Product::ALL {
        for operation in product.operations() {
            let listed = find(product.name(), operation.command).expect("listed");
            assert!(std::ptr::eq(listed, *operation), "{} is listed twice", operation.command);
        }
    }
    assert!(find("ecs", "send-sms").is_none());
    assert!(find("cams", "send-sms").is_none());
}

#[test]
fn commands_and_flags_are_in_kebab_case_and_unique() {
    for operation in Product::ALL.into_iter().flat_map(Product::operations) {
        let kebab = |word: &str| {
            word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        };
        assert!(kebab(operation.command), "{}", operation.command);
        let mut names = Vec::new();
        for flag in operation.flags {
            let bare = flag.name.strip_prefix("--").expect("dashes");
            assert!(kebab(bare), "{} {}", operation.command, flag.name);
            assert!(!names.contains(&bare), "{} twice in {}", flag.name, operation.command);
            names.push(bare);
        }
        // The command is the API's name in kebab case.
        assert_eq!(operation.command.replace('-', ""), operation.api.to_lowercase());
    }
}

#[test]
fn only_send_commands_are_marked_as_sends() {
    for operation in Product::ALL.into_iter().flat_map(Product::operations) {
        assert_eq!(
            operation.access == Access::Send,
            operation.command.starts_with("send-"),
            "{}",
            operation.command
        );
    }
}

/// The table in the form of `contract.tsv`.
fn rows() -> BTreeSet<String> {
    let mut rows = BTreeSet::new();
    for operation in Product::ALL.into_iter().flat_map(Product::operations) {
        let Operation { command, api, ram_action, .. } = operation;
        let product = operation.product.name();
        let effect = match operation.access {
            Access::Read => "read",
            Access::Send => "send",
            Access::Write => "write",
        };
        rows.insert(format!("call\t{product}\t{command}\t{api}\t{effect}\t{ram_action}"));
        for flag in operation.flags {
            let kind = match flag.kind {
                FlagKind::Text => "text".to_string(),
                FlagKind::Integer => "integer".to_string(),
                FlagKind::Boolean => "boolean".to_string(),
                FlagKind::Map => "map".to_string(),
                FlagKind::Fields(names) => format!("fields:{}", names.join(",")),
                FlagKind::TextList => "text-list".to_string(),
                FlagKind::Json => "json".to_string(),
            };
            let required = if flag.required { "required" } else { "optional" };
            let name = flag.name;
            rows.insert(format!("flag\t{product}\t{command}\t{name}\t{kind}\t{required}"));
        }
    }
    rows
}

#[test]
fn the_table_equals_the_documented_contract() {
    let documented: BTreeSet<String> =
        CONTRACT.lines().filter(|line| !line.starts_with('#')).map(str::to_string).collect();
    let table = rows();
    let missing: Vec<_> = documented.difference(&table).collect();
    let undocumented: Vec<_> = table.difference(&documented).collect();
    assert!(missing.is_empty() && undocumented.is_empty(), "{missing:#?} {undocumented:#?}");
}
