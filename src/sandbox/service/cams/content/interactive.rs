//! Buttons and lists, with Meta's limits in characters.

use serde_json::Value;

use crate::sandbox::rejection::Rejection;
use crate::sandbox::service::cams::content::{check_length, malformed};

const MAX_BODY: usize = 1024;
const MAX_EDGE: usize = 60;

pub fn check(value: &Value) -> Result<(), Rejection> {
    let action = &value["action"];
    if !action.is_object() {
        return Err(malformed("an interactive message needs an action"));
    }
    let kind = value["type"].as_str().unwrap_or_default();
    if !matches!(kind, "button" | "list") {
        // Flows, products and the like are taken as they are.
        return Ok(());
    }
    need(&value["body"]["text"], "body.text", MAX_BODY)?;
    check_length(&value["footer"]["text"], "footer.text", MAX_EDGE)?;
    if !value["header"].is_null() {
        match value["header"]["type"].as_str() {
            Some("text") => need(&value["header"]["text"], "header.text", MAX_EDGE)?,
            Some("image" | "video" | "document") if kind == "button" => {}
            _ => return Err(malformed("the header has no type that fits")),
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
        return Err(malformed("an ID stands twice"));
    }
    Ok(())
}

fn check_buttons<'a>(action: &'a Value, ids: &mut Vec<&'a str>) -> Result<(), Rejection> {
    for button in some(&action["buttons"], "buttons", 3)? {
        if button["type"] != "reply" {
            return Err(malformed("a button is of the type reply"));
        }
        need(&button["reply"]["title"], "a button's title", 20)?;
        ids.push(need_id(&button["reply"]["id"], 256)?);
    }
    Ok(())
}

fn check_list<'a>(action: &'a Value, ids: &mut Vec<&'a str>) -> Result<(), Rejection> {
    need(&action["button"], "action.button", 20)?;
    let sections = some(&action["sections"], "sections", 10)?;
    for section in sections {
        if sections.len() > 1 {
            need(&section["title"], "a section's title", 24)?;
        }
        check_length(&section["title"], "a section's title", 24)?;
        for row in some(&section["rows"], "rows", 10)? {
            need(&row["title"], "a row's title", 24)?;
            check_length(&row["description"], "a row's description", 72)?;
            ids.push(need_id(&row["id"], 200)?);
        }
    }
    if ids.len() > 10 {
        return Err(malformed("a list has at most 10 rows over all sections"));
    }
    Ok(())
}

fn some<'a>(value: &'a Value, name: &str, most: usize) -> Result<&'a Vec<Value>, Rejection> {
    match value.as_array() {
        Some(entries) if (1..=most).contains(&entries.len()) => Ok(entries),
        _ => Err(malformed(format!("the action needs 1 to {most} {name}"))),
    }
}

fn need(value: &Value, name: &str, most: usize) -> Result<(), Rejection> {
    if value.as_str().is_none_or(str::is_empty) {
        return Err(malformed(format!("{name} is missing")));
    }
    check_length(value, name, most)
}

fn need_id(value: &Value, most: usize) -> Result<&str, Rejection> {
    need(value, "an ID", most)?;
    Ok(value.as_str().unwrap_or_default())
}
