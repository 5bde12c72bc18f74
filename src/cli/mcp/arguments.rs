//! From the inputs of a tool call to the words of a command line.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::cli::mcp::files::{CallFiles, Files};
use crate::cli::mcp::tools::Tool;
use crate::cli::schema::inputs::{Form, Input};
use crate::error::{Failure, Result};

/// The arguments of a command.
pub struct Arguments {
    /// The words after the program: the command, its flags, and its positional arguments after `--`,
    /// so that no value can become a flag.
    pub words: Vec<String>,
    pub files: CallFiles,
}

/// The arguments for a call of a tool. `folder` is the folder of `--files`.
///
/// # Errors
/// An input is unknown, has the wrong type, or would read stdin or a file outside the folder.
pub fn build(
    tool: &Tool,
    inputs: &Map<String, Value>,
    folder: Option<&Arc<Files>>,
) -> Result<Arguments> {
    let is_known = |name: &String| tool.inputs.iter().any(|input| input.name == *name);
    if let Some(name) = inputs.keys().find(|name| !is_known(name)) {
        return Err(unknown(tool, name));
    }
    let (mut words, mut files) = (tool.path.clone(), CallFiles::default());
    let mut positionals = Vec::new();
    // In the order of the tool, so that the same inputs always give the same words.
    for input in &tool.inputs {
        let value = inputs.get(&input.name).unwrap_or(&Value::Null);
        for text in texts(input, value)? {
            let text = match (input.is_path, folder, text) {
                (true, None, _) => return Err(unknown(tool, &input.name)),
                (true, Some(folder), Some(path)) if tool.writes(input) => {
                    Some(files.write(folder, &input.name, &path)?)
                }
                (true, Some(folder), Some(path)) => Some(files.read(folder, &input.name, &path)?),
                (_, _, text) => text,
            };
            match &input.long {
                Some(long) => {
                    words.push(text.map_or(format!("--{long}"), |text| format!("--{long}={text}")))
                }
                None => positionals.extend(text),
            }
        }
    }
    if !positionals.is_empty() {
        words.push("--".into());
        words.append(&mut positionals);
    }
    Ok(Arguments { words, files })
}

fn unknown(tool: &Tool, name: &str) -> Box<Failure> {
    let names: Vec<&str> = tool.inputs.iter().map(|input| input.name.as_str()).collect();
    Failure::usage(format!("{} has no input '{name}'", tool.name))
        .hint(format!("its inputs: {}", names.join(", ")))
}

/// The values of an input: `None` for a flag without a value.
fn texts(input: &Input, value: &Value) -> Result<Vec<Option<String>>> {
    let wrong = || Failure::usage(format!("'{}' must be {}", input.name, expected(input.form)));
    let one = |value: &Value| match value {
        Value::String(text) => allowed(input, text).map(Some),
        _ => Err(wrong()),
    };
    match (input.form, value) {
        (_, Value::Null) => Ok(Vec::new()),
        (Form::Boolean, Value::Bool(value)) => Ok(vec![Some(value.to_string())]),
        (form, Value::Bool(value)) if form == Form::Switch || input.is_value_optional => {
            Ok(if *value { vec![None] } else { Vec::new() })
        }
        (Form::Integer, Value::Number(number)) if number.is_i64() || number.is_u64() => {
            Ok(vec![Some(number.to_string())])
        }
        (Form::Number, Value::Number(number)) => Ok(vec![Some(number.to_string())]),
        // A single text is a list of one.
        (Form::Text | Form::Texts, value @ Value::String(_)) => Ok(vec![one(value)?]),
        (Form::Texts, Value::Array(values)) => values.iter().map(one).collect(),
        _ => Err(wrong()),
    }
}

const fn expected(form: Form) -> &'static str {
    match form {
        Form::Switch | Form::Boolean => "true or false",
        Form::Integer => "an integer",
        Form::Number => "a number",
        Form::Text => "a string",
        Form::Texts => "an array of strings",
    }
}

/// Refuses the values that the command line replaces by the content of a file or of stdin.
/// Paths are checked by [`CallFiles`].
fn allowed(input: &Input, text: &str) -> Result<String> {
    if input.is_path {
        return Ok(text.to_string());
    }
    if text == "-" || (text.starts_with('@') && !text.starts_with("@@")) {
        return Err(Failure::usage(format!("'{}' cannot refer to a file or to stdin", input.name))
            .hint("give the value itself; a text that begins with @ begins with @@ here"));
    }
    if text.contains('\0') {
        return Err(Failure::usage(format!("'{}' contains a null character", input.name)));
    }
    Ok(text.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cli::mcp::tools::from_commands;
    use crate::cli::tree;

    fn words(name: &str, inputs: &Value) -> std::result::Result<Vec<String>, String> {
        let tools = from_commands(&tree::all(), false);
        let tool = tools.iter().find(|tool| tool.name == name).expect("the tool exists");
        let built = build(tool, inputs.as_object().expect("an object"), None);
        built.map(|arguments| arguments.words).map_err(|failure| failure.message)
    }

    #[test]
    fn inputs_become_flags_with_their_values_attached() {
        let inputs = json!({
            "phone_numbers": ["13800001000", "13800001001"], "sign_name": "--yes",
            "template_code": "SMS_1", "verify": true, "wait": true,
        });
        let expected = [
            "sms",
            "send",
            "--phone-numbers=13800001000",
            "--phone-numbers=13800001001",
            "--sign-name=--yes",
            "--template-code=SMS_1",
            "--verify",
            "--wait",
        ];
        assert_eq!(words("sms_send", &inputs).expect("valid"), expected);
    }

    #[test]
    fn a_flag_with_a_boolean_value_gets_it() {
        let inputs = json!({ "number": "8613800000001", "enable_welcome_message": false });
        let built = words("whatsapp_automation_set", &inputs).expect("valid");
        assert!(built.contains(&"--enable-welcome-message=false".into()), "{built:?}");
        let built = words("sms_send", &json!({ "verify": false })).expect("valid");
        assert_eq!(built, ["sms", "send"]);
    }

    #[test]
    fn positional_arguments_come_last_after_a_separator() {
        let built = words("templates_show", &json!({ "code": "--json", "channel": "sms" }));
        assert_eq!(built.expect("valid"), ["templates", "show", "--channel=sms", "--", "--json"]);
    }

    #[test]
    fn files_stdin_unknown_inputs_and_wrong_types_are_refused() {
        for (inputs, part) in [
            (json!({ "text": "@/etc/passwd" }), "file"),
            (json!({ "text": "-" }), "file"),
            (json!({ "text": 7 }), "must be a string"),
            (json!({ "yes": true }), "has no input 'yes'"),
            (json!({ "aliyun": "/bin/sh" }), "has no input 'aliyun'"),
            (json!({ "allow_duplicate": true }), "has no input"),
        ] {
            let error = words("whatsapp_send_text", &inputs).expect_err("refused");
            assert!(error.contains(part), "{inputs}: {error}");
        }
        assert!(words("whatsapp_send_raw", &json!({ "content": "@/etc/passwd" })).is_err());
        assert!(words("sms_send", &json!({ "param": ["name=@alice"] })).is_ok(), "not a file");
        assert!(words("whatsapp_send_text", &json!({ "text": "@@alice" })).is_ok());
    }
}
