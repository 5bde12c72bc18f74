//! Validates buttons and lists. Limits are Meta's, in characters.

use serde_json::Value;

use crate::sandbox::rejection::Rejection;
use crate::sandbox::service::cams::content::{check_length, malformed};

const MAX_BODY: usize = 1024;
const MAX_HEADER_OR_FOOTER: usize = 60;

pub fn check(value: &Value) -> Result<(), Rejection> {
    let action = &value["action"];
    if !action.is_object() {
        return malformed("an interactive message needs an action");
    }
    let kind = value["type"].as_str().unwrap_or_default();
    if !matches!(kind, "button" | "list") {
        // Other types, such as flows and products, are not checked.
        return Ok(());
    }
    require(&value["body"]["text"], "body.text", MAX_BODY)?;
    check_length(&value["footer"]["text"], "footer.text", MAX_HEADER_OR_FOOTER)?;
    if !value["header"].is_null() {
        match value["header"]["type"].as_str() {
            Some("text") => require(&value["header"]["text"], "header.text", MAX_HEADER_OR_FOOTER)?,
            Some("image" | "video" | "document") if kind == "button" => {}
            _ => return malformed("the header type is not supported"),
        }
    }
    let mut ids = Vec::new();
    if kind == "button" {
        check_buttons(action, &mut ids)?
    } else {
        check_list(action, &mut ids)?
    }
    ids.sort_unstable();
    if ids.windows(2).any(|pair| pair[0] == pair[1]) {
        return malformed("duplicate ID");
    }
    Ok(())
}

fn check_buttons<'a>(action: &'a Value, ids: &mut Vec<&'a str>) -> Result<(), Rejection> {
    for button in require_list(&action["buttons"], "buttons", 3)? {
        if button["type"] != "reply" {
            return malformed("a button must have type reply");
        }
        require(&button["reply"]["title"], "a button's title", 20)?;
        ids.push(require_id(&button["reply"]["id"], 256)?);
    }
    Ok(())
}

fn check_list<'a>(action: &'a Value, ids: &mut Vec<&'a str>) -> Result<(), Rejection> {
    require(&action["button"], "action.button", 20)?;
    let sections = require_list(&action["sections"], "sections", 10)?;
    for section in sections {
        if sections.len() > 1 {
            require(&section["title"], "a section's title", 24)?;
        }
        check_length(&section["title"], "a section's title", 24)?;
        for row in require_list(&section["rows"], "rows", 10)? {
            require(&row["title"], "a row's title", 24)?;
            check_length(&row["description"], "a row's description", 72)?;
            ids.push(require_id(&row["id"], 200)?);
        }
    }
    if ids.len() > 10 {
        return malformed("a list must have at most 10 rows in all sections together");
    }
    Ok(())
}

fn require_list<'a>(value: &'a Value, name: &str, max: usize) -> Result<&'a Vec<Value>, Rejection> {
    match value.as_array() {
        Some(entries) if (1..=max).contains(&entries.len()) => Ok(entries),
        _ => malformed(format!("the action needs 1 to {max} {name}")),
    }
}

fn require(value: &Value, name: &str, max: usize) -> Result<(), Rejection> {
    if value.as_str().is_none_or(str::is_empty) {
        return malformed(format!("{name} is missing"));
    }
    check_length(value, name, max)
}

fn require_id(value: &Value, max: usize) -> Result<&str, Rejection> {
    require(value, "an ID", max)?;
    Ok(value.as_str().unwrap_or_default())
}
